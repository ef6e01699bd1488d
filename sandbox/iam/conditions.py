# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Condition element.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html and
reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from operator import eq, ge, gt, le, lt
from typing import Any

from sandbox.iam.context import Context
from sandbox.iam.matching import expand, matches_arn, matches_text

# (value in the policy, value in the request, what resolves variables) -> whether they fit
Comparison = Callable[[str, str, Context | None], bool]


def _equal(wanted: str, found: str, context: Context | None) -> bool:
    return expand(wanted, context) == found


def _equal_in_any_case(wanted: str, found: str, context: Context | None) -> bool:
    text = expand(wanted, context)
    return text is not None and text.lower() == found.lower()


def _same_bool(wanted: str, found: str, _context: Context | None) -> bool:
    return wanted.lower() == found.lower()


def _same_text(wanted: str, found: str, _context: Context | None) -> bool:
    return wanted == found


def _in_network(wanted: str, found: str, _context: Context | None) -> bool:
    try:
        return ipaddress.ip_address(found) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


def _number(compare: Callable[[Any, Any], bool]) -> Comparison:
    def fits(wanted: str, found: str, _context: Context | None) -> bool:
        try:
            return compare(Decimal(found), Decimal(wanted))
        except InvalidOperation:
            return False

    return fits


def _date(compare: Callable[[Any, Any], bool]) -> Comparison:
    def fits(wanted: str, found: str, _context: Context | None) -> bool:
        try:
            return compare(_moment(found), _moment(wanted))
        except ValueError:
            return False

    return fits


def _moment(text: str) -> datetime:
    """ISO 8601, or seconds since 1970."""
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_POSITIVE: dict[str, Comparison] = {
    "stringequals": _equal,
    "stringequalsignorecase": _equal_in_any_case,
    "stringlike": matches_text,
    "numericequals": _number(eq),
    "numericlessthan": _number(lt),
    "numericlessthanequals": _number(le),
    "numericgreaterthan": _number(gt),
    "numericgreaterthanequals": _number(ge),
    "dateequals": _date(eq),
    "datelessthan": _date(lt),
    "datelessthanequals": _date(le),
    "dategreaterthan": _date(gt),
    "dategreaterthanequals": _date(ge),
    "bool": _same_bool,
    "binaryequals": _same_text,
    "ipaddress": _in_network,
    "arnequals": matches_arn,
    "arnlike": matches_arn,
}
_NEGATED: dict[str, str] = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "numericnotequals": "numericequals",
    "datenotequals": "dateequals",
    "notipaddress": "ipaddress",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
}


def satisfied(condition: Mapping[str, Any], context: Context, *, variables: bool) -> bool:
    """All operators and all their keys must hold."""
    resolver = context if variables else None
    return all(
        _holds(operator.lower(), key, _texts(wanted), context, resolver)
        for operator, keys in condition.items()
        for key, wanted in keys.items()
    )


def is_well_formed(condition: Any) -> bool:
    """Known operators, each with an object of keys and their values."""
    return isinstance(condition, Mapping) and all(
        _is_operator(operator.lower()) and isinstance(keys, Mapping) and all(map(_is_value, keys.values()))
        for operator, keys in condition.items()
    )


def _is_operator(name: str) -> bool:
    quantifier, colon, rest = name.rpartition(":")
    known = rest.removesuffix("ifexists")
    if colon and quantifier not in ("foranyvalue", "forallvalues"):
        return False
    return known in _POSITIVE or known in _NEGATED or name == "null"


def _is_value(value: Any) -> bool:
    return all(isinstance(one, (str, bool, int, float)) for one in (value if isinstance(value, list) else [value]))


def _holds(operator: str, key: str, wanted: list[str], context: Context, resolver: Context | None) -> bool:
    found = context.get(key)
    if operator == "null":
        return any((text.lower() == "true") == (not found) for text in wanted)
    quantifier, _colon, rest = operator.rpartition(":")
    name = rest.removesuffix("ifexists")
    if name not in _POSITIVE and name not in _NEGATED:
        return False
    if not found:
        if name != rest or quantifier == "forallvalues":
            return True
        return not quantifier and name in _NEGATED
    negated = name in _NEGATED
    compare = _POSITIVE[_NEGATED.get(name, name)]

    def fits(value: str) -> bool:
        return any(compare(text, value, resolver) for text in wanted) is not negated

    if quantifier and found == ("",):
        # "Or if the key values resolve to a null data set, such as an empty string".
        return quantifier == "forallvalues"
    if quantifier == "forallvalues":
        return all(fits(value) for value in found)
    if quantifier == "foranyvalue":
        return any(fits(value) for value in found)
    if context.is_list(key):
        # AWS demands a set operator for such keys and leaves open what happens without: never a match here.
        return negated
    return fits(found[0])


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in values]
