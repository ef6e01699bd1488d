# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who else of the account has rights on the keys, by IAM and by roles, and how access_matrix_info tells it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.client import ACCOUNT_ID, REGION, Sandbox
from tests.module.access_matrix_world import (
    ACME,
    OTHER_ACCOUNT,
    SIGNER,
    WATCHER,
    Account,
    allow,
    differences,
    kinds,
    only,
    row,
    trust,
    wanted,
)
from tests.module.conftest import RunModule

MALLORY = f"arn:aws:iam::{ACCOUNT_ID}:user/mallory"


@pytest.fixture
def account(sandbox: Sandbox, aws: Callable[..., Any], run_module: RunModule) -> Account:
    made = Account(sandbox, aws, run_module, wanted())
    made.make()
    return made


@pytest.mark.parametrize(
    ("actions", "kind", "text"),
    [
        (["kms:CreateAlias", "kms:UpdateAlias"], "manages_aliases", "may manage the aliases of all 7 keys"),
        (["kms:DeleteAlias"], "manages_aliases", "may manage the aliases of all 7 keys (kms:DeleteAlias)"),
        (["kms:PutKeyPolicy"], "comes_to_sign", "may come to sign with all 7 keys (kms:PutKeyPolicy)"),
        (["kms:CreateGrant"], "comes_to_sign", "may come to sign with all 7 keys (kms:CreateGrant)"),
        (["kms:ReplicateKey"], "comes_to_sign", "may come to sign with all 7 keys (kms:ReplicateKey)"),
        (["kms:ScheduleKeyDeletion"], "administers_keys", "may administer all 7 keys (kms:ScheduleKeyDeletion)"),
        (["kms:TagResource"], "administers_keys", "may administer all 7 keys (kms:TagResource)"),
    ],
)
def test_who_administers_keys_without_being_named(account: Account, actions: list[str], kind: str, text: str) -> None:
    account.make_user("mallory", allow(actions))
    result = account.verify()
    assert kinds(result) == [kind]
    told = only(
        result, kind, f"The user mallory {text}", "only kms-admin and the account's administrators may", "by-hand"
    )
    assert "signer_iam_administrators" in told["where_to_change"]
    assert account.verify(administrators=[MALLORY])["differences"] == []
    assert kinds(account.verify(administrators=[f"arn:aws:iam::{ACCOUNT_ID}:user/mallor"])) == [kind]


def test_creating_aliases_needs_the_right_to_an_alias_as_well(account: Account) -> None:
    account.make_user("mallory", allow("kms:CreateAlias", account.key_arn(WATCHER)))
    assert account.verify()["differences"] == []
    aliases = f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:alias/tmp-*"
    account.make_user("oscar", allow("kms:CreateAlias", [account.key_arn(WATCHER), aliases]))
    told = only(account.verify(), "manages_aliases", f"The user oscar may manage the aliases of {WATCHER}")
    assert told["key_names"] == [WATCHER]


def test_account_administrators(account: Account) -> None:
    account.make_user("mallory", allow("*"))
    account.make_role("AWSReservedSSO_Administrators_0123456789abcdef", trust(ACCOUNT_ID), allow("kms:*"))
    result = account.verify()
    assert kinds(result) == ["administrator"]
    told = differences(result, "administrator")
    assert [one["principal"] for one in told] == ["AWSReservedSSO_Administrators_0123456789abcdef", "mallory"]
    assert told[1]["found"] == (
        "The user mallory may do everything with every key: allowed by the inline policy by-hand of the user mallory"
    )
    assert "name its ARN in signer_iam_administrators" in told[1]["where_to_change"]
    named = account.verify(administrators=[MALLORY, f"arn:aws:iam::{ACCOUNT_ID}:role/AWSReservedSSO_Administrators_*"])
    assert named["differences"] == []
    shown = {one["name"]: (one["administrator"], one["named"]) for one in named["principals"]}
    assert shown["mallory"] == (True, True)
    assert shown[SIGNER] == (False, True)


