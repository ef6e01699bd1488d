# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Adds up how long each role takes, and writes that as JSON to the file in AGENT_OPS_ROLE_TIMES when the run ends."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: role_times
type: aggregate
short_description: how long each role takes
description: Adds up how long the tasks of each role take, in seconds.
"""

OUTSIDE = "outside of roles"


class CallbackModule(CallbackBase):
    """A task lasts until the next one starts."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "role_times"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._seconds: dict[str, float] = {}
        self._now = ""
        self._since = time.monotonic()

    def _turn_to(self, owner: str) -> None:
        moment = time.monotonic()
        if self._now:
            self._seconds[self._now] = self._seconds.get(self._now, 0.0) + moment - self._since
        self._now, self._since = owner, moment

    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._turn_to(OUTSIDE)

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self._turn_to(task._role.get_name().rpartition(".")[2] if task._role else OUTSIDE)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._turn_to("")
        Path(os.environ["AGENT_OPS_ROLE_TIMES"]).write_text(json.dumps(self._seconds), encoding="utf-8")
