# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The format opt: the agents of Optics, and of Nomad until 2022. Private to the collection.

Settings are read from a file of the home, then from one of the agent, then from the environment: OPT_BASE_ and
OPT_<AGENT>_, followed by the path in the file, in capitals and joined by underscores. Pure: no ansible, no AWS.
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
    "updater": {"interval": int, "pause": int},
    "watcher": {"interval": int},
    "relayer": {"interval": int},
    "processor": {"interval": int, "allowed": list, "denied": list, "index_only": bool},
    "kathy": {"interval": int, "chat": dict},
}

INTERVALS: t.Mapping[str, int] = {"updater": 5, "watcher": 100, "relayer": 10, "processor": 10, "kathy": 100}
"""In seconds, as Nomad's own configuration had them."""

CHAT = {"static": ("recipient", "message"), "orderedList": ("messages",), "random": ("length",), "default": ()}
"""What kathy says, by the type that this format gives it, with the fields that each type has."""

# What stands in files alone, since a variable holds one value.
FILE_ONLY = ("allowed", "denied")

NO_URL = "of {name} has no URL: set rpc_url in its agent_ops_network, or {variable} when the agent starts"


def lines(agent: Agent, common: Common) -> t.Iterator[Line]:
    """Yield the environment of an agent."""
    yield Variable("RUN_ENV", common.run_env)
    yield Variable("BASE_CONFIG", f"{agent.home.name}_config.json")
    yield Variable("RUST_BACKTRACE", "full")
    yield Variable("OPT_BASE_DB", common.db_of(agent))
    yield Variable("OPT_BASE_METRICS", str(common.metrics_of(agent)))
    yield Variable("OPT_BASE_TRACING_FMT", common.log_format)
    yield Variable("OPT_BASE_TRACING_LEVEL", common.log_level)
    if common.jaeger_uri:
        yield Variable("OPT_BASE_TRACING_JAEGER_COLLECTOR_URI", common.jaeger_uri)
        yield Variable("OPT_BASE_TRACING_JAEGER_NAME", f"{agent.home.name}-{agent.name}")
    yield from _chains(agent)
    for chain, signer in agent.transaction_signers:
        yield from _signer(f"OPT_BASE_SIGNERS_{chain.variable}", signer, f"transactions on {chain.name}")
    prefix = f"OPT_{agent.name.upper()}"
    if agent.attestation:
        yield from _signer(f"{prefix}_{agent.name.upper()}", agent.attestation, "attestations")
    yield from _settings(prefix, agent, common)


def _chains(agent: Agent) -> t.Iterator[Line]:
    home = agent.home
    if home.home:
        yield Variable("OPT_BASE_HOME_ADDRESS", home.home)
    if home.timelag is not None:
        yield Variable("OPT_BASE_HOME_TIMELAG", str(home.timelag))
    yield from _connection("OPT_BASE_HOME", home)
    for chain in agent.replicas:
        prefix = f"OPT_BASE_REPLICAS_{chain.variable}"
        address = home.replica_addresses.get(chain.name)
        if address:
            yield Variable(f"{prefix}_ADDRESS", address)
            yield Variable(f"{prefix}_DOMAIN", str(chain.domain))
        if chain.timelag is not None:
            yield Variable(f"{prefix}_TIMELAG", str(chain.timelag))
        yield from _connection(prefix, chain)
    if agent.name == "watcher":
        for chain in agent.replicas:
            yield from _manager(f"OPT_WATCHER_MANAGERS_{chain.variable}", chain)
    for name in ("from", "chunk"):
        if name in home.index:
            yield Variable(f"OPT_BASE_INDEX_{name.upper()}", str(home.index[name]))


def _connection(prefix: str, chain: Chain) -> t.Iterator[Line]:
    variable = f"{prefix}_CONNECTION_URL"
    if chain.rpc_url:
        yield Variable(f"{prefix}_CONNECTION_TYPE", chain.connection_type)
        yield Variable(variable, chain.rpc_url, secret=True)
    else:
        yield Comment("The connection " + NO_URL.format(name=chain.name, variable=variable))


