# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""awx.yml makes every object that it says, finds it again, changes what differs, and removes it."""

from __future__ import annotations

import json

from tests.awx.checks import inject
from tests.awx.conftest import ROOT, SECRETS, SetUp
from tests.awx.server import FakeAwx
from tests.awx.workflows import chain, node

COMMAND = ["npx", "ts-node", "scripts/upgrade.ts"]
BEACON = {"beacon": {"deployment_component": "upgrade_beacon", "deployment_command": COMMAND}}
PLAYBOOKS = "provision verify balances fund agent_config contract_config proof_bucket signer_iam keymaster".split()


def test_an_empty_awx_gets_all_of_it_and_a_second_run_changes_nothing(awx: FakeAwx, set_up: SetUp) -> None:
    first = set_up(awx_deployments=BEACON)
    assert first.code == 0, first.output
    assert awx.count() == {
        "organizations": 1, "execution_environments": 1, "projects": 1, "inventories": 1, "inventory_sources": 1,
        "credential_types": 4, "credentials": 3, "job_templates": 10, "workflow_job_templates": 3,
        "workflow_job_template_nodes": 10, "workflow_approval_templates": 3, "schedules": 3, "instance_groups": 1,
    }  # fmt: skip

    project = awx.named("projects", "nomad agent_ops")
    assert (project["scm_type"], project["scm_url"], project["scm_branch"]) == (
        "git",
        "https://git.example.org/agent_ops.git",
        "main",
    )
    source = awx.named("inventory_sources", "nomad staging source")
    assert source["source_path"] == "inventories/staging/hosts"
    assert source["source_project"] == project["id"]
    assert (source["overwrite"], source["overwrite_vars"], source["update_on_launch"]) == (True, True, True)
    assert awx.linked(awx.named("organizations", "nomad"), "galaxy_credentials") == ["Ansible Galaxy"]

    for name in PLAYBOOKS:
        template = awx.named("job_templates", f"nomad staging {name}")
        assert template["playbook"] == f"{name}.yml"
        assert template["inventory"] == awx.named("inventories", "nomad staging")["id"]
        assert template["execution_environment"] == awx.named("execution_environments", "nomad agent_ops")["id"]
        assert sorted(awx.linked(template, "credentials")) == ["nomad staging AWS", "nomad staging RPC URLs"]
        assert json.loads(template["extra_vars"]) == {
            "signer_iam_credentials_store": "secretsmanager",
            "signer_iam_other_inventories": ["inventories/development", "inventories/production"],
        }
        questions = awx.store.surveys[template["id"]]["spec"]
        assert questions[0]["variable"] == "environment_confirmation"
        # Nobody writes by pressing return.
        assert template["survey_enabled"]
        assert questions[0]["default"] == ("staging" if name in ("verify", "balances", "contract_config") else "")
    deploy = awx.named("job_templates", "nomad staging deploy beacon")
    assert deploy["playbook"] == "deploy.yml"
    assert json.loads(deploy["extra_vars"]).items() >= BEACON["beacon"].items()
    assert not any(template["ask_variables_on_launch"] for template in awx.store.objects["job_templates"].values())

    assert chain(awx, "nomad staging plan and provision") == ["plan", "approve", "provision", "verify"]
    assert chain(awx, "nomad staging plan and fund") == ["plan", "approve", "fund"]
    # contracts are automatic in staging, an update of the beacon is not.
    assert chain(awx, "nomad staging plan and deploy beacon") == ["plan", "approve core_team", "deploy"]
    plan = node(awx, "nomad staging plan and provision", "plan")
    assert (plan["job_type"], plan["diff_mode"]) == ("check", True)
    assert node(awx, "nomad staging plan and provision", "provision")["job_type"] is None
    assert node(awx, "nomad staging plan and fund", "fund")["extra_data"] == {"wallet_funding_approve": "true"}
    assert node(awx, "nomad staging plan and fund", "plan")["extra_data"] == {}
    assert {item["timeout"] for item in awx.store.objects["workflow_approval_templates"].values()} == {86400}
    funding = awx.named("schedules", "nomad staging funding")
    assert funding["unified_job_template"] == awx.named("workflow_job_templates", "nomad staging plan and fund")["id"]
    assert not funding["enabled"]

    keys = awx.named("credentials", "nomad staging AWS")
    assert keys["inputs"] == {"username": "AKIAMADEUPMADEUP0000", "password": "$encrypted$"}
    assert awx.store.secrets[keys["id"]] == {"password": SECRETS["awx_aws_secret_key"]}
    urls = awx.store.secrets[awx.named("credentials", "nomad staging RPC URLs")["id"]]
    found = inject(awx.named("credential_types", "nomad staging RPC URLs")["injectors"], urls, {})
    assert found["env"] == {"KOVAN_RPC_URL": SECRETS["awx_rpc_urls"]["kovan"], "MOONBASEALPHA_RPC_URL": ""}

    second = set_up(awx_deployments=BEACON)
    assert second.code == 0, second.output
    assert awx.written == []
    assert second.changed == 0
    for ran in (first, second):
        for secret in (SECRETS["awx_oauth_token"], SECRETS["awx_aws_secret_key"], SECRETS["awx_rpc_urls"]["kovan"]):
            assert secret not in ran.output


def test_awx_offers_the_inventories_and_the_root_playbooks() -> None:
    from tests.awx import checks

    offered = checks.playbooks(ROOT)
    assert {f"{name}.yml" for name in [*PLAYBOOKS, "deploy"]} <= set(offered)
    assert {f"inventories/{name}/hosts" for name in ("development", "staging", "production")} <= set(
        checks.inventories(ROOT)
    )
