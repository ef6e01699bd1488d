# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IAM policy documents, read into statements. Private to the collection.

There are two ways to read a document: :func:`statements` refuses what AWS would not understand, or not as its author
does; :func:`read` takes whatever was found in an account, and keeps with each statement what made no sense.
Pure: no ansible, no AWS; errors are :class:`ValueError`.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import difflib
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_conditions import (
    Condition,
    Verdict,
    any_true,
    condition_problems,
    every,
    negate,
    read_conditions,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_patterns import (
    Context,
    Expanded,
    action_matches,
    expand,
    resource_matches,
    variable_problem,
)

Kind = t.Literal["identity", "resource", "key", "trust"]
"""Where a document is from: a user, group or role; a secret or bucket; a KMS key; who may assume a role."""

_VERSIONS = ("2012-10-17", "2008-10-17")
_DOCUMENT = ("Version", "Id", "Statement")
_STATEMENT = (
    "Sid Effect Principal NotPrincipal Action NotAction Resource NotResource Condition".split()  # in AWS's own order
)
_PRINCIPALS = ("AWS", "Service", "Federated", "CanonicalUser")
_ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
_SID = re.compile(r"[A-Za-z0-9]*")


@dataclass(frozen=True)
class Statement:
    """One statement. What it does not have, or what could not be read of it, is None."""

    effect: str | None
    sid: str
    actions: tuple[str, ...] | None
    resources: tuple[str, ...] | None
    principals: tuple[tuple[str, str], ...] | None
    """(AWS, Service, Federated or CanonicalUser; who)"""
    conditions: tuple[Condition, ...]
    not_actions: bool = False
    not_resources: bool = False
    not_principals: bool = False
    variables: bool = True
    """Whether the policy's version has policy variables."""
    dead: bool = False
    """AWS stores the statement, and it has no effect."""
    problems: tuple[str, ...] = ()

    def applies(self, action: str, resource: str, context: Context) -> Verdict:
        """Return whether the statement speaks of a request, apart from who makes it."""
        if self.dead:
            return Verdict(False)
        return every(self._verdicts(action, resource, context))

    def _verdicts(self, action: str, resource: str, context: Context) -> t.Iterator[Verdict]:
        if self.actions is not None:
            yield Verdict(any(action_matches(pattern, action) for pattern in self.actions) is not self.not_actions)
        if self.resources is not None:
            yield self._resource(resource, context)
        for problem in self.problems:
            yield Verdict(None, f"(not evaluated: {problem})")
        for condition in self.conditions:
            yield condition.holds(context)

    def _resource(self, resource: str, context: Context) -> Verdict:
        expanded = [expand(pattern, context, self.variables) for pattern in self.resources or ()]
        found = any_true(self._one_resource(text, resource) for text in expanded)
        holds = negate(found) if self.not_resources else found
        if holds is not None:
            return Verdict(holds)
        why = next((text.why for text in expanded if text.why), "")
        shown = f"{'NotResource' if self.not_resources else 'Resource'} {', '.join(self.resources or ())}"
        return Verdict(None, f"({shown}: {why or 'an asterisk would have to stand for several segments'})")

    @staticmethod
    def _one_resource(text: Expanded, resource: str) -> bool | None:
        if text.broken:
            # "The resource that includes a policy variable with no value will not match any resource"
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value
            return False
        return None if text.parts is None else resource_matches(text.parts, resource)


def statements(document: t.Mapping[str, t.Any], kind: Kind | None = None) -> list[Statement]:
    """Return the statements of a document that is to be written, or raise an error that names what is wrong with it."""
    found, problems = _read(document, kind)
    if problems:
        raise ValueError(f"The policy document is wrong: {problems[0]}")
    if not found:
        raise ValueError("The policy document is wrong: it has no statement")
    for position, statement in enumerate(found, start=1):
        for problem in (*statement.problems, *_mistakes(statement, kind)):
            name = f"statement {position}" + (f" ({statement.sid})" if statement.sid else "")
            raise ValueError(f"The policy document is wrong: {name}: {problem}")
    return found


def read(document: t.Any, kind: Kind) -> list[Statement]:
    """Return the statements of a document that was found, whatever it looks like."""
    found, problems = _read(document, kind)
    if problems:
        found.append(Statement(None, "", None, None, None, (), problems=tuple(problems)))
    return found


def _read(document: t.Any, kind: Kind | None) -> tuple[list[Statement], list[str]]:
    if not isinstance(document, t.Mapping):
        return [], [f"it is {_shown(document)}; expected a mapping with Version and Statement"]
    problems = [_unknown(name, _DOCUMENT) for name in document if name not in _DOCUMENT]
    # "If you do not include a Version element, the value defaults to 2008-10-17"
    version = document.get("Version", _VERSIONS[1])
    if version not in _VERSIONS:
        problems.append(f"its Version is {_shown(version)}; expected {' or '.join(_VERSIONS)}")
    given = document.get("Statement", [])
    listed = [given] if isinstance(given, t.Mapping) else given
    if not isinstance(listed, list | tuple):
        return [], [*problems, f"its Statement is {_shown(listed)}; expected a list of statements"]
    return [_statement(item, kind, version == _VERSIONS[0]) for item in listed], problems


def _statement(given: t.Any, kind: Kind | None, variables: bool) -> Statement:
    if not isinstance(given, t.Mapping):
        problem = f"it is {_shown(given)}; expected a mapping with Effect, Action and Resource"
        return Statement(None, "", None, None, None, (), problems=(problem,))
    problems = [_unknown(name, _STATEMENT) for name in given if name not in _STATEMENT]
    effect = given.get("Effect")
    if effect not in ("Allow", "Deny"):
        problems.append(f"its Effect is {_shown(effect)}; expected Allow or Deny" if effect else "it has no Effect")
        effect = None
    actions, not_actions = _texts(given, "Action", problems)
    if actions is None and not _has(given, "Action"):
        problems.append("it has neither Action nor NotAction")
    resources, not_resources = _texts(given, "Resource", problems)
    named = _has(given, "Principal")
    # AWS KMS, PutKeyPolicy: a key policy statement without a resource is stored, and has no effect.
    dead = kind == "key" and not _has(given, "Resource")
    if not _has(given, "Resource") and kind != "trust" and not dead and not (kind is None and named):
        problems.append("it has neither Resource nor NotResource")
    if kind == "trust" and _has(given, "Resource"):
        problems.append("it has a Resource; the trust policy of a role is about that role alone")
    if kind == "identity" and named:
        problems.append("it has a Principal; the policy of a user, group or role is about who it is attached to")
    if kind not in (None, "identity") and not named:
        problems.append("it has neither Principal nor NotPrincipal")
    conditions, wrong = read_conditions(given.get("Condition", {}), variables)
    return Statement(
        effect,
        str(given.get("Sid", "")),
        actions,
        resources,
        _principals(given, problems),
        tuple(conditions),
        not_actions,
        not_resources,
        "NotPrincipal" in given,
        variables,
        dead,
        tuple(problems + wrong),
    )


def _has(given: t.Mapping[str, t.Any], name: str) -> bool:
    return name in given or f"Not{name}" in given


def _texts(given: t.Mapping[str, t.Any], name: str, problems: list[str]) -> tuple[tuple[str, ...] | None, bool]:
    """Return the values of Action or NotAction, Resource or NotResource, and whether it is the negated one."""
    negated = f"Not{name}" in given
    if negated and name in given:
        problems.append(f"it has both {name} and Not{name}")
        return None, False
    if not _has(given, name):
        return None, False
    name = f"Not{name}" if negated else name
    values = [given[name]] if isinstance(given[name], str) else given[name]
    if not isinstance(values, list | tuple) or not values or not all(isinstance(value, str) for value in values):
        problems.append(f"its {name} is {_shown(given[name])}; expected a text or a list of texts")
        return None, negated
    return tuple(values), negated


def _principals(given: t.Mapping[str, t.Any], problems: list[str]) -> tuple[tuple[str, str], ...] | None:
    if "Principal" in given and "NotPrincipal" in given:
        problems.append("it has both Principal and NotPrincipal")
        return None
    name = "NotPrincipal" if "NotPrincipal" in given else "Principal"
    if name not in given:
        return None
    if given[name] == "*":
        return (("AWS", "*"),)
    if not isinstance(given[name], t.Mapping) or not given[name]:
        problems.append(f'its {name} is {_shown(given[name])}; expected "*" or a mapping of {", ".join(_PRINCIPALS)}')
        return None
    found: list[tuple[str, str]] = []
    for kind, who in given[name].items():
        values = [who] if isinstance(who, str) else who
        if kind not in _PRINCIPALS:
            problems.append(_unknown(kind, _PRINCIPALS, f"{name} "))
        elif not isinstance(values, list | tuple) or not all(isinstance(value, str) for value in values):
            problems.append(f"its {name} {kind} is {_shown(who)}; expected a text or a list of texts")
        else:
            found += [(kind, value) for value in values]
    return tuple(found)


def _mistakes(statement: Statement, kind: Kind | None) -> t.Iterator[str]:
    """Return what AWS refuses, or what never does what it seems to, in a statement that could be read."""
    if kind == "identity" and not _SID.fullmatch(statement.sid):
        yield "its Sid may hold letters and digits only"
    for action in statement.actions or ():
        if not _ACTION.fullmatch(action):
            yield f'{action!r} is no action; expected "*" or service:Action'
    for resource in statement.resources or ():
        if resource != "*" and not resource.startswith("arn:"):
            yield f'{resource!r} is no resource; expected "*" or an ARN'
        if statement.variables and (problem := variable_problem(resource)):
            yield problem
    if statement.dead:
        yield "it has no Resource, and AWS KMS ignores such a statement of a key policy"
    if statement.not_principals and statement.effect == "Allow":
        yield "it has NotPrincipal with Allow, which AWS does not support"
    for condition in statement.conditions:
        yield from condition_problems(condition)


def _unknown(name: t.Any, known: t.Sequence[str], what: str = "") -> str:
    close = [one for one in known if one.lower() == str(name).lower()] or difflib.get_close_matches(str(name), known, 1)
    return f"it has an unknown {what}element {_shown(name)}" + (f"; did you mean {close[0]}?" if close else "")


def _shown(value: t.Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
