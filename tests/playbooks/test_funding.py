# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wallets of staging, looked at and funded on two chains as a person does it."""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.client import Sandbox, environment_without_aws
from tests.chain import Chain, running
from tests.playbooks.conftest import PLAYBOOK, ROOT, Play, Played, Report
from tests.playbooks.terminal import INTERRUPT, at_terminal

ETHER = 10**18
SECRET = "0f7c51d2e94b4a6f"
CHAINS = {"kovan": 42, "moonbasealpha": 1287}
BANK = json.dumps({"agent_ops_additional_keys": [{"agent": "bank"}]})
AMOUNTS = {"threshold": "125", "target": "500", "max_run": "3000", "max_day": "6000", "reserve": "1"}
AT_ONCE = json.dumps({"wallet_funding_defaults": {**AMOUNTS, "min_interval_seconds": 0}})
SHORT = json.dumps({"wallet_funding_defaults": {**AMOUNTS, "receipt_seconds": 1}})


@pytest.fixture
def chains() -> Iterator[dict[str, Chain]]:
    with running(CHAINS["kovan"]) as kovan, running(CHAINS["moonbasealpha"]) as moonbasealpha:
        yield {"kovan": kovan, "moonbasealpha": moonbasealpha}


def urls(chains: dict[str, Chain], **others: str) -> dict[str, str]:
    found = {name: f"{chain.url}/?key={SECRET}" for name, chain in chains.items()}
    return {"AGENT_OPS_SANDBOX_RPC_URLS": json.dumps({**found, **others})}


def balance(chain: Chain, address: str) -> int:
    return int(chain.rpc.call("eth_getBalance", address, "latest"), 16)


def give(chain: Chain, address: str, ether: int) -> None:
    chain.rpc.call("anvil_setBalance", address, hex(ether * ETHER))


def recap(done: Played) -> dict[str, bool]:
    return {line.split()[0]: "failed=0" in line for line in done.output.splitlines() if "failed=" in line}


def wallets(folder: Path) -> list[dict[str, Any]]:
    return list(json.loads((folder / "wallets.json").read_text(encoding="utf-8"))["wallets"])


