# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What whoever funds wallets may do beside signing with the bank, and the proof that it is no more.

Before a wallet is paid, its key is read: whether it is enabled, whose it is, and its public key. And transfers are
written down. Private to the collection. Pure: no ansible, no AWS; errors are :class:`ValueError`.
"""

from __future__ import annotations

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils import _policy_documents as documents
from ansible_collections.interchain.agent_ops.plugins.module_utils._document_place import S3Place, parse_place
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

LOOKS = ("kms:DescribeKey", "kms:GetPublicKey", "kms:ListResourceTags")
_NEVER = (
    "kms:Sign",
    *documents.COMES_TO_SIGN,
    "kms:CreateAlias",
    "kms:UpdateAlias",
    "kms:EnableKey",
    "kms:TagResource",
)
_SEES_BUCKET = ("s3:GetBucketPolicyStatus", "s3:GetBucketPublicAccessBlock")
_SEES_ACCOUNT = "s3:GetAccountPublicAccessBlock"
_NEVER_AT_STORE = ("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObjectAcl")
_OBJECT = "ledger.json"


def store_place(store: str) -> S3Place | None:
    """Return where in S3 transfers are written down, None for a folder or nothing.

    :raises ValueError: if that is no place.
    """
    place = parse_place(store) if store else None
    return place if isinstance(place, S3Place) else None


class Wish(t.NamedTuple):
    """A policy: its document, the names of the keys that it is to see, and where it is to write in S3."""

    document: documents.Document
    reads: list[str]
    place: S3Place | None


def name(environment: str) -> str:
    return f"{environment}-keymaster"


def wanted(
    keys: t.Sequence[t.Mapping[str, t.Any]],
    *,
    bank: str,
    agents: t.Collection[str],
    pattern: t.Callable[[dict[str, t.Any]], str],
    store: str,
    partition: str,
    account: str,
) -> Wish | None:
    """Return what whoever funds wallets needs beside the bank's key, None if that is nothing.

    :param keys: those in AWS KMS. Whoever reads a hex key can sign with it, so that nobody gets to see those of agents.
    :param bank: the agent whose key pays. :param pattern: returns what the alias of an agent's key looks like.
    """
    wallets = [key for key in keys if key["purpose"] == "signer" and key["agent"] in agents]
    seen = [key for key in keys if key in wallets or key["agent"] == bank]
    patterns = [pattern(dict(key)) if key in wallets else key["resource"] for key in seen]
    place = store_place(store)
    document = _document(
        [key["resource"] for key in seen],
        list(dict.fromkeys(patterns)),
        place,
        partition=partition,
        account=account,
    )
    return Wish(document, [key["name"] for key in seen], place) if document else None


def _document(
    aliases: t.Sequence[str], patterns: t.Sequence[str], place: S3Place | None, *, partition: str, account: str
) -> documents.Document | None:
    """Return the policy of whoever funds wallets, None if it would allow nothing.

    :param aliases: of the keys that are looked at. :param patterns: for these, if the list is too long for AWS.
    """
    statements: list[dict[str, t.Any]] = []
    if aliases:
        statements.append(
            {
                "Sid": "SeeTheKeysOfWallets",
                "Effect": "Allow",
                "Action": list(LOOKS),
                "Resource": f"arn:{partition}:kms:*:{account}:key/*",
                "Condition": {"ForAnyValue:StringEquals": {documents.ALIASES: list(aliases)}},
            }
        )
    if place is not None:
        statements += _book(place, partition, account)
    document = {"Version": documents.VERSION, "Statement": statements}
    if aliases and documents.length(document) > documents.LONGEST_POLICY:
        statements[0]["Condition"] = {"ForAnyValue:StringLike": {documents.ALIASES: list(patterns)}}
    return document if statements else None


def _book(place: S3Place, partition: str, account: str) -> list[dict[str, t.Any]]:
    """Return what writing transfers down takes: no deleting, and first of all a look whether the bucket is private.

    Listing is what tells a document that is not there from one that may not be read. And only while the bucket is the
    account's own, since names of buckets are global.
    """
    arn = bucket_arn(partition, place.bucket)
    own = {"StringEquals": {"aws:ResourceAccount": account}}
    objects = f"{arn}/{place.prefix}/*"
    return [
        {
            "Sid": "SeeWhetherTheBookIsPrivate",
            "Effect": "Allow",
            "Action": [LIST, *_SEES_BUCKET],
            "Resource": [arn],
            "Condition": own,
        },
        {"Sid": "SeeWhatTheAccountBlocks", "Effect": "Allow", "Action": [_SEES_ACCOUNT], "Resource": ["*"]},
        {
            "Sid": "WriteDownTransfers",
            "Effect": "Allow",
            "Action": [READ, WRITE],
            "Resource": [objects],
            "Condition": own,
        },
    ]


class Key(t.Protocol):
    """A key as a policy sees it."""

    @property
    def label(self) -> str: ...
    @property
    def name(self) -> str | None: ...
    @property
    def arn(self) -> str: ...
    @property
    def context(self) -> t.Mapping[str, t.Sequence[str]]: ...


def check_funder(policy: t.Mapping[str, t.Any], access: t.Mapping[str, t.Any], keys: t.Iterable[Key]) -> list[str]:
    """Return what forbids to write the policy, a sentence each.

    :param policy: what is wanted, with the names of the keys that it ``reads`` and its ``place`` in S3.
    :param keys: every key that there is.
    """
    problems = []
    for key in keys:
        looks = LOOKS if access["backend"] == "kms" else ()
        wanted = Answer.YES if key.name in policy["reads"] else Answer.NO
        wrong = [one for one in looks if _answer(policy, access, one, key.arn, key.context) is not wanted]
        if wrong:
            problems.append(_problem(policy, ", ".join(wrong), key.label, wanted))
        for action in (*_NEVER, *documents.SECRET_ACTIONS):
            if _answer(policy, access, action, key.arn, key.context) is not Answer.NO:
                problems.append(_problem(policy, action, key.label, Answer.NO))
    for action, resource, wanted in _at_store(policy, access):
        if _answer(policy, access, action, resource) is not wanted:
            problems.append(_problem(policy, action, resource, wanted))
    return problems


def _at_store(policy: t.Mapping[str, t.Any], access: t.Mapping[str, t.Any]) -> t.Iterator[tuple[str, str, Answer]]:
    other = bucket_arn(access["partition"], "somebody-elses-bucket")
    strangers = [other]
    if policy["place"]:
        bucket, prefix = policy["place"]
        own = bucket_arn(access["partition"], bucket)
        yield _SEES_ACCOUNT, "*", Answer.YES
        for action in (LIST, *_SEES_BUCKET):
            yield action, own, Answer.YES
        for action in ("s3:DeleteBucket", "s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock"):
            yield action, own, Answer.NO
        for action in (READ, WRITE):
            yield action, f"{own}/{prefix}/{_OBJECT}", Answer.YES
        for action in _NEVER_AT_STORE:
            yield action, f"{own}/{prefix}/{_OBJECT}", Answer.NO
        strangers += [f"{own}-2", own[:-1]]
        for action in (READ, WRITE):
            yield action, f"{own}/{prefix}-2/{_OBJECT}", Answer.NO
    for stranger in strangers:
        yield LIST, stranger, Answer.NO
        for action in (READ, WRITE):
            yield action, f"{stranger}/{_OBJECT}", Answer.NO


def _answer(
    policy: t.Mapping[str, t.Any],
    access: t.Mapping[str, t.Any],
    action: str,
    resource: str,
    context: t.Mapping[str, t.Sequence[str]] | None = None,
) -> Answer:
    values: dict[str, str | t.Sequence[str]] = {"aws:ResourceAccount": access["account_id"], **(context or {})}
    return evaluate_identity(Request(action, resource, values), [Policy(policy["name"], policy["document"])]).answer


def _problem(policy: t.Mapping[str, t.Any], action: str, what: str, wanted: Answer) -> str:
    does = "does not allow" if wanted is Answer.YES else "would allow"
    return (
        f"The policy {policy['name']} {does} {action} on {what}. Expected: what seeing the keys of wallets and writing"
        " transfers down take, and no more. Nothing was written. Rename what the name comes from, or remove the alias"
        " that does not belong there"
    )
