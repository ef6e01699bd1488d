# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What IAM policies let users do with KMS keys.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html and
https://docs.aws.amazon.com/kms/latest/developerguide/control-access.html
"""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.sandbox.people import ACCOUNT, ALIASES, KEYS, SIGNING, People, allow, by_alias, deny, document


@pytest.fixture
def key(kms: Any, new_key: Any) -> str:
    """A signing key with the alias alias/staging-kovan-watcher-signer."""
    key_id = str(new_key())
    kms.create_alias(AliasName="alias/staging-kovan-watcher-signer", TargetKeyId=key_id)
    return key_id


def test_nothing_is_enforced_unless_it_is_asked_for(sandbox: Sandbox, aws: Any, key: str) -> None:
    """The sandbox's own default."""
    assert sandbox.settings()["iam_enforced"] is False
    assert People(aws).user("nobody").kms.sign(KeyId=key, **SIGNING)["Signature"]


def test_who_has_no_policy_may_do_nothing(people: People, refused: Any, key: str) -> None:
    """ "By default, all requests are implicitly denied", and the message says which policy is missing.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """
    user = people.user("nobody")
    text = (
        f"^User: {user.arn} is not authorized to perform: kms:Sign on resource: {KEYS}/{key} "
        "because no identity-based policy allows the kms:Sign action$"
    )
    with refused("AccessDeniedException", text):
        user.kms.sign(KeyId=key, **SIGNING)
    with refused("AccessDeniedException", "kms:GetPublicKey"):
        user.kms.get_public_key(KeyId=key)
    with refused("AccessDeniedException", r"kms:ListKeys on resource: \* because"):
        user.kms.list_keys()


def test_a_refusal_is_json_with_status_400(people: People, key: str) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html"""
    kms = people.user("nobody").kms
    with pytest.raises(kms.exceptions.ClientError) as caught:
        kms.describe_key(KeyId=key)
    told = caught.value.response["ResponseMetadata"]
    assert (told["HTTPStatusCode"], told["HTTPHeaders"]["content-type"]) == (400, "application/x-amz-json-1.1")


def test_the_administrator_may_do_everything(people: People, kms: Any, key: str) -> None:
    """Credentials that no user here has: the sandbox's own rule."""
    locked = document(deny("kms:*", Principal="*"))
    kms.put_key_policy(KeyId=key, Policy=locked, BypassPolicyLockoutSafetyCheck=True)
    assert kms.sign(KeyId=key, **SIGNING)["Signature"]


