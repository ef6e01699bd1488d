# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags and grants of keys."""

from __future__ import annotations

from typing import Any

import pytest

ADMIN = "arn:aws:iam::123456789012:root"
OPERATOR = "arn:aws:iam::210987654321:root"


def tag(key: str, value: str = "v") -> dict[str, str]:
    return {"TagKey": key, "TagValue": value}


def test_tags_are_set_at_creation_changed_and_removed(kms: Any, new_key: Any) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_TagResource.html"""
    key_id = new_key(Tags=[tag("environment", "staging"), tag("network", "kovan")])
    arn = kms.describe_key(KeyId=key_id)["KeyMetadata"]["Arn"]
    kms.tag_resource(KeyId=arn, Tags=[tag("network", "rinkeby"), tag("empty", "")])
    kms.untag_resource(KeyId=key_id, TagKeys=["environment", "never-there"])
    answer = kms.list_resource_tags(KeyId=arn)
    assert answer["Tags"] == [tag("empty", ""), tag("network", "rinkeby")]
    assert answer["Truncated"] is False


@pytest.mark.parametrize(
    ("tags", "code", "text"),
    [
        ([tag("a"), tag("a", "w")], "TagException", "Duplicate"),
        ([tag(str(number)) for number in range(51)], "TagException", "Too many"),
        ([tag("aws:mine")], "TagException", "reserved"),
        ([tag("AWS:mine")], "TagException", "reserved"),
        ([tag("")], "ValidationException", "tagKey"),
        ([tag("k" * 129)], "ValidationException", "tagKey"),
        ([tag("k", "v" * 257)], "ValidationException", "tagValue"),
        ([{"TagKey": "k"}], "ValidationException", "null"),
    ],
)
def test_wrong_tags_are_refused(
    raw_kms: Any, new_key: Any, refused: Any, tags: list[dict[str, str]], code: str, text: str
) -> None:
    key_id = new_key()
    with refused(code, text):
        raw_kms.tag_resource(KeyId=key_id, Tags=tags)
    with refused(code, text):
        raw_kms.create_key(Tags=tags)
    assert raw_kms.list_resource_tags(KeyId=key_id)["Tags"] == []
    assert len(raw_kms.list_keys()["Keys"]) == 1


def test_the_longest_tags_and_the_most(kms: Any, new_key: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/general/latest/gr/aws_tagging.html: 50 tags, 128 and 256 characters."""
    key_id = new_key(Tags=[tag("k" * 127 + str(number), "v" * 256) for number in range(10)])
    kms.tag_resource(KeyId=key_id, Tags=[tag(f"t{number}") for number in range(40)])
    with refused("LimitExceededException"):
        kms.tag_resource(KeyId=key_id, Tags=[tag("one-more")])
    kms.tag_resource(KeyId=key_id, Tags=[tag("t0", "changed")])
    assert len(kms.list_resource_tags(KeyId=key_id)["Tags"]) == 50


