# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether anybody still waits for what a module does. Private to the collection.

An edge: the lock of a file that the one who waits holds, and that goes with its process. No ansible.
"""

from __future__ import annotations

import contextlib
import fcntl
import typing as t
from pathlib import Path


@contextlib.contextmanager
def waiting(path: str) -> t.Iterator[bool]:
    """Be who waits for what is done, until the block ends or this process does, in whatever way.

    :return: whether that can be seen by others. Not every file system can lock a file.
    """
    with Path(path).open("wb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True


def abandoned(path: str | None) -> t.Callable[[], bool]:
    """Return what says whether the one who waited (:func:`waiting`) is gone. Without a file nobody ever is."""

    def gone() -> bool:
        if not path:
            return False
        try:
            with Path(path).open("rb") as handle:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return True
        except OSError:
            # It is locked. What cannot be known is no reason to stop either.
            return False
        return True

    return gone
