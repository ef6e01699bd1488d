# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show how the agents get money: a chain on this machine for each network of staging, and a bank that pays."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from tests.anvil import ChainError, running
from tests.foundry.install import install
from tests.simulator.install import InstallError

# As the inventory says: a node of another chain would be refused.
CHAIN_IDS = {"kovan": 42, "moonbasealpha": 1287}
BANK = "staging-bank"
STAGING = ["-i", "inventories/staging", "-i", "inventories/sandbox"]
# The inventory has no bank: whoever wants one says so there.
STAGING += ["-e", json.dumps({"agent_ops_additional_keys": [{"agent": "bank"}]})]
SECONDS_TO_ANSWER = 10.0
GIVEN = 4000
WEI = 10**18


def start_chains(stack: ExitStack, say: Callable[[str], None]) -> dict[str, str]:
    """Start a chain for each network until the stack is closed; returns network to URL.

    Nothing, where this machine can have no chain: that is said then.
    """
    say("\nThe money: a chain for each network, by anvil, which comes from npm into .cache/foundry.")
    try:
        install()
        chains = {name: stack.enter_context(running(chain_id)).url for name, chain_id in CHAIN_IDS.items()}
    except (InstallError, ChainError) as problem:
        say(f"Left out, since there is no chain on this machine: {problem}")
        return {}
    for name, url in chains.items():
        say(f"{name}, chain {CHAIN_IDS[name]}: {url}")
    return chains


def variables(chains: dict[str, str]) -> dict[str, str]:
    """Return the environment variable that leads the sandbox's networks to chains of their own."""
    return {"AGENT_OPS_SANDBOX_RPC_URLS": json.dumps(chains)}


def fill_bank(chains: dict[str, str], report: Path) -> str:
    """Give the bank money on each chain, as only a chain for tests lets one do; returns its address."""
    rows = json.loads((report / "signing_keys.json").read_text(encoding="utf-8"))["signing_keys"]
    address = str(next(row["address"] for row in rows if row["name"] == BANK))
    # A proxy for the world outside has no business before this machine's own chains.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    asked = {"jsonrpc": "2.0", "id": 1, "method": "anvil_setBalance", "params": [address, hex(GIVEN * WEI)]}
    for url in chains.values():
        request = urllib.request.Request(  # noqa: S310  these are chains that were started here
            url, data=json.dumps(asked).encode(), headers={"Content-Type": "application/json"}
        )
        opener.open(request, timeout=SECONDS_TO_ANSWER).close()
    return address
