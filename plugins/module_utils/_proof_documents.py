# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policies of an environment's proof bucket: of the bucket itself, and of whoever writes to it. Private to the
collection.

Pure: no ansible, no AWS.
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_documents import VERSION, Document

READ = "s3:GetObject"
LIST = "s3:ListBucket"
WRITE = "s3:PutObject"


def bucket_arn(partition: str, bucket: str) -> str:
    return f"arn:{partition}:s3:::{bucket}"


def public_read(bucket: str, *, partition: str, public_list: bool = False, tls_only: bool = False) -> Document:
    """Return the documented bucket policy, by which anybody may read an object, with what was chosen beside it."""
    arn = bucket_arn(partition, bucket)
    statements: list[dict[str, t.Any]] = [
        {"Sid": "IPAllow", "Effect": "Allow", "Principal": "*", "Action": READ, "Resource": f"{arn}/*"}
    ]
    if public_list:
        statements.append(
            {"Sid": "PublicList", "Effect": "Allow", "Principal": "*", "Action": LIST, "Resource": arn},
        )
    if tls_only:
        statements.append(
            {
                "Sid": "TLSOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [arn, f"{arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        )
    return {"Version": VERSION, "Id": "S3PublicRead", "Statement": statements}


def documented_writer(bucket: str, *, partition: str) -> Document:
    """Return the documented policy. It also deletes objects and versions, and changes ACLs, tags and retention."""
    arn = bucket_arn(partition, bucket)
    return _writer(
        {"Sid": "ListObjectsInBucket", "Effect": "Allow", "Action": [LIST], "Resource": [arn]},
        {"Sid": "AllObjectActions", "Effect": "Allow", "Action": "s3:*Object*", "Resource": [f"{arn}/*"]},
    )


def hardened_writer(bucket: str, *, partition: str, account: str) -> Document:
    """Return what an agent needs: to list, get and put.

    And only while the bucket is the account's own: names are global, and whoever took the name of a bucket that was
    deleted would get what the agents send.
    """
    arn = bucket_arn(partition, bucket)
    own = {"StringEquals": {"aws:ResourceAccount": account}}
    return _writer(
        {"Sid": "ListObjectsInBucket", "Effect": "Allow", "Action": [LIST], "Resource": [arn], "Condition": own},
        {
            "Sid": "GetAndPutObjects",
            "Effect": "Allow",
            "Action": [READ, WRITE],
            "Resource": [f"{arn}/*"],
            "Condition": own,
        },
    )


def _writer(*statements: dict[str, t.Any]) -> Document:
    return {"Version": VERSION, "Statement": list(statements)}


def same_bucket_policy(one: t.Any, other: t.Any) -> bool:
    """Whether two bucket policies say the same.

    Actions count whatever their case (the original documentation writes ``s3:getObject``), a list of one is its
    element, and everybody is everybody, as ``*`` or as ``{"AWS": "*"}``.
    """
    return _normal(one) == _normal(other)


def _normal(value: t.Any, key: str = "") -> t.Any:
    if isinstance(value, t.Mapping):
        if key == "Principal" and dict(value) in ({"AWS": "*"}, {"AWS": ["*"]}):
            return "*"
        return {name: _normal(item, name) for name, item in value.items()}
    if isinstance(value, list):
        items = sorted((_normal(item, key) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
        return items[0] if len(items) == 1 else items
    return value.lower() if isinstance(value, str) and key in ("Action", "NotAction") else value