def test_tags_in_pages(kms: Any, raw_kms: Any, new_key: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ListResourceTags.html: Limit 1 to 50, default 50."""
    key_id = new_key(Tags=[tag(f"t{number:02}") for number in range(45)])
    pages = list(kms.get_paginator("list_resource_tags").paginate(KeyId=key_id, PaginationConfig={"PageSize": 20}))
    assert [len(page["Tags"]) for page in pages] == [20, 20, 5]
    assert len(kms.list_resource_tags(KeyId=key_id)["Tags"]) == 45
    with refused("ValidationException", "at 'limit'"):
        raw_kms.list_resource_tags(KeyId=key_id, Limit=51)


def test_tags_need_the_key_itself(kms: Any, new_key: Any, refused: Any) -> None:
    kms.create_alias(AliasName="alias/a", TargetKeyId=new_key())
    with refused("NotFoundException", "Invalid keyId"):
        kms.tag_resource(KeyId="alias/a", Tags=[tag("a")])


def test_a_grant_is_made_listed_and_revoked(kms: Any, new_key: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantListEntry.html"""
    key_id = new_key()
    made = kms.create_grant(KeyId=key_id, GranteePrincipal=OPERATOR, RetiringPrincipal=ADMIN, Operations=["Sign"])
    (grant,) = kms.list_grants(KeyId=key_id)["Grants"]
    assert grant.pop("CreationDate")
    assert grant == {
        "KeyId": f"arn:aws:kms:us-west-2:123456789012:key/{key_id}",
        "GrantId": made["GrantId"],
        "GranteePrincipal": OPERATOR,
        "RetiringPrincipal": ADMIN,
        "IssuingAccount": ADMIN,
        "Operations": ["Sign"],
    }
    assert [one["GrantId"] for one in kms.list_retirable_grants(RetiringPrincipal=ADMIN)["Grants"]] == [made["GrantId"]]
    kms.revoke_grant(KeyId=key_id, GrantId=made["GrantId"])
    assert kms.list_grants(KeyId=key_id)["Grants"] == []
    with refused("NotFoundException"):
        kms.revoke_grant(KeyId=key_id, GrantId=made["GrantId"])


@pytest.mark.parametrize(
    ("key", "operations"),
    [
        ({}, ["Decrypt"]),
        ({}, ["Sign", "GenerateDataKey"]),
        ({"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"}, ["Sign"]),
        ({"KeySpec": None, "KeyUsage": None}, ["Sign"]),
        ({"KeySpec": None, "KeyUsage": None}, ["GetPublicKey"]),
        ({"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}, ["Verify"]),
        ({}, ["ScheduleKeyDeletion"]),
    ],
)
def test_a_grant_allows_only_what_the_key_can_do(
    raw_kms: Any, new_key: Any, refused: Any, key: dict[str, Any], operations: list[str]
) -> None:
    """ "You cannot create a grant for a symmetric encryption KMS key that allows the Sign operation".

    https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html
    """
    key_id = new_key(**key)
    with refused("ValidationException", "not supported"):
        raw_kms.create_grant(KeyId=key_id, GranteePrincipal=OPERATOR, Operations=operations)


def test_a_repeated_grant_with_a_name_is_the_same_grant(kms: Any, new_key: Any) -> None:
    """ "When this value is present, you can retry a CreateGrant request with identical parameters"."""
    key_id = new_key()
    call = {"KeyId": key_id, "GranteePrincipal": OPERATOR, "Operations": ["Sign"]}
    named = {kms.create_grant(**call, Name="operator")["GrantId"] for _time in range(3)}
    unnamed = {kms.create_grant(**call)["GrantId"] for _time in range(3)}
    assert (len(named), len(unnamed)) == (1, 3)


def test_a_grant_is_retired_by_its_token(kms: Any, new_key: Any, refused: Any) -> None:
    key_id = new_key()
    token = kms.create_grant(KeyId=key_id, GranteePrincipal=OPERATOR, Operations=["Sign"])["GrantToken"]
    kms.retire_grant(GrantToken=token)
    assert kms.list_grants(KeyId=key_id)["Grants"] == []
    with refused("InvalidGrantTokenException"):
        kms.retire_grant(GrantToken=token)


def test_grants_in_pages(kms: Any, raw_kms: Any, new_key: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ListGrants.html: Limit 1 to 100, default 50."""
    key_id = new_key()
    for _time in range(55):
        kms.create_grant(KeyId=key_id, GranteePrincipal=OPERATOR, Operations=["Verify"])
    first = kms.list_grants(KeyId=key_id)
    rest = kms.list_grants(KeyId=key_id, Marker=first["NextMarker"])
    assert [len(first["Grants"]), len(rest["Grants"])] == [50, 5]
    with refused("ValidationException", "at 'limit'"):
        raw_kms.list_grants(KeyId=key_id, Limit=101)
