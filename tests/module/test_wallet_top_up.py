# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module wallet_top_up, with keys in a sandbox and wallets on real nodes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.client import REGION, Sandbox
from tests.chain import Chain
from tests.module.conftest import Result, RunModule
from tests.module.wallets_world import AMOUNTS, CAPS, ETHER, NETWORKS, World, check_documented, keys

NAME = "wallet_top_up"
TARGET = 5 * ETHER // 2


@pytest.fixture
def world(run_module: RunModule, sandbox: Sandbox, aws: Callable[..., Any], wallet_chains: dict[str, Chain]) -> World:
    return World(run_module, sandbox, aws, wallet_chains)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "ledgers"


TopUp = Callable[..., Result]


@pytest.fixture
def top_up(world: World, store: Path) -> TopUp:
    return lambda **changes: world.module(NAME, **{"protected": False, "store": str(store), **changes})


def actions(result: Result) -> list[str]:
    assert not result.get("failed"), result["msg"]
    return [row["action"] for row in result["transfers"]]


def test_a_bank_in_aws_kms_pays_by_records_in_a_bucket(world: World, top_up: TopUp, tmp_path: Path) -> None:
    world.make_keys()
    s3 = world.aws("s3")
    s3.create_bucket(Bucket="nomad-funds", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_public_access_block(
        Bucket="nomad-funds",
        PublicAccessBlockConfiguration=dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        ),
    )
    world.sandbox.clear_log()
    place = {"store": "s3://nomad-funds/ledgers"}
    # Check mode shows all that would be done, and does nothing of it.
    planned = top_up(check=True, diff=True, **place)
    check_documented(NAME, planned)
    assert (planned["changed"], planned["confirmed"], actions(planned)) == (True, True, ["planned"] * 4)
    assert not [entry for entry in world.sandbox.log() if entry["write"]]
    assert "Sign" not in world.operations()
    assert world.nonces() == [0, 0]
    row = planned["transfers"][0]
    assert planned["diff"]["before"] == {}
    assert planned["diff"]["after"][f"kovan updater {world.rows['staging-kovan-updater-signer']['address']}"] == {
        "from": world.bank,
        "amount": "2.5 ETH",
        "fee": f"{row['fee']} ETH",
        "bank_left": f"{row['bank_left']} ETH",
    }
    assert row["bank_left_wei"] == 100 * ETHER - row["amount_wei"] - row["fee_wei"]

    progress = tmp_path / "progress"
    sent = top_up(approved=planned["transfers"], diff=True, progress_file=str(progress), **place)
    check_documented(NAME, sent)
    assert (sent["changed"], actions(sent)) == (True, ["confirmed"] * 4)
    assert world.balances("kovan") == world.balances("moonbasealpha") == [TARGET] * 2
    assert {row["state"] for row in sent["wallets"]} == {"ok"}
    told = progress.read_text(encoding="utf-8").splitlines()
    assert told[0].startswith("Sending 4 transfers. Should this be interrupted")
    # Besides, what is waited for, where a block takes its time.
    assert sum(": sent: " in line for line in told) == 4
    assert [row["earlier"] for row in sent["transfers"]] == [False] * 4
    # An explorer of the real network knows nothing of a sandbox's.
    assert {row["link"] for row in sent["transfers"]} == {None}

    world.sandbox.clear_log()
    for check in (True, False):
        again = top_up(check=check, diff=True, **place)
        check_documented(NAME, again)
        assert (again["changed"], again["transfers"]) == (False, [])
        assert again["diff"] == {"before": {}, "after": {}}
    assert not [entry for entry in world.sandbox.log() if entry["write"]]
    assert world.nonces() == [2, 2]


def test_a_bank_in_aws_secrets_manager(world: World, top_up: TopUp, store: Path) -> None:
    world.make_keys("secretsmanager")
    assert actions(top_up(check=True)) == ["planned"] * 4
    assert not store.exists()
    # One network's node is dead: the other one is done.
    result = top_up(rpc_urls=world.urls(kovan="http://127.0.0.1:1/?key=0f7c51d2e94b4a6f"))
    check_documented(NAME, result)
    assert (result["changed"], actions(result)) == (True, ["confirmed"] * 2)
    assert [row["error"] for row in result["networks"]] == [
        "The node of kovan was asked in vain: the node cannot be reached: Connection refused. Look whether it runs, and"
        " at its URL: rpc_url in agent_ops_network of host_vars/kovan.yml, in a sandbox AGENT_OPS_SANDBOX_RPC_URLS",
        None,
    ]
    assert top_up(only=["kovan"])["changed"]
    assert world.balances("kovan") == world.balances("moonbasealpha") == [TARGET] * 2


