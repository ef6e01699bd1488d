# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The application: takes every request through the log, the faults, the rates, the service, and back."""

from __future__ import annotations

import json
import re
import time
import traceback
import uuid
from collections.abc import Callable, Iterable
from typing import Any, TextIO

from sandbox import callers, errors, s3, secretsmanager, tagging
from sandbox.control import CONTROL_PREFIX, Control
from sandbox.errors import Answer, BadControlRequest, DropConnection, ServiceError
from sandbox.faults import Faults, Rule
from sandbox.holds import Holds
from sandbox.http_server import reason
from sandbox.iam import responses as iam_responses
from sandbox.iam.enforcement import authorise, identify
from sandbox.iam.identities import note_change
from sandbox.iam.principals import Caller
from sandbox.kms import service as kms
from sandbox.moto_server import MotoServer
from sandbox.rates import Rates
from sandbox.requests import Call, parse_call
from sandbox.requests_log import Entry, RequestLog
from sandbox.resources import resource_arn
from sandbox.settings import Settings

_XML_CODE = re.compile(rb"<Code>([^<]+)</Code>")


class Application:
    """A WSGI application. ``services`` answer what the sandbox does itself; the rest is moto's."""

    def __init__(
        self, *, rates: bool = False, latency: float = 0.0, iam: bool = False, log_file: TextIO | None = None
    ) -> None:
        self.settings = Settings(latency, iam_enforced=iam)
        self.rates = Rates(rates)
        self.faults = Faults()
        self.holds = Holds()
        self.log = RequestLog(log_file)
        self.moto = MotoServer()
        self.services: dict[str, Callable[[Call], Answer]] = {
            "kms": kms.answer,
            "secretsmanager": secretsmanager.answer,
            "tag": self._tag,
            "iam": self._iam,
        }
        iam_responses.install()
        kms.install()
        secretsmanager.install()
        s3.install()
        self.control = Control(self)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        # A signed request is one to AWS, be it to a bucket of this name.
        if str(environ.get("PATH_INFO", "")).startswith(CONTROL_PREFIX) and "HTTP_AUTHORIZATION" not in environ:
            answer = self._control(environ)
        else:
            answer = _with_request_id(self._serve(environ))
        start_response(f"{answer.status} {reason(answer.status)}", answer.headers)
        return [answer.body]

    def _control(self, environ: dict[str, Any]) -> Answer:
        try:
            return self.control.answer(environ)
        except BadControlRequest as error:
            return errors.json_answer(400, {"error": str(error)}, "application/json")

    def _serve(self, environ: dict[str, Any]) -> Answer:
        call = parse_call(environ)
        call.account = callers.account_of(call)
        entry = self.log.begin(call)
        answer: Answer | None = None
        try:
            answer = self._meet(call, entry)
            return answer
        finally:
            # Also for a dropped connection, whose entry then has no status.
            self.log.finish(
                entry,
                status=answer.status if answer else None,
                error=error_code(answer) if answer else None,
            )

    def _meet(self, call: Call, entry: Entry) -> Answer:
        """The way of a request: faults before the work, the work, faults after it."""
        struck = self.faults.strike(call)
        for rule in struck:
            if rule.kind == "hold_before":
                self._hold(call, entry, rule)
        pause = self.settings.latency_seconds / 2
        time.sleep(pause)
        answer = self._refused(call, entry, struck) or self._work(call)
        for rule in struck:
            if rule.kind == "hold_after":
                self._hold(call, entry, rule)
            elif rule.kind == "rewrite" and rule.find is not None:
                self.log.add_fault(entry, rule.kind)
                body = answer.body.replace(rule.find.encode(), rule.replace.encode())
                answer = Answer(answer.status, _without_length(answer.headers), body)
        time.sleep(pause)
        for rule in struck:
            if rule.kind == "lost_answer":
                self.log.add_fault(entry, rule.kind)
                raise DropConnection
        return answer

    def _hold(self, call: Call, entry: Entry, rule: Rule) -> None:
        self.log.add_fault(entry, rule.kind)
        self.log.set_state(entry, "held_before" if rule.kind == "hold_before" else "held_after")
        self.holds.wait(entry.number, rule.id, rule.kind, call.environ.get("werkzeug.socket"))
        self.log.set_state(entry, "running")

    def _refused(self, call: Call, entry: Entry, struck: list[Rule]) -> Answer | None:
        """The answer of a request that is refused before any work: by a fault, or by its rate."""
        for rule in struck:
            if rule.kind in ("throttle", "server_error", "access_denied", "broken_connection"):
                self.log.add_fault(entry, rule.kind)
            if rule.kind == "broken_connection":
                raise DropConnection
            if rule.kind == "throttle":
                return errors.render(call.service, errors.throttled(call.service))
            if rule.kind == "server_error":
                return errors.render(call.service, errors.internal(call.service))
            if rule.kind == "access_denied":
                principal, resource = callers.principal_of(call), resource_arn(call)
                return errors.render(call.service, errors.access_denied(call.service, principal, call.action, resource))
        if not self.rates.allows(call):
            self.log.add_fault(entry, "rate")
            return errors.render(call.service, errors.throttled(call.service))
        return None

    def _work(self, call: Call) -> Answer:
        try:
            caller = self._admit(call)
            if call.service == "s3":
                return s3.answer(call, caller, self.moto.answer)
            service = self.services.get(call.service)
            return service(call) if service else self.moto.answer(call)
        except ServiceError as error:
            return errors.render(call.service, error)
        except Exception as error:
            # A fault of the sandbox itself: told to whoever reads its output, and to the caller.
            traceback.print_exc()
            failure = ServiceError("SandboxFailure", f"{type(error).__name__}: {error}", 500)
            return errors.render(call.service, failure)

    def _admit(self, call: Call) -> Caller | None:
        """The caller, None for an administrator. Raises what AWS answers to whom it does not let in.

        Only a key that counts has been used.
        """
        settings = self.settings
        if not settings.iam_enforced:
            callers.note_use(call)
            return None
        caller = identify(call, settings.lags)
        callers.note_use(call)
        authorise(call, caller, settings.lags)
        return caller

    def _iam(self, call: Call) -> Answer:
        answer = self.moto.answer(call)
        if self.settings.lags.iam and call.write:
            note_change(call)
        return answer

    def _tag(self, call: Call) -> Answer:
        return tagging.answer(call) if call.operation == "GetResources" else self.moto.answer(call)


def error_code(answer: Answer) -> str | None:
    """The error code of an answer, for the log."""
    if answer.status < 400:
        return None
    try:
        told = json.loads(answer.body)
        return str(told["__type"]).rsplit("#", 1)[-1]
    except (ValueError, KeyError, TypeError):
        found = _XML_CODE.search(answer.body)
        return found.group(1).decode("utf-8", "replace") if found else str(answer.status)


def _with_request_id(answer: Answer) -> Answer:
    """SDKs show the request's id in errors; moto gives one to some services' answers only."""
    if not any(name.lower() in ("x-amzn-requestid", "x-amz-request-id") for name, _value in answer.headers):
        answer.headers.append(("x-amzn-RequestId", str(uuid.uuid4())))
    return answer


def _without_length(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() != "content-length"]
