# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM's own rules and quotas.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html and
https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from sandbox.client import Sandbox
from tests.sandbox.people import ACCOUNT, ROOT, allow, document

HOME = f"arn:aws:iam::{ACCOUNT}"
TRUST = document({"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "sts:AssumeRole"})
ANY = document(allow("kms:ListKeys"))


@pytest.fixture
def iam(sandbox: Any, aws: Any) -> Any:
    return aws("iam")


def of_size(size: int) -> str:
    """A document of so many characters, white space aside."""
    empty = len("".join(document(allow("kms:ListKeys", Sid="")).split()))
    return document(allow("kms:ListKeys", Sid="x" * (size - empty)))


def conflict(client: Any, call: str, **arguments: Any) -> tuple[str, int]:
    with pytest.raises(client.exceptions.ClientError) as caught:
        getattr(client, call)(**arguments)
    told = caught.value.response
    return told["Error"]["Code"], told["ResponseMetadata"]["HTTPStatusCode"]


def test_a_managed_policy_has_6144_characters(iam: Any, refused: Any) -> None:
    """ "IAM doesn't count white space"."""
    arn = iam.create_policy(PolicyName="p", PolicyDocument=of_size(6144))["Policy"]["Arn"]
    spaced = json.dumps(json.loads(of_size(6144)), indent=40)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=spaced)
    assert conflict(iam, "create_policy", PolicyName="q", PolicyDocument=of_size(6145)) == ("LimitExceeded", 409)
    with refused("LimitExceeded", "Cannot exceed quota for PolicySize: 6144"):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=of_size(6145))


@pytest.mark.parametrize(("kind", "most"), [("user", 2048), ("group", 5120), ("role", 10240)])
def test_inline_policies_share_a_size(iam: Any, refused: Any, kind: str, most: int) -> None:
    name = {f"{kind.capitalize()}Name": "one"}
    trust = {"AssumeRolePolicyDocument": TRUST} if kind == "role" else {}
    getattr(iam, f"create_{kind}")(**name, **trust)
    put = getattr(iam, f"put_{kind}_policy")
    put(PolicyName="a", PolicyDocument=of_size(most - 500), **name)
    put(PolicyName="b", PolicyDocument=of_size(500), **name)
    with refused("LimitExceeded", f"Maximum policy size of {most} bytes exceeded for {kind} one"):
        put(PolicyName="b", PolicyDocument=of_size(501), **name)
    put(PolicyName="a", PolicyDocument=of_size(most - 501), **name)
    put(PolicyName="b", PolicyDocument=of_size(501), **name)


def test_a_trust_policy_has_2048_characters(iam: Any, refused: Any) -> None:
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    statements = json.loads(TRUST)["Statement"]
    long = json.dumps({"Version": "2012-10-17", "Statement": [{**statements[0], "Sid": "x" * 2000}]})
    for call in (
        lambda: iam.update_assume_role_policy(RoleName="r", PolicyDocument=long),
        lambda: iam.create_role(RoleName="q", AssumeRolePolicyDocument=long),
    ):
        with refused("LimitExceeded", "ACLSizePerRole: 2048"):
            call()


@pytest.mark.parametrize("kind", ["user", "group", "role"])
def test_ten_policies_are_attached_at_most(iam: Any, refused: Any, kind: str) -> None:
    name = {f"{kind.capitalize()}Name": "one"}
    trust = {"AssumeRolePolicyDocument": TRUST} if kind == "role" else {}
    getattr(iam, f"create_{kind}")(**name, **trust)
    attach, detach = getattr(iam, f"attach_{kind}_policy"), getattr(iam, f"detach_{kind}_policy")
    arns = [iam.create_policy(PolicyName=f"p{n}", PolicyDocument=ANY)["Policy"]["Arn"] for n in range(11)]
    for arn in arns[:10]:
        attach(PolicyArn=arn, **name)
    attach(PolicyArn=arns[0], **name)
    assert iam.get_policy(PolicyArn=arns[0])["Policy"]["AttachmentCount"] == 1
    with refused("LimitExceeded", f"Cannot exceed quota for PoliciesPer{kind.capitalize()}: 10"):
        attach(PolicyArn=arns[10], **name)
    detach(PolicyArn=arns[0], **name)
    attach(PolicyArn=arns[10], **name)
    with refused("NoSuchEntity", "does not exist or is not attachable"):
        attach(PolicyArn=f"{HOME}:policy/none", **name)


