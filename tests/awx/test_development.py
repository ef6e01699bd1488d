# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Development in AWX: awx.yml makes every object that it says and finds it again, and each template runs as a job.

Jobs have no terminal that anybody sits at, no disk that lasts, and no secret in what they leave behind. They are
started with what awx.yml stored.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from sandbox.client import Sandbox, environment_without_aws
from tests.awx import job
from tests.awx.conftest import CONFIRMED, ROOT, RPC_SECRET, SECRET, SETTINGS, Ran, SetUp
from tests.awx.launcher import Launcher
from tests.awx.workflows import chain, node
from tests.chain import Chain
from tests.module.hex_keys import betrayed, private_keys

NO_PLACE = "names no place for the last reports"
RECORDS, REPORTS = "nomad-development-records", "agent_ops/development/reports/"
PLAYBOOKS = "provision verify balances fund agent_config contract_config proof_bucket signer_iam keymaster".split()


def test_an_empty_awx_gets_all_of_it(set_up: SetUp, made: Ran, wanted: dict[str, Any]) -> None:
    awx = set_up.awx
    assert made.code == 0, made.output
    assert NO_PLACE in made.told
    there = {name: count for name, count in awx.count().items() if count}
    assert there == {
        "organizations": 1, "execution_environments": 1, "projects": 1, "inventories": 1, "inventory_sources": 1,
        "credential_types": 4 + 2, "credentials": 3 + 2, "job_templates": 10, "workflow_job_templates": 3,
        "workflow_job_template_nodes": 9, "workflow_approval_templates": 2, "schedules": 3, "instance_groups": 2,
        "notification_templates": 1,
    }  # fmt: skip
    project = awx.named("projects", "nomad agent_ops")
    assert [project[name] for name in ("scm_type", "scm_url", "scm_branch", "credential")] == [
        "git", SETTINGS["awx_scm_url"], "main", awx.named("credentials", "git")["id"],
    ]  # fmt: skip
    image = awx.named("execution_environments", "nomad agent_ops")
    assert image["credential"] == awx.named("credentials", "images")["id"]
    source = awx.named("inventory_sources", "nomad development source")
    assert (source["source"], source["source_project"]) == ("scm", project["id"])
    assert source["source_path"] == "inventories/development/hosts"
    assert (source["overwrite"], source["overwrite_vars"], source["update_on_launch"]) == (True, True, True)
    assert awx.linked(awx.named("organizations", "nomad"), "galaxy_credentials") == ["Ansible Galaxy"]

    for name in PLAYBOOKS:
        template = awx.named("job_templates", f"nomad development {name}")
        assert template["playbook"] == f"{name}.yml"
        assert template["inventory"] == awx.named("inventories", "nomad development")["id"]
        assert template["execution_environment"] == image["id"]
        assert sorted(awx.linked(template, "credentials")) == [
            "nomad development AWS role",
            "nomad development RPC URLs",
        ]
        assert awx.linked(template, "instance_groups") == ["bridge"]
        assert awx.linked(template, "notification_templates_error") == ["on call"]
        assert json.loads(template["extra_vars"]) == {
            "signer_iam_credentials_store": "secretsmanager",
            "signer_iam_other_inventories": ["inventories/production", "inventories/staging"],
        }
        # Nobody writes by pressing return.
        first = awx.store.surveys[template["id"]]["spec"][0]
        assert template["survey_enabled"]
        assert first["variable"] == "environment_confirmation"
        assert first["default"] == ("development" if name in ("verify", "balances", "contract_config") else "")
    deploy = awx.named("job_templates", "nomad development deploy contracts")
    assert deploy["playbook"] == "deploy.yml"
    assert json.loads(deploy["extra_vars"]).items() >= wanted["awx_deployments"]["contracts"].items()

    # A survey asks for a selection or a confirmation. Nobody who launches a template says what there is to be.
    asked = {question["variable"] for survey in awx.store.surveys.values() for question in survey["spec"]}
    assert asked == {
        "environment_confirmation", "wallet_funding_fail_when_low", "wallet_funding_approve",
        "wallet_funding_confirmed", "wallet_funding_replace_stuck", "deployment_plan_only",
    }  # fmt: skip
    prompts = {"job_type", "diff_mode", "limit", "tags"}
    for resource in ("job_templates", "workflow_job_templates"):
        for template in awx.store.objects[resource].values():
            asks = {name[4:-10] for name, value in template.items() if name.startswith("ask_") and value}
            assert asks <= prompts


