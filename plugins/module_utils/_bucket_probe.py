# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks a bucket over HTTP, without credentials, what anybody may do with it. Private to the collection.

An edge: the S3 client, by which an object is put to ask about and deleted again, is a parameter, and neither ansible
nor amazon.aws is imported.
"""

from __future__ import annotations

import contextlib
import http.client
import secrets
import time
import typing as t
import urllib.error
import urllib.request
from dataclasses import dataclass

from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller, CallFailed

PREFIX = "agent_ops-probe-"
_SECONDS = 10
_OPENER = urllib.request.build_opener()
_PAUSE = 2.0
# For the patterns of origins, and where every origin is let in.
_SOME_ORIGIN = "https://agent-ops.example.org"

Answer = dict[str, t.Any]


@dataclass(frozen=True)
class Wanted:
    """What the bucket is to answer.

    :ivar url: that readers append an object's key to. :ivar account_id: whose the bucket must be.
    """

    bucket: str
    account_id: str
    url: str
    public_list: bool = False
    tls_only: bool = False
    cors_origins: t.Sequence[str] = ()


@dataclass(frozen=True)
class _Question:
    asked: str
    method: str
    url: str
    status: int
    headers: t.Mapping[str, str]
    body: bytes | None = None


def probe(call: Caller, s3: t.Any, wanted: Wanted, *, wait_seconds: float) -> list[Answer]:
    """Put an object, ask, and delete it again, whatever came of it.

    It is put anew each time: while a former policy still counts somewhere, it may have been changed or deleted.

    :returns: ``asked``, ``expected``, ``found`` and ``ok`` of each question. :raises CallFailed: if the caller may not
        put or delete the object.
    """
    key = PREFIX + secrets.token_hex(8)
    content = secrets.token_hex(16).encode()
    place: dict[str, t.Any] = {"Bucket": wanted.bucket, "Key": key, "ExpectedBucketOwner": wanted.account_id}
    versions: dict[str | None, None] = {}
    unexpected = False
    try:
        end = time.monotonic() + wait_seconds
        while True:
            versions[call(s3, "put_object", Body=content, **place).get("VersionId")] = None
            answers = [_ask(question, content) for question in _questions(wanted, key)]
            if all(answer["ok"] for answer in answers):
                return answers
            unexpected = True
            if time.monotonic() > end:
                return answers
            time.sleep(_PAUSE)
    finally:
        for version in versions:
            _delete(call, s3, place, version)
        if any(versions) and unexpected:
            # Where anybody could put or delete, there is more than what was put here. Nobody need have that right too.
            with contextlib.suppress(CallFailed):
                _delete_versions(call, s3, place)


def _delete(call: Caller, s3: t.Any, place: t.Mapping[str, t.Any], version: str | None) -> None:
    if version is not None:
        call(s3, "delete_object", **place, VersionId=version)
        return
    told = call(s3, "delete_object", **place)
    if told.get("DeleteMarker"):
        # Versions were kept before, and their markers are in the way of a removal.
        call(s3, "delete_object", **place, VersionId=told["VersionId"])


def _delete_versions(call: Caller, s3: t.Any, place: t.Mapping[str, t.Any]) -> None:
    rest = {"Bucket": place["Bucket"], "ExpectedBucketOwner": place["ExpectedBucketOwner"]}
    listed = call(s3, "list_object_versions", Prefix=place["Key"], **rest)
    for one in (*listed.get("Versions", ()), *listed.get("DeleteMarkers", ())):
        call(s3, "delete_object", Key=one["Key"], VersionId=one["VersionId"], **rest)


def _questions(wanted: Wanted, key: str) -> t.Iterator[_Question]:
    url = wanted.url + key
    yield _Question("get an object", "GET", url, 200, {})
    yield _Question("put an object", "PUT", url, 403, {}, b"forged")
    yield _Question("delete an object", "DELETE", url, 403, {})
    yield _Question("get an object that is not there", "GET", f"{url}-not", 404 if wanted.public_list else 403, {})
    yield _Question("list the bucket", "GET", f"{wanted.url}?list-type=2", 200 if wanted.public_list else 403, {})
    if url.startswith("https://"):
        plain = "http://" + url.removeprefix("https://")
        yield _Question("get an object over plain HTTP", "GET", plain, 403 if wanted.tls_only else 200, {})
    for pattern in wanted.cors_origins or [_SOME_ORIGIN]:
        origin = _SOME_ORIGIN if pattern == "*" else pattern.replace("*", "agent-ops")
        headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        yield _Question(f"read from a script of {origin}", "OPTIONS", url, 200 if wanted.cors_origins else 403, headers)


def _ask(question: _Question, content: bytes) -> Answer:
    request = urllib.request.Request(  # noqa: S310
        question.url, data=question.body, method=question.method, headers=dict(question.headers)
    )
    wrong_content = False
    try:
        with _OPENER.open(request, timeout=_SECONDS) as answer:
            found = str(answer.status)
            body = answer.read(len(content) + 1)
            wrong_content = question.asked == "get an object" and body != content
    except urllib.error.HTTPError as error:
        found = str(error.code)
        error.close()
    except (OSError, http.client.HTTPException) as error:
        found = f"no answer: {getattr(error, 'reason', error)}"
    if wrong_content:
        found = "200 with another content"
    return {
        "asked": question.asked,
        "expected": str(question.status),
        "found": found,
        "ok": found == str(question.status),
    }


def failures(answers: t.Iterable[t.Mapping[str, t.Any]], bucket: str) -> list[str]:
    """Return a sentence for each answer that is not the expected one."""
    return [
        f"Without credentials, to {answer['asked']} in {bucket} is answered with {answer['found']}. Expected:"
        f" {answer['expected']}"
        for answer in answers
        if not answer["ok"]
    ]