def _manager(prefix: str, chain: Chain) -> t.Iterator[Line]:
    """A watcher unenrolls a replica by the connection manager on its network."""
    if not chain.connection_manager:
        yield Comment(f"The connection manager of {chain.name} is not known: set connection_manager there")
    else:
        yield Variable(f"{prefix}_NAME", chain.name)
        yield Variable(f"{prefix}_DOMAIN", str(chain.domain))
        yield Variable(f"{prefix}_ADDRESS", chain.connection_manager)
        yield Variable(f"{prefix}_RPCSTYLE", chain.rpc_style)
        if chain.timelag is not None:
            yield Variable(f"{prefix}_TIMELAG", str(chain.timelag))
    # The agent's image may know the manager, but never the connection.
    yield from _connection(prefix, chain)


def _signer(prefix: str, signer: Signer, what: str) -> t.Iterator[Line]:
    yield Comment(f"signs {what} as {signer.address or '(not known yet)'} ({signer.name})")
    if signer.aws:
        yield Variable(f"{prefix}_TYPE", "aws")
        yield Variable(f"{prefix}_ID", str(signer.id))
        yield Variable(f"{prefix}_REGION", str(signer.region))
    else:
        yield Variable(f"{prefix}_TYPE", "hexKey")
        yield Variable(f"{prefix}_KEY", str(signer.secret), secret=True)


def _settings(prefix: str, agent: Agent, common: Common) -> t.Iterator[Line]:
    settings = agent.settings
    yield Variable(f"{prefix}_INTERVAL", str(settings["interval"]))
    if "pause" in settings:
        yield Variable(f"{prefix}_PAUSE", str(settings["pause"]))
    if settings.get("index_only"):
        yield Variable(f"{prefix}_INDEXON", "true")
    for name, value in settings.get("chat", {}).items():
        if not isinstance(value, (list, tuple)):
            yield Variable(f"{prefix}_CHAT_{name.upper()}", str(value))
    if agent.name == "processor" and common.bucket:
        yield Variable(f"{prefix}_S3_BUCKET", common.bucket.name)
        yield Variable(f"{prefix}_S3_REGION", common.bucket.region)
        yield from _s3_credentials(prefix, common)


def _s3_credentials(prefix: str, common: Common) -> t.Iterator[Line]:
    names = (f"{prefix}_S3_ACCESS_KEY_ID", f"{prefix}_S3_SECRET_ACCESS_KEY")
    bucket = common.bucket
    if bucket and bucket.access_key_id and bucket.secret_access_key:
        yield Variable(names[0], bucket.access_key_id, secret=True)
        yield Variable(names[1], bucket.secret_access_key, secret=True)
    else:
        yield Comment(f"Nomad's processor also needs {names[0]} and {names[1]} when it starts. Optics' does not")


def configuration(homes: t.Mapping[str, t.Sequence[Agent]], common: Common) -> dict[str, dict[str, t.Any]]:
    """Return path -> document, of the files that the environment overrides. Nothing in them is secret."""
    folder = f"config/{common.run_env}"
    files = {f"{folder}/{home}_config.json": _base(agents[0], common) for home, agents in homes.items()}
    for agents in homes.values():
        for agent in agents:
            # One file serves an agent of all homes, so that it holds what is the same for all.
            files.setdefault(f"{folder}/{agent.name}-partial.json", _partial(agent))
    return files


def _base(agent: Agent, common: Common) -> dict[str, t.Any]:
    home = agent.home
    document: dict[str, t.Any] = {
        "environment": common.environment,
        "home": _chain_setup(home, home.home),
        "replicas": {
            chain.name: _chain_setup(chain, home.replica_addresses.get(chain.name)) for chain in agent.replicas
        },
        "tracing": {"level": common.log_level, "fmt": common.log_format},
        "db": common.db_root,
        "metrics": str(common.metrics_port),
    }
    if home.index:
        document["index"] = {name: str(value) for name, value in home.index.items()}
    return document


