# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a proof bucket, from what a server holds, and what anybody may do with a bucket."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import boto3
import pytest
import yaml
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller, CallFailed
from ansible_collections.interchain.agent_ops.plugins.module_utils._bucket_read import BucketReader
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_presence import first_present
from ansible_collections.interchain.agent_ops.plugins.modules import proof_bucket_info, proof_bucket_probe

from sandbox.client import ACCOUNT_ID, REGION, Sandbox
from tests.module.conftest import Result, RunModule
from tests.sandbox.s3_world import (
    OPEN,
    block_account,
    bucket_policy,
    list_by_all,
    make_public,
    read_by_all,
    s3control,
)

NAME = f"nomad-staging-proofs-{ACCOUNT_ID}"
KEY = {"name": "staging-kovan-processor-signer", "agent": "processor", "network": "kovan", "purpose": "signer"}
TAGS = [{"Key": "environment", "Value": "staging"}, {"Key": "agent_ops:bucket", "Value": NAME}]
Plan = Callable[..., Result]


@pytest.fixture
def aws(sandbox: Sandbox) -> Callable[..., Any]:
    return lambda service, **more: boto3.client(service, **{**sandbox.boto3_arguments(), **more})


@pytest.fixture
def s3(aws: Callable[..., Any]) -> Any:
    """Of an account that has the processor's key."""
    kms = aws("kms")
    key = kms.create_key(KeySpec="ECC_SECG_P256K1", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=f"alias/{KEY['name']}", TargetKeyId=key)
    return aws("s3")


@pytest.fixture
def plan(run_module: RunModule) -> Plan:
    def run(**arguments: Any) -> Result:
        given = {"environment": "staging", "project": "nomad", "signing_keys": [KEY], "region": REGION, **arguments}
        return run_module("proof_bucket_info", **given)

    return run


def make(s3: Any, *, tags: list[dict[str, str]] | None = None, region: str = REGION) -> None:
    s3.create_bucket(Bucket=NAME, CreateBucketConfiguration={"LocationConstraint": region})
    if tags:
        s3.put_bucket_tagging(Bucket=NAME, Tagging={"TagSet": tags})


def written(sandbox: Sandbox) -> list[str]:
    return [entry["operation"] for entry in sandbox.log() if entry["write"]]


def test_an_account_without_bucket_and_keys(sandbox: Sandbox, plan: Plan) -> None:
    result = plan(check=True, diff=True)
    assert not result.get("failed"), result
    assert [change["action"] for change in result["changes"]] == ["create"]
    assert result["diff"]["before"] == {}
    assert result["bucket"] == {
        "name": NAME,
        "region": REGION,
        "arn": f"arn:aws:s3:::{NAME}",
        "url": f"{sandbox.url}/{NAME}/",
    }
    assert result["sandbox"] is True
    assert "has none of the keys of those who write proofs" in str(result["warnings"])
    # Outside of check mode, the bucket would be made where the keys are not.
    refused = plan()
    assert refused["msg"] == (
        f"The AWS account {ACCOUNT_ID} has none of the keys of those who write proofs in staging"
        f" (alias/{KEY['name']}). Expected: keys and bucket in one account, since an agent signs and uploads by one"
        " access key. Make the keys first (provision.yml --tags signing_keys), or use credentials for the account that"
        " they are in"
    )
    # And what is verified is not in order.
    assert plan(check=True, refuse=False)["problems"] == [refused["msg"]]
    assert "so that the bucket" in str(plan(signing_keys=[])["warnings"])
    hex_key = plan(backend="secretsmanager")
    assert f"in staging ({KEY['name']})" in hex_key["msg"]
    assert written(sandbox) == []


def test_hex_keys(sandbox: Sandbox, aws: Callable[..., Any], plan: Plan) -> None:
    aws("secretsmanager").create_secret(Name=KEY["name"], SecretString="nothing to see")
    assert [change["action"] for change in plan(backend="secretsmanager")["changes"]] == ["create"]


def test_a_bucket_of_another_account(sandbox: Sandbox, aws: Callable[..., Any], s3: Any, plan: Plan) -> None:
    answer = aws("sts").assume_role(RoleArn="arn:aws:iam::222222222222:role/visitor", RoleSessionName="visitor")
    given = answer["Credentials"]
    theirs = aws(
        "s3",
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )
    make(theirs)
    # However open it is.
    make_public(theirs, NAME, list_by_all(NAME))
    sandbox.clear_log()
    result = plan()
    assert result["msg"].startswith(f"The bucket {NAME} belongs to another AWS account. Expected: none of that name")
    assert written(sandbox) == []
    assert plan(refuse=False)["problems"] == [result["msg"]]
    assert "belongs to another AWS account" in plan(state="absent", removal_confirmation=NAME)["msg"]


