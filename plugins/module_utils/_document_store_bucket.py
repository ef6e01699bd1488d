# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps documents under a prefix of a bucket of Amazon S3. Private to the collection.

An edge: clients are parameters, and neither ansible nor amazon.aws is imported. Errors are :class:`ValueError`.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""

from __future__ import annotations

import random
import time
import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller, CallFailed
from ansible_collections.interchain.agent_ops.plugins.module_utils._bucket_read import public_access_switches
from ansible_collections.interchain.agent_ops.plugins.module_utils._document_place import (
    FUNDING,
    Conflict,
    Document,
    S3Place,
    checked_name,
)

try:
    from botocore.exceptions import BotoCoreError
    from urllib3.exceptions import HTTPError
except ImportError:
    pass  # the module's shell reports a missing botocore before it comes here

_LARGEST = 64 * 1024 * 1024
_TYPES = {
    "json": "application/json",
    "jsonl": "application/jsonl",
    "csv": "text/csv; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "svg": "image/svg+xml",
}
_ATTEMPTS = 5
_LONGEST_WAIT = 2.0
_NOT_THERE = "NoSuchKey"
_NO_BUCKET = ("NoSuchBucket", "404")
# 404 is the answer where the object that was to be replaced is gone. A conflict with a request at the same time is
# told by 409, under one of two names.
_LOST = ("PreconditionFailed", "ConditionalRequestConflict", "OperationAborted", _NOT_THERE)
_DENIED = ("AccessDenied", "403")
_ELSEWHERE = (
    "PermanentRedirect", "TemporaryRedirect", "301", "307", "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
)  # fmt: skip


