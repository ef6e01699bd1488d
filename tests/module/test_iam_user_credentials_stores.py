# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""iam_user_credentials: the stores besides files in the clear, and that no secret part is shown by any of them."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.client import Sandbox
from tests.module.conftest import ROOT, StartModule
from tests.module.credentials_world import HEADER, MARK, OTHER, STORED, USER, Credentials, opened

PASSWORD = "vault-pass+Jx82mQ/never-shown"
SECRET = f"staging/credentials/{USER}"


@pytest.fixture
def world(
    sandbox: Sandbox, start_module: StartModule, aws: Callable[..., Any], tmp_path: Path, environment: dict[str, str]
) -> Iterator[Credentials]:
    yield from opened(sandbox, start_module, aws, tmp_path, environment)


# Vault --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n")
    return path


def vault_path(world: Credentials) -> Path:
    return world.directory / f"{USER}.csv.vault"


def view(world: Credentials, password_file: Path) -> list[str]:
    """What ansible-vault shows of the file to whoever has the password."""
    command = [str(Path(sys.executable).with_name("ansible-vault")), "view", "--vault-password-file"]
    done = subprocess.run(
        [*command, str(password_file), str(vault_path(world))],
        env={**world.environment, "PAGER": "cat", "ANSIBLE_LOCAL_TEMP": str(world.folder / "tmp")},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_a_file_that_only_the_vault_password_opens(world: Credentials, password_file: Path) -> None:
    world.users()
    # What a configuration says of vaults is about others.
    (world.folder / ".ansible.cfg").write_text("[defaults]\nvault_identity_list = a@nowhere, b@nowhere\n")
    arguments = {"store": "vault", "vault_password_file": str(password_file)}
    (row,) = world.succeed(**arguments)
    (key,) = world.ids()
    assert (row["action"], row["access_key_id"], row["stored_in"]) == ("created", key, str(vault_path(world)))
    assert stat.S_IMODE(vault_path(world).stat().st_mode) == 0o600
    assert os.listdir(world.directory) == [vault_path(world).name]
    (world.folder / ".ansible.cfg").unlink()
    header, line = view(world, password_file)
    assert header == HEADER
    assert line.split(",")[2] == key
    assert line.split(",")[3].endswith(MARK)

    world.begin()
    (row,) = world.succeed(**arguments)
    assert (row["action"], world.writes()) == ("unchanged", [])
    (row,) = world.succeed(**arguments, rotate=[USER])
    assert (row["action"], len(world.ids())) == ("rotated", 2)
    assert row["access_key_id"] in view(world, password_file)[1]
    # Taking away needs no password.
    (row,) = world.succeed(store="vault", state="absent")
    assert (row["action"], world.ids(), os.listdir(world.directory)) == ("deleted", [], [])


def test_a_program_that_prints_the_password(world: Credentials) -> None:
    """While it runs, it looks at the arguments and the environment of the processes that wait for it."""
    world.users()
    seen, program = world.folder / "seen", world.folder / "password"
    # Its parent is ansible-vault, whose parent is the module.
    program.write_text(
        "#!/bin/sh\n"
        'parent=$(sed -n "s/^PPid:[^0-9]*//p" /proc/$PPID/status)\n'
        f"for process in $PPID $parent; do cat /proc/$process/cmdline /proc/$process/environ >> {seen}; done\n"
        f"echo '{PASSWORD}'\n"
    )
    program.chmod(0o700)
    (row,) = world.succeed(store="vault", vault_password_file=str(program))
    assert row["action"] == "created"
    looked = seen.read_bytes()
    assert b"ansible-vault" in looked
    assert b"encrypt" in looked
    assert MARK.encode() not in looked
    assert row["access_key_id"].encode() not in looked


@pytest.mark.parametrize(
    ("text", "mode", "problem"),
    [
        (None, 0, "there is no file"),
        ("", 0o600, "The access key cannot be encrypted"),
        ("#!/bin/sh\nexit 3\n", 0o700, "returned non-zero (3)"),
    ],
)
def test_a_password_that_cannot_be_had(world: Credentials, text: str | None, mode: int, problem: str) -> None:
    world.users()
    path = world.folder / "password"
    if text is not None:
        path.write_text(text)
        path.chmod(mode)
    world.begin()
    assert problem in world.fail(store="vault", vault_password_file=str(path))
    assert world.writes() == []


def test_another_password(world: Credentials, password_file: Path) -> None:
    world.users()
    arguments = {"store": "vault", "vault_password_file": str(password_file)}
    world.succeed(**arguments)
    password_file.write_text("another one\n")
    world.begin()
    message = world.fail(**arguments, rotate=[USER])
    assert f"{vault_path(world)} cannot be decrypted: Decryption failed" in message
    assert world.writes() == []


# Secrets Manager ----------------------------------------------------------------------------------------------------


def value(world: Credentials, stage: str = "AWSCURRENT") -> dict[str, str]:
    answer = world.secrets.get_secret_value(SecretId=SECRET, VersionStage=stage)
    found: dict[str, str] = json.loads(answer["SecretString"])
    return found


def test_a_secret(world: Credentials) -> None:
    world.users()
    (row,) = world.succeed(store="secretsmanager", directory=None)
    (first,) = world.ids()
    assert (row["action"], row["access_key_id"], row["stored_in"]) == ("created", first, SECRET)
    assert {**value(world), "secret_access_key": ""} == {
        "user_name": USER,
        "access_key_id": first,
        "secret_access_key": "",
    }
    assert value(world)["secret_access_key"].endswith(MARK)
    found = world.secrets.describe_secret(SecretId=SECRET)
    assert {tag["Key"]: tag["Value"] for tag in found["Tags"]} == {"environment": "staging", "agent_ops:user": USER}
    world.begin()
    (row,) = world.succeed(store="secretsmanager")
    assert (row["action"], world.writes()) == ("unchanged", [])

    (row,) = world.succeed(store="secretsmanager", rotate=[USER])
    assert (row["action"], row["access_key_id"]) == ("rotated", value(world)["access_key_id"])
    assert value(world, "AWSPREVIOUS")["access_key_id"] == first
    world.use(row["access_key_id"])
    (row,) = world.succeed(store="secretsmanager", retire_previous=[USER])
    assert world.ids() == [row["access_key_id"]] == [world.tags()[STORED]]
    (row,) = world.succeed(store="secretsmanager", state="absent")
    assert (row["action"], world.ids(), world.tags()) == ("deleted", [], {})
    assert world.secrets.list_secrets()["SecretList"] == []
    world.succeed(store="secretsmanager")


@pytest.mark.parametrize(
    "tags", [[], [{"Key": "environment", "Value": "production"}, {"Key": "agent_ops:user", "Value": USER}]]
)
def test_a_secret_of_somebody_else(world: Credentials, tags: list[dict[str, str]]) -> None:
    world.users()
    world.secrets.create_secret(Name=SECRET, SecretString="something else", Tags=tags)
    world.begin()
    assert "was not made for this access key" in world.fail(store="secretsmanager")
    assert world.writes() == []
    world.key()
    assert "was not made for this access key" in world.fail(store="secretsmanager", state="absent")
    assert world.ids() == []
    assert world.secrets.get_secret_value(SecretId=SECRET)["SecretString"] == "something else"


def test_a_secret_that_is_scheduled_for_deletion(world: Credentials) -> None:
    world.users()
    world.succeed(store="secretsmanager")
    world.secrets.delete_secret(SecretId=SECRET)
    world.begin()
    assert "is scheduled for deletion" in world.fail(store="secretsmanager", rotate=[USER])
    assert world.writes() == []


def test_what_secrets_manager_does_not_store_is_deleted_again(world: Credentials) -> None:
    world.users()
    world.sandbox.add_fault(action="secretsmanager:PutSecretValue", kind="access_denied")
    message = world.fail(store="secretsmanager")
    for part in (SECRET, "was deleted again", "PutSecretValue"):
        assert part in message, part
    assert (world.ids(), world.tags()) == ([], {})


@pytest.mark.parametrize("action", ["secretsmanager:DescribeSecret", "secretsmanager:CreateSecret"])
def test_a_denial_comes_before_the_access_key(world: Credentials, action: str) -> None:
    world.users()
    world.sandbox.add_fault(action=action, kind="access_denied")
    world.begin()
    assert f"The caller lacks the permission {action}" in world.fail(store="secretsmanager")
    assert "CreateAccessKey" not in world.writes()


def test_a_lost_answer_of_secrets_manager(world: Credentials) -> None:
    world.users()
    for action in ("secretsmanager:CreateSecret", "secretsmanager:PutSecretValue"):
        world.sandbox.add_fault(action=action, kind="lost_answer", times=1)
    world.succeed(store="secretsmanager")
    assert [value(world)["access_key_id"]] == world.ids()


# What is shown ------------------------------------------------------------------------------------------------------


def play(world: Credentials, password_file: Path) -> list[dict[str, Any]]:
    users = [USER, OTHER, "missing"]
    given = {"users": users, "environment": "staging", "debug_botocore_endpoint_logs": True}
    steps: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
        ("Plan", {}, {"check_mode": True}),
        ("Create", {}, {}),
        ("Look again", {}, {}),
        ("Rotate", {"rotate": [USER, OTHER]}, {}),
        ("Retire", {"retire_previous": [USER], "force": True}, {}),
        ("Encrypt", {"store": "vault", "vault_password_file": str(password_file), "rotate": [USER, OTHER]}, {}),
        ("Absent", {"state": "absent"}, {}),
        ("Secret", {"store": "secretsmanager"}, {}),
    )
    tasks = [
        {
            "name": name,
            "interchain.agent_ops.iam_user_credentials": {**given, "directory": str(world.directory), **arguments},
            "register": "made",
            "ignore_errors": True,
            **more,
        }
        for name, arguments, more in steps
    ]
    show = {"name": "Show", "ansible.builtin.debug": {"var": "made"}}
    variables = {"ansible_python_interpreter": sys.executable}
    return [
        {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "vars": variables,
            "tasks": [*(step for task in tasks for step in (task, show))],
        }
    ]


