# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as Galaxy would deliver it, with an inventory of the user's own, far away from any checkout."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

from sandbox.client import Sandbox, environment_without_aws
from tests.playbooks.conftest import PLAYBOOK, ROOT


def test_the_playbook_runs_where_the_collection_is_installed(aws: Sandbox, tmp_path: Path) -> None:
    galaxy = os.fspath(PLAYBOOK.with_name("ansible-galaxy"))
    environment = {**environment_without_aws(), **aws.environment(), "ANSIBLE_COLLECTIONS_PATH": str(tmp_path)}
    (tmp_path / "empty.cfg").touch()
    environment["ANSIBLE_CONFIG"] = str(tmp_path / "empty.cfg")

    def run(*command: str) -> str:
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run(galaxy, "collection", "build", str(ROOT))
    (built,) = tmp_path.glob("*.tar.gz")
    run(galaxy, "collection", "install", "--no-deps", "-p", str(tmp_path), str(built))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    inventory = next(text for text in re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL) if "networks:" in text)
    (tmp_path / "inventory.yml").write_text(inventory, encoding="utf-8")
    output = run(os.fspath(PLAYBOOK), "interchain.agent_ops.provision", "-i", "inventory.yml")
    assert "12 keys: 12 created" in output
    report = json.loads((tmp_path / "artifacts/sandbox/staging/signing_keys.json").read_text(encoding="utf-8"))
    assert len(report["signing_keys"]) == 12
    assert "changed=0" in run(os.fspath(PLAYBOOK), "interchain.agent_ops.provision", "-i", "inventory.yml", "--check")
