# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which actions on which resources a request to S3 is.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote

from sandbox.requests import Call

# Operations that IAM calls otherwise. The others are their own actions.
_ACTIONS = {
    "AbortMultipartUpload": "AbortMultipartUpload",
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketInventoryConfiguration": "GetInventoryConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBucketInventoryConfigurations": "GetInventoryConfiguration",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketInventoryConfiguration": "PutInventoryConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
}
# With a version these are actions of their own.
_OF_A_VERSION = frozenset({"DeleteObject", "GetObject", "GetObjectAcl", "GetObjectTagging", "PutObjectAcl"})
_DELETED_KEY = re.compile(rb"<Key>(.*?)</Key>", re.DOTALL)
ACL_HEADERS = (
    "HTTP_X_AMZ_ACL",
    "HTTP_X_AMZ_GRANT_FULL_CONTROL",
    "HTTP_X_AMZ_GRANT_READ",
    "HTTP_X_AMZ_GRANT_READ_ACP",
    "HTTP_X_AMZ_GRANT_WRITE",
    "HTTP_X_AMZ_GRANT_WRITE_ACP",
)


class Place(NamedTuple):
    """A bucket and an object's key, either of which may be empty."""

    bucket: str
    key: str


class Asked(NamedTuple):
    action: str
    place: Place


def place_of(environ: dict[str, Any]) -> Place:
    """The bucket is the path's first part, or the first label of a host under localhost."""
    # WSGI hands the bytes of a path over as if they were Latin-1.
    path = str(environ.get("PATH_INFO", "")).encode("latin-1").decode("utf-8", "replace").removeprefix("/")
    host = str(environ.get("HTTP_HOST", "")).partition(":")[0]
    if host.endswith(".localhost"):
        return Place(host.removesuffix(".localhost"), path)
    bucket, _slash, key = path.partition("/")
    return Place(bucket, key)


def query_of(environ: dict[str, Any]) -> dict[str, list[str]]:
    return parse_qs(str(environ.get("QUERY_STRING", "")), keep_blank_values=True)


def is_anonymous(environ: dict[str, Any]) -> bool:
    return "HTTP_AUTHORIZATION" not in environ and "X-Amz-Credential" not in query_of(environ)


def asked_by(call: Call, place: Place) -> Iterator[Asked]:
    """Everything that must be allowed for the request to be."""
    action = _ACTIONS.get(call.operation, call.operation)
    if action in _OF_A_VERSION and query_of(call.environ).get("versionId", ["null"]) != ["null"]:
        action = action.replace("Object", "ObjectVersion", 1)
    if call.operation == "DeleteObjects":
        for key in _DELETED_KEY.findall(call.body):
            yield Asked("s3:DeleteObject", Place(place.bucket, key.decode("utf-8", "replace")))
        return
    yield Asked(f"s3:{action}", place)
    if action == "PutObject" and any(name in call.environ for name in ACL_HEADERS):
        yield Asked("s3:PutObjectAcl", place)
    if action == "PutObject" and "HTTP_X_AMZ_TAGGING" in call.environ:
        yield Asked("s3:PutObjectTagging", place)
    source = call.environ.get("HTTP_X_AMZ_COPY_SOURCE")
    if source:
        bucket, _slash, key = unquote(str(source)).removeprefix("/").partition("?")[0].partition("/")
        yield Asked("s3:GetObject", Place(bucket, key))
