# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What verify.yml says of an environment that is right, and of one that somebody changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from sandbox.client import ACCOUNT_ID, Sandbox
from tests.playbooks.conftest import Play, Played

STAGING = ("staging", "sandbox")


@pytest.fixture
def verify(play: Play, aws: Sandbox) -> Any:
    """Provision with IAM enforced, and return what verifies."""
    aws.change_settings(iam_enforced=True)
    done = play(*STAGING)
    assert done.code == 0, done.output
    aws.clear_log()

    def run(*options: str, **values: object) -> Played:
        return play(*STAGING, playbook="verify.yml", options=(*options, "-e", json.dumps(values)))

    return run


def test_what_was_provisioned_is_verified_and_probed_and_so_is_what_somebody_changed(
    verify: Any, aws: Sandbox, iam: Any, tmp_path: Path
) -> None:
    done = verify()
    assert done.code == 0, done.output
    assert "No difference from the inventory." in done.output
    assert "nomad-signer-staging" in done.output
    folder = tmp_path / "artifacts" / "sandbox" / "staging"
    matrix = json.loads((folder / "access_matrix.json").read_text(encoding="utf-8"))
    assert matrix["differences"] == []
    assert "| staging-kovan-watcher-signer |" in (folder / "access_matrix.md").read_text(encoding="utf-8")
    assert [entry for entry in aws.log() if entry["write"]] == []

    aws.clear_log()
    probed = verify("--tags", "probe", signer_iam_probe_wait_seconds=0)
    assert probed.code == 0, probed.output
    assert "152 questions, 152 answered as wanted" in probed.output
    signs = aws.log(service="kms", operation="Sign")
    # The signer by ARN and by alias, the administrator by ARN; both on the keys of production.
    assert len(signs) == 14 + 14 + 18 + 14 + 18
    # Not one was a signature.
    assert {entry["status"] for entry in signs} == {400, 412}
    assert {entry["error"] for entry in signs} <= {
        "DryRunOperationException",
        "AccessDeniedException",
        "NotFoundException",
    }

    # The same environment, after somebody was at it.
    iam.create_user(UserName="mallory")
    iam.add_user_to_group(GroupName="staging-signer", UserName="mallory")
    arn = f"arn:aws:iam::{ACCOUNT_ID}:policy/agent_ops/staging/staging-relayer-signer"
    wide = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(wide), SetAsDefault=True)
    kms = boto3.client("kms", **aws.boto3_arguments())
    key = kms.create_key(KeySpec="ECC_SECG_P256K1", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/production-ethereum-watcher-signer", TargetKeyId=key)
    kms.update_alias(AliasName="alias/staging-kovan-watcher-signer", TargetKeyId=key)
    done = verify()
    assert done.code != 0
    assert "The permissions of staging differ from the inventory in" in done.told
    for name in ("mallory", "staging-relayer-signer", "production-ethereum-watcher-signer"):
        assert name in done.told.split("No difference")[0]
    probed = verify("--tags", "probe", signer_iam_probe_wait_seconds=0)
    assert probed.code != 0
    assert "expected denied, found allowed" in probed.told
    assert "answers:" not in probed.output


def test_a_probe_needs_credentials(play: Play) -> None:
    none = json.dumps({"signer_iam_credentials_store": "none"})
    done = play(*STAGING, playbook="verify.yml", options=("--tags", "probe", "-e", none))
    assert done.code != 0
    assert "there are no credentials to ask with" in done.told


def test_what_cannot_be_read_is_not_said_to_differ(play: Play) -> None:
    nobody = {"AGENT_OPS_SANDBOX_URL": "http://127.0.0.1:9"}
    done = play(*STAGING, playbook="verify.yml", options=("--tags", "matrix"), environment=nobody)
    assert done.code != 0
    assert "staging could not be verified: see the errors above" in done.told
