# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads a network's wallets from its node. Private to the collection.

An edge; the node comes as a parameter. Errors are :class:`RpcError`.
"""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.interchain.agent_ops.plugins.module_utils._evm_fees import quantity as _quantity
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import Account, ChainState, Node
from ansible_collections.interchain.agent_ops.plugins.module_utils._json_rpc import Call, RpcError

BATCH = 50
"""Calls in a batch. Providers refuse batches above 100 to 1,000 calls, and count each as a request."""

_LATEST, _PENDING = "latest", "pending"


def read_chain(node: Node, addresses: t.Sequence[str], *, batch_size: int = BATCH) -> ChainState:
    """Return what a node says of its chain and of addresses: three calls an address, in batches.

    Nodes behind one URL may lag behind each other. So each batch asks for the latest block too, and the lowest counts.

    :raises RpcError: if it does not answer, or with something else than a number.
    """
    each = max(1, (batch_size - 2) // 3)
    parts = [_read_part(node, addresses[start : start + each]) for start in range(0, max(len(addresses), 1), each)]
    lowest = min(parts, key=lambda part: part.block_number)
    if any(part.chain_id != lowest.chain_id for part in parts):
        raise RpcError("it answers now for one chain, and now for another")
    return replace(lowest, accounts={address: one for part in parts for address, one in part.accounts.items()})


def _read_part(node: Node, addresses: t.Sequence[str]) -> ChainState:
    # The block first: what is read after it is not older.
    calls: list[Call] = [("eth_chainId", []), ("eth_getBlockByNumber", [_LATEST, False])]
    for address in addresses:
        calls.append(("eth_getBalance", [address, _LATEST]))
        calls.append(("eth_getTransactionCount", [address, _LATEST]))
        calls.append(("eth_getTransactionCount", [address, _PENDING]))
    answers = node.batch(calls)
    for answer in answers:
        if isinstance(answer, RpcError):
            raise answer
    chain, block, *numbers = answers
    if not isinstance(block, dict):
        raise RpcError("the node has no latest block")
    quantities = [quantity(value, call[0]) for value, call in zip(numbers, calls[2:], strict=True)]
    base_fee = block.get("baseFeePerGas")
    return ChainState(
        chain_id=quantity(chain, "eth_chainId"),
        block_number=quantity(block.get("number"), "the latest block's number"),
        block_time=quantity(block.get("timestamp"), "the latest block's timestamp"),
        base_fee=None if base_fee is None else quantity(base_fee, "the latest block's baseFeePerGas"),
        accounts={address: Account(*quantities[3 * place : 3 * place + 3]) for place, address in enumerate(addresses)},
    )


def quantity(value: t.Any, what: str) -> int:
    """Return a number as JSON-RPC writes it, 0x and hexadecimal digits. :raises RpcError: if it is none."""
    try:
        return _quantity(value, what)
    except ValueError as exc:
        raise RpcError(str(exc)) from None
