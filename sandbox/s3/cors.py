# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cross-origin requests: preflights, and the headers by which a browser lets a script read an answer.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html: the first rule that fits origin, method and headers.
"""

from __future__ import annotations

import fnmatch
from typing import Any

from moto.s3.models import CorsRule, FakeBucket

from sandbox.errors import Answer, ServiceError

_OURS = "access-control-"


def preflight(environ: dict[str, Any], bucket: FakeBucket | None) -> Answer:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html: nobody needs to sign it."""
    origin = environ.get("HTTP_ORIGIN")
    method = environ.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD")
    if not origin or not method:
        missing = "Origin request header needed." if not origin else "Invalid Access-Control-Request-Method: null"
        raise ServiceError("BadRequest", f"Insufficient information. {missing}", 400)
    wanted = _words(environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS"))
    if bucket is None or not bucket.cors:
        raise ServiceError("AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.", 403)
    rule = _rule(bucket, str(origin), str(method), wanted)
    if rule is None:
        text = (
            "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request"
        )
        raise ServiceError("AccessForbidden", f"{text} method or headers are not whitelisted by the CORS spec.", 403)
    headers = _headers(rule, str(origin))
    if wanted:
        headers.append(("Access-Control-Allow-Headers", ", ".join(wanted)))
    return Answer(200, headers, b"")


def with_cors(answer: Answer, environ: dict[str, Any], bucket: FakeBucket | None) -> Answer:
    """The answer with the headers that the bucket's rules give, and none of moto's."""
    headers = [(name, value) for name, value in answer.headers if not name.lower().startswith(_OURS)]
    origin = environ.get("HTTP_ORIGIN")
    if bucket is not None and origin:
        rule = _rule(bucket, str(origin), str(environ.get("REQUEST_METHOD")), [])
        headers += _headers(rule, str(origin)) if rule else []
    return Answer(answer.status, headers, answer.body)


def _rule(bucket: FakeBucket, origin: str, method: str, wanted: list[str]) -> CorsRule | None:
    for rule in bucket.cors:
        fits = (
            any(fnmatch.fnmatchcase(origin, pattern) for pattern in _listed(rule.allowed_origins))
            and method in _listed(rule.allowed_methods)
            and all(
                any(fnmatch.fnmatchcase(name, pattern.lower()) for pattern in _listed(rule.allowed_headers))
                for name in wanted
            )
        )
        if fits:
            return rule
    return None


def _headers(rule: CorsRule, origin: str) -> list[tuple[str, str]]:
    everybody = "*" in _listed(rule.allowed_origins)
    headers = [
        ("Access-Control-Allow-Origin", "*" if everybody else origin),
        ("Access-Control-Allow-Methods", ", ".join(_listed(rule.allowed_methods))),
        ("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"),
    ]
    if not everybody:
        headers.append(("Access-Control-Allow-Credentials", "true"))
    if rule.exposed_headers:
        headers.append(("Access-Control-Expose-Headers", ", ".join(_listed(rule.exposed_headers))))
    if rule.max_age_seconds:
        headers.append(("Access-Control-Max-Age", str(rule.max_age_seconds)))
    return headers


def _listed(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(value)] if isinstance(value, str) else [str(one) for one in value]


def _words(text: Any) -> list[str]:
    return [word.strip().lower() for word in str(text or "").split(",") if word.strip()]