def test_workflows_wait_for_approvals_and_schedules_start_what_they_should(set_up: SetUp, made: Ran) -> None:
    awx = set_up.awx
    assert made.code == 0, made.output
    assert chain(awx, "nomad development plan and provision") == ["plan", "approve", "provision", "verify"]
    assert chain(awx, "nomad development plan and fund") == ["plan", "approve", "fund"]
    # The gate of contracts is automatic in development.
    assert chain(awx, "nomad development plan and deploy contracts") == ["plan", "deploy"]
    plan = node(awx, "nomad development plan and provision", "plan")
    assert (plan["job_type"], plan["diff_mode"]) == ("check", True)
    assert node(awx, "nomad development plan and provision", "provision")["job_type"] is None
    assert node(awx, "nomad development plan and fund", "fund")["extra_data"] == {"wallet_funding_approve": "true"}
    assert node(awx, "nomad development plan and fund", "plan")["extra_data"] == {}
    assert {item["timeout"] for item in awx.store.objects["workflow_approval_templates"].values()} == {86400}
    schedules = {item["name"]: item for item in awx.store.objects["schedules"].values()}
    assert {name: (item["enabled"], item["extra_data"]) for name, item in schedules.items()} == {
        "nomad development verification": (True, CONFIRMED),
        "nomad development balances": (True, {**CONFIRMED, "wallet_funding_fail_when_low": "true"}),
        # What is required is answered, a default or not: AWX takes no schedule otherwise.
        "nomad development funding": (False, {**CONFIRMED, "wallet_funding_confirmed": "false"}),
    }
    started = {item["unified_job_template"] for item in schedules.values()}
    assert awx.named("workflow_job_templates", "nomad development plan and fund")["id"] in started


def test_credentials_hold_the_secrets_and_answers_do_not(set_up: SetUp, made: Ran, wanted: dict[str, Any]) -> None:
    awx = set_up.awx
    role = awx.named("credentials", "nomad development AWS role")
    assert role["inputs"]["secret_key"] == "$encrypted$"
    assert awx.store.secrets[role["id"]] == {"secret_key": SECRET}
    urls = awx.named("credentials", "nomad development RPC URLs")
    assert urls["inputs"] == {"urls": "$encrypted$"}
    lines = [f"{name.upper()}_RPC_URL={url}" for name, url in wanted["awx_rpc_urls"].items()]
    assert awx.store.secrets[urls["id"]]["urls"].splitlines() == lines
    for secret in (SETTINGS["awx_oauth_token"], SECRET, RPC_SECRET):
        assert secret not in made.output


def test_a_second_run_changes_nothing(set_up: SetUp, made: Ran, wanted: dict[str, Any]) -> None:
    # A variable of the inventory's: AWX is told nothing of it.
    second = set_up("development", **wanted, agent_ops_report_store=f"s3://{RECORDS}/agent_ops")
    assert second.code == 0, second.output
    assert NO_PLACE not in second.told
    assert set_up.awx.written == []
    assert second.changed == 0


def test_provisioning_is_verified_and_keeps_nothing_on_the_disk(
    provisioned: Launcher, secrets: Any, aws: Sandbox
) -> None:
    names = {item["Name"] for item in secrets.list_secrets()["SecretList"]}
    assert [name for name in names if "/credentials/" in name]
    assert not list((provisioned.done[-1].folder / "project").rglob("credentials/*"))
    verify = provisioned.node("plan and provision", "verify", **CONFIRMED)
    assert verify.status == "successful", verify.output
    # All of it was done as the role that the credential names.
    users = {entry["access_key_id"] for entry in aws.log() if entry["operation"] == "AssumeRole"}
    assert users == {SETTINGS["awx_aws_access_key"]}
    mine = aws.boto3_arguments()["aws_access_key_id"]
    others = {entry["access_key_id"] for entry in aws.log() if entry["operation"] != "AssumeRole"} - {mine, None}
    assert others
    assert not [name for name in others if not name.startswith("ASIA")]


def test_the_next_job_has_another_disk_and_knows_the_last_report(provisioned: Launcher, s3: Any) -> None:
    key = f"{REPORTS}signing_keys.json"
    last = json.loads(s3.get_object(Bucket=RECORDS, Key=key)["Body"].read())
    (row,) = (one for one in last["signing_keys"] if one["name"] == "development-kovan-updater-signer")
    was, row["address"] = row["address"], "0x00000000000000000000000000000000000000A1"
    s3.put_object(Bucket=RECORDS, Key=key, Body=json.dumps(last))
    done = provisioned.launch("provision", **CONFIRMED, job_tags="signing_keys", limit="kovan")
    assert done.status == "successful", done.output
    assert f"The address of {row['name']} was {row['address']} in the last report, and is {was} now" in done.told
    assert was in s3.get_object(Bucket=RECORDS, Key=key)["Body"].read().decode()


