# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of what a pass says is a failure, and of what kind, for a counter's label. Private to the collection.

The kinds are a closed set. The sentences themselves hold addresses and amounts, and would make a series each. Pure: no
ansible, no AWS.
"""

from __future__ import annotations

RPC, KMS, STUCK, OTHER = "rpc", "kms", "stuck", "other"

KINDS: dict[str, str] = {
    RPC: "the network's node does not answer, or refuses",
    "chain_id": "the node is of another chain than the inventory's",
    "store": "the store of transfers cannot be read or written",
    "busy": "somebody else funds the network, for longer than is waited for",
    KMS: "AWS does not say what the keys are, or does not sign",
    "fee_cap": "the network asks for more than max_fee_per_gas_gwei",
    "gas": "a transfer would take more than max_gas, or would fail",
    "bank_low": "the bank would be left with less than its reserve",
    "cap": "a transfer, run or day would be above its cap",
    "reverted": "a transfer is in a block, and paid nothing",
    "superseded": "another transaction used a transfer's nonce: something else uses the bank's key",
    STUCK: "a transfer waits for longer than stuck_seconds",
    OTHER: "none of these",
}
"""Kind to what it means; every one that there is."""

NO_FAILURES = ("interval", "unapproved", "in_flight", "stopped")
"""Why a transfer is held although nothing is wrong: it is begun in a later pass."""

_AWS = ("kms:", "secretsmanager:", "sts:")


def known_kind(kind: str | None) -> str:
    return kind if kind in KINDS else OTHER


def kind_of_error(error: Exception) -> str:
    """Return the kind of what ended a whole pass: what AWS refused, by the action that an error of AWS names."""
    action = str(getattr(error, "action", ""))
    return KMS if action.startswith(_AWS) else OTHER
