# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""access_probe in a playbook: what a person sees, and that no secret is among it; what the documentation claims."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.interchain.agent_ops.plugins.modules import access_probe

from sandbox.client import Sandbox
from tests.module.access_probe_world import (
    HEX_KEY,
    MODULE,
    SIGNER,
    UPDATER,
    WATCHER,
    Account,
    setting,
)
from tests.module.conftest import ROOT, RunModule

PASSWORD = "vault+Qm7Zt2Lx9Wc4Rb8Ny1Hd"
DONE = "31 questions, 31 answered as wanted"


@pytest.fixture
def account(sandbox: Sandbox, aws: Callable[..., Any], run_module: RunModule, tmp_path: Path) -> Account:
    return Account(sandbox, aws, run_module, tmp_path)


class Playbook:
    """Tasks of the module, run by ansible-playbook."""

    def __init__(self, account: Account, environment: dict[str, str], folder: Path) -> None:
        self.account = account
        self.environment = environment
        self.folder = folder
        self.said = ""

    def run(self, *tasks: dict[str, Any], options: tuple[str, ...] = (), **variables: str) -> int:
        given = {
            "access": self.account.access,
            "signing_keys": self.account.rows,
            "credentials": {"directory": str(self.account.folder)},
            "wait_seconds": 0,
            "debug_botocore_endpoint_logs": True,
        }
        play = {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "vars": {"ansible_python_interpreter": sys.executable},
            "tasks": [
                {f"interchain.agent_ops.{MODULE}": {**given, **task}, "register": "asked", "ignore_errors": True}
                for task in tasks
            ],
        }
        file = self.folder / "play.yml"
        file.write_text(yaml.safe_dump([play]), encoding="utf-8")
        settings = {
            **self.environment,
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
            "ANSIBLE_LOCALHOST_WARNING": "0",
            "ANSIBLE_LOG_PATH": str(self.folder / "log"),
            "ANSIBLE_REMOTE_TMP": str(self.folder / "remote"),
            "COLUMNS": "100",
            "LC_ALL": "C.UTF-8",
            **variables,
        }
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", *options, str(file)]
        done = subprocess.run(command, env=settings, cwd=self.folder, capture_output=True, check=False)
        self.said = (done.stdout + done.stderr).decode()
        return done.returncode


@pytest.fixture
def playbook(account: Account, environment: dict[str, str], tmp_path: Path) -> Playbook:
    return Playbook(account, environment, tmp_path)


TABLE = """\
What AWS lets each principal do, asked with its own credentials: AWS account 123456789012, URL
SANDBOX: this is not AWS.

Key                           nomad-signer-staging  nomad-keymaster-staging  kms-admin
----------------------------  --------------------  -----------------------  ---------
staging-kovan-watcher-signer  PS                    P-                       -
staging-kovan-updater-signer  PS                    P-                       -
staging-bank                  -                     PS                       -
2 other keys of production    -.                    -.                       -.

P public key, S sign (dry run), - denied, . not there

31 questions, 31 answered as wanted
"""


def test_the_table(playbook: Playbook) -> None:
    account = playbook.account.provide(setting())
    assert playbook.run({}) == 0
    assert TABLE.replace("URL", account.sandbox.url) in playbook.said
    account.assert_nothing_was_signed()


def test_the_table_can_be_left_out(playbook: Playbook) -> None:
    playbook.account.provide(setting())
    assert playbook.run({"show": False}, {"show": "no"}) == 0
    assert "What AWS lets" not in playbook.said
    assert playbook.run({"show": "yes"}) == 0
    assert "What AWS lets" in playbook.said


def test_the_wait_is_announced_while_it_lasts(playbook: Playbook) -> None:
    account = playbook.account.provide(setting())
    account.enforce(alias_lag_seconds=20)
    assert playbook.run({"wait_seconds": 60}) == 0
    assert playbook.said.count("answers are not as wanted yet") == 1
    assert playbook.said.index("answers are not as wanted yet") < playbook.said.index("What AWS lets")
    assert DONE in playbook.said
    assert "progress_file" not in playbook.said


def test_a_failure_shows_the_table_too(playbook: Playbook) -> None:
    account = playbook.account.provide(setting())
    account.iam.remove_user_from_group(GroupName="staging-signer", UserName=SIGNER)
    playbook.run({})
    (line,) = (line for line in playbook.said.splitlines() if line.startswith(f"{WATCHER} "))
    assert line.split() == [WATCHER, "x", "P-", "-"]
    assert "31 questions, 23 answered as wanted, 8 not" in playbook.said
    assert f"{SIGNER}: kms:Sign with {WATCHER}, {UPDATER}: expected allowed, found denied" in playbook.said


