# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The store of documents in a bucket: lost answers, races, rights, and what must not be public."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller
from ansible_collections.interchain.agent_ops.plugins.module_utils._document_place import Conflict
from ansible_collections.interchain.agent_ops.plugins.module_utils._document_store import S3Store
from botocore.config import Config

from sandbox.client import ACCOUNT_ID, Sandbox
from tests.module.document_store_case import BUCKET, PLACE, PREFIX, Aws, bucket_store, make_bucket
from tests.module.funding_writer import NAME
from tests.sandbox.people import allow, document
from tests.sandbox.s3_world import OPEN, block_account, make_public, s3control

ALL_ON = dict.fromkeys(OPEN, True)


@pytest.fixture
def s3(sandbox: Sandbox, aws: Aws) -> Any:
    return make_bucket(sandbox, aws)


def puts(sandbox: Sandbox) -> list[str | None]:
    return [entry["error"] for entry in sandbox.log(operation="PutObject")]


@pytest.mark.parametrize("there", [False, True])
def test_a_lost_answer_is_looked_for(sandbox: Sandbox, s3: Any, there: bool) -> None:
    store = bucket_store(s3)
    version = store.write(NAME, "one", None) if there else None
    sandbox.clear_log()
    sandbox.add_fault(action="s3:PutObject", kind="lost_answer", times=1)
    written = store.write(NAME, "two", version)
    assert store.read(NAME) == ("two", written)
    # Not sent again: it would have been refused because of itself.
    assert len(puts(sandbox)) == 1


@pytest.mark.parametrize("kind", ["broken_connection", "server_error"])
def test_what_was_not_written_is_sent_again(sandbox: Sandbox, s3: Any, kind: str) -> None:
    store = bucket_store(s3)
    version = store.write(NAME, "one", None)
    sandbox.add_fault(action="s3:PutObject", kind=kind, times=2)
    written = store.write(NAME, "two", version)
    assert store.read(NAME) == ("two", written)


def test_an_answer_that_is_lost_while_another_wins(sandbox: Sandbox, s3: Any, aws: Aws) -> None:
    store, other = bucket_store(s3), bucket_store(aws("s3"))
    version = store.write(NAME, "one", None)
    put = s3.put_object

    def beaten(**arguments: Any) -> Any:
        other.write(NAME, "theirs", version)
        return put(**arguments)

    s3.put_object = beaten
    sandbox.add_fault(action="s3:PutObject", kind="lost_answer", times=1, match="ours")
    with pytest.raises(Conflict):
        store.write(NAME, "ours", version)
    there = store.read(NAME)
    assert there is not None
    assert there.text == "theirs"


def test_a_store_that_never_answers(sandbox: Sandbox, s3: Any) -> None:
    sandbox.add_fault(action="s3:PutObject", kind="broken_connection")
    with pytest.raises(ValueError, match="not known") as caught:
        bucket_store(s3).write(NAME, "one", None)
    assert str(caught.value).startswith(
        f"Whether {PLACE}/{NAME} was written is not known: s3:PutObject failed: the connection broke before an answer"
    )
    assert str(caught.value).endswith(". Nothing else is done on the strength of it. Run again")
    assert len(puts(sandbox)) == 5


def test_throttling_is_waited_for(sandbox: Sandbox, s3: Any) -> None:
    sandbox.add_fault(action="s3:*", kind="throttle", times=2)
    bucket_store(s3).write(NAME, "one", None)
    assert puts(sandbox) == ["SlowDown", "SlowDown", None]


