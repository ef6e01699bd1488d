# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Actions in a real playbook, all of a test's tasks in one run of it."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path


class Run:
    """What came of a playbook: its output, and the result of each of its tasks."""

    def __init__(self, ansible_playbook: t.Callable[..., t.Any], folder: Path, tasks: list[dict[str, t.Any]]) -> None:
        last = {"name": "results", "ansible.builtin.debug": {"msg": "{{ results }}"}}
        names = [task["register"] for task in tasks]
        done = ansible_playbook(folder, [*tasks, last], results={name: f"{{{{ {name} }}}}" for name in names})
        self.stdout, self.stderr = done.stdout, done.stderr
        shown = re.search(r"TASK \[results\].*?^ok: \[localhost\] => (\{.*?^\})", done.stdout, re.DOTALL | re.MULTILINE)
        assert shown, done.stdout + done.stderr
        self.results: dict[str, t.Any] = json.loads(shown[1])["msg"]
        self.output: dict[str, str] = dict(
            re.findall(r"^TASK \[(\w+)\] \**\n(.*?)(?=^TASK|\Z)", done.stdout, re.S | re.M)
        )
