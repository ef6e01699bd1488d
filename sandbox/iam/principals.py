# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who calls, and whether the Principal element of a resource's policy means him.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field

from sandbox.iam.context import Values
from sandbox.iam.documents import Statement

_ROOT = re.compile(r"arn:aws[\w-]*:iam::(\d{12}):root")


class Match(enum.IntEnum):
    """How closely a policy names the caller. The account alone hands the decision to its IAM policies."""

    NONE = 0
    ACCOUNT = 1
    ROLE = 2
    SELF = 3


@dataclass(frozen=True)
class Caller:
    """A user, or a session of a role. Policies are documents' texts."""

    arn: str
    account: str
    unique_id: str
    policies: tuple[str, ...]
    boundary: str | None = None
    role_arn: str | None = None
    session_policy: str | None = None
    context: Values = field(default_factory=dict)

    def is_named(self, principal: str) -> Match:
        if principal in ("*", self.arn):
            return Match.SELF
        if self.role_arn is None and principal == self.unique_id:
            return Match.SELF
        if self.role_arn is not None and principal in (self.role_arn, self.unique_id):
            return Match.ROLE
        root = _ROOT.fullmatch(principal)
        return Match.ACCOUNT if self.account in (principal, root and root.group(1)) else Match.NONE

    def is_meant_by(self, statement: Statement) -> Match:
        named = [self.is_named(principal) for principal in aws_principals(statement)]
        if not statement.all_principals_but:
            return max(named, default=Match.NONE)
        if not statement.denies:
            return Match.NONE if any(named) else Match.SELF
        # A Deny with NotPrincipal spares only who is named in all his parts, and nobody who has a boundary.
        parts = {Match.SELF, Match.ACCOUNT} | ({Match.ROLE} if self.role_arn else set())
        return Match.NONE if self.boundary is None and parts <= set(named) else Match.SELF


def aws_principals(statement: Statement) -> list[str]:
    if isinstance(statement.principal, str):
        return [statement.principal]
    named = statement.principal.get("AWS", []) if isinstance(statement.principal, dict) else []
    return list(named) if isinstance(named, list) else [named]
