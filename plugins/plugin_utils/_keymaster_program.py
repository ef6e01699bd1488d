# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program of the service Keymaster: one file, packed from what this collection's files import."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.interchain.agent_ops.plugins.module_utils import _import_closure

ENTRY = "_keymaster"
NAME = "keymaster.pyz"


def program() -> bytes:
    """Return the program. :raises ValueError: if a file of it needs what would not be there."""
    folder = Path(str(_import_closure.__file__)).parent

    def source(name: str) -> str | None:
        path = folder / f"{name}.py"
        return path.read_text(encoding="utf-8") if path.is_file() else None

    return _import_closure.archive(ENTRY, source)
