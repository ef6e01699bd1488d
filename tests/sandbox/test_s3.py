# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what with a bucket, as AWS documents it.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-evaluates-access-control.html
"""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.client import ACCOUNT_ID, Sandbox
from tests.sandbox.conftest import Aws, Refused
from tests.sandbox.people import People, allow
from tests.sandbox.s3_world import (
    OPEN,
    anonymous,
    block_account,
    bucket_policy,
    list_by_all,
    make_public,
    read_by_all,
    s3control,
    tls_only,
)

BUCKET, OTHER = "proofs-of-staging", "somebody-elses"
PLACE = {"LocationConstraint": "us-west-2"}


@pytest.fixture
def s3(sandbox: Sandbox, aws: Aws) -> Any:
    client = aws("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=PLACE)
    client.put_object(Bucket=BUCKET, Key="home/1", Body=b"proof")
    return client


def test_a_new_bucket_is_closed(s3: Any, sandbox: Sandbox) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html"""
    block = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert block == dict.fromkeys(OPEN, True)
    rules = s3.get_bucket_ownership_controls(Bucket=BUCKET)["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    encryption = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert encryption[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        assert anonymous(sandbox, method, f"{BUCKET}/home/1", b"x" if method == "PUT" else None).status == 403
    assert anonymous(sandbox, "GET", BUCKET).status == 403
    assert anonymous(sandbox, "GET", "").status == 403


def test_a_public_policy_lets_everybody_read_and_no_more(s3: Any, sandbox: Sandbox) -> None:
    make_public(s3, BUCKET)
    told = anonymous(sandbox, "GET", f"{BUCKET}/home/1")
    assert (told.status, told.body) == (200, b"proof")
    assert anonymous(sandbox, "HEAD", f"{BUCKET}/home/1").status == 200
    assert anonymous(sandbox, "PUT", f"{BUCKET}/home/1", b"forged").status == 403
    assert anonymous(sandbox, "PUT", f"{BUCKET}/home/2", b"forged").status == 403
    assert anonymous(sandbox, "DELETE", f"{BUCKET}/home/1").status == 403
    deletion = b"<Delete><Object><Key>home/1</Key></Object></Delete>"
    told = anonymous(sandbox, "POST", f"{BUCKET}?delete", deletion)
    assert b"<Code>AccessDenied</Code>" in told.body
    assert (
        anonymous(sandbox, "PUT", f"{BUCKET}?policy", bucket_policy(BUCKET, read_by_all(BUCKET)).encode()).status == 403
    )
    assert s3.get_object(Bucket=BUCKET, Key="home/1")["Body"].read() == b"proof"
    assert "Contents" in s3.list_objects_v2(Bucket=BUCKET)
    assert len(s3.list_objects_v2(Bucket=BUCKET)["Contents"]) == 1


def test_keys_of_all_kinds(s3: Any, sandbox: Sandbox) -> None:
    make_public(s3, BUCKET)
    for number, (key, path) in enumerate({"a/b ä": "a/b%20%C3%A4", "a+b": "a%2Bb", "a%2Fb": "a%252Fb"}.items()):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"%d" % number)
        assert anonymous(sandbox, "GET", f"{BUCKET}/{path}").body == b"%d" % number


