# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a bank paid on a network: who may pay there now, and how much was paid. Private to the collection.

Pure: no ansible, no AWS; errors are :class:`ValueError`. A ledger is never changed, functions return a new one.
"""

from __future__ import annotations

import hashlib
import typing as t
from dataclasses import replace
from datetime import UTC, datetime

from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_ledger_text import as_text, parse
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import (
    REVERTED,
    SUPERSEDED,
    Ledger,
    Lock,
    Record,
)

__all__ = [
    "KEPT_SECONDS", "Archive", "Locked", "add", "as_text", "document_name", "last_to", "next_nonce", "open_amount_to",
    "open_cost", "open_records", "paid_since", "parse", "pruned", "replace_record", "who", "with_lock", "without_lock",
]  # fmt: skip

KEPT_SECONDS = 35 * 86400.0
"""Transfers of so many seconds are never taken out of a ledger: longer than a month, of which people ask."""

_KEPT = 1000


class Locked(ValueError):
    """Another run funds the network. :ivar lock: who, and until when at the latest."""

    def __init__(self, network: str, lock: Lock) -> None:
        until = datetime.fromtimestamp(min(lock.until, 253402300799), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        super().__init__(
            f"{network} is being funded by another run ({who(lock.holder)}), until {until} at the latest. Nothing was"
            " sent. Run again when it is done"
        )
        self.lock = lock


def who(holder: str) -> str:
    """Return of a holder what people tell a process by; the rest is for the next run."""
    return holder.split(",", 1)[0]


class Archive(t.NamedTuple):
    """A document for transfers that leave the ledger."""

    name: str
    text: str


def document_name(environment: str, network: str, bank: str) -> str:
    return f"{environment}/{network}-{bank}.json"


def with_lock(ledger: Ledger, holder: str, now: float, seconds: float) -> Ledger:
    """Return the ledger with a lease of that many seconds from now. A holder's own is renewed.

    :raises Locked: if another's has not expired.
    """
    lock = ledger.lock
    if lock is not None and lock.holder != holder and lock.until > now:
        raise Locked(ledger.network, lock)
    return replace(ledger, lock=Lock(holder, now + seconds))


def without_lock(ledger: Ledger, holder: str) -> Ledger:
    """Return the ledger without the holder's lease. That of another stays."""
    return replace(ledger, lock=None) if ledger.lock is not None and ledger.lock.holder == holder else ledger


def add(ledger: Ledger, record: Record) -> Ledger:
    """Return the ledger with a further transfer.

    Its nonce must be its own. That of transfers which were all superseded may be used: either it was never used on the
    chain, or the chain refuses it.

    :raises ValueError: if a transfer that may pay, or was in a block, has it.
    """
    for other in ledger.transfers:
        if other.nonce == record.nonce and other.state != SUPERSEDED:
            raise ValueError(
                f"The nonce {record.nonce} of the bank on {ledger.network} is that of the transfer to {other.to}"
                f" ({other.state}). Expected: a free one. Nothing was sent"
            )
    return replace(ledger, transfers=(*ledger.transfers, record))


def replace_record(ledger: Ledger, record: Record) -> Ledger:
    """Return the ledger with what became of a transfer in place of what it was.

    It is known by its nonce and by when it was recorded. Whom it pays, and how much, cannot change.

    :raises ValueError: if the ledger does not have it, or has it for another recipient or amount.
    """
    places = [place for place, other in enumerate(ledger.transfers) if _same(other, record)]
    if len(places) != 1:
        raise ValueError(
            f"The ledger of {ledger.network} has {len(places)} transfers like that to {record.to} with the nonce"
            f" {record.nonce}. Expected: one"
        )
    transfers = list(ledger.transfers)
    transfers[places[0]] = record
    if record.state != SUPERSEDED:
        others = [other for other in ledger.transfers if other.nonce == record.nonce and not _same(other, record)]
        add(replace(ledger, transfers=tuple(others)), record)
    return replace(ledger, transfers=tuple(transfers))


