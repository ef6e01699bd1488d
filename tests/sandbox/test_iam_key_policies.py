# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key policies and grants, and how they meet IAM policies and boundaries.

https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.people import ACCOUNT, KEYS, ROOT, SIGNING, People, Person, allow, deny, document

ADMINISTRATOR = allow("kms:*", Principal={"AWS": ROOT})


def put(kms: Any, key: str, *statements: dict[str, Any]) -> None:
    kms.put_key_policy(KeyId=key, Policy=document(*statements), BypassPolicyLockoutSafetyCheck=True)


def no_resource_policy(refused: Any, action: str = "kms:Sign") -> Any:
    return refused("AccessDeniedException", f"because no resource-based policy allows the {action} action$")


def test_without_the_account_in_the_key_policy_iam_policies_do_not_count(
    people: People, kms: Any, new_key: Any, refused: Any
) -> None:
    """ "Unless the key policy explicitly allows it, you cannot use IAM policies to allow access to a KMS key".

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    key, user, named = new_key(), people.user("watcher", allow("kms:*")), people.user("named")
    assert user.kms.sign(KeyId=key, **SIGNING)
    put(kms, key, allow(["kms:Sign", "kms:GetPublicKey"], Principal={"AWS": named.arn}))
    with no_resource_policy(refused):
        user.kms.sign(KeyId=key, **SIGNING)
    assert named.kms.sign(KeyId=key, **SIGNING)
    with no_resource_policy(refused, "kms:DescribeKey"):
        named.kms.describe_key(KeyId=key)


@pytest.mark.parametrize(
    "principal", [{"AWS": ROOT}, {"AWS": ACCOUNT}, {"AWS": ["arn:aws:iam::210987654321:root", ROOT]}]
)
def test_the_account_as_principal_lets_iam_policies_decide(
    people: People, kms: Any, new_key: Any, refused: Any, principal: Any
) -> None:
    """ "It doesn't give any IAM user permission, it enables IAM policies"; limited to what it names."""
    key = new_key()
    put(kms, key, allow("kms:Sign", Principal=principal))
    user, nobody = people.user("watcher", allow("kms:*")), people.user("nobody")
    assert user.kms.sign(KeyId=key, **SIGNING)
    with no_resource_policy(refused, "kms:GetPublicKey"):
        user.kms.get_public_key(KeyId=key)
    with refused("AccessDeniedException", "because no identity-based policy allows the kms:Sign action"):
        nobody.kms.sign(KeyId=key, **SIGNING)


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}])
def test_everybody_is_everybody(people: People, kms: Any, new_key: Any, principal: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"""
    key = new_key()
    put(kms, key, allow("kms:Sign", Principal=principal))
    assert people.user("nobody").kms.sign(KeyId=key, **SIGNING)


@pytest.mark.parametrize("named", ["user", "account", "*"])
def test_a_deny_in_the_key_policy(people: People, kms: Any, new_key: Any, refused: Any, named: str) -> None:
    """A Deny for the account is one for all its principals."""
    user, key = people.user("watcher", allow("kms:*")), new_key()
    principal = {"user": user.arn, "account": ROOT, "*": "*"}[named]
    put(kms, key, ADMINISTRATOR, deny("kms:Sign", Principal={"AWS": principal}))
    with refused("AccessDeniedException", f"{KEYS}/{key} with an explicit deny in a resource-based policy$"):
        user.kms.sign(KeyId=key, **SIGNING)
    assert user.kms.get_public_key(KeyId=key)


def test_a_deny_for_all_but_one(people: People, kms: Any, new_key: Any, refused: Any) -> None:
    """NotPrincipal with Deny: the one must be named with his account, and may have no boundary.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
    """
    one, two, key = people.user("one", allow("kms:*")), people.user("two", allow("kms:*")), new_key()
    put(kms, key, ADMINISTRATOR, {**deny("kms:Sign"), "NotPrincipal": {"AWS": [one.arn, ROOT]}})
    assert one.kms.sign(KeyId=key, **SIGNING)
    with refused("AccessDeniedException", "explicit deny in a resource-based policy"):
        two.kms.sign(KeyId=key, **SIGNING)
    all_of_kms = people.policy("all", allow("kms:*"))
    people.iam.put_user_permissions_boundary(UserName="one", PermissionsBoundary=all_of_kms)
    with refused("AccessDeniedException", "explicit deny in a resource-based policy"):
        one.kms.sign(KeyId=key, **SIGNING)


