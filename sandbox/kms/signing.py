# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign, Verify and GetPublicKey."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from sandbox.errors import ServiceError
from sandbox.kms import errors
from sandbox.kms.keys import SandboxKey, digest_of, hash_of
from sandbox.kms.operation import KmsCall, operation

_MESSAGE_TYPES = ("RAW", "DIGEST", "EXTERNAL_MU")
_LONGEST_MESSAGE = 4096
_LONGEST_SIGNATURE = 6144


def _blob(call: KmsCall, name: str, longest: int) -> bytes:
    lowered = name[0].lower() + name[1:]
    try:
        value = base64.b64decode(call.params.get(name) or "", validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise ServiceError("SerializationException", f"{name} is not base64") from None
    if not value:
        raise errors.constraint("", lowered, "have length greater than or equal to 1")
    if len(value) > longest:
        raise errors.constraint("...", lowered, f"have length less than or equal to {longest}")
    return value


def _digest(call: KmsCall, message: bytes, algorithm: str) -> bytes:
    """The digest to sign: of a RAW message, or the message itself, which must then be as long as a digest is."""
    message_type = call.params.get("MessageType") or "RAW"
    if message_type not in _MESSAGE_TYPES:
        raise errors.constraint(
            message_type, "messageType", f"satisfy enum value set: [{', '.join(sorted(_MESSAGE_TYPES))}]"
        )
    if message_type == "EXTERNAL_MU":
        raise errors.validation("MessageType EXTERNAL_MU is for ML-DSA keys alone")
    if message_type == "RAW":
        return digest_of(message, algorithm)
    if len(message) != hash_of(algorithm).digest_size:
        raise errors.validation(f"Digest is invalid length for algorithm {algorithm}.")
    return message


def _signing_key(call: KmsCall) -> tuple[SandboxKey, str]:
    algorithm = call.text("SigningAlgorithm")
    key = call.key(aliases=True)
    if key.key_usage != "SIGN_VERIFY":
        raise errors.invalid_usage(f"{key.arn} key usage is {key.key_usage} which is not valid for {call.operation}.")
    if algorithm not in key.signing_algorithms:
        raise errors.invalid_usage(f"Algorithm {algorithm} is incompatible with key spec {key.key_spec}.")
    return key, algorithm


@operation("Sign", locked=False)
def sign(call: KmsCall) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html"""
    message = _blob(call, "Message", _LONGEST_MESSAGE)
    key, algorithm = _signing_key(call)
    digest = _digest(call, message, algorithm)
    if call.dry_run:
        raise errors.dry_run()
    signature = key.sign_digest(digest, algorithm)
    return {"KeyId": key.arn, "Signature": base64.b64encode(signature).decode(), "SigningAlgorithm": algorithm}


@operation("Verify", locked=False)
def verify(call: KmsCall) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_Verify.html: a wrong signature is an error."""
    message = _blob(call, "Message", _LONGEST_MESSAGE)
    signature = _blob(call, "Signature", _LONGEST_SIGNATURE)
    key, algorithm = _signing_key(call)
    digest = _digest(call, message, algorithm)
    if not key.verifies(digest, signature, algorithm):
        raise ServiceError("KMSInvalidSignatureException", "")
    if call.dry_run:
        raise errors.dry_run()
    return {"KeyId": key.arn, "SignatureValid": True, "SigningAlgorithm": algorithm}


@operation("GetPublicKey", locked=False)
def get_public_key(call: KmsCall) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_GetPublicKey.html"""
    key = call.key(aliases=True)
    if key.spec.kind != "asymmetric":
        raise errors.unsupported(f"{key.arn} key spec is {key.key_spec} which is not valid for GetPublicKey.")
    answer: dict[str, Any] = {
        "KeyId": key.arn,
        "PublicKey": base64.b64encode(key.public_key).decode(),
        "CustomerMasterKeySpec": key.key_spec,
        "KeySpec": key.key_spec,
        "KeyUsage": key.key_usage,
    }
    if key.key_usage == "SIGN_VERIFY":
        answer["SigningAlgorithms"] = key.signing_algorithms
    elif key.key_usage == "ENCRYPT_DECRYPT":
        answer["EncryptionAlgorithms"] = key.encryption_algorithms
    else:
        answer["KeyAgreementAlgorithms"] = list(key.spec.agreement)
    return answer
