# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watches and funds the wallets of several networks, side by side. Private to the collection.

What the modules and the keymaster service run. Nodes, signer, store and clock come as parameters; neither ansible nor
amazon.aws is imported. A network that fails fails alone, except that a plan above ``max_run`` keeps the whole run from
sending anything.
"""

from __future__ import annotations

import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_ledger import Locked, who
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_ledger_session import LedgerSession
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import (
    Fees,
    Ledger,
    Record,
    Signer,
    Store,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_network import (
    BUSY,
    CHAIN_ID,
    POLL_SECONDS,
    STORE,
    FundingError,
    Job,
    Network,
    held_back,
    needed,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_plan import CAP, Held, Plan
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_rows import (
    PLANNED,
    Row,
    held_row,
    network_row,
    planned_row,
    record_row,
    wallet_row,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_send import Done, Sender
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_settle import Settled

_MOST_AT_ONCE = 32
_ROWS = "Expected: rows of transfers, as a run in check mode returns them"
_SPARE_SECONDS = 60
"""How much longer a lock is held than receipts are waited for."""


@dataclass
class NetworkReport:
    """What one run found and did on one network. :ivar kind: of the error, see ``_funding_network.KINDS``."""

    network: str
    row: Row = field(default_factory=dict)
    wallets: list[Row] = field(default_factory=list)
    transfers: list[Row] = field(default_factory=list)
    error: str | None = None
    kind: str | None = None
    sent: int = 0


@dataclass
class _Work:
    """A network in a run: what is known of it so far."""

    network: Network
    session: LedgerSession | None = None
    known: Ledger | None = None
    locked: bool = False
    plan: Plan = field(default_factory=Plan)
    fees: Fees = field(default_factory=lambda: Fees(0))
    costs: t.Mapping[str, int | str] = field(default_factory=dict)
    settled: tuple[Settled, ...] = ()
    begun: int = 0
    error: FundingError | None = None

    @property
    def ledger(self) -> LedgerSession:
        return needed(self.session)


class Funder:
    """One run over the networks of an environment.

    :param signer: None where nothing is sent. :param store: None where no transfers are looked at.
    :param stopping: whether no transfer is begun any more. :param abandoned: whether, besides, nobody waits to hear
        what became of those that were sent: the next run looks that up.
    """

    def __init__(
        self,
        *,
        environment: str,
        jobs: t.Sequence[Job],
        signer: Signer | None,
        store: Store | None,
        run: str,
        now: t.Callable[[], float] = time.time,
        sleep: t.Callable[[float], None] = time.sleep,
        say: t.Callable[[str], None] = lambda text: None,
        stopping: t.Callable[[], bool] = lambda: False,
        abandoned: t.Callable[[], bool] = lambda: False,
        lock_wait_seconds: float = 60,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._environment = environment
        self._jobs = list(jobs)
        self._signer = signer
        self._store = store
        self._run = run
        self._now = now
        self._sleep = sleep
        self._say = say
        self._stopping = stopping
        self._abandoned = abandoned
        self._lock_wait = lock_wait_seconds
        self._poll = poll_seconds

    def look(self) -> list[NetworkReport]:
        """Read balances and nonces. Nothing else is asked."""
        works = self._works()
        self._each(works, lambda work: work.network.look())
        return [self._report(work) for work in works]

    def plan(
        self, approved: t.Mapping[str, t.Mapping[str, int]] | None = None, *, replace_stuck: bool = False
    ) -> list[NetworkReport]:
        """Say what would be sent. Nothing is written, neither to the store nor to a chain."""
        works = self._works()
        self._each(works, self._open)
        self._refuse_one_chain(works)
        self._each(works, lambda work: self._plan(work, approved, replace_stuck=replace_stuck))
        self._refuse_whole(works)
        return [self._report(work) for work in works]

    def send(
        self, approved: t.Mapping[str, t.Mapping[str, int]] | None = None, *, replace_stuck: bool = False
    ) -> list[NetworkReport]:
        """Send what is planned, and what an earlier run left.

        :param approved: the most that was approved, by network and address (:func:`approved_amounts`): nothing else is
            begun, and no more is paid. None: all that is planned.
        :param replace_stuck: whether what is stuck is signed again at a higher fee.
        """
        works = self._works()
        try:
            self._each(works, self._open)
            self._refuse_one_chain(works)
            self._each(works, self._lock)
            self._each(works, lambda work: self._plan(work, approved, replace_stuck=replace_stuck))
            if not self._refuse_whole(works):
                self._say_first(sum(len(work.plan.transfers) for work in works if work.locked and not work.error))
                self._each(works, self._send)
        finally:
            self._each(works, self._close, failed_too=True)
        self._each([work for work in works if work.begun], lambda work: work.network.look())
        return [self._report(work) for work in works]

    def _works(self) -> list[_Work]:
        return [
            _Work(
                Network(
                    job,
                    run=self._run,
                    now=self._now,
                    sleep=self._sleep,
                    say=self._say,
                    stopping=self._stopping,
                    abandoned=self._abandoned,
                    poll_seconds=self._poll,
                )
            )
            for job in self._jobs
        ]

    def _each(self, works: t.Sequence[_Work], do: t.Callable[[_Work], t.Any], *, failed_too: bool = False) -> None:
        """Do something for each network, side by side. What fails is the network's own."""

        def guarded(work: _Work) -> None:
            if work.error is not None and not failed_too:
                return
            try:
                do(work)
            except FundingError as exc:
                work.error = work.error or exc

        if works:
            with ThreadPoolExecutor(max_workers=min(len(works), _MOST_AT_ONCE)) as pool:
                list(pool.map(guarded, works))

    def _open(self, work: _Work) -> None:
        """Read a network and its ledger."""
        work.network.look()
        if work.network.job.bank is None:
            return
        work.session = self._session(work)
        with _StoreErrors():
            work.known = work.session.peek()

    def _lock(self, work: _Work) -> None:
        """Take a network's ledger for this run. Where nothing is to be done, nothing is written either."""
        if work.known is None or work.network.idle(work.known):
            return
        seconds = work.network.settings.receipt_seconds + _SPARE_SECONDS
        if work.known.lock:
            other = f"another run ({who(work.known.lock.holder)})"
            self._say(f"{work.network.name}: funded by {other}, which is waited for: {self._lock_wait:g} s at most")
        with _StoreErrors():
            work.known = work.ledger.acquire(seconds, self._lock_wait)
        work.locked = True
        # While it was waited for, another run may have paid.
        work.network.look()

    def _close(self, work: _Work) -> None:
        if work.locked and work.session is not None:
            problem = work.session.release()
            if problem:
                raise FundingError(STORE, problem)

    def _session(self, work: _Work) -> LedgerSession:
        return LedgerSession(
            needed(self._store),
            environment=self._environment,
            network=work.network.name,
            chain_id=work.network.state.chain_id,
            bank=str(work.network.job.bank),
            now=self._now,
            sleep=self._sleep,
        )

    def _plan(self, work: _Work, approved: t.Mapping[str, t.Mapping[str, int]] | None, *, replace_stuck: bool) -> None:
        """Find out what is to be paid. Unless the ledger is locked for this run, nothing is written or sent."""
        network, ledger = work.network, work.known
        if ledger is None:
            return
        if work.locked or not network.idle(ledger):
            document = f"{work.ledger.name} in {needed(self._store).describe()}"
            network.catch_up(ledger, document, settled=False)
            work.settled = network.settle(ledger, resend=work.locked)
            self._settle(work, replace_stuck=replace_stuck)
            if work.settled:
                ledger = _with(ledger, work.settled)
                network.look()
                network.catch_up(ledger, document, settled=True)
        most = None if approved is None else approved.get(network.name, {})
        work.plan, work.costs, work.fees = network.plan(ledger, most)
        reason = network.foreign(ledger)
        if reason:
            work.plan = held_back(work.plan, reason)

    def _settle(self, work: _Work, *, replace_stuck: bool) -> None:
        """Bring to an end what an earlier run left, as far as that goes."""
        if replace_stuck:
            work.settled, count = self._sender(work).replace_stuck(work.settled)
            work.begun += count
        if work.settled and work.locked:
            was_open = any(one.record.open for one in work.settled)
            work.settled = self._sender(work).wait(work.settled)
            work.begun += was_open

    def _sender(self, work: _Work) -> Sender:
        return Sender(work.network, self._signer, work.session if work.locked else None)

    def _refuse_one_chain(self, works: t.Sequence[_Work]) -> None:
        """Two networks of one chain would share the bank's nonces without knowing of each other."""
        owners: dict[int, _Work] = {}
        for work in works:
            if work.network.found is None:
                continue
            other = owners.setdefault(work.network.state.chain_id, work)
            if other is not work:
                text = (
                    f"{other.network.name} and {work.network.name} are of one chain, {work.network.state.chain_id}."
                    " Expected: a chain for each network, since the bank's nonces are one row on a chain. Give each a"
                    " node of its own (in a sandbox: agent_ops_sandbox_rpc_urls)"
                )
                for one in (other, work):
                    one.error = one.error or FundingError(CHAIN_ID, text)

    def _refuse_whole(self, works: t.Sequence[_Work]) -> bool:
        """Hold every transfer of the run back if one network's plan is above its cap."""
        problems = [work.plan.problem for work in works if work.plan.problem and work.error is None]
        if not problems:
            return False
        for work in works:
            reason = work.plan.problem or problems[0]
            held = tuple(Held(one.wallet, one.amount, CAP, reason) for one in work.plan.transfers)
            if work.plan.problem:
                work.error = work.error or FundingError(CAP, reason)
            work.plan = Plan((), (*work.plan.held, *held))
        return True

    def _say_first(self, number: int) -> None:
        if number:
            what = "1 transfer" if number == 1 else f"{number} transfers"
            self._say(
                f"Sending {what}. Should this be interrupted, the next run looks up what was sent: nobody is paid twice"
            )

    def _send(self, work: _Work) -> None:
        if not work.locked or not work.plan.transfers:
            return
        done: Done = self._sender(work).send(work.plan, work.fees)
        work.begun += len(done.settled)
        work.settled = (*work.settled, *done.settled)
        work.plan = Plan((), done.held)
        if done.problem:
            raise done.problem

    def _report(self, work: _Work) -> NetworkReport:
        network = work.network
        settings, state, bank = network.settings, network.found, network.job.bank
        error = str(work.error) if work.error else None
        wallets = [wallet_row(wallet, settings, state, error) for wallet in network.job.wallets]
        row = network_row(settings, wallets, state, bank, now=self._now(), error=error)
        report = NetworkReport(network.name, row, wallets, error=error, sent=work.begun)
        report.kind = work.error.kind if work.error else None
        if bank is None:
            return report
        left = row["bank_balance_wei"] or 0
        for one in work.settled:
            report.transfers.append(
                record_row(
                    settings, bank, one.record, now=self._now(), run=self._run, problem=one.problem, note=one.note
                )
            )
        left -= sum(one.record.most_cost for one in work.settled if one.record.open)
        for planned in work.plan.transfers:
            cost = work.costs[str(planned.wallet.address)]
            fee = cost if isinstance(cost, int) else 0
            left -= planned.amount + fee
            report.transfers.append(planned_row(settings, bank, planned, fee=fee, nonce=None, bank_left=left))
        report.transfers += [held_row(settings, bank, held) for held in work.plan.held]
        return report


