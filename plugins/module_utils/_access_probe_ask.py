# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks AWS what principals may do, with their own credentials, until it says what is wanted or the time is over.

Nothing is ever signed: ``Sign`` is asked as a dry run, which AWS answers with ``DryRunOperationException`` where it
would have signed. https://docs.aws.amazon.com/kms/latest/developerguide/testing-permissions.html

An edge: clients are parameters, and neither ansible nor amazon.aws is imported. Private to the collection.
"""

from __future__ import annotations

import secrets
import threading
import time
import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils import _access_probe_verdict as verdict
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_probe import (
    ALLOWED,
    IDENTITY,
    PUBLIC_KEY,
    SECRET_VALUE,
    SIGN,
    Answer,
    Answered,
    Inquiry,
    Question,
    ask_again,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller, CallFailed, side_by_side
from ansible_collections.interchain.agent_ops.plugins.module_utils._progress import Say, silence

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 15.0
_GROWTH = 1.6

Clients = t.Mapping[tuple[str, str, str], t.Any]
"""(principal, service, Region) -> client with that principal's credentials."""


def forget_secret_values(client: t.Any) -> None:
    """Make a Secrets Manager client drop the values that it is given, before it reads them."""

    def drop(response_dict: dict[str, t.Any], **_unused: t.Any) -> None:
        if response_dict["status_code"] < 300:
            response_dict["body"] = b"{}"

    client.meta.events.register("before-parse.secrets-manager.GetSecretValue", drop)


class Asker:
    """Puts one question to AWS and says what the answer means."""

    def __init__(self, call: Caller, clients: Clients, unread: t.Mapping[str, str]) -> None:
        """:param unread: principal -> why its credentials cannot be used."""
        self._call = call
        self._clients = clients
        self._unread = unread
        self._signed = threading.Event()
        self._asks: dict[str, t.Callable[[t.Any, Question], Answer]] = {
            IDENTITY: self._identity,
            PUBLIC_KEY: self._public_key,
            SIGN: self._sign,
            SECRET_VALUE: self._secret_value,
        }

    def __call__(self, question: Question) -> Answer:
        if question.principal in self._unread:
            return verdict.unread_credentials(self._unread[question.principal])
        client = self._clients[question.principal, question.service, question.region]
        try:
            return self._asks[question.operation](client, question)
        except CallFailed as exc:
            # That the caller lacks the permission is what is asked, not what goes wrong: AWS's own words will do.
            text = exc.message if exc.denied else str(exc)
            return verdict.failed_call(exc.code, text, denied=exc.denied)

    def _identity(self, client: t.Any, question: Question) -> Answer:
        return verdict.caller(question, str(self._call(client, "get_caller_identity")["Arn"]))

    def _public_key(self, client: t.Any, question: Question) -> Answer:
        answer = self._call(client, "get_public_key", KeyId=question.resource)
        return verdict.public_key_of(question, str(answer["KeyId"]))

    def _sign(self, client: t.Any, question: Question) -> Answer:
        if not self._signed.is_set():
            # Random, so that even a signature would be worth nothing to anybody.
            self._call(
                client,
                "sign",
                KeyId=question.resource,
                Message=secrets.token_bytes(32),
                MessageType="DIGEST",
                SigningAlgorithm="ECDSA_SHA_256",
                DryRun=True,
            )
            self._signed.set()
        return verdict.signed()

    def _secret_value(self, client: t.Any, question: Question) -> Answer:
        self._call(client, "get_secret_value", SecretId=question.resource)
        return Answer(ALLOWED)


class Probe:
    """Asks everything once, and what is not answered as wanted again.

    :param wait: seconds for which to ask again.
    :param clock: :param sleep: what tells and spends the time.
    """

    def __init__(
        self,
        ask: t.Callable[[Question], Answer],
        *,
        wait: float,
        workers: int,
        say: Say = silence,
        clock: t.Callable[[], float] = time.monotonic,
        sleep: t.Callable[[float], None] = time.sleep,
    ) -> None:
        self._ask = ask
        self._wait = wait
        self._workers = workers
        self._say = say
        self._clock = clock
        self._sleep = sleep
        self._first: dict[Question, float] = {}
        self._answers: dict[Question, Answered] = {}

    def run(self, asked: Inquiry) -> list[Answered]:
        """Return the last answer to each question. Nothing is asked with credentials that are somebody else's."""
        end = self._clock() + self._wait
        pause = _FIRST_PAUSE
        follow = {suspect.identity: suspect.questions for suspect in asked.suspects}
        due = list(follow)
        pending: list[Question] = []
        announced = False
        while True:
            for answered in self._round(due):
                if ask_again(answered.question, answered.answer):
                    pending.append(answered.question)
            confirmed = [question for question in due if question in follow and self._answers[question].ok]
            due = [question for identity in confirmed for question in follow[identity]]
            if due:
                continue
            left = end - self._clock()
            if not pending or left <= 0:
                return self._in_order(asked)
            if not announced:
                announced = True
                self._say(verdict.waiting(pending, left))
            self._sleep(min(pause, left))
            pause = min(pause * _GROWTH, _LONGEST_PAUSE)
            due, pending = pending, []

    def _round(self, questions: t.Sequence[Question]) -> list[Answered]:
        answered = side_by_side(self._once, questions, workers=self._workers)
        self._answers.update((one.question, one) for one in answered)
        return answered

    def _once(self, question: Question) -> Answered:
        start = self._first.setdefault(question, self._clock())
        before = self._answers.get(question)
        answer = self._ask(question)
        return Answered(question, answer, 1 + (before.attempts if before else 0), self._clock() - start)

    def _in_order(self, asked: Inquiry) -> list[Answered]:
        order = (q for suspect in asked.suspects for q in (suspect.identity, *suspect.questions))
        return [self._answers[question] for question in order if question in self._answers]
