# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What earlier looks at the wallets say of their use. Private to the collection.

An entry is one look: when it was, and the balance of each wallet. A run that pays looks before and after, so that what
was spent before it is seen, too. Where entries are kept is not the business of this file. Balances are integers in wei,
times are seconds since 1970.

Pure: no ansible, no files.
"""

from __future__ import annotations

import itertools
import json
import typing as t
from dataclasses import dataclass
from datetime import datetime

Place = tuple[str, str]
"""A network, and an address on it in lower case."""

MOST_ENTRIES = 2000
MOST_DAYS = 90
WINDOW_DAYS = 14
"""What is older says little about today's use."""

LEAST_SECONDS = 3600
"""Of less than an hour nobody can say what a day costs."""

_DAY = 86400.0


@dataclass(frozen=True)
class Entry:
    at: float
    balances: t.Mapping[Place, int]


def entry(read_at: str, wallets: t.Iterable[t.Mapping[str, t.Any]]) -> Entry:
    """Return what a run saw, from its wallet rows.

    :param read_at: ISO 8601, with its time zone. :raises ValueError: if it is not.
    """
    balances = {
        place_of(row["network"], row["address"]): row["balance_wei"]
        for row in wallets
        if row["address"] and row["balance_wei"] is not None
    }
    return Entry(_seconds(read_at), balances)


def place_of(network: str, address: str) -> Place:
    return network, address.lower()


def _seconds(read_at: str) -> float:
    try:
        moment = datetime.fromisoformat(read_at)
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError(f"The time of a look at the wallets is {read_at!r}. Expected: ISO 8601, with its time zone")
    return moment.timestamp()


def as_line(one: Entry) -> str:
    """Return an entry as one line of a file, with its end."""
    text = {"at": one.at, "balances": {"/".join(place): wei for place, wei in one.balances.items()}}
    return json.dumps(text, separators=(",", ":")) + "\n"


def from_lines(text: str) -> tuple[list[Entry], int]:
    """Return the entries of a file, and how many of its lines are none and say nothing."""
    found, strange = [], 0
    for line in text.split("\n"):
        if not line.strip():
            continue
        try:
            held = json.loads(line)
            found.append(Entry(float(held["at"]), _amounts(held["balances"])))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            strange += 1
    return found, strange


def joined(first: t.Iterable[Entry], second: t.Iterable[Entry]) -> list[Entry]:
    """Return the looks of two histories, each once, in the order of time."""
    looks = {as_line(one): one for one in (*first, *second)}
    return sorted(looks.values(), key=lambda one: one.at)


def _amounts(held: t.Mapping[str, t.Any]) -> dict[Place, int]:
    amounts = {}
    for name, wei in held.items():
        network, slash, address = name.rpartition("/")
        if not slash or isinstance(wei, bool) or not isinstance(wei, int):
            raise ValueError("no amount of a wallet")
        amounts[place_of(network, address)] = wei
    return amounts


def bounded(entries: t.Iterable[Entry], now: float) -> list[Entry]:
    """Return what is worth keeping, in the order of time."""
    young = [one for one in entries if now - MOST_DAYS * _DAY <= one.at]
    return sorted(young, key=lambda one: one.at)[-MOST_ENTRIES:]


def daily_use(history: t.Sequence[Entry], network: str, address: str) -> float | None:
    """Return what a wallet spends a day, in wei; None if it was seen for less than an hour.

    Income, be it a top-up, hides what was spent meanwhile: the time between those two looks counts as not observed.
    """
    place = place_of(network, address)
    seen = sorted((one for one in history if place in one.balances), key=lambda one: one.at)
    if not seen:
        return None
    seen = [one for one in seen if one.at >= seen[-1].at - WINDOW_DAYS * _DAY]
    spent, observed = 0, 0.0
    for before, after in itertools.pairwise(seen):
        decrease = before.balances[place] - after.balances[place]
        if decrease >= 0:
            spent += decrease
            observed += after.at - before.at
    return spent / observed * _DAY if observed >= LEAST_SECONDS else None


def days_left(history: t.Sequence[Entry], network: str, address: str, balance_wei: int, floor: int = 0) -> float | None:
    """Return in how many days a balance is at its floor, if its use stays; None where no use was seen."""
    use = daily_use(history, network, address)
    return max(balance_wei - floor, 0) / use if use else None
