# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows what came of the access keys of users. Private to the collection.

Pure: no ansible, no AWS.
"""

from __future__ import annotations

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_plan import (
    RETIRE_PREVIOUS,
    AccessKey,
    Reading,
    time_text,
)

CHANGES = frozenset({"created", "rotated", "retired", "deleted"})
ACTIONS = ("created", "rotated", "retired", "deleted", "unchanged", "failed")


def key_view(key: AccessKey, reading: Reading) -> dict[str, t.Any]:
    return {
        "access_key_id": key.id,
        "status": key.status,
        "created": time_text(key.created),
        "last_used": time_text(key.last_used) if key.last_used else None,
        "age_days": key.age_days(reading.now),
        "stored": key.id == reading.stored,
    }


def credential_row(
    user: str,
    place: str,
    reading: Reading | None,
    *,
    action: str,
    error: str | None = None,
    hint: str | None = None,
) -> dict[str, t.Any]:
    """Return a user's row. ``reading`` is None if nothing could be read."""
    stored = reading.stored_key if reading else None
    return {
        "user": user,
        "state": reading.state if reading else None,
        "action": action,
        "access_key_id": stored.id if stored else None,
        "stored_in": place if stored else None,
        "access_keys": [key_view(key, reading) for key in reading.keys] if reading else [],
        "hint": hint,
        "error": error,
    }


def failures(rows: t.Iterable[t.Mapping[str, t.Any]]) -> list[str]:
    """Return a line for each error, with the names of all users that failed by it."""
    users: dict[str, list[str]] = {}
    for row in rows:
        if row["action"] == "failed":
            users.setdefault(str(row["error"]), []).append(str(row["user"]))
    return [f"{', '.join(failed)}: {error}" for error, failed in users.items()]


def told(rows: t.Iterable[t.Mapping[str, t.Any]], *, check_mode: bool) -> list[str]:
    """Return a line for each user whose access keys change: which one there is, where it is, and what to do next."""
    made, deleted = ("would make", "would delete") if check_mode else ("made", "deleted")
    lines = []
    for row in rows:
        user, retire = row["user"], RETIRE_PREVIOUS.replace("USER", row["user"])
        new = "a new access key" if check_mode else f"the access key {row['access_key_id']}"
        where = "" if check_mode else f", stored in {row['stored_in']}"
        if row["action"] == "created":
            lines.append(f"  {made} {new} of {user}{where}")
        elif row["action"] == "rotated":
            lines += [
                f"  {made} {new} of {user}{where}. The previous one stays valid",
                f"    Give the new one to whoever signs as {user}, then ask for {retire}",
            ]
        elif row["action"] == "retired":
            lines.append(f"  {deleted} the previous access key of {user}; {row['access_key_id']} stays")
        elif row["action"] == "deleted":
            lines.append(f"  {deleted} the access keys of {user}, and what was stored of them")
    return lines


def summary(rows: t.Sequence[t.Mapping[str, t.Any]]) -> str:
    counts = {action: sum(row["action"] == action for row in rows) for action in ACTIONS}
    return ", ".join(f"{count} {action}" for action, count in counts.items() if count)


def diff(
    before: t.Iterable[t.Mapping[str, t.Any]], after: t.Sequence[t.Mapping[str, t.Any]], *, tentative: bool
) -> dict[str, t.Any]:
    """Return what changes, for ansible's diff mode: users and the ids of their access keys.

    :param tentative: nothing was done: the id of an access key that would be made is not known.
    """
    changing = {row["user"]: row for row in after if row["action"] in CHANGES}

    def view(row: t.Mapping[str, t.Any]) -> dict[str, str]:
        return {key["access_key_id"]: "stored" if key["stored"] else key["status"] for key in row["access_keys"]}

    def planned(row: t.Mapping[str, t.Any]) -> dict[str, str]:
        held = view(row)
        if not tentative:
            return held
        if row["action"] == "deleted":
            return {}
        if row["action"] == "retired":
            return {name: what for name, what in held.items() if what == "stored"}
        return {**held, "(a new access key)": "stored"}

    return {
        "before": {row["user"]: view(row) for row in before if row["user"] in changing},
        "after": {user: planned(row) for user, row in changing.items()},
    }
