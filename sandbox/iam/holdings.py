# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What policies a user or a role has, now or a while ago."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from moto.iam.models import ManagedPolicy, Role


@dataclass(frozen=True)
class Holding:
    policies: tuple[str, ...] = ()
    boundary: str | None = None
    tags: dict[str, str] = field(default_factory=dict)


NOTHING = Holding()


def holding_of(backend: Any, identity: Any) -> Holding:
    """Attached and inline policies, a user's groups' as well; the boundary, and the tags."""
    owners = [identity]
    if not isinstance(identity, Role):
        owners += [group for group in backend.groups.values() if identity in group.users]
    documents = [
        document
        for owner in owners
        for document in (*owner.policies.values(), *map(default_document, owner.managed_policies.values()))
    ]
    arn = getattr(identity, "permissions_boundary_arn", None)
    boundary = None
    if arn:
        # A boundary whose policy is gone allows nothing.
        policy = backend.managed_policies.get(arn)
        boundary = default_document(policy) if policy is not None else '{"Statement": []}'
    tags = {tag["Key"]: tag["Value"] for tag in identity.tags or []}
    return Holding(tuple(documents), boundary, tags)


def default_document(policy: ManagedPolicy) -> str:
    for version in policy.versions:
        if version.version_id == policy.default_version_id:
            return str(version.document)
    return '{"Statement": []}'


class Holdings:
    """The holdings of an account's users and roles, by their unique ids, at the times of its last changes."""

    def __init__(self) -> None:
        self._history: list[tuple[float, dict[str, Holding]]] = []

    def begin(self, backend: Any) -> None:
        """What is there when the lag begins has always been there."""
        self._history = [(0.0, _all(backend))]

    def end(self) -> None:
        self._history = []

    def note(self, backend: Any) -> None:
        """An account that is new since the lag began had nobody in it."""
        self._history = [*(self._history or [(0.0, {})]), (time.time(), _all(backend))]

    def at(self, identity_id: str, moment: float) -> Holding | None:
        """None if there is no history; what was not there yet has nothing."""
        if not self._history:
            return None
        while len(self._history) > 1 and self._history[1][0] <= moment:
            # Nobody asks for what was before: moments only grow.
            self._history.pop(0)
        first_at, first = self._history[0]
        return first.get(identity_id, NOTHING) if first_at <= moment else NOTHING


def _all(backend: Any) -> dict[str, Holding]:
    return {one.id: holding_of(backend, one) for one in (*backend.users.values(), *backend.roles.values())}
