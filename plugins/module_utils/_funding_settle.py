# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds out what became of transfers that were written down, and sends them again. Private to the collection.

An edge; the node comes as a parameter. A transfer is looked up by the hashes of its transactions. Nothing here makes a
new one: what is sent again is what was signed, so that it can be paid once only.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import (
    CONFIRMED,
    REVERTED,
    SENT,
    SUPERSEDED,
    Attempt,
    Node,
    Record,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._json_rpc import Call, RpcError
from ansible_collections.interchain.agent_ops.plugins.module_utils._wallet_read import quantity

# What nodes say of a transaction that they have already (go-ethereum, Nethermind, Besu, anvil; OpenEthereum).
_KNOWN = ("already known", "alreadyknown", "already_known", "already imported", "known transaction", "already exists")


@dataclass(frozen=True)
class Settled:
    """A transfer as the chain has it. :ivar problem: why it is not under way, or why that cannot be said."""

    record: Record
    problem: str | None = None


def settle(
    node: Node, bank: str, records: t.Sequence[Record], *, confirmations: int, now: float, resend: bool
) -> list[Settled]:
    """Return open transfers as the chain has them.

    :param bank: who sent them. :param confirmations: blocks after which another transaction's nonce is taken for used.
    :param now: the time. :param resend: whether the node is given again what it does not know.
    :raises RpcError: if the node does not answer.
    """
    if not records:
        return []
    receipts = _of_attempts(node, records, "eth_getTransactionReceipt")
    waiting = [record for record in records if not receipts[record.nonce]]
    known = _of_attempts(node, waiting, "eth_getTransactionByHash")
    used = _nonces(node, bank, confirmations) if waiting else (0, 0)
    out = []
    for record in records:
        found = receipts[record.nonce]
        if found:
            out.append(Settled(closed(record, *found[0], now=now)))
        elif used[0] > record.nonce and not known[record.nonce]:
            out.append(_overtaken(node, record, used[1] > record.nonce, confirmations, now))
        elif known[record.nonce]:
            out.append(Settled(replace(record, state=SENT)))
        elif resend:
            out.append(hand_over(node, record))
        else:
            out.append(Settled(record, "the node does not know the transaction; it is sent again by the next run"))
    return out


def _of_attempts(node: Node, records: t.Sequence[Record], method: str) -> dict[int, list[tuple[Attempt, t.Any]]]:
    """Return nonce -> the attempts that the node gives something for, with that."""
    pairs = [(record, attempt) for record in records for attempt in record.attempts]
    calls: list[Call] = [(method, [attempt.hash]) for _record, attempt in pairs]
    found: dict[int, list[tuple[Attempt, t.Any]]] = {record.nonce: [] for record in records}
    for (record, attempt), answer in zip(pairs, node.batch(calls), strict=True):
        if isinstance(answer, RpcError):
            raise answer
        if isinstance(answer, dict) and (method != "eth_getTransactionReceipt" or answer.get("blockNumber")):
            found[record.nonce].append((attempt, answer))
    return found


def _nonces(node: Node, bank: str, confirmations: int) -> tuple[int, int]:
    """Return how many nonces are used, in the latest block and some blocks deep (0 if the node cannot look there)."""
    latest = quantity(node.call("eth_getTransactionCount", bank, "latest"), "eth_getTransactionCount")
    height = quantity(node.call("eth_blockNumber"), "eth_blockNumber")
    try:
        deep = node.call("eth_getTransactionCount", bank, hex(max(0, height - confirmations)))
        return latest, quantity(deep, "eth_getTransactionCount")
    except RpcError as exc:
        if exc.code is None:
            raise
        return latest, 0


def _overtaken(node: Node, record: Record, deep: bool, confirmations: int, now: float) -> Settled:
    """Say what is known of a transfer whose nonce is used, and whose transactions are in no block that the node knows.

    Nodes behind one URL may lag behind each other. So it is looked for once more, and is given up only if the nonce was
    used some blocks ago: to pay again for a lagging node would be to pay twice.
    """
    again = _of_attempts(node, [record], "eth_getTransactionReceipt")[record.nonce]
    if again:
        return Settled(closed(record, *again[0], now=now))
    if deep:
        return Settled(replace(record, state=SUPERSEDED, closed_at=now))
    return Settled(
        record,
        f"another transaction used the bank's nonce {record.nonce}, and it is not known yet whether it stays:"
        f" {confirmations} blocks are waited for",
    )


def closed(record: Record, attempt: Attempt, receipt: t.Mapping[str, t.Any], *, now: float) -> Record:
    """Return a transfer that is in a block. :raises RpcError: if the receipt is none."""
    gas = quantity(receipt.get("gasUsed"), "a receipt's gasUsed")
    price = receipt.get("effectiveGasPrice")
    return replace(
        record,
        # A receipt without a status is one from before Byzantium, which does not tell.
        state=REVERTED if receipt.get("status") == "0x0" else CONFIRMED,
        closed_at=now,
        fee_paid=gas * (attempt.fees.max_fee_per_gas if price is None else quantity(price, "effectiveGasPrice")),
        block_number=quantity(receipt.get("blockNumber"), "a receipt's blockNumber"),
        paid_by=attempt.hash,
    )


def hand_over(node: Node, record: Record) -> Settled:
    """Give the node a transfer's last transaction. It may have it already.

    An answer that is lost is no failure: the transaction may have arrived, and is looked up by its hash.
    """
    attempt = record.attempts[-1]
    try:
        node.call("eth_sendRawTransaction", attempt.raw)
    except RpcError as exc:
        if exc.code is not None and any(words in str(exc).lower() for words in _KNOWN):
            return Settled(replace(record, state=SENT))
        return Settled(record, f"it is written down, and not known to be sent: {exc}")
    return Settled(replace(record, state=SENT))
