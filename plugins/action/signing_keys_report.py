# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes and shows the report of an environment's signing keys, on the controller."""

from __future__ import annotations

import json
import os
import tempfile
import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.interchain.agent_ops.plugins.module_utils import _report

display = Display()

_BASENAME = "signing_keys"


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
            }
        )
        facts = {name: options[name] for name in ("environment", "account_id", "endpoint_url", "sandbox")}
        rows = options["signing_keys"]
        try:
            folder = Path(
                _report.report_directory(options["artifacts_root"], options["environment"], sandbox=options["sandbox"])
            )
            last = _last_report(folder)
        except ValueError as exc:
            raise AnsibleActionFail(str(exc)) from exc
        merged = _report.merge(last["signing_keys"], rows, options["order"])
        changes = _report.address_changes(last["signing_keys"], rows)
        if last.get("account_id", facts["account_id"]) != facts["account_id"]:
            changes.append(f"The last report was of the AWS account {last['account_id']}, not {facts['account_id']}.")
        contents = {
            "json": _report.as_json(merged, facts),
            "csv": _report.as_csv(merged),
            "md": _report.as_markdown(merged, facts),
        }
        files = {folder / f"{_BASENAME}.{kind}": text for kind, text in contents.items()}
        if options["write"]:
            result["changed"] = not last["text"] or not _report.same_but_action(last["text"], contents["json"])
            if not self._task.check_mode:
                _write(files)
            result["warnings"] = changes
        if options["show"]:
            self._show(rows, facts, files)
        return {**result, "files": [str(file) for file in files], "address_changes": changes}

    def _show(self, rows: list[dict[str, t.Any]], facts: dict[str, t.Any], files: t.Iterable[Path]) -> None:
        check_mode = self._task.check_mode
        for line in _report.terminal_report(rows, facts=facts, check_mode=check_mode, width=display.columns):
            display.display(line)
        if not check_mode:
            display.display("Report: " + ", ".join(str(file) for file in files))


def _last_report(folder: Path) -> dict[str, t.Any]:
    file = folder / f"{_BASENAME}.json"
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {"signing_keys": [], "text": ""}
    except OSError as exc:
        raise AnsibleActionFail(f"The last report cannot be read: {exc}") from exc
    try:
        report = json.loads(text)
        return {**report, "signing_keys": [dict(row, name=row["name"]) for row in report["signing_keys"]], "text": text}
    except (ValueError, KeyError, TypeError) as exc:
        raise AnsibleActionFail(
            f"The last report {file} is not a report of signing keys ({type(exc).__name__}). Move it away and run again"
        ) from exc


def _write(files: t.Mapping[Path, str]) -> None:
    """Write each file whole or not at all."""
    try:
        for file, text in files.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as stream:
                    stream.write(text)
                Path(name).chmod(0o644)
                Path(name).replace(file)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
    except OSError as exc:
        raise AnsibleActionFail(
            f"The report cannot be written: {exc}. The keys are in AWS as the run left them; mend this and run again"
        ) from exc
