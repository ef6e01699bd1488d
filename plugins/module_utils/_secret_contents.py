# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a secret with a hex key holds: made, and checked. Private to the collection.

Pure: no ansible, no AWS. Every error is a :class:`ValueError` that says what is wrong and shows nothing of the
contents, neither in its text nor in the exceptions that it is chained to.
"""

from __future__ import annotations

import json
import re
import secrets
import typing as t
from dataclasses import dataclass, field

from ansible_collections.interchain.agent_ops.plugins.module_utils._address import (
    ORDER,
    checksum_address,
    encode_public_key,
    public_key_address,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import KeySpec

try:
    from cryptography.hazmat.primitives.asymmetric import ec
except ImportError:
    pass  # _address remembers it, and the module's shell reports it

_CLAIMS = ("environment", "network", "agent", "purpose")
FIELDS = ("private_key", "address", *_CLAIMS)

_HEX_KEY = re.compile(r"0x[0-9a-fA-F]{64}\Z")


class PrivateKey:
    """A private key that only :meth:`reveal` shows."""

    __slots__ = ("_key",)

    def __init__(self, value: int) -> None:
        if not 0 < value < ORDER:
            raise ValueError("its private key is not a number from 1 to the order of secp256k1 less 1")
        self._key = ec.derive_private_key(value, ec.SECP256K1())

    @classmethod
    def generate(cls) -> PrivateKey:
        return cls(1 + secrets.randbelow(ORDER - 1))

    @property
    def public_key(self) -> str:
        """DER SubjectPublicKeyInfo in base64, as key rows carry it."""
        return encode_public_key(self._key.public_key())

    @property
    def address(self) -> str:
        return public_key_address(self.public_key)

    def reveal(self) -> str:
        """Return the key as 0x and 64 hexadecimal digits. For the contents of its secret, and to sign with."""
        return f"0x{self._key.private_numbers().private_value:064x}"

    def __repr__(self) -> str:
        return f"<private key of {self.address}>"

    def __reduce__(self) -> t.NoReturn:
        raise TypeError("a private key is not to be pickled or copied")


@dataclass(frozen=True)
class Contents:
    """What may be known of a secret's contents. ``claims`` say what the key was made for, and are shown to nobody."""

    address: str
    public_key: str
    claims: t.Mapping[str, t.Any] = field(repr=False)


def make_contents(key: PrivateKey, spec: KeySpec) -> str:
    """Return the contents of the secret for a key."""
    claims = {name: getattr(spec, name) for name in _CLAIMS}
    return json.dumps({"private_key": key.reveal(), "address": key.address, **claims})


def parse_contents(text: str | None, what: str) -> Contents:
    """Return what may be known of the key that a secret holds, after checking the key and its address.

    :param text: contents of the secret; None where they are not text.
    :param what: names the secret, at the beginning of the error.
    """
    fields = _json_object(text)
    if fields is None:
        raise ValueError(f"{what} does not hold a JSON object. {_ADVICE}")
    missing = [name for name in FIELDS if name not in fields]
    if missing:
        raise ValueError(f"{what} lacks the field {missing[0]}. Expected: {', '.join(FIELDS)}. {_ADVICE}")
    key, problem = _private_key(fields["private_key"])
    if key is None:
        raise ValueError(f"{what} holds no usable key: {problem}. {_ADVICE}")
    address = _address(fields["address"])
    if address is None:
        raise ValueError(f"{what} holds an address that is not an Ethereum address. {_ADVICE}")
    if address != key.address:
        raise ValueError(f"{what} holds an address that does not belong to its private key. {_ADVICE}")
    return Contents(key.address, key.public_key, {name: fields[name] for name in _CLAIMS})


def check_claims(contents: Contents, spec: KeySpec, what: str) -> None:
    """Check that a key was made for what it is wanted for."""
    for name in _CLAIMS:
        if contents.claims[name] != getattr(spec, name):
            raise ValueError(
                f"{what} holds a key that was made for another {name}. Expected: {getattr(spec, name)!r}. {_ADVICE}"
            )


def private_key_digits(text: str | None, what: str) -> str:
    """Return the key itself, as 64 hexadecimal digits. For the file that an agent reads, and for nothing else."""
    parse_contents(text, what)
    return str((_json_object(text) or {})["private_key"]).removeprefix("0x").lower()


_ADVICE = (
    "Nothing of it is shown here, and nothing of it was changed."
    " Correct it, or delete the secret and run again for a new key"
)

# Errors are raised outside of the except clauses below: json's holds the whole document, and a chain of exceptions ends
# up in a traceback.


def _json_object(text: str | None) -> dict[str, t.Any] | None:
    try:
        contents = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    return contents if isinstance(contents, dict) else None


def _private_key(value: t.Any) -> tuple[PrivateKey | None, str]:
    if not isinstance(value, str) or not _HEX_KEY.match(value):
        return None, "its private key is not 0x and 64 hexadecimal digits"
    try:
        return PrivateKey(int(value, 16)), ""
    except ValueError as exc:
        return None, str(exc)


def _address(value: t.Any) -> str | None:
    try:
        return checksum_address(value)
    except ValueError:
        return None