def test_one_of_amazons_own_policies(account: Account) -> None:
    account.make_user("mallory")
    account.iam.attach_user_policy(UserName="mallory", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    told = only(account.verify(), "administrator", "The user mallory may do everything with every key: allowed by")
    assert "allowed by AdministratorAccess" in told["found"]


def test_whoever_runs_it_may_be_the_administrator(account: Account, environment: dict[str, str]) -> None:
    account.make_user("mallory", allow("*"))
    keys = account.iam.create_access_key(UserName="mallory")["AccessKey"]
    environment |= {"AWS_ACCESS_KEY_ID": keys["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"]}
    result = account.verify()
    assert result["caller_arn"] == MALLORY
    assert result["differences"] == []
    assert "mallory" in {one["name"] for one in result["principals"] if one["administrator"]}


def test_who_comes_by_rights_by_changing_iam(account: Account) -> None:
    account.make_user("mallory", allow("iam:CreateAccessKey", f"arn:aws:iam::{ACCOUNT_ID}:user/agent_ops/*"))
    own = f"arn:aws:iam::{ACCOUNT_ID}:user/${{aws:username}}"
    account.make_user("alice", allow(["iam:CreateAccessKey", "iam:UpdateLoginProfile"], own))
    result = account.verify()
    assert kinds(result) == ["changes_iam"]
    told = only(
        result,
        "changes_iam",
        f"The user mallory may come by rights on the keys by changing IAM: iam:CreateAccessKey on the user {SIGNER}",
        "only those whom the inventory names as administrators",
    )
    assert told["arn"] == MALLORY


def test_a_condition_that_nobody_can_know(account: Account) -> None:
    inside = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    account.make_user("mallory", allow("kms:Sign", Condition=inside))
    result = account.verify()
    only(
        result,
        "unexpected_access",
        "The user mallory may, on a condition that nobody here can know, sign with all 7 keys",
        "aws:SourceIp 10.0.0.0/8",
    )
    assert row(result, "mallory", WATCHER)["sign"] == "conditional"


def test_a_permissions_boundary_and_a_deny_count(account: Account) -> None:
    boundary = account.iam.create_policy(PolicyName="no-kms", PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
    account.make_user("bounded", allow("kms:Sign"))
    account.iam.put_user_permissions_boundary(UserName="bounded", PermissionsBoundary=boundary)
    denied = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "kms:*", "Resource": "*"}]}
    account.make_user("denied", allow("kms:Sign"))
    account.iam.put_user_policy(UserName="denied", PolicyName="deny", PolicyDocument=json.dumps(denied))
    result = account.verify()
    assert result["differences"] == []
    account.iam.put_user_permissions_boundary(UserName=ACME, PermissionsBoundary=boundary)
    told = only(account.verify(), "missing_access", f"The user {ACME} may not sign", "permissions boundary no-kms")
    assert told["principal"] == ACME


def test_a_role_that_may_sign_and_whoever_may_assume_it(account: Account) -> None:
    account.make_user("mallory")
    account.make_user("oscar", allow("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT_ID}:role/hop"))
    account.make_user("anyone", allow("sts:AssumeRole"))
    account.make_role("hop", trust(f"arn:aws:iam::{ACCOUNT_ID}:root", f"arn:aws:iam::{OTHER_ACCOUNT}:root"))
    account.make_role("deploy", trust(MALLORY, f"arn:aws:iam::{ACCOUNT_ID}:role/hop"), allow("kms:Sign"))
    result = account.verify()
    told = {one["principal"]: one["found"] for one in differences(result, "unexpected_access")}
    # The role hop trusts the account: whoever of it may assume roles may assume this one.
    assert set(told) == {"deploy", "hop", "mallory", "oscar", "anyone"}
    assert told["mallory"].endswith("through the role deploy: allowed by the inline policy by-hand of the role deploy")
    assert told["oscar"].endswith(
        "through the role hop: through the role deploy: allowed by the inline policy by-hand of the role deploy"
    )
    assert told["hop"].endswith(f"It may be assumed by arn:aws:iam::{OTHER_ACCOUNT}:root")
    assert row(result, "oscar", WATCHER)["via"] == ["hop"]


def test_a_trust_with_a_condition_makes_what_follows_conditional(account: Account) -> None:
    account.make_user("mallory")
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    account.make_role("deploy", trust(MALLORY, Condition=mfa), allow("kms:Sign"))
    result = account.verify()
    assert row(result, "deploy", WATCHER)["sign"] == "yes"
    assert row(result, "mallory", WATCHER)["sign"] == "conditional"
    assert "aws:MultiFactorAuthPresent" in row(result, "mallory", WATCHER)["reason"]["sign"]


