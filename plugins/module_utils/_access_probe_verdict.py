# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the answers of AWS mean, and the sentences about those that are not as wanted. Private to the collection.

Pure: no ansible, no AWS.
"""

from __future__ import annotations

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._access_probe import (
    ALLOWED,
    DENIED,
    ERROR,
    IDENTITY,
    NOT_THERE,
    Answer,
    Answered,
    Inquiry,
    Question,
)

_DRY_RUN = "DryRunOperationException"
_ABSENT = frozenset({"NotFoundException", "ResourceNotFoundException"})
# A wrong secret, and what the key itself is: no time heals these. The credentials of an access key that was made a
# moment ago, by contrast, are unknown for some seconds.
_LASTING = frozenset(
    {
        "DisabledException",
        "IncompleteSignature",
        "InvalidKeyUsageException",
        "InvalidSignatureException",
        "KMSInvalidStateException",
        "SignatureDoesNotMatch",
        "UnsupportedOperationException",
        "ValidationException",
    }
)
_NAMED = 5

_ADVICE = {
    (ALLOWED, DENIED): (
        "Look in the access matrix where the right is missing: its policies, its groups, the key policy, the key's"
        " aliases. AWS may need five minutes for a change, and longer for some"
    ),
    (DENIED, ALLOWED): (
        "Take the right away before anything else: look in the access matrix where it comes from, which may be a"
        " policy, a group, an alias of the key, its key policy, or a grant"
    ),
    (ALLOWED, NOT_THERE): "Provision the keys again, and look whether the alias or the secret was removed",
    (DENIED, NOT_THERE): "Read the keys again: whether it may be used cannot be asked while it is not there",
}
_UNANSWERED = "Mend this and ask again: until then nothing is known of this right"


def failed_call(code: str | None, text: str, *, denied: bool) -> Answer:
    """Return what it means that a call failed.

    :param code: AWS's error code, None where no answer came. :param text: what is said of it.
    """
    if code == _DRY_RUN:
        return Answer(ALLOWED, code=code)
    if denied:
        return Answer(DENIED, text, code)
    if code in _ABSENT:
        return Answer(NOT_THERE, text, code)
    # Without an answer the call was repeated already, for as long as that may help.
    return Answer(ERROR, text, code, lasting=code is None or code in _LASTING)


def caller(question: Question, arn: str) -> Answer:
    """Return what it means that the credentials are those of ``arn``."""
    if arn == question.arn:
        return Answer(ALLOWED)
    return Answer(
        ERROR, f"these are the credentials of {arn}, expected: those of {question.arn}", "WrongCaller", lasting=True
    )


def signed() -> Answer:
    """Return what it means that a dry run was answered with a signature."""
    text = "the endpoint does not know dry runs and signed the random digest; no more is asked of it"
    return Answer(ERROR, text, "DryRunIgnored", lasting=True)


def public_key_of(question: Question, arn: str) -> Answer:
    """Return what it means that a public key was given, and that it is the key's with this ARN."""
    if question.arn in (None, arn):
        return Answer(ALLOWED)
    return Answer(ERROR, f"{question.resource} leads to {arn}, expected: {question.arn}", "OtherKey")


def unread_credentials(text: str) -> Answer:
    return Answer(ERROR, text, "NoCredentials", lasting=True)


def problems(answers: t.Sequence[Answered], asked: Inquiry) -> list[str]:
    """Return a sentence for each thing that is not as wanted, and not one for each key that shows it."""
    groups: dict[tuple[str, ...], list[Answered]] = {}
    for answered in answers:
        if not answered.ok:
            question, answer = answered.question, answered.answer
            place = (question.principal, question.operation, question.expected, answer.found, answer.code or "")
            groups.setdefault(place, []).append(answered)
    follow = {suspect.name: len(suspect.questions) for suspect in asked.suspects}
    return [_sentence(group, follow) for group in groups.values()]


def _sentence(group: t.Sequence[Answered], follow: t.Mapping[str, int]) -> str:
    worst = max(group, key=lambda answered: (answered.attempts, answered.seconds))
    question, answer = worst.question, worst.answer
    if question.operation == IDENTITY:
        return (
            f"{question.principal}: {_said(answer)}. Its {follow[question.principal]} questions were not asked."
            " Store this user's own access key, an active one, and ask again"
        )
    pair = (question.expected, answer.found)
    effort = "" if worst.attempts == 1 else f" after {worst.attempts} times in {worst.seconds:.0f} s"
    text = f"{question.principal}: {question.operation} with {_keys(group)}: expected {question.expected}"
    text += f", found {answer.found}{effort}"
    if answer.error:
        text += f" ({_said(answer)})"
    return f"{text}. {_ADVICE.get(pair, _UNANSWERED)}"


def _said(answer: Answer) -> str:
    return (answer.error or answer.found).rstrip(".")


def _keys(group: t.Sequence[Answered]) -> str:
    names = list(dict.fromkeys(str(answered.question.key) for answered in group))
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more keys" if more > 0 else "")


def waiting(pending: t.Sequence[Question], seconds: float) -> str:
    """Return the line that says why the module asks again."""
    who = ", ".join(dict.fromkeys(question.principal for question in pending))
    number = "1 answer is" if len(pending) == 1 else f"{len(pending)} answers are"
    return (
        f"{number} not as wanted yet ({who}): asking AWS again for up to {seconds:.0f} s, since it may need minutes for"
        " a change to an alias, a tag or a policy"
    )
