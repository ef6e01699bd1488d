# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The format hyperlane: the validators and relayers of those who run Optics' successor. Private to the collection.

A validator attests the messages that leave its home, by checkpoints in a bucket. The relayer of a home delivers what
leaves that home. Pure: no ansible, no AWS.
"""

from __future__ import annotations

import json
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
    "validator": {"interval": int, "checkpoint_folder": str},
    "relayer": {"whitelist": list, "blacklist": list, "gas_payment_enforcement": list},
}

INTERVALS: t.Mapping[str, int] = {"validator": 5}
"""In seconds."""

ADDRESSES = ("mailbox", "merkleTreeHook", "interchainGasPaymaster", "validatorAnnounce")
"""The contracts that agents need to know of each chain."""

CHAIN_FIELDS = (*ADDRESSES, "interchainSecurityModule", "protocol", "blocks", "rpcConsensusType", "isTestnet")
"""What a network's settings may say for this format."""

_JSON_SETTINGS = {
    "whitelist": "whitelist",
    "blacklist": "blacklist",
    "gas_payment_enforcement": "gasPaymentEnforcement",
}


def document(agent: Agent, common: Common) -> dict[str, t.Any]:
    """Return the agent's configuration as JSON has it."""
    chains = {chain.name: _chain(chain, agent) for chain in agent.chains}
    found: dict[str, t.Any] = {
        "chains": chains,
        "db": common.db_of(agent),
        "metricsPort": common.metrics_of(agent),
        "log": {"format": common.log_format, "level": common.log_level},
    }
    if agent.name == "validator":
        found.update(_validator(agent, common))
    else:
        found["relayChains"] = ",".join(chain.name for chain in agent.chains)
        found.update({_JSON_SETTINGS[name]: value for name, value in _relayer_settings(agent).items()})
    return found


def _relayer_settings(agent: Agent) -> dict[str, t.Any]:
    # Otherwise the relayers of two homes would both deliver the messages of both.
    own = {"whitelist": [{"originDomain": agent.home.domain}]}
    return {**own, **{name: list(agent.settings[name]) for name in _JSON_SETTINGS if agent.settings.get(name)}}


def _validator(agent: Agent, common: Common) -> dict[str, t.Any]:
    found: dict[str, t.Any] = {
        "originChainName": agent.home.name,
        "interval": agent.settings["interval"],
    }
    if agent.attestation:
        found["validator"] = {"type": "aws" if agent.attestation.aws else "hexKey", **_key(agent.attestation)}
    if common.bucket:
        found["checkpointSyncer"] = {
            "type": "s3",
            "bucket": common.bucket.name,
            "region": common.bucket.region,
            "folder": agent.settings.get("checkpoint_folder", agent.home.name),
        }
    else:
        found["checkpointSyncer"] = {"type": "localStorage", "path": f"{common.db_of(agent)}/checkpoints"}
    return found


def _chain(chain: Chain, agent: Agent) -> dict[str, t.Any]:
    found: dict[str, t.Any] = {
        "name": chain.name,
        "domainId": chain.domain,
        "chainId": chain.chain_id if chain.chain_id is not None else chain.domain,
        "protocol": "ethereum",
        # An empty list of URLs is none; the agent takes them from the environment then.
        "rpcUrls": [{"http": chain.rpc_url}] if chain.rpc_url else [],
        **{name: value for name, value in chain.hyperlane.items() if name in CHAIN_FIELDS},
    }
    if chain.index:
        found["index"] = dict(chain.index)
    signer = agent.signers.get(chain.name)
    if signer:
        # Without a type: the agents see it by the fields, and the schema that is published refuses aws on a chain.
        found["signer"] = _key(signer)
    return found


def _key(signer: Signer) -> dict[str, str]:
    if signer.aws:
        return {"id": str(signer.id), "region": str(signer.region)}
    return {"key": f"0x{signer.secret}"}


def lines(agent: Agent, common: Common) -> t.Iterator[Line]:
    """Yield the environment of an agent, which says all that the JSON says."""
    yield Variable("RUST_BACKTRACE", "full")
    if agent.regions:
        yield Variable("AWS_REGION", agent.regions[0])
    for name, value in document(agent, common).items():
        if name == "chains":
            for chain in agent.chains:
                yield from _chain_lines(chain, value[chain.name], agent)
        elif name == "validator" and agent.attestation:
            yield from _signer_lines("HYP_VALIDATOR", agent.attestation, "checkpoints")
        else:
            yield from _variables(f"HYP_{name.upper()}", value)


