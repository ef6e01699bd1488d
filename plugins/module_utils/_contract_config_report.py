# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was written into deployment configurations, or differs there, as a person reads it. Private to the collection.

Pure: no ansible, no files.
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._report import plain

Row = t.Mapping[str, t.Any]

_SANDBOX = "SANDBOX: these keys are not real ones. The files are left alone; these are copies of them."
_NEXT = (
    "Without --tags report, contract_config.yml brings the files to the keys; with --check --diff it shows that first."
)
_ORDER = ("created", "updated", "different", "unchanged", "failed")


def lines(result: Row, *, environment: str, check_mode: bool = False) -> list[str]:
    """Return what a run found and did, file by file and network by network.

    :param result: what the module returned, ``rows`` and ``sandbox``, and of a comparison ``differences`` and
        ``questions``.
    """
    rows, differences = result["rows"], result.get("differences")
    out = [f"Deployment configuration of {environment}"]
    if result["sandbox"]:
        out.append(_SANDBOX)
    for file in dict.fromkeys(row["file"] for row in rows):
        out += ["", plain(file)]
        for row in rows:
            if row["file"] == file:
                out += _network_lines(row, check_mode)
    out += ["", f"{len(rows)} networks in files: {_counts(rows, check_mode)}"]
    if result.get("questions"):
        wrong = sum(one["where"] == "chain" for one in differences or ())
        asked = len(result["questions"])
        out.append(f"{asked} questions to contracts, {wrong} differences" if wrong else f"{asked} answers as wanted")
    out += [
        f"FAILED {plain(row['network'])}: {plain(row['error'])}" for row in rows if row["error"] and not differences
    ]
    for one in differences or ():
        out.append(f"DIFFERENT {plain(one['network'])}: {plain(one['text'])}")
    if any(row["action"] == "different" for row in rows):
        out.append(_NEXT)
    return out


def _network_lines(row: Row, check_mode: bool) -> list[str]:
    action = row["action"]
    told = f"would be {action}" if check_mode and action in ("created", "updated") else action
    if action == "different":
        told += ", by its keys it should have"
    out = [f"  {plain(row['network'])}: {told}"]
    if row["updater"]:
        out.append(f"    updater  {row['updater']}")
        out += [f"    watcher  {watcher}" for watcher in row["watchers"]]
    return out


def _counts(rows: t.Sequence[Row], check_mode: bool) -> str:
    told = []
    for action in _ORDER:
        count = sum(row["action"] == action for row in rows)
        if count:
            would = "would be " if check_mode and action in ("created", "updated") else ""
            told.append(f"{count} {would}{action}")
    return ", ".join(told) or "none"


def as_json(result: Row, environment: str) -> str:
    parts = {name: result.get(name, []) for name in ("rows", "differences", "questions")}
    return json.dumps({"environment": environment, "sandbox": result["sandbox"], **parts}, indent=2) + "\n"


def as_markdown(result: Row, environment: str) -> str:
    out = [f"# Deployment configuration of {environment}", ""]
    if result["sandbox"]:
        out += [f"**{_SANDBOX}**", ""]
    out += ["| File | Network | Updater | Watchers | State |", "| --- | --- | --- | --- | --- |"]
    for row in result["rows"]:
        cells = (row["file"], row["network"], row["updater"] or "-", ", ".join(row["watchers"]) or "-", row["action"])
        out.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    out += ["", "## Differences", ""]
    out += [f"- {_cell(one['network'])}: {_cell(one['text'])}" for one in result.get("differences", ())] or ["None."]
    if result.get("questions"):
        out += ["", "## Asked of the contracts", "", "| Network | Question | Contract | Right answer |"]
        out.append("| --- | --- | --- | --- |")
        for one in result["questions"]:
            fields = (one["network"], one["question"], one["contract"], one["expected"])
            out.append("| " + " | ".join(_cell(field) for field in fields) + " |")
    return "\n".join(out) + "\n"


def _cell(text: str) -> str:
    return plain(text).replace("|", r"\|")
