# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The access matrix as people read it: on a terminal and as Markdown; and as JSON. Private to the collection.

Pure: no ansible, no AWS, no files.
"""

from __future__ import annotations

import json
import textwrap
import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._access_capabilities import BY_NAME, LETTERS
from ansible_collections.interchain.agent_ops.plugins.module_utils._report import plain

Row = t.Mapping[str, t.Any]
Report = t.Mapping[str, t.Any]
"""``matrix``, ``principals``, ``resources``, ``differences`` and ``not_read``, as access_matrix_info returns them."""

NOTHING = "-"
_GAP = "  "
_MOST_LINES = 30
"""A table with more keys than this is shown by principal, with keys that are alike together."""

_MARKS: t.Mapping[str, str] = {
    NOTHING: "nothing",
    "?": "on a condition that nobody here can know",
    "!": "not wanted",
    "x": "wanted, and missing",
}


def legend() -> list[str]:
    return [f"{sign} {meaning}" for sign, meaning in {**LETTERS, **_MARKS}.items()]


def cell(row: Row | None) -> str:
    """Return letters for what a principal may do with a key: SP, A, S! for what it must not, xS for what it lacks."""
    if row is None:
        return NOTHING
    parts = []
    for letter in LETTERS:
        names = [name for name, one in BY_NAME.items() if one.letter == letter and name in row]
        held = [name for name in names if row[name] != "no"]
        missing = any(name in row["missing"] for name in names)
        if not held and not missing:
            continue
        text = ("x" if missing else "") + letter
        if held and all(row[name] == "conditional" for name in held):
            text += "?"
        if any(name in row["unexpected"] for name in names):
            text += "!"
        parts.append(text)
    return "".join(parts) or NOTHING


class Table:
    """Who is shown with which keys. Who may do everything with every key is named beside it, not in a column."""

    def __init__(self, report: Report) -> None:
        self.principals = [one for one in report["principals"] if not one["administrator"]]
        self.administrators = [one for one in report["principals"] if one["administrator"]]
        rows = {(row["arn"], row["key"]): row for row in report["matrix"]}
        shown = {key for _arn, key in rows}
        # Other environments' keys are worth a line only where somebody may use them.
        self.keys = [one for one in report["resources"] if one["wanted"] or one["name"] in shown]
        self._rows = rows

    def cell(self, principal: Row, key: Row) -> str:
        return cell(self._rows.get((principal["arn"], key["name"])))

    def label(self, key: Row) -> str:
        told = "" if key["wanted"] else f" ({key['environment'] or 'not in the inventory'})"
        if key["error"]:
            told += " (not read)"
        elif not key["arn"]:
            told += " (not there)"
        return plain(key["name"]) + told


def called(principal: Row) -> str:
    """Return a principal's name and what it is."""
    kind = principal["kind"] if principal["duty"] == "other" else f"{principal['kind']}, {principal['duty']}"
    operator = f" {principal['operator']}" if principal.get("operator") else ""
    return plain(f"{principal['name']} ({kind}{operator})")


def table_lines(table: Table, width: int) -> list[str]:
    """Return the table: a line a key and a column a principal where that fits, otherwise by principal."""
    if len(table.keys) <= _MOST_LINES:
        named = _by_key(table, [plain(one["name"]) for one in table.principals])
        if max(map(len, named)) <= width:
            return named
        numbered = _by_key(table, _numbers(table))
        if max(map(len, numbered)) <= width:
            return [*_who(table), "", *numbered]
    return _by_principal(table, width)


def _numbers(table: Table) -> list[str]:
    return [str(number) for number, _one in enumerate(table.principals, start=1)]


def _who(table: Table) -> list[str]:
    return [f"{number}{_GAP}{called(one)}" for number, one in zip(_numbers(table), table.principals, strict=True)]


def _by_key(table: Table, heads: t.Sequence[str]) -> list[str]:
    lines = [["Key", *heads]]
    lines += [[table.label(key), *(table.cell(one, key) for one in table.principals)] for key in table.keys]
    widths = [max(len(line[index]) for line in lines) for index in range(len(heads) + 1)]
    rule = ["-" * size for size in widths]
    return [
        _GAP.join(text.ljust(size) for text, size in zip(line, widths, strict=True)).rstrip()
        for line in [lines[0], rule, *lines[1:]]
    ]


def _by_principal(table: Table, width: int) -> list[str]:
    """Return, for each principal, what it may do, and with which keys: of each agent, on which networks."""
    out: list[str] = []
    for principal in table.principals:
        out += ["", called(principal)]
        groups: dict[str, list[Row]] = {}
        for key in table.keys:
            groups.setdefault(table.cell(principal, key), []).append(key)
        stranger = principal["duty"] == "other"
        shown = {text: keys for text, keys in groups.items() if text != NOTHING or not stranger}
        size = max(map(len, shown), default=1)
        for text in sorted(shown, key=lambda text: text == NOTHING):
            for number, words in enumerate(_grouped(table, shown[text])):
                lead = _GAP + ("" if number else text).ljust(size) + _GAP
                out += textwrap.wrap(
                    words,
                    width,
                    initial_indent=lead,
                    subsequent_indent=" " * (len(lead) + 2),
                    break_on_hyphens=False,
                )
    return out[1:]


