# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows, while a module runs, what it says about long work. Private to the collection.

A module cannot print before it ends. With a local connection, which is how networks are connected to, the module and
this plugin share a file; over any other connection the module runs as it would without this plugin.

Ctrl-C ends ansible and this plugin, and not the module. One that is to know it gets another file, see ``_caller_file``.
"""

from __future__ import annotations

import tempfile
import threading
import typing as t
from pathlib import Path

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.interchain.agent_ops.plugins.module_utils._caller import waiting

display = Display()

_LOOK_SECONDS = 0.2


class NarratedModule(ActionBase):
    """Runs the module of the action's name."""

    _supports_async = False
    _caller_file = ""
    """The module's option for a file that is locked while somebody waits for the module."""

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        if self._connection.transport != "local":
            return {**result, **self._execute_module(module_args=arguments, task_vars=task_vars)}
        # Among ansible's own, which it removes however it ends.
        place = constants.DEFAULT_LOCAL_TMP
        with tempfile.TemporaryDirectory(prefix="agent_ops_", dir=place) as folder:
            progress = Path(folder) / "progress"
            progress.touch()
            arguments["progress_file"] = str(progress)
            ended = threading.Event()
            watcher = threading.Thread(target=_show, args=(progress, ended), daemon=True)
            watcher.start()
            try:
                with waiting(str(Path(folder) / "caller")) as seen:
                    if seen and self._caller_file:
                        arguments[self._caller_file] = str(Path(folder) / "caller")
                    answer = self._execute_module(module_args=arguments, task_vars=task_vars)
            finally:
                ended.set()
                watcher.join()
        if isinstance(answer.get("invocation", {}).get("module_args"), dict):
            for name in ("progress_file", self._caller_file):
                answer["invocation"]["module_args"].pop(name, None)
        return {**result, **answer}


def _show(progress: Path, ended: threading.Event) -> None:
    with progress.open(encoding="utf-8") as stream:
        while True:
            last = ended.wait(_LOOK_SECONDS)
            for line in stream:
                display.display(line.rstrip("\n"))
            if last:
                return
