# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""iam_user_credentials: what cannot be stored, runs that are killed, lost and corrupted answers, runs at once."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.module.conftest import Run, StartModule
from tests.module.credentials_world import MARK, OTHER, PENDING, STORED, USER, Credentials, opened, wait_until
from tests.module.hex_keys import kill_at


@pytest.fixture
def world(
    sandbox: Sandbox, start_module: StartModule, aws: Callable[..., Any], tmp_path: Path, environment: dict[str, str]
) -> Iterator[Credentials]:
    yield from opened(sandbox, start_module, aws, tmp_path, environment)


def hold(world: Credentials, action: str, kind: str = "hold_after", **options: Any) -> int:
    return world.sandbox.add_fault(action=action, kind=kind, **options)


def let_go(world: Credentials, fault: int) -> None:
    world.sandbox.remove_faults(fault)


# What cannot be stored ----------------------------------------------------------------------------------------------


def _no_room(world: Credentials, run: Run, size: int) -> None:
    """From here on the run can write files of that many bytes, as on a disk that is nearly full."""
    resource.prlimit(run.process.pid, resource.RLIMIT_FSIZE, (size, size))


def _no_replacing(world: Credentials, run: Run, size: int) -> None:
    (world.path() / "in the way").mkdir(parents=True)


def _no_directory(world: Credentials, run: Run, size: int) -> None:
    world.directory.rename(world.directory.with_name("moved"))


@pytest.mark.parametrize(
    ("obstacle", "problem"),
    [(_no_room, "cannot be written: File too large"), (_no_directory, "cannot be read: Not a directory")],
)
def test_no_access_key_is_made_where_none_can_be_stored(world: Credentials, obstacle: Any, problem: str) -> None:
    world.users()
    if obstacle is _no_directory:
        # Nor can it be made.
        world.directory.parent.write_text("not a directory")
    fault = hold(world, "iam:ListUserTags", "hold_before", times=1)
    world.begin()
    run = world.start()
    world.sandbox.wait_held(timeout=60)
    if obstacle is _no_room:
        obstacle(world, run, 0)
    let_go(world, fault)
    result = world.end(run)
    assert result["failed"]
    assert problem in result["msg"]
    assert (world.writes(), world.leftovers() if world.directory.parent.is_dir() else []) == ([], [])


@pytest.mark.parametrize("obstacle", [_no_room, _no_replacing, _no_directory])
def test_what_cannot_be_stored_is_deleted_again(world: Credentials, obstacle: Any) -> None:
    world.users()
    fault = hold(world, "iam:CreateAccessKey")
    run = world.start()
    world.sandbox.wait_held(timeout=60)
    (lost,) = world.ids()
    obstacle(world, run, 100)
    let_go(world, fault)
    result = world.end(run)
    assert result["failed"]
    assert "cannot be written" in result["msg"]
    assert f"The new access key {lost} was deleted again" in result["msg"]
    assert (world.ids(), world.tags()) == ([], {})
    assert world.leftovers() == []


def test_what_cannot_be_deleted_again_is_named_and_deleted_by_the_next_run(world: Credentials) -> None:
    world.users()
    fault = hold(world, "iam:CreateAccessKey")
    denial = world.sandbox.add_fault(action="iam:DeleteAccessKey", kind="access_denied")
    run = world.start()
    world.sandbox.wait_held(timeout=60)
    (lost,) = world.ids()
    _no_replacing(world, run, 0)
    let_go(world, fault)
    message = world.end(run)["msg"]
    for part in (f"The new access key {lost} of {USER} could not be deleted", "permission iam:DeleteAccessKey"):
        assert part in message, part
    assert world.ids() == [lost]
    world.sandbox.remove_faults(denial)
    (world.path() / "in the way").rmdir()
    world.path().rmdir()
    world.age_marker()
    world.succeed()
    assert world.assert_one() != lost


# Runs that are killed -----------------------------------------------------------------------------------------------

MOMENTS: dict[str, dict[str, Any]] = {
    "marker not written": {"action": "iam:TagUser", "kind": "hold_before"},
    "marker written": {"action": "iam:TagUser"},
    "before the access key": {"action": "iam:CreateAccessKey", "kind": "hold_before"},
    "after the access key": {"action": "iam:CreateAccessKey"},
    "stored, not recorded": {"action": "iam:TagUser", "kind": "hold_before", "skip": 1},
    "recorded": {"action": "iam:UntagUser", "kind": "hold_before"},
    "all done": {"action": "iam:UntagUser"},
}


