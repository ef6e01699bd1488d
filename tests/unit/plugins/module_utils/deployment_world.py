# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""People with SSH keys, and a checkout to deploy from, for the tests of deployments."""

from __future__ import annotations

import os
import shutil
import subprocess
import typing as t
from pathlib import Path

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._deployment_approvers import NAMESPACE

needs_ssh_keygen = pytest.mark.skipif(
    shutil.which("ssh-keygen") is None,
    reason="ssh-keygen is missing, so that nothing can be signed: install OpenSSH's client",
)


class Person:
    """Somebody who has a key of one's own."""

    def __init__(self, name: str, folder: Path, kind: str = "ed25519") -> None:
        self.name = name
        self._key = folder / f"{name}-{kind}"
        command = ["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", f"{name}@example.org", "-f", str(self._key)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)

    @property
    def public_key(self) -> str:
        return self._key.with_name(self._key.name + ".pub").read_text(encoding="ascii").strip()

    def approver(self, *roles: str) -> dict[str, t.Any]:
        return {"name": self.name, "public_keys": [self.public_key], "roles": list(roles) or ["core_team"]}

    def sign(self, plan: Path, namespace: str = NAMESPACE) -> str:
        """Sign as the playbook says that it is done."""
        command = ["ssh-keygen", "-Y", "sign", "-n", namespace, "-f", str(self._key)]
        with plan.open("rb") as stream:
            return subprocess.run(command, stdin=stream, check=True, capture_output=True, text=True).stdout

    def approve(self, plan: Path, namespace: str = NAMESPACE) -> Path:
        file = plan.with_name(f"{self.name}.sig")
        file.write_text(self.sign(plan, namespace), encoding="ascii")
        return file


def git(folder: Path, *arguments: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", "-C", str(folder), *who, *arguments],
        env={**clean, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def checkout(folder: Path) -> Path:
    """A committed checkout with a program that says what it was given, and ends as $CODE says."""
    folder.mkdir(parents=True)
    program = folder / "deploy.sh"
    program.write_text('#!/bin/sh\necho "deployed $*"\necho once >> "$RAN"\nexit "${CODE:-0}"\n', encoding="ascii")
    program.chmod(0o755)
    (folder / "config.json").write_text('{"networks": ["kovan"]}\n', encoding="ascii")
    git(folder, "init", "--quiet", ".")
    commit(folder)
    return folder


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "A state")
