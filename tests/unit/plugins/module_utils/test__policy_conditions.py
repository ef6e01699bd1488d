# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operators of conditions, one by one."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_conditions import (
    OPERATORS,
    Verdict,
    condition_problems,
    every,
    read_conditions,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_patterns import EVERYTHING, Context
from hypothesis import given
from hypothesis import strategies as st

ALIASES = "kms:ResourceAliases"


def holds(operator: str, values: t.Any, found: t.Any = None, *, key: str = "x:key", **context: t.Any) -> bool | None:
    """Return whether one condition holds, in a context that is known as a whole. None: the key is not there."""
    known = {} if found is None else {key: found}
    conditions, problems = read_conditions({operator: {key: values}}, True)
    assert not problems
    return conditions[0].holds(Context.of({**known, **context}, EVERYTHING)).holds


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
@pytest.mark.parametrize(
    ("operator", "values", "found", "result"),
    [
        ("StringEquals", "a", "a", True),
        ("StringEquals", "a", "A", False),
        ("StringEquals", "a*", "ab", False),
        ("StringEquals", "a*", "a*", True),
        ("StringEquals", ["a", "b"], "b", True),
        ("StringEquals", ["a", "b"], "c", False),
        ("StringNotEquals", "a", "b", True),
        ("StringNotEquals", ["a", "b"], "b", False),
        ("StringNotEquals", ["a", "b"], "c", True),
        ("StringEqualsIgnoreCase", "iamuser-admin", "IAMUser-Admin", True),
        ("StringNotEqualsIgnoreCase", "a", "A", False),
        ("StringLike", "alias/staging-*-signer", "alias/staging-kovan-signer", True),
        ("StringLike", "alias/staging-?", "alias/staging-ab", False),
        ("StringLike", "ALIAS/*", "alias/a", False),
        ("StringNotLike", "a*", "ab", False),
        ("StringNotLike", ["a*", "b*"], "cd", True),
        ("NumericEquals", "10", "10.0", True),
        ("NumericEquals", 10, "10", True),
        ("NumericNotEquals", "10", "11", True),
        ("NumericLessThan", "10", "10", False),
        ("NumericLessThanEquals", "10", "10", True),
        ("NumericGreaterThan", "10", "9", False),
        ("NumericGreaterThan", "-1", "9", True),
        ("NumericGreaterThanEquals", "10", "10", True),
        ("NumericEquals", "10", "ten", False),
        ("NumericNotEquals", "10", "ten", True),
        ("DateEquals", "2020-01-01T00:00:01Z", "2020-01-01T01:00:01+01:00", True),
        ("DateEquals", "2020-01-01T00:00:01Z", "1577836801", True),
        ("DateEquals", "2020-01-01", "2020-01-01T00:00Z", True),
        ("DateGreaterThan", "2020-01-01T00:00:01Z", "2020-01-01T00:00:01.5Z", True),
        ("DateGreaterThan", "2020-01-01T00:00:01Z", "2019-12-31T23:59:59Z", False),
        ("DateLessThan", "2020", "2019-12-31T23:59:59Z", True),
        ("DateLessThanEquals", "2020-06", "2020-06-01T00:00:00Z", True),
        ("DateGreaterThanEquals", "2020-06-01T00:00:00-02:30", "2020-06-01T02:29:59Z", False),
        ("DateNotEquals", "2020-01-01T00:00:01Z", "2020-01-01T00:00:02Z", True),
        ("Bool", "true", "true", True),
        ("Bool", True, "true", True),
        ("Bool", "False", "false", True),
        ("Bool", "true", "false", False),
        ("BinaryEquals", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", True),
        ("BinaryEquals", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", "QmluYXJ5", False),
        ("IpAddress", "203.0.113.0/24", "203.0.113.7", True),
        ("IpAddress", "203.0.113.0/24", "203.0.114.7", False),
        ("IpAddress", "203.0.113.7", "203.0.113.7", True),
        ("IpAddress", ["203.0.113.0/24", "2001:DB8:1234:5678::/64"], "2001:db8:1234:5678::1", True),
        ("IpAddress", "0.0.0.0/0", "2001:db8::1", False),
        ("NotIpAddress", "203.0.113.0/24", "203.0.113.7", False),
        ("NotIpAddress", "203.0.113.0/24", "198.51.100.1", True),
        ("ArnEquals", "arn:aws:iam::111122223333:user/*", "arn:aws:iam::111122223333:user/a", True),
        ("ArnLike", "arn:aws:iam::111122223333:user/b", "arn:aws:iam::111122223333:user/a", False),
        ("ArnNotEquals", "arn:aws:iam::111122223333:user/*", "arn:aws:iam::111122223333:user/a", False),
        ("ArnNotLike", "arn:aws:iam::111122223333:user/b", "arn:aws:iam::111122223333:user/a", True),
        ("ArnNotLike", "arn:aws:iam::111122223333:user/b", "no arn", True),
        ("Null", "true", "a", False),
        ("Null", "false", "a", True),
        ("Null", False, "a", True),
        ("Null", ["true", "false"], "a", True),
    ],
)
def test_operators(operator: str, values: t.Any, found: str, result: bool) -> None:
    assert holds(operator, values, found) is result


@pytest.mark.parametrize("operator", sorted(OPERATORS))
def test_a_key_that_is_absent(operator: str) -> None:
    """Positive operators do not match, negated ones do; IfExists makes both true."""
    negated = "Not" in operator
    assert holds(operator, "1") is negated
    assert holds(f"{operator}IfExists", "1") is True
    assert holds(f"ForAllValues:{operator}", "1") is True
    assert holds(f"ForAnyValue:{operator}", "1") is False
    # Which of the two rules is the stronger one is documented nowhere.
    assert holds(f"ForAnyValue:{operator}IfExists", "1") is None


def test_null_of_a_key_that_is_absent() -> None:
    assert holds("Null", "true") is True
    assert holds("Null", "false") is False
    assert holds("Null", "true", []) is True


def test_if_exists_compares_what_is_there() -> None:
    assert holds("StringEqualsIfExists", "a", "b") is False
    assert holds("StringNotEqualsIfExists", "a", "a") is False


def test_names_of_operators_and_keys_have_no_case() -> None:
    conditions, problems = read_conditions({"foranyvalue:stringLIKEifexists": {"KMS:resourcealiases": "alias/*"}}, True)
    assert not problems
    assert conditions[0].holds(Context.of({ALIASES: ["alias/a"]})).holds is True


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
# The first rows are that documentation's own example, of a table's attributes.
ATTRIBUTES = ["PostDateTime", "Message", "Tags"]


@pytest.mark.parametrize(
    ("operator", "values", "found", "result"),
    [
        ("ForAllValues:StringLike", ATTRIBUTES, ["PostDateTime", "Message"], True),
        ("ForAllValues:StringLike", ATTRIBUTES, ["PostDateTime", "UserName"], False),
        ("ForAnyValue:StringLike", ["ID", "PostDateTime"], ["UserName", "Message", "PostDateTime"], True),
        ("ForAnyValue:StringLike", ["ID", "PostDateTime"], ["UserName"], False),
        ("ForAllValues:StringEquals", "a", [], True),
        ("ForAnyValue:StringEquals", "a", [], False),
        ("ForAllValues:StringEquals", "a", [""], True),
        ("ForAnyValue:StringEquals", "", [""], False),
        ("ForAnyValue:StringNotEquals", "a", ["a", "b"], True),
        ("ForAnyValue:StringNotEquals", ["a", "b"], ["a", "b"], False),
        ("ForAllValues:StringNotEquals", "a", ["a", "b"], False),
        ("ForAllValues:StringNotLike", "a*", ["b", "c"], True),
        # A set of one.
        ("ForAnyValue:StringEquals", "a", "a", True),
        ("ForAllValues:StringEquals", "a", "b", False),
        # "Multivalued context keys require a condition set operator."
        ("StringEquals", "a", ["a"], None),
        ("StringNotEquals", "a", ["b"], None),
        ("StringEquals", "a", [], False),
        ("StringNotEquals", "a", [], True),
    ],
)
def test_keys_of_several_values(operator: str, values: t.Any, found: t.Any, result: bool | None) -> None:
    assert holds(operator, values, found) is result


names = st.lists(st.sampled_from("abc"), max_size=3)


@given(names, names.filter(bool), st.sampled_from(["StringEquals", "StringLike", "StringNotEquals"]))
def test_any_is_not_all_of_the_opposite(found: list[str], wanted: list[str], operator: str) -> None:
    opposite = {"StringEquals": "StringNotEquals", "StringLike": "StringNotLike", "StringNotEquals": "StringEquals"}
    some, all_others = (
        holds(f"ForAnyValue:{operator}", wanted, found),
        holds(f"ForAllValues:{opposite[operator]}", wanted, found),
    )
    assert some is (not all_others)


@given(names, names.filter(bool))
def test_the_order_of_values_does_not_matter(found: list[str], wanted: list[str]) -> None:
    for operator in ("ForAnyValue:StringEquals", "ForAllValues:StringEquals"):
        assert holds(operator, wanted, found) is holds(operator, wanted[::-1], found[::-1])


# ---- what nobody can know -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "operator", ["StringEquals", "StringNotEquals", "StringEqualsIfExists", "ForAllValues:StringLike"]
)
def test_a_key_of_which_nothing_is_known(operator: str) -> None:
    conditions, _problems = read_conditions({operator: {"aws:SourceVpce": ["vpce-1", "vpce-2"]}}, True)
    assert conditions[0].holds(Context.of({})) == Verdict(None, f"({operator} aws:SourceVpce vpce-1, vpce-2)")


def test_whether_an_unknown_key_is_there_is_unknown() -> None:
    for value, result in (("true", None), ("false", None), (["true", "false"], True)):
        conditions, _problems = read_conditions({"Null": {"aws:TokenIssueTime": value}}, True)
        assert conditions[0].holds(Context.of({})).holds is result


@pytest.mark.parametrize(
    "operator", ["NumericEquals", "DateLessThan", "IpAddress", "NotIpAddress", "Bool", "BinaryEquals"]
)
def test_values_that_mean_nothing_leave_the_answer_open(operator: str) -> None:
    assert holds(operator, "what?", "1") is None


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
@pytest.mark.parametrize(
    ("operator", "values", "found", "result"),
    [
        ("StringEquals", "${aws:PrincipalTag/team}", "red", True),
        ("StringEquals", "${aws:PrincipalTag/team}", "blue", False),
        ("StringLike", "${aws:PrincipalTag/team}*", "redder", True),
        ("ArnLike", "arn:aws:iam::*:user/${aws:PrincipalTag/team}", "arn:aws:iam::111122223333:user/red", True),
        # The request carries no such tag: https://docs.aws.amazon.com/IAM/latest/UserGuide/
        # reference_policies_variables.html#policy-vars-no-value
        ("StringEquals", "${aws:PrincipalTag/none}", "red", False),
        ("StringEquals", ["${aws:PrincipalTag/none}", "red"], "red", None),
        ("StringNotEquals", "${aws:PrincipalTag/none}", "red", True),
        ("StringNotEquals", "${aws:PrincipalTag/none}", None, True),
        ("StringEqualsIfExists", "${aws:PrincipalTag/none}", None, None),
        ("StringNotEquals", ["${aws:PrincipalTag/none}", "red"], "red", False),
        ("StringNotEquals", "${aws:PrincipalTag/none, 'blue'}", "red", True),
    ],
)
def test_variables(operator: str, values: t.Any, found: str | None, result: bool | None) -> None:
    assert holds(operator, values, found, **{"aws:PrincipalTag/team": "red"}) is result


def test_numbers_and_dates_have_no_variables() -> None:
    assert holds("NumericEquals", "${aws:PrincipalTag/n}", "1", **{"aws:PrincipalTag/n": "1"}) is None


# ---- reading --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        ("x", "its Condition is 'x'; expected operators with their keys and values"),
        ({"StringSimilar": {"a": "b"}}, "StringSimilar is no condition operator"),
        ({"ForSomeValues:StringLike": {"a": "b"}}, "ForSomeValues:StringLike is no condition operator"),
        ({"NullIfExists": {"a": "true"}}, "NullIfExists is no condition operator"),
        ({"ForAnyValue:Null": {"a": "true"}}, "ForAnyValue:Null is no condition operator"),
        ({"StringLike": "a"}, "StringLike holds 'a'; expected condition keys with their values"),
        ({"StringLike": {}}, "StringLike holds {}; expected condition keys with their values"),
        ({"StringLike": {"a": []}}, "StringLike of a is []; expected a text or a list of texts"),
        ({"StringLike": {"a": {"b": 1}}}, "StringLike of a is {'b': 1}; expected a text or a list of texts"),
        ({"StringLike": {"a": None}}, "StringLike of a is None; expected a text or a list of texts"),
    ],
)
def test_malformed_conditions(block: t.Any, problem: str) -> None:
    assert read_conditions(block, True) == ([], [problem])


