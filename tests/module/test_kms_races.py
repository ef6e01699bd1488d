# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs at once: one key an alias in the end, and none left over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.client import Sandbox
from tests.module.kms_world import OWNER, World, opened, tags_of, wanted
from tests.module.runs import Run

KEY = wanted("staging-kovan-updater-signer")
NAME = KEY["name"]
KEYS = [KEY, wanted("staging-kovan-watcher-signer"), wanted("staging-kovan-relayer-signer")]


@pytest.fixture
def world(sandbox: Sandbox, tmp_path: Path) -> Iterator[World]:
    yield from opened(sandbox, tmp_path)


def _race(world: World) -> tuple[Run, Run]:
    """Two runs that both have seen no key, and are both about to create one."""
    fault = world.sandbox.add_fault(action="kms:CreateKey", kind="hold_before")
    runs = world.start([KEY]), world.start([KEY])
    world.sandbox.wait_held(2)
    world.sandbox.remove_faults(fault)
    world.sandbox.release()
    return runs


def _held_after_create_key(world: World) -> Run:
    world.sandbox.add_fault(action="kms:CreateKey", kind="hold_after", times=1)
    run = world.start([KEY])
    world.sandbox.wait_held()
    return run


@pytest.mark.parametrize("pair", range(20))
def test_pairs(world: World, pair: int) -> None:
    # The answers take differently long, so that the runs meet each other at different points.
    world.sandbox.change_settings(latency_seconds=0.001 * pair)
    runs = [world.start(KEYS, workers=1 + pair % 4 * 5) for _number in range(2)]
    results = [run.wait() for run in runs]
    for result in results:
        assert not result.get("failed"), result["msg"]
        assert set(result.actions) <= {"created", "adopted", "unchanged"}
    first, second = ({name: row["address"] for name, row in result.rows.items()} for result in results)
    assert first == second
    for row in results[0]["signing_keys"]:
        assert world.describe(f"alias/{row['name']}")["Arn"] == row["arn"]
    world.assert_one_each(KEYS, dying=None)


def test_the_loser_gives_its_own_key_back_and_takes_the_winners(world: World) -> None:
    results = [run.wait() for run in _race(world)]
    assert sorted(result.row["action"] for result in results) == ["adopted", "created"]
    assert results[0].row["arn"] == results[1].row["arn"]
    assert results[0].row["address"] == results[1].row["address"]
    world.prove(results[0].row)
    world.assert_one_each([KEY], dying=1)
    (lost,) = [key for key in world.held_keys() if key["KeyState"] == "PendingDeletion"]
    # The shortest window: nobody has ever seen that key.
    assert 6 <= (lost["DeletionDate"] - lost["CreationDate"]).days <= 7
    assert world.tags(lost["KeyId"])[OWNER] == f"alias/{NAME}"
    assert world.succeed([KEY]).actions == ["unchanged"]


def test_the_loser_that_may_not_give_its_key_back_reports_it(world: World) -> None:
    world.sandbox.add_fault(action="kms:ScheduleKeyDeletion", kind="access_denied")
    results = [run.wait() for run in _race(world)]
    assert sorted(result.row["action"] for result in results) == ["adopted", "created"]
    (loser,) = [result for result in results if result.row["action"] == "adopted"]
    (left,) = [key for key in world.held_keys() if key["KeyId"] != loser.row["key_id"]]
    assert left["Arn"] in loser.warned
    assert "kms:ScheduleKeyDeletion" in loser.warned
    assert "could not be given back" in loser.warned
    # What is left over is never used, and never confused with the key.
    again = world.succeed([KEY])
    assert (again.row["action"], again.row["arn"]) == ("unchanged", loser.row["arn"])


def test_a_key_that_another_run_took_over_lives(world: World) -> None:
    """A creates, B adopts A's key and aliases it, A's CreateAlias fails: it is A's own key that the alias points at."""
    first = _held_after_create_key(world)
    adopter = world.succeed([KEY])
    assert adopter.actions == ["adopted"]
    world.sandbox.release()
    maker = first.wait()
    assert not maker.get("failed"), maker["msg"]
    assert (maker.row["action"], maker.row["arn"]) == ("created", adopter.row["arn"])
    assert [entry["error"] for entry in world.log("CreateAlias")] == [None, "AlreadyExistsException"]
    assert world.log("ScheduleKeyDeletion") == []
    world.assert_one_each([KEY])
    world.prove(maker.row)


