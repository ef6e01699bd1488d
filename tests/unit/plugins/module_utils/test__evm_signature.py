# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signatures: the vectors of the original keymaster's tests, and what a chain would refuse."""

from __future__ import annotations

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._address import ORDER
from ansible_collections.interchain.agent_ops.plugins.module_utils._evm_signature import (
    HALF,
    from_der,
    of_address,
    recover_address,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import Signature
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from eth_keys import keys
from hypothesis import given, settings
from hypothesis import strategies as st

# Of the key that research on the original keymaster knows the public key of.
ADDRESS = "0xE94E130546485b928C9C9b9A5e69EB787172952e"
DIGEST = bytes.fromhex("a1de988600a42c4b4ab089b619297c17d53cffae5d5120d82d8a92d0bb3b78f2")
SIGNATURES = [
    Signature(
        0xFA754063B93A288B9A96883FC365EFB9AEE7ECAF632009BAA04FE429E706D50E,
        0x6A8971B06CD37B3DA4AD04BB1298FDA152A41E5C1104FD5D974D5C0A060A5E62,
        1,  # v 28
    ),
    Signature(
        0x904D320777CEAE0232282CBF6DA3809A678541CDEF7F4F3328242641CEECB0DC,
        0x5B7F7AFE18221049A1E176A89A60B6C10DF8C0E838EDB9B2F11AE1FB50A28271,
        0,  # v 27
    ),
]
HIGH_DER = (
    "304502203f25afdb7ed67094101cd71109261886db9abbf1ba20cc53aec20ba01c2e6baa"
    "022100ab0de6d40f8960c252fc6f21e35e8369126fb19033f10953c42a61766635df82"
)
R = 0x3F25AFDB7ED67094101CD71109261886DB9ABBF1BA20CC53AEC20BA01C2E6BAA
LOW_S = 0x54F2192BF0769F3DAD0390DE1CA17C95A83F2B567B5796E7FBA7FD166A0061BF
# An r that no point of the curve has: 5³ + 7 is no square.
NO_POINT = 5

numbers = st.integers(1, ORDER - 1)
digests = st.binary(min_size=32, max_size=32)


def private_key(number: int) -> keys.PrivateKey:
    return keys.PrivateKey(number.to_bytes(32, "big"))


@pytest.mark.parametrize("signature", SIGNATURES, ids=["odd", "even"])
@pytest.mark.parametrize("high", [False, True], ids=["low", "high"])
def test_both_parities_and_both_s_give_the_one_signature_that_a_chain_takes(signature: Signature, high: bool) -> None:
    der = encode_dss_signature(signature.r, ORDER - signature.s if high else signature.s)
    assert from_der(der, DIGEST, ADDRESS) == signature
    assert recover_address(DIGEST, signature) == ADDRESS


def test_a_high_s_is_lowered() -> None:
    # Whose signature of what this was is not known: whoever it recovers to stands for the key.
    digest = bytes(32)
    address = recover_address(digest, Signature(R, LOW_S, 0))
    assert from_der(bytes.fromhex(HIGH_DER), digest, address) == (R, LOW_S, 0)


@settings(max_examples=60, deadline=None)
@given(numbers, digests, st.booleans())
def test_every_signature_of_a_key_is_brought_into_the_form_of_a_chain(number: int, digest: bytes, high: bool) -> None:
    key = private_key(number)
    parity, r, s = key.sign_msg_hash(digest).vrs
    address = key.public_key.to_checksum_address()
    got = from_der(encode_dss_signature(r, ORDER - s if high else s), digest, address)
    assert got == (r, s, parity)
    assert got.s <= HALF


@settings(max_examples=60, deadline=None)
@given(numbers, numbers, digests)
def test_the_signature_of_another_key_is_refused(number: int, other: int, digest: bytes) -> None:
    key = private_key(number)
    _parity, r, s = private_key(other).sign_msg_hash(digest).vrs
    address = key.public_key.to_checksum_address()
    if number == other:
        return
    with pytest.raises(
        ValueError, match=rf"\AThe signature is that of 0x.* or 0x.*\. Expected: {address}\. Nothing is sent"
    ):
        from_der(encode_dss_signature(r, s), digest, address)


@settings(max_examples=60, deadline=None)
@given(digests)
def test_the_signature_of_something_else_is_refused(digest: bytes) -> None:
    other = bytes(32) if digest != bytes(32) else b"\x01" * 32
    _parity, r, s = private_key(7).sign_msg_hash(other).vrs
    with pytest.raises(ValueError, match="Nothing is sent"):
        from_der(encode_dss_signature(r, s), digest, private_key(7).public_key.to_checksum_address())


def test_who_signed_is_told() -> None:
    _parity, r, s = private_key(1).sign_msg_hash(DIGEST).vrs
    with pytest.raises(ValueError, match="is that of") as caught:
        from_der(encode_dss_signature(r, s), DIGEST, ADDRESS)
    assert private_key(1).public_key.to_checksum_address() in str(caught.value)


def test_an_r_without_a_point_is_nobodys() -> None:
    with pytest.raises(ValueError, match=r"^The signature is that of nobody. Expected: 0xE94E.*. Nothing is sent$"):
        from_der(encode_dss_signature(NO_POINT, 1), DIGEST, ADDRESS)
    with pytest.raises(ValueError, match=r"^The signature is nobody's: no point of secp256k1 has its r$"):
        recover_address(DIGEST, Signature(NO_POINT, 1, 0))


@pytest.mark.parametrize(
    "der",
    [b"", b"\x30", bytes.fromhex(HIGH_DER)[:-1], bytes.fromhex(HIGH_DER) + b"\x00", bytes.fromhex("3006020180020101")],
    ids=["empty", "no length", "truncated", "more", "negative"],
)
def test_what_is_not_der_is_refused(der: bytes) -> None:
    text = rf"^The signature \({len(der)} bytes\) is not DER. Expected: r and s of ECDSA. Nothing is sent$"
    with pytest.raises(ValueError, match=text):
        from_der(der, DIGEST, ADDRESS)


@pytest.mark.parametrize(("r", "s"), [(0, 1), (1, 0), (ORDER, 1), (1, ORDER), (2**256, 1), (1, 2**300)])
def test_numbers_beyond_the_curve_are_refused(r: int, s: int) -> None:
    with pytest.raises(ValueError, match=r"^The signature's r or s is not a number .* Nothing is sent$"):
        from_der(encode_dss_signature(r, s), DIGEST, ADDRESS)


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_only_a_digest_is_signed(size: int) -> None:
    text = f"^What is to be signed has {size} bytes. Expected: a digest of 32 bytes$"
    with pytest.raises(ValueError, match=text):
        from_der(bytes.fromhex(HIGH_DER), bytes(size), ADDRESS)
    with pytest.raises(ValueError, match=text):
        recover_address(bytes(size), SIGNATURES[0])


BAD = {
    "upper half": (
        SIGNATURES[0]._replace(s=ORDER - SIGNATURES[0].s),
        r"upper half .* Expected: the lower half \(EIP-2\)",
    ),
    "just above half": (SIGNATURES[0]._replace(s=HALF + 1), "upper half"),
    "parity": (SIGNATURES[0]._replace(parity=27), "parity is 27. Expected: 0 or 1"),
    "r": (SIGNATURES[0]._replace(r=ORDER), "signature's r is not"),
    "s": (SIGNATURES[0]._replace(s=0), "signature's s is not"),
}


@pytest.mark.parametrize(("signature", "text"), BAD.values(), ids=BAD)
def test_what_a_chain_refuses_is_refused(signature: Signature, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        recover_address(DIGEST, signature)
    with pytest.raises(ValueError, match="Nothing is sent"):
        of_address([signature], DIGEST, ADDRESS)