def test_staging_from_keys_to_wallets_at_their_targets(
    play: Play, play_keys: Play, report: Report, aws: Sandbox, chains: dict[str, Chain], tmp_path: Path
) -> None:
    folder = tmp_path / "artifacts" / "sandbox" / "staging"

    def run(playbook: str, *options: str, **others: str) -> Played:
        given = ("-e", BANK, "-e", AT_ONCE, *options)
        done = play("staging", "sandbox", playbook=playbook, options=given, environment=urls(chains, **others))
        assert SECRET not in done.output
        return done

    assert play_keys("staging", "sandbox", options=("-e", BANK)).code == 0
    bank = report("staging")["staging-bank"]["address"]
    for chain in chains.values():
        give(chain, bank, 4000)

    # One network does not answer: it fails alone, and the other one is told.
    looked = run("balances.yml", kovan="http://127.0.0.1:1/")
    assert recap(looked) == {"kovan": False, "moonbasealpha": True, "localhost": True, "staging": True}
    assert f"moonbasealpha: bank {bank} has 4000 DEV" in looked.told
    assert "SANDBOX: this is not AWS. These keys are not real ones" in looked.told
    found = wallets(folder)
    assert {(row["network"], row["state"]) for row in found} == {("kovan", "unknown"), ("moonbasealpha", "low")}
    assert "<svg" in (folder / "wallets.svg").read_text(encoding="utf-8")

    # A protected environment is only planned for, whoever approves.
    planned = run("fund.yml", "-e", "wallet_funding_approve=true", "-e", "wallet_funding_protected=true")
    assert planned.code == 0, planned.output
    assert "12 transfers: 12 planned; 3000 DEV on moonbasealpha and 3000 ETH on kovan" in planned.told
    assert "Nothing was sent: staging is protected" in planned.told
    assert {balance(chain, bank) for chain in chains.values()} == {4000 * ETHER}
    assert "changed=1" not in planned.output

    sent = run("fund.yml", "-e", "wallet_funding_approve=true")
    assert sent.code == 0, sent.output
    assert "12 transfers: 12 confirmed; 3000 DEV on moonbasealpha and 3000 ETH on kovan" in sent.told
    # What is on this machine's chains is on no explorer's.
    assert "https://" not in sent.told
    assert len(re.findall(r"confirmed 0x[0-9a-f]{64} ", sent.told)) == 12
    assert "earlier run" not in sent.told
    with (folder / "wallets.csv").open(encoding="utf-8", newline="") as stream:
        lines = list(csv.DictReader(stream))
    assert {(line["balance"], line["state"]) for line in lines} == {("500", "ok")}
    assert {balance(chains[line["network"]], line["address"]) for line in lines} == {500 * ETHER}
    assert len(lines) == 12

    again = run("fund.yml", "-e", "wallet_funding_approve=true")
    assert again.code == 0, again.output
    assert "Nothing is to be sent." in again.output
    assert "changed=1" not in again.output

    # Somebody at the terminal, for one network, who interrupts it before a block has the transaction.
    poor = next(line for line in lines if line["network"] == "kovan" and line["agent"] == "updater")
    give(chains["kovan"], poor["address"], 100)
    other = next(line for line in lines if line["network"] == "moonbasealpha" and line["agent"] == "updater")
    give(chains["moonbasealpha"], other["address"], 100)
    sources = [word for name in ("staging", "sandbox") for word in ("-i", str(ROOT / "inventories" / name))]
    artifacts = f"agent_ops_sandbox_artifacts_root={folder.parent}"
    command = [
        os.fspath(PLAYBOOK),
        "fund.yml",
        *sources,
        "-e",
        artifacts,
        "-e",
        BANK,
        "-e",
        AT_ONCE,
        "--limit",
        "kovan",
    ]
    clean = {name: value for name, value in environment_without_aws().items() if name != "CI"}
    clean |= {"AGENT_OPS_SANDBOX_URL": aws.url, "TERM": "dumb", "ANSIBLE_NOCOLOR": "1", "COLUMNS": "200"}
    answered: list[str] = []

    def react(shown: str) -> bytes:
        if "Type yes and [return] to do so:" in shown and not answered:
            answered.append(shown)
            return b"yes\r"
        if "kovan: 1 transaction is in no block yet: looking for 120 s at most" in shown and len(answered) == 1:
            answered.append(shown)
            return INTERRUPT
        return b""

    with chains["kovan"].holding():
        asked = at_terminal(command, {**clean, **urls(chains)}, react)
        assert "User interrupted execution" in asked.output
        assert "Send 1 transfer, 400 ETH on kovan, from the bank of staging?" in answered[0]
        assert "Sending 1 transfer. Should this be interrupted, the next run looks up what was sent" in answered[1]
        # Nothing of the interrupted run goes on by itself, so that the next one need not wait for it.
        next_one = run("fund.yml", "--limit", "kovan", "-e", "wallet_funding_approve=true", "-e", SHORT)
    assert next_one.code == 0, next_one.output
    assert "1 transfer: 1 sent; 400 ETH on kovan" in next_one.told
    assert "1 transfer was begun by an earlier run, which did not see the end." in next_one.told
    assert balance(chains["kovan"], poor["address"]) == 500 * ETHER
    assert balance(chains["moonbasealpha"], other["address"]) == 100 * ETHER
    assert {row["network"] for row in wallets(folder)} == {"kovan"}


def test_without_a_store_nothing_unattended_begins(play: Play, aws: Sandbox, tmp_path: Path) -> None:
    more = {"wallet_funding_approve": True, "wallet_funding_artifacts_root": str(tmp_path / "artifacts")}
    refused = play("staging", playbook="fund.yml", options=("-e", BANK, "-e", json.dumps(more)))
    assert refused.code != 0
    assert "wallet_funding_store of staging is not set, and nobody is there" in refused.told
    assert "Plan the top-ups" not in refused.output
    assert aws.log() == []
