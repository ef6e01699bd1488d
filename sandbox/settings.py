# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings that can be changed while the server runs."""

from __future__ import annotations

from typing import Any

from sandbox.errors import BadControlRequest
from sandbox.iam.enforcement import Lags
from sandbox.kms.history import LONGEST_LAG

_LONGEST_LATENCY = 60.0


class Settings:
    def __init__(self, latency_seconds: float = 0.0, *, iam_enforced: bool = False) -> None:
        self._at_start = (checked_latency(latency_seconds), iam_enforced)
        self.reset()

    def reset(self) -> None:
        """Back to what the server was started with."""
        self.latency_seconds, self.iam_enforced = self._at_start
        self.lags = Lags()


def checked_latency(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= _LONGEST_LATENCY:
        raise BadControlRequest(f"'latency_seconds' must be a number from 0 to {_LONGEST_LATENCY:.0f}")
    return float(value)


def checked_lag(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= LONGEST_LAG:
        raise BadControlRequest(f"{name!r} must be a number from 0 to {LONGEST_LAG:.0f}")
    return float(value)


def checked_switch(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadControlRequest(f"{name!r} must be true or false")
    return value
