# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused before anything is written, what is chosen, and what is said of it."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest

from sandbox.client import ACCOUNT_ID, Sandbox
from tests.playbooks.conftest import Play
from tests.playbooks.iam_world import STAGING, account, document, variables, writes


def test_the_documented_form_is_written_to_the_letter_and_what_it_misses_is_said(permit: Any, iam: Any) -> None:
    done = permit(signer_iam_form="documented")
    assert done.code == 0, done.output
    arn = f"arn:aws:iam::{ACCOUNT_ID}:policy/agent_ops/staging/staging-processor-signer"
    assert document(iam, arn) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "NomadStagingPolicy",
                "Effect": "Allow",
                "Action": ["kms:GetPublicKey", "kms:Sign"],
                "Resource": f"arn:aws:kms:*:{ACCOUNT_ID}:key/*",
                "Condition": {"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/staging-processor*"}},
            }
        ],
    }
    assert "The policy staging-processor-signer does not cover staging-kovan-processor-signer" in done.told
    assert "lets the administrators sign with every key of the account" in done.told


def test_a_pattern_that_covers_a_strangers_key_stops_before_anything_is_written(
    permit: Any, aws: Sandbox, one_server: Sandbox
) -> None:
    kms = boto3.client("kms", **one_server.boto3_arguments())
    key = kms.create_key(KeySpec="ECC_SECG_P256K1", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/staging-processor-of-somebody", TargetKeyId=key)
    aws.clear_log()
    done = permit(signer_iam_form="documented")
    assert done.code != 0
    assert f"The policy staging-processor-signer would let its principals use the key {key} in us-west-2" in done.told
    assert writes(aws) == []


def test_an_alias_that_opens_a_key_of_production_stops_before_anything_is_written(permit: Any, aws: Sandbox) -> None:
    kms = boto3.client("kms", **aws.boto3_arguments())
    key = kms.create_key(KeySpec="ECC_SECG_P256K1", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    for alias in ("production-ethereum-watcher-signer", "staging-kovan-watcher-signer"):
        kms.create_alias(AliasName=f"alias/{alias}", TargetKeyId=key)
    aws.clear_log()
    done = permit()
    assert done.code != 0
    assert "would let its principals use production-ethereum-watcher-signer of production" in done.told
    assert writes(aws) == []


def test_a_key_of_production_in_its_own_region_is_looked_at(permit: Any, aws: Sandbox, tmp_path: Path) -> None:
    inventory = tmp_path / "far"
    (inventory / "group_vars").mkdir(parents=True)
    (inventory / "hosts").write_text("networks: {hosts: {ethereum: {}}}\n", encoding="utf-8")
    values = {
        "agent_ops_environment": "far",
        "agent_ops_aws_region": "eu-west-1",
        "agent_ops_agents": {"relayer": ["signer"]},
    }
    (inventory / "group_vars" / "all.yml").write_text(json.dumps(values), encoding="utf-8")
    kms = boto3.client("kms", **aws.boto3_arguments(region="eu-west-1"))
    key = kms.create_key(KeySpec="ECC_SECG_P256K1", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    for alias in ("far-ethereum-relayer-signer", "staging-kovan-watcher-signer"):
        kms.create_alias(AliasName=f"alias/{alias}", TargetKeyId=key)
    done = permit(signer_iam_other_inventories=str(inventory))
    assert done.code != 0
    assert "would let its principals use far-ethereum-relayer-signer of far" in done.told


def test_a_protected_environment_keeps_its_permissions_unless_it_is_named(play: Play, iam: Any, aws: Sandbox) -> None:
    run = partial(play, "production", "sandbox", playbook="signer_iam.yml")
    assert run().code == 0
    aws.clear_log()
    refused = run(options=variables(signer_iam_state="absent"))
    assert refused.code != 0
    assert "set signer_iam_removal_confirmation to production. Nothing was changed" in refused.told
    assert aws.log() == []
    assert run(options=variables(signer_iam_state="absent", signer_iam_removal_confirmation="production")).code == 0
    assert account(iam)["UserDetailList"] == {}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (
            {"signer_iam_rotate": "nomad-signer-stagin"},
            "names nomad-signer-stagin. Expected: one of nomad-signer-staging, kms-admin. Nothing was written",
        ),
        (
            {"signer_iam_credentials_store": "vault"},
            "signer_iam_credentials_store is vault, and signer_iam_vault_password_file is not set.",
        ),
    ],
)
def test_what_cannot_be_done_to_credentials_is_told_first(
    permit: Any, aws: Sandbox, values: dict[str, str], told: str
) -> None:
    done = permit(**values)
    assert done.code != 0
    assert told in done.told
    assert writes(aws) == []


def test_who_may_do_keys_alone_sees_them_and_is_told_how(play: Play, aws: Sandbox) -> None:
    aws.add_fault(action="iam:*", kind="access_denied")
    done = play(*STAGING)
    assert done.code != 0
    assert "iam:GetAccountAuthorizationDetails" in done.told
    assert "The signing keys are done, as is what comes before that error; what comes after it is not" in done.told
    assert "Whoever is to provision keys alone runs this with --tags signing_keys" in done.told
    # After the error, where it is seen.
    assert done.output.rindex("14 keys: 14 created") > done.output.index("iam:GetAccountAuthorizationDetails")
    assert done.output.rindex("is not as the inventory wants it") > done.output.rindex("14 keys: 14 created")
    assert play(*STAGING, options=("--tags", "signing_keys")).code == 0
