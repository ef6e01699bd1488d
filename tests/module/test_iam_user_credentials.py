# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""iam_user_credentials: who gets an access key, how it is rotated, retired and taken away."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.interchain.agent_ops.plugins.modules import iam_user_credentials

from sandbox.client import ACCOUNT_ID, Sandbox
from tests.module.conftest import StartModule
from tests.module.credentials_world import MARK, OTHER, STORED, USER, Credentials, opened


@pytest.fixture
def world(
    sandbox: Sandbox, start_module: StartModule, aws: Callable[..., Any], tmp_path: Path, environment: dict[str, str]
) -> Iterator[Credentials]:
    yield from opened(sandbox, start_module, aws, tmp_path, environment)


def test_a_user_without_an_access_key_gets_one(world: Credentials) -> None:
    world.users(USER, OTHER)
    result = world.run(USER, OTHER, account_id=ACCOUNT_ID)
    assert result["changed"] is True
    assert (result["account_id"], result["sandbox"]) == (ACCOUNT_ID, True)
    assert [row["user"] for row in result["credentials"]] == [USER, OTHER]
    for row in result["credentials"]:
        key = world.assert_one(row["user"])
        assert world.use(key) == row["user"]
        (shown,) = row["access_keys"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", shown.pop("created"))
        assert shown == {
            "access_key_id": key,
            "status": "Active",
            "last_used": None,
            "age_days": 0,
            "stored": True,
        }
        assert {name: row[name] for name in row if name not in ("user", "access_keys")} == {
            "state": "stored",
            "action": "created",
            "access_key_id": key,
            "stored_in": str(world.path(row["user"])),
            "hint": None,
            "error": None,
        }
    assert world.leftovers() == []


def test_the_second_run_writes_nothing(world: Credentials) -> None:
    world.users()
    (made,) = world.succeed()
    world.begin()
    before = os.stat(world.path())
    result = world.run(diff=True)
    assert result["changed"] is False
    assert result["diff"] == {"before": {}, "after": {}}
    assert result["credentials"] == [{**made, "action": "unchanged"}]
    assert world.writes() == []
    after = os.stat(world.path())
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_an_access_key_that_is_not_stored_here_is_left_alone(world: Credentials) -> None:
    world.users()
    key = world.key()
    world.begin()
    (row,) = world.succeed()
    assert (row["state"], row["action"]) == ("not_stored_here", "unchanged")
    assert (row["access_key_id"], row["stored_in"]) == (None, None)
    assert [held["access_key_id"] for held in row["access_keys"]] == [key]
    assert "rotate" in row["hint"]
    assert world.writes() == []
    # The hint is good advice.
    (row,) = world.succeed(rotate=[USER])
    assert (row["state"], row["action"], row["hint"]) == ("stored", "rotated", None)
    world.assert_one(besides=(key,))


def test_a_missing_user_fails_and_the_others_do_not(world: Credentials) -> None:
    world.users(OTHER)
    result = world.run(USER, OTHER)
    assert result["failed"]
    assert [row["action"] for row in result["credentials"]] == ["failed", "created"]
    assert f"There is no IAM user {USER} in this account" in result["msg"]
    assert result["msg"].startswith("1 of 2 users failed (1 created, 1 failed).")
    assert result["changed"] is True
    world.assert_one(OTHER)


def test_check_mode_on_an_empty_account(world: Credentials) -> None:
    result = world.run(USER, check=True, diff=True)
    assert not result.get("failed")
    assert [(row["action"], row["state"]) for row in result["credentials"]] == [("created", "absent")]
    assert result["diff"] == {"before": {USER: {}}, "after": {USER: {"(a new access key)": "stored"}}}
    assert world.writes() == []
    assert not world.directory.exists()


def test_rotation_in_two_steps(world: Credentials) -> None:
    world.users()
    (row,) = world.succeed()
    first = row["access_key_id"]
    world.begin()
    planned = world.run(rotate=[USER], check=True, diff=True)
    assert planned["diff"]["after"] == {USER: {first: "stored", "(a new access key)": "stored"}}
    assert world.writes() == []

    result = world.run(rotate=[USER], diff=True)
    (row,) = result["credentials"]
    second = world.assert_one(besides=(first,))
    assert (row["action"], row["access_key_id"]) == ("rotated", second)
    assert result["diff"] == {
        "before": {USER: {first: "stored"}},
        "after": {USER: {first: "Active", second: "stored"}},
    }
    # Nobody is without a valid access key.
    assert world.use(first) == USER

    world.begin()
    message = world.fail(rotate=[USER])
    for part in (first, second, "2 access keys", "AWS's limit", "retire_previous"):
        assert part in message, part
    assert re.search(rf"{first} \(Active, 0 days old, last used 2\d{{3}}-[^,]+Z\)", message), message
    assert f"{second} (Active, 0 days old, never used) which is stored here" in message
    refused = world.fail(retire_previous=[USER])
    for part in (second, "was never used", "force", first):
        assert part in refused, part
    assert world.writes() == []

    assert world.use(second) == USER
    planned = world.run(retire_previous=[USER], check=True, diff=True)
    assert planned["diff"] == {
        "before": {USER: {first: "Active", second: "stored"}},
        "after": {USER: {second: "stored"}},
    }
    assert world.writes() == []
    (row,) = world.succeed(retire_previous=[USER])
    assert (row["action"], [key["access_key_id"] for key in row["access_keys"]]) == ("retired", [second])
    assert world.writes() == ["UpdateAccessKey", "DeleteAccessKey"]
    world.assert_one()
    world.begin()
    (row,) = world.succeed(retire_previous=[USER])
    assert (row["action"], world.writes()) == ("unchanged", [])


def test_retiring_by_force(world: Credentials) -> None:
    world.users()
    world.key()
    (row,) = world.succeed(rotate=[USER])
    world.iam.update_access_key(UserName=USER, AccessKeyId=row["access_key_id"], Status="Inactive")
    assert "is Inactive" in world.fail(retire_previous=[USER])
    (row,) = world.succeed(retire_previous=[USER], force=True)
    assert world.ids() == [row["access_key_id"]]


def test_nothing_is_retired_if_none_is_stored(world: Credentials) -> None:
    world.users()
    keys = [world.key(), world.key()]
    message = world.fail(retire_previous=[USER], force=True)
    for part in (*keys, "None of the access keys", str(world.path()), "rotate"):
        assert part in message, part
    assert "by hand" in world.fail(rotate=[USER])
    assert world.ids() == keys


def test_every_access_key_is_taken_away(world: Credentials) -> None:
    world.users(USER, OTHER)
    world.succeed(USER)
    world.key()
    world.key(OTHER)
    world.begin()
    planned = world.run(USER, OTHER, "gone", state="absent", check=True, diff=True)
    assert planned["diff"]["after"] == {USER: {}, OTHER: {}}
    assert world.writes() == []
    rows = world.succeed(USER, OTHER, "gone", state="absent")
    assert [row["action"] for row in rows] == ["deleted", "deleted", "unchanged"]
    assert [row["state"] for row in rows] == ["absent"] * 3
    for user in (USER, OTHER):
        assert (world.ids(user), world.tags(user), world.path(user).exists()) == ([], {}, False)
    rows = world.succeed(USER, OTHER, "gone", state="absent")
    assert {row["action"] for row in rows} == {"unchanged"}


def test_a_foreign_file_does_not_keep_an_access_key_alive(world: Credentials) -> None:
    world.users()
    world.key()
    world.directory.mkdir(parents=True, mode=0o700)
    world.path().write_text("notes of somebody\n")
    result = world.run(state="absent")
    assert result["failed"]
    assert result["changed"]
    assert "nothing that was stored here" in result["msg"]
    assert (world.ids(), world.path().read_text()) == ([], "notes of somebody\n")


def test_the_copy_of_a_user_who_is_gone_is_removed(world: Credentials) -> None:
    world.users()
    (row,) = world.succeed()
    world.iam.delete_access_key(UserName=USER, AccessKeyId=row["access_key_id"])
    world.iam.delete_user(UserName=USER)
    (row,) = world.succeed(state="absent")
    assert (row["action"], world.path().exists()) == ("deleted", False)


def test_the_copy_of_an_access_key_that_is_gone_is_replaced(world: Credentials) -> None:
    world.users()
    (row,) = world.succeed()
    old = row["access_key_id"]
    world.iam.delete_access_key(UserName=USER, AccessKeyId=old)
    result = world.run()
    assert old in str(result["warnings"])
    assert result["credentials"][0]["action"] == "created"
    assert world.assert_one() != old


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"something else {MARK}", "is not a line of titles and one access key"),
        (f"User name,Access key ID\n{USER},AKIA{MARK}AAAA\n", "lacks the field 'Secret access key'"),
        (
            f"User name,Access key ID,Secret access key\n{OTHER},TESTAAAAAAAAAAAAAAAA,{MARK}{MARK}\n",
            "another user than",
        ),
        (f"User name,Access key ID,Secret access key\n{USER},{MARK},no {MARK} secret\n", "no usable access key"),
        (f'User name,Access key ID,Secret access key\n{USER},{MARK},"{"x" * 140000}\n', "no usable access key"),
    ],
)
def test_a_file_that_is_not_right_is_named_and_not_shown(world: Credentials, text: str, problem: str) -> None:
    world.users()
    world.directory.mkdir(parents=True, mode=0o700)
    world.path().write_text(text)
    message = world.fail()
    for part in (str(world.path()), problem, "Nothing of it is shown here"):
        assert part in message, part
    assert (world.ids(), world.path().read_text()) == ([], text)