@pytest.mark.parametrize("code", ["ConditionalRequestConflict", "OperationAborted"])
def test_a_conflict_that_amazon_tells_by_409(s3: Any, code: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html; the sandbox answers 412 alone."""

    def conflicting(**_arguments: Any) -> Any:
        raise s3.exceptions.ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 409}}, "Put")

    s3.put_object = conflicting
    with pytest.raises(Conflict):
        bucket_store(s3).write(NAME, "one", None)


def test_a_read_that_breaks_off_is_repeated(s3: Any) -> None:
    store = bucket_store(s3)
    store.write(NAME, "one", None)
    get, broken = s3.get_object, []

    class Body:
        def read(self, _size: int) -> bytes:
            from botocore.exceptions import ReadTimeoutError

            broken.append(1)
            raise ReadTimeoutError(endpoint_url="")

        def close(self) -> None: ...

    s3.get_object = lambda **arguments: {**get(**arguments), **({"Body": Body()} if len(broken) < 2 else {})}
    there = store.read(NAME)
    assert there is not None
    assert (there.text, len(broken)) == ("one", 2)
    broken.clear()
    s3.get_object = lambda **arguments: {**get(**arguments), "Body": Body()}
    with pytest.raises(ValueError, match=f"{NAME} cannot be read: the connection broke \\(ReadTimeoutError\\)"):
        store.read(NAME)


def test_a_bucket_that_is_not_there(sandbox: Sandbox, aws: Aws) -> None:
    store = bucket_store(aws("s3"))
    acts: dict[str, Callable[[], object]] = {
        f"{PLACE}/{NAME} cannot be read": lambda: store.read(NAME),
        f"{PLACE}/{NAME} cannot be written": lambda: store.write(NAME, "one", None),
        f"The store {PLACE} cannot be checked": store.check_private,
    }
    for said, act in acts.items():
        with pytest.raises(ValueError, match="no bucket") as caught:
            act()
        assert str(caught.value) == (
            f"{said}: there is no bucket {BUCKET}. Expected: a private bucket of the account {ACCOUNT_ID}. Make it"
            " (wallet_funding_store_state: present), or correct wallet_funding_store"
        )


def test_a_bucket_of_another_account_gets_nothing(sandbox: Sandbox, s3: Any) -> None:
    bucket_store(s3).write(NAME, "one", None)
    sandbox.clear_log()
    store = bucket_store(s3, account="222222222222")
    for act in (lambda: store.read(NAME), lambda: store.write(NAME, "two", None), store.check_private):
        with pytest.raises(ValueError, match="another AWS account") as caught:
            act()
        assert str(caught.value).endswith(
            f". The bucket {BUCKET} belongs to another AWS account. Expected: one of 222222222222. Names of buckets are"
            " global: choose another one (wallet_funding_store)"
        )
    assert puts(sandbox) == ["AccessDenied"]


@pytest.mark.parametrize("code", ["PermanentRedirect", "AuthorizationHeaderMalformed"])
def test_a_bucket_in_another_region(s3: Any, code: str) -> None:
    """The sandbox's buckets answer in every Region."""

    def elsewhere(**_arguments: Any) -> Any:
        raise s3.exceptions.ClientError({"Error": {"Code": code, "Message": "us-east-1 is expected"}}, "Get")

    s3.get_object = elsewhere
    with pytest.raises(ValueError, match="Region") as caught:
        bucket_store(s3).read(NAME)
    assert str(caught.value) == (
        f"{PLACE}/{NAME} cannot be read: the bucket {BUCKET} is not in us-west-2 (us-east-1 is expected). Expected: a"
        " bucket in the Region of the keys (agent_ops_aws_region). Choose another one (wallet_funding_store)"
    )


def test_a_library_that_cannot_write_conditionally(s3: Any) -> None:
    class Old:
        class meta:
            class service_model:
                @staticmethod
                def operation_model(_name: str) -> Any:
                    return type("Model", (), {"input_shape": type("Shape", (), {"members": {"IfNoneMatch": None}})})

    with pytest.raises(ValueError, match="botocore") as caught:
        bucket_store(Old())
    assert str(caught.value) == (
        f"The store {PLACE} needs conditional writes, which this machine's botocore does not know. Expected: botocore"
        " 1.35.69 or later"
    )


ARN = f"arn:aws:s3:::{BUCKET}"
OBJECTS = allow(["s3:GetObject", "s3:PutObject"], f"{ARN}/{PREFIX}/*")
LIST = allow("s3:ListBucket", ARN)
CHECK = allow(["s3:GetBucketPublicAccessBlock", "s3:GetBucketPolicyStatus"], ARN)


@pytest.fixture
def user(sandbox: Sandbox, s3: Any, aws: Aws) -> Callable[..., S3Store]:
    """The store as a user sees it, who may do what is given and nothing else."""

    def make(*statements: dict[str, Any]) -> S3Store:
        iam = aws("iam")
        iam.create_user(UserName="keymaster")
        iam.put_user_policy(UserName="keymaster", PolicyName="store", PolicyDocument=document(*statements))
        made = iam.create_access_key(UserName="keymaster")["AccessKey"]
        sandbox.change_settings(iam_enforced=True)
        credentials = {"aws_access_key_id": made["AccessKeyId"], "aws_secret_access_key": made["SecretAccessKey"]}
        config = Config(retries={"total_max_attempts": 1})
        return bucket_store(boto3.client("s3", config=config, **{**sandbox.boto3_arguments(), **credentials}))

    return make


def test_what_a_user_needs(user: Callable[..., S3Store]) -> None:
    store = user(OBJECTS, LIST, CHECK)
    store.check_private()
    assert store.read(NAME) is None
    written = store.write(NAME, "one", None)
    assert store.read(NAME) == ("one", written)
    # And no more than its prefix.
    with pytest.raises(ValueError, match="The caller lacks the permission s3:GetObject"):
        S3Store(store._client, Caller(), BUCKET, "elsewhere", ACCOUNT_ID).read(NAME)


def test_without_the_right_to_list_nothing_is_taken_for_absent(user: Callable[..., S3Store], s3: Any) -> None:
    store = user(OBJECTS, CHECK)
    # As AWS does: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    with pytest.raises(ValueError, match="ListBucket") as caught:
        store.read(NAME)
    said = str(caught.value)
    assert said.startswith(f"{PLACE}/{NAME} cannot be read. ")
    assert said.endswith(
        f". Either the caller lacks s3:ListBucket for the bucket {BUCKET}, without which Amazon S3 does not say whether"
        f" an object is there, or it is not a bucket of the account {ACCOUNT_ID}. Expected: s3:ListBucket, and a bucket"
        " of that account. Nothing is taken for absent"
    )


def test_a_user_who_may_only_look(user: Callable[..., S3Store]) -> None:
    store = user(LIST, allow("s3:GetObject", f"{ARN}/*"))
    assert store.read(NAME) is None
    with pytest.raises(ValueError, match="PutObject") as caught:
        store.write(NAME, "one", None)
    said = str(caught.value)
    assert said.startswith(f"{PLACE}/{NAME} cannot be written. The caller lacks the permission s3:PutObject: ")
    assert said.endswith(
        f". Expected: s3:GetObject and s3:PutObject for {PLACE}/*, and s3:GetBucketPublicAccessBlock and"
        " s3:GetBucketPolicyStatus for the bucket"
    )
    with pytest.raises(ValueError, match=r"The caller lacks the permission s3:GetBucketPublicAccessBlock"):
        store.check_private()


ADVICE = (
    "Expected: a private bucket, with all of Block Public Access on. Turn it on for the bucket or the account, or"
    " choose another bucket (wallet_funding_store). Nothing was read or written there"
)


def test_a_private_bucket(s3: Any) -> None:
    bucket_store(s3).check_private()


def test_a_public_bucket_is_refused(sandbox: Sandbox, s3: Any) -> None:
    make_public(s3, BUCKET)
    with pytest.raises(ValueError, match="public") as caught:
        bucket_store(s3).check_private()
    assert str(caught.value) == f"The store's bucket {BUCKET} is public: its policy lets everybody in. {ADVICE}"
    # Even where Block Public Access was turned on since: the account's own users could change what was paid.
    block_account(sandbox, **ALL_ON)
    with pytest.raises(ValueError, match="is public"):
        bucket_store(s3).check_private(s3control(sandbox))


def test_a_bucket_that_may_become_public_is_refused(sandbox: Sandbox, s3: Any) -> None:
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=OPEN)
    with pytest.raises(ValueError, match="public") as caught:
        bucket_store(s3).check_private(s3control(sandbox))
    assert str(caught.value) == (
        f"The store's bucket {BUCKET} may be public: of its Block Public Access block_public_policy,"
        f" restrict_public_buckets are off. {ADVICE}"
    )
    s3.delete_public_access_block(Bucket=BUCKET)
    with pytest.raises(ValueError, match="block_public_acls, ignore_public_acls, block_public_policy, restrict_public"):
        bucket_store(s3).check_private()
    # The account's counts as the bucket's does.
    block_account(sandbox, **ALL_ON)
    bucket_store(s3).check_private(s3control(sandbox))
