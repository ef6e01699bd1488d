# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a request says of itself, and the patterns of policies that are compared with it. Private to the collection.

Everything here has three answers: True, False, and None for "nobody here can know". Pure: no ansible, no AWS.
"""

from __future__ import annotations

import functools
import re
import typing as t
from dataclasses import dataclass

Truth: t.TypeAlias = "bool | None"

ABSENT = frozenset(
    """
    aws:calledvia aws:calledviafirst aws:calledvialast aws:principalservicename aws:principalservicenameslist
    aws:sourceaccount aws:sourcearn aws:sourceorgid aws:sourceorgpaths
    kms:encryptioncontextkeys kms:grantisforawsresource kms:requestalias kms:viaservice
    """.split()
)
"""Keys that a request does not carry unless its context says so, when a principal calls the service itself.

The aws: keys are set by AWS services that call on somebody's behalf, as are kms:ViaService and
kms:GrantIsForAWSResource; an encryption context exists for symmetric keys only; kms:RequestAlias is there when the
request names the key by an alias, and then the context has to say so. What a caller can bring about himself (an MFA
session, another address, a VPC endpoint, the parameters of CreateGrant) is not in this list: that is unknown.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
"""
ABSENT_FAMILIES = ("kms:encryptioncontext:",)

DIRECT = {"aws:securetransport": "true", "aws:viaawsservice": "false", "aws:principalisawsservice": "false"}
"""What is true of every request that a principal makes itself: AWS KMS and Secrets Manager answer over TLS alone."""

EVERYTHING = frozenset({""})
"""For ``complete``: what the context does not hold does not exist."""


@dataclass(frozen=True)
class Values:
    """What is known of one condition key: no values means that the request does not carry it."""

    values: tuple[str, ...]
    several: bool = False
    """The key is a multi-valued one, however many values it has now."""


@dataclass(frozen=True)
class Context:
    """The condition keys of a request. Key names are compared without regard to case.

    ``complete`` names the families (beginnings of key names) that ``known`` holds all of: with ``aws:ResourceTag/`` a
    tag that is not in ``known`` is not on the resource. Other keys that are not in ``known`` are unknown, or ABSENT.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
    """

    known: t.Mapping[str, Values]
    complete: tuple[str, ...] = ()
    unknown: frozenset[str] = frozenset()
    """Keys of which nothing is known, whatever else says so."""

    @classmethod
    def of(
        cls,
        given: t.Mapping[str, str | t.Sequence[str]],
        complete: t.Collection[str] = (),
        derived: t.Mapping[str, str | t.Sequence[str]] | None = None,
    ) -> Context:
        """Return the context of a request. ``given`` goes before what was derived from principal and resource."""
        whole = "" in complete
        known: dict[str, Values] = {}
        for source in [given] if whole else [DIRECT, derived or {}, given]:
            for key, value in source.items():
                single = isinstance(value, str)
                known[key.lower()] = Values((t.cast(str, value),) if single else tuple(value), not single)
        return cls(known, tuple(family.lower() for family in complete))

    def find(self, key: str) -> Values | None:
        """Return what is known of a key, or None if nothing is."""
        key = key.lower()
        found = self.known.get(key)
        if key in self.unknown:
            return None
        if found is not None:
            return found
        if key in ABSENT or key.startswith(ABSENT_FAMILIES) or (self.complete and key.startswith(self.complete)):
            return Values(())
        return None


# ---- patterns -------------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=8192)
def _compiled(parts: tuple[tuple[str, bool], ...]) -> re.Pattern[str]:
    """Compile a pattern of (text, whether it is meant literally).

    Whatever lies between two asterisks is looked for once, from the left: an atomic group keeps a pattern of many
    asterisks from taking exponential time.
    """
    chunks = [""]
    for text, literal in parts:
        for character in text:
            if literal or character not in "*?":
                chunks[-1] += re.escape(character)
            elif character == "?":
                chunks[-1] += "."
            else:
                chunks.append("")
    if len(chunks) == 1:
        return re.compile(chunks[0], re.DOTALL)
    middle = "".join(f"(?>.*?{chunk})" for chunk in chunks[1:-1])
    return re.compile(f"{chunks[0]}{middle}.*{chunks[-1]}", re.DOTALL)


Parts = tuple[tuple[str, bool], ...]


def wildcard(pattern: str | Parts, text: str) -> bool:
    """Return whether a text matches a pattern, in which ``*`` is any characters, also none, and ``?`` exactly one."""
    parts = ((pattern, False),) if isinstance(pattern, str) else pattern
    return _compiled(parts).fullmatch(text) is not None


@functools.lru_cache(maxsize=8192)
def action_matches(pattern: str, action: str) -> bool:
    """Actions are compared without regard to case.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
    """
    return pattern == "*" or wildcard(pattern.lower(), action.lower())


def _segments(parts: Parts, most: int) -> list[Parts]:
    """Split a pattern at its colons."""
    segments: list[list[tuple[str, bool]]] = [[]]
    for text, literal in parts:
        pieces = text.split(":", most - len(segments))
        segments[-1].append((pieces[0], literal))
        segments.extend([(piece, literal)] for piece in pieces[1:])
    return [tuple(segment) for segment in segments]


def arn_like(parts: Parts, arn: str) -> Truth:
    """Compare an ARN for a condition: each of the six components by itself, with wildcards, in the case as written.

    A pattern with fewer components is no ARN, and what AWS does with it is not documented.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
    """
    wanted, found = _segments(parts, 6), arn.split(":", 5)
    if len(wanted) < 6:
        return None
    return len(found) == 6 and all(wildcard(one, other) for one, other in zip(wanted, found, strict=True))


@functools.lru_cache(maxsize=8192)
def resource_matches(parts: Parts, arn: str) -> Truth:
    """Compare the ARN of a resource with the Resource of a statement, in the case as written.

    Wildcards stand within a segment. An asterisk at the end of one "can expand to match beyond the colon boundaries":
    certain is that for the end of the whole pattern; for one in the middle, which then swallows segments, the answer is
    None.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """
    if not wildcard(parts, arn):
        return False
    if parts == ((arn, False),) or parts == (("*", False),):
        return True
    wanted, found = _segments(parts, 6), arn.split(":", 5)
    whole = len(wanted) == 6 or (parts[-1][0].endswith("*") and not parts[-1][1])
    fits = len(found) >= len(wanted) and all(wildcard(one, other) for one, other in zip(wanted, found, strict=False))
    return True if whole and fits else None


# ---- policy variables -----------------------------------------------------------------------------------------------

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_INNER = re.compile(r"\s*([^\s,'*?$]+)\s*(?:,\s*'([^']*)'\s*)?")


@dataclass(frozen=True)
class Expanded:
    """A text of a policy with its variables replaced: what a variable brings in holds no wildcards.

    ``parts`` is None if that cannot be known. ``broken`` names a variable that the request does not carry.
    """

    parts: Parts | None
    why: str = ""
    broken: str = ""

    @functools.cached_property
    def text(self) -> str:
        return "".join(text for text, _literal in self.parts or ())


@functools.lru_cache(maxsize=8192)
def _plain(text: str) -> Expanded:
    return Expanded(((text, False),))


def variable_problem(text: str) -> str:
    """Return what is wrong with the variables of a text, if anything is."""
    for found in _VARIABLE.finditer(text):
        if found[1] not in ("*", "?", "$") and not _INNER.fullmatch(found[1]):
            return f"{found[0]} is no policy variable"
    return "a policy variable has no closing brace" if "${" in _VARIABLE.sub("", text) else ""


def expand(text: str, context: Context, variables: bool) -> Expanded:
    """Replace ``${key}``, ``${key, 'default'}``, ``${*}``, ``${?}`` and ``${$}``.

    Only where the policy's version has variables: in 2008-10-17 they are plain text.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    if not variables or "${" not in text:
        return _plain(text)
    if problem := variable_problem(text):
        return Expanded(None, problem)
    parts: list[tuple[str, bool]] = []
    position = 0
    for found in _VARIABLE.finditer(text):
        parts.append((text[position : found.start()], False))
        position = found.end()
        if found[1] in ("*", "?", "$"):
            parts.append((found[1], True))
            continue
        key, default = t.cast("re.Match[str]", _INNER.fullmatch(found[1])).groups()
        values = context.find(key)
        if values is None:
            return Expanded(None, f"{key} is not known")
        if values.several and values.values:
            return Expanded(None, f"{key} has several values, and is a policy variable")
        if values.values:
            parts.append((values.values[0], True))
        elif default is not None:
            parts.append((default, True))
        else:
            return Expanded((), broken=key)
    parts.append((text[position:], False))
    return Expanded(tuple(part for part in parts if part[0]) or (("", False),))
