# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The key row: the one interface that reports, policies, configuration and funding read. Private to the collection.

Pure: no ansible, no AWS.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import KeySpec

ROW_FIELDS = (
    "name",
    "environment",
    "network",
    "agent",
    "purpose",
    "backend",
    "alias",
    "key_id",
    "arn",
    "region",
    "description",
    "address",
    "public_key",
    "key_spec",
    "state",
    "action",
)
"""The fields that every row has. Beside them it carries ``tags`` and ``error``, and sometimes ``previous_address``."""

ACTIONS = ("created", "adopted", "updated", "unchanged", "failed", "rotated", "retired")
CHANGES = ("created", "adopted", "updated", "rotated", "retired")

OWNERSHIP_TAG = "agent_ops:alias"
"""Tag of a key or secret of ours. Its value is the alias (or the secret's name) that it was made for."""

ENVIRONMENT_TAG = "environment"

ABSENT_STATE = "Absent"
"""State in the row of a key that is not there. The other states are AWS's own."""


def wanted_tags(spec: KeySpec, owner: str) -> dict[str, str]:
    """Return the tags that a key carries: what it is for, the user's own, and the ownership tag."""
    tags = {ENVIRONMENT_TAG: spec.environment, "agent": spec.agent, "purpose": spec.purpose}
    if spec.network:
        tags["network"] = spec.network
    return {**spec.tags, **tags, OWNERSHIP_TAG: owner}


def key_row(spec: KeySpec, backend: str, **values: t.Any) -> dict[str, t.Any]:
    """Return the row of a key: what the inventory says of it, and what the backend holds (None where not known)."""
    row: dict[str, t.Any] = dict.fromkeys(ROW_FIELDS)
    row.update(
        name=spec.name,
        environment=spec.environment,
        network=spec.network,
        agent=spec.agent,
        purpose=spec.purpose,
        backend=backend,
        region=spec.region,
        error=None,
        tags={},
    )
    unknown = set(values) - set(row) - {"previous_address"}
    if unknown:
        raise TypeError(f"a key row has no fields {sorted(unknown)}")
    row.update(values)
    if not spec.agent:
        # A key that is named only, to be retired: its tags say what it is for.
        row.update((name, row[name] or row["tags"].get(name)) for name in ("network", "agent", "purpose"))
    return row


@dataclass
class Result:
    """What came of converging a set: the rows before and after, and whether anything was or would be written."""

    before: list[dict[str, t.Any]] = field(default_factory=list)
    rows: list[dict[str, t.Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    changed: bool = False

    def add(self, row: dict[str, t.Any], *, warnings: t.Iterable[str], written: bool) -> None:
        """Add a key's row. A key that failed may have been written to all the same."""
        self.rows.append(row)
        self.warnings += warnings
        self.changed |= written or row["action"] in CHANGES


def failed_rows(rows: t.Iterable[t.Mapping[str, t.Any]]) -> list[t.Mapping[str, t.Any]]:
    return [row for row in rows if row["action"] == "failed"]


def failures(rows: t.Iterable[t.Mapping[str, t.Any]]) -> list[str]:
    """Return a line for each error, with the names of all keys that failed by it: one missing permission fails many."""
    names: dict[str, list[str]] = {}
    for row in failed_rows(rows):
        names.setdefault(str(row["error"]), []).append(str(row["name"]))
    return [f"{', '.join(failed)}: {error}" for error, failed in names.items()]


def summary(rows: t.Sequence[t.Mapping[str, t.Any]]) -> dict[str, int]:
    """Return how many rows there are of each action, without those that did not happen."""
    counts = {action: sum(row["action"] == action for row in rows) for action in ACTIONS}
    return {action: count for action, count in counts.items() if count}


def changed(rows: t.Iterable[t.Mapping[str, t.Any]]) -> bool:
    return any(row["action"] in CHANGES for row in rows)


_DIFF_FIELDS = ("alias", "arn", "description", "address", "previous_address", "state", "tags")


def diff(before: t.Sequence[t.Mapping[str, t.Any]], after: t.Sequence[t.Mapping[str, t.Any]]) -> dict[str, t.Any]:
    """Return what changes, for ansible's diff mode: only the keys that change, and only what can change."""
    changing = {row["name"] for row in after if row["action"] in CHANGES}

    def view(rows: t.Sequence[t.Mapping[str, t.Any]]) -> dict[str, t.Any]:
        return {
            row["name"]: {name: row[name] for name in _DIFF_FIELDS if row.get(name) not in (None, {}, ABSENT_STATE)}
            for row in rows
            if row["name"] in changing
        }

    there = [row for row in before if row["state"] != ABSENT_STATE]
    return {"before": view(there), "after": view(after)}


def refuse_shared_keys(owners: t.Iterable[tuple[str, str | None]]) -> dict[str, str]:
    """Return an error for each name whose key belongs to another name of the set too.

    Two agents with one key use up each other's nonces, and a policy for one lets the other sign.

    :param owners: pairs of a key's name and what identifies the key (None where there is none yet).
    """
    names: dict[str, list[str]] = {}
    for name, key in owners:
        if key is not None:
            names.setdefault(key, []).append(name)
    errors = {}
    for key, sharing in names.items():
        for name in sharing if len(sharing) > 1 else ():
            others = ", ".join(other for other in sharing if other != name)
            errors[name] = (
                f"{name} is the same key as {others} ({key}). Expected: a key of its own for each."
                " Find out which name was given to the wrong key, and remove it from there"
            )
    return errors