@pytest.mark.parametrize(
    ("operator", "value", "problem"),
    [
        ("Null", "maybe", "Null of k is 'maybe'; expected true or false"),
        ("NumericEquals", "ten", "NumericEquals of k cannot be 'ten'"),
        ("NumericEquals", "NaN", "NumericEquals of k cannot be 'NaN'"),
        ("DateEquals", "2020-13-01", "DateEquals of k cannot be '2020-13-01'"),
        ("IpAddress", "10.0.0.256", "IpAddress of k cannot be '10.0.0.256'"),
        ("Bool", "yes", "Bool of k cannot be 'yes'"),
        ("StringLike", "${oops", "StringLike of k: a policy variable has no closing brace"),
    ],
)
def test_values_that_mean_nothing_are_named(operator: str, value: str, problem: str) -> None:
    conditions, _problems = read_conditions({operator: {"k": value}}, True)
    assert list(condition_problems(conditions[0])) == [problem]


@pytest.mark.parametrize(("operator", "value"), [("Null", "true"), ("Bool", "${aws:x}"), ("DateEquals", "1577836801")])
def test_values_that_mean_something(operator: str, value: str) -> None:
    conditions, _problems = read_conditions({operator: {"k": value}}, True)
    assert not list(condition_problems(conditions[0]))


# ---- three answers --------------------------------------------------------------------------------------------------


def test_one_that_does_not_hold_decides() -> None:
    open_, no, yes = Verdict(None, "(a)"), Verdict(False), Verdict(True)
    assert every([yes, open_, no]) is no
    assert every([yes, yes]).holds is True
    assert every([]).holds is True
    assert every([open_, yes, Verdict(None, "(b)"), open_]) == Verdict(None, "(a) and (b)")
