# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An environment whose wallets tests plan to fund."""

from __future__ import annotations

from typing import Any

from ansible_collections.interchain.agent_ops.plugins.module_utils._address import checksum_address
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import (
    Amounts,
    Ledger,
    NetworkFunding,
    Record,
    Wallet,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import environment_keys

ETHER = 10**18
NOW = 1_800_000_000.0
AGENTS = {
    "updater": ["signer", "attestation"],
    "watcher": ["signer", "attestation"],
    "relayer": ["signer"],
    "processor": ["signer"],
    "kathy": ["signer"],
}
NETWORKS: dict[str, dict[str, Any]] = {
    "kovan": {"chain_id": 42, "replicas": ["moonbasealpha"]},
    "moonbasealpha": {"chain_id": 1287, "replicas": ["kovan"]},
}


def address(number: int) -> str:
    return checksum_address(f"0x{number:040x}")


BANK = address(0xB)


def keys(**more: Any) -> list[dict[str, Any]]:
    specs = environment_keys(
        NETWORKS,
        environment="staging",
        agents=more.pop("agents", AGENTS),
        template="{environment}-{network}-{agent}-{purpose}",
        additional=more.pop("additional", [{"agent": "bank"}]),
        tags={},
    )
    return [spec.as_dict() for spec in specs]


def row(key: dict[str, Any], number: int, **values: Any) -> dict[str, Any]:
    named = {name: key[name] for name in ("name", "environment", "network", "agent", "purpose")}
    return {**named, "state": "Enabled", "address": address(number), "error": None, "tags": {}, **values}


def settings(**values: Any) -> NetworkFunding:
    amounts = Amounts(values.pop("threshold", 125 * ETHER), values.pop("target", 500 * ETHER))
    return NetworkFunding("kovan", **{"chain_id": 42, "amounts": amounts, **values})


def wallet(number: int, agent: str = "relayer", **values: Any) -> Wallet:
    amounts = values.pop("amounts", Amounts(125 * ETHER, 500 * ETHER))
    return Wallet(
        "kovan", agent, f"staging-kovan-{agent}{number}-signer", ("kovan",), amounts, address(number), **values
    )


def ledger(*transfers: Record) -> Ledger:
    return Ledger("staging", "kovan", 42, BANK, transfers)


def record(nonce: int, to: int, amount: int = ETHER, **values: Any) -> Record:
    return Record(
        nonce, address(to), f"key{to}", "relayer", amount, values.pop("recorded_at", NOW - 10), "run", **values
    )
