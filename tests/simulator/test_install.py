# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the packages for Node.js come here: exactly those that are written down, once, and never into the collection."""

from __future__ import annotations

import fnmatch
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.foundry import install as foundry
from tests.simulator import install

ROOT = Path(__file__).resolve().parents[2]
Programs = Callable[..., Path]


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    """Put a node and an npm first on PATH that say what they are told; npm writes down how it was called."""

    def put(node: str = "v20.20.2", npm: str = "10.1.0", code: int = 0) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        calls = tmp_path / "calls"
        for name, said, then in (
            ("node", node, "exit 1"),
            ("npm", npm, f'echo "$PWD: $*" >>"{calls}"; echo what it complains of; exit {code}'),
        ):
            script = folder / name
            script.write_text(f'#!/bin/sh\nif [ "$1" = --version ]; then echo "{said}"; exit; fi\n{then}\n')
            script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
        return calls

    return put


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        (install.SOURCE, "dependencies"),
        (install.SOURCE, "optionalDependencies"),
        (foundry.SOURCE, "optionalDependencies"),
    ],
)
def test_versions_and_hashes_are_written_down_and_no_registry(source: Path, kind: str) -> None:
    text = (source / "package-lock.json").read_text()
    assert not re.search(r"https?:|resolved", text)
    packages = json.loads(text)["packages"]
    wanted = json.loads((source / "package.json").read_text())[kind]
    assert packages[""][kind] == wanted
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    others = {name: package for name, package in packages.items() if name}
    assert {f"node_modules/{name}" for name in wanted} <= others.keys()
    assert all(package["integrity"].startswith("sha512-") for package in others.values())
    assert not any(package.get("hasInstallScript") for package in others.values())


def test_nothing_of_it_is_in_a_build_of_the_collection() -> None:
    ignored = yaml.safe_load((ROOT / "galaxy.yml").read_text())["build_ignore"]
    assert {".cache", "node_modules"} <= set(ignored)
    assert install.FOLDER.relative_to(ROOT).parts[0] == ".cache"
    source = install.SOURCE.relative_to(ROOT).as_posix()
    # As ansible-galaxy compares patterns with paths.
    assert any(fnmatch.fnmatch(source, pattern) for pattern in ignored)


def test_a_second_run_asks_no_registry(tmp_path: Path, programs: Programs) -> None:
    calls = programs()
    folder = tmp_path / "installed"
    assert install.install(folder) is True
    (call,) = calls.read_text().splitlines()
    assert call.startswith(f"{folder}: ci --ignore-scripts --no-audit --no-fund ")
    assert (folder / "package-lock.json").read_bytes() == (install.SOURCE / "package-lock.json").read_bytes()
    assert install.install(folder) is False
    assert len(calls.read_text().splitlines()) == 1


def test_another_lock_file_is_installed_anew(tmp_path: Path, programs: Programs) -> None:
    calls = programs()
    source = tmp_path / "source"
    source.mkdir()
    for name in install.FILES:
        (source / name).write_bytes((install.SOURCE / name).read_bytes())
    install.install(tmp_path / "installed", source)
    (source / "package-lock.json").write_text("{}")
    assert install.install(tmp_path / "installed", source) is True
    assert len(calls.read_text().splitlines()) == 2


def test_an_installation_that_failed_is_tried_again(tmp_path: Path, programs: Programs) -> None:
    programs(code=1)
    with pytest.raises(install.InstallError, match=r"what it complains of\nfailed with code 1: npm ci"):
        install.install(tmp_path / "installed")
    assert not (tmp_path / "installed" / ".stamp").exists()
    programs(code=0)
    assert install.install(tmp_path / "installed") is True


@pytest.mark.parametrize(
    ("node", "npm", "said"),
    [
        ("v18.19.0", "10.1.0", "but node 18.19.0 is here"),
        ("", "10.1.0", "but no usable node was found on PATH"),
        ("v22.1.0", "6.14.4", "but npm 6.14.4 is here"),
    ],
)
def test_without_a_usable_node_it_says_what_is_needed(
    tmp_path: Path, programs: Programs, node: str, npm: str, said: str
) -> None:
    calls = programs(node, npm)
    with pytest.raises(install.InstallError) as refused:
        install.install(tmp_path / "installed")
    assert said in str(refused.value)
    assert "node 20 or later" in str(refused.value)
    assert "make demo" in str(refused.value)
    assert not calls.exists()


def test_node_may_be_missing_altogether(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(install.InstallError, match="no usable node was found"):
        install.install(tmp_path / "installed")


def prerequisites() -> dict[str, set[str]]:
    """What each target of the Makefile is made from, by make itself."""
    command = ["make", "--print-data-base", "--question", "help"]
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    rules = re.findall(r"^([^\s#:=]+):(?!=) ?(.*)$", done.stdout, re.MULTILINE)
    return {target: set(needed.replace("|", "").split()) for target, needed in rules}


def test_only_the_tests_need_it() -> None:
    rules = prerequisites()

    def needs(target: str) -> set[str]:
        mine = rules.get(target, set())
        return mine.union(*(needs(other) for other in mine))

    tests = {"test", "unit", "molecule"}
    without = {"setup", "lock", "demo", "sandbox", "lint", "sanity", "bench"}
    for folder in (install.FOLDER, foundry.FOLDER):
        stamp = str(folder.relative_to(ROOT) / ".stamp")
        assert {target for target in tests | without if stamp in needs(target)} == tests
    assert all(".venv/.stamp" in needs(target) for target in tests | without)
