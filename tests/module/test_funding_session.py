# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs and one network: one funds it, the other waits, and a lease that a killed run left is broken."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils import _funding_ledger as ledgers
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller
from ansible_collections.interchain.agent_ops.plugins.module_utils._document_place import Conflict
from ansible_collections.interchain.agent_ops.plugins.module_utils._document_store import DirectoryStore, S3Store
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_ledger_session import LedgerSession
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import (
    CONFIRMED,
    Ledger,
    Lock,
    Record,
)

from sandbox.client import ACCOUNT_ID, Sandbox

BANK, AGENT = (f"0x{digit * 40}" for digit in "ab")
NAME = f"staging/kovan-{BANK}.json"
START = 1_795_200_000.0
ELSEWHERE = "process 7 on another-host, session 0123456789ab"


class Clock:
    """Time passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.time = START
        self.slept: list[float] = []
        self.meanwhile: list[tuple[float, Callable[[], object]]] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds
        for moment, act in list(self.meanwhile):
            if self.time >= moment:
                self.meanwhile.remove((moment, act))
                act()


class Watched:
    """A store that counts, and lets others in between reading and writing."""

    durable = True

    def __init__(self, store: DirectoryStore | S3Store) -> None:
        self.store = store
        self.writes: list[str] = []
        self.before_write: list[Callable[[], object]] = []

    def describe(self) -> str:
        return "the store"

    def read(self, name: str) -> Any:
        return self.store.read(name)

    def write(self, name: str, text: str, version: str | None) -> str:
        if self.before_write:
            self.before_write.pop(0)()
        self.writes.append(name)
        return self.store.write(name, text, version)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path) -> Watched:
    return Watched(DirectoryStore(str(tmp_path / "ledgers")))


Open = Callable[..., LedgerSession]


@pytest.fixture
def session(store: Watched, clock: Clock) -> Open:
    def make(**more: Any) -> LedgerSession:
        given = {"environment": "staging", "network": "kovan", "chain_id": 42, "bank": BANK}
        return LedgerSession(more.pop("store", store), **{**given, "now": clock.now, "sleep": clock.sleep, **more})

    return make


def adding(nonce: int, run: str = "one") -> Callable[[Ledger], Ledger]:
    record = Record(nonce, AGENT, "staging-kovan-kathy-signer", "kathy", 10**18, START, run)
    return lambda ledger: ledgers.add(ledger, record)


def nonces(ledger: Ledger) -> list[int]:
    return [record.nonce for record in ledger.transfers]


def test_a_run(session: Open, store: Watched, clock: Clock) -> None:
    first = session()
    assert first.peek() == Ledger("staging", "kovan", 42, BANK)
    assert store.writes == []
    assert first.acquire(seconds=60).lock == Lock(first.holder, START + 60)
    clock.time += 50
    # Renewed with each update.
    assert first.update(adding(0)).lock == Lock(first.holder, START + 110)
    assert nonces(session().peek()) == [0]
    assert first.release() is None
    assert session().peek().lock is None
    assert nonces(session().peek()) == [0]
    # What is released is not released again.
    count = len(store.writes)
    assert first.release() is None
    assert len(store.writes) == count == 3
    assert store.writes == [NAME] * 3


def test_a_lease_of_this_hosts_living_process_is_waited_for(session: Open, clock: Clock) -> None:
    first, second = session(), session()
    first.acquire(seconds=60)
    clock.meanwhile.append((START + 20, first.release))
    assert second.acquire(seconds=60, wait_seconds=120).lock == Lock(second.holder, clock.time + 60)
    assert START + 20 <= clock.time < START + 23
    assert second.broke == []


def test_another_hosts_lease_is_waited_for_until_it_expires(session: Open, clock: Clock) -> None:
    session(holder=ELSEWHERE).acquire(seconds=60)
    second = session()
    second.acquire(seconds=60, wait_seconds=120)
    assert clock.time == START + 60
    assert second.broke == []


def test_a_lease_that_is_held_for_longer_than_is_waited_for(session: Open, clock: Clock, store: Watched) -> None:
    first = session(holder=ELSEWHERE)
    first.acquire(seconds=60)
    with pytest.raises(ledgers.Locked) as caught:
        session().acquire(wait_seconds=30)
    assert clock.time == START + 30
    assert str(caught.value) == (
        f"kovan is being funded by another run ({ledgers.who(ELSEWHERE)}), until 2026-11-20T18:41:00Z at the latest."
        " Nothing was sent. Run again when it is done"
    )
    # Not at all by default.
    with pytest.raises(ledgers.Locked):
        session().acquire()
    assert clock.time == START + 30
    assert store.writes == [NAME]
    first.update(adding(0))


def killed_holder(place: str, environment: dict[str, str]) -> str:
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.module.funding_writer", "hold", place, "first"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    )
    assert child.stdout is not None
    told = child.stdout.readline().strip()
    child.kill()
    child.communicate()
    return told


def test_a_lease_that_a_killed_run_left_is_broken_at_once(
    session: Open, environment: dict[str, str], tmp_path: Path
) -> None:
    told = killed_holder(str(tmp_path / "ledgers"), environment)
    assert told.startswith("process ")
    # In real time, since the child's lease is: an hour.
    second = session(now=time.time, sleep=pytest.fail)
    held = second.peek().lock
    assert held is not None
    assert held.holder == told
    taken = second.acquire(seconds=60).lock
    assert taken is not None
    assert taken.holder == second.holder
    assert second.broke == [told]


def test_a_run_whose_lease_was_taken_over_writes_nothing(session: Open, clock: Clock, store: Watched) -> None:
    first, second = session(), session()
    first.acquire(seconds=60)
    first.update(adding(0))
    clock.time += 61
    second.acquire(seconds=60)
    second.update(adding(1, "two"))
    with pytest.raises(ValueError, match="took over") as caught:
        first.update(adding(2))
    assert str(caught.value) == (
        f"Another run took over the funding of kovan ({second.holder}), since this one was out for longer than its"
        " lease. Nothing was written. Run again"
    )
    assert first.release() is None
    second.release()
    with pytest.raises(ValueError, match=r"took over the funding of kovan \(which is done already\)"):
        first.update(adding(2))
    assert nonces(session().peek()) == [0, 1]


def test_a_lease_that_expired_and_that_nobody_took_is_still_held(session: Open, clock: Clock) -> None:
    first = session()
    first.acquire(seconds=60)
    clock.time += 600
    assert first.update(adding(0)).lock == Lock(first.holder, clock.time + 60)


def test_a_change_is_made_again_on_what_is_there(session: Open, store: Watched) -> None:
    """Somebody edits the document, and leaves the lease: nothing of theirs is lost."""
    first = session()
    first.acquire()

    def edited() -> None:
        there = store.store.read(NAME)
        assert there is not None
        ledger = adding(5, "by hand")(first.peek())
        store.store.write(NAME, ledgers.as_text(ledger), there.version)

    store.before_write.append(edited)
    assert nonces(first.update(adding(6))) == [5, 6]


def test_a_change_that_is_refused_the_second_time(session: Open, store: Watched) -> None:
    first = session()
    first.acquire()
    store.before_write.append(lambda: session(holder=first.holder).update(adding(0, "another")))
    with pytest.raises(ValueError, match=r"The nonce 0 of the bank on kovan is that of the transfer to"):
        first.update(adding(0))
    assert [record.run for record in first.peek().transfers] == ["another"]


def test_two_runs_that_both_see_no_lease(session: Open, store: Watched, clock: Clock) -> None:
    first, second = session(), session()
    store.before_write.append(lambda: second.acquire(seconds=60))
    with pytest.raises(ledgers.Locked, match=re.escape(ledgers.who(second.holder))):
        first.acquire()
    # And if it waits, it is the next one.
    clock.meanwhile.append((START + 5, second.release))
    first.acquire(wait_seconds=60)
    assert START + 5 <= clock.time < START + 8


def test_a_document_that_is_never_as_it_was(session: Open, store: Watched) -> None:
    def conflict() -> None:
        raise Conflict

    store.before_write += [conflict] * 50
    with pytest.raises(ValueError, match="50 times") as caught:
        session().acquire()
    assert str(caught.value) == (
        f"{NAME} in the store was changed by others 50 times in a row. Nothing was written. Run again"
    )


def test_a_document_of_another_chain_is_named(session: Open) -> None:
    session().acquire()
    with pytest.raises(ValueError, match="chain_id") as caught:
        session(chain_id=1).acquire()
    assert str(caught.value).startswith(
        f"The ledger {NAME} in the store is not what was written: its chain_id is 42. Expected: 1. Nothing is sent"
    )


def test_a_lease_that_cannot_be_given_back(session: Open, store: Watched) -> None:
    def broken() -> None:
        raise ValueError("the disk is full")

    first = session()
    first.acquire()
    store.before_write.append(broken)
    assert first.release() == "The lease of kovan was not given back, and expires by itself: the disk is full"
    # What is there is read again before the next attempt.
    assert first.release() is None
    assert session().peek().lock is None


def old_ledger(count: int) -> Ledger:
    record = Record(0, AGENT, "key", "kathy", 1, START - 40 * 86400, "one", (), CONFIRMED, START - 40 * 86400)
    transfers = tuple(replace(record, nonce=nonce) for nonce in range(count))
    return Ledger("staging", "kovan", 42, BANK, transfers)


def test_what_leaves_the_ledger_is_archived_before(session: Open, store: Watched, tmp_path: Path) -> None:
    store.store.write(NAME, ledgers.as_text(old_ledger(1000)), None)
    first = session()
    first.acquire()

    def crash() -> None:
        raise ValueError("killed")

    # Killed after the archive was written: everything is in the ledger yet.
    store.before_write += [lambda: None, crash]
    with pytest.raises(ValueError, match="killed"):
        first.update(adding(1000))
    assert nonces(first.peek()) == list(range(1000))
    kept = first.update(adding(1000))
    assert nonces(kept) == list(range(251, 1001))
    (archive,) = {name for name in store.writes if name != NAME}
    assert archive.startswith(f"staging/kovan-{BANK}.0-250.")
    held = store.read(archive)
    archived = ledgers.parse(held.text, environment="staging", network="kovan", chain_id=42, bank=BANK)
    assert nonces(archived) == list(range(251))
    # A second copy that says something else is not passed over.
    store.store.write(archive, "{}", held.version)
    there = store.store.read(NAME)
    assert there is not None
    store.store.write(NAME, ledgers.as_text(replace(old_ledger(1000), lock=kept.lock)), there.version)
    first.peek()
    with pytest.raises(ValueError, match="archived") as caught:
        first.update(adding(1000))
    assert str(caught.value) == (
        f"{archive} in the store is not what was archived under that name. Look who changed it. Nothing was written"
    )


def test_a_bucket_whose_answers_are_lost(sandbox: Sandbox, aws: Callable[..., Any], session: Open) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="nomad-funds", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    bucket = Watched(S3Store(s3, Caller(), "nomad-funds", "ledgers", ACCOUNT_ID, sleep=lambda _seconds: None))
    sandbox.add_fault(action="s3:PutObject", kind="lost_answer")
    first, second = session(store=bucket), session(store=bucket)
    first.acquire()
    for nonce in range(3):
        first.update(adding(nonce))
    with pytest.raises(ledgers.Locked):
        second.acquire()
    assert first.release() is None
    second.acquire()
    assert nonces(second.peek()) == [0, 1, 2]
    assert len(sandbox.log(operation="PutObject")) == 6
