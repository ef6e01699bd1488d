# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policy documents, read for evaluation. What is malformed was refused when it was put."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sandbox.iam.conditions import satisfied
from sandbox.iam.context import Context
from sandbox.iam.matching import matches_action, matches_resource

_WITH_VARIABLES = "2012-10-17"


@dataclass(frozen=True)
class Statement:
    """``variables`` is false in documents of version 2008-10-17, which know none."""

    denies: bool
    actions: tuple[str, ...]
    all_actions_but: bool
    resources: tuple[str, ...]
    all_resources_but: bool
    principal: Any
    all_principals_but: bool
    condition: Mapping[str, Any]
    variables: bool

    def covers(self, action: str, resource: str, context: Context) -> bool:
        """Whether it speaks of this request, whoever makes it."""
        if not self.actions or not self.resources:
            return False
        resolver = context if self.variables else None
        return (
            any(matches_action(pattern, action) for pattern in self.actions) is not self.all_actions_but
            and any(matches_resource(pattern, resource, resolver) for pattern in self.resources)
            is not self.all_resources_but
            and satisfied(self.condition, context, variables=self.variables)
        )


@lru_cache(maxsize=2048)
def statements_of(text: str) -> tuple[Statement, ...]:
    document = json.loads(text)
    found = document.get("Statement", [])
    variables = document.get("Version") == _WITH_VARIABLES
    return tuple(_statement(one, variables) for one in (found if isinstance(found, list) else [found]))


def _statement(content: Mapping[str, Any], variables: bool) -> Statement:
    return Statement(
        denies=content.get("Effect") == "Deny",
        actions=_listed(content.get("Action", content.get("NotAction"))),
        all_actions_but="NotAction" in content,
        resources=_listed(content.get("Resource", content.get("NotResource"))),
        all_resources_but="NotResource" in content,
        principal=content.get("Principal", content.get("NotPrincipal")),
        all_principals_but="NotPrincipal" in content,
        condition=content.get("Condition") or {},
        variables=variables,
    )


def _listed(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list) else (value,)