def test_a_protected_environment_is_planned_unless_that_is_confirmed(world: World, top_up: TopUp, store: Path) -> None:
    world.make_keys()
    result = top_up(protected=True)
    assert (result["changed"], result["confirmed"], actions(result)) == (False, False, ["planned"] * 4)
    assert not store.exists()
    assert world.nonces() == [0, 0]
    # Caps are wanted before any call.
    assert world.refused(NAME, protected=True, confirmed=True, store=str(store)).startswith(
        "The funding of kovan has no max_transfer, max_run, max_day. Expected: all three caps before money is sent in a"
        " protected environment."
    )
    funding = {network: {**AMOUNTS, **CAPS} for network in NETWORKS}
    result = top_up(protected=True, confirmed=True, funding=funding, only=["kovan"])
    assert (result["changed"], result["confirmed"], actions(result)) == (True, True, ["confirmed"] * 2)
    # One network above its cap, and nothing is sent on any.
    for row in result["wallets"]:
        world.chains["kovan"].give(row["address"], 0)
    before = world.nonces()
    funding["kovan"]["max_run"] = "4"
    result = top_up(funding=funding)
    assert (result["changed"], actions(result), world.nonces()) == (False, ["held"] * 4, before)


def test_keys_that_must_not_be_paid_or_cannot_pay(world: World, top_up: TopUp) -> None:
    world.make_keys()
    kms = world.aws("kms")
    arns = {name: row["arn"] for name, row in world.rows.items()}
    kms.disable_key(KeyId=arns["staging-kovan-updater-signer"])
    kms.schedule_key_deletion(KeyId=arns["staging-moonbasealpha-updater-signer"])
    for check in (True, False):
        result = top_up(check=check)
        assert {row["agent"] for row in result["transfers"]} == {"relayer"}
        errors = {row["key"]: row["error"] for row in result["wallets"] if row["state"] == "blocked"}
        assert errors == {
            "staging-kovan-updater-signer": "The key staging-kovan-updater-signer is Disabled. Expected: Enabled",
            "staging-moonbasealpha-updater-signer": (
                "The key staging-moonbasealpha-updater-signer is PendingDeletion. Expected: Enabled"
            ),
        }
    assert world.balances("kovan") == world.balances("moonbasealpha") == [0, TARGET]
    kms.disable_key(KeyId=arns["staging-bank"])
    for check in (True, False):
        failed = top_up(check=check)
        assert failed["msg"] == "Nothing can be paid. The key staging-bank is Disabled. Expected: Enabled"
    assert world.nonces() == [1, 1]


def test_a_bank_that_does_not_sign(world: World, top_up: TopUp) -> None:
    world.make_keys()
    world.sandbox.add_fault(action="kms:Sign", kind="access_denied")
    result = top_up(only=["kovan"])
    assert actions(result) == ["held", "held"]
    assert result["changed"] is False
    error = str(result["networks"][0]["error"])
    assert error.startswith(f"The bank's key {world.rows['staging-bank']['arn']} does not sign. The caller lacks the")
    assert "kms:Sign" in error
    assert error.endswith("Nothing is sent")
    assert result["transfers"][1]["reason"] == "an earlier transfer on kovan failed"
    assert world.nonces() == [0, 0]


NO_BANK = [key for key in keys() if key["agent"] != "bank"]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"signing_keys": NO_BANK},
            "The environment staging has no bank. Expected: a key of the agent bank. Add '- agent: bank' to"
            " agent_ops_additional_keys in group_vars, provision its key (provision.yml), and send money to its"
            " address",
        ),
        (
            {"networks": {**NETWORKS, "kovan": {}}},
            "agent_ops_network of kovan has no chain_id. Expected: the chain's number, which its node is compared with"
            " before money is sent. Add it in host_vars/kovan.yml",
        ),
        ({"store": "s3://nomad-proofs/x"}, "The store 's3://nomad-proofs/x' is in the bucket nomad-proofs, which is a"),
        ({"approved": [{"network": "kovan"}]}, "approved has a row without address. Expected: rows of transfers, as a"),
    ],
)
def test_what_is_wrong_is_said_before_any_call(world: World, store: Path, changes: dict[str, Any], text: str) -> None:
    assert world.refused(NAME, **{"protected": False, "store": str(store), **changes}).startswith(text)
    assert not store.exists()


def test_a_sandboxs_bank_has_no_business_with_real_chains(world: World, top_up: TopUp, store: Path) -> None:
    world.make_keys()
    result = top_up(rpc_urls=world.urls(kovan="https://kovan.example/v3/0f7c51d2e94b4a6f"))
    assert str(result["msg"]).startswith("The keys are a sandbox's, but the RPC URL of kovan leads to another machine.")
    assert "Sign" not in world.operations()
    assert not store.exists()


def test_a_store_that_others_may_read(world: World, top_up: TopUp, store: Path) -> None:
    world.make_keys()
    store.mkdir(mode=0o755)
    result = top_up()
    assert str(result["msg"]).startswith(f"The folder {store} is open to others than its owner (mode 0755)")
    world.aws("s3").create_bucket(Bucket="nomad-funds", CreateBucketConfiguration={"LocationConstraint": REGION})
    world.sandbox.clear_log()
    world.aws("s3").delete_public_access_block(Bucket="nomad-funds")
    result = top_up(store="s3://nomad-funds/ledgers")
    assert str(result["msg"]).startswith("The store's bucket nomad-funds may be public: of its Block Public Access")
    assert world.nonces() == [0, 0]
