# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the actions that write reports share: the store of the last reports, where the inventory names one.

What is in the store counts, not what is on the disk of the machine that a run is on. Texts go between this and the
module in its process, and into no result: a report may be long, and results are kept by whoever logs runs.
"""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.plugins.action import ActionBase
from ansible_collections.interchain.agent_ops.plugins.module_utils._document_place import REPORTS
from ansible_collections.interchain.agent_ops.plugins.module_utils._report_documents import folder_name

_MODULE = "interchain.agent_ops.report_store"


class LastReports:
    """The files of the last reports: those of the store, and of the disk where the store has none.

    :ivar problem: why the store could not be read, or not all was stored; an empty text if nothing is wrong.
    """

    def __init__(
        self,
        action: ActionBase,
        store: t.Mapping[str, t.Any],
        task_vars: dict[str, t.Any] | None,
        **about: t.Any,
    ) -> None:
        """:param store: the module's options, its ``store`` among them. Without one the disk alone counts.

        :param about: further options, of the report.
        """
        self._action = action
        self._options = {**store, **about} if store.get("store") else {}
        self._task_vars = task_vars
        self._found: dict[str, dict[str, str]] = {}
        self.problem = ""

    def places(self, files: t.Iterable[Path]) -> str:
        """Return where the report is, for whoever reads it."""
        store = self._options.get("store") if not self.problem else None
        stored = [f"{store.rstrip('/')}/{folder_name(self._options['environment'])}/"] if store else []
        return ", ".join([*map(str, files), *stored])

    def read(self, files: t.Sequence[str]) -> None:
        if self._options:
            self._found.update(self._run(files=list(files)).get("files", {}))

    def stored(self, file: str) -> str | None:
        """Return what the store has of a file that was read."""
        return self._found[file]["text"] if file in self._found else None

    def text(self, file: Path) -> str | None:
        """Return what a file held; None if it is none that was written here, which is as if there were none."""
        if file.name in self._found:
            return self._found[file.name]["text"]
        try:
            return file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    def others(self, contents: t.Mapping[Path, str]) -> list[Path]:
        """Return the files that the store has otherwise, or not at all."""
        if not self._options or self.problem:
            return []
        return [file for file, text in contents.items() if self.stored(file.name) != text]

    def replace(self, contents: t.Mapping[Path, str]) -> None:
        """Store what the store has otherwise, in this order."""
        documents = [
            {"file": file.name, "text": contents[file], "version": self._found.get(file.name, {}).get("version")}
            for file in self.others(contents)
        ]
        if documents:
            self._run(documents=documents)

    def as_result(self, result: dict[str, t.Any], advice: str) -> dict[str, t.Any]:
        """Return a task's result, as a failed one if something is wrong with the store.

        :param advice: what became of the report instead, and what to do.
        """
        if not self.problem:
            return result
        return {
            **result,
            "failed": True,
            "msg": f"The report is not in its store ({REPORTS}). {self.problem}. {advice}",
        }

    def _run(self, **arguments: t.Any) -> dict[str, t.Any]:
        answer: dict[str, t.Any] = self._action._execute_module(
            module_name=_MODULE, module_args={**self._options, **arguments}, task_vars=self._task_vars
        )
        if answer.get("failed"):
            self.problem = str(answer.get("msg", "")).strip().removesuffix(".")
        return answer
