# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose the credentials are.

Access keys that were made here belong to their users, credentials that AssumeRole gave to a session of their role.
All others are the account's administrator, as is a session of a role that never existed: that is the sandbox's way
into other accounts.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from moto.core.utils import utcnow
from moto.iam.models import Role, iam_backends
from moto.utilities.utils import get_partition

from sandbox.errors import ServiceError
from sandbox.iam.backend import SandboxIamBackend
from sandbox.iam.context import tags_context
from sandbox.iam.holdings import Holding, holding_of
from sandbox.iam.principals import Caller
from sandbox.iam.sessions import Session, session_of
from sandbox.locks import STATE
from sandbox.requests import Call

_INVALID = {"s3": ("InvalidAccessKeyId", 403)}
_JSON = frozenset({"kms", "secretsmanager", "tag"})


def caller_of(call: Call, lag: float) -> Caller | None:
    """None for an administrator; an error for credentials that do not count any more."""
    backend = iam_backend(call.account, call.region)
    key = backend.access_keys.get(call.access_key)
    if key is None:
        # Known elsewhere: a request may name another account than its key is of, which helps moto's users alone.
        if any(call.access_key in known.retired_keys or call.access_key in known.access_keys for known in _backends()):
            raise _invalid(call.service)
        return None
    if key.user_name is None:
        return _session(call, backend, lag)
    user = backend.users.get(key.user_name)
    if user is None or key.status != "Active":
        raise _invalid(call.service)
    return _user_caller(backend, user, lag)


def iam_backend(account: str, region: str = "us-east-1") -> SandboxIamBackend:
    backend = iam_backends[account][get_partition(region)]
    if not isinstance(backend, SandboxIamBackend):
        raise TypeError("the corrections of IAM are not installed")
    return backend


def _backends() -> list[SandboxIamBackend]:
    found = [backend for _account, _region, backend in iam_backends.iter_backends()]
    return [backend for backend in found if isinstance(backend, SandboxIamBackend)]


def remember_holdings(wanted: bool) -> None:
    """Begin or end to remember who had which policies when."""
    with STATE:
        for backend in _backends():
            if wanted:
                backend.holdings.begin(backend)
            else:
                backend.holdings.end()


def note_change(call: Call) -> None:
    """After a request that changed IAM."""
    with STATE:
        backend = iam_backend(call.account, call.region)
        backend.holdings.note(backend)


def _user_caller(backend: SandboxIamBackend, user: Any, lag: float) -> Caller:
    holding = _holding(backend, user, lag)
    return Caller(
        arn=user.arn,
        account=backend.account_id,
        unique_id=user.id,
        policies=holding.policies,
        boundary=holding.boundary,
        context={
            "aws:PrincipalArn": user.arn,
            "aws:PrincipalAccount": backend.account_id,
            "aws:PrincipalType": "User",
            "aws:userid": user.id,
            "aws:username": user.name,
            **tags_context("aws:PrincipalTag", holding.tags),
        },
    )


def _session(call: Call, backend: SandboxIamBackend, lag: float) -> Caller | None:
    session = session_of(call.account, call.region, call.access_key)
    if session is None or session.role is None:
        return None
    if session.told.expiration <= utcnow():
        code = "ExpiredTokenException" if call.service in _JSON else "ExpiredToken"
        text = "The security token included in the request is expired"
        raise ServiceError(code, text, 400 if call.service in _JSON else 403)
    if backend.roles.get(session.role.id) is not session.role:
        raise _invalid(call.service)
    return _session_caller(backend, session, session.role, lag)


def _session_caller(backend: SandboxIamBackend, session: Session, role: Role, lag: float) -> Caller:
    holding = _holding(backend, role, lag)
    return Caller(
        arn=session.told.arn,
        account=backend.account_id,
        unique_id=role.id,
        policies=holding.policies,
        boundary=holding.boundary,
        role_arn=role.arn,
        session_policy=session.told.policy or None,
        context={
            "aws:PrincipalArn": role.arn,
            "aws:PrincipalAccount": backend.account_id,
            "aws:PrincipalType": "AssumedRole",
            "aws:userid": f"{role.id}:{session.told.session_name}",
            "aws:TokenIssueTime": _written(session.begun),
            "aws:MultiFactorAuthPresent": "false",
            **tags_context("aws:PrincipalTag", holding.tags),
        },
    )


def _holding(backend: SandboxIamBackend, identity: Any, lag: float) -> Holding:
    earlier = backend.holdings.at(identity.id, time.time() - lag) if lag else None
    return earlier if earlier is not None else holding_of(backend, identity)


def surroundings(call: Call) -> dict[str, str]:
    """Global condition keys of every request. The sandbox stands for AWS's endpoints, which take TLS alone."""
    now = datetime.now(UTC)
    return {
        "aws:CurrentTime": _written(now),
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:RequestedRegion": call.region,
        "aws:SecureTransport": "true",
        "aws:SourceIp": str(call.environ.get("REMOTE_ADDR") or "127.0.0.1"),
        "aws:UserAgent": str(call.environ.get("HTTP_USER_AGENT", "")),
        "aws:ViaAWSService": "false",
        "aws:PrincipalIsAWSService": "false",
    }


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _invalid(service: str) -> ServiceError:
    """https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html"""
    code, status = _INVALID.get(service, ("InvalidClientTokenId", 403))
    if service in _JSON:
        code, status = "UnrecognizedClientException", 400
    return ServiceError(code, "The security token included in the request is invalid.", status)
