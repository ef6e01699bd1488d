# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which agents an environment has, with what each is configured from. Private to the collection.

Everything that can be refused is refused by :func:`read_wish` or :func:`make_agents`, before a file is written. Pure:
no ansible, no AWS; errors are :class:`ValueError`.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_chains import number, read_chains
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_keys import make_signer
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_model import (
    AGENTS,
    ATTESTING,
    FORMATS,
    Agent,
    Chain,
    Common,
    Signer,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_settings import (
    LARGEST_PORT,
    check_agents,
    check_formats,
    check_settings,
    check_targets,
    settings_of,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_signer import (
    Key,
    attestation_key_for,
    has_key,
    shared_signers,
    signing_key_for,
)

_FOLDER = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*\Z")


@dataclass(frozen=True)
class Place:
    """One agent of one home, in one format, with the keys that it signs with."""

    format: str
    agent: str
    home: Chain
    replicas: tuple[Chain, ...]
    signers: t.Mapping[str, Key]
    attestation: Key | None

    @property
    def keys(self) -> list[Key]:
        return [*self.signers.values(), *([self.attestation] if self.attestation else [])]


@dataclass(frozen=True)
class Wish:
    """What is to be configured, checked as far as that goes without AWS."""

    formats: tuple[str, ...]
    targets: tuple[str, ...]
    places: tuple[Place, ...]
    settings: t.Mapping[str, t.Mapping[str, t.Any]]
    warnings: tuple[str, ...] = ()

    def keys_of(self, homes: t.Collection[str]) -> list[Key]:
        """Return the keys that the agents of these homes sign with, each once."""
        used = {key["name"]: key for place in self.places if place.home.name in homes for key in place.keys}
        return list(used.values())


def read_wish(
    *,
    networks: t.Mapping[str, t.Mapping[str, t.Any]],
    rpc_urls: t.Mapping[str, t.Any],
    agents: t.Sequence[str],
    keys: t.Sequence[Key],
    formats: t.Sequence[str],
    targets: t.Sequence[str],
    settings: t.Mapping[str, t.Mapping[str, t.Any]],
    signer: str,
    protected: bool,
    strict: bool,
) -> Wish:
    """Return which agents are to be configured.

    :param keys: all signing keys of the environment, as the inventory names them.
    :param strict: a connection without a URL is an error.
    """
    check_formats(formats, targets)
    check_agents(agents, list(dict.fromkeys(key["agent"] for key in keys)), formats, protected=protected)
    chains = read_chains(networks, rpc_urls, formats)
    check_settings(settings, chains.values(), formats, agents)
    check_targets(settings, formats, targets)
    homes, warnings = _homes(chains, formats)
    places = [
        _place(form, agent, home, chains, keys, signer)
        for form in formats
        for home in homes
        for agent in agents
        if agent in AGENTS[form] and has_key(agent, home.name, keys=keys)
    ]
    _check_domains(places)
    warnings += _missing_urls(places, strict=strict)
    if places:
        warnings += shared_signers(
            {home.name: home.replicas for home in homes},
            [agent for agent in agents if any(place.agent == agent for place in places)],
            keys=keys,
            signer=signer,
        )
    return Wish(tuple(formats), tuple(targets), tuple(places), settings, tuple(warnings))


def _homes(chains: t.Mapping[str, Chain], formats: t.Sequence[str]) -> tuple[list[Chain], list[str]]:
    homes = [chain for chain in chains.values() if chain.replicas]
    left = [name for name, chain in chains.items() if not chain.replicas]
    if not left or not formats:
        return homes, []
    return homes, [
        f"No agent of {', '.join(left)} is configured, since agent_ops_network names no replicas there. Set replicas"
        " (and domain) for networks that agents are to serve as home"
    ]


def _place(
    form: str, agent: str, home: Chain, chains: t.Mapping[str, Chain], keys: t.Sequence[Key], signer: str
) -> Place:
    # A validator looks at its home alone.
    replicas = () if agent == "validator" else tuple(chains[name] for name in home.replicas)
    attestation = attestation_key_for(agent, home.name, keys=keys) if agent in ATTESTING else None
    signers = {chain.name: _transaction_key(agent, home.name, chain.name, keys, signer) for chain in (home, *replicas)}
    return Place(form, agent, home, replicas, signers, attestation)


def _transaction_key(agent: str, home: str, network: str, keys: t.Sequence[Key], signer: str) -> Key:
    alone = all(key["purpose"] == "attestation" for key in keys if key["agent"] == agent)
    if agent == "validator" and alone:
        # Its one transaction, the announcement, may be sent with the key that it announces.
        return attestation_key_for(agent, home, keys=keys)
    return signing_key_for(agent, home, network, keys=keys, signer=signer)


def _check_domains(places: t.Iterable[Place]) -> None:
    seen: dict[int, str] = {}
    for place in places:
        for chain in (place.home, *place.replicas):
            if not chain.domain:
                raise ValueError(
                    f"agent_ops_network.domain of {chain.name} is not set. Expected: the network's number in the"
                    f" bridge, which the agents of {place.home.name} need"
                )
            if seen.setdefault(chain.domain, chain.name) != chain.name:
                raise ValueError(
                    f"agent_ops_network.domain of {chain.name} is {chain.domain}, as that of {seen[chain.domain]} is."
                    " Expected: a number of its own for each network"
                )


def _missing_urls(places: t.Iterable[Place], *, strict: bool) -> list[str]:
    chains = {chain.name: chain for place in places for chain in (place.home, *place.replicas)}
    missing = [name for name, chain in chains.items() if not chain.rpc_url]
    if not missing:
        return []
    text = f"rpc_url of agent_ops_network is not set for {', '.join(missing)}"
    if strict:
        raise ValueError(
            f"{text}, and agent_config_strict is true. Expected: a URL for each network that agents connect to, from"
            " the environment of whoever runs this. No file was written"
        )
    return [f"{text}: the agents' files have no connection there. Set it in the environment, and run again"]


def make_agents(
    wish: Wish, rows: t.Mapping[str, Key], secrets: t.Mapping[str, str], *, reference: str, homes: t.Collection[str]
) -> dict[str, list[Agent]]:
    """Return format -> its agents, home by home.

    :param rows: name -> row, as :func:`check_keys` found them in order.
    :param secrets: name -> private key, of keys that are not in AWS KMS.
    :param homes: homes that the run is limited to. Of the agents of others, which have their part in files of the
        whole environment, no key is known.
    """
    made: dict[str, Signer] = {
        key["name"]: make_signer(key, rows[key["name"]], reference, secrets.get(key["name"]))
        for key in wish.keys_of(homes)
    }
    agents: dict[str, list[Agent]] = {form: [] for form in wish.formats}
    for place in wish.places:
        known = place.home.name in homes
        agent = Agent(
            name=place.agent,
            home=place.home,
            replicas=place.replicas,
            signers={network: made[key["name"]] for network, key in place.signers.items()} if known else {},
            attestation=made[place.attestation["name"]] if place.attestation and known else None,
            settings=settings_of(place.agent, place.home, wish.settings, place.format),
        )
        _check_regions(agent, place.format)
        agents[place.format].append(agent)
    return agents


def _check_regions(agent: Agent, form: str) -> None:
    if form != "hyperlane" and len(agent.regions) > 1:
        raise ValueError(
            f"The {agent.name} of {agent.home.name} signs with keys in {' and '.join(agent.regions)}. Expected: one"
            " Region, since an agent of this format makes one client for AWS KMS. Choose"
            " agent_ops_transaction_signer: home, or one aws_region for these networks"
        )


def check_common(common: Common) -> None:
    """Refuse what all agents share and cannot be written, or would be written elsewhere."""
    if not _FOLDER.match(common.run_env):
        raise ValueError(
            f"agent_config_run_env is {common.run_env!r}. Expected: a folder's name, of letters, digits, dashes,"
            " underscores and dots"
        )
    number(common.metrics_port, "agent_config_metrics_port", 1, LARGEST_PORT)
    for form, image in common.images.items():
        if form not in FORMATS or not isinstance(image, str):
            raise ValueError(f"agent_config_images has {form!r}: {image!r}. Expected: text for {', '.join(FORMATS)}")
    _check_db(common)


def _check_db(common: Common) -> None:
    """Refuse a database's folder whose name cannot be made. Without a name it is each format's own."""
    if not common.db:
        return
    try:
        common.db.format(home="home", agent="agent")
    except (KeyError, IndexError, ValueError, AttributeError):
        raise ValueError(
            f"agent_config_db is {common.db!r}. Expected: a path with no fields but {{home}} and {{agent}}"
        ) from None
    if not common.db.startswith("/"):
        raise ValueError(f"agent_config_db is {common.db!r}. Expected: an absolute path")
    if common.db_root == "/":
        raise ValueError(f"agent_config_db is {common.db!r}. Expected: a folder that a volume can be mounted at")


def buckets_region_warning(agents: t.Mapping[str, t.Sequence[Agent]], common: Common) -> list[str]:
    """Return a warning where the agents of the format nomad would look for the bucket in the wrong Region."""
    bucket = common.bucket
    if bucket is None:
        return []
    wrong = [
        agent.home.name
        for agent in agents.get("nomad", ())
        if agent.name == "processor" and agent.regions and agent.regions[0] != bucket.region
    ]
    if not wrong:
        return []
    return [
        f"The processor of {', '.join(wrong)} looks for the bucket {bucket.name} in the Region of its keys, and ignores"
        f" PROCESSOR_S3_REGION ({bucket.region}), in the format nomad. Expected: one Region for both"
    ]
