# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on demand: rules that say which requests go wrong, and how."""

from __future__ import annotations

import fnmatch
import random
import threading
from dataclasses import dataclass, field
from typing import Any

from sandbox.errors import BadControlRequest
from sandbox.requests import Call

# A request meets at most one of these, and is then at its end.
BEFORE_THE_WORK = ("throttle", "server_error", "access_denied", "broken_connection")
KINDS = (*BEFORE_THE_WORK, "lost_answer", "hold_before", "hold_after", "rewrite")
_FIELDS = {"action", "kind", "times", "skip", "probability", "seed", "match", "find", "replace"}


@dataclass
class Rule:
    """One fault. ``seen`` counts the requests that fit, ``applied`` those that it struck."""

    id: int
    action: str
    kind: str
    times: int | None = None
    skip: int = 0
    probability: float = 1.0
    seed: int = 0
    match: str | None = None
    find: str | None = None
    replace: str = ""
    seen: int = 0
    applied: int = 0
    _random: random.Random = field(default_factory=random.Random, repr=False)

    def fits(self, call: Call) -> bool:
        if not fnmatch.fnmatchcase(call.action, self.action):
            return False
        return self.match is None or self.match.encode() in call.body

    def strikes(self) -> bool:
        """Whether the next fitting request is struck; counts it."""
        self.seen += 1
        if self.seen <= self.skip or (self.times is not None and self.applied >= self.times):
            return False
        # Drawn for every request after the skipped ones, so that the sequence is the same in every run.
        if self._random.random() >= self.probability:
            return False
        self.applied += 1
        return True

    def as_dict(self) -> dict[str, Any]:
        shown = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        return {name: value for name, value in shown.items() if value is not None}


class Faults:
    """The rules in force, in the order in which they were given."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self._next = 1

    def add(self, description: Any) -> Rule:
        with self._lock:
            rule = _rule(self._next, description)
            self._next += 1
            self._rules.append(rule)
            return rule

    def rules(self) -> list[dict[str, Any]]:
        with self._lock:
            return [rule.as_dict() for rule in self._rules]

    def remove(self, rule_id: int | None = None) -> list[int]:
        """Remove one rule or all of them; the ids of those removed."""
        with self._lock:
            removed = [rule.id for rule in self._rules if rule_id is None or rule.id == rule_id]
            if rule_id is not None and not removed:
                raise BadControlRequest(f"there is no fault with id {rule_id}")
            self._rules = [rule for rule in self._rules if rule.id not in removed]
            return removed

    def strike(self, call: Call) -> list[Rule]:
        """The rules that strike this request. A rule after one that ends the request does not count it."""
        if not self._rules:
            return []
        with self._lock:
            struck = []
            for rule in self._rules:
                if rule.fits(call) and rule.strikes():
                    struck.append(rule)
                    if rule.kind in BEFORE_THE_WORK:
                        break
            return struck


def _rule(rule_id: int, description: Any) -> Rule:
    if not isinstance(description, dict):
        raise BadControlRequest("a fault is a JSON object with at least 'action' and 'kind'")
    unknown = set(description) - _FIELDS
    if unknown:
        raise BadControlRequest(f"unknown field {sorted(unknown)[0]!r} in a fault; known are {sorted(_FIELDS)}")
    action, kind = description.get("action"), description.get("kind")
    if not isinstance(action, str) or (action != "*" and ":" not in action):
        raise BadControlRequest("'action' must be like 'kms:CreateAlias', 'kms:*' or '*'")
    if kind not in KINDS:
        raise BadControlRequest(f"'kind' must be one of {', '.join(KINDS)}")
    if kind == "rewrite" and not isinstance(description.get("find"), str):
        raise BadControlRequest("a fault of kind 'rewrite' needs 'find', and 'replace' (default: empty)")
    _check_number(description, "times", 1)
    _check_number(description, "skip", 0)
    _check_number(description, "seed", 0)
    for name in ("match", "find", "replace"):
        if name in description and not isinstance(description[name], str):
            raise BadControlRequest(f"{name!r} must be a string")
    probability = description.get("probability", 1.0)
    if isinstance(probability, bool) or not isinstance(probability, (int, float)) or not 0 <= probability <= 1:
        raise BadControlRequest("'probability' must be a number from 0 to 1")
    rule = Rule(id=rule_id, **{name: value for name, value in description.items() if value is not None})
    rule._random.seed(rule.seed)
    return rule


def _check_number(description: dict[str, Any], name: str, least: int) -> None:
    value = description.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
        raise BadControlRequest(f"{name!r} must be a whole number, {least} or more")
