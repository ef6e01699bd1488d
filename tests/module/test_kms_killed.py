# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is killed after any of its writing requests leaves nothing that the next run does not put right."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.module.kms_world import World, opened, tags_of, wanted

KEYS = [wanted(f"staging-kovan-{agent}-signer") for agent in ("updater", "watcher", "relayer")]
CREATE = [("kms:CreateKey", number) for number in range(3)] + [("kms:CreateAlias", number) for number in range(3)]
RETIRE = [("kms:ScheduleKeyDeletion", number) for number in range(3)] + [("kms:DeleteAlias", n) for n in range(3)]


@pytest.fixture
def world(sandbox: Sandbox, tmp_path: Path) -> Iterator[World]:
    yield from opened(sandbox, tmp_path)


def _kill(world: World, action: str, skip: int, phase: str = "hold_after", **arguments: Any) -> None:
    """Kill a run while it waits for the answer to one of its writing requests, whose work is done."""
    world.sandbox.add_fault(action=action, kind=phase, skip=skip, times=1)
    run = world.start(KEYS, **arguments)
    world.sandbox.wait_held()
    run.kill()
    world.sandbox.remove_faults()
    world.sandbox.release()
    assert run.process.exitcode == -9


def test_between_create_key_and_create_alias(world: World) -> None:
    world.sandbox.add_fault(action="kms:CreateKey", kind="hold_after", times=1)
    run = world.start(KEYS[:1])
    world.sandbox.wait_held()
    run.kill()
    world.sandbox.release()
    (left,) = world.held_keys()
    assert world.aliases() == {}
    row = world.succeed(KEYS[:1]).row
    assert (row["action"], row["arn"]) == ("adopted", left["Arn"])
    world.prove(row)
    world.assert_one_each(KEYS[:1])


@pytest.mark.parametrize(("action", "skip", "workers"), [(*one, workers) for one in CREATE for workers in (1, 16)])
def test_while_creating(world: World, action: str, skip: int, workers: int) -> None:
    _kill(world, action, skip, workers=workers)
    result = world.succeed(KEYS)
    assert set(result.actions) <= {"created", "adopted", "unchanged"}
    world.assert_one_each(KEYS)
    for key, row in zip(KEYS, result["signing_keys"], strict=True):
        world.prove(row)
        assert world.tags(row["key_id"]) == tags_of(key)
    assert world.succeed(KEYS).actions == ["unchanged"] * 3


@pytest.mark.parametrize("action", ["kms:TagResource", "kms:UpdateKeyDescription"])
@pytest.mark.parametrize("skip", [0, 1, 2])
def test_while_taking_over(world: World, action: str, skip: int) -> None:
    old = {key["name"]: world.make_as_the_script_did(key["name"])["Arn"] for key in KEYS}
    _kill(world, action, skip, workers=1)
    result = world.succeed(KEYS)
    assert {name: row["arn"] for name, row in result.rows.items()} == old
    world.assert_one_each(KEYS)
    assert world.succeed(KEYS).actions == ["unchanged"] * 3


@pytest.mark.parametrize(("action", "skip"), RETIRE)
def test_while_retiring(world: World, action: str, skip: int) -> None:
    world.succeed(KEYS)
    _kill(world, action, skip, workers=1, state="absent")
    assert set(world.succeed(KEYS, state="absent").actions) <= {"retired", "unchanged"}
    assert world.aliases() == {}
    assert world.states() == {"PendingDeletion": 3}
    assert world.succeed(KEYS, state="absent").actions == ["unchanged"] * 3


@pytest.mark.parametrize("action", ["kms:CancelKeyDeletion", "kms:EnableKey", "kms:CreateAlias"])
@pytest.mark.parametrize("skip", [0, 1, 2])
def test_while_reviving(world: World, action: str, skip: int) -> None:
    made = {name: row["address"] for name, row in world.succeed(KEYS).rows.items()}
    world.succeed(KEYS, state="absent")
    revive = list(made)
    _kill(world, action, skip, workers=1, revive=revive)
    result = world.succeed(KEYS, revive=revive)
    assert {name: row["address"] for name, row in result.rows.items()} == made
    world.assert_one_each(KEYS)


@pytest.mark.parametrize("action", ["kms:CreateKey", "kms:CreateAlias"])
def test_before_the_work_is_done(world: World, action: str) -> None:
    _kill(world, action, 1, phase="hold_before", workers=1)
    assert not world.succeed(KEYS).get("failed")
    world.assert_one_each(KEYS)
