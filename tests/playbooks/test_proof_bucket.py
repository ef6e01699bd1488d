# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``proof_bucket.yml`` as a person runs it, and then plain clients: the writer with its access key, and anybody."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.client import ACCOUNT_ID, Sandbox
from tests.playbooks.conftest import ROOT, Play, Played
from tests.sandbox.s3_world import anonymous, bucket_policy

NAME = f"nomad-staging-proofs-{ACCOUNT_ID}"
WRITER = "nomad-signer-staging"
PLACE = {"LocationConstraint": "us-west-2"}
GOLDEN = ROOT / "tests" / "unit" / "plugins" / "module_utils" / "golden" / "proof_documents.json"
ALONE = ("--tags", "proof_bucket")


def golden(name: str) -> dict[str, Any]:
    """A document that was reviewed by hand, for this account and bucket."""
    text = json.dumps(json.loads(GOLDEN.read_text(encoding="utf-8"))[name])
    document: dict[str, Any] = json.loads(
        text.replace("nomadxyz-development-proofs", NAME).replace("111122223333", ACCOUNT_ID)
    )
    return document


def writes(aws: Sandbox) -> list[str]:
    return [f"{entry['service']}:{entry['operation']}" for entry in aws.log() if entry["write"]]


def changed(played: Played) -> int:
    return sum(int(number) for number in re.findall(r"changed=(\d+)", played.output))


def client(aws: Sandbox, service: str, **more: str) -> Any:
    return boto3.client(service, **{**aws.boto3_arguments(), **more})


def make_key(aws: Sandbox, environment: str = "staging", network: str = "kovan") -> None:
    """The processor's, without which the bucket's account is not known to be right."""
    kms = client(aws, "kms")
    key = kms.create_key(KeySpec="ECC_SECG_P256K1", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=f"alias/{environment}-{network}-processor-signer", TargetKeyId=key)


def written_credentials(folder: Path) -> dict[str, str]:
    file = folder / "artifacts" / "sandbox" / "staging" / "credentials" / f"{WRITER}.csv"
    with file.open(encoding="utf-8-sig", newline="") as stream:
        (row,) = csv.DictReader(stream)
    return {"aws_access_key_id": row["Access key ID"], "aws_secret_access_key": row["Secret access key"]}


def refused(code: str, call: Any, **arguments: Any) -> None:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == code


def test_from_nothing_to_a_proof_that_anybody_reads(play: Play, aws: Sandbox, tmp_path: Path) -> None:
    aws.change_settings(iam_enforced=True)
    planned = play("staging", "sandbox", options=(*ALONE, "--check", "--diff"), playbook="proof_bucket.yml")
    assert planned.code == 0, planned.output
    assert f"would create bucket {NAME} (" in planned.told
    assert "+ Id: S3PublicRead" in planned.told
    assert "has none of the keys of those who write proofs" in planned.told
    assert changed(planned) == 1
    assert writes(aws) == []

    make_key(aws)
    done = play("staging", "sandbox", options=("--limit", "kovan"), playbook="proof_bucket.yml")
    assert done.code == 0, done.output
    assert f"Proofs are read at {aws.url}/{NAME}/" in done.told
    s3, iam = client(aws, "s3"), client(aws, "iam")
    assert json.loads(s3.get_bucket_policy(Bucket=NAME)["Policy"]) == golden("bucket, as documented")
    policy = f"arn:aws:iam::{ACCOUNT_ID}:policy/agent_ops/staging/staging-proof-writer"
    version = iam.get_policy(PolicyArn=policy)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=policy, VersionId=version)["PolicyVersion"]["Document"]
    assert document == golden("writer, hardened")

    # The writer, by the access key that it was given.
    s3.create_bucket(Bucket="another-bucket", CreateBucketConfiguration=PLACE)
    own = client(aws, "s3", **written_credentials(tmp_path))
    own.put_object(Bucket=NAME, Key="home/0", Body=b"proof", ContentType="application/json")
    assert own.list_objects_v2(Bucket=NAME)["KeyCount"] == 1
    assert own.get_object(Bucket=NAME, Key="home/0")["Body"].read() == b"proof"
    refused("AccessDenied", own.put_object, Bucket="another-bucket", Key="home/0", Body=b"proof")
    refused("AccessDenied", own.list_objects_v2, Bucket="another-bucket")
    refused("AccessDenied", own.delete_object, Bucket=NAME, Key="home/0")
    refused("AccessDenied", own.put_bucket_policy, Bucket=NAME, Policy=bucket_policy(NAME))

    # Anybody, without credentials over HTTP.
    told = anonymous(aws, "GET", f"{NAME}/home/0", Origin="https://app.example.org")
    assert (told.status, told.body, told.headers["content-type"]) == (200, b"proof", "application/json")
    assert told.headers["access-control-allow-origin"] == "*"
    assert anonymous(aws, "PUT", f"{NAME}/home/0", b"forged").status == 403
    assert anonymous(aws, "DELETE", f"{NAME}/home/0").status == 403
    assert anonymous(aws, "GET", f"{NAME}/home/1").status == 403
    assert anonymous(aws, "GET", NAME).status == 403
    preflight = anonymous(
        aws, "OPTIONS", f"{NAME}/home/0", Origin="https://app.example.org", Access_Control_Request_Method="GET"
    )
    assert (preflight.status, preflight.headers["access-control-allow-methods"]) == (200, "GET, HEAD")

    # A second run finds nothing to do; only its reading is in the log.
    aws.clear_log()
    again = play("staging", "sandbox", playbook="proof_bucket.yml")
    assert (again.code, changed(again), writes(aws)) == (0, 0, []), again.output
    assert f"Proof bucket of staging, AWS account {ACCOUNT_ID}, {aws.url} (SANDBOX, this is not AWS): as wanted" in (
        again.told
    )


