# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""secret_signing_keys: rotation, which never loses a key without saying so and is never done twice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.module.conftest import Result, RunModule, StartModule
from tests.module.hex_keys import (
    MODULE,
    NAME,
    OTHER,
    PLANTED,
    address,
    contents,
    current,
    every_version,
    kill_at,
    last_request,
    operations,
    plant,
    stages,
    wanted,
    writes,
)

ONCE = {"rotate": [NAME], "rotation_id": "2026-11"}


def warnings(result: Result) -> str:
    return json.dumps(result.get("warnings", []))


def test_the_former_key_stays_readable(hex_keys: RunModule, secrets: Any) -> None:
    first = hex_keys(wanted(), wanted(OTHER))
    old = current(secrets)
    result = hex_keys(wanted(), wanted(OTHER), rotate=[NAME])
    assert result.actions == ["rotated", "unchanged"]
    row = result.rows[NAME]
    assert row["address"] == current(secrets)["address"] == address(current(secrets)["private_key"])
    assert row["address"] != row["previous_address"] == first.rows[NAME]["address"]
    assert current(secrets, stage="AWSPREVIOUS") == old
    assert stages(secrets)["AWSCURRENT"] == row["key_id"]
    assert "previous_address" not in result.rows[OTHER]
    assert warnings(result) == "[]", "nothing is lost by a first rotation"
    # Whoever asks later sees both addresses too.
    later = hex_keys().rows[NAME]
    assert (later["action"], later["address"], later["previous_address"]) == (
        "unchanged",
        row["address"],
        row["previous_address"],
    )


def test_without_an_id_every_run_rotates_and_warns_of_the_key_that_loses_its_label(
    hex_keys: RunModule, secrets: Any
) -> None:
    first = hex_keys().rows[NAME]
    hex_keys(rotate=[NAME])
    for check in (True, False):
        result = hex_keys(rotate=[NAME], check=check)
        assert result.actions == ["rotated"]
        for part in (NAME, first["address"], first["key_id"], "out of reach", "update-secret-version-stage"):
            assert part in warnings(result)
    assert first["key_id"] not in stages(secrets).values()


def test_a_former_key_with_a_label_of_its_own_is_not_lost(hex_keys: RunModule, secrets: Any) -> None:
    first = hex_keys().rows[NAME]
    hex_keys(rotate=[NAME])
    secrets.update_secret_version_stage(SecretId=NAME, VersionStage="KEPT", MoveToVersionId=first["key_id"])
    result = hex_keys(rotate=[NAME])
    assert result.actions == ["rotated"]
    assert warnings(result) == "[]"
    assert current(secrets, stage="KEPT")["address"] == first["address"]


def test_one_rotation_is_done_once(hex_keys: RunModule, sandbox: Sandbox) -> None:
    first = hex_keys().rows[NAME]
    rotated = hex_keys(**ONCE).rows[NAME]
    before = last_request(sandbox)
    again = hex_keys(**ONCE)
    assert again.actions == ["unchanged"]
    assert not again["changed"]
    assert {**again.rows[NAME], "action": "rotated"} == rotated
    assert again.rows[NAME]["previous_address"] == first["address"]
    assert writes(sandbox, before) == []
    assert hex_keys(rotate=[NAME], rotation_id="2026-12").actions == ["rotated"]


def test_a_rotation_whose_key_was_rotated_away_is_not_done_again(
    hex_keys: RunModule, sandbox: Sandbox, secrets: Any
) -> None:
    hex_keys()
    hex_keys(**ONCE)
    hex_keys(rotate=[NAME])
    last = hex_keys(rotate=[NAME]).rows[NAME]
    versions = every_version(secrets)
    result = hex_keys(**ONCE)
    assert (result.actions, result["changed"]) == (["unchanged"], False)
    assert "the rotation '2026-11' was done before" in warnings(result)
    assert result.rows[NAME]["address"] == last["address"]
    assert every_version(secrets) == versions


def test_a_key_that_is_created_counts_as_rotated(hex_keys: RunModule, secrets: Any) -> None:
    assert hex_keys(**ONCE).actions == ["created"]
    assert hex_keys(**ONCE).actions == ["unchanged"]
    assert len(every_version(secrets)) == 1


