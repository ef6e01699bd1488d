# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of deployments: JSON lines, only ever appended. Private to the collection.

An edge to the file system. Whether a plan has been run is what stands here: so a line is on the disk before anything
is done on the strength of it, and two runs cannot write at once. Each line carries the SHA-256 of the one before it: a
line that somebody takes out or changes is noticed.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import typing as t
from datetime import datetime
from pathlib import Path

from ansible_collections.interchain.agent_ops.plugins.module_utils._deployment_plan import timestamp

NAME = "record.jsonl"
PLANNED, APPROVED, STARTED, ENDED = "planned", "approved", "started", "ended"

Entry: t.TypeAlias = "dict[str, t.Any]"


class Record:
    """A record that is locked, for whoever got it from :func:`locked`."""

    def __init__(self, handle: int, path: Path) -> None:
        self._handle = handle
        self._path = path
        self.entries, self._last = _parse(_whole(handle), path)

    def of(self, plan: str, event: str) -> list[Entry]:
        return [entry for entry in self.entries if entry["plan"] == plan and entry["event"] == event]

    def append(self, event: str, plan: str, now: datetime, **facts: t.Any) -> None:
        entry = {"at": timestamp(now), "event": event, "plan": plan, **facts, "previous": self._last}
        line = json.dumps(entry, ensure_ascii=True).encode("ascii") + b"\n"
        before = os.fstat(self._handle).st_size
        try:
            written = 0
            while written < len(line):
                written += os.pwrite(self._handle, line[written:], before + written)
            os.fsync(self._handle)
        except OSError as exc:
            with contextlib.suppress(OSError):
                os.ftruncate(self._handle, before)
            raise ValueError(f"The record {self._path} cannot be written: {exc.strerror or exc}") from None
        self.entries.append(entry)
        self._last = hashlib.sha256(line).hexdigest()


@contextlib.contextmanager
def locked(path: Path) -> t.Iterator[Record]:
    """Give the record to one process at a time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as exc:
        raise ValueError(f"The record {path} cannot be opened: {exc.strerror or exc}") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield Record(handle, path)
    finally:
        os.close(handle)


def unfinished(entries: t.Iterable[Entry]) -> list[Entry]:
    """Return the starts that no end follows, of the run itself or of a later one: interrupted, or still going on.

    Whoever has deployed since has been told of it.
    """
    started: list[Entry] = []
    for entry in entries:
        if entry["event"] == STARTED:
            started.append(entry)
        elif entry["event"] == ENDED:
            plans = [other["plan"] for other in started]
            # The end of a run that began before all that are left says nothing of them.
            started = started[plans.index(entry["plan"]) + 1 :] if entry["plan"] in plans else started
    return started


def read(path: Path) -> list[Entry]:
    """Return what the record has, of a run that writes nothing."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as exc:
        raise ValueError(f"The record {path} cannot be read: {exc.strerror or exc}") from None
    return _parse(data[: data.rfind(b"\n") + 1], path)[0]


def _whole(handle: int) -> bytes:
    """Return the lines that were written to their end.

    What was not is cut off: nobody has gone on after it, since the writer ended before the line was on the disk.
    """
    data = b""
    while part := os.pread(handle, 1 << 20, len(data)):
        data += part
    end = data.rfind(b"\n") + 1
    if end < len(data):
        os.ftruncate(handle, end)
    return data[:end]


def _parse(data: bytes, path: Path) -> tuple[list[Entry], str]:
    entries: list[Entry] = []
    last = ""
    for number, line in enumerate(data.splitlines(keepends=True), 1):
        try:
            entry = json.loads(line)
            good = entry["previous"] == last and bool(entry["plan"]) and bool(entry["event"])
        except (ValueError, KeyError, TypeError):
            good = False
        if not good:
            raise ValueError(
                f"The record {path} is not what was written: line {number} does not follow the one before it."
                " Nothing is run on the strength of it. Find out who changed it, and put it back, or move it away with"
                " its folder"
            )
        entries.append(entry)
        last = hashlib.sha256(line).hexdigest()
    return entries, last
