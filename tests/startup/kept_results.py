# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made of a source is made once, for all processes. It is found by what the source is."""

from __future__ import annotations

import _imp
import contextlib
import marshal
import os
import sys
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
_FOLDER = os.path.join(
    os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))),
    ".cache",
    "compiled",
    f"{sys.implementation.cache_tag}-{sys.flags.optimize}",
)


def kept(kind: type[T], source: bytes, make: Callable[[], T]) -> T:
    """Return what was made of a source, or make it. It is of a type that marshal knows."""
    path = os.path.join(_FOLDER, f"{kind.__name__}-{_imp.source_hash(0, source).hex()}-{len(source)}")
    try:
        with open(path, "rb") as stream:
            found = marshal.loads(stream.read())  # noqa: S302 - it was written below
        if isinstance(found, kind):
            return found
    except (OSError, EOFError, ValueError, TypeError):
        pass
    made = make()
    _keep(path, made)
    return made


def _keep(path: str, made: Any) -> None:
    """Whoever reads at the same time finds all of it or nothing. Where it cannot be written, nothing is kept."""
    unfinished = f"{path}.{os.getpid()}"
    with contextlib.suppress(OSError):
        os.makedirs(_FOLDER, exist_ok=True)
        with open(unfinished, "wb") as stream:
            stream.write(marshal.dumps(made))
        os.replace(unfinished, path)
