# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Says in a sentence what went wrong with a file. Private to the collection.

Errors are :class:`ValueError`.
"""

from __future__ import annotations

import contextlib
import typing as t
from pathlib import Path


@contextlib.contextmanager
def reported(path: str | Path, done: str) -> t.Iterator[None]:
    """Turn an error of the file system into one that names the file, and what could not be done with it."""
    problem = None
    try:
        yield
    except OSError as exc:
        problem = exc.strerror or type(exc).__name__
    # Outside of the handler: what the system said is in the text, and nothing else of it is to be shown.
    if problem:
        raise ValueError(f"{path} cannot be {done}: {problem}")
