# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what an account's IAM holds, in a few pages instead of several calls an entity. Private to the collection.

An edge: clients are parameters, and neither ansible nor amazon.aws is imported.
"""

from __future__ import annotations

import json
import typing as t
import urllib.parse

from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller, CallFailed

ABSENT = "NoSuchEntity"
_FILTER = ("User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy")
# The most that GetAccountAuthorizationDetails takes as MaxItems; the default of AWS is 100.
_PAGE = 1000
_LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")

Entity = dict[str, t.Any]
Account = dict[str, list[Entity]]


def read_account(call: Caller, iam: t.Any) -> Account:
    """Return the users, groups, roles and policies of an account, each list in the order of names.

    Of AWS's own policies only those are returned that somebody of the account has, or is bounded by. A document that
    nobody can parse is None, which whoever evaluates it must not take for "no rights".

    :raises CallFailed: if the caller may not read the account.
    """
    found: dict[str, list[t.Any]] = {name: [] for name in _LISTS}
    marker: dict[str, t.Any] = {}
    while True:
        page = call(iam, "get_account_authorization_details", Filter=list(_FILTER), MaxItems=_PAGE, **marker)
        for name in _LISTS:
            found[name] += page.get(name, ())
        if not page.get("IsTruncated") or not page.get("Marker"):
            break
        marker = {"Marker": page["Marker"]}
    account = {
        "users": [_user(user) for user in found["UserDetailList"]],
        "groups": [_group(group) for group in found["GroupDetailList"]],
        "roles": [_role(role) for role in found["RoleDetailList"]],
    }
    used = _used(account)
    policies = [_policy(policy) for policy in found["Policies"]]
    policies = [policy for policy in policies if policy["arn"] in used or not policy["aws_managed"]]
    missing = used - {policy["arn"] for policy in policies}
    policies += [_single_policy(call, iam, arn) for arn in sorted(missing)]
    account["policies"] = policies
    for entities in account.values():
        entities.sort(key=lambda entity: (entity["name"], entity["arn"]))
    return account


def read_access_keys(call: Caller, iam: t.Any, user: str) -> list[Entity]:
    """Return a user's access keys, the oldest first; none if there is no such user."""
    try:
        listed = list(
            call.pages(iam, "list_access_keys", "AccessKeyMetadata", "Marker", "Marker", UserName=user, MaxItems=100)
        )
    except CallFailed as exc:
        if exc.code == ABSENT:
            return []
        raise
    keys = []
    for key in sorted(listed, key=lambda key: key["CreateDate"]):
        used = call(iam, "get_access_key_last_used", AccessKeyId=key["AccessKeyId"]).get("AccessKeyLastUsed", {})
        keys.append(
            {
                "id": str(key["AccessKeyId"]),
                "status": str(key["Status"]),
                "created": key["CreateDate"],
                "last_used": used.get("LastUsedDate"),
            }
        )
    return keys


def _named(detail: t.Mapping[str, t.Any], kind: str) -> Entity:
    arn = str(detail["Arn"])
    return {
        "name": str(detail.get(f"{kind}Name") or arn.rpartition("/")[2]),
        "arn": arn,
        "id": str(detail.get(f"{kind}Id", "")),
        "path": str(detail.get("Path", "/")),
    }


def _rights(detail: t.Mapping[str, t.Any], kind: str) -> Entity:
    return {
        "attached": sorted(str(policy["PolicyArn"]) for policy in detail.get("AttachedManagedPolicies", ())),
        "inline": {
            str(policy["PolicyName"]): _document(policy.get("PolicyDocument"))
            for policy in detail.get(f"{kind}PolicyList", ())
        },
    }


def _owned(detail: t.Mapping[str, t.Any]) -> Entity:
    return {
        "tags": {str(tag["Key"]): str(tag["Value"]) for tag in detail.get("Tags", ())},
        "boundary": (detail.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn"),
    }


def _user(detail: t.Mapping[str, t.Any]) -> Entity:
    groups = sorted(str(group) for group in detail.get("GroupList", ()))
    return {**_named(detail, "User"), **_owned(detail), **_rights(detail, "User"), "groups": groups}


def _group(detail: t.Mapping[str, t.Any]) -> Entity:
    return {**_named(detail, "Group"), **_rights(detail, "Group")}


def _role(detail: t.Mapping[str, t.Any]) -> Entity:
    trust = _document(detail.get("AssumeRolePolicyDocument"))
    return {**_named(detail, "Role"), **_owned(detail), **_rights(detail, "Role"), "trust": trust}


def _policy(detail: t.Mapping[str, t.Any], document: t.Any = None) -> Entity:
    versions = detail.get("PolicyVersionList", ())
    for version in versions:
        if version.get("IsDefaultVersion"):
            document = version.get("Document")
    return {
        **_named(detail, "Policy"),
        "description": str(detail.get("Description") or ""),
        "document": _document(document),
        "versions": len(versions) or 1,
        "aws_managed": str(detail["Arn"]).split(":")[4] == "aws",
    }


def _used(account: t.Mapping[str, t.Sequence[Entity]]) -> set[str]:
    """Return the ARNs of all policies that somebody of the account has, or is bounded by."""
    entities = [entity for kind in account.values() for entity in kind]
    used = {arn for entity in entities for arn in entity["attached"]}
    return used | {entity["boundary"] for entity in entities if entity.get("boundary")}


def _single_policy(call: Caller, iam: t.Any, arn: str) -> Entity:
    """Read a policy that somebody has, but that was not among the account's: it came, or went, in between."""
    try:
        detail = call(iam, "get_policy", PolicyArn=arn)["Policy"]
        version = call(iam, "get_policy_version", PolicyArn=arn, VersionId=detail["DefaultVersionId"])["PolicyVersion"]
    except CallFailed as exc:
        if exc.code != ABSENT:
            raise
        detail, version = {"Arn": arn}, {}
    return _policy(detail, version.get("Document"))


def _document(value: t.Any) -> dict[str, t.Any] | None:
    """Return a policy document as boto3 hands it over: parsed already, unless it is not what AWS makes of one."""
    if isinstance(value, str):
        try:
            value = json.loads(urllib.parse.unquote(value))
        except ValueError:
            return None
    return value if isinstance(value, dict) else None
