# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_plan import (
    AccessKey,
    Marker,
    Plan,
    Reading,
    Wish,
    lost_keys,
    make_plan,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_rows import (
    credential_row,
    diff,
    failures,
    summary,
)
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
OLD, NEW, THIRD = "TESTOLDOLDOLDOLDOLD1", "TESTNEWNEWNEWNEWNEW2", "TESTTHIRDTHIRDTHIRD3"


def key(name: str, *, age: float = 0, used: bool = False, status: str = "Active") -> AccessKey:
    return AccessKey(name, status, NOW - timedelta(seconds=age), NOW if used else None)


def marker(age: float, *before: str) -> Marker:
    return Marker(NOW - timedelta(seconds=age), "0123456789abcdef", before)


def reading(*keys: AccessKey, **values: t.Any) -> Reading:
    return Reading(user="u", place="/p/u.csv", now=NOW, keys=keys, **values)


def plan(*keys: AccessKey, wish: Wish | None = None, **values: t.Any) -> Plan:
    return make_plan(reading(*keys, **values), wish or Wish())


def what(found: Plan) -> tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    return found.action, found.steps, found.lost, found.remove


ROTATE, RETIRE, FORCE = Wish(rotate=True), Wish(retire=True), Wish(retire=True, force=True)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        # Without a marker
        (plan(), ("created", ("create",), (), ())),
        (plan(wish=ROTATE), ("created", ("create",), (), ())),
        (plan(key(OLD), stored=OLD), ("unchanged", (), (), ())),
        (plan(key(OLD)), ("unchanged", (), (), ())),
        (plan(key(OLD), wish=ROTATE), ("rotated", ("create",), (), ())),
        (plan(key(OLD), key(NEW), stored=NEW, wish=ROTATE), ("failed", (), (), ())),
        (plan(stored=OLD), ("created", ("create",), (), ())),
        # A run that was killed
        (plan(marker=marker(61)), ("created", ("create",), (), ())),
        (plan(key(NEW, age=60), marker=marker(61)), ("created", ("create",), (NEW,), ())),
        (plan(key(NEW, age=60), marker=marker(61), stored=NEW), ("created", ("record",), (), ())),
        (plan(key(OLD), marker=marker(61, OLD), stored=OLD), ("rotated", ("create",), (), ())),
        (plan(key(OLD), key(NEW), marker=marker(9, OLD), stored=OLD), ("rotated", ("create",), (NEW,), ())),
        (plan(key(OLD), key(NEW), marker=marker(9, OLD), stored=NEW), ("rotated", ("record",), (), ())),
        (plan(key(OLD), key(NEW), marker=marker(9, OLD), stored=NEW, wish=ROTATE), ("rotated", ("record",), (), ())),
        # What is not lost: in use, stored elsewhere, made too late
        (plan(key(NEW, used=True), marker=marker(61)), ("unchanged", (), (), ())),
        (plan(key(NEW), marker=marker(61), recorded=NEW), ("unchanged", (), (), ())),
        (plan(key(NEW), marker=marker(7200)), ("unchanged", (), (), ())),
        (plan(key(OLD), key(NEW, used=True), marker=marker(61, OLD)), ("unchanged", (), (), ())),
        (plan(key(NEW, used=True), key(THIRD), marker=marker(61)), ("retired", (), (THIRD,), ())),
        (plan(key(NEW), marker=Marker.parse("by hand")), ("unchanged", (), (), ())),
        # The second step
        (plan(key(OLD), key(NEW, used=True), stored=NEW, wish=RETIRE), ("retired", ("retire",), (), (OLD,))),
        (plan(key(OLD), key(NEW), stored=NEW, wish=RETIRE), ("failed", (), (), ())),
        (plan(key(OLD), key(NEW), stored=NEW, wish=FORCE), ("retired", ("retire",), (), (OLD,))),
        (plan(key(OLD), key(NEW, used=True, status="Inactive"), stored=NEW, wish=RETIRE), ("failed", (), (), ())),
        (plan(key(OLD), key(NEW, used=True), wish=FORCE), ("failed", (), (), ())),
        (plan(key(NEW), stored=NEW, wish=RETIRE), ("unchanged", (), (), ())),
        (plan(key(NEW), stored=NEW, marker=marker(61, NEW), wish=RETIRE), ("retired", ("retire",), (), ())),
        (plan(wish=RETIRE), ("failed", (), (), ())),
        # All of it
        (plan(key(OLD), key(NEW), wish=Wish(absent=True)), ("deleted", ("delete",), (), (OLD, NEW))),
        (plan(wish=Wish(absent=True)), ("unchanged", (), (), ())),
        (plan(occupied=True, exists=False, wish=Wish(absent=True)), ("deleted", ("delete",), (), ())),
        (plan(key(OLD), error="e", wish=Wish(absent=True)), ("deleted", ("delete",), (), (OLD,))),
        # What cannot be
        (plan(exists=False), ("failed", (), (), ())),
        (plan(exists=False, wish=Wish(tentative=True)), ("created", (), (), ())),
        (plan(exists=False, wish=Wish(tentative=True, retire=True)), ("unchanged", (), (), ())),
        (plan(error="it cannot be read"), ("failed", (), (), ())),
    ],
)
def test_plans(found: Plan, expected: tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]) -> None:
    assert what(found) == expected
    if found.action == "failed":
        assert found.error


