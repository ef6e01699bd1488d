# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In what two policy documents differ, in words: nothing where AWS would see no difference."""

from __future__ import annotations

import copy
import typing as t

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_compare import differences
from ansible_collections.interchain.agent_ops.plugins.module_utils._iam_plan import same_document
from hypothesis import given
from hypothesis import strategies as st

ALIASES = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": ["alias/a", "alias/b"]}}
SIGN: dict[str, t.Any] = {
    "Sid": "Sign",
    "Effect": "Allow",
    "Action": ["kms:GetPublicKey", "kms:Sign"],
    "Resource": "*",
    "Condition": ALIASES,
}
LIST: dict[str, t.Any] = {"Sid": "List", "Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}
NEVER: dict[str, t.Any] = {"Effect": "Deny", "Action": "kms:CreateGrant", "Resource": "*"}


def document(*statements: t.Any, **more: t.Any) -> dict[str, t.Any]:
    return {"Version": "2012-10-17", "Statement": list(statements), **more}


def changed(statement: dict[str, t.Any], **values: t.Any) -> dict[str, t.Any]:
    return {**copy.deepcopy(statement), **values}


@pytest.mark.parametrize(
    "found",
    [
        document(SIGN, LIST),
        document(LIST, SIGN),
        document(changed(SIGN, Action=["kms:Sign", "kms:GetPublicKey"]), LIST),
        document(changed(SIGN, Resource=["*"]), changed(LIST, Action=["kms:ListKeys"])),
        document(changed(SIGN, Action=["KMS:sign", "kms:getpublickey"]), LIST),
    ],
)
def test_what_says_the_same(found: dict[str, t.Any]) -> None:
    assert differences(found, document(SIGN, LIST)) == []


def test_a_single_statement_needs_no_list() -> None:
    assert differences({"Version": "2012-10-17", "Statement": SIGN}, document(SIGN)) == []


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (
            document(changed(SIGN, Action=["kms:Sign", "kms:GetPublicKey", "kms:CreateGrant"]), LIST),
            ["in the statement Sign Action has kms:CreateGrant as well"],
        ),
        (document(changed(SIGN, Action="kms:Sign"), LIST), ["in the statement Sign Action lacks kms:GetPublicKey"]),
        (
            document(changed(SIGN, Action="kms:*"), LIST),
            ["in the statement Sign Action has kms:* and lacks kms:GetPublicKey, kms:Sign"],
        ),
        (document(changed(SIGN, Effect="Deny"), LIST), ["in the statement Sign Effect has Deny and lacks Allow"]),
        (
            document(changed(SIGN, Condition={}), LIST),
            [
                "in the statement Sign Condition ForAnyValue:StringEquals kms:ResourceAliases lacks alias/a, alias/b",
            ],
        ),
        (
            document(SIGN),
            ["it lacks the statement List, Allow kms:ListKeys"],
        ),
        (
            document(SIGN, LIST, NEVER),
            ["it has the statement Deny kms:CreateGrant as well"],
        ),
        (
            document(SIGN, changed(LIST, Sid="Other")),
            ["in the statement List Sid has Other and lacks List"],
        ),
        ({**document(SIGN, LIST), "Version": "2008-10-17"}, ["its version is 2008-10-17"]),
        (None, ["it cannot be read"]),
        ("{}", ["it cannot be read"]),
        (
            document("everything"),
            [
                "it has the statement ? nothing that can be read as well",
                "it lacks the statement Sign, Allow kms:GetPublicKey, kms:Sign",
                "it lacks the statement List, Allow kms:ListKeys",
            ],
        ),
    ],
)
def test_what_differs(found: t.Any, told: list[str]) -> None:
    assert differences(found, document(SIGN, LIST)) == told


def test_many_values_are_counted() -> None:
    many = {"StringEquals": {"kms:ResourceAliases": [f"alias/some-rather-long-name-{number}" for number in range(50)]}}
    (told,) = differences(document(changed(SIGN, Condition={**ALIASES, **many})), document(SIGN))
    assert told.endswith("... (50 values) as well")
    assert len(told) < 300


def test_whom_a_trust_names() -> None:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}}
    found = changed(trust, Principal={"AWS": ["arn:aws:iam::111122223333:root"], "Service": "ec2.amazonaws.com"})
    assert differences(document(found), document(trust)) == ["Principal Service has ec2.amazonaws.com as well"]
    assert differences(document(changed(trust, Principal="*")), document(trust)) == [
        "Principal has * as well",
        "Principal AWS lacks arn:aws:iam::111122223333:root",
    ]


_texts = st.sampled_from(["kms:Sign", "kms:GetPublicKey", "kms:*"])
_statements = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "Action": st.one_of(_texts, st.lists(_texts, min_size=1, unique=True)),
        "Resource": st.one_of(st.just("*"), st.just(["*"])),
    },
    optional={"Sid": st.sampled_from(["A", "B"])},
)
_documents = st.builds(lambda given: document(*given), st.lists(_statements, max_size=3))


@given(_documents, _documents)
def test_nothing_differs_exactly_where_the_plan_would_write_nothing(
    found: dict[str, t.Any], wanted: dict[str, t.Any]
) -> None:
    assert (differences(found, wanted) == []) is same_document(found, wanted)
