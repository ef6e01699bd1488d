# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a request to S3 is allowed.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-evaluates-access-control.html: bucket policy, ACLs where
they are on, Block Public Access, and for users and sessions their own policies. The owner's administrator may do
anything.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from moto.s3.models import FakeBucket, FakeKey

from sandbox.iam.context import Context
from sandbox.iam.evaluation import Question, refusal
from sandbox.iam.identities import surroundings
from sandbox.iam.principals import Caller
from sandbox.requests import Call
from sandbox.s3.actions import Asked, is_anonymous, query_of
from sandbox.s3.backend import ENFORCED, switches
from sandbox.s3.public import is_public

_EVERYTHING = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
# A principal of no account: a policy can mean it by "*" alone.
ANONYMOUS = Caller(arn="anonymous", account="anonymous", unique_id="anonymous", policies=())


class Gate:
    """The permissions of one request."""

    def __init__(self, call: Call, caller: Caller | None) -> None:
        self._call = call
        self.anonymous = is_anonymous(call.environ)
        self.caller = ANONYMOUS if self.anonymous else caller

    def refusal(self, asked: Asked, bucket: FakeBucket | None) -> str | None:
        """Why it is refused; None if it is allowed."""
        foreign = bucket is not None and bucket.account_id != self._call.account
        if self.caller is None and not foreign:
            return None
        caller = self.caller or self._administrator()
        question = self._question(asked, bucket)
        if bucket is None:
            return refusal(question, caller)
        block = switches(bucket)
        if (self.anonymous or foreign) and "restrict_public_buckets" in block and is_public(bucket.policy):
            question = replace(question, resource_policy=None)
        if self.anonymous:
            reason = refusal(question, caller)
            if reason and "explicit deny" not in reason and self._by_acl(asked, bucket, block):
                return None
            return reason
        if foreign:
            # Both accounts must allow it.
            there = refusal(replace(question, by_leave_of_the_resource=True), caller)
            return there or refusal(replace(question, resource_policy=None), caller)
        return refusal(question, caller)

    def _administrator(self) -> Caller:
        account = self._call.account
        return Caller(f"arn:aws:iam::{account}:root", account, account, (_EVERYTHING,))

    def _question(self, asked: Asked, bucket: FakeBucket | None) -> Question:
        around: dict[str, Any] = dict(surroundings(self._call))
        # S3 takes plain HTTP as well, which whoever ends TLS before the sandbox tells it.
        plain = self._call.environ.get("HTTP_X_FORWARDED_PROTO") == "http"
        around["aws:SecureTransport"] = "false" if plain else "true"
        if bucket is not None:
            around["aws:ResourceAccount"] = around["s3:ResourceAccount"] = bucket.account_id
        for parameter, key in (("prefix", "s3:prefix"), ("delimiter", "s3:delimiter"), ("max-keys", "s3:max-keys")):
            given = query_of(self._call.environ).get(parameter)
            if given:
                around[key] = given[0]
        if "HTTP_X_AMZ_ACL" in self._call.environ:
            around["s3:x-amz-acl"] = str(self._call.environ["HTTP_X_AMZ_ACL"])
        caller = self.caller.context if self.caller is not None else {}
        policy = bucket.policy.decode() if bucket is not None and bucket.policy else None
        return Question(asked.action, _arn(asked), Context(around, caller), resource_policy=policy)

    def _by_acl(self, asked: Asked, bucket: FakeBucket, block: frozenset[str]) -> bool:
        """Whether an ACL lets everybody read."""
        if str(bucket.ownership_rule) == ENFORCED or "ignore_public_acls" in block:
            return False
        if asked.action == "s3:ListBucket":
            return bool(bucket.acl and bucket.acl.public_read)
        key = bucket.keys.get(asked.place.key)
        return asked.action == "s3:GetObject" and isinstance(key, FakeKey) and bool(key.acl and key.acl.public_read)


def _arn(asked: Asked) -> str:
    if not asked.place.bucket:
        return "*"
    return f"arn:aws:s3:::{asked.place.bucket}" + (f"/{asked.place.key}" if asked.place.key else "")
