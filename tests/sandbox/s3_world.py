# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Buckets for tests: plain HTTP without credentials, the account's Block Public Access, and public policies."""

from __future__ import annotations

import http.client
import json
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import boto3

from sandbox.client import ACCOUNT_ID, Sandbox

OPEN = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": False,
    "RestrictPublicBuckets": False,
}


class Told(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


def anonymous(sandbox: Sandbox, method: str, path: str, body: bytes | None = None, **headers: str) -> Told:
    """A request as a browser or curl makes it: no signature, no SDK. Header names are written with underscores."""
    place = urlsplit(sandbox.url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=10)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, f"/{path}", body=body, headers=named)
        answer = connection.getresponse()
        return Told(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def s3control(sandbox: Sandbox, **credentials: str) -> Any:
    """AWS has a host for every account, which the address of a sandbox cannot have."""
    client = boto3.client("s3control", **{**sandbox.boto3_arguments(), **credentials})

    def without_account(request: Any, **_unused: Any) -> None:
        request.url = request.url.replace(f"//{ACCOUNT_ID}.", "//")

    client.meta.events.register_first("before-sign.s3-control", without_account)
    return client


def block_account(sandbox: Sandbox, **switches: bool) -> None:
    s3control(sandbox).put_public_access_block(
        AccountId=ACCOUNT_ID, PublicAccessBlockConfiguration={**dict.fromkeys(OPEN, False), **switches}
    )


def bucket_policy(bucket: str, *statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Principal": "*", **one} for one in statements]})


def read_by_all(bucket: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}


def list_by_all(bucket: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{bucket}"}


def tls_only(bucket: str) -> dict[str, Any]:
    return {
        "Effect": "Deny",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def make_public(s3: Any, bucket: str, *more: dict[str, Any]) -> None:
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=OPEN)
    s3.put_bucket_policy(Bucket=bucket, Policy=bucket_policy(bucket, read_by_all(bucket), *more))
