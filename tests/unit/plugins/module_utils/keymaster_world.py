# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A configuration of the service, and what passes over its networks could have found."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_health import Health
from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_log import Log
from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_metrics import Metrics
from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_notify import Notifier
from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_service import Keymaster, Prepared

RELAYER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
UPDATER = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
BANK = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


def key(agent: str, network: str | None, purpose: str = "signer") -> dict[str, Any]:
    name = "-".join(part for part in ("staging", network, agent, purpose if network else None) if part)
    return {"name": name, "network": network, "agent": agent, "purpose": purpose, "region": "us-west-2"}


def values(**changes: Any) -> dict[str, Any]:
    return {
        "environment": "staging",
        "region": "us-west-2",
        "networks": {
            "kovan": {"domain": 3000, "chain_id": 42, "replicas": ["moonbasealpha"]},
            "moonbasealpha": {"domain": 5000, "chain_id": 1287, "replicas": ["kovan"], "native_unit": "DEV"},
        },
        "funding": {"kovan": {"threshold": "1", "target": "2"}, "moonbasealpha": {}},
        "agents": ["updater", "relayer"],
        "signing_keys": [
            *(key(agent, network) for network in ("kovan", "moonbasealpha") for agent in ("updater", "relayer")),
            key("bank", None),
        ],
        "bank_key": "staging-bank",
        "store": "s3://nomad-funding/staging",
        **changes,
    }


def text(**changes: Any) -> str:
    return json.dumps(values(**changes))


def wallet(agent: str = "relayer", address: str | None = RELAYER, **changes: Any) -> dict[str, Any]:
    return {
        "network": "kovan",
        "agent": agent,
        "key": f"staging-kovan-{agent}-signer",
        "address": address,
        "unit": "ETH",
        "balance": "1.5",
        "balance_wei": 1_500_000_000_000_000_000,
        "nonce": 4,
        "pending_nonce": 5,
        "threshold": "1",
        "target": "2",
        "state": "ok",
        "days_left": None,
        "error": None,
        **changes,
    }


def transfer(action: str = "confirmed", **changes: Any) -> dict[str, Any]:
    return {
        "network": "kovan",
        "agent": "relayer",
        "key": "staging-kovan-relayer-signer",
        "address": RELAYER,
        "bank": BANK,
        "unit": "ETH",
        "amount": "0.5",
        "fee": "0.001",
        "nonce": 7,
        "hash": "0x" + "ab" * 32,
        "link": "https://kovan.example/tx/0x" + "ab" * 32,
        "action": action,
        "kind": None,
        "reason": None,
        **changes,
    }


@dataclass
class Report:
    network: str = "kovan"
    row: dict[str, Any] = field(
        default_factory=lambda: {
            "unit": "ETH",
            "chain_id": 42,
            "block_number": 1000,
            "block_age_seconds": 12,
            "bank": BANK,
            "bank_balance": "40.25",
            "bank_nonce": 8,
            "bank_pending_nonce": 8,
            "top_ups_left": 38,
        }
    )
    wallets: list[dict[str, Any]] = field(default_factory=lambda: [wallet()])
    transfers: list[dict[str, Any]] = field(default_factory=list)
    error: str | None = None
    kind: str | None = None


def dead(network: str = "moonbasealpha", error: str = "the node cannot be reached: Connection refused") -> Report:
    return Report(network, {"unit": "DEV", "chain_id": 1287, "bank": BANK}, [], [], error, "rpc")


class Engine:
    """Gives what it was told to give, in each pass."""

    def __init__(self, *passes: Any) -> None:
        self.passes = list(passes)
        self.asked: list[str] = []

    def _give(self, what: str) -> Any:
        self.asked.append(what)
        given = self.passes.pop(0) if len(self.passes) > 1 else self.passes[0]
        if isinstance(given, Exception):
            raise given
        return given

    def look(self) -> Any:
        return self._give("look")

    def plan(self) -> Any:
        return self._give("plan")

    def send(self) -> Any:
        return self._give("send")


class Service:
    """A Keymaster on an engine that gives what it was told, with a clock that only moves by hand."""

    def __init__(
        self, engine: Engine, *, mode: str = "send", environ: dict[str, str] | None = None, problem: str | None = None
    ) -> None:
        self.time = 1000.0
        self.engine = engine
        self.told = io.StringIO()
        self.health = Health(600, clock=lambda: self.time)
        self.metrics = Metrics(
            "staging",
            ["kovan", "moonbasealpha"],
            version="1.2.3",
            sends=mode == "send",
            health=lambda: (self.health.overdue(), self.health.healthy()),
            now=lambda: 1_800_000_000.0,
        )
        self.keymaster = Keymaster(
            lambda: Prepared(engine, problem),
            mode=mode,
            interval_seconds=60,
            metrics=self.metrics,
            health=self.health,
            log=Log(self.told, "staging", level="debug", now=lambda: 1_800_000_000.0),
            notifier=Notifier(environ or {}),
            clock=lambda: self.time,
            jitter=lambda: 0.5,
        )

    def lines(self, level: str | None = None) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.told.getvalue().splitlines()]
        return [line for line in lines if level in (None, line["level"])]

    def value(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, {"environment": "staging", **labels})
