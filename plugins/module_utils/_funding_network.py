# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Funds one network: reads it, settles what was sent before, plans, and sends. Private to the collection.

An edge; node, signer, ledger and clock come as parameters. The order is what keeps anybody from being paid twice: a
transfer is in the ledger before the node has it, and as long as one is under way no other is begun on the network.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ansible_collections.interchain.agent_ops.plugins.module_utils._evm_fees import (
    choose_fees,
    fee_calls,
    read_suggestion,
    replacement_fees,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._evm_transaction import Unsigned, decode
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_ledger import (
    add,
    next_nonce,
    replace_record,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import (
    Attempt,
    ChainState,
    Fees,
    Ledger,
    NetworkFunding,
    Node,
    Record,
    Signer,
    Wallet,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_plan import (
    IN_FLIGHT,
    STOPPED,
    TRANSFER_GAS,
    Held,
    Plan,
    Planned,
    low_addresses,
    make_plan,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_settle import Settled, hand_over, settle
from ansible_collections.interchain.agent_ops.plugins.module_utils._json_rpc import Call, RpcError
from ansible_collections.interchain.agent_ops.plugins.module_utils._wallet_read import quantity, read_chain

T = t.TypeVar("T")

POLL_SECONDS = 1.0
"""How long is waited between two looks for receipts."""


class FundingError(Exception):
    """A network cannot be funded, or not read.

    :ivar kind: one of ``KINDS``.
    """

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


RPC, CHAIN_ID, STORE, KMS, FEE_CAP, BUSY = "rpc", "chain_id", "store", "kms", "fee_cap", "busy"
KINDS = (RPC, CHAIN_ID, STORE, KMS, FEE_CAP, BUSY)


@dataclass(frozen=True)
class Job:
    """One network that is funded.

    :ivar connect: opens its node, or raises :class:`RpcError`. :ivar bank: the bank's address; None: balances alone.
    """

    settings: NetworkFunding
    wallets: t.Sequence[Wallet]
    connect: t.Callable[[], Node]
    bank: str | None


class Book(t.Protocol):
    """The network's ledger in a store. An error is a :class:`ValueError`."""

    def peek(self) -> Ledger: ...

    def update(self, change: t.Callable[[Ledger], Ledger]) -> Ledger: ...


@dataclass
class Done:
    """What became of a network's transfers.

    :ivar held: those that were not begun. :ivar problem: what kept them from it.
    """

    settled: tuple[Settled, ...] = ()
    held: tuple[Held, ...] = ()
    problem: FundingError | None = None


class Network:
    """A network in one run. A node's failure is a :class:`FundingError`."""

    def __init__(
        self,
        job: Job,
        *,
        run: str,
        now: t.Callable[[], float],
        sleep: t.Callable[[float], None],
        say: t.Callable[[str], None],
        stopping: t.Callable[[], bool],
    ) -> None:
        self.job = job
        self.settings = job.settings
        self._run = run
        self._now = now
        self._sleep = sleep
        self._say = say
        self._stopping = stopping
        self._node: Node | None = None
        self._gas: dict[str, int] = {}
        self.found: ChainState | None = None

    @property
    def name(self) -> str:
        return self.settings.network

    def look(self) -> ChainState:
        """Read the chain, and refuse one of another number than the inventory's."""
        addresses = [wallet.address for wallet in self.job.wallets if wallet.address]
        if self.job.bank:
            addresses.append(self.job.bank)
        try:
            self._node = self._node or self.job.connect()
            state = read_chain(self._node, list(dict.fromkeys(addresses)))
        except RpcError as exc:
            raise FundingError(RPC, f"The node of {self.name} was asked in vain: {exc}") from None
        if self.settings.chain_id not in (None, state.chain_id):
            raise FundingError(
                CHAIN_ID,
                f"The node of {self.name} is of the chain {state.chain_id}. Expected: {self.settings.chain_id}, the"
                " chain_id that agent_ops_network gives. Correct the network's RPC URL",
            )
        self.found = state
        return state

    @property
    def state(self) -> ChainState:
        return needed(self.found)

    @property
    def node(self) -> Node:
        return needed(self._node)

    def settle(self, ledger: Ledger, *, resend: bool) -> tuple[Settled, ...]:
        """Return what became of the transfers that are open in the ledger."""
        records = [record for record in ledger.transfers if record.open]
        try:
            return tuple(
                settle(
                    self.node,
                    ledger.bank,
                    records,
                    confirmations=self.settings.confirmations,
                    now=self._now(),
                    resend=resend,
                )
            )
        except RpcError as exc:
            raise FundingError(RPC, f"The node of {self.name} was asked in vain: {exc}") from None

    def plan(self, ledger: Ledger, approved: t.Mapping[str, int] | None) -> tuple[Plan, dict[str, int | str], Fees]:
        """Return what is to be paid, the most that each transfer costs, and what is offered for gas."""
        now = self._now()
        fees = self._choose_fees()
        low = low_addresses(self.settings, self.job.wallets, self.state.accounts, ledger, now=now)
        costs = self._costs(low, ledger.bank, fees)
        plan = make_plan(
            self.settings, self.job.wallets, self.state.accounts, ledger, fees=costs, now=now, approved=approved
        )
        return plan, costs, fees

    def foreign(self, ledger: Ledger) -> str | None:
        """Return why no transfer may be begun: one is under way, or somebody else uses the bank's key."""
        waiting = [record.nonce for record in ledger.transfers if record.open]
        if waiting:
            return f"the transfer with the bank's nonce {min(waiting)} is still under way on {self.name}"
        account = self.state.accounts[ledger.bank]
        if account.pending_nonce > account.nonce:
            return (
                f"{account.pending_nonce - account.nonce} transactions of the bank wait on {self.name} that were not"
                " written down here. Something else uses the bank's key, or the store is another one"
            )
        return None

    def _choose_fees(self) -> Fees:
        kind = self.settings.fees.kind
        try:
            calls: list[Call] = [(method, list(params)) for method, params in fee_calls(kind)]
            suggestion = read_suggestion(kind, self.node.batch(calls))
            return choose_fees(self.state.base_fee, suggestion.priority, suggestion.gas_price, self.settings.fees)
        except RpcError as exc:
            raise FundingError(RPC, f"The node of {self.name} was asked in vain: {exc}") from None
        except ValueError as exc:
            raise FundingError(FEE_CAP, f"On {self.name}: {exc}") from None

    def _costs(self, addresses: t.Sequence[str], bank: str, fees: Fees) -> dict[str, int | str]:
        """Return address -> the most that a transfer to it costs, or why that cannot be said."""
        if not self.state.accounts[bank].balance:
            # A node estimates nothing for who has nothing; the plan says what is missing.
            return dict.fromkeys(addresses, TRANSFER_GAS * fees.max_fee_per_gas)
        calls: list[Call] = [
            ("eth_estimateGas", [{"from": bank, "to": address, "value": "0x1"}]) for address in addresses
        ]
        try:
            answers = self.node.batch(calls) if calls else []
            return {
                address: self._cost(address, answer, fees) for address, answer in zip(addresses, answers, strict=True)
            }
        except RpcError as exc:
            raise FundingError(RPC, f"The node of {self.name} was asked in vain: {exc}") from None

    def _cost(self, address: str, answer: t.Any, fees: Fees) -> int | str:
        if isinstance(answer, RpcError):
            if answer.code is None:
                raise answer
            return f"what a transfer to it takes cannot be estimated: {answer}"
        gas = quantity(answer, "eth_estimateGas")
        if gas > TRANSFER_GAS:
            # What a contract does may take a little more by the time that the transfer arrives.
            gas += gas // 5
        if gas > self.settings.fees.max_gas:
            return f"a transfer to it takes {gas} gas; max_gas is {self.settings.fees.max_gas}"
        self._gas[address] = gas
        return gas * fees.max_fee_per_gas

    def send(self, plan: Plan, fees: Fees, signer: Signer, book: Book) -> Done:
        """Send what is planned, one nonce after the other, and wait for the receipts within their bound."""
        done = Done()
        begun: list[Settled] = []
        held = list(plan.held)
        failed: str | None = None
        for planned in plan.transfers:
            reason = failed or ("the run was stopped" if self._stopping() else None)
            if reason:
                held.append(Held(planned.wallet, planned.amount, STOPPED, reason))
                continue
            try:
                settled = self._begin(planned, fees, signer, book)
            except FundingError as exc:
                done.problem = exc
                failed = f"an earlier transfer on {self.name} failed"
                held.append(Held(planned.wallet, planned.amount, exc.kind, str(exc)))
                continue
            begun.append(settled)
            if settled.problem:
                failed = f"an earlier transfer on {self.name} is not known to be sent"
        done.held = tuple(held)
        try:
            done.settled = self.wait(begun, book)
        except FundingError as exc:
            done.settled, done.problem = tuple(begun), done.problem or exc
        return done

    def _begin(self, planned: Planned, fees: Fees, signer: Signer, book: Book) -> Settled:
        """Sign a transfer, write it down, and give it to the node, in this order."""
        wallet = planned.wallet
        address = str(wallet.address)
        nonce = next_nonce(book.peek(), self.state.accounts[signer.address].nonce)
        attempt = self._signed(
            lambda: Unsigned(self.state.chain_id, nonce, address, planned.amount, self._gas[address], fees), signer
        )
        record = Record(
            nonce=nonce,
            to=address,
            key=wallet.key,
            agent=wallet.agent,
            amount=planned.amount,
            recorded_at=self._now(),
            run=self._run,
            attempts=(attempt,),
        )
        self._write(book, lambda ledger: add(ledger, record))
        settled = hand_over(self.node, record)
        self._say(f"{self.name}: sent to {wallet.agent} {address}, transaction {attempt.hash}")
        return settled

    def _signed(self, make: t.Callable[[], Unsigned], signer: Signer) -> Attempt:
        try:
            unsigned = make()
            signed = unsigned.signed(signer.sign(unsigned.digest()))
            # The last look before money moves: what a node will read is what was planned, by whom it was planned.
            if decode(signed.raw) != (unsigned, signer.address):
                raise ValueError("The signed transaction is not the planned one. Nothing is sent")
        except ValueError as exc:
            raise FundingError(KMS, str(exc)) from None
        return Attempt(signed.hash, signed.raw, unsigned.gas, unsigned.fees, self._now())

    def replace_stuck(self, settled: t.Sequence[Settled], signer: Signer, book: Book) -> tuple[Settled, ...]:
        """Sign what is stuck again at a higher fee, with the same nonce, so that one of the two is paid."""
        payable = {wallet.address for wallet in self.job.wallets if not wallet.problem}
        out = []
        for one in settled:
            record = one.record
            late = record.open and self._now() - record.attempts[-1].signed_at > self.settings.stuck_seconds
            if not late:
                out.append(one)
            elif record.to not in payable:
                out.append(Settled(record, f"it is not sent again: {record.to} is no wallet of the environment"))
            else:
                out.append(self._raise_fee(record, signer, book))
        return tuple(out)

    def _raise_fee(self, record: Record, signer: Signer, book: Book) -> Settled:
        last = record.attempts[-1]
        unsigned, _sender = decode(last.raw)
        if (unsigned.to, unsigned.value, unsigned.nonce) != (record.to, record.amount, record.nonce):
            return Settled(record, "it is not sent again: the ledger and its signed transaction differ")
        try:
            fees = replacement_fees(last.fees, self._choose_fees(), self.settings.fees)
        except ValueError as exc:
            return Settled(record, f"it is not sent again: {exc}")
        attempt = self._signed(lambda: replace(unsigned, fees=fees), signer)
        raised = replace(record, attempts=(*record.attempts, attempt))
        self._write(book, lambda ledger: replace_record(ledger, raised))
        return hand_over(self.node, raised)

    def wait(self, settled: t.Sequence[Settled], book: Book) -> tuple[Settled, ...]:
        """Wait for receipts, within ``receipt_seconds``, and write down what became of the transfers."""
        known = {one.record.nonce: one for one in settled}
        end = self._now() + self.settings.receipt_seconds
        while any(one.record.open for one in known.values()):
            try:
                waiting = [one.record for one in known.values() if one.record.open]
                for one in settle(
                    self.node,
                    str(self.job.bank),
                    waiting,
                    confirmations=self.settings.confirmations,
                    now=self._now(),
                    resend=False,
                ):
                    # Why a node did not take it says more than that the node does not know it.
                    why = one.problem and (known[one.record.nonce].problem or one.problem)
                    known[one.record.nonce] = Settled(one.record, why)
            except RpcError as exc:
                known = {
                    nonce: Settled(one.record, f"its receipt is not known: {exc}") if one.record.open else one
                    for nonce, one in known.items()
                }
            if self._now() >= end or not any(one.record.open for one in known.values()):
                break
            self._sleep(POLL_SECONDS)
        self.write_down(tuple(known.values()), book)
        return tuple(known.values())

    def write_down(self, settled: t.Sequence[Settled], book: Book) -> None:
        """Bring the ledger to what is known of transfers. One that has not changed costs nothing."""
        before = {record.nonce: record for record in book.peek().transfers}
        changed = [one.record for one in settled if before.get(one.record.nonce) != one.record]
        if not changed:
            return

        def change(ledger: Ledger) -> Ledger:
            for record in changed:
                ledger = replace_record(ledger, record)
            return ledger

        self._write(book, change)

    def _write(self, book: Book, change: t.Callable[[Ledger], Ledger]) -> None:
        try:
            book.update(change)
        except ValueError as exc:
            raise FundingError(STORE, str(exc)) from None


def needed(value: T | None) -> T:
    """Return what an earlier step of a run must have left."""
    if value is None:
        raise RuntimeError("a step of the run was left out")  # pragma: no cover
    return value


def held_back(plan: Plan, reason: str) -> Plan:
    """Return a plan of which nothing is sent, because a transfer is under way."""
    more = tuple(Held(one.wallet, one.amount, IN_FLIGHT, reason) for one in plan.transfers)
    return Plan((), (*plan.held, *more), plan.problem)
