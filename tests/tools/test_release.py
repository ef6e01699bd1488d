# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is published: the tarball of `make release`, and what is said of it before."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

import pytest

from tools import release, release_check, sanity

ROOT = Path(__file__).resolve().parents[2]
WHOLE = sorted(release.NEEDED)


def test_a_whole_collection_has_no_problems() -> None:
    assert release.problems([*WHOLE, "docs/access.md", "tests", "tests/config.yml", "plugins/modules/x.py"]) == []


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        (WHOLE[1:], f"{WHOLE[0]} is missing"),
        ([*WHOLE, "Makefile"], "Makefile does not belong into it"),
        ([*WHOLE, "tests/unit/test_x.py"], "tests/unit/test_x.py does not belong into it"),
        ([*WHOLE, "plugins/modules/x.py~"], "plugins/modules/x.py~ does not belong into it"),
        ([*WHOLE, "plugins/__pycache__/x.pyc"], "plugins/__pycache__/x.pyc does not belong into it"),
    ],
)
def test_what_is_missing_or_too_much_is_named(names: list[str], problem: str) -> None:
    assert problem in release.problems(names)


def test_the_release_is_made_of_what_git_sees_and_has_its_changelog(tmp_path: Path) -> None:
    lying_about = ROOT / "plugins" / "modules" / "lying_about.pyc"
    lying_about.write_bytes(b"")
    try:
        before = subprocess.run(["git", "status", "--short"], cwd=ROOT, capture_output=True, text=True, check=True)
        built = release.build(tmp_path)
        after = subprocess.run(["git", "status", "--short"], cwd=ROOT, capture_output=True, text=True, check=True)
    finally:
        lying_about.unlink()
    assert before.stdout == after.stdout
    with tarfile.open(built) as archive:
        names = set(archive.getnames())
        changelog = (archive.extractfile("CHANGELOG.md") or pytest.fail("no changelog")).read().decode()
    sources = {name for name in sanity.git_visible(ROOT) if name.startswith(("plugins/", "roles/", "playbooks/"))}
    assert sources <= names
    assert "plugins/modules/lying_about.pyc" not in names
    assert "## v1\\.0\\.0" in changelog
    assert "interchain\\.agent\\_ops\\.kms\\_signing\\_keys" in changelog


def test_what_the_importer_warns_of_counts() -> None:
    output = "Loading role x\nWARNING: Could not get role description, no role metadata found\nImporter processing done"
    assert release_check.findings(output) == ["WARNING: Could not get role description, no role metadata found"]
    assert release_check.findings("Loading module x\n...ansible-lint run complete\n") == []


def test_what_is_not_done_is_said_with_its_reason() -> None:
    lines = release_check.not_done()
    assert len(lines) == len(release_check.NOT_DONE) + 1
    assert any("publish" in line and "token" in line for line in lines)
