# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM's entities as GetAccountAuthorizationDetails tells them, in pages.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

from moto.iam.exceptions import ValidationError
from moto.iam.models import AWSManagedPolicy

from sandbox.iam.backend import SandboxIamBackend

T = TypeVar("T")
_DEFAULT_PAGE, _LARGEST_PAGE = 100, 1000
Detail = dict[str, Any]


def details(backend: SandboxIamBackend, wanted: Sequence[str]) -> list[tuple[str, Detail]]:
    """The entities of the kinds asked for, each with the list of the answer that it belongs to."""
    for kind in wanted:
        if kind not in _KINDS:
            raise ValidationError(
                f"1 validation error detected: Value '{kind}' at 'filter' failed to satisfy constraint: "
                f"Member must satisfy enum value set: [{', '.join(_KINDS)}]"
            )
    found = []
    for kind, (place, entities) in _KINDS.items():
        if not wanted or kind in wanted:
            found += [(place, detail) for detail in entities(backend)]
    return found


def page(items: Sequence[T], marker: str | None, most: int | None) -> tuple[Sequence[T], dict[str, Any]]:
    """A page, and what tells whether there is another."""
    most = _DEFAULT_PAGE if most is None else most
    if not 1 <= most <= _LARGEST_PAGE:
        raise ValidationError(
            f"1 validation error detected: Value '{most}' at 'maxItems' failed to satisfy constraint: "
            f"Member must have value between 1 and {_LARGEST_PAGE}"
        )
    start = 0
    if marker is not None:
        if not marker.isdecimal() or int(marker) > len(items):
            raise ValidationError("Invalid Marker.")
        start = int(marker)
    end = start + most
    more: dict[str, Any] = {"IsTruncated": end < len(items)}
    if end < len(items):
        more["Marker"] = str(end)
    return items[start:end], more


def by_name(entities: Any) -> list[Any]:
    return sorted(entities, key=lambda one: str(one.name))


def _users(backend: SandboxIamBackend) -> list[Detail]:
    return [
        {
            **_identity("User", user),
            "UserPolicyList": _inline(user),
            "GroupList": [group.name for group in backend.groups.values() if user in group.users],
            **_boundary_and_tags(user),
        }
        for user in by_name(backend.users.values())
    ]


def _groups(backend: SandboxIamBackend) -> list[Detail]:
    return [
        {**_identity("Group", group), "GroupPolicyList": _inline(group)} for group in by_name(backend.groups.values())
    ]


def _roles(backend: SandboxIamBackend) -> list[Detail]:
    return [
        {
            **_identity("Role", role),
            "AssumeRolePolicyDocument": quote(role.assume_role_policy_document),
            "RolePolicyList": _inline(role),
            "InstanceProfileList": role.instance_profile_list,
            "RoleLastUsed": role.role_last_used,
            **_boundary_and_tags(role),
        }
        for role in by_name(backend.roles.values())
    ]


def _identity(kind: str, one: Any) -> Detail:
    return {
        "Path": one.path,
        f"{kind}Name": one.name,
        f"{kind}Id": one.id,
        "Arn": one.arn,
        "CreateDate": one.create_date,
        "AttachedManagedPolicies": one.attached_managed_policies,
    }


def _inline(owner: Any) -> list[Detail]:
    return [{"PolicyName": name, "PolicyDocument": quote(text)} for name, text in owner.policies.items()]


def _boundary_and_tags(one: Any) -> Detail:
    return {
        name: value
        for name, value in (("PermissionsBoundary", one.permissions_boundary), ("Tags", list(one.tags or [])))
        if value
    }


def _policies(backend: SandboxIamBackend, *, of_aws: bool) -> list[Detail]:
    """Of AWS's own policies, those that are in use."""
    bounded = [
        getattr(one, "permissions_boundary_arn", None) for one in (*backend.users.values(), *backend.roles.values())
    ]
    return [
        {
            "PolicyName": policy.name,
            "PolicyId": policy.id,
            "Arn": policy.arn,
            "Path": policy.path,
            "DefaultVersionId": policy.default_version_id,
            "AttachmentCount": policy.attachment_count,
            "PermissionsBoundaryUsageCount": bounded.count(policy.arn),
            "IsAttachable": True,
            "Description": policy.description,
            "CreateDate": policy.create_date,
            "UpdateDate": policy.update_date,
            "PolicyVersionList": policy.policy_version_list,
        }
        for policy in by_name(backend.managed_policies.values())
        if isinstance(policy, AWSManagedPolicy) is of_aws
        and (not of_aws or policy.attachment_count or policy.arn in bounded)
    ]


_KINDS: dict[str, tuple[str, Callable[[SandboxIamBackend], list[Detail]]]] = {
    "User": ("UserDetailList", _users),
    "Group": ("GroupDetailList", _groups),
    "Role": ("RoleDetailList", _roles),
    "LocalManagedPolicy": ("Policies", lambda backend: _policies(backend, of_aws=False)),
    "AWSManagedPolicy": ("Policies", lambda backend: _policies(backend, of_aws=True)),
}
