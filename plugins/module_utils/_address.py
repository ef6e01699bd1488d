# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ethereum addresses from secp256k1 public keys. Private to the collection.

Pure: no ansible, no AWS. Every error is a :class:`ValueError` whose text can be shown to the user.
"""

from __future__ import annotations

import base64
import binascii
import re
import typing as t

try:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from eth_keys import keys as eth_keys
    from eth_utils import to_checksum_address
except ImportError as exc:
    IMPORT_ERROR: ImportError | None = exc
else:
    IMPORT_ERROR = None

CURVE = "secp256k1"
"""Name of the curve in X.509 tools. AWS KMS calls the same curve ``ECC_SECG_P256K1``."""

ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
"""Order of secp256k1 (SEC 2, section 2.4.1). A private key is a number from 1 to the order less 1."""

HIDDEN = "(64 hexadecimal digits, not shown since they may be a private key)"
_ADDRESS = re.compile(r"0[xX][0-9a-fA-F]{40}\Z")
# As long as a private key, and not an address that is padded to 32 bytes.
_PRIVATE_KEY = re.compile(r"\s*(?:0[xX])?(?!0{24})[0-9a-fA-F]{64}\s*\Z")
_ADDRESS_BITS = 160
_PEM_LINE = re.compile(r"-----(?:BEGIN|END) PUBLIC KEY-----")
_HEX = re.compile(r"(?:0[xX])?(?:[0-9a-fA-F]{2})+\Z")


def decode_public_key(text: str) -> bytes:
    """Return the DER bytes of a public key given as PEM, hex (with or without 0x) or base64 text."""
    compact = "".join(_PEM_LINE.sub("", text).split())
    if _HEX.match(compact):
        return bytes.fromhex(compact[2:] if compact[:2] in ("0x", "0X") else compact)
    try:
        return base64.b64decode(compact, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("The public key is neither PEM, nor hex, nor base64 text") from None


def load_public_key(public_key: bytes | str) -> ec.EllipticCurvePublicKey:
    """Parse a SubjectPublicKeyInfo (RFC 5280, DER or a text form of it) and check curve and point.

    The point is checked because a library that derives an address takes any 64 bytes for a key.
    """
    der = decode_public_key(public_key) if isinstance(public_key, str) else bytes(public_key)
    try:
        key = serialization.load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm) as exc:
        raise ValueError(
            f"The public key ({len(der)} bytes) is not a DER SubjectPublicKeyInfo with a point on its curve: {exc}"
        ) from None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ValueError(f"The public key is of type {type(key).__name__}, expected an elliptic curve key on {CURVE}")
    if key.curve.name != CURVE:
        raise ValueError(f"The public key is on the curve {key.curve.name}, expected {CURVE}")
    return key


def public_key_address(public_key: bytes | str) -> str:
    """Return the EIP-55 checksummed Ethereum address of a secp256k1 public key.

    :param public_key: SubjectPublicKeyInfo as DER bytes, or as PEM, hex or base64 text.
    """
    point = load_public_key(public_key).public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return eth_keys.PublicKey(point[1:]).to_checksum_address()


def without_private_key(value: t.Any) -> t.Any:
    """Return what stands in the place of an address as it may be shown: whatever somebody pasted there by mistake."""
    long = isinstance(value, int) and value.bit_length() > _ADDRESS_BITS
    return HIDDEN if long or (isinstance(value, str) and _PRIVATE_KEY.match(value)) else value


def checksum_address(address: t.Any) -> str:
    """Return an Ethereum address in its EIP-55 form.

    An address that is all lower or all upper case carries no checksum and is accepted.
    One in mixed case must carry the right one, since a wrong one means a typing error.
    """
    if not isinstance(address, str) or not _ADDRESS.match(address):
        hint = ", in quotes: without them YAML reads a number" if isinstance(address, int) else ""
        shown = HIDDEN if without_private_key(address) is HIDDEN else repr(address)
        raise ValueError(f"{shown} is not an Ethereum address: expected 0x and 40 hexadecimal digits{hint}")
    digits = address[2:]
    checksummed = str(to_checksum_address("0x" + digits.lower()))
    if digits not in (digits.lower(), digits.upper()) and digits != checksummed[2:]:
        raise ValueError(f"{address} has a wrong EIP-55 checksum: expected {checksummed}")
    return checksummed


def encode_public_key(key: ec.EllipticCurvePublicKey) -> str:
    """Return the base64 text of a public key's DER SubjectPublicKeyInfo, the form in which key rows carry it."""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode("ascii")