def test_what_is_missing_is_hidden_from_whom_may_not_list(s3: Any, sandbox: Sandbox) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html: 403 without s3:ListBucket, 404 with it."""
    make_public(s3, BUCKET)
    assert anonymous(sandbox, "GET", f"{BUCKET}/home/2").status == 403
    assert anonymous(sandbox, "HEAD", f"{BUCKET}/home/2").status == 403
    s3.put_bucket_policy(Bucket=BUCKET, Policy=bucket_policy(BUCKET, read_by_all(BUCKET), list_by_all(BUCKET)))
    told = anonymous(sandbox, "GET", f"{BUCKET}/home/2")
    assert told.status == 404
    assert b"NoSuchKey" in told.body
    assert anonymous(sandbox, "GET", f"{BUCKET}?list-type=2").status == 200
    assert anonymous(sandbox, "GET", "no-such-bucket-anywhere/home/1").status == 404


@pytest.mark.parametrize("where", ["bucket", "account"])
def test_block_public_access(s3: Any, sandbox: Sandbox, refused: Refused, where: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"""

    def switch(**on: bool) -> None:
        if where == "account":
            block_account(sandbox, **on)
        else:
            s3.put_public_access_block(
                Bucket=BUCKET, PublicAccessBlockConfiguration={**dict.fromkeys(OPEN, False), **on}
            )

    make_public(s3, BUCKET)
    switch(RestrictPublicBuckets=True)
    assert anonymous(sandbox, "GET", f"{BUCKET}/home/1").status == 403
    assert s3.get_object(Bucket=BUCKET, Key="home/1")["Body"].read() == b"proof"
    switch(BlockPublicPolicy=True)
    assert anonymous(sandbox, "GET", f"{BUCKET}/home/1").status == 200
    public = bucket_policy(BUCKET, read_by_all(BUCKET))
    with refused("AccessDenied", "prevented by the BlockPublicPolicy setting"):
        s3.put_bucket_policy(Bucket=BUCKET, Policy=public)
    # Not public: for one address alone, and for one account.
    limited = {**read_by_all(BUCKET), "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.7/32"}}}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=bucket_policy(BUCKET, limited))
    assert anonymous(sandbox, "GET", f"{BUCKET}/home/1").status == 403
    switch(BlockPublicAcls=True, IgnorePublicAcls=True)
    s3.put_bucket_policy(Bucket=BUCKET, Policy=public)
    assert anonymous(sandbox, "GET", f"{BUCKET}/home/1").status == 200


def test_the_accounts_block_is_asked_for_by_its_owner(sandbox: Sandbox, refused: Refused, people: People) -> None:
    with refused("NoSuchPublicAccessBlockConfiguration"):
        s3control(sandbox).get_public_access_block(AccountId=ACCOUNT_ID)
    block_account(sandbox, BlockPublicPolicy=True)
    told = s3control(sandbox).get_public_access_block(AccountId=ACCOUNT_ID)["PublicAccessBlockConfiguration"]
    assert told == {**dict.fromkeys(OPEN, False), "BlockPublicPolicy": True}
    with refused("AccessDenied", "s3:GetAccountPublicAccessBlock"):
        s3control(sandbox, **people.user("alice").credentials).get_public_access_block(AccountId=ACCOUNT_ID)


def test_acls(s3: Any, sandbox: Sandbox, refused: Refused) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html"""
    with refused("AccessControlListNotSupported"):
        s3.put_object(Bucket=BUCKET, Key="home/2", Body=b"x", ACL="public-read")
    with refused("AccessControlListNotSupported"):
        s3.put_object_acl(Bucket=BUCKET, Key="home/1", ACL="public-read")
    with refused("AccessControlListNotSupported"):
        s3.put_bucket_acl(Bucket=BUCKET, ACL="private")
    s3.put_object(Bucket=BUCKET, Key="home/2", Body=b"x", ACL="bucket-owner-full-control")
    # With ACLs on, and nothing blocked, they let in.
    controls = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    s3.put_bucket_ownership_controls(Bucket=BUCKET, OwnershipControls=controls)
    with refused("AccessDenied"):
        s3.put_object_acl(Bucket=BUCKET, Key="home/1", ACL="public-read")
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=dict.fromkeys(OPEN, False))
    s3.put_object_acl(Bucket=BUCKET, Key="home/1", ACL="public-read")
    assert anonymous(sandbox, "GET", f"{BUCKET}/home/1").status == 200
    assert anonymous(sandbox, "GET", f"{BUCKET}/home/2").status == 403
    s3.put_bucket_acl(Bucket=BUCKET, ACL="public-read")
    assert anonymous(sandbox, "GET", BUCKET).status == 200
    with refused("InvalidBucketAclWithObjectOwnership"):
        s3.put_bucket_ownership_controls(
            Bucket=BUCKET, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        )
    s3.put_public_access_block(
        Bucket=BUCKET, PublicAccessBlockConfiguration={**dict.fromkeys(OPEN, False), "IgnorePublicAcls": True}
    )
    assert anonymous(sandbox, "GET", f"{BUCKET}/home/1").status == 403


def test_plain_http_is_denied_by_a_policy_for_tls_alone(s3: Any, sandbox: Sandbox) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html

    Whoever ends TLS before the sandbox tells which it was; without a word it was TLS.
    """
    make_public(s3, BUCKET)
    assert anonymous(sandbox, "GET", f"{BUCKET}/home/1", X_Forwarded_Proto="http").status == 200
    s3.put_bucket_policy(Bucket=BUCKET, Policy=bucket_policy(BUCKET, read_by_all(BUCKET), tls_only(BUCKET)))
    assert anonymous(sandbox, "GET", f"{BUCKET}/home/1", X_Forwarded_Proto="http").status == 403
    assert anonymous(sandbox, "GET", f"{BUCKET}/home/1", X_Forwarded_Proto="https").status == 200
    assert anonymous(sandbox, "GET", f"{BUCKET}/home/1").status == 200