ROTATIONS = ("marker written", "after the access key", "recorded")


@pytest.mark.parametrize(
    ("moment", "rotate"),
    [*((moment, False) for moment in MOMENTS), *((moment, True) for moment in ROTATIONS)],
)
def test_a_killed_run_is_finished_by_the_next_one(world: Credentials, moment: str, rotate: bool) -> None:
    world.users()
    before: tuple[str, ...] = ()
    arguments: dict[str, Any] = {}
    if rotate:
        before, arguments = (world.succeed()[0]["access_key_id"],), {"rotate": [USER]}
    planted = world.sandbox.faults()
    hold(world, **MOMENTS[moment])
    run = world.start(**arguments)
    kill_at(world.sandbox, run)
    # What kill_at removed was the tests' own mark as well.
    for rule in planted:
        world.sandbox.add_fault(**{name: rule[name] for name in ("action", "kind", "find", "replace")})
    made = [key for key in world.ids() if key not in before]
    kept = moment in ("stored, not recorded", "recorded", "all done")
    assert bool(made) == (kept or moment == "after the access key")
    if PENDING in world.tags():
        world.age_marker()
    begun = moment != "marker not written"
    # The wish of a run that left its marker is known; of one that did not even get there, nothing is.
    (row,) = world.succeed(**({} if begun else arguments))
    expected = "unchanged" if moment == "all done" else "rotated" if rotate else "created"
    assert row["action"] == expected
    assert row["access_key_id"] == world.assert_one(besides=before)
    assert (row["access_key_id"] in made) == kept
    world.begin()
    (row,) = world.succeed()
    assert (row["action"], world.writes()) == ("unchanged", [])


def test_a_young_marker_is_waited_for_and_the_wait_is_announced(world: Credentials) -> None:
    world.users()
    world.mark_pending(age=54)
    start = time.monotonic()
    world.succeed()
    assert time.monotonic() - start > 5
    world.assert_one()
    said = world.progress.read_text()
    assert f"{USER}: an access key is being made by another run" in said
    assert "Waiting for at most" in said


def test_a_plan_waits_for_nobody(world: Credentials) -> None:
    world.users()
    world.mark_pending(age=1)
    start = time.monotonic()
    result = world.run(check=True)
    assert time.monotonic() - start < 10
    assert "another run seems to be making an access key just now" in str(result["warnings"])


def test_an_access_key_of_somebody_else_is_never_taken_for_lost(world: Credentials) -> None:
    world.users(USER, OTHER, "third")
    # In use, made long after the marker, and older than the marker.
    used, later, earlier = world.key(USER), world.key(OTHER), world.key("third")
    world.use(used)
    world.mark_pending(USER, age=61)
    world.mark_pending(OTHER, age=60 * 60)
    world.mark_pending("third", age=61, before=(earlier,))
    rows = world.succeed(USER, OTHER, "third")
    assert [row["action"] for row in rows] == ["unchanged", "unchanged", "rotated"]
    assert world.ids(USER) == [used]
    assert world.ids(OTHER) == [later]
    assert world.ids("third")[0] == earlier


def test_a_tag_that_no_run_wrote_is_no_marker(world: Credentials) -> None:
    world.users()
    key = world.key()
    world.tag(USER, PENDING, "since yesterday")
    (row,) = world.succeed()
    assert (row["state"], world.ids()) == ("not_stored_here", [key])


def test_what_a_killed_run_left_in_the_directory_goes(world: Credentials) -> None:
    world.users(USER, OTHER)
    hold(world, "iam:CreateAccessKey", match=USER)
    run = world.start()
    kill_at(world.sandbox, run)
    assert len(world.leftovers()) == 1
    world.age_marker()
    young = world.directory / f".{OTHER}.0123456789abcdef.csv"
    young.touch()
    for name in world.leftovers():
        if USER in name:
            os.utime(world.directory / name, (1, 1))
    world.succeed()
    assert world.leftovers() == [young.name]