@pytest.mark.parametrize(
    "statement",
    [
        by_alias("alias/staging-kovan-watcher-signer"),
        by_alias("alias/other", "alias/staging-kovan-watcher-signer"),
        by_alias("alias/staging-*-watcher-signer", operator="ForAnyValue:StringLike"),
        by_alias("alias/staging-kovan-watcher-signe?", operator="ForAnyValue:StringLike"),
        by_alias("ALIAS/STAGING-kovan-watcher-signer", operator="ForAnyValue:StringEqualsIgnoreCase"),
        by_alias("alias/staging-*", operator="ForAllValues:StringLike"),
        allow("kms:s*", f"{KEYS}/*"),
        allow("*"),
    ],
)
def test_allowed(people: People, key: str, statement: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-resource-aliases"""
    assert people.user("watcher", statement).kms.sign(KeyId=key, **SIGNING)["KeyId"] == f"{KEYS}/{key}"


@pytest.mark.parametrize(
    "statement",
    [
        by_alias("alias/staging-kovan-watcher"),
        by_alias("alias/Staging-kovan-watcher-signer"),
        by_alias("alias/staging-*", operator="ForAnyValue:StringEquals"),
        by_alias("alias/production-*", operator="ForAnyValue:StringLike"),
        # A set operator is needed for a key with several values.
        by_alias("alias/staging-kovan-watcher-signer", operator="StringEquals"),
        # "When an alias is the value of a resource element, the policy applies to the alias resource".
        allow("kms:Sign", f"{ALIASES}/staging-kovan-watcher-signer"),
        allow("kms:Sign", f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/*"),
        allow("kms:Sign", "arn:aws:kms:*:210987654321:key/*"),
        allow("kms:Verify"),
        allow("secretsmanager:*"),
    ],
)
def test_denied(people: People, refused: Any, key: str, statement: dict[str, Any]) -> None:
    user = people.user("watcher", statement)
    for identifier in (key, f"{KEYS}/{key}", "alias/staging-kovan-watcher-signer"):
        with refused("AccessDeniedException", f"on resource: {KEYS}/{key} because no identity-based policy allows"):
            user.kms.sign(KeyId=identifier, **SIGNING)


def test_every_alias_of_a_key_counts(people: People, kms: Any, key: str, refused: Any) -> None:
    """ "kms:ResourceAliases … all aliases associated with the KMS key", whichever the request names; and they count
    as they are now: an alias more opens a key, an alias less closes it.

    https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
    """
    kms.create_alias(AliasName="alias/production-a", TargetKeyId=key)
    user = people.user("watcher", by_alias("alias/production-a"))
    assert user.kms.sign(KeyId="alias/staging-kovan-watcher-signer", **SIGNING)
    strict = people.user("strict", by_alias("alias/production-*", operator="ForAllValues:StringLike"))
    with refused("AccessDeniedException"):
        strict.kms.sign(KeyId="alias/production-a", **SIGNING)
    kms.delete_alias(AliasName="alias/staging-kovan-watcher-signer")
    assert strict.kms.sign(KeyId="alias/production-a", **SIGNING)
    kms.delete_alias(AliasName="alias/production-a")
    with refused("AccessDeniedException"):
        user.kms.sign(KeyId=key, **SIGNING)


def test_an_alias_that_moves_takes_the_right_with_it(people: People, kms: Any, key: str, new_key: Any) -> None:
    other = new_key()
    user = people.user("watcher", by_alias("alias/staging-kovan-watcher-signer"))
    kms.update_alias(AliasName="alias/staging-kovan-watcher-signer", TargetKeyId=other)
    assert user.kms.sign(KeyId=other, **SIGNING)
    with pytest.raises(user.kms.exceptions.ClientError):
        user.kms.sign(KeyId=key, **SIGNING)


def test_a_key_without_an_alias(people: People, new_key: Any, refused: Any) -> None:
    """ForAnyValue is false without values; ForAllValues "returns true if there are no context keys in the request".

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
    """
    bare = new_key()
    for operator in ("ForAnyValue:StringEquals", "ForAnyValue:StringLike", "ForAnyValue:StringNotEquals"):
        user = people.user(operator.replace(":", "-"), by_alias("alias/x", operator=operator))
        with refused("AccessDeniedException"):
            user.kms.sign(KeyId=bare, **SIGNING)
    assert people.user("all", by_alias("alias/x", operator="ForAllValues:StringEquals")).kms.sign(KeyId=bare, **SIGNING)
    absent = allow("kms:Sign", Condition={"Null": {"kms:ResourceAliases": "true"}})
    assert people.user("null", absent).kms.sign(KeyId=bare, **SIGNING)


def test_an_explicit_deny_wins(people: People, refused: Any, key: str) -> None:
    user = people.user("watcher", allow("kms:*"), deny("kms:Sign"))
    with refused("AccessDeniedException", f"{KEYS}/{key} with an explicit deny in an identity-based policy$"):
        user.kms.sign(KeyId=key, **SIGNING)
    assert user.kms.get_public_key(KeyId=key)["KeyId"]


def test_policies_of_groups_and_attached_ones(people: People, refused: Any, key: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html"""
    iam, one, two = people.iam, people.user("one"), people.user("two")
    people.group("signers", one)
    arn = people.policy("signer", by_alias("alias/staging-kovan-watcher-signer"))
    iam.attach_group_policy(GroupName="signers", PolicyArn=arn)
    assert one.kms.sign(KeyId=key, **SIGNING)
    with refused("AccessDeniedException"):
        two.kms.sign(KeyId=key, **SIGNING)
    iam.attach_user_policy(UserName="two", PolicyArn=arn)
    assert two.kms.sign(KeyId=key, **SIGNING)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(allow("kms:List*")), SetAsDefault=True)
    with refused("AccessDeniedException"):
        one.kms.sign(KeyId=key, **SIGNING)
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    assert one.kms.sign(KeyId=key, **SIGNING)
    iam.put_group_policy(GroupName="signers", PolicyName="no", PolicyDocument=document(deny("kms:Sign")))
    with refused("AccessDeniedException", "explicit deny"):
        one.kms.sign(KeyId=key, **SIGNING)
    iam.remove_user_from_group(GroupName="signers", UserName="one")
    with refused("AccessDeniedException", "because no identity-based policy"):
        one.kms.sign(KeyId=key, **SIGNING)


