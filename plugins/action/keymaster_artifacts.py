# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes what those need who run the service Keymaster in containers, on the controller."""

from __future__ import annotations

import shutil
import typing as t
from pathlib import Path

from ansible.plugins.action import ActionBase
from ansible_collections.interchain.agent_ops.plugins.plugin_utils._keymaster_program import NAME, program

_MODE = 0o644


class ActionModule(ActionBase):
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(
            argument_spec={
                "directory": {"type": "path", "required": True},
                "files": {"type": "dict", "default": {}},
                "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            }
        )
        folder = Path(options["directory"])
        try:
            if options["state"] == "absent":
                return {**result, "changed": self._remove(folder)}
            contents = {NAME: program(), **{name: text.encode() for name, text in options["files"].items()}}
            return {**result, **self._write(folder, contents)}
        except OSError as exc:
            return {**result, "failed": True, "msg": f"{exc.filename or folder} cannot be written: {exc.strerror}"}
        except ValueError as exc:
            return {**result, "failed": True, "msg": f"The service cannot be packed: {exc}"}

    def _remove(self, folder: Path) -> bool:
        there = folder.is_dir()
        if there and not self._task.check_mode:
            shutil.rmtree(folder)
        return there

    def _write(self, folder: Path, contents: dict[str, bytes]) -> dict[str, t.Any]:
        held = {name: _held(folder / name) for name in contents}
        changed = [name for name, data in contents.items() if held[name] != data]
        if changed and not self._task.check_mode:
            folder.mkdir(parents=True, exist_ok=True)
            for name in changed:
                _replace(folder / name, contents[name])
        diffs = [_diff(name, held[name], contents[name]) for name in changed if name != NAME]
        return {"changed": bool(changed), "files": sorted(contents), "written": sorted(changed), "diff": diffs}


def _held(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None


def _replace(file: Path, data: bytes) -> None:
    unfinished = file.with_name(f".{file.name}.unfinished")
    unfinished.write_bytes(data)
    unfinished.chmod(_MODE)
    unfinished.replace(file)


def _diff(name: str, before: bytes | None, after: bytes) -> dict[str, str]:
    return {
        "before_header": name,
        "after_header": name,
        "before": (before or b"").decode(errors="replace"),
        "after": after.decode(),
    }
