# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documents are those of the golden file, which was written by hand from the documentation."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils import _proof_documents as documents

GOLDEN = json.loads((Path(__file__).parent / "golden" / "proof_documents.json").read_text(encoding="utf-8"))
BUCKET = "nomadxyz-development-proofs"


def test_the_golden_documents() -> None:
    made = {
        "bucket, as documented": documents.public_read(BUCKET, partition="aws"),
        "bucket, with everything": documents.public_read(BUCKET, partition="aws", public_list=True, tls_only=True),
        "writer, documented": documents.documented_writer(BUCKET, partition="aws"),
        "writer, hardened": documents.hardened_writer(BUCKET, partition="aws", account="111122223333"),
    }
    assert made == GOLDEN


def test_another_partition() -> None:
    text = json.dumps(
        [
            documents.public_read(BUCKET, partition="aws-cn", public_list=True, tls_only=True),
            documents.documented_writer(BUCKET, partition="aws-cn"),
            documents.hardened_writer(BUCKET, partition="aws-cn", account="111122223333"),
        ]
    )
    assert "arn:aws:" not in text
    assert text.count("arn:aws-cn:s3:::") == 8


def edited(**changes: Any) -> dict[str, Any]:
    policy = copy.deepcopy(GOLDEN["bucket, with everything"])
    policy["Statement"][0].update(changes)
    return policy


@pytest.mark.parametrize(
    "same",
    [
        # As the original documentation writes it, and as AWS may give it back.
        edited(Action="s3:getObject"),
        edited(Action=["s3:GetObject"], Resource=[f"arn:aws:s3:::{BUCKET}/*"]),
        edited(Principal={"AWS": "*"}),
        edited(Principal={"AWS": ["*"]}),
        {**edited(), "Statement": edited()["Statement"][::-1]},
    ],
)
def test_policies_that_say_the_same(same: dict[str, Any]) -> None:
    assert documents.same_bucket_policy(same, edited())


@pytest.mark.parametrize(
    "other",
    [
        None,
        {},
        edited(Action="s3:*"),
        edited(Action=["s3:GetObject", "s3:PutObject"]),
        edited(Principal={"AWS": "arn:aws:iam::111122223333:root"}),
        edited(Effect="Deny"),
        edited(Resource=f"arn:aws:s3:::{BUCKET.upper()}/*"),
        edited(Sid="ipallow"),
        edited(Condition={"Bool": {"aws:SecureTransport": "true"}}),
        {**edited(), "Id": "Other"},
        {**edited(), "Statement": edited()["Statement"][:2]},
    ],
)
def test_policies_that_differ(other: dict[str, Any] | None) -> None:
    assert not documents.same_bucket_policy(other, edited())
