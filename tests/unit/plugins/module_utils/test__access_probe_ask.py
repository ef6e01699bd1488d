# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often is asked, in which order, and until when. What AWS answers is scripted: a lag of minutes in no time."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from unittest.mock import ANY

import boto3
import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_probe import (
    ALLOWED,
    DENIED,
    ERROR,
    IDENTITY,
    SIGN,
    Answer,
    Answered,
    Inquiry,
    Question,
    Suspect,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_probe_ask import Asker, Probe
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller
from botocore.config import Config
from botocore.stub import Stubber

Ask = Callable[[Question], Answer]


class Time:
    def __init__(self) -> None:
        self.now = 1000.0
        self.pauses: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def suspect(name: str, *keys: str, expected: str = ALLOWED) -> Suspect:
    identity = Question(name, IDENTITY, ALLOWED, "us-west-2", arn=name)
    return Suspect(name, identity, tuple(Question(name, SIGN, expected, "us-west-2", key=key) for key in keys))


class Run:
    """A probe of some suspects with a scripted AWS."""

    def __init__(self, ask: Callable[[Time], Ask], *suspects: Suspect, wait: float = 300) -> None:
        self.time = Time()
        self.said: list[str] = []
        self.asked: Counter[Question] = Counter()
        script = ask(self.time)
        lock = threading.Lock()

        def counted(question: Question) -> Answer:
            with lock:
                self.asked[question] += 1
            return script(question)

        probe = Probe(counted, wait=wait, workers=4, say=self.said.append, clock=self.time.clock, sleep=self.time.sleep)
        self.answers: list[Answered] = probe.run(Inquiry(suspects=list(suspects)))

    @property
    def ok(self) -> list[bool]:
        return [answered.ok for answered in self.answers]


def always(found: str, *, lasting: bool = False) -> Callable[[Time], Ask]:
    def ask(question: Question) -> Answer:
        return Answer(ALLOWED) if question.operation == IDENTITY else Answer(found, lasting=lasting)

    return lambda _time: ask


def from_second(second: float, *, operation: str = SIGN) -> Callable[[Time], Ask]:
    """AWS allows the operation from that second on, and everything else at once."""

    def script(time: Time) -> Ask:
        def ask(question: Question) -> Answer:
            late = question.operation == operation and time.now < 1000 + second
            return Answer(ERROR if operation == IDENTITY else DENIED) if late else Answer(ALLOWED)

        return ask

    return script


def test_what_is_as_wanted_is_asked_once_and_without_a_word() -> None:
    run = Run(always(ALLOWED), suspect("one", "a", "b"), suspect("two", "c"))
    assert set(run.asked.values()) == {1}
    assert run.ok == [True] * 5
    assert (run.said, run.time.pauses) == ([], [])
    assert [(answered.question.principal, answered.question.key) for answered in run.answers] == [
        ("one", None), ("one", "a"), ("one", "b"), ("two", None), ("two", "c"),
    ]  # fmt: skip


def test_a_lag_that_is_shorter_than_the_wait() -> None:
    run = Run(from_second(200), suspect("one", "a", "b"))
    assert run.ok == [True] * 3
    assert len(run.said) == 1
    assert "2 answers are not as wanted yet (one)" in run.said[0]
    # Noticed soon after it came, and not asked for in a hurry.
    assert 200 <= run.answers[1].seconds < 216
    assert 10 < run.answers[1].attempts < 25
    assert run.time.pauses == sorted(run.time.pauses)
    assert max(run.time.pauses) <= 15


def test_a_lag_that_is_longer_than_the_wait() -> None:
    run = Run(from_second(301), suspect("one", "a"))
    assert run.ok == [True, False]
    # The last time as late as was asked for, and no later.
    assert run.answers[1].seconds == pytest.approx(300)
    assert run.time.now == pytest.approx(1300)
    assert run.asked[run.answers[1].question] == run.answers[1].attempts


def test_only_what_is_not_as_wanted_is_asked_again() -> None:
    def script(time: Time) -> Ask:
        late = from_second(30)(time)
        return lambda question: late(question) if question.key == "a" else Answer(ALLOWED)

    run = Run(script, suspect("one", "a", "b"), suspect("two", "b"))
    assert run.ok == [True] * 5
    assert {question.key: number for question, number in run.asked.items() if number > 1}.keys() == {"a"}


def test_a_right_that_is_to_be_gone_is_waited_for_too() -> None:
    def script(time: Time) -> Ask:
        gone = from_second(20)(time)
        found = {ALLOWED: DENIED, DENIED: ALLOWED}
        return lambda q: Answer(ALLOWED) if q.operation == IDENTITY else Answer(found[gone(q).found])

    run = Run(script, suspect("one", "a", expected=DENIED))
    assert run.ok == [True, True]
    assert run.answers[1].attempts > 1


def test_what_cannot_heal_is_not_asked_again() -> None:
    run = Run(always(ERROR, lasting=True), suspect("one", "a"))
    assert run.ok == [True, False]
    assert (set(run.asked.values()), run.said) == ({1}, [])


def test_without_a_wait_everything_is_asked_once() -> None:
    run = Run(always(DENIED), suspect("one", "a"), wait=0)
    assert run.ok == [True, False]
    assert (set(run.asked.values()), run.said) == ({1}, [])


def test_nothing_is_asked_with_the_credentials_of_somebody_else() -> None:
    def script(_time: Time) -> Ask:
        wrong = Answer(ERROR, lasting=True)
        return lambda q: wrong if (q.principal, q.operation) == ("one", IDENTITY) else Answer(ALLOWED)

    run = Run(script, suspect("one", "a", "b"), suspect("two", "c"))
    assert run.ok == [False, True, True]
    assert {question.key for question in run.asked if question.principal == "one"} == {None}


def test_an_access_key_that_aws_does_not_know_yet() -> None:
    run = Run(from_second(10, operation=IDENTITY), suspect("one", "a", "b"))
    assert run.ok == [True] * 3
    assert [answered.attempts for answered in run.answers] == [run.answers[0].attempts, 1, 1]
    assert run.answers[0].attempts > 1


@pytest.fixture
def kms() -> Iterator[Stubber]:
    """A client that a script answers: no server here ignores DryRun."""
    place = {"region_name": "us-west-2", "aws_access_key_id": "none", "aws_secret_access_key": "none"}
    with Stubber(boto3.client("kms", config=Config(retries={"total_max_attempts": 1}), **place)) as stubber:
        yield stubber


DRY_RUN = {"Message": ANY, "MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256", "DryRun": True}


def ask_each(kms: Stubber, *questions: Question) -> list[Answer]:
    asker = Asker(Caller(), {("one", "kms", "us-west-2"): kms.client}, {})
    return [asker(question) for question in questions]


def test_an_endpoint_that_ignores_dry_runs_is_asked_once(kms: Stubber) -> None:
    first, second = suspect("one", "a", "b").questions
    first, second = replace(first, resource="alias/a"), replace(second, resource="alias/b")
    kms.add_response("sign", {"KeyId": "a", "Signature": b"real"}, {"KeyId": "alias/a", **DRY_RUN})
    answers = ask_each(kms, first, second)
    assert [(answer.found, answer.lasting) for answer in answers] == [(ERROR, True)] * 2
    kms.assert_no_pending_responses()


def test_every_signature_is_asked_for_as_a_dry_run_of_another_digest(kms: Stubber) -> None:
    seen: list[bytes] = []
    kms.client.meta.events.register(
        "provide-client-params.kms.Sign", lambda params, **_unused: seen.append(params["Message"])
    )
    questions = [replace(one, resource=f"alias/{one.key}") for one in suspect("one", "a", "b").questions]
    codes = {"alias/a": "DryRunOperationException", "alias/b": "AccessDeniedException"}
    for alias, code in codes.items():
        kms.add_client_error("sign", code, "said", expected_params={"KeyId": alias, **DRY_RUN})
    assert [answer.found for answer in ask_each(kms, *questions)] == [ALLOWED, DENIED]
    assert [len(digest) for digest in seen] == [32, 32]
    assert seen[0] != seen[1]


def test_credentials_that_cannot_be_used_are_never_sent() -> None:
    asker = Asker(Caller(), {}, {"one": "the file is no CSV"})
    answer = asker(suspect("one").identity)
    assert (answer.found, answer.error, answer.lasting) == (ERROR, "the file is no CSV", True)
