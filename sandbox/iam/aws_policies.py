# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS's managed policies, of which moto has a copy. They are made when somebody asks for them: there are many."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from moto.iam.models import AWSManagedPolicy, ManagedPolicy


@lru_cache(maxsize=1)
def _all() -> dict[str, dict[str, Any]]:
    """By path and name."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    content: dict[str, dict[str, Any]] = json.loads(aws_managed_policies_data)
    return {f"{data.get('Path') or '/'}{name}": {"Name": name, **data} for name, data in content.items()}


class Policies(dict[str, ManagedPolicy]):
    """Managed policies by ARN; AWS's appear when they are looked up."""

    def __init__(self, account: str, region: str, partition: str) -> None:
        super().__init__()
        self._place = (account, region)
        self._prefix = f"arn:{partition}:iam::aws:policy"

    def add_all_of_aws(self) -> None:
        for name in _all():
            self.get(f"{self._prefix}{name}")

    def get(self, arn: str, default: Any = None) -> Any:
        if not dict.__contains__(self, arn) and arn.startswith(self._prefix + "/"):
            data = _all().get(arn.removeprefix(self._prefix))
            if data is not None:
                self[arn] = AWSManagedPolicy.from_data(data["Name"], *self._place, data)
        return super().get(arn, default)

    def __contains__(self, arn: object) -> bool:
        return isinstance(arn, str) and self.get(arn) is not None

    def __missing__(self, arn: str) -> ManagedPolicy:
        policy: ManagedPolicy | None = self.get(arn)
        if policy is None:
            raise KeyError(arn)
        return policy
