# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes and shows what became of an environment's deployment configurations, on the controller."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.interchain.agent_ops.plugins.module_utils import _contract_config_report
from ansible_collections.interchain.agent_ops.plugins.module_utils._report import report_directory
from ansible_collections.interchain.agent_ops.plugins.plugin_utils._report_files import write_files
from ansible_collections.interchain.agent_ops.plugins.plugin_utils._report_store import LastReports

display = Display()

_BASENAME = "contract_config"
_ADVICE = "No deployment configuration was changed; mend this and run again"


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
                "write": {"type": "bool", "default": True},
                "store": {"type": "dict", "default": {}},
            }
        )
        found, environment = options["result"], options["environment"]
        missing = [name for name in ("rows", "sandbox") if name not in found]
        if missing:
            raise AnsibleActionFail(
                f"result has no {', '.join(missing)}. Expected: what interchain.agent_ops.contract_config or"
                " contract_config_info returned"
            )
        # Whatever becomes of the files, the differences must be seen.
        for line in _contract_config_report.lines(found, environment=environment, check_mode=self._task.check_mode):
            display.display(line)
        if not options["write"]:
            return {**result, "files": []}
        try:
            folder = Path(report_directory(options["artifacts_root"], environment, sandbox=found["sandbox"]))
            files = {
                folder / f"{_BASENAME}.json": _contract_config_report.as_json(found, environment),
                folder / f"{_BASENAME}.md": _contract_config_report.as_markdown(found, environment),
            }
            last = LastReports(self, options["store"], task_vars, environment=environment, sandbox=found["sandbox"])
            last.read([file.name for file in files])
            result["changed"] = bool(last.others(files)) or any(last.text(file) != text for file, text in files.items())
            if not self._task.check_mode:
                write_files(folder, files, _ADVICE)
                last.replace(files)
                display.display(f"Report: {last.places(files)}")
        except ValueError as exc:
            raise AnsibleActionFail(str(exc)) from None
        return last.as_result({**result, "files": [str(file) for file in files]}, _ADVICE)
