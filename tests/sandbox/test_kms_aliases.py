# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Aliases: https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"""

from __future__ import annotations

from typing import Any

import pytest


def test_an_alias_is_made_moved_listed_and_deleted(kms: Any, new_key: Any, refused: Any) -> None:
    first, second = new_key(), new_key()
    kms.create_alias(AliasName="alias/a", TargetKeyId=first)
    entry = {
        "AliasName": "alias/a",
        "AliasArn": "arn:aws:kms:us-west-2:123456789012:alias/a",
        "TargetKeyId": first,
    }
    assert kms.list_aliases(KeyId=first)["Aliases"] == [entry]
    arn = kms.describe_key(KeyId=second)["KeyMetadata"]["Arn"]
    kms.update_alias(AliasName="alias/a", TargetKeyId=arn)
    assert kms.list_aliases(KeyId=first)["Aliases"] == []
    assert kms.list_aliases(KeyId=arn)["Aliases"] == [{**entry, "TargetKeyId": second}]
    kms.delete_alias(AliasName="alias/a")
    with refused("NotFoundException", "alias/a is not found"):
        kms.describe_key(KeyId="alias/a")
    with refused("NotFoundException", "alias/a is not found"):
        kms.delete_alias(AliasName="alias/a")
    with refused("NotFoundException", "alias/a is not found"):
        kms.update_alias(AliasName="alias/a", TargetKeyId=first)


def test_a_name_is_given_once_an_account_and_region(
    kms: Any, aws: Any, other_account: dict[str, str], new_key: Any, refused: Any
) -> None:
    kms.create_alias(AliasName="alias/once", TargetKeyId=new_key())
    with refused("AlreadyExistsException", "arn:aws:kms:us-west-2:123456789012:alias/once already exists"):
        kms.create_alias(AliasName="alias/once", TargetKeyId=new_key())
    for elsewhere in (aws("kms", credentials=other_account), aws("kms", region="eu-west-1")):
        key_id = elsewhere.create_key()["KeyMetadata"]["KeyId"]
        elsewhere.create_alias(AliasName="alias/once", TargetKeyId=key_id)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("once", "ValidationException"),
        ("alias", "ValidationException"),
        ("alias/", "InvalidAliasNameException"),
        ("alias/a b", "ValidationException"),
        ("alias/a.b", "ValidationException"),
        ("alias/ä", "ValidationException"),
        ("alias/a:b", "InvalidAliasNameException"),
        ("alias/aws/mine", "NotAuthorizedException"),
        ("alias/aws/s3", "NotAuthorizedException"),
        ("alias/" + "x" * 251, "ValidationException"),
    ],
)
def test_names_that_aws_refuses(raw_kms: Any, new_key: Any, refused: Any, name: str, code: str) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html: alias/, then letters, digits, /_-;
    at most 256 characters; alias/aws/ is reserved.
    """
    with refused(code):
        raw_kms.create_alias(AliasName=name, TargetKeyId=new_key())


@pytest.mark.parametrize(
    "name", ["alias/x", "alias/staging-kovan-updater-signer", "alias/a/b_C-9", "alias/" + "x" * 250]
)
def test_names_that_aws_takes(kms: Any, new_key: Any, name: str) -> None:
    key_id = new_key()
    kms.create_alias(AliasName=name, TargetKeyId=key_id)
    assert kms.describe_key(KeyId=name)["KeyMetadata"]["KeyId"] == key_id


def test_an_alias_does_not_point_at_an_alias(kms: Any, new_key: Any, refused: Any) -> None:
    kms.create_alias(AliasName="alias/a", TargetKeyId=new_key())
    for target in ("alias/a", "arn:aws:kms:us-west-2:123456789012:alias/a"):
        with refused("ValidationException", "Aliases must refer to keys"):
            kms.create_alias(AliasName="alias/b", TargetKeyId=target)


def test_a_key_has_fifty_aliases_at_most(kms: Any, new_key: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html"""
    key_id, other = new_key(), new_key()
    for number in range(50):
        kms.create_alias(AliasName=f"alias/{number}", TargetKeyId=key_id)
    with refused("LimitExceededException", "50 aliases"):
        kms.create_alias(AliasName="alias/one-more", TargetKeyId=key_id)
    kms.create_alias(AliasName="alias/other", TargetKeyId=other)
    with refused("LimitExceededException", "50 aliases"):
        kms.update_alias(AliasName="alias/other", TargetKeyId=key_id)
    kms.update_alias(AliasName="alias/7", TargetKeyId=key_id)
    kms.delete_alias(AliasName="alias/7")
    kms.update_alias(AliasName="alias/other", TargetKeyId=key_id)
    assert len(kms.list_aliases(KeyId=key_id, Limit=100)["Aliases"]) == 50