def _same(one: Record, other: Record) -> bool:
    names = ("nonce", "recorded_at", "run", "to", "amount", "key", "agent")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def open_records(ledger: Ledger) -> list[Record]:
    """Return the transfers that may still pay, by nonce."""
    return sorted((record for record in ledger.transfers if record.open), key=lambda record: record.nonce)


def paid_since(ledger: Ledger, since: float) -> int:
    """Return the wei that were paid since then, or may have been; without fees.

    An open transfer counts whenever it was recorded, since it may pay at any time, and one in a block until that was
    seen: a cap is rather kept too well.
    """
    return sum(
        record.amount
        for record in ledger.transfers
        if record.state not in (REVERTED, SUPERSEDED)
        and (record.open or max(record.recorded_at, record.closed_at or 0) >= since)
    )


def last_to(ledger: Ledger, address: str) -> float | None:
    """Return when the last transfer to an address was recorded. One that paid nothing, but cost a fee, counts."""
    times = [record.recorded_at for record in _to(ledger, address) if record.state != SUPERSEDED]
    return max(times, default=None)


def open_amount_to(ledger: Ledger, address: str) -> int:
    """Return the wei that an address may still get."""
    return sum(record.amount for record in _to(ledger, address) if record.open)


def _to(ledger: Ledger, address: str) -> list[Record]:
    return [record for record in ledger.transfers if record.to.lower() == address.lower()]


def open_cost(ledger: Ledger) -> int:
    """Return the wei that open transfers may still take from the bank, with the highest possible fees."""
    return sum(record.most_cost for record in open_records(ledger))


def next_nonce(ledger: Ledger, chain_nonce: int) -> int:
    """Return the nonce of the next transfer.

    :param chain_nonce: count of the bank's transactions. A node that lags behind may say too few.
    """
    used = [record.nonce + 1 for record in ledger.transfers if record.state != SUPERSEDED]
    return max([chain_nonce, *used])


def pruned(
    ledger: Ledger, *, now: float, keep: int = _KEPT, older_than: float = KEPT_SECONDS
) -> tuple[Ledger, Archive | None]:
    """Return the ledger without its oldest transfers if it has more than ``keep``, and the archive for these.

    A quarter goes at once, so that archives are few. Open transfers stay, and those that were recorded or closed within
    ``older_than`` seconds. The archive must be written before the ledger is: its name follows from what is in it, and a
    second copy, after a crash in between, is the same document.

    :raises ValueError: if ``older_than`` is less than :data:`KEPT_SECONDS`.
    """
    if older_than < KEPT_SECONDS:
        raise ValueError(f"Transfers are kept for {KEPT_SECONDS:.0f} seconds at least, and not for {older_than:.0f}")
    if len(ledger.transfers) <= keep:
        return ledger, None
    limit = now - older_than
    closed = [record for record in ledger.transfers if not record.open and (record.closed_at or 0) < limit]
    old = sorted(
        (record for record in closed if record.recorded_at < limit), key=lambda one: (one.nonce, one.recorded_at)
    )
    dropped = old[: len(ledger.transfers) - keep + keep // 4]
    if not dropped:
        return ledger, None
    gone = {id(record) for record in dropped}
    kept = tuple(record for record in ledger.transfers if id(record) not in gone)
    return replace(ledger, transfers=kept), _archive(replace(ledger, transfers=tuple(dropped), lock=None))


def _archive(ledger: Ledger) -> Archive:
    text = as_text(ledger)
    first, last = ledger.transfers[0].nonce, ledger.transfers[-1].nonce
    mark = hashlib.sha256(text.encode("ascii")).hexdigest()[:12]
    name = document_name(ledger.environment, ledger.network, ledger.bank).removesuffix(".json")
    return Archive(f"{name}.{first}-{last}.{mark}.json", text)
