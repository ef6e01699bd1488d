# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Installs the program of the service Keymaster, one file, on a host that has neither ansible nor this collection."""

from __future__ import annotations

import tempfile
import typing as t
from pathlib import Path

from ansible.plugins.action import ActionBase
from ansible_collections.interchain.agent_ops.plugins.plugin_utils._keymaster_program import NAME, program


class ActionModule(ActionBase):
    _supports_check_mode = True
    TRANSFERS_FILES = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        self.validate_argument_spec(
            argument_spec={
                "dest": {"type": "path", "required": True},
                "owner": {"type": "str"},
                "group": {"type": "str"},
                "mode": {"type": "raw"},
            }
        )
        try:
            packed = program()
        except ValueError as exc:
            return {"failed": True, "changed": False, "msg": f"The service cannot be installed: {exc}"}
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, NAME)
            file.write_bytes(packed)
            task = self._task.copy()
            task.args = {**self._task.args, "src": str(file)}
            # What it says beyond that a program is another one, nobody reads.
            task.diff = False
            copy = self._shared_loader_obj.action_loader.get(
                "ansible.legacy.copy",
                task=task,
                connection=self._connection,
                play_context=self._play_context,
                loader=self._loader,
                templar=self._templar,
                shared_loader_obj=self._shared_loader_obj,
            )
            return t.cast("dict[str, t.Any]", copy.run(task_vars=task_vars))