def _chain_setup(chain: Chain, address: str | None) -> dict[str, t.Any]:
    setup: dict[str, t.Any] = {"name": chain.name, "domain": str(chain.domain)}
    if address:
        setup["address"] = address
    setup["rpcStyle"] = chain.rpc_style
    # The URL comes from the environment.
    setup["connection"] = {"type": chain.connection_type, "url": ""}
    if chain.timelag is not None:
        setup["timelag"] = chain.timelag
    return setup


def _partial(agent: Agent) -> dict[str, t.Any]:
    settings = agent.settings
    document: dict[str, t.Any] = {"interval": str(settings["interval"])}
    if "pause" in settings:
        document["pause"] = str(settings["pause"])
    document.update({name: list(settings[name]) for name in FILE_ONLY if settings.get(name)})
    if settings.get("index_only"):
        document["indexon"] = "true"
    if settings.get("chat"):
        document["chat"] = {
            name: list(value) if isinstance(value, (list, tuple)) else str(value)
            for name, value in settings["chat"].items()
        }
    # A watcher's managers are those of its home's replicas, and so come from the environment.
    return document


def values(agents: t.Sequence[Agent], common: Common) -> dict[str, t.Any]:
    """Return values of the chart nomad-agent (or optics-agent) for all agents of one home."""
    home, replicas = agents[0].home, agents[0].replicas
    chart: dict[str, t.Any] = {
        "runEnv": common.run_env,
        "baseConfig": f"{home.name}_config.json",
        "dbPath": common.db_root,
        "rustBacktrace": "full",
        "tracing": {"format": common.log_format, "level": common.log_level, "uri": common.jaeger_uri or ""},
        "metrics": {"port": common.metrics_port},
        "homeChain": _values_chain(home, home.home),
        "replicaChains": [_values_chain(chain, home.replica_addresses.get(chain.name)) for chain in replicas],
    }
    for agent in agents:
        chart[agent.name] = _values_agent(agent, common)
    return {common.helm_key: chart}


def _values_chain(chain: Chain, address: str | None) -> dict[str, t.Any]:
    return {
        "name": chain.name,
        "address": address or "",
        "domain": str(chain.domain),
        "rpcStyle": chain.rpc_style,
        "connectionType": chain.connection_type,
        "connectionUrl": chain.rpc_url or "",
    }


def _values_agent(agent: Agent, common: Common) -> dict[str, t.Any]:
    settings = agent.settings
    interval = "messageInterval" if agent.name == "kathy" else "pollingInterval"
    found: dict[str, t.Any] = {
        "enabled": True,
        "transactionSigners": [{"name": chain.name, **_values_signer(key)} for chain, key in agent.transaction_signers],
        interval: str(settings["interval"]),
    }
    if agent.attestation:
        found["attestationSigner"] = _values_signer(agent.attestation)
    if "pause" in settings:
        found["updatePause"] = str(settings["pause"])
    if agent.name == "processor":
        found["indexOnly"] = bool(settings.get("index_only"))
        if common.bucket:
            found["s3Proofs"] = _values_bucket(common)
    return found


def _values_bucket(common: Common) -> dict[str, str]:
    bucket = common.bucket
    if bucket is None:
        return {}
    found = {"bucket": bucket.name, "region": bucket.region}
    if bucket.access_key_id and bucket.secret_access_key:
        found.update(accessKeyId=bucket.access_key_id, secretAccessKey=bucket.secret_access_key)
    return found


def _values_signer(signer: Signer) -> dict[str, t.Any]:
    if signer.aws:
        return {"hexKey": "", "aws": {"keyId": str(signer.id), "region": str(signer.region)}}
    return {"hexKey": str(signer.secret), "aws": {"keyId": "", "region": ""}}
