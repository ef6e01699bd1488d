# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sends the transfers of one network, and waits for their receipts. Private to the collection.

An edge; node, signer, ledger and clock come as parameters. The order is what keeps anybody from being paid twice: a
transfer is in the ledger before the node has it, and as long as one is under way no other is begun on the network.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ansible_collections.interchain.agent_ops.plugins.module_utils._evm_fees import replacement_fees
from ansible_collections.interchain.agent_ops.plugins.module_utils._evm_transaction import Unsigned, decode
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_ledger import (
    add,
    next_nonce,
    replace_record,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import (
    Attempt,
    Fees,
    Ledger,
    Record,
    Signer,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_network import (
    KMS,
    STORE,
    FundingError,
    Network,
    needed,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_plan import STOPPED, Held, Plan, Planned
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_settle import Settled, hand_over, settle
from ansible_collections.interchain.agent_ops.plugins.module_utils._json_rpc import RpcError
from ansible_collections.interchain.agent_ops.plugins.module_utils._wei import GWEI_DECIMALS, from_wei


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


class Sender:
    """Sends on one network. A node's failure is a :class:`FundingError`."""

    def __init__(self, network: Network, signer: Signer | None, book: Book | None) -> None:
        """:param book: None: nothing is sent or written, and said only what would be replaced."""
        self._network = network
        self._given = signer
        self._book = book

    @property
    def _signer(self) -> Signer:
        return needed(self._given)

    @property
    def _ledger(self) -> Book:
        return needed(self._book)

    def send(self, plan: Plan, fees: Fees) -> Done:
        """Send what is planned, one nonce after the other, and wait for the receipts within their bound."""
        done = Done()
        begun: list[Settled] = []
        held = list(plan.held)
        failed: str | None = None
        for planned in plan.transfers:
            reason = failed or ("the run was stopped" if self._network.stopping() else None)
            if reason:
                held.append(Held(planned.wallet, planned.amount, STOPPED, reason))
                continue
            try:
                settled = self._begin(planned, fees)
            except FundingError as exc:
                done.problem = exc
                failed = f"an earlier transfer on {self._network.name} failed"
                held.append(Held(planned.wallet, planned.amount, exc.kind, str(exc)))
                continue
            begun.append(settled)
            if settled.problem:
                failed = f"an earlier transfer on {self._network.name} is not known to be sent"
        done.held = tuple(held)
        try:
            done.settled = self.wait(begun)
        except FundingError as exc:
            done.settled, done.problem = tuple(begun), done.problem or exc
        return done

    def _begin(self, planned: Planned, fees: Fees) -> Settled:
        """Sign a transfer, write it down, and give it to the node, in this order."""
        wallet = planned.wallet
        address = str(wallet.address)
        network, chain = self._network, self._network.state
        nonce = next_nonce(self._ledger.peek(), chain.accounts[self._signer.address].nonce)
        attempt = self._signed(
            lambda: Unsigned(chain.chain_id, nonce, address, planned.amount, network.gas[address], fees)
        )
        record = Record(
            nonce=nonce,
            to=address,
            key=wallet.key,
            agent=wallet.agent,
            amount=planned.amount,
            recorded_at=network.now(),
            run=network.run,
            attempts=(attempt,),
        )
        self._write(lambda ledger: add(ledger, record))
        settled = hand_over(network.node, record)
        done = "written down, not known to be sent" if settled.problem else "sent"
        network.say(f"{network.name}: {done}: {wallet.agent} {address}, transaction {attempt.hash}")
        return settled

    def _signed(self, make: t.Callable[[], Unsigned]) -> Attempt:
        try:
            unsigned = make()
            signed = unsigned.signed(self._signer.sign(unsigned.digest()))
            # The last look before money moves: what a node will read is what was planned, by whom it was planned.
            if decode(signed.raw) != (unsigned, self._signer.address):
                raise ValueError("The signed transaction is not the planned one. Nothing is sent")
        except ValueError as exc:
            raise FundingError(KMS, str(exc)) from None
        return Attempt(signed.hash, signed.raw, unsigned.gas, unsigned.fees, self._network.now())

    def replace_stuck(self, settled: t.Sequence[Settled]) -> tuple[tuple[Settled, ...], int]:
        """Sign what is stuck again at a higher fee, with the same nonce, so that one of the two is paid.

        :return: the transfers, and how many are replaced.
        """
        payable = {wallet.address for wallet in self._network.job.wallets if not wallet.problem}
        patience = self._network.settings.stuck_seconds
        out, count = [], 0
        for one in settled:
            record = one.record
            if not record.open or self._network.now() - record.attempts[-1].signed_at <= patience:
                out.append(one)
                continue
            if self._network.stopping():
                out.append(replace(one, note="it is not sent again: the run was stopped"))
                continue
            if record.to not in payable:
                raised: Settled | Fees | str = f"{record.to} is no wallet of the environment that may be paid"
            else:
                raised = self._raise_fee(record)
            if isinstance(raised, str):
                out.append(replace(one, note=f"it is not sent again: {raised}"))
                continue
            count += 1
            if isinstance(raised, Fees):
                most = from_wei(raised.max_fee_per_gas, GWEI_DECIMALS)
                raised = replace(one, note=f"it is to be sent again, and offers {most} gwei for each gas then")
            out.append(raised)
        return tuple(out), count

    def _raise_fee(self, record: Record) -> Settled | Fees | str:
        """Return a replacement that was sent; without a signer the fees that it is to have; or why there is none."""
        network, last = self._network, record.attempts[-1]
        try:
            fees = replacement_fees(last.fees, network.choose_fees(), network.settings.fees)
        except ValueError as exc:
            return str(exc)
        if self._book is None:
            return fees
        # What is signed again was compared with the ledger, and is the bank's (see settle).
        unsigned, _sender = decode(last.raw)
        attempt = self._signed(lambda: replace(unsigned, fees=fees))
        again = replace(record, attempts=(*record.attempts, attempt))
        self._write(lambda ledger: replace_record(ledger, again))
        network.say(f"{network.name}: sent again to {record.agent} {record.to}, transaction {attempt.hash}")
        given = hand_over(network.node, again)
        # If it is refused, the former transaction may still pay.
        return replace(given, problem=None, note=given.problem)

    def wait(self, settled: t.Sequence[Settled]) -> tuple[Settled, ...]:
        """Wait for receipts, within ``receipt_seconds``, and write down what became of the transfers."""
        network = self._network
        known = {one.record.nonce: one for one in settled}
        end = network.now() + network.settings.receipt_seconds
        looked = False
        while any(one.record.open for one in known.values()):
            try:
                waiting = [one.record for one in known.values() if one.record.open]
                for one in settle(
                    network.node,
                    str(network.job.bank),
                    waiting,
                    confirmations=network.settings.confirmations,
                    now=network.now(),
                    resend=False,
                ):
                    before = known[one.record.nonce]
                    # Why a node did not take it says more than that the node does not know it.
                    why = one.problem and (before.problem or one.problem)
                    known[one.record.nonce] = Settled(
                        one.record,
                        why,
                        before.note if one.record.open else None,
                        # Only as long as the node does not know it, whatever it said at first.
                        refused=before.refused and one.problem is not None,
                    )
            except RpcError as exc:
                late = f"its receipt is not known: {exc}"
                known = {
                    nonce: replace(one, problem=late, refused=False) if one.record.open else one
                    for nonce, one in known.items()
                }
            still = [one for one in known.values() if one.record.open]
            if network.now() >= end or network.abandoned() or all(one.refused for one in still):
                break
            if not looked:
                self._say_waiting(len(still))
                looked = True
            network.sleep(network.poll)
        self._write_down(tuple(known.values()))
        return tuple(known.values())

    def _say_waiting(self, number: int) -> None:
        what = "1 transaction is" if number == 1 else f"{number} transactions are"
        seconds = self._network.settings.receipt_seconds
        self._network.say(f"{self._network.name}: {what} in no block yet: looking for {seconds:g} s at most")

    def _write_down(self, settled: t.Sequence[Settled]) -> None:
        """Bring the ledger to what is known of transfers. One that has not changed costs nothing."""
        before = {record.nonce: record for record in self._ledger.peek().transfers}
        changed = [one.record for one in settled if before.get(one.record.nonce) != one.record]
        if not changed:
            return

        def change(ledger: Ledger) -> Ledger:
            for record in changed:
                ledger = replace_record(ledger, record)
            return ledger

        self._write(change)

    def _write(self, change: t.Callable[[Ledger], Ledger]) -> None:
        try:
            self._ledger.update(change)
        except ValueError as exc:
            raise FundingError(STORE, str(exc)) from None
