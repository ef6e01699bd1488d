# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How else somebody comes by the rights of our principals: their access keys, who may assume our roles, and who may
change IAM. Private to the collection. Pure: no ansible, no AWS.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._access_capabilities import PUBLIC
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_cells import is_named
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_finding import (
    NAME_ADMINISTRATOR,
    Finding,
    listed,
    trusted,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_found import Found
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_matrix import Matrix
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_subjects import (
    Access,
    Account,
    Subject,
    by_name,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_plan import STORED_TAG
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_evaluation import (
    Answer,
    Request,
    evaluate,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_principals import trusted_by

_ACTIVE = "Active"
_COMPLETE = ("aws:PrincipalTag/",)

_SIGN_INS = ("iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile")
_USERS = (*_SIGN_INS, "iam:AttachUserPolicy", "iam:PutUserPolicy")
_GROUPS = ("iam:AddUserToGroup",)
_POLICIES = ("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion")
_OWN: t.Mapping[str, tuple[str, ...]] = {
    "user": ("iam:AttachUserPolicy", "iam:PutUserPolicy"),
    "role": ("iam:AttachRolePolicy", "iam:PutRolePolicy"),
}
"""What gives a principal more rights than it has, on itself."""

_OWN_GROUPS = ("iam:AttachGroupPolicy", "iam:PutGroupPolicy")
_ROLES = ("iam:UpdateAssumeRolePolicy", *_OWN["role"])
"""Whoever changes a role gives rights to those who assume it, and may make himself one of them."""
_OF_SERVICES = "/aws-service-role/"
"""Path of the roles that belong to AWS's services: nobody else assumes them, and nobody changes them.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html"""


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
                    "Rotate it: run signer_iam.yml with its user in signer_iam_rotate, then in"
                    " signer_iam_retire_previous",
                    user,
                )
        if len(active) > 1:
            told = [f"{key['id']} ({_last_used(key)})" for key in active]
            yield Finding(
                "access_key_second",
                f"The user {user} has {len(active)} active access keys: {', '.join(told)}",
                "one, but while it is rotated",
                "Finish the rotation: run signer_iam.yml with the user in signer_iam_retire_previous; or delete in IAM"
                " the one that nobody uses",
                user,
            )


def sign_in_findings(found: Found, access: Access) -> t.Iterator[Finding]:
    """Return which of our users cannot sign in with the access key that was made for them, and who signs in otherwise.

    Who has a password but is to have an access key alone was let into the console by somebody. kms-admin is a person's.
    """
    for wanted in access["users"]:
        user = by_name(found.account["users"], wanted["name"])
        if user is None or user["arn"] != wanted["arn"]:
            continue
        issued = user["tags"].get(STORED_TAG)
        keys = found.access_keys.get(user["name"], ())
        if issued and not any(key["status"] == _ACTIVE for key in keys):
            inactive = f"inactive: {', '.join(str(key['id']) for key in keys)}" if keys else "none at all"
            yield Finding(
                "access_key_missing",
                f"The user {user['name']} has no active access key ({inactive}), although {issued} was made for it",
                "one active access key",
                "Find out who did it; then run signer_iam.yml with the user in signer_iam_rotate, or activate it in IAM"
                if keys
                else "Run signer_iam.yml, which makes one for the agents; and find out who deleted the other",
                user["name"],
                user["arn"],
            )
        if user["name"] in found.passwords:
            yield Finding(
                "console_password",
                f"The user {user['name']} has a password for the AWS console",
                "an access key alone",
                "Delete the password (iam:DeleteLoginProfile), and find out who set it",
                user["name"],
                user["arn"],
            )


def _last_used(key: t.Mapping[str, t.Any]) -> str:
    return f"last used {key['last_used']:%Y-%m-%d}" if key.get("last_used") else "never used"


def trust_findings(matrix: Matrix) -> t.Iterator[Finding]:
    """Return the roles that may use the environment's keys, and that anybody may assume."""
    for subject in matrix.subjects:
        # A stranger that sees what is public has no rights that matter.
        rights = matrix.held if subject.ours else matrix.excess
        keys = [one.name for index, one in enumerate(matrix.resources) if one.wanted and rights(subject, index)]
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
    matrix: Matrix,
    access: Access,
    account: Account,
    skipped: t.Collection[str],
    named: t.Sequence[str],
    caller: str,
) -> t.Iterator[Finding]:
    """Return who may give themselves, or others, the rights of our principals by changing IAM.

    :param skipped: ARNs of those of whom it is told already that they may do everything.
    """
    for subject in matrix.subjects:
        if subject.arn in skipped or is_named(subject, named) or subject.arn == caller:
            continue
        if str(subject.entry["path"]).startswith(_OF_SERVICES):
            continue
        allowed: dict[str, list[str]] = {}
        for action, what, arn in _changes(matrix, subject, access, account):
            if _may(subject, action, arn) and what not in allowed.setdefault(action, []):
                allowed[action].append(what)
        allowed = {action: whom for action, whom in allowed.items() if whom}
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


_Change = tuple[str, str, str]
"""The action, what it is done to, and the ARN of that."""


def _changes(matrix: Matrix, subject: Subject, access: Access, account: Account) -> t.Iterator[_Change]:
    """Return what gives a principal rights if it may do it."""
    for actions, targets in (
        (_USERS, _ours(subject, access["users"], "user")),
        (_SIGN_INS, _powerful(matrix, subject)),
        (_GROUPS, _ours(subject, access["groups"], "group")),
        (_POLICIES, _ours(subject, access["policies"], "policy")),
        (_ROLES, _all_roles(subject, account)),
        (_OWN[subject.kind], [("itself", subject.arn)]),
        (_OWN_GROUPS, _own_groups(subject, account)),
        (_POLICIES, _own_policies(subject, access, account)),
    ):
        for action in actions:
            if subject.may_be_allowed(action):
                for what, arn in targets:
                    yield action, what, arn


_Targets = list[tuple[str, str]]


def _ours(subject: Subject, entries: t.Sequence[t.Mapping[str, t.Any]], word: str) -> _Targets:
    return [(f"the {word} {entry['name']}", entry["arn"]) for entry in entries if entry["arn"] != subject.arn]


def _powerful(matrix: Matrix, subject: Subject) -> _Targets:
    """Return the users who have rights on the keys without being ours: with their credentials, these are anybody's."""
    return [
        (f"the user {one.name}", one.arn)
        for one in matrix.subjects
        if one.kind == "user" and not one.ours and one.arn != subject.arn and _has_rights(matrix, one)
    ]


def _has_rights(matrix: Matrix, subject: Subject) -> bool:
    """Say whether a principal has rights on a key of the environment that matter: more than to see what is public."""
    return any(
        set(matrix.held(subject, index)) - {PUBLIC}
        for index, resource in enumerate(matrix.resources)
        if resource.wanted
    )


def _all_roles(subject: Subject, account: Account) -> _Targets:
    return [
        (f"the role {role['name']}", role["arn"])
        for role in account["roles"]
        if role["arn"] != subject.arn and not role["path"].startswith(_OF_SERVICES)
    ]


def _groups(subject: Subject, account: Account) -> list[t.Mapping[str, t.Any]]:
    return [group for group in account["groups"] if group["name"] in subject.entry.get("groups", ())]


def _own_groups(subject: Subject, account: Account) -> _Targets:
    return [(f"the group {group['name']}, which it is in", group["arn"]) for group in _groups(subject, account)]


def _own_policies(subject: Subject, access: Access, account: Account) -> _Targets:
    wanted = {policy["arn"] for policy in access["policies"]}
    held = {*subject.entry["attached"], *(arn for group in _groups(subject, account) for arn in group["attached"])}
    # AWS's own policies nobody can change.
    return [
        (f"the policy {arn.rpartition('/')[2]}, which it has", arn)
        for arn in sorted(held - wanted)
        if ":iam::aws:" not in arn
    ]


def _may(subject: Subject, action: str, arn: str) -> bool:
    decision = evaluate(Request(action, arn, subject.context, complete=_COMPLETE), subject.principal)
    return decision.answer is not Answer.NO