def test_users_are_judged_by_their_policies(s3: Any, aws: Aws, people: People, refused: Refused) -> None:
    aws("s3").create_bucket(Bucket=OTHER, CreateBucketConfiguration=PLACE)
    arn = f"arn:aws:s3:::{BUCKET}"
    alice = people.user("alice", allow("s3:ListBucket", arn), allow(["s3:GetObject", "s3:PutObject"], f"{arn}/*"))
    own = alice.client("s3")
    own.put_object(Bucket=BUCKET, Key="home/2", Body=b"proof")
    assert own.get_object(Bucket=BUCKET, Key="home/2")["Body"].read() == b"proof"
    assert own.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 2
    own.head_bucket(Bucket=BUCKET)
    with refused("NoSuchKey"):
        own.get_object(Bucket=BUCKET, Key="home/3")
    for call, action in (
        (lambda: own.delete_object(Bucket=BUCKET, Key="home/2"), "s3:DeleteObject"),
        (lambda: own.put_object(Bucket=OTHER, Key="home/2", Body=b"x"), "s3:PutObject"),
        (lambda: own.list_objects_v2(Bucket=OTHER), "s3:ListBucket"),
        (lambda: own.delete_bucket_policy(Bucket=BUCKET), "s3:DeleteBucketPolicy"),
        (lambda: own.put_object_tagging(Bucket=BUCKET, Key="home/2", Tagging={"TagSet": []}), "s3:PutObjectTagging"),
        (lambda: own.put_object(Bucket=BUCKET, Key="x", Body=b"", Tagging="a=b"), "s3:PutObjectTagging"),
        (lambda: own.get_object(Bucket=BUCKET, Key="home/2", VersionId="7"), "s3:GetObjectVersion"),
        (lambda: own.copy_object(Bucket=BUCKET, Key="x", CopySource=f"{OTHER}/home/1"), "s3:GetObject"),
        (lambda: own.get_bucket_encryption(Bucket=BUCKET), "s3:GetEncryptionConfiguration"),
        (own.list_buckets, "s3:ListAllMyBuckets"),
    ):
        with refused("AccessDenied", f"user/alice is not authorized to perform: {action} "):
            call()
    told = own.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "home/2"}]})
    assert [error["Code"] for error in told["Errors"]] == ["AccessDenied"]
    # A condition on whose the bucket is.
    condition = {"StringEquals": {"aws:ResourceAccount": "444455556666"}}
    bob = people.user("bob", allow("s3:GetObject", f"{arn}/*", Condition=condition))
    with refused("AccessDenied"):
        bob.client("s3").get_object(Bucket=BUCKET, Key="home/2")
    # The bucket's policy lets everybody read, and so him.
    make_public(s3, BUCKET)
    assert bob.client("s3").get_object(Bucket=BUCKET, Key="home/2")["Body"].read() == b"proof"
    with refused("InvalidAccessKeyId"):
        people.iam.update_access_key(UserName="bob", AccessKeyId=bob.access_key, Status="Inactive")
        bob.client("s3").get_object(Bucket=BUCKET, Key="home/2")


