# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An environment in a sandbox and on two chains, and the service that funds it: its own program, without ansible."""

from __future__ import annotations

import json
import queue
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from ansible_collections.interchain.agent_ops.plugins.module_utils._address import public_key_address
from ansible_collections.interchain.agent_ops.plugins.plugin_utils._keymaster_program import program

from sandbox.client import ACCOUNT_ID, Sandbox
from tests import bare_library
from tests.chain import Chain

ETHER = 10**18
NETWORKS = {"kovan": 42, "moonbasealpha": 1287}
AGENTS = ("updater", "relayer")
BUCKET = "nomad-staging-funding"
_PATIENCE = 60.0


def keys() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": f"staging-{network}-{agent}-signer", "network": network, "agent": agent, "purpose": "signer"}
        for network in NETWORKS
        for agent in AGENTS
    ]
    return [*found, {"name": "staging-bank", "network": None, "agent": "bank", "purpose": "signer"}]


@dataclass
class World:
    """The addresses of an environment's keys, in a sandbox, and its chains."""

    sandbox: Sandbox
    chains: dict[str, Chain]
    folder: Path
    addresses: dict[str, str] = field(default_factory=dict)

    def make(self) -> None:
        kms = boto3.client("kms", **self.sandbox.boto3_arguments())
        for key in keys():
            tags = {
                "environment": "staging",
                **{name: key[name] for name in ("network", "agent", "purpose") if key[name]},
            }
            made = kms.create_key(
                KeySpec="ECC_SECG_P256K1",
                KeyUsage="SIGN_VERIFY",
                Tags=[{"TagKey": name, "TagValue": value} for name, value in tags.items()],
            )["KeyMetadata"]["KeyId"]
            kms.create_alias(AliasName=f"alias/{key['name']}", TargetKeyId=made)
            self.addresses[key["name"]] = public_key_address(kms.get_public_key(KeyId=made)["PublicKey"])
        s3 = boto3.client("s3", **self.sandbox.boto3_arguments())
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        switches = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        s3.put_public_access_block(
            Bucket=BUCKET, PublicAccessBlockConfiguration=dict.fromkeys(switches, True), ExpectedBucketOwner=ACCOUNT_ID
        )
        for chain in self.chains.values():
            chain.rpc.call("anvil_setBalance", self.addresses["staging-bank"], hex(1000 * ETHER))

    def config(self, **changes: Any) -> dict[str, Any]:
        others = {network: [other for other in NETWORKS if other != network] for network in NETWORKS}
        funding = {"threshold": "1", "target": "2", "reserve": "1", "receipt_seconds": 60, "confirmations": 0}
        return {
            "environment": "staging",
            "region": "us-west-2",
            "account_id": ACCOUNT_ID,
            "endpoint_url": self.sandbox.url,
            "networks": {
                network: {"chain_id": number, "replicas": others[network]} for network, number in NETWORKS.items()
            },
            "funding": {network: {**funding, **changes.pop(network, {})} for network in NETWORKS},
            "agents": list(AGENTS),
            "signing_keys": keys(),
            "bank_key": "staging-bank",
            "store": f"s3://{BUCKET}/wallets",
            "interval_seconds": 1,
            "overdue_seconds": 120,
            "rpc_timeout_seconds": 1,
            "port": 0,
            **changes,
        }

    def balance(self, network: str, key: str) -> int:
        return int(self.chains[network].rpc.call("eth_getBalance", self.addresses[key], "latest"), 16)

    def drain(self, network: str, key: str, wei: int) -> None:
        self.chains[network].rpc.call("anvil_setBalance", self.addresses[key], hex(wei))

    def paid(self, network: str) -> int:
        """Return how many transactions of the bank are in blocks."""
        return int(
            self.chains[network].rpc.call("eth_getTransactionCount", self.addresses["staging-bank"], "latest"), 16
        )

    def waiting(self, network: str) -> int:
        count = self.chains[network].rpc.call("eth_getTransactionCount", self.addresses["staging-bank"], "pending")
        return int(count, 16) - self.paid(network)


class Service:
    """The service as a process. What it writes is read as it comes."""

    def __init__(self, world: World, *arguments: str, **changes: Any) -> None:
        folder = world.folder
        if not (folder / "library").exists():
            bare_library.make(folder / "library")
        (folder / "keymaster.pyz").write_bytes(program())
        (folder / "keymaster.json").write_text(json.dumps(world.config(**changes)), encoding="utf-8")
        urls = {f"{network.upper()}_RPC_URL": chain.url for network, chain in world.chains.items()}
        self.process = subprocess.Popen(
            # -S: without what else is installed for this Python.
            [
                sys.executable,
                "-S",
                str(folder / "keymaster.pyz"),
                "--config",
                str(folder / "keymaster.json"),
                *arguments,
            ],
            env={**world.sandbox.environment(), **urls, "PYTHONPATH": str(folder / "library"), "NO_PROXY": "127.0.0.1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[dict[str, Any]] = []
        self.output = ""
        self._come: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.port = 0

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._come.put(line)
        self._come.put(None)

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Read the log until a line is as wanted."""
        while True:
            line = self._come.get(timeout=_PATIENCE)
            assert line is not None, self.output
            self.output += line
            entry: dict[str, Any] = json.loads(line)
            self.lines.append(entry)
            if entry["message"] == "listening":
                self.port = entry["port"]
            if wanted(entry):
                return entry

    def says(self, pattern: str) -> dict[str, Any]:
        return self.until(lambda entry: re.search(pattern, entry["message"]) is not None)

    def passes(self, result: str = "complete") -> dict[str, Any]:
        return self.until(lambda entry: entry["message"] == "pass ended" and entry["result"] == result)

    def page(self, path: str) -> str:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{self.port}{path}", timeout=_PATIENCE) as answer:
            return str(answer.read().decode())

    def value(self, name: str, **labels: str) -> float:
        """Return the sum of a metric's values with these labels."""
        found = []
        for line in self.page("/metrics").splitlines():
            match = re.match(rf"agent_ops_{name}\{{(.*)\}} (\S+)\Z", line)
            if match and labels.items() <= dict(re.findall(r'(\w+)="([^"]*)"', match[1])).items():
                found.append(float(match[2]))
        assert found, (name, labels)
        return sum(found)

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> int:
        code = self.process.wait(_PATIENCE)
        self._reader.join()
        while (line := self._come.get()) is not None:
            self.output += line
        return code


@contextmanager
def service(world: World, *arguments: str, **changes: Any) -> Iterator[Service]:
    running = Service(world, *arguments, **changes)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
        running.process.wait()
        running._reader.join()
        assert running.process.stdout is not None
        running.process.stdout.close()


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)
