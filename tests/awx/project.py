# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a project that AWX 24.6 offers as playbooks and as inventories.

awx/main/models/projects.py, Project.playbooks and Project.inventories, by the rules of awx/main/utils/ansible.py. Links
to folders are not followed (AWX_SHOW_PLAYBOOK_LINKS, which is off by default).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

_PLAYBOOK = re.compile(
    r"^\s*?-?\s*?(?:hosts|(ansible\.builtin\.)?include|(ansible\.builtin\.)?import_playbook):\s*?.*?$"
)
_INVENTORY = re.compile(r"^[a-zA-Z0-9_.=\[\]]")
LISTED = 50
"""So many inventories are listed at most: max_inventory_listing."""


def _files(root: Path) -> Iterator[Path]:
    """skip_directory: what is left out."""
    for folder, folders, files in os.walk(root):
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".") and name not in ("roles", "tasks", "group_vars", "host_vars")
        ]
        yield from (Path(folder, name) for name in files)


def playbooks(root: Path) -> list[str]:
    """could_be_playbook."""
    return sorted(str(path.relative_to(root)) for path in _files(root) if _could_be_playbook(path))


def _could_be_playbook(path: Path) -> bool:
    if path.suffix not in (".yml", ".yaml"):
        return False
    lines = path.read_text(encoding="utf-8", errors="ignore").splitlines()
    return "".join(lines[:1]).startswith("$ANSIBLE_VAULT;") or any(_PLAYBOOK.match(line) for line in lines)


def inventories(root: Path) -> list[str]:
    """could_be_inventory."""
    return sorted(str(path.relative_to(root)) for path in _files(root) if _could_be_inventory(path))


def _could_be_inventory(path: Path) -> bool:
    if path.name in ("inventory", "hosts") or path.suffix == ".ini" or os.access(path, os.X_OK):
        return True
    # os.path.splitext of .name has no extension.
    if os.path.splitext(path.name)[1]:
        return False
    with path.open(encoding="utf-8", errors="ignore") as stream:
        return any(_INVENTORY.match(line) for _number, line in zip(range(11), stream, strict=False))