def test_whoever_may_read_what_is_public_is_shown_and_no_difference(account: Account) -> None:
    """As AWS's own ReadOnlyAccess and SecurityAudit have it."""
    account.make_user("auditor", allow(["kms:GetPublicKey", "kms:Describe*", "kms:List*"]))
    account.make_role("audit", trust(ACCOUNT_ID), allow("kms:GetPublicKey"))
    result = account.verify()
    assert result["differences"] == []
    shown = row(result, "auditor", WATCHER)
    assert (shown["public_key"], shown["sign"], shown["unexpected"]) == ("yes", "no", [])
    # Through a role that anybody may assume our own users come by the same: of them it is said, and not of the role.
    account.iam.update_assume_role_policy(RoleName="audit", PolicyDocument=trust("*"))
    assert kinds(account.verify()) == ["foreign_key_covered", "unexpected_access"]
    account.iam.update_assume_role_policy(RoleName="audit", PolicyDocument=trust(ACCOUNT_ID))
    account.make_user("mallory", allow(["kms:GetPublicKey", "kms:Sign"]))
    result = account.verify()
    only(result, "unexpected_access", "The user mallory may sign with and read the public key of all 7 keys")
    assert row(result, "mallory", WATCHER)["unexpected"] == ["sign", "public_key"]


@pytest.mark.parametrize(
    ("actions", "resource", "told"),
    [
        ("iam:AttachUserPolicy", "user/agent_ops/*", f"iam:AttachUserPolicy on the user {SIGNER}"),
        ("iam:PutUserPolicy", "user/agent_ops/*", f"iam:PutUserPolicy on the user {SIGNER}"),
        ("iam:PutUserPolicy", "user/mallory", "iam:PutUserPolicy on itself"),
        ("iam:CreateLoginProfile", "user/alice", "iam:CreateLoginProfile on the user alice"),
        ("iam:PutGroupPolicy", "group/*", "iam:PutGroupPolicy on the group hers, which it is in"),
        ("iam:CreatePolicyVersion", "policy/hers", "iam:CreatePolicyVersion on the policy hers, which it has"),
        ("iam:UpdateAssumeRolePolicy", "role/deploy", "iam:UpdateAssumeRolePolicy on the role deploy"),
        ("iam:PutRolePolicy", "role/deploy", "iam:PutRolePolicy on the role deploy"),
        ("iam:AttachRolePolicy", "role/agent_ops/*", "iam:AttachRolePolicy on the role nomad-operator-chorus-staging"),
    ],
)
def test_ways_to_rights_by_changing_iam(account: Account, actions: str, resource: str, told: str) -> None:
    arn = f"arn:aws:iam::{ACCOUNT_ID}"
    account.make_user("alice", allow("*"))
    account.make_user("mallory")
    account.iam.create_group(GroupName="hers")
    account.iam.add_user_to_group(GroupName="hers", UserName="mallory")
    held = account.iam.create_policy(PolicyName="hers", PolicyDocument=allow(actions, f"{arn}:{resource}"))
    account.iam.attach_group_policy(GroupName="hers", PolicyArn=held["Policy"]["Arn"])
    account.make_role("deploy", trust(ACCOUNT_ID), allow("s3:*"))
    # A role of one of AWS's services is nobody's way to anything, whatever it may change.
    account.iam.create_role(
        RoleName="AWSServiceRoleForSSO",
        Path="/aws-service-role/sso.amazonaws.com/",
        AssumeRolePolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sso.amazonaws.com"}}
                ],
            }
        ),
    )
    account.iam.put_role_policy(
        RoleName="AWSServiceRoleForSSO", PolicyName="own", PolicyDocument=allow(["iam:PutRolePolicy"])
    )
    result = account.verify(administrators=[f"{arn}:user/alice"])
    assert kinds(result) == ["changes_iam"]
    assert only(result, "changes_iam", f"by changing IAM: {told}")["principal"] == "mallory"


def test_what_is_not_seen_of_iam_is_said(account: Account) -> None:
    told = " ".join(account.verify()["not_read"])
    assert "iam:CreateRole" in told
    assert "iam:PassRole" in told
    assert "iam:AddUserToGroup" in told
