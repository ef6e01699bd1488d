# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a request says about itself: service, operation, account, region, who calls, which resources."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

from moto.core.request import Request
from moto.core.routing import get_service_router

from sandbox.writes import changes_state

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
_TARGETS = {
    "TrentService": "kms",
    "secretsmanager": "secretsmanager",
    "ResourceGroupsTaggingAPI_20170126": "tag",
}
# Signing name -> prefix of IAM actions, where the two differ. The log and the faults speak of IAM actions.
_PREFIXES = {"tagging": "tag"}
# S3 Control signs as S3 does, and is told by its paths.
_S3_CONTROL = "/v20180820/"
_UNKNOWN_KEY = "AKIAEXAMPLE"
# Operations that bring a proof of their own instead of a signature.
_UNSIGNED = frozenset({"AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"})

# Parameters that name a resource. Nothing else of a request's content is ever logged: it may be secret.
_RESOURCE_NAMES = (
    "KeyId",
    "AliasName",
    "TargetKeyId",
    "SecretId",
    "Name",
    "GrantId",
    "UserName",
    "GroupName",
    "RoleName",
    "PolicyName",
    "PolicyArn",
    "AccessKeyId",
)
_LONGEST_NAME = 2048


@dataclass
class Call:
    """One request to an AWS service."""

    environ: dict[str, Any]
    body: bytes
    service: str
    operation: str
    region: str
    access_key: str
    arrived: float = field(default_factory=time.time)
    account: str = ""
    params: dict[str, Any] = field(default_factory=dict)

    @property
    def action(self) -> str:
        return f"{self.service}:{self.operation}"

    @property
    def write(self) -> bool:
        return changes_state(self.service, self.operation, str(self.environ.get("REQUEST_METHOD", "")))

    def resource_names(self) -> dict[str, str]:
        """The names of resources in the request, and nothing else of it."""
        names = {}
        for name in _RESOURCE_NAMES:
            value = self.params.get(name)
            if isinstance(value, str):
                names[name] = value[:_LONGEST_NAME]
        if self.service == "s3":
            names["Path"] = str(self.environ.get("PATH_INFO", ""))[:_LONGEST_NAME]
        return names


def parse_call(environ: dict[str, Any]) -> Call:
    body = environ["wsgi.input"].getvalue()
    access_key, region, signed_for = _credential(environ)
    service = _PREFIXES.get(signed_for, signed_for)
    operation = ""
    params: dict[str, Any] = {}
    target = str(environ.get("HTTP_X_AMZ_TARGET", ""))
    if "." in target:
        prefix, operation = target.rsplit(".", 1)
        service = _TARGETS.get(prefix, service)
        params = _json_params(body)
    elif str(environ.get("CONTENT_TYPE", "")).startswith("application/x-www-form-urlencoded"):
        form = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
        if "Action" in form:
            params = {name: values[0] for name, values in form.items()}
            operation = str(params["Action"])
            if not service and operation in _UNSIGNED:
                service = "sts"
    if not operation:
        service = service or "s3"
        if service == "s3" and str(environ.get("PATH_INFO", "")).startswith(_S3_CONTROL):
            service = "s3control"
        operation = _rest_operation(service, environ)
    return Call(environ, body, service, operation, region, access_key, params=params)


def _credential(environ: dict[str, Any]) -> tuple[str, str, str]:
    """Access key id, region and signing name from the signature: a header, or a presigned URL's query."""
    text = str(environ.get("HTTP_AUTHORIZATION", ""))
    if not text and "X-Amz-Credential" in str(environ.get("QUERY_STRING", "")):
        text = unquote(str(environ["QUERY_STRING"])).replace("X-Amz-Credential=", "Credential=")
    found = _CREDENTIAL.search(text)
    if found is None:
        return _UNKNOWN_KEY, "us-east-1", ""
    return found.group(1), found.group(2), found.group(3).lower()


def _json_params(body: bytes) -> dict[str, Any]:
    try:
        params = json.loads(body or b"{}")
    except ValueError:
        return {}
    return params if isinstance(params, dict) else {}


def _rest_operation(service: str, environ: dict[str, Any]) -> str:
    """The operation of a request that is told by method and path alone, from the service's own model."""
    try:
        operation, _unused = get_service_router(service).match(Request(dict(environ)))
    except Exception:
        # Not every request fits a model (a browser's, an unknown service's); the method still says something.
        return str(environ.get("REQUEST_METHOD", "GET"))
    return str(operation.name)
