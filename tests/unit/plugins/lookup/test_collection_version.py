# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which collections ansible finds, as a template asks for them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[4]
PLAYBOOK = Path(sys.executable).parent / "ansible-playbook"
SITE = Path(yaml.__file__).parents[1]
LOOKUP = "{{ query('interchain.agent_ops.collection_version', %s) | to_json }}"


def test_versions_of_what_is_found_and_nothing_of_what_is_not(tmp_path: Path) -> None:
    names = "'amazon.aws', 'no.such', 'interchain.agent_ops'"
    tasks = [
        {"ansible.builtin.debug": {"msg": LOOKUP % names}},
        {"ansible.builtin.debug": {"msg": LOOKUP % "'../amazon'"}, "ignore_errors": True},
    ]
    (tmp_path / "play.yml").write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    done = subprocess.run(
        [str(PLAYBOOK), str(tmp_path / "play.yml")],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    told = " ".join((done.stdout + done.stderr).split())
    manifest = json.loads((SITE / "ansible_collections/amazon/aws/MANIFEST.json").read_text(encoding="utf-8"))
    # A checkout says no version of its own.
    expected = json.dumps([manifest["collection_info"]["version"], "", "*"])
    assert json.dumps(expected)[1:-1] in told
    assert "'../amazon' is not a collection's name. Expected: namespace.name" in told
