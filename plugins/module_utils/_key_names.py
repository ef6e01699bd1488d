# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which signing keys an environment has, and what each is called. Private to the collection.

The naming template is the one place from which a key's alias, its secret's name, its tags, the policies that
allow it and its row in the report take its name. Pure: no ansible, no AWS; errors are :class:`ValueError`.
"""

from __future__ import annotations

import difflib
import re
import string
import typing as t
from dataclasses import dataclass, field, replace

DEFAULT_TEMPLATE = "{environment}-{network}-{agent}-{purpose}"
FIELDS = ("environment", "network", "agent", "purpose")
PURPOSES = ("signer", "attestation")

_SETTINGS = ("excluded_keys", "aws_region")
"""The settings of a network that are read here. Others are read elsewhere, but not if they are misspelt."""

_ADDITIONAL_FIELDS = {"agent", "purpose", "name", "networks"}

_WORD = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?\Z")
# AWS KMS, CreateAlias: alias/ and then letters, digits, slash, underscore and dash, 256 characters in all. Names in
# Secrets Manager may hold more, so that what KMS allows is what both allow.
_NAME = re.compile(r"[A-Za-z0-9/_-]{1,250}\Z")


@dataclass(frozen=True)
class KeySpec:
    """A signing key as the inventory wants it.

    ``network`` is None for a key that all networks of the environment share.
    """

    name: str
    environment: str
    network: str | None
    agent: str
    purpose: str
    description: str
    region: str | None = None
    tags: t.Mapping[str, str] = field(default_factory=dict)

    @property
    def alias(self) -> str:
        return f"alias/{self.name}"

    def as_dict(self) -> dict[str, t.Any]:
        return {
            "name": self.name,
            "environment": self.environment,
            "network": self.network,
            "agent": self.agent,
            "purpose": self.purpose,
            "description": self.description,
            "region": self.region,
            "tags": dict(self.tags),
        }


def template_fields(template: str) -> set[str]:
    """Return the fields of a naming template, after checking that it holds nothing else than fields and separators."""
    if not isinstance(template, str):
        raise ValueError(f"The naming template is {template!r}; expected text")
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as exc:
        raise ValueError(f"The naming template {template!r} cannot be read: {exc}") from None
    found: list[str] = []
    for index, (literal, name, spec, conversion) in enumerate(parts):
        if name is None:
            continue
        if name not in FIELDS or spec or conversion:
            shown = name + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")
            allowed = ", ".join(f"{{{known}}}" for known in FIELDS)
            raise ValueError(f"The naming template {template!r} has the field {{{shown}}}; expected only {allowed}")
        if index and not literal:
            raise ValueError(
                f"The naming template {template!r} has no separator before {{{name}}}; two keys could get one name"
            )
        found.append(name)
    return set(found)


def check_name(name: str) -> None:
    """Raise ValueError unless AWS KMS and AWS Secrets Manager both allow a key to be called like this."""
    if name.startswith("aws/"):
        raise ValueError(f"The key name {name!r} is not allowed: alias/aws/ is reserved for AWS")
    if name.startswith("alias/"):
        raise ValueError(f"The key name {name!r} is not allowed: alias/ is put before it where KMS wants it")
    if not _NAME.match(name):
        raise ValueError(
            f"The key name {name!r} is not allowed by AWS: expected 1 to 250 letters, digits, slashes, underscores"
            " and dashes"
        )


def _check_word(kind: str, word: t.Any) -> str:
    if not isinstance(word, str) or not _WORD.match(word):
        raise ValueError(
            f"The {kind} {word!r} cannot be part of a key's name: expected letters, digits, dashes and underscores,"
            " beginning and ending with a letter or digit"
        )
    return word


@dataclass(frozen=True)
class _Entry:
    """One kind of key that an environment has: of an agent, or an additional one such as the bank."""

    agent: str
    purpose: str
    template: str
    label: str
    networks: tuple[str, ...] | None

    def specs(self, environment: str, networks: t.Mapping[str, t.Mapping[str, t.Any]]) -> t.Iterator[KeySpec]:
        shared = "network" not in template_fields(self.template)
        wanted = networks if self.networks is None else self.networks
        for network in [None] if shared else wanted:
            values = {
                "environment": environment,
                "network": network,
                "agent": self.agent,
                "purpose": self.purpose,
            }
            name = self.template.format(**values)
            check_name(name)
            words = [environment, network, self.label]
            yield KeySpec(
                name=name,
                environment=environment,
                network=network,
                agent=self.agent,
                purpose=self.purpose,
                description=" ".join(word for word in words if word),
                region=networks[network].get("aws_region") if network else None,
            )


def _check_purpose(owner: str, purpose: t.Any) -> str:
    if purpose not in PURPOSES:
        raise ValueError(f"{owner} has a key for {purpose!r}; expected one of: {', '.join(PURPOSES)}")
    return t.cast(str, purpose)


def _agent_entries(agents: t.Mapping[str, t.Sequence[str]], template: str) -> t.Iterator[_Entry]:
    for agent, purposes in agents.items():
        _check_word("agent", agent)
        if not _is_list(purposes) or not purposes:
            raise ValueError(f"Agent {agent} has the purposes {purposes!r}; expected a list of: {', '.join(PURPOSES)}")
        for purpose in purposes:
            _check_purpose(f"Agent {agent}", purpose)
            yield _Entry(agent, purpose, template, f"{agent}-{purpose}", None)


def _additional_entries(
    additional: t.Sequence[t.Mapping[str, t.Any]], networks: t.Mapping[str, t.Any]
) -> t.Iterator[_Entry]:
    if not _is_list(additional):
        raise ValueError(f"The additional keys are {additional!r}; expected a list")
    for item in additional:
        if not isinstance(item, t.Mapping) or "agent" not in item or set(item) - _ADDITIONAL_FIELDS:
            raise ValueError(
                f"The additional key {item!r} is not understood: expected a dictionary with agent, and optionally name,"
                " purpose, networks"
            )
        agent = _check_word("agent", item["agent"])
        owner = f"The additional key {agent}"
        purpose = _check_purpose(owner, item.get("purpose", "signer"))
        template = item.get("name", "{environment}-{agent}")
        only = item.get("networks")
        if not isinstance(template, str):
            raise ValueError(f"{owner} has the name {template!r}; expected a naming template")
        if only is not None:
            if not _is_list(only):
                raise ValueError(f"{owner} has the networks {only!r}; expected a list")
            if "network" not in template_fields(template):
                raise ValueError(f"{owner} is for some networks only, but its name {template!r} has no {{network}}")
            for network in only:
                _check_known(owner, network, networks)
        yield _Entry(agent, purpose, template, agent, None if only is None else tuple(only))


def _is_list(value: t.Any) -> bool:
    return isinstance(value, t.Sequence) and not isinstance(value, (str, bytes))


def _check_known(owner: str, network: str, networks: t.Mapping[str, t.Any]) -> None:
    if network not in networks:
        known = ", ".join(networks) or "none"
        raise ValueError(f"{owner} names the network {network!r}; this environment has: {known}")


def _excluded(networks: t.Mapping[str, t.Mapping[str, t.Any]], specs: t.Sequence[KeySpec]) -> set[str]:
    """Names of the keys that a network's ``excluded_keys`` leave out, each given as AGENT or AGENT-PURPOSE."""
    names: set[str] = set()
    for network, settings in networks.items():
        excluded = settings.get("excluded_keys") or ()
        if not _is_list(excluded):
            raise ValueError(f"Network {network} has the excluded_keys {excluded!r}; expected a list")
        for label in excluded:
            matched = {
                spec.name
                for spec in specs
                if spec.network == network and label in (spec.agent, f"{spec.agent}-{spec.purpose}")
            }
            if not matched:
                raise ValueError(
                    f"Network {network} excludes the key {label!r}, but has no such key of its own;"
                    " expected AGENT or AGENT-PURPOSE"
                )
            names |= matched
    return names


