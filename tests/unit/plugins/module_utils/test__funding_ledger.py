# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils import _funding_ledger as ledgers
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import (
    CONFIRMED,
    OPEN_STATES,
    RECORDED,
    REVERTED,
    SENT,
    STATES,
    SUPERSEDED,
    Attempt,
    Fees,
    Ledger,
    Lock,
    Record,
)
from hypothesis import given, settings
from hypothesis import strategies as st

BANK, AGENT, OTHER = (f"0x{digit * 40}" for digit in "abc")
WHOSE: dict[str, Any] = {"environment": "staging", "network": "kovan", "chain_id": 42, "bank": BANK}
EMPTY = Ledger("staging", "kovan", 42, BANK)
DAY = 86400.0
NOW = 1_795_200_000.0
ATTEMPT = Attempt("0x" + "1" * 64, "0x02f8", 21_000, Fees(30, 2), NOW)


def record(nonce: int = 0, **more: Any) -> Record:
    given: dict[str, Any] = {"to": AGENT, "key": "staging-kovan-kathy-signer", "agent": "kathy", "run": "one"}
    given["amount"] = 5 * 10**17
    made = Record(nonce=nonce, recorded_at=NOW, **{**given, **more})
    return made if made.open or made.closed_at else replace(made, closed_at=NOW)


def with_records(*records: Record) -> Ledger:
    return replace(EMPTY, transfers=records)


def as_parsed(ledger: Ledger) -> Ledger:
    return ledgers.parse(ledgers.as_text(ledger), **WHOSE)


text = st.text(min_size=1, max_size=20)
wei = st.integers(0, 10**30)
times = st.floats(0, 4e9)
attempts = st.builds(
    Attempt,
    hash=st.binary(min_size=32, max_size=32).map(lambda value: f"0x{value.hex()}"),
    raw=st.binary(min_size=1, max_size=200).map(lambda value: f"0x{value.hex()}"),
    gas=st.integers(0, 10**7),
    fees=st.builds(Fees, wei, wei, st.booleans()),
    signed_at=times,
)
addresses = st.binary(min_size=20, max_size=20).map(lambda value: f"0x{value.hex()}")


@st.composite
def any_records(draw: st.DrawFn) -> Record:
    state = draw(st.sampled_from(STATES))
    return Record(
        nonce=draw(st.integers(0, 2**64)),
        to=draw(addresses),
        key=draw(text),
        agent=draw(text),
        amount=draw(wei),
        recorded_at=draw(times),
        run=draw(text),
        attempts=tuple(draw(st.lists(attempts, max_size=3))),
        state=state,
        closed_at=None if state in OPEN_STATES else draw(times),
        fee_paid=draw(st.none() | wei),
        block_number=draw(st.none() | st.integers(0, 10**9)),
        paid_by=draw(st.none() | st.integers(0, 2**256 - 1).map(lambda number: f"0x{number:064x}")),
    )


any_ledgers = st.builds(
    lambda records, lock: replace(EMPTY, transfers=tuple(records), lock=lock),
    st.lists(any_records(), max_size=5, unique_by=lambda one: one.nonce),
    st.none() | st.builds(Lock, text, times),
)


@settings(deadline=None)
@given(any_ledgers)
def test_what_is_written_is_what_is_read(ledger: Ledger) -> None:
    written = ledgers.as_text(ledger)
    assert ledgers.parse(written, **WHOSE) == ledger
    assert ledgers.as_text(as_parsed(ledger)) == written
    # Other readers of JSON keep whole numbers to 53 bits; amounts are text.
    for one in json.loads(written)["transfers"]:
        assert isinstance(one["amount"], str)


@settings(deadline=None)
@given(any_ledgers, st.data())
def test_no_damage_is_read_as_something_else(ledger: Ledger, data: st.DataObject) -> None:
    written = ledgers.as_text(ledger)
    cut = data.draw(st.integers(0, len(written) - 2))
    with pytest.raises(ValueError, match="The ledger staging/kovan is not what was written"):
        ledgers.parse(written[:cut], **WHOSE)


