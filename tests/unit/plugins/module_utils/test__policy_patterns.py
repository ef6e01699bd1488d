# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wildcards, ARNs and policy variables."""

from __future__ import annotations

import time
import typing as t

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_patterns import (
    EVERYTHING,
    Context,
    action_matches,
    arn_like,
    expand,
    resource_matches,
    variable_problem,
    wildcard,
)
from hypothesis import given
from hypothesis import strategies as st

KEY = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def reference(pattern: str, text: str) -> bool:
    """Wildcards as they are defined, position by position: which beginnings of the pattern match which of the text."""
    row = [True] + [False] * len(text)
    for wanted in pattern:
        if wanted == "*":
            row = [any(row[: end + 1]) for end in range(len(row))]
        else:
            row = [False] + [row[end] and wanted in ("?", text[end]) for end in range(len(text))]
    return row[-1]


@given(st.text("ab*?.\n[", max_size=12), st.text("ab.\n[", max_size=12))
def test_wildcards_are_what_their_definition_says(pattern: str, text: str) -> None:
    assert wildcard(pattern, text) is reference(pattern, text)


@pytest.mark.parametrize(("pattern", "text"), [("*a*", ""), ("a*", "b"), ("?", "ab"), ("[ab]", "a"), ("a.c", "abc")])
def test_wildcards_that_do_not_match(pattern: str, text: str) -> None:
    assert not wildcard(pattern, text)


def test_a_pattern_of_many_asterisks_is_no_trap() -> None:
    started = time.monotonic()
    assert not wildcard("*a" * 500 + "b", "a" * 2000)
    assert time.monotonic() - started < 2


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("kms:Sign", True),
        ("KMS:sign", True),
        ("kms:*", True),
        ("kms:S*", True),
        ("kms:Sig?", True),
        ("*", True),
        ("kms:Sig", False),
        ("kms:Sign?", False),
        ("secretsmanager:*", False),
        ("*:Verify", False),
    ],
)
def test_actions(pattern: str, matches: bool) -> None:
    assert action_matches(pattern, "kms:Sign") is matches


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("*", True),
        (KEY, True),
        ("arn:aws:kms:*:111122223333:key/*", True),
        ("arn:aws:kms:us-*-2:1111????3333:key/*-1234567890ab", True),
        # At the very end an asterisk stands for whatever follows.
        ("arn:*", True),
        ("arn:aws:kms:*", True),
        ("arn:aws:kms:us-w*", True),
        # In the middle it would have to swallow whole segments.
        ("arn:aws:kms:*:key/*", None),
        ("arn:aws:kms:us-w*ab", None),
        ("*key/*", None),
        ("arn:*s:*:*1234abcd-12ab-34cd-56ef-1234567890ab", None),
        (KEY.upper(), False),
        (KEY.replace("key", "Key"), False),
        ("arn:aws:kms:*:111122223333:alias/*", False),
        ("arn:aws:kms:us-east-1:*:key/*", False),
        ("arn:aws:kms:us-west-2:111122223333:key", False),
        ("arn:aws:kms", False),
        ("", False),
    ],
)
def test_resources(pattern: str, matches: bool | None) -> None:
    assert resource_matches(((pattern, False),), KEY) is matches


def test_asterisks_of_a_resource_stand_for_slashes_and_colons_of_its_name() -> None:
    secret = "arn:aws:secretsmanager:us-west-2:111122223333:secret:staging/a/b-AbCdEf"
    assert resource_matches((("arn:aws:secretsmanager:*:*:secret:staging/*", False),), secret) is True
    assert resource_matches((("arn:aws:secretsmanager:*:*:*-AbCdEf", False),), secret) is True


@given(st.text("abr:*?", max_size=14), st.text("abr:", max_size=10))
def test_a_resource_never_matches_where_plain_wildcards_would_not(pattern: str, text: str) -> None:
    if not reference(pattern, text):
        assert resource_matches(((pattern, False),), text) is False
    else:
        assert resource_matches(((pattern, False),), text) is not False


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
@pytest.mark.parametrize(
    ("pattern", "arn", "matches"),
    [
        ("arn:aws:iam::111122223333:user/*", "arn:aws:iam::111122223333:user/agent_ops/a", True),
        ("arn:*:iam::*:user/a", "arn:aws:iam::111122223333:user/a", True),
        ("arn:aws:iam::111122223333:user/A", "arn:aws:iam::111122223333:user/a", False),
        # The page's own example, in which a string operator would match.
        (
            "arn:aws:someservice:*:111122223333:finance/*",
            "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt",
            False,
        ),
        ("arn:aws:iam::111122223333:user/*", "not an arn", False),
        ("*:*:*:*:*:*", "not an arn", False),
        ("*", "arn:aws:iam::111122223333:user/a", None),
        ("arn:aws:s3*", "arn:aws:iam::111122223333:user/a", None),
    ],
)
def test_arns_of_conditions(pattern: str, arn: str, matches: bool | None) -> None:
    assert arn_like(((pattern, False),), arn) is matches


