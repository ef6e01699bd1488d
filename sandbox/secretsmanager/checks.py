# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Secrets Manager refuses before it looks for a secret."""

from __future__ import annotations

import base64
import binascii
import json
import re
import uuid
from typing import Any

from sandbox.errors import ServiceError
from sandbox.iam.conditions import is_well_formed

_NAME = re.compile(r"[A-Za-z0-9/_+=.@!-]{1,512}")
_MOST_BYTES = 65536
_MOST_TAGS = 50


def invalid_parameter(message: str) -> ServiceError:
    return ServiceError("InvalidParameterException", message)


def required(params: dict[str, Any], name: str, longest: int = 2048) -> str:
    value = params.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= longest:
        raise ServiceError("ValidationException", f"{name} must be a string of 1 to {longest} characters")
    return value


def secret_name(params: dict[str, Any]) -> str:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html"""
    name = required(params, "Name", 512)
    if not _NAME.fullmatch(name):
        raise ServiceError(
            "ValidationException",
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
        )
    return name


def secret_value(params: dict[str, Any], *, needed: bool) -> tuple[str | None, str | None]:
    """SecretString or SecretBinary (in base64, as moto keeps it). Messages never show the value."""
    string, binary = params.get("SecretString"), params.get("SecretBinary")
    if string is not None and binary is not None:
        raise invalid_parameter(
            "You can't specify both a binary secret value and a string secret value in the same secret."
        )
    if string is None and binary is None:
        if needed:
            raise ServiceError("InvalidRequestException", "You must provide either SecretString or SecretBinary.")
        return None, None
    if string is not None:
        if not isinstance(string, str) or not 1 <= len(string.encode()) <= _MOST_BYTES:
            raise ServiceError("ValidationException", f"SecretString must have 1 to {_MOST_BYTES} bytes")
        return string, None
    try:
        size = len(base64.b64decode(str(binary), validate=True))
    except (binascii.Error, ValueError):
        raise ServiceError("SerializationException", "SecretBinary is not base64") from None
    if not 1 <= size <= _MOST_BYTES:
        raise ServiceError("ValidationException", f"SecretBinary must have 1 to {_MOST_BYTES} bytes")
    return None, str(binary)


def request_token(params: dict[str, Any]) -> str:
    """The token becomes the version's id. SDKs send one always; a request without gets a random one."""
    token = params.get("ClientRequestToken")
    if token is None:
        return str(uuid.uuid4())
    if not isinstance(token, str) or not 32 <= len(token) <= 64:
        raise invalid_parameter("ClientRequestToken must be 32-64 characters long.")
    return token


def tags_of(params: dict[str, Any]) -> list[dict[str, str]]:
    """https://docs.aws.amazon.com/general/latest/gr/aws_tagging.html"""
    tags = params.get("Tags") or []
    if not isinstance(tags, list) or not all(isinstance(tag, dict) for tag in tags):
        raise invalid_parameter("Tags must be a list of Key and Value")
    if len(tags) > _MOST_TAGS:
        raise invalid_parameter(f"A secret can have at most {_MOST_TAGS} tags.")
    names = [tag.get("Key") for tag in tags]
    if len(set(names)) < len(names):
        raise invalid_parameter("A tag key must not be given twice.")
    for tag in tags:
        key, value = tag.get("Key"), tag.get("Value", "")
        if not isinstance(key, str) or not 1 <= len(key) <= 128:
            raise invalid_parameter("A tag key must have 1 to 128 characters.")
        if not isinstance(value, str) or len(value) > 256:
            raise invalid_parameter(f"The value of tag {key} must have at most 256 characters.")
        if key.lower().startswith("aws:"):
            raise invalid_parameter("A tag key must not begin with aws:, which is reserved.")
    return [{"Key": tag["Key"], "Value": tag.get("Value", "")} for tag in tags]


def require_resource_policy(params: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html"""
    try:
        document = json.loads(required(params, "ResourcePolicy", 20480))
    except ValueError:
        document = None
    statements = document.get("Statement") if isinstance(document, dict) else None
    listed = statements if isinstance(statements, list) else [statements]
    if not all(
        isinstance(one, dict)
        and one.get("Effect") in ("Allow", "Deny")
        and ("Principal" in one) != ("NotPrincipal" in one)
        and ("Action" in one) != ("NotAction" in one)
        and is_well_formed(one.get("Condition", {}))
        for one in listed
    ):
        raise ServiceError("MalformedPolicyDocumentException", "This resource policy contains a syntax error.")


def stages_of(params: dict[str, Any]) -> list[str]:
    stages = params.get("VersionStages")
    if stages is None:
        return ["AWSCURRENT"]
    if not isinstance(stages, list) or not 1 <= len(stages) <= 20:
        raise invalid_parameter("VersionStages must have 1 to 20 items.")
    if not all(isinstance(stage, str) and 1 <= len(stage) <= 256 for stage in stages):
        raise invalid_parameter("A staging label must have 1 to 256 characters.")
    return list(dict.fromkeys(stages))