def test_the_form_of_a_ledger() -> None:
    ledger = with_records(record(7, attempts=(ATTEMPT,), state=SENT))
    assert json.loads(ledgers.as_text(replace(ledger, lock=Lock("somebody", 5.5)))) == {
        "version": 1,
        "environment": "staging",
        "network": "kovan",
        "chain_id": 42,
        "bank": BANK,
        "lock": {"holder": "somebody", "until": 5.5},
        "transfers": [
            {
                "nonce": 7,
                "to": AGENT,
                "key": "staging-kovan-kathy-signer",
                "agent": "kathy",
                "amount": "500000000000000000",
                "recorded_at": NOW,
                "run": "one",
                "state": "sent",
                "closed_at": None,
                "fee_paid": None,
                "block_number": None,
                "paid_by": None,
                "attempts": [
                    {
                        "hash": "0x" + "1" * 64,
                        "raw": "0x02f8",
                        "gas": 21000,
                        "max_fee_per_gas": "30",
                        "max_priority_fee_per_gas": "2",
                        "legacy": False,
                        "signed_at": NOW,
                    }
                ],
            }
        ],
    }


Damage = Callable[[dict[str, Any]], object]
FIRST, ATTEMPTED = "transfer number 1", "attempt number 1 of number 1"
DAMAGES: list[tuple[Damage, str]] = [
    (lambda held: held.update(version=2), "it has the version 2. Expected: 1, which this release reads"),
    (lambda held: held.update(version=True), "the document has the version True. Expected: a whole number from 0"),
    (lambda held: held.update(environment="production"), "its environment is 'production'. Expected: 'staging'"),
    (lambda held: held.update(network="alfajores"), "its network is 'alfajores'. Expected: 'kovan'"),
    (lambda held: held.update(chain_id=1), "its chain_id is 1. Expected: 42"),
    (lambda held: held.update(bank=OTHER), f"its bank is '{OTHER}'. Expected: '{BANK}'"),
    (lambda held: held.update(paid=1), "the document has the unknown field 'paid'"),
    (lambda held: held.pop("lock"), "the document has no field lock"),
    (lambda held: held.update(lock="me"), "its lock is 'me'. Expected: an object"),
    (lambda held: held.update(lock={"holder": "me"}), "its lock has no field until"),
    (
        lambda held: held.update(lock={"holder": "", "until": 1}),
        "its lock has the holder ''. Expected: text",
    ),
    (lambda held: held.update(transfers={}), "the document has the transfers {}. Expected: a list"),
    (lambda held: held.update(transfers=[5]), f"{FIRST} is 5. Expected: an object"),
    (lambda held: held["transfers"].append(held["transfers"][0]), "two transfers have the nonce 7"),
    (lambda held: held["transfers"][0].pop("run"), f"{FIRST} has no field run"),
    (lambda held: held["transfers"][0].update(note=""), f"{FIRST} has the unknown field 'note'"),
    (lambda held: held["transfers"][0].update(nonce=-1), f"{FIRST} has the nonce -1. Expected: a whole number from 0"),
    (
        lambda held: held["transfers"][0].update(to="0x1"),
        f"{FIRST} has the to '0x1'. Expected: an address, 0x and 40 hexadecimal digits",
    ),
    (
        lambda held: held["transfers"][0].update(amount=5),
        f"{FIRST} has the amount 5. Expected: wei as decimal digits in quotes",
    ),
    (
        lambda held: held["transfers"][0].update(amount="05"),
        f"{FIRST} has the amount '05'. Expected: wei as decimal digits in quotes",
    ),
    (
        lambda held: held["transfers"][0].update(state="lost"),
        f"{FIRST} has the state 'lost'. Expected: one of recorded, sent, confirmed, reverted, superseded",
    ),
    (
        lambda held: held["transfers"][0].update(state="confirmed"),
        "transfer number 1 is confirmed and has the closed_at None",
    ),
    (
        lambda held: held["transfers"][0].update(closed_at=5),
        "transfer number 1 is sent and has the closed_at 5.0",
    ),
    (
        lambda held: held["transfers"][0].update(recorded_at="now"),
        f"{FIRST} has the recorded_at 'now'. Expected: seconds since 1970",
    ),
    (
        lambda held: held["transfers"][0]["attempts"][0].update(hash="0x"),
        f"{ATTEMPTED} has the hash '0x'. Expected: 0x and 64 hexadecimal digits",
    ),
    (
        lambda held: held["transfers"][0]["attempts"][0].update(raw="0x123"),
        f"{ATTEMPTED} has the raw '0x123'. Expected: 0x and bytes in hexadecimal digits",
    ),
    (
        lambda held: held["transfers"][0]["attempts"][0].update(legacy=0),
        f"{ATTEMPTED} has the legacy 0. Expected: true or false",
    ),
]