def test_a_file_that_others_can_read_is_warned_of(world: Credentials) -> None:
    world.users()
    world.succeed()
    world.path().chmod(0o644)
    result = world.run()
    assert "can be read by others than its owner (mode 0644)" in str(result["warnings"])
    world.path().chmod(0o600)


def test_an_open_directory_is_refused(world: Credentials) -> None:
    world.users()
    world.directory.mkdir(parents=True)
    world.directory.chmod(0o755)
    world.begin()
    assert "is open to others than its owner (mode 0755)" in world.fail()
    assert world.writes() == []


def test_what_git_would_take_is_refused(world: Credentials) -> None:
    world.users()
    subprocess.run(["git", "init", "--quiet", str(world.folder)], check=True)
    world.begin()
    message = world.fail()
    assert f"{world.path()} is in a git work tree and not ignored" in message
    assert (world.writes(), world.directory.exists()) == ([], False)
    (world.folder / ".gitignore").write_text("/artifacts/\n")
    world.succeed()
    # Nothing is written any more, and git is not asked.
    (world.folder / ".gitignore").unlink()
    world.succeed()


def test_a_link_is_replaced_and_not_followed(world: Credentials) -> None:
    world.users()
    world.directory.mkdir(parents=True, mode=0o700)
    target = world.folder / "elsewhere"
    os.symlink(target, world.path())
    world.succeed()
    assert not target.exists()
    assert not world.path().is_symlink()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"users": [USER, USER.upper()]}, "in the set twice"),
        ({"users": ["a/../b"]}, "is not an IAM user's name"),
        ({"users": ["a,b"]}, "has a comma"),
        ({"rotate": ["somebody"]}, "rotate names 'somebody'"),
        ({"retire_previous": ["somebody"]}, "retire_previous names 'somebody'"),
        ({"rotate": [USER], "retire_previous": [USER]}, "both name"),
        ({"rotate": [USER], "state": "absent"}, "state=absent deletes all of them"),
        ({"directory": None}, "no directory is given"),
        ({"store": "vault"}, "no vault_password_file is given"),
        ({"store": "secretsmanager", "secret_name": "all"}, "Expected: a name with {user}"),
        ({"store": "secretsmanager", "secret_name": "{user.x}"}, "Expected: a name with {user}"),
        ({"store": "secretsmanager", "secret_name": "{network}/{user}"}, "Expected: a name with {user}"),
        ({"store": "secretsmanager", "secret_name": "a b {user}"}, "does not allow"),
        ({"account_id": "999988887777"}, "Nothing was read or written"),
    ],
)
def test_options_that_make_no_sense(world: Credentials, arguments: dict[str, Any], problem: str) -> None:
    world.users()
    world.begin()
    assert problem in world.fail(**arguments)
    assert world.writes() == []


