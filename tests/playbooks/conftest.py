# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Root playbooks run as a person runs them, from the checkout's root, against a sandbox that is as new each time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest

from sandbox.client import Sandbox, environment_without_aws
from tests.playbooks.iam_world import SMALL

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOK = Path(sys.executable).parent / "ansible-playbook"
# The sandbox takes requests as fast as they come. Keeping to AWS's rates is shown where that is what is tested.
UNPACED = json.dumps({"signing_keys_request_rates": {"CreateKey": 0, "CreateAlias": 0, "CreateSecret": 0}})


@dataclass(frozen=True)
class Played:
    code: int
    output: str

    @property
    def told(self) -> str:
        """Everything that was printed, on one line: ansible wraps long texts as its output is wide."""
        return " ".join(self.output.split())


@pytest.fixture(scope="session")
def one_server() -> Iterator[Sandbox]:
    with Sandbox.start() as sandbox:
        yield sandbox


@pytest.fixture
def aws(one_server: Sandbox) -> Sandbox:
    one_server.reset()
    return one_server


Play = Callable[..., Played]


@pytest.fixture
def play(aws: Sandbox, tmp_path: Path, quick_modules: dict[str, str]) -> Play:
    def run(
        *inventories: str,
        options: tuple[str, ...] = (),
        environment: dict[str, str] | None = None,
        playbook: str = "provision.yml",
        paced: bool = False,
    ) -> Played:
        sources = [option for name in inventories for option in ("-i", str(ROOT / "inventories" / name))]
        artifacts = f"agent_ops_sandbox_artifacts_root={tmp_path}/artifacts/sandbox"
        done = subprocess.run(
            [os.fspath(PLAYBOOK), playbook, *sources, "-e", artifacts, *([] if paced else ["-e", UNPACED]), *options],
            cwd=ROOT,
            env={
                **environment_without_aws(),
                "AGENT_OPS_SANDBOX_URL": aws.url,
                **quick_modules,
                **(environment or {}),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Played(done.returncode, done.stdout + done.stderr)

    return run


@pytest.fixture
def play_keys(play: Play) -> Play:
    """The keys alone: what else a run does has tests of its own."""

    def run(*inventories: str, options: tuple[str, ...] = (), **more: Any) -> Played:
        return play(*inventories, options=("--tags", "signing_keys", *options), **more)

    return run


Report = Callable[[str], dict[str, dict[str, Any]]]


@pytest.fixture
def report(tmp_path: Path) -> Report:
    """Return name -> row of an environment's report."""

    def read(environment: str) -> dict[str, dict[str, Any]]:
        file = tmp_path / "artifacts" / "sandbox" / environment / "signing_keys.json"
        return {row["name"]: row for row in json.loads(file.read_text(encoding="utf-8"))["signing_keys"]}

    return read


@pytest.fixture
def permit(play: Play) -> Any:
    """Return what runs the playbook of the permissions on staging, with variables."""

    def run(*options: str, **values: object) -> Played:
        return play("staging", "sandbox", playbook="signer_iam.yml", options=(*options, "-e", json.dumps(values)))

    return run


@pytest.fixture
def permit_small(permit: Any) -> Any:
    """Return the same for staging with one agent, without administrators and bucket."""
    return partial(permit, **SMALL)


@pytest.fixture
def iam(aws: Sandbox) -> Any:
    return boto3.client("iam", **aws.boto3_arguments())
