# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a look at the wallets, and earlier ones, say of their use."""

from __future__ import annotations

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._wallet_history import (
    MOST_DAYS,
    MOST_ENTRIES,
    WINDOW_DAYS,
    Entry,
    as_line,
    bounded,
    daily_use,
    days_left,
    entry,
    from_lines,
    joined,
)

from tests.unit.plugins.module_utils.wallet_world import READ_AT, UNIT, wallet

HOUR, DAY = 3600.0, 86400.0
PLACE = ("kovan", "0xab")


def seen(*balances: int, every: float = HOUR) -> list[Entry]:
    return [Entry(number * every, {PLACE: balance}) for number, balance in enumerate(balances)]


def test_use_is_what_was_spent_over_the_time_that_was_seen() -> None:
    history = seen(100, 90, 90, 70)
    assert daily_use(history, *PLACE) == pytest.approx(30 / 3 * 24)
    assert days_left(history, *PLACE, 70) == pytest.approx(70 / 240)
    assert days_left(history, "kovan", "0xAB", 70, floor=46) == pytest.approx(24 / 240)
    assert days_left(history, *PLACE, 10, floor=46) == 0


def test_the_order_of_lines_does_not_matter() -> None:
    history = seen(100, 90, 90, 70)
    assert daily_use(history[::-1], *PLACE) == daily_use(history, *PLACE)


def test_income_is_no_negative_use_and_hides_what_was_spent_meanwhile() -> None:
    # 10 in the first hour, 20 in the last; nobody knows of the hour between.
    assert daily_use(seen(100, 90, 400, 380), *PLACE) == pytest.approx(30 / 2 * 24)


def test_a_look_before_a_payment_and_one_after_it_hide_nothing() -> None:
    # 450 are spent, and refilled: what is seen at the end is what was seen at the beginning.
    looks = [Entry(0, {PLACE: 500}), Entry(DAY, {PLACE: 50}), Entry(DAY, {PLACE: 500}), Entry(2 * DAY, {PLACE: 50})]
    assert daily_use(looks, *PLACE) == pytest.approx(450)


@pytest.mark.parametrize(
    ("history", "left"),
    [
        ([], None),
        (seen(100), None),
        (seen(100, 90, every=HOUR - 1), None),
        (seen(100, 90, every=HOUR), 90 / 240),
        (seen(100, 100, 100), None),
        (seen(100, 200, 300), None),
    ],
    ids=["none", "one look", "too short", "an hour", "no use", "income alone"],
)
def test_without_history_or_use_nothing_is_said(history: list[Entry], left: float | None) -> None:
    assert days_left(history, *PLACE, 90) == (left if left is None else pytest.approx(left))


def test_of_another_network_or_address_nothing_is_known() -> None:
    assert daily_use(seen(100, 90), "goerli", "0xab") is None
    assert daily_use(seen(100, 90), "kovan", "0xac") is None


def test_what_is_older_than_the_window_does_not_count() -> None:
    old = [Entry(0, {PLACE: 10**6}), Entry(DAY, {PLACE: 10**3})]
    new = [Entry((WINDOW_DAYS + 5 + number) * DAY, {PLACE: 1000 - number}) for number in range(3)]
    assert daily_use([*old, *new], *PLACE) == pytest.approx(1)


def test_an_entry_has_the_balances_that_are_known() -> None:
    one, other = wallet("kovan", "updater", "499.5"), wallet("kovan", "watcher", None)
    found = entry(READ_AT, [one, other, wallet("kovan", "kathy", "1", address=None)])
    assert found == Entry(1772366400.0, {("kovan", one["address"].lower()): 4995 * UNIT // 10})
    assert from_lines(as_line(found)) == ([found], 0)


@pytest.mark.parametrize("read_at", ["yesterday", "2026-03-01T12:00:00", "", None])
def test_a_time_without_its_zone_is_refused(read_at: str) -> None:
    with pytest.raises(
        ValueError, match=r"The time of a look at the wallets is .*\. Expected: ISO 8601, with its time"
    ):
        entry(read_at, [])


def test_lines_that_are_none_are_counted_and_left_out() -> None:
    good = as_line(Entry(5.0, {PLACE: 1}))
    bad = ["nonsense", "[]", "null", '{"at": 1}', '{"at": 1, "balances": {"x": 1}}']
    bad += ['{"at": 1, "balances": {"kovan/0x1": "5"}}', '{"at": "x", "balances": {}}', "[" * 9999]
    assert from_lines("\n".join([*bad[:3], good.strip(), "", *bad[3:]])) == ([Entry(5.0, {PLACE: 1})], len(bad))


def test_a_history_is_bounded_in_lines_and_in_time() -> None:
    now = 1000 * DAY
    many = [Entry(now - number, {}) for number in range(MOST_ENTRIES + 10)]
    kept = bounded(many, now)
    assert len(kept) == MOST_ENTRIES
    assert [one.at for one in kept[-2:]] == [now - 1, now]
    assert bounded([Entry(now - (MOST_DAYS + 1) * DAY, {}), Entry(now, {})], now) == [Entry(now, {})]


def test_looks_of_two_machines_are_joined() -> None:
    looks = seen(100, 90, 80, 70)
    assert joined([looks[0], looks[2]], [looks[0], looks[3], looks[1]]) == looks
    assert joined([], looks) == looks
