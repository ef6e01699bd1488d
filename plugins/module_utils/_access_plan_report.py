# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan of permissions as a person reads it. Private to the collection. Pure: no ansible, no AWS."""

from __future__ import annotations

import typing as t

Change = t.Mapping[str, t.Any]

_DONE = {"create": "creates", "update": "updates", "delete": "deletes"}
_PLANNED = {"create": "would create", "update": "would update", "delete": "would delete"}


def lines(
    changes: t.Sequence[Change], *, facts: t.Mapping[str, t.Any], check_mode: bool, title: str | None = None
) -> list[str]:
    """Return a line a change, under a heading that says where.

    :param facts: ``environment``, ``form``, ``account_id``, ``endpoint_url`` and ``sandbox``.
    :param title: what the plan is of, the permissions if nothing is said.
    """
    where = f"AWS account {facts['account_id']}, {facts['endpoint_url']}"
    title = title or f"Permissions of {facts['environment']} ({facts['form']})"
    heading = f"{title}, {where}"
    if facts["sandbox"]:
        heading += " (SANDBOX, this is not AWS)"
    if not changes:
        return [f"{heading}: as wanted"]
    verbs = _PLANNED if check_mode else _DONE
    width = max(len(f"{verbs[change['action']]} {change['kind']}") for change in changes)
    return [
        f"{heading}:",
        *(
            f"  {(verbs[change['action']] + ' ' + change['kind']).ljust(width)}  {change['name']}{_details(change)}"
            for change in changes
        ),
    ]


def _details(change: Change) -> str:
    return f" ({', '.join(change['details'])})" if change["details"] else ""