# ---- what is known --------------------------------------------------------------------------------------------------


def test_keys_of_the_context_have_no_case() -> None:
    context = Context.of({"AWS:UserName": "alice", "kms:ResourceAliases": ["alias/a"]})
    assert context.find("aws:username") is context.find("aws:UserName")
    found = context.find("kms:resourcealiases")
    assert found
    assert (found.values, found.several) == (("alias/a",), True)


@pytest.mark.parametrize(
    "key", ["kms:ViaService", "aws:CalledVia", "kms:RequestAlias", "kms:EncryptionContext:purpose"]
)
def test_what_a_direct_call_does_not_carry_is_known_to_be_absent(key: str) -> None:
    found = Context.of({}).find(key)
    assert found
    assert not found.values


@pytest.mark.parametrize(
    "key", ["aws:SourceIp", "aws:MultiFactorAuthPresent", "aws:CurrentTime", "kms:GranteePrincipal"]
)
def test_what_a_caller_can_bring_about_is_unknown(key: str) -> None:
    assert Context.of({}).find(key) is None


def test_a_context_says_of_which_keys_it_holds_all() -> None:
    context = Context.of({"aws:ResourceTag/a": "1"}, {"aws:ResourceTag/"})
    missing, present = context.find("aws:resourcetag/b"), context.find("aws:resourcetag/a")
    assert missing is not None
    assert not missing.values
    assert present is not None
    assert present.values == ("1",)
    assert context.find("aws:PrincipalTag/b") is None


def test_a_whole_context_is_added_nothing_to() -> None:
    found = Context.of({}, EVERYTHING, {"aws:username": "alice"})
    for key in ("aws:SecureTransport", "aws:username", "aws:SourceIp"):
        values = found.find(key)
        assert values is not None
        assert not values.values


def test_the_context_goes_before_what_is_derived() -> None:
    found = Context.of({"aws:username": "bob"}, (), {"aws:username": "alice"}).find("aws:username")
    assert found is not None
    assert found.values == ("bob",)


# ---- variables ------------------------------------------------------------------------------------------------------

CONTEXT = Context.of(
    {"aws:username": "alice", "aws:PrincipalTag/team": "a*c", "aws:TagKeys": ["a", "b"]}, {"aws:PrincipalTag/"}
)


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("plain", "plain"),
        ("home/${aws:username}/*", "home/alice/*"),
        ("${AWS:UserName}", "alice"),
        ("${ aws:username }", "alice"),
        ("${aws:PrincipalTag/none, 'company-wide'}", "company-wide"),
        ("${aws:PrincipalTag/none,''}", ""),
        ("${aws:username, 'nobody'}", "alice"),
        ("${*}${?}${$}", "*?$"),
    ],
)
def test_variables(text: str, expanded: str) -> None:
    found = expand(text, CONTEXT, True)
    assert found.parts is not None
    assert (found.text, found.broken) == (expanded, "")


def test_what_a_variable_brings_in_holds_no_wildcards() -> None:
    for text in ("${aws:PrincipalTag/team}", "a${*}c"):
        parts = expand(text, CONTEXT, True).parts
        assert parts
        assert wildcard(parts, "a*c")
        assert not wildcard(parts, "abc")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("${aws:SourceIp}", "aws:SourceIp is not known"),
        ("${aws:TagKeys}", "aws:TagKeys has several values, and is a policy variable"),
        ("${}", "${} is no policy variable"),
    ],
)
def test_variables_that_cannot_be_known(text: str, why: str) -> None:
    found = expand(text, CONTEXT, True)
    assert (found.parts, found.why) == (None, why)


def test_a_variable_that_the_request_does_not_carry() -> None:
    assert expand("x${aws:PrincipalTag/none}", CONTEXT, True).broken == "aws:PrincipalTag/none"


def test_old_policies_have_no_variables() -> None:
    assert expand("${aws:username}", CONTEXT, False).text == "${aws:username}"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("${aws:username}", ""),
        ("${aws:PrincipalTag/a-b_c, 'x y'}", ""),
        ("$ {", ""),
        ("${aws:username", "a policy variable has no closing brace"),
        ("${a b}", "${a b} is no policy variable"),
        ("${aws:username, nobody}", "${aws:username, nobody} is no policy variable"),
    ],
)
def test_malformed_variables(text: str, problem: t.Any) -> None:
    assert variable_problem(text) == problem