def environment_keys(
    networks: t.Mapping[str, t.Mapping[str, t.Any]],
    *,
    environment: str,
    agents: t.Mapping[str, t.Sequence[str]],
    template: str = DEFAULT_TEMPLATE,
    additional: t.Sequence[t.Mapping[str, t.Any]] = (),
    tags: t.Mapping[str, str] | None = None,
) -> list[KeySpec]:
    """Return every signing key of an environment, network by network, in the inventory's order.

    :param networks: network name -> its settings, of which ``excluded_keys`` and ``aws_region`` are read here.
    :param agents: agent -> purposes of its keys.
    :param template: naming template of the agents' keys. Without ``{network}``, all networks share one set of keys.
    :param additional: further keys, each with ``agent`` and optionally ``name`` (a template), ``purpose``
        and ``networks``.
    :param tags: further tags of every key.
    """
    _check_word("environment", environment)
    for network, settings in networks.items():
        _check_word("network", network)
        if not isinstance(settings, t.Mapping):
            raise ValueError(f"Network {network} has the settings {type(settings).__name__}; expected a dictionary")
        for setting in set(map(str, settings)) - set(_SETTINGS):
            meant = difflib.get_close_matches(setting, _SETTINGS, n=1, cutoff=0.8)
            if meant:
                raise ValueError(f"Network {network} has the setting {setting!r}; expected {meant[0]}")
    if not isinstance(agents, t.Mapping):
        raise ValueError(f"The agents are {agents!r}; expected a dictionary of agent to purposes")
    if not agents and not additional:
        raise ValueError("There are no agents and no additional keys, so that there is no key to make")
    if not isinstance(tags or {}, t.Mapping):
        raise ValueError(f"The tags are {tags!r}; expected a dictionary")
    entries = [*_agent_entries(agents, template), *_additional_entries(additional, networks)]
    specs = [spec for entry in entries for spec in entry.specs(environment, networks)]
    _check_distinct(specs, template)
    excluded = _excluded(networks, specs)
    order = {network: index for index, network in enumerate(networks, start=1)}
    kept = [replace(spec, tags=dict(tags or {})) for spec in specs if spec.name not in excluded]
    return sorted(kept, key=lambda spec: order.get(spec.network or "", 0))


def _check_distinct(specs: t.Sequence[KeySpec], template: str) -> None:
    owners: dict[str, KeySpec] = {}
    for spec in specs:
        # KMS takes names that differ in case only for two, IAM (which later has policies of these names) for one.
        other = owners.setdefault(spec.name.lower(), spec)
        if other is not spec:
            raise ValueError(
                f"Two keys get the name {spec.name!r}: {_describe(other)} and {_describe(spec)}."
                f" Change the naming template {template!r} or the name of the additional key"
            )


def _describe(spec: KeySpec) -> str:
    return f"{spec.agent} {spec.purpose} on {spec.network or 'all networks'}"
