# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps documents in a folder of one host. Private to the collection.

An edge to the file system; errors are :class:`ValueError`. What is replaced is compared with what was read under a lock
of the folder, so that of two processes one wins. A document is on the disk before its writer goes on.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import stat
import typing as t
from pathlib import Path

from ansible_collections.interchain.agent_ops.plugins.module_utils._document_place import (
    Conflict,
    Document,
    checked_name,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._file_errors import reported
from ansible_collections.interchain.agent_ops.plugins.module_utils._text_files import write_copy

_LARGEST = 64 * 1024 * 1024
_LOCK = ".lock"


class DirectoryStore:
    """Documents as files of their owner's alone. A link to the folder is followed, links in it are not.

    :ivar durable: the folder outlives a run, as far as that can be known.
    """

    durable = True

    def __init__(self, path: str) -> None:
        self._given = path
        self._folder = Path(os.path.realpath(path))

    def describe(self) -> str:
        return f"the folder {self._given}"

    def check_private(self) -> None:
        """Fail if others than whoever runs this may read or write the folder. One that is not there will be private."""
        with reported(self._folder, "read"):
            self._check(self._folder)

    def read(self, name: str) -> Document | None:
        path = self._path(name)
        with reported(path, "read"):
            if not (self._check(self._folder) and self._check(path.parent)):
                return None
            data = _contents(path)
        if data is None:
            return None
        try:
            return Document(data.decode("utf-8"), _version(data))
        except UnicodeDecodeError as exc:
            problem = f"{path} is not UTF-8 text: byte {exc.start} cannot be read as such"
        raise ValueError(f"{problem}. Find out who changed it, and put a former version back")

    def write(self, name: str, text: str, version: str | None) -> str:
        path = self._path(name)
        data = text.encode("utf-8")
        with reported(path, "written"):
            for folder in (self._folder, path.parent):
                # What is above the folder may be for others.
                folder.mkdir(mode=0o700, parents=folder == self._folder, exist_ok=True)
                self._check(folder)
            with _locked(self._folder / _LOCK):
                there = _contents(path)
                if version != (None if there is None else _version(there)):
                    raise Conflict(f"{path} was changed by somebody else since it was read")
                _remove_unfinished(path)
                write_copy(path, text, 0o600)
        return _version(data)

    def _path(self, name: str) -> Path:
        return self._folder / checked_name(name)

    def _check(self, folder: Path) -> bool:
        """Return whether a folder is there; fail if it is not ours alone."""
        try:
            status = folder.stat() if folder == self._folder else folder.lstat()
        except FileNotFoundError:
            return False
        if not stat.S_ISDIR(status.st_mode):
            raise ValueError(f"{folder} is not a folder. Expected: a folder, or nothing. Look what it is")
        if status.st_uid != os.geteuid():
            raise ValueError(
                f"The folder {folder} belongs to the user {status.st_uid}, and this runs as {os.geteuid()}. Expected: a"
                " folder of whoever funds. Run as that user, or change wallet_funding_store"
            )
        mode = stat.S_IMODE(status.st_mode)
        if mode & 0o077:
            raise ValueError(
                f"The folder {folder} is open to others than its owner (mode {mode:04o}), who could change what was"
                f" paid. Expected: 0700. Look that what is in it is right, then: chmod 700 {folder}"
            )
        return True


def _version(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _contents(path: Path) -> bytes | None:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ValueError(f"{path} is not a file. Expected: a file, or nothing. Look what it is")
        data = b""
        while len(data) <= _LARGEST and (part := os.read(handle, 1 << 20)):
            data += part
    finally:
        os.close(handle)
    if len(data) > _LARGEST:
        raise ValueError(f"{path} is larger than {_LARGEST // 1024 // 1024} MB. Expected: a ledger. Look what it is")
    return data


@contextlib.contextmanager
def _locked(path: Path) -> t.Iterator[None]:
    """Let in one process and one thread at a time. The system lets go of it when its holder ends, however that is."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _remove_unfinished(path: Path) -> None:
    """Remove what was left by a run that was killed while it wrote: nobody else writes while this one has the lock."""
    for left in path.parent.glob(f".{path.name}.*"):
        left.unlink(missing_ok=True)
