# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose credentials count: access keys, sessions of roles, and those of nobody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from sandbox.client import REGION, Sandbox
from tests.sandbox.people import ACCOUNT, ROOT, SIGNING, People, allow, deny, document, token


def statuses(client: Any, call: str, **arguments: Any) -> tuple[str, int]:
    with pytest.raises(client.exceptions.ClientError) as caught:
        getattr(client, call)(**arguments)
    told = caught.value.response
    return told["Error"]["Code"], told["ResponseMetadata"]["HTTPStatusCode"]


def assert_nobody(person: Any) -> None:
    """The codes of https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html, and of the query protocol."""
    assert statuses(person.kms, "list_keys") == ("UnrecognizedClientException", 400)
    assert statuses(person.client("secretsmanager"), "list_secrets") == ("UnrecognizedClientException", 400)
    assert statuses(person.client("sts"), "get_caller_identity") == ("InvalidClientTokenId", 403)
    assert statuses(person.client("iam"), "list_users") == ("InvalidClientTokenId", 403)


def test_an_inactive_access_key(people: People) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id-credentials-access-keys-update.html"""
    user = people.user("watcher", allow("*"))
    change = {"UserName": "watcher", "AccessKeyId": user.access_key}
    people.iam.update_access_key(Status="Inactive", **change)
    assert_nobody(user)
    people.iam.update_access_key(Status="Active", **change)
    assert user.kms.list_keys()["Keys"] == []
    assert statuses(people.iam, "update_access_key", Status="Sleepy", **change)[0] == "ValidationError"


def test_a_deleted_access_key(people: People) -> None:
    user = people.user("watcher", allow("*"))
    other = people.new_key("watcher")
    people.iam.delete_access_key(UserName="watcher", AccessKeyId=user.access_key)
    assert_nobody(user)
    user.credentials = other
    assert user.kms.list_keys()["Keys"] == []


def test_a_deleted_user(people: People, refused: Any) -> None:
    """AWS lets nobody delete a user who has access keys; afterwards there is none left that would work.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html
    """
    user = people.user("watcher")
    with refused("DeleteConflict", "must delete access keys first"):
        people.iam.delete_user(UserName="watcher")
    people.iam.delete_access_key(UserName="watcher", AccessKeyId=user.access_key)
    people.iam.delete_user(UserName="watcher")
    assert_nobody(user)
    people.user("watcher", allow("*"))
    assert_nobody(user)


def test_a_renamed_user_keeps_key_policies_and_tags(people: People) -> None:
    user = people.user("watcher", allow("kms:ListKeys", Condition={"StringEquals": {"aws:username": "guard"}}))
    people.iam.tag_user(UserName="watcher", Tags=[{"Key": "a", "Value": "1"}])
    people.iam.update_user(UserName="watcher", NewUserName="guard", NewPath="/agents/")
    assert user.kms.list_keys()["Keys"] == []
    assert user.client("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/agents/guard"
    assert people.iam.list_user_tags(UserName="guard")["Tags"] == [{"Key": "a", "Value": "1"}]


def test_the_last_use_is_noted_without_enforcement_too(sandbox: Sandbox, aws: Any) -> None:
    people = People(aws)
    user = people.user("watcher")
    for service, call in (("kms", "list_keys"), ("secretsmanager", "list_secrets"), ("sts", "get_caller_identity")):
        getattr(user.client(service), call)()
        found = people.iam.get_access_key_last_used(AccessKeyId=user.access_key)
        assert found["AccessKeyLastUsed"]["ServiceName"] == service


def test_without_enforcement_deleted_and_inactive_keys_are_the_administrators(sandbox: Sandbox, aws: Any) -> None:
    """The sandbox's own default, as for all credentials."""
    people = People(aws)
    user = people.user("watcher")
    people.iam.delete_access_key(UserName="watcher", AccessKeyId=user.access_key)
    assert user.kms.list_keys()["Keys"] == []


def test_the_last_use_of_a_key_is_noted(people: People) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html"""
    user = people.user("watcher")
    begun = datetime.now(UTC) - timedelta(seconds=2)

    def last_used() -> dict[str, Any]:
        found = people.iam.get_access_key_last_used(AccessKeyId=user.access_key)
        assert found["UserName"] == "watcher"
        return dict(found["AccessKeyLastUsed"])

    assert last_used() == {"Region": "N/A", "ServiceName": "N/A"}
    calls = (("kms", "list_keys"), ("secretsmanager", "list_secrets"))
    for service, call in calls:
        assert statuses(user.client(service), call)[0] == "AccessDeniedException"
        used = last_used()
        assert (used["ServiceName"], used["Region"]) == (service, REGION)
        assert used["LastUsedDate"] >= begun
    user.client("sts").get_caller_identity()
    assert last_used()["ServiceName"] == "sts"
    people.iam.update_access_key(UserName="watcher", AccessKeyId=user.access_key, Status="Inactive")
    assert statuses(user.kms, "list_keys")[0] == "UnrecognizedClientException"
    assert last_used()["ServiceName"] == "sts"


def test_a_session_has_its_roles_policies(people: People, new_key: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html"""
    key = new_key()
    role = people.role("operator", allow("kms:Sign"))
    holder = people.session(role, "night")
    assert holder.kms.sign(KeyId=key, **SIGNING)
    text = f"User: arn:aws:sts::{ACCOUNT}:assumed-role/operator/night is not authorized to perform: kms:GetPublicKey"
    with refused("AccessDeniedException", text):
        holder.kms.get_public_key(KeyId=key)
    condition = {"ArnEquals": {"aws:PrincipalArn": role}}
    people.iam.put_role_policy(
        RoleName="operator", PolicyName="own", PolicyDocument=document(allow("kms:GetPublicKey", Condition=condition))
    )
    assert holder.kms.get_public_key(KeyId=key)
    with refused("AccessDeniedException", "kms:Sign"):
        holder.kms.sign(KeyId=key, **SIGNING)
    people.iam.delete_role_policy(RoleName="operator", PolicyName="own")
    people.iam.delete_role(RoleName="operator")
    assert_nobody(holder)