def test_what_is_refused(sandbox: Sandbox, s3: Any, plan: Plan) -> None:
    make(s3)
    s3.put_object(Bucket=NAME, Key="payroll.csv", Body=b"")
    result = plan(bucket_region="eu-west-1")
    assert f"The bucket {NAME} is in us-west-2. Expected: eu-west-1." in result["msg"]
    assert "holds the object payroll.csv, which anybody could read." in result["msg"]
    assert plan(adopt=True)["problems"] == []
    block_account(sandbox, RestrictPublicBuckets=True)
    assert plan(adopt=True)["msg"].startswith("The AWS account blocks public policies for all of its buckets")
    assert "has 'https://app.example.org/'" in plan(cors_origins=["https://app.example.org/"])["msg"]
    assert "not allowed by Amazon S3" in plan(bucket="Proofs_")["msg"]


def test_drift_is_told_and_what_is_as_wanted_is_not(sandbox: Sandbox, s3: Any, plan: Plan) -> None:
    make(s3, tags=[*TAGS, {"Key": "team", "Value": "bridge"}])
    s3.put_public_access_block(Bucket=NAME, PublicAccessBlockConfiguration=OPEN)
    documented = {**read_by_all(NAME), "Sid": "IPAllow", "Action": "s3:getObject"}
    policy = json.loads(bucket_policy(NAME, documented))
    s3.put_bucket_policy(Bucket=NAME, Policy=json.dumps({**policy, "Id": "S3PublicRead"}))
    rule = {"AllowedMethods": ["HEAD", "GET"], "AllowedOrigins": ["*"], "AllowedHeaders": ["*"], "MaxAgeSeconds": 3600}
    s3.put_bucket_cors(Bucket=NAME, CORSConfiguration={"CORSRules": [{"ID": "by hand", **rule}]})
    s3.put_object(Bucket=NAME, Key="home/0", Body=b"proof")
    # Made by hand as documented: nothing to do.
    result = plan(diff=True)
    assert (result["changes"], result["plan"]) == ([], {"buckets": [], "cors": None})
    assert result["diff"]["before"] == result["diff"]["after"]
    assert result["diff"]["before"][f"bucket {NAME}"]["tags"]["team"] == "bridge"
    s3.put_bucket_ownership_controls(Bucket=NAME, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    s3.put_public_access_block(Bucket=NAME, PublicAccessBlockConfiguration=dict.fromkeys(OPEN, False))
    s3.put_bucket_acl(Bucket=NAME, ACL="public-read")
    s3.put_bucket_versioning(Bucket=NAME, VersioningConfiguration={"Status": "Enabled"})
    s3.delete_bucket_cors(Bucket=NAME)
    result = plan(diff=True)
    (change,) = result["changes"]
    assert change["details"] == [
        "Block Public Access for ACLs, not for policies",
        "without ACLs",
        "without further versions",
        "CORS for *",
    ]
    assert result["plan"]["buckets"][0] == {"acl": "private"}
    assert result["diff"]["before"][f"bucket {NAME}"]["acl"] == ["global/AllUsers"]


def test_a_removal(sandbox: Sandbox, s3: Any, plan: Plan) -> None:
    removal = {"state": "absent", "removal_confirmation": NAME}
    assert plan(**removal)["changes"] == []
    make(s3, tags=TAGS)
    assert "removal_confirmation is ''. Expected: the bucket's name" in plan(state="absent")["msg"]
    assert plan(**removal)["plan"]["buckets"] == [{"state": "absent"}]
    upload = s3.create_multipart_upload(Bucket=NAME, Key="home/0")["UploadId"]
    assert "is not empty: it holds the unfinished upload of home/0." in plan(**removal)["msg"]
    s3.abort_multipart_upload(Bucket=NAME, Key="home/0", UploadId=upload)
    s3.put_bucket_versioning(Bucket=NAME, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=NAME, Key="home/0", Body=b"proof")
    assert "it holds the object home/0." in plan(**removal)["msg"]
    s3.delete_object(Bucket=NAME, Key="home/0")
    assert "it holds the delete marker of home/0." in plan(**removal)["msg"]


def documented(text: str) -> list[str]:
    """The actions in a module's notes."""
    found = re.findall(r"C\(((?:kms|s3|sts|secretsmanager):\w+)\)", " ".join(yaml.safe_load(text)["notes"]))
    return [action for action in found if not action.startswith(("sts:", "secretsmanager:"))]


def test_the_documented_permissions_are_those_that_are_needed(
    sandbox: Sandbox, aws: Callable[..., Any], s3: Any, plan: Plan, run_module: RunModule
) -> None:
    """A user who has them all is let in, and without any one of them he is told which is missing."""
    make(s3, tags=TAGS)
    s3.put_bucket_versioning(Bucket=NAME, VersioningConfiguration={"Status": "Enabled"})
    make_public(s3, NAME)
    iam = aws("iam")
    iam.create_user(UserName="provisioner")
    given = iam.create_access_key(UserName="provisioner")["AccessKey"]
    user = {"access_key": given["AccessKeyId"], "secret_key": given["SecretAccessKey"]}
    sandbox.change_settings(iam_enforced=True)

    def allow(actions: list[str]) -> None:
        statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName="provisioner", PolicyName="own", PolicyDocument=text)

    own = {"aws_access_key_id": user["access_key"], "aws_secret_access_key": user["secret_key"]}
    call = Caller()
    reader = BucketReader(call, aws("s3", **own), s3control(sandbox, **own), account_id=ACCOUNT_ID, workers=1)
    keys = [{**KEY, "region": REGION}]

    def read() -> None:
        """What the module reads, without a process for each time."""
        reader.read(NAME)
        reader.contents(NAME)
        assert first_present(call, "kms", {REGION: aws("kms", **own)}, keys) == KEY["name"]

    reading, probing = documented(proof_bucket_info.DOCUMENTATION), documented(proof_bucket_probe.DOCUMENTATION)
    assert len(reading) == 14
    # Only whoever may not look at the bucket asks for a list of all.
    needed = [action for action in reading if action != "s3:ListAllMyBuckets"]
    allow(needed)
    read()
    assert plan(**user)["problems"] == []
    for missing in needed:
        allow([action for action in reading if action != missing])
        with pytest.raises(CallFailed, match=f"The caller lacks the permission {missing}:"):
            read()
    allow([action for action in needed if action != "s3:ListBucket"])
    with pytest.raises(CallFailed, match=r"The caller lacks the permission s3:ListAllMyBuckets:"):
        read()
    bucket = {"name": NAME, "region": REGION, "url": f"{sandbox.url}/{NAME}/"}
    probe = {"bucket": bucket, "region": REGION, "cors_origins": [], "wait_seconds": 0, **user}
    allow(probing)
    assert run_module("proof_bucket_probe", **probe)["probe_ok"] is True
    allow(["s3:PutObject"])
    assert "lacks the permission s3:DeleteObject" in run_module("proof_bucket_probe", **probe)["msg"]
    assert len(s3.list_object_versions(Bucket=NAME)["Versions"]) == 1