class _StoreErrors:
    """Turns an error of the store into one of the network."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: t.Any, problem: BaseException | None, _trace: t.Any) -> None:
        if isinstance(problem, ValueError):
            raise FundingError(BUSY if isinstance(problem, Locked) else STORE, str(problem)) from None


def approved_amounts(rows: t.Sequence[t.Mapping[str, t.Any]]) -> dict[str, dict[str, int]]:
    """Return network -> address -> the most that was approved. A row that was not planned, but held, approves nothing.

    :raises ValueError: if these are no rows of transfers.
    """
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        try:
            network, address, amount, action = (row[name] for name in ("network", "address", "amount_wei", "action"))
        except KeyError as exc:
            raise ValueError(f"approved has a row without {exc.args[0]}. {_ROWS}") from None
        if action != PLANNED:
            continue
        if not (str(amount).isascii() and str(amount).isdigit()):
            raise ValueError(f"approved has the amount_wei {amount!r}. {_ROWS}")
        found.setdefault(str(network), {})[str(address)] = int(amount)
    return found


def _with(ledger: Ledger, settled: t.Sequence[Settled]) -> Ledger:
    """Return the ledger with what is known of its transfers now, also where that is not written down."""
    known = {_mark(one.record): one.record for one in settled}
    transfers = tuple(known.get(_mark(record), record) for record in ledger.transfers)
    return replace(ledger, transfers=transfers)


def _mark(record: Record) -> tuple[int, float, str]:
    """Return what tells a transfer from others. A nonce may be that of several, all but one of them superseded."""
    return record.nonce, record.recorded_at, record.run
