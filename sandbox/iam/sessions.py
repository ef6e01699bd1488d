# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions of roles, which remember the role that they were begun with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

from moto.iam.models import Role, iam_backends
from moto.sts import urls
from moto.sts.models import AssumedRole, STSBackend, sts_backends
from moto.utilities.utils import get_partition


@dataclass(frozen=True)
class Session:
    """``role`` is None if there was no such role: then the session is an administrator's."""

    told: AssumedRole
    role: Role | None
    begun: datetime


class SandboxStsBackend(STSBackend):
    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.sessions: dict[str, Session] = {}

    @property
    def _url_module(self) -> ModuleType:
        return urls

    def assume_role(self, **arguments: Any) -> AssumedRole:  # type: ignore[override]
        told = super().assume_role(**arguments)
        partition = get_partition(arguments["region_name"])
        roles = list(iam_backends[told.account_id][partition].roles.values())
        home = sts_backends[told.account_id][partition]
        if not isinstance(home, SandboxStsBackend):
            raise TypeError("the corrections of STS are not installed")
        role = next((role for role in roles if role.arn == told.role_arn), None)
        home.sessions[told.access_key_id] = Session(told, role, datetime.now(UTC))
        return told

    def get_assumed_role_from_access_key(self, access_key_id: str) -> AssumedRole | None:
        """moto looks through all sessions that there ever were."""
        session = self.sessions.get(access_key_id)
        return session.told if session else super().get_assumed_role_from_access_key(access_key_id)


def session_of(account: str, region: str, access_key: str) -> Session | None:
    backend = sts_backends[account][get_partition(region)]
    return backend.sessions.get(access_key) if isinstance(backend, SandboxStsBackend) else None
