# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The worlds that are measured: an account with foreign aliases, and an inventory with N signing keys."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from sandbox.client import REGION, Sandbox, environment_without_aws

ROOT = Path(__file__).resolve().parents[2]
FOREIGN_ALIASES = 300
KEYS_A_NETWORK = 10
AGENTS = {f"agent{number}": ["signer", "attestation"] for number in range(KEYS_A_NETWORK // 2)}
ENVIRONMENT = "bench"


@dataclass(frozen=True)
class Measure:
    """Of a command from its start to its end; how much of that is from its first request to its last answer."""

    seconds: float
    asking: float
    requests: int
    output: str


def key_specs(count: int) -> list[dict[str, str]]:
    """Return the keys of an inventory with so many keys, as the role names them."""
    networks = [f"network{number}" for number in range(count // KEYS_A_NETWORK)]
    return [
        {
            "name": f"{ENVIRONMENT}-{network}-{agent}-{purpose}",
            "network": network,
            "agent": agent,
            "purpose": purpose,
            "description": f"{ENVIRONMENT} {network} {agent}-{purpose}",
        }
        for network in networks
        for agent, purposes in AGENTS.items()
        for purpose in purposes
    ]


def write_inventory(folder: Path, count: int) -> Path:
    networks: dict[str, dict[str, Any]] = {f"network{number}": {} for number in range(count // KEYS_A_NETWORK)}
    inventory = {
        "all": {
            "vars": {
                "agent_ops_environment": ENVIRONMENT,
                "agent_ops_project": ENVIRONMENT,
                "agent_ops_aws_region": REGION,
                "agent_ops_key_backend": "kms",
                "agent_ops_agents": AGENTS,
                "agent_ops_artifacts_root": str(folder / "artifacts"),
                "agent_ops_network": {},
            }
        },
        "networks": {"hosts": networks},
    }
    file = folder / f"inventory-{count}.json"
    file.write_text(json.dumps(inventory), encoding="utf-8")
    return file


def fill_account(sandbox: Sandbox, count: int) -> None:
    """Make the keys as an earlier run would have left them, and aliases of others."""
    sandbox.reset()
    kms = boto3.client("kms", **sandbox.boto3_arguments())

    def make(spec: dict[str, str]) -> None:
        alias = f"alias/{spec['name']}"
        tags = {"environment": ENVIRONMENT, "agent_ops:alias": alias}
        tags.update((name, spec[name]) for name in ("network", "agent", "purpose"))
        key = kms.create_key(
            KeySpec="ECC_SECG_P256K1",
            KeyUsage="SIGN_VERIFY",
            Description=spec["description"],
            Tags=[{"TagKey": name, "TagValue": value} for name, value in tags.items()],
        )["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=alias, TargetKeyId=key)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(make, key_specs(count)))
    foreign = [kms.create_key()["KeyMetadata"]["KeyId"] for _number in range(FOREIGN_ALIASES // 50)]
    for number in range(FOREIGN_ALIASES):
        kms.create_alias(AliasName=f"alias/foreign-{number}", TargetKeyId=foreign[number % len(foreign)])


def timed(command: list[str], environment: dict[str, str]) -> tuple[float, str]:
    """Run a command; return how long it took, in seconds, and what it printed."""
    start = time.monotonic()
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    seconds = time.monotonic() - start
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return seconds, done.stdout + done.stderr


def measure(sandbox: Sandbox, command: list[str]) -> Measure:
    """Run a command against the sandbox, from its start to its end, and count the requests that it makes."""
    sandbox.clear_log()
    environment = {
        **environment_without_aws(),
        **sandbox.environment(),
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "collections"))),
    }
    seconds, output = timed(command, environment)
    log = sandbox.log()
    asking = max(entry["time"] + entry["duration"] for entry in log) - min(entry["time"] for entry in log)
    return Measure(seconds, asking, len(log), output)


def best(sandbox: Sandbox, command: list[str], *, times: int) -> Measure:
    """Return the quickest of several runs: what else the machine does only ever adds to the time."""
    return min((measure(sandbox, command) for _time in range(times)), key=lambda done: done.seconds)


def verdict(reached: bool) -> str:
    return "reached" if reached else "MISSED"


def ansible(inventory: Path, playbook: str) -> list[str]:
    binary = Path(sys.executable).parent / "ansible-playbook"
    return [os.fspath(binary), str(ROOT / "tests" / "benchmarks" / playbook), "-i", str(inventory)]
