# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Says what a plan of the proof bucket comes to, on the controller."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.interchain.agent_ops.plugins.module_utils import _access_plan_report

display = Display()


class ActionModule(ActionBase):
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(
            argument_spec={
                "changes": {"type": "list", "elements": "dict", "required": True},
                "problems": {"type": "list", "elements": "str", "default": []},
                "difference": {"type": "dict", "default": {}},
                "environment": {"type": "str", "required": True},
                "url": {"type": "str", "required": True},
                "account_id": {"type": "str", "required": True},
                "endpoint_url": {"type": "str", "required": True},
                "sandbox": {"type": "bool", "required": True},
            }
        )
        check_mode = self._task.check_mode
        title = f"Proof bucket of {options['environment']}"
        for line in _access_plan_report.lines(options["changes"], facts=options, check_mode=check_mode, title=title):
            display.display(line)
        for problem in options["problems"]:
            display.display(f"  {problem}")
        if options["url"]:
            display.display(f"  Proofs are read at {options['url']}")
        # Whatever is carried out says so itself.
        result["changed"] = check_mode and bool(options["changes"])
        if options["difference"]:
            result["diff"] = options["difference"]
        return result
