# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWS's answers mean, and the sentences about those that are not as wanted."""

from __future__ import annotations

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils import _access_probe_verdict as verdict
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_probe import (
    ALLOWED,
    DENIED,
    ERROR,
    IDENTITY,
    NOT_THERE,
    PUBLIC_KEY,
    SIGN,
    Answer,
    Answered,
    Inquiry,
    Question,
    Suspect,
)

ARN = "arn:aws:kms:us-west-2:111122223333:key/one"
WHO = "arn:aws:iam::111122223333:user/one"


def question(name: str = "bank", expected: str = ALLOWED, operation: str = SIGN) -> Question:
    return Question("one", operation, expected, "us-west-2", key=name, resource=f"alias/{name}", arn=ARN)


IDENTITY_OF_ONE = Question("one", IDENTITY, ALLOWED, "us-west-2", arn=WHO)
ASKED = Inquiry(suspects=[Suspect("one", IDENTITY_OF_ONE, tuple(question(str(number)) for number in range(12)))])


@pytest.mark.parametrize(
    ("code", "denied", "found", "lasting"),
    [
        ("DryRunOperationException", False, ALLOWED, False),
        ("AccessDeniedException", True, DENIED, False),
        ("NotFoundException", False, NOT_THERE, False),
        ("ResourceNotFoundException", False, NOT_THERE, False),
        ("DisabledException", False, ERROR, True),
        ("KMSInvalidStateException", False, ERROR, True),
        ("SignatureDoesNotMatch", False, ERROR, True),
        (None, False, ERROR, True),
        # Of an access key that was made a moment ago AWS says that it does not know it.
        ("UnrecognizedClientException", False, ERROR, False),
        ("InvalidClientTokenId", False, ERROR, False),
        ("ThrottlingException", False, ERROR, False),
    ],
)
def test_errors(code: str | None, denied: bool, found: str, lasting: bool) -> None:
    answer = verdict.failed_call(code, "what AWS said", denied=denied)
    assert (answer.found, answer.lasting) == (found, lasting)
    assert answer.error == (None if found == ALLOWED else "what AWS said")


def test_whose_credentials_they_are() -> None:
    assert verdict.caller(IDENTITY_OF_ONE, WHO) == Answer(ALLOWED)
    other = verdict.caller(IDENTITY_OF_ONE, f"{WHO}-other")
    assert (other.found, other.lasting) == (ERROR, True)
    assert f"these are the credentials of {WHO}-other, expected: those of {WHO}" in str(other.error)


def test_an_alias_that_leads_to_another_key() -> None:
    assert verdict.public_key_of(question(), ARN) == Answer(ALLOWED)
    other = verdict.public_key_of(question(), f"{ARN}-other")
    assert (other.found, other.lasting) == (ERROR, False)
    assert "alias/bank leads to" in str(other.error)


def test_a_signature_is_an_error() -> None:
    assert (verdict.signed().found, verdict.signed().lasting) == (ERROR, True)


def said(*answers: Answered) -> list[str]:
    return verdict.problems(answers, ASKED)


def test_nothing_is_said_of_what_is_as_wanted() -> None:
    assert said(Answered(question(), Answer(ALLOWED)), Answered(question(expected=DENIED), Answer(DENIED, "no"))) == []


@pytest.mark.parametrize(
    ("expected", "found", "advice"),
    [
        (ALLOWED, DENIED, "where the right is missing"),
        (DENIED, ALLOWED, "Take the right away before anything else"),
        (ALLOWED, NOT_THERE, "Provision the keys again"),
        (DENIED, NOT_THERE, "Read the keys again"),
        (ALLOWED, ERROR, "Mend this"),
    ],
)
def test_who_what_expected_found_and_what_to_do(expected: str, found: str, advice: str) -> None:
    (sentence,) = said(Answered(question(expected=expected), Answer(found, "AWS said so."), 4, 20.2))
    start = f"one: kms:Sign with bank: expected {expected}, found {found} after 4 times in 20 s (AWS said so). "
    assert sentence.startswith(start)
    assert advice in sentence


def test_one_cause_is_one_sentence_however_many_keys() -> None:
    keys = [f"key{number}" for number in range(8)]
    answers = [Answered(question(name), Answer(DENIED, f"not {name}", "AccessDeniedException")) for name in keys]
    # By ARN and by alias: one key all the same.
    answers += [Answered(question(name), Answer(DENIED, f"nor {name}", "AccessDeniedException")) for name in keys]
    (sentence,) = said(*answers)
    assert "key0, key1, key2, key3, key4 and 3 more keys: expected allowed, found denied (not key0)" in sentence


def test_causes_are_told_apart() -> None:
    answers = [
        Answered(question("one"), Answer(DENIED)),
        Answered(question("two", DENIED), Answer(ALLOWED)),
        Answered(question("three", operation=PUBLIC_KEY), Answer(DENIED)),
        Answered(question("four"), Answer(ERROR, "is disabled", "DisabledException")),
        Answered(question("five"), Answer(ERROR, "is dying", "KMSInvalidStateException")),
    ]
    assert len(said(*answers)) == 5


def test_credentials_that_are_of_no_use() -> None:
    (sentence,) = said(Answered(IDENTITY_OF_ONE, verdict.caller(IDENTITY_OF_ONE, f"{WHO}-other")))
    assert sentence.startswith("one: these are the credentials of")
    assert "Its 12 questions were not asked. Store this user's own access key" in sentence


def test_the_line_about_waiting() -> None:
    line = verdict.waiting([question("a"), question("b")], 299.7)
    assert line.startswith("2 answers are not as wanted yet (one): asking AWS again for up to 300 s")
    assert "\n" not in line
    assert verdict.waiting([question()], 3).startswith("1 answer is not")
