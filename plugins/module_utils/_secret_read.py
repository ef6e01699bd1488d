# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads hex keys from AWS Secrets Manager: two calls a key, side by side, and no listing. Private to the collection.

Contents are checked where they arrive; only what is public goes on from here. Secrets are asked for by their whole name
or whole ARN, never by a partial ARN: names such as ``…-signer`` end like the suffix that AWS adds to ARNs.

An edge: the client is a parameter, and neither ansible nor amazon.aws is imported.
"""

from __future__ import annotations

import time
import typing as t
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller, CallFailed
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import KeySpec
from ansible_collections.interchain.agent_ops.plugins.module_utils._secret_contents import (
    check_claims,
    parse_contents,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._secret_plan import (
    CURRENT,
    PREVIOUS,
    Reading,
    Version,
    describe,
)

ABSENT = "ResourceNotFoundException"
WRONG_STATE = "InvalidRequestException"

_TRIES = 6
_FIRST_WAIT = 0.1


@dataclass
class _Value:
    """What GetSecretValue says: a version, with its key and what is wrong with its contents, or a refusal."""

    id: str | None = None
    version: Version | None = None
    error: str | None = None
    refusal: CallFailed | None = None


class SecretReader:
    """Reads one account's secrets in one Region."""

    def __init__(self, client: t.Any, call: Caller, *, workers: int) -> None:
        self.client = client
        self.call = call
        self.workers = workers

    def describe(self, secret: str) -> dict[str, t.Any] | None:
        """Return what is known about a secret, by name or ARN; None where AWS says that there is no such secret."""
        try:
            return self.call(self.client, "describe_secret", SecretId=secret)
        except CallFailed as exc:
            if exc.code == ABSENT:
                return None
            raise

    def read(self, specs: t.Sequence[KeySpec]) -> dict[str, Reading]:
        """Return name -> what Secrets Manager holds. An error on one key is in that key's reading."""
        with ThreadPoolExecutor(max_workers=max(1, self.workers)) as pool:
            # Whatever waits below waits for something that was begun before it, so that it cannot wait in vain.
            pairs = [
                (spec, pool.submit(self.describe, spec.name), pool.submit(self._value, spec, spec.name))
                for spec in specs
            ]
            readings = list(pool.map(lambda pair: self._join(*pair), pairs))
        return {spec.name: reading for spec, reading in zip(specs, readings, strict=True)}

    def await_reading(self, spec: KeySpec, ready: t.Callable[[Reading], bool]) -> Reading:
        """Read a secret until it shows what was written a moment ago, or for as long as that can reasonably take."""
        reading = self.read([spec])[spec.name]
        for attempt in range(_TRIES - 1):
            if reading.error or ready(reading):
                break
            time.sleep(_FIRST_WAIT * 2**attempt)
            reading = self.read([spec])[spec.name]
        return reading

    def _value(self, spec: KeySpec, secret: str, version: str | None = None) -> _Value | None:
        parameters: dict[str, t.Any] = {"VersionId": version} if version else {}
        try:
            answer = self.call(self.client, "get_secret_value", SecretId=secret, **parameters)
        except CallFailed as exc:
            if exc.code == ABSENT:
                return None
            if exc.code == WRONG_STATE:
                return _Value(refusal=exc)
            raise
        value = _Value(str(answer["VersionId"]))
        what = describe(spec, answer)
        try:
            contents = parse_contents(answer.get("SecretString"), what)
            value.version = Version(str(value.id), contents.address, contents.public_key)
            check_claims(contents, spec, what)
        except ValueError as exc:
            value.error = str(exc)
        return value

    def _join(
        self, spec: KeySpec, description: Future[dict[str, t.Any] | None], current: Future[_Value | None]
    ) -> Reading:
        """Join the two answers for a key. They may differ if the secret changed between them: then ask again."""
        try:
            metadata, value = description.result(), current.result()
            for attempt in range(_TRIES):
                if _agree(metadata, value):
                    return self._reading(spec, metadata, value)
                time.sleep(_FIRST_WAIT * 2**attempt)
                metadata, value = self.describe(spec.name), self._value(spec, spec.name)
        except CallFailed as exc:
            return Reading(error=str(exc))
        if value is not None and value.refusal is not None:
            return Reading(error=str(value.refusal))
        return Reading(error=f"{describe(spec, metadata)} has changed while it was read. Run again")

    def _reading(self, spec: KeySpec, metadata: dict[str, t.Any] | None, value: _Value | None) -> Reading:
        reading = Reading(metadata)
        if metadata is None or reading.dying:
            return reading
        if value is None:
            reading.contents_error = (
                f"{describe(spec, metadata)} has no value with the label {CURRENT}. Expected: a key made for it."
                " Give one of its versions that label, or delete the secret and run again for a new key"
            )
            return reading
        reading.current, reading.contents_error = value.version, value.error
        version = reading.version_with(PREVIOUS)
        if version is not None:
            previous = self._value(spec, str(metadata["ARN"]), version)
            reading.previous = previous.version if previous else None
        return reading


def _agree(metadata: dict[str, t.Any] | None, value: _Value | None) -> bool:
    reading = Reading(metadata)
    if metadata is None:
        return value is None
    if reading.dying:
        return True
    return reading.version_with(CURRENT) == (value.id if value else None) and not (value and value.refusal)
