# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The wallets of an environment, what is paid to them, and what they are paid from, as people read it on a terminal.
Private to the collection.

Pure: no ansible, no files. What is shown is rounded; files have what is exact (``_wallet_files``).
"""

from __future__ import annotations

import textwrap
import typing as t
from collections import Counter
from datetime import UTC, datetime

from ansible_collections.interchain.agent_ops.plugins.module_utils import _wallet_amount
from ansible_collections.interchain.agent_ops.plugins.module_utils._report import NOT_REAL, plain
from ansible_collections.interchain.agent_ops.plugins.module_utils._text_table import Column, Table

Row = t.Mapping[str, t.Any]
Result = t.Mapping[str, t.Any]
"""``wallets``, ``networks``, ``sandbox``, ``read_at``, and of a top-up ``transfers`` and ``confirmed``."""

STATES = ("ok", "low", "unset", "blocked", "unknown")
ACTIONS = ("planned", "confirmed", "sent", "stuck", "held", "failed")
PAYING = ("planned", "confirmed", "sent", "stuck")
"""What is paid, or is to be."""

OLD_BLOCK_SECONDS = 600
"""A node whose latest block is older than this may not know what a balance is by now."""

_MOST_HOMES = 2
_MANY_DAYS = 999
_INDENT = "  "

_WALLET_COLUMNS = (
    Column("Network"),
    Column("Agent"),
    Column("Address"),
    Column("Balance", right=True),
    Column("Threshold", right=True),
    Column("Target", right=True),
    Column("State"),
    Column("Days left", right=True),
)
_WALLET_LAYOUTS = (
    ((0, 1, 2, 3, 4, 5, 6, 7),),
    ((0, 1, 6, 7), (2, 3, 4, 5)),
    ((0, 1, 6, 7), (2,), (3, 4, 5)),
)
_TRANSFER_LAYOUTS = (((0, 1, 2, 3, 4, 5),), ((0, 1), (2, 3, 4, 5)))
# What the bank has left is known of a plan; of what was sent, its balance is.
_SENT_LAYOUTS = (((0, 1, 2, 3, 5),), ((0, 1), (2, 3, 5)))


def who(row: Row) -> str:
    """Return an agent, with the homes that it serves if they are not the network that its wallet is on."""
    homes = list(row.get("homes") or ())
    if not homes or homes == [row["network"]]:
        return plain(row["agent"])
    told = ", ".join(map(plain, homes)) if len(homes) <= _MOST_HOMES else f"{len(homes)} homes"
    return f"{plain(row['agent'])} of {told}"


def money(amount: str | None, unit: str, *, up: bool = False) -> str:
    return "-" if amount is None else f"{_wallet_amount.shown(amount, up=up)} {plain(unit)}"


def days(left: float | None) -> str:
    if left is None:
        return "-"
    if left > _MANY_DAYS:
        return f">{_MANY_DAYS}"
    return f"{left:.1f}" if left < 10 else str(int(left))


def wallet_cells(row: Row) -> list[str]:
    """Return what a table shows of a wallet, in the order of :data:`WALLET_TITLES`."""
    unit = row["unit"]
    amounts = [money(row[name], unit) for name in ("balance", "threshold", "target")]
    return [
        plain(row["network"]),
        who(row),
        plain(row["address"] or "(not yet)"),
        *amounts,
        plain(row["state"]),
        days(row.get("days_left")),
    ]


WALLET_TITLES = tuple(column.title for column in _WALLET_COLUMNS)


def header(result: Result, environment: str, what: str = "Wallets") -> list[str]:
    out = [f"{what} of {plain(environment)}, read at {moment(result['read_at'])}"]
    if result["sandbox"]:
        out.append(f"SANDBOX: {NOT_REAL}")
    return out


def moment(read_at: str) -> str:
    try:
        return datetime.fromisoformat(read_at).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (TypeError, ValueError):
        return plain(read_at)


def wallet_lines(result: Result, *, environment: str, width: int) -> list[str]:
    """Return the table of the wallets, a line for each network's bank, the totals, and what is wrong."""
    rows = result["wallets"]
    out = [*header(result, environment), ""]
    if rows:
        cells = [wallet_cells(row) for row in rows]
        table = Table(_WALLET_COLUMNS, cells, _WALLET_LAYOUTS, width)
        out += [*table.head, table.rule, *(line for entry in cells for line in table.entry(entry)), ""]
    for network in result["networks"]:
        out += _wrapped(bank_text(network, rows), width)
    out += ["", wallet_totals(result), *problems(result)]
    return out


def bank_text(network: Row, wallets: t.Iterable[Row]) -> str:
    """Return what a network's wallets are paid from, for how long that lasts, and which of them are low."""
    name = plain(network["network"])
    if network["bank"] is None:
        told = f"{name}: no bank"
    elif network["bank_balance"] is None:
        told = f"{name}: bank {network['bank']}, balance unknown"
    else:
        told = f"{name}: bank {network['bank']} has {money(network['bank_balance'], network['unit'])}"
        if network["top_ups_left"] is not None:
            told += f", enough for {_count(network['top_ups_left'], 'top-up')}"
    low = [who(row) for row in wallets if row["network"] == network["network"] and row["state"] == "low"]
    if low:
        told += f"; low: {', '.join(low)}"
    age = network.get("block_age_seconds")
    if age is not None and age > OLD_BLOCK_SECONDS:
        told += f"; the node's latest block is {int(age) // 60} minutes old"
    return told