def test_the_most_talkative_playbook_shows_no_secret_part(world: Credentials, password_file: Path) -> None:
    world.users(USER, OTHER)
    # One answer is lost, one cannot be read, and one access key cannot be stored.
    world.sandbox.add_fault(action="iam:CreateAccessKey", kind="lost_answer", times=1, match=USER)
    world.sandbox.add_fault(
        action="iam:CreateAccessKey", kind="rewrite", find="<UserName>", replace="<", times=1, match=OTHER
    )
    world.sandbox.add_fault(action="secretsmanager:PutSecretValue", kind="access_denied", match=OTHER)
    playbook = world.folder / "play.yml"
    playbook.write_text(yaml.safe_dump(play(world, password_file)), encoding="utf-8")
    talkative = {
        **world.environment,
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
        "ANSIBLE_DISPLAY_TRACEBACK": "always",
        "ANSIBLE_KEEP_REMOTE_FILES": "1",
        "ANSIBLE_LOCALHOST_WARNING": "0",
        "ANSIBLE_LOG_PATH": str(world.folder / "log"),
        "ANSIBLE_REMOTE_TMP": str(world.folder / "remote"),
        "LC_ALL": "C.UTF-8",
    }
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-vvv", "--diff", "-i", "localhost,"]
    done = subprocess.run(
        [*command, str(playbook)], env=talkative, cwd=world.folder, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    world.outputs.append(said)
    for action in ("created", "rotated", "retired", "deleted", "unchanged", "failed"):
        assert f'"action": "{action}"' in said, action
    # The search would find something: what may be known is there, and the faults did strike.
    assert world.ids()[0] in said
    assert "resource_actions" in said
    assert "was deleted again" in said
    assert PASSWORD not in said
    assert world.sandbox.log(operation="CreateAccessKey")[0]["fault"] is not None
    assert world.shown() == []
    # It was there to be seen.
    assert MARK in world.secrets.get_secret_value(SecretId=SECRET)["SecretString"]
    assert (world.folder / "log").stat().st_size > len(said) / 2


def test_the_search_finds_what_is_shown(world: Credentials) -> None:
    for place in ("other.csv", "artifacts/credentials/.hidden.csv"):
        path = world.folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"secret{MARK}")
        assert world.shown() == [str(path)]
        path.unlink()
    world.outputs.append(f"msg: secret{MARK}")
    assert world.shown() == ["output 0"]
    world.outputs.clear()