def documented_policy() -> str:
    """The policy that the page of permissions gives to whoever provisions the bucket."""
    page = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8")
    block = page.split("## The proof bucket")[1].split("```json")[1].split("```")[0]
    return block.replace("111122223333", ACCOUNT_ID)


def test_a_drifted_bucket_by_whom_may_do_what_is_documented(play: Play, aws: Sandbox, tmp_path: Path) -> None:
    make_key(aws)
    s3, iam = client(aws, "s3"), client(aws, "iam")
    iam.create_user(UserName="provisioner")
    iam.put_user_policy(UserName="provisioner", PolicyName="own", PolicyDocument=documented_policy())
    made = iam.create_access_key(UserName="provisioner")["AccessKey"]
    aws.change_settings(iam_enforced=True)
    as_user = json.dumps(
        {
            "agent_ops_sandbox_access_key": made["AccessKeyId"],
            "agent_ops_sandbox_secret_key": made["SecretAccessKey"],
            "proof_bucket_probe_wait_seconds": 0,
        }
    )
    options = (*ALONE, "-e", as_user)
    first = play("staging", "sandbox", options=options, playbook="proof_bucket.yml")
    assert first.code == 0, first.output
    assert "[WARNING]" not in first.output, first.output

    # By hand: ACLs on and open, the policy widened, versions, no CORS. What is in it is older than all that.
    s3.put_object(Bucket=NAME, Key="home/0", Body=b"proof")
    s3.put_bucket_ownership_controls(Bucket=NAME, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    s3.delete_public_access_block(Bucket=NAME)
    s3.put_bucket_acl(Bucket=NAME, ACL="public-read-write")
    wide = {"Effect": "Allow", "Action": "s3:*Object", "Resource": f"arn:aws:s3:::{NAME}/*"}
    s3.put_bucket_policy(Bucket=NAME, Policy=bucket_policy(NAME, wide))
    s3.delete_bucket_cors(Bucket=NAME)
    assert anonymous(aws, "PUT", f"{NAME}/home/1", b"forged").status == 200
    aws.clear_log()
    found = play("staging", "sandbox", options=options, playbook="verify.yml")
    assert found.code == 2, found.output
    assert f"The bucket {NAME} differs from the inventory" in found.told
    assert f"would update bucket {NAME} (Block Public Access for ACLs, not for policies, its policy, without ACLs," in (
        found.told
    )
    assert "- Action: s3:*Object" in found.told
    assert writes(aws) == []

    chosen = {"proof_bucket_public_list": True, "proof_bucket_tls_only": True, "proof_bucket_versioning": True}
    more = (*options, "-e", json.dumps({**chosen, "proof_bucket_cors_origins": ["https://app.example.org"]}))
    put_right = play("staging", "sandbox", options=more, playbook="proof_bucket.yml")
    assert put_right.code == 0, put_right.output
    assert json.loads(s3.get_bucket_policy(Bucket=NAME)["Policy"]) == golden("bucket, with everything")
    assert s3.get_bucket_versioning(Bucket=NAME)["Status"] == "Enabled"
    assert anonymous(aws, "PUT", f"{NAME}/home/1", b"forged").status == 403
    assert anonymous(aws, "GET", f"{NAME}/home/0").body == b"proof"
    assert anonymous(aws, "GET", f"{NAME}/home/2").status == 404
    assert anonymous(aws, "GET", f"{NAME}/home/0", X_Forwarded_Proto="http").status == 403
    shown = play("staging", "sandbox", options=more, playbook="verify.yml")
    assert shown.code == 0, shown.output
    assert changed(shown) == 0

    # While something is in it, it stays; that is asked of the module.
    removal = {"proof_bucket_state": "absent", "proof_bucket_removal_confirmation": NAME}
    going = (*options, "-e", json.dumps(removal))
    listed = s3.list_object_versions(Bucket=NAME)
    for version in (*listed.get("Versions", ()), *listed.get("DeleteMarkers", ())):
        s3.delete_object(Bucket=NAME, Key=version["Key"], VersionId=version["VersionId"])
    gone = play("staging", "sandbox", options=going, playbook="proof_bucket.yml")
    assert gone.code == 0, gone.output
    assert "Proofs are read" not in gone.told
    assert s3.list_buckets()["Buckets"] == []
    # A name that was left empty in YAML is none either.
    none = play(
        "staging", "sandbox", options=(*options, "-e", '{"agent_ops_proof_bucket": null}'), playbook="proof_bucket.yml"
    )
    assert (none.code, changed(none)) == (0, 0), none.output
    assert s3.list_buckets()["Buckets"] == []
