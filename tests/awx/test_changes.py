# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What awx.yml plans, changes, refuses and removes, and what AWX offers of this repository."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from tests.awx import project
from tests.awx.conftest import ROOT, SITE, SetUp
from tests.awx.workflows import chain

AGENTS = {"agents": {"deployment_component": "agents", "deployment_command": ["true"]}}
TOOLS = {"tools": {"deployment_component": "contracts", "deployment_command": ["true"]}}
NAMED_ONCE = ("nomad staging nightly", "nomad staging plan and deploy tools", "nomad staging deploy tools")
BEACON = {"beacon": {"deployment_component": "upgrade_beacon", "deployment_command": ["true"]}}
EXACT = "DTSTART;TZID=Etc/UTC:20260101T050000 RRULE:FREQ=DAILY;INTERVAL=1"


def test_a_plan_a_changed_gate_and_a_removal(set_up: SetUp) -> None:
    awx = set_up.awx
    few: dict[str, Any] = {"awx_playbooks": [], "awx_deployments": AGENTS}
    before = awx.count()
    planned = set_up("staging", ("--check",), **few)
    assert planned.code == 0, planned.output
    assert planned.changed > 5
    assert awx.count() == before

    nightly = {"template": "deploy tools", "rrule": EXACT, "answers": {"environment_confirmation": "staging"}}
    more: dict[str, Any] = {**few, "awx_deployments": AGENTS | TOOLS, "awx_schedules": {"nightly": nightly}}
    made = set_up("staging", **more)
    assert made.code == 0, made.output
    assert "which nothing names here any more" not in made.told
    assert awx.linked(awx.named("job_templates", "nomad staging deploy agents"), "credentials") == ["nomad staging AWS"]
    # Operators deploy agents in staging.
    assert chain(awx, "nomad staging plan and deploy agents") == ["plan", "approve core_team", "deploy"]

    # The gate is gone, and so is its node: nothing may pass beside what is left.
    gates = json.dumps({"agent_ops_deployment": {"contracts": "automatic", "agents": "automatic"}})
    changed = set_up("staging", ("-e", gates), awx_scm_branch="release", **few)
    assert changed.code == 0, changed.output
    assert chain(awx, "nomad staging plan and deploy agents") == ["plan", "deploy"]
    assert awx.named("projects", "nomad agent_ops")["scm_branch"] == "release"
    # What is not named any more is told of, and goes when somebody says so.
    assert f"AWX has {', '.join(NAMED_ONCE)}, which nothing names here any more. It is left as it is" in changed.told
    assert awx.named("schedules", NAMED_ONCE[0])

    gone = set_up("staging", awx_state="absent", awx_purge=True, awx_remove_shared=True, **few)
    assert gone.code == 0, gone.output
    assert awx.count() == before
    again = set_up("staging", awx_state="absent", awx_remove_shared=True, **few)
    assert again.code == 0, again.output
    assert (again.changed, awx.written) == (0, [])


def test_what_cannot_be_made_is_refused_before_anything_is(set_up: SetUp, tmp_path: Path) -> None:
    """All of it in one run, on a machine without awx.awx, which only this playbook needs."""
    for name in ("amazon/aws", "community/aws"):
        target = tmp_path / "ansible_collections" / name
        target.parent.mkdir(parents=True)
        target.symlink_to(SITE / "ansible_collections" / name)
    schedules = {
        "nightly": {"template": "provision", "rrule": EXACT},
        "weekly": {"template": "verfy", "rrule": EXACT},
        "paid": {
            "template": "plan and fund",
            "rrule": EXACT,
            "answers": {
                "environment_confirmation": "staging",
                "wallet_funding_confirmed": True,
                "wallet_funding_approve": "true",
            },
        },
    }
    refused = set_up(
        "production",
        ("-e", json.dumps({"agent_ops_aws_account_id": "111122223333"})),
        {
            "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(map(os.fspath, (ROOT / "collections", tmp_path))),
            "ANSIBLE_COLLECTIONS_SCAN_SYS_PATH": "false",
        },
        awx_deployments=BEACON,
        awx_schedules=schedules,
    )
    assert refused.code != 0
    for said in (
        "awx.awx is not installed where this is started. Expected 24.6.1: ansible-galaxy collection install awx.awx:24",
        "awx_deployments has beacon, which production deploys by hand",
        "awx_schedules has weekly, whose template is nothing that is made here",
        'The schedule nightly answers environment_confirmation with nothing, and it can be "production"',
        'The schedule paid answers environment_confirmation with "staging", and it can be "production"',
        'The schedule paid answers wallet_funding_confirmed with true, and it can be "false" or "true"',
        "The schedule paid answers wallet_funding_approve, which plan and fund does not ask",
    ):
        assert said in refused.told
    assert set_up.awx.written == []


def test_awx_offers_the_inventories_and_the_root_playbooks() -> None:
    playbooks = [name for name in project.playbooks(ROOT) if os.sep not in name]
    imported = [
        path.name for path in ROOT.glob("*.yml") if "import_playbook: interchain." in path.read_text(encoding="utf-8")
    ]
    assert playbooks == sorted(imported)
    # Each of them is one of the collection's playbooks, and each of these is there.
    assert playbooks == sorted(path.name for path in (ROOT / "playbooks").glob("*.yml"))
    offered = project.inventories(ROOT)
    environments = [f"inventories/{name}/hosts" for name in ("development", "production", "staging")]
    assert [name for name in offered if name.startswith("inventories/")] == sorted(
        [*environments, "inventories/sandbox/hosts"]
    )
    # AWX ends its list after so many, in the order of the disk.
    assert len(offered) <= project.LISTED
