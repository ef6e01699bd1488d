# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tools import sanity


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    (root / "plugins").mkdir(parents=True)
    (root / ".gitignore").write_text("/.cache/\n")
    (root / "plugins" / "tracked.py").touch()
    (root / "plugins" / "new file.py").touch()
    (root / ".cache").mkdir()
    (root / ".cache" / "hidden").touch()
    (root / "link").symlink_to(".")
    return root


@pytest.mark.parametrize("repository", [True, False])
def test_what_git_sees_is_listed_with_and_without_a_repository(tree: Path, repository: bool) -> None:
    if repository:
        for command in (["init", "--quiet"], ["add", "plugins/tracked.py"]):
            subprocess.run(["git", *command], cwd=tree, check=True)
    assert sanity.git_visible(tree) == [".gitignore", "link", "plugins/new file.py", "plugins/tracked.py"]


def test_a_tracked_file_that_was_deleted_is_not_listed(tree: Path) -> None:
    for command in (["init", "--quiet"], ["add", "plugins/tracked.py"]):
        subprocess.run(["git", *command], cwd=tree, check=True)
    (tree / "plugins" / "tracked.py").unlink()
    assert "plugins/tracked.py" not in sanity.git_visible(tree)


def test_the_copy_is_exact_and_forgets_what_was_there(tree: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy"
    target.mkdir()
    (target / "gone.py").touch()
    sanity.copy_tree(tree, target, ["plugins/tracked.py", "link"])
    found = {str(path.relative_to(target)) for path in target.rglob("*") if ".git" not in path.parts}
    assert found == {"plugins", "plugins/tracked.py", "link"}
    assert (target / "link").is_symlink()


@pytest.mark.parametrize(
    "line",
    [
        "WARNING: All targets skipped.",
        'WARNING: Skipping sanity test "import" on Python 3.12 due to missing virtual environment support.',
        'WARNING: Required program "shellcheck" not found.',
        "WARNING: Skipping validate-modules collection version checks since no collection version was found.",
    ],
)
def test_a_test_that_is_left_out_without_need_is_found(line: str) -> None:
    assert sanity.judge(["Running sanity test\n", f"{line}\n"]) == [line]


@pytest.mark.parametrize(
    "line",
    [
        'WARNING: Required program "pwsh" not found.',
        'WARNING: Skipping sanity test "compile" on Python 3.14 because it could not be found.',
        'WARNING: Using locale "C.UTF-8" instead of "en_US.UTF-8".',
    ],
)
def test_what_cannot_be_mended_is_let_through(line: str) -> None:
    assert sanity.judge([f"{line}\n"]) == []


def test_shims_and_missing_interpreters_are_not_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shims = tmp_path / "shims"
    shims.mkdir()
    for name in ("python3.11", "python3.98"):
        (shims / name).write_text("#!/bin/sh\necho 'command not found' >&2\nexit 127\n")
        (shims / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(shims))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert sanity.real_pythons(tmp_path / "bin", ["python3.11", "python3.98", "python3.99"]) == []


def test_the_wanted_pip_is_read_from_ansible_test_itself() -> None:
    assert re.fullmatch(r"\d+\.\d+(\.\d+)?", sanity.wanted_pip())
