# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows as wallet_balances_info and wallet_top_up return them."""

from __future__ import annotations

import typing as t
from decimal import Decimal

from eth_utils.address import to_checksum_address

UNIT = 10**18
READ_AT = "2026-03-01T12:00:00Z"


def address(number: int) -> str:
    return to_checksum_address(f"0x{number:040x}")


def wei(amount: str | None) -> int | None:
    return None if amount is None else int(Decimal(amount) * UNIT)


def wallet(network: str, agent: str, balance: str | None, **changes: t.Any) -> dict[str, t.Any]:
    row: dict[str, t.Any] = {
        "network": network,
        "agent": agent,
        "key": f"staging-{network}-{agent}-signer",
        "homes": [network],
        "address": address(0xA000 + sum(map(ord, network + agent))),
        "unit": "ETH",
        "balance": balance,
        "nonce": 3,
        "pending_nonce": 3,
        "threshold": "125",
        "target": "500",
        "days_left": None,
        "error": None,
        **changes,
    }
    for name in ("balance", "threshold", "target"):
        row[f"{name}_wei"] = wei(row[name])
    if "state" not in row:
        low = row["threshold_wei"] is not None and balance is not None and row["balance_wei"] < row["threshold_wei"]
        row["state"] = "unknown" if balance is None else "low" if low else "unset" if row["threshold"] is None else "ok"
    return row


def network(name: str, balance: str | None = "9000", **changes: t.Any) -> dict[str, t.Any]:
    return {
        "network": name,
        "unit": "ETH",
        "chain_id": 42,
        "block_number": 100,
        "block_age_seconds": 4,
        "bank": address(0xBA2C),
        "bank_balance": balance,
        "bank_balance_wei": wei(balance),
        "bank_nonce": 7,
        "bank_pending_nonce": 7,
        "top_ups_left": None if balance is None else int(Decimal(balance) / 375),
        "low": 0,
        "explorer_url": f"https://{name}.example.org",
        "error": None,
        **changes,
    }


def transfer(to: t.Mapping[str, t.Any], amount: str, left: str, **changes: t.Any) -> dict[str, t.Any]:
    row: dict[str, t.Any] = {
        **{name: to[name] for name in ("network", "agent", "key", "address", "unit")},
        "bank": address(0xBA2C),
        "amount": amount,
        "amount_wei": wei(amount),
        "fee": "0.000042",
        "fee_wei": wei("0.000042"),
        "nonce": None if changes.get("action", "planned") in ("planned", "held") else 7,
        "hash": None,
        "link": None,
        "action": "planned",
        "kind": None,
        "reason": None,
        "bank_left": left,
        "bank_left_wei": wei(left),
        **changes,
    }
    if row["hash"]:
        row["link"] = f"https://{to['network']}.example.org/tx/{row['hash']}"
    return row


def result(networks: list[dict[str, t.Any]], wallets: list[dict[str, t.Any]], **changes: t.Any) -> dict[str, t.Any]:
    return {
        "environment": "staging",
        "sandbox": False,
        "read_at": READ_AT,
        "networks": networks,
        "wallets": wallets,
        **changes,
    }


def staging(**changes: t.Any) -> dict[str, t.Any]:
    """Two networks with an agent's wallet in each state, and one that serves another home."""
    other = {"homes": ["kovan"]}
    dev = {"unit": "DEV"}
    wallets = [
        wallet("moonbasealpha", "updater", "499.987654321", days_left=12.34, **dev),
        wallet("moonbasealpha", "watcher", "124.99999999", days_left=3.21, **dev),
        wallet("moonbasealpha", "relayer", "0", **other, **dev),
        wallet("moonbasealpha", "processor", "20000.5", days_left=4321.0, **other, **dev),
        wallet("moonbasealpha", "kathy", "0.000000000000000001", threshold=None, target=None, **dev),
        wallet("moonbasealpha", "watcher", "80", key="key", state="blocked", error="key is disabled", **other, **dev),
        *(wallet("kovan", agent, None) for agent in ("updater", "watcher")),
    ]
    networks = [
        network("moonbasealpha", "8999.5", unit="DEV", low=2),
        network("kovan", None, error="the node did not answer: timed out", block_number=None, block_age_seconds=None),
    ]
    return result(networks, wallets, **changes)