# Lost and corrupted answers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "lost_answer"},
        {"kind": "broken_connection"},
        {"kind": "server_error"},
        {"kind": "rewrite", "find": "<SecretAccessKey>", "replace": "<Secret>"},
        {"kind": "rewrite", "find": "</CreateAccessKeyResult>", "replace": "<"},
        {"kind": "rewrite", "find": "<AccessKeyId>", "replace": "<AccessKeyId>no id "},
        {"kind": "rewrite", "find": "<SecretAccessKey>", "replace": "<SecretAccessKey>a b "},
        {"kind": "throttle"},
    ],
    ids=lambda fault: f"{fault['kind']} {fault.get('replace', '')}".strip(),
)
def test_an_answer_that_is_lost_or_cannot_be_read(world: Credentials, fault: dict[str, Any]) -> None:
    world.users(USER, OTHER)
    older = world.key(OTHER)
    world.sandbox.add_fault(action="iam:CreateAccessKey", times=2, **fault)
    rows = world.succeed(USER, OTHER, rotate=[OTHER], debug_botocore_endpoint_logs=True)
    assert [row["action"] for row in rows] == ["created", "rotated"]
    world.assert_one()
    world.assert_one(OTHER, besides=(older,))


@pytest.mark.parametrize("replace", ["<Secret>", "<"])
def test_answers_that_can_never_be_read(world: Credentials, replace: str) -> None:
    """What the library says of an answer that it cannot read quotes the answer."""
    world.users()
    world.sandbox.add_fault(action="iam:CreateAccessKey", kind="rewrite", find="<SecretAccessKey>", replace=replace)
    message = world.fail()
    assert f"No usable answer came to iam:CreateAccessKey for {USER}, 3 times" in message
    assert world.ids() == []
    assert MARK not in message


def test_a_refusal_leaves_nothing(world: Credentials) -> None:
    world.users()
    world.sandbox.add_fault(action="iam:CreateAccessKey", kind="access_denied")
    assert "The caller lacks the permission iam:CreateAccessKey" in world.fail()
    assert (world.ids(), world.tags(), world.leftovers()) == ([], {}, [])


def test_tags_that_cannot_be_set_in_the_end(world: Credentials) -> None:
    world.users()
    fault = world.sandbox.add_fault(action="iam:UntagUser", kind="access_denied")
    message = world.fail()
    (key,) = world.ids()
    for part in (f"The access key {key} is stored", "permission iam:UntagUser", "Run again"):
        assert part in message, part
    world.sandbox.remove_faults(fault)
    world.age_marker()
    (row,) = world.succeed()
    assert row["access_key_id"] == world.assert_one() == key


# Runs at once -------------------------------------------------------------------------------------------------------


def test_ten_pairs_of_runs_at_once(world: Credentials) -> None:
    """One access key for each user, and the stored secret part is its own, whichever run made it."""
    names = [f"user-{number}" for number in range(10)]
    world.users(*names)
    runs = [world.start(*order) for order in (names, names[::-1])]
    results = [world.end(run) for run in runs]
    for result in results:
        assert not result.get("failed"), result["msg"]
    actions = [{row["user"]: row["action"] for row in result["credentials"]} for result in results]
    for name in names:
        world.assert_one(name)
        assert sorted(one[name] for one in actions) == ["created", "unchanged"], name
    assert world.leftovers() == []


def test_ten_pairs_of_rotations_at_once(world: Credentials) -> None:
    names = [f"user-{number}" for number in range(10)]
    world.users(*names)
    before = {row["user"]: row["access_key_id"] for row in world.succeed(*names)}
    runs = [world.start(*names, rotate=names) for _number in range(2)]
    results = [world.end(run) for run in runs]
    for result in results:
        assert not result.get("failed"), result["msg"]
    for name in names:
        world.assert_one(name, besides=(before[name],))


@pytest.mark.parametrize(
    ("action", "kind"),
    [("iam:TagUser", "hold_before"), ("iam:CreateAccessKey", "hold_before")],
)
def test_two_runs_that_stand_at_the_same_place(world: Credentials, action: str, kind: str) -> None:
    """Both were late, and believe that they are alone."""
    world.users()
    fault = hold(world, action, kind)
    runs = [world.start() for _number in range(2)]
    if action == "iam:TagUser":
        world.sandbox.wait_held(2, timeout=60)
    else:
        # The second one sees the marker of the first, which is taken away from it.
        world.sandbox.wait_held(1, timeout=60)
        world.iam.untag_user(UserName=USER, TagKeys=[PENDING])
        world.sandbox.wait_held(2, timeout=60)
    let_go(world, fault)
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(world.end, runs))
    for result in results:
        assert not result.get("failed"), result["msg"]
    world.assert_one()
    assert set(world.tags()) == {STORED}
    wait_until(lambda: world.leftovers() == [])
