# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that are held until they are released: how two runs are interleaved, or one killed, at an exact point."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError

from sandbox.client import Sandbox

CALLER = """
import boto3, sys
boto3.client("kms", endpoint_url=sys.argv[1], region_name="us-west-2", aws_access_key_id="SANDBOXKEYID7QZ4XW2V",
             aws_secret_access_key="sandbox+no/secret+Zk7vQ2mXw9Lr4TbYc1HdNp8").create_key()
"""


def state_of(sandbox: Sandbox, number: int) -> str:
    return next(str(entry["state"]) for entry in sandbox.log() if entry["number"] == number)


def wait_until_done(sandbox: Sandbox, number: int) -> dict[str, Any]:
    for _time in range(200):
        entry = next(entry for entry in sandbox.log() if entry["number"] == number)
        if entry["state"] == "done":
            return entry
        time.sleep(0.02)
    raise AssertionError(f"request {number} is {entry['state']}")


@pytest.mark.parametrize(("kind", "keys_meanwhile"), [("hold_before", 0), ("hold_after", 1)])
def test_a_held_request_waits_for_its_release(sandbox: Sandbox, kms: Any, kind: str, keys_meanwhile: int) -> None:
    sandbox.add_fault(action="kms:CreateKey", kind=kind, times=1)
    with ThreadPoolExecutor(1) as pool:
        running: Future[Any] = pool.submit(kms.create_key)
        (held,) = sandbox.wait_held()
        assert held["phase"] == kind
        assert state_of(sandbox, held["request"]) == ("held_before" if kind == "hold_before" else "held_after")
        assert len(kms.list_keys()["Keys"]) == keys_meanwhile
        assert not running.done()
        assert sandbox.release(request=held["request"]) == [held["request"]]
        assert running.result(10)["KeyMetadata"]["Enabled"] is True
    entry = wait_until_done(sandbox, held["request"])
    assert (entry["status"], entry["fault"]) == (200, kind)
    assert sandbox.held() == []


def test_requests_are_released_one_by_one_by_fault_or_all(sandbox: Sandbox, kms: Any) -> None:
    keys = sandbox.add_fault(action="kms:ListKeys", kind="hold_before")
    sandbox.add_fault(action="kms:ListAliases", kind="hold_before")
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(call) for call in (kms.list_keys, kms.list_keys, kms.list_aliases, kms.list_aliases)]
        held = sandbox.wait_held(4)
        aliases = [one["request"] for one in held if one["fault"] != keys]
        assert sandbox.release(request=aliases[0]) == [aliases[0]]
        assert len(sandbox.release(fault=keys)) == 2
        for _time in range(200):
            if sum(call.done() for call in calls) == 3:
                break
            time.sleep(0.02)
        assert [one["request"] for one in sandbox.held()] == aliases[1:]
        assert sandbox.release() == aliases[1:]
        assert all(call.result(10) for call in calls)


def test_taking_the_fault_back_releases(sandbox: Sandbox, kms: Any) -> None:
    sandbox.add_fault(action="kms:ListKeys", kind="hold_before")
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(kms.list_keys)
        sandbox.wait_held()
        sandbox.remove_faults()
        assert call.result(10)["Keys"] == []


@pytest.mark.parametrize(("kind", "keys"), [("hold_before", 0), ("hold_after", 1)])
def test_a_killed_client_ends_its_held_request(sandbox: Sandbox, kms: Any, kind: str, keys: int) -> None:
    """Held before the work, a dead client's request is never done; held after it, it is done."""
    sandbox.add_fault(action="kms:CreateKey", kind=kind, times=1)
    caller = subprocess.Popen([sys.executable, "-c", CALLER, sandbox.url])
    (held,) = sandbox.wait_held()
    caller.kill()
    caller.wait()
    entry = wait_until_done(sandbox, held["request"])
    assert (entry["status"], entry["fault"]) == (None, kind)
    assert sandbox.held() == []
    assert len(kms.list_keys()["Keys"]) == keys


def test_a_reset_drops_held_requests(sandbox: Sandbox, kms: Any) -> None:
    sandbox.add_fault(action="kms:CreateKey", kind="hold_before")
    failures: list[BaseException] = []

    def create() -> None:
        try:
            kms.create_key()
        except ConnectionClosedError as error:
            failures.append(error)

    thread = threading.Thread(target=create)
    thread.start()
    sandbox.wait_held()
    sandbox.reset()
    thread.join(10)
    assert len(failures) == 1
    assert kms.list_keys()["Keys"] == []


def test_held_requests_hold_nobody_else(sandbox: Sandbox, kms: Any, new_key: Any) -> None:
    key_id = new_key()
    sandbox.add_fault(action="kms:CreateAlias", kind="hold_after")
    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(kms.create_alias, AliasName=f"alias/{number}", TargetKeyId=key_id) for number in range(8)]
        sandbox.wait_held(8)
        assert len(kms.list_aliases(KeyId=key_id)["Aliases"]) == 8
        kms.update_key_description(KeyId=key_id, Description="meanwhile")
        sandbox.release()
        assert [call.exception(10) for call in calls] == [None] * 8
