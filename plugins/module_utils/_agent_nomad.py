# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The format nomad: the agents of nomad-xyz/rust, since 2022. Private to the collection.

What is public is in a NomadConfig, of which the section agent.<network> is written here; what is secret, and which home
and replicas an agent serves, is in the environment. Pure: no ansible, no AWS.
"""

from __future__ import annotations

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_model import (
    Agent,
    Chain,
    Comment,
    Common,
    Line,
    Signer,
    Variable,
)

SETTINGS: t.Mapping[str, t.Mapping[str, type]] = {
    "updater": {"interval": int},
    "watcher": {"interval": int},
    "relayer": {"interval": int},
    "processor": {"interval": int, "allowed": list, "denied": list, "subsidized_remotes": list},
    "kathy": {"interval": int, "chat": dict},
}

INTERVALS: t.Mapping[str, int] = {"updater": 5, "watcher": 10, "relayer": 10, "processor": 5, "kathy": 100}
"""In seconds, as the published configuration of production has them."""

CHAT = {"static": ("recipient", "message"), "orderedList": ("messages",), "random": ("length",), "default": ()}

_CHAT_VARIABLES = {"recipient": "RECIPIENT", "message": "MESSAGE", "messages": "MESSAGES", "length": "RANDOM"}
_LISTS = {"allowed": "ALLOWED", "denied": "DENIED", "subsidized_remotes": "SUBSIDIZED_REMOTES"}


def lines(agent: Agent, common: Common) -> t.Iterator[Line]:
    """Yield the environment of an agent."""
    yield from _source(common)
    yield Variable("RUST_BACKTRACE", "full")
    yield Variable("AGENT_HOME_NAME", agent.home.name)
    for number, chain in enumerate(agent.replicas):
        yield Variable(f"AGENT_REPLICA_{number}_NAME", chain.name)
    for chain in agent.chains:
        yield Variable(f"{chain.variable}_RPCSTYLE", chain.rpc_style)
        if chain.rpc_url:
            yield Variable(f"{chain.variable}_CONNECTION_URL", chain.rpc_url, secret=True)
        else:
            yield Comment(
                f"The connection of {chain.name} has no URL: set rpc_url in its agent_ops_network, or"
                f" {chain.variable}_CONNECTION_URL when the agent starts"
            )
    for chain, signer in agent.transaction_signers:
        yield Variable(f"{chain.variable}_SUBMITTER_TYPE", "local")
        yield from _signer(f"{chain.variable}_TXSIGNER", signer, f"transactions on {chain.name}")
    if agent.attestation:
        yield from _signer("ATTESTATION_SIGNER", agent.attestation, "attestations")
    region = _region(agent, common)
    if region:
        yield Variable("AWS_REGION", region)
    yield Variable("METRICS_PORT", str(common.metrics_of(agent)))
    yield from _settings(agent, common)


def _region(agent: Agent, common: Common) -> str | None:
    """Return the Region of everything in AWS that an agent uses: it looks for the bucket there too."""
    if agent.regions:
        return agent.regions[0]
    return common.bucket.region if agent.name == "processor" and common.bucket else None


def _source(common: Common) -> t.Iterator[Line]:
    """Where the NomadConfig is. The agents take the first of the three that is set."""
    if common.config_url:
        yield Variable("CONFIG_URL", common.config_url)
    elif common.config_path:
        yield Variable("CONFIG_PATH", common.config_path)
    else:
        yield Variable("RUN_ENV", common.environment)


def _signer(prefix: str, signer: Signer, what: str) -> t.Iterator[Line]:
    yield Comment(f"signs {what} as {signer.address or '(not known yet)'} ({signer.name})")
    if signer.aws:
        yield Variable(f"{prefix}_ID", str(signer.id))
    else:
        yield Variable(f"{prefix}_KEY", str(signer.secret), secret=True)


def _settings(agent: Agent, common: Common) -> t.Iterator[Line]:
    settings = agent.settings
    prefix = agent.name.upper()
    yield Variable(f"{prefix}_INTERVAL", str(settings["interval"]))
    for name, variable in _LISTS.items():
        if settings.get(name):
            yield Variable(f"{prefix}_{variable}", ",".join(settings[name]))
    for name, value in settings.get("chat", {}).items():
        if name in _CHAT_VARIABLES:
            text = ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
            yield Variable(f"KATHY_CHAT_{_CHAT_VARIABLES[name]}", text)
    if agent.name == "processor" and common.bucket:
        yield Variable("PROCESSOR_S3_BUCKET", common.bucket.name)
        yield Variable("PROCESSOR_S3_REGION", common.bucket.region)


def configuration(homes: t.Mapping[str, t.Sequence[Agent]], common: Common) -> dict[str, t.Any]:
    """Return the section ``agent`` of a NomadConfig. Nothing in it is secret."""
    return {home: _section(agents, common) for home, agents in homes.items()}


def _section(agents: t.Sequence[Agent], common: Common) -> dict[str, t.Any]:
    section: dict[str, t.Any] = {
        "rpcStyle": agents[0].home.rpc_style,
        "db": common.db_root,
        "metrics": common.metrics_port,
        "logging": {"fmt": common.log_format, "level": common.log_level},
    }
    given = {agent.name: agent.settings for agent in agents}
    for name, interval in INTERVALS.items():
        # Agents that do not run have their part as well: a NomadConfig without one of the five is not read at all.
        settings = given.get(name, {"interval": interval})
        section[name] = _agent_section(name, settings, agents[0].replicas, common)
    return section


def _agent_section(
    agent: str, settings: t.Mapping[str, t.Any], replicas: t.Sequence[Chain], common: Common
) -> dict[str, t.Any]:
    found: dict[str, t.Any] = {"interval": settings["interval"]}
    for name in ("allowed", "denied"):
        if settings.get(name):
            found[name] = list(settings[name])
    if agent == "processor":
        # A processor delivers to these alone; an empty list would have it deliver nothing.
        found["subsidizedRemotes"] = list(settings.get("subsidized_remotes", [chain.name for chain in replicas]))
        if common.bucket:
            found["s3"] = {"bucket": common.bucket.name, "region": common.bucket.region}
    if agent == "kathy":
        found["chat"] = dict(settings.get("chat") or {"type": "default"})
    return found


def values(
    agents: t.Sequence[Agent], common: Common, environments: t.Mapping[str, t.Sequence[Line]]
) -> dict[str, t.Any]:
    """Return values of the chart nomad-bridge for all agents of one home.

    What the chart has on by itself is turned off.

    :param environments: agent -> its environment, which this chart takes as it is.
    """
    chart: dict[str, t.Any] = {
        "storage": {"mountPath": common.db_root},
        "metrics": {"port": common.metrics_port},
    }
    present = {agent.name for agent in agents}
    for name in SETTINGS:
        if name not in present:
            chart[name] = {"enabled": False}
            continue
        variables = [line for line in environments[name] if isinstance(line, Variable)]
        chart[name] = {
            "enabled": True,
            "replicas": 1,
            "envVars": [{"name": line.name, "value": line.value} for line in variables],
        }
    return chart
