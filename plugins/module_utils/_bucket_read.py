# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what AWS holds of a bucket, side by side. Private to the collection.

An edge: clients are parameters, and neither ansible nor amazon.aws is imported.
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller, CallFailed, side_by_side
from ansible_collections.interchain.agent_ops.plugins.module_utils._bucket_plan import SWITCHES, Found

# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html. A HEAD has no body, and the code is its status.
_NO_BUCKET = ("404", "NoSuchBucket")
_NOT_LET_IN = ("403", "AccessDenied")
_ALL_USERS = "http://acs.amazonaws.com/groups/"


class BucketReader:
    """Reads one bucket of one account.

    :param s3: S3 client. :param s3control: S3 Control client, of the same account.
    """

    def __init__(self, call: Caller, s3: t.Any, s3control: t.Any, *, account_id: str, workers: int) -> None:
        self.call = call
        self._s3 = s3
        self._s3control = s3control
        self._account = account_id
        self._workers = workers

    def read(self, name: str) -> Found:
        """Return what AWS holds of a bucket, and of the account's Block Public Access.

        Every question says whose the bucket must be, so that nothing is taken from another account's.

        :raises CallFailed: for what the caller may not read: that is no absence.
        """
        account = public_access_switches(self.call, self._s3control, AccountId=self._account)
        found = self._head(name)
        found.account_block = account
        if found.owned:
            self._details(name, found)
        return found

    def contents(self, name: str) -> str | None:
        """Return what is in a bucket, as far as it takes to know that it is not empty; None if it is."""
        owner: dict[str, t.Any] = {"Bucket": name, "ExpectedBucketOwner": self._account}
        listed = self.call(self._s3, "list_object_versions", MaxKeys=1, **owner)
        if listed.get("Versions"):
            return f"the object {listed['Versions'][0]['Key']}"
        if listed.get("DeleteMarkers"):
            return f"the delete marker of {listed['DeleteMarkers'][0]['Key']}"
        uploads = self.call(self._s3, "list_multipart_uploads", MaxUploads=1, **owner).get("Uploads")
        return f"the unfinished upload of {uploads[0]['Key']}" if uploads else None

    def _head(self, name: str) -> Found:
        try:
            answer = self.call(self._s3, "head_bucket", Bucket=name, ExpectedBucketOwner=self._account)
        except CallFailed as exc:
            if exc.code in _NO_BUCKET:
                return Found()
            if exc.code not in _NOT_LET_IN:
                raise
            if not self._among_own(name):
                return Found(exists=True, owned=False)
            raise CallFailed("s3:ListBucket", "AccessDenied", f"the bucket {name} may not be looked at") from exc
        headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        region = answer.get("BucketRegion") or headers.get("x-amz-bucket-region")
        return Found(exists=True, owned=True, region=str(region) if region else None)

    def _among_own(self, name: str) -> bool:
        """Say whether the account has a bucket of this name: 403 is the answer for others', and without rights."""
        # Of all, since the oldest boto3 that Amazon's collection supports cannot ask for a beginning of the name.
        buckets = self.call.pages(self._s3, "list_buckets", "Buckets", "ContinuationToken", "ContinuationToken")
        return any(bucket["Name"] == name for bucket in buckets)

    def _details(self, name: str, found: Found) -> None:
        def policy() -> None:
            text = self._ask("get_bucket_policy", "NoSuchBucketPolicy", name).get("Policy")
            found.policy = json.loads(text) if text else None

        def block() -> None:
            found.block = public_access_switches(self.call, self._s3, Bucket=name, ExpectedBucketOwner=self._account)

        def ownership() -> None:
            answer = self._ask("get_bucket_ownership_controls", "OwnershipControlsNotFoundError", name)
            rules = answer.get("OwnershipControls", {}).get("Rules", [])
            found.ownership = str(rules[0]["ObjectOwnership"]) if rules else None

        def encryption() -> None:
            missing = "ServerSideEncryptionConfigurationNotFoundError"
            answer = self._ask("get_bucket_encryption", missing, name).get("ServerSideEncryptionConfiguration", {})
            rules = [rule.get("ApplyServerSideEncryptionByDefault", {}) for rule in answer.get("Rules", [])]
            found.encryption = str(rules[0]["SSEAlgorithm"]) if rules and rules[0] else None

        def cors() -> None:
            found.cors = list(self._ask("get_bucket_cors", "NoSuchCORSConfiguration", name).get("CORSRules", []))

        def versioning() -> None:
            found.versioning = self._ask("get_bucket_versioning", "", name).get("Status")

        def tags() -> None:
            answer = self._ask("get_bucket_tagging", "NoSuchTagSet", name)
            found.tags = {tag["Key"]: tag["Value"] for tag in answer.get("TagSet", [])}

        def grants() -> None:
            answer = self._ask("get_bucket_acl", "", name)
            owner = answer.get("Owner", {}).get("ID")
            grantees = [grant.get("Grantee", {}) for grant in answer.get("Grants", [])]
            found.foreign_grants = [
                str(one.get("URI", one.get("ID"))).removeprefix(_ALL_USERS)
                for one in grantees
                if one.get("URI") or one.get("ID") != owner
            ]

        questions = [policy, block, ownership, encryption, cors, versioning, tags, grants]
        side_by_side(lambda question: question(), questions, workers=self._workers)

    def _ask(self, method: str, absent: str, name: str) -> dict[str, t.Any]:
        """Return the answer; nothing where AWS says that the bucket has no such setting."""
        try:
            return self.call(self._s3, method, Bucket=name, ExpectedBucketOwner=self._account)
        except CallFailed as exc:
            if absent and exc.code == absent:
                return {}
            raise


def public_access_switches(call: Caller, client: t.Any, **whose: t.Any) -> dict[str, bool]:
    """Return the four switches of Block Public Access, of a bucket or an account. What is not set is off."""
    try:
        answer = call(client, "get_public_access_block", **whose)
    except CallFailed as exc:
        if exc.code != "NoSuchPublicAccessBlockConfiguration":
            raise
        answer = {}
    told = answer.get("PublicAccessBlockConfiguration", {})
    return {name: bool(told.get(switch)) for name, switch in SWITCHES.items()}
