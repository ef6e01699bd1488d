# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes and shows who may do what with an environment's signing keys, on the controller."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.interchain.agent_ops.plugins.module_utils import _access_report
from ansible_collections.interchain.agent_ops.plugins.module_utils._report import report_directory
from ansible_collections.interchain.agent_ops.plugins.plugin_utils._report_files import (
    terminal_width,
    write_files,
)
from ansible_collections.interchain.agent_ops.plugins.plugin_utils._report_store import LastReports

display = Display()

_BASENAME = "access_matrix"
_FACTS = ("account_id", "endpoint_url", "sandbox")
_ADVICE = "Nothing was changed in AWS; mend this and run again"
_PARTS = ("matrix", "principals", "resources", "differences", "not_read")


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
                "show": {"type": "bool", "default": True},
                "write": {"type": "bool", "default": True},
                "store": {"type": "dict", "default": {}},
            }
        )
        found = options["result"]
        missing = [name for name in (*_FACTS, *_PARTS) if name not in found]
        if missing:
            raise AnsibleActionFail(
                f"result has no {', '.join(missing)}. Expected: what interchain.agent_ops.access_matrix_info returned"
            )
        facts = {"environment": options["environment"], **{name: found[name] for name in _FACTS}}
        report = {name: found[name] for name in _PARTS}
        if options["show"]:
            # Whatever becomes of the files, the differences must be seen.
            for line in _access_report.terminal_report(report, facts=facts, width=terminal_width()):
                display.display(line)
        try:
            folder = Path(report_directory(options["artifacts_root"], options["environment"], sandbox=facts["sandbox"]))
            files = {
                folder / f"{_BASENAME}.json": _access_report.as_json(report, facts),
                folder / f"{_BASENAME}.md": _access_report.as_markdown(report, facts),
            }
            last = LastReports(
                self,
                options["store"] if options["write"] else {},
                task_vars,
                environment=options["environment"],
                account_id=facts["account_id"],
                sandbox=facts["sandbox"],
            )
            if options["write"]:
                last.read([file.name for file in files])
                result["changed"] = bool(last.others(files)) or any(
                    last.text(file) != text for file, text in files.items()
                )
                if not self._task.check_mode:
                    write_files(folder, files, _ADVICE)
                    last.replace(files)
                    if options["show"]:
                        display.display(f"Report: {last.places(files)}")
        except ValueError as exc:
            raise AnsibleActionFail(str(exc)) from None
        result |= {
            "files": [str(file) for file in files],
            "directory": str(folder),
            "different": bool(report["differences"]),
        }
        return last.as_result(result, _ADVICE)
