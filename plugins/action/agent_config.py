# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the module of the same name with a folder of the controller's, and shows what comes of it."""

from __future__ import annotations

import os
import typing as t

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_model import without_other_values
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_report import lines

display = Display()


class ActionModule(ActionBase):
    """Runs the module."""

    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        # Where ansible-playbook was started, wherever the module runs.
        arguments["artifacts_root"] = os.path.abspath(
            os.path.expanduser(arguments.get("artifacts_root") or "artifacts")
        )
        # The invocation shows what is handed over.
        arguments["networks"] = without_other_values(arguments.get("networks"))
        answer = self._execute_module(module_args=arguments, task_vars=task_vars)
        # Where nothing could be written, nothing is as wanted.
        if isinstance(answer.get("files"), list) and (answer["files"] or not answer.get("failed")):
            for line in lines(answer, environment=str(arguments.get("environment")), check_mode=self._task.check_mode):
                display.display(line)
        return {**result, **answer}
