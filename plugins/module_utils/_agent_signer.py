# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which key signs for an agent on a network, and on which networks it sends transactions. Private to the collection.

Configuration and funding ask here, so that what is funded is what signs. Pure: no ansible, no AWS; errors are
:class:`ValueError`.
"""

from __future__ import annotations

import typing as t

HOME, NETWORK = "home", "network"
CHOICES = (HOME, NETWORK)
"""Whose key signs transactions on a network: that of the agent's home, everywhere, or the network's own."""

Key = t.Mapping[str, t.Any]
"""A key as the filter environment_signing_keys gives it, or its row: ``name``, ``network``, ``agent``, ``purpose``."""

_ON_HOME = frozenset({"updater", "watcher", "kathy", "validator"})
_ON_REPLICAS = frozenset({"watcher", "relayer", "processor"})

REASON = "the documentation advises against running several agents with the same transaction signers"


def signing_key_for(agent: str, home: str, network: str, *, keys: t.Iterable[Key], signer: str = HOME) -> Key:
    """Return the key that signs an agent's transactions on a network.

    :param home: the network whose home the agent serves.
    :param keys: the environment's keys. One without a network belongs to all networks.
    :param signer: ``home`` or ``network``.
    :raises ValueError: if the environment has no such key.
    """
    if signer not in CHOICES:
        raise ValueError(f"agent_ops_transaction_signer is {signer!r}. Expected: one of {', '.join(CHOICES)}")
    return _key(agent, "signer", home if signer == HOME else network, keys)


def attestation_key_for(agent: str, home: str, *, keys: t.Iterable[Key]) -> Key:
    """Return the key by which an agent attests updates or fraud of its home, which is always that home's.

    :raises ValueError: if the environment has no such key.
    """
    return _key(agent, "attestation", home, keys)


def _key(agent: str, purpose: str, network: str, keys: t.Iterable[Key]) -> Key:
    for key in keys:
        if key["agent"] == agent and key["purpose"] == purpose and key["network"] in (network, None):
            return key
    raise ValueError(
        f"The environment has no {purpose} key of {agent} on {network}. Expected: one. Give {agent} the purpose"
        f" {purpose} in agent_ops_agents, or take the key out of excluded_keys of {network}"
    )


def has_key(agent: str, home: str, *, keys: t.Iterable[Key]) -> bool:
    """Return whether an agent has any key at a home. A network can do without an agent."""
    return any(key["agent"] == agent and key["network"] in (home, None) for key in keys)


def transacts_on(agent: str, home: str, replicas: t.Sequence[str]) -> list[str]:
    """Return the networks on which an agent sends transactions, and needs money. One that is not known: on all."""
    known = agent in _ON_HOME | _ON_REPLICAS
    on_home = [home] if agent in _ON_HOME or not known else []
    on_replicas = list(replicas) if agent in _ON_REPLICAS or not known else []
    return on_home + on_replicas


def shared_signers(
    homes: t.Mapping[str, t.Sequence[str]], agents: t.Sequence[str], *, keys: t.Sequence[Key], signer: str = HOME
) -> list[str]:
    """Return a warning for each key that signs on one network for agents of several homes.

    :param homes: home -> networks with a replica of it.
    """
    users: dict[tuple[str, str], list[str]] = {}
    for home, replicas in homes.items():
        for agent in agents:
            if not has_key(agent, home, keys=keys):
                continue
            for network in transacts_on(agent, home, replicas):
                key = _signer_or_none(agent, home, network, keys, signer)
                if key:
                    users.setdefault((network, key), []).append(f"the {agent} of {home}")
    return [
        f"On {network} the key {key} signs for {' and '.join(who)}, which use up each other's nonces: {REASON}"
        for (network, key), who in users.items()
        if len(who) > 1
    ]


def _signer_or_none(agent: str, home: str, network: str, keys: t.Sequence[Key], signer: str) -> str | None:
    try:
        return str(signing_key_for(agent, home, network, keys=keys, signer=signer)["name"])
    except ValueError:
        return None
