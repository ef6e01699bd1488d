# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service that watches and funds wallets: passes at an interval, until it is to end. Private to the collection.

A pass is the engine that the modules use. What fails in it is counted and told, and never ends the loop: the network
that failed is asked again in the next pass, one interval later, which is all the patience that it needs.
"""

from __future__ import annotations

import os
import random
import select
import threading
import time
import typing as t
from dataclasses import dataclass

from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_failures import (
    KMS,
    NO_FAILURES,
    STUCK,
    kind_of_error,
    known_kind,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_health import (
    COMPLETE,
    FAILED,
    PARTIAL,
    Health,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_log import Log
from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_metrics import EVERYWHERE, Metrics, Report
from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_notify import (
    READY,
    STOPPING,
    WATCHDOG,
    Notifier,
)

JITTER = 0.1
"""Part of the interval by which passes are moved, so that services that started together do not ask together."""


_TRANSFER_FIELDS = ("agent", "address", "amount", "unit", "fee", "nonce", "hash", "link")


class Engine(t.Protocol):
    """What does a pass (_funding_pass.Funder)."""

    def plan(self) -> t.Sequence[t.Any]: ...

    def look(self) -> t.Sequence[t.Any]: ...

    def send(self) -> t.Sequence[t.Any]: ...


@dataclass(frozen=True)
class Prepared:
    """An engine for one pass.

    :ivar problem: what forbids to pay anybody, a bank's key that is disabled for instance: wallets are looked at only.
    """

    engine: Engine
    problem: str | None = None


Prepare: t.TypeAlias = "t.Callable[[], Prepared]"
"""Reads the keys' state from AWS, before each pass: a key that is disabled by now is not paid."""


