# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of an environment's wallets as files: JSON, CSV and Markdown. Private to the collection.

Amounts are exact in JSON and CSV, and as on the terminal in Markdown. Pure: no ansible, no files.
"""

from __future__ import annotations

import csv
import io
import json
import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils import _wallet_report
from ansible_collections.interchain.agent_ops.plugins.module_utils._report import NOT_REAL, plain
from ansible_collections.interchain.agent_ops.plugins.module_utils._wallet_report import Result, Row

WALLET_FIELDS = (
    "network",
    "agent",
    "homes",
    "key",
    "address",
    "unit",
    "balance",
    "balance_wei",
    "threshold",
    "threshold_wei",
    "target",
    "target_wei",
    "state",
    "days_left",
    "nonce",
    "pending_nonce",
    "error",
)


def as_json(result: Result, environment: str) -> str:
    parts = {name: list(result.get(name, ())) for name in ("networks", "wallets", "transfers")}
    facts = {"environment": environment, "sandbox": result["sandbox"], "read_at": result["read_at"]}
    return json.dumps({**facts, **parts}, indent=2) + "\n"


def as_csv(result: Result, environment: str) -> str:
    """Return a line a wallet. Its homes are separated by spaces."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, ["environment", *WALLET_FIELDS, "read_at", "sandbox"], lineterminator="\n")
    writer.writeheader()
    facts = {"environment": environment, "read_at": result["read_at"], "sandbox": str(result["sandbox"]).lower()}
    for row in result["wallets"]:
        held = {name: row.get(name) for name in WALLET_FIELDS}
        writer.writerow({**held, **facts, "homes": " ".join(row.get("homes") or ())})
    return stream.getvalue()


def as_markdown(result: Result, environment: str, picture: str = "") -> str:
    """:param picture: file name of the picture, to be shown in the page."""
    out = [f"# Wallets of {_cell(environment)}", "", f"Read at {_wallet_report.moment(result['read_at'])}.", ""]
    if result["sandbox"]:
        out += [f"**Sandbox: {NOT_REAL}**", ""]
    if picture:
        out += [f"![Balances against thresholds and targets]({picture})", ""]
    rows = [_wallet_report.wallet_cells(row) for row in result["wallets"]]
    out += [*_table(_wallet_report.WALLET_TITLES, rows), "", _wallet_report.wallet_totals(result) + ".", ""]
    out += ["## Banks", ""]
    out += [f"- {_cell(_wallet_report.bank_text(row, result['wallets']))}" for row in result["networks"]]
    if result.get("transfers"):
        out += ["", "## Top-ups", "", *_transfers(_wallet_report.with_homes(result))]
    wrong = _wallet_report.problems(result)
    if wrong:
        out += ["", "## Problems", "", *(f"- {_cell(line)}" for line in wrong)]
    return "\n".join(out) + "\n"


def _transfers(rows: t.Sequence[Row]) -> list[str]:
    titles = ("Network", "Bank", "To", "Address", "Amount", "Fee", "Bank left", "Action", "Transaction")
    cells = []
    for row in rows:
        action = row["action"] + (f": {row['reason']}" if row["reason"] else "")
        amounts = [_wallet_report.money(row[name], row["unit"], up=name == "fee") for name in ("amount", "fee")]
        left = _wallet_report.money(row["bank_left"], row["unit"])
        transaction = row["link"] or row["hash"] or "-"
        who = _wallet_report.who(row)
        cells.append(
            [row["network"], row["bank"] or "-", who, row["address"] or "-", *amounts, left, action, transaction]
        )
    return _table(titles, cells)


def _table(titles: t.Sequence[str], rows: t.Iterable[t.Sequence[str]]) -> list[str]:
    out = ["| " + " | ".join(titles) + " |", "|" + " --- |" * len(titles)]
    return out + ["| " + " | ".join(map(_cell, row)) + " |" for row in rows]


def _cell(text: str) -> str:
    return plain(text).replace("|", r"\|")
