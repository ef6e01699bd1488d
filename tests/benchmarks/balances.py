# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print balance and nonce of every wallet: with the originals' calls, eth_getBalance and eth_getTransactionCount, one
after the other, network after network, over one connection each; or as the modules and the keymaster service read
them. Run: python -m tests.benchmarks.balances (serial|funder) WALLETS_FILE"""

from __future__ import annotations

import http.client
import json
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import NetworkFunding, Wallet
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_network import Job
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_pass import Funder
from ansible_collections.interchain.agent_ops.plugins.module_utils._json_rpc import JsonRpc

Found = Iterator[tuple[str, str, int, int]]


def serial(networks: dict[str, dict[str, list[str]]], base: str) -> Found:
    for network, wallets in networks.items():
        connection = http.client.HTTPConnection(urlsplit(base).netloc)
        for address in wallets["addresses"]:
            numbers = []
            for method in ("eth_getBalance", "eth_getTransactionCount"):
                asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": [address, "latest"]}
                headers = {"Content-Type": "application/json"}
                connection.request("POST", f"/{wallets['chain_id']}", json.dumps(asked), headers)
                numbers.append(int(json.loads(connection.getresponse().read())["result"], 16))
            yield network, address, numbers[0], numbers[1]
        connection.close()


def funder(networks: dict[str, dict[str, list[str]]], base: str) -> Found:
    jobs = [
        Job(
            NetworkFunding(network, chain_id=wallets["chain_id"]),
            [Wallet(network, "agent", address, address=address) for address in wallets["addresses"]],
            partial(JsonRpc, f"{base}/{wallets['chain_id']}"),
            None,
        )
        for network, wallets in networks.items()
    ]
    for report in Funder(environment="bench", jobs=jobs, signer=None, store=None, run="bench").look():
        if report.error:
            sys.exit(report.error)
        for row in report.wallets:
            yield report.network, row["address"], row["balance_wei"], row["nonce"]


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    for found in {"serial": serial, "funder": funder}[sys.argv[1]](given["networks"], given["url"]):
        print(*found)