def _chain_lines(chain: Chain, described: t.Mapping[str, t.Any], agent: Agent) -> t.Iterator[Line]:
    prefix = f"HYP_CHAINS_{chain.variable}"
    for name, value in described.items():
        if name not in ("rpcUrls", "signer"):
            yield from _variables(f"{prefix}_{name.upper()}", value)
    if chain.rpc_url:
        yield Variable(f"{prefix}_CUSTOMRPCURLS", chain.rpc_url, secret=True)
    else:
        yield Comment(
            f"The connection of {chain.name} has no URL: set rpc_url in its agent_ops_network, or"
            f" {prefix}_CUSTOMRPCURLS when the agent starts"
        )
    missing = [name for name in ADDRESSES if name not in described]
    if missing:
        yield Comment(f"Not known of {chain.name}: {', '.join(missing)}. The agent's image may know them")
    if chain.name in agent.signers:
        yield from _signer_lines(f"{prefix}_SIGNER", agent.signers[chain.name], f"transactions on {chain.name}")


def _signer_lines(prefix: str, signer: Signer, what: str) -> t.Iterator[Line]:
    yield Comment(f"signs {what} as {signer.address or '(not known yet)'} ({signer.name})")
    yield Variable(f"{prefix}_TYPE", "aws" if signer.aws else "hexKey")
    for name, value in _key(signer).items():
        yield Variable(f"{prefix}_{name.upper()}", value, secret=not signer.aws)


def _variables(prefix: str, value: t.Any) -> t.Iterator[Line]:
    if isinstance(value, t.Mapping):
        for name, item in value.items():
            yield from _variables(f"{prefix}_{name.upper()}", item)
    elif isinstance(value, list):
        yield Variable(prefix, json.dumps(value, separators=(",", ":")))
    elif isinstance(value, bool):
        yield Variable(prefix, str(value).lower())
    else:
        yield Variable(prefix, str(value))


def values(agents: t.Sequence[Agent], common: Common) -> dict[str, t.Any]:
    """Return values of the chart hyperlane-agent for all agents of one home.

    The chart takes URLs, hex keys and access keys from an external secret store, so that nothing here is secret.
    """
    chart: dict[str, t.Any] = {
        "runEnv": common.run_env,
        "context": common.project,
        "dbPath": common.db_root,
        "rustBacktrace": "full",
        "tracing": {"format": common.log_format, "level": common.log_level},
        "metrics": {"port": common.metrics_port},
        "aws": any(agent.regions for agent in agents),
        "chains": list(
            # That of a relayer last, whose chains are more than a validator's.
            {chain.name: _values_chain(chain, agent) for agent in agents for chain in agent.chains}.values()
        ),
    }
    for agent in agents:
        if agent.name == "validator":
            chart["validator"] = {"enabled": True, "configs": [_values_validator(agent, common)]}
        else:
            chart["relayer"] = _values_relayer(agent)
            chart["relayerChains"] = [
                {"name": chain.name, "signer": _values_signer(signer)} for chain, signer in agent.transaction_signers
            ]
    return {"hyperlane": chart}


def _values_chain(chain: Chain, agent: Agent) -> dict[str, t.Any]:
    found = {name: value for name, value in _chain(chain, agent).items() if name not in ("rpcUrls", "signer")}
    signer = agent.signers.get(chain.name)
    return {**found, **({"signer": {"type": "aws" if signer.aws else "hexKey"}} if signer else {})}


def _values_validator(agent: Agent, common: Common) -> dict[str, t.Any]:
    found = _validator(agent, common)
    if agent.attestation:
        found["validator"] = _values_signer(agent.attestation)
    signer = agent.signers.get(agent.home.name)
    return {**found, **({"chainSigner": _values_signer(signer)} if signer else {})}


def _values_relayer(agent: Agent) -> dict[str, t.Any]:
    settings = {_JSON_SETTINGS[name]: json.dumps(value) for name, value in _relayer_settings(agent).items()}
    return {
        "enabled": True,
        "aws": bool(agent.regions),
        "envConfig": {"relayChains": ",".join(chain.name for chain in agent.chains)},
        "configMapConfig": settings,
        "usingDefaultSignerKey": False,
    }


def _values_signer(signer: Signer) -> dict[str, str]:
    return {"type": "aws", **_key(signer)} if signer.aws else {"type": "hexKey"}
