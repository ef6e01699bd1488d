# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Evaluates the policy of whoever writes to the proof bucket before it is written. Private to the collection.

It must reach that bucket's objects, no other bucket, no key, and nothing that makes a bucket what it is. Pure: no
ansible, no AWS.
"""

from __future__ import annotations

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils import _policy_documents as documents
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_evaluation import (
    Answer,
    Policy,
    Request,
    evaluate_identity,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._proof_documents import (
    LIST,
    READ,
    WRITE,
    bucket_arn,
)

_OBJECT = "home/0"
_ADMINISTERING = (
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketAcl",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketVersioning",
)
_BEYOND = ("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObjectAcl", "s3:PutObjectRetention")
"""What the documented form allows on the bucket's objects, and no agent does."""
_NEVER = ("kms:Sign", "kms:GetPublicKey", "kms:Decrypt", "kms:CreateGrant", *documents.SECRET_ACTIONS)


class Key(t.Protocol):
    """A key as a policy sees it."""

    @property
    def label(self) -> str: ...
    @property
    def arn(self) -> str: ...
    @property
    def context(self) -> t.Mapping[str, t.Sequence[str]]: ...


def check_writer(
    policy: t.Mapping[str, t.Any], access: t.Mapping[str, t.Any], keys: t.Iterable[Key]
) -> tuple[list[str], list[str]]:
    """Return what forbids to write the policy, and what the user should know of it, a sentence each.

    :param policy: what is wanted, with the name of its ``bucket``. :param keys: every key that there is.
    """
    problems: list[str] = []
    own = bucket_arn(access["partition"], policy["bucket"])
    for action, resource in ((LIST, own), (READ, f"{own}/{_OBJECT}"), (WRITE, f"{own}/{_OBJECT}")):
        if _answer(policy, access, action, resource) is not Answer.YES:
            problems.append(_problem(policy, f"does not allow {action} on {resource}", "that it does"))
    for action, resource in _forbidden(own, access):
        if _answer(policy, access, action, resource) is not Answer.NO:
            problems.append(_problem(policy, f"would allow {action} on {resource}", f"nothing but objects of {own}"))
    for key in keys:
        for action in _NEVER:
            if _answer(policy, access, action, key.arn, key.context) is not Answer.NO:
                problems.append(_problem(policy, f"would allow {action} with {key.label}", "no key at all"))
    beyond = [action for action in _BEYOND if _answer(policy, access, action, f"{own}/{_OBJECT}") is not Answer.NO]
    told = f"is in the documented form, by which whoever writes proofs may also do {', '.join(beyond)} to them"
    warnings = [f"The policy {policy['name']} {told}. The hardened form does not (signer_iam_proof_writer_form)"]
    return problems, warnings if beyond else []


def _forbidden(own: str, access: t.Mapping[str, t.Any]) -> t.Iterator[tuple[str, str]]:
    for action in _ADMINISTERING:
        yield action, own
    # Names that begin or end as the bucket's, and one that has nothing to do with it.
    others = (f"{own}-2", own[:-1], bucket_arn(access["partition"], "somebody-elses-bucket"))
    for other in others:
        yield LIST, other
        yield "s3:DeleteBucket", other
        for action in (READ, WRITE, *_BEYOND):
            yield action, f"{other}/{_OBJECT}"


def _answer(
    policy: t.Mapping[str, t.Any],
    access: t.Mapping[str, t.Any],
    action: str,
    resource: str,
    context: t.Mapping[str, t.Sequence[str]] | None = None,
) -> Answer:
    values: dict[str, str | t.Sequence[str]] = {"aws:ResourceAccount": access["account_id"], **(context or {})}
    return evaluate_identity(Request(action, resource, values), [Policy(policy["name"], policy["document"])]).answer


def _problem(policy: t.Mapping[str, t.Any], found: str, expected: str) -> str:
    return (
        f"The policy {policy['name']} {found}. Expected: {expected}. Nothing was written. Change the bucket's name"
        " (agent_ops_proof_bucket)"
    )
