# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import Amounts, Wallet
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_settings import read_settings
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_wallets import (
    bank_key,
    find_wallets,
    with_addresses,
)

from tests.unit.plugins.module_utils.funding_world import AGENTS, ETHER, NETWORKS, address, keys, row

KATHYS = address([key["name"] for key in keys()].index("staging-kovan-kathy-signer") + 1)


def found(funding: dict[str, Any] | None = None, **more: Any) -> list[Wallet]:
    funding = funding or {}
    networks = more.pop("networks", NETWORKS)
    return find_wallets(
        networks, read_settings(networks, funding), list(AGENTS), keys=more.pop("keys", keys()), funding=funding, **more
    )


def short(wallets: list[Wallet]) -> list[tuple[str, str, str]]:
    return [(wallet.network, wallet.agent, wallet.key.removeprefix("staging-")) for wallet in wallets]


def test_who_needs_money_where_follows_from_the_agents_work() -> None:
    """Updater and kathy on the home, relayer and processor on its replicas, the watcher on both."""
    assert short([one for one in found() if one.network == "kovan"]) == [
        ("kovan", "updater", "kovan-updater-signer"),
        ("kovan", "watcher", "kovan-watcher-signer"),
        ("kovan", "watcher", "moonbasealpha-watcher-signer"),
        ("kovan", "relayer", "moonbasealpha-relayer-signer"),
        ("kovan", "processor", "moonbasealpha-processor-signer"),
        ("kovan", "kathy", "kovan-kathy-signer"),
    ]
    assert len(found()) == 12


def test_with_the_networks_own_keys_a_wallet_serves_several_homes() -> None:
    wallets = [one for one in found(signer="network") if one.network == "kovan"]
    assert short(wallets) == [
        ("kovan", agent, f"kovan-{agent}-signer") for agent in ("updater", "watcher", "relayer", "processor", "kathy")
    ]
    assert {one.agent: one.homes for one in wallets}["watcher"] == ("kovan", "moonbasealpha")


def test_an_inventory_may_say_otherwise() -> None:
    funding = {
        "kovan": {"agents": {"kathy": {"funded": False}, "relayer": {"funded": True, "threshold": 1, "target": 2}}}
    }
    wallets = [one for one in found(funding) if one.network == "kovan"]
    assert "kathy" not in [one.agent for one in wallets]
    relayers = [one for one in wallets if one.agent == "relayer"]
    assert [one.homes for one in relayers] == [("kovan",), ("moonbasealpha",)]
    assert {one.amounts for one in relayers} == {Amounts(ETHER, 2 * ETHER)}


def test_an_agent_without_a_signing_key_on_a_home_needs_nothing() -> None:
    networks = {**NETWORKS, "kovan": {**NETWORKS["kovan"], "excluded_keys": ["relayer"]}}
    less = [key for key in keys() if not (key["network"] == "kovan" and key["agent"] == "relayer")]
    assert ("moonbasealpha", "relayer", "kovan-relayer-signer") not in short(found(networks=networks, keys=less))


@pytest.mark.parametrize(
    ("networks", "funding", "text"),
    [
        (
            NETWORKS,
            {"kovan": {"agents": {"relayr": {}}}},
            "The funding of kovan names the unknown agent 'relayr'. Expected: of",
        ),
        (
            {"kovan": {"replicas": ["goerli"]}},
            {},
            "replicas of kovan names the unknown network 'goerli'. Expected: of kovan",
        ),
    ],
)
def test_what_is_refused(networks: dict[str, Any], funding: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        found(funding, networks=networks)


def rows(**changed: Any) -> dict[str, dict[str, Any]]:
    made = {key["name"]: row(key, number + 1) for number, key in enumerate(keys())}
    made["staging-kovan-updater-signer"].update(changed)
    return made


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({}, None),
        ({"state": "Absent", "address": None}, "The key staging-kovan-updater-signer does not exist. Provision the"),
        ({"state": "Disabled"}, "The key staging-kovan-updater-signer is Disabled. Expected: Enabled"),
        ({"state": "PendingDeletion"}, "The key staging-kovan-updater-signer is PendingDeletion. Expected: Enabled"),
        ({"error": "no"}, "The key staging-kovan-updater-signer cannot be used: no"),
        ({"tags": {"environment": "production"}}, "was made for the environment 'production'. Expected: 'staging'"),
        ({"tags": {"agent": "watcher"}}, "was made for the agent 'watcher'. Expected: 'updater'"),
        ({"address": KATHYS}, "staging-kovan-updater-signer is the same key as staging-kovan-kathy-signer"),
    ],
)
def test_who_must_not_be_paid(changed: dict[str, Any], problem: str | None) -> None:
    wallets = with_addresses(found(), rows(**changed), keys())
    one = next(wallet for wallet in wallets if wallet.key == "staging-kovan-updater-signer")
    assert (one.problem is None) if problem is None else (problem in str(one.problem))
    fine = [wallet for wallet in wallets if wallet.key == "staging-moonbasealpha-relayer-signer"]
    assert all(wallet.problem is None and wallet.address for wallet in fine)


def test_a_key_that_was_not_read_is_not_paid() -> None:
    read = rows()
    del read["staging-kovan-kathy-signer"]
    wallets = with_addresses(found(), read, keys())
    assert [str(wallet.problem)[:46] for wallet in wallets if wallet.problem] == [
        "The key staging-kovan-kathy-signer does not ex"
    ]


def test_the_bank() -> None:
    assert bank_key(keys(), "staging")["name"] == "staging-bank"
    more = keys(additional=[{"agent": "bank"}, {"agent": "deployer", "name": "{environment}-deployer"}])
    assert bank_key(more, "staging", "staging-deployer", agents=["kathy"])["agent"] == "deployer"


def test_an_agents_key_is_no_bank() -> None:
    for named in ("staging-kovan-kathy-signer", "staging-kovan-updater-attestation"):
        with pytest.raises(ValueError, match="own key: transactions of the bank would") as refused:
            bank_key(keys(), "staging", named, agents=["updater", "kathy", "relayer", "processor", "watcher"])
        assert "Expected: staging-bank, from agent_ops_additional_keys. Correct it in" in str(refused.value)


@pytest.mark.parametrize(
    ("additional", "named", "text"),
    [
        (
            [],
            None,
            "The environment staging has no bank. Expected: a key of the agent bank. Add '- agent: bank' to",
        ),
        ([{"agent": "bank"}], "bank", "wallet_funding_bank_key is 'bank', and the environment has no such key"),
        (
            [{"agent": "bank", "name": "{environment}-{network}-bank"}],
            None,
            "The environment has 2 keys of the agent bank (staging-kovan-bank, staging-moonbasealpha-bank). Exp",
        ),
    ],
)
def test_no_bank(additional: list[dict[str, Any]], named: str | None, text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        bank_key(keys(additional=additional), "staging", named)
