# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In what an account's policies, groups, users and roles differ from what the inventory wants.

Private to the collection. Pure: no ansible, no AWS.
"""

from __future__ import annotations

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._access_cells import matches
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_compare import differences
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_finding import PROVISION, PURGE, Finding
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_found import Account
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_subjects import (
    Access,
    Entry,
    by_name,
    is_admin_group,
)

KINDS: t.Mapping[str, str] = {"policies": "policy", "groups": "group", "users": "user", "roles": "role"}
_PRINCIPAL_TAG = "agent_ops:principal"


def entity_findings(account: Account, access: Access, named: t.Sequence[str]) -> t.Iterator[Finding]:
    """Return what is missing, what was changed, and what is ours and nobody wants any more.

    :param named: ARNs of the administrators whom the inventory names.
    """
    for kind in KINDS:
        for wanted in access[kind]:
            yield from _one(kind, wanted, account, access)

    for group in access["groups"]:
        yield from _administrators(group, account, access, named)
    yield from _unnamed(account, access)


def _one(kind: str, wanted: Entry, account: Account, access: Access) -> t.Iterator[Finding]:
    word = KINDS[kind]
    found = by_name(account[kind], wanted["name"])
    if found is None:
        yield Finding(
            "entity_missing",
            f"There is no {word} {wanted['name']}",
            f"the {word} {wanted['arn']}",
            PROVISION,
            wanted["name"],
            wanted["arn"],
        )
        return
    if found["arn"] != wanted["arn"]:
        yield Finding(
            "entity_missing",
            f"The {word} {found['name']} is {found['arn']}, which was not made for this environment",
            f"the {word} {wanted['arn']}",
            "Rename that one, or have it taken over (signer_iam_adopt)",
            wanted["name"],
            found["arn"],
        )
        return
    if kind == "policies":
        yield from _document(found, wanted)
        return
    yield from _attachments(word, found, wanted)
    if kind == "groups":
        yield from _members(found, wanted, account, access)
    elif kind == "users":
        yield from _other_groups(found, wanted, access)
    else:
        yield from _trust(found, wanted)


def _document(found: Entry, wanted: Entry) -> t.Iterator[Finding]:
    told = differences(found["document"], wanted["document"])
    if told:
        yield Finding(
            "policy_differs",
            f"The policy {found['name']} is not as it was written: {'; '.join(told)}",
            "the document that the inventory makes",
            f"{PROVISION}, which writes it anew",
            found["name"],
            found["arn"],
            tuple(wanted["keys"]),
        )


def _attachments(word: str, found: Entry, wanted: Entry) -> t.Iterator[Finding]:
    owner = f"The {word} {found['name']}"
    for arn in wanted["policies"]:
        if arn not in found["attached"]:
            yield Finding(
                "policy_not_attached",
                f"{owner} does not have the policy {_short(arn)}",
                "that the policy is attached to it",
                PROVISION,
                found["name"],
                found["arn"],
            )
    for arn in found["attached"]:
        if arn not in wanted["policies"]:
            yield Finding(
                "policy_attached",
                f"{owner} has the policy {_short(arn)} ({arn})",
                f"only {', '.join(map(_short, wanted['policies'])) or 'the policies of its groups'}",
                PURGE,
                found["name"],
                found["arn"],
            )
    for name in found["inline"]:
        yield Finding(
            "inline_policy",
            f"{owner} has the inline policy {name}",
            "no inline policies",
            PURGE,
            found["name"],
            found["arn"],
        )


def _members(group: Entry, wanted: Entry, account: Account, access: Access) -> t.Iterator[Finding]:
    members = [user["name"] for user in account["users"] if group["name"] in user["groups"]]
    for name in wanted["users"]:
        if name not in members and by_name(account["users"], name) is not None:
            yield Finding(
                "member_missing",
                f"The user {name} is not in the group {group['name']}",
                "that it is a member",
                PROVISION,
                name,
                group["arn"],
            )
    if is_admin_group(wanted, access):
        # Of its members is told otherwise: they are people, and no purge takes them out.
        return
    for name in members:
        if name not in wanted["users"]:
            yield Finding(
                "member_unexpected",
                f"The user {name} is in the group {group['name']}",
                f"only {', '.join(wanted['users']) or 'nobody'}",
                PURGE,
                name,
                group["arn"],
            )


def _administrators(group: Entry, account: Account, access: Access, named: t.Sequence[str]) -> t.Iterator[Finding]:
    """Return who else administers the keys by being in the administrators' group.

    They are people, whom nobody but their own account knows, unless the inventory names them. If it is one of the
    environment's own principals, that one's entry says so.
    """
    found = by_name(account["groups"], group["name"])
    if found is None or found["arn"] != group["arn"] or not is_admin_group(group, access):
        return
    for user in account["users"]:
        if found["name"] not in user["groups"] or by_name(access["users"], user["name"]):
            continue
        if not matches(user["arn"], named):
            yield Finding(
                "member",
                f"The user {user['name']} administers the keys as a member of the group {found['name']}",
                f"only {', '.join(group['users'])}, and those whom the inventory names as administrators",
                f"Remove the user from the group {found['name']} in IAM; or, if it is meant to administer the keys,"
                " name its ARN in signer_iam_administrators",
                user["name"],
                user["arn"],
            )


def _other_groups(user: Entry, wanted: Entry, access: Access) -> t.Iterator[Finding]:
    """Groups that one of our users was put into. Those of ours that are no administrators' say so themselves."""
    told = [group["name"].lower() for group in access["groups"] if not is_admin_group(group, access)]
    expected = [name.lower() for name in wanted["groups"]]
    for name in user["groups"]:
        if name.lower() not in expected and name.lower() not in told:
            yield Finding(
                "member_unexpected",
                f"The user {user['name']} is in the group {name}",
                f"only {', '.join(wanted['groups']) or 'no group'}",
                f"Remove the user from the group {name} in IAM",
                user["name"],
                user["arn"],
            )


