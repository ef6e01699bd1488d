# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes that lose answers, give them twice, or wrong ones, lag behind, or take blocks back: nobody is paid twice."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chain import Chain, running
from tests.module.funding_case import ETHER, TARGET, Case, Reports, stranger
from tests.rpc_proxy import Asked, Behind, Proxy, Refusing, Spoil, giving

SECRET = "0f7c51d2e94b4a6f"
ENDPOINT = f"/v3/{SECRET}"
SPOILT: dict[str, Spoil] = {
    "drop": "drop",
    "lose": "lose",
    "twice": "twice",
    "garbage": "garbage",
    "null": giving(None),
    "no number": giving("0x"),
    "an object": giving({}),
    "a list": giving([]),
    "no answers": lambda _answers: [],
    "reversed": lambda answers: answers[::-1] if len(answers) > 1 else {**answers[0], "id": answers[0]["id"] - 1},
    "an error": lambda answers: [
        {"jsonrpc": "2.0", "id": one["id"], "error": {"code": -32005, "message": f"limit of {ENDPOINT}"}}
        for one in answers
    ],
}


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    with running(42) as started:
        yield started


@pytest.fixture
def proxy(chain: Chain) -> Iterator[Proxy]:
    with Proxy(chain.url) as started:
        yield started


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def at(number: int, kind: Spoil) -> Callable[[Asked], Spoil]:
    return lambda asked: kind if asked.number == number else None


def check(case: Case, done: Reports) -> None:
    """Nobody has more than a target, and nothing says where the node is."""
    assert all(balance <= TARGET for balance in case.balances())
    told = json.dumps([[report.error, report.row, report.wallets, report.transfers] for report in done])
    assert SECRET not in told


@pytest.mark.parametrize("kind", SPOILT.values(), ids=SPOILT)
def test_each_answer_in_turn_is_spoilt(chain: Chain, proxy: Proxy, tmp_path: Path, kind: Spoil) -> None:
    number = 0
    while True:
        number += 1
        case = Case(tmp_path / str(number))
        case.add(chain, url=proxy.url + ENDPOINT, receipt_seconds=1)
        proxy.honest()
        proxy.spoil = at(number, kind)
        done = case.send()
        check(case, done)
        reached = len(proxy.seen) >= number
        proxy.honest()
        check(case, case.send())
        case.assert_paid_once()
        if not reached:
            break
    assert number >= 8


@pytest.mark.parametrize("seed", range(6))
def test_answers_are_spoilt_at_random(chain: Chain, proxy: Proxy, case: Case, seed: int) -> None:
    chance = random.Random(seed)
    kinds = [*SPOILT.values(), *[Behind(max(0, height(chain) - behind)) for behind in range(4)], None, None]
    case.add(chain, url=proxy.url + ENDPOINT, receipt_seconds=0, wallets=3)
    proxy.spoil = lambda _asked: chance.choice(kinds) if chance.random() < 0.5 else None
    for _run in range(8):
        check(case, case.send())
    proxy.honest()
    case.change(receipt_seconds=30)
    check(case, case.send())
    check(case, case.send())
    case.assert_paid_once()


def test_a_node_that_does_not_answer_in_time(chain: Chain, proxy: Proxy, case: Case) -> None:
    case.add(chain, url=proxy.url, receipt_seconds=0)
    proxy.spoil = lambda asked: "late" if "eth_sendRawTransaction" in asked.methods else None
    done = case.send(timeout=0.5)
    # The node got it: that is found out by its hash. The second one was not begun.
    assert done.actions == ["confirmed", "held"]
    assert done.reasons[1] == "an earlier transfer on kovan is not known to be sent"
    proxy.spoil = lambda _asked: "late"
    assert str(case.send(timeout=0.5).errors[0]).startswith(
        "The node of kovan was asked in vain: the node did not answer within 0.5 s. Look whether it runs, and at its"
    )
    proxy.honest()
    case.change(receipt_seconds=30)
    assert case.send().actions == ["confirmed"]
    case.assert_paid_once()