def test_what_is_said() -> None:
    assert plan(error="it cannot be read").error == "it cannot be read"
    assert "OLD1, which u does not have" in plan(stored=OLD).warnings[0]
    assert "is Inactive" in plan(key(OLD, status="Inactive"), stored=OLD).warnings[0]
    assert "rotate" in (plan(key(OLD)).hint or "")
    assert plan(key(OLD), stored=OLD).hint is None
    error = plan(key(OLD, age=400 * 86400), key(NEW, used=True, status="Inactive"), wish=ROTATE).error or ""
    assert f"{OLD} (Active, 400 days old, never used)" in error
    assert f"{NEW} (Inactive, 0 days old, last used 2026-11-20T12:00:00Z)" in error
    assert "Neither is stored here" in error


@pytest.mark.parametrize(("age", "seconds"), [(0, 60), (59, 1), (60, 0), (61, 0), (-10, 60), (-86400, 60), (86400, 0)])
def test_how_long_another_runs_marker_is_respected(age: float, seconds: float) -> None:
    assert reading(marker=marker(age)).patience == timedelta(seconds=seconds)
    assert reading().patience == timedelta(0)
    assert reading(marker=Marker.parse("x")).patience == timedelta(0)


@given(st.lists(st.from_regex(r"AKIA[A-Z2-7]{16}", fullmatch=True), max_size=2), st.datetimes(NOW.replace(tzinfo=None)))
def test_a_marker_is_read_as_it_was_written(before: list[str], since: datetime) -> None:
    written = Marker(since.replace(microsecond=0, tzinfo=UTC), "0123456789abcdef", tuple(before))
    assert Marker.parse(written.text) == written
    # https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html
    assert len(written.text) <= 256
    assert all(char.isalnum() or char in " _.:/=+-@" for char in written.text)


@given(st.text(max_size=80))
def test_any_text_is_a_marker_or_none(text: str) -> None:
    found = Marker.parse(text)
    assert found.since is None or found.since.tzinfo is UTC


KEYS = st.lists(
    st.builds(
        key,
        st.sampled_from([OLD, NEW, THIRD]),
        age=st.integers(-100, 10000),
        used=st.booleans(),
        status=st.sampled_from(["Active", "Inactive"]),
    ),
    max_size=2,
    unique_by=lambda one: one.id,
)
IDS = st.none() | st.sampled_from([OLD, NEW, THIRD])
MARKERS = st.none() | st.builds(marker, st.integers(-100, 10000), st.sampled_from([OLD, NEW]))


@given(KEYS, MARKERS, IDS, IDS, st.builds(Wish, rotate=st.booleans(), retire=st.booleans(), force=st.booleans()))
def test_what_somebody_may_use_is_deleted_only_if_that_was_asked_for(
    keys: list[AccessKey], left: Marker | None, stored: str | None, recorded: str | None, wish: Wish
) -> None:
    found = make_plan(reading(*keys, marker=left, stored=stored, recorded=recorded), wish)
    by_id = {one.id: one for one in keys}
    for name in found.lost:
        assert left is not None
        assert not by_id[name].last_used
        assert name not in (*left.before, stored, recorded)
    assert stored not in found.remove
    if found.remove:
        assert wish.retire
        assert stored in by_id
        assert wish.force or by_id[str(stored)].last_used
    if "create" in found.steps:
        assert len(keys) - len(found.lost) < 2
        # An access key beside another one is asked for, by this run or by the one that left its marker.
        assert len(keys) == len(found.lost) or wish.rotate or left is not None


def test_lost_keys_need_a_marker() -> None:
    assert lost_keys(reading(key(NEW))) == ()
    assert [one.id for one in lost_keys(reading(key(NEW), marker=marker(10)))] == [NEW]


def test_rows_and_differences() -> None:
    held = reading(key(OLD, age=86400 * 3, used=True), key(NEW), stored=NEW)
    row = credential_row("u", "/p/u.csv", held, action="rotated")
    assert (row["state"], row["access_key_id"], row["stored_in"]) == ("stored", NEW, "/p/u.csv")
    assert [one["age_days"] for one in row["access_keys"]] == [3, 0]
    unread = credential_row("v", "/p/v.csv", None, action="failed", error="e")
    assert (unread["state"], unread["access_keys"]) == (None, [])
    assert failures([row, unread, {**unread, "user": "w"}]) == ["v, w: e"]
    assert summary([row, unread]) == "1 rotated, 1 failed"
    before = credential_row("u", "/p/u.csv", reading(key(OLD), stored=OLD), action="unchanged")
    assert diff([before, unread], [row, unread], tentative=False) == {
        "before": {"u": {OLD: "stored"}},
        "after": {"u": {OLD: "Active", NEW: "stored"}},
    }