def test_the_maker_is_faster_than_the_run_that_took_its_key_over(world: World) -> None:
    maker = _held_after_create_key(world)
    fault = world.sandbox.add_fault(action="kms:CreateAlias", kind="hold_before", times=1)
    adopter = world.start([KEY])
    world.sandbox.wait_held(2)
    (held,) = [one["request"] for one in world.sandbox.held() if one["fault"] != fault]
    world.sandbox.release(request=held)
    assert maker.wait().actions == ["created"]
    world.sandbox.release()
    result = adopter.wait()
    assert not result.get("failed"), result["msg"]
    assert result.actions == ["adopted"]
    world.assert_one_each([KEY])


def test_a_key_that_gets_its_alias_while_the_account_is_read(world: World) -> None:
    """The alias does not exist, then it does, and the listing that follows shows it: there is nothing to create."""
    maker = _held_after_create_key(world)
    fault = world.sandbox.add_fault(action="kms:ListAliases", kind="hold_before", times=1)
    late = world.start([KEY])
    world.sandbox.wait_held(2)
    (held,) = [one["request"] for one in world.sandbox.held() if one["fault"] != fault]
    world.sandbox.release(request=held)
    assert maker.wait().actions == ["created"]
    world.sandbox.release()
    result = late.wait()
    assert not result.get("failed"), result["msg"]
    assert "not taken over" not in result.warned
    assert len(world.held_keys()) == 1


def test_a_key_that_got_an_alias_meanwhile_is_not_given_back(world: World) -> None:
    """The loser's key has come into use under another name. It must live."""
    world.sandbox.add_fault(action="kms:CreateAlias", kind="hold_before", times=1)
    run = world.start([KEY])
    world.sandbox.wait_held()
    (mine,) = world.held_keys()
    world.kms.create_alias(AliasName="alias/in-use", TargetKeyId=mine["KeyId"])
    winner = world.make(NAME, tags=tags_of(KEY))
    world.sandbox.release()
    result = run.wait()
    assert (result.row["action"], result.row["arn"]) == ("adopted", winner["Arn"])
    assert world.describe(mine["KeyId"])["KeyState"] == "Enabled"


def test_a_winner_that_is_no_key_of_ours(world: World) -> None:
    world.sandbox.add_fault(action="kms:CreateAlias", kind="hold_before", times=1)
    run = world.start([KEY])
    world.sandbox.wait_held()
    (mine,) = world.held_keys()
    foreign = world.make(NAME, KeySpec="ECC_NIST_P256")
    world.sandbox.release()
    result = run.wait()
    assert result.get("failed")
    assert "ECC_NIST_P256" in result.row["error"]
    assert foreign["Arn"] in result.row["error"]
    assert world.describe(mine["KeyId"])["KeyState"] == "PendingDeletion"


def test_an_alias_that_is_moved_while_it_is_read(world: World) -> None:
    """The address of one key beside the ARN of another would be a wrong report of the worst kind."""
    world.succeed([KEY])
    other = world.make(tags=tags_of(KEY), Description=KEY["description"])
    world.sandbox.add_fault(action="kms:GetPublicKey", kind="hold_before", times=1)
    world.mark()
    run = world.start([KEY])
    world.sandbox.wait_held()
    while not any(entry["status"] for entry in world.log("DescribeKey")):
        assert run.process.is_alive()
    world.kms.update_alias(AliasName=f"alias/{NAME}", TargetKeyId=other["KeyId"])
    world.sandbox.release()
    result = run.wait()
    if result.row["address"] is not None:
        world.prove(result.row)
    assert result.row["address"] or result.get("failed")


def test_a_lost_answer_while_another_run_wins(world: World) -> None:
    """The answer of the loser's CreateKey is lost: what it made is found by its tag, beside the winner's key."""
    world.sandbox.add_fault(action="kms:CreateKey", kind="hold_before", times=1)
    world.sandbox.add_fault(action="kms:CreateKey", kind="lost_answer", times=1)
    loser = world.start([KEY])
    world.sandbox.wait_held()
    winner = world.succeed([KEY])
    assert winner.actions == ["created"]
    world.sandbox.release()
    result = loser.wait()
    left = [key for key in world.held_keys() if key["KeyState"] == "Enabled" and key["Arn"] != winner.row["arn"]]
    # It is not known who made the key that is left. It may stay, but not in silence.
    assert all(key["Arn"] in result.warned + str(result.get("msg")) for key in left)
    assert result.get("failed") or result.row["arn"] == winner.row["arn"]
