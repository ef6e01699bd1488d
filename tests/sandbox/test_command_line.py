# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m sandbox``: how it starts, what it says, how it stops."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import boto3
import pytest

from sandbox import moto_parts
from sandbox.client import Sandbox, SandboxError

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "sandbox"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_says_where_it_listens_and_stops_cleanly_on_a_signal(number: signal.Signals, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    with subprocess.Popen(
        [*COMMAND, "--ready-file", str(ready)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        url = ready.read_text().strip()
        assert line == f"sandbox: listening on {url}"
        assert Sandbox(url).health()["status"] == "ready"
        process.send_signal(number)
        rest, errors = process.communicate(timeout=10)
    assert (process.returncode, rest, errors) == (0, "", "")


def test_the_client_starts_and_stops_a_server_and_options_reach_it(tmp_path: Path) -> None:
    log_file = tmp_path / "requests.jsonl"
    started = time.monotonic()
    sandbox = Sandbox.start(rates=True, latency=0.01, log_file=log_file)
    # 1.2 s on an idle machine; the bound leaves room for a busy one.
    assert time.monotonic() - started < 8
    settings = sandbox.settings()
    assert (settings["rates_enabled"], settings["latency_seconds"]) == (True, 0.01)
    # What the server was started with is what a reset goes back to.
    sandbox.change_settings(rates_enabled=False, latency_seconds=0)
    sandbox.reset()
    assert sandbox.settings() == settings
    client = boto3.client("kms", **sandbox.boto3_arguments())
    client.list_keys()
    client.list_aliases()
    client.close()
    in_memory = sandbox.log()
    assert sandbox.stop() == 0
    assert [entry["operation"] for entry in in_memory] == ["ListKeys", "ListAliases"]
    assert [json.loads(line) for line in log_file.read_text().splitlines()] == in_memory
    with pytest.raises(SandboxError, match="does not answer"):
        sandbox.health()


def test_a_port_in_use_is_told(server: Sandbox) -> None:
    port = int(server.url.rsplit(":", 1)[1])
    text = f"ended with code 1: sandbox: cannot listen on 127.0.0.1 port {port}: Address already in use. Another"
    with pytest.raises(SandboxError, match=text):
        Sandbox.start(port=port)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "198.51.100.7", "example.com"])  # noqa: S104
def test_only_loopback_is_listened_on(host: str) -> None:
    ended = subprocess.run(
        [*COMMAND, "--host", host], cwd=ROOT, capture_output=True, text=True, timeout=20, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"sandbox: refusing to listen on '{host}'")


def test_a_moto_without_a_needed_part_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    moto_parts.require_moto()
    monkeypatch.setitem(moto_parts.NEEDED, "moto.kms.models", ("KmsBackend.no_such_method",))
    with pytest.raises(moto_parts.MotoMismatch, match=r"has no moto\.kms\.models\.KmsBackend\.no_such_method$"):
        moto_parts.require_moto()
