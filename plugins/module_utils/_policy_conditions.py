# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The conditions of IAM policies: all of AWS's operators, with three answers. Private to the collection.

True, False, and None where it depends on what nobody here can know: the address that a request comes from, the time,
MFA, or how AWS treats a case that its documentation leaves open. Pure: no ansible, no AWS.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import base64
import binascii
import datetime
import decimal
import ipaddress
import operator
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_patterns import (
    Context,
    Expanded,
    Truth,
    Values,
    arn_like,
    expand,
    variable_problem,
    wildcard,
)

Matches = t.Callable[[str, Expanded], Truth]


@dataclass(frozen=True)
class Verdict:
    """Whether something holds, and for None on what it depends."""

    holds: Truth
    why: str = ""


YES = Verdict(True)
NO = Verdict(False)


def every(verdicts: t.Iterable[Verdict]) -> Verdict:
    """All of them: the first that does not hold decides."""
    unknown: list[str] = []
    for verdict in verdicts:
        if verdict.holds is False:
            return verdict
        if verdict.holds is None and verdict.why not in unknown:
            unknown.append(verdict.why)
    return Verdict(None, " and ".join(unknown)) if unknown else YES


def any_true(truths: t.Iterable[Truth]) -> Truth:
    answer: Truth = False
    for truth in truths:
        if truth:
            return True
        if truth is None:
            answer = None
    return answer


def negate(truth: Truth) -> Truth:
    return None if truth is None else not truth


# ---- how one value of the request is compared with one of the policy ------------------------------------------------


def _number(text: str) -> decimal.Decimal:
    number = decimal.Decimal(text.strip())
    if not number.is_finite():
        raise ValueError(text)
    return number


_ISO = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:\d\d))?)?)?",
)