def test_what_anybody_may_do(sandbox: Sandbox, s3: Any, run_module: RunModule) -> None:
    make(s3, tags=TAGS)
    bucket = {"name": NAME, "region": REGION, "url": f"{sandbox.url}/{NAME}/"}

    def probe(**arguments: Any) -> Result:
        return run_module(
            "proof_bucket_probe", bucket=bucket, region=REGION, **{"wait_seconds": 0, "cors_origins": [], **arguments}
        )

    closed = probe()
    assert closed["msg"] == (f"Without credentials, to get an object in {NAME} is answered with 403. Expected: 200")
    make_public(s3, NAME)
    opened = probe()
    assert opened["probe_ok"] is True
    assert {answer["asked"]: answer["found"] for answer in opened["answers"]} == {
        "get an object": "200",
        "put an object": "403",
        "delete an object": "403",
        "get an object that is not there": "403",
        "list the bucket": "403",
        "read from a script of https://agent-ops.example.org": "403",
    }
    s3.put_bucket_versioning(Bucket=NAME, VersioningConfiguration={"Status": "Enabled"})
    everything = {**read_by_all(NAME), "Action": "s3:*Object*"}
    s3.put_bucket_policy(Bucket=NAME, Policy=bucket_policy(NAME, everything, list_by_all(NAME)))
    told = probe(public_list=True, cors_origins=["https://*.example.org"])["msg"]
    assert "to put an object in" in told
    assert "to delete an object in" in told
    assert "to read from a script of https://agent-ops.example.org in" in told
    assert "not there" not in told
    assert "list" not in told
    sandbox.clear_log()
    assert probe(check=True)["answers"] == []
    assert [entry for entry in sandbox.log() if entry["service"] == "s3"] == []
    # Whatever came of it, nothing is left.
    left = s3.list_object_versions(Bucket=NAME)
    assert (left.get("Versions"), left.get("DeleteMarkers")) == (None, None)
