# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How else somebody comes by the rights of our principals: their access keys, who may assume our roles, and who may
change IAM. Private to the collection. Pure: no ansible, no AWS.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._access_cells import is_named
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_finding import (
    NAME_ADMINISTRATOR,
    Finding,
    listed,
    trusted,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_matrix import Matrix
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_subjects import Access, Subject
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_evaluation import (
    Answer,
    Request,
    evaluate,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_principals import trusted_by

_ACTIVE = "Active"
_COMPLETE = ("aws:PrincipalTag/",)

_USERS = ("iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile")
_GROUPS = ("iam:AddUserToGroup",)
_POLICIES = ("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion")
_ROLES = ("iam:UpdateAssumeRolePolicy",)
_OWN: t.Mapping[str, tuple[str, ...]] = {
    "user": ("iam:AttachUserPolicy", "iam:PutUserPolicy"),
    "role": ("iam:AttachRolePolicy", "iam:PutRolePolicy"),
}
"""What gives a principal more rights than it has, on itself."""


def access_key_findings(
    access_keys: t.Mapping[str, t.Sequence[t.Mapping[str, t.Any]]], *, now: datetime.datetime, max_age_days: int
) -> t.Iterator[Finding]:
    for user, keys in access_keys.items():
        active = [key for key in keys if key["status"] == _ACTIVE]
        for key in active:
            age = (now - key["created"]).days
            if age > max_age_days:
                yield Finding(
                    "access_key_old",
                    f"The access key {key['id']} of the user {user} is {age} days old",
                    f"at most {max_age_days} days",
                    "Rotate it (iam_user_credentials: rotate, then retire_previous)",
                    user,
                )
        if len(active) > 1:
            told = [f"{key['id']} ({_last_used(key)})" for key in active]
            yield Finding(
                "access_key_second",
                f"The user {user} has {len(active)} active access keys: {', '.join(told)}",
                "one, but while it is rotated",
                "Finish the rotation (iam_user_credentials: retire_previous), or delete the one that nobody uses",
                user,
            )


def _last_used(key: t.Mapping[str, t.Any]) -> str:
    return f"last used {key['last_used']:%Y-%m-%d}" if key.get("last_used") else "never used"


def trust_findings(matrix: Matrix) -> t.Iterator[Finding]:
    """Return the roles that may use the environment's keys, and that anybody may assume."""
    for subject in matrix.subjects:
        keys = [one.name for index, one in enumerate(matrix.resources) if one.wanted and matrix.held(subject, index)]
        if subject.kind != "role" or not keys:
            continue
        for trust in trusted_by(subject.entry.get("trust"), subject.principal.account):
            if trust.wildcard:
                yield Finding(
                    "wildcard_trust",
                    f"The role {subject.name}, which has rights on {listed(keys)}, may be assumed by {trusted(trust)}",
                    "that a trust names whom it is for",
                    f"Change the trust policy of the role {subject.name}",
                    subject.name,
                    subject.arn,
                    tuple(keys),
                )


def iam_findings(
    matrix: Matrix, access: Access, skipped: t.Collection[str], named: t.Sequence[str], caller: str
) -> t.Iterator[Finding]:
    """Return who may give themselves, or others, the rights of our principals by changing IAM.

    :param skipped: ARNs of those of whom it is told already that they may do everything.
    """
    for subject in matrix.subjects:
        if subject.arn in skipped or is_named(subject, named) or subject.arn == caller:
            continue
        allowed: dict[str, list[str]] = {}
        for action, what, arn in _changes(subject, access):
            if _may(subject, action, arn):
                allowed.setdefault(action, []).append(what)
        if not allowed:
            continue
        ways = [
            f"{action} on {whom[0]}" + (f" and {len(whom) - 1} more" if whom[1:] else "")
            for action, whom in allowed.items()
        ]
        yield Finding(
            "changes_iam",
            f"The {subject.kind} {subject.name} may come by rights on the keys by changing IAM: {', '.join(ways)}",
            "only those whom the inventory names as administrators of the account may",
            f"Take these rights away; or, {NAME_ADMINISTRATOR}",
            subject.name,
            subject.arn,
        )


def _changes(subject: Subject, access: Access) -> t.Iterator[tuple[str, str, str]]:
    """Return the action, what it is done to, and the ARN of that."""
    for kind, word, actions in (
        ("users", "user", _USERS),
        ("groups", "group", _GROUPS),
        ("policies", "policy", _POLICIES),
        ("roles", "role", _ROLES),
    ):
        for action in actions:
            if subject.may_be_allowed(action):
                for entry in access[kind]:
                    if entry["arn"] != subject.arn:
                        yield action, f"the {word} {entry['name']}", entry["arn"]
    for action in _OWN[subject.kind]:
        if subject.may_be_allowed(action):
            yield action, "itself", subject.arn


def _may(subject: Subject, action: str, arn: str) -> bool:
    decision = evaluate(Request(action, arn, subject.context, complete=_COMPLETE), subject.principal)
    return decision.answer is not Answer.NO