@pytest.mark.parametrize(("damage", "said"), DAMAGES)
def test_what_does_not_belong_is_refused_by_the_documents_name(damage: Damage, said: str) -> None:
    held = json.loads(ledgers.as_text(with_records(record(7, attempts=(ATTEMPT,), state=SENT))))
    damage(held)
    with pytest.raises(ValueError, match="ledger") as caught:
        ledgers.parse(json.dumps(held), **WHOSE, document="s3://funds/ledgers/staging/kovan.json")
    advice = "Find out who changed it, and put a former version back"
    if "chain_id" in said:
        advice = (
            "Correct the network's RPC URL. If it is of that chain from now on, such as a sandbox's, move the document"
            " away"
        )
    assert str(caught.value) == (
        f"The ledger s3://funds/ledgers/staging/kovan.json is not what was written: {said}. Nothing is sent on the"
        f" strength of it. {advice}"
    )


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "Expecting value: line 1 column 1 (char 0)"),
        ("[]", "the document is []. Expected: an object"),
        ('{"version": 1, "version": 1}', "the field 'version' is there twice"),
        ('{"version": NaN}', "NaN is no number"),
        ("[" * 200_000, "it is nested too deeply"),
    ],
)
def test_what_is_no_ledger(written: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"The ledger staging/kovan is not what was written: {said}. ")):
        ledgers.parse(written, **WHOSE)


@pytest.mark.parametrize(
    "broken",
    [
        record(amount=-1),
        record(to="kathy"),
        record(state=CONFIRMED, closed_at=float("inf")),
        replace(record(state=CONFIRMED), closed_at=None),
        record(attempts=(replace(ATTEMPT, hash="0x1"),)),
        record(state="paid"),
    ],
)
def test_what_could_not_be_read_is_not_written(broken: Record) -> None:
    with pytest.raises(
        ValueError, match=r"The ledger that is to be written is not what was written|not JSON compliant"
    ):
        ledgers.as_text(with_records(broken))
    values: Any = [record()]
    with pytest.raises(ValueError, match=r"values of other types than its own. Nothing was written"):
        ledgers.as_text(replace(EMPTY, transfers=values))


def test_a_lease() -> None:
    ours = ledgers.with_lock(EMPTY, "me", NOW, 60)
    assert ours.lock == Lock("me", NOW + 60)
    assert ledgers.with_lock(ours, "me", NOW + 30, 60).lock == Lock("me", NOW + 90)
    with pytest.raises(ledgers.Locked) as caught:
        ledgers.with_lock(ours, "them", NOW + 59, 60)
    assert caught.value.lock == Lock("me", NOW + 60)
    assert str(caught.value) == (
        "kovan is being funded by another run (me), until 2026-11-20T18:41:00Z at the latest. Nothing was sent. Run"
        " again when it is done"
    )
    # Expired.
    assert ledgers.with_lock(ours, "them", NOW + 60, 60).lock == Lock("them", NOW + 120)
    assert ledgers.without_lock(ours, "them") == ours
    assert ledgers.without_lock(ours, "me") == EMPTY == ledgers.without_lock(EMPTY, "me")


@pytest.mark.parametrize("state", [RECORDED, SENT, CONFIRMED, REVERTED])
def test_one_nonce_is_one_transfer(state: str) -> None:
    ledger = with_records(record(3, state=state))
    with pytest.raises(ValueError, match="nonce") as caught:
        ledgers.add(ledger, record(3, to=OTHER))
    assert str(caught.value) == (
        f"The nonce 3 of the bank on kovan is that of the transfer to {AGENT} ({state}). Expected: a free one. Nothing"
        " was sent"
    )
    assert [one.nonce for one in ledgers.add(ledger, record(4)).transfers] == [3, 4]


def test_the_nonce_of_what_was_superseded_is_free() -> None:
    ledger = with_records(record(3, state=SUPERSEDED))
    again = ledgers.add(ledger, record(3, run="two"))
    assert ledgers.open_records(again) == [record(3, run="two")]
    assert as_parsed(again) == again
    # But not twice, and not by bringing back the first one.
    with pytest.raises(ValueError, match="The nonce 3 of the bank"):
        ledgers.add(again, record(3, run="three"))
    with pytest.raises(ValueError, match="The nonce 3 of the bank"):
        ledgers.replace_record(again, record(3, state=CONFIRMED))


def test_what_became_of_a_transfer() -> None:
    ledger = with_records(record(3), record(4, to=OTHER))
    sent = ledgers.replace_record(ledger, record(3, attempts=(ATTEMPT,), state=SENT))
    assert [one.state for one in sent.transfers] == [SENT, RECORDED]
    for other in (record(5), record(3, to=OTHER), record(3, amount=1), record(3, run="two")):
        with pytest.raises(ValueError, match="transfers like that") as caught:
            ledgers.replace_record(ledger, other)
        assert str(caught.value) == (
            f"The ledger of kovan has 0 transfers like that to {other.to} with the nonce {other.nonce}. Expected: one"
        )