def test_a_node_that_refuses_is_not_waited_for(chain: Chain, proxy: Proxy, case: Case) -> None:
    case.add(chain, url=proxy.url)
    error = Refusing(-32000, "insufficient funds for gas * price + value")
    waits: list[float] = []

    def sending(kind: Spoil) -> Reports:
        proxy.spoil = lambda asked: kind if "eth_sendRawTransaction" in asked.methods else None
        waits.clear()
        return case.send(sleep=wait, now=lambda: 1e9 + sum(waits), poll_seconds=10)

    def wait(seconds: float) -> None:
        waits.append(seconds)
        # What the node does takes real time.
        time.sleep(0.1)

    done = sending(error)
    assert (done.actions, waits) == (["failed", "held"], [])
    assert done.reasons[0] == (
        "the node does not take it: the node says: insufficient funds for gas * price + value (-32000). It is written"
        " down, the next run sends it again, and nothing else is sent before it"
    )
    # A limit that is reached says nothing of the transaction.
    assert sending(Refusing(-32005, "limit exceeded")).actions == ["failed", "held"]
    assert waits
    # Whatever is said: what is in a block is paid.
    done = sending(lambda answers: {"jsonrpc": "2.0", "id": answers[0]["id"], "error": error._asdict()})
    assert done.actions == ["confirmed", "confirmed"]
    case.assert_paid_once()


def test_an_interrupted_run_begins_nothing_more_and_the_next_one_says_so(chain: Chain, case: Case) -> None:
    case.add(chain)
    waits: list[float] = []
    said: list[str] = []
    with chain.holding():
        done = case.send(abandoned=lambda: len(said) > 1, say=said.append, sleep=waits.append)
        # Nobody waits for the block any more, so the run does not either, and the next one may begin at once.
        assert (done.actions, done.reasons, waits) == (["sent", "held"], [None, "the run was stopped"], [])
        assert said[0] == (
            "Sending 2 transfers. Should this be interrupted, the next run looks up what was sent: nobody is paid twice"
        )
        assert case.ledger().lock is None
    done = case.send(run="the next one")
    assert done.actions == ["confirmed", "confirmed"]
    assert [row["earlier"] for row in done.rows] == [True, False]
    case.assert_paid_once()


def height(chain: Chain) -> int:
    return int(chain.rpc.call("eth_blockNumber"), 16)


def test_a_node_that_lags_behind(chain: Chain, proxy: Proxy, case: Case) -> None:
    case.add(chain, url=proxy.url, receipt_seconds=0)
    chain.mine(20)
    before = height(chain)
    # Of those behind the URL, the one that takes transactions is not the one that is asked for receipts.
    proxy.spoil = lambda asked: None if "eth_sendRawTransaction" in asked.methods else Behind(before)
    done = case.send()
    assert done.actions == ["failed", "failed"]
    assert done.reasons[0] == "the node does not know the transaction; it is sent again by the next run"
    done = case.send()
    # What is under way counts as if it had arrived: nobody is low.
    assert done.actions == ["failed", "failed"]
    # The nonces come from one that has the block, receipts do not: nothing is given up or paid again.
    proxy.spoil = lambda asked: None if "Count" in asked.methods[0] or "Number" in asked.methods[0] else Behind(before)
    check(case, case.send())
    proxy.honest()
    case.change(receipt_seconds=30)
    case.send()
    case.assert_paid_once()

    # The ledger knows of blocks that the node does not have. What it says of balances is from before the payment.
    proxy.spoil = lambda _asked: Behind(before)
    document = f"{case.document().relative_to(case.folder)} in the folder {case.folder}"
    for done in (case.plan(), case.send()):
        assert done.rows == []
        assert done.errors == [
            f"The node of kovan is at block {before} and counts 0 transactions of the bank. By the ledger there are 2,"
            f" the last in block {before + 2}. Nothing is sent. Either the node lags behind: run again later. Or it is"
            " of another chain with the same number, such as a sandbox that was started anew: then move the document"
            f" {document} away"
        ]
    # It catches up while it is asked again.
    proxy.seen.clear()
    proxy.spoil = lambda asked: Behind(before) if asked.number < 3 else None
    assert case.send().errors == [None]
    case.assert_paid_once()


