# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes deployment configurations, or copies of them, and says what became of each. Private to the collection.

An edge to the file system.
"""

from __future__ import annotations

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config_options import Source
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config_plan import Planned
from ansible_collections.interchain.agent_ops.plugins.module_utils._text_files import (
    TextFile,
    read_text,
    replace_text,
    write_copy,
)


def converge(sources: t.Sequence[Source], planned: t.Sequence[Planned], *, dry_run: bool) -> list[dict[str, t.Any]]:
    """Bring each file to its plan, and return all rows. A file that cannot be written is its own networks' error."""
    rows: list[dict[str, t.Any]] = []
    for source, plan in zip(sources, planned, strict=True):
        rows += _copy(source, plan, dry_run) if source.copy else _in_place(source, plan, dry_run)
    return rows


def _in_place(source: Source, plan: Planned, dry_run: bool) -> list[dict[str, t.Any]]:
    rows = list(plan.rows)
    if plan.text != source.file.text and not dry_run:
        try:
            replace_text(source.file, plan.text)
        except ValueError as exc:
            return [_failed(row, str(exc)) for row in rows]
    return rows


def _copy(source: Source, plan: Planned, dry_run: bool) -> list[dict[str, t.Any]]:
    place = t.cast("t.Any", source.copy)
    try:
        last = read_text(str(place)) if place.is_file() else None
    except ValueError as exc:
        return [_failed(row, str(exc)) for row in plan.rows]
    rows = [_of_copy(row, str(place), last, plan.text) for row in plan.rows]
    if (last is None or last.text != plan.text) and not dry_run:
        try:
            write_copy(place, plan.text, source.file.mode)
        except ValueError as exc:
            return [_failed(row, str(exc)) for row in rows]
    return rows


def _of_copy(row: dict[str, t.Any], place: str, last: TextFile | None, text: str) -> dict[str, t.Any]:
    """Return a row of a copy. A key that is yet to be made changes the copy, whatever that holds now."""
    action = row["action"]
    if action != "failed":
        pending = row["action"] == "updated" and row["pending"]
        same = last is not None and last.text == text and not pending
        action = "unchanged" if same else "created" if last is None else "updated"
    return {**row, "file": place, "source": row["file"], "action": action}


def _failed(row: dict[str, t.Any], error: str) -> dict[str, t.Any]:
    return {**row, "action": "failed", "error": error} if row["action"] != "failed" else row
