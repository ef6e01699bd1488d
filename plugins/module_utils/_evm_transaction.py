# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Transactions that transfer a chain's own money, and nothing else. Private to the collection.

Two forms: legacy with the chain's id (EIP-155), and EIP-1559. None carries data or an access list.

Pure: no ansible, no AWS. Every error is a :class:`ValueError` whose text can be shown to the user.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ansible_collections.interchain.agent_ops.plugins.module_utils._address import checksum_address
from ansible_collections.interchain.agent_ops.plugins.module_utils._evm_signature import (
    check_signature,
    recover_address,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import Fees, Signature

try:
    import rlp
    from eth_hash.auto import keccak
except ImportError as exc:
    IMPORT_ERROR: ImportError | None = exc
else:
    IMPORT_ERROR = None

_TYPE_1559 = 2
_LEGACY_V = 35  # EIP-155: v is twice the chain's id, and 35 or 36
_FIRST_OF_LIST = 0xC0  # RLP: what begins lower is no list, so that a type fits before one (EIP-2718)

_FIELDS = {True: 9, False: 12}
_HEX = re.compile(r"0x(?:[0-9a-fA-F]{2})+\Z")

# What nodes accept: EIP-2294 for the chain's id, EIP-2681 for the nonce, a machine word for the gas.
_LIMITS = {
    "chain id": (1, 2**63 - 37),
    "nonce": (0, 2**64 - 2),
    "gas": (1, 2**64 - 1),
    "value": (0, 2**256 - 1),
    "fee for each gas": (0, 2**256 - 1),
    "priority fee for each gas": (0, 2**256 - 1),
}


class SignedTransaction(t.NamedTuple):
    """As nodes take it: ``raw``; as they name it: ``hash``. Both 0x and lower-case hexadecimal digits."""

    hash: str
    raw: str


@dataclass(frozen=True)
class Unsigned:
    """A transfer that nobody signed yet.

    :ivar to: who is paid (EIP-55). :ivar value: in wei. :ivar gas: the most that it may use.
    """

    chain_id: int
    nonce: int
    to: str
    value: int
    gas: int
    fees: Fees

    def __post_init__(self) -> None:
        fees = self.fees
        values = (self.chain_id, self.nonce, self.gas, self.value, fees.max_fee_per_gas, fees.max_priority_fee_per_gas)
        for (name, (least, most)), value in zip(_LIMITS.items(), values, strict=True):
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
                raise ValueError(f"The transaction's {name} is {value!r}. Expected: a number from {least} to {most}")
        if fees.legacy and fees.max_priority_fee_per_gas:
            raise ValueError(
                f"The transaction's priority fee for each gas is {fees.max_priority_fee_per_gas}. "
                "Expected: 0, since a legacy transaction has a gas price alone"
            )
        if fees.max_priority_fee_per_gas > fees.max_fee_per_gas:
            raise ValueError(
                f"The transaction's priority fee for each gas is {fees.max_priority_fee_per_gas}. "
                f"Expected: at most the fee for each gas, {fees.max_fee_per_gas}"
            )
        address = checksum_address(self.to)
        if self.to != address:
            raise ValueError(f"The transaction pays {self.to}. Expected: the address with its checksum, {address}")

    def digest(self) -> bytes:
        """Return the 32 bytes that are signed."""
        tail = (self.chain_id, 0, 0) if self.fees.legacy else ()
        return bytes(keccak(self._encoded(*tail)))

    def signed(self, signature: Signature) -> SignedTransaction:
        """Return the transaction with a signature of its digest. Whose it is must have been checked."""
        check_signature(signature)
        first = signature.parity
        if self.fees.legacy:
            first += 2 * self.chain_id + _LEGACY_V
        raw = self._encoded(first, signature.r, signature.s)
        return SignedTransaction(_hash(raw), "0x" + raw.hex())

    def _encoded(self, *tail: int) -> bytes:
        to = bytes.fromhex(self.to[2:])
        fees = self.fees
        if fees.legacy:
            head = [self.nonce, fees.max_fee_per_gas, self.gas]
            return bytes(rlp.encode([*map(_bytes, head), to, _bytes(self.value), b"", *map(_bytes, tail)]))
        head = [self.chain_id, self.nonce, fees.max_priority_fee_per_gas, fees.max_fee_per_gas, self.gas]
        items = [*map(_bytes, head), to, _bytes(self.value), b"", [], *map(_bytes, tail)]
        return bytes([_TYPE_1559]) + bytes(rlp.encode(items))


def transaction_hash(raw: str) -> str:
    """Return the name of a signed transaction, with which a node is asked about it."""
    return _hash(_raw_bytes(raw))


def decode(raw: str) -> tuple[Unsigned, str]:
    """Return the transfer that a signed transaction makes, and who signed it (EIP-55).

    :param raw: 0x and hexadecimal digits. :raises ValueError: if it is no transfer of the two forms, or nobody's.
    """
    data = _raw_bytes(raw)
    legacy = data[0] >= _FIRST_OF_LIST
    if not legacy and data[0] != _TYPE_1559:
        raise ValueError(
            f"The signed transaction is of type {data[0]}. Expected: a legacy one, or type {_TYPE_1559} (EIP-1559)"
        )
    fields = _fields(data if legacy else data[1:], _FIELDS[legacy])
    unsigned, signature = _legacy(fields) if legacy else _eip1559(fields)
    if unsigned.signed(signature).raw != "0x" + data.hex():
        raise ValueError(
            "The signed transaction is not in its one canonical encoding. Expected: numbers without zeros before them"
        )
    return unsigned, recover_address(unsigned.digest(), signature)


def _fields(data: bytes, count: int) -> list[t.Any]:
    try:
        fields = rlp.decode(data)
    except (rlp.exceptions.DecodingError, RecursionError):
        raise ValueError("The signed transaction is not one list in RLP") from None
    if not isinstance(fields, list) or len(fields) != count:
        found = f"{len(fields)} fields" if isinstance(fields, list) else "no list"
        raise ValueError(f"The signed transaction has {found}. Expected: {count} fields")
    return fields


def _legacy(fields: t.Sequence[t.Any]) -> tuple[Unsigned, Signature]:
    nonce, price, gas, to, value, data, v, r, s = _checked(fields)
    _no_data(data)
    number = _number(v)
    chain_id, parity = divmod(number - _LEGACY_V, 2)
    if chain_id < 1:
        raise ValueError(
            f"The signed transaction's v is {number}. Expected: twice the chain's id, and 35 or 36 (EIP-155): "
            "without it every chain would take the transaction"
        )
    fees = Fees(_number(price), legacy=True)
    unsigned = Unsigned(chain_id, _number(nonce), _address(to), _number(value), _number(gas), fees)
    return unsigned, Signature(_number(r), _number(s), parity)


def _eip1559(fields: t.Sequence[t.Any]) -> tuple[Unsigned, Signature]:
    if fields[8] != []:
        raise ValueError(
            "The signed transaction has an access list. Expected: an empty one, since a transfer needs none"
        )
    chain_id, nonce, priority, fee, gas, to, value, data, v, r, s = _checked([*fields[:8], *fields[9:]])
    _no_data(data)
    fees = Fees(_number(fee), _number(priority))
    unsigned = Unsigned(_number(chain_id), _number(nonce), _address(to), _number(value), _number(gas), fees)
    return unsigned, Signature(_number(r), _number(s), _number(v))


def _checked(fields: t.Sequence[t.Any]) -> t.Sequence[bytes]:
    if not all(isinstance(field, bytes) for field in fields):
        raise ValueError("The signed transaction has a list in the place of a number, an address or data")
    return fields


def _no_data(data: bytes) -> None:
    if data:
        raise ValueError(f"The signed transaction carries {len(data)} bytes of data. Expected: none, as in a transfer")


def _address(data: bytes) -> str:
    if not data:
        raise ValueError("The signed transaction creates a contract. Expected: one that pays an address")
    return checksum_address("0x" + data.hex())


def _raw_bytes(raw: str) -> bytes:
    if not isinstance(raw, str) or not _HEX.match(raw):
        raise ValueError("The signed transaction is not text of 0x and hexadecimal digits, two for each byte")
    return bytes.fromhex(raw[2:])


def _hash(raw: bytes) -> str:
    return "0x" + bytes(keccak(raw)).hex()


def _bytes(number: int) -> bytes:
    """Return a number as RLP holds it: as short as possible, nothing for 0."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")