class S3Store:
    """Documents as objects, in a bucket of the account alone: every request says whose it must be."""

    durable = True

    def __init__(
        self,
        client: t.Any,
        call: Caller,
        bucket: str,
        prefix: str,
        account_id: str,
        sleep: t.Callable[[float], object] = time.sleep,
        setting: str = FUNDING,
    ) -> None:
        """:param setting: the variable that names the place, for what is said of it.

        :raises ValueError: if the client's library cannot write conditionally.
        """
        self._client = client
        self._call = call
        self._place = S3Place(bucket, prefix)
        self._account = account_id
        self._sleep = sleep
        self._setting = setting
        members = client.meta.service_model.operation_model("PutObject").input_shape.members
        if "IfMatch" not in members:
            raise ValueError(
                f"The store {self._place} needs conditional writes, which this machine's botocore does not know."
                " Expected: botocore 1.35.69 or later"
            )

    def describe(self) -> str:
        return str(self._place)

    def read(self, name: str) -> Document | None:
        key = self._key(name)
        failure: Exception | None = None
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._wait(attempt)
            try:
                answer = self._call(self._client, "get_object", Key=key, **self._whose())
            except CallFailed as exc:
                if exc.code == _NOT_THERE:
                    return None
                raise self._explained(exc, name, "read") from exc
            try:
                data = answer["Body"].read(_LARGEST + 1)
            except (BotoCoreError, HTTPError) as exc:
                # The answer began, and broke off: a read may always be repeated.
                failure = exc
                continue
            finally:
                answer["Body"].close()
            return self._document(name, data, str(answer["ETag"]))
        raise ValueError(f"{self._place}/{name} cannot be read: the connection broke ({type(failure).__name__})")

    def write(self, name: str, text: str, version: str | None) -> str:
        """Write under the condition that nothing was written since.

        An answer that got lost is looked for in what is there then. So no two writers may write the same text, and a
        conflict may mean that the text was written, and then replaced by somebody who had read it.
        """
        condition: dict[str, t.Any] = {"IfNoneMatch": "*"} if version is None else {"IfMatch": version}
        parameters: dict[str, t.Any] = {
            "Key": self._key(name),
            "Body": text.encode("utf-8"),
            "ContentType": _TYPES.get(name.rpartition(".")[2], _TYPES["json"]),
        }
        lost: CallFailed | None = None
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._wait(attempt)
            try:
                # Not repeated as it is: the second request would be refused because of what the first one wrote.
                answer = self._call(
                    self._client, "put_object", repeatable=False, **parameters, **condition, **self._whose()
                )
                return str(answer["ETag"])
            except CallFailed as exc:
                if exc.unknown:
                    lost = exc
                elif exc.code not in _LOST:
                    raise self._explained(exc, name, "written") from exc
                elif lost is None:
                    raise Conflict(f"{self._place}/{name} was changed by somebody else since it was read") from exc
            there = self.read(name)
            if there is not None and there.text == text:
                return there.version
            if (there.version if there else None) != version:
                raise Conflict(f"{self._place}/{name} was changed by somebody else since it was read")
            # As it was: the request is repeated under its condition, which a late arrival of the first one breaks.
        raise ValueError(
            f"Whether {self._place}/{name} was written is not known: {lost}. Nothing else is done on the strength of"
            " it. Run again"
        )

    def check_private(self, s3control: t.Any = None) -> None:
        """Fail if the bucket is public, or may become so.

        :param s3control: S3 Control client, to ask what the account blocks for all of its buckets. Without it, the
            bucket's own settings count alone.
        """
        try:
            on = public_access_switches(self._call, self._client, **self._whose())
            if s3control is not None and not all(on.values()):
                account = public_access_switches(self._call, s3control, AccountId=self._account)
                on = {name: value or account[name] for name, value in on.items()}
            public = self._public_policy()
        except CallFailed as exc:
            raise self._explained(exc, "", "checked") from exc
        advice = (
            "Expected: a private bucket, with all of Block Public Access on. Turn it on for the bucket or the account,"
            f" or choose another bucket ({self._setting}). Nothing was read or written there"
        )
        if public:
            raise ValueError(
                f"The store's bucket {self._place.bucket} is public: its policy lets everybody in. {advice}"
            )
        off = [name for name, value in on.items() if not value]
        if off:
            raise ValueError(
                f"The store's bucket {self._place.bucket} may be public: of its Block Public Access {', '.join(off)}"
                f" {'is' if len(off) == 1 else 'are'} off. {advice}"
            )

    def _public_policy(self) -> bool:
        try:
            answer = self._call(self._client, "get_bucket_policy_status", **self._whose())
        except CallFailed as exc:
            if exc.code != "NoSuchBucketPolicy":
                raise
            return False
        return bool(answer.get("PolicyStatus", {}).get("IsPublic"))

    def _key(self, name: str) -> str:
        return f"{self._place.prefix}/{checked_name(name)}"

    def _whose(self) -> dict[str, t.Any]:
        return {"Bucket": self._place.bucket, "ExpectedBucketOwner": self._account}

    def _wait(self, attempt: int) -> None:
        self._sleep(random.uniform(0, min(_LONGEST_WAIT, 0.1 * 2**attempt)))  # noqa: S311

    def _document(self, name: str, data: bytes, version: str) -> Document:
        try:
            if len(data) <= _LARGEST:
                return Document(data.decode("utf-8"), version)
            problem = f"is larger than {_LARGEST // 1024 // 1024} MB"
        except UnicodeDecodeError as exc:
            problem = f"is not UTF-8 text: byte {exc.start} cannot be read as such"
        raise ValueError(
            f"{self._place}/{name} {problem}. Expected: what a run wrote. Find out who changed it, and put a former"
            " version back"
        )

    def _explained(self, exc: CallFailed, name: str, done: str) -> ValueError:
        what = f"{self._place}/{name} cannot be {done}" if name else f"The store {self._place} cannot be {done}"
        bucket = self._place.bucket
        if exc.code in _NO_BUCKET:
            return ValueError(
                f"{what}: there is no bucket {bucket}. Expected: a private bucket of the account {self._account}."
                f" Make it ({self._setting}_state: present), or correct {self._setting}"
            )
        if exc.code in _ELSEWHERE:
            return ValueError(
                f"{what}: the bucket {bucket} is not in {self._client.meta.region_name} ({exc.message}). Expected: a"
                f" bucket in the Region of the keys (agent_ops_aws_region). Choose another one ({self._setting})"
            )
        if exc.code in _DENIED:
            return ValueError(f"{what}. {self._denied(exc)}")
        return ValueError(f"{what}. {exc}")

    def _denied(self, exc: CallFailed) -> str:
        """Say why a request was refused. 403 is the answer for three things, one of which is an absent object."""
        bucket = self._place.bucket
        if self._looked_at(ExpectedBucketOwner=self._account):
            return (
                f"{exc}. Expected: s3:GetObject and s3:PutObject for {self._place}/*, and s3:GetBucketPublicAccessBlock"
                " and s3:GetBucketPolicyStatus for the bucket"
            )
        if self._looked_at():
            return (
                f"The bucket {bucket} belongs to another AWS account. Expected: one of {self._account}. Names of"
                f" buckets are global: choose another one ({self._setting})"
            )
        return (
            f"{exc}. Either the caller lacks s3:ListBucket for the bucket {bucket}, without which Amazon S3 does not"
            f" say whether an object is there, or it is not a bucket of the account {self._account}. Expected:"
            " s3:ListBucket, and a bucket of that account. Nothing is taken for absent"
        )

    def _looked_at(self, **owner: t.Any) -> bool:
        try:
            self._call(self._client, "head_bucket", Bucket=self._place.bucket, **owner)
        except CallFailed:
            return False
        return True
