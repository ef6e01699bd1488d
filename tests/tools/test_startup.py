# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests' playbooks are spared of: compiling what is imported from zips, and parsing what modules import."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import ansible
import pytest

ROOT = Path(__file__).resolve().parents[2]
STARTUP = ROOT / "tests" / "startup"

_SHOW = """
import sys, traceback
sys.path.insert(0, sys.argv[1])
import told
try:
    print(told.word())
    told.fail()
except ValueError:
    traceback.print_exc(file=sys.stdout)
"""


@pytest.fixture
def startup(tmp_path: Path) -> Path:
    """A copy, whose cache is its own."""
    return Path(shutil.copytree(STARTUP, tmp_path / "tests" / "startup", ignore=shutil.ignore_patterns("__pycache__")))


def kept(startup: Path) -> list[Path]:
    return sorted(path for path in (startup.parents[1] / ".cache").rglob("*") if path.is_file())


def show(startup: Path, name: str, word: str, *options: str) -> str:
    """What a process prints that imports from a zip."""
    place = startup.parents[1] / name
    with zipfile.ZipFile(place, "w") as zipped:
        zipped.writestr("told.py", f"def word():\n    return {word!r}\n\n\ndef fail():\n    raise ValueError(word())\n")
    done = subprocess.run(
        [sys.executable, *options, "-c", _SHOW, str(place)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(startup)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout


def test_a_source_is_compiled_once_and_tracebacks_name_where_it_is_now(startup: Path) -> None:
    first = show(startup, "first.zip", "one")
    (entry,) = kept(startup)
    written = entry.stat().st_mtime_ns
    second = show(startup, "second.zip", "one")
    assert first.startswith("one\n")
    assert f'{startup.parents[1]}/first.zip/told.py", line 6, in fail\n    raise ValueError(word())' in first
    assert second == first.replace("first.zip", "second.zip")
    assert [(path, path.stat().st_mtime_ns) for path in kept(startup)] == [(entry, written)]


def test_another_source_of_the_same_name_is_another(startup: Path) -> None:
    assert show(startup, "same.zip", "one").startswith("one\n")
    assert show(startup, "same.zip", "two").startswith("two\n")
    assert show(startup, "same.zip", "one").startswith("one\n")
    assert len(kept(startup)) == 2


def test_without_assertions_it_is_another(startup: Path) -> None:
    show(startup, "one.zip", "one")
    show(startup, "one.zip", "one", "-O")
    assert len({path.parent for path in kept(startup)}) == 2


@pytest.mark.parametrize("content", [b"", b"nothing that was marshalled", b"N"])
def test_an_entry_that_cannot_be_read_is_made_again(startup: Path, content: bytes) -> None:
    first = show(startup, "one.zip", "one")
    (entry,) = kept(startup)
    whole = entry.read_bytes()
    entry.write_bytes(content)
    assert show(startup, "one.zip", "one") == first
    assert entry.read_bytes() == whole


def test_where_nothing_can_be_kept_it_works_as_well(startup: Path) -> None:
    (startup.parents[1] / ".cache").write_text("in the way")
    assert show(startup, "one.zip", "one").startswith("one\n")


_FIND = """
import ast, json, sys
from pathlib import Path
from ansible.executor.module_common import ModuleDepFinder, _compile_module_ast

found = {}
for path in json.load(sys.stdin):
    tree = _compile_module_ast(path, Path(path).read_bytes())
    finder = ModuleDepFinder(path.removesuffix(".py").replace("/", "."), tree, path.endswith("__init__.py"))
    found[path] = [sorted(finder.submodules), sorted(finder.optional_imports), len(list(ast.walk(tree)))]
print(json.dumps(found))
"""


def found(startup: Path, program: str) -> dict[str, list[Any]]:
    """What Ansible finds that files import, in a program of that name."""
    script = startup.parent / program
    script.write_text(_FIND, encoding="utf-8")
    packages = Path(ansible.__file__).parents[1]
    amazon = packages / "ansible_collections" / "amazon" / "aws" / "plugins"
    folders = [ROOT / "plugins", packages / "ansible" / "module_utils", amazon]
    paths = [str(path) for folder in folders for path in sorted(folder.rglob("*.py"))]
    done = subprocess.run(
        [sys.executable, str(script)],
        input=json.dumps(paths),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(startup), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout))


def test_what_files_import_is_found_as_it_would_be(startup: Path) -> None:
    expected, first = found(startup, "another"), found(startup, "ansible-playbook")
    assert len(expected) > 300
    assert any(optional for _all, optional, _nodes in expected.values())
    assert {path: one[:2] for path, one in first.items()} == {path: one[:2] for path, one in expected.items()}
    # And without what else is in them, which is what takes its time.
    assert sum(one[2] for one in first.values()) * 20 < sum(one[2] for one in expected.values())
    entries = kept(startup)
    assert found(startup, "ansible-playbook") == first
    assert kept(startup) == entries
