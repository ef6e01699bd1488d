# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Transactions, against those that eth-account makes and reads, and EIP-155's own example."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import rlp
from ansible_collections.interchain.agent_ops.plugins.module_utils._address import ORDER, checksum_address
from ansible_collections.interchain.agent_ops.plugins.module_utils._evm_transaction import (
    Unsigned,
    decode,
    transaction_hash,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import Fees, Signature
from eth_keys import keys
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.witness import Account

KEY = bytes.fromhex("46" * 32)
SENDER = "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F"
TO = "0x3535353535353535353535353535353535353535"
GWEI = 10**9

# https://eips.ethereum.org/EIPS/eip-155#example
EXAMPLE = Unsigned(1, 9, TO, 10**18, 21000, Fees(20 * GWEI, legacy=True))
EXAMPLE_DIGEST = "daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53"
EXAMPLE_RAW = (
    "0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef61340bd939bc2195fe"
    "537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83"
)
MODERN = dataclasses.replace(EXAMPLE, fees=Fees(40 * GWEI, 2 * GWEI))
BOTH = pytest.mark.parametrize("unsigned", [EXAMPLE, MODERN], ids=["legacy", "eip1559"])

words = st.integers(0, 2**256 - 1)


@st.composite
def transfers(draw: st.DrawFn) -> Unsigned:
    top, below = sorted(draw(st.lists(words, min_size=2, max_size=2)), reverse=True)
    fees = Fees(top, legacy=True) if draw(st.booleans()) else Fees(top, below)
    return Unsigned(
        chain_id=draw(st.integers(1, 2**63 - 37)),
        nonce=draw(st.integers(0, 2**64 - 2)),
        to=checksum_address("0x" + draw(st.binary(min_size=20, max_size=20)).hex()),
        value=draw(words),
        gas=draw(st.integers(1, 2**64 - 1)),
        fees=fees,
    )


private_keys = st.integers(1, ORDER - 1).map(lambda number: number.to_bytes(32, "big"))


def sign(unsigned: Unsigned, key: bytes = KEY) -> Signature:
    parity, r, s = keys.PrivateKey(key).sign_msg_hash(unsigned.digest()).vrs
    return Signature(r, s, parity)


def as_others_say_it(unsigned: Unsigned) -> dict[str, Any]:
    fees = unsigned.fees
    prices = (
        {"gasPrice": fees.max_fee_per_gas}
        if fees.legacy
        else {"maxFeePerGas": fees.max_fee_per_gas, "maxPriorityFeePerGas": fees.max_priority_fee_per_gas, "type": 2}
    )
    named = {"chainId": unsigned.chain_id, "nonce": unsigned.nonce, "to": unsigned.to, "value": unsigned.value}
    return {**named, "gas": unsigned.gas, **prices}


def number(data: bytes) -> int:
    return int.from_bytes(data, "big")


def fields_of(unsigned: Unsigned) -> list[Any]:
    """The fields of the transaction, signed; see :func:`raw_of`."""
    raw = bytes.fromhex(unsigned.signed(sign(unsigned)).raw[2:])
    return list(rlp.decode(raw if unsigned.fees.legacy else raw[1:]))


def raw_of(fields: Any, unsigned: Unsigned) -> str:
    return "0x" + ("" if unsigned.fees.legacy else "02") + rlp.encode(fields).hex()


def test_the_example_of_eip_155() -> None:
    assert EXAMPLE.digest().hex() == EXAMPLE_DIGEST
    assert EXAMPLE.signed(sign(EXAMPLE)).raw == EXAMPLE_RAW
    assert decode(EXAMPLE_RAW) == (EXAMPLE, SENDER)


@settings(max_examples=100, deadline=None)
@given(transfers(), private_keys)
def test_it_is_byte_for_byte_what_eth_account_makes(unsigned: Unsigned, key: bytes) -> None:
    theirs = Account.sign_transaction(as_others_say_it(unsigned), key)
    ours = unsigned.signed(sign(unsigned, key))
    assert ours.raw == "0x" + theirs.raw_transaction.hex()
    assert ours.hash == "0x" + theirs.hash.hex()
    assert transaction_hash(ours.raw) == ours.hash


@settings(max_examples=100, deadline=None)
@given(transfers(), private_keys)
def test_eth_account_knows_the_sender(unsigned: Unsigned, key: bytes) -> None:
    raw = unsigned.signed(sign(unsigned, key)).raw
    assert Account.recover_transaction(raw) == Account.from_key(key).address


@settings(max_examples=100, deadline=None)
@given(transfers(), private_keys)
def test_what_is_decoded_is_what_was_signed(unsigned: Unsigned, key: bytes) -> None:
    raw = unsigned.signed(sign(unsigned, key)).raw
    assert decode(raw) == (unsigned, Account.from_key(key).address)
    assert decode("0x" + raw[2:].upper()) == (unsigned, Account.from_key(key).address)


@settings(max_examples=100, deadline=None)
@given(transfers(), st.data())
def test_a_changed_byte_is_never_the_same_transfer_of_the_same_sender(unsigned: Unsigned, data: st.DataObject) -> None:
    raw = bytearray.fromhex(unsigned.signed(sign(unsigned)).raw[2:])
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    try:
        decoded = decode("0x" + raw.hex())
    except ValueError:
        return
    assert decoded[1] != Account.from_key(KEY).address


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_or_refused_with_a_text(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"\AThe (signed )?transaction"):
        decode("0x" + data.hex())


RANGES = {
    "chain 0": ({"chain_id": 0}, "chain id is 0. Expected: a number from 1 to 9223372036854775771"),
    "chain": ({"chain_id": 2**63 - 36}, "chain id is 9223372036854775772"),
    "bool": ({"chain_id": True}, "chain id is True"),
    "text": ({"chain_id": "1"}, "chain id is '1'"),
    "negative nonce": ({"nonce": -1}, "nonce is -1. Expected: a number from 0 to 18446744073709551614"),
    "nonce": ({"nonce": 2**64 - 1}, "nonce is 18446744073709551615"),
    "no gas": ({"gas": 0}, "gas is 0. Expected: a number from 1 to 18446744073709551615"),
    "gas": ({"gas": 2**64}, "gas is 18446744073709551616"),
    "float": ({"gas": 21000.0}, r"gas is 21000\.0"),
    "negative value": ({"value": -1}, "value is -1. Expected: a number from 0 to 1157.*9639935"),
    "value": ({"value": 2**256}, "value is 1157.*9639936"),
    "fee": ({"fees": Fees(-1)}, "fee for each gas is -1"),
    "high fee": ({"fees": Fees(2**256, legacy=True)}, "fee for each gas is 1157.*9639936"),
    "priority": ({"fees": Fees(1, -1)}, "priority fee for each gas is -1"),
    "priority above": (
        {"fees": Fees(1, 2)},
        "priority fee for each gas is 2. Expected: at most the fee for each gas, 1",
    ),
    "legacy priority": ({"fees": Fees(3, 2, legacy=True)}, "priority fee .* is 2. Expected: 0, since a legacy"),
    "lower case": ({"to": SENDER.lower()}, f"pays {SENDER.lower()}. Expected: the address with its checksum, {SENDER}"),
    "checksum": ({"to": SENDER.replace("A", "a", 1)}, "wrong EIP-55 checksum"),
    "short": ({"to": TO[:-2]}, "is not an Ethereum address"),
}


@pytest.mark.parametrize(("changes", "text"), RANGES.values(), ids=RANGES)
def test_what_no_chain_takes_is_refused(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        dataclasses.replace(EXAMPLE, **changes)


@BOTH
def test_an_unusable_signature_is_not_put_in(unsigned: Unsigned) -> None:
    good = sign(unsigned)
    with pytest.raises(ValueError, match=r"upper half .* Expected: the lower half \(EIP-2\)"):
        unsigned.signed(good._replace(s=ORDER - good.s))
    with pytest.raises(ValueError, match=r"parity is 37. Expected: 0 or 1"):
        unsigned.signed(good._replace(parity=37))


@BOTH
def test_a_high_s_is_refused(unsigned: Unsigned) -> None:
    fields = fields_of(unsigned)
    # With the other parity it is as right, for everybody but a chain: the sender would be the same, the hash another.
    fields[-1] = (ORDER - number(fields[-1])).to_bytes(32, "big")
    other = {0x25: 0x26, 0x26: 0x25, 0: 1, 1: 0}[number(fields[-3])]
    fields[-3] = bytes([other]) if other else b""
    raw = raw_of(fields, unsigned)
    assert Account.recover_transaction(raw) == SENDER
    with pytest.raises(ValueError, match=r"upper half .* Expected: the lower half \(EIP-2\)"):
        decode(raw)


@BOTH
@pytest.mark.parametrize("place", [-2, -1])
@pytest.mark.parametrize("value", [b"", ORDER.to_bytes(32, "big"), b"\x01" * 33])
def test_a_signature_beyond_the_curve_is_refused(unsigned: Unsigned, place: int, value: bytes) -> None:
    fields = fields_of(unsigned)
    fields[place] = value
    with pytest.raises(ValueError, match=r"The signature's [rs] is not a number"):
        decode(raw_of(fields, unsigned))


@BOTH
def test_nobodys_signature_is_refused(unsigned: Unsigned) -> None:
    fields = fields_of(unsigned)
    fields[-2] = b"\x05"
    with pytest.raises(ValueError, match=r"^The signature is nobody's: no point of secp256k1 has its r$"):
        decode(raw_of(fields, unsigned))


@pytest.mark.parametrize("v", [0, 1, 27, 28, 34, 35, 36])
def test_a_legacy_transaction_for_all_chains_is_refused(v: int) -> None:
    fields = fields_of(EXAMPLE)
    fields[6] = bytes([v]) if v else b""
    with pytest.raises(ValueError, match=rf"v is {v}\. Expected: twice the chain's id, and 35 or 36 \(EIP-155\)"):
        decode(raw_of(fields, EXAMPLE))


@pytest.mark.parametrize("parity", [2, 27, 28, 37])
def test_a_parity_that_is_none_is_refused(parity: int) -> None:
    fields = fields_of(MODERN)
    fields[9] = bytes([parity])
    with pytest.raises(ValueError, match=f"parity is {parity}. Expected: 0 or 1"):
        decode(raw_of(fields, MODERN))


@BOTH
def test_data_is_refused(unsigned: Unsigned) -> None:
    fields = fields_of(unsigned)
    fields[5 if unsigned.fees.legacy else 7] = b"\xa9\x05\x9c\xbb"
    with pytest.raises(
        ValueError, match=r"^The signed transaction carries 4 bytes of data. Expected: none, as in a transfer$"
    ):
        decode(raw_of(fields, unsigned))


@BOTH
def test_a_new_contract_is_refused(unsigned: Unsigned) -> None:
    fields = fields_of(unsigned)
    fields[3 if unsigned.fees.legacy else 5] = b""
    with pytest.raises(
        ValueError, match=r"^The signed transaction creates a contract. Expected: one that pays an address$"
    ):
        decode(raw_of(fields, unsigned))


@pytest.mark.parametrize("entry", [[[b"\x01" * 20, []]], b"", b"\x01"], ids=["list", "bytes", "byte"])
def test_an_access_list_is_refused(entry: Any) -> None:
    fields = fields_of(MODERN)
    fields[8] = entry
    with pytest.raises(ValueError, match=r"has an access list. Expected: an empty one"):
        decode(raw_of(fields, MODERN))


@BOTH
def test_another_number_of_fields_is_refused(unsigned: Unsigned) -> None:
    fields = fields_of(unsigned)
    count = len(fields)
    for wrong in (fields[:-3], [*fields, b""], []):
        with pytest.raises(
            ValueError, match=f"^The signed transaction has {len(wrong)} fields. Expected: {count} fields$"
        ):
            decode(raw_of(wrong, unsigned))


@BOTH
def test_a_list_for_a_number_is_refused(unsigned: Unsigned) -> None:
    fields = fields_of(unsigned)
    fields[0] = []
    with pytest.raises(ValueError, match="a list in the place of a number"):
        decode(raw_of(fields, unsigned))


@BOTH
def test_zeros_before_a_number_are_refused(unsigned: Unsigned) -> None:
    fields = fields_of(unsigned)
    fields[-2] = b"\x00" + fields[-2]
    with pytest.raises(ValueError, match="not in its one canonical encoding"):
        decode(raw_of(fields, unsigned))


TYPES = {
    "an access list's": "01",
    "a blob's": "03",
    "a delegation's": "04",
    "unknown": "7f",
    "text": "80",
}


@pytest.mark.parametrize("first", TYPES.values(), ids=TYPES)
def test_other_types_are_refused(first: str) -> None:
    text = rf"^The signed transaction is of type {int(first, 16)}. Expected: a legacy one, or type 2 \(EIP-1559\)$"
    with pytest.raises(ValueError, match=text):
        decode("0x" + first + rlp.encode(fields_of(MODERN)).hex())


NOT_RAW = ["", "0x", "0x0", EXAMPLE_RAW[2:], EXAMPLE_RAW + "\n", "0xzz", None, b"\xf8", 1]


@pytest.mark.parametrize("raw", NOT_RAW, ids=repr)
def test_what_is_not_hexadecimal_text_is_refused(raw: Any) -> None:
    with pytest.raises(ValueError, match=r"^The signed transaction is not text of 0x and hexadecimal digits"):
        decode(raw)
    with pytest.raises(ValueError, match=r"^The signed transaction is not text of 0x and hexadecimal digits"):
        transaction_hash(raw)


@pytest.mark.parametrize("raw", [EXAMPLE_RAW[:-2], EXAMPLE_RAW + "00", "0x02", "0xf8", "0x0205"])
def test_what_is_not_one_list_is_refused(raw: str) -> None:
    with pytest.raises(ValueError, match=r"^The signed transaction (is not one list in RLP|has no list)"):
        decode(raw)


def test_a_deep_nest_of_lists_is_refused() -> None:
    nest = b"\xc0"
    for _depth in range(5000):
        nest = rlp.codec.length_prefix(len(nest), 0xC0) + nest
    with pytest.raises(ValueError, match=r"^The signed transaction"):
        decode("0x" + nest.hex())
