# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests' playbooks import from zips is what is in them, compiled once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

STARTUP = Path(__file__).resolve().parents[1] / "startup"

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