def wallet_totals(result: Result) -> str:
    states = Counter(row["state"] for row in result["wallets"])
    told = ", ".join(f"{states[state]} {state}" for state in STATES if states[state])
    wallets, networks = len(result["wallets"]), len(result["networks"])
    return f"{_count(wallets, 'wallet')} on {_count(networks, 'network')}: {told or 'none'}"


def problems(result: Result) -> list[str]:
    """Return a line for each network that failed, and for each wallet that must not be paid."""
    out = [f"FAILED {plain(row['network'])}: {plain(row['error'])}" for row in result["networks"] if row["error"]]
    return out + [
        f"BLOCKED {plain(row['network'])} {who(row)}: {plain(row['error'])}"
        for row in result["wallets"]
        if row["state"] == "blocked" and row["error"]
    ]


def transfer_lines(result: Result, *, environment: str, width: int, check_mode: bool = False) -> list[str]:
    """Return what is to be paid, or was: a heading for each network's bank, and an entry for each transfer."""
    rows = result["transfers"]
    failed = [f"FAILED {plain(row['network'])}: {plain(row['error'])}" for row in result["networks"] if row["error"]]
    if not rows:
        # Of a network that failed nobody knows what is to be sent.
        others = [] if len(failed) == len(result["networks"]) else ["Nothing is to be sent on the other networks."]
        return [
            *header(result, environment, "Top-ups"),
            "",
            *(others if failed else ["Nothing is to be sent."]),
            *failed,
        ]
    cells = [_transfer_cells(row) for row in with_homes(result)]
    fee = "Fee paid" if all(row["action"] == "confirmed" for row in rows) else "Fee at most"
    columns = (
        Column("To"),
        Column("Address"),
        Column("Amount", right=True),
        Column(fee, right=True),
        Column("Bank left", right=True),
        Column("Action"),
    )
    layouts = _TRANSFER_LAYOUTS if any(row["bank_left"] for row in rows) else _SENT_LAYOUTS
    table = Table(columns, cells, layouts, width)
    out = [*header(result, environment, "Top-ups"), "", *table.head, table.rule]
    last, reason = None, None
    for row, entry in zip(rows, cells, strict=True):
        if (row["network"], row["bank"]) != last:
            last, reason = (row["network"], row["bank"]), None
            out.append(f"{plain(row['network'])}, from the bank {plain(row['bank'] or '(none)')}")
        out += table.entry(entry)
        if row["reason"] and row["reason"] != reason:
            out += _wrapped(plain(row["reason"]), width, _INDENT * 2)
        reason = row["reason"]
        # Never wrapped, so that they can be copied and clicked.
        out += [f"{_INDENT * 2}{plain(row[name])}" for name in ("hash", "link") if row[name]]
    out += ["", transfer_totals(rows), *_wrapped(of_earlier_runs(rows), width), *failed]
    if any(row["action"] == "planned" for row in rows):
        if not result.get("confirmed", True):
            out += _wrapped(unconfirmed(environment), width)
        elif check_mode:
            out.append("Nothing was sent: this is check mode.")
    return out


def unconfirmed(environment: str) -> str:
    return (
        f"Nothing was sent: {plain(environment)} is protected, and its wallets are only planned for unless"
        " wallet_funding_confirmed is true."
    )


def with_homes(result: Result) -> list[Row]:
    """Return the transfers of a result, with the homes of the wallets that they are for."""
    homes = {(row["network"], row["key"]): row["homes"] for row in result["wallets"]}
    return [{"homes": homes.get((row["network"], row["key"])), **row} for row in result["transfers"]]


def _transfer_cells(row: Row) -> list[str]:
    unit = row["unit"]
    return [
        _INDENT + who(row),
        plain(row["address"]),
        money(row["amount"], unit),
        money(row["fee"], unit, up=True),
        money(row["bank_left"], unit),
        plain(row["action"]) + (" (earlier run)" if row.get("earlier") else ""),
    ]


def of_earlier_runs(rows: t.Sequence[Row]) -> str:
    """Return what is to be known of transfers that were there before: they are not paid a second time."""
    number = sum(bool(row.get("earlier")) for row in rows)
    if not number:
        return ""
    what, they = ("1 transfer was", "it") if number == 1 else (f"{number} transfers were", "them")
    return (
        f"{what} begun by an earlier run, which did not see the end. What became of {they} is looked up here, and"
        " nobody is paid twice."
    )


def transfer_totals(rows: t.Sequence[Row]) -> str:
    """Return how many transfers became what, and what they come to on each network, without those that pay nothing."""
    actions = Counter(row["action"] for row in rows)
    told = f"{_count(len(rows), 'transfer')}: " + ", ".join(f"{actions[one]} {one}" for one in ACTIONS if actions[one])
    sums = spending(rows)
    return f"{told}; {sums}" if sums else told


def spending(rows: t.Sequence[Row], actions: t.Container[str] = PAYING) -> str:
    """Return the sum on each network, for instance ``1125 ETH on kovan and 500 DEV on moonbasealpha``."""
    told = []
    for network in dict.fromkeys(row["network"] for row in rows):
        paying = [row for row in rows if row["network"] == network and row["action"] in actions]
        if paying:
            together = _wallet_amount.total(row["amount"] for row in paying)
            told.append(f"{money(together, paying[0]['unit'])} on {plain(network)}")
    return " and ".join(([", ".join(told[:-1])] if told[:-1] else []) + told[-1:])


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        max(width, 40),
        initial_indent=indent,
        subsequent_indent=indent + _INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
