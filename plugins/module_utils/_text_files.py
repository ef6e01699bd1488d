# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads and replaces text files of the user's. Private to the collection.

An edge to the file system. Errors are :class:`ValueError`.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import typing as t
from pathlib import Path

from ansible_collections.interchain.agent_ops.plugins.module_utils._file_errors import reported

_LARGEST = 64 * 1024 * 1024


class TextFile(t.NamedTuple):
    """What was read of a file: its text, its place with all links followed, and who may do what with it."""

    path: str
    place: Path
    text: str
    mode: int


def read_text(path: str) -> TextFile:
    """Return a file's text, with its line ends as they are."""
    with reported(path, "read"):
        place = Path(os.path.realpath(path, strict=True))
        # A pipe that nobody writes to is not waited for.
        with open(place, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ValueError(f"{path} is not a file. Expected: a file")
            data = stream.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise ValueError(f"{path} is larger than {_LARGEST // 1024 // 1024} MB. Expected: a deployment configuration")
    return TextFile(path, place, _decoded(data, path), stat.S_IMODE(status.st_mode))


def _decoded(data: bytes, path: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise ValueError(f"{path} is not UTF-8 text: byte {exc.start} cannot be read as such") from None


def replace_text(file: TextFile, text: str) -> None:
    """Put a text in the place of the one that was read, whole or not at all.

    A link stays a link. The file keeps its mode and its owner. One that somebody changed since it was read, or that may
    not be written, is left alone.
    """
    with reported(file.path, "written"):
        if not os.access(file.place, os.W_OK):
            raise ValueError(f"{file.path} may not be written. Expected: write permission for whoever runs this")
        status = file.place.stat()
        with _beside(file.place) as (handle, name):
            _write(handle, text.encode("utf-8"))
            _keep_owner(handle, status, file.path)
            os.fchmod(handle, stat.S_IMODE(status.st_mode))
            if file.place.read_bytes() != file.text.encode("utf-8"):
                raise ValueError(f"{file.path} was changed by somebody else meanwhile, and was left alone. Run again")
            os.replace(name, file.place)
        _settle(file.place.parent)


def write_copy(place: Path, text: str, mode: int) -> None:
    """Write a file that is the collection's own, with that mode, whole or not at all. It is on the disk afterwards."""
    with reported(str(place), "written"):
        place.parent.mkdir(parents=True, exist_ok=True)
        with _beside(place) as (handle, name):
            _write(handle, text.encode("utf-8"))
            os.fchmod(handle, mode)
            os.replace(name, place)
        _settle(place.parent)


def _keep_owner(handle: int, status: os.stat_result, path: str) -> None:
    now = os.fstat(handle)
    if (now.st_uid, now.st_gid) == (status.st_uid, status.st_gid):
        return
    try:
        os.fchown(handle, status.st_uid, status.st_gid)
    except OSError:
        raise ValueError(
            f"{path} belongs to user {status.st_uid} and group {status.st_gid}, which it could not keep. Expected: a"
            " file of whoever runs this"
        ) from None


@contextlib.contextmanager
def _beside(place: Path) -> t.Iterator[tuple[int, Path]]:
    """Open a new file in the same folder, which is removed unless it takes the place of the final one."""
    name = place.with_name(f".{place.name}.{secrets.token_hex(8)}")
    handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        yield handle, name
    finally:
        os.close(handle)
        with contextlib.suppress(OSError):
            name.unlink(missing_ok=True)


def _write(handle: int, data: bytes) -> None:
    written = 0
    while written < len(data):
        written += os.write(handle, data[written:])
    os.fsync(handle)


def _settle(folder: Path) -> None:
    """Make the new name last; not every file system can be asked to."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
