# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests to S3: who asks, is he let in, and then moto's answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from moto.s3.models import FakeBucket, FakeKey

from sandbox import errors
from sandbox.errors import Answer, ServiceError
from sandbox.iam.principals import Caller
from sandbox.locks import STATE
from sandbox.requests import Call
from sandbox.s3.actions import ACL_HEADERS, Asked, Place, asked_by, place_of
from sandbox.s3.backend import ENFORCED, bucket_of, switches
from sandbox.s3.cors import preflight, with_cors
from sandbox.s3.gate import Gate
from sandbox.s3.public import is_public, is_public_acl, require_policy

_READS_ONE = frozenset({"GetObject", "HeadObject"})
_BLOCKED = "because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access."
_CANNED_PUBLIC = frozenset({"authenticated-read", "public-read", "public-read-write"})


def answer(call: Call, caller: Caller | None, moto: Callable[[Call], Answer]) -> Answer:
    place = place_of(call.environ)
    with STATE:
        bucket = bucket_of(place.bucket)
        if call.environ.get("REQUEST_METHOD") == "OPTIONS":
            return preflight(call.environ, bucket)
        try:
            _admit(call, Gate(call, caller), place, bucket)
        except ServiceError as error:
            return with_cors(errors.render("s3", error), call.environ, bucket)
        except _NothingDeleted as refused:
            return refused.answer
    return with_cors(moto(call), call.environ, bucket)


class _NothingDeleted(Exception):
    """DeleteObjects tells of each object by itself, with status 200."""

    def __init__(self, keys: list[str]) -> None:
        told = "".join(
            f"<Error><Key>{escape(key)}</Key><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
            for key in keys
        )
        xml = f'<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{told}</DeleteResult>'
        self.answer = Answer(200, [("Content-Type", "application/xml")], xml.encode())
        super().__init__(xml)


def _admit(call: Call, gate: Gate, place: Place, bucket: FakeBucket | None) -> None:
    """Nothing if the request may go on; otherwise what AWS answers."""
    if bucket is None and place.bucket and call.operation != "CreateBucket":
        # That there is no such bucket is told to everybody, and moto does it.
        return
    expected = call.environ.get("HTTP_X_AMZ_EXPECTED_BUCKET_OWNER")
    if expected and bucket is not None and expected != bucket.account_id:
        raise _denied()
    if call.operation == "CreateBucket":
        # A taken name is a conflict, and no question of the other bucket's policy.
        bucket = None
    asked = list(asked_by(call, place))
    reasons = [
        gate.refusal(one, bucket if one.place.bucket == place.bucket else bucket_of(one.place.bucket)) for one in asked
    ]
    if call.operation == "DeleteObjects" and any(reasons):
        if not all(reasons):
            raise errors.not_implemented("s3:DeleteObjects of which some are allowed")
        raise _NothingDeleted([one.place.key for one in asked])
    for one, reason in zip(asked, reasons, strict=True):
        if reason is not None:
            raise _refused(gate, one, reason)
    if bucket is not None:
        _hide_absence(call, gate, place, bucket)
        _keep_private(call, gate, bucket)
    elif call.operation == "CreateBucket" and call.environ.get("HTTP_X_AMZ_ACL", "private") != "private":
        raise _acl_with_ownership()


def _refused(gate: Gate, asked: Asked, reason: str) -> ServiceError:
    if gate.caller is None or gate.anonymous:
        return _denied()
    resource = f"arn:aws:s3:::{'/'.join(part for part in asked.place if part)}"
    return errors.access_denied("s3", gate.caller.arn, asked.action, f'"{resource}"', reason)


def _denied() -> ServiceError:
    return ServiceError("AccessDenied", "Access Denied", 403)


def _hide_absence(call: Call, gate: Gate, place: Place, bucket: FakeBucket) -> None:
    """Whoever may not list does not learn that an object is not there.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    if call.operation not in _READS_ONE or isinstance(bucket.keys.get(place.key), FakeKey):
        return
    if gate.refusal(Asked("s3:ListBucket", Place(place.bucket, "")), bucket) is not None:
        raise _denied()


def _keep_private(call: Call, gate: Gate, bucket: FakeBucket) -> None:
    """What ownership and Block Public Access forbid, to the administrator too."""
    block = switches(bucket)
    if call.operation == "PutBucketPolicy":
        _check_policy(call, gate, bucket, block)
    if call.operation == "PutBucketOwnershipControls" and ENFORCED.encode() in call.body and _shared(bucket):
        raise _acl_with_ownership()
    if call.operation not in ("PutObject", "CopyObject", "CreateMultipartUpload", "PutObjectAcl", "PutBucketAcl"):
        return
    given = {name: str(call.environ[name]) for name in ACL_HEADERS if name in call.environ}
    owners = set(given.values()) <= {"bucket-owner-full-control"} and not call.operation.endswith("Acl")
    if str(bucket.ownership_rule) == ENFORCED and not owners:
        raise ServiceError("AccessControlListNotSupported", "The bucket does not allow ACLs", 400)
    public = given.get("HTTP_X_AMZ_ACL") in _CANNED_PUBLIC or any("groups/global" in value for value in given.values())
    in_body = call.operation.endswith("Acl") and b"groups/global" in call.body
    if (public or in_body) and "block_public_acls" in block:
        raise _denied()


def _check_policy(call: Call, gate: Gate, bucket: FakeBucket, block: frozenset[str]) -> None:
    try:
        require_policy(call.body, bucket.name)
    except ValueError as error:
        raise ServiceError("MalformedPolicy", str(error), 400) from None
    if "block_public_policy" in block and is_public(call.body):
        who = gate.caller.arn if gate.caller is not None else f"arn:aws:iam::{call.account}:root"
        raise errors.access_denied("s3", who, "s3:PutBucketPolicy", f'"arn:aws:s3:::{bucket.name}"', _BLOCKED)


def _shared(bucket: Any) -> bool:
    """Whether the bucket's ACL lets somebody in beside its owner."""
    return is_public_acl(bucket.acl)


def _acl_with_ownership() -> ServiceError:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-ownership-error-responses.html"""
    text = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
    return ServiceError("InvalidBucketAclWithObjectOwnership", text, 400)
