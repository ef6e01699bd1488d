# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX starts runs as a job: without a terminal, without a disk that lasts, and without a secret in its events."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from sandbox.client import Sandbox, environment_without_aws
from tests.awx import job
from tests.awx.checks import inject
from tests.chain import Chain, running
from tests.module.hex_keys import betrayed, private_keys

ROOT = Path(__file__).resolve().parents[2]
AWS_SECRET = "made+up/secret-0f7c51d2e94b-8a77-awx"
RPC_SECRET = "77aa0f7c51d2e94b4a6f"
VARIABLES: dict[str, Any] = {
    "signer_iam_credentials_store": "secretsmanager",
    "signer_iam_other_inventories": ["inventories/staging", "inventories/production"],
    "signing_keys_request_rates": {"CreateSecret": 0},
}
CONFIRMED = {"environment_confirmation": "development"}


@pytest.fixture(scope="module")
def aws() -> Iterator[Sandbox]:
    with Sandbox.start() as sandbox:
        yield sandbox


@pytest.fixture
def chains() -> Iterator[dict[str, Chain]]:
    with running(42) as kovan, running(44787) as alfajores:
        yield {"kovan": kovan, "alfajores": alfajores}


def test_development_from_the_plan_to_its_balances(aws: Sandbox, chains: dict[str, Chain], tmp_path: Path) -> None:
    urls = {name: f"{chain.url}/?key={RPC_SECRET}" for name, chain in chains.items()}
    env = {
        "AGENT_OPS_SANDBOX_URL": aws.url,
        "PYTHONPATH": os.fspath(ROOT / "tests" / "startup"),
        "AGENT_OPS_SANDBOX_RPC_URLS": json.dumps(urls),
        # What AWX's credentials put there.
        "AWS_ACCESS_KEY_ID": "AKIAMADEUPMADEUP0000",
        "AWS_SECRET_ACCESS_KEY": AWS_SECRET,
        **{f"{name.upper()}_RPC_URL": url for name, url in urls.items()},
    }
    project = job.copy_project(tmp_path / "sync")
    script = job.inventory_script(project, "development", "sandbox", env=environment_without_aws())
    # What is looked up when a job runs is not looked up when an inventory is imported.
    assert RPC_SECRET not in script
    assert "lookup(" in script
    secrets = boto3.client("secretsmanager", **aws.boto3_arguments())
    done: list[job.Done] = []

    def start(name: str, playbook: str, options: str = "", **answers: str) -> job.Done:
        given = {**CONFIRMED, **answers}
        ran = job.run(
            tmp_path / name, playbook, script=script, env=env, variables=VARIABLES, answers=given, options=options
        )
        done.append(ran)
        return ran

    other = start("other", "provision.yml", environment_confirmation="production")
    assert other.status == "failed"
    assert "environment_confirmation is 'production', and this run is on development" in other.told

    plan = start("plan", "provision.yml", "--check --diff")
    assert plan.status == "successful", plan.output
    assert secrets.list_secrets()["SecretList"] == []

    provision = start("provision", "provision.yml")
    assert provision.status == "successful", provision.output
    names = {item["Name"] for item in secrets.list_secrets()["SecretList"]}
    stored = {name for name in names if "/credentials/" in name}
    assert stored
    # Of the credentials nothing is on the disk that goes with the job.
    assert not list(provision.project.rglob("credentials/*"))

    verify = start("verify", "verify.yml")
    assert verify.status == "successful", verify.output

    balances = start("balances", "balances.yml", wallet_funding_fail_when_low="true")
    assert balances.status == "failed", balances.output
    assert "has wallets below their thresholds" in balances.told

    keys = list(private_keys(secrets))
    assert keys
    held = [secrets.get_secret_value(SecretId=name)["SecretString"] for name in stored]
    hidden = [AWS_SECRET, RPC_SECRET, *(json.loads(text)["secret_access_key"] for text in held)]
    for ran in done:
        told = ran.events + ran.output
        assert not [secret for secret in hidden if secret in told]
        assert not [trace for key in keys for trace in betrayed(told, key)]


def test_the_credential_of_a_role_is_used_as_that_role(
    aws: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Loader(yaml.SafeLoader):
        pass

    Loader.add_constructor("!unsafe", lambda loader, value: loader.construct_scalar(value))
    text = (ROOT / "roles" / "awx" / "vars" / "main.yml").read_text(encoding="utf-8")
    rules = yaml.load(text, Loader)["__awx_role_type"]["injectors"]  # noqa: S506 - a safe one, with a tag more
    file = tmp_path / "config"
    values = {
        "access_key": "AKIAMADEUPMADEUP0000",
        "secret_key": AWS_SECRET,
        "role_arn": "arn:aws:iam::123456789012:role/ops",
        "region": "us-west-2",
    }
    found = inject(rules, values, {"template.config": os.fspath(file)})
    file.write_text(found["file"]["template.config"], encoding="utf-8")
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {**found["env"], "AWS_ENDPOINT_URL": aws.url}.items():
        monkeypatch.setenv(name, value)
    session = boto3.Session()
    assert session.region_name == "us-west-2"
    who = session.client("sts").get_caller_identity()["Arn"]
    assert who == "arn:aws:sts::123456789012:assumed-role/ops/agent_ops_awx"
