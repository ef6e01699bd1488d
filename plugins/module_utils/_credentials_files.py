# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stores access keys in files, in the clear or encrypted. Private to the collection.

An edge to the file system and to git.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import subprocess
import time
import typing as t
from pathlib import Path

from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_contents import (
    SAMPLE,
    Credential,
    from_csv,
    to_csv,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._file_errors import reported

_LARGEST = 65536
# A file that is being written is written within a moment.
_ABANDONED_SECONDS = 60


class Stored(t.NamedTuple):
    """What is stored of a user: the access key's id, None where there is none, and what is wrong with the place."""

    access_key_id: str | None
    warning: str | None = None


class Reservation(t.Protocol):
    """A place where a credential can be stored."""

    def keep(self, credential: Credential) -> None: ...


class Store(t.Protocol):
    """Where credentials are kept, one for each user. Its errors are :class:`ValueError` and ``CallFailed``."""

    def place(self, user: str) -> str:
        """Return the name of the place."""

    def stored(self, user: str) -> Stored: ...

    def occupied(self, user: str) -> bool:
        """Return whether something is there, without looking what it is."""

    def reserve(self, user: str) -> contextlib.AbstractContextManager[Reservation]:
        """Find out that a credential can be stored, before there is one."""

    def remove(self, user: str) -> None: ...


class Seal(t.Protocol):
    """How contents are turned into what stands in a file, and back."""

    suffix: str

    def close(self, data: bytes) -> bytes: ...

    def open(self, data: bytes, what: str) -> bytes: ...

    def recognizes(self, data: bytes) -> bool:
        """Return whether the contents of a file may be what :meth:`close` made."""


class Clear:
    """No encryption."""

    suffix = ".csv"

    def close(self, data: bytes) -> bytes:
        return data

    def open(self, data: bytes, what: str) -> bytes:
        return data

    def recognizes(self, data: bytes) -> bool:
        return data.removeprefix(b"\xef\xbb\xbf").lower().startswith(b"user name,")


class FileStore:
    """A file for each user, which its owner alone can read."""

    def __init__(self, directory: str, seal: Seal) -> None:
        self.directory = Path(os.path.realpath(directory))
        self._seal = seal

    def _path(self, user: str) -> Path:
        return self.directory / f"{user}{self._seal.suffix}"

    def place(self, user: str) -> str:
        return str(self._path(user))

    def occupied(self, user: str) -> bool:
        return os.path.lexists(self._path(user))

    def stored(self, user: str) -> Stored:
        path = self._path(user)
        data, mode = self._read(path)
        if data is None:
            return Stored(None)
        warning = None
        if mode & 0o077:
            warning = f"{path} can be read by others than its owner (mode {mode:04o}). Expected: 0600"
        return Stored(from_csv(self._seal.open(data, str(path)), user, str(path)), warning)

    def _read(self, path: Path) -> tuple[bytes | None, int]:
        problem = None
        try:
            with path.open("rb") as stream:
                return stream.read(_LARGEST), stat.S_IMODE(os.fstat(stream.fileno()).st_mode)
        except FileNotFoundError:
            return None, 0
        except OSError as exc:
            problem = exc.strerror
        raise ValueError(f"{path} cannot be read: {problem}")

    @contextlib.contextmanager
    def reserve(self, user: str) -> t.Iterator[Reservation]:
        path = self._path(user)
        refuse_tracked(path)
        # Encrypted now, so that whatever keeps that from working does so before there is a secret.
        size = len(self._seal.close(to_csv(SAMPLE)))
        with reported(path, "written"):
            self._make_directory()
            if path.exists() and not path.is_file():
                raise ValueError(f"{path} is not a file. Expected: a file, or nothing")
            self._remove_abandoned(user)
            place = _File(path, self._seal, size)
        try:
            yield place
        finally:
            place.release()

    def _make_directory(self) -> None:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = stat.S_IMODE(self.directory.stat().st_mode)
        if mode & 0o077:
            raise ValueError(
                f"The directory {self.directory} is open to others than its owner (mode {mode:04o}), which is no place"
                f" for access keys. Expected: 0700. Choose another directory, or: chmod 700 {self.directory}"
            )

    def _remove_abandoned(self, user: str) -> None:
        """Remove what a run left that was killed while it wrote. What it held is the lost access key."""
        for path in self.directory.glob(f".{_literal(user)}.*{self._seal.suffix}"):
            if path.lstat().st_mtime < time.time() - _ABANDONED_SECONDS:
                path.unlink(missing_ok=True)

    def remove(self, user: str) -> None:
        path = self._path(user)
        data, _mode = self._read(path)
        if data is None:
            return
        if not self._seal.recognizes(data):
            raise ValueError(f"{path} is nothing that was stored here, and was not removed. Look what it is")
        with reported(path, "written"):
            path.unlink(missing_ok=True)


class _File:
    """A file beside the final one, of the size that is needed, which takes its place once it is complete."""

    def __init__(self, path: Path, seal: Seal, size: int) -> None:
        self._path = path
        self._seal = seal
        # With the same ending, so that a pattern by which git ignores the one ignores the other too.
        user = path.name.removesuffix(seal.suffix)
        self._name = f".{user}.{secrets.token_hex(8)}{seal.suffix}"
        # By its handle the directory is found again even if somebody moves it meanwhile.
        self._directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._handle: int | None = None
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
            self._handle = os.open(self._name, flags, 0o600, dir_fd=self._directory)
            self._write(self._handle, bytes(size))
        except BaseException:
            self.release()
            raise

    @staticmethod
    def _write(handle: int, data: bytes) -> None:
        written = 0
        while written < len(data):
            written += os.pwrite(handle, data[written:], written)
        os.ftruncate(handle, len(data))
        os.fsync(handle)

    def keep(self, credential: Credential) -> None:
        data = self._seal.close(to_csv(credential))
        with reported(self._path, "written"):
            if self._handle is None or not os.path.samestat(os.stat(self._path.parent), os.fstat(self._directory)):
                raise ValueError(f"{self._path} cannot be written: its directory was exchanged for another one")
            self._write(self._handle, data)
            os.replace(self._name, self._path.name, src_dir_fd=self._directory, dst_dir_fd=self._directory)
        # The file is in its place already; not every file system can be asked to make that last.
        with contextlib.suppress(OSError):
            os.fsync(self._directory)

    def release(self) -> None:
        """Remove what did not take the place of the final file."""
        with contextlib.suppress(OSError):
            os.unlink(self._name, dir_fd=self._directory)
        for handle in (self._handle, self._directory):
            if handle is not None:
                os.close(handle)


def _literal(text: str) -> str:
    return "".join(f"[{char}]" if char in "*?[" else char for char in text)


def refuse_tracked(path: Path, what: str = "an access key") -> None:
    """Fail if git would take a file that is written there, and holds a secret, for a part of the project."""
    there = path.parent
    while not there.is_dir():
        there = there.parent
    # Whose repository it is does not matter for a question, and none of its programs is to run.
    options = ["-c", "safe.directory=*", "-c", "core.fsmonitor=false"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "-C", str(there), *options, "check-ignore", "--quiet", "--", str(path)],
            env={**environment, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError:
        # Where there is no git, nothing is committed by accident.
        return
    said = done.stderr.decode("utf-8", "replace").strip()
    if done.returncode == 0 or "not a git repository" in said:
        return
    if done.returncode == 1:
        raise ValueError(
            f"{path} is in a git work tree and not ignored: {what} could be committed. Expected: a directory"
            " that .gitignore names, or one outside of the work tree"
        )
    raise ValueError(f"git does not say whether it ignores {path}: {said or done.returncode}")
