# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interchain.agent_ops.plugins.filter.schedule_answers import schedule_answers

QUESTIONS: dict[str, dict[str, t.Any]] = {
    "environment": {"variable": "environment_confirmation", "default": ""},
    "confirmed": {"variable": "wallet_funding_confirmed", "default": "false", "choices": ["false", "true"]},
}
TEMPLATES: list[dict[str, t.Any]] = [{"name": "fund", "questions": ["environment", "confirmed"]}, {"name": "plan"}]


def found(**schedule: t.Any) -> dict[str, t.Any]:
    return schedule_answers({"daily": schedule}, TEMPLATES, QUESTIONS, "staging")


def test_what_is_not_answered_has_the_default_of_the_form() -> None:
    answers = {"environment_confirmation": "staging"}
    assert found(template="fund", answers=answers) == {
        "answers": {"daily": {**answers, "wallet_funding_confirmed": "false"}},
        "problems": [],
    }
    given = {**answers, "wallet_funding_confirmed": "true"}
    assert found(template="fund", answers=given)["answers"] == {"daily": given}
    # Without questions of its own it asks for the environment.
    assert found(template="plan", answers=answers) == {"answers": {"daily": answers}, "problems": []}


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({}, 'environment_confirmation with nothing, and it can be "staging"'),
        (
            {"environment_confirmation": "production"},
            'environment_confirmation with "production", and it can be "staging"',
        ),
        # AWX takes no truth value for a text.
        ({"wallet_funding_confirmed": True}, 'wallet_funding_confirmed with true, and it can be "false" or "true"'),
        ({"limit": "kovan"}, "limit, which fund does not ask"),
    ],
)
def test_what_the_survey_would_not_take(answers: dict[str, t.Any], told: str) -> None:
    confirmed = {"environment_confirmation": "staging"} if answers else {}
    problems = found(template="fund", answers={**confirmed, **answers})["problems"]
    assert problems == [f"The schedule daily answers {told}"]


def test_what_is_not_made_is_passed_over() -> None:
    assert found(template="balances") == {"answers": {}, "problems": []}