@pytest.mark.parametrize(
    "other",
    [
        {"KeySpec": None, "KeyUsage": None},
        {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"},
        {"KeySpec": "ECC_NIST_P256", "KeyUsage": "KEY_AGREEMENT"},
    ],
)
def test_an_alias_moves_only_to_a_key_of_the_same_type_and_usage(
    kms: Any, new_key: Any, refused: Any, other: dict[str, str | None]
) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateAlias.html"""
    key_id = new_key()
    kms.create_alias(AliasName="alias/a", TargetKeyId=key_id)
    with refused("ValidationException", "same type and have the same key usage"):
        kms.update_alias(AliasName="alias/a", TargetKeyId=new_key(**other))
    kms.update_alias(AliasName="alias/a", TargetKeyId=new_key(KeySpec="ECC_NIST_P256"))
    assert kms.list_aliases(KeyId=key_id)["Aliases"] == []


def test_listing_in_pages(kms: Any, raw_kms: Any, new_key: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ListAliases.html: Limit 1 to 100, default 50."""
    key_ids = [new_key() for _time in range(3)]
    mine = {f"alias/{number:03}" for number in range(120)}
    for number, name in enumerate(sorted(mine)):
        kms.create_alias(AliasName=name, TargetKeyId=key_ids[number // 50])
    first = kms.list_aliases()
    assert (len(first["Aliases"]), first["Truncated"]) == (50, True)
    pages = list(kms.get_paginator("list_aliases").paginate())
    names = [alias["AliasName"] for page in pages for alias in page["Aliases"]]
    assert len(names) == len(set(names))
    assert {name for name in names if not name.startswith("alias/aws/")} == mine
    assert [page["Truncated"] for page in pages] == [True, True, False]
    assert [len(kms.list_aliases(KeyId=key_id, Limit=100)["Aliases"]) for key_id in key_ids] == [50, 50, 20]
    first = kms.list_aliases(KeyId=key_ids[0], Limit=20)
    assert (len(first["Aliases"]), first["Truncated"]) == (20, True)
    rest = kms.list_aliases(KeyId=key_ids[0], Marker=first["NextMarker"])
    assert (len(rest["Aliases"]), rest["Truncated"]) == (30, False)
    for limit in (0, 101):
        with refused("ValidationException", "at 'limit'"):
            raw_kms.list_aliases(Limit=limit)


def test_a_listing_goes_on_when_aliases_come_and_go(kms: Any, new_key: Any) -> None:
    key_id = new_key()
    for name in "abcdef":
        kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=key_id)
    first = kms.list_aliases(KeyId=key_id, Limit=3)
    kms.delete_alias(AliasName="alias/c")
    kms.create_alias(AliasName="alias/d2", TargetKeyId=key_id)
    rest = kms.list_aliases(KeyId=key_id, Marker=first["NextMarker"])
    assert [alias["AliasName"] for alias in rest["Aliases"]] == ["alias/d", "alias/d2", "alias/e", "alias/f"]


def test_an_alias_without_a_key(kms: Any, sandbox: Any, new_key: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ListAliases.html: entries may lack TargetKeyId."""
    sandbox.plant_alias("alias/orphan")
    listed = [alias for alias in kms.list_aliases()["Aliases"] if not alias["AliasName"].startswith("alias/aws/")]
    assert listed == [{"AliasName": "alias/orphan", "AliasArn": "arn:aws:kms:us-west-2:123456789012:alias/orphan"}]
    for operation in (kms.describe_key, kms.get_public_key):
        with refused("NotFoundException", "alias/orphan is not found"):
            operation(KeyId="alias/orphan")
    key_id = new_key()
    with refused("AlreadyExistsException"):
        kms.create_alias(AliasName="alias/orphan", TargetKeyId=key_id)
    kms.update_alias(AliasName="alias/orphan", TargetKeyId=key_id)
    assert kms.describe_key(KeyId="alias/orphan")["KeyMetadata"]["KeyId"] == key_id


def test_predefined_aliases_get_their_key_when_it_is_asked_for(kms: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html: "If you specify a predefined AWS
    alias (an AWS alias with no key ID), KMS associates the alias with an AWS managed key".
    """
    before = {alias["AliasName"]: alias for alias in kms.list_aliases()["Aliases"]}
    assert "TargetKeyId" not in before["alias/aws/secretsmanager"]
    metadata = kms.describe_key(KeyId="alias/aws/secretsmanager")["KeyMetadata"]
    assert metadata["KeyManager"] == "AWS"
    after = {alias["AliasName"]: alias for alias in kms.list_aliases()["Aliases"]}
    assert after["alias/aws/secretsmanager"]["TargetKeyId"] == metadata["KeyId"]
    assert len(after) == len(before)
    with refused("NotAuthorizedException"):
        kms.create_alias(AliasName="alias/mine", TargetKeyId=metadata["KeyId"])
