# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows, while the module of the same name runs, why it asks again, and then the table of the answers."""

from __future__ import annotations

import os
import typing as t

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.utils.display import Display
from ansible_collections.interchain.agent_ops.plugins.module_utils import _access_probe_report
from ansible_collections.interchain.agent_ops.plugins.plugin_utils._narrated_module import NarratedModule

display = Display()


class ActionModule(NarratedModule):
    """Runs the module, and shows what came of it."""

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        if "answers" in result and boolean(self._task.args.get("show", True), strict=False):
            width = int(os.environ.get("COLUMNS") or 0) or display.columns
            for line in _title(result) + _access_probe_report.lines(
                result["answers"], width, skipped=result["not_asked"], not_probed=result["not_probed"]
            ):
                display.display(line)
        return result


def _title(result: t.Mapping[str, t.Any]) -> list[str]:
    where = f"AWS account {result['account_id']}, {result['endpoint_url']}"
    title = [f"What AWS lets each principal do, asked with its own credentials: {where}"]
    return [*title, *(["SANDBOX: this is not AWS."] if result["sandbox"] else []), ""]
