# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person is told of access keys that were made and deleted."""

from __future__ import annotations

from typing import Any

from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_rows import ACTIONS, told


def rows() -> list[dict[str, Any]]:
    return [
        {"user": f"nomad-{action}", "action": action, "access_key_id": f"AKIA{action}", "stored_in": f"/c/{action}.csv"}
        for action in ACTIONS
    ]


def test_what_was_done_where_it_is_and_what_comes_next() -> None:
    assert told(rows(), check_mode=False) == [
        "  made the access key AKIAcreated of nomad-created, stored in /c/created.csv",
        "  made the access key AKIArotated of nomad-rotated, stored in /c/rotated.csv. The previous one stays valid",
        "    Give the new one to whoever signs as nomad-rotated, then ask for retire_previous"
        " (-e signer_iam_retire_previous=nomad-rotated)",
        "  deleted the previous access key of nomad-retired; AKIAretired stays",
        "  deleted the access keys of nomad-deleted, and what was stored of them",
    ]


def test_a_plan_names_no_access_key_that_is_not_made_yet() -> None:
    lines = told(rows(), check_mode=True)
    assert lines[0] == "  would make a new access key of nomad-created"
    assert lines[1] == "  would make a new access key of nomad-rotated. The previous one stays valid"
    assert lines[3] == "  would delete the previous access key of nomad-retired; AKIAretired stays"
