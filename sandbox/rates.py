# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS's published request rates, an operation, an account and a region, as token buckets."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from sandbox.errors import BadControlRequest
from sandbox.requests import Call

# Requests a second, per account and region, of all principals together.
# Source: https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html
PUBLISHED: dict[str, float] = {
    "kms:CancelKeyDeletion": 5,
    "kms:CreateAlias": 5,
    "kms:CreateKey": 5,
    "kms:DeleteAlias": 15,
    "kms:DescribeKey": 2000,
    "kms:DisableKey": 5,
    "kms:EnableKey": 5,
    "kms:GetKeyLastUsage": 5,
    "kms:GetKeyPolicy": 1000,
    "kms:GetParametersForImport": 1,
    "kms:GetPublicKey": 2000,
    "kms:ImportKeyMaterial": 15,
    "kms:ListAliases": 500,
    "kms:ListGrants": 100,
    "kms:ListKeyPolicies": 100,
    "kms:ListKeys": 500,
    "kms:ListResourceTags": 2000,
    "kms:PutKeyPolicy": 15,
    "kms:ReplicateKey": 5,
    "kms:ScheduleKeyDeletion": 15,
    "kms:Sign": 1000,
    "kms:TagResource": 10,
    "kms:UntagResource": 5,
    "kms:UpdateAlias": 5,
}
# Operations that draw on another one's quota: cryptographic requests on elliptic curve keys share theirs.
SHARED = {"kms:Verify": "kms:Sign"}


class Rates:
    """A bucket holds one second's worth and fills at the rate; an empty one throttles."""

    def __init__(self, enabled: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self._enabled_at_start = enabled
        self.enabled = enabled
        self._rates = dict(PUBLISHED)
        self._buckets: dict[tuple[str, str, str], tuple[float, float]] = {}

    def allows(self, call: Call) -> bool:
        if not self.enabled:
            return True
        action = SHARED.get(call.action, call.action)
        with self._lock:
            rate = self._rates.get(action)
            if rate is None:
                return True
            capacity = max(rate, 1.0)
            now = self._clock()
            place = (call.account, call.region, action)
            tokens, before = self._buckets.get(place, (capacity, now))
            tokens = min(capacity, tokens + (now - before) * rate)
            allowed = tokens >= 1
            self._buckets[place] = (tokens - 1 if allowed else tokens, now)
            return allowed

    def per_second(self) -> dict[str, float]:
        with self._lock:
            return dict(sorted(self._rates.items()))

    def change(self, rates: Any) -> None:
        """Set rates; null lifts an operation's limit. The buckets start anew, full."""
        if not isinstance(rates, dict):
            raise BadControlRequest("'rates' must be an object of action and requests a second")
        for action, rate in rates.items():
            if not isinstance(action, str) or ":" not in action:
                raise BadControlRequest(f"a rate belongs to an action such as 'kms:CreateKey', not to {action!r}")
            if rate is not None and (isinstance(rate, bool) or not isinstance(rate, (int, float)) or rate <= 0):
                raise BadControlRequest(f"the rate of {action} must be a number above 0, or null for no limit")
        with self._lock:
            for action, rate in rates.items():
                if rate is None:
                    self._rates.pop(action, None)
                else:
                    self._rates[action] = float(rate)
            self._buckets.clear()

    def switch(self, enabled: bool) -> None:
        with self._lock:
            self.enabled = enabled
            self._buckets.clear()

    def reset(self) -> None:
        """Back to what the server was started with."""
        with self._lock:
            self.enabled = self._enabled_at_start
            self._rates = dict(PUBLISHED)
            self._buckets.clear()
