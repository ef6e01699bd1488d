# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wallets are funded on real nodes: what is paid, what is held back and why, and what it costs in requests."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._address import public_key_address
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller
from ansible_collections.interchain.agent_ops.plugins.module_utils._bank_signer import KmsSigner
from ansible_collections.interchain.agent_ops.plugins.module_utils._document_store import S3Store
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_ledger_session import LedgerSession
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import FeeSettings

from sandbox.client import ACCOUNT_ID, Sandbox
from tests.chain import Chain, running
from tests.module.funding_case import ETHER, TARGET, Case, addresses, stranger
from tests.rpc_proxy import Proxy

GWEI = 10**9
READ = "eth_chainId+eth_getBlockByNumber+eth_getBalance+eth_getTransactionCount"
FEES = "eth_maxPriorityFeePerGas+eth_gasPrice"
# Contracts: one refuses money; one does so once its storage has something in its first place, and else writes there for
# the next time; one writes into its storage whenever it is paid.
REFUSING = "0x60006000fd"
CHANGING = "0x600054600c576001600055005b60006000fd"
WRITING = "0x4360005500"


@pytest.fixture(scope="module")
def kovan() -> Iterator[Chain]:
    with running(42) as started:
        yield started


@pytest.fixture(scope="module")
def legacy() -> Iterator[Chain]:
    """A chain without EIP-1559."""
    with running(1287, hardfork="berlin") as started:
        yield started


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def test_two_chains_are_funded_by_a_key_in_aws_kms_and_a_bucket(
    kovan: Chain, legacy: Chain, sandbox: Sandbox, aws: Callable[..., Any], tmp_path: Path
) -> None:
    kms, s3 = aws("kms"), aws("s3")
    s3.create_bucket(Bucket="nomad-funds", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    arn = kms.create_key(KeySpec="ECC_SECG_P256K1", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    bank = public_key_address(kms.get_public_key(KeyId=arn)["PublicKey"])
    case = Case(tmp_path, bank=bank)
    case.signer = KmsSigner(kms, Caller(), arn, bank)
    case.store = S3Store(s3, Caller(), "nomad-funds", "ledgers", ACCOUNT_ID)
    with Proxy(kovan.url) as one, Proxy(legacy.url) as two:
        case.add(kovan, url=one.url, explorer_url="https://kovan.example")
        case.add(legacy, "moonbasealpha", url=two.url, unit="DEV")
        sandbox.clear_log()
        looked = case.funder().look()
        assert [wallet["state"] for report in looked for wallet in report.wallets] == ["low"] * 4
        planned = case.plan()
        assert planned.actions == ["planned"] * 4
        # A plan reads the ledger, and neither signs nor writes.
        assert Counter(entry["operation"] for entry in sandbox.log()) == {"GetObject": 2}
        one.honest(), two.honest()
        sandbox.clear_log()
        said: list[str] = []
        done = case.send(planned.rows, say=said.append)
        assert done.errors == [None, None]
        assert done.actions == ["confirmed"] * 4
        for network, proxy, fees in (("kovan", one, FEES), ("moonbasealpha", two, FEES)):
            assert case.balances(network) == [TARGET] * 2
            told = proxy.methods
            assert told[:6] == [READ, READ, fees, "eth_estimateGas", *["eth_sendRawTransaction"] * 2]
            assert told[6].startswith("eth_getTransactionReceipt")
            assert told[-1] == READ
        # For each network: the lease, two transfers, what became of them, the lease.
        log = Counter(entry["operation"] for entry in sandbox.log())
        assert (log["Sign"], log["PutObject"]) == (4, 10)
        for row, was in zip(done.rows, planned.rows, strict=True):
            chain = case.places[row["network"]].chain
            found = chain.rpc.call("eth_getTransactionByHash", row["hash"])
            assert found["type"] == ("0x2" if row["network"] == "kovan" else "0x0")
            assert (int(found["value"], 16), int(found["nonce"], 16)) == (row["amount_wei"], row["nonce"])
            assert row["fee_wei"] <= was["fee_wei"]
            assert row["amount"] == "2"
            assert f"{row['network']}: sent: {row['agent']} {row['address']}, transaction {row['hash']}" in said
        assert [row["link"] for row in done.rows[:2]] == [
            f"https://kovan.example/tx/{row['hash']}" for row in done.rows[:2]
        ]
        spent = sum(row["amount_wei"] + row["fee_wei"] for row in done.rows[:2])
        assert done[0].row["bank_balance_wei"] == 100 * ETHER - spent == planned[0].row["bank_balance_wei"] - spent

        # Again: one request to each node and one to the store, and nothing is written.
        one.honest(), two.honest()
        sandbox.clear_log()
        again = case.send()
        assert (again.rows, again.errors, [report.sent for report in again]) == ([], [None, None], [0, 0])
        assert one.methods == two.methods == [READ]
        assert Counter(entry["operation"] for entry in sandbox.log()) == {"GetObject": 2}


def test_a_network_that_fails_fails_alone(kovan: Chain, legacy: Chain, case: Case) -> None:
    case.add(kovan, "dead", url="http://127.0.0.1:1/")
    case.add(legacy, "moonbasealpha")
    assert case.send().errors == [
        "The node of dead was asked in vain: the node cannot be reached: Connection refused. Look whether it runs, and"
        " at its URL: rpc_url in agent_ops_network of host_vars/dead.yml, in a sandbox AGENT_OPS_SANDBOX_RPC_URLS",
        None,
    ]
    assert case.balances("moonbasealpha") == [TARGET] * 2
    # A node of another chain than the inventory says: nothing is sent there.
    case.add(kovan, "dead", chain_id=43)
    done = case.send()
    assert done[0].error == (
        "The node of dead is of the chain 42. Expected: 43, the chain_id that agent_ops_network gives. Correct the"
        " network's RPC URL"
    )
    assert [report.kind for report in done] == ["chain_id", None]
    assert case.sent("dead") == 0
    assert not case.document("dead").exists()
    # Two networks of one chain: nothing is sent on either, in a plan as little as in a run.
    case.add(legacy, "dead")
    case.add(legacy, "moonbasealpha")
    for done in (case.plan(), case.send()):
        assert done.errors[0] == done.errors[1]
        assert str(done.errors[0]).startswith(
            "dead and moonbasealpha are of one chain, 1287. Expected: a chain for each"
        )
        assert case.balances("moonbasealpha") == [0, 0]


def test_somebody_else_uses_the_banks_key(kovan: Chain, case: Case) -> None:
    case.add(kovan)
    kovan.rpc.call("anvil_impersonateAccount", case.bank)
    with kovan.holding():
        transaction = {"from": case.bank, "to": stranger(), "value": "0x1"}
        kovan.rpc.call("eth_sendTransaction", transaction)
        for done in (case.plan(), case.send()):
            assert done.errors == [None]
            assert done.actions == ["held", "held"]
            assert done.reasons[0] == (
                "1 transactions of the bank wait on kovan that were not written down here. Something else uses the"
                " bank's key, or the store is another one"
            )
    assert case.send().actions == ["confirmed"] * 2
    assert case.balances() == [TARGET] * 2


def test_a_stuck_transfer_is_told_and_replaced_on_request(kovan: Chain, case: Case) -> None:
    place = case.add(kovan, receipt_seconds=0, stuck_seconds=600)

    def later() -> float:
        return time.time() + 601

    with kovan.holding():
        first = case.send()
        assert first.actions == ["sent", "sent"]
        assert first.reasons == [None, None]
        # A third wallet comes: it has to wait, since a transfer is under way.
        case.add(kovan, receipt_seconds=0, stuck_seconds=600, wallets=1)
        case.places["kovan"].wallets += place.wallets
        case.places["kovan"].wallets[0] = replace(case.places["kovan"].wallets[0], key="third")
        second = case.send(now=later)
        assert second.actions == ["stuck", "stuck", "held"]
        assert second.reasons[0] == (
            "the transaction with nonce 0 is in no block after 600 s. It is sent again at a higher fee with -e"
            " wallet_funding_replace_stuck=true"
        )
        assert second.reasons[2] == "the transfer with the bank's nonce 0 is still under way on kovan"
        # What would be done is told, and a cap that keeps it from being done.
        before = case.document().read_bytes()
        planned = case.plan(replace_stuck=True, now=later)
        assert re.match(r"it is to be sent again, and offers [0-9.]+ gwei for each gas then", planned.reasons[0])
        assert (planned[0].sent, case.document().read_bytes()) == (2, before)
        highest = max(record.attempts[0].fees.max_fee_per_gas for record in case.ledger().transfers)
        case.change(fees=FeeSettings(max_fee_per_gas=highest))
        capped = case.send(replace_stuck=True, now=later)
        assert capped.actions == ["stuck", "stuck", "held"]
        assert re.match(
            r"it is not sent again: The replacement has to offer [0-9.]+ gwei for each gas. Expected: at most"
            r" [0-9.]+ gwei, which is max_fee_per_gas_gwei: wait for lower fees, or raise it",
            capped.reasons[0],
        )
        case.change(fees=FeeSettings())
        # The second one's key was disabled meanwhile.
        wallets = case.places["kovan"].wallets
        wallets[2] = replace(wallets[2], problem="The key is Disabled")
        replaced = case.send(replace_stuck=True, now=later)
        assert replaced.actions == ["sent", "stuck", "held"]
        assert replaced.rows[0]["hash"] != first.rows[0]["hash"]
        assert replaced.rows[0]["nonce"] == first.rows[0]["nonce"]
        assert replaced.reasons[1] == (
            f"it is not sent again: {first.rows[1]['address']} is no wallet of the environment that may be paid"
        )
    case.change(receipt_seconds=30)
    done = case.send()
    assert done.actions == ["confirmed"] * 3
    assert case.balances() == [TARGET] * 3
    assert case.sent() == 3
    paid = {record.to: record for record in case.ledger().transfers}
    record = paid[first.rows[0]["address"]]
    # One of the two paid, with the nonce of both.
    assert record.paid_by == record.attempts[1].hash == replaced.rows[0]["hash"]


def test_recipients_that_are_contracts(kovan: Chain, case: Case) -> None:
    place = case.add(kovan, wallets=4)
    plain, refusing, changing, writing = addresses(place.wallets)
    for address, code in ((refusing, REFUSING), (changing, CHANGING), (writing, WRITING)):
        kovan.put_code(address, code)
    done = case.send()
    rows = {row["address"]: row for row in done.rows}
    assert rows[refusing]["action"] == "held"
    assert rows[refusing]["reason"].startswith("what a transfer to it takes cannot be estimated: the node says: ")
    # What takes more gas than a plain transfer is given as much.
    assert rows[writing]["action"] == "confirmed"
    assert [record.attempts[0].gas > 40_000 for record in case.ledger().transfers if record.to == writing] == [True]
    assert kovan.balance(plain) == kovan.balance(writing) == TARGET
    # The third one took its first payment. It is low again, and refuses what it would have taken a moment ago.
    assert rows[changing]["action"] == "confirmed"
    kovan.give(changing, 0)
    kovan.rpc.call("anvil_setStorageAt", changing, "0x0", "0x" + "00" * 32)
    with kovan.holding():
        case.change(receipt_seconds=0)
        assert "sent" in case.send().actions
        kovan.rpc.call("anvil_setStorageAt", changing, "0x0", "0x" + "01".rjust(64, "0"))
    case.change(receipt_seconds=30)
    done = case.send()
    row = next(row for row in done.rows if row["address"] == changing and row["action"] != "held")
    assert (row["action"], row["kind"]) == ("failed", "reverted")
    assert row["reason"] == "the transaction is in a block, but the recipient refused the money"
    assert row["fee_wei"] > 0
    assert kovan.balance(changing) == 0
    case.change(fees=FeeSettings(max_gas=30_000))
    kovan.give(writing, 0)
    held = {row["address"]: row["reason"] for row in case.plan().rows}
    assert re.match(r"a transfer to it takes \d+ gas; max_gas is 30000", held[writing])


def test_caps(kovan: Chain, legacy: Chain, case: Case) -> None:
    case.add(kovan, max_run=3 * ETHER)
    case.add(legacy, "moonbasealpha")
    for done in (case.plan(), case.send()):
        assert done.actions == ["held"] * 4
        assert [report.kind for report in done] == ["cap", None]
        assert str(done[0].error).startswith(
            "On kovan this run would pay 4 ETH to 2 wallets, which is more than max_run, 3 ETH. Nothing is sent on any"
            " network. "
        )
    assert (case.sent(), case.sent("moonbasealpha")) == (0, 0)
    # No more than what was approved, and nobody else.
    del case.places["moonbasealpha"]
    case.change(max_run=None)
    rows = case.plan().rows
    approved = [{**rows[0], "amount_wei": ETHER}, {**rows[1], "action": "held"}]
    done = case.send(approved)
    assert {row["address"]: row["action"] for row in done.rows} == {
        rows[0]["address"]: "confirmed",
        rows[1]["address"]: "held",
    }
    assert done.rows[1]["reason"] == "it is not among the transfers that were approved: the next run asks for it"
    assert sorted(case.balances()) == [0, ETHER]
    with pytest.raises(
        ValueError, match=r"approved has a row without amount_wei\. Expected: rows of transfers, as a run"
    ):
        case.send([{"network": "kovan", "address": rows[1]["address"]}])
    with pytest.raises(ValueError, match=r"approved has the amount_wei -1\. Expected: rows of transfers"):
        case.send([{**rows[1], "amount_wei": -1}])
    # The network asks more than the cap. Where nobody is low, that does not matter.
    case.change(fees=FeeSettings(max_fee_per_gas=1))
    done = case.send()
    assert done[0].kind == "fee_cap"
    assert re.match(r"On kovan: The network asks [0-9.]+ gwei for each gas", str(done[0].error))
    for wallet in case.places["kovan"].wallets:
        kovan.give(str(wallet.address), TARGET)
    assert case.send().errors == [None]
    # A day's cap counts what was paid, and an interval holds back.
    case.change(fees=FeeSettings(), max_day=2 * ETHER, min_interval_seconds=3600)
    for wallet in case.places["kovan"].wallets:
        kovan.give(str(wallet.address), 0)
    assert {row["kind"] for row in case.send().rows} == {"interval", "cap"}
    kovan.give(case.bank, ETHER)
    case.change(max_day=None)
    assert {row["kind"] for row in case.send().rows} == {"interval", "bank_low"}
    assert case.sent() == 1
    assert len(case.ledger().transfers) == 1


def test_a_bank_that_has_nothing(kovan: Chain, case: Case) -> None:
    case.add(kovan, bank=0)
    done = case.send()
    assert [row["kind"] for row in done.rows] == ["bank_low"] * 2
    assert re.match(r"the bank has 0 ETH left, of which 0 ETH are its reserve; this takes 2 ETH", done.reasons[0])


def test_a_ledger_that_somebody_changed_pays_no_stranger(kovan: Chain, case: Case) -> None:
    case.add(kovan, receipt_seconds=0, stuck_seconds=1)
    thief = stranger()
    with kovan.holding():
        case.send()
        good = case.document().read_bytes()
        changes: list[Callable[[dict[str, Any]], object]] = [
            lambda entry: entry.update(to=thief),
            lambda entry: entry.update(amount=str(50 * ETHER)),
            lambda entry: entry.update(attempts=[]),
            lambda entry: entry["attempts"][0].update(gas=30_000),
            lambda entry: entry["attempts"][0].update(hash="0x" + "ab" * 32),
            lambda entry: entry["attempts"][0].update(raw="0x00"),
            lambda entry: entry.update(nonce=7),
        ]
        for change in changes:
            case.edit(lambda held, change=change: change(held["transfers"][0]))  # type: ignore[misc]
            for done in (case.plan(), case.send(replace_stuck=True, now=lambda: time.time() + 100)):
                assert done.rows == []
                assert done[0].kind == "store"
                assert str(done[0].error).startswith(
                    "The ledger of kovan is not what was written: the transfer with the"
                )
                assert str(done[0].error).endswith(
                    ". Nothing is sent. Find out who changed it, and put a former version back"
                )
            case.document().write_bytes(good)
        # What another key signed for another amount is not signed again by the bank.
        other = Case(case.folder.parent / "other")
        other.add(kovan, receipt_seconds=0)
        other.send()
        theirs = other.ledger().transfers[0].attempts[0]
        case.edit(lambda held: held["transfers"][0]["attempts"][0].update(raw=theirs.raw, hash=theirs.hash))
        done = case.send(replace_stuck=True, now=lambda: time.time() + 100)
        assert "is not what the bank signed" in str(done[0].error)
        case.document().write_bytes(good)
    assert case.send().actions == ["confirmed"] * 2
    assert kovan.balance(thief) == 0


def test_the_lock_of_another_run(kovan: Chain, case: Case) -> None:
    case.add(kovan)
    given = {"environment": "staging", "network": "kovan", "chain_id": 42, "bank": case.bank}
    other = LedgerSession(case.store, **given, holder="process 7 on another-host, session 0123456789ab")
    other.acquire(seconds=3600)
    said: list[str] = []
    done = case.send(lock_wait_seconds=0, say=said.append)
    assert said == ["kovan: funded by another run (process 7 on another-host), which is waited for: 0 s at most"]
    assert done[0].kind == "busy"
    assert str(done[0].error).startswith("kovan is being funded by another run (process 7 on another-host), until")
    assert case.sent() == 0
    # Looking and planning needs no lock.
    assert case.plan().actions == ["planned"] * 2
    # It is done while it is waited for, and paid meanwhile.
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        other.release()

    for wallet in case.places["kovan"].wallets:
        kovan.give(str(wallet.address), 0)
    assert case.send(sleep=sleep).actions == ["confirmed"] * 2
    assert waited
