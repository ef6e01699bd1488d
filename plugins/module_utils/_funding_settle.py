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

from ansible_collections.interchain.agent_ops.plugins.module_utils._evm_transaction import decode, transaction_hash
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

_RECEIPT = "eth_getTransactionReceipt"

# What nodes say of a transaction that they have already (go-ethereum, Nethermind, Besu, anvil; OpenEthereum).
_KNOWN = ("already known", "alreadyknown", "already_known", "already imported", "known transaction", "already exists")

# What a node says that does not want a transaction: the server's own errors of JSON-RPC, and wrong parameters; not that
# a limit is reached (https://eips.ethereum.org/EIPS/eip-1474), after which nothing is known of the transaction.
_REFUSALS = {-32602, *range(-32099, -31999)} - {-32005}

_AGAIN = "It is written down, the next run sends it again, and nothing else is sent before it"


@dataclass(frozen=True)
class Settled:
    """A transfer as the chain has it.

    :ivar problem: why it is not under way, or why that cannot be said. :ivar note: why it is not replaced, or not by
        its last transaction, although an earlier one is under way.
    """

    record: Record
    problem: str | None = None
    note: str | None = None
    refused: bool = False


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
    receipts = _of_attempts(node, records, _RECEIPT)
    waiting = [record for record in records if not receipts[record.nonce]]
    known = _of_attempts(node, waiting, "eth_getTransactionByHash")
    used, height = _count(node, bank) if waiting else (0, 0)
    out = []
    for record in records:
        found = receipts[record.nonce]
        there = [attempt for attempt, _answer in known.get(record.nonce, ())]
        if found:
            out.append(Settled(closed(record, *found[0], now=now)))
        elif used > record.nonce and not there:
            out.append(_overtaken(node, bank, record, height, confirmations, now))
        elif there and (record.attempts[-1] in there or not resend):
            out.append(Settled(replace(record, state=SENT)))
        elif resend:
            again = hand_over(node, record)
            # Of a replacement that is refused, the former transaction may still pay.
            out.append(Settled(replace(record, state=SENT), note=again.problem) if there else again)
        else:
            out.append(Settled(record, "the node does not know the transaction; it is sent again by the next run"))
    return out


def check_signed(record: Record, *, chain_id: int, bank: str) -> None:
    """Compare a transfer in the ledger with what was signed for it, before anything of it is sent or signed again.

    :raises ValueError: if they differ: somebody else wrote into the ledger.
    """
    what = f"the transfer with the nonce {record.nonce} to {record.to}"
    if not record.attempts:
        raise ValueError(f"{what} has no signed transaction")
    for attempt in record.attempts:
        try:
            unsigned, sender = decode(attempt.raw)
        except ValueError as exc:
            raise ValueError(f"{what}: {exc}") from None
        signed = (unsigned.to, unsigned.value, unsigned.nonce, unsigned.chain_id, sender, unsigned.gas, unsigned.fees)
        said = (record.to, record.amount, record.nonce, chain_id, bank, attempt.gas, attempt.fees)
        if signed != said or transaction_hash(attempt.raw) != attempt.hash:
            raise ValueError(
                f"{what} is not what the bank signed, which pays {unsigned.value} wei to {unsigned.to}, with the nonce"
                f" {unsigned.nonce} on the chain {unsigned.chain_id}"
            )


def reopened(record: Record) -> Record:
    """Return a transfer whose block is gone as one that may still pay."""
    return replace(record, state=SENT, closed_at=None, fee_paid=None, block_number=None, paid_by=None)


def _of_attempts(node: Node, records: t.Sequence[Record], method: str) -> dict[int, list[tuple[Attempt, t.Any]]]:
    """Return nonce -> the attempts that the node gives something for, with that."""
    pairs = [(record, attempt) for record in records for attempt in record.attempts]
    calls: list[Call] = [(method, [attempt.hash]) for _record, attempt in pairs]
    found: dict[int, list[tuple[Attempt, t.Any]]] = {record.nonce: [] for record in records}
    for (record, attempt), answer in zip(pairs, node.batch(calls), strict=True):
        if _given(attempt, answer, method):
            found[record.nonce].append((attempt, answer))
    return found


def _given(attempt: Attempt, answer: t.Any, method: str) -> bool:
    """Say whether the node has what was asked for. :raises RpcError: for an answer that is neither that nor null.

    What is taken for the receipt of another transaction, or for none, is what money is paid twice by.
    """
    if isinstance(answer, RpcError):
        raise answer
    if answer is None:
        return False
    field = "transactionHash" if method == _RECEIPT else "hash"
    if not isinstance(answer, dict) or str(answer.get(field)).lower() != attempt.hash:
        raise RpcError(f"{method}: the node's answer is not about the transaction that it was asked for")
    # Some nodes have a receipt before there is a block.
    return method != _RECEIPT or answer.get("blockNumber") is not None


def _count(node: Node, bank: str) -> tuple[int, int]:
    """Return how many nonces the bank used, and the height of the chain."""
    latest = quantity(node.call("eth_getTransactionCount", bank, "latest"), "eth_getTransactionCount")
    return latest, quantity(node.call("eth_blockNumber"), "eth_blockNumber")


def _overtaken(node: Node, bank: str, record: Record, height: int, confirmations: int, now: float) -> Settled:
    """Say what is known of a transfer whose nonce is used, and whose transactions are in no block that the node knows.

    Nodes behind one URL may lag behind each other. So it is given up only if the nonce was used some blocks ago, by the
    word of a node that has that block and no receipt, asked for both in one request: to pay again for a lagging node
    would be to pay twice.
    """
    calls: list[Call] = [(_RECEIPT, [attempt.hash]) for attempt in record.attempts]
    calls.append(("eth_getTransactionCount", [bank, hex(max(0, height - confirmations))]))
    *receipts, deep = node.batch(calls)
    for attempt, answer in zip(record.attempts, receipts, strict=True):
        if _given(attempt, answer, _RECEIPT):
            return Settled(closed(record, attempt, answer, now=now))
    if isinstance(deep, RpcError):
        if deep.code is None:
            raise deep
    elif quantity(deep, "eth_getTransactionCount") > record.nonce:
        return Settled(replace(record, state=SUPERSEDED, closed_at=now))
    return Settled(
        record,
        f"another transaction used the bank's nonce {record.nonce}, and it is not known yet whether it stays:"
        f" {confirmations} blocks are waited for",
    )


def closed(record: Record, attempt: Attempt, receipt: t.Mapping[str, t.Any], *, now: float) -> Record:
    """Return a transfer that is in a block. :raises RpcError: if the receipt is none."""
    gas = quantity(receipt.get("gasUsed"), "a receipt's gasUsed")
    price, status = receipt.get("effectiveGasPrice"), receipt.get("status")
    return replace(
        record,
        # A receipt without a status is one from before Byzantium, which does not tell.
        state=CONFIRMED if status is None or quantity(status, "a receipt's status") else REVERTED,
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
        if exc.code in _REFUSALS:
            return Settled(record, f"the node does not take it: {exc}. {_AGAIN}", refused=True)
        return Settled(record, f"it is written down, and not known to be sent: {exc}")
    return Settled(replace(record, state=SENT))
