# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policies of the proof bucket, asked of a simulator that others wrote: anybody, its writers, and another account.

What the sandbox does not do as AWS (TLS, Block Public Access of a real account) is decided here.
"""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils import _proof_documents as documents

from tests.simulator.client import Question, Simulator, Verdict
from tests.simulator.lint import findings

BUCKET, OTHER = "nomad-staging-proofs-111122223333", "nomad-staging-proofs-1111222233334"
ACCOUNT, ELSEWHERE = "111122223333", "444455556666"
NOBODY = ""
USER = f"arn:aws:iam::{ACCOUNT}:user/agent_ops/staging/nomad-signer-staging"
STRANGER = f"arn:aws:iam::{ELSEWHERE}:user/somebody"
WILDCARD = "RESOURCE_MISMATCH"
TLS, PLAIN = {"aws:SecureTransport": "true"}, {"aws:SecureTransport": "false"}
OBJECT_ACTIONS = (
    "s3:GetObject",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:PutObjectAcl",
    "s3:DeleteObjectVersion",
    "s3:PutObjectRetention",
)
BUCKET_ACTIONS = ("s3:ListBucket", "s3:DeleteBucket", "s3:PutBucketPolicy", "s3:PutBucketAcl", "s3:ListBucketVersions")


def requests(bucket: str) -> list[tuple[str, str]]:
    arn = f"arn:aws:s3:::{bucket}"
    return [
        *((action, f"{arn}/home/0") for action in OBJECT_ACTIONS),
        *((action, arn) for action in BUCKET_ACTIONS),
    ]


def allowed(simulator: Simulator, questions: list[Question]) -> set[str]:
    answers = simulator.ask_all(questions)
    told = {(question, answer.outcome) for question, answer in zip(map(_short, questions), answers, strict=True)}
    assert {outcome for _question, outcome in told} <= set(Verdict), told
    return {question for question, outcome in told if outcome is Verdict.ALLOWED}


def _short(question: Question) -> str:
    return f"{question.action.removeprefix('s3:')} {question.resource.removeprefix('arn:aws:s3:::')}"


@pytest.mark.parametrize(("public_list", "tls_only"), list(itertools.product([False, True], repeat=2)))
def test_anybody_reads_and_nobody_writes(simulator: Simulator, public_list: bool, tls_only: bool) -> None:
    policy = documents.public_read(BUCKET, partition="aws", public_list=public_list, tls_only=tls_only)
    assert findings(policy) == []

    def ask(principal: str, context: dict[str, str], **more: Any) -> set[str]:
        policies = [{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}]
        return allowed(
            simulator,
            [
                Question(
                    action,
                    resource,
                    principal,
                    policies if principal else [],
                    resource_policy=policy,
                    context=context,
                    account=ACCOUNT,
                    **more,
                )
                for action, resource in requests(BUCKET)
            ],
        )

    readable = {f"GetObject {BUCKET}/home/0"} | ({f"ListBucket {BUCKET}"} if public_list else set())
    for principal in (NOBODY, STRANGER):
        assert ask(principal, TLS) == readable
        assert ask(principal, PLAIN) == (set() if tls_only else readable)
        assert ask(principal, TLS, blocks_public_access=True) == set()


@pytest.mark.parametrize("form", ["hardened", "documented"])
def test_a_writer_reaches_that_bucket_alone(simulator: Simulator, form: str) -> None:
    if form == "hardened":
        document = documents.hardened_writer(BUCKET, partition="aws", account=ACCOUNT)
    else:
        document = documents.documented_writer(BUCKET, partition="aws")
    # s3:*Object* has actions that no object has: true, without effect, and documented to the letter.
    told = [text for text in findings(document) if not (form == "documented" and text.startswith(WILDCARD))]
    assert told == []
    public = documents.public_read(BUCKET, partition="aws")

    def ask(bucket: str, owner: str = ACCOUNT, policy: dict[str, Any] | None = None) -> set[str]:
        context = {"aws:ResourceAccount": owner, **TLS}
        return allowed(
            simulator,
            [
                Question(action, resource, USER, [document], resource_policy=policy, context=context, account=owner)
                for action, resource in requests(bucket)
            ],
        )

    objects = OBJECT_ACTIONS if form == "documented" else ("s3:GetObject", "s3:PutObject")
    written = {f"{action.removeprefix('s3:')} {BUCKET}/home/0" for action in objects}
    assert ask(BUCKET) == ask(BUCKET, policy=public) == written | {f"ListBucket {BUCKET}"}
    assert ask(OTHER) == ask(BUCKET[:-1]) == set()
    # The name in somebody else's hands, who lets everybody write.
    trap = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
        ],
    }
    assert ask(BUCKET, ELSEWHERE, trap) == ({f"PutObject {BUCKET}/home/0"} if form == "documented" else set())
