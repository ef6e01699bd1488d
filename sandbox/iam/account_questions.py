# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What requests to IAM and to the tagging API must be allowed.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sandbox.iam.backend import SandboxIamBackend
from sandbox.iam.context import Context, Values, tags_context
from sandbox.iam.evaluation import Question
from sandbox.iam.principals import Caller
from sandbox.requests import Call

_LISTINGS = {"ListUsers": "user", "ListGroups": "group", "ListRoles": "role"}
# Without a user's name, these are about the caller himself.
_OWN = re.compile(r"(Get|Update|Create|Delete|List|Change|Tag|Untag)\w*(User|AccessKey|AccessKeys|Password)")
_TAG_KEYS = re.compile(r"Tags\.member\.(\d+)\.Key")
_TAG_NAMES = re.compile(r"TagKeys\.member\.\d+")


def iam_questions(call: Call, backend: SandboxIamBackend, caller: Caller, around: Values) -> Iterator[Question]:
    resource, tags = _resource(call, backend, caller)
    values: dict[str, Any] = dict(_of_request(call.params))
    values.update(tags_context("aws:ResourceTag", tags))
    values.update(tags_context("iam:ResourceTag", tags))
    if "PolicyArn" in call.params and not resource.endswith(str(call.params["PolicyArn"])):
        values["iam:PolicyARN"] = str(call.params["PolicyArn"])
    if call.params.get("PermissionsBoundary"):
        values["iam:PermissionsBoundary"] = str(call.params["PermissionsBoundary"])
    yield Question(f"iam:{call.operation}", resource, Context(around, caller.context, values))


def _resource(call: Call, backend: SandboxIamBackend, caller: Caller) -> tuple[str, dict[str, str]]:
    params, home = call.params, f"arn:{backend.partition}:iam::{backend.account_id}:"
    path = str(params.get("Path") or "/")
    if call.operation in _LISTINGS:
        return f"{home}{_LISTINGS[call.operation]}{params.get('PathPrefix') or '/'}", {}
    if "GroupName" in params:
        group = backend.groups.get(str(params["GroupName"]))
        return (group.arn if group else f"{home}group{path}{params['GroupName']}"), {}
    if "UserName" in params:
        user = backend.users.get(str(params["UserName"]))
        return (user.arn, _tags(user)) if user else (f"{home}user{path}{params['UserName']}", {})
    if "RoleName" in params:
        role = next((one for one in backend.roles.values() if one.name == params["RoleName"]), None)
        return (role.arn, _tags(role)) if role else (f"{home}role{path}{params['RoleName']}", {})
    if "PolicyArn" in params:
        return str(params["PolicyArn"]), {}
    if call.operation == "CreatePolicy":
        return f"{home}policy{path}{params.get('PolicyName')}", {}
    if "OpenIDConnectProviderArn" in params:
        return str(params["OpenIDConnectProviderArn"]), {}
    if call.operation == "CreateOpenIDConnectProvider":
        return f"{home}oidc-provider/{str(params.get('Url')).removeprefix('https://')}", {}
    if _OWN.fullmatch(call.operation) and caller.role_arn is None:
        return caller.arn, {}
    return "*", {}


def _tags(identity: Any) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in identity.tags or []}


def _of_request(params: dict[str, Any]) -> Values:
    given = {
        str(key): str(params.get(f"Tags.member.{found.group(1)}.Value", ""))
        for name, key in params.items()
        if (found := _TAG_KEYS.fullmatch(name))
    }
    names = list(given) or [str(value) for name, value in params.items() if _TAG_NAMES.fullmatch(name)]
    return {**tags_context("aws:RequestTag", given), "aws:TagKeys": names}


def tagging_questions(call: Call, caller: Caller, around: Values) -> Iterator[Question]:
    """Changing tags needs leave of the tagged service as well, which is asked under the ARNs alone."""
    tags = call.params.get("Tags")
    given = {str(key): str(value) for key, value in tags.items()} if isinstance(tags, dict) else {}
    names = list(given) or [str(name) for name in call.params.get("TagKeys") or []]
    context = Context(around, caller.context, tags_context("aws:RequestTag", given), {"aws:TagKeys": names})
    yield Question(f"tag:{call.operation}", "*", context)
    if call.operation in ("TagResources", "UntagResources"):
        for arn in call.params.get("ResourceARNList") or []:
            service = str(arn).split(":")[2] if str(arn).count(":") > 2 else ""
            if service in ("kms", "secretsmanager"):
                yield Question(f"{service}:{call.operation.removesuffix('s')}", str(arn), context)
