# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a new bucket is, where moto's differ from AWS's.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html: since April 2023 all of Block Public
Access is on and ACLs are off; since January 2023 everything is encrypted, with SSE-S3 unless something else is asked
for.
"""

from __future__ import annotations

from typing import Any

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket, PublicAccessBlock, S3Backend, s3_backends
from moto.s3control.models import s3control_backends
from moto.utilities.utils import get_partition

ENFORCED = "BucketOwnerEnforced"
SWITCHES = ("block_public_acls", "ignore_public_acls", "block_public_policy", "restrict_public_buckets")


def _encryption() -> dict[str, Any]:
    return {"Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": "false"}}


class SandboxS3Backend(S3Backend):
    def create_bucket(self, bucket_name: str, region_name: str, bucket_namespace: str | None = None) -> FakeBucket:
        bucket = super().create_bucket(bucket_name, region_name, bucket_namespace)
        bucket.public_access_block = PublicAccessBlock("true", "true", "true", "true")
        # moto says that this is a dictionary, and keeps the word.
        bucket.ownership_rule = ENFORCED  # type: ignore[assignment]
        bucket.encryption = _encryption()
        return bucket

    def delete_bucket_encryption(self, bucket_name: str) -> None:
        """https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketEncryption.html: back to SSE-S3."""
        self.get_bucket(bucket_name).encryption = _encryption()


def bucket_of(name: str) -> FakeBucket | None:
    """The bucket of that name, whoever's it is: names are global."""
    place = s3_backends.bucket_accounts.get(name)
    if place is None:
        return None
    partition, account = place
    return s3_backends[account][partition].buckets.get(name)


def switches(bucket: FakeBucket) -> frozenset[str]:
    """What is on of Block Public Access, by the bucket or by its account, of which the stricter counts.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    """
    account = s3control_backends[bucket.account_id][get_partition(bucket.region_name)].public_access_block
    blocks = [block for block in (bucket.public_access_block, account) if block is not None]
    return frozenset(name for name in SWITCHES if any(getattr(block, name) for block in blocks))


def install() -> None:
    """Have moto make the sandbox's backends, and leave every decision about permissions to the gate before it."""
    s3_backends.backend = SandboxS3Backend
    FakeBucket.get_permission = lambda *_unused: PermissionResult.PERMITTED  # type: ignore[method-assign]