def _grouped(table: Table, keys: t.Sequence[Row]) -> list[str]:
    """Return keys in words: ``watcher-signer, relayer-signer on kovan, ethereum``, or that it is all of them."""
    if len(keys) == len(table.keys):
        return [f"all {len(keys)} keys"]
    named: dict[tuple[str, ...], list[str]] = {}
    labels: dict[str, list[str]] = {}
    alone = []
    for key in keys:
        if key.get("network") and key.get("agent") and not key["error"] and key["arn"]:
            labels.setdefault(f"{key['agent']}-{key['purpose']}", []).append(str(key["network"]))
        else:
            alone.append(table.label(key))
    for label, networks in labels.items():
        named.setdefault(tuple(networks), []).append(label)
    everywhere = tuple(dict.fromkeys(str(key["network"]) for key in table.keys if key.get("network")))
    words = [
        f"{', '.join(map(plain, agents))} on"
        f" {'all networks' if networks == everywhere and len(networks) > 1 else ', '.join(map(plain, networks))}"
        for networks, agents in named.items()
    ]
    return words + ([", ".join(alone)] if alone else [])


def sentence(difference: Row) -> str:
    """Return a difference in words: what was found, what was expected, where to change it."""
    parts = (difference["found"], f"Expected: {difference['expected']}", difference["where_to_change"])
    return plain(". ".join(str(part).rstrip(".") for part in parts) + ".")


def terminal_report(report: Report, *, facts: Row, width: int) -> list[str]:
    """Return what a person sees."""
    table = Table(report)
    lines = [f"Access to the signing keys of {facts['environment']}, AWS account {facts['account_id']}"]
    lines[0] += f", {facts['endpoint_url']}"
    if facts["sandbox"]:
        lines.append("SANDBOX: this is not AWS.")
    lines += ["", *table_lines(table, width), ""]
    lines += _wrapped("; ".join(legend()), width)
    if table.administrators:
        lines += _wrapped(_administrators(table), width)
    lines.append("")
    differences = report["differences"]
    lines.append(_count(len(differences)))
    for difference in differences:
        lines += _wrapped(f"DIFFERENT {sentence(difference)}", width)
    lines += ["", "What was not read:"]
    for text in report["not_read"]:
        lines += _wrapped(f"- {text}", width)
    return lines


def _administrators(table: Table) -> str:
    names = [called(one) + ("" if one["named"] else " !") for one in table.administrators]
    return f"Administrators of the account, who may do everything with every key: {', '.join(names)}"


def _count(number: int) -> str:
    return "No difference from the inventory." if not number else f"{number} difference{'s' * (number > 1)}:"


def _wrapped(text: str, width: int) -> list[str]:
    # An ARN in two lines cannot be copied.
    return textwrap.wrap(text, width, subsequent_indent=_GAP, break_long_words=False, break_on_hyphens=False)


def as_json(report: Report, facts: Row) -> str:
    return json.dumps({**facts, **report}, indent=2) + "\n"


def as_markdown(report: Report, facts: Row) -> str:
    table = Table(report)
    where = f"AWS account {facts['account_id']}, {facts['endpoint_url']}"
    lines = [f"# Access to the signing keys of {facts['environment']}", "", where, ""]
    if facts["sandbox"]:
        lines += ["**Sandbox: this is not AWS.**", ""]
    lines += [
        _markdown_row(["Key", *(called(one) for one in table.principals)]),
        "|" + " --- |" * (len(table.principals) + 1),
        *(_markdown_row([table.label(key), *(table.cell(one, key) for one in table.principals)]) for key in table.keys),
        "",
        _escaped("; ".join(legend())),
        "",
    ]
    if table.administrators:
        lines += [_escaped(_administrators(table)), ""]
    lines += ["## Differences", "", *(f"- {_escaped(sentence(one))}" for one in report["differences"])]
    lines += ["", _count(0), ""] if not report["differences"] else [""]
    lines += ["## What was not read", "", *(f"- {_escaped(plain(text))}" for text in report["not_read"])]
    return "\n".join(lines).replace("\n\n\n", "\n\n") + "\n"


def _markdown_row(cells: t.Iterable[str]) -> str:
    return "| " + " | ".join(map(_escaped, cells)) + " |"


def _escaped(text: str) -> str:
    """Names are other people's: they must make neither a cell nor a link nor markup."""
    for character in "\\`*_[]<>|#":
        text = text.replace(character, f"\\{character}" if character != "<" else "&lt;")
    return text
