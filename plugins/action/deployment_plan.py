# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans a deployment, and says what it needs, on the controller."""

from __future__ import annotations

import json
import typing as t
from datetime import UTC, datetime

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible.utils.vars import load_extra_vars
from ansible_collections.interchain.agent_ops.plugins.module_utils import (
    _deployment_gate,
    _deployment_record,
    _deployment_report,
)
from ansible_collections.interchain.agent_ops.plugins.plugin_utils import _deployment_desk

display = Display()


class ActionModule(ActionBase):
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(argument_spec=dict(_deployment_desk.OPTIONS))
        try:
            _deployment_desk.refuse_overrides(load_extra_vars(self._loader))
            _deployment_desk.refuse_misspelt(task_vars or {})
            return {**result, **self._plan(_deployment_desk.Desk(options))}
        except ValueError as exc:
            raise AnsibleActionFail(str(exc)) from None

    def _plan(self, desk: _deployment_desk.Desk) -> dict[str, t.Any]:
        now = datetime.now(UTC)
        body = desk.body()
        waiting = desk.pending(body, now)
        name, text = waiting or desk.draft(body, now)
        if not waiting and not self._task.check_mode:
            desk.write(name, text, now)
        plan = json.loads(text)
        approvals, problems = desk.approvals(name, text) if waiting else ([], [])
        missing = _deployment_gate.missing(_deployment_desk.demanded(plan), approvals)
        lines = _deployment_report.plan_lines(plan, name)
        lines += _deployment_report.state_lines(_deployment_desk.shown(approvals), problems)
        lines += [f"  missing   {sentence}" for sentence in missing]
        passed_over = "" if waiting else desk.passed_over(body, now)
        lines += [f"  differs   {passed_over}"] if passed_over else []
        if self._task.check_mode:
            lines.append("Nothing is written or run: this is check mode.")
        for line in lines:
            display.display(line)
        return {
            # In check mode nothing else says that an approved plan would be run.
            "changed": not waiting or (self._task.check_mode and not missing and not plan["rehearsal"]),
            "name": name,
            "plan": plan,
            "file": str(desk.place(name) / _deployment_report.PLAN_FILE),
            "approvals": _deployment_desk.shown(approvals),
            "missing": missing,
            "warnings": [
                f"The run of plan {entry['plan'][:12]} that began at {entry['at']} has no end in the record: it was"
                " interrupted, or goes on still. Look what it did before anything else is deployed"
                for entry in _deployment_record.unfinished(_deployment_record.read(desk.record))
            ],
        }