def test_ten_groups_a_user(iam: Any, refused: Any) -> None:
    iam.create_user(UserName="u")
    for number in range(11):
        iam.create_group(GroupName=f"g{number}")
    for number in range(10):
        iam.add_user_to_group(GroupName=f"g{number}", UserName="u")
    iam.add_user_to_group(GroupName="g0", UserName="u")
    with refused("LimitExceeded", "Cannot exceed quota for GroupsPerUser: 10"):
        iam.add_user_to_group(GroupName="g10", UserName="u")


def test_two_access_keys_a_user(iam: Any) -> None:
    iam.create_user(UserName="u")
    keys = [iam.create_access_key(UserName="u")["AccessKey"]["AccessKeyId"] for _time in range(2)]
    iam.update_access_key(UserName="u", AccessKeyId=keys[0], Status="Inactive")
    assert conflict(iam, "create_access_key", UserName="u") == ("LimitExceeded", 409)
    iam.delete_access_key(UserName="u", AccessKeyId=keys[0])
    assert iam.create_access_key(UserName="u")
    assert conflict(iam, "delete_access_key", UserName="u", AccessKeyId=keys[0]) == ("NoSuchEntity", 404)


def test_names_are_not_distinguished_by_case(iam: Any) -> None:
    """ "Names are not distinguished by case. For example, you cannot create users named both TESTUSER and testuser"."""
    iam.create_user(UserName="name")
    iam.create_group(GroupName="name")
    iam.create_role(RoleName="name", AssumeRolePolicyDocument=TRUST)
    iam.create_policy(PolicyName="name", PolicyDocument=ANY)
    iam.create_user(UserName="other")
    taken = ("EntityAlreadyExists", 409)
    assert conflict(iam, "create_user", UserName="Name") == taken
    assert conflict(iam, "create_group", GroupName="NAME") == taken
    assert conflict(iam, "create_role", RoleName="naME", AssumeRolePolicyDocument=TRUST) == taken
    assert conflict(iam, "create_policy", PolicyName="Name", Path="/other/", PolicyDocument=ANY) == taken
    assert conflict(iam, "update_user", UserName="other", NewUserName="NAME") == taken


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("create_user", {"UserName": "u" * 65}),
        ("create_user", {"UserName": "a b"}),
        ("create_user", {"UserName": "u", "Path": "agents/"}),
        ("create_group", {"GroupName": "g" * 129}),
        ("create_role", {"RoleName": "r" * 65, "AssumeRolePolicyDocument": TRUST}),
        ("create_policy", {"PolicyName": "p/q", "PolicyDocument": ANY}),
    ],
)
def test_names_and_paths(sandbox: Any, aws: Any, call: str, arguments: dict[str, str]) -> None:
    assert conflict(aws("iam", checked=False), call, **arguments) == ("ValidationError", 400)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nope", "Syntax errors in policy"),
        ("{}", "Syntax errors in policy"),
        (document(), "Syntax errors in policy"),
        (document(allow("kms:Sign"), version="2008-10-17"), "must be version 2012-10-17 or greater"),
        (document({"Effect": "Allow", "Action": "kms:Sign"}), "must contain resources"),
        (document({"Effect": "Allow", "Resource": "*"}), "must contain actions"),
        (document(allow("Sign")), "must be prefaced by a vendor"),
        (document(allow("kms:Sign", "alias/x")), "must be in ARN format"),
        (document(allow("kms:Sign", Principal="*")), "should not specify a principal"),
        (document(allow("kms:Sign", Condition={"StringIs": {"a:b": "c"}})), "Syntax errors in policy"),
        (document(allow("kms:Sign", Sid="nomad-staging")), "must be alpha-numeric"),
        (document(allow("kms:Sign", Sid="a"), allow("kms:Verify", Sid="a")), "must be unique"),
    ],
)
def test_malformed_policies(iam: Any, refused: Any, text: str, message: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html"""
    iam.create_user(UserName="u")
    iam.create_group(GroupName="g")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    for call in (
        lambda: iam.create_policy(PolicyName="p", PolicyDocument=text),
        lambda: iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=text),
        lambda: iam.put_group_policy(GroupName="g", PolicyName="p", PolicyDocument=text),
        lambda: iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=text),
    ):
        with refused("MalformedPolicyDocument", message):
            call()


@pytest.mark.parametrize(
    "text",
    [
        "nope",
        "{}",
        ANY,
        document({"Effect": "Allow", "Action": "sts:AssumeRole"}),
        document({"Effect": "Allow", "Principal": {"AWS": f"{HOME}:user/nobody"}, "Action": "sts:AssumeRole"}),
        document({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:Sign"}),
    ],
)
def test_malformed_trust_policies(iam: Any, refused: Any, text: str) -> None:
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    with refused("MalformedPolicyDocument"):
        iam.create_role(RoleName="q", AssumeRolePolicyDocument=text)
    with refused("MalformedPolicyDocument"):
        iam.update_assume_role_policy(RoleName="r", PolicyDocument=text)


def test_what_is_in_use_cannot_be_deleted(iam: Any, refused: Any) -> None:
    """DeleteConflict: API_DeleteGroup.html, API_DeleteUser.html, API_DeletePolicy.html, API_DeleteRole.html"""
    arn = iam.create_policy(PolicyName="p", PolicyDocument=ANY)["Policy"]["Arn"]
    bound = iam.create_policy(PolicyName="b", PolicyDocument=ANY)["Policy"]["Arn"]
    iam.create_user(UserName="u", PermissionsBoundary=bound)
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="u")
    iam.attach_group_policy(GroupName="g", PolicyArn=arn)
    iam.put_group_policy(GroupName="g", PolicyName="i", PolicyDocument=ANY)
    with refused("DeleteConflict", "must remove users from group first"):
        iam.delete_group(GroupName="g")
    with refused("DeleteConflict", "must remove users from group first"):
        iam.delete_user(UserName="u")
    with refused("DeleteConflict", "attached to entities"):
        iam.delete_policy(PolicyArn=arn)
    with refused("DeleteConflict", "attached to entities"):
        iam.delete_policy(PolicyArn=bound)
    iam.remove_user_from_group(GroupName="g", UserName="u")
    with refused("DeleteConflict", "must detach all policies first"):
        iam.delete_group(GroupName="g")
    iam.detach_group_policy(GroupName="g", PolicyArn=arn)
    with refused("DeleteConflict", "must delete policies first"):
        iam.delete_group(GroupName="g")
    iam.delete_group_policy(GroupName="g", PolicyName="i")
    iam.delete_group(GroupName="g")
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=ANY, SetAsDefault=True)
    with refused("DeleteConflict", "more than one version"):
        iam.delete_policy(PolicyArn=arn)
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    iam.delete_policy(PolicyArn=arn)
    iam.delete_user(UserName="u")
    iam.delete_policy(PolicyArn=bound)


def policies(iam: Any, **what: str) -> int:
    return sum(len(some["Policies"]) for some in iam.get_paginator("list_policies").paginate(**what))


def test_all_policies_are_those_of_aws_too_if_that_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
    with Sandbox.start() as sandbox:
        assert policies(boto3.client("iam", **sandbox.boto3_arguments())) > 1000


def test_aws_has_policies_of_its_own(iam: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html"""
    iam.create_group(GroupName="g")
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    iam.attach_group_policy(GroupName="g", PolicyArn=arn)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 1
    assert iam.list_policies(Scope="Local")["Policies"] == []
    assert [one["Arn"] for one in iam.list_policies(OnlyAttached=True)["Policies"]] == [arn]
    assert [one["Arn"] for one in iam.list_policies()["Policies"]] == [arn]
    assert policies(iam, Scope="AWS") > 1000
    with refused("NoSuchEntity"):
        iam.attach_group_policy(GroupName="g", PolicyArn="arn:aws:iam::aws:policy/NobodyAccess")
    with refused("NoSuchEntity"):
        iam.create_user(UserName="u", PermissionsBoundary=f"{HOME}:policy/none")


@pytest.fixture
def account(iam: Any) -> dict[str, str]:
    """An account with one of everything; a percent sign in a document must survive its encoding."""
    arns = {}
    odd = document(allow("kms:Sign", Condition={"StringEquals": {"aws:PrincipalTag/x": "a%2Bb+c"}}))
    arns["document"] = odd
    arns["own"] = iam.create_policy(PolicyName="own", Path="/agents/", PolicyDocument=ANY)["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=arns["own"], PolicyDocument=odd, SetAsDefault=True)
    arns["bound"] = iam.create_policy(PolicyName="bound", PolicyDocument=ANY)["Policy"]["Arn"]
    arns["aws"] = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"
    tags = [{"Key": "environment", "Value": "staging"}]
    iam.create_user(UserName="u", Path="/agents/", Tags=tags, PermissionsBoundary=arns["bound"])
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="u")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST, Tags=tags, PermissionsBoundary=arns["bound"])
    iam.put_user_policy(UserName="u", PolicyName="i", PolicyDocument=odd)
    iam.put_group_policy(GroupName="g", PolicyName="i", PolicyDocument=odd)
    iam.put_role_policy(RoleName="r", PolicyName="i", PolicyDocument=odd)
    iam.attach_user_policy(UserName="u", PolicyArn=arns["own"])
    iam.attach_group_policy(GroupName="g", PolicyArn=arns["own"])
    iam.attach_role_policy(RoleName="r", PolicyArn=arns["aws"])
    iam.create_user(UserName="bare")
    return arns


