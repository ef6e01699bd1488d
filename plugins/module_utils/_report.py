# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of an environment's signing keys: table, JSON, CSV and Markdown. Private to the collection.

Pure: no ansible, no AWS, no files.
"""

from __future__ import annotations

import csv
import io
import json
import typing as t
from pathlib import PurePath

from ansible_collections.interchain.agent_ops.plugins.module_utils._key_row import (
    ABSENT_STATE,
    ROW_FIELDS,
    failures,
    summary,
)

Row = t.Mapping[str, t.Any]

COLUMNS: t.Mapping[str, str] = {
    "Alias Name": "alias",
    "Region": "region",
    "Key ID": "key_id",
    "ARN": "arn",
    "Key Description": "description",
    "Ethereum Address": "address",
}
"""The documented columns of the table, and the fields of a row that they show."""

SANDBOX_FOLDER = "sandbox"
NOT_REAL = "this is not AWS. These keys are not real ones; send nothing to their addresses."
"""What every report of a sandbox's keys says, after the word itself."""

_GAP = "  "
_NOT_YET = "(not yet)"


def report_directory(root: str, environment: str, *, sandbox: bool) -> PurePath:
    """Return where an environment's reports are, so that those of a sandbox and of AWS can never meet.

    :raises ValueError: if the sandbox's folder is asked for, but the keys are in AWS.
    """
    if environment == SANDBOX_FOLDER or PurePath(environment).parts != (environment,) or environment == "..":
        raise ValueError(
            f"The environment {environment!r} cannot be the name of its reports' folder."
            f" Expected: one word, and not {SANDBOX_FOLDER}, where those of the sandbox are"
        )
    folder = PurePath(root)
    # Above a relative path may lie anything, a checkout in somebody's folder named sandbox for instance.
    named = folder.parts[-1:] if folder.is_absolute() else folder.parts
    if SANDBOX_FOLDER in named and not sandbox:
        raise ValueError(
            f"The run uses AWS, but its artifacts would go to {folder}, where those of the sandbox are."
            " Leave inventories/sandbox out, or remove what overrides its endpoint"
        )
    if sandbox and SANDBOX_FOLDER not in named:
        folder = folder / SANDBOX_FOLDER
    return folder / environment


def merge(last: t.Sequence[Row], rows: t.Sequence[Row], order: t.Sequence[str]) -> list[dict[str, t.Any]]:
    """Return the rows of this run, and those of the last report that this run had nothing to do with.

    What a failed row does not know is kept from the last report.

    :param order: names in the order of the inventory; rows that it does not name come last.
    """
    known = {str(row["name"]): dict(row) for row in last}
    for row in rows:
        before = known.get(row["name"], {})
        known[row["name"]] = dict(row)
        if row["action"] == "failed":
            known[row["name"]].update(_kept(before, row))
    places = {name: index for index, name in enumerate(order)}
    return sorted(known.values(), key=lambda row: places.get(row["name"], len(places)))


def _kept(before: Row, failed: Row) -> dict[str, t.Any]:
    """Return what the last report knows of a failed row's key: nothing, if the name is another key's now."""
    if failed.get("arn") not in (None, before.get("arn")):
        return {}
    fields = (*ROW_FIELDS, "tags")
    return {name: before[name] for name in fields if not failed.get(name) and before.get(name) is not None}


def address_changes(last: t.Sequence[Row], rows: t.Sequence[Row]) -> list[str]:
    """Return a sentence for each key whose address is another one than in the last report."""
    before = {row["name"]: row.get("address") for row in last}
    return [
        f"The address of {row['name']} was {before[row['name']]} in the last report, and is {row['address']} now."
        + (" It was rotated." if row["action"] == "rotated" else " Whoever funds or enrols the old address must know.")
        for row in rows
        if row.get("address") and before.get(row["name"]) and before[row["name"]] != row["address"]
    ]


def _cell(row: Row, field: str) -> str:
    value = row.get(field)
    if value in (None, ""):
        return _NOT_YET if field in ("key_id", "arn", "address") and row.get("state") == ABSENT_STATE else "-"
    return plain(value)