def test_a_session_policy_limits_the_session(people: People, new_key: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session"""
    key = new_key()
    role = people.role("operator", allow("kms:*"))
    holder = people.session(role, Policy=document(allow("kms:GetPublicKey"), deny("kms:ListKeys")))
    assert holder.kms.get_public_key(KeyId=key)
    with refused("AccessDeniedException", "because no session policy allows the kms:Sign action"):
        holder.kms.sign(KeyId=key, **SIGNING)
    with refused("AccessDeniedException", "with an explicit deny in a session policy"):
        holder.kms.list_keys()


def test_who_may_assume_a_role(people: People, refused: Any) -> None:
    """In one account a trust policy that names the user is enough; one that names the account needs his policies too.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    one, two = people.user("one"), people.user("two", allow("sts:AssumeRole"))
    role = people.role("r", trust={"Effect": "Allow", "Principal": {"AWS": one.arn}, "Action": "sts:AssumeRole"})
    assert people.session(role, caller=one)
    text = f"User: {two.arn} is not authorized to perform: sts:AssumeRole on resource: {role}"
    with refused("AccessDenied", text):
        people.session(role, caller=two)
    wanted = {"StringEquals": {"sts:ExternalId": "long-and-odd-external-id"}}
    trust = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "sts:AssumeRole", "Condition": wanted}
    people.iam.update_assume_role_policy(RoleName="r", PolicyDocument=document(trust))
    with refused("AccessDenied", text):
        people.session(role, caller=two)
    assert people.session(role, caller=two, ExternalId="long-and-odd-external-id")
    with refused("AccessDenied", f"User: {one.arn}"):
        people.session(role, caller=one, ExternalId="long-and-odd-external-id")
    with refused("AccessDenied", "role/none"):
        people.session(f"arn:aws:iam::{ACCOUNT}:role/none", caller=two)


def test_a_role_of_another_account(people: People, aws: Any, other_account: Any, refused: Any) -> None:
    """Both accounts must allow it, and the session is the other account's.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
    """
    visitor, stranger = people.user("visitor", allow("sts:AssumeRole")), people.user("stranger")
    trust = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "sts:AssumeRole"}
    there = aws("iam", credentials=other_account)
    role = there.create_role(RoleName="party", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    with refused("AccessDenied"):
        people.session(role, caller=stranger)
    holder = people.session(role, caller=visitor)
    assert holder.client("sts").get_caller_identity()["Account"] == "222222222222"
    with refused("AccessDeniedException", "assumed-role/party/night"):
        holder.kms.list_keys()
    there.put_role_policy(RoleName="party", PolicyName="p", PolicyDocument=document(allow("kms:ListKeys")))
    assert holder.kms.list_keys()["Keys"] == []


ISSUER = "oidc.example.net/id/CLUSTER"
SUBJECT = "system:serviceaccount:agents:watcher"


def test_a_service_account_assumes_its_role(people: People, server: Sandbox, refused: Any) -> None:
    """The trust policy sees the token's claims.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html and
    https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html
    """
    provider = people.iam.create_open_id_connect_provider(
        Url=f"https://{ISSUER}", ClientIDList=["sts.amazonaws.com"], ThumbprintList=["a" * 40]
    )["OpenIDConnectProviderArn"]
    role = people.role(
        "pod",
        allow("kms:ListKeys"),
        trust={
            "Effect": "Allow",
            "Principal": {"Federated": provider},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{ISSUER}:sub": SUBJECT, f"{ISSUER}:aud": "sts.amazonaws.com"}},
        },
    )
    sts = boto3.client("sts", endpoint_url=server.url, region_name=REGION, config=Config(signature_version=UNSIGNED))
    good = {"iss": f"https://{ISSUER}", "sub": SUBJECT, "aud": ["sts.amazonaws.com"]}

    def assume(token_text: str) -> Any:
        return sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="pod", WebIdentityToken=token_text)

    holder = people.holder(assume(token(**good)))
    assert holder.kms.list_keys()["Keys"] == []
    with refused("AccessDeniedException", "assumed-role/pod/pod"):
        holder.kms.list_aliases()
    with refused("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"):
        assume(token(**{**good, "sub": "system:serviceaccount:agents:other"}))
    with refused("InvalidIdentityToken", "audience"):
        assume(token(**{**good, "aud": "other"}))
    with refused("InvalidIdentityToken", "No OpenIDConnect provider"):
        assume(token(**{**good, "iss": "https://elsewhere.example.net"}))
    with refused("InvalidIdentityToken", "not a valid JWT"):
        assume("no token at all")
    sts.close()


def test_credentials_that_moto_gives_to_nobody_in_particular_are_refused(people: People, refused: Any) -> None:
    """The sandbox's own rule: those of GetSessionToken would be an administrator's."""
    user = people.user("watcher", allow("*"))
    with refused("SandboxNotImplemented"):
        user.client("sts").get_session_token()
    assert user.client("sts").get_caller_identity()["Arn"] == user.arn
