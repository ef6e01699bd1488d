# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the service does its work. Private to the collection. Pure: no ansible, no AWS."""

from __future__ import annotations

import threading
import time
import typing as t

COMPLETE, PARTIAL, FAILED = "complete", "partial", "failed"
"""What came of a pass: all networks were done, some, or none."""


class Health:
    """Remembers how the last pass went. Safe to use from several threads.

    :param overdue_seconds: how long after the start, or the end of the last pass, another one must have ended.
    """

    def __init__(self, overdue_seconds: float, *, clock: t.Callable[[], float] = time.monotonic) -> None:
        self._allowed = overdue_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._since = clock()
        self._result: str | None = None
        self._stopping = False
        self._errors: dict[str, str] = {}

    def ended(self, result: str, errors: t.Mapping[str, str]) -> None:
        """Take note of a pass that ended. :param errors: network to the kind of its failure."""
        with self._lock:
            self._since = self._clock()
            self._result = result
            self._errors = dict(errors)

    def stop(self) -> None:
        with self._lock:
            self._stopping = True

    def overdue(self) -> bool:
        with self._lock:
            return self._clock() - self._since > self._allowed

    def healthy(self) -> bool:
        overdue = self.overdue()
        with self._lock:
            return not overdue and self._result != FAILED

    def ready(self) -> bool:
        """Whether a pass has ended, so that there are metrics to read, and the service is not about to end."""
        with self._lock:
            return self._result is not None and not self._stopping

    def told(self) -> dict[str, t.Any]:
        """Return what whoever asks is told: nothing that only the log should hold."""
        overdue, healthy = self.overdue(), self.healthy()
        with self._lock:
            return {
                "healthy": healthy,
                "overdue": overdue,
                "stopping": self._stopping,
                "last_pass": self._result,
                "seconds_since": round(self._clock() - self._since, 3),
                "overdue_after_seconds": self._allowed,
                "failed_networks": dict(sorted(self._errors.items())),
            }
