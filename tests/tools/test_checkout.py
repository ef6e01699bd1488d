# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The link from collections/ back to the checkout: it decides what runs, and nothing walks into it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

from tools.release import problems

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
LINK = Path("collections", "ansible_collections", "interchain", "agent_ops")


def run(*command: str, **environment: str) -> str:
    env = {"PATH": f"{BIN}:/usr/bin:/bin", "LC_ALL": os.environ.get("LC_ALL", "C.UTF-8"), **environment}
    done = subprocess.run([*command], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_link_is_relative_and_leads_to_the_checkout() -> None:
    assert os.readlink(ROOT / LINK) == os.path.join("..", "..", "..")
    assert (ROOT / LINK).resolve() == ROOT


def test_a_copy_in_the_home_of_the_user_cannot_come_before_the_checkout(tmp_path: Path) -> None:
    stale = tmp_path / ".ansible" / "collections" / "ansible_collections" / "interchain" / "agent_ops"
    (stale / "meta").mkdir(parents=True)
    (stale / "meta" / "runtime.yml").write_text("requires_ansible: '>=2.19.0'\n")
    (stale / "galaxy.yml").write_text("namespace: interchain\nname: agent_ops\nversion: 0.0.1\n")
    (stale / "plugins" / "modules").mkdir(parents=True)
    (stale / "plugins" / "modules" / "stale.py").write_text('DOCUMENTATION = "module: stale"\n')
    listed = json.loads(
        run("ansible-doc", "--list", "--json", "-t", "module", "interchain.agent_ops", HOME=str(tmp_path))
    )
    assert "interchain.agent_ops.kms_signing_keys" in listed
    assert "interchain.agent_ops.stale" not in listed


def test_a_tarball_that_ansible_galaxy_builds_holds_what_users_need_and_nothing_else(tmp_path: Path) -> None:
    run("ansible-galaxy", "collection", "build", "--output-path", str(tmp_path), HOME=str(tmp_path))
    (tarball,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(tarball) as archive:
        assert problems(archive.getnames()) == []
