# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from tools import bootstrap

ROOT = Path(__file__).resolve().parents[2]

LOCK = """\
uv-build==1.0 \\
    --hash=sha256:{other}
uv==2.0 ; python_version >= "3.11" \\
    --hash=sha256:{one} \\
    --hash=sha256:{two}
    # via -r dev.in
zzz==1.0 \\
    --hash=sha256:{other}
""".format(one="1" * 64, two="2" * 64, other="3" * 64)


def test_the_stanza_of_a_package_holds_its_hashes_and_no_others() -> None:
    found = bootstrap.stanza(LOCK, "uv")
    assert found.startswith("uv==2.0 ;")
    assert bootstrap.hashes(found) == {"1" * 64, "2" * 64}


def test_a_package_without_a_hash_is_refused() -> None:
    with pytest.raises(bootstrap.SetUpError, match="make lock"):
        bootstrap.stanza("uv==2.0\n", "uv")


def test_what_the_user_set_for_other_environments_is_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", "/somewhere/else")
    monkeypatch.setenv("PIP_TARGET", "/somewhere/else")
    monkeypatch.setenv("PIP_INDEX_URL", "file:///mirror/simple")
    monkeypatch.delenv("UV_CACHE_DIR", raising=False)
    env = bootstrap.clean_environment(tmp_path)
    assert "VIRTUAL_ENV" not in env
    assert "PIP_TARGET" not in env
    assert env["PIP_INDEX_URL"] == "file:///mirror/simple"
    assert env["UV_CACHE_DIR"] == str(tmp_path / "uv")


def wheel_with(folder: Path, *names: str) -> Path:
    wheel = folder / "ansible-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in names:
            archive.writestr(f"ansible_collections/{name}", name)
    return wheel


def test_only_the_two_collections_are_unpacked_and_older_files_go(tmp_path: Path) -> None:
    old = tmp_path / "ansible_collections" / "amazon" / "aws" / "old.py"
    old.parent.mkdir(parents=True)
    old.touch()
    wheel = wheel_with(tmp_path, "amazon/aws/MANIFEST.json", "community/aws/MANIFEST.json", "cisco/ios/MANIFEST.json")
    bootstrap.unpack_collections(wheel, tmp_path)
    found = {
        str(path.relative_to(tmp_path)) for path in (tmp_path / "ansible_collections").rglob("*") if path.is_file()
    }
    assert found == {f"ansible_collections/{name}/aws/MANIFEST.json" for name in ("amazon", "community")}


def test_a_wheel_without_the_collections_is_refused(tmp_path: Path) -> None:
    wheel = wheel_with(tmp_path, "amazon/aws/MANIFEST.json")
    with pytest.raises(bootstrap.SetUpError, match=r"community\.aws"):
        bootstrap.unpack_collections(wheel, tmp_path)


def test_a_wheel_that_is_here_is_used_only_with_the_right_hash(tmp_path: Path) -> None:
    lock = tmp_path / "collections.txt"
    wheel = wheel_with(tmp_path, "amazon/aws/MANIFEST.json")
    lock.write_text(f"ansible==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n")
    never = Path("/does/not/exist")
    assert bootstrap.fetch_wheel(never, {}, tmp_path, lock) == wheel
    wheel.write_bytes(wheel.read_bytes() + b"!")
    with pytest.raises(FileNotFoundError):
        bootstrap.fetch_wheel(never, {}, tmp_path, lock)


@pytest.fixture
def fake_python(tmp_path: Path) -> Path:
    """A Python that is too old, as a version manager's shim or an old system has it."""
    python = tmp_path / "python3"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    return python


def find_python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", str(ROOT / "tools" / "find_python.sh"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_an_unusable_python_is_passed_over(fake_python: Path) -> None:
    folder = fake_python.parent
    (folder / "python3.12").symlink_to(sys.executable)
    # Found through a link in a folder that is no virtual environment: the answer is the interpreter itself.
    done = find_python(PATH=str(folder), PYTHONHOME="/does/not/exist")
    assert done.returncode == 0, done.stderr
    assert os.path.isabs(done.stdout.strip())
    assert subprocess.run([done.stdout.strip(), "-c", "import venv"], check=False).returncode == 0


def test_the_python_of_an_environment_that_is_here_comes_first(fake_python: Path) -> None:
    done = find_python(str(fake_python), sys.executable, PATH=str(fake_python.parent))
    assert done.returncode == 0, done.stderr


def test_without_a_usable_python_it_says_what_is_needed(fake_python: Path) -> None:
    done = find_python(PATH=str(fake_python.parent))
    assert done.returncode == 1
    assert "Python 3.11 or later" in done.stderr


def test_the_lock_files_pin_everything_with_hashes_and_name_no_index() -> None:
    for path in (bootstrap.LOCK, bootstrap.COLLECTIONS_LOCK, bootstrap.AWX_LOCK):
        text = path.read_text()
        assert not re.search(r"https?://|--index|--find-links|--extra", text)
        for name in re.findall(r"^([a-z0-9.-]+)==", text, re.MULTILINE):
            assert bootstrap.hashes(bootstrap.stanza(text, name)), name


def test_every_requirement_is_declared_once_and_with_a_lower_bound() -> None:
    declared = []
    for path in ("requirements.txt", "requirements/dev.in", "requirements/collections.in"):
        for line in (ROOT / path).read_text().splitlines():
            if line and not line.startswith(("#", "-r ")):
                found = re.match(r"([A-Za-z0-9.-]+)(?:\[[a-z]+\])?>=[0-9]", line)
                assert found is not None, line
                declared.append(found[1].lower())
    assert len(declared) == len(set(declared))


def test_the_collections_are_asked_for_in_the_same_versions_everywhere() -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text())["dependencies"]
    listed = yaml.safe_load((ROOT / "collections" / "requirements.yml").read_text())["collections"]
    assert {entry["name"]: entry["version"] for entry in listed} == galaxy
    assert set(galaxy) == {".".join(collection) for collection in bootstrap.COLLECTIONS}


def test_the_pins_of_a_lock_are_constraints_without_hashes() -> None:
    lock = """\
# made by
a-b==1.0 \\
    --hash=sha256:00
    # via c
c==2.1 ; python_full_version < '3.12' \\
    --hash=sha256:11
"""
    assert bootstrap.constraints(lock) == "a-b==1.0\nc==2.1 ; python_full_version < '3.12'\n"
    assert bootstrap.constraints(lock, "a-b") == "c==2.1 ; python_full_version < '3.12'\n"
