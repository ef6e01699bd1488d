# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign and Verify.

https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html and API_Verify.html
"""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import load_der_public_key

DIGEST = hashlib.sha256(b"an update of the home").digest()
ETHEREUM = {"MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256"}


def _public(kms: Any, key_id: str) -> ec.EllipticCurvePublicKey:
    public_key = load_der_public_key(kms.get_public_key(KeyId=key_id)["PublicKey"])
    assert isinstance(public_key, ec.EllipticCurvePublicKey)
    return public_key


def test_a_digest_is_signed_as_it_is(kms: Any, new_key: Any) -> None:
    """ "When the value is DIGEST, KMS skips the hashing step in the signing algorithm."."""
    key_id = new_key()
    answer = kms.sign(KeyId=key_id, Message=DIGEST, **ETHEREUM)
    assert answer["KeyId"] == f"arn:aws:kms:us-west-2:123456789012:key/{key_id}"
    assert answer["SigningAlgorithm"] == "ECDSA_SHA_256"
    public_key = _public(kms, key_id)
    public_key.verify(answer["Signature"], DIGEST, ec.ECDSA(Prehashed(hashes.SHA256())))
    with pytest.raises(InvalidSignature):
        public_key.verify(answer["Signature"], DIGEST, ec.ECDSA(hashes.SHA256()))


def test_a_raw_message_is_hashed(kms: Any, new_key: Any) -> None:
    key_id = new_key()
    for arguments in ({}, {"MessageType": "RAW"}):
        signature = kms.sign(KeyId=key_id, Message=b"x" * 4096, SigningAlgorithm="ECDSA_SHA_256", **arguments)
        _public(kms, key_id).verify(signature["Signature"], b"x" * 4096, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("length", [1, 20, 31, 33, 64])
def test_a_digest_has_the_length_of_its_hash(kms: Any, new_key: Any, refused: Any, length: int) -> None:
    with refused("ValidationException", "Digest is invalid length for algorithm ECDSA_SHA_256"):
        kms.sign(KeyId=new_key(), Message=b"\x01" * length, **ETHEREUM)


@pytest.mark.parametrize("length", [0, 4097])
def test_a_message_has_1_to_4096_bytes(raw_kms: Any, new_key: Any, refused: Any, length: int) -> None:
    with refused("ValidationException", "at 'message'"):
        raw_kms.sign(KeyId=new_key(), Message=b"\x01" * length, SigningAlgorithm="ECDSA_SHA_256")


def test_verify_accepts_only_what_the_key_signed(kms: Any, new_key: Any, refused: Any) -> None:
    """ "If the signature verification fails, the Verify operation fails with an KMSInvalidSignatureException"."""
    key_id, other = new_key(), new_key()
    signature = kms.sign(KeyId=key_id, Message=DIGEST, **ETHEREUM)["Signature"]
    answer = kms.verify(KeyId=key_id, Message=DIGEST, Signature=signature, **ETHEREUM)
    assert answer["SignatureValid"] is True
    assert answer["KeyId"] == f"arn:aws:kms:us-west-2:123456789012:key/{key_id}"
    # "The message type does not need to be the same as the one used for signing".
    raw = {"Message": b"an update of the home", "MessageType": "RAW", "SigningAlgorithm": "ECDSA_SHA_256"}
    assert kms.verify(KeyId=key_id, Signature=signature, **raw)["SignatureValid"] is True
    for wrong in (
        {"KeyId": other},
        {"Message": hashlib.sha256(b"another").digest()},
        {"MessageType": "RAW"},
        {"Signature": signature[:-1] + bytes([signature[-1] ^ 1])},
        {"Signature": b"no signature"},
    ):
        call = {"KeyId": key_id, "Message": DIGEST, "Signature": signature, **ETHEREUM, **wrong}
        with refused("KMSInvalidSignatureException"):
            kms.verify(**call)


def test_algorithm_and_usage_must_fit_the_key(kms: Any, new_key: Any, refused: Any) -> None:
    with refused("InvalidKeyUsageException", "incompatible with key spec ECC_SECG_P256K1"):
        kms.sign(KeyId=new_key(), Message=DIGEST, MessageType="DIGEST", SigningAlgorithm="ECDSA_SHA_384")
    with refused("InvalidKeyUsageException", "key usage is ENCRYPT_DECRYPT which is not valid for Sign"):
        kms.sign(KeyId=kms.create_key()["KeyMetadata"]["KeyId"], Message=DIGEST, **ETHEREUM)


def test_signing_by_alias(kms: Any, new_key: Any) -> None:
    key_id = new_key()
    kms.create_alias(AliasName="alias/signer", TargetKeyId=key_id)
    signature = kms.sign(KeyId="alias/signer", Message=DIGEST, **ETHEREUM)["Signature"]
    assert kms.verify(KeyId=key_id, Message=DIGEST, Signature=signature, **ETHEREUM)["SignatureValid"] is True


def test_a_dry_run_signs_nothing(kms: Any, new_key: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/kms/latest/developerguide/testing-permissions.html"""
    with refused("DryRunOperationException"):
        kms.sign(KeyId=new_key(), Message=DIGEST, DryRun=True, **ETHEREUM)


@pytest.mark.parametrize("algorithm", ["RSASSA_PSS_SHA_256", "RSASSA_PKCS1_V1_5_SHA_256"])
def test_rsa_keys_sign_digests_too(kms: Any, new_key: Any, algorithm: str) -> None:
    key_id = new_key(KeySpec="RSA_2048")
    signature = kms.sign(KeyId=key_id, Message=DIGEST, MessageType="DIGEST", SigningAlgorithm=algorithm)["Signature"]
    public_key = load_der_public_key(kms.get_public_key(KeyId=key_id)["PublicKey"])
    assert isinstance(public_key, rsa.RSAPublicKey)
    scheme: padding.PSS | padding.PKCS1v15 = padding.PKCS1v15()
    if "PSS" in algorithm:
        scheme = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
    public_key.verify(signature, DIGEST, scheme, Prehashed(hashes.SHA256()))