def test_one_batch_comes_from_a_node_that_lags_behind(chain: Chain, proxy: Proxy, case: Case) -> None:
    case.add(chain, url=proxy.url, wallets=20)
    before = height(chain)
    assert case.send().errors == [None]
    # The first wallets seem to be low; the bank is in the second batch, which is right.
    proxy.seen.clear()
    proxy.spoil = lambda asked: Behind(before) if asked.number % 2 else None
    done = case.send()
    assert str(done.errors[0]).startswith(
        f"The node of kovan is at block {before} and counts 20 transactions of the bank"
    )
    proxy.honest()
    case.assert_paid_once()


def test_a_block_that_is_taken_back(chain: Chain, case: Case) -> None:
    case.add(chain)
    done = case.send()
    chain.rpc.call("anvil_rollback", 2)
    assert case.balances() == [0, 0]
    # No block is in its place yet: that cannot be told from a node that lags behind.
    assert "Either the node lags behind" in str(case.send().errors[0])
    chain.mine(2)
    before = case.document().read_bytes()
    planned = case.plan()
    assert planned.actions == ["failed", "failed"]
    assert planned.reasons[0] == "the node does not know the transaction; it is sent again by the next run"
    assert case.document().read_bytes() == before
    again = case.send()
    assert again.actions == ["confirmed"] * 2
    # The same transactions, since they may be in a block of others' yet.
    assert [row["hash"] for row in again.rows] == [row["hash"] for row in done.rows]
    case.assert_paid_once()


def test_another_transaction_uses_a_nonce(chain: Chain, case: Case) -> None:
    case.add(chain, wallets=1, receipt_seconds=0)
    chain.rpc.call("anvil_impersonateAccount", case.bank)
    with chain.holding():
        assert case.send().actions == ["sent"]
        theirs = {"from": case.bank, "to": stranger(), "value": "0x1", "nonce": "0x0", "gasPrice": hex(10**12)}
        chain.rpc.call("eth_sendTransaction", theirs)
    done = case.send()
    assert done.actions == ["failed"]
    assert done.reasons == [
        "another transaction used the bank's nonce 0, and it is not known yet whether it stays:"
        " 12 blocks are waited for"
    ]
    chain.mine(12)
    case.change(receipt_seconds=30)
    done = case.send()
    assert done.actions == ["failed", "confirmed"]
    assert done.rows[0]["kind"] == "superseded"
    assert done.reasons[0] == "another transaction used the bank's nonce 0: nothing was paid by this one"
    assert case.balances() == [TARGET]
    assert case.sent() == 2
    assert case.send().rows == []


def test_a_sandbox_that_is_started_anew(chain: Chain, case: Case) -> None:
    case.add(chain)
    assert case.send().errors == [None]
    with running(42) as fresh, running(43) as other:
        for place, text in (
            (fresh, "Or it is of another chain with the same number, such as a sandbox that was started anew"),
            (other, "its chain_id is 42. Expected: 43"),
        ):
            place.give(case.bank, 10 * ETHER)
            case.places["kovan"].chain, case.places["kovan"].url = place, place.url
            for done in (case.plan(), case.send()):
                assert text in str(done.errors[0])
                assert "move the document" in str(done.errors[0])
                assert done.rows == []
            assert case.sent() == 0
        case.document().rename(case.folder / "away.json")
        assert case.send().errors == [None]
        case.assert_paid_once()


def test_a_node_that_takes_no_batches(chain: Chain, proxy: Proxy, case: Case) -> None:
    case.add(chain, url=proxy.url)
    refused: Any = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "batches are not supported"}}
    proxy.spoil = lambda asked: (lambda _answers: refused) if len(asked.methods) > 1 else None
    assert case.send().errors == [None]
    case.assert_paid_once()
