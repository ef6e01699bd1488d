# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses, against vectors that others published and against eth-keys' own derivation."""

from __future__ import annotations

import base64
import re

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils import _address
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from eth_keys import keys
from hypothesis import assume, given, settings
from hypothesis import strategies as st

# The unit test of nomad-xyz/keymaster, src/kms/util/aws-kms-utils.test.ts: a key as KMS returned it, and its address.
KEYMASTER_DER = bytes.fromhex(
    "3056301006072a8648ce3d020106052b8104000a03420004f2de8ae7a9f594fb0d399abfb58639f43fb80960a1ed7c6e257c11e764d4759e"
    "1773a2c7ec7b913bec5d0e3a12bd7acd199f62e86de3f83b35bf6749fc1144ba"
)
KEYMASTER_ADDRESS = "0xE94E130546485b928C9C9b9A5e69EB787172952e"

# The private key 0x0101...01, as any wallet derives its address.
ONES_ADDRESS = "0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1"

# The go-ethereum test suite, crypto/crypto_test.go: testPrivHex and testAddrHex.
GETH_PRIVATE_KEY = bytes.fromhex("289c2857d4598e37fb9647507e47a309d6133539bf21a8b9cb6df88fd5232032")
GETH_ADDRESS = "0x970E8128AB834E8EAC17Ab8E3812F010678CF791"

# EIP-55, section "Test Cases" (https://eips.ethereum.org/EIPS/eip-55), under the titles that they have there.
EIP_55 = {
    "all caps 1": "0x52908400098527886E0F7030069857D2E4169EE7",
    "all caps 2": "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "all lower 1": "0xde709f2102306220921060314715629080e2fb77",
    "all lower 2": "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "normal 1": "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "normal 2": "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "normal 3": "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "normal 4": "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
}

DER = serialization.Encoding.DER
PEM = serialization.Encoding.PEM
SPKI = serialization.PublicFormat.SubjectPublicKeyInfo
SPKI_SECP256K1 = KEYMASTER_DER[:-65]
POINT = KEYMASTER_DER[-65:]

addresses = st.binary(min_size=20, max_size=20).map(lambda data: "0x" + data.hex())


def der_of(private_key: bytes, curve: ec.EllipticCurve | None = None) -> bytes:
    key = ec.derive_private_key(int.from_bytes(private_key, "big"), curve or ec.SECP256K1())
    return key.public_key().public_bytes(DER, SPKI)


def pem_of(der: bytes) -> str:
    return serialization.load_der_public_key(der).public_bytes(PEM, SPKI).decode("ascii")


@pytest.mark.parametrize(
    ("der", "address"),
    [
        pytest.param(KEYMASTER_DER, KEYMASTER_ADDRESS, id="keymaster"),
        pytest.param(der_of(b"\x01" * 32), ONES_ADDRESS, id="ones"),
        pytest.param(der_of(GETH_PRIVATE_KEY), GETH_ADDRESS, id="go-ethereum"),
    ],
)
def test_a_published_key_has_its_published_address(der: bytes, address: str) -> None:
    assert _address.public_key_address(der) == address


TEXT = base64.b64encode(KEYMASTER_DER).decode("ascii")
HEX = KEYMASTER_DER.hex()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(HEX, id="hex"),
        pytest.param("0x" + HEX, id="0x"),
        pytest.param("0X" + HEX.upper(), id="upper-case hex"),
        pytest.param(f"\n  {HEX}\n", id="hex with spaces around"),
        pytest.param(HEX[:80] + "\n" + HEX[80:] + "\n", id="hex in lines"),
        pytest.param(TEXT, id="base64"),
        pytest.param(f"{TEXT[:64]}\n{TEXT[64:]}\n", id="base64 in lines"),
        pytest.param(pem_of(KEYMASTER_DER), id="PEM"),
        pytest.param(pem_of(KEYMASTER_DER).replace("\n", "\r\n"), id="PEM with CRLF"),
        pytest.param("\n" + pem_of(KEYMASTER_DER), id="PEM after an empty line"),
        pytest.param(pem_of(KEYMASTER_DER).replace("\n", " "), id="PEM folded into one line by YAML"),
    ],
)
def test_every_text_form_gives_the_same_address(text: str) -> None:
    assert _address.public_key_address(text) == KEYMASTER_ADDRESS


