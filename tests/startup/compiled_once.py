# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is imported from a zip is compiled once, as what is imported from a folder is.

Ansible sends each module as a zip of sources, of a name that is new each time: compiling those takes two fifths of an
average task. An entry is found by what the source is, so that another source is another entry.
"""

from __future__ import annotations

import _imp
import contextlib
import marshal
import os
import sys
import zipimport
from types import CodeType

_FOLDER = os.path.join(
    os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))),
    ".cache",
    "compiled",
    f"{sys.implementation.cache_tag}-{sys.flags.optimize}",
)
# zipimport names it so in all versions of Python that Ansible knows; where it does not, everything is compiled.
_compile = getattr(zipimport, "_compile_source", None)


def _compiled(pathname: str, source: bytes) -> CodeType:
    path = os.path.join(_FOLDER, f"{_imp.source_hash(0, source).hex()}-{len(source)}")
    try:
        with open(path, "rb") as stream:
            code = marshal.loads(stream.read())  # noqa: S302 - it was written below
        # Tracebacks name the file that it is imported from now.
        _imp._fix_co_filename(code, pathname)
    except (OSError, EOFError, ValueError, TypeError):
        code = _compile(pathname, source)
        _keep(path, code)
    return code


def _keep(path: str, code: CodeType) -> None:
    """Whoever reads at the same time finds all of it or nothing. Where it cannot be written, nothing is kept."""
    unfinished = f"{path}.{os.getpid()}"
    with contextlib.suppress(OSError):
        os.makedirs(_FOLDER, exist_ok=True)
        with open(unfinished, "wb") as stream:
            stream.write(marshal.dumps(code))
        os.replace(unfinished, path)


if _compile is not None:
    zipimport._compile_source = _compiled
