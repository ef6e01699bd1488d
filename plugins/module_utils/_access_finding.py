# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A difference between who may use the keys and who is to. Private to the collection. Pure: no ansible, no AWS."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_principals import Trust

PROVISION = "Run provision.yml"
PURGE = "Remove it in IAM, or run provision.yml with signer_iam_purge"
NAME_ADMINISTRATOR = "if it is meant to administer the account, name its ARN in signer_iam_administrators"

_MOST_NAMES = 4


@dataclass(frozen=True)
class Finding:
    """One difference. ``found`` and ``expected`` have no full stop; ``where`` says where to change it."""

    kind: str
    found: str
    expected: str
    where: str
    principal: str | None = None
    arn: str | None = None
    keys: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, t.Any]:
        return {
            "kind": self.kind,
            "principal": self.principal,
            "arn": self.arn,
            "key": listed(self.keys) or None,
            "key_names": list(self.keys),
            "found": self.found,
            "expected": self.expected,
            "where_to_change": self.where,
        }


def listed(names: t.Sequence[str], what: str = "keys") -> str:
    """Return names as text: all of a few, the first of many."""
    if len(names) <= _MOST_NAMES:
        return ", ".join(names)
    return f"{len(names)} {what} ({', '.join(names[:_MOST_NAMES])} and {len(names) - _MOST_NAMES} more)"


def trusted(trust: Trust) -> str:
    """Return whom a Principal element means, and on which conditions."""
    kinds = {
        "AWS": "",
        "Service": "the AWS service ",
        "Federated": "the identity provider ",
        "unknown": "nobody knows whom: ",
    }
    who = "everybody (*)" if trust.value == "*" else f"{kinds.get(trust.kind, trust.kind + ' ')}{trust.value}"
    return who + (f" if {' and '.join(trust.conditions)}" if trust.conditions else "")
