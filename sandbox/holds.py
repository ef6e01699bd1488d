# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that wait until somebody lets them go on."""

from __future__ import annotations

import select
import socket
import threading
from dataclasses import dataclass, field

from sandbox.errors import DropConnection

_LOOK_AGAIN_SECONDS = 0.05


@dataclass
class Held:
    request: int
    fault: int
    phase: str
    event: threading.Event = field(default_factory=threading.Event)
    abandoned: bool = False


class Holds:
    """The requests that are held right now."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: list[Held] = []

    def wait(self, request: int, fault: int, phase: str, connection: socket.socket | None) -> None:
        """Return when the request is released; drop it when its client is gone or the sandbox is reset."""
        held = Held(request, fault, phase)
        with self._lock:
            self._held.append(held)
        try:
            while not held.event.wait(_LOOK_AGAIN_SECONDS):
                if connection is not None and _client_is_gone(connection):
                    raise DropConnection
        finally:
            with self._lock:
                self._held.remove(held)
        if held.abandoned:
            raise DropConnection

    def release(self, request: int | None = None, fault: int | None = None, *, abandon: bool = False) -> list[int]:
        """Let the held requests go on (all, one, or those of one fault); their numbers."""
        released = []
        with self._lock:
            for held in self._held:
                if (request is None or held.request == request) and (fault is None or held.fault == fault):
                    held.abandoned = abandon
                    held.event.set()
                    released.append(held.request)
        return released

    def waiting(self) -> list[dict[str, object]]:
        with self._lock:
            return [{"request": held.request, "fault": held.fault, "phase": held.phase} for held in self._held]


def _client_is_gone(connection: socket.socket) -> bool:
    """A closed connection reads as empty; data that waits there belongs to a live client."""
    try:
        readable, _unused, _unused2 = select.select([connection], [], [], 0)
        return bool(readable) and connection.recv(1, socket.MSG_PEEK) == b""
    except (OSError, ValueError):
        return True
