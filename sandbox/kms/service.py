# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""KMS's front: finds the operation, the account's keys and the caller, and answers in KMS's protocol."""

from __future__ import annotations

import json

from moto.kms.models import kms_backends
from werkzeug.exceptions import HTTPException

from sandbox.callers import principal_of
from sandbox.errors import Answer, ServiceError, json_answer, not_implemented
from sandbox.kms import aliases, ciphers, creation, grants, lifecycle, policies, signing, tags
from sandbox.kms.backend import SandboxKmsBackend
from sandbox.kms.operation import OPERATIONS, KmsCall
from sandbox.locks import STATE
from sandbox.requests import Call

THEMES = (aliases, ciphers, creation, grants, lifecycle, policies, signing, tags)
"""Imported for what they add to OPERATIONS."""


def install() -> None:
    """Have moto make the sandbox's backends, in every account and region."""
    kms_backends.backend = SandboxKmsBackend


def backend_of(account: str, region: str) -> SandboxKmsBackend:
    try:
        backend = kms_backends[account][region]
    except KeyError:
        raise ServiceError("InvalidRegion", f"There is no region {region}") from None
    if not isinstance(backend, SandboxKmsBackend):
        raise TypeError("the corrections of KMS are not installed")
    return backend


def answer(call: Call) -> Answer:
    known = OPERATIONS.get(call.operation)
    if known is None:
        raise not_implemented(call.action)
    backend = backend_of(call.account, call.region)
    kms_call = KmsCall(call.operation, call.params, backend, lambda: principal_of(call))
    try:
        if known.locked:
            with STATE:
                result = known.function(kms_call)
        else:
            result = known.function(kms_call)
    except HTTPException as error:
        raise _moto_error(error) from error
    return json_answer(200, result)


def _moto_error(error: HTTPException) -> ServiceError:
    """moto's own exceptions carry their answer as a text of JSON."""
    try:
        told = json.loads(error.description or "{}")
    except ValueError:
        told = {}
    code = told.get("__type") or getattr(error, "error_type", None) or "ValidationException"
    return ServiceError(str(code).rsplit("#", 1)[-1], str(told.get("message", getattr(error, "message", ""))))
