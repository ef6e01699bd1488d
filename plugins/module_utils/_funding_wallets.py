# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which wallets need money, and on which networks. Private to the collection.

A wallet is a signing key on a network on which it sends transactions. Which key signs there is asked of the function
that the agents' configuration asks, so that what is funded is what signs. Pure: no ansible, no AWS; errors are
:class:`ValueError`.
"""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_signer import (
    HOME,
    Key,
    has_key,
    signing_key_for,
    transacts_on,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import NetworkFunding, Wallet
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_settings import funded_agents
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_row import ABSENT_STATE, refuse_shared_keys

BANK_AGENT = "bank"
_ENABLED = "Enabled"
_IDENTITY = ("environment", "network", "agent", "purpose")


def find_wallets(
    networks: t.Mapping[str, t.Mapping[str, t.Any]],
    settings: t.Mapping[str, NetworkFunding],
    agents: t.Sequence[str],
    *,
    keys: t.Sequence[Key],
    funding: t.Mapping[str, t.Mapping[str, t.Any]],
    signer: str = HOME,
) -> list[Wallet]:
    """Return the wallets of an environment, in the order of networks and agents, without addresses.

    :param networks: network -> its ``agent_ops_network`` (``replicas``).
    :param agents: the agents that are run. One without a signing key on a home needs no money there.
    :param keys: the environment's keys.
    :param funding: network -> its settings of the funding, of which ``agents.<agent>.funded`` is read.
    """
    _check_agents(networks, funding, agents)
    homes: dict[tuple[str, str, str], list[str]] = {}
    for home, given in networks.items():
        replicas = (given or {}).get("replicas") or []
        if not isinstance(replicas, (list, tuple)):
            raise ValueError(
                f"replicas of {home} is {replicas!r}. Expected: a list of networks. Correct agent_ops_network in"
                f" host_vars/{home}.yml"
            )
        unknown = [name for name in replicas if name not in networks]
        if unknown:
            raise ValueError(
                f"replicas of {home} names the unknown network {unknown[0]!r}. Expected: of {', '.join(networks)}"
            )
        for agent in agents:
            if not _signs(agent, home, keys):
                continue
            usual = transacts_on(agent, home, replicas)
            for network in networks:
                said = funded_agents(funding.get(network) or {}).get(agent)
                # Whoever is said to be funded on a network is so for each home that has to do with it.
                if said is False or (network not in usual and not (said and network in (home, *replicas))):
                    continue
                key = signing_key_for(agent, home, network, keys=keys, signer=signer)["name"]
                homes.setdefault((network, agent, key), []).append(home)
    order = {name: place for place, name in enumerate(networks)}
    found = sorted(homes.items(), key=lambda item: (order[item[0][0]], agents.index(item[0][1])))
    return [
        Wallet(network, agent, key, tuple(served), settings[network].agents.get(agent, settings[network].amounts))
        for (network, agent, key), served in found
    ]


def _signs(agent: str, home: str, keys: t.Sequence[Key]) -> bool:
    return has_key(agent, home, keys=[key for key in keys if key["purpose"] == "signer"])


def _check_agents(
    networks: t.Mapping[str, t.Any], funding: t.Mapping[str, t.Mapping[str, t.Any]], agents: t.Sequence[str]
) -> None:
    for network in networks:
        for agent in (funding.get(network) or {}).get("agents") or {}:
            if agent not in agents:
                raise ValueError(
                    f"The funding of {network} names the unknown agent {agent!r}. Expected: of {', '.join(agents)}."
                    f" Correct wallet_funding_defaults in group_vars, or wallet_funding_network in"
                    f" host_vars/{network}.yml"
                )


def with_addresses(wallets: t.Sequence[Wallet], rows: t.Mapping[str, Key], keys: t.Sequence[Key]) -> list[Wallet]:
    """Return the wallets with the addresses of their keys as AWS has them now, or why they must not be paid.

    :param rows: name -> key row, read a moment ago. :param keys: what the keys are wanted for.
    """
    wanted = {key["name"]: key for key in keys}
    names = list(dict.fromkeys(wallet.key for wallet in wallets))
    shared = refuse_shared_keys((name, (rows.get(name) or {}).get("address")) for name in names)

    def known(wallet: Wallet) -> Wallet:
        row = rows.get(wallet.key)
        problem = key_problem(wanted[wallet.key], row) or shared.get(wallet.key)
        return replace(wallet, address=(row or {}).get("address"), problem=problem)

    return [known(wallet) for wallet in wallets]


def key_problem(key: Key, row: Key | None) -> str | None:
    """Return why money must not be sent to a key, or by it; None if nothing speaks against it."""
    name = key["name"]
    if row is None or row.get("state") == ABSENT_STATE:
        return f"The key {name} does not exist. Provision the signing keys first (provision.yml)"
    if row.get("error"):
        return f"The key {name} cannot be used: {row['error']}"
    if row.get("state") != _ENABLED or not row.get("address"):
        return f"The key {name} is {row.get('state')}. Expected: {_ENABLED}"
    tags = row.get("tags") or {}
    for field in _IDENTITY:
        for found in (row.get(field), tags.get(field)):
            if found and key.get(field) and found != key[field]:
                return f"The key {name} was made for the {field} {found!r}. Expected: {key[field]!r}"
    return None


def bank_key(
    keys: t.Sequence[Key], environment: str, named: str | None = None, *, agents: t.Container[str] = ()
) -> Key:
    """Return the key that an environment's agents are funded from.

    :param named: its name; by default the one key of the agent ``bank``. :param agents: those that are run, whose keys
        pay nobody: their nonces are their own, and so is their money.
    :raises ValueError: if there is none, or several, or it is an agent's.
    """
    found = [key for key in keys if (key["name"] == named if named else key["agent"] == BANK_AGENT)]
    if named:
        others = [key["name"] for key in keys if key["agent"] == BANK_AGENT or key["agent"] not in agents]
        expected = (
            f"Expected: {' or '.join(others) or 'a key of the agent bank'}, from agent_ops_additional_keys. Correct it"
            " in group_vars/all/wallet_funding.yml, or leave it out where the agent bank has one key"
        )
        if not found:
            raise ValueError(f"wallet_funding_bank_key is {named!r}, and the environment has no such key. {expected}")
        if found[0]["name"] not in others:
            raise ValueError(
                f"wallet_funding_bank_key is {named!r}, which is the {found[0]['agent']}'s own key: transactions of the"
                f" bank would get in the way of the agent's. {expected}"
            )
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(key["name"] for key in found)
        raise ValueError(
            f"The environment has {len(found)} keys of the agent {BANK_AGENT} ({names}). Expected: one"
            " for all networks, or its name in wallet_funding_bank_key"
        )
    raise ValueError(
        f"The environment {environment} has no bank. Expected: a key of the agent {BANK_AGENT}. Add"
        f" '- agent: {BANK_AGENT}' to agent_ops_additional_keys in group_vars, provision its key (provision.yml), and"
        " send money to its address"
    )
