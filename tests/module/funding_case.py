# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bank, and wallets on chains that it pays: runs of the funding in this process, or in one that can be killed."""

from __future__ import annotations

import json
import multiprocessing
import os
import secrets
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from ansible_collections.interchain.agent_ops.plugins.module_utils._address import checksum_address
from ansible_collections.interchain.agent_ops.plugins.module_utils._bank_signer import HexSigner
from ansible_collections.interchain.agent_ops.plugins.module_utils._document_store import DirectoryStore
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_ledger_text import parse
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import (
    Amounts,
    Ledger,
    NetworkFunding,
    Signer,
    Store,
    Wallet,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_network import Job
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_pass import (
    Funder,
    NetworkReport,
    approved_amounts,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._json_rpc import JsonRpc
from eth_keys import keys as eth_keys

from tests.chain import Chain

ETHER = 10**18
THRESHOLD, TARGET = ETHER, 2 * ETHER
Rows = list[dict[str, Any]]


@dataclass
class Place:
    """A network of a case. :ivar url: by which it is reached."""

    chain: Chain
    url: str
    settings: NetworkFunding
    wallets: list[Wallet]


class Case:
    """A bank that nobody had before, a folder for its ledgers, and networks."""

    def __init__(self, folder: Path, digits: str | None = None, bank: str | None = None) -> None:
        self.digits = digits or secrets.token_hex(32)
        key = eth_keys.PrivateKey(bytes.fromhex(self.digits))
        self.bank = bank or key.public_key.to_checksum_address()
        self.folder = folder
        self.store: Store = DirectoryStore(str(folder))
        self.signer: Signer | None = None if bank else HexSigner(self.digits, self.bank)
        self.places: dict[str, Place] = {}

    def add(
        self, chain: Chain, network: str = "kovan", *, url: str | None = None, wallets: int = 2, **values: Any
    ) -> Place:
        """Add a network. ``bank``: what the bank has there."""
        chain.give(self.bank, values.pop("bank", 100 * ETHER))
        amounts = Amounts(THRESHOLD, TARGET)
        settings = NetworkFunding(network, amounts=amounts, **{"receipt_seconds": 30, **values})
        agents = [("relayer", "processor", "kathy", "updater")[number % 4] for number in range(wallets)]
        made = [
            Wallet(network, agent, f"staging-{network}-{agent}{number}-signer", (network,), amounts, stranger())
            for number, agent in enumerate(agents)
        ]
        self.places[network] = Place(chain, url or chain.url, settings, made)
        return self.places[network]

    def change(self, network: str = "kovan", **values: Any) -> None:
        place = self.places[network]
        place.settings = replace(place.settings, **values)

    def funder(self, **more: Any) -> Funder:
        timeout = more.pop("timeout", 10.0)
        jobs = [
            Job(place.settings, place.wallets, partial(JsonRpc, place.url, timeout=timeout), self.bank)
            for place in self.places.values()
        ]
        given = {"signer": self.signer, "store": self.store, "run": "test", "poll_seconds": 0.01, "sleep": short}
        return Funder(environment="staging", jobs=jobs, **{**given, **more})

    def send(self, approved: Rows | None = None, *, replace_stuck: bool = False, **more: Any) -> Reports:
        return Reports(self.funder(**more).send(_most(approved), replace_stuck=replace_stuck))

    def plan(self, approved: Rows | None = None, *, replace_stuck: bool = False, **more: Any) -> Reports:
        return Reports(self.funder(**more).plan(_most(approved), replace_stuck=replace_stuck))

    # Looking

    def balances(self, network: str = "kovan") -> list[int]:
        place = self.places[network]
        return [place.chain.balance(str(wallet.address)) for wallet in place.wallets]

    def sent(self, network: str = "kovan") -> int:
        """How many transactions of the bank are in blocks."""
        return self.places[network].chain.nonce(self.bank)

    def assert_paid_once(self) -> None:
        for network, place in self.places.items():
            assert self.balances(network) == [TARGET] * len(place.wallets)
            assert self.sent(network) == len(place.wallets)
            states = [record.state for record in self.ledger(network).transfers]
            assert states == ["confirmed"] * len(place.wallets)

    def document(self, network: str = "kovan") -> Path:
        return self.folder / "staging" / f"{network}-{self.bank}.json"

    def ledger(self, network: str = "kovan") -> Ledger:
        chain_id = int(self.places[network].chain.rpc.call("eth_chainId"), 16)
        text = self.document(network).read_text(encoding="utf-8")
        return parse(text, environment="staging", network=network, chain_id=chain_id, bank=self.bank)

    def edit(self, change: Callable[[dict[str, Any]], object], network: str = "kovan") -> None:
        """Change the document as somebody does who may write there."""
        held = json.loads(self.document(network).read_text(encoding="utf-8"))
        change(held)
        self.document(network).write_text(json.dumps(held), encoding="utf-8")

    # In a process of its own

    def child(self, **more: Any) -> Any:
        """Return a process that funds, not started yet. ``kill_write``: which write to the store ends it."""
        networks = {
            name: {"url": place.url, "wallets": [str(wallet.address) for wallet in place.wallets]}
            for name, place in self.places.items()
        }
        told = {"digits": self.digits, "folder": str(self.folder), "networks": networks, **more}
        return _context.Process(target=fund, args=(json.dumps(told),), daemon=True)


class Reports(list[NetworkReport]):
    """What a run returned."""

    @property
    def rows(self) -> Rows:
        return [row for report in self for row in report.transfers]

    @property
    def actions(self) -> list[str]:
        return [row["action"] for row in self.rows]

    @property
    def reasons(self) -> list[str]:
        return [row["reason"] for row in self.rows]

    @property
    def errors(self) -> list[str | None]:
        return [report.error for report in self]


def _most(approved: Rows | None) -> dict[str, dict[str, int]] | None:
    return None if approved is None else approved_amounts(approved)


def stranger() -> str:
    return checksum_address("0x" + secrets.token_hex(20))


def short(seconds: float) -> None:
    """Sleep, but not for long: what is waited for comes from this machine."""
    time.sleep(min(seconds, 0.02))


_context = multiprocessing.get_context("forkserver")


class _Killing:
    """A store in which a process ends at a write, before it or after it."""

    durable = True

    def __init__(self, store: Store, number: int, when: str) -> None:
        self._store, self._left, self._when = store, number, when

    def describe(self) -> str:
        return self._store.describe()

    def read(self, name: str) -> Any:
        return self._store.read(name)

    def write(self, name: str, text: str, version: str | None) -> str:
        self._left -= 1
        if self._left == 0 and self._when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        version = self._store.write(name, text, version)
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return version


def fund(told: str) -> None:
    """What a child does."""
    given = json.loads(told)
    case = Case(Path(given["folder"]), given["digits"])
    for name, network in given["networks"].items():
        settings = NetworkFunding(name, amounts=Amounts(THRESHOLD, TARGET), receipt_seconds=30)
        wallets = [
            Wallet(name, "relayer", f"key{number}", (name,), settings.amounts, address)
            for number, address in enumerate(network["wallets"])
        ]
        case.places[name] = Place(Chain(network["url"]), network["url"], settings, wallets)
    if given.get("kill_write"):
        case.store = _Killing(case.store, *given["kill_write"])
    errors = case.send().errors
    print(errors, file=sys.stderr, flush=True)
    sys.exit(1 if any(errors) else 0)


def ended(process: Any) -> int:
    """Wait for a child, and return its exit code: below zero if a signal ended it."""
    process.join(60)
    code = process.exitcode
    process.close()
    assert code is not None
    return int(code)


def addresses(wallets: Sequence[Wallet]) -> list[str]:
    return [str(wallet.address) for wallet in wallets]
