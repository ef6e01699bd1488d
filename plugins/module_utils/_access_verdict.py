# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The access matrix and its differences as plain data. Private to the collection. Pure: no ansible, no AWS."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._access_cells import (
    Administrator,
    cell_findings,
    find_administrators,
    is_named,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_credentials import (
    access_key_findings,
    iam_findings,
    sign_in_findings,
    trust_findings,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_entities import entity_findings
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_finding import Finding
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_found import Found, Resource
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_keys import key_findings
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_matrix import Matrix, build_matrix
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_subjects import ADMIN, Access, Subject
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_evaluation import Answer

NOT_READ = (
    "Service control policies and resource control policies of an AWS organization, which can take rights away.",
    "Session policies, and policies of VPC endpoints, which can take rights away.",
    "What principals of other accounts may do there, with what is granted to them here.",
    "The root user of the account, whom no policy in it binds.",
    "Rights that come by making something new: a user or role with policies of its own (iam:CreateUser, iam:CreateRole"
    " and what fills them), or a function or machine that is handed a role (iam:PassRole).",
    "Rights that come by joining a group that is none of this environment's (iam:AddUserToGroup).",
)
_NOT_READ_SECRETS = (
    "Who may use the key that encrypts the secrets, which whoever reads them needs as well, unless it is AWS's own.",
    "Secrets of the account that neither this inventory nor those beside it name.",
)


def verdict(
    found: Found,
    access: Access,
    *,
    administrators: t.Sequence[str],
    caller: str,
    now: datetime.datetime,
    max_access_key_age_days: int,
    alias_headroom: int,
) -> dict[str, t.Any]:
    """Return the matrix, who is in it, the differences from what is wanted, and what could not be read.

    :param administrators: ARNs of principals that are meant to administer the account, with ``*`` for any characters.
    :param caller: ARN of who asks.
    """
    named = list(administrators)
    matrix = build_matrix(found, access)
    masters = find_administrators(matrix, named, caller)
    skipped = {one.subject.arn for one in masters}
    findings: list[Finding] = [
        *cell_findings(matrix, masters, named),
        *key_findings(matrix, access["account_id"], alias_headroom),
        *entity_findings(found.account, access, named),
        *trust_findings(matrix),
        *iam_findings(matrix, access, found.account, skipped, named, caller),
        *access_key_findings(found.access_keys, now=now, max_age_days=max_access_key_age_days),
        *sign_in_findings(found, access),
    ]
    shown = [one for one in matrix.subjects if one.ours or _touches_wanted(matrix, one)]
    excused = {one.subject.arn for one in masters if one.named} | {
        one.arn for one in matrix.subjects if is_named(one, named)
    }
    return {
        "matrix": [row for subject in shown for row in _rows(matrix, subject, subject.arn in excused)],
        "principals": [_principal(subject, masters, excused) for subject in shown],
        "resources": [_resource(one, access) for one in matrix.resources],
        "differences": [finding.as_dict() for finding in findings],
        "not_read": _not_read(found, access),
    }


def _not_read(found: Found, access: Access) -> list[str]:
    if access["backend"] != "kms":
        return [*NOT_READ, *_NOT_READ_SECRETS]
    regions = ", ".join(found.aliases)
    elsewhere = f"Keys in other Regions than {regions}. The signers' policies match keys by alias, in every Region."
    return [*NOT_READ, elsewhere]


def _touches_wanted(matrix: Matrix, subject: Subject) -> bool:
    return any(matrix.held(subject, index) for index, one in enumerate(matrix.resources) if one.wanted)


def _rows(matrix: Matrix, subject: Subject, excused: bool) -> t.Iterator[dict[str, t.Any]]:
    """Return a row for each key that the principal may do something with, or is to; of ours for every key."""
    for index, resource in enumerate(matrix.resources):
        held, expected = matrix.held(subject, index), matrix.expected(subject, index)
        excess = () if excused else matrix.excess(subject, index)
        relevant = resource.wanted or (subject.ours and subject.duty != ADMIN)
        if not relevant or not (held or expected or (subject.ours and resource.wanted)):
            continue
        names = [capability.name for capability in matrix.capabilities(index)]
        readable = resource.there and not resource.error
        yield {
            "principal": subject.name,
            "arn": subject.arn,
            "kind": subject.kind,
            "duty": subject.duty,
            "key": resource.name,
            **{name: held[name].answer.value if name in held else Answer.NO.value for name in names},
            "reason": {name: held[name].reason for name in names if name in held},
            "via": sorted({cell.via for cell in held.values() if cell.via}),
            "unexpected": [name for name in names if name in excess],
            "missing": [name for name in names if name in expected and name not in held] if readable else [],
        }


def _principal(subject: Subject, masters: t.Sequence[Administrator], excused: t.Collection[str]) -> dict[str, t.Any]:
    wanted = subject.wanted or {}
    return {
        "name": subject.name,
        "arn": subject.arn,
        "kind": subject.kind,
        "duty": subject.duty,
        "operator": wanted.get("operator"),
        "groups": list(subject.entry.get("groups", ())),
        "boundary": subject.entry.get("boundary"),
        "administrator": any(one.subject.arn == subject.arn for one in masters),
        "named": subject.ours or subject.arn in excused,
    }


def _resource(resource: Resource, access: Access) -> dict[str, t.Any]:
    key: t.Mapping[str, t.Any] = next(
        (one for one in access["keys"] if resource.wanted and one["name"] == resource.name), {}
    )
    return {
        "name": resource.name,
        **{name: key.get(name) for name in ("network", "agent", "purpose")},
        "arn": resource.arn,
        "region": resource.region,
        "environment": resource.environment,
        "wanted": resource.wanted,
        "aliases": list(resource.aliases),
        "error": resource.error,
    }
