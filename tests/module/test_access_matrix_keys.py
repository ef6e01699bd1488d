# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Aliases, key policies and grants that somebody changed by hand, and how access_matrix_info tells it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.client import ACCOUNT_ID, Sandbox
from tests.module.access_matrix_world import (
    ACME,
    BANK,
    CHORUS,
    KEYMASTER,
    OTHER_ACCOUNT,
    PRODUCTION,
    SIGNER,
    WATCHER,
    Account,
    allow,
    differences,
    kinds,
    only,
    row,
    wanted,
)
from tests.module.conftest import RunModule

MALLORY = f"arn:aws:iam::{ACCOUNT_ID}:user/mallory"


@pytest.fixture
def account(sandbox: Sandbox, aws: Callable[..., Any], run_module: RunModule) -> Account:
    made = Account(sandbox, aws, run_module, wanted())
    made.make()
    return made


def test_an_alias_that_makes_another_environments_key_match(account: Account) -> None:
    document = allow(
        ["kms:Sign", "kms:GetPublicKey"],
        Condition={"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/staging-*"}},
    )
    account.iam.put_user_policy(UserName=KEYMASTER, PolicyName="wide", PolicyDocument=document)
    account.kms.create_alias(AliasName="alias/staging-tmp", TargetKeyId=account.key_id(PRODUCTION))
    result = account.verify()
    told = only(
        result,
        "foreign_key_covered",
        f"{KEYMASTER} may use the key {PRODUCTION} of production, with the aliases alias/{PRODUCTION},"
        " alias/staging-tmp",
        "that no principal of this environment may use a key of another",
        f"Delete the alias that matches (kms:DeleteAlias, key {account.key_arn(PRODUCTION)})",
    )
    assert (told["principal"], told["key"]) == (KEYMASTER, PRODUCTION)
    assert row(result, KEYMASTER, PRODUCTION)["unexpected"] == ["sign", "public_key"]
    assert not [one for one in result["matrix"] if (one["principal"], one["key"]) == (SIGNER, PRODUCTION)]


def test_one_of_our_aliases_on_another_environments_key(account: Account) -> None:
    """Whoever may move an alias lets our signers into the key, and takes ours away from them."""
    account.kms.update_alias(AliasName=f"alias/{WATCHER}", TargetKeyId=account.key_id(PRODUCTION))
    result = account.verify()
    only(
        result,
        "alias_moved",
        f"alias/{WATCHER} points at the key {account.key_arn(PRODUCTION)}, which was made for alias/{PRODUCTION}",
        f"whose tag agent_ops:alias is alias/{WATCHER}",
        "kms:UpdateAlias",
    )
    told = only(
        result,
        "additional_alias",
        f"The key {WATCHER} also has the alias alias/{PRODUCTION}",
        f"only alias/{WATCHER}",
        "kms:DeleteAlias",
    )
    assert told["key"] == WATCHER


def test_a_key_of_nobodys_with_an_alias_that_we_match(account: Account) -> None:
    (alias,) = [key["resource"] for key in account.access["keys"] if key["name"] == WATCHER]
    account.kms.delete_alias(AliasName=alias)
    key = account.kms.create_key(KeySpec="ECC_SECG_P256K1", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    account.kms.create_alias(AliasName="alias/somebodys", TargetKeyId=key["KeyId"])
    account.iam.put_user_policy(
        UserName=KEYMASTER,
        PolicyName="wide",
        PolicyDocument=allow("kms:Sign", Condition={"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/some*"}}),
    )
    result = account.verify()
    only(result, "key_missing", f"There is no {alias} in us-west-2", "a signing key of that name", "Run provision.yml")
    told = only(
        result,
        "foreign_key_covered",
        "the key somebodys in us-west-2 that the inventory does not name",
        "alias/somebodys",
    )
    assert told["arn"] == key["Arn"]


def test_a_key_with_more_aliases_than_its_own(account: Account) -> None:
    account.kms.create_alias(AliasName="alias/tmp", TargetKeyId=account.key_id(BANK))
    result = account.verify()
    assert kinds(result) == ["additional_alias"]
    only(result, "additional_alias", f"The key {BANK} also has the alias alias/tmp", f"only alias/{BANK}")


def test_a_key_near_fifty_aliases(account: Account) -> None:
    for number in range(43):
        account.kms.create_alias(AliasName=f"alias/many-{number}", TargetKeyId=account.key_id(BANK))
    assert kinds(account.verify()) == ["additional_alias"]
    account.kms.create_alias(AliasName="alias/one-more", TargetKeyId=account.key_id(BANK))
    told = only(
        account.verify(), "alias_headroom", f"The key {BANK} has 45 aliases; beyond 50 AWS refuses", "fewer than 45"
    )
    assert told["key"] == BANK
    assert "alias_headroom" not in kinds(account.verify(alias_headroom=46))


def test_a_key_policy_that_lets_others_in(account: Account) -> None:
    account.make_user("mallory")
    account.put_key_policy(
        BANK,
        {
            "Sid": "ByHand",
            "Effect": "Allow",
            "Principal": {"AWS": [MALLORY, f"arn:aws:iam::{OTHER_ACCOUNT}:role/other"], "Service": "s3.amazonaws.com"},
            "Action": ["kms:Sign", "kms:CreateGrant"],
            "Resource": "*",
        },
    )
    result = account.verify()
    assert kinds(result) == ["comes_to_sign", "outside_principal", "unexpected_access"]
    only(
        result,
        "unexpected_access",
        f"The user mallory may sign with {BANK}: allowed by the key policy (ByHand)",
        "Take the right away where it comes from: the key policy",
    )
    told = {one["principal"]: one for one in differences(result, "outside_principal")}
    assert set(told) == {f"arn:aws:iam::{OTHER_ACCOUNT}:role/other", "s3.amazonaws.com"}
    assert told["s3.amazonaws.com"]["found"] == (
        f"The key policy of {BANK} (statement ByHand) allows kms:Sign, kms:CreateGrant to the AWS service"
        " s3.amazonaws.com"
    )
    assert told["s3.amazonaws.com"]["expected"] == "nobody but the account itself, whose IAM policies say who"
    assert account.key_arn(BANK) in told["s3.amazonaws.com"]["where_to_change"]


