# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules run as Ansible runs them, in a process of their own, against one sandbox that is as new before each test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from sandbox.client import REGION, Sandbox, environment_without_aws
from tests.chain import Chain, running
from tests.module.hex_keys import MODULE, betrayed, private_keys, wanted
from tests.module.runs import ROOT, Result, Run, start_fork_server

__all__ = ["ROOT", "Result", "Run"]

StartModule = Callable[..., Run]
RunModule = Callable[..., Result]


@pytest.fixture(scope="session")
def server() -> Iterator[Sandbox]:
    with Sandbox.start() as started:
        yield started


@pytest.fixture
def sandbox(server: Sandbox) -> Sandbox:
    server.reset()
    return server


@pytest.fixture
def environment(sandbox: Sandbox, tmp_path: Path) -> dict[str, str]:
    """The environment of a module's process: the sandbox's credentials and nothing of the user's."""
    return {
        **environment_without_aws(dict(os.environ)),
        **sandbox.environment(),
        "HOME": str(tmp_path),
        # The last is for the modules of playbooks: what they import is compiled once for all of their processes.
        "PYTHONPATH": os.pathsep.join(str(ROOT / name) for name in ("collections", "", "tests/startup")),
        "NO_PROXY": "127.0.0.1",
    }


@pytest.fixture
def start_module(environment: dict[str, str]) -> Iterator[StartModule]:
    """``start_module(name, check=False, diff=False, **arguments)``: a :class:`Run`, to be killed or waited for."""
    start_fork_server()
    runs: list[Run] = []

    def start(name: str, *, check: bool = False, diff: bool = False, **arguments: Any) -> Run:
        internal = {"_ansible_check_mode": check, "_ansible_diff": diff, "_ansible_remote_tmp": environment["HOME"]}
        run = Run(name, {**arguments, **internal}, environment)
        runs.append(run)
        return run

    yield start
    for run in runs:
        run.close()


@pytest.fixture
def run_module(start_module: StartModule) -> RunModule:
    """``run_module(name, check=False, diff=False, **arguments)``: the :class:`Result`, of a failed module as well."""

    def run(name: str, **arguments: Any) -> Result:
        return start_module(name, **arguments).wait()

    return run


@pytest.fixture
def aws(sandbox: Sandbox) -> Iterator[Callable[..., Any]]:
    """Clients for what tests prepare and look at: ``aws("kms")``, ``aws("kms", region="eu-west-1")``."""
    clients: list[Any] = []

    def client(service: str, *, region: str = REGION) -> Any:
        config = Config(retries={"total_max_attempts": 1})
        clients.append(boto3.client(service, config=config, **sandbox.boto3_arguments(region)))
        return clients[-1]

    yield client
    for one in clients:
        one.close()


@pytest.fixture(scope="session")
def wallet_chains() -> Iterator[dict[str, Chain]]:
    """Two chains, the second without EIP-1559. Their accounts are those of earlier tests, too."""
    with running(42) as kovan, running(1287, hardfork="berlin") as moonbasealpha:
        yield {"kovan": kovan, "moonbasealpha": moonbasealpha}


@pytest.fixture
def secrets(aws: Callable[..., Any]) -> Any:
    return aws("secretsmanager")


@pytest.fixture
def hex_keys(start_module: StartModule, secrets: Any) -> Iterator[RunModule]:
    """``hex_keys(*keys, **arguments)``: secret_signing_keys run with a set of keys. No run may show a private key."""
    outputs: list[str] = []

    def run(*keys: dict[str, Any], **arguments: Any) -> Result:
        result = start_module(MODULE, signing_keys=list(keys) or [wanted()], **arguments).wait()
        outputs.append(result.output)
        return result

    yield run
    shown = [trace for key in private_keys(secrets) for output in outputs for trace in betrayed(output, key)]
    assert not shown, "a private key was shown"
