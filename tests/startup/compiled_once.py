# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is imported from a zip is compiled once, as what is imported from a folder is.

Ansible sends each module as a zip of sources, of a name that is new each time: compiling those takes two fifths of an
average task.
"""

from __future__ import annotations

import _imp
import zipimport
from types import CodeType

from kept_results import kept

# zipimport names it so in all versions of Python that Ansible knows; where it does not, everything is compiled.
_compile = getattr(zipimport, "_compile_source", None)


def _compiled(pathname: str, source: bytes) -> CodeType:
    code = kept(CodeType, source, lambda: _compile(pathname, source))  # type: ignore[misc]
    # Tracebacks name the file that it is imported from now.
    _imp._fix_co_filename(code, pathname)
    return code


if _compile is not None:
    zipimport._compile_source = _compiled
