# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What awx.yml plans, changes, refuses and removes."""

from __future__ import annotations

import json
from typing import Any

from tests.awx.conftest import SetUp
from tests.awx.server import FakeAwx
from tests.awx.workflows import chain

UPGRADE = {"beacon": {"deployment_component": "upgrade_beacon", "deployment_command": ["true"]}}
AGENTS = {"agents": {"deployment_component": "agents", "deployment_command": ["true"]}}


def test_a_plan_a_changed_gate_and_a_removal(awx: FakeAwx, set_up: SetUp) -> None:
    few: dict[str, Any] = {
        "awx_playbooks": [],
        "awx_deployments": AGENTS,
        "awx_rpc_urls": {},
        "awx_aws_role_arn": "arn:aws:iam::111122223333:role/ops",
    }
    before = awx.count()
    planned = set_up(options=("--check",), **few)
    assert planned.code == 0, planned.output
    assert planned.changed > 5
    assert awx.count() == before

    made = set_up(**few)
    assert made.code == 0, made.output
    assert awx.linked(awx.named("job_templates", "nomad staging deploy agents"), "credentials") == [
        "nomad staging AWS role"
    ]
    assert chain(awx, "nomad staging plan and deploy agents") == ["plan", "approve core_team", "deploy"]

    # The gate is gone, and so is its node: nothing may pass beside what is left.
    gates = json.dumps({"agent_ops_deployment": {"contracts": "automatic", "agents": "automatic"}})
    changed = set_up(options=("-e", gates), awx_scm_branch="release", **few)
    assert changed.code == 0, changed.output
    assert chain(awx, "nomad staging plan and deploy agents") == ["plan", "deploy"]
    assert awx.named("projects", "nomad agent_ops")["scm_branch"] == "release"

    gone = set_up(awx_state="absent", awx_remove_shared=True, **few)
    assert gone.code == 0, gone.output
    assert awx.count() == before
    again = set_up(awx_state="absent", awx_remove_shared=True, **few)
    assert again.code == 0, again.output
    assert (again.changed, awx.written) == (0, [])


def test_what_is_deployed_by_hand_gets_no_template(awx: FakeAwx, set_up: SetUp) -> None:
    production = ("-e", json.dumps({"agent_ops_aws_account_id": "111122223333"}))
    refused = set_up("production", production, awx_deployments=UPGRADE)
    assert refused.code != 0
    assert "awx_deployments has beacon, which production deploys by hand" in refused.told
    assert awx.written == []