def plain(value: t.Any) -> str:
    """Return a text of somebody else's, in one line: whoever may name things must not move a reader's cursor."""
    return "".join(character if character.isprintable() else " " for character in " ".join(str(value).split()))


def table(rows: t.Sequence[Row], width: int) -> list[str]:
    """Return the lines of the table: a line a key where the width allows it, else three, else five.

    What a terminal breaks by itself it breaks within addresses, which nobody can read or copy then.
    """
    cells = [[_cell(row, field) for field in COLUMNS.values()] for row in rows]
    lines = [list(COLUMNS), *cells]
    widths = [max(len(line[index]) for line in lines) for index in range(len(COLUMNS))]
    if sum(widths) + len(_GAP) * (len(widths) - 1) <= width:
        out = [_GAP.join(cell.ljust(size) for cell, size in zip(line, widths, strict=True)).rstrip() for line in lines]
        rule = _GAP.join("-" * size for size in widths)
        return [out[0], rule, *out[1:]]
    alias, region, key_id, arn, description, address = range(len(COLUMNS))
    out = []
    for line in lines:
        out.append(_GAP.join((line[alias].ljust(widths[alias]), line[address].ljust(widths[address]), line[region])))
        first = (_GAP + line[description]).ljust(widths[alias])
        out.append(_GAP.join((first, line[key_id])).rstrip())
        out.append(_GAP + line[arn])
    if max(map(len, out)) <= width:
        out.insert(3, "-" * max(map(len, out)))
        return out
    fields = (alias, address, description, key_id, arn)
    out = [
        (_GAP if field != alias else "") + line[field] + (_GAP + line[region] if field == address else "")
        for line in lines
        for field in fields
    ]
    longest = max(map(len, out))
    out.insert(len(fields), "-" * min(longest, width or longest))
    return out


def terminal_report(rows: t.Sequence[Row], *, facts: Row, check_mode: bool, width: int) -> list[str]:
    """Return what a person sees at the end of a run."""
    environment = facts["environment"]
    lines = [f"Signing keys of {environment}, AWS account {facts['account_id']}, {facts['endpoint_url']}"]
    if facts["sandbox"]:
        lines.append(f"SANDBOX: {NOT_REAL}")
    lines += ["", *table(rows, width), ""]
    counts = summary(rows)
    would = "would be " if check_mode else ""
    told = [f"{count} {'' if action in ('unchanged', 'failed') else would}{action}" for action, count in counts.items()]
    lines.append(f"{len(rows)} keys: {', '.join(told) or 'none'}")
    lines += [f"FAILED {failure}" for failure in failures(rows)]
    return lines


def as_json(rows: t.Sequence[Row], facts: Row) -> str:
    return json.dumps({**facts, "signing_keys": list(rows)}, indent=2) + "\n"


def as_csv(rows: t.Sequence[Row], facts: Row) -> str:
    """Return a line a key: the documented columns, the other fields, and whether the keys are a sandbox's."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, [*COLUMNS, *_other_fields(), "sandbox"], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        values = {title: row.get(field) for title, field in COLUMNS.items()}
        others = {field: row.get(field) for field in _other_fields()}
        writer.writerow({**values, **others, "sandbox": str(facts["sandbox"]).lower()})
    return stream.getvalue()


def _other_fields() -> list[str]:
    return [field for field in ROW_FIELDS if field not in COLUMNS.values()]


def as_markdown(rows: t.Sequence[Row], facts: Row) -> str:
    where = f"AWS account {facts['account_id']}, {facts['endpoint_url']}"
    lines = [f"# Signing keys of {facts['environment']}", "", where, ""]
    if facts["sandbox"]:
        lines += [f"**Sandbox: {NOT_REAL}**", ""]
    lines += ["| " + " | ".join(COLUMNS) + " |", "|" + " --- |" * len(COLUMNS)]
    for row in rows:
        cells = (_cell(row, field).replace("|", r"\|") for field in COLUMNS.values())
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def same_but_action(first: str, second: str) -> bool:
    """Say whether two JSON reports hold the same, apart from what the runs that wrote them did."""
    return _without_action(first) == _without_action(second)


def _without_action(text: str) -> t.Any:
    report = json.loads(text)
    for row in report["signing_keys"]:
        row.pop("action", None)
    return report
