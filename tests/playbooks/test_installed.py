# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as Galaxy would deliver it, with an inventory of the user's own, far away from any checkout."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

from sandbox.client import Sandbox, environment_without_aws
from tests.module_server import STARTUP
from tests.playbooks.conftest import PLAYBOOK, ROOT
from tools import bootstrap, release
from tools.sanity import link_dependencies

UV = PLAYBOOK.with_name("uv")


def empty_environment(venv: Path) -> Path:
    """An environment with what the README tells users to install, and nothing of what a checkout has besides.

    The versions are those of the lock, from uv's cache where that has them. The collections that Galaxy would fetch
    along are those of the checkout.
    """
    python = venv / "bin" / "python"
    env = bootstrap.clean_environment()

    def uv(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([UV, *arguments], env=env, capture_output=True, text=True, check=False)

    made = uv("venv", "--quiet", "--python", sys.executable, venv)
    assert made.returncode == 0, made.stderr
    pins = venv / "constraints.txt"
    pins.write_text(bootstrap.constraints(bootstrap.LOCK.read_text(encoding="utf-8")), encoding="utf-8")
    install = ["pip", "install", "--quiet", "--python", python, "--constraint", pins, "ansible-core"]
    install += ["-r", ROOT / "requirements.txt"]
    if uv(*install, "--offline").returncode != 0:
        env = bootstrap.uv_environment(Path(sys.executable), env)
        if uv(*install).returncode != 0:
            # As in the set-up: pip reads configurations of indexes and certificates that uv does not.
            options = ["install", "--quiet", *install[5:]]
            command = [sys.executable, "-m", "pip", "--python", str(python), *map(str, options)]
            done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
    (site_packages,) = venv.glob("lib/python*/site-packages")
    (site_packages / "ansible_collections").mkdir()
    link_dependencies(site_packages / "ansible_collections", Path(sysconfig.get_path("purelib")))
    return venv / "bin"


def test_the_playbook_runs_where_the_collection_is_installed(aws: Sandbox, tmp_path: Path) -> None:
    bin_folder = empty_environment(tmp_path / "venv")
    playbook, galaxy = str(bin_folder / "ansible-playbook"), str(bin_folder / "ansible-galaxy")
    environment = {**environment_without_aws(), **aws.environment(), "ANSIBLE_COLLECTIONS_PATH": str(tmp_path)}
    environment["PATH"] = f"{bin_folder}:/usr/bin:/bin"
    # Nothing else can be imported from there.
    environment["PYTHONPATH"] = str(STARTUP)
    (tmp_path / "empty.cfg").touch()
    environment["ANSIBLE_CONFIG"] = str(tmp_path / "empty.cfg")

    def run(*command: str) -> str:
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    built = release.build(tmp_path)
    run(galaxy, "collection", "install", "--no-deps", "-p", str(tmp_path), str(built))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    inventory = next(text for text in re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL) if "networks:" in text)
    (tmp_path / "inventory.yml").write_text(inventory, encoding="utf-8")
    output = run(playbook, "interchain.agent_ops.provision", "-i", "inventory.yml")
    assert "12 keys: 12 created" in output
    report = json.loads((tmp_path / "artifacts/sandbox/staging/signing_keys.json").read_text(encoding="utf-8"))
    assert len(report["signing_keys"]) == 12
    assert "changed=0" in run(playbook, "interchain.agent_ops.provision", "-i", "inventory.yml", "--check")
    others = sorted(f"interchain.agent_ops.{path.stem}" for path in (ROOT / "playbooks").glob("*.yml"))
    assert run(playbook, *others, "-i", "inventory.yml", "--syntax-check").count("playbook: ") == len(others)
