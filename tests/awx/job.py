# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A job as AWX 24.6 starts one: ansible-runner in a private data directory, with a terminal that nobody sits at.

awx/main/tasks/jobs.py (RunJob: build_env, build_args, build_extra_vars_file, build_inventory) says what is in there.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import ansible_runner
import yaml

from sandbox.client import environment_without_aws

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


class _Unsafe(str):
    """What a survey was answered: AWX marks it so that it is no template."""


yaml.SafeDumper.add_representer(_Unsafe, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text)))


@dataclass(frozen=True)
class Done:
    template: str
    status: str
    output: str
    folder: Path

    @property
    def told(self) -> str:
        return " ".join(self.output.split())

    def left(self) -> Iterator[Path]:
        """The files that are there after the job: events, output, facts, and what it wrote into the project.

        Not ansible-runner's own record of the environment (``command``): like ``env`` it is AWX's, which masks it.
        """
        for part in ("artifacts", "inventory", "project"):
            # What was copied has another link beside it.
            found = (path for path in (self.folder / part).rglob("*") if path.is_file() and path.stat().st_nlink == 1)
            yield from (path for path in found if path.parent != self.folder / "artifacts/7" or path.name != "command")


def copy_project(folder: Path) -> Path:
    """A clone of the repository as it is here, the link under collections/ included."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in map(os.fsdecode, filter(None, listed.stdout.split(b"\0"))):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(ROOT / name):
            shutil.copy2(ROOT / name, target, follow_symlinks=False)
    return folder


def inventory_script(project: Path, *sources: Path | str, env: Mapping[str, str]) -> str:
    """What AWX makes of the inventory that it imported: a script that prints it."""
    options = [part for source in sources for part in ("-i", os.fspath(source))]
    found = subprocess.run(
        [os.fspath(BIN / "ansible-inventory"), *options, "--list", "--export"],
        cwd=project,
        env=dict(env),
        capture_output=True,
        text=True,
        check=True,
    )
    data = json.loads(found.stdout)
    return f"#! /usr/bin/env python3\n# -*- coding: utf-8 -*-\nprint({json.dumps(data)!r})\n"


def prepare(folder: Path, project: Path, script: str) -> None:
    """Make the private data directory. The project's files are linked: a job writes new ones, and none of these."""
    shutil.copytree(project, folder / "project", symlinks=True, copy_function=_link)
    for name in ("inventory", "env"):
        (folder / name).mkdir()
    hosts = folder / "inventory" / "hosts"
    hosts.write_text(script, encoding="utf-8")
    hosts.chmod(0o700)


def _link(source: str, target: str) -> None:
    os.link(source, target, follow_symlinks=False)


def run(
    folder: Path,
    template: Mapping[str, Any],
    *,
    env: Mapping[str, str],
    variables: Mapping[str, Any],
    options: Sequence[str],
) -> Done:
    """Run a job template's playbook; ``variables`` are what a survey or a node adds to the template's own."""
    told = {"awx_job_id": 7, "awx_user_name": "alice", "tower_job_id": 7}
    extra = {**json.loads(template["extra_vars"] or "{}"), **told}
    extra |= {name: _Unsafe(text) for name, text in variables.items()}
    (folder / "env" / "extravars").write_text(yaml.safe_dump(extra), encoding="utf-8")
    settings = {
        "JOB_ID": "7",
        # What the project's ansible.cfg says, behind what the project's sync fetched.
        "ANSIBLE_COLLECTIONS_PATH": f"{folder}/requirements_collections:collections:~/.ansible/collections",
        "ANSIBLE_RETRY_FILES_ENABLED": "False",
        **env,
    }
    (folder / "env" / "envvars").write_text(yaml.safe_dump(settings), encoding="utf-8")
    # The image's environment has nothing of whoever runs the tests: no credentials, and nothing that says CI.
    with mock.patch.dict(os.environ, environment_without_aws(), clear=True):
        os.environ.pop("CI", None)
        done = ansible_runner.run(
            private_data_dir=str(folder),
            playbook=template["playbook"],
            cmdline=" ".join(["-u", "root", *options]),
            quiet=True,
            ident="7",
            timeout=400,
        )
    output = (folder / "artifacts" / "7" / "stdout").read_text(encoding="utf-8")
    return Done(template["name"], done.status, output, folder)