class Keymaster:
    """The loop.

    :param mode: ``send`` tops up, ``plan`` says what would be sent, ``look`` reads balances alone.
    """

    def __init__(
        self,
        prepare: Prepare,
        *,
        mode: str,
        interval_seconds: float,
        metrics: Metrics,
        health: Health,
        log: Log,
        notifier: Notifier,
        clock: t.Callable[[], float] = time.monotonic,
        jitter: t.Callable[[], float] = random.random,
    ) -> None:
        self._prepare = prepare
        self._mode = mode
        self._interval = interval_seconds
        self._metrics = metrics
        self._health = health
        self._log = log
        self._notifier = notifier
        self._clock = clock
        self._jitter = jitter
        self._over = threading.Event()
        self._stopping = False
        self._reload_asked = False
        # A signal's handler must not touch a lock, which the thread that it interrupts may hold: it writes a byte.
        self._ear, self._bell = os.pipe()
        os.set_blocking(self._bell, False)

    def stop(self) -> None:
        """Let the transfer in hand come to its end, and begin nothing new. May be called by a signal's handler."""
        self._stopping = True
        self._ring()

    def stopping(self) -> bool:
        return self._stopping

    def note_reload(self) -> None:
        """Say in the log that nothing is read anew. May be called by a signal's handler."""
        self._reload_asked = True
        self._ring()

    def _ring(self) -> None:
        try:
            os.write(self._bell, b"!")
        except BlockingIOError:
            pass  # it rang often enough

    def _pause(self, seconds: float) -> None:
        end = self._clock() + seconds
        while not self._stopping:
            left = end - self._clock()
            if left <= 0:
                return
            if select.select([self._ear], [], [], left)[0]:
                os.read(self._ear, 4096)
            if self._reload_asked:
                self._reload_asked = False
                self._log.warning("nothing is read anew on SIGHUP: restart the service to change its configuration")

    def run(self) -> None:
        """Do passes until :meth:`stop`."""
        watchdog = threading.Thread(target=self._keep_alive, name="watchdog", daemon=True)
        watchdog.start()
        # Before the first pass, which may take as long as its transfers, and may fail.
        self._notifier.say(READY)
        try:
            while not self.stopping():
                begin = self._clock()
                result = self.once()
                self._notifier.status(f"Last pass: {result}")
                pause = self._interval * (1 + JITTER * (2 * self._jitter() - 1)) - (self._clock() - begin)
                self._pause(max(pause, 0.0))
        finally:
            self._health.stop()
            self._notifier.say(STOPPING)
            self._over.set()
            watchdog.join()
        self._log.info("ended")

    def _keep_alive(self) -> None:
        """Answer systemd's watchdog for as long as passes come to an end."""
        every = self._notifier.watchdog_seconds
        if every is None:
            return
        while not self._over.wait(every / 2):
            if not self._health.overdue():
                self._notifier.say(WATCHDOG)

    def once(self) -> str:
        """Do one pass, and return what came of it: ``complete``, ``partial`` or ``failed``."""
        begin = self._clock()
        self._log.debug("pass begins")
        reports: t.Sequence[Report] = ()
        errors: dict[str, str] = {}
        try:
            reports = self._work(errors)
        except Exception as exc:
            # Whatever it is, funding goes on with the next pass. Errors that are no sentence of ours are told by type:
            # their text may quote a URL.
            told = str(exc) if isinstance(exc, ValueError) or hasattr(exc, "action") else type(exc).__name__
            errors[EVERYWHERE] = self._failure(EVERYWHERE, kind_of_error(exc), told)
        errors.update(self._tell(reports))
        result = self._result(reports, errors)
        seconds = self._clock() - begin
        self._metrics.passed(reports, result=result, seconds=seconds)
        self._health.ended(result, errors)
        confirmed = sum(row["action"] == "confirmed" for report in reports for row in report.transfers)
        say = self._log.info if result == COMPLETE else self._log.warning
        say("pass ended", result=result, seconds=round(seconds, 3), networks=len(reports), confirmed=confirmed)
        return result

    def _work(self, errors: dict[str, str]) -> t.Sequence[Report]:
        prepared = self._prepare()
        if prepared.problem:
            errors[EVERYWHERE] = self._failure(EVERYWHERE, KMS, prepared.problem)
        if prepared.problem or self._mode == "look":
            return prepared.engine.look()
        return prepared.engine.send() if self._mode == "send" else prepared.engine.plan()

    @staticmethod
    def _result(reports: t.Sequence[Report], errors: t.Mapping[str, str]) -> str:
        dead = [report for report in reports if report.error]
        if EVERYWHERE in errors or (reports and len(dead) == len(reports)):
            return FAILED
        return PARTIAL if dead else COMPLETE

    def _tell(self, reports: t.Sequence[Report]) -> dict[str, str]:
        """Log and count what a pass did and did not; return network to the kind of what kept it from being done."""
        errors = {}
        for report in reports:
            if report.error:
                errors[report.network] = self._failure(report.network, known_kind(report.kind), report.error)
            for wallet in report.wallets:
                # What keeps a whole network from being read is told once.
                if wallet.get("error") and wallet["error"] != report.error:
                    self._log.warning(str(wallet["error"]), network=report.network, agent=wallet["agent"])
            for transfer in report.transfers:
                self._transfer(report.network, transfer)
        return errors

    def _transfer(self, network: str, row: t.Mapping[str, t.Any]) -> None:
        fields = {name: row.get(name) for name in _TRANSFER_FIELDS}
        action, reason = str(row["action"]), row.get("reason")
        told = f"transfer {action}: {reason}" if reason else f"transfer {action}"
        if action in ("failed", "held", "stuck") and row.get("kind") not in NO_FAILURES:
            kind = STUCK if action == "stuck" else known_kind(row.get("kind"))
            self._metrics.failure(network, kind)
            self._log.warning(told, network=network, kind=kind, **fields)
        else:
            self._log.info(told, network=network, **fields)

    def _failure(self, network: str, kind: str, text: str) -> str:
        self._metrics.failure(network, kind)
        self._log.error(text, network=network or None, kind=kind)
        return kind