def test_the_whole_account_at_once(iam: Any, account: dict[str, str]) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html"""
    told = iam.get_account_authorization_details()
    odd = json.loads(account["document"])
    inline = [{"PolicyName": "i", "PolicyDocument": odd}]
    own = [{"PolicyName": "own", "PolicyArn": account["own"]}]
    boundary = {"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": account["bound"]}
    tags = [{"Key": "environment", "Value": "staging"}]
    bare, user = told["UserDetailList"]
    assert user.pop("UserId").startswith("AIDA")
    assert user.pop("CreateDate")
    assert user == {
        "UserName": "u",
        "Path": "/agents/",
        "Arn": f"{HOME}:user/agents/u",
        "GroupList": ["g"],
        "UserPolicyList": inline,
        "AttachedManagedPolicies": own,
        "PermissionsBoundary": boundary,
        "Tags": tags,
    }
    assert bare["UserName"] == "bare"
    assert not {"PermissionsBoundary", "Tags"} & set(bare)
    (group,) = told["GroupDetailList"]
    assert group["GroupId"].startswith("AGPA")
    assert (group["GroupName"], group["Arn"]) == ("g", f"{HOME}:group/g")
    assert (group["GroupPolicyList"], group["AttachedManagedPolicies"]) == (inline, own)
    (role,) = told["RoleDetailList"]
    assert role["RoleId"].startswith("AROA")
    assert (role["RoleName"], role["Arn"], role["Path"]) == ("r", f"{HOME}:role/r", "/")
    assert role["AssumeRolePolicyDocument"] == json.loads(TRUST)
    assert (role["RolePolicyList"], role["Tags"], role["PermissionsBoundary"]) == (inline, tags, boundary)
    assert [one["PolicyArn"] for one in role["AttachedManagedPolicies"]] == [account["aws"]]
    policies = {policy["Arn"]: policy for policy in told["Policies"]}
    assert set(policies) == {account["own"], account["bound"], account["aws"]}
    policy = policies[account["own"]]
    assert (policy["PolicyName"], policy["Path"], policy["DefaultVersionId"]) == ("own", "/agents/", "v2")
    assert (policy["AttachmentCount"], policy["PermissionsBoundaryUsageCount"]) == (2, 0)
    assert policies[account["bound"]]["PermissionsBoundaryUsageCount"] == 2
    versions = {one["VersionId"]: one for one in policy["PolicyVersionList"]}
    assert [versions[one]["IsDefaultVersion"] for one in ("v1", "v2")] == [False, True]
    assert versions["v2"]["Document"] == odd
    (only,) = policies[account["aws"]]["PolicyVersionList"]
    assert only["Document"]["Statement"]
    assert told["IsTruncated"] is False


def test_the_account_by_kinds(iam: Any, account: dict[str, str]) -> None:
    lists = {"User": "UserDetailList", "Group": "GroupDetailList", "Role": "RoleDetailList"}
    for kind, name in lists.items():
        told = iam.get_account_authorization_details(Filter=[kind])
        assert {one for one in (*lists.values(), "Policies") if told[one]} == {name}
    local = iam.get_account_authorization_details(Filter=["LocalManagedPolicy"])["Policies"]
    assert {one["PolicyName"] for one in local} == {"own", "bound"}
    both = iam.get_account_authorization_details(Filter=["AWSManagedPolicy", "Group"])
    assert [one["Arn"] for one in both["Policies"]] == [account["aws"]]
    assert len(both["GroupDetailList"]) == 1


def test_the_account_in_pages(iam: Any, account: dict[str, str], refused: Any) -> None:
    """MaxItems counts entities of all kinds; the default is 100."""
    names = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
    marker: dict[str, str] = {}
    sizes, arns = [], []
    while True:
        told = iam.get_account_authorization_details(MaxItems=2, **marker)
        sizes.append(sum(len(told[name]) for name in names))
        arns += [one["Arn"] for name in names for one in told[name]]
        if not told["IsTruncated"]:
            break
        marker = {"Marker": told["Marker"]}
    assert (sizes, len(set(arns))) == ([2, 2, 2, 1], 7)
    for number in range(120):
        iam.create_user(UserName=f"user-{number}")
    first = iam.get_account_authorization_details(Filter=["User"])
    assert (len(first["UserDetailList"]), first["IsTruncated"]) == (100, True)
    assert len(iam.list_users()["Users"]) == 100
    assert sum(len(some["Users"]) for some in iam.get_paginator("list_users").paginate()) == 122
    with refused("ValidationError", "Marker"):
        iam.get_account_authorization_details(Marker="nonsense")


def test_documents_survive_wherever_they_are_read(iam: Any, account: dict[str, str]) -> None:
    """ "URL-encoded compliant with RFC 3986": API_GetPolicyVersion.html"""
    odd = json.loads(account["document"])
    version = iam.get_policy_version(PolicyArn=account["own"], VersionId="v2")["PolicyVersion"]
    assert (version["Document"], version["IsDefaultVersion"]) == (odd, True)
    assert iam.get_user_policy(UserName="u", PolicyName="i")["PolicyDocument"] == odd
    assert iam.get_group_policy(GroupName="g", PolicyName="i")["PolicyDocument"] == odd
    assert iam.get_role_policy(RoleName="r", PolicyName="i")["PolicyDocument"] == odd
    wanted = {"StringEquals": {"sts:ExternalId": "a%2Bb+c"}}
    trust = document({"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "sts:AssumeRole", "Condition": wanted})
    iam.update_assume_role_policy(RoleName="r", PolicyDocument=trust)
    assert iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"] == json.loads(trust)
    (role,) = iam.list_roles()["Roles"]
    assert role["AssumeRolePolicyDocument"] == json.loads(trust)
    (told,) = iam.get_account_authorization_details(Filter=["Role"])["RoleDetailList"]
    assert told["AssumeRolePolicyDocument"] == json.loads(trust)


def test_a_user_without_service_credentials_has_an_empty_list_of_them(iam: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListServiceSpecificCredentials.html"""
    iam.create_user(UserName="somebody")
    assert iam.list_service_specific_credentials(UserName="somebody")["ServiceSpecificCredentials"] == []
    assert conflict(iam, "list_service_specific_credentials", UserName="nobody") == ("NoSuchEntity", 404)
