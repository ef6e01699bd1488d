# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ledger of one network while a run funds it. Private to the collection.

An edge to a store; errors are :class:`ValueError`. The guard is the store's: what is written replaces what was read,
and nothing else. The lease that is in the document keeps two runs from getting in each other's way.
"""

from __future__ import annotations

import random
import time
import typing as t
from dataclasses import replace

from ansible_collections.interchain.agent_ops.plugins.module_utils import _funding_holder, _funding_ledger
from ansible_collections.interchain.agent_ops.plugins.module_utils._document_place import Conflict, Document
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import Ledger, Store

_LEASE_SECONDS = 120.0
_POLL_SECONDS = 2.0
# Each of them means that somebody else wrote in the moment between reading and writing.
_CONFLICTS = 50


class LedgerSession:
    """Reads a network's ledger, and changes it while it holds its lease.

    :ivar holder: who holds the lease, a text that no other session has. :ivar broke: whose leases were broken because
        their processes are gone.
    """

    def __init__(
        self,
        store: Store,
        *,
        environment: str,
        network: str,
        chain_id: int,
        bank: str,
        now: t.Callable[[], float] = time.time,
        sleep: t.Callable[[float], object] = time.sleep,
        holder: str | None = None,
        is_dead: t.Callable[[str], bool | None] = _funding_holder.is_dead,
    ) -> None:
        self.name = _funding_ledger.document_name(environment, network, bank)
        self.holder = holder or _funding_holder.holder()
        self.broke: list[str] = []
        self._store = store
        self._empty = Ledger(environment, network, chain_id, bank)
        self._now = now
        self._sleep = sleep
        self._is_dead = is_dead
        self._seconds = _LEASE_SECONDS
        # What is known to stand in the store, and its version. None: it has to be read again.
        self._known: tuple[Ledger, str | None] | None = None

    def peek(self) -> Ledger:
        """Return the ledger as it is, whoever holds the lease; an empty one if there is none. Nothing is written."""
        return self._read()[0]

    def acquire(self, seconds: float = _LEASE_SECONDS, wait_seconds: float = 0.0) -> Ledger:
        """Take the lease for so many seconds; each update renews it. Return the ledger.

        :param wait_seconds: how long another's lease is waited for. One that has expired, or whose holder is certainly
            dead, is broken.
        :raises Locked: if another holds it for longer.
        """
        self._seconds = seconds
        end = self._now() + wait_seconds
        for _attempt in self._attempts():
            ledger, version = self._awaited(end)
            locked = _funding_ledger.with_lock(ledger, self.holder, self._now(), seconds)
            try:
                return self._write(locked, version)
            except Conflict:
                continue
        raise AssertionError("unreachable")  # pragma: no cover

    def _awaited(self, end: float) -> tuple[Ledger, str | None]:
        """Return the ledger once its lease is free."""
        while True:
            ledger, version = self._read()
            lock, now = ledger.lock, self._now()
            if lock is None or lock.holder == self.holder or lock.until <= now:
                return ledger, version
            if self._is_dead(lock.holder):
                self.broke.append(lock.holder)
                return replace(ledger, lock=None), version
            if now >= end:
                raise _funding_ledger.Locked(ledger.network, lock)
            self._sleep(max(0.01, min(_POLL_SECONDS, end - now, lock.until - now)))

    def update(self, change: t.Callable[[Ledger], Ledger]) -> Ledger:
        """Change the ledger, and return it as it was written. It is in the store for good when this returns.

        :param change: is called again with what is there then, if the document was changed meanwhile.
        :raises ValueError: if another run has taken the lease over: then nothing was written.
        """
        for _attempt in self._attempts():
            ledger, version = self._known or self._read()
            if ledger.lock is None or ledger.lock.holder != self.holder:
                self._known = None
                who = ledger.lock.holder if ledger.lock else "which is done already"
                raise ValueError(
                    f"Another run took over the funding of {ledger.network} ({who}), since this one was out for longer"
                    " than its lease. Nothing was written. Run again"
                )
            changed = change(ledger)
            changed = _funding_ledger.with_lock(changed, self.holder, self._now(), self._seconds)
            changed, archive = _funding_ledger.pruned(changed, now=self._now())
            if archive:
                self._keep(archive)
            try:
                return self._write(changed, version)
            except Conflict:
                continue
        raise AssertionError("unreachable")  # pragma: no cover

    def release(self) -> str | None:
        """Give the lease back, if it is still ours. Return why that failed, or None: it expires by itself."""
        try:
            for _attempt in self._attempts():
                ledger, version = self._known or self._read()
                if ledger.lock is None or ledger.lock.holder != self.holder:
                    self._known = None
                    return None
                try:
                    self._write(_funding_ledger.without_lock(ledger, self.holder), version)
                except Conflict:
                    continue
                return None
        except ValueError as exc:
            return f"The lease of {self._empty.network} was not given back, and expires by itself: {exc}"
        raise AssertionError("unreachable")  # pragma: no cover

    def _attempts(self) -> t.Iterator[int]:
        for attempt in range(_CONFLICTS):
            if attempt:
                self._sleep(random.uniform(0, 0.1))  # noqa: S311
            yield attempt
        raise ValueError(
            f"{self.name} in {self._store.describe()} was changed by others {_CONFLICTS} times in a row. Nothing was"
            " written. Run again"
        )

    def _read(self) -> tuple[Ledger, str | None]:
        found: Document | None = self._store.read(self.name)
        if found is None:
            self._known = (self._empty, None)
            return self._known
        ledger = _funding_ledger.parse(
            found.text,
            environment=self._empty.environment,
            network=self._empty.network,
            chain_id=self._empty.chain_id,
            bank=self._empty.bank,
            document=f"{self.name} in {self._store.describe()}",
        )
        self._known = (ledger, found.version)
        return self._known

    def _write(self, ledger: Ledger, version: str | None) -> Ledger:
        # Until the store says that it was written, what is there is not known.
        self._known = None
        self._known = (ledger, self._store.write(self.name, _funding_ledger.as_text(ledger), version))
        return ledger

    def _keep(self, archive: _funding_ledger.Archive) -> None:
        try:
            self._store.write(archive.name, archive.text, None)
        except Conflict:
            there = self._store.read(archive.name)
            if there is None or there.text != archive.text:
                raise ValueError(
                    f"{archive.name} in {self._store.describe()} is not what was archived under that name. Look who"
                    " changed it. Nothing was written"
                ) from None