def _trust(role: Entry, wanted: Entry) -> t.Iterator[Finding]:
    told = differences(role["trust"], wanted["trust"])
    if told:
        yield Finding(
            "trust_differs",
            f"The trust of the role {role['name']} is not as it was written: {'; '.join(told)}",
            f"that it may be assumed by {_assumed_by(wanted)} alone",
            f"{PROVISION}, which writes it anew",
            role["name"],
            role["arn"],
            tuple(wanted["keys"]),
        )


def _assumed_by(wanted: Entry) -> str:
    by = wanted.get("assumed_by") or {}
    if by.get("account_id"):
        return f"the AWS account {by['account_id']} with its external id"
    return f"{by.get('subject')} of {by.get('oidc_provider')}" if by else "whom the inventory names"


def _unnamed(account: Account, access: Access) -> t.Iterator[Finding]:
    removed = access.get("removed", {})
    for kind, word in KINDS.items():
        for entity in account[kind]:
            if entity.get("aws_managed") or not _ours(entity, access) or by_name(access[kind], entity["name"]):
                continue
            if entity["name"] in removed.get(kind, ()):
                yield Finding(
                    "operator_not_removed",
                    f"The {word} {entity['name']} is still there, although {_whose(kind)} is removed",
                    "that nothing is left of it",
                    PROVISION,
                    entity["name"],
                    entity["arn"],
                )
                continue
            yield Finding(
                "entity_unnamed",
                f"The {word} {entity['name']} was made for this environment ({entity['arn']}), and the inventory does"
                " not name it",
                f"no such {word}",
                _how_to_remove(entity, word, access),
                entity["name"],
                entity["arn"],
            )


def _whose(kind: str) -> str:
    return "its operator, or the proof bucket," if kind == "policies" else "its operator"


def _how_to_remove(entity: Entry, word: str, access: Access) -> str:
    if entity["path"] == access["path"]:
        return (
            "Name its operator in agent_ops_operators with the state removed, or run provision.yml with"
            " signer_iam_purge"
        )
    return f"Delete the {word} in IAM: it is not at the path {access['path']}, where signer_iam_purge looks"


def _ours(entity: Entry, access: Access) -> bool:
    path, shared = access["path"], access.get("shared_path", "/")
    tags = entity.get("tags", {})
    if _PRINCIPAL_TAG in tags and tags.get("environment") == access["environment"]:
        return True
    # Everything of an account may be at the path /: that says nothing.
    inside = path != "/" and entity["path"].startswith(path)
    # An environment that wants no administrators has nothing to say of those that another one made.
    shares = any(entry["path"] == shared for kind in KINDS for entry in access[kind])
    return inside or (shared != "/" and shares and entity["path"] == shared)


def _short(arn: str) -> str:
    return arn.rpartition("/")[2]
