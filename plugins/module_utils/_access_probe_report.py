# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The answers of a probe as a table for the terminal: a line a key, a column a principal. Private to the collection.

Pure: no ansible, no AWS.
"""

from __future__ import annotations

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._access_probe import (
    ALLOWED,
    DENIED,
    IDENTITY,
    NOT_THERE,
    PUBLIC_KEY,
    SECRET_VALUE,
    SIGN,
)

Row = t.Mapping[str, t.Any]

_LETTERS = {PUBLIC_KEY: "P", SIGN: "S", SECRET_VALUE: "V"}
_MEANING = {
    "P": "P public key",
    "S": "S sign (dry run)",
    "V": "V secret's value",
    "-": "- denied",
    ".": ". not there",
    "!": "! allowed, but must not be",
    "x": "x denied, but must be allowed",
    "?": "? no certain answer",
}
_GAP = "  "


def lines(
    rows: t.Sequence[Row], width: int, *, skipped: t.Sequence[Row] = (), not_probed: t.Sequence[Row] = ()
) -> list[str]:
    """Return the lines of the table, its legend, and what was not asked.

    :param rows: answers, as the module returns them. :param skipped: :param not_probed: as the module returns them.
    """
    principals = list(dict.fromkeys(str(row["principal"]) for row in rows))
    out = _table(rows, principals, width) if principals else []
    out += _wrong_callers(rows)
    out += [f"Not probed: {_plain(one['principal'])}, {_plain(one['reason'])}" for one in not_probed]
    out += _skipped(skipped)
    asked = [row for row in rows if row["operation"] != IDENTITY]
    good = sum(bool(row["ok"]) for row in asked)
    bad = f", {len(asked) - good} not" if good < len(asked) else ""
    return [*out, f"{len(asked)} questions, {good} answered as wanted{bad}"]


def _table(rows: t.Sequence[Row], principals: t.Sequence[str], width: int) -> list[str]:
    body = _lines_of_keys(rows, principals)
    if not body:
        return []
    first = max(len("Key"), *(len(title) for title, _cells in body))
    numbers = [str(number) for number in range(1, len(principals) + 1)]
    names = [_plain(name) for name in principals]
    needed = first + sum(len(_GAP) + max(len(name), 3) for name in names)
    heads = names if needed <= width else numbers
    sizes = [max(len(head), *(len(cells[index]) for _title, cells in body)) for index, head in enumerate(heads)]

    def line(title: str, cells: t.Sequence[str]) -> str:
        padded = [cell.ljust(size) for cell, size in zip(cells, sizes, strict=True)]
        return _GAP.join([title.ljust(first), *padded]).rstrip()

    out = [line("Key", heads), _GAP.join("-" * size for size in (first, *sizes))]
    out += [line(title, cells) for title, cells in body]
    out.append("")
    if heads is numbers:
        out += [f"{number}{_GAP}{name}" for number, name in zip(numbers, names, strict=True)]
    return [*out, *_legend(body, width), ""]


def _lines_of_keys(rows: t.Sequence[Row], principals: t.Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return title and cells: a line for each key, but one for all keys of an environment that nobody is to use."""
    keys: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row["key"] is not None:
            keys.setdefault((str(row["environment"]), str(row["key"])), []).append(row)
    told: list[tuple[str, list[str]]] = []
    folded: dict[str, list[list[Row]]] = {}
    for (environment, name), about in keys.items():
        if all(row["ok"] and row["expected"] == DENIED for row in about):
            folded.setdefault(environment, []).append(about)
        else:
            told.append((_plain(name), [_cell(about, principal) for principal in principals]))
    for environment, groups in folded.items():
        about = [row for group in groups for row in group]
        number = "1 other key" if len(groups) == 1 else f"{len(groups)} other keys"
        cells = ["".join(sorted({sign for group in groups for sign in _cell(group, name)})) for name in principals]
        told.append((f"{number} of {_plain(environment)}", cells))
    return told


def _cell(rows: t.Sequence[Row], principal: str) -> str:
    marks = []
    for operation, letter in _LETTERS.items():
        asked = [row for row in rows if row["principal"] == principal and row["operation"] == operation]
        if asked:
            # A key is asked about by ARN and by alias; if the two differ, what is wrong is what counts.
            marks.append(_mark(min(asked, key=lambda row: bool(row["ok"])), letter))
    return marks[0] if len(set(marks)) == 1 else "".join(marks)


def _mark(row: Row, letter: str) -> str:
    found, good = row["found"], row["ok"]
    if found == ALLOWED:
        return letter if good else f"{letter}!"
    if found == DENIED:
        return "-" if good else "x"
    return "." if found == NOT_THERE and good else "?"


def _legend(body: t.Sequence[tuple[str, t.Sequence[str]]], width: int) -> list[str]:
    """Return what the signs mean that occur, in as many lines as the width asks for."""
    used = {sign for _title, cells in body for cell in cells for sign in cell}
    out: list[str] = []
    for sign, meaning in _MEANING.items():
        if sign not in used:
            continue
        if out and len(out[-1]) + 2 + len(meaning) <= width:
            out[-1] += f", {meaning}"
        else:
            out.append(meaning)
    return out


def _wrong_callers(rows: t.Sequence[Row]) -> list[str]:
    wrong = [row for row in rows if row["operation"] == IDENTITY and not row["ok"]]
    return [f"Not asked: {_plain(row['principal'])}, {_plain(row['error'] or row['found'])}" for row in wrong]


def _skipped(skipped: t.Sequence[Row]) -> list[str]:
    reasons: dict[str, list[str]] = {}
    for one in skipped:
        reasons.setdefault(_plain(one["reason"]), []).append(_plain(one["key"]))
    return [f"Skipped: {', '.join(names)}: {reason}" for reason, names in reasons.items()]


def _plain(value: t.Any) -> str:
    # Whoever may name a key must not move the cursor of whoever reads the table.
    return "".join(character if character.isprintable() else " " for character in " ".join(str(value).split()))
