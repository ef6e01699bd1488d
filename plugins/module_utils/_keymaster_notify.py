# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tells systemd how the service does, by the protocol of sd_notify(3): a datagram. Private to the collection.

An edge, on Python's own library. Without NOTIFY_SOCKET there is nobody to tell.
"""

from __future__ import annotations

import os
import socket
import typing as t

READY, STOPPING, WATCHDOG = "READY=1", "STOPPING=1", "WATCHDOG=1"


class Notifier:
    """Sends what is said to whoever started this process, if that is somebody who listens."""

    def __init__(self, environ: t.Mapping[str, str]) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        # A name that begins with @ is one of the abstract namespace, which begins with a zero byte.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._watchdog = _microseconds(environ)

    @property
    def watchdog_seconds(self) -> float | None:
        """How often at the latest systemd wants to hear something, or None."""
        return self._watchdog / 1_000_000 if self._address and self._watchdog else None

    def say(self, *words: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
                channel.connect(self._address)
                channel.sendall("\n".join(words).encode())
        except OSError:
            pass  # whoever does not listen any more will not miss it

    def status(self, text: str) -> None:
        self.say("STATUS=" + " ".join(text.split()))


def _microseconds(environ: t.Mapping[str, str]) -> int:
    # Meant for this process and not for its children, if it says for whom.
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return 0
    text = environ.get("WATCHDOG_USEC", "")
    return int(text) if text.isascii() and text.isdigit() else 0
