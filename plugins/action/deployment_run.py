# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the command of a deployment once its plan is approved, on the controller."""

from __future__ import annotations

import os
import secrets
import time
import typing as t
from datetime import UTC, datetime
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible.utils.vars import load_extra_vars
from ansible_collections.interchain.agent_ops.plugins.module_utils import (
    _deployment_command,
    _deployment_gate,
    _deployment_plan,
    _deployment_record,
    _deployment_report,
)
from ansible_collections.interchain.agent_ops.plugins.plugin_utils import _deployment_desk
from ansible_collections.interchain.agent_ops.plugins.plugin_utils._terminal import Terminal

display = Display()

# A signature that appears meanwhile is seen after so many seconds, or at once when the return key is pressed.
_LOOK_SECONDS = 20
_AGAIN = "Run deploy.yml again for a new plan, which needs new approvals"
_GIVEN_UP = "Nothing was run. Run deploy.yml again with the same variables: the plan waits until it expires"


class ActionModule(ActionBase):
    _supports_check_mode = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(
            argument_spec={
                **_deployment_desk.OPTIONS,
                "name": {"type": "str", "required": True},
                "attended": {"type": "bool", "default": True},
                "wait_minutes": {"type": "int", "default": 15},
                "show_output": {"type": "bool", "default": True},
            }
        )
        try:
            _deployment_desk.refuse_overrides(load_extra_vars(self._loader))
            absent = _deployment_gate.unattended(os.environ, task_vars or {}, options["attended"])
            return {**result, **_Run(_deployment_desk.Desk(options), options, absent).run()}
        except ValueError as exc:
            raise AnsibleActionFail(str(exc)) from None


