# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a report keeps of the last one, and what it says of addresses that changed."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_row import ACTIONS, ROW_FIELDS
from ansible_collections.interchain.agent_ops.plugins.module_utils._report import address_changes, merge
from hypothesis import given, settings
from hypothesis import strategies as st

ADDRESS = "0xE94E130546485b928C9C9b9A5e69EB787172952e"
OTHER_ADDRESS = "0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1"
ARN = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def row(name: str, action: str = "unchanged", **changes: t.Any) -> dict[str, t.Any]:
    held: dict[str, t.Any] = dict.fromkeys(ROW_FIELDS)
    held.update(name=name, alias=f"alias/{name}", arn=ARN, address=ADDRESS, state="Enabled", action=action)
    return {**held, "error": None, "tags": {"environment": "staging"}, **changes}


def failed(name: str, **changes: t.Any) -> dict[str, t.Any]:
    return row(
        name, "failed", **{"arn": None, "address": None, "state": None, "tags": {}, "error": "denied", **changes}
    )


def test_a_limited_run_replaces_its_rows_and_keeps_the_others() -> None:
    last = [row("a", "created"), row("b", "created"), row("c", "created")]
    merged = merge(last, [row("b", "updated", description="new")], ["a", "b", "c"])
    assert merged == [row("a", "created"), row("b", "updated", description="new"), row("c", "created")]


def test_rows_are_in_the_inventorys_order_and_the_others_come_last() -> None:
    last = [row("old"), row("c"), row("a")]
    assert [one["name"] for one in merge(last, [row("b"), row("d")], ["d", "a", "b", "c"])] == [
        "d",
        "a",
        "b",
        "c",
        "old",
    ]


def test_the_first_report() -> None:
    assert merge([], [row("a"), row("b")], ["b", "a"]) == [row("b"), row("a")]


def test_merging_changes_neither_report() -> None:
    last, rows = [row("a"), row("b")], [failed("a")]
    merge(last, rows, [])
    assert (last, rows) == ([row("a"), row("b")], [failed("a")])


def test_a_failed_row_keeps_what_the_last_report_knew() -> None:
    (merged,) = merge([row("a", "created", public_key="MFYw")], [failed("a")], ["a"])
    assert (merged["action"], merged["error"]) == ("failed", "denied")
    assert (merged["arn"], merged["address"], merged["public_key"]) == (ARN, ADDRESS, "MFYw")
    assert merged["state"] == "Enabled"


def test_a_failed_row_keeps_the_tags_as_well() -> None:
    (merged,) = merge([row("a")], [failed("a")], ["a"])
    assert merged["tags"] == {"environment": "staging"}


def test_a_failed_row_shows_what_it_does_know() -> None:
    found = failed("a", arn=ARN, address=OTHER_ADDRESS, state="Disabled", tags={"environment": "production"})
    assert merge([row("a")], [found], ["a"])[0] == found


def test_a_failed_row_of_another_key_keeps_nothing_of_the_last_one() -> None:
    # The alias was moved to a disabled key, which does not give its public key: the old address is not that key's.
    moved = failed("a", arn=ARN.replace("1234abcd", "9999ffff"), state="Disabled")
    (merged,) = merge([row("a", public_key="MFYw")], [moved], ["a"])
    assert merged["arn"] == moved["arn"]
    assert (merged["address"], merged["public_key"]) == (None, None)


def test_only_failed_rows_keep_anything() -> None:
    # A key that is gone is gone from the report as well.
    created = row("a", "created", arn=None, address=None, state="Absent")
    assert merge([row("a")], [created], ["a"]) == [created]


names = st.lists(st.sampled_from("abcdefgh"), unique=True)
values = st.one_of(st.none(), st.sampled_from([ADDRESS, OTHER_ADDRESS]))
reports = names.flatmap(
    lambda found: st.tuples(
        *(
            st.builds(row, st.just(name), st.sampled_from(ACTIONS), address=values, description=st.text(max_size=3))
            for name in found
        )
    )
)


@settings(max_examples=100, deadline=None)
@given(reports, reports, names)
def test_a_merge_never_loses_a_row(
    last: tuple[dict[str, t.Any], ...], rows: tuple[dict[str, t.Any], ...], order: list[str]
) -> None:
    merged = merge(last, rows, order)
    found = [one["name"] for one in merged]
    assert sorted(found) == sorted({one["name"] for one in (*last, *rows)})
    assert [name for name in found if name in order] == [name for name in order if name in found]
    assert found[: len(set(order) & set(found))] == [name for name in order if name in found]
    by_name = {one["name"]: one for one in merged}
    done = {one["name"] for one in rows}
    assert all(by_name[one["name"]] == one for one in last if one["name"] not in done)
    assert all(by_name[one["name"]] == one for one in rows if one["action"] != "failed")
    assert all(by_name[one["name"]]["action"] == one["action"] for one in rows)
    known = {one["name"] for one in last if one["address"]}
    assert all(by_name[one["name"]]["address"] for one in rows if one["action"] == "failed" and one["name"] in known)
    assert merge(merged, rows, order) == merged


# Addresses -----------------------------------------------------------------------------------------------------------


def test_a_changed_address_is_told_with_both() -> None:
    assert address_changes([row("a"), row("b")], [row("a", address=OTHER_ADDRESS), row("b")]) == [
        f"The address of a was {ADDRESS} in the last report, and is {OTHER_ADDRESS} now."
        " Whoever funds or enrols the old address must know."
    ]


def test_a_rotated_address_is_told_as_such() -> None:
    (told,) = address_changes([row("a")], [row("a", "rotated", address=OTHER_ADDRESS)])
    assert told.endswith(f"is {OTHER_ADDRESS} now. It was rotated.")
    assert ADDRESS in told


@pytest.mark.parametrize("action", ["created", "adopted", "updated", "unchanged", "failed"])
def test_an_address_changes_whatever_the_run_did(action: str) -> None:
    assert len(address_changes([row("a")], [row("a", action, address=OTHER_ADDRESS)])) == 1


@pytest.mark.parametrize(
    ("last", "rows"),
    [
        ([], [row("a")]),
        ([row("a")], []),
        ([row("a")], [row("a")]),
        ([row("a", address=None)], [row("a")]),
        ([row("a")], [failed("a")]),
        ([row("a")], [row("b", address=OTHER_ADDRESS)]),
    ],
)
def test_nothing_changed(last: list[dict[str, t.Any]], rows: list[dict[str, t.Any]]) -> None:
    assert address_changes(last, rows) == []
