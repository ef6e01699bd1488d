# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode and diff mode show the plan and write nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.module.kms_world import OWNER, World, opened, staging, tags_of, wanted

KEY = wanted("staging-kovan-updater-signer")


@pytest.fixture
def world(sandbox: Sandbox, tmp_path: Path) -> Iterator[World]:
    yield from opened(sandbox, tmp_path)


def _diff(result: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    return result["diff"]["before"], result["diff"]["after"]


def _drifted(world: World) -> list[dict[str, Any]]:
    """A set of which each key needs something else."""
    keys = [
        wanted(f"staging-kovan-{agent}-signer")
        for agent in ("missing", "script", "same", "tags", "text", "orphan", "dying", "disabled", "foreign")
    ]
    name = {key["agent"]: key["name"] for key in keys}
    by_agent = {key["agent"]: key for key in keys}
    world.make_as_the_script_did(name["script"])
    for agent in ("same", "tags", "text", "dying", "disabled"):
        key = by_agent[agent]
        made = world.make(key["name"], tags=tags_of(key), Description=key["description"])
        by_agent[agent]["id"] = made["KeyId"]
    world.kms.untag_resource(KeyId=by_agent["tags"]["id"], TagKeys=["network"])
    world.kms.update_key_description(KeyId=by_agent["text"]["id"], Description="old text")
    world.kms.schedule_key_deletion(KeyId=by_agent["dying"]["id"])
    world.kms.disable_key(KeyId=by_agent["disabled"]["id"])
    world.make(tags=tags_of(by_agent["orphan"]), Description=by_agent["orphan"]["description"])
    world.make(name["foreign"], KeySpec="ECC_NIST_P256")
    for key in keys:
        key.pop("id", None)
    return keys


def test_an_empty_account(world: World) -> None:
    result = world.succeed(staging(), check=True, diff=True)
    assert result["changed"]
    assert result.actions == ["created"] * 14
    assert world.writes() == []
    assert world.held_keys() == []
    for key, row in zip(staging(), result["signing_keys"], strict=True):
        assert (row["key_id"], row["arn"], row["address"], row["state"]) == (None, None, None, "Absent")
        assert (row["alias"], row["description"]) == (f"alias/{key['name']}", key["description"])
        assert row["tags"] == tags_of(key)
    before, after = _diff(result)
    assert before == {}
    assert set(after) == {key["name"] for key in staging()}
    assert after[KEY["name"]] == {
        "alias": f"alias/{KEY['name']}",
        "description": KEY["description"],
        "tags": tags_of(KEY),
    }


def test_a_partly_filled_account(world: World) -> None:
    keys = staging()
    there = world.succeed(keys[3:9])
    world.mark()
    result = world.succeed(keys, check=True, diff=True)
    assert result["changed"]
    assert result.actions == ["created"] * 3 + ["unchanged"] * 6 + ["created"] * 5
    assert world.writes() == []
    assert result["signing_keys"][3:9] == [{**row, "action": "unchanged"} for row in there["signing_keys"]]
    before, after = _diff(result)
    assert before == {}
    assert set(after) == {key["name"] for key in (*keys[:3], *keys[9:])}


def test_the_plan_of_a_drifted_account_is_what_the_run_does(world: World) -> None:
    keys = _drifted(world)
    expected = {
        "missing": "created",
        "script": "adopted",
        "same": "unchanged",
        "tags": "updated",
        "text": "updated",
        "orphan": "adopted",
        "dying": "updated",
        "disabled": "updated",
        "foreign": "failed",
    }
    revive = ["staging-kovan-dying-signer", "staging-kovan-disabled-signer"]
    world.mark()
    planned = world.fail(keys, check=True, diff=True, revive=revive)
    assert dict(zip(expected, planned.actions, strict=True)) == expected
    assert world.writes() == []
    done = world.fail(keys, diff=True, revive=revive)
    assert done.actions == planned.actions
    assert done["msg"].startswith(
        "1 of 9 signing keys failed (1 created, 2 adopted, 4 updated, 1 unchanged, 1 failed)."
    )
    for name, row in done.rows.items():
        foreseen = planned.rows[name]
        for field, value in foreseen.items():
            # What only the making of a key tells is null in the plan.
            known = value is not None and (field, value) != ("state", "Absent")
            assert not known or row[field] == value, (name, field)
    before, after = _diff(planned)
    assert before == _diff(done)[0]
    assert before["staging-kovan-text-signer"]["description"] == "old text"
    assert after["staging-kovan-text-signer"]["description"] == "staging kovan text-signer"
    assert "network" not in before["staging-kovan-tags-signer"]["tags"]
    assert after["staging-kovan-tags-signer"]["tags"]["network"] == "kovan"
    assert before["staging-kovan-script-signer"]["tags"] == {"environment": "staging"}
    assert after["staging-kovan-script-signer"]["tags"][OWNER] == "alias/staging-kovan-script-signer"
    assert before["staging-kovan-dying-signer"]["state"] == "PendingDeletion"
    assert after["staging-kovan-dying-signer"]["state"] == "Enabled"
    assert after["staging-kovan-disabled-signer"]["state"] == "Enabled"
    assert "staging-kovan-orphan-signer" not in before
    assert after["staging-kovan-orphan-signer"]["arn"] == done.rows["staging-kovan-orphan-signer"]["arn"]
    assert {"staging-kovan-same-signer", "staging-kovan-foreign-signer"}.isdisjoint({*before, *after})


def test_an_account_that_is_as_wanted(world: World) -> None:
    world.succeed(staging())
    world.mark()
    result = world.succeed(staging(), check=True, diff=True)
    assert not result["changed"]
    assert result["diff"] == {"before": {}, "after": {}}
    assert world.writes() == []


def test_a_run_without_diff_mode_returns_no_diff(world: World) -> None:
    assert "diff" not in world.succeed([KEY])


def test_retiring(world: World) -> None:
    made = world.succeed([KEY]).row
    world.mark()
    result = world.succeed([KEY], state="absent", check=True, diff=True)
    assert result["changed"]
    row = result.row
    assert (row["action"], row["state"], row["alias"], row["arn"]) == ("retired", "PendingDeletion", None, made["arn"])
    assert world.writes() == []
    before, after = _diff(result)
    assert before[KEY["name"]]["alias"] == made["alias"]
    assert "alias" not in after[KEY["name"]]
    assert after[KEY["name"]]["state"] == "PendingDeletion"


def test_the_plan_creates_nothing_where_reading_is_denied(world: World) -> None:
    world.sandbox.add_fault(action="kms:ListAliases", kind="access_denied")
    result = world.fail([KEY], check=True)
    assert result.actions == ["failed"]
    assert "kms:ListAliases" in result.row["error"]
