# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pacing, on a clock of its own."""

from __future__ import annotations

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils import _aws_calls as aws_calls


class Clock:
    """Moves only where somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(aws_calls, "time", clock)
    return clock


@pytest.mark.parametrize("rate", [1, 5, 50, 2.5])
def test_no_second_sees_more_than_the_rate(clock: Clock, rate: float) -> None:
    pacer = aws_calls.Pacer({"CreateKey": rate})
    times = []
    for _number in range(120):
        pacer.wait("CreateKey")
        times.append(clock.now)
    at_once = max(1, int(rate))
    assert times[at_once - 1] == times[0]
    assert all(later - earlier >= 1.0 * at_once / rate for earlier, later in zip(times, times[at_once:], strict=False))
    # And it waits no longer than it must.
    assert times[-1] - times[0] <= 1.03 * 120 / rate


def test_operations_without_a_rate_do_not_wait(clock: Clock) -> None:
    pacer = aws_calls.Pacer({"CreateKey": 1})
    for _number in range(10):
        pacer.wait("GetPublicKey")
    assert clock.now == 1000.0


def test_each_operation_has_a_rate_of_its_own(clock: Clock) -> None:
    pacer = aws_calls.Pacer({"CreateKey": 1, "CreateAlias": 1})
    pacer.wait("CreateKey")
    pacer.wait("CreateAlias")
    assert clock.now == 1000.0
