# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads one network, settles what was sent there before, and plans. Private to the collection.

An edge; node, ledger and clock come as parameters. What a node says is believed only if it is not behind the ledger:
balances from before a payment are what somebody is paid twice by.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.interchain.agent_ops.plugins.module_utils._evm_fees import (
    choose_fees,
    fee_calls,
    read_suggestion,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import (
    ChainState,
    Fees,
    Ledger,
    NetworkFunding,
    Node,
    Record,
    Wallet,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_plan import (
    IN_FLIGHT,
    TRANSFER_GAS,
    Held,
    Plan,
    low_addresses,
    make_plan,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_settle import (
    Settled,
    check_signed,
    reopened,
    settle,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._json_rpc import Call, RpcError
from ansible_collections.interchain.agent_ops.plugins.module_utils._wallet_read import quantity, read_chain

T = t.TypeVar("T")

POLL_SECONDS = 1.0
"""How long is waited between two looks for receipts."""

_LOOKS = 3


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
        abandoned: t.Callable[[], bool] = lambda: False,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self.job = job
        self.settings = job.settings
        self.run = run
        self.now = now
        self.sleep = sleep
        self.say = say
        self.abandoned = abandoned
        self.stopping = lambda: stopping() or abandoned()
        self.poll = poll_seconds
        self._node: Node | None = None
        self.gas: dict[str, int] = {}
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
            raise FundingError(RPC, f"The node of {self.name} was asked in vain: {exc}{self._hint(exc)}") from None
        if self.settings.chain_id not in (None, state.chain_id):
            raise FundingError(
                CHAIN_ID,
                f"The node of {self.name} is of the chain {state.chain_id}. Expected: {self.settings.chain_id}, the"
                " chain_id that agent_ops_network gives. Correct the network's RPC URL",
            )
        self.found = state
        return state

    def _hint(self, problem: RpcError) -> str:
        if "RPC URL" in str(problem):
            return ""
        return (
            f". Look whether it runs, and at its URL: rpc_url in agent_ops_network of host_vars/{self.name}.yml, in a"
            " sandbox AGENT_OPS_SANDBOX_RPC_URLS"
        )

    @property
    def state(self) -> ChainState:
        return needed(self.found)

    @property
    def node(self) -> Node:
        return needed(self._node)

    def catch_up(self, ledger: Ledger, document: str, *, settled: bool) -> None:
        """Look again, a few times, if the chain has less than the ledger: what it says of balances is old then.

        :param document: the ledger's, for the error. :param settled: whether transfers whose block is gone were looked
            up already.
        """
        for number in range(_LOOKS):
            if number:
                self.sleep(self.poll)
                self.look()
            records = [one for one in ledger.transfers if one.block_number is not None]
            if not settled:
                records = [one for one in records if not self._undone(one)]
            used = max((one.nonce + 1 for one in records), default=0)
            block = max((one.block_number or 0 for one in records), default=0)
            nonce = self.state.accounts[ledger.bank].nonce
            if nonce >= used and self.state.block_number >= block:
                return
        raise FundingError(
            RPC,
            f"The node of {self.name} is at block {self.state.block_number} and counts {nonce} transactions of the"
            f" bank. By the ledger there are {used}, the last in block {block}. Nothing is sent. Either the node lags"
            " behind: run again later. Or it is of another chain with the same number, such as a sandbox that was"
            f" started anew: then move the document {document} away",
        )

    def _undone(self, record: Record) -> bool:
        """Say whether a transfer was in a block, and the chain took that back a moment ago (a reorganisation)."""
        if record.block_number is None or record.nonce < self.state.accounts[str(self.job.bank)].nonce:
            return False
        return 0 <= self.state.block_number - record.block_number <= self.settings.confirmations

    def _unsettled(self, ledger: Ledger) -> list[Record]:
        """Return the transfers that may still pay."""
        undone = [reopened(record) for record in ledger.transfers if self._undone(record)]
        return [*undone, *(record for record in ledger.transfers if record.open)]

    def settle(self, ledger: Ledger, *, resend: bool) -> tuple[Settled, ...]:
        """Return what became of the transfers that are open in the ledger, or whose blocks are gone."""
        records = self._unsettled(ledger)
        try:
            for record in records:
                check_signed(record, chain_id=self.state.chain_id, bank=ledger.bank)
        except ValueError as exc:
            raise FundingError(
                STORE,
                f"The ledger of {self.name} is not what was written: {exc}. Nothing is sent. Find out who changed it,"
                " and put a former version back",
            ) from None
        try:
            return tuple(
                settle(
                    self.node,
                    ledger.bank,
                    records,
                    confirmations=self.settings.confirmations,
                    now=self.now(),
                    resend=resend,
                )
            )
        except RpcError as exc:
            raise FundingError(RPC, f"The node of {self.name} was asked in vain: {exc}") from None

    def _low(self, ledger: Ledger, now: float) -> list[str]:
        return low_addresses(self.settings, self.job.wallets, self.state.accounts, ledger, now=now)

    def idle(self, ledger: Ledger) -> bool:
        """Say whether there is nothing to do: nobody is to be paid, and nothing is under way."""
        return not self._unsettled(ledger) and not self._low(ledger, self.now())

    def plan(self, ledger: Ledger, approved: t.Mapping[str, int] | None) -> tuple[Plan, dict[str, int | str], Fees]:
        """Return what is to be paid, the most that each transfer costs, and what is offered for gas."""
        now = self.now()
        low = self._low(ledger, now)
        # What is asked for gas does not matter where nobody is paid.
        fees = self.choose_fees() if low else Fees(0)
        costs = self._costs(low, ledger.bank, fees) if low else {}
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

    def choose_fees(self) -> Fees:
        kind = self.settings.fees.kind
        try:
            calls: list[Call] = [(method, list(params)) for method, params in fee_calls(kind)]
            answers = self.node.batch(calls)
        except RpcError as exc:
            raise FundingError(RPC, f"The node of {self.name} was asked in vain: {exc}") from None
        try:
            suggestion = read_suggestion(kind, answers)
        except ValueError as exc:
            raise FundingError(RPC, f"The node of {self.name} was asked in vain: {exc}") from None
        try:
            return choose_fees(self.state.base_fee, suggestion.priority, suggestion.gas_price, self.settings.fees)
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
        self.gas[address] = gas
        return gas * fees.max_fee_per_gas


def needed(value: T | None) -> T:
    """Return what an earlier step of a run must have left."""
    if value is None:
        raise RuntimeError("a step of the run was left out")  # pragma: no cover
    return value


def held_back(plan: Plan, reason: str) -> Plan:
    """Return a plan of which nothing is sent, because a transfer is under way."""
    more = tuple(Held(one.wallet, one.amount, IN_FLIGHT, reason) for one in plan.transfers)
    return Plan((), (*plan.held, *more), plan.problem)
