# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Throttling, hard limits, pacing, and how many requests a run makes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from sandbox.client import Sandbox
from tests.module.kms_world import World, opened, staging, tags_of, wanted

KEY = wanted("staging-kovan-updater-signer")


def many(count: int) -> list[dict[str, object]]:
    return [wanted(f"staging-kovan-agent{number:03}-signer") for number in range(count)]


@pytest.fixture
def world(sandbox: Sandbox, tmp_path: Path) -> Iterator[World]:
    yield from opened(sandbox, tmp_path)


def test_half_of_all_requests_throttled(world: World) -> None:
    keys = staging()[:4]
    world.sandbox.add_fault(action="*", kind="throttle", probability=0.5, seed=4)
    # Which requests chance finds differs: threads ask in an order of their own. A creation is among them for sure.
    world.sandbox.add_fault(action="kms:CreateKey", kind="throttle", times=1)
    first = world.succeed(keys)
    second = world.succeed(keys)
    assert any(entry["fault"] == "throttle" for entry in world.log("CreateKey"))
    world.sandbox.remove_faults()
    assert first.actions == ["created"] * 4
    assert second.actions == ["unchanged"] * 4
    assert "hrottl" not in first.output + second.output
    world.assert_one_each(keys)


def test_who_the_caller_is_asked_again(world: World) -> None:
    world.sandbox.add_fault(action="sts:GetCallerIdentity", kind="throttle", times=3)
    assert world.succeed([KEY]).actions == ["created"]
    assert [entry["error"] for entry in world.log("GetCallerIdentity")][:4] == ["Throttling"] * 3 + [None]


def test_a_hard_limit_is_not_tried_again(world: World) -> None:
    """50 aliases a key: LimitExceededException, which waiting does not heal."""
    full = world.make(*(f"other-{number:02}" for number in range(50)), tags=tags_of(KEY))
    left = world.make(tags=tags_of(KEY), Description=KEY["description"])
    for number in range(50):
        world.kms.update_alias(AliasName=f"alias/other-{number:02}", TargetKeyId=full["KeyId"])
    world.sandbox.add_fault(action="kms:CreateAlias", kind="hold_before", times=1)
    world.mark()
    begun = time.monotonic()
    run = world.start([KEY])
    world.sandbox.wait_held()
    for number in range(50):
        world.kms.update_alias(AliasName=f"alias/other-{number:02}", TargetKeyId=left["KeyId"])
    world.sandbox.release()
    result = run.wait()
    assert result.get("failed")
    assert "kms:CreateAlias failed: LimitExceededException" in result.row["error"]
    assert [entry["error"] for entry in world.log("CreateAlias")] == ["LimitExceededException"]
    assert time.monotonic() - begun < 5


def test_creations_are_paced_to_the_rates_of_the_account(world: World) -> None:
    """Ten times AWS's rates on both sides, so that it takes a tenth of the time."""
    rates = {"CreateKey": 50, "CreateAlias": 50}
    world.sandbox.change_settings(rates_enabled=True, rates={f"kms:{name}": rate for name, rate in rates.items()})
    world.succeed(many(120), request_rates=rates)
    for operation, rate in rates.items():
        times = sorted(entry["time"] for entry in world.log(operation) if entry["error"] is None)
        assert len(times) == 120
        # The first second's worth may come at once; nothing but waiting makes the rest come this late.
        assert times[-1] - times[0] >= 0.9 * (120 - rate) / rate


def test_the_published_rates_are_the_default(world: World) -> None:
    """5 CreateKey and 5 CreateAlias a second: 20 keys, and no throttling that anybody sees."""
    world.sandbox.change_settings(rates_enabled=True)
    result = world.succeed(many(20), request_rates=None)
    assert result.actions == ["created"] * 20
    assert "hrottl" not in result.output
    for operation in ("CreateKey", "CreateAlias"):
        times = sorted(entry["time"] for entry in world.log(operation) if entry["error"] is None)
        assert times[-1] - times[0] >= 0.9 * (20 - 5) / 5


def test_two_runs_share_the_rates_and_both_finish(world: World) -> None:
    """Each paces itself, the account throttles both: retried, and never shown."""
    rates = {"CreateKey": 30, "CreateAlias": 30}
    world.sandbox.change_settings(rates_enabled=True, rates={f"kms:{name}": rate for name, rate in rates.items()})
    keys = many(80)
    results = [run.wait() for run in [world.start(half, request_rates=rates) for half in (keys[:40], keys[40:])]]
    assert [result.actions for result in results] == [["created"] * 40] * 2
    assert any(entry["error"] == "ThrottlingException" for entry in world.log())
    world.assert_one_each(keys)


def test_the_requests_of_forty_existing_keys(world: World) -> None:
    keys = many(40)
    world.succeed(keys)
    world.make_foreign_aliases(300)
    world.mark()
    assert world.succeed(keys).actions == ["unchanged"] * 40
    operations = Counter(entry["operation"] for entry in world.log())
    assert operations.total() <= 95
    assert operations == {"GetCallerIdentity": 1, "GetResources": 1, "DescribeKey": 40, "GetPublicKey": 40}


def test_reading_is_side_by_side(world: World) -> None:
    keys = many(40)
    world.succeed(keys)
    world.sandbox.change_settings(latency_seconds=0.05)
    begun = time.monotonic()
    world.succeed(keys)
    # One after the other, 82 answers of 0.05 s would take more than four seconds.
    assert time.monotonic() - begun < 2


def test_workers_bound_how_much_is_asked_at_once(world: World) -> None:
    keys = many(10)
    world.succeed(keys)
    world.sandbox.change_settings(latency_seconds=0.01)
    world.mark()
    world.succeed(keys, workers=1)
    entries = sorted(world.log(), key=lambda entry: entry["time"])
    assert all(later["time"] >= earlier["time"] + 0.01 for earlier, later in pairwise(entries))


def test_the_cost_of_creating(world: World) -> None:
    """Two writes and a public key for each key, and one listing for all of them."""
    world.succeed(many(14))
    operations = Counter(entry["operation"] for entry in world.log())
    assert operations == {
        "GetCallerIdentity": 1,
        "GetResources": 1,
        "DescribeKey": 14,
        "GetPublicKey": 28,
        "ListAliases": 1,
        "CreateKey": 14,
        "CreateAlias": 14,
    }
