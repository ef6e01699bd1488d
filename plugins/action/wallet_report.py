# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes and shows the balances of an environment's wallets, and what was paid to them, on the controller."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.interchain.agent_ops.plugins.module_utils import (
    _wallet_chart,
    _wallet_files,
    _wallet_history,
    _wallet_report,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._report import report_directory
from ansible_collections.interchain.agent_ops.plugins.module_utils._report_documents import HISTORY, REPORTS
from ansible_collections.interchain.agent_ops.plugins.plugin_utils._report_files import terminal_width, write_files
from ansible_collections.interchain.agent_ops.plugins.plugin_utils._report_store import LastReports

display = Display()

_BASENAME = "wallets"
_ADVICE = "What was paid is in the records of payments; mend this and run balances.yml"
_BEFORE = "Nothing was sent in this run; mend this and start it again"
_NEEDED = ("wallets", "networks", "sandbox", "read_at")


class ActionModule(ActionBase):
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(
            argument_spec={
                "result": {"type": "dict", "required": True},
                "environment": {"type": "str", "required": True},
                "artifacts_root": {"type": "path", "default": "artifacts"},
                "show": {
                    "type": "list",
                    "elements": "str",
                    "choices": ["transfers", "wallets"],
                    "default": ["wallets"],
                },
                "write": {"type": "bool", "default": True},
                "remember": {"type": "bool"},
                "store": {"type": "dict", "default": {}},
            }
        )
        found, environment = options["result"], options["environment"]
        needed = (*_NEEDED, "transfers") if "transfers" in options["show"] else _NEEDED
        missing = [name for name in needed if name not in found]
        if missing:
            raise AnsibleActionFail(
                f"result has no {', '.join(missing)}. Expected: what interchain.agent_ops.wallet_balances_info or"
                " wallet_top_up returned"
            )
        try:
            folder = Path(report_directory(options["artifacts_root"], environment, sandbox=found["sandbox"]))
            account = {"account_id": found["account_id"]} if "account_id" in found else {}
            last = LastReports(
                self, options["store"], task_vars, environment=environment, sandbox=found["sandbox"], **account
            )
            last.read(REPORTS[_BASENAME])
            history = _History(folder / HISTORY, found, last.stored(HISTORY) or "")
            found = {**found, "wallets": history.told(found["wallets"])}
            # Whatever becomes of the files, balances and payments must be seen.
            self._show(found, options)
            files = _files(folder, found, environment) if options["write"] else {}
            remember = options["write"] if options["remember"] is None else options["remember"]
            contents = {**(history.files() if remember else {}), **files}
            if contents and not self._task.check_mode:
                write_files(folder, contents, _ADVICE if options["write"] else _BEFORE)
                last.replace(contents)
            if files and not self._task.check_mode:
                display.display(f"Report: {last.places(files)}")
        except ValueError as exc:
            raise AnsibleActionFail(str(exc)) from None
        # A balance is another one at every look. That a report has the latest is no change of anything.
        result["changed"] = False
        if history.warning:
            result["warnings"] = [history.warning]
        result |= {"files": [str(file) for file in files], "wallets": found["wallets"]}
        return last.as_result(result, _ADVICE)

    def _show(self, found: t.Mapping[str, t.Any], options: t.Mapping[str, t.Any]) -> None:
        told: dict[str, t.Any] = {"environment": options["environment"], "width": terminal_width()}
        if "transfers" in options["show"]:
            check_mode = self._task.check_mode
            for line in _wallet_report.transfer_lines(found, check_mode=check_mode, **told):
                display.display(line)
        if options["show"][1:]:
            display.display("")
        if "wallets" in options["show"]:
            for line in _wallet_report.wallet_lines(found, **told):
                display.display(line)


def _files(folder: Path, found: t.Mapping[str, t.Any], environment: str) -> dict[Path, str]:
    picture = f"{_BASENAME}.svg"
    return {
        folder / f"{_BASENAME}.json": _wallet_files.as_json(found, environment),
        folder / f"{_BASENAME}.csv": _wallet_files.as_csv(found, environment),
        folder / f"{_BASENAME}.md": _wallet_files.as_markdown(found, environment, picture),
        folder / picture: _wallet_chart.as_svg(found, environment),
    }


class _History:
    """What earlier runs saw, and this one. A history that cannot be read is left alone, and nothing is said of use."""

    def __init__(self, file: Path, found: t.Mapping[str, t.Any], stored: str) -> None:
        """:param stored: what runs elsewhere saw."""
        self._file = file
        self.warning = ""
        now = _wallet_history.entry(found["read_at"], found["wallets"])
        try:
            text = file.read_text(encoding="utf-8")
        except FileNotFoundError:
            text = ""
        except (OSError, UnicodeDecodeError) as exc:
            self.warning = f"The history {file} cannot be read: {exc}. How long balances last is not known"
            self._entries: list[_wallet_history.Entry] = []
            return
        earlier, strange = _wallet_history.from_lines(text)
        elsewhere, more = _wallet_history.from_lines(stored)
        if stored:
            earlier, strange = _wallet_history.joined(elsewhere, earlier), strange + more
        if strange:
            self.warning = f"The history {file} has lines that say nothing ({strange}). They are left out of it"
        # A plan of which nothing came is shown twice, and was one look.
        looks = earlier if now in earlier else [*earlier, now]
        self._entries = _wallet_history.bounded(looks, now.at)

    def told(self, rows: t.Iterable[t.Mapping[str, t.Any]]) -> list[dict[str, t.Any]]:
        """Return wallet rows, and in how many days each is empty."""
        return [{**row, "days_left": self._days_left(row)} for row in rows]

    def _days_left(self, row: t.Mapping[str, t.Any]) -> float | None:
        if row["balance_wei"] is None or not row["address"]:
            return None
        left = _wallet_history.days_left(self._entries, row["network"], row["address"], row["balance_wei"])
        return None if left is None else round(left, 2)

    def files(self) -> dict[Path, str]:
        return {self._file: "".join(map(_wallet_history.as_line, self._entries))} if self._entries else {}
