# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is paid how much on one network, and who is not. Private to the collection.

Pure: no ansible, no AWS, no chain. Amounts are in wei, times in seconds since 1970.
"""

from __future__ import annotations

import math
import typing as t
from dataclasses import dataclass

from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_ledger import (
    last_to,
    open_amount_to,
    open_cost,
    paid_since,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import (
    Account,
    Ledger,
    NetworkFunding,
    Wallet,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._wei import from_wei

DAY = 86400
"""Seconds over which ``max_day`` counts, back from now."""

TRANSFER_GAS = 21_000
"""What a transfer to an address without code takes (Ethereum Yellow Paper, G_transaction)."""

OK, LOW, UNSET, BLOCKED, UNKNOWN = "ok", "low", "unset", "blocked", "unknown"


@dataclass(frozen=True)
class Planned:
    """A transfer that is to be made. :ivar note: what is to be known of its amount."""

    wallet: Wallet
    amount: int
    note: str | None = None


# Why a wallet that is low is not paid, in one word.
CAP, INTERVAL, UNAPPROVED, BANK_LOW, GAS, IN_FLIGHT, STOPPED = (
    *("cap", "interval", "unapproved", "bank_low", "gas", "in_flight"),
    "stopped",
)
_UNAPPROVED = "it is not among the transfers that were approved: the next run asks for it"


@dataclass(frozen=True)
class Held:
    """A wallet that is low, and is not paid now."""

    wallet: Wallet
    amount: int
    kind: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """:ivar problem: why the run must not send anything at all."""

    transfers: tuple[Planned, ...] = ()
    held: tuple[Held, ...] = ()
    problem: str | None = None

    @property
    def total(self) -> int:
        return sum(one.amount for one in self.transfers)


def wallet_state(wallet: Wallet, account: Account | None) -> str:
    """Return how a wallet is off: ok, low, unset (no threshold), blocked (must not be paid), unknown (no answer)."""
    if wallet.problem:
        return BLOCKED
    if account is None:
        return UNKNOWN
    if wallet.amounts.threshold is None:
        return UNSET
    return LOW if account.balance < wallet.amounts.threshold else OK


def make_plan(
    settings: NetworkFunding,
    wallets: t.Sequence[Wallet],
    accounts: t.Mapping[str, Account],
    ledger: Ledger,
    *,
    fees: t.Mapping[str, int | str],
    now: float,
    approved: t.Mapping[str, int] | None = None,
) -> Plan:
    """Return what one run is to pay on one network.

    :param accounts: address -> what the chain says of it; the bank's among them.
    :param ledger: what the bank paid before. What is still under way counts as if it had arrived.
    :param fees: address -> the most that a transfer to it costs, or why that cannot be said.
    :param approved: address -> the most that was approved for it. None: all that is planned.
    """
    transfers: list[Planned] = []
    held: list[Held] = []
    left = _Left(settings, accounts[ledger.bank].balance, ledger, now)
    for wallet in _neediest_first(wallets, accounts, ledger):
        wished = _wish(settings, wallet, accounts, ledger, now)
        if wished is None:
            continue
        planned = wished if isinstance(wished, Held) else _approve(wished, approved)
        if isinstance(planned, Planned):
            fee = fees[str(wallet.address)]
            refused = left.refusal(planned.amount, fee) if isinstance(fee, int) else (GAS, fee)
            if refused is None:
                left.take(planned.amount, t.cast(int, fee))
                transfers.append(planned)
                continue
            planned = Held(wallet, planned.amount, *refused)
        held.append(planned)
    plan = Plan(tuple(transfers), tuple(held))
    if settings.max_run is not None and plan.total > settings.max_run:
        problem = (
            f"On {settings.network} this run would pay {_shown(plan.total, settings)} to {len(transfers)} wallets,"
            f" which is more than max_run, {_shown(settings.max_run, settings)}. Nothing is sent on any network. Look"
            " at the plan; if it is right, raise max_run in wallet_funding_defaults, or in wallet_funding_network of"
            f" host_vars/{settings.network}.yml"
        )
        return Plan(plan.transfers, plan.held, problem)
    return plan


def low_addresses(
    settings: NetworkFunding,
    wallets: t.Sequence[Wallet],
    accounts: t.Mapping[str, Account],
    ledger: Ledger,
    *,
    now: float,
) -> list[str]:
    """Return the addresses that a plan may pay, so that the fees of these alone need be known."""
    found = _neediest_first(wallets, accounts, ledger)
    return [str(one.address) for one in found if isinstance(_wish(settings, one, accounts, ledger, now), Planned)]


def _neediest_first(wallets: t.Sequence[Wallet], accounts: t.Mapping[str, Account], ledger: Ledger) -> list[Wallet]:
    """Return those that may be paid, each address once, the one with the smallest part of its target first."""
    seen = {ledger.bank}
    found = []
    for wallet in wallets:
        address, target = wallet.address, wallet.amounts.target
        if wallet.problem or address is None or address in seen or address not in accounts or not target:
            continue
        seen.add(address)
        found.append(wallet)

    def part(wallet: Wallet) -> float:
        return accounts[str(wallet.address)].balance / (wallet.amounts.target or 1)

    return sorted(found, key=part)


def _wish(
    settings: NetworkFunding, wallet: Wallet, accounts: t.Mapping[str, Account], ledger: Ledger, now: float
) -> Planned | Held | None:
    address, amounts = str(wallet.address), wallet.amounts
    threshold, target = amounts.threshold or 0, amounts.target or 0
    coming = open_amount_to(ledger, address)
    balance = accounts[address].balance + coming
    if balance >= threshold or coming:
        # One that is under way is told by the ledger; the next run sees what became of it.
        return None
    amount, note = target - balance, None
    if settings.max_transfer is not None and amount > settings.max_transfer:
        note = f"{_shown(amount, settings)} are missing; max_transfer is {_shown(settings.max_transfer, settings)}"
        amount = settings.max_transfer
    if amount <= 0:
        return Held(wallet, amount, CAP, "max_transfer is 0")
    paid = last_to(ledger, address)
    since = math.inf if paid is None else now - paid
    if since < settings.min_interval_seconds:
        return Held(
            wallet,
            amount,
            INTERVAL,
            f"it was paid {max(0, round(since))} s ago; min_interval_seconds is {settings.min_interval_seconds}",
        )
    return Planned(wallet, amount, note)


def _approve(planned: Planned, approved: t.Mapping[str, int] | None) -> Planned | Held:
    if approved is None:
        return planned
    most = approved.get(str(planned.wallet.address))
    if not most:
        return Held(planned.wallet, planned.amount, UNAPPROVED, _UNAPPROVED)
    return Planned(planned.wallet, min(planned.amount, most), planned.note)


class _Left:
    """What a day and the bank have left, while transfers are added to a plan."""

    def __init__(self, settings: NetworkFunding, balance: int, ledger: Ledger, now: float) -> None:
        self._settings = settings
        self._bank = balance - open_cost(ledger)
        self._day = paid_since(ledger, now - DAY)

    def refusal(self, amount: int, fee: int) -> tuple[str, str] | None:
        settings = self._settings
        if settings.max_day is not None and self._day + amount > settings.max_day:
            return CAP, (
                f"max_day is {_shown(settings.max_day, settings)}, of which {_shown(self._day, settings)} are paid or"
                " planned within 24 hours"
            )
        if self._bank - amount - fee < settings.reserve:
            return BANK_LOW, (
                f"the bank has {_shown(max(self._bank, 0), settings)} left, of which"
                f" {_shown(settings.reserve, settings)} are its reserve; this takes {_shown(amount, settings)} and up"
                f" to {_shown(fee, settings)} for gas. Send money to the bank"
            )
        return None

    def take(self, amount: int, fee: int) -> None:
        self._bank -= amount + fee
        self._day += amount


def _shown(wei: int, settings: NetworkFunding) -> str:
    return f"{from_wei(wei, settings.decimals)} {settings.unit}"
