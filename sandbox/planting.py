# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""States that AWS can be in and that no API call of the sandbox leads to."""

from __future__ import annotations

from typing import Any

from sandbox.errors import BadControlRequest, ServiceError
from sandbox.kms.aliases import require_alias_name
from sandbox.kms.backend import SandboxKmsBackend
from sandbox.kms.keys import generate_pair
from sandbox.kms.service import backend_of
from sandbox.locks import STATE

_DEFAULT_ACCOUNT, _DEFAULT_REGION = "123456789012", "us-west-2"


def plant_alias(content: dict[str, Any]) -> dict[str, Any]:
    """An alias that no key is tied to."""
    backend, name = _place(content, "alias")
    try:
        require_alias_name(name)
    except ServiceError as error:
        raise BadControlRequest(error.message or f"{name} is not an alias that a customer may have") from None
    with STATE:
        if backend.alias_exists(name):
            raise BadControlRequest(f"{name} exists already")
        alias = backend.plant_alias(name)
    return {"alias": alias.alias_name, "arn": alias.alias_arn}


def import_key_material(content: dict[str, Any]) -> dict[str, Any]:
    """Stands for ImportKeyMaterial: a key of origin EXTERNAL gets a generated pair and is enabled."""
    backend, name = _place(content, "key_id")
    try:
        key = backend.find_key(name)
    except ServiceError as error:
        raise BadControlRequest(error.message) from None
    if key.origin != "EXTERNAL":
        raise BadControlRequest(f"{key.arn} has origin {key.origin}, not EXTERNAL")
    if key.key_state != "PendingImport":
        raise BadControlRequest(f"{key.arn} is {key.key_state}, not PendingImport")
    pair = generate_pair(key.key_spec)
    if pair is None:
        raise BadControlRequest(f"{key.arn} is of spec {key.key_spec}; only asymmetric keys can be given material")
    with STATE:
        key.import_material(pair)
    return {"key_id": key.id, "arn": key.arn, "state": key.key_state}


def _place(content: dict[str, Any], what: str) -> tuple[SandboxKmsBackend, str]:
    unknown = set(content) - {what, "account", "region"}
    if unknown:
        raise BadControlRequest(f"unknown field {sorted(unknown)[0]!r}; known are {what}, account, region")
    values = {"account": _DEFAULT_ACCOUNT, "region": _DEFAULT_REGION, **content}
    for name in (what, "account", "region"):
        if not isinstance(values.get(name), str):
            raise BadControlRequest(f"{name!r} must be given, as a string")
    try:
        return backend_of(values["account"], values["region"]), values[what]
    except ServiceError as error:
        raise BadControlRequest(error.message) from None