class _Run:
    """One run of one plan. Errors are ValueErrors, and mean that the command was not started."""

    def __init__(self, desk: _deployment_desk.Desk, options: t.Mapping[str, t.Any], absent: str) -> None:
        self._desk = desk
        self._options = options
        self._name: str = options["name"]
        self._text, self._plan = desk.load(self._name)
        self._demand = _deployment_desk.demanded(self._plan)
        self._absent = absent
        self._approvals: list[_deployment_gate.Approval] = []

    def run(self) -> dict[str, t.Any]:
        self._refuse_stale(_deployment_record.read(self._desk.record))
        needs_terminal = self._demand.attended or bool(self._demand.requirements)
        terminal = Terminal(self._absent, _GIVEN_UP) if needs_terminal else None
        if terminal and self._demand.attended and terminal.absent:
            reason = (
                f"Deployments of {' and '.join(self._plan['components'])} to {self._plan['environment']} are manual:"
                f" they are not run unattended, whoever approved them ({terminal.absent}). Run deploy.yml at a"
                " terminal. Nothing was run."
            )
            raise ValueError("\n".join([reason, *self._look()[1]]))
        if terminal:
            self._await_approvals(terminal)
            if self._demand.attended:
                self._confirm(terminal)
        self._claim()
        return self._execute()

    def _refuse_stale(self, entries: t.Iterable[_deployment_record.Entry]) -> None:
        """Refuse a plan that is not as things are now, or was run."""
        name = self._name
        events = {entry["event"]: entry for entry in entries if entry["plan"] == name}
        if _deployment_record.PLANNED not in events:
            raise ValueError(f"The plan {name[:12]} is not in the record {self._desk.record}. {_AGAIN}")
        if _deployment_record.STARTED in events:
            raise ValueError(
                f"The plan {name[:12]} was run at {events[_deployment_record.STARTED]['at']}, and a plan runs once."
                f" {_AGAIN}"
            )
        if self._desk.has_output(name):
            raise ValueError(
                f"The plan {name[:12]} was run, since {self._desk.log(name)} is its output, and the record"
                f" {self._desk.record} has no line of it. Find out who changed the record. {_AGAIN}"
            )
        if _deployment_plan.expired(self._plan, datetime.now(UTC)):
            raise ValueError(f"The plan {name[:12]} expired at {self._plan['expires']}. {_AGAIN}")
        changes = _deployment_plan.changes(self._plan, self._desk.body())
        if changes:
            raise ValueError(f"The plan {name[:12]} is not how things are any more: {', '.join(changes)}. {_AGAIN}")

    def _await_approvals(self, terminal: Terminal) -> None:
        end = time.monotonic() + self._options["wait_minutes"] * 60
        told: list[str] = []
        while True:
            enough, text = self._look()
            if enough:
                return
            left = int(end - time.monotonic())
            if terminal.absent or left <= 0:
                reason = terminal.absent or f"no approval in {self._options['wait_minutes']} minutes"
                raise ValueError("\n".join([f"Not approved, and nothing was run ({reason}).", *text, _RETURN]))
            if text != told:
                for line in text:
                    display.display(line)
                told = text
            terminal.wait(
                f"Waiting for the approval, for {left // 60 + 1} min. [return] to look at once, [ctrl-c] to give up.",
                min(_LOOK_SECONDS, left),
            )

    def _look(self) -> tuple[bool, list[str]]:
        """Return whether there are enough approvals, and what there is and what has to be signed."""
        self._approvals, problems = self._desk.approvals(self._name, self._text)
        missing = _deployment_gate.missing(self._demand, self._approvals)
        lines = _deployment_report.state_lines(_deployment_desk.shown(self._approvals), problems)
        if missing:
            lines += _deployment_report.signing_lines(str(self._desk.place(self._name)), missing)
        return not missing, lines

    def _confirm(self, terminal: Terminal) -> None:
        # Of this run alone: what somebody could have written down before says nothing of who is there now.
        code = secrets.token_hex(3)
        asked = f"To run the plan {self._name[:12]} now, type {code} and [return]:"
        if not terminal.confirm(asked, code, self._options["wait_minutes"] * 60):
            raise ValueError("The plan was not confirmed at the terminal. Nothing was run")

    def _claim(self) -> None:
        """Take the plan for this run, for good. Whoever comes second finds it taken."""
        with _deployment_record.locked(self._desk.record) as record:
            self._refuse_stale(record.entries)
            now = datetime.now(UTC)
            for approval in self._approvals:
                record.append(
                    _deployment_record.APPROVED,
                    self._name,
                    now,
                    approver=approval.name,
                    fingerprint=approval.fingerprint,
                    roles=list(approval.roles),
                    signature=approval.signature,
                )
            record.append(
                _deployment_record.STARTED,
                self._name,
                now,
                environment=self._plan["environment"],
                components=self._plan["components"],
                gates=self._plan["demand"]["gates"],
                command=self._plan["command"],
                commit=self._plan["commit"],
                rehearsal=self._plan["rehearsal"],
                user=_user(),
            )

    def _execute(self) -> dict[str, t.Any]:
        log = self._desk.log(self._name)
        began = time.monotonic()
        code: int | None = None
        problem = unlogged = ""
        if not self._plan["rehearsal"]:
            try:
                code, unlogged = _deployment_command.run(
                    self._plan["command"],
                    program=Path(self._plan["program"]["path"]),
                    directory=self._desk.directory,
                    log=log,
                    show=self._show if self._options["show_output"] else lambda _line: None,
                )
            except ValueError as exc:
                problem = str(exc)
        seconds = round(time.monotonic() - began, 1)
        unrecorded = self._record_end(code, seconds)
        if problem:
            raise ValueError(f"{problem}. The command was not run; its plan is used up. {_AGAIN}")
        result = {
            "changed": not self._plan["rehearsal"],
            "name": self._name,
            "seconds": seconds,
            "rehearsal": self._plan["rehearsal"],
            "approvals": _deployment_desk.shown(self._approvals),
            "record": str(self._desk.record),
        }
        if code is not None:
            result |= {"rc": code, "log": str(log)}
        if unrecorded or unlogged:
            result["warnings"] = [text for text in (unrecorded, unlogged) if text]
        if code:
            result |= {
                "failed": True,
                "msg": f"The command ended with the exit code {code}; its output is in {log}. {_AGAIN}",
            }
        return result

    def _record_end(self, code: int | None, seconds: float) -> str:
        """Return what prevented it. The command has run, and what became of it must be said whatever happens here."""
        try:
            with _deployment_record.locked(self._desk.record) as record:
                ending = {"rc": code, "seconds": seconds, "rehearsal": self._plan["rehearsal"]}
                record.append(_deployment_record.ENDED, self._name, datetime.now(UTC), **ending)
        except ValueError as exc:
            return f"The end of the command is not in the record. {exc}"
        return ""

    @staticmethod
    def _show(line: str) -> None:
        # Not into ansible's own log, which others may read.
        display.display(line, screen_only=True)


_RETURN = "Then run deploy.yml again with the same variables: the plan waits until it expires."


def _user() -> str:
    """Return who runs this, as far as the machine knows. Nothing is decided by it."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
