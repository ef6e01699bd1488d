# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A job as AWX 24.6 starts one: ansible-runner in a private data directory, with a terminal that nobody sits at.

awx/main/tasks/jobs.py (RunJob: build_env, build_extra_vars_file, build_inventory) says what is in there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ansible_runner
import yaml

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


class _Unsafe(str):
    """What a survey was answered: AWX marks it so that it is no template."""


yaml.SafeDumper.add_representer(_Unsafe, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text)))


@dataclass(frozen=True)
class Done:
    status: str
    output: str
    events: str
    project: Path

    @property
    def told(self) -> str:
        return " ".join(self.output.split())


def copy_project(folder: Path) -> Path:
    """A clone of the repository as it is here, the link under collections/ included."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    there = b"\0".join(
        name for name in listed.stdout.split(b"\0") if name and os.path.lexists(ROOT / os.fsdecode(name))
    )
    packed = subprocess.run(
        ["tar", "--null", "--no-recursion", "-T", "-", "-cf", "-"],
        cwd=ROOT,
        input=there,
        capture_output=True,
        check=True,
    )
    project = folder / "project"
    project.mkdir(parents=True)
    subprocess.run(["tar", "-xf", "-", "-C", project], input=packed.stdout, check=True)
    return project


def inventory_script(project: Path, *sources: str, env: Mapping[str, str]) -> str:
    """What AWX makes of the inventory that it imported: a script that prints it."""
    options = [part for source in sources for part in ("-i", f"inventories/{source}/hosts")]
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


def run(
    folder: Path,
    playbook: str,
    *,
    script: str,
    env: Mapping[str, str],
    variables: Mapping[str, Any],
    answers: Mapping[str, str],
    options: str = "",
) -> Done:
    """Run a job template's playbook; ``variables`` are the template's, ``answers`` the survey's."""
    project = copy_project(folder)
    for name in ("inventory", "env"):
        (folder / name).mkdir()
    hosts = folder / "inventory" / "hosts"
    hosts.write_text(script, encoding="utf-8")
    hosts.chmod(0o700)
    told = {"awx_job_id": 7, "awx_user_name": "alice", "tower_job_id": 7}
    extra = {**told, **variables, **{name: _Unsafe(text) for name, text in answers.items()}}
    (folder / "env" / "extravars").write_text(yaml.safe_dump(extra), encoding="utf-8")
    settings = {
        "AWX_ISOLATED_DATA_DIR": str(folder),
        "JOB_ID": "7",
        # What the project's ansible.cfg says, behind what the project's sync fetched.
        "ANSIBLE_COLLECTIONS_PATH": f"{folder}/requirements_collections:collections:~/.ansible/collections",
        **env,
    }
    (folder / "env" / "envvars").write_text(yaml.safe_dump(settings), encoding="utf-8")
    done = ansible_runner.run(
        private_data_dir=str(folder), playbook=playbook, cmdline=options or None, quiet=True, ident="7", timeout=240
    )
    events = "\n".join(path.read_text(encoding="utf-8") for path in (folder / "artifacts" / "7").rglob("*.json"))
    output = (folder / "artifacts" / "7" / "stdout").read_text(encoding="utf-8")
    return Done(done.status, output, events, project)
