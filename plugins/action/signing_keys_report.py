# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes and shows the report of an environment's signing keys, on the controller."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.interchain.agent_ops.plugins.module_utils import _report
from ansible_collections.interchain.agent_ops.plugins.module_utils._report_documents import REPORTS
from ansible_collections.interchain.agent_ops.plugins.plugin_utils._report_files import (
    terminal_width,
    write_files,
)
from ansible_collections.interchain.agent_ops.plugins.plugin_utils._report_store import LastReports

display = Display()

_BASENAME = "signing_keys"
_ADVICE = "The keys are as the table shows; mend this and run again"
_NO_REPORT = "The last report {file} is not a report of signing keys. Move it away and run again"


class ActionModule(ActionBase):
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(
            argument_spec={
                "signing_keys": {"type": "list", "elements": "dict", "required": True},
                "environment": {"type": "str", "required": True},
                "account_id": {"type": "str", "required": True},
                "endpoint_url": {"type": "str", "required": True},
                "sandbox": {"type": "bool", "required": True},
                "artifacts_root": {"type": "path", "default": "artifacts"},
                "order": {"type": "list", "elements": "str", "default": []},
                "show": {"type": "bool", "default": True},
                "write": {"type": "bool", "default": True},
                "store": {"type": "dict", "default": {}},
            }
        )
        facts = {name: options[name] for name in ("environment", "account_id", "endpoint_url", "sandbox")}
        rows = options["signing_keys"]
        about = {name: options[name] for name in ("environment", "account_id", "sandbox")}
        last = LastReports(self, options["store"], task_vars, **about)
        try:
            folder = Path(
                _report.report_directory(options["artifacts_root"], options["environment"], sandbox=options["sandbox"])
            )
            if options["write"] or self._task.check_mode:
                last.read(REPORTS[_BASENAME])
            report = _Report(folder, last, facts, rows, options["order"])
            if options["write"]:
                result["changed"] = report.changed
                result["warnings"] = report.address_changes
                if not self._task.check_mode:
                    report.write()
                    report.store()
        except ValueError as exc:
            # Whatever becomes of the files, the keys are there: their addresses must be seen.
            self._show(rows, facts, "")
            raise AnsibleActionFail(str(exc)) from None
        if options["show"] or last.problem:
            written = [file for file in report.files if file.exists()] if not self._task.check_mode else []
            self._show(report.shown, facts, last.places(written) if written else "")
            if report.unwanted:
                names = ", ".join(report.unwanted)
                display.display(f"The report also has keys that the inventory does not ask for: {names}")
        result |= {"files": [str(file) for file in report.files], "address_changes": report.address_changes}
        told = last.as_result(result, _ADVICE)
        if last.problem:
            # Whoever goes on, and fails later, has said it.
            told["warnings"] = [*told.get("warnings", ()), told["msg"]]
        return told

    def _show(self, rows: list[dict[str, t.Any]], facts: dict[str, t.Any], places: str) -> None:
        check_mode = self._task.check_mode
        for line in _report.terminal_report(rows, facts=facts, check_mode=check_mode, width=terminal_width()):
            display.display(line)
        if places:
            display.display(f"Report: {places}")


class _Report:
    """The files of the report: what they held, and what they are to hold. Errors are ValueErrors."""

    def __init__(
        self,
        folder: Path,
        stored: LastReports,
        facts: dict[str, t.Any],
        rows: list[dict[str, t.Any]],
        order: list[str],
    ) -> None:
        self._folder = folder
        self._stored = stored
        self._last_text, last = _last_report(folder / f"{_BASENAME}.json", stored)
        self._last_account = last.get("account_id", facts["account_id"])
        self.address_changes: list[str] = []
        if self._last_account != facts["account_id"]:
            # Keys of two accounts under one heading would be taken for keys of one. The old report is put aside.
            self.address_changes.append(
                f"The last report was of the AWS account {self._last_account}, this one is of {facts['account_id']}."
                f" The last one is kept as {self._aside().name}"
            )
            last = {"signing_keys": []}
        changes = _report.address_changes(last["signing_keys"], rows)
        if facts["sandbox"] and len(changes) > 1:
            forgot = (
                f"{len(changes)} addresses are others than in the last report: a sandbox forgets its keys at its end."
            )
            changes = [f"{forgot} {changes[0]}"]
        self.address_changes += changes
        merged = _report.merge(last["signing_keys"], rows, order)
        names = {row["name"] for row in rows}
        # With what the last report knows of a key that could not be read now, its address above all.
        self.shown = [row for row in merged if row["name"] in names]
        self.unwanted = [row["name"] for row in merged if order and row["name"] not in order]
        self._contents = _files(folder, merged, facts)
        text = next(iter(self._contents.values()))
        same = bool(self._last_text) and _report.same_but_action(self._last_text, text)
        # What was done by the run that stored it stays there, until something else has changed.
        self._to_store = _files(folder, last["signing_keys"], facts) if same else self._contents
        self.changed = not same or bool(stored.others(self._to_store))
        self._set_aside = self._last_account != facts["account_id"]

    @property
    def files(self) -> list[Path]:
        return list(self._contents)

    def _aside(self) -> Path:
        return self._folder / f"{_BASENAME}.{self._last_account}.json"

    def write(self) -> None:
        """Write each file whole or not at all."""
        contents = dict(self._contents)
        if self._set_aside:
            contents = {self._aside(): self._last_text, **contents}
        write_files(self._folder, contents, _ADVICE)

    def store(self) -> None:
        contents = self._to_store
        if self._set_aside:
            self._stored.read([self._aside().name])
            contents = {self._aside(): self._last_text, **contents}
        self._stored.replace(contents)


def _files(folder: Path, rows: list[dict[str, t.Any]], facts: dict[str, t.Any]) -> dict[Path, str]:
    contents = (
        _report.as_json(rows, facts),
        _report.as_csv(rows, facts),
        _report.as_markdown(rows, facts),
    )
    return {folder / name: text for name, text in zip(REPORTS[_BASENAME], contents, strict=True)}


def _last_report(file: Path, stored: LastReports) -> tuple[str, dict[str, t.Any]]:
    """Return the text and the contents of the last report."""
    text = stored.stored(file.name)
    try:
        if text is None:
            text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return "", {"signing_keys": []}
    except OSError as exc:
        raise ValueError(f"The last report cannot be read: {exc}. Mend this and run again") from exc
    except UnicodeDecodeError as exc:
        raise ValueError(_NO_REPORT.format(file=file)) from exc
    where = file if stored.stored(file.name) is None else f"{stored.places(())}{file.name}"
    try:
        report = json.loads(text)
        return text, {**report, "signing_keys": [dict(row, name=row["name"]) for row in report["signing_keys"]]}
    except (ValueError, KeyError, TypeError) as exc:
        raise ValueError(_NO_REPORT.format(file=where)) from exc
