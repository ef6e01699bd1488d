# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM's answers where moto has none, or others than AWS."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.serialize import never_return, url_encode
from moto.iam import urls
from moto.iam.models import iam_backends
from moto.iam.responses import IamResponse
from moto.sts.models import sts_backends

from sandbox.iam.backend import SandboxIamBackend
from sandbox.iam.details import by_name, details, page
from sandbox.iam.sessions import SandboxStsBackend


class SandboxIamResponse(IamResponse):
    def __init__(self) -> None:
        super().__init__()
        # "URL-encoded compliant with RFC 3986":
        # https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html
        self.RESPONSE_KEY_PATH_TO_TRANSFORMER = {
            **IamResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER,
            "GetPolicyVersionResponse.PolicyVersion.Document": url_encode,
            "ListPolicyVersionsResponse.Versions.PolicyVersion.Document": never_return,
            "ListRolesResponse.Roles.Role.AssumeRolePolicyDocument": url_encode,
        }

    @property
    def backend(self) -> SandboxIamBackend:
        backend = iam_backends[self.current_account][self.partition]
        if not isinstance(backend, SandboxIamBackend):
            raise TypeError("the corrections of IAM are not installed")
        return backend

    def create_user(self) -> ActionResult:
        user = self.backend.create_user(
            self.region,
            user_name=self._get_param("UserName"),
            path=self._get_param("Path"),
            tags=self._get_param("Tags", []),
            permissions_boundary=self._get_param("PermissionsBoundary"),
        )
        return ActionResult({"User": user})

    def put_user_permissions_boundary(self) -> ActionResult:
        arn = self._get_param("PermissionsBoundary")
        self.backend.set_user_permissions_boundary(self._get_param("UserName"), arn)
        return EmptyResult()

    def delete_user_permissions_boundary(self) -> ActionResult:
        self.backend.set_user_permissions_boundary(self._get_param("UserName"), None)
        return EmptyResult()

    def get_account_authorization_details(self) -> ActionResult:
        """A page holds entities of all kinds together."""
        shown, more = self._page(details(self.backend, self._get_param("Filter", [])))
        answer: dict[str, Any] = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}
        for place, detail in shown:
            answer[place].append(detail)
        return ActionResult({**answer, **more})

    def list_users(self) -> ActionResult:
        """Without tags and boundaries: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html"""
        prefix = self._get_param("PathPrefix") or "/"
        users = [user for user in by_name(self.backend.users.values()) if user.path.startswith(prefix)]
        shown, more = self._page(users)
        told = [
            {
                "Path": user.path,
                "UserName": user.name,
                "UserId": user.id,
                "Arn": user.arn,
                "CreateDate": user.create_date,
            }
            for user in shown
        ]
        return ActionResult({"Users": told, **more})

    def list_groups(self) -> ActionResult:
        prefix = self._get_param("PathPrefix") or "/"
        groups = [group for group in by_name(self.backend.groups.values()) if group.path.startswith(prefix)]
        shown, more = self._page(groups)
        return ActionResult({"Groups": list(shown), **more})

    def list_service_specific_credentials(self) -> ActionResult:
        """Nobody has any: the operation that creates them is not there."""
        name = self._get_param("UserName")
        if name:
            self.backend.get_user(name)
        return ActionResult({"ServiceSpecificCredentials": []})

    def _page(self, items: list[Any]) -> tuple[Any, dict[str, Any]]:
        most = self._get_param("MaxItems")
        return page(items, self._get_param("Marker"), None if most is None else int(most))


def install() -> None:
    """Have moto make the sandbox's backends in every account, and answer with its answers."""
    iam_backends.backend = SandboxIamBackend
    sts_backends.backend = SandboxStsBackend
    urls.url_paths = {"{0}/$": SandboxIamResponse.dispatch}
