# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was done to the files of an environment's agents, as a person reads it. Private to the collection. Pure."""

from __future__ import annotations

import typing as t

_WOULD = {"created": "would create", "updated": "would update", "removed": "would remove"}
_DONE = {"created": "creates", "updated": "updates", "removed": "removes"}


def lines(answer: t.Mapping[str, t.Any], *, environment: str, check_mode: bool) -> list[str]:
    """Return a line for each file that changes, under a heading that says where they are.

    :param answer: what the module agent_config returned.
    """
    rows = answer["files"]
    changing = [row for row in rows if row["action"] in _DONE]
    heading = f"Configuration of the agents of {environment}, {answer['directory']}"
    if answer.get("sandbox"):
        heading += " (SANDBOX, the keys are not real ones)"
    if not changing:
        return [f"{heading}: {len(rows)} files as wanted"]
    verbs = _WOULD if check_mode else _DONE
    width = max(len(verbs[row["action"]]) for row in changing)
    return [
        f"{heading}: {len(rows)} files, {len(changing)} of them change",
        *(f"  {verbs[row['action']].ljust(width)}  {row['name']}{_details(row)}" for row in changing),
    ]


def _details(row: t.Mapping[str, t.Any]) -> str:
    return f" ({', '.join(row['changes'])})" if row["changes"] else ""