def test_a_compressed_point_is_the_same_key() -> None:
    key = serialization.load_der_public_key(KEYMASTER_DER)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    point = key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)
    compressed = bytes.fromhex("3036301006072a8648ce3d020106052b8104000a032200") + point
    assert _address.public_key_address(compressed) == KEYMASTER_ADDRESS


@pytest.mark.parametrize(
    ("der", "fragments"),
    [
        pytest.param(der_of(b"\x01" * 32, ec.SECP256R1()), ["curve secp256r1", "expected secp256k1"], id="P-256"),
        pytest.param(der_of(b"\x01" * 28, ec.SECP224R1()), ["curve secp224r1", "expected secp256k1"], id="P-224"),
        pytest.param(der_of(b"\x01" * 32, ec.BrainpoolP256R1()), ["curve brainpoolP256r1"], id="brainpool"),
    ],
)
def test_another_curve_is_refused(der: bytes, fragments: list[str]) -> None:
    with pytest.raises(ValueError, match="public key is on the curve") as caught:
        _address.public_key_address(der)
    for fragment in fragments:
        assert fragment in str(caught.value)


def test_another_curves_oid_on_as_many_bytes_is_refused() -> None:
    # The original decoder cut the last 64 bytes off whatever came, and called the result an address.
    other = SPKI_SECP256K1.replace(bytes.fromhex("2b8104000a"), bytes.fromhex("2b81040021")) + POINT
    assert len(other) == len(KEYMASTER_DER)
    with pytest.raises(ValueError, match="not a DER SubjectPublicKeyInfo with a point on its curve"):
        _address.public_key_address(other)


@pytest.mark.parametrize("position", [1, 32, 33, 64])
def test_a_point_off_the_curve_is_refused(position: int) -> None:
    point = bytearray(POINT)
    point[position] ^= 0x01
    # eth-keys alone would take it: the premise of the check.
    assert keys.PublicKey(bytes(point[1:])).to_checksum_address()
    with pytest.raises(ValueError, match=r"88 bytes.* with a point on its curve"):
        _address.public_key_address(SPKI_SECP256K1 + bytes(point))


def test_the_point_at_infinity_is_refused() -> None:
    with pytest.raises(ValueError, match="infinity"):
        _address.public_key_address(bytes.fromhex("3016301006072a8648ce3d020106052b8104000a03020000"))


@pytest.mark.parametrize("length", range(0, 88, 7))
def test_truncated_der_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=rf"^The public key \({length} bytes\) is not a DER SubjectPublicKeyInfo"):
        _address.public_key_address(KEYMASTER_DER[:length])


def test_anything_after_the_key_is_refused() -> None:
    with pytest.raises(ValueError, match="89 bytes"):
        _address.public_key_address(KEYMASTER_DER + b"\x00")


def test_another_kind_of_key_is_refused() -> None:
    edwards = ed25519.Ed25519PrivateKey.from_private_bytes(b"\x01" * 32).public_key().public_bytes(DER, SPKI)
    with pytest.raises(ValueError, match="of type Ed25519PublicKey, expected an elliptic curve key on secp256k1"):
        _address.public_key_address(edwards)
    modulus = rsa.RSAPublicNumbers(65537, (1 << 2047) + 9).public_key().public_bytes(DER, SPKI)
    with pytest.raises(ValueError, match="of type RSAPublicKey, expected an elliptic curve key on secp256k1"):
        _address.public_key_address(modulus)


@pytest.mark.parametrize("text", ["hello, world", "süß", "not=base64", TEXT + "!", pem_of(KEYMASTER_DER) * 2])
def test_text_that_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="neither PEM, nor hex, nor base64 text"):
        _address.public_key_address(text)


@pytest.mark.parametrize("text", ["", "  \n", "00", HEX[:-2], POINT.hex(), TEXT[:-4]])
def test_text_of_something_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a DER SubjectPublicKeyInfo"):
        _address.public_key_address(text)