def test_buckets_of_other_accounts(s3: Any, aws: Aws, other_account: dict[str, str], refused: Refused) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html, bucket-owner-condition.html"""
    theirs = aws("s3", credentials=other_account)
    with refused("BucketAlreadyExists"):
        theirs.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=PLACE)
    with refused("BucketAlreadyOwnedByYou"):
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=PLACE)
    with refused("403"):
        theirs.head_bucket(Bucket=BUCKET)
    with refused("AccessDenied"):
        theirs.get_object(Bucket=BUCKET, Key="home/1")
    with refused("AccessDenied"):
        theirs.delete_bucket(Bucket=BUCKET)
    make_public(s3, BUCKET, list_by_all(BUCKET))
    assert theirs.get_object(Bucket=BUCKET, Key="home/1")["Body"].read() == b"proof"
    with refused("AccessDenied"):
        theirs.put_object(Bucket=BUCKET, Key="home/1", Body=b"forged")
    theirs.head_bucket(Bucket=BUCKET)
    with refused("403"):
        theirs.head_bucket(Bucket=BUCKET, ExpectedBucketOwner="222222222222")
    with refused("AccessDenied"):
        s3.get_bucket_policy(Bucket=BUCKET, ExpectedBucketOwner="222222222222")
    s3.get_bucket_policy(Bucket=BUCKET, ExpectedBucketOwner=ACCOUNT_ID)


def test_a_bucket_with_anything_in_it_stays(s3: Any, refused: Refused) -> None:
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.delete_object(Bucket=BUCKET, Key="home/1")
    with refused("BucketNotEmpty"):
        s3.delete_bucket(Bucket=BUCKET)
    listed = s3.list_object_versions(Bucket=BUCKET)
    for version in (*listed["Versions"], *listed["DeleteMarkers"]):
        s3.delete_object(Bucket=BUCKET, Key=version["Key"], VersionId=version["VersionId"])
    s3.delete_bucket(Bucket=BUCKET)
    with refused("404"):
        s3.head_bucket(Bucket=BUCKET)


def test_preflights(s3: Any, sandbox: Sandbox) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html"""

    def ask(origin: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str]]:
        told = anonymous(
            sandbox, "OPTIONS", f"{BUCKET}/home/1", Origin=origin, Access_Control_Request_Method=method, **headers
        )
        return told.status, {name: value for name, value in told.headers.items() if name.startswith("access-control")}

    assert ask("https://app.example.org") == (403, {})
    rule = {"AllowedOrigins": ["https://app.example.org", "https://*.example.net"], "AllowedMethods": ["GET", "HEAD"]}
    more = {"AllowedHeaders": ["x-*"], "MaxAgeSeconds": 60}
    s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [{**rule, **more}]})
    status, headers = ask("https://app.example.org", Access_Control_Request_Headers="X-One")
    assert status == 200
    assert headers["access-control-allow-origin"] == "https://app.example.org"
    assert headers["access-control-allow-methods"] == "GET, HEAD"
    assert headers["access-control-allow-headers"] == "x-one"
    assert headers["access-control-max-age"] == "60"
    assert ask("https://www.example.net")[0] == 200
    assert ask("https://evil.example")[0] == 403
    assert ask("https://app.example.org", "PUT")[0] == 403
    assert ask("https://app.example.org", Access_Control_Request_Headers="authorization")[0] == 403
    # What a script may read is the policy's to say; that it may see the answer is the rule's.
    make_public(s3, BUCKET)
    told = anonymous(sandbox, "GET", f"{BUCKET}/home/1", Origin="https://app.example.org")
    assert (told.status, told.headers["access-control-allow-origin"]) == (200, "https://app.example.org")
    assert (
        "access-control-allow-origin"
        not in anonymous(sandbox, "GET", f"{BUCKET}/home/1", Origin="https://evil.example").headers
    )
    s3.put_bucket_cors(
        Bucket=BUCKET, CORSConfiguration={"CORSRules": [{"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}]}
    )
    assert ask("https://evil.example")[1]["access-control-allow-origin"] == "*"


def test_policies_that_are_none(s3: Any, refused: Refused) -> None:
    for statement in (
        read_by_all(OTHER),
        {**read_by_all(BUCKET), "Principal": None},
    ):
        with refused("MalformedPolicy"):
            s3.put_bucket_policy(Bucket=BUCKET, Policy=bucket_policy(BUCKET, statement))
    with refused("MalformedPolicy"):
        s3.put_bucket_policy(Bucket=BUCKET, Policy="not a policy")
