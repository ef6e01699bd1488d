# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""awx.yml runs as a person runs it, against an AWX that is made up and strict.

What it made for development is run as jobs: all tests of a file share one AWX, one AWS and the chains.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from sandbox.client import Sandbox, environment_without_aws
from tests.awx import job, project
from tests.awx.launcher import Launcher
from tests.awx.server import TOKEN, FakeAwx, fake_awx
from tests.chain import Chain, running
from tests.unit.plugins.module_utils.deployment_world import checkout

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
SITE = Path(yaml.__file__).parents[1]
SECRET = "made+up/secret-0f7c51d2e94b-8a77"
SETTINGS = {
    "awx_oauth_token": TOKEN,
    "awx_scm_url": "https://git.example.org/agent_ops.git",
    "awx_scm_credential": "git",
    "awx_execution_environment_image": "registry.example.org/agent_ops:1",
    "awx_execution_environment_credential": "images",
    "awx_instance_groups": ["bridge"],
    "awx_notify_on_error": ["on call"],
    "awx_aws_access_key": "AKIAMADEUPMADEUP0000",
    "awx_aws_secret_key": SECRET,
}

ETHER = 10**18
RPC_SECRET = "77aa0f7c51d2e94b4a6f"
ROLE = "arn:aws:iam::123456789012:role/agent-ops"
CONFIRMED = {"environment_confirmation": "development"}
# What people keep in the inventory: a second one is laid over development, so that nothing of it reaches AWS.
REHEARSAL: dict[str, Any] = {
    # As AWX's credentials have them, and not as the sandbox's inventory does.
    "agent_ops_sandbox_access_key": "",
    "agent_ops_sandbox_secret_key": "",
    "agent_ops_sandbox_rpc_url": "",
    "agent_ops_sandbox_rpc_urls": {},
    # Each agent has keys, groups and users of its own, which are tested elsewhere.
    "agent_ops_agents": {"updater": ["signer", "attestation"]},
    "agent_ops_additional_keys": [{"agent": "bank"}],
    "signing_keys_request_rates": {"CreateSecret": 0},
    "wallet_funding_store": "s3://nomad-development-funding/records",
    "wallet_funding_store_state": "present",
    "agent_ops_report_store": "s3://nomad-development-records/agent_ops",
}


@dataclass(frozen=True)
class Ran:
    code: int
    output: str

    @property
    def told(self) -> str:
        return " ".join(self.output.split())

    @property
    def changed(self) -> int:
        line = next(line for line in self.output.splitlines() if line.startswith("localhost ") and "changed=" in line)
        return int(line.split("changed=")[1].split()[0])


class SetUp:
    """Runs of awx.yml against one AWX."""

    def __init__(self, awx: FakeAwx, quick_modules: dict[str, str]) -> None:
        self.awx = awx
        self._quick_modules = quick_modules

    def __call__(
        self, environment: str, options: tuple[str, ...] = (), env: dict[str, str] | None = None, **values: Any
    ) -> Ran:
        self.awx.written.clear()
        variables = json.dumps({**SETTINGS, "awx_host": self.awx.url, **values})
        sources = ("-i", f"inventories/{environment}")
        done = subprocess.run(
            [os.fspath(BIN / "ansible-playbook"), "awx.yml", *sources, "-e", variables, *options],
            cwd=ROOT,
            env={**environment_without_aws(), **self._quick_modules, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        return Ran(done.returncode, done.stdout + done.stderr)


@pytest.fixture(scope="module")
def set_up(quick_modules: dict[str, str]) -> Iterator[SetUp]:
    # What AWX clones is this repository, as it is.
    with fake_awx(lambda _url: project.playbooks(ROOT)) as server:
        yield SetUp(server, quick_modules)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("awx")


@pytest.fixture(scope="module")
def aws() -> Iterator[Sandbox]:
    with Sandbox.start() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def chains() -> Iterator[dict[str, Chain]]:
    with running(42) as kovan, running(44787) as alfajores:
        yield {"kovan": kovan, "alfajores": alfajores}


@pytest.fixture(scope="module")
def wanted(folder: Path, chains: dict[str, Chain]) -> dict[str, Any]:
    command = ["./deploy.sh", "development"]
    deployment = {"deployment_command": command, "deployment_directory": str(checkout(folder / "checkout"))}
    return {
        "awx_rpc_urls": {name: f"{chain.url}/?key={RPC_SECRET}{name}" for name, chain in chains.items()},
        "awx_aws_role_arn": ROLE,
        "awx_deployments": {"contracts": {"deployment_component": "contracts", **deployment}},
    }


@pytest.fixture(scope="module")
def made(set_up: SetUp, wanted: dict[str, Any]) -> Ran:
    return set_up("development", **wanted)


@pytest.fixture(scope="module")
def launcher(set_up: SetUp, made: Ran, aws: Sandbox, folder: Path, quick_modules: dict[str, str]) -> Launcher:
    assert made.code == 0, made.output
    clone = job.copy_project(folder / "sync")
    overlay = folder / "rehearsal"
    (overlay / "group_vars").mkdir(parents=True)
    (overlay / "group_vars" / "all.yml").write_text(yaml.safe_dump(REHEARSAL), encoding="utf-8")
    (overlay / "hosts").write_text("---\nall: {}\n", encoding="utf-8")
    source = set_up.awx.named("inventory_sources", "nomad development source")["source_path"]
    clean = environment_without_aws()
    script = job.inventory_script(clone, source, "inventories/sandbox/hosts", overlay / "hosts", env=clean)
    # What is looked up when a job runs is not looked up when an inventory is imported.
    assert "lookup(" in script
    env = {
        "AGENT_OPS_SANDBOX_URL": aws.url,
        "AWS_ENDPOINT_URL_STS": aws.url,
        **quick_modules,
        "RAN": str(folder / "ran"),
    }
    return Launcher(set_up.awx, folder / "jobs", "nomad development", project=clone, script=script, env=env)


@pytest.fixture(scope="module")
def secrets(aws: Sandbox) -> Any:
    return boto3.client("secretsmanager", **aws.boto3_arguments())


@pytest.fixture(scope="module")
def s3(aws: Sandbox) -> Any:
    return boto3.client("s3", **aws.boto3_arguments())


@pytest.fixture(scope="module")
def provisioned(launcher: Launcher, secrets: Any, chains: dict[str, Chain]) -> Launcher:
    plan = launcher.node("plan and provision", "plan", **CONFIRMED)
    assert plan.status == "successful", plan.output
    assert secrets.list_secrets()["SecretList"] == []
    provision = launcher.node("plan and provision", "provision", **CONFIRMED)
    assert provision.status == "successful", provision.output
    bank = json.loads(secrets.get_secret_value(SecretId="development-bank")["SecretString"])["address"]
    for one in chains.values():
        one.give(bank, 4000 * ETHER)
    return launcher
