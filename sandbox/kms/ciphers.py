# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The symmetric operations: moto's own work, on keys that AWS would allow it for."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

from moto.kms.responses import KmsResponse
from moto.kms.utils import _deserialize_ciphertext_blob

from sandbox.kms import errors
from sandbox.kms.keys import SandboxKey
from sandbox.kms.operation import KmsCall, operation
from sandbox.kms.states import require_state


class _MotoKms(KmsResponse):
    """moto's answers, fed with a request that is parsed already and a key that is checked already."""

    def __init__(self, call: KmsCall, key_arn: str | None = None) -> None:
        super().__init__()
        # moto answers dry runs of some operations, and not as AWS does.
        params = {name: value for name, value in call.params.items() if name != "DryRun"}
        if key_arn is not None:
            params["KeyId"] = key_arn
        self.body = json.dumps(params)
        self.current_account = call.backend.account_id
        self.region = call.backend.region_name


def key_of_ciphertext(blob: Any) -> str | None:
    """The id of the key that a ciphertext names; None if it is none of ours."""
    try:
        return _deserialize_ciphertext_blob(base64.b64decode(blob)).key_id
    except (ValueError, TypeError, struct.error):
        return None


def _used_for(call: KmsCall, usage: str, name: str = "KeyId") -> SandboxKey:
    key = call.key(name, aliases=True)
    if key.key_usage != usage:
        raise errors.invalid_usage(f"{key.arn} key usage is {key.key_usage} which is not valid for {call.operation}.")
    if usage == "ENCRYPT_DECRYPT" and key.spec.kind != "symmetric":
        raise errors.unsupported("The sandbox does not implement encryption with asymmetric keys.")
    return key


def _answered(call: KmsCall, answer: str) -> dict[str, Any]:
    """moto's answer; a dry run comes as far as that."""
    told: dict[str, Any] = json.loads(answer)
    if call.operation == "Decrypt":
        # Without KeyId the ciphertext tells the key, whose state counts all the same.
        require_state(call.backend.find_key(told["KeyId"]), call.operation)
    if call.dry_run:
        raise errors.dry_run()
    return told


@operation("Encrypt")
def encrypt(call: KmsCall) -> dict[str, Any]:
    answer = _answered(call, _MotoKms(call, _used_for(call, "ENCRYPT_DECRYPT").arn).encrypt())
    return {**answer, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}


@operation("Decrypt")
def decrypt(call: KmsCall) -> dict[str, Any]:
    named = _used_for(call, "ENCRYPT_DECRYPT").arn if call.params.get("KeyId") else None
    answer = _answered(call, _MotoKms(call, named).decrypt())
    return {**answer, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}


@operation("ReEncrypt")
def re_encrypt(call: KmsCall) -> dict[str, Any]:
    _used_for(call, "ENCRYPT_DECRYPT", "DestinationKeyId")
    return _answered(call, _MotoKms(call).re_encrypt())


@operation("GenerateDataKey")
def generate_data_key(call: KmsCall) -> dict[str, Any]:
    return _answered(call, _MotoKms(call, _used_for(call, "ENCRYPT_DECRYPT").arn).generate_data_key())


@operation("GenerateDataKeyWithoutPlaintext")
def generate_data_key_without_plaintext(call: KmsCall) -> dict[str, Any]:
    answer = generate_data_key(call) or {}
    return {name: value for name, value in answer.items() if name != "Plaintext"}


@operation("GenerateMac")
def generate_mac(call: KmsCall) -> dict[str, Any]:
    key = _used_for(call, "GENERATE_VERIFY_MAC")
    answer = _answered(call, _MotoKms(call, key.arn).generate_mac())
    return {**answer, "KeyId": key.arn}


@operation("VerifyMac")
def verify_mac(call: KmsCall) -> dict[str, Any]:
    key = _used_for(call, "GENERATE_VERIFY_MAC")
    answer = _answered(call, _MotoKms(call, key.arn).verify_mac())
    return {**answer, "KeyId": key.arn}


@operation("GenerateRandom", locked=False)
def generate_random(call: KmsCall) -> dict[str, Any]:
    count = call.params.get("NumberOfBytes")
    if not isinstance(count, int) or not 1 <= count <= 1024:
        raise errors.constraint(count, "numberOfBytes", "have value between 1 and 1024")
    return _answered(call, _MotoKms(call).generate_random())
