# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Patterns of policies: wildcards, ARNs and policy variables.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html,
reference_policies_elements_action.html and reference_policies_variables.html
"""

from __future__ import annotations

import re
from functools import lru_cache

from sandbox.iam.context import Context

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_DEFAULTED = re.compile(r"\s*([^,]+?)\s*,\s*'([^']*)'\s*")
_ESCAPES = ("${*}", "${?}")
_ARN_PARTS = 6


def matches_action(pattern: str, action: str) -> bool:
    """Actions are matched whatever their case."""
    return _regex(pattern.lower(), False).fullmatch(action.lower()) is not None


def matches_resource(pattern: str, resource: str, context: Context | None) -> bool:
    """A wildcard stays within its segment of the ARN, unless it is the segment's last character.

    ``context`` resolves variables; without one they are ordinary characters. One without a value matches nothing.
    """
    if pattern == "*":
        return True
    regex = _resolved(pattern, context, True)
    return regex is not None and regex.fullmatch(resource) is not None


def matches_text(pattern: str, value: str, context: Context | None) -> bool:
    """StringLike."""
    regex = _resolved(pattern, context, False)
    return regex is not None and regex.fullmatch(value) is not None


def matches_arn(pattern: str, value: str, context: Context | None) -> bool:
    """ArnLike and ArnEquals: each of the six parts is compared by itself."""
    if pattern == "*":
        return True
    # A variable may hold colons (an ARN): they belong to the parts as well.
    text = expand(pattern, context, keep_wildcards=True)
    if text is None:
        return False
    wanted, found = text.split(":", _ARN_PARTS - 1), value.split(":", _ARN_PARTS - 1)
    if len(wanted) != _ARN_PARTS or len(found) != _ARN_PARTS:
        return False
    return all(_with_escapes(one).fullmatch(other) for one, other in zip(wanted, found, strict=True))


def expand(pattern: str, context: Context | None, *, keep_wildcards: bool = False) -> str | None:
    """The text with its variables replaced; None if one has no value.

    ``keep_wildcards``: an escaped wildcard stays escaped, because the text is a pattern still.
    """
    if context is None or "${" not in pattern:
        return pattern
    parts, end = [], 0
    for found in _VARIABLE.finditer(pattern):
        value = _value(found.group(1), context)
        if value is None:
            return None
        parts += [pattern[end : found.start()], found.group(0) if keep_wildcards and value in ("*", "?") else value]
        end = found.end()
    return "".join([*parts, pattern[end:]])


def _value(name: str, context: Context) -> str | None:
    if name in ("*", "?", "$"):
        return name
    defaulted = _DEFAULTED.fullmatch(name)
    if defaulted is not None:
        return context.one(defaulted.group(1)) or defaulted.group(2)
    return context.one(name.strip())


def _resolved(pattern: str, context: Context | None, segments: bool) -> re.Pattern[str] | None:
    """What comes out of a variable is text: a wildcard in it is none."""
    if context is None or "${" not in pattern:
        return _regex(pattern, segments)
    text, end = "", 0
    for found in _VARIABLE.finditer(pattern):
        value = _value(found.group(1), context)
        if value is None:
            return None
        text += _translated(pattern[end : found.start()], segments, last=False) + re.escape(value)
        end = found.end()
    return re.compile(text + _translated(pattern[end:], segments, last=True), re.DOTALL)


@lru_cache(maxsize=4096)
def _regex(pattern: str, segments: bool) -> re.Pattern[str]:
    return re.compile(_translated(pattern, segments, last=True), re.DOTALL)


def _with_escapes(pattern: str) -> re.Pattern[str]:
    """``${*}`` and ``${?}`` are the characters themselves."""
    parts = re.split(r"(\$\{[*?]\})", pattern)
    texts = [re.escape(part[2]) if part in _ESCAPES else _translated(part, False, last=True) for part in parts]
    return re.compile("".join(texts), re.DOTALL)


def _translated(pattern: str, segments: bool, *, last: bool) -> str:
    parts = []
    for number, character in enumerate(pattern):
        if character == "*":
            at_the_end = last if number + 1 == len(pattern) else pattern[number + 1] == ":"
            parts.append(".*" if at_the_end or not segments else "[^:]*")
        elif character == "?":
            parts.append("." if not segments else "[^:]")
        else:
            parts.append(re.escape(character))
    return "".join(parts)
