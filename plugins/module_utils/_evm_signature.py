# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signatures that an EVM chain accepts, from those that a key's keeper gives. Private to the collection.

Pure: no ansible, no AWS. Every error is a :class:`ValueError` whose text can be shown to the user.
"""

from __future__ import annotations

from ansible_collections.interchain.agent_ops.plugins.module_utils._address import ORDER
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import Signature

try:
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
    from eth_keys import keys as eth_keys
    from eth_keys.exceptions import BadSignature
except ImportError:
    pass  # _address remembers it, and the module's shell reports it

HALF = ORDER // 2
"""The highest s that a chain accepts: of the two that are right for a signature, the lower one (EIP-2)."""

DIGEST_BYTES = 32


def from_der(der: bytes, digest: bytes, address: str) -> Signature:
    """Return the signature of an address in the form of a transaction.

    :param der: an ECDSA signature as AWS KMS gives it (RFC 3279, section 2.2.3): r and s, either of the two s.
    :param digest: the 32 bytes that were signed. :param address: whose signature it must be (EIP-55).
    :raises ValueError: if it is not that one's, or none at all.
    """
    check_digest(digest)
    try:
        r, s = decode_dss_signature(der)
    except ValueError:
        raise ValueError(
            f"The signature ({len(der)} bytes) is not DER. Expected: r and s of ECDSA. Nothing is sent"
        ) from None
    if not (0 < r < ORDER and 0 < s < ORDER):
        raise ValueError(
            "The signature's r or s is not a number from 1 to the order of secp256k1 less 1. "
            "Expected: a signature on that curve. Nothing is sent"
        )
    low = min(s, ORDER - s)
    return of_address([Signature(r, low, parity) for parity in (0, 1)], digest, address)


def of_address(candidates: list[Signature], digest: bytes, address: str) -> Signature:
    """Return the signature that recovers to an address. :raises ValueError: if none does."""
    found = []
    for candidate in candidates:
        try:
            found.append(recover_address(digest, candidate))
        except ValueError:
            continue  # no point of the curve has this r and parity
        if found[-1] == address:
            return candidate
    signers = " or ".join(found) or "nobody"
    raise ValueError(f"The signature is that of {signers}. Expected: {address}. Nothing is sent")


def recover_address(digest: bytes, signature: Signature) -> str:
    """Return who signed (EIP-55). :raises ValueError: if a chain would refuse the signature."""
    check_digest(digest)
    check_signature(signature)
    try:
        key = eth_keys.Signature(vrs=(signature.parity, signature.r, signature.s)).recover_public_key_from_msg_hash(
            digest
        )
    except BadSignature:
        raise ValueError("The signature is nobody's: no point of secp256k1 has its r") from None
    return str(key.to_checksum_address())


def check_signature(signature: Signature) -> None:
    """Check that a chain would take the numbers of a signature for one."""
    if signature.parity not in (0, 1):
        raise ValueError(f"The signature's parity is {signature.parity}. Expected: 0 or 1")
    if not 0 < signature.r < ORDER:
        raise ValueError("The signature's r is not a number from 1 to the order of secp256k1 less 1")
    if not 0 < signature.s < ORDER:
        raise ValueError("The signature's s is not a number from 1 to the order of secp256k1 less 1")
    if signature.s > HALF:
        raise ValueError(
            "The signature's s is in the upper half of the order of secp256k1. Expected: the lower half (EIP-2)"
        )


def check_digest(digest: bytes) -> None:
    if len(digest) != DIGEST_BYTES:
        raise ValueError(f"What is to be signed has {len(digest)} bytes. Expected: a digest of {DIGEST_BYTES} bytes")
