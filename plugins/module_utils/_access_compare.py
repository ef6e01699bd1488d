# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In what two policy documents differ, in words. Private to the collection.

Order, and whether a single value is in a list, make no difference to AWS, and none here. Pure: no ansible, no AWS.
"""

from __future__ import annotations

import json
import typing as t
from collections import Counter

Fact = tuple[str, str]
Facts = frozenset[Fact]

_LONGEST = 160


def differences(found: t.Any, wanted: t.Mapping[str, t.Any]) -> list[str]:
    """Return in what a document that AWS holds differs from the one that is wanted; nothing if they say the same."""
    if not isinstance(found, t.Mapping):
        return ["it cannot be read"]
    told = []
    if found.get("Version", "2008-10-17") != wanted.get("Version", "2008-10-17"):
        told.append(f"its version is {found.get('Version', '2008-10-17')}")
    spelling = {action.lower(): action for one in _statements(wanted, {}) for name, action in one if "Action" in name}
    extra, missing = _unmatched(_statements(found, spelling), _statements(wanted, spelling))
    for one in list(missing):
        other = _counterpart(one, extra)
        if other is None:
            continue
        extra.remove(other)
        missing.remove(one)
        told += _statement_differences(other, one)
    told += [f"it has the statement {_shown(one)} as well" for one in extra]
    told += [f"it lacks the statement {_shown(one)}" for one in missing]
    return told


def _statements(document: t.Mapping[str, t.Any], spelling: t.Mapping[str, str]) -> list[Facts]:
    statements = document.get("Statement", [])
    return [_facts(one, spelling) for one in (statements if isinstance(statements, list) else [statements])]


def _facts(statement: t.Any, spelling: t.Mapping[str, str]) -> Facts:
    """Return what a statement says, a pair of element and value each.

    :param spelling: how an action is written where it is wanted. AWS compares actions without regard to case.
    """
    if not isinstance(statement, t.Mapping):
        return frozenset({("Statement", str(statement))})
    facts: set[Fact] = set()
    for element, value in statement.items():
        if element in ("Action", "NotAction"):
            facts |= {(element, spelling.get(text.lower(), text)) for text in _values(value)}
        elif element == "Condition" and isinstance(value, t.Mapping):
            for operator, keys in value.items():
                for key, wanted in keys.items() if isinstance(keys, t.Mapping) else ():
                    facts |= {(f"{element} {operator} {key}", text) for text in _values(wanted)}
        elif element in ("Principal", "NotPrincipal") and isinstance(value, t.Mapping):
            for kind, who in value.items():
                facts |= {(f"{element} {kind}", text) for text in _values(who)}
        else:
            facts |= {(element, text) for text in _values(value)}
    return frozenset(facts)


def _values(value: t.Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [item if isinstance(item, str) else json.dumps(item, sort_keys=True) for item in items]


def _unmatched(found: t.Sequence[Facts], wanted: t.Sequence[Facts]) -> tuple[list[Facts], list[Facts]]:
    extra, missing = Counter(found), Counter(wanted)
    return list((extra - missing).elements()), list((missing - extra).elements())


def _one(facts: Facts, element: str) -> str:
    return next((value for name, value in sorted(facts) if name == element), "")


def _counterpart(wanted: Facts, found: t.Sequence[Facts]) -> Facts | None:
    """Return the statement that the wanted one became: the one of its name, or else what it shares most with."""
    sid = _one(wanted, "Sid")
    named = [one for one in found if sid and _one(one, "Sid") == sid]
    like = named or [one for one in found if _one(one, "Effect") == _one(wanted, "Effect")]
    return max(like, key=lambda one: len(one & wanted), default=None)


def _statement_differences(found: Facts, wanted: Facts) -> list[str]:
    sid = _one(wanted, "Sid")
    where = f"in the statement {sid} " if sid else ""
    more: dict[str, list[str]] = {}
    less: dict[str, list[str]] = {}
    for element, value in sorted(found - wanted):
        more.setdefault(element, []).append(value)
    for element, value in sorted(wanted - found):
        less.setdefault(element, []).append(value)
    told = []
    for element in sorted({*more, *less}):
        parts = []
        if element in more:
            parts.append(f"has {_listed(more[element])}" + ("" if element in less else " as well"))
        if element in less:
            parts.append(f"lacks {_listed(less[element])}")
        told.append(f"{where}{element} {' and '.join(parts)}")
    return told


def _listed(values: t.Sequence[str]) -> str:
    text = ", ".join(values)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(values)} values)"


def _shown(facts: Facts) -> str:
    sid = _one(facts, "Sid")
    effect = _one(facts, "Effect") or "?"
    actions = [value for name, value in sorted(facts) if name in ("Action", "NotAction")]
    return (f"{sid}, " if sid else "") + f"{effect} {_listed(actions) or 'nothing that can be read'}"