def test_sums() -> None:
    ledger = with_records(
        record(0, amount=1, state=CONFIRMED),
        record(1, amount=20, state=REVERTED),
        record(2, amount=300, state=SUPERSEDED),
        record(3, amount=4000, attempts=(ATTEMPT, replace(ATTEMPT, fees=Fees(60, 2))), state=SENT),
        record(4, amount=50_000, to=OTHER),
    )
    assert [one.nonce for one in ledgers.open_records(ledger)] == [3, 4]
    # Without fees, and without what paid nothing. What is open counts whenever it was recorded.
    assert ledgers.paid_since(ledger, NOW) == 54_001
    assert ledgers.paid_since(ledger, NOW + 1) == 54_000
    # What was recorded before and seen in a block since may have been paid since.
    late = with_records(record(0, amount=1, state=CONFIRMED, closed_at=NOW + DAY))
    assert ledgers.paid_since(late, NOW + DAY) == 1
    assert ledgers.open_amount_to(ledger, AGENT.upper().replace("X", "x")) == 4000
    assert ledgers.open_cost(ledger) == 54_000 + 21_000 * 60
    assert ledgers.last_to(ledger, AGENT) == NOW
    assert ledgers.last_to(EMPTY, AGENT) is None
    assert ledgers.last_to(with_records(record(state=SUPERSEDED)), AGENT) is None
    # A fee was paid: what fails again and again is not repeated faster.
    assert ledgers.last_to(with_records(record(state=REVERTED)), AGENT) == NOW


@pytest.mark.parametrize(
    ("states", "chain", "expected"),
    [((), 5, 5), ((CONFIRMED, SENT), 1, 2), ((CONFIRMED, CONFIRMED), 0, 2), ((SUPERSEDED,), 0, 0), ((SENT,), 9, 9)],
)
def test_the_next_nonce(states: tuple[str, ...], chain: int, expected: int) -> None:
    ledger = with_records(*(record(nonce, state=state) for nonce, state in enumerate(states)))
    assert ledgers.next_nonce(ledger, chain) == expected


def old(nonce: int, **more: Any) -> Record:
    return replace(record(nonce, **{"state": CONFIRMED, **more}), recorded_at=NOW - 40 * DAY)


def test_a_ledger_stays_bounded_and_nothing_is_lost() -> None:
    full = with_records(*(old(nonce, closed_at=NOW - 39 * DAY) for nonce in range(12)))
    assert ledgers.pruned(full, now=NOW, keep=12) == (full, None)
    kept, archive = ledgers.pruned(replace(full, lock=Lock("me", NOW)), now=NOW, keep=8)
    assert archive is not None
    # A quarter more than needed, so that not every transfer makes an archive.
    assert [one.nonce for one in kept.transfers] == list(range(6, 12))
    assert kept.lock == Lock("me", NOW)
    assert re.fullmatch(rf"staging/kovan-{BANK}\.0-5\.[0-9a-f]{{12}}\.json", archive.name)
    archived = ledgers.parse(archive.text, **WHOSE)
    assert (*archived.transfers, *kept.transfers) == full.transfers
    assert archived.lock is None
    # A run that was killed in between makes the same document again.
    assert ledgers.pruned(replace(full, lock=Lock("them", NOW + 5)), now=NOW, keep=8)[1] == archive


def test_what_is_open_or_young_is_never_pruned() -> None:
    open_one = replace(old(0), state=SENT, closed_at=None)
    young = record(1, state=CONFIRMED, closed_at=NOW - 34 * DAY)
    closed_lately = old(2, closed_at=NOW - 34 * DAY)
    gone = old(3, closed_at=NOW - 36 * DAY)
    ledger = with_records(open_one, replace(young, recorded_at=NOW - 34 * DAY), closed_lately, gone)
    kept, archive = ledgers.pruned(ledger, now=NOW, keep=0)
    assert kept.transfers == ledger.transfers[:3]
    assert archive is not None
    assert ledgers.pruned(kept, now=NOW, keep=0) == (kept, None)
    with pytest.raises(ValueError, match="Transfers are kept for 3024000 seconds at least, and not for 86400"):
        ledgers.pruned(ledger, now=NOW, older_than=DAY)
