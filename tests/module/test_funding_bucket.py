# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of the ledgers' bucket, from what a server holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from ansible_collections.interchain.agent_ops.plugins.modules import store_bucket_info

from sandbox.client import ACCOUNT_ID, REGION, Sandbox
from tests.module.conftest import Result, RunModule
from tests.sandbox.s3_world import OPEN, block_account

BUCKET = "nomad-funds"
PLACE = f"s3://{BUCKET}/ledgers"
TAG = {"Key": "agent_ops:store", "Value": BUCKET}
Plan = Callable[..., Result]


@pytest.fixture
def s3(sandbox: Sandbox) -> Any:
    return boto3.client("s3", **sandbox.boto3_arguments())


@pytest.fixture
def plan(run_module: RunModule) -> Plan:
    def run(**arguments: Any) -> Result:
        return run_module("store_bucket_info", **{"store": PLACE, "region": REGION, **arguments})

    return run


def make(s3: Any, *tags: dict[str, str], region: str = REGION) -> None:
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": region})
    if tags:
        s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": list(tags)})


def test_a_missing_bucket(sandbox: Sandbox, plan: Plan) -> None:
    result = plan(check=True, diff=True)
    assert result["bucket"] == BUCKET
    assert result["changes"] == [
        {
            "kind": "bucket",
            "name": BUCKET,
            "action": "create",
            "details": [
                "all of Block Public Access",
                "its policy, TLS alone",
                "without ACLs",
                "encrypted at rest",
                "with versions",
                f"with the tag agent_ops:store={BUCKET}",
            ],
        }
    ]
    assert result["diff"]["before"] == {}
    assert result["diff"]["after"][f"bucket {BUCKET}"]["versioning"] is True
    assert result["sandbox"] is True
    assert not [entry for entry in sandbox.log() if entry["write"]]


def test_another_account(sandbox: Sandbox, s3: Any, plan: Plan) -> None:
    sts = boto3.client("sts", **sandbox.boto3_arguments())
    answer = sts.assume_role(RoleArn="arn:aws:iam::222222222222:role/visitor", RoleSessionName="visitor")
    given = answer["Credentials"]
    theirs = {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }
    make(boto3.client("s3", **{**sandbox.boto3_arguments(), **theirs}))
    assert plan()["msg"] == (
        f"The bucket {BUCKET} belongs to another AWS account. Expected: none of that name, or one of this account."
        " Names of buckets are global: choose another one (wallet_funding_store)"
    )


def test_another_region(sandbox: Sandbox, plan: Plan) -> None:
    make(boto3.client("s3", **sandbox.boto3_arguments("eu-west-1")), TAG, region="eu-west-1")
    assert plan()["msg"] == (
        f"The bucket {BUCKET} is in eu-west-1. Expected: us-west-2, the Region of the keys. A bucket cannot be"
        " moved: choose another name (wallet_funding_store)"
    )


def test_the_bucket_of_proofs(s3: Any, plan: Plan) -> None:
    make(s3, {"Key": "agent_ops:bucket", "Value": BUCKET})
    assert plan()["msg"] == (
        f"The bucket {BUCKET} is one of proofs, by its tag agent_ops:bucket, which everybody may read. Expected: a"
        " private bucket. Choose another name (wallet_funding_store)"
    )


def test_a_bucket_of_others_is_only_checked(sandbox: Sandbox, s3: Any, plan: Plan) -> None:
    make(s3, {"Key": "owner", "Value": "them"})
    found = plan(diff=True)
    assert (found["changes"], found["buckets"]) == ([], [])
    assert found["diff"]["before"] == found["diff"]["after"]
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=OPEN)
    assert plan()["msg"] == (
        f"The bucket {BUCKET} was not made by this collection (it has no tag agent_ops:store={BUCKET}), and may"
        " be public: of its Block Public Access block_public_policy, restrict_public_buckets are off. Expected: all of"
        " it on. Turn it on for the bucket or the account, or choose another bucket (wallet_funding_store). Nothing was"
        " changed"
    )
    block_account(sandbox, **dict.fromkeys(OPEN, True))
    assert plan()["changes"] == []


def test_acls_of_a_bucket_that_was_made_here(s3: Any, plan: Plan) -> None:
    make(s3, TAG)
    s3.delete_public_access_block(Bucket=BUCKET)
    s3.put_bucket_ownership_controls(
        Bucket=BUCKET, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    )
    s3.put_bucket_acl(Bucket=BUCKET, ACL="public-read")
    first, second = plan()["buckets"]
    assert first == {"acl": "private"}
    assert second["object_ownership"] == "BucketOwnerEnforced"
    assert set(second["public_access"].values()) == {True}
    assert "tags" not in second


@pytest.mark.parametrize(
    ("store", "said"),
    [
        (
            "/srv/funds",
            "The store '/srv/funds' is in no bucket. Expected: s3://bucket/prefix for a prefix of a private bucket.",
        ),
        ("s3://nomad-public/x", "The store 's3://nomad-public/x' is in the bucket nomad-public, which is a public one"),
    ],
)
def test_what_is_no_bucket_is_refused_before_any_request(sandbox: Sandbox, plan: Plan, store: str, said: str) -> None:
    assert plan(store=store)["msg"].startswith(said)
    assert sandbox.log() == []


def test_the_documented_permissions_are_those_that_are_used(sandbox: Sandbox, s3: Any, plan: Plan) -> None:
    make(s3, TAG)
    iam = boto3.client("iam", **sandbox.boto3_arguments())
    iam.create_user(UserName="planner")
    named = set(re.findall(r"\bs3:[A-Z]\w+", store_bucket_info.DOCUMENTATION))
    statement = ",".join(f'"{action}"' for action in sorted(named - {"s3:ListAllMyBuckets"}))
    policy = (
        f'{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": [{statement}], "Resource": "*"}}]}}'
    )
    iam.put_user_policy(UserName="planner", PolicyName="plan", PolicyDocument=policy)
    made = iam.create_access_key(UserName="planner")["AccessKey"]
    sandbox.change_settings(iam_enforced=True)
    result = plan(access_key=made["AccessKeyId"], secret_key=made["SecretAccessKey"])
    assert not result.get("failed"), result
    assert result["account_id"] == ACCOUNT_ID
