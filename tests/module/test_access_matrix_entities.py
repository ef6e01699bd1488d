# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies, groups, users and roles of ours that somebody changed by hand, and how access_matrix_info tells it."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.client import ACCOUNT_ID, Sandbox
from tests.module.access_matrix_world import (
    ACME,
    ADMIN,
    BANK,
    CHORUS,
    OTHER_ACCOUNT,
    RELAYER,
    SIGNER,
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


def arn(account: Account, kind: str, name: str) -> str:
    (found,) = [entry["arn"] for entry in account.access[kind] if entry["name"] == name]
    return str(found)


def test_a_policy_edited_by_hand(account: Account) -> None:
    policy = arn(account, "policies", "staging-watcher-signer")
    (wanted_policy,) = [one for one in account.access["policies"] if one["arn"] == policy]
    document = json.loads(json.dumps(wanted_policy["document"]))
    document["Statement"][0]["Action"].append("kms:CreateGrant")
    document["Statement"][0]["Condition"]["ForAnyValue:StringEquals"]["kms:ResourceAliases"].append(f"alias/{BANK}")
    account.iam.create_policy_version(PolicyArn=policy, PolicyDocument=json.dumps(document), SetAsDefault=True)
    result = account.verify()
    assert kinds(result) == ["comes_to_sign", "policy_differs", "unexpected_access"]
    only(
        result,
        "policy_differs",
        "The policy staging-watcher-signer is not as it was written: in the statement NomadStagingPolicy",
        "Action has kms:CreateGrant as well",
        f"Condition ForAnyValue:StringEquals kms:ResourceAliases has alias/{BANK} as well",
        "the document that the inventory makes",
        "Run provision.yml",
    )
    told = only(result, "unexpected_access", f"The user {SIGNER} may sign with and read the public key of {BANK}")
    assert (told["principal"], told["key"], told["key_names"]) == (SIGNER, BANK, [BANK])
    assert told["expected"] == "only its 6 keys"
    assert "staging-watcher-signer of the group staging-signer" in told["where_to_change"]
    only(result, "comes_to_sign", f"The user {SIGNER} may come to sign with", "(kms:CreateGrant)")
    assert row(result, SIGNER, BANK)["unexpected"] == ["sign", "public_key", "create_grant"]


def test_a_policy_that_lost_a_key(account: Account) -> None:
    policy = arn(account, "policies", "staging-relayer-signer")
    document = json.loads(json.dumps(next(p for p in account.access["policies"] if p["arn"] == policy)["document"]))
    aliases = document["Statement"][0]["Condition"]["ForAnyValue:StringEquals"]["kms:ResourceAliases"]
    aliases.remove(f"alias/{RELAYER}")
    account.iam.create_policy_version(PolicyArn=policy, PolicyDocument=json.dumps(document), SetAsDefault=True)
    result = account.verify()
    only(result, "policy_differs", f"lacks alias/{RELAYER}")
    told = only(
        result,
        "missing_access",
        f"The user {SIGNER} may not sign with and read the public key of {RELAYER}: no statement allows it",
        "that it may",
        "Run provision.yml",
    )
    assert (told["principal"], told["key"]) == (SIGNER, RELAYER)
    assert row(result, SIGNER, RELAYER)["missing"] == ["sign", "public_key"]


def test_an_inline_policy_and_a_policy_attached_by_hand(account: Account) -> None:
    account.iam.put_user_policy(
        UserName=ACME, PolicyName="more", PolicyDocument=allow("kms:Sign", account.key_arn(BANK))
    )
    foreign = account.iam.create_policy(PolicyName="billing", PolicyDocument=allow("aws-portal:*"))["Policy"]["Arn"]
    account.iam.attach_group_policy(GroupName="staging-signer", PolicyArn=foreign)
    result = account.verify()
    assert kinds(result) == ["inline_policy", "policy_attached", "unexpected_access"]
    only(
        result, "inline_policy", f"The user {ACME} has the inline policy more", "no inline policies", "signer_iam_purge"
    )
    only(
        result,
        "policy_attached",
        f"The group staging-signer has the policy billing ({foreign})",
        "only staging-watcher-signer, staging-relayer-signer",
        "signer_iam_purge",
    )
    only(
        result,
        "unexpected_access",
        f"The user {ACME} may sign with {BANK}: allowed by the inline policy more of the user {ACME}",
        "only staging-kovan-watcher-signer, staging-kovan-watcher-attestation",
        f"the inline policy more of the user {ACME}",
    )


def test_a_policy_that_is_not_attached_any_more(account: Account) -> None:
    account.iam.detach_group_policy(
        GroupName="staging-signer", PolicyArn=arn(account, "policies", "staging-watcher-signer")
    )
    result = account.verify()
    assert kinds(result) == ["missing_access", "policy_not_attached"]
    only(
        result,
        "policy_not_attached",
        "The group staging-signer does not have the policy staging-watcher-signer",
        "Run provision.yml",
    )
    assert only(result, "missing_access")["key_names"] == [
        key["name"] for key in account.access["keys"] if key["agent"] == "watcher"
    ]


def test_a_user_put_in_a_group_by_hand(account: Account) -> None:
    account.make_user("mallory")
    account.iam.add_user_to_group(GroupName="staging-signer", UserName="mallory")
    result = account.verify()
    assert kinds(result) == ["member_unexpected", "unexpected_access"]
    told = only(
        result,
        "member_unexpected",
        "The user mallory is in the group staging-signer",
        f"only {SIGNER}",
        "Remove it in IAM",
    )
    assert told["principal"] == "mallory"
    told = only(
        result,
        "unexpected_access",
        "The user mallory may sign with and read the public key of 6 keys",
        "only the principals that the inventory names may",
        "staging-watcher-signer of the group staging-signer",
    )
    assert (told["arn"], len(told["key_names"])) == (MALLORY, 6)


def test_a_user_of_ours_that_left_its_group_for_another(account: Account) -> None:
    account.iam.create_group(GroupName="developers")
    account.iam.remove_user_from_group(GroupName="staging-signer", UserName=SIGNER)
    account.iam.add_user_to_group(GroupName="developers", UserName=SIGNER)
    result = account.verify()
    assert kinds(result) == ["member_missing", "member_unexpected", "missing_access"]
    only(result, "member_missing", f"The user {SIGNER} is not in the group staging-signer", "Run provision.yml")
    only(
        result,
        "member_unexpected",
        f"The user {SIGNER} is in the group developers",
        "only staging-signer",
        "Remove the user from the group developers",
    )


def test_who_is_in_the_administrators_group(account: Account) -> None:
    account.make_user("alice")
    account.iam.add_user_to_group(GroupName=ADMIN, UserName="alice")
    result = account.verify()
    assert kinds(result) == ["member"]
    told = only(
        result,
        "member",
        "The user alice administers the keys as a member of the group kms-admin",
        "only kms-admin",
        "name its ARN in signer_iam_administrators",
    )
    assert told["arn"] == f"arn:aws:iam::{ACCOUNT_ID}:user/alice"
    assert account.verify(administrators=[told["arn"]])["differences"] == []
    account.iam.add_user_to_group(GroupName=ADMIN, UserName=SIGNER)
    result = account.verify()
    assert "member_unexpected" in kinds(result)
    told = only(result, "manages_aliases", f"The user {SIGNER} may manage the aliases of all 7 keys (kms:CreateAlias")
    assert told["expected"] == "that it uses its keys, and does nothing else with any"
    # The administrators' explicit deny takes the signer's own right away.
    assert only(result, "missing_access", "explicit deny in kms-admin of the group kms-admin")["principal"] == SIGNER


def test_missing_entities(account: Account) -> None:
    account.iam.remove_user_from_group(GroupName="staging-signer", UserName=SIGNER)
    for policy in ("staging-watcher-signer", "staging-relayer-signer"):
        account.iam.detach_group_policy(GroupName="staging-signer", PolicyArn=arn(account, "policies", policy))
    account.iam.delete_group(GroupName="staging-signer")
    account.iam.delete_policy(PolicyArn=arn(account, "policies", "staging-relayer-signer"))
    role = next(one for one in account.access["roles"] if one["name"] == CHORUS)
    for policy in role["policies"]:
        account.iam.detach_role_policy(RoleName=CHORUS, PolicyArn=policy)
    account.iam.delete_role(RoleName=CHORUS)
    result = account.verify()
    told = {one["principal"]: one for one in differences(result, "entity_missing")}
    assert set(told) == {"staging-signer", "staging-relayer-signer", CHORUS}
    assert told["staging-signer"]["found"] == "There is no group staging-signer"
    assert told[CHORUS]["expected"] == f"the role {role['arn']}"
    assert {one["where_to_change"] for one in told.values()} == {"Run provision.yml"}
    assert only(result, "missing_access")["principal"] == SIGNER


def test_somebody_elses_entity_under_our_name(account: Account) -> None:
    account.iam.delete_user(UserName=_without_policies(account, ACME))
    account.make_user(ACME, allow("kms:Sign"))
    result = account.verify()
    told = only(result, "entity_missing", f"user/{ACME}, which was not made for this environment", "signer_iam_adopt")
    assert told["principal"] == ACME
    # It has the name, and none of the rights that the name stands for.
    assert only(result, "unexpected_access")["expected"] == "only the principals that the inventory names may"


def _without_policies(account: Account, user: str) -> str:
    for policy in account.iam.list_attached_user_policies(UserName=user)["AttachedPolicies"]:
        account.iam.detach_user_policy(UserName=user, PolicyArn=policy["PolicyArn"])
    return user


def test_what_an_operator_that_is_no_longer_named_left_behind(account: Account) -> None:
    account.access = wanted(operators=[])
    result = account.verify()
    told = {one["principal"]: one for one in differences(result, "entity_unnamed")}
    assert set(told) == {ACME, CHORUS, "staging-operator-acme", "staging-operator-chorus"}
    assert "and the inventory does not name it" in told[ACME]["found"]
    assert "agent_ops_operators with the state removed" in told[ACME]["where_to_change"]
    assert {one["principal"] for one in differences(result, "unexpected_access")} == {ACME, CHORUS}
    account.access = wanted(operators=[{"name": "acme", "state": "removed"}, {"name": "chorus", "state": "removed"}])
    result = account.verify()
    told = {one["principal"]: one for one in differences(result, "operator_not_removed")}
    assert set(told) == {ACME, CHORUS, "staging-operator-acme", "staging-operator-chorus"}
    assert told[ACME]["found"] == f"The user {ACME} is still there, although its operator is removed"
    assert told[ACME]["where_to_change"] == "Run provision.yml"


def test_the_trust_of_an_operators_role(account: Account) -> None:
    account.iam.update_assume_role_policy(
        RoleName=CHORUS, PolicyDocument=trust(f"arn:aws:iam::{OTHER_ACCOUNT}:root", "arn:aws:iam::444455556666:root")
    )
    result = account.verify()
    assert kinds(result) == ["trust_differs"]
    told = only(
        result,
        "trust_differs",
        f"The trust of the role {CHORUS} is not as it was written",
        "Principal AWS has arn:aws:iam::444455556666:root as well",
        "Condition StringEquals sts:ExternalId lacks xyzzy-plugh-1976",
        f"may be assumed by the AWS account {OTHER_ACCOUNT} with its external id alone",
        "Run provision.yml",
    )
    assert told["principal"] == CHORUS
    account.iam.update_assume_role_policy(RoleName=CHORUS, PolicyDocument=trust("*"))
    result = account.verify()
    only(result, "wildcard_trust", f"The role {CHORUS}", "may be assumed by everybody (*)", "that a trust names whom")


def test_an_oidc_trust_that_differs(sandbox: Sandbox, aws: Callable[..., Any], run_module: RunModule) -> None:
    oidc = {"provider": "oidc.example.net/id/77", "subject": "system:serviceaccount:agents:relayer"}
    operators = [{"name": "chorus", "agents": ["relayer"], "oidc": oidc}]
    account = Account(sandbox, aws, run_module, wanted(operators=operators))
    account.make()
    assert account.verify()["differences"] == []
    document = json.loads(json.dumps(account.access["roles"][0]["trust"]))
    del document["Statement"][0]["Condition"]["StringEquals"]["oidc.example.net/id/77:sub"]
    account.iam.update_assume_role_policy(RoleName=CHORUS, PolicyDocument=json.dumps(document))
    told = only(
        account.verify(), "trust_differs", "oidc.example.net/id/77:sub lacks system:serviceaccount:agents:relayer"
    )
    assert "that it may be assumed by system:serviceaccount:agents:relayer of arn:aws:iam::" in told["expected"]


# Access keys ----------------------------------------------------------------------------------------------------------


def test_old_and_second_access_keys(account: Account) -> None:
    first = account.iam.create_access_key(UserName=SIGNER)["AccessKey"]["AccessKeyId"]
    assert account.verify()["differences"] == []
    now = datetime.datetime.now(datetime.UTC)
    for days, expected in ((90, []), (92, ["access_key_old"])):
        created = (now - datetime.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
        today = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        account.sandbox.add_fault(
            action="iam:ListAccessKeys", kind="rewrite", match=SIGNER, find=today[:10], replace=created[:10], times=1
        )
        result = account.verify()
        assert kinds(result) == expected, result["differences"]
    only(
        result,
        "access_key_old",
        f"The access key {first} of the user {SIGNER} is 92 days old",
        "at most 90 days",
        "signer_iam_rotate, then in signer_iam_retire_previous",
    )
    second = account.iam.create_access_key(UserName=SIGNER)["AccessKey"]["AccessKeyId"]
    result = account.verify()
    assert kinds(result) == ["access_key_second"]
    told = only(
        result, "access_key_second", f"The user {SIGNER} has 2 active access keys", "one, but while it is rotated"
    )
    assert first in told["found"]
    assert second in told["found"]
    assert "never used" in told["found"]
    assert "signer_iam_retire_previous" in told["where_to_change"]
    account.iam.update_access_key(UserName=SIGNER, AccessKeyId=first, Status="Inactive")
    assert account.verify()["differences"] == []


def test_a_user_whose_access_key_was_taken_away(account: Account) -> None:
    key = account.iam.create_access_key(UserName=SIGNER)["AccessKey"]["AccessKeyId"]
    account.iam.tag_user(UserName=SIGNER, Tags=[{"Key": "agent_ops:access_key", "Value": key}])
    assert account.verify()["differences"] == []
    account.iam.update_access_key(UserName=SIGNER, AccessKeyId=key, Status="Inactive")
    told = only(
        account.verify(),
        "access_key_missing",
        f"The user {SIGNER} has no active access key (inactive: {key}), although {key} was made for it",
        "signer_iam_rotate",
    )
    assert told["principal"] == SIGNER
    account.iam.delete_access_key(UserName=SIGNER, AccessKeyId=key)
    only(account.verify(), "access_key_missing", "has no active access key (none at all)", "Run signer_iam.yml")


def test_a_password_for_the_console(account: Account) -> None:
    """An agent has no use for one. kms-admin is a person's user."""
    for user in (SIGNER, ADMIN):
        account.iam.create_login_profile(UserName=user, Password="Xyzzy-plugh-1976!")
    told = only(
        account.verify(),
        "console_password",
        f"The user {SIGNER} has a password for the AWS console",
        "iam:DeleteLoginProfile",
    )
    assert told["principal"] == SIGNER


def test_what_no_purge_finds_is_not_said_to_be_purged(account: Account) -> None:
    tags = [{"Key": "agent_ops:principal", "Value": "operator"}, {"Key": "environment", "Value": "staging"}]
    account.iam.create_user(UserName="stray", Tags=tags)
    told = only(account.verify(), "entity_unnamed", "Delete the user in IAM")
    assert "run provision.yml with" not in told["where_to_change"]
