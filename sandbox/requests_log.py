# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of every request: in memory, and as JSON lines in a file."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import asdict, dataclass
from typing import Any, TextIO

from sandbox.requests import Call


@dataclass
class Entry:
    """One request. ``state`` is running, held_before, held_after or done; what is not known yet is null."""

    number: int
    time: float
    service: str
    operation: str
    account: str
    region: str
    access_key_id: str
    resource: dict[str, str]
    write: bool
    state: str = "running"
    status: int | None = None
    error: str | None = None
    fault: str | None = None
    duration: float | None = None


class RequestLog:
    """Numbers go on over a clearing, so that a number means one request for as long as the server lives."""

    def __init__(self, file: TextIO | None = None) -> None:
        self._lock = threading.Lock()
        self._entries: list[Entry] = []
        self._next = 1
        self._file = file

    def begin(self, call: Call) -> Entry:
        with self._lock:
            entry = Entry(
                number=self._next,
                time=call.arrived,
                service=call.service,
                operation=call.operation,
                account=call.account,
                region=call.region,
                access_key_id=call.access_key,
                resource=call.resource_names(),
                write=call.write,
            )
            self._next += 1
            self._entries.append(entry)
        return entry

    def finish(self, entry: Entry, *, status: int | None, error: str | None) -> None:
        """Called before the answer is sent, so that whoever has the answer finds the entry complete."""
        with self._lock:
            entry.status = status
            entry.error = error
            entry.duration = round(time.time() - entry.time, 6)
            entry.state = "done"
            if self._file is not None:
                self._file.write(json.dumps(asdict(entry)) + "\n")
                self._file.flush()

    def set_state(self, entry: Entry, state: str) -> None:
        with self._lock:
            entry.state = state

    def add_fault(self, entry: Entry, kind: str) -> None:
        with self._lock:
            entry.fault = kind if entry.fault is None else f"{entry.fault}+{kind}"

    def entries(self, after: int = 0, service: str | None = None, operation: str | None = None) -> list[dict[str, Any]]:
        with self._lock:
            return [
                asdict(entry)
                for entry in self._entries
                if entry.number > after
                and (service is None or entry.service == service)
                and (operation is None or entry.operation == operation)
            ]

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
