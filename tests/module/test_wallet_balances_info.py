# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module wallet_balances_info, with keys in a sandbox and wallets on real nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.client import ACCOUNT_ID, Sandbox
from tests.chain import Chain
from tests.module.conftest import RunModule
from tests.module.wallets_world import AMOUNTS, ETHER, NETWORKS, World, check_documented, keys

NAME = "wallet_balances_info"


@pytest.fixture
def world(run_module: RunModule, sandbox: Sandbox, aws: Callable[..., Any], wallet_chains: dict[str, Chain]) -> World:
    return World(run_module, sandbox, aws, wallet_chains)


@pytest.mark.parametrize("backend", ["kms", "secretsmanager"])
def test_what_wallets_and_the_bank_have(world: World, backend: str) -> None:
    world.make_keys(backend)
    relayer = world.rows["staging-moonbasealpha-relayer-signer"]["address"]
    world.chains["kovan"].give(relayer, 3 * ETHER // 2)
    result = world.module(NAME, check=True)
    check_documented(NAME, result)
    assert (result["changed"], result["sandbox"], result["account_id"]) == (False, True, ACCOUNT_ID)
    shown = [(row["network"], row["agent"], row["homes"], row["balance"], row["state"]) for row in result["wallets"]]
    assert shown == [
        ("kovan", "updater", ["kovan"], "0", "low"),
        ("kovan", "relayer", ["moonbasealpha"], "1.5", "ok"),
        ("moonbasealpha", "updater", ["moonbasealpha"], "0", "low"),
        ("moonbasealpha", "relayer", ["kovan"], "0", "low"),
    ]
    row = result["wallets"][1]
    assert (row["address"], row["balance_wei"], row["threshold"], row["target_wei"]) == (
        relayer, 3 * ETHER // 2, "1", 5 * ETHER // 2,
    )  # fmt: skip
    networks = {one["network"]: one for one in result["networks"]}
    assert [(one["bank"], one["bank_balance"], one["low"], one["error"]) for one in networks.values()] == [
        (world.bank, "100", 1, None),
        (world.bank, "100", 2, None),
    ]
    assert networks["kovan"]["top_ups_left"] == 100 * 2 // 3
    assert (networks["moonbasealpha"]["unit"], networks["moonbasealpha"]["chain_id"]) == ("DEV", 1287)
    # Whom it takes: nothing is written, and no key signs.
    assert not [entry for entry in world.sandbox.log() if entry["write"]]
    assert "Sign" not in world.operations()


def test_networks_and_keys_that_cannot_be_told_of(world: World) -> None:
    world.make_keys()
    kms = world.aws("kms")
    kms.disable_key(KeyId=world.rows["staging-kovan-updater-signer"]["arn"])
    # A network without a node is told of all the same, and so are wallets of agents without a threshold.
    urls = {"kovan": world.urls()["kovan"]}
    funding = {"kovan": {**AMOUNTS, "agents": {"relayer": {"threshold": "0", "target": "0"}}}}
    result = world.module(NAME, rpc_urls=urls, funding=funding)
    check_documented(NAME, result)
    shown = [(row["network"], row["agent"], row["state"], row["error"]) for row in result["wallets"]]
    missing = (
        "The node of moonbasealpha was asked in vain: there is no RPC URL. Expected: rpc_url in agent_ops_network of"
        " host_vars/moonbasealpha.yml, or a value in the environment variable that it names"
    )
    assert shown == [
        ("kovan", "updater", "blocked", "The key staging-kovan-updater-signer is Disabled. Expected: Enabled"),
        ("kovan", "relayer", "ok", None),
        ("moonbasealpha", "updater", "unknown", missing),
        ("moonbasealpha", "relayer", "unknown", missing),
    ]
    assert [row["error"] for row in result["networks"]] == [None, missing]
    # One network, and no bank: balances are told without one.
    without = [key for key in keys() if key["agent"] != "bank"]
    result = world.module(NAME, signing_keys=without, only=["kovan"])
    check_documented(NAME, result)
    assert [(row["network"], row["bank"], row["bank_balance"]) for row in result["networks"]] == [("kovan", None, None)]
    # A chain of another number than the inventory's.
    networks = {**NETWORKS, "kovan": {**NETWORKS["kovan"], "chain_id": 43}}
    result = world.module(NAME, networks=networks)
    assert str(result["networks"][0]["error"]).startswith("The node of kovan is of the chain 42. Expected: 43")
    assert result["wallets"][0]["balance"] is None
    assert world.module(NAME, networks=networks, check_chain_ids=False)["networks"][0]["error"] is None


def test_keys_that_are_not_there(world: World) -> None:
    result = world.module(NAME)
    check_documented(NAME, result)
    assert {row["state"] for row in result["wallets"]} == {"blocked"}
    assert result["wallets"][0]["error"] == (
        "The key staging-kovan-updater-signer does not exist. Provision the signing keys first (provision.yml)"
    )


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"only": ["goerli"]}, "only names the unknown network 'goerli'. Expected: of kovan, moonbasealpha"),
        (
            {"funding": {"kovan": {"agents": {"kathy": {}}}}},
            "The funding of kovan names the unknown agent 'kathy'. Expected: of updater, relayer.",
        ),
        ({"funding": {"kovan": {"treshold": "1"}}}, "The funding of kovan has 'treshold'. Expected: of threshold,"),
        ({"networks": {"kovan": 5}, "funding": {}}, "agent_ops_network of kovan is 5. Expected: a dictionary"),
        ({"networks": {"kovan": {"replicas": 5}}, "funding": {}}, "replicas of kovan is 5. Expected: a list"),
        (
            {"bank_key": "staging-till"},
            "wallet_funding_bank_key is 'staging-till', and the environment has no such key. Expected: staging-bank",
        ),
        (
            {"bank_key": "staging-kovan-updater-signer"},
            "wallet_funding_bank_key is 'staging-kovan-updater-signer', which is the updater's own key: transactions",
        ),
        ({"signing_keys": [{"name": "x"}]}, "signing_keys has a key without environment. Expected: keys as the filter"),
        ({"rpc_timeout": 0}, "rpc_timeout is 0. Expected: at least 1"),
    ],
)
def test_what_is_wrong_is_said_before_any_call(world: World, changes: dict[str, Any], text: str) -> None:
    assert world.refused(NAME, **changes).startswith(text)


def test_a_sandboxs_keys_have_no_business_with_real_chains(world: World) -> None:
    world.make_keys()
    result = world.module(NAME, rpc_urls=world.urls(kovan="https://kovan.example/v3/0f7c51d2e94b4a6f"))
    assert result["msg"] == (
        "The keys are a sandbox's, but the RPC URL of kovan leads to another machine. Expected: a chain on this"
        " machine, such as anvil. Leave inventories/sandbox out to use real keys, or set AGENT_OPS_SANDBOX_RPC_URLS"
    )