def _moment(text: str) -> datetime.datetime:
    """Read a W3C date and time (https://www.w3.org/TR/NOTE-datetime), or seconds since 1970."""
    found = _ISO.fullmatch(text)
    if not found:
        return datetime.datetime.fromtimestamp(float(_number(text)), datetime.UTC)
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    shift = datetime.timedelta(hours=int(zone[:3]), minutes=int(zone[0] + zone[4:])) if zone and zone != "Z" else None
    moment = datetime.datetime(
        int(year),
        int(month or 1),
        int(day or 1),
        int(hour or 0),
        int(minute or 0),
        int(second or 0),
        int(float(fraction or 0) * 1_000_000),
        tzinfo=datetime.UTC,
    )
    return moment - shift if shift else moment


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text, strict=False)


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _flag(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


_MISTAKES = (ValueError, ArithmeticError, OverflowError, binascii.Error)


def _by(read: t.Callable[[str], t.Any], compare: t.Callable[[t.Any, t.Any], bool]) -> Matches:
    """Compare what both texts mean. A request's value of another kind matches nothing."""

    def matches(found: str, wanted: Expanded) -> Truth:
        try:
            right = read(wanted.text)
        except _MISTAKES:
            return None
        try:
            return compare(read(found), right)
        except _MISTAKES:
            return False

    return matches


def _inside(found: t.Any, wanted: t.Any) -> bool:
    return bool(found.version == wanted.version and found.subnet_of(wanted))


@dataclass(frozen=True)
class Operator:
    matches: Matches
    negated: bool = False
    variables: bool = False
    """Whether policy variables are replaced in its values."""
    read: t.Callable[[str], t.Any] | None = None
    """What a value of the policy must be readable by."""


def _operators() -> dict[str, Operator]:
    def equals(found: str, wanted: Expanded) -> Truth:
        return found == wanted.text

    def equals_ignoring_case(found: str, wanted: Expanded) -> Truth:
        return found.lower() == wanted.text.lower()

    def like(found: str, wanted: Expanded) -> Truth:
        return wildcard(wanted.parts or (), found)

    def arn(found: str, wanted: Expanded) -> Truth:
        return arn_like(wanted.parts or (), found)

    table = {
        "Bool": Operator(_by(_flag, operator.eq), variables=True, read=_flag),
        "BinaryEquals": Operator(_by(_bytes, operator.eq), read=_bytes),
        "IpAddress": Operator(_by(_network, _inside), read=_network),
        "NotIpAddress": Operator(_by(_network, _inside), negated=True, read=_network),
    }
    texts = (("String{}Equals", equals), ("String{}EqualsIgnoreCase", equals_ignoring_case), ("String{}Like", like))
    for name, matches in (*texts, ("Arn{}Equals", arn), ("Arn{}Like", arn)):
        table[name.format("")] = Operator(matches, variables=True)
        table[name.format("Not")] = Operator(matches, negated=True, variables=True)
    for kind, read in (("Numeric", _number), ("Date", _moment)):
        table[f"{kind}NotEquals"] = Operator(_by(read, operator.eq), negated=True, read=read)
        for name, compare in (
            ("Equals", operator.eq),
            ("LessThan", operator.lt),
            ("LessThanEquals", operator.le),
            ("GreaterThan", operator.gt),
            ("GreaterThanEquals", operator.ge),
        ):
            table[kind + name] = Operator(_by(read, compare), read=read)
    return table


OPERATORS = _operators()
_BY_NAME = {name.lower(): name for name in (*OPERATORS, "Null")}


# ---- conditions -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Condition:
    """One key of one operator. All conditions of a statement must hold; one of the values is enough.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
    """

    operator: str
    key: str
    values: tuple[str, ...]
    variables: bool
    over: str = ""
    """ForAnyValue, ForAllValues or nothing."""
    if_exists: bool = False

    def __str__(self) -> str:
        over = f"{self.over}:" if self.over else ""
        values = ", ".join(self.values)
        return f"{over}{self.operator}{'IfExists' if self.if_exists else ''} {self.key} {values}"

    def holds(self, context: Context) -> Verdict:
        """Return whether the condition holds for a request."""
        found = context.find(self.key)
        if self.operator == "Null":
            truth = self._null(found)
        elif found is None:
            truth = None
        else:
            truth, problem = self._compare(found, context)
            if truth is None and problem:
                return Verdict(None, f"({self}: {problem})")
        return Verdict(truth, "" if truth is not None else f"({self})")

    def _null(self, found: Values | None) -> Truth:
        wanted = {value.lower() for value in self.values}
        if not wanted <= {"true", "false"}:
            return None
        if len(wanted) == 2:
            return True
        return None if found is None else ("true" in wanted) is (not found.values)

    def _compare(self, found: Values, context: Context) -> tuple[Truth, str]:
        known = OPERATORS[self.operator]
        expanded = [expand(value, context, self.variables and known.variables) for value in self.values]
        broken = next((value.broken for value in expanded if value.broken), "")
        problem = next((value.why for value in expanded if value.parts is None), "")
        truth, why = self._over(found, [value for value in expanded if not value.broken], known)
        if broken and truth and not known.negated:
            # A variable without a value equals nothing: negated operators match. For the others "the policy statement
            # does not take effect", which leaves open what becomes of the other values beside it.
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value
            return None, f"the request carries no {broken}"
        return truth, why or problem

    def _over(self, found: Values, wanted: t.Sequence[Expanded], known: Operator) -> tuple[Truth, str]:
        """Compare all values of the request with all of the policy.

        A key that the request does not carry matches nothing: false, and true for negated operators and with IfExists.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
        """

        def one(value: str) -> Truth:
            matched = any_true(None if text.parts is None else known.matches(value, text) for text in wanted)
            return negate(matched) if known.negated else matched

        # "If the key values in the request resolve to an empty data set (for example, an empty string)"
        values = [value for value in found.values if value] if self.over else list(found.values)
        if self.over == "ForAllValues":
            return negate(any_true(negate(one(value)) for value in values)), ""
        if self.over == "ForAnyValue":
            if not values and self.if_exists:
                return None, "AWS does not document ForAnyValue with IfExists for a key that is absent"
            return any_true(one(value) for value in values), ""
        if not values:
            return self.if_exists or known.negated, ""
        if found.several:
            return None, "a key with several values needs ForAnyValue or ForAllValues"
        return one(values[0]), ""


_NAME = re.compile(r"(?:(ForAnyValue|ForAllValues):)?([A-Za-z]+?)(IfExists)?", re.IGNORECASE)
_OVER = {"foranyvalue": "ForAnyValue", "forallvalues": "ForAllValues"}
_SCALARS = (str, bool, int, float)


def _text(value: t.Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def read_conditions(block: t.Any, variables: bool) -> tuple[list[Condition], list[str]]:
    """Return the conditions of a Condition element, and what is wrong with the rest of it."""
    if not isinstance(block, t.Mapping):
        return [], [f"its Condition is {block!r}; expected operators with their keys and values"]
    conditions: list[Condition] = []
    problems: list[str] = []
    for name, keys in block.items():
        found = _NAME.fullmatch(str(name))
        base = _BY_NAME.get(found[2].lower()) if found else None
        if not found or not base or (base == "Null" and (found[1] or found[3])):
            problems.append(f"{name} is no condition operator")
            continue
        if not isinstance(keys, t.Mapping) or not keys:
            problems.append(f"{name} holds {keys!r}; expected condition keys with their values")
            continue
        for key, given in keys.items():
            values = list(given) if isinstance(given, list | tuple) else [given]
            if not values or not all(isinstance(value, _SCALARS) for value in values):
                problems.append(f"{name} of {key} is {given!r}; expected a text or a list of texts")
                continue
            over = _OVER[found[1].lower()] if found[1] else ""
            texts = tuple(_text(value) for value in values)
            conditions.append(Condition(base, str(key), texts, variables, over, bool(found[3])))
    return conditions, problems


def condition_problems(condition: Condition) -> t.Iterator[str]:
    """Return which values of a condition can never be compared with anything."""
    known = OPERATORS.get(condition.operator)
    for value in condition.values:
        if known is None:
            if value.lower() not in ("true", "false"):
                yield f"Null of {condition.key} is {value!r}; expected true or false"
        elif known.variables and condition.variables and "${" in value:
            if problem := variable_problem(value):
                yield f"{condition.operator} of {condition.key}: {problem}"
        elif known.read:
            try:
                known.read(value)
            except _MISTAKES:
                yield f"{condition.operator} of {condition.key} cannot be {value!r}"
