# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What several unit tests need: a playbook run by the real ansible-playbook, with this checkout's collection."""

from __future__ import annotations

import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

COLLECTIONS = Path(__file__).parents[2] / "collections"
UMASK = 0o027

Playbook = t.Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def ansible_playbook(quick_modules: dict[str, str]) -> Playbook:
    """Return a function that runs tasks on localhost, and gives what was printed: results as JSON, no colours."""

    def run(folder: Path, tasks: list[dict[str, t.Any]], **variables: t.Any) -> subprocess.CompletedProcess[str]:
        play = {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "vars": variables,
            "tasks": tasks,
        }
        (folder / "play.yml").write_text(yaml.safe_dump([play], sort_keys=False), encoding="utf-8")
        # Nothing of the user's: neither settings nor another copy of the collection.
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "COLUMNS": "80",
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_NOCOLOR": "1",
            **quick_modules,
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        }
        return subprocess.run(
            [str(Path(sys.executable).with_name("ansible-playbook")), "play.yml"],
            cwd=folder,
            env=environment,
            umask=UMASK,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    return run
