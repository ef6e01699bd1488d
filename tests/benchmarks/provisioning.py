# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the time of `provision.yml` goes: staging, everything in it, with an AWS that answers at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from sandbox.client import Sandbox, environment_without_aws
from tests.benchmarks.world import ROOT

GOAL_SECONDS = 30.0
CONTRACTS = ROOT / "extensions" / "molecule" / "shared" / "contracts" / "staging.json"


@dataclass(frozen=True)
class Provisioned:
    """One run: all of it, and of that each role, in seconds."""

    seconds: float
    roles: dict[str, float]


def provision(sandbox: Sandbox, folder: Path) -> Provisioned:
    file = folder / "role_times.json"
    environment = {
        **environment_without_aws(),
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback"),
        "ANSIBLE_CALLBACKS_ENABLED": "role_times",
        "AGENT_OPS_ROLE_TIMES": str(file),
        "AGENT_OPS_SANDBOX_URL": sandbox.url,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    command = ["ansible-playbook", "provision.yml", "-i", "inventories/staging", "-i", "inventories/sandbox"]
    command += ["-e", f"agent_ops_sandbox_artifacts_root={folder / 'artifacts' / 'sandbox'}"]
    # Without a file the role for deployment configurations has nothing to do.
    command += ["-e", json.dumps({"contract_config_files": [{"path": str(CONTRACTS)}]})]
    start = time.monotonic()
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    seconds = time.monotonic() - start
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return Provisioned(seconds, json.loads(file.read_text(encoding="utf-8")))


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
