# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said about long work while it goes on. Private to the collection.

Pure: no ansible, no AWS, but for the file that :func:`narrator` writes to.
"""

from __future__ import annotations

import contextlib
import math
import threading
import typing as t
from pathlib import Path

Say = t.Callable[[str], None]

STEP = 20


def silence(text: str) -> None:
    """Say nothing."""


def narrator(path: str | None) -> Say:
    """Return what says a line by appending it to a file, or says nothing where there is none."""
    if not path:
        return silence

    def say(text: str) -> None:
        # What cannot be told must not keep anything from being done.
        with contextlib.suppress(OSError), Path(path).open("a", encoding="utf-8") as stream:
            stream.write(text + "\n")

    return say


class Progress:
    """Says how many keys are created and about how long that takes, at the rates that creations are paced to.

    :param counts: Region -> how many keys are created there; each Region has rates of its own.
    :param rates: of the operations that creating one key takes, a second; 0 means without limit.
    """

    def __init__(self, counts: t.Mapping[str, int], rates: t.Iterable[float], say: Say) -> None:
        self._say = say
        self._lock = threading.Lock()
        self._done = 0
        self._total = sum(counts.values())
        if not self._total:
            return
        slowest = min(rate or math.inf for rate in rates)
        seconds = math.ceil(max(counts.values()) / slowest)
        regions = ", ".join(region for region, count in counts.items() if count)
        # Told beforehand: whoever interrupts a run is told nothing by it any more.
        say(
            f"Creating {self._total} signing keys in {regions}: about {seconds} s at AWS's rates."
            " If this is interrupted, the next run takes up what is there"
        )

    def created(self) -> None:
        with self._lock:
            self._done += 1
            if self._done % STEP == 0 and self._done < self._total:
                self._say(f"{self._done} of {self._total} signing keys created")