def test_wallets_are_low_and_funded_once_that_is_approved(
    provisioned: Launcher, chains: dict[str, Chain], s3: Any
) -> None:
    wallets = json.loads(s3.get_object(Bucket=RECORDS, Key=f"{REPORTS}signing_keys.json")["Body"].read())
    (updater,) = (
        one["address"] for one in wallets["signing_keys"] if one["name"] == "development-kovan-updater-signer"
    )
    chains["kovan"].give(updater, 10**18)
    two_days_ago = {"at": time.time() - 2 * 86400, "balances": {f"kovan/{updater.lower()}": 2 * 10**18}}
    s3.put_object(Bucket=RECORDS, Key=f"{REPORTS}wallet_history.jsonl", Body=json.dumps(two_days_ago))
    low = provisioned.launch("balances", **CONFIRMED, wallet_funding_fail_when_low="true", limit="kovan")
    assert low.status == "failed", low.output
    assert "has wallets below their thresholds" in low.told
    assert re.search(r"^kovan +updater .* 2\.0 *$", low.output, re.MULTILINE), low.output
    chains["kovan"].give(updater, 0)
    # The terminal that ansible-runner gives it has nobody at it: that is said, and not waited for.
    unasked = provisioned.launch("fund", **CONFIRMED, limit="kovan")
    assert unasked.status == "failed", unasked.output
    assert "wallet_funding_approve" in unasked.told
    assert "AWX_ISOLATED_DATA_DIR" in unasked.told
    plan = provisioned.node("plan and fund", "plan", **CONFIRMED, limit="kovan")
    assert plan.status == "successful", plan.output
    assert "1 transfer: 1 planned; 500 ETH on kovan" in plan.told
    before = chains["alfajores"].rpc.call("eth_blockNumber")
    fund = provisioned.node("plan and fund", "fund", **CONFIRMED, limit="kovan")
    assert fund.status == "successful", fund.output
    assert "1 transfer: 1 confirmed; 500 ETH on kovan" in fund.told
    assert chains["alfajores"].rpc.call("eth_blockNumber") == before
    assert s3.list_objects_v2(Bucket="nomad-development-funding")["KeyCount"] == 1


@pytest.mark.parametrize(
    ("name", "prompts", "said"),
    [
        ("agent_config", {"limit": "kovan"}, "files"),
        ("proof_bucket", {"job_type": "check"}, "Proof bucket of development"),
        ("signer_iam", {"job_type": "check"}, "Permissions of development"),
        ("keymaster", {}, "Write what containers run"),
    ],
)
def test_what_else_a_template_starts_ends_well(
    provisioned: Launcher, name: str, prompts: dict[str, str], said: str
) -> None:
    done = provisioned.launch(name, **CONFIRMED, **prompts)
    assert done.status == "successful", done.output
    assert said in done.told


def test_what_an_inventory_lacks_is_said(provisioned: Launcher) -> None:
    done = provisioned.launch("contract_config", **CONFIRMED)
    assert done.status == "failed"
    # By the tag that the template has, it only reports.
    assert "Compare deployment configurations, keys and chains" in done.told
    assert "contract_config_files is empty. Expected: its entries in the inventory" in done.told


def test_a_deployment_is_planned_and_runs(launcher: Launcher, folder: Path) -> None:
    # A rehearsal runs no command.
    script = job.inventory_script(ROOT, "inventories/development/hosts", env=environment_without_aws())
    planned = launcher.launch("deploy contracts", **CONFIRMED, deployment_plan_only="true", script=script)
    assert planned.status == "successful", planned.output
    assert "Deployment of contracts to development" in planned.told
    assert not (folder / "ran").exists()
    ran = launcher.launch("deploy contracts", **CONFIRMED, script=script)
    assert ran.status == "successful", ran.output
    assert (folder / "ran").read_text() == "once\n"


def test_an_answer_that_no_survey_would_take_is_refused_by_the_job(launcher: Launcher) -> None:
    other = launcher.launch("fund", checked=False, environment_confirmation="production")
    assert other.status == "failed"
    assert "environment_confirmation is 'production', and this run is on development" in other.told
    banana = launcher.launch("fund", checked=False, **CONFIRMED, wallet_funding_approve="banana")
    assert banana.status == "failed"
    assert "banana" in banana.told
    assert "wallet_funding_approve" in banana.told


def test_no_job_tells_or_leaves_a_secret(provisioned: Launcher, secrets: Any, set_up: SetUp, s3: Any) -> None:
    ran = {done.template for done in provisioned.done}
    assert ran == {item["name"] for item in set_up.awx.store.objects["job_templates"].values()}
    keys = list(private_keys(secrets))
    held = [
        json.loads(secrets.get_secret_value(SecretId=item["Name"])["SecretString"])["secret_access_key"]
        for item in secrets.list_secrets()["SecretList"]
        if "/credentials/" in item["Name"]
    ]
    assert keys
    assert held
    hidden = [*provisioned.secrets(), *held, RPC_SECRET]
    kept = [one["Key"] for one in s3.list_objects_v2(Bucket=RECORDS)["Contents"]]
    assert {"signing_keys.json", "access_matrix.json", "wallet_history.jsonl"} <= {Path(one).name for one in kept}
    for name in kept:
        text = s3.get_object(Bucket=RECORDS, Key=name)["Body"].read().decode()
        assert not [secret for secret in hidden if secret in text]
        assert not [trace for key in keys for trace in betrayed(text, key)]
    for done in provisioned.done:
        for path in done.left():
            text = path.read_text(encoding="utf-8", errors="replace")
            found = [secret for secret in hidden if secret in text]
            found += [trace for key in keys for trace in betrayed(text, key)]
            # What agents and Keymaster read has to hold some, and is for its owner alone.
            meant = {"agents", "keymaster"} & set(path.parts) and path.stat().st_mode & 0o077 == 0
            assert meant or not found, path
    shutil.rmtree(provisioned.done[0].folder.parent)
