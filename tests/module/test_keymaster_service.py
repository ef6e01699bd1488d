# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service against real nodes and a sandbox: it fills wallets, outlives a node that hangs, and ends as it is to."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from sandbox.client import Sandbox
from tests import chain
from tests.module.keymaster_world import ETHER, NETWORKS, World, service, wait_until


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox.start() as running:
        yield running


@pytest.fixture
def world(sandbox: Sandbox, tmp_path: Path) -> Iterator[World]:
    sandbox.reset()
    with chain.running(NETWORKS["kovan"]) as kovan, chain.running(NETWORKS["moonbasealpha"]) as moonbasealpha:
        made = World(sandbox, {"kovan": kovan, "moonbasealpha": moonbasealpha}, tmp_path)
        made.make()
        yield made


def test_wallets_are_filled_and_kept_full_and_a_node_that_hangs_harms_its_network_alone(world: World) -> None:
    relayer = "staging-moonbasealpha-relayer-signer"
    labels = {"network": "kovan", "agent": "relayer", "address": world.addresses[relayer]}
    with service(world) as keymaster:
        keymaster.passes()
        assert [world.balance("kovan", relayer), world.paid("kovan"), world.paid("moonbasealpha")] == [2 * ETHER, 2, 2]
        assert keymaster.value("wallet_balance", **labels) == 2
        assert keymaster.value("transfers_total", **labels) == 1
        assert keymaster.value("transfer_amount_total", network="kovan") == 4
        assert keymaster.value("wallet_threshold", **labels) == 1
        assert keymaster.value("bank_balance", network="kovan") == pytest.approx(996, abs=0.1)
        assert json.loads(keymaster.page("/healthz"))["healthy"]

        # Drained, and filled again, by what is missing.
        world.drain("kovan", relayer, ETHER // 2)
        keymaster.says("transfer confirmed")
        keymaster.passes()
        assert world.balance("kovan", relayer) == 2 * ETHER
        assert keymaster.value("transfers_total", **labels) == 2
        assert keymaster.value("transfer_amount_total", **labels) == 3.5
        keymaster.passes()
        assert keymaster.value("transfers_total", **labels) == 2
        assert world.paid("kovan") == 3

        # A node hangs: its network fails, and the other one is funded.
        world.chains["moonbasealpha"].hang()
        world.drain("kovan", relayer, ETHER // 4)
        keymaster.passes("partial")
        keymaster.passes("partial")
        assert keymaster.value("network_up", network="moonbasealpha") == 0
        assert keymaster.value("network_up", network="kovan") == 1
        assert keymaster.value("failures_total", network="moonbasealpha", kind="rpc") >= 1
        assert keymaster.value("rpc_errors_total", network="moonbasealpha", kind="unanswered") >= 1
        assert world.balance("kovan", relayer) == 2 * ETHER
        # What is not known is not shown.
        with pytest.raises(AssertionError):
            keymaster.value("wallet_balance", network="moonbasealpha")
        assert json.loads(keymaster.page("/healthz"))["failed_networks"] == {"moonbasealpha": "rpc"}

        world.chains["moonbasealpha"].hang(False)
        keymaster.passes()
        assert keymaster.value("network_up", network="moonbasealpha") == 1
        assert keymaster.value("wallet_balance", network="moonbasealpha") == 4

        # A key that is disabled is not paid any more.
        kms = boto3.client("kms", **world.sandbox.boto3_arguments())
        kms.disable_key(KeyId=kms.describe_key(KeyId=f"alias/{relayer}")["KeyMetadata"]["KeyId"])
        world.drain("kovan", relayer, 0)
        keymaster.passes()
        keymaster.says(f"The key {relayer} is Disabled")
        keymaster.passes()
        assert world.balance("kovan", relayer) == 0

        assert keymaster.end() == 0
    for url in (one.url for one in world.chains.values()):
        assert url not in keymaster.output


def test_the_transfer_in_hand_is_finished_and_nothing_is_begun_after_a_signal(world: World) -> None:
    world.chains["kovan"].rpc.call("evm_setAutomine", False)
    with service(world, only=["kovan"]) as keymaster:
        # Both are sent, and are in no block.
        wait_until(lambda: world.waiting("kovan") == 2)
        keymaster.process.send_signal(signal.SIGTERM)
        # Whoever drains a wallet now waits for the next service.
        world.drain("kovan", "staging-kovan-updater-signer", 0)
        world.chains["kovan"].rpc.call("anvil_mine", "0x1")
        assert keymaster.ended() == 0
    lines = [json.loads(line) for line in keymaster.output.splitlines()]
    assert [line["confirmed"] for line in lines if line["message"] == "pass ended"] == [2]
    assert lines[-1]["message"] == "ended"
    assert world.paid("kovan") == 2


def test_a_service_that_was_killed_pays_nobody_twice(world: World) -> None:
    world.chains["kovan"].rpc.call("evm_setAutomine", False)
    with service(world, only=["kovan"]) as killed:
        wait_until(lambda: world.waiting("kovan") == 2)
        killed.end(signal.SIGKILL)
    world.chains["kovan"].rpc.call("evm_setAutomine", True)
    world.chains["kovan"].rpc.call("anvil_mine", "0x1")
    with service(world, only=["kovan"]) as keymaster:
        keymaster.passes()
        keymaster.passes()
        assert keymaster.end(signal.SIGINT) == 0
    assert world.paid("kovan") == 2
    assert world.balance("kovan", "staging-kovan-updater-signer") == 2 * ETHER


def test_one_pass_and_what_it_says(world: World) -> None:
    with service(world, "--once", top_ups=False) as watched:
        assert watched.ended() == 0
    assert "top_ups is false: wallets are watched, and nothing is sent" in watched.output
    assert "SANDBOX: this is not AWS" in watched.output
    assert "transfer planned" in watched.output
    with service(world, "--once", protected=True) as unconfirmed:
        assert unconfirmed.ended() == 0
    assert "staging is protected, and confirmed is false: transfers are planned, none is sent" in unconfirmed.output
    assert world.paid("kovan") + world.paid("moonbasealpha") == 0
    with service(world, "--once", account_id="999999999999") as stranger:
        assert stranger.ended() == 1
    assert "The credentials are for the AWS account 123456789012. Expected: 999999999999" in stranger.output
    with service(world, "--once", protected=True, confirmed=True) as uncapped:
        assert uncapped.ended() == 2
    assert "The funding of kovan has no max_transfer, max_run, max_day. Expected: all three caps" in uncapped.output
    caps = {"max_transfer": "2", "max_run": "4", "max_day": "4"}
    capped = dict.fromkeys(NETWORKS, caps)
    with service(world, "--once", protected=True, confirmed=True, **capped) as confirmed:
        assert confirmed.ended() == 0
    assert world.paid("kovan") + world.paid("moonbasealpha") == 4
