# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The execution environment can be built, as far as that is seen without a container engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
SITE = Path(yaml.__file__).parents[1]


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [os.fspath(part) for part in command],
        cwd=ROOT,
        env={"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": os.environ["HOME"], "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def context(tmp_path: Path) -> Path:
    done = run(BIN / "ansible-builder", "create", "--context", tmp_path / "context")
    assert done.returncode == 0, done.stdout + done.stderr
    return tmp_path / "context" / "_build"


@pytest.fixture
def collections(tmp_path: Path) -> Path:
    """The collections that the image holds, and this one, as if somebody had put it there."""
    for name in ("amazon/aws", "community/aws"):
        target = tmp_path / "share" / "ansible_collections" / name
        target.parent.mkdir(parents=True)
        target.symlink_to(SITE / "ansible_collections" / name)
    own = tmp_path / "share" / "ansible_collections" / "interchain" / "agent_ops"
    (own / "meta").mkdir(parents=True)
    for name in ("meta/execution-environment.yml", "meta/runtime.yml", "requirements.txt", "bindep.txt"):
        (own / name).write_bytes((ROOT / name).read_bytes())
    return tmp_path / "share"


def union(context: Path, collections: Path, *options: str | Path) -> tuple[Path, Path]:
    """Return what the build installs by pip, and by the package manager."""
    pip, system = context / "pip.txt", context / "system.txt"
    done = run(
        BIN / "ansible-builder", "introspect", collections, "--user-pip", context / "requirements.txt",
        "--user-bindep", context / "bindep.txt", "--write-pip", pip, "--write-bindep", system, *options,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return pip, system


def resolved(file: Path) -> subprocess.CompletedProcess[str]:
    """Whether all of it fits together: the packages here do, and were chosen together. Nothing is downloaded."""
    return run(BIN / "uv", "pip", "install", "--dry-run", "--offline", "--python", sys.executable, "-r", file)


def test_what_the_image_holds_fits_together(context: Path, collections: Path) -> None:
    pip, system = union(context, collections, "--exclude-pip-reqs", context / "exclude-requirements.txt")
    wanted = pip.read_text(encoding="utf-8")
    for name in ("boto3", "cryptography", "eth-keys", "rlp", "prometheus-client"):
        assert name in wanted
    assert "aiobotocore" not in wanted
    done = resolved(pip)
    assert done.returncode == 0, done.stderr
    assert "Would make no changes" in done.stderr
    assert {"git-core", "openssh-clients"} <= {
        line.split()[0] for line in system.read_text(encoding="utf-8").splitlines()
    }


def test_what_is_excluded_would_not_be_there_otherwise(context: Path, collections: Path) -> None:
    pip, _system = union(context, collections)
    assert "aiobotocore" in pip.read_text(encoding="utf-8")


def test_whoever_has_no_awx_needs_no_awx_awx_and_the_others_get_the_one_that_is_tested() -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    assert not [name for name in galaxy["dependencies"] if name.startswith("awx.")]
    (asked,) = yaml.safe_load((ROOT / "requirements" / "awx.yml").read_text(encoding="utf-8"))["collections"]
    manifest = (SITE / "ansible_collections" / "awx" / "awx" / "MANIFEST.json").read_text(encoding="utf-8")
    assert asked == {"name": "awx.awx", "version": json.loads(manifest)["collection_info"]["version"]}
