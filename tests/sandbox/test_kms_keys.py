# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""KMS keys: specs and usages, what is told of them, listings, identifiers, replicas.

https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html
"""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

NOBODY = "00000000-0000-4000-8000-000000000000"


def test_metadata_of_a_signing_key(kms: Any) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html"""
    made = kms.create_key(KeySpec="ECC_SECG_P256K1", KeyUsage="SIGN_VERIFY", Description="staging kovan updater")
    metadata = made["KeyMetadata"]
    assert metadata["Arn"] == f"arn:aws:kms:us-west-2:123456789012:key/{metadata['KeyId']}"
    assert {name: metadata[name] for name in metadata if name not in ("KeyId", "Arn", "CreationDate")} == {
        "AWSAccountId": "123456789012",
        "Enabled": True,
        "Description": "staging kovan updater",
        "KeyUsage": "SIGN_VERIFY",
        "KeyState": "Enabled",
        "Origin": "AWS_KMS",
        "KeyManager": "CUSTOMER",
        "CustomerMasterKeySpec": "ECC_SECG_P256K1",
        "KeySpec": "ECC_SECG_P256K1",
        "SigningAlgorithms": ["ECDSA_SHA_256"],
        "MultiRegion": False,
    }
    assert kms.describe_key(KeyId=metadata["KeyId"])["KeyMetadata"] == metadata


def test_defaults_make_a_symmetric_key(kms: Any) -> None:
    metadata = kms.create_key()["KeyMetadata"]
    assert (metadata["KeySpec"], metadata["KeyUsage"]) == ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
    assert metadata["EncryptionAlgorithms"] == ["SYMMETRIC_DEFAULT"]
    assert "SigningAlgorithms" not in metadata


@pytest.mark.parametrize(
    ("spec", "usage", "code", "text"),
    [
        # KeyUsage "is optional when you are creating a symmetric encryption KMS key; otherwise, it is required".
        ("ECC_SECG_P256K1", None, "ValidationException", "must specify a KeyUsage"),
        ("RSA_2048", None, "ValidationException", "must specify a KeyUsage"),
        ("HMAC_256", None, "ValidationException", "must specify a KeyUsage"),
        # "For asymmetric KMS keys with ECC_SECG_P256K1 key pairs, specify SIGN_VERIFY."
        ("ECC_SECG_P256K1", "ENCRYPT_DECRYPT", "ValidationException", "not compatible"),
        ("ECC_SECG_P256K1", "KEY_AGREEMENT", "ValidationException", "not compatible"),
        ("ECC_SECG_P256K1", "GENERATE_VERIFY_MAC", "ValidationException", "not compatible"),
        ("SYMMETRIC_DEFAULT", "SIGN_VERIFY", "ValidationException", "not compatible"),
        ("HMAC_256", "SIGN_VERIFY", "ValidationException", "not compatible"),
        ("ECC_SECG_P256K1", "SIGN", "ValidationException", "enum value set"),
        ("ECC_SECP256K1", "SIGN_VERIFY", "ValidationException", "enum value set"),
        ("ML_DSA_44", "SIGN_VERIFY", "UnsupportedOperationException", "sandbox does not implement"),
    ],
)
def test_wrong_specs_and_usages_are_refused(
    kms: Any, refused: Any, spec: str, usage: str | None, code: str, text: str
) -> None:
    with refused(code, text):
        kms.create_key(KeySpec=spec, **({"KeyUsage": usage} if usage else {}))
    assert kms.list_keys()["Keys"] == []


@pytest.mark.parametrize(
    ("spec", "usage"),
    [("ECC_NIST_P256", "SIGN_VERIFY"), ("ECC_NIST_P384", "KEY_AGREEMENT"), ("HMAC_256", "GENERATE_VERIFY_MAC")],
)
def test_other_specs_can_be_made(kms: Any, spec: str, usage: str) -> None:
    assert kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["KeyUsage"] == usage


