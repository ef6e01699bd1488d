# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Has somebody approve what a plan pays to wallets, on the controller: at the terminal, or by a variable."""

from __future__ import annotations

import os
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.interchain.agent_ops.plugins.module_utils import _wallet_approval
from ansible_collections.interchain.agent_ops.plugins.module_utils._deployment_gate import unattended
from ansible_collections.interchain.agent_ops.plugins.plugin_utils._terminal import Terminal

_YES = "yes"


class ActionModule(ActionBase):
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(
            argument_spec={
                "result": {"type": "dict", "required": True},
                "environment": {"type": "str", "required": True},
                "approve": {"type": "bool", "default": False},
                "replace_stuck": {"type": "bool", "default": False},
                "attended": {"type": "bool", "default": True},
                "wait_minutes": {"type": "int", "default": 15},
            }
        )
        plan = options["result"]
        missing = [name for name in ("transfers", "confirmed") if name not in plan]
        if missing:
            raise AnsibleActionFail(
                f"result has no {', '.join(missing)}. Expected: what interchain.agent_ops.wallet_top_up returned in"
                " check mode"
            )
        question = _wallet_approval.question(plan, options["environment"], replace_stuck=options["replace_stuck"])
        open_ones = _wallet_approval.has_open(plan)
        send = plan["confirmed"] and not self._task.check_mode and bool(question or open_ones)
        try:
            if send and question and not options["approve"]:
                said = unattended(os.environ, task_vars or {}, options["attended"], "wallet_funding_attended")
                self._ask(Terminal(said, "Nothing was sent"), question, options["wait_minutes"])
        except ValueError as exc:
            raise AnsibleActionFail(str(exc)) from None
        approved = _wallet_approval.planned(plan) if send else []
        return {**result, "changed": False, "send": send, "approved": approved}

    @staticmethod
    def _ask(terminal: Terminal, question: str, minutes: int) -> None:
        if terminal.absent:
            raise ValueError(_wallet_approval.nobody(terminal.absent))
        if not terminal.confirm(f"{question} Type {_YES} and [return] to do so:", _YES, minutes * 60):
            raise ValueError(f"What was typed is not {_YES}. Nothing was sent")