def test_aliases_have_no_effect_in_key_policies(people: People, kms: Any, new_key: Any, refused: Any) -> None:
    """ "kms:ResourceAliases is effective only in IAM policies"; other conditions are effective in both.

    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-resource-aliases
    """
    user, key = people.user("watcher"), new_key()
    kms.create_alias(AliasName="alias/a", TargetKeyId=key)
    condition = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/a"}}
    put(kms, key, allow("kms:Sign", Principal={"AWS": user.arn}, Condition=condition))
    with no_resource_policy(refused):
        user.kms.sign(KeyId="alias/a", **SIGNING)
    condition = {"StringEquals": {"kms:RequestAlias": "alias/a", "kms:MessageType": "DIGEST"}}
    put(kms, key, allow("kms:Sign", Principal={"AWS": user.arn}, Condition=condition))
    assert user.kms.sign(KeyId="alias/a", **SIGNING)
    with no_resource_policy(refused):
        user.kms.sign(KeyId=key, **SIGNING)


def test_a_key_policy_cannot_allow_what_is_about_the_alias(
    people: People, kms: Any, new_key: Any, refused: Any
) -> None:
    """ "kms:CreateAlias on the alias (IAM policy)": https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html"""
    user, key = people.user("admin"), new_key()
    put(kms, key, allow("kms:*", Principal={"AWS": user.arn}))
    with refused(
        "AccessDeniedException", "on resource: arn:aws:kms:us-west-2:123456789012:alias/a because no identity"
    ):
        user.kms.create_alias(AliasName="alias/a", TargetKeyId=key)


def session(people: People, *statements: dict[str, Any], boundary: str | None = None) -> tuple[str, Person]:
    arn = people.role("night", *statements)
    if boundary:
        people.iam.put_role_permissions_boundary(RoleName="night", PermissionsBoundary=boundary)
    return arn, people.session(arn)


def test_boundaries_and_the_resources_own_policy(people: People, kms: Any, new_key: Any, refused: Any) -> None:
    """What names a user's ARN or a session's is not limited by the boundary's silence, what names a role's ARN is.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html#access_policies_boundaries-eval-logic
    """
    boundary = people.policy("boundary", allow("kms:GetPublicKey"))
    user, key = people.user("watcher"), new_key()
    people.iam.put_user_permissions_boundary(UserName="watcher", PermissionsBoundary=boundary)
    role, night = session(people, boundary=boundary)
    put(kms, key, allow("kms:*", Principal={"AWS": [user.arn, role]}))
    assert user.kms.sign(KeyId=key, **SIGNING)
    assert night.kms.get_public_key(KeyId=key)
    with refused("AccessDeniedException", "because no permissions boundary allows the kms:Sign action"):
        night.kms.sign(KeyId=key, **SIGNING)
    put(kms, key, allow("kms:*", Principal={"AWS": night.arn}))
    assert night.kms.sign(KeyId=key, **SIGNING)
    people.iam.create_policy_version(PolicyArn=boundary, PolicyDocument=document(deny("kms:Sign")), SetAsDefault=True)
    with refused("AccessDeniedException", "with an explicit deny in a permissions boundary$"):
        night.kms.sign(KeyId=key, **SIGNING)


