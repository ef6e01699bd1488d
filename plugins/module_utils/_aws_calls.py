# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls to AWS: paced to published request rates, retried where that is safe. Private to the collection.

The clients that are passed in must not retry by themselves (``total_max_attempts=1``). None of botocore's retry
modes fits AWS KMS: *standard* and *adaptive* retry ``LimitExceededException``, which in KMS is a hard resource
quota, and each of them repeats a ``CreateKey`` whose answer was lost, which makes a second key.
"""

from __future__ import annotations

import random
import re
import threading
import time
import typing as t
from collections import deque
from concurrent.futures import ThreadPoolExecutor

try:
    from botocore import exceptions as boto
    from botocore.parsers import ResponseParserError
except ImportError:
    pass  # the module's shell reports a missing botocore before it comes here

THROTTLED = frozenset(
    {"ThrottlingException", "Throttling", "ThrottledException", "TooManyRequestsException", "RequestLimitExceeded"}
    | {"SlowDown"}  # Amazon S3
)
DENIED = frozenset({"AccessDeniedException", "AccessDenied", "UnauthorizedOperation", "NotAuthorized"})
TRANSIENT = frozenset(
    {
        "DependencyTimeoutException",
        "InternalFailure",
        "InternalServerError",
        "InternalServiceError",
        "InternalServiceException",
        "KMSInternalException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
    }
)

# AWS's request quotas a second for one account and Region, all adjustable. KMS:
# https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html
# Secrets Manager: https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
PUBLISHED_RATES: t.Mapping[str, float] = {
    "CancelKeyDeletion": 5,
    "CreateAlias": 5,
    "CreateKey": 5,
    "DeleteAlias": 15,
    "EnableKey": 5,
    "ScheduleKeyDeletion": 15,
    "TagResource": 10,
    "UpdateKeyDescription": 5,
    "CreateSecret": 50,
    "DeleteSecret": 50,
    "PutSecretValue": 50,
    "RestoreSecret": 50,
}

_NAMED_ACTION = re.compile(r"not authorized to perform: ([a-z0-9-]+:[A-Za-z]+)")

# Where IAM calls a service otherwise than its signatures do.
_IAM_PREFIXES = {"tagging": "tag"}
# And where it calls an operation otherwise than the API does.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
_IAM_ACTIONS = {
    "s3": {
        "GetBucketCors": "GetBucketCORS",
        "GetBucketEncryption": "GetEncryptionConfiguration",
        "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
        "HeadBucket": "ListBucket",
        "ListBuckets": "ListAllMyBuckets",
        "ListMultipartUploads": "ListBucketMultipartUploads",
        "ListObjectVersions": "ListBucketVersions",
    },
    "s3control": {"GetPublicAccessBlock": "GetAccountPublicAccessBlock"},
}

_FIRST_WAIT = 0.1
_LONGEST_WAIT = 3.0
_ATTEMPTS = 20
# Nothing listens there, or no name, or no route: waiting longer does not help somebody who mistyped an endpoint.
_CONNECT_ATTEMPTS = 3


class CallFailed(Exception):
    """An AWS call that failed for good.

    :ivar action: the IAM action, for instance ``kms:CreateKey``.
    :ivar code: AWS's error code, or None where no answer came.
    :ivar unknown: the work may have been done although no answer says so.
    """

    def __init__(self, action: str, code: str | None, message: str, *, unknown: bool = False) -> None:
        super().__init__(message)
        self.action = action
        self.code = code
        self.message = message
        self.unknown = unknown

    @property
    def denied(self) -> bool:
        return self.code in DENIED

    def __str__(self) -> str:
        if self.denied:
            return f"The caller lacks the permission {self.action}: {self.message}"
        if self.code in THROTTLED:
            return f"{self.action} was throttled {_ATTEMPTS} times in a row: {self.message}"
        reason = f"{self.code}: {self.message}" if self.code else self.message
        return f"{self.action} failed: {reason}"


class Pacer:
    """Lets through no more calls of an operation than its rate allows in any one second, across threads."""

    # Calls that leave a second apart may arrive a little closer.
    _MARGIN = 1.02

    def __init__(self, rates: t.Mapping[str, float]) -> None:
        self._rates = rates
        self._slots: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def wait(self, operation: str) -> None:
        rate = self._rates.get(operation)
        if not rate:
            return
        at_once = max(1, int(rate))
        with self._lock:
            slots = self._slots.setdefault(operation, deque(maxlen=at_once))
            slot = time.monotonic()
            if len(slots) == at_once:
                slot = max(slot, slots[0] + self._MARGIN * at_once / rate)
            slots.append(slot)
        delay = slot - time.monotonic()
        if delay > 0:
            time.sleep(delay)


def _backoff(attempt: int) -> float:
    # Full jitter, so that threads and runs that were throttled together do not come back together.
    return random.uniform(0, min(_LONGEST_WAIT, _FIRST_WAIT * 2**attempt))  # noqa: S311


class Caller:
    """Makes AWS calls on behalf of the edges."""

    def __init__(self, rates: t.Mapping[str, float] | None = None) -> None:
        self.rates = {**PUBLISHED_RATES, **(rates or {})}
        self._pacer = Pacer(self.rates)

    def __call__(self, client: t.Any, method: str, *, repeatable: bool = True, **parameters: t.Any) -> dict[str, t.Any]:
        """Call ``client.method(**parameters)``.

        :param repeatable: False for a call that must not be sent again unless AWS said that it was not done.
        :raises CallFailed: when it failed for good.
        """
        operation = client.meta.method_to_api_mapping[method]
        service = client.meta.service_model.signing_name
        named = _IAM_ACTIONS.get(client.meta.service_model.service_name, {}).get(operation, operation)
        action = f"{_IAM_PREFIXES.get(service, service)}:{named}"
        for attempt in range(_ATTEMPTS):
            self._pacer.wait(operation)
            try:
                return t.cast("dict[str, t.Any]", getattr(client, method)(**parameters))
            except boto.ClientError as exc:
                failure = _answered(action, exc)
                again = failure.code in THROTTLED or (failure.unknown and repeatable)
            except (boto.EndpointConnectionError, boto.ConnectTimeoutError) as exc:
                failure = CallFailed(action, None, f"{exc}")
                again = attempt + 1 < _CONNECT_ATTEMPTS
            except boto.HTTPClientError as exc:
                failure = CallFailed(action, None, f"the connection broke before an answer came ({exc})", unknown=True)
                again = repeatable
            except ResponseParserError:
                # Not a BotoCoreError, and its text quotes the whole answer, which may hold a secret.
                failure = CallFailed(action, None, "an answer came that cannot be read", unknown=True)
                again = False
            except boto.BotoCoreError as exc:
                raise CallFailed(action, None, f"{exc}") from exc
            if not again or attempt + 1 == _ATTEMPTS:
                raise failure
            time.sleep(_backoff(attempt))
        raise AssertionError("unreachable")  # pragma: no cover

    def pages(
        self, client: t.Any, method: str, items: str, token_in: str, token_out: str, **parameters: t.Any
    ) -> t.Iterator[t.Any]:
        """Yield the items of all pages of a listing. botocore's paginators cannot be retried page by page."""
        while True:
            answer = self(client, method, **parameters)
            yield from answer.get(items, ())
            if not answer.get(token_out):
                return
            parameters[token_in] = answer[token_out]


def _answered(action: str, exc: t.Any) -> CallFailed:
    error = exc.response.get("Error", {})
    code = str(error.get("Code", "")) or None
    status = exc.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    message = str(error.get("Message") or error.get("message") or exc)
    # CreateKey with tags, for one, needs a second permission, and AWS says which of the two is missing.
    named = _NAMED_ACTION.search(message)
    if code in DENIED and named:
        action = named[1]
    return CallFailed(action, code, message, unknown=code in TRANSIENT or status >= 500)


Argument = t.TypeVar("Argument")
Result = t.TypeVar("Result")


def side_by_side(
    function: t.Callable[[Argument], Result], arguments: t.Iterable[Argument], *, workers: int
) -> list[Result]:
    """Return ``function`` of each argument, in order, computed by that many threads."""
    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        return list(pool.map(function, arguments))
