# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Says what a plan of permissions comes to, on the controller."""

from __future__ import annotations

import os
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.interchain.agent_ops.plugins.module_utils import _access_plan_report, _report

display = Display()


class ActionModule(ActionBase):
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(
            argument_spec={
                "changes": {"type": "list", "elements": "dict", "required": True},
                "left": {"type": "list", "elements": "str", "default": []},
                "difference": {"type": "dict", "default": {}},
                "environment": {"type": "str", "required": True},
                "form": {"type": "str", "required": True},
                "account_id": {"type": "str", "required": True},
                "endpoint_url": {"type": "str", "required": True},
                "sandbox": {"type": "bool", "required": True},
                "artifacts_root": {"type": "path", "default": "artifacts"},
                "show": {"type": "bool", "default": True},
            }
        )
        try:
            folder = _report.report_directory(
                options["artifacts_root"], options["environment"], sandbox=options["sandbox"]
            )
        except ValueError as exc:
            raise AnsibleActionFail(str(exc)) from None
        check_mode = self._task.check_mode
        if options["show"]:
            for line in _access_plan_report.lines(options["changes"], facts=options, check_mode=check_mode):
                display.display(line)
            result["warnings"] = options["left"]
        # Whatever is carried out says so itself.
        result["changed"] = check_mode and bool(options["changes"])
        if options["difference"]:
            result["diff"] = options["difference"]
        return {**result, "directory": os.path.abspath(folder)}
