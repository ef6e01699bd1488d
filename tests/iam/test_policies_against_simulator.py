# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own evaluation of IAM policies and one that others wrote agree about random policies, wherever all is known.

The policies are the same in every run. ``python -m tests.iam`` looks for differences among others, as long as wanted.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

from tests.iam.comparison import compare, differences, kinds
from tests.iam.random_policies import SMALL_WORLDS, WORLDS
from tests.iam.worlds import (
    ACCOUNT,
    DEFAULT_KEY_POLICY,
    DEFAULT_TRUST_POLICY,
    OTHER,
    Ask,
    World,
    document,
    requests_of,
)
from tests.simulator import Simulator

SEED = 20261120
WORLDS_COMPARED = 100
STATEMENTS_COMPARED = 300
# Each world is asked dozens of questions in one batch: what takes time is making it up, which is not a fault.
PATIENT = settings(
    deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
DECIDED_BY_ONE = ("kms:Sign", "kms:CreateAlias", "secretsmanager:GetSecretValue", "sts:AssumeRole")


def few(world: World) -> list[Ask]:
    """Requests for every kind of resource, where policies do not tell actions apart."""
    return [ask for ask in requests_of(world.principal) if ask.action in DECIDED_BY_ONE]


def test_they_agree_about_whole_accounts(simulator: Simulator) -> None:
    seen: Counter[str] = Counter()

    @seed(SEED)
    @settings(PATIENT, max_examples=WORLDS_COMPARED)
    @given(WORLDS)
    def agree(world: World) -> None:
        compared = compare(simulator, world)
        seen.update(kinds(compared))
        assert not differences(world, compared), differences(world, compared)

    agree()
    # Policies that are all refused, or that allow and deny nothing, would agree as well.
    assert seen.keys() == {"YES/ALLOWED", "NO/IMPLICIT_DENY", "NO/EXPLICIT_DENY"}
    assert min(seen.values()) > WORLDS_COMPARED / 2


def test_they_agree_about_single_statements(simulator: Simulator) -> None:
    seen: Counter[str] = Counter()

    @seed(SEED)
    @settings(PATIENT, max_examples=STATEMENTS_COMPARED)
    @given(SMALL_WORLDS)
    def agree(world: World) -> None:
        compared = compare(simulator, world, few(world))
        seen.update(kinds(compared))
        assert not differences(world, compared), differences(world, compared)

    agree()
    assert seen.keys() == {"YES/ALLOWED", "NO/IMPLICIT_DENY"}
    assert min(seen.values()) > STATEMENTS_COMPARED


# ---- the comparison notices it when one of the two overlooks something ----------------------------------------------


def rewritten(world: World, change: Callable[[dict[str, Any]], dict[str, Any] | None]) -> World:
    """The world with each statement of its identity policies changed, or dropped."""

    def policy(given: dict[str, Any]) -> dict[str, Any]:
        found = given["Statement"] if isinstance(given["Statement"], list) else [given["Statement"]]
        changed = [new for new in (change(dict(old)) for old in found) if new is not None]
        return {**document(changed), "Statement": changed}

    return dataclasses.replace(world, policies=tuple(policy(given) for given in world.policies))


def replaced(world: World, old: str, new: str) -> World:
    policies = tuple(json.loads(json.dumps(policy).replace(old, new)) for policy in world.policies)
    return dataclasses.replace(world, policies=policies)


def without_conditions(statement: dict[str, Any]) -> dict[str, Any]:
    statement.pop("Condition", None)
    return statement


OVERLOOKED_IN_ACCOUNTS: dict[str, Callable[[World], World]] = {
    "a deny": lambda world: rewritten(world, lambda one: one if one["Effect"] == "Allow" else None),
    "all conditions": lambda world: rewritten(world, without_conditions),
    "NotAction": lambda world: replaced(world, "NotAction", "Action"),
    "NotResource": lambda world: replaced(world, "NotResource", "Resource"),
    "the boundary": lambda world: dataclasses.replace(world, boundary=None),
    "the key policy": lambda world: dataclasses.replace(world, key_policy=DEFAULT_KEY_POLICY),
    "a secret's policy": lambda world: dataclasses.replace(world, secret_policy=None),
    "a role's trust policy": lambda world: dataclasses.replace(world, trust_policy=DEFAULT_TRUST_POLICY),
    "one of several policies": lambda world: dataclasses.replace(world, policies=world.policies[:1]),
    "another account": lambda world: dataclasses.replace(world, principal=world.principal.replace(OTHER, ACCOUNT)),
    "a path": lambda world: dataclasses.replace(world, principal=world.principal.replace("agent_ops/", "")),
}
OVERLOOKED_IN_STATEMENTS: dict[str, Callable[[World], World]] = {
    "ForAllValues": lambda world: replaced(world, "ForAllValues:", "ForAnyValue:"),
    "ForAnyValue": lambda world: replaced(world, "ForAnyValue:", "ForAllValues:"),
    "IfExists": lambda world: replaced(world, "IfExists", ""),
    "IgnoreCase": lambda world: replaced(world, "IgnoreCase", ""),
    "Like": lambda world: replaced(replaced(world, "StringLike", "StringEquals"), "StringNotLike", "StringNotEquals"),
    "Not": lambda world: replaced(world, "Not", ""),
    "Null": lambda world: replaced(replaced(world, '"true"', '"x"'), '"false"', '"true"'),
    "an equal number, moment": lambda world: replaced(world, "ThanEquals", "Than"),
    "a network": lambda world: replaced(world, "/24", "/32"),
    "a variable": lambda world: replaced(world, "${aws:PrincipalTag/environment}", "staging"),
    "a default": lambda world: replaced(world, "${aws:PrincipalTag/team, '", "${aws:PrincipalTag/team, '-"),
    "a literal asterisk": lambda world: replaced(world, "${*}", "*"),
    "a literal question mark": lambda world: replaced(world, "${?}", "?"),
    "an asterisk": lambda world: replaced(world, "*", "?"),
    "a question mark": lambda world: replaced(world, "?", "x"),
    "a region": lambda world: replaced(world, "us-west-2", "*"),
}


class NoticedError(Exception):
    """A difference was found, which ends the search."""


def notice(worlds: SearchStrategy[World], change: Callable[[World], World], simulator: Simulator) -> None:
    @seed(SEED)
    @settings(PATIENT, max_examples=2000, phases=[Phase.generate])
    @given(worlds)
    def agree(world: World) -> None:
        other = change(world)
        if other != world and differences(world, compare(simulator, world, few(world), ours=other)):
            # It is what was overlooked that they differ about.
            assert not differences(world, compare(simulator, world, few(world)))
            raise NoticedError

    with pytest.raises(NoticedError):
        agree()


@pytest.mark.parametrize("overlooked", OVERLOOKED_IN_ACCOUNTS)
def test_a_difference_in_accounts_is_noticed(simulator: Simulator, overlooked: str) -> None:
    notice(WORLDS, OVERLOOKED_IN_ACCOUNTS[overlooked], simulator)


@pytest.mark.parametrize("overlooked", OVERLOOKED_IN_STATEMENTS)
def test_a_difference_in_statements_is_noticed(simulator: Simulator, overlooked: str) -> None:
    notice(SMALL_WORLDS, OVERLOOKED_IN_STATEMENTS[overlooked], simulator)
