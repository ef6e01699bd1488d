# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rows that say what is known of a network's wallets, and what became of transfers. Private to the collection.

Pure: no ansible, no AWS. Every amount is in a row twice, exact in the native unit as text, and in wei (``*_wei``).
"""

from __future__ import annotations

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import (
    CONFIRMED,
    ChainState,
    NetworkFunding,
    Record,
    Wallet,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_plan import (
    LOW,
    UNKNOWN,
    Held,
    Planned,
    wallet_state,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._wei import from_wei

Row = dict[str, t.Any]

PLANNED, SENT, STUCK, FAILED, HELD = "planned", "sent", "stuck", "failed", "held"
ACTIONS = (PLANNED, CONFIRMED, SENT, STUCK, FAILED, HELD)
"""``sent``: under way. ``stuck``: under way for longer than ``stuck_seconds``. ``held``: low, and not paid now."""


def amounts(name: str, wei: int | None, settings: NetworkFunding) -> Row:
    """Return the two fields of an amount."""
    return {name: None if wei is None else from_wei(wei, settings.decimals), f"{name}_wei": wei}


def _all_amounts(settings: NetworkFunding, **wei: int | None) -> Row:
    """Return the fields of several amounts, by their names."""
    row: Row = {}
    for name, value in wei.items():
        row.update(amounts(name, value, settings))
    return row


def wallet_row(wallet: Wallet, settings: NetworkFunding, state: ChainState | None, error: str | None) -> Row:
    """Return the row of a wallet. :param error: of its network."""
    account = state.accounts.get(wallet.address) if state and wallet.address else None
    return {
        "network": wallet.network,
        "agent": wallet.agent,
        "key": wallet.key,
        "homes": list(wallet.homes),
        "address": wallet.address,
        "unit": settings.unit,
        **amounts("balance", account.balance if account else None, settings),
        "nonce": account.nonce if account else None,
        "pending_nonce": account.pending_nonce if account else None,
        **amounts("threshold", wallet.amounts.threshold, settings),
        **amounts("target", wallet.amounts.target, settings),
        "state": wallet_state(wallet, account),
        "days_left": None,
        "error": wallet.problem or (error if account is None else None),
    }


def network_row(
    settings: NetworkFunding,
    wallets: t.Sequence[Row],
    state: ChainState | None,
    bank: str | None,
    *,
    now: float,
    error: str | None,
) -> Row:
    """Return the row of a network, with its bank.

    :param wallets: the rows of its wallets. :param error: why it could not be asked, or done.
    """
    account = state.accounts.get(bank) if state and bank else None
    return {
        "network": settings.network,
        "unit": settings.unit,
        "chain_id": state.chain_id if state else None,
        "block_number": state.block_number if state else None,
        "block_age_seconds": max(0, round(now) - state.block_time) if state else None,
        "bank": bank,
        **amounts("bank_balance", account.balance if account else None, settings),
        "bank_nonce": account.nonce if account else None,
        "bank_pending_nonce": account.pending_nonce if account else None,
        "top_ups_left": _top_ups_left(settings, wallets, account.balance) if account else None,
        "low": sum(row["state"] == LOW for row in wallets),
        "unknown": sum(row["state"] == UNKNOWN for row in wallets),
        "explorer_url": settings.explorer_url,
        "error": error,
    }


def _top_ups_left(settings: NetworkFunding, wallets: t.Sequence[Row], balance: int) -> int | None:
    """Return how many of the largest usual top-ups the bank lasts, from threshold to target."""
    usual = [row["target_wei"] - row["threshold_wei"] for row in wallets if row["target_wei"]]
    largest = max(usual, default=0)
    if settings.max_transfer is not None:
        largest = min(largest, settings.max_transfer)
    return max(0, balance - settings.reserve) // largest if largest > 0 else None


def _transfer(settings: NetworkFunding, bank: str, to: Wallet | Record, **values: t.Any) -> Row:
    row: Row = {
        "network": settings.network,
        "agent": to.agent,
        "key": to.key,
        "address": to.address if isinstance(to, Wallet) else to.to,
        "bank": bank,
        "unit": settings.unit,
        **amounts("amount", None, settings),
        **amounts("fee", None, settings),
        "nonce": None,
        "hash": None,
        "link": None,
        "action": None,
        "kind": None,
        "reason": None,
        "earlier": False,
        **amounts("bank_left", None, settings),
    }
    row.update(values)
    return row


def planned_row(
    settings: NetworkFunding, bank: str, planned: Planned, *, fee: int, nonce: int | None, bank_left: int
) -> Row:
    return _transfer(
        settings,
        bank,
        planned.wallet,
        nonce=nonce,
        action=PLANNED,
        reason=planned.note,
        **_all_amounts(settings, amount=planned.amount, fee=fee, bank_left=bank_left),
    )


def held_row(settings: NetworkFunding, bank: str, held: Held) -> Row:
    return _transfer(
        settings,
        bank,
        held.wallet,
        **amounts("amount", held.amount, settings),
        action=HELD,
        kind=held.kind,
        reason=held.reason,
    )


def record_row(
    settings: NetworkFunding,
    bank: str,
    record: Record,
    *,
    now: float,
    run: str,
    bank_left: int | None = None,
    problem: str | None = None,
    note: str | None = None,
) -> Row:
    """Return the row of a transfer that stands in the ledger.

    :param run: the one that makes the row. :param problem: what went wrong with it there. :param note: what is to be
        known of one that is under way.
    """
    last = record.attempts[-1] if record.attempts else None
    if record.open:
        late = last is not None and now - last.signed_at > settings.stuck_seconds
        action, kind, reason = (STUCK, "stuck", _stuck_text(record, settings)) if late else (SENT, None, note)
        if problem:
            action, kind, reason = (STUCK if late else FAILED), "rpc", problem
        elif late and note:
            reason = note
        fee = record.most_cost - record.amount
    else:
        done = record.state == CONFIRMED
        action, kind, reason = (CONFIRMED, None, None) if done else (FAILED, record.state, _closed_text(record))
        fee = record.fee_paid or 0
    shown = record.paid_by or (last.hash if last else None)
    return _transfer(
        settings,
        bank,
        record,
        earlier=record.run != run,
        nonce=record.nonce,
        hash=shown,
        link=f"{settings.explorer_url}/tx/{shown}" if settings.explorer_url and shown else None,
        action=action,
        kind=kind,
        reason=reason,
        **_all_amounts(settings, amount=record.amount, fee=fee, bank_left=bank_left),
    )


def _stuck_text(record: Record, settings: NetworkFunding) -> str:
    return (
        f"the transaction with nonce {record.nonce} is in no block after {settings.stuck_seconds} s. It is sent again"
        " at a higher fee with -e wallet_funding_replace_stuck=true"
    )


def _closed_text(record: Record) -> str:
    if record.state == "reverted":
        return "the transaction is in a block, but the recipient refused the money"
    return f"another transaction used the bank's nonce {record.nonce}: nothing was paid by this one"
