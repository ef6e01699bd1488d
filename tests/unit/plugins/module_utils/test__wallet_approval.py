# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to be there before a bank pays."""

from __future__ import annotations

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils import _wallet_approval as approval

from tests.unit.plugins.module_utils.wallet_world import network, result, transfer, wallet


@pytest.mark.parametrize(
    ("wish", "sandbox", "place", "default"),
    [
        ("", False, "artifacts/staging/wallet_funding", True),
        ("", True, "artifacts/sandbox/staging/wallet_funding", True),
        ("s3://bucket/prefix", False, "s3://bucket/prefix", False),
        ("s3://bucket/prefix", True, "s3://bucket/prefix", False),
        ("/var/lib/funding", False, "/var/lib/funding", False),
        # A rehearsal leaves the environment's own records alone.
        ("/var/lib/funding", True, "artifacts/sandbox/staging/wallet_funding", True),
    ],
)
def test_where_the_records_are(wish: str, sandbox: bool, place: str, default: bool) -> None:
    found = approval.store(wish, environment="staging", sandbox=sandbox, artifacts_root="artifacts")
    assert found == approval.Place(place, default)
    assert found.is_bucket is place.startswith("s3://")


def test_another_kind_of_store_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"^wallet_funding_store is 'gs://x'\. Expected: s3://BUCKET/PREFIX, or a folder"
    ):
        approval.store("gs://x", environment="staging", sandbox=False, artifacts_root="artifacts")


def plan(*actions: str) -> dict[str, object]:
    rows = [wallet("kovan", f"agent-{number}", "1") for number in range(len(actions))]
    rows = [{**row, "network": "evmos", "unit": "EVMOS"} if number == 2 else row for number, row in enumerate(rows)]
    found = [transfer(row, "375.5", "9", action=action) for row, action in zip(rows, actions, strict=True)]
    return result([network("kovan")], rows, transfers=found, confirmed=True)


@pytest.mark.parametrize(
    ("actions", "replace", "question"),
    [
        ((), True, ""),
        (("held", "failed", "sent", "stuck"), False, ""),
        (("planned",), False, "Send 1 transfer, 375.5 ETH on kovan, from the bank of staging?"),
        (
            ("planned", "planned", "planned", "held", "sent"),
            True,
            "Send 3 transfers, 751 ETH on kovan and 375.5 EVMOS on evmos, from the bank of staging?",
        ),
        (
            ("planned", "stuck"),
            True,
            "Send 1 transfer, 375.5 ETH on kovan and replace 1 stuck transaction at a higher fee, from the bank of"
            " staging?",
        ),
        (("stuck", "stuck"), True, "Replace 2 stuck transactions at a higher fee, from the bank of staging?"),
    ],
)
def test_what_is_asked(actions: tuple[str, ...], replace: bool, question: str) -> None:
    assert approval.question(plan(*actions), "staging", replace_stuck=replace) == question


def test_what_is_approved_is_what_was_planned_and_what_is_on_its_way_is_settled() -> None:
    found = plan("planned", "held", "planned", "sent")
    assert [row["agent"] for row in approval.planned(found)] == ["agent-0", "agent-2"]
    assert approval.has_open(found)
    assert approval.has_open(plan("stuck"))
    # What became of it is known, and not written down yet.
    assert approval.has_open(plan("confirmed"))
    assert not approval.has_open(plan("planned", "held"))


def test_the_sum_is_of_what_is_asked_alone() -> None:
    # What an earlier run sent is not paid once more.
    assert "375.5 ETH on kovan" in approval.question(plan("planned", "sent", "planned"), "staging")
