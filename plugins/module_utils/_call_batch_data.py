# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calldata, and the wrappers that carry other calls' data. Private to the collection.

Pure. The layout is that of the contract ABI: https://docs.soliditylang.org/en/latest/abi-spec.html
"""

from __future__ import annotations

import typing as t

UPGRADE_SIGNATURE = "upgrade(address,address)"
UPGRADE = bytes.fromhex("99a88ec4")

HARMLESS: t.Mapping[bytes, str] = {
    bytes.fromhex("9d54f419"): "setUpdater(address)",
    bytes.fromhex("f31faefb"): "ownerEnrollReplica(address,uint32)",
    bytes.fromhex("8f5d90e0"): "ownerUnenrollReplica(address)",
    bytes.fromhex("916c3470"): "setWatcherPermission(address,uint32,bool)",
    bytes.fromhex("885b5e2d"): "setOptimisticTimeout(uint256)",
    bytes.fromhex("b49c53a7"): "enrollRemoteRouter(uint32,bytes32)",
    bytes.fromhex("28b1aea0"): "enrollCustom(uint32,bytes32,address)",
}
"""Functions of the bridge's contracts that its batches call, and that change no implementation and no owner."""

_MOST_CALLS = 4096
_DEEPEST = 8
_WORD = 32

Inner: t.TypeAlias = "tuple[bytes, bool]"
"""Calldata, and whether it is run as the caller's own code (delegatecall)."""


def opaque_part(data: bytes, *, delegated: bool = False, depth: int = 0) -> str:
    """Return what in calldata is not known to leave the upgradeBeacon alone, or an empty text."""
    selector = data[:4]
    if len(selector) < 4:
        return "calls something without saying which function"
    if depth > _DEEPEST:
        return f"wraps calls more than {_DEEPEST} deep"
    # Whatever its data says: what is at the receiver's address decides, multiSend's code or somebody else's.
    if delegated:
        return f"runs the foreign code 0x{selector.hex()} as its own (delegatecall)"
    if selector in HARMLESS:
        return ""
    if selector not in WRAPPERS:
        return f"calls the unknown function 0x{selector.hex()}"
    name, unwrap = WRAPPERS[selector]
    try:
        inner = list(unwrap(data[4:]))
    except ValueError as exc:
        return f"calls {name.partition('(')[0]} with arguments that cannot be read ({exc})"
    for one, own in inner:
        problem = opaque_part(one, delegated=own, depth=depth + 1)
        if problem:
            return problem
    return ""


def _number(body: bytes, at: int) -> int:
    if at + _WORD > len(body):
        raise ValueError("they end too early")
    return int.from_bytes(body[at : at + _WORD], "big")


def _count(body: bytes, at: int) -> int:
    count = _number(body, at)
    if count > _MOST_CALLS:
        raise ValueError(f"more than {_MOST_CALLS} calls")
    return count


def _bytes(body: bytes, at: int) -> bytes:
    length = _number(body, at)
    start = at + _WORD
    if start + length > len(body):
        raise ValueError("they end too early")
    return body[start : start + length]


def _array(body: bytes, at: int) -> t.Iterator[Inner]:
    """Calls, each ``(bytes32 to, bytes data)``. An offset counts from where the list or the pair begins."""
    first = at + _WORD
    for index in range(_count(body, at)):
        pair = first + _number(body, first + index * _WORD)
        yield _bytes(body, pair + _number(body, pair + _WORD)), False


def _governance_actions(body: bytes) -> t.Iterator[Inner]:
    yield from _array(body, _number(body, 0))
    remote = _number(body, 2 * _WORD)
    first = remote + _WORD
    for index in range(_count(body, remote)):
        yield from _array(body, first + _number(body, first + index * _WORD))


def _first_argument(body: bytes) -> t.Iterator[Inner]:
    yield from _array(body, _number(body, 0))


def _second_argument(body: bytes) -> t.Iterator[Inner]:
    yield from _array(body, _number(body, _WORD))


def _safe_transaction(body: bytes) -> t.Iterator[Inner]:
    operation = _number(body, 3 * _WORD)
    if operation > 1:
        raise ValueError(f"operation {operation}")
    yield _bytes(body, _number(body, 2 * _WORD)), operation == 1


def _multi_send(body: bytes) -> t.Iterator[Inner]:
    """Packed, not padded: operation (1 byte), receiver (20), value (32), length (32), calldata."""
    packed = _bytes(body, _number(body, 0))
    at = 0
    while at < len(packed):
        if packed[at] > 1:
            raise ValueError(f"operation {packed[at]}")
        data = _bytes(packed, at + 53)
        yield data, packed[at] == 1
        at += 85 + len(data)


_MULTI_SEND = bytes.fromhex("8d80ff0a")
WRAPPERS: t.Mapping[bytes, tuple[str, t.Callable[[bytes], t.Iterator[Inner]]]] = {
    bytes.fromhex("81dccd56"): (
        "executeGovernanceActions((bytes32,bytes)[],uint32[],(bytes32,bytes)[][])",
        _governance_actions,
    ),
    bytes.fromhex("83a60386"): ("executeCallBatch((bytes32,bytes)[])", _first_argument),
    bytes.fromhex("4626abee"): ("callLocal((bytes32,bytes)[])", _first_argument),
    bytes.fromhex("4fedbbb5"): ("callRemote(uint32,(bytes32,bytes)[])", _second_argument),
    _MULTI_SEND: ("multiSend(bytes)", _multi_send),
    bytes.fromhex("6a761202"): (
        "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)",
        _safe_transaction,
    ),
    bytes.fromhex("468721a7"): ("execTransactionFromModule(address,uint256,bytes,uint8)", _safe_transaction),
}
"""Functions that carry other calls: what they are called, and how the calls are found in their arguments."""
