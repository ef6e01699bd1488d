# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS's request rates, and answers that take their time."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sandbox.client import Sandbox, SandboxError
from sandbox.rates import Rates
from sandbox.requests import Call

# https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html
PUBLISHED = {"kms:CreateKey": 5, "kms:CreateAlias": 5, "kms:TagResource": 10, "kms:DescribeKey": 2000, "kms:Sign": 1000}


def call(operation: str, account: str = "123456789012", region: str = "us-west-2") -> Call:
    return Call({}, b"", "kms", operation, region, "SANDBOXKEYID7QZ4XW2V", account=account)


def test_a_bucket_holds_a_seconds_worth_and_fills_at_the_rate() -> None:
    now = [100.0]
    rates = Rates(True, clock=lambda: now[0])
    assert [rates.allows(call("CreateKey")) for _time in range(6)] == [True] * 5 + [False]
    # Every operation, account and region has a bucket of its own.
    assert rates.allows(call("CreateAlias"))
    assert rates.allows(call("CreateKey", account="222222222222"))
    assert rates.allows(call("CreateKey", region="eu-west-1"))
    now[0] += 0.2
    assert [rates.allows(call("CreateKey")) for _time in range(2)] == [True, False]
    now[0] += 60
    assert [rates.allows(call("CreateKey")) for _time in range(6)] == [True] * 5 + [False]


def test_sign_and_verify_share_a_quota() -> None:
    rates = Rates(True, clock=lambda: 1.0)
    rates.change({"kms:Sign": 3})
    assert [rates.allows(call(name)) for name in ("Sign", "Verify", "Sign", "Verify")] == [True] * 3 + [False]


def test_rates_are_off_until_they_are_wanted(sandbox: Sandbox, kms: Any) -> None:
    assert sandbox.settings()["rates_enabled"] is False
    for _time in range(12):
        kms.create_key()
    assert [entry["status"] for entry in sandbox.log()] == [200] * 12


def test_the_published_rates(sandbox: Sandbox) -> None:
    rates = sandbox.settings()["rates"]
    assert {action: rates[action] for action in PUBLISHED} == PUBLISHED


def test_too_many_requests_are_throttled(sandbox: Sandbox, kms: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/kms/latest/developerguide/throttling.html"""
    sandbox.change_settings(rates_enabled=True, rates={"kms:CreateKey": 2, "kms:ListKeys": None})
    for _time in range(2):
        kms.create_key()
    with refused("ThrottlingException", "You have exceeded the rate at which you may call KMS"):
        kms.create_key()
    entry = sandbox.log()[-1]
    assert (entry["status"], entry["error"], entry["fault"]) == (400, "ThrottlingException", "rate")
    assert len(kms.list_keys()["Keys"]) == 2
    time.sleep(0.55)
    kms.create_key()


def test_every_answer_takes_its_time_side_by_side(sandbox: Sandbox, kms: Any, new_key: Any) -> None:
    key_id = new_key()
    sandbox.change_settings(latency_seconds=0.2)
    started = time.monotonic()
    kms.describe_key(KeyId=key_id)
    assert time.monotonic() - started >= 0.2
    started = time.monotonic()
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _number: kms.describe_key(KeyId=key_id), range(20)))
    # One after the other they would take 4 s.
    assert 0.2 <= time.monotonic() - started < 1.5
    assert all(entry["duration"] >= 0.2 for entry in sandbox.log()[1:])


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"latency_seconds": -1}, "'latency_seconds' must be a number from 0 to 60"),
        ({"latency_seconds": "1"}, "'latency_seconds' must be a number"),
        ({"rates_enabled": "yes"}, "'rates_enabled' must be true or false"),
        ({"rates": {"CreateKey": 1}}, "belongs to an action"),
        ({"rates": {"kms:CreateKey": 0}}, "must be a number above 0"),
        ({"rates": []}, "'rates' must be an object"),
        ({"speed": 1}, "unknown setting 'speed'"),
        ({"latency_seconds": 1, "rates": {"kms:CreateKey": 0}}, "must be a number above 0"),
    ],
)
def test_wrong_settings_are_refused_and_change_nothing(sandbox: Sandbox, settings: dict[str, Any], text: str) -> None:
    before = sandbox.settings()
    with pytest.raises(SandboxError, match=text):
        sandbox.change_settings(**settings)
    assert sandbox.settings() == before