def test_the_documented_permissions_are_those_that_the_log_shows(world: Credentials) -> None:
    world.users()
    world.begin()
    places = ({"store": "secretsmanager"}, {})
    for place in places:
        world.succeed(**place, rotate=[USER])
        world.succeed(**place, rotate=[USER] if place else [])
        world.succeed(**place, retire_previous=[USER], force=True)
        world.succeed(**place, state="absent")
    entries = [entry for entry in world.sandbox.log() if entry["number"] > world._mark]
    used = {f"{entry['service']}:{entry['operation']}" for entry in entries}
    notes = " ".join(yaml.safe_load(iam_user_credentials.DOCUMENTATION)["notes"])
    documented = set(re.findall(r"C\((\w+:\w+)\)", notes))
    # AWS asks for it where a secret is created with tags; there is no call of that name.
    assert documented == used | {"secretsmanager:TagResource"}


@pytest.mark.parametrize(
    "action",
    [
        "iam:ListUserTags",
        "iam:ListAccessKeys",
        "iam:GetAccessKeyLastUsed",
        "iam:TagUser",
        "iam:CreateAccessKey",
        "iam:UpdateAccessKey",
        "iam:DeleteAccessKey",
    ],
)
def test_a_missing_permission_is_named(world: Credentials, action: str) -> None:
    world.users(USER, OTHER)
    (row,) = world.succeed()
    first = row["access_key_id"]
    arguments: dict[str, Any] = {"rotate": [USER]}
    if action in ("iam:UpdateAccessKey", "iam:DeleteAccessKey"):
        world.succeed(rotate=[USER])
        arguments = {"retire_previous": [USER], "force": True}
    held, tags = world.ids(), world.tags()
    world.sandbox.add_fault(action=action, kind="access_denied", match=USER if "LastUsed" not in action else "")
    result = world.run(USER, OTHER, **arguments)
    world.sandbox.remove_faults()
    assert result["credentials"][0]["action"] == "failed"
    assert f"The caller lacks the permission {action}" in result["msg"]
    if "LastUsed" not in action:
        assert result["credentials"][1]["action"] == "created"
    assert first in held
    assert world.ids() == held
    assert world.tags() == tags
    assert tags[STORED] in held
