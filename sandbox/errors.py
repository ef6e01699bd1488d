# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors as AWS's services answer them, in the protocol of the service that was asked."""

from __future__ import annotations

import json
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

JSON_CONTENT_TYPE = "application/x-amz-json-1.1"
XML_CONTENT_TYPE = "text/xml"


class Answer(NamedTuple):
    """An HTTP answer before it is sent."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class ServiceError(Exception):
    """An error that a service answers: AWS's code, a text, and the HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class BadControlRequest(Exception):
    """A request to the control interface that cannot be met; the text says why."""


class DropConnection(Exception):
    """The connection is to be closed without an answer."""


# What each service calls these three errors. Sources: the services' API references ("Common errors" and the
# operations' own errors), https://docs.aws.amazon.com/kms/latest/developerguide/throttling.html,
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_THROTTLED: dict[str, tuple[str, int]] = {
    "kms": ("ThrottlingException", 400),
    "secretsmanager": ("ThrottlingException", 400),
    "tag": ("ThrottledException", 400),
    "iam": ("Throttling", 400),
    "sts": ("Throttling", 400),
    "s3": ("SlowDown", 503),
}
_INTERNAL: dict[str, str] = {
    "kms": "KMSInternalException",
    "secretsmanager": "InternalServiceError",
    "tag": "InternalServiceException",
    "iam": "ServiceFailure",
    "sts": "InternalFailure",
    "s3": "InternalError",
}
_JSON_SERVICES = frozenset({"kms", "secretsmanager", "tag"})


def throttled(service: str) -> ServiceError:
    code, status = _THROTTLED.get(service, ("ThrottlingException", 400))
    if service == "kms":
        text = "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls."
    else:
        text = "Rate exceeded"
    return ServiceError(code, text, status)


def internal(service: str) -> ServiceError:
    return ServiceError(_INTERNAL.get(service, "InternalFailure"), "An internal error was asked of the sandbox.", 500)


def access_denied(service: str, principal: str, action: str, resource: str, reason: str | None = None) -> ServiceError:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"""
    reason = reason or f"because no identity-based policy allows the {action} action"
    text = f"User: {principal} is not authorized to perform: {action} on resource: {resource} {reason}"
    if service in _JSON_SERVICES:
        return ServiceError("AccessDeniedException", text, 400)
    return ServiceError("AccessDenied", text, 403)


def not_implemented(action: str) -> ServiceError:
    """400 and not 500: botocore retries a 500, and no retry will help."""
    return ServiceError("SandboxNotImplemented", f"The sandbox does not implement {action}.", 400)


def json_answer(status: int, content: Any, content_type: str = JSON_CONTENT_TYPE) -> Answer:
    body = b"" if content is None else json.dumps(content).encode()
    return Answer(status, [("Content-Type", content_type)], body)


def render(service: str, error: ServiceError) -> Answer:
    """The error in the protocol of the service: JSON, S3's XML, or the query protocol's XML."""
    if service in _JSON_SERVICES:
        answer = json_answer(error.status, {"__type": error.code, "message": error.message})
        answer.headers.append(("x-amzn-ErrorType", error.code))
        return answer
    code, text = escape(error.code), escape(error.message)
    if service == "s3":
        xml = f"<Error><Code>{code}</Code><Message>{text}</Message><RequestId>sandbox</RequestId></Error>"
    else:
        kind = "Receiver" if error.status >= 500 else "Sender"
        xml = (
            f"<ErrorResponse><Error><Type>{kind}</Type><Code>{code}</Code><Message>{text}</Message></Error>"
            "<RequestId>sandbox</RequestId></ErrorResponse>"
        )
    body = ('<?xml version="1.0" encoding="UTF-8"?>' + xml).encode()
    return Answer(error.status, [("Content-Type", XML_CONTENT_TYPE)], body)