def test_a_key_policy_that_lets_everybody_in_is_told_once_for_strangers(account: Account) -> None:
    for number in range(10):
        account.make_user(f"stranger-{number}")
    account.put_key_policy(BANK, {"Effect": "Allow", "Principal": "*", "Action": "kms:Sign", "Resource": "*"})
    result = account.verify()
    only(result, "wildcard_principal", f"The key policy of {BANK} allows kms:Sign to everybody (*)")
    told = [one["principal"] for one in differences(result, "unexpected_access")]
    assert told[:3] == [SIGNER, ACME, CHORUS]
    assert told[3:] == ["10 principals (user stranger-0, user stranger-1, user stranger-2, user stranger-3 and 6 more)"]


def test_a_key_policy_that_shuts_iam_out(account: Account) -> None:
    key_admin = {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:user/agent_ops/kms-admin"}
    account.put_key_policy(
        BANK, {"Effect": "Allow", "Principal": key_admin, "Action": "kms:*", "Resource": "*"}, root=False
    )
    told = {one["principal"]: one["found"] for one in differences(account.verify(), "missing_access")}
    assert set(told) == {KEYMASTER}
    assert "the key policy does not let IAM policies allow it" in told[KEYMASTER]


def test_grants(account: Account) -> None:
    account.make_user("mallory")
    for grantee, name in (
        (MALLORY, "hers"),
        (f"arn:aws:iam::{ACCOUNT_ID}:user/agent_ops/staging/{SIGNER}", "needless"),
        (f"arn:aws:iam::{OTHER_ACCOUNT}:root", "theirs"),
    ):
        account.kms.create_grant(
            KeyId=account.key_id(WATCHER), GranteePrincipal=grantee, Operations=["Sign", "DescribeKey"], Name=name
        )
    result = account.verify()
    assert kinds(result) == ["grant", "outside_principal", "unexpected_access"]
    only(result, "unexpected_access", f"The user mallory may sign with {WATCHER}: allowed by the grant hers")
    told = only(
        result, "grant", f"The grant needless of the key {WATCHER} allows", "no grants", "Revoke it (kms:RevokeGrant"
    )
    assert told["principal"].endswith(SIGNER)
    only(result, "outside_principal", "The grant theirs", f"arn:aws:iam::{OTHER_ACCOUNT}:root")


# What a key is --------------------------------------------------------------------------------------------------------


def test_a_key_that_was_disabled_or_is_about_to_be_deleted(account: Account) -> None:
    account.kms.disable_key(KeyId=account.key_id(WATCHER))
    account.kms.schedule_key_deletion(KeyId=account.key_id(BANK), PendingWindowInDays=7)
    result = account.verify()
    assert kinds(result) == ["key_unusable"]
    told = {one["key"]: one for one in differences(result, "key_unusable")}
    assert told[WATCHER]["found"].endswith("which has KeyState Disabled")
    assert told[BANK]["found"].endswith("which has KeyState PendingDeletion")
    assert told[BANK]["expected"].startswith("KeyState Enabled, KeySpec ECC_SECG_P256K1")
    assert "find out who" in told[BANK]["where_to_change"]


def test_an_alias_that_was_moved_to_a_key_of_somebodys(account: Account) -> None:
    """It has no tag that would say what it was made for, no other alias, and is no agent's key at all."""
    key = account.kms.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]
    # AWS refuses to update an alias to a key of another kind, and not to make it anew.
    account.kms.delete_alias(AliasName=f"alias/{WATCHER}")
    account.kms.create_alias(AliasName=f"alias/{WATCHER}", TargetKeyId=key["KeyId"])
    result = account.verify()
    only(
        result,
        "alias_moved",
        f"alias/{WATCHER} points at the key {key['Arn']}, which does not say what it was made for",
        "it has no tag agent_ops:alias",
        "Find out whether the address of the key is the agent's",
    )
    only(result, "key_unusable", "KeySpec RSA_2048, KeyUsage ENCRYPT_DECRYPT")


def test_a_secret_that_was_deleted(sandbox: Sandbox, aws: Callable[..., Any], run_module: RunModule) -> None:
    account = Account(sandbox, aws, run_module, wanted("secretsmanager"))
    account.make()
    account.secrets.delete_secret(SecretId=BANK, RecoveryWindowInDays=7)
    told = only(account.verify(), "key_unusable", f"The secret {BANK} is scheduled for deletion", "signing_keys_revive")
    assert told["key_names"] == [BANK]


def test_a_grant_to_read_a_public_key_is_no_right_that_matters_and_still_a_grant(account: Account) -> None:
    account.make_user("mallory")
    account.kms.create_grant(
        KeyId=account.key_id(WATCHER), GranteePrincipal=MALLORY, Operations=["GetPublicKey"], Name="hers"
    )
    result = account.verify()
    assert kinds(result) == ["grant"]
    only(result, "grant", "The grant hers", "allows GetPublicKey to", "kms:RevokeGrant")
