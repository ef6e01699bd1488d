# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The loop of the service: what comes of passes, and how it begins and ends."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import threading
from pathlib import Path

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils import _funding_network
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import REVERTED, SUPERSEDED
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_plan import (
    BANK_LOW,
    CAP,
    GAS,
    IN_FLIGHT,
    INTERVAL,
    STOPPED,
    UNAPPROVED,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_failures import KINDS, NO_FAILURES
from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_log import Log
from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_notify import Notifier

from tests.unit.plugins.module_utils.keymaster_world import Engine, Report, Service, dead, transfer, wallet


def test_a_pass_that_did_all_networks() -> None:
    service = Service(Engine([Report(transfers=[transfer()]), Report("moonbasealpha")]))
    assert service.keymaster.once() == "complete"
    assert service.engine.asked == ["send"]
    assert service.health.healthy()
    assert service.value("agent_ops_passes_total", result="complete") == 1
    assert service.lines("info")[-1] == {
        "time": "2027-01-15T08:00:00.000Z",
        "level": "info",
        "message": "pass ended",
        "environment": "staging",
        "result": "complete",
        "seconds": 0.0,
        "networks": 2,
        "confirmed": 1,
    }


@pytest.mark.parametrize("mode", ["plan", "look"])
def test_what_is_not_to_send_does_not(mode: str) -> None:
    service = Service(Engine([Report()]), mode=mode)
    service.keymaster.once()
    assert service.engine.asked == [mode]
    assert service.value("agent_ops_sending") == 0


def test_a_network_fails_alone() -> None:
    service = Service(Engine([Report(), dead()]))
    assert service.keymaster.once() == "partial"
    assert service.health.healthy()
    assert service.health.told()["failed_networks"] == {"moonbasealpha": "rpc"}
    assert service.value("agent_ops_failures_total", network="moonbasealpha", kind="rpc") == 1
    assert service.value("agent_ops_failures_total", network="kovan", kind="rpc") == 0
    (error,) = service.lines("error")
    assert error["message"] == "the node cannot be reached: Connection refused"
    assert (error["network"], error["kind"]) == ("moonbasealpha", "rpc")


def test_all_networks_fail() -> None:
    service = Service(Engine([dead("kovan"), dead()], [Report(), Report("moonbasealpha")]))
    assert service.keymaster.once() == "failed"
    assert not service.health.healthy()
    assert service.keymaster.once() == "complete"
    assert service.health.healthy()


def test_an_error_of_the_whole_pass_is_counted_and_the_next_one_begins() -> None:
    class CallFailed(Exception):
        action = "kms:DescribeKey"

    denied = CallFailed("The caller lacks the permission kms:DescribeKey: no")
    service = Service(Engine(denied, KeyError("https://kovan.example/0f7c51d2e94b"), [Report()]))
    assert [service.keymaster.once() for _turn in range(3)] == ["failed", "failed", "complete"]
    assert service.value("agent_ops_failures_total", network="", kind="kms") == 1
    first, second = service.lines("error")
    assert first["message"] == "The caller lacks the permission kms:DescribeKey: no"
    # Its text may quote what is secret.
    assert second["message"] == "KeyError"


def test_without_a_bank_wallets_are_watched_all_the_same() -> None:
    service = Service(Engine([Report()]), problem="The key staging-bank is Disabled. Expected: Enabled")
    assert service.keymaster.once() == "failed"
    assert service.engine.asked == ["look"]
    assert service.value("agent_ops_failures_total", network="", kind="kms") == 1
    assert service.value("agent_ops_bank_balance", network="kovan") == 40.25


def test_what_is_not_paid_is_counted_by_kind() -> None:
    held = [
        transfer("held", kind="cap", reason="max_day of kovan is 5 ETH, of which 1 ETH is left"),
        transfer("held", kind="interval", reason="it was paid 10 s ago"),
        transfer("stuck", kind="stuck", nonce=9),
        transfer("failed", kind="reverted", reason="it paid nothing", nonce=10),
    ]
    service = Service(Engine([Report(transfers=held)]))
    service.keymaster.once()
    counted = {kind: service.value("agent_ops_failures_total", network="kovan", kind=kind) for kind in KINDS}
    assert {kind: count for kind, count in counted.items() if count} == {"cap": 1, "stuck": 1, "reverted": 1}
    assert service.value("agent_ops_transfers_stuck", network="kovan") == 1
    assert [line["message"] for line in service.lines("warning")][:2] == [
        "transfer held: max_day of kovan is 5 ETH, of which 1 ETH is left",
        "transfer stuck",
    ]


def test_a_wallet_that_must_not_be_paid_is_told() -> None:
    blocked = wallet(state="blocked", error="The key staging-kovan-relayer-signer is Disabled. Expected: Enabled")
    service = Service(Engine([Report(wallets=[blocked])]))
    assert service.keymaster.once() == "complete"
    assert [line["message"] for line in service.lines("warning")] == [
        "The key staging-kovan-relayer-signer is Disabled. Expected: Enabled",
    ]


def test_a_service_without_passes_is_overdue_after_a_while() -> None:
    service = Service(Engine([Report()]))
    assert (service.health.ready(), service.health.healthy()) == (False, True)
    service.time += 601
    assert (service.health.overdue(), service.health.healthy()) == (True, False)
    service.keymaster.once()
    assert (service.health.ready(), service.health.healthy()) == (True, True)


def test_it_runs_until_it_is_stopped() -> None:
    class Stopping(Engine):
        def send(self) -> object:
            if len(self.asked) == 2:
                service.keymaster.stop()
            # The interval is over.
            service.time += 100
            return super().send()

    service = Service(Stopping([Report()]))
    service.keymaster.run()
    assert service.engine.asked == ["send"] * 3
    assert not service.health.ready()
    assert service.lines()[-1]["message"] == "ended"


def test_a_stop_ends_the_wait_for_the_next_pass() -> None:
    service = Service(Engine([Report()]))
    ended = threading.Thread(target=service.keymaster.run)
    ended.start()
    while not service.health.ready():
        pass
    # The clock stands still: without the signal it would wait for ever.
    service.keymaster.stop()
    ended.join(30)
    assert not ended.is_alive()
    assert service.engine.asked == ["send"]


def test_a_reload_is_refused_loudly() -> None:
    service = Service(Engine([Report()]))
    ended = threading.Thread(target=service.keymaster.run)
    ended.start()
    service.keymaster.note_reload()
    while not service.lines("warning"):
        pass
    service.keymaster.stop()
    ended.join(30)
    (line,) = service.lines("warning")
    assert line["message"] == "nothing is read anew on SIGHUP: restart the service to change its configuration"


class Systemd:
    """Whoever listens at the notification socket."""

    def __init__(self, path: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        self.socket.settimeout(30)

    def hear(self) -> str:
        return self.socket.recv(4096).decode()


def test_systemd_is_told_of_the_beginning_and_the_end(tmp_path: Path) -> None:
    systemd = Systemd(str(tmp_path / "notify"))
    service = Service(Engine([Report()]), environ={"NOTIFY_SOCKET": str(tmp_path / "notify")})
    ended = threading.Thread(target=service.keymaster.run)
    ended.start()
    assert systemd.hear() == "READY=1"
    assert systemd.hear() == "STATUS=Last pass: complete"
    service.keymaster.stop()
    assert systemd.hear() == "STOPPING=1"
    ended.join(30)
    systemd.socket.close()


def test_the_watchdog_is_answered_until_a_pass_is_overdue(tmp_path: Path) -> None:
    systemd = Systemd("\0" + f"keymaster-test-{os.getpid()}")
    environ = {"NOTIFY_SOCKET": f"@keymaster-test-{os.getpid()}", "WATCHDOG_USEC": "20000"}
    goes_on = threading.Event()

    class Hanging(Engine):
        def send(self) -> object:
            goes_on.wait(30)
            return super().send()

    service = Service(Hanging([Report()]), environ=environ)
    ended = threading.Thread(target=service.keymaster.run)
    ended.start()
    assert {systemd.hear() for _turn in range(6)} == {"READY=1", "WATCHDOG=1"}
    service.time += 10_000
    # What it said before the clock moved is still to be read; then nothing comes any more.
    systemd.socket.settimeout(0.3)
    for _turn in range(1000):
        try:
            systemd.hear()
        except TimeoutError:
            break
    else:
        pytest.fail("the watchdog is still answered")
    service.keymaster.stop()
    goes_on.set()
    ended.join(30)
    systemd.socket.close()


def test_nobody_to_tell() -> None:
    notifier = Notifier({"WATCHDOG_USEC": "1000"})
    notifier.say("READY=1")
    assert notifier.watchdog_seconds is None
    assert Notifier({"NOTIFY_SOCKET": "/nowhere", "WATCHDOG_USEC": "1500000"}).watchdog_seconds == 1.5
    Notifier({"NOTIFY_SOCKET": "/nowhere"}).say("READY=1")
    other = {"NOTIFY_SOCKET": "/nowhere", "WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"}
    assert Notifier(other).watchdog_seconds is None


def test_the_log_holds_no_secrets_and_one_line_each() -> None:
    stream = io.StringIO()
    log = Log(stream, "staging", secrets=["https://kovan.example/v3/0f7c51d2e94b", "0f7c51d2e94b"])
    log.error(
        "cannot reach https://kovan.example/v3/0f7c51d2e94b or https://other.example/a?key=b\nnow", key="0f7c51d2e94b"
    )
    log.info("sent", link="https://etherscan.io/tx/0xab", hash=None, amount="0.5", nonce=7, store="s3://bucket/staging")
    log.info("\x1b[2J" + "x" * 5000)
    log.debug("too quiet")
    first, second, third = (json.loads(line) for line in stream.getvalue().splitlines())
    assert first["message"] == "cannot reach *** or (URL) now"
    assert first["key"] == "***"
    assert second["link"] == "https://etherscan.io/tx/0xab"
    assert (second["nonce"], second["store"], "hash" in second) == (7, "s3://bucket/staging", False)
    assert "\x1b" not in third["message"]
    assert third["message"].endswith("x (cut)")


def test_a_log_that_nobody_reads_any_more_ends_nothing() -> None:
    stream = io.StringIO()
    stream.close()
    Log(stream, "staging").info("told")


def test_what_the_engine_calls_a_failure_is_one_of_the_kinds() -> None:
    engines = {
        *_funding_network.KINDS,
        CAP,
        INTERVAL,
        UNAPPROVED,
        BANK_LOW,
        GAS,
        IN_FLIGHT,
        STOPPED,
        REVERTED,
        SUPERSEDED,
    }
    assert engines <= {*KINDS, *NO_FAILURES}
    assert not set(KINDS) & set(NO_FAILURES)


def test_a_kind_that_is_new_is_another_one() -> None:
    service = Service(Engine([Report(error="it rains", kind="rain")]))
    service.keymaster.once()
    assert service.value("agent_ops_failures_total", network="kovan", kind="other") == 1


def test_signals_are_all_that_ends_it() -> None:
    # A handler runs in the middle of anything: it may only set a flag and write a byte.
    service = Service(Engine([Report()]))
    before = signal.signal(signal.SIGUSR1, lambda *_: service.keymaster.stop())
    try:
        for _turn in range(100_000):
            service.keymaster.stop()
        os.kill(os.getpid(), signal.SIGUSR1)
        assert service.keymaster.stopping()
    finally:
        signal.signal(signal.SIGUSR1, before)
