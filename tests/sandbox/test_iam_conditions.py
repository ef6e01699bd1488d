# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Patterns and condition operators, taken by themselves.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html,
reference_policies_elements_resource.html and reference_policies_variables.html
"""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.iam.conditions import satisfied
from sandbox.iam.context import Context
from sandbox.iam.documents import statements_of
from sandbox.iam.matching import matches_action, matches_arn, matches_resource, matches_text
from tests.sandbox.people import allow, document

KEY = "arn:aws:kms:us-west-2:123456789012:key/1234"
CONTEXT = Context(
    {
        "aws:username": "watcher",
        "aws:PrincipalArn": "arn:aws:iam::123456789012:user/watcher",
        "aws:PrincipalTag/odd": "a*b",
        "aws:PrincipalTag/empty": "",
        "kms:ResourceAliases": ["alias/a", "alias/b"],
        "aws:TagKeys": [],
        "kms:ScheduleKeyDeletionPendingWindowInDays": "7",
        "aws:CurrentTime": "2026-03-04T05:06:07Z",
        "aws:SourceIp": "127.0.0.1",
        "aws:SecureTransport": "true",
    }
)


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("*", True),
        (KEY, True),
        (KEY.upper(), False),
        ("arn:aws:kms:*:123456789012:key/*", True),
        ("arn:aws:kms:us-*-2:123456789012:key/1?34", True),
        # "If the * wildcard is the last character of a resource ARN segment, it can expand to match beyond the colon".
        ("arn:aws:kms:*", True),
        ("arn:*", True),
        # Within a segment it stays there.
        ("arn:aws:kms:u*2:key/1234", False),
        ("arn:aws:kms:us-west-2:123456789012:key/123", False),
        ("arn:aws:kms:us-west-2:123456789012:alias/*", False),
    ],
)
def test_resources(pattern: str, *, matches: bool) -> None:
    assert matches_resource(pattern, KEY, CONTEXT) is matches


@pytest.mark.parametrize(
    ("pattern", "value", "matches"),
    [
        ("user-${aws:username}", "user-watcher", True),
        ("user-${AWS:UserName}", "user-watcher", True),
        ("user-${aws:nothing}", "user-", False),
        ("user-${aws:nothing, 'guard'}", "user-guard", True),
        ("user-${aws:username, 'guard'}", "user-watcher", True),
        ("${aws:PrincipalTag/odd}", "a*b", True),
        ("${aws:PrincipalTag/odd}", "axb", False),
        ("a${*}b", "a*b", True),
        ("a${*}b", "axb", False),
        ("a${?}b*", "a?bcd", True),
        ("${kms:ResourceAliases}", "alias/a", False),
        ("a?c*", "abcdef", True),
        ("a?c", "ac", False),
    ],
)
def test_variables_and_wildcards(pattern: str, value: str, *, matches: bool) -> None:
    assert matches_text(pattern, value, CONTEXT) is matches


def test_old_documents_know_no_variables() -> None:
    """ "Policy variables were introduced in version 2012-10-17"; in an older document they are text."""
    for version, expected in (("2012-10-17", True), ("2008-10-17", False)):
        text = document(allow("kms:Sign", "arn:aws:iam::123456789012:user/${aws:username}"), version=version)
        (statement,) = statements_of(text)
        assert statement.covers("kms:Sign", "arn:aws:iam::123456789012:user/watcher", CONTEXT) is expected


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("arn:aws:iam::123456789012:user/watcher", True),
        ("arn:aws:iam::*:user/w*", True),
        ("arn:*:iam::123456789012:user/${aws:username}", True),
        ("${aws:PrincipalArn}", True),
        # Each part is compared by itself.
        ("arn:*:user/watcher", False),
        ("arn:aws:iam:*", False),
        ("arn:aws:iam::123456789012:user/${*}", False),
    ],
)
def test_arns(pattern: str, *, matches: bool) -> None:
    assert matches_arn(pattern, "arn:aws:iam::123456789012:user/watcher", CONTEXT) is matches


def test_actions_have_no_case() -> None:
    assert matches_action("KMS:s?gn", "kms:Sign")
    assert matches_action("*", "kms:Sign")
    assert not matches_action("kms:Sig", "kms:Sign")


CONDITIONS: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"StringEquals": {"aws:username": ["guard", "watcher"]}}, True),
    ({"StringNotEquals": {"aws:username": ["guard", "watcher"]}}, False),
    ({"StringNotEquals": {"aws:username": "guard"}}, True),
    ({"StringEquals": {"aws:username": "watch*"}}, False),
    ({"StringNotLike": {"aws:username": "watch*"}}, False),
    ({"StringNotEqualsIgnoreCase": {"aws:username": "WATCHER"}}, False),
    ({"StringEquals": {"AWS:USERNAME": "watcher"}, "Bool": {"aws:SecureTransport": True}}, True),
    ({"StringEquals": {"aws:username": "watcher"}, "Bool": {"aws:SecureTransport": False}}, False),
    ({"StringEquals": {"aws:username": "watcher", "aws:nothing": "x"}}, False),
    ({"StringEquals": {"aws:nothing": "x"}}, False),
    ({"StringNotEquals": {"aws:nothing": "x"}}, True),
    ({"StringEqualsIfExists": {"aws:nothing": "x"}}, True),
    ({"StringEqualsIfExists": {"aws:username": "x"}}, False),
    ({"StringEquals": {"aws:PrincipalTag/empty": ""}}, True),
    ({"NumericEquals": {"kms:ScheduleKeyDeletionPendingWindowInDays": "7.0"}}, True),
    ({"NumericNotEquals": {"kms:ScheduleKeyDeletionPendingWindowInDays": 7}}, False),
    ({"NumericLessThan": {"kms:ScheduleKeyDeletionPendingWindowInDays": "7"}}, False),
    ({"NumericLessThanEquals": {"kms:ScheduleKeyDeletionPendingWindowInDays": "7"}}, True),
    ({"NumericGreaterThan": {"kms:ScheduleKeyDeletionPendingWindowInDays": "10"}}, False),
    ({"NumericGreaterThan": {"aws:username": "1"}}, False),
    ({"DateEquals": {"aws:CurrentTime": "2026-03-04T05:06:07Z"}}, True),
    ({"DateLessThan": {"aws:CurrentTime": "2026-03-04T05:06:08+00:00"}}, True),
    ({"DateGreaterThanEquals": {"aws:CurrentTime": "2026-03-05"}}, False),
    ({"DateGreaterThan": {"aws:CurrentTime": "1"}}, True),
    ({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "127.0.0.1"]}}, True),
    ({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, True),
    ({"Null": {"aws:username": "false", "aws:nothing": "true"}}, True),
    ({"Null": {"aws:username": True}}, False),
    ({"Null": {"aws:TagKeys": "true"}}, True),
    ({"ForAnyValue:StringEquals": {"kms:ResourceAliases": ["alias/b", "alias/c"]}}, True),
    ({"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/c"}}, False),
    ({"ForAnyValue:StringNotEquals": {"kms:ResourceAliases": "alias/a"}}, True),
    ({"ForAllValues:StringEquals": {"kms:ResourceAliases": ["alias/a", "alias/b", "alias/c"]}}, True),
    ({"ForAllValues:StringEquals": {"kms:ResourceAliases": ["alias/a"]}}, False),
    ({"ForAllValues:StringNotEquals": {"kms:ResourceAliases": ["alias/a"]}}, False),
    ({"ForAllValues:StringNotLike": {"kms:ResourceAliases": ["alias/c*"]}}, True),
    ({"ForAnyValue:StringLike": {"aws:TagKeys": "*"}}, False),
    ({"ForAllValues:StringLike": {"aws:TagKeys": "x"}}, True),
    ({"ForAnyValue:StringLikeIfExists": {"aws:TagKeys": "x"}}, True),
    ({"ForAnyValue:StringEquals": {"aws:username": "watcher"}}, True),
    ({"ForAllValues:StringEquals": {"aws:PrincipalTag/empty": "x"}}, True),
    ({"ForAnyValue:StringEquals": {"aws:PrincipalTag/empty": ""}}, False),
    ({"StringMystery": {"aws:username": "watcher"}}, False),
]


@pytest.mark.parametrize(("condition", "expected"), CONDITIONS)
def test_operators(condition: dict[str, Any], *, expected: bool) -> None:
    assert satisfied(condition, CONTEXT, variables=True) is expected
