# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows, while the module of the same name runs, what it says about long work, and then what became of access keys."""

from __future__ import annotations

import typing as t

from ansible.utils.display import Display
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_rows import told
from ansible_collections.interchain.agent_ops.plugins.plugin_utils._narrated_module import NarratedModule

display = Display()


class ActionModule(NarratedModule):
    """Runs the module."""

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        rows = result.get("credentials")
        lines = told(rows, check_mode=self._task.check_mode) if isinstance(rows, list) else []
        if lines:
            display.display(f"Access keys of {self._task.args.get('environment')}:")
        for line in lines:
            display.display(line)
        return result