def test_the_deprecated_name_of_the_spec_works_and_must_not_differ(kms: Any, refused: Any) -> None:
    made = kms.create_key(CustomerMasterKeySpec="ECC_SECG_P256K1", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    assert made["KeySpec"] == "ECC_SECG_P256K1"
    with refused("ValidationException", "must not differ"):
        kms.create_key(KeySpec="RSA_2048", CustomerMasterKeySpec="ECC_SECG_P256K1", KeyUsage="SIGN_VERIFY")


def test_public_key_is_a_point_of_the_curve_and_the_answer_names_the_arn(kms: Any, new_key: Any) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_GetPublicKey.html: KeyId is the key ARN."""
    key_id = new_key()
    kms.create_alias(AliasName="alias/staging-kovan-updater-signer", TargetKeyId=key_id)
    arn = kms.describe_key(KeyId=key_id)["KeyMetadata"]["Arn"]
    alias_arn = "arn:aws:kms:us-west-2:123456789012:alias/staging-kovan-updater-signer"
    answers = [
        kms.get_public_key(KeyId=name) for name in (key_id, arn, "alias/staging-kovan-updater-signer", alias_arn)
    ]
    assert {answer["KeyId"] for answer in answers} == {arn}
    assert len({answer["PublicKey"] for answer in answers}) == 1
    public_key = load_der_public_key(answers[0]["PublicKey"])
    assert isinstance(public_key, ec.EllipticCurvePublicKey)
    assert public_key.curve.name == "secp256k1"
    assert (answers[0]["KeySpec"], answers[0]["KeyUsage"]) == ("ECC_SECG_P256K1", "SIGN_VERIFY")
    assert answers[0]["SigningAlgorithms"] == ["ECDSA_SHA_256"]


def test_a_symmetric_key_has_no_public_key(kms: Any, refused: Any) -> None:
    with refused("UnsupportedOperationException", "not valid for GetPublicKey"):
        kms.get_public_key(KeyId=kms.create_key()["KeyMetadata"]["KeyId"])


@pytest.mark.parametrize(
    "name",
    [
        NOBODY,
        f"arn:aws:kms:us-west-2:123456789012:key/{NOBODY}",
        "alias/nobody",
        "arn:aws:kms:us-west-2:123456789012:alias/nobody",
        "no-key-id",
        "arn:aws:kms:us-west-2:nonsense",
    ],
)
@pytest.mark.parametrize("operation", ["describe_key", "get_public_key"])
def test_what_is_not_there_is_not_found(kms: Any, refused: Any, operation: str, name: str) -> None:
    with refused("NotFoundException"):
        getattr(kms, operation)(KeyId=name)


def test_the_modelled_exception_class_is_raised(kms: Any) -> None:
    with pytest.raises(kms.exceptions.NotFoundException):
        kms.describe_key(KeyId=NOBODY)


def test_keys_of_another_account_or_region_are_not_found(
    kms: Any, aws: Any, other_account: dict[str, str], new_key: Any, refused: Any
) -> None:
    key_id = new_key()
    arn = kms.describe_key(KeyId=key_id)["KeyMetadata"]["Arn"]
    for elsewhere in (aws("kms", credentials=other_account), aws("kms", region="eu-west-1")):
        for name in (key_id, arn):
            with refused("NotFoundException"):
                elsewhere.describe_key(KeyId=name)
            with refused("NotFoundException"):
                elsewhere.create_alias(AliasName="alias/mine", TargetKeyId=name)
        assert elsewhere.list_keys()["Keys"] == []


def test_an_alias_arn_names_its_own_account_and_region(
    kms: Any, aws: Any, other_account: dict[str, str], new_key: Any, refused: Any
) -> None:
    kms.create_alias(AliasName="alias/same", TargetKeyId=new_key())
    arn = "arn:aws:kms:us-west-2:123456789012:alias/same"
    kms.describe_key(KeyId=arn)
    for elsewhere in (aws("kms", credentials=other_account), aws("kms", region="eu-west-1")):
        elsewhere.create_alias(AliasName="alias/same", TargetKeyId=elsewhere.create_key()["KeyMetadata"]["KeyId"])
        with refused("NotFoundException"):
            elsewhere.describe_key(KeyId=arn)


def test_listing_in_pages(kms: Any, raw_kms: Any, new_key: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeys.html: Limit 1 to 1000, default 100."""
    made = {new_key() for _time in range(103)}
    first = kms.list_keys()
    assert (len(first["Keys"]), first["Truncated"]) == (100, True)
    rest = kms.list_keys(Marker=first["NextMarker"])
    assert (len(rest["Keys"]), rest["Truncated"]) == (3, False)
    assert "NextMarker" not in rest
    assert {key["KeyId"] for key in first["Keys"] + rest["Keys"]} == made
    pages = list(kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 40}))
    assert [len(page["Keys"]) for page in pages] == [40, 40, 23]
    assert len(kms.list_keys(Limit=1000)["Keys"]) == 103
    for limit in (0, 1001):
        with refused("ValidationException", "at 'limit'"):
            raw_kms.list_keys(Limit=limit)
    with refused("InvalidMarkerException"):
        kms.list_keys(Marker="no-marker")


