# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the time of `provision.yml` goes: staging, everything in it, with an AWS that answers at once."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from sandbox.client import REGION, Sandbox, environment_without_aws
from tests.benchmarks.world import ROOT, timed

GOAL_SECONDS = 30.0
NETWORKS = 20
AGENTS = {
    "updater": ["signer", "attestation"],
    "watcher": ["signer", "attestation"],
    "relayer": ["signer"],
    "processor": ["signer"],
    "kathy": ["signer"],
}
AGENTS_GOAL_SECONDS = 10.0
CONTRACTS = ROOT / "extensions" / "molecule" / "shared" / "contracts" / "staging.json"


@dataclass(frozen=True)
class Provisioned:
    """One run: all of it, and of that each role, in seconds."""

    seconds: float
    roles: dict[str, float]
    output: str


def play(
    sandbox: Sandbox, folder: Path, playbook: str, inventory: str | Path, *options: str, **variables: str
) -> Provisioned:
    """Run a playbook. :param variables: of its process's environment."""
    file = folder / "role_times.json"
    environment = {
        **environment_without_aws(),
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback"),
        "ANSIBLE_CALLBACKS_ENABLED": "role_times",
        "AGENT_OPS_ROLE_TIMES": str(file),
        "AGENT_OPS_SANDBOX_URL": sandbox.url,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        **variables,
    }
    command = ["ansible-playbook", playbook, "-i", str(inventory), "-i", "inventories/sandbox", *options]
    command += ["-e", f"agent_ops_sandbox_artifacts_root={folder / 'artifacts' / 'sandbox'}"]
    seconds, output = timed(command, environment)
    return Provisioned(seconds, json.loads(file.read_text(encoding="utf-8")), output)


def provision(sandbox: Sandbox, folder: Path) -> Provisioned:
    # Without a file the role for deployment configurations has nothing to do.
    files = json.dumps({"contract_config_files": [{"path": str(CONTRACTS)}]})
    return play(sandbox, folder, "provision.yml", "inventories/staging", "-e", files)


def write_networks(folder: Path, *, replicas: int = NETWORKS - 1, **variables: object) -> Path:
    """Write an inventory of so many networks and agents. :param replicas: how many networks carry those of a home."""
    names = [f"net{number}" for number in range(NETWORKS)]
    settings = {
        name: {
            "agent_ops_network": {
                "domain": number,
                "chain_id": number,
                "replicas": [names[(number + step) % NETWORKS] for step in range(replicas)],
            }
        }
        for number, name in enumerate(names, start=1)
    }
    every = {
        "agent_ops_environment": "bench",
        "agent_ops_project": "bench",
        "agent_ops_aws_region": REGION,
        "agent_ops_key_backend": "kms",
        "agent_ops_agents": AGENTS,
        **variables,
    }
    file = folder / "networks.json"
    file.write_text(json.dumps({"all": {"vars": every}, "networks": {"hosts": settings}}), encoding="utf-8")
    return file


def show_agents(folder: Path) -> bool:
    """Print how long the files of many agents take, in one call and in a loop; whether that keeps to the goal."""
    inventory = write_networks(folder)
    rates = json.dumps({"signing_keys_request_rates": {"CreateKey": 0, "CreateAlias": 0}})
    with Sandbox.start() as sandbox:
        play(sandbox, folder, "provision.yml", inventory, "--tags", "signing_keys", "-e", rates)
        one_call = play(sandbox, folder, "agent_config.yml", inventory)
        loop = play(sandbox, folder, "tests/benchmarks/template.yml", inventory, "-e", f"folder={folder / 'loop'}")
    count = NETWORKS * len(AGENTS)
    ratio = loop.seconds / one_call.seconds
    print(
        f"\n{count} files of agents, keys read from AWS: {one_call.seconds:.2f} s; a loop over template, without keys:"
    )
    print(f"  {loop.seconds:.2f} s, {ratio:.1f} times as long")
    reached = one_call.seconds <= AGENTS_GOAL_SECONDS
    print(f"goal at most {AGENTS_GOAL_SECONDS:.0f} s: {'reached' if reached else 'MISSED'}")
    return reached


def show(folder: Path) -> bool:
    """Print a line a role for a first and a second run; whether the second one keeps to the goal."""
    with Sandbox.start(iam=True) as sandbox:
        first, second = provision(sandbox, folder), provision(sandbox, folder)
    print(
        f"\nprovision.yml for staging, no artificial latency; seconds.\n\n{'':24} {'first run':>9} {'second run':>11}"
    )
    for role in first.roles | second.roles:
        print(f"{role:24} {first.roles.get(role, 0.0):>9.2f} {second.roles.get(role, 0.0):>11.2f}")
    starting = [run.seconds - sum(run.roles.values()) for run in (first, second)]
    print(f"{'ansible itself':24} {starting[0]:>9.2f} {starting[1]:>11.2f}")
    print(f"{'whole command':24} {first.seconds:>9.2f} {second.seconds:>11.2f}")
    reached = second.seconds <= GOAL_SECONDS
    print(f"goal of the second run at most {GOAL_SECONDS:.0f} s: {'reached' if reached else 'MISSED'}")
    return reached