def test_a_boundary_limits_what_policies_give(people: People, refused: Any, key: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html"""
    user = people.user("watcher", allow("kms:*"))
    boundary = people.policy("boundary", allow("kms:GetPublicKey"))
    people.iam.put_user_permissions_boundary(UserName="watcher", PermissionsBoundary=boundary)
    assert people.iam.get_user(UserName="watcher")["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    assert user.kms.get_public_key(KeyId=key)
    with refused("AccessDeniedException", "because no permissions boundary allows the kms:Sign action"):
        user.kms.sign(KeyId=key, **SIGNING)
    people.iam.delete_user_permissions_boundary(UserName="watcher")
    assert user.kms.sign(KeyId=key, **SIGNING)


CONDITIONS: list[tuple[dict[str, Any], bool]] = [
    ({"StringEquals": {"kms:SigningAlgorithm": "ECDSA_SHA_256"}}, True),
    ({"StringEquals": {"kms:MessageType": "RAW"}}, False),
    ({"StringEquals": {"KMS:messagetype": "DIGEST"}}, True),
    ({"StringEquals": {"kms:KeySpec": "ECC_SECG_P256K1", "kms:KeyUsage": "SIGN_VERIFY"}}, True),
    ({"StringEquals": {"kms:KeySpec": "ECC_SECG_P256K1", "kms:KeyUsage": "ENCRYPT_DECRYPT"}}, False),
    ({"StringEquals": {"kms:KeyOrigin": "AWS_KMS", "kms:CallerAccount": ACCOUNT}}, True),
    ({"StringEquals": {"aws:ResourceTag/environment": "staging"}}, True),
    ({"StringEquals": {"aws:ResourceTag/environment": "production"}}, False),
    ({"StringEquals": {"aws:ResourceTag/environment": "${aws:PrincipalTag/environment}"}}, True),
    ({"StringEquals": {"aws:ResourceTag/environment": "${aws:PrincipalTag/team}"}}, False),
    ({"StringEquals": {"aws:username": "watcher"}}, True),
    ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/w*"}}, True),
    ({"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/w*"}}, False),
    ({"StringEquals": {"kms:ViaService": "secretsmanager.us-west-2.amazonaws.com"}}, False),
    ({"StringEqualsIfExists": {"kms:ViaService": "secretsmanager.us-west-2.amazonaws.com"}}, True),
    ({"StringNotEquals": {"kms:ViaService": "secretsmanager.us-west-2.amazonaws.com"}}, True),
    ({"Null": {"kms:RequestAlias": "true"}}, True),
    ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True),
    ({"NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, False),
    ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, True),
    ({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, False),
    ({"NumericGreaterThan": {"aws:EpochTime": "1"}}, True),
    ({"Bool": {"aws:SecureTransport": "true"}}, True),
    ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}, True),
    ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, False),
]


@pytest.mark.parametrize(("condition", "allowed"), CONDITIONS)
def test_condition_keys(people: People, kms: Any, key: str, condition: dict[str, Any], *, allowed: bool) -> None:
    """https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html and
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": "environment", "TagValue": "staging"}])
    user = people.user("watcher", allow("kms:Sign", Condition=condition))
    people.iam.tag_user(UserName="watcher", Tags=[{"Key": "environment", "Value": "staging"}])
    if allowed:
        assert user.kms.sign(KeyId=key, **SIGNING)
    else:
        with pytest.raises(user.kms.exceptions.ClientError, match="not authorized"):
            user.kms.sign(KeyId=key, **SIGNING)


def test_the_alias_in_the_request(people: People, kms: Any, key: str, refused: Any) -> None:
    """ "kms:RequestAlias … the alias that was used to identify the KMS key in the request"."""
    kms.create_alias(AliasName="alias/second", TargetKeyId=key)
    condition = {"StringEquals": {"kms:RequestAlias": "alias/second"}}
    user = people.user("watcher", allow("kms:Sign", Condition=condition))
    assert user.kms.sign(KeyId="alias/second", **SIGNING)
    assert user.kms.sign(KeyId=f"{ALIASES}/second", **SIGNING)
    for identifier in (key, "alias/staging-kovan-watcher-signer"):
        with refused("AccessDeniedException"):
            user.kms.sign(KeyId=identifier, **SIGNING)


def test_creating_keys(people: People, refused: Any) -> None:
    """CreateKey is allowed on * alone; tags need kms:TagResource; what is created can be limited by conditions.

    https://docs.aws.amazon.com/kms/latest/developerguide/create-keys.html#create-key-permissions
    """
    ethereum = {"KeySpec": "ECC_SECG_P256K1", "KeyUsage": "SIGN_VERIFY"}
    tags = [{"TagKey": "environment", "TagValue": "staging"}]
    one = people.user("one", allow("kms:CreateKey", Condition={"StringEquals": {"kms:KeySpec": "ECC_SECG_P256K1"}}))
    assert one.kms.create_key(**ethereum)
    with refused("AccessDeniedException", r"kms:CreateKey on resource: \*"):
        one.kms.create_key()
    with refused("AccessDeniedException", "kms:TagResource"):
        one.kms.create_key(Tags=tags, **ethereum)
    tagged = {
        "StringEquals": {"aws:RequestTag/environment": "staging"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["environment"]},
    }
    two = people.user("two", allow(["kms:CreateKey", "kms:TagResource"], Condition=tagged))
    assert two.kms.create_key(Tags=tags, **ethereum)
    with refused("AccessDeniedException"):
        two.kms.create_key(Tags=[*tags, {"TagKey": "more", "TagValue": ""}], **ethereum)
    three = people.user("three", allow("kms:CreateKey", f"{KEYS}/*"))
    with refused("AccessDeniedException"):
        three.kms.create_key(**ethereum)


def test_an_alias_needs_the_alias_and_the_key(people: People, kms: Any, key: str, new_key: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/kms/latest/developerguide/alias-access.html"""
    own, foreign = f"{ALIASES}/staging-*", f"{KEYS}/{key}"
    other = new_key()
    actions = ["kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias"]
    on_alias = people.user("on-alias", allow(actions, own)).kms
    with refused("AccessDeniedException", f"kms:CreateAlias on resource: {foreign}"):
        on_alias.create_alias(AliasName="alias/staging-a", TargetKeyId=key)
    on_key = people.user("on-key", allow(actions, foreign)).kms
    with refused("AccessDeniedException", f"kms:CreateAlias on resource: {ALIASES}/staging-a"):
        on_key.create_alias(AliasName="alias/staging-a", TargetKeyId=key)
    both = people.user("both", allow(actions, [own, foreign])).kms
    both.create_alias(AliasName="alias/staging-a", TargetKeyId=key)
    with refused("AccessDeniedException", f"{ALIASES}/production-a"):
        both.create_alias(AliasName="alias/production-a", TargetKeyId=key)
    with refused("AccessDeniedException", f"kms:UpdateAlias on resource: {KEYS}/{other}"):
        both.update_alias(AliasName="alias/staging-a", TargetKeyId=other)
    kms.create_alias(AliasName="alias/staging-b", TargetKeyId=other)
    with refused("AccessDeniedException", f"kms:UpdateAlias on resource: {KEYS}/{other}"):
        both.update_alias(AliasName="alias/staging-b", TargetKeyId=key)
    with refused("AccessDeniedException", f"kms:DeleteAlias on resource: {KEYS}/{other}"):
        both.delete_alias(AliasName="alias/staging-b")
    both.delete_alias(AliasName="alias/staging-a")
    aliases = {alias["AliasName"]: alias.get("TargetKeyId") for alias in kms.list_aliases()["Aliases"]}
    assert "alias/staging-a" not in aliases
    assert aliases["alias/staging-b"] == other


def test_a_window_of_deletion_can_be_demanded(people: People, key: str, refused: Any) -> None:
    """kms:ScheduleKeyDeletionPendingWindowInDays; the default window is 30 days."""
    condition = {"NumericGreaterThanEquals": {"kms:ScheduleKeyDeletionPendingWindowInDays": "30"}}
    user = people.user("admin", allow("kms:ScheduleKeyDeletion", Condition=condition))
    with refused("AccessDeniedException"):
        user.kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert user.kms.schedule_key_deletion(KeyId=key)["PendingWindowInDays"] == 30


def test_what_does_not_exist(people: People, refused: Any) -> None:
    """Only who may learns that a key id is free; an alias that is not there has no key to be asked about."""
    free = "12345678-1234-1234-1234-123456789012"
    with refused("AccessDeniedException", f"kms:DescribeKey on resource: {KEYS}/{free}"):
        people.user("nobody").kms.describe_key(KeyId=free)
    reader = people.user("reader", allow("kms:DescribeKey"))
    for client in (reader.kms, people.user("other").kms):
        with refused("NotFoundException", "alias/none is not found"):
            client.describe_key(KeyId="alias/none")
    with refused("NotFoundException", free):
        reader.kms.describe_key(KeyId=free)


def test_the_aliases_of_aws(people: People, refused: Any) -> None:
    """Describing one gives it its key, for who may: https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html"""
    reader = people.user("reader", allow("kms:DescribeKey"))
    assert reader.kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["KeyManager"] == "AWS"
    with refused("AccessDeniedException"):
        people.user("nobody").kms.describe_key(KeyId="alias/aws/s3")


def test_symmetric_keys(people: People, kms: Any, refused: Any) -> None:
    """Decrypt takes its key from the ciphertext, and ReEncrypt needs leave on both keys.

    https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
    """
    one, two = (kms.create_key()["KeyMetadata"]["KeyId"] for _time in range(2))
    blob = kms.encrypt(KeyId=one, Plaintext=b"text")["CiphertextBlob"]
    user = people.user("reader", allow("kms:Decrypt", f"{KEYS}/{two}"), allow("kms:ReEncryptTo", f"{KEYS}/{two}"))
    with refused("AccessDeniedException", f"kms:Decrypt on resource: {KEYS}/{one}"):
        user.kms.decrypt(CiphertextBlob=blob)
    with refused("AccessDeniedException", f"kms:ReEncryptFrom on resource: {KEYS}/{one}"):
        user.kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=two)
    other = kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=two)["CiphertextBlob"]
    assert user.kms.decrypt(CiphertextBlob=other)["Plaintext"] == b"text"


@pytest.mark.parametrize("allowed", [True, False])
def test_dry_runs(people: People, kms: Any, key: str, *, allowed: bool) -> None:
    """ "DryRunOperationException" (412) for who would have been allowed, AccessDeniedException for the others.

    https://docs.aws.amazon.com/kms/latest/developerguide/testing-permissions.html
    """
    mac = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
    symmetric = kms.create_key()["KeyMetadata"]["KeyId"]
    grant = kms.create_grant(KeyId=key, GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:root", Operations=["Sign"])["GrantId"]
    signature = kms.sign(KeyId=key, **SIGNING)["Signature"]
    blob = kms.encrypt(KeyId=symmetric, Plaintext=b"text")["CiphertextBlob"]
    message_mac = kms.generate_mac(KeyId=mac, Message=b"m", MacAlgorithm="HMAC_SHA_256")["Mac"]
    user = people.user("prober", *([allow("kms:*")] if allowed else []))
    calls: dict[str, dict[str, Any]] = {
        "sign": {"KeyId": key, **SIGNING},
        "verify": {"KeyId": key, "Signature": signature, **SIGNING},
        "create_grant": {"KeyId": key, "GranteePrincipal": user.arn, "Operations": ["Sign"]},
        "revoke_grant": {"KeyId": key, "GrantId": grant},
        "generate_mac": {"KeyId": mac, "Message": b"m", "MacAlgorithm": "HMAC_SHA_256"},
        "verify_mac": {"KeyId": mac, "Message": b"m", "MacAlgorithm": "HMAC_SHA_256", "Mac": message_mac},
        "encrypt": {"KeyId": symmetric, "Plaintext": b"text"},
        "decrypt": {"CiphertextBlob": blob},
        "re_encrypt": {"CiphertextBlob": blob, "DestinationKeyId": symmetric},
        "generate_data_key": {"KeyId": symmetric, "KeySpec": "AES_256"},
        "generate_data_key_without_plaintext": {"KeyId": symmetric, "KeySpec": "AES_256"},
    }
    for name, arguments in calls.items():
        with pytest.raises(user.kms.exceptions.ClientError) as caught:
            getattr(user.kms, name)(DryRun=True, **arguments)
        told = caught.value.response
        found = (told["Error"]["Code"], told["ResponseMetadata"]["HTTPStatusCode"])
        assert found == (("DryRunOperationException", 412) if allowed else ("AccessDeniedException", 400)), name
    assert [one["GrantId"] for one in kms.list_grants(KeyId=key)["Grants"]] == [grant]
