# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bucket that documents are kept in, and the store that keeps them there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller
from ansible_collections.interchain.agent_ops.plugins.module_utils._document_store import S3Store

from sandbox.client import ACCOUNT_ID, Sandbox

BUCKET, PREFIX = "nomad-funds", "agents/ledgers"
PLACE = f"s3://{BUCKET}/{PREFIX}"
Aws = Callable[..., Any]


def make_bucket(sandbox: Sandbox, aws: Aws) -> Any:
    """Make the bucket, as if it had been there; returns a client."""
    client = aws("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    sandbox.clear_log()
    return client


def bucket_store(client: Any, bucket: str = BUCKET, account: str = ACCOUNT_ID) -> S3Store:
    return S3Store(client, Caller(), bucket, PREFIX, account, sleep=lambda _seconds: None)
