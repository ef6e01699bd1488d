# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may assume a role: its trust policy, and the caller's own policies.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html and API_AssumeRoleWithWebIdentity.html
"""

from __future__ import annotations

import base64
import binascii
import json
from functools import lru_cache
from typing import Any

from moto.iam.models import Role

from sandbox.errors import ServiceError
from sandbox.iam.backend import SandboxIamBackend
from sandbox.iam.context import Context, Values
from sandbox.iam.documents import Statement, statements_of
from sandbox.iam.evaluation import Question, refusal
from sandbox.iam.principals import Caller

_FEDERATED = "sts:AssumeRoleWithWebIdentity"


@lru_cache(maxsize=512)
def _with_resource(text: str) -> str:
    """A trust policy is about its role, and says so nowhere."""
    document = json.loads(text)
    found = document.get("Statement", [])
    statements = [{**one, "Resource": "*"} for one in (found if isinstance(found, list) else [found])]
    return json.dumps({**document, "Statement": statements})


def role_of(params: dict[str, Any], backend: SandboxIamBackend) -> Role | None:
    return next((role for role in backend.roles.values() if role.arn == params.get("RoleArn")), None)


def may_assume(params: dict[str, Any], role: Role, caller: Caller, around: Values) -> bool:
    """In one account the trust policy can do with the caller's ARN; between two, both sides must allow."""
    context = Context(around, caller.context, _of_request(params))
    question = Question(
        "sts:AssumeRole",
        role.arn,
        context,
        resource_policy=_with_resource(role.assume_role_policy_document),
        by_leave_of_the_resource=True,
    )
    if refusal(question, caller) is not None:
        return False
    if role.account_id == caller.account:
        return True
    return refusal(Question(question.action, role.arn, context), caller) is None


def _of_request(params: dict[str, Any]) -> Values:
    names = {"ExternalId": "sts:ExternalId", "RoleSessionName": "sts:RoleSessionName"}
    return {key: str(params[name]) for name, key in names.items() if params.get(name) is not None}


def require_web_identity(params: dict[str, Any], role: Role | None, backend: SandboxIamBackend, around: Values) -> None:
    """The claims of the token against the trust policy. Nobody here could check the token's signature."""
    claims = _claims(params.get("WebIdentityToken"))
    issuer = str(claims.get("iss", "")).removeprefix("https://").rstrip("/")
    provider = backend.open_id_providers.get(
        f"arn:{backend.partition}:iam::{backend.account_id}:oidc-provider/{issuer}"
    )
    if provider is None:
        raise ServiceError("InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {issuer}")
    audiences = claims.get("aud")
    given = [str(one) for one in (audiences if isinstance(audiences, list) else [audiences])]
    if not set(given) & set(provider.client_id_list):
        raise ServiceError("InvalidIdentityToken", "Incorrect token audience")
    values = {f"{issuer}:sub": str(claims.get("sub", "")), f"{issuer}:aud": given[0]}
    context = Context(around, values, _of_request(params))
    if role is None or not _trusts(role, provider.arn, context):
        raise ServiceError("AccessDenied", f"Not authorized to perform {_FEDERATED}", 403)


def _trusts(role: Role, provider: str, context: Context) -> bool:
    meant = [
        statement
        for statement in statements_of(_with_resource(role.assume_role_policy_document))
        if _names(statement, provider) and statement.covers(_FEDERATED, role.arn, context)
    ]
    return bool(meant) and not any(statement.denies for statement in meant)


def _names(statement: Statement, provider: str) -> bool:
    named = statement.principal
    if statement.all_principals_but or not isinstance(named, dict):
        return named == "*"
    federated = named.get("Federated", [])
    return provider in (federated if isinstance(federated, list) else [federated])


def _claims(token: Any) -> dict[str, Any]:
    try:
        part = str(token).split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, binascii.Error, ValueError):
        claims = None
    if not isinstance(claims, dict):
        raise ServiceError("InvalidIdentityToken", "The ID Token provided is not a valid JWT.")
    return claims
