# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of ``plugins/module_utils`` in the architecture names every file, which imports what its kind may."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UTILS = ROOT / "plugins" / "module_utils"
PRIVATE = "ansible_collections.interchain.agent_ops."
# An edge may know the exceptions of a client's library, and the service makes its clients itself.
CLIENTS = ("boto3", "botocore")


def _spelt_out(name: str) -> list[str]:
    """Turn ``_agent_{env,targets}`` into two names."""
    found = re.fullmatch(r"(\w*)\{([\w,]+)\}(\w*)", name)
    if not found:
        return [name]
    before, choices, after = found.groups()
    return [f"{before}{choice}{after}" for choice in choices.split(",")]


def _kinds() -> list[tuple[str, str]]:
    """Return kind and name of each file in the table."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = page.split("`plugins/module_utils/`:")[1].split("\n## ")[0]
    rows = [line.split("|")[1:3] for line in table.splitlines() if line.startswith("| ")][1:]
    return [
        (kind.strip().split(",")[0], name)
        for kind, files in rows
        for quoted in re.findall(r"`(_[\w{},]+)`", files)
        for name in _spelt_out(quoted)
    ]


def _imports(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return {name for name in found if not name.startswith(PRIVATE)}


def test_every_file_is_in_the_table_once() -> None:
    told = Counter(name for _kind, name in _kinds())
    assert [name for name, count in told.items() if count > 1] == []
    assert set(told) == {file.stem for file in UTILS.glob("_*.py") if file.stem != "__init__"}


@pytest.mark.parametrize(("kind", "forbidden"), [("pure", ("ansible", *CLIENTS)), ("edges", ("ansible",))])
def test_a_file_imports_what_its_kind_may(kind: str, forbidden: tuple[str, ...]) -> None:
    files = [name for of, name in _kinds() if of == kind]
    assert len(files) > 10
    wrong = {
        name: sorted(found)
        for name in files
        if (found := {one for one in _imports(UTILS / f"{name}.py") if one.startswith(forbidden)})
    }
    assert wrong == {}


def test_one_file_alone_imports_from_amazons_collections() -> None:
    files = [file.stem for file in UTILS.glob("*.py") if any("amazon.aws" in one for one in _imports(file))]
    assert files == ["_aws"]
