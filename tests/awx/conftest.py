# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""awx.yml runs as a person runs it, against an AWX that is made up and strict."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox.client import environment_without_aws
from tests.awx import checks
from tests.awx.server import TOKEN, FakeAwx, fake_awx

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
# Modules are compiled once for all runs.
STARTUP = ROOT / "tests" / "startup"
SECRETS = {
    "awx_oauth_token": TOKEN,
    "awx_aws_secret_key": "made+up/secret-0f7c51d2e94b-8a77",
    "awx_rpc_urls": {"kovan": "https://kovan.example.org/v3/key-77aa0f7c51d2"},
}
SETTINGS = {
    "awx_scm_url": "https://git.example.org/agent_ops.git",
    "awx_execution_environment_image": "registry.example.org/agent_ops:1",
    "awx_aws_access_key": "AKIAMADEUPMADEUP0000",
    **SECRETS,
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


SetUp = Callable[..., Ran]


@pytest.fixture
def awx() -> Iterator[FakeAwx]:
    # What AWX clones is this repository, as it is.
    with fake_awx(lambda _url: checks.playbooks(ROOT)) as server:
        yield server


@pytest.fixture
def set_up(awx: FakeAwx) -> SetUp:
    def run(environment: str = "staging", options: tuple[str, ...] = (), **values: Any) -> Ran:
        awx.written.clear()
        variables = json.dumps({**SETTINGS, "awx_host": awx.url, **values})
        done = subprocess.run(
            [
                os.fspath(BIN / "ansible-playbook"),
                "awx.yml",
                "-i",
                f"inventories/{environment}",
                "-e",
                variables,
                *options,
            ],
            cwd=ROOT,
            env={**environment_without_aws(), "PYTHONPATH": os.fspath(STARTUP)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        return Ran(done.returncode, done.stdout + done.stderr)

    return run