@pytest.mark.parametrize("backend", ["kms", "secretsmanager"])
def test_the_most_talkative_playbook_shows_no_secret(playbook: Playbook, backend: str) -> None:
    account = playbook.account.provide(setting(backend))
    vault = playbook.folder / "vault"
    vault.mkdir()
    password = playbook.folder / "password"
    password.write_text(PASSWORD, encoding="utf-8")
    program = str(Path(sys.executable).with_name("ansible-vault"))
    for user, (key_id, secret) in account.stored.items():
        contents = {"user_name": user, "access_key_id": key_id, "secret_access_key": secret}
        account.secrets.create_secret(Name=f"staging/credentials/{user}", SecretString=json.dumps(contents))
        command = [
            program,
            "encrypt",
            "--vault-password-file",
            str(password),
            "--output",
            str(vault / f"{user}.csv.vault"),
        ]
        clear = (account.folder / f"{user}.csv").read_bytes()
        subprocess.run(command, input=clear, check=True, capture_output=True)
    account.mark()
    encrypted = {"store": "vault", "directory": str(vault), "vault_password_file": str(password)}
    playbook.run(
        {},
        {"credentials": encrypted},
        {"credentials": {"store": "secretsmanager"}},
        # All that can go wrong with a file.
        {"credentials": {**encrypted, "vault_password_file": str(account.folder / f"{SIGNER}.csv")}},
        {"credentials": {**encrypted, "vault_password_file": str(playbook.folder / "none")}},
        options=("-vvv", "--diff"),
        ANSIBLE_DISPLAY_TRACEBACK="always",
        ANSIBLE_KEEP_REMOTE_FILES="1",
    )
    account.assert_nothing_was_signed()
    summary = DONE if backend == "kms" else "14 questions, 14 answered as wanted"
    assert playbook.said.count(summary) == 3, playbook.said
    assert playbook.said.count("cannot be decrypted") >= 6
    kept = {account.folder, vault, password}
    files = [path for path in playbook.folder.rglob("*") if path.is_file() and not kept & {path, *path.parents}]
    texts = [playbook.said, json.dumps(account.log()), *(path.read_bytes().decode("latin-1") for path in files)]
    secrets = [PASSWORD, HEX_KEY[2:], *(secret for _key_id, secret in account.stored.values())]
    for secret in secrets:
        assert [text for text in texts if secret in text or secret[5:20] in text] == []
    # The search is of what was said indeed, and the most talkative form of it.
    assert any(path.name == "log" for path in files)
    assert "resource_actions" in playbook.said


def test_the_documented_permissions_are_those_that_the_log_shows(account: Account) -> None:
    used: set[str] = set()
    for backend in ("kms", "secretsmanager"):
        account.sandbox.reset()
        for file in account.folder.iterdir():
            file.unlink()
        account.provide(setting(backend))
        account.succeed()
        used |= {f"{entry['service']}:{entry['operation']}" for entry in account.log()}
    for user, (key_id, secret) in account.stored.items():
        contents = json.dumps({"access_key_id": key_id, "secret_access_key": secret})
        account.secrets.create_secret(Name=f"staging/credentials/{user}", SecretString=contents)
    account.succeed(credentials={"store": "secretsmanager"})
    used |= {f"{entry['service']}:{entry['operation']}" for entry in account.log()}
    notes = " ".join(yaml.safe_load(access_probe.DOCUMENTATION)["notes"])
    assert set(re.findall(r"C\(((?:kms|sts|secretsmanager):\w+)\)", notes)) == used


def test_the_module_is_documented(account: Account) -> None:
    documented = yaml.safe_load(access_probe.DOCUMENTATION)
    assert documented["module"] == MODULE
    assert all(f"interchain.agent_ops.{MODULE}" in task for task in yaml.safe_load(access_probe.EXAMPLES))
    account.provide(setting())
    result = account.succeed()
    told = yaml.safe_load(access_probe.RETURN)
    assert set(result) - {"changed", "invocation", "warnings"} == set(told)
    assert all(set(row) == set(told["answers"]["contains"]) for row in result["answers"])