def test_bad_contents_are_not_rotated(hex_keys: RunModule, sandbox: Sandbox, secrets: Any) -> None:
    plant(secrets, text=json.dumps(contents(address="0x" + "00" * 20)))
    before = last_request(sandbox)
    assert hex_keys(rotate=[NAME]).actions == ["failed"]
    assert writes(sandbox, before) == []


def test_a_lost_answer_makes_no_second_version(hex_keys: RunModule, sandbox: Sandbox, secrets: Any) -> None:
    old = hex_keys().rows[NAME]
    sandbox.add_fault(action="secretsmanager:PutSecretValue", kind="lost_answer", times=1)
    before = last_request(sandbox)
    row = hex_keys(rotate=[NAME]).rows[NAME]
    # The same request again is an answer; nothing has to be read but whether another run rotated too.
    assert operations(sandbox, before) == {
        "GetCallerIdentity": 1,
        "DescribeSecret": 2,
        "GetSecretValue": 1,
        "PutSecretValue": 2,
    }
    assert (row["action"], row["previous_address"]) == ("rotated", old["address"])
    assert row["address"] == current(secrets)["address"]
    assert len(every_version(secrets)) == 2


@pytest.mark.parametrize(("phase", "action"), [("hold_before", "rotated"), ("hold_after", "unchanged")])
def test_a_run_that_was_killed_is_finished_by_the_next(
    phase: str, action: str, start_module: StartModule, hex_keys: RunModule, sandbox: Sandbox, secrets: Any
) -> None:
    old = hex_keys().rows[NAME]
    sandbox.add_fault(action="secretsmanager:PutSecretValue", kind=phase, times=1)
    kill_at(sandbox, start_module(MODULE, signing_keys=[wanted()], **ONCE))
    row = hex_keys(**ONCE).rows[NAME]
    assert (row["action"], row["previous_address"]) == (action, old["address"])
    assert row["address"] == current(secrets)["address"]
    assert len(every_version(secrets)) == 2


def test_two_runs_at_once_do_one_rotation_once(
    start_module: StartModule, hex_keys: RunModule, sandbox: Sandbox, secrets: Any
) -> None:
    old = hex_keys().rows[NAME]
    sandbox.add_fault(action="secretsmanager:PutSecretValue", kind="hold_before", times=2)
    runs = [start_module(MODULE, signing_keys=[wanted()], **ONCE) for _run in range(2)]
    sandbox.wait_held(2, timeout=60)
    sandbox.release()
    rows = [run.wait().rows[NAME] for run in runs]
    assert sorted(row["action"] for row in rows) == ["rotated", "unchanged"]
    assert {(row["address"], row["previous_address"]) for row in rows} == {
        (current(secrets)["address"], old["address"])
    }
    assert len(every_version(secrets)) == 2


def test_two_different_rotations_at_once_say_whose_key_was_lost(
    start_module: StartModule, hex_keys: RunModule, sandbox: Sandbox, secrets: Any
) -> None:
    old = hex_keys().rows[NAME]
    sandbox.add_fault(action="secretsmanager:PutSecretValue", kind="hold_before", times=2)
    runs = [start_module(MODULE, signing_keys=[wanted()], rotate=[NAME]) for _run in range(2)]
    sandbox.wait_held(2, timeout=60)
    sandbox.release()
    results = [run.wait() for run in runs]
    assert [result.actions for result in results] == [["rotated"], ["rotated"]]
    told = [result for result in results if old["address"] in warnings(result)]
    assert told, "the key from before both rotations has lost its label, and somebody must hear of it"
    for result in told:
        row = result.rows[NAME]
        assert row["address"] == current(secrets)["address"]
        assert row["previous_address"] == current(secrets, stage="AWSPREVIOUS")["address"]


def test_a_refused_rotation_leaves_the_key_as_it_was(hex_keys: RunModule, sandbox: Sandbox, secrets: Any) -> None:
    plant(secrets)
    sandbox.add_fault(action="secretsmanager:PutSecretValue", kind="access_denied")
    result = hex_keys(rotate=[NAME])
    assert "lacks the permission secretsmanager:PutSecretValue" in result.rows[NAME]["error"]
    assert result.rows[NAME]["address"] == address(PLANTED)
    assert len(every_version(secrets)) == 1