def test_a_private_key_is_refused_and_not_shown() -> None:
    private = ec.derive_private_key(int.from_bytes(b"\x5a\xc3" * 16, "big"), ec.SECP256K1())
    forms = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    for text in (private.private_bytes(PEM, *forms).decode(), private.private_bytes(DER, *forms).hex(), "5ac3" * 16):
        with pytest.raises(ValueError, match="public key") as caught:
            _address.public_key_address(text)
        parts = {text[start : start + 8] for start in range(len(text) - 8)} - {"PRIVATE ", "-" * 8}
        assert [part for part in parts if part in str(caught.value)] == []


def test_the_row_form_of_a_key_is_its_base64_der() -> None:
    assert _address.encode_public_key(_address.load_public_key(HEX)) == TEXT
    assert base64.b64decode(_address.encode_public_key(_address.load_public_key(TEXT))) == KEYMASTER_DER


@settings(max_examples=40, deadline=None)
@given(st.integers(min_value=1, max_value=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364140))
def test_the_address_is_the_one_that_eth_keys_derives_from_the_private_key(number: int) -> None:
    secret = number.to_bytes(32, "big")
    der = der_of(secret)
    expected = keys.PrivateKey(secret).public_key.to_checksum_address()
    assert _address.public_key_address(der) == expected
    assert _address.public_key_address(der.hex()) == expected
    assert _address.public_key_address(pem_of(der)) == expected
    assert _address.checksum_address(expected) == expected


# Checksums -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", EIP_55.values(), ids=EIP_55)
def test_eip_55_vectors(address: str) -> None:
    assert _address.checksum_address(address) == address
    assert _address.checksum_address(address.lower()) == address
    assert _address.checksum_address("0x" + address[2:].upper()) == address
    assert _address.checksum_address("0X" + address[2:]) == address


def test_a_wrong_checksum_is_refused_with_the_right_one() -> None:
    with pytest.raises(ValueError, match="wrong EIP-55 checksum") as caught:
        _address.checksum_address("0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
    assert "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed" in str(caught.value)
    assert "expected 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed" in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "0x",
        "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAedd",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\n",
        " 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0x" + "\N{ARABIC-INDIC DIGIT THREE}" * 40,
        b"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        0x5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED,
        None,
    ],
)
def test_what_is_no_address_is_refused(value: object) -> None:
    message = f"{value!r} is not an Ethereum address: expected 0x and 40 hexadecimal digits"
    with pytest.raises(ValueError, match=re.escape(message)):
        _address.checksum_address(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["0x" + "4c" * 32, "4C" * 32, "0X" + "4c" * 32 + "\n", int("4c" * 32, 16)])
def test_a_private_key_in_the_place_of_an_address_is_not_shown(value: object) -> None:
    with pytest.raises(ValueError, match=r"is not an Ethereum address: expected 0x and 40") as caught:
        _address.checksum_address(value)
    assert str(caught.value).startswith(_address.HIDDEN)
    assert str(value).strip() not in str(caught.value)


@settings(max_examples=50, deadline=None)
@given(addresses)
def test_a_checksummed_address_stays_as_it_is(address: str) -> None:
    once = _address.checksum_address(address)
    assert once.lower() == address
    assert _address.checksum_address(once) == once
    assert _address.checksum_address("0x" + address[2:].upper()) == once


@settings(max_examples=30, deadline=None)
@given(addresses)
def test_every_single_flip_of_a_letters_case_is_refused(address: str) -> None:
    right = _address.checksum_address(address)
    for index in range(2, len(right)):
        flipped = right[:index] + right[index].swapcase() + right[index + 1 :]
        one_case = flipped[2:] in (flipped[2:].lower(), flipped[2:].upper())
        if flipped == right or one_case:
            continue
        with pytest.raises(ValueError, match="wrong EIP-55 checksum"):
            _address.checksum_address(flipped)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=120))
def test_whatever_bytes_come_the_error_is_a_value_error(data: bytes) -> None:
    assume(data != KEYMASTER_DER)
    with pytest.raises(ValueError, match=r"^The public key"):
        _address.public_key_address(data)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=120))
def test_whatever_text_comes_the_error_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"^The public key"):
        _address.public_key_address(text)
    with pytest.raises(ValueError, match="is not an Ethereum address"):
        _address.checksum_address(text)
