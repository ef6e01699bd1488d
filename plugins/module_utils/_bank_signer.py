# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signs with the bank's key: in AWS KMS, or from Secrets Manager. Private to the collection.

An edge: the client is a parameter, and neither ansible nor amazon.aws is imported. Every error is a
:class:`ValueError` whose text can be shown to the user.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._address import (
    HIDDEN,
    checksum_address,
    without_private_key,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller, CallFailed
from ansible_collections.interchain.agent_ops.plugins.module_utils._evm_signature import (
    check_digest,
    from_der,
    of_address,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import Signature
from ansible_collections.interchain.agent_ops.plugins.module_utils._secret_contents import PrivateKey

try:
    from eth_keys import keys as eth_keys
except ImportError:
    pass  # _address remembers it, and the module's shell reports it

_KEY = re.compile(
    r"(?:arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/)?(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\Z"
)
_DIGITS = re.compile(r"[0-9a-fA-F]{64}\Z")


class KmsSigner:
    """Signs with a key in AWS KMS, and trusts no signature that does not recover to the address."""

    def __init__(self, client: t.Any, call: Caller, key_id: str, address: str) -> None:
        """Sign with one key.

        :param client: of the key's Region. :param address: of the key (EIP-55).
        :param key_id: id or ARN of the key. No alias: that may be moved to another key at any time.
        """
        if not _KEY.match(key_id):
            shown = HIDDEN if without_private_key(key_id) is HIDDEN else repr(key_id)
            raise ValueError(f"{shown} does not name the bank's key. Expected: id or ARN of a key in AWS KMS, no alias")
        self._client = client
        self._call = call
        self._key_id = key_id
        self._address = checksum_address(address)

    @property
    def address(self) -> str:
        return self._address

    def sign(self, digest: bytes) -> Signature:
        """Sign 32 bytes, by one request. :raises ValueError: if the result is not the address's signature."""
        check_digest(digest)
        try:
            answer = self._call(
                self._client,
                "sign",
                KeyId=self._key_id,
                Message=digest,
                MessageType="DIGEST",
                SigningAlgorithm="ECDSA_SHA_256",
            )
        except CallFailed as exc:
            raise ValueError(f"The bank's key {self._key_id} does not sign. {exc}. Nothing is sent") from exc
        key, der = answer.get("KeyId"), answer.get("Signature")
        if self._key_id not in (key, str(key).rpartition("/")[2]):
            raise ValueError(f"AWS KMS signed with {key}. Expected: {self._key_id}. Nothing is sent")
        if not isinstance(der, bytes):
            raise ValueError(f"AWS KMS answered without a signature. Expected: one by {self._key_id}. Nothing is sent")
        try:
            return from_der(der, digest, self._address)
        except ValueError as exc:
            raise ValueError(f"The bank's key {self._key_id} signed wrongly. {exc}") from None

    def __repr__(self) -> str:
        return f"<signer of {self._address} in AWS KMS>"


class HexSigner:
    """Signs with a private key that nothing shows."""

    __slots__ = ("_address", "_key")

    def __init__(self, digits: str, address: str) -> None:
        """Sign with one key.

        :param digits: the private key, 64 hexadecimal digits. :param address: of the key (EIP-55).
        """
        self._address = checksum_address(address)
        self._key = _private_key(digits)
        if self._key.address != self._address:
            raise ValueError(f"The bank's private key is that of {self._key.address}. Expected: {self._address}")

    @property
    def address(self) -> str:
        return self._address

    def sign(self, digest: bytes) -> Signature:
        """Sign 32 bytes, always in the same way (RFC 6979)."""
        check_digest(digest)
        # Made anew each time: this library's key shows its digits to whoever prints it.
        parity, r, s = eth_keys.PrivateKey(bytes.fromhex(self._key.reveal()[2:])).sign_msg_hash(digest).vrs
        return of_address([Signature(r, s, parity)], digest, self._address)

    def __repr__(self) -> str:
        return f"<signer of {self._address} with a private key>"

    def __reduce__(self) -> t.NoReturn:
        raise TypeError("a private key is not to be pickled or copied")


def _private_key(digits: str) -> PrivateKey:
    if not isinstance(digits, str) or not _DIGITS.match(digits):
        raise ValueError("The bank's private key is not 64 hexadecimal digits")
    try:
        return PrivateKey(int(digits, 16))
    except ValueError:
        raise ValueError("The bank's private key is not a number from 1 to the order of secp256k1 less 1") from None
