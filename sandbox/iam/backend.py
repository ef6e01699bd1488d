# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""moto's IAM of one account, with AWS's rules and rules.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from moto.iam import urls
from moto.iam.exceptions import DeleteConflictException, NotFoundException
from moto.iam.models import AccessKey, Group, IAMBackend, ManagedPolicy, PolicyVersion, Role, User
from moto.iam.utils import generate_access_key_id_from_account_id
from moto.settings import load_iam_aws_managed_policies

from sandbox.iam import rules
from sandbox.iam.aws_policies import Policies
from sandbox.iam.holdings import Holdings


class SandboxUser(User):
    permissions_boundary_arn: str | None = None

    @property
    def permissions_boundary(self) -> dict[str, str] | None:
        if self.permissions_boundary_arn is None:
            return None
        return {
            "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
            "PermissionsBoundaryArn": self.permissions_boundary_arn,
        }


class SandboxIamBackend(IAMBackend):
    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.managed_policies = Policies(account_id, region_name, self.partition)
        # Keys that were deleted: whoever still has one is nobody.
        self.retired_keys: set[str] = set()
        self.holdings = Holdings()

    @property
    def _url_module(self) -> ModuleType:
        return urls

    def _unique_id(self, prefix: str) -> str:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids"""
        return generate_access_key_id_from_account_id(self.account_id, prefix=prefix, total_length=21)

    # Managed policies

    def create_policy(
        self, description: str, path: str, policy_document: str, policy_name: str, tags: list[dict[str, str]]
    ) -> ManagedPolicy:
        local = [policy.name for policy in self.managed_policies.values() if ":iam::aws:" not in policy.arn]
        rules.require_name("policy", policy_name, local)
        rules.require_path(path)
        rules.require_identity_policy(policy_document)
        rules.require_policy_size(policy_document)
        policy = super().create_policy(description, path, policy_document, policy_name, tags)
        policy.id = self._unique_id("ANPA")
        return policy

    def create_policy_version(self, policy_arn: str, policy_document: str, set_as_default: bool) -> PolicyVersion:
        rules.require_identity_policy(policy_document)
        rules.require_policy_size(policy_document)
        version = super().create_policy_version(policy_arn, policy_document, set_as_default)
        self.managed_policies[policy_arn].update_date = version.create_date
        return version

    def delete_policy(self, policy_arn: str) -> None:
        policy = self.get_policy(policy_arn)
        bounded = [one for one in (*self.users.values(), *self.roles.values()) if _boundary(one) == policy_arn]
        if policy.attachment_count or bounded:
            raise DeleteConflictException("Cannot delete a policy attached to entities.")
        if len(policy.versions) > 1:
            raise DeleteConflictException(
                "This policy has more than one version. Before you delete a policy, you must delete the policy's "
                "versions. The default version is deleted with the policy."
            )
        super().delete_policy(policy_arn)

    def list_policies(
        self, marker: str | None, max_items: int, only_attached: bool, path_prefix: str, scope: str
    ) -> tuple[Any, str | None]:
        """AWS's own, more than a thousand, are listed where they alone are asked for, or by moto's setting for that."""
        wanted = scope == "AWS" or (scope != "Local" and load_iam_aws_managed_policies())
        if wanted and not only_attached and isinstance(self.managed_policies, Policies):
            self.managed_policies.add_all_of_aws()
        return super().list_policies(marker, max_items, only_attached, path_prefix, scope)

    def attach_role_policy(self, policy_arn: str, role_name: str) -> None:
        self._attach(policy_arn, self.get_role(role_name), "Role")

    def attach_group_policy(self, policy_arn: str, group_name: str) -> None:
        self._attach(policy_arn, self.get_group(group_name), "Group")

    def attach_user_policy(self, policy_arn: str, user_name: str) -> None:
        self._attach(policy_arn, self.get_user(user_name), "User")

    def _attach(self, policy_arn: str, owner: Role | Group | User, kind: str) -> None:
        policy = self.managed_policies.get(policy_arn)
        if policy is None:
            raise rules.not_attachable(policy_arn)
        if policy_arn in owner.managed_policies:
            return
        if len(owner.managed_policies) >= rules.ATTACHED[kind]:
            raise rules.exceeded(f"PoliciesPer{kind}", rules.ATTACHED[kind])
        policy.attach_to(owner)

    # Inline policies

    def put_user_policy(self, user_name: str, policy_name: str, policy_json: str) -> None:
        self._require_inline("user", self.get_user(user_name), policy_name, policy_json)
        super().put_user_policy(user_name, policy_name, policy_json)

    def put_group_policy(self, group_name: str, policy_name: str, policy_json: str) -> None:
        self._require_inline("group", self.get_group(group_name), policy_name, policy_json)
        super().put_group_policy(group_name, policy_name, policy_json)

    def put_role_policy(self, role_name: str, policy_name: str, policy_json: str) -> None:
        self._require_inline("role", self.get_role(role_name), policy_name, policy_json)
        super().put_role_policy(role_name, policy_name, policy_json)

    def _require_inline(self, kind: str, owner: Role | Group | User, name: str, document: str) -> None:
        rules.require_name("policy", name)
        rules.require_identity_policy(document)
        rules.require_inline_size(kind, owner.name, {**owner.policies, name: document}.values())

    # Roles

    def create_role(self, role_name: str, assume_role_policy_document: str, *rest: Any, **more: Any) -> Role:
        rules.require_name("role", role_name, [role.name for role in self.roles.values()])
        path, boundary = (*rest, more.get("path"), more.get("permissions_boundary"))[:2]
        rules.require_path(path)
        rules.require_trust_policy(assume_role_policy_document, self.account_id, self.partition)
        self._require_boundary(boundary)
        return super().create_role(role_name, assume_role_policy_document, *rest, **more)

    def update_assume_role_policy(self, role_name: str, policy_document: str) -> None:
        rules.require_trust_policy(policy_document, self.account_id, self.partition)
        super().update_assume_role_policy(role_name, policy_document)

    def put_role_permissions_boundary(self, role_name: str, permissions_boundary: str) -> None:
        self._require_boundary(permissions_boundary)
        super().put_role_permissions_boundary(role_name, permissions_boundary)

    def _require_boundary(self, arn: str | None) -> None:
        if arn is not None and arn not in self.managed_policies:
            raise rules.not_attachable(arn)

    # Groups

    def create_group(self, group_name: str, path: str = "/") -> Group:
        rules.require_name("group", group_name, self.groups)
        rules.require_path(path)
        group = super().create_group(group_name, path)
        group.id = self._unique_id("AGPA")
        return group

    def delete_group(self, group_name: str) -> None:
        group = self.get_group(group_name)
        if group.users:
            raise DeleteConflictException("Cannot delete entity, must remove users from group first.")
        _require_no_policies(group)
        super().delete_group(group_name)

    def update_group(self, group_name: str, new_group_name: str | None, new_path: str | None) -> None:
        group = self.get_group(group_name)
        rules.require_path(new_path)
        if new_path:
            group.path = new_path
        if new_group_name and new_group_name != group_name:
            rules.require_name("group", new_group_name, set(self.groups) - {group_name})
            group.name = new_group_name
            self.groups[new_group_name] = self.groups.pop(group_name)

    def add_user_to_group(self, group_name: str, user_name: str) -> None:
        user, group = self.get_user(user_name), self.get_group(group_name)
        if user not in group.users and len(self.get_groups_for_user(user_name)) >= rules.GROUPS_A_USER:
            raise rules.exceeded("GroupsPerUser", rules.GROUPS_A_USER)
        super().add_user_to_group(group_name, user_name)

    # Users

    def create_user(
        self,
        region_name: str,
        user_name: str,
        path: str = "/",
        tags: list[dict[str, str]] | None = None,
        permissions_boundary: str | None = None,
    ) -> User:
        rules.require_name("user", user_name, self.users)
        rules.require_path(path)
        self._require_boundary(permissions_boundary)
        self._tag_verification(tags or [])
        user = SandboxUser(self.account_id, region_name, user_name, path)  # type: ignore[abstract]
        user.id = self._unique_id("AIDA")
        user.permissions_boundary_arn = permissions_boundary
        self.tagger.tag_resource(user.arn, tags or [])
        self.users[user_name] = user
        return user

    def set_user_permissions_boundary(self, user_name: str, arn: str | None) -> None:
        user = self.get_user(user_name)
        self._require_boundary(arn)
        if isinstance(user, SandboxUser):
            user.permissions_boundary_arn = arn

    def update_user(self, user_name: str, new_path: str | None = None, new_user_name: str | None = None) -> None:
        user = self.get_user(user_name)
        rules.require_path(new_path)
        if new_user_name and new_user_name != user_name:
            rules.require_name("user", new_user_name, set(self.users) - {user_name})
        before, tags = user.arn, self.tagger.list_tags_for_resource(user.arn)["Tags"]
        super().update_user(user_name, new_path, new_user_name)
        # moto keeps a user's tags under his ARN, and his name in his keys: both are different now.
        if user.arn != before:
            self.tagger.delete_all_tags_for_resource(before)
            self.tagger.tag_resource(user.arn, tags)
        for key in user.access_keys:
            key.user_name = user.name

    def delete_user(self, user_name: str) -> None:
        user = self.get_user(user_name)
        _require_no_policies(user)
        if self.get_groups_for_user(user_name):
            raise DeleteConflictException("Cannot delete entity, must remove users from group first.")
        for what, held in (
            ("delete access keys", user.access_keys),
            ("delete login profile", user.password),
            ("deactivate MFA devices", user.mfa_devices),
            ("delete signing certificates", user.signing_certificates),
            ("delete SSH public keys", user.ssh_public_keys),
        ):
            if held:
                raise DeleteConflictException(f"Cannot delete entity, must {what} first.")
        super().delete_user(user_name)

    def delete_access_key_by_name(self, name: str) -> None:
        if name not in self.access_keys:
            raise NotFoundException(f"The Access Key with id {name} cannot be found.")
        super().delete_access_key_by_name(name)
        self.retired_keys.add(name)

    def update_access_key(self, user_name: str, access_key_id: str, status: str | None = None) -> AccessKey:
        if status not in ("Active", "Inactive"):
            raise rules.ValidationError(
                f"1 validation error detected: Value '{status}' at 'status' failed to satisfy constraint: "
                "Member must satisfy enum value set: [Active, Inactive]"
            )
        return super().update_access_key(user_name, access_key_id, status)


def _boundary(identity: object) -> str | None:
    return getattr(identity, "permissions_boundary_arn", None)


def _require_no_policies(owner: Group | User) -> None:
    if owner.managed_policies:
        raise DeleteConflictException("Cannot delete entity, must detach all policies first.")
    if owner.policies:
        raise DeleteConflictException("Cannot delete entity, must delete policies first.")
