# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The linter finds what is wrong, so that its silence on a policy says something."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from tests.simulator import lint

KEYS = "arn:aws:kms:*:111122223333:key/*"


def policy(action: str, resource: str = KEYS, **condition: Any) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": action, "Resource": resource}
    if condition:
        statement["Condition"] = {
            "ForAnyValue:StringEquals": {f"kms:{key}": [value] for key, value in condition.items()}
        }
    return {"Version": "2012-10-17", "Statement": [statement]}


@pytest.mark.parametrize(
    "document",
    [
        policy("kms:Sign"),
        policy("kms:Sign", SigningAlgorithm="ECDSA_SHA_256"),
        policy("kms:Sign", ResourceAliases="alias/staging-kovan-watcher-signer"),
        policy("kms:GetPublicKey", ResourceAliases="alias/staging-kovan-watcher-signer"),
        policy("kms:ListKeys", "*"),
    ],
    ids=str,
)
def test_it_finds_nothing_in_a_good_policy(document: dict[str, Any]) -> None:
    assert lint.findings(document) == []


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (policy("kms:Sgin"), "UNKNOWN_ACTION: Unknown action kms:Sgin"),
        (policy("kmz:Sign"), "UNKNOWN_PREFIX: Unknown prefix kmz"),
        (policy("kms:Sign", "arn:aws:kms:*:111122223333:alias/a"), "RESOURCE_MISMATCH: "),
        (policy("kms:Sign", "arn:aws:kms:*:11112222333:key/*"), "INVALID_ARN: "),
        (
            policy("kms:Sign", ResourceAliasses="alias/a"),
            "UNKNOWN_CONDITION_FOR_ACTION: Unknown condition kms:ResourceAliasses for action kms:Sign",
        ),
        (
            policy("kms:ListKeys", "*", ResourceAliases="alias/a"),
            "UNKNOWN_CONDITION_FOR_ACTION: Unknown condition kms:ResourceAliases for action kms:ListKeys",
        ),
        (
            policy("kms:GetPublicKey", SigningAlgorithm="ECDSA_SHA_256"),
            "UNKNOWN_CONDITION_FOR_ACTION: Unknown condition kms:SigningAlgorithm for action kms:GetPublicKey",
        ),
    ],
    ids=str,
)
def test_it_finds_what_is_wrong(document: dict[str, Any], found: str) -> None:
    (finding,) = lint.findings(document)
    assert finding.startswith(found)


def test_the_finding_that_is_left_out_is_one_that_the_linter_makes() -> None:
    # If this fails, the linter has been mended, and known_to_be_wrong can go.
    raw = lint.parliament().analyze_policy_string(json.dumps(policy("kms:Sign", ResourceAliases="alias/a")))
    assert [(finding.issue, finding.detail) for finding in raw.findings] == [
        ("UNKNOWN_CONDITION_FOR_ACTION", "Unknown condition kms:ResourceAliases for action kms:Sign")
    ]


def test_what_the_linter_is_given_for_setuptools_does_not_stay() -> None:
    lint.parliament()
    stands_in = sys.modules.get("pkg_resources")
    assert stands_in is None or hasattr(stands_in, "Requirement")
