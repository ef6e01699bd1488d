# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads and writes the files of an environment's agents. Private to the collection.

An edge to the file system: a file is whole or not there, and one with secrets is its owner's alone from its first byte.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import time
import typing as t
from pathlib import Path

from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_model import FORMATS
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_plan import Held, Plan, Step
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_files import refuse_tracked
from ansible_collections.interchain.agent_ops.plugins.module_utils._file_errors import reported

_LARGEST = 4 * 1024 * 1024
# A file that is being written is written within a moment.
_ABANDONED_SECONDS = 60
_UNFINISHED = ".unfinished"


def read_files(folder: Path) -> dict[str, Held]:
    """Return path below the folder -> what is there, of all files in the formats' folders."""
    held: dict[str, Held] = {}
    for form in FORMATS:
        for place, folders, names in os.walk(folder / form):
            for name in folders:
                # What is behind a link is not looked at, so that every run would write there.
                if (Path(place) / name).is_symlink():
                    raise ValueError(f"{Path(place) / name} is a link. Expected: a folder, or nothing. Look what it is")
            for name in names:
                path = Path(place) / name
                if not name.startswith("."):
                    held[path.relative_to(folder).as_posix()] = _read(path)
    return held


def _read(path: Path) -> Held:
    with reported(path, "read"):
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(handle, "rb") as stream:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise ValueError(f"{path} is not a file. Expected: a file, or nothing. Look what it is")
            return Held(stream.read(_LARGEST).decode("utf-8", "replace"), stat.S_IMODE(status.st_mode))


def check_places(plan: Plan, folder: Path) -> None:
    """Refuse to write where something else is, and secrets where git would take them for a part of the project."""
    seen = set()
    for step in plan.to_write:
        if (folder / step.file.path).is_dir():
            raise ValueError(f"{folder / step.file.path} is a folder. Expected: a file, or nothing. Look what it is")
        kind = (step.file.format, step.file.target)
        if step.file.secret and kind not in seen:
            seen.add(kind)
            refuse_tracked(folder / step.file.path, "a connection's URL or a key")


def apply_plan(plan: Plan, folder: Path) -> t.Iterator[Step | str]:
    """Carry out a plan, and yield each step or removed path once it is done.

    :raises ValueError: at the first file that cannot be written; the rest is for the next run.
    """
    _remove_abandoned(folder)
    for step in plan.to_write:
        _write(folder / step.file.path, step)
        yield step
    for path in plan.remove:
        with reported(folder / path, "removed"):
            (folder / path).unlink(missing_ok=True)
            _remove_empty((folder / path).parent, folder)
        yield path


def _write(path: Path, step: Step) -> None:
    with reported(path, "written"):
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}{_UNFINISHED}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            with open(os.open(unfinished, flags, 0o600), "w", encoding="utf-8") as stream:
                stream.write(step.file.text)
            unfinished.chmod(step.file.mode)
            # Not forced to disk: what a crash of the machine takes, the next run writes again.
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)


def _remove_abandoned(folder: Path) -> None:
    """Remove what a run left that was killed while it wrote. Its file may be as wanted by now, or nobody's."""
    for form in FORMATS:
        for path in (folder / form).rglob(f".*{_UNFINISHED}"):
            with reported(path, "removed"), contextlib.suppress(FileNotFoundError):
                if path.lstat().st_mtime < time.time() - _ABANDONED_SECONDS:
                    path.unlink()


def _remove_empty(place: Path, folder: Path) -> None:
    while place != folder and not any(place.iterdir()):
        place.rmdir()
        place = place.parent