def test_description_can_be_changed_and_has_a_length(kms: Any, raw_kms: Any, new_key: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateKeyDescription.html"""
    key_id = new_key()
    kms.update_key_description(KeyId=key_id, Description="new")
    assert kms.describe_key(KeyId=key_id)["KeyMetadata"]["Description"] == "new"
    with refused("ValidationException", "at 'description'"):
        raw_kms.update_key_description(KeyId=key_id, Description="x" * 8193)


@pytest.mark.parametrize("operation", ["enable_key_rotation", "disable_key_rotation", "get_key_rotation_status"])
def test_asymmetric_keys_are_not_rotated(kms: Any, new_key: Any, refused: Any, operation: str) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html"""
    with refused("UnsupportedOperationException"):
        getattr(kms, operation)(KeyId=new_key())


def test_symmetric_keys_are_rotated(kms: Any) -> None:
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key_id)
    assert kms.get_key_rotation_status(KeyId=key_id)["KeyRotationEnabled"] is True


def test_replicas_share_the_material_and_leave_the_primary_a_primary(kms: Any, aws: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ReplicateKey.html"""
    primary = kms.create_key(KeySpec="ECC_SECG_P256K1", KeyUsage="SIGN_VERIFY", MultiRegion=True, Description="first")
    key_id = primary["KeyMetadata"]["KeyId"]
    assert key_id.startswith("mrk-")
    assert len(key_id) == 36
    kms.tag_resource(KeyId=key_id, Tags=[{"TagKey": "a", "TagValue": "b"}])
    made = kms.replicate_key(KeyId=key_id, ReplicaRegion="eu-west-1")["ReplicaKeyMetadata"]
    europe = aws("kms", region="eu-west-1")
    assert made["Arn"] == f"arn:aws:kms:eu-west-1:123456789012:key/{key_id}"
    assert made["MultiRegionConfiguration"]["MultiRegionKeyType"] == "REPLICA"
    assert europe.get_public_key(KeyId=key_id)["PublicKey"] == kms.get_public_key(KeyId=key_id)["PublicKey"]
    # "All other properties of a replica key can differ, including its key policy, tags, aliases, and key state."
    assert europe.list_resource_tags(KeyId=key_id)["Tags"] == []
    europe.disable_key(KeyId=key_id)
    told = kms.describe_key(KeyId=key_id)["KeyMetadata"]
    assert (told["KeyState"], told["Description"]) == ("Enabled", "first")
    assert told["MultiRegionConfiguration"]["MultiRegionKeyType"] == "PRIMARY"
    assert [replica["Region"] for replica in told["MultiRegionConfiguration"]["ReplicaKeys"]] == ["eu-west-1"]
    with refused("AlreadyExistsException"):
        kms.replicate_key(KeyId=key_id, ReplicaRegion="eu-west-1")
    europe.enable_key(KeyId=key_id)
    with refused("UnsupportedOperationException", "not a multi-Region primary"):
        europe.replicate_key(KeyId=key_id, ReplicaRegion="eu-central-1")


def test_a_replica_has_aliases_of_its_own(kms: Any, aws: Any) -> None:
    key_id = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    for number in range(50):
        kms.create_alias(AliasName=f"alias/{number}", TargetKeyId=key_id)
    kms.replicate_key(KeyId=key_id, ReplicaRegion="eu-west-1")
    europe = aws("kms", region="eu-west-1")
    assert europe.list_aliases(KeyId=key_id)["Aliases"] == []
    europe.create_alias(AliasName="alias/first", TargetKeyId=key_id)


def test_a_primary_with_replicas_waits_for_them(kms: Any) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html: PendingReplicaDeletion."""
    key_id = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    kms.replicate_key(KeyId=key_id, ReplicaRegion="eu-west-1")
    answer = kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=8)
    assert answer["KeyState"] == "PendingReplicaDeletion"
    assert "DeletionDate" not in answer
    assert kms.describe_key(KeyId=key_id)["KeyMetadata"]["PendingDeletionWindowInDays"] == 8


def test_symmetric_work_is_left_to_moto(kms: Any) -> None:
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    sealed = kms.encrypt(KeyId=key_id, Plaintext=b"gas money")
    assert sealed["KeyId"].endswith(key_id)
    assert kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"])["Plaintext"] == b"gas money"
    assert len(kms.generate_data_key(KeyId=key_id, KeySpec="AES_256")["Plaintext"]) == 32
    mac = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
    code = kms.generate_mac(KeyId=mac, Message=b"m", MacAlgorithm="HMAC_SHA_256")["Mac"]
    assert kms.verify_mac(KeyId=mac, Message=b"m", MacAlgorithm="HMAC_SHA_256", Mac=code)["MacValid"] is True


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("get_parameters_for_import", {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}),
        ("update_primary_region", {"PrimaryRegion": "eu-west-1"}),
    ],
)
def test_operations_that_are_missing_say_so(
    kms: Any, new_key: Any, refused: Any, operation: str, arguments: dict[str, str]
) -> None:
    with refused("SandboxNotImplemented", "The sandbox does not implement kms:"):
        getattr(kms, operation)(KeyId=new_key(), **arguments)
