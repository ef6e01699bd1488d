# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long it takes to look at wallets, and to find that none of them needs money."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from sandbox.client import Sandbox, environment_without_aws
from tests.benchmarks import node
from tests.benchmarks.provisioning import NETWORKS, play, write_networks
from tests.benchmarks.world import ROOT, timed, verdict

WALLETS_A_NETWORK = 50
TIMES_AS_FAST = 20.0
ROLE_GOAL_SECONDS = 10.0
REPEATED = 3
RATES = json.dumps({"signing_keys_request_rates": {"CreateKey": 0, "CreateAlias": 0}})
# A home with one replica has staging's six wallets on each network.
STAGING_WALLETS = 6
AMOUNTS = {"threshold": "125", "target": "500", "max_run": "3000", "max_day": "6000", "reserve": "1"}


def show(folder: Path, answer_seconds: float) -> bool:
    """Print both comparisons; whether all goals are kept to."""
    print(f"\nWallets; a node takes {answer_seconds * 1000:.0f} ms for an answer, of one call or of a batch.")
    with node.running(answer_seconds) as url:
        reached = show_balances(folder, url)
        return show_role(folder, url, answer_seconds) and reached


def show_balances(folder: Path, url: str) -> bool:
    numbers = iter(range(1, NETWORKS * WALLETS_A_NETWORK + 1))
    networks = {
        f"net{chain_id}": {
            "chain_id": chain_id,
            "addresses": [f"0x{next(numbers):040x}" for _wallet in range(WALLETS_A_NETWORK)],
        }
        for chain_id in range(1, NETWORKS + 1)
    }
    file = folder / "wallets.json"
    file.write_text(json.dumps({"url": url, "networks": networks}), encoding="utf-8")
    environment = {
        **environment_without_aws(),
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "collections"))),
    }

    def read(how: str) -> tuple[float, str]:
        return timed([sys.executable, "-m", "tests.benchmarks.balances", how, str(file)], environment)

    ours, found = min(read("funder") for _time in range(REPEATED))
    serial, expected = read("serial")
    if found != expected:
        sys.exit("The two ways of reading balances do not find the same")
    count, ratio = NETWORKS * WALLETS_A_NETWORK, serial / ours
    reached = ratio >= TIMES_AS_FAST
    print(
        f"\n{count} balances and nonces, {NETWORKS} networks; seconds from a process's start to its end, same output."
    )
    print(f"  {serial:>7.2f} the originals' calls: two a wallet, a request each, network after network")
    print(f"  {ours:>7.2f} as modules and service read them: in batches, networks side by side; best of {REPEATED}")
    print(f"  {ratio:.1f} times as fast, goal {TIMES_AS_FAST:.0f}: {verdict(reached)}", flush=True)
    return reached


def show_role(folder: Path, url: str, answer_seconds: float) -> bool:
    inventory = write_networks(
        folder, replicas=1, wallet_funding_defaults=AMOUNTS, agent_ops_additional_keys=[{"agent": "bank"}]
    )
    chains = {f"net{number}": f"{url}/{number + 1}" for number in range(NETWORKS)}
    asked = {"AGENT_OPS_SANDBOX_RPC_URLS": json.dumps(chains)}
    with Sandbox.start() as sandbox:
        play(sandbox, folder, "provision.yml", inventory, "--tags", "signing_keys", "-e", RATES)
        sandbox.change_settings(latency_seconds=answer_seconds)
        looked = play(sandbox, folder, "balances.yml", inventory, **asked)
        planned = play(sandbox, folder, "fund.yml", inventory, "--check", **asked)
    count = NETWORKS * STAGING_WALLETS
    if f"{count} wallets on {NETWORKS} networks: {count} ok" not in looked.output:
        sys.exit(f"balances.yml did not find every wallet at its target:\n{looked.output}")
    if "Nothing is to be sent." not in planned.output:
        sys.exit(f"fund.yml found something to send:\n{planned.output}")
    print(f"{NETWORKS} networks with {STAGING_WALLETS} wallets each, nothing to send, keys read from AWS; seconds.")
    all_reached = True
    for command, done in (("balances.yml", looked), ("fund.yml --check", planned)):
        reached = done.seconds <= ROLE_GOAL_SECONDS
        all_reached &= reached
        role = done.roles["wallet_funding"]
        told = f"{done.seconds:>7.2f}, of that {role:.2f} in the role; goal at most {ROLE_GOAL_SECONDS:.0f}"
        print(f"  {command:16} {told}: {verdict(reached)}", flush=True)
    return all_reached