def test_a_grant_allows_its_operations_to_its_grantee(people: People, kms: Any, new_key: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/kms/latest/developerguide/grants.html"""
    user, other, key = people.user("operator"), people.user("other"), new_key()
    put(kms, key, allow("kms:*", Principal={"AWS": "arn:aws:iam::210987654321:root"}))
    grant = kms.create_grant(KeyId=key, GranteePrincipal=user.arn, Operations=["Sign", "GetPublicKey"])["GrantId"]
    assert user.kms.sign(KeyId=key, **SIGNING)
    assert user.kms.get_public_key(KeyId=key)
    with no_resource_policy(refused, "kms:DescribeKey"):
        user.kms.describe_key(KeyId=key)
    with no_resource_policy(refused):
        other.kms.sign(KeyId=key, **SIGNING)
    put(kms, key, deny("kms:Sign", Principal="*"))
    with refused("AccessDeniedException", "explicit deny in a resource-based policy"):
        user.kms.sign(KeyId=key, **SIGNING)
    put(kms, key, ADMINISTRATOR)
    kms.revoke_grant(KeyId=key, GrantId=grant)
    with refused("AccessDeniedException", "because no identity-based policy"):
        user.kms.sign(KeyId=key, **SIGNING)


def test_a_grant_for_a_role_is_one_for_its_sessions(people: People, kms: Any, new_key: Any) -> None:
    role, night = session(people)
    key = new_key()
    kms.create_grant(KeyId=key, GranteePrincipal=role, Operations=["Sign"])
    assert night.kms.sign(KeyId=key, **SIGNING)


def test_who_may_create_grants(people: People, new_key: Any, refused: Any) -> None:
    """kms:GrantOperations: https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html"""
    key = new_key()
    condition = {"ForAllValues:StringEquals": {"kms:GrantOperations": ["GetPublicKey"]}}
    user = people.user("admin", allow("kms:CreateGrant", Condition=condition))
    assert user.kms.create_grant(KeyId=key, GranteePrincipal=user.arn, Operations=["GetPublicKey"])
    with refused("AccessDeniedException", "kms:CreateGrant"):
        user.kms.create_grant(KeyId=key, GranteePrincipal=user.arn, Operations=["GetPublicKey", "Sign"])


def test_who_may_retire_a_grant(people: People, kms: Any, new_key: Any, refused: Any) -> None:
    """ "The grant determines who can retire it", and "the kms:RetireGrant permission alone does not allow" it.

    https://docs.aws.amazon.com/kms/latest/developerguide/grant-delete.html
    """
    key = new_key()
    admin, grantee, retiring = people.user("admin", allow("kms:*")), people.user("grantee"), people.user("retiring")

    def grant(*operations: str) -> dict[str, str]:
        principals = {"GranteePrincipal": grantee.arn, "RetiringPrincipal": retiring.arn}
        made = kms.create_grant(KeyId=key, Operations=["Sign", *operations], **principals)
        return {"KeyId": key, "GrantId": made["GrantId"]}

    first = grant()
    for person in (admin, grantee):
        with refused("AccessDeniedException", "kms:RetireGrant"):
            person.kms.retire_grant(**first)
    with refused("DryRunOperationException"):
        retiring.kms.retire_grant(DryRun=True, **first)
    retiring.kms.retire_grant(**first)
    grantee.kms.retire_grant(**grant("RetireGrant"))
    assert kms.list_grants(KeyId=key)["Grants"] == []


def test_nobody_locks_himself_out(people: People, new_key: Any, refused: Any) -> None:
    """ "The key policy must allow the calling principal to make a subsequent PutKeyPolicy request": where it hands that
    to IAM policies, the caller must have one.

    https://docs.aws.amazon.com/kms/latest/developerguide/create-keys.html#create-key-permissions
    """
    key = new_key()
    person = people.user("admin", allow(["kms:CreateKey", "kms:PutKeyPolicy"], "*"))
    person.kms.put_key_policy(KeyId=key, Policy=document(ADMINISTRATOR))
    weak = people.user("weak", allow("kms:CreateKey"))
    policy = document(ADMINISTRATOR)
    with refused("MalformedPolicyDocumentException", "will not allow you to update the key policy"):
        weak.kms.create_key(Policy=policy)
    assert weak.kms.create_key(Policy=policy, BypassPolicyLockoutSafetyCheck=True)
    assert person.kms.create_key(Policy=policy)
    assert weak.kms.create_key()


def test_keys_of_other_accounts(people: People, aws: Any, other_account: Any, refused: Any) -> None:
    """Not even its existence is told: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html"""
    arn = aws("kms", credentials=other_account).create_key()["KeyMetadata"]["Arn"]
    for user in (people.user("nobody"), people.user("admin", allow("kms:*", f"arn:aws:kms:*:{ACCOUNT}:*"))):
        with refused("AccessDeniedException", f"kms:DescribeKey on resource: {arn}"):
            user.kms.describe_key(KeyId=arn)
