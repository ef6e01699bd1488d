# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets Manager's front: the sandbox's own operations, and moto's where moto is right."""

from __future__ import annotations

import json
from typing import Any

from moto.core.utils import camelcase_to_underscores
from moto.secretsmanager.models import secretsmanager_backends
from moto.secretsmanager.responses import SecretsManagerResponse
from werkzeug.exceptions import HTTPException

from sandbox.errors import Answer, ServiceError, json_answer, not_implemented
from sandbox.locks import STATE
from sandbox.requests import Call
from sandbox.secretsmanager.backend import SandboxSecretsBackend
from sandbox.secretsmanager.checks import require_resource_policy
from sandbox.secretsmanager.operations import OPERATIONS, rotate_without_lambda

_MOTOS = frozenset(
    {
        "BatchGetSecretValue",
        "CancelRotateSecret",
        "DeleteResourcePolicy",
        "DescribeSecret",
        "GetRandomPassword",
        "GetResourcePolicy",
        "ListSecrets",
        "PutResourcePolicy",
        "RemoveRegionsFromReplication",
        "ReplicateSecretToRegions",
        "RestoreSecret",
        "RotateSecret",
    }
)


class _MotoSecrets(SecretsManagerResponse):
    """moto's answers, fed with a request that is parsed already."""

    def __init__(self, call: Call) -> None:
        super().__init__()
        self.body = json.dumps(call.params)
        self.querystring: dict[str, Any] = {}
        self.uri_match: dict[str, Any] = {}
        self.current_account = call.account
        self.region = call.region


def install() -> None:
    """Have moto make the sandbox's backends, in every account and region."""
    secretsmanager_backends.backend = SandboxSecretsBackend


def answer(call: Call) -> Answer:
    try:
        with STATE:
            return json_answer(200, _result(call))
    except HTTPException as error:
        code = getattr(error, "error_type", "") or "InvalidRequestException"
        raise ServiceError(str(code), str(getattr(error, "message", ""))) from error


def backend_of(account: str, region: str) -> SandboxSecretsBackend:
    try:
        backend = secretsmanager_backends[account][region]
    except KeyError:
        raise ServiceError("InvalidRegion", f"There is no region {region}") from None
    if not isinstance(backend, SandboxSecretsBackend):
        raise TypeError("the corrections of Secrets Manager are not installed")
    return backend


def implements(operation: str) -> bool:
    return operation in OPERATIONS or operation in _MOTOS


def _result(call: Call) -> dict[str, Any]:
    backend = backend_of(call.account, call.region)
    own = OPERATIONS.get(call.operation)
    if own is not None:
        return own(call.params, backend) or {}
    if call.operation not in _MOTOS:
        raise not_implemented(call.action)
    if call.operation == "PutResourcePolicy":
        require_resource_policy(call.params)
    if call.operation == "RotateSecret":
        rotate_without_lambda(call.params, backend)
    result = getattr(_MotoSecrets(call), camelcase_to_underscores(call.operation))()
    told: dict[str, Any] = json.loads(result)
    return _without_deprecated(told) if call.operation == "DescribeSecret" else told


def _without_deprecated(secret: dict[str, Any]) -> dict[str, Any]:
    """Only versions with a staging label are described."""
    labelled = {version: stages for version, stages in secret.get("VersionIdsToStages", {}).items() if stages}
    return {**secret, "VersionIdsToStages": labelled}
