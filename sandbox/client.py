# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start, steer and question a sandbox. Needs the standard library alone.

with Sandbox.start() as sandbox:
    kms = boto3.client("kms", **sandbox.boto3_arguments())
    sandbox.add_fault(action="kms:CreateAlias", kind="lost_answer", times=1)
    ...
    writes = [entry for entry in sandbox.log() if entry["write"]]
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

# Not secret: the sandbox believes every signature. Long and odd, so that masking one of them in an output cannot
# hit anything else, and in no form that a search for leaked credentials finds.
ACCESS_KEY_ID = "SANDBOXKEYID7QZ4XW2V"
SECRET_ACCESS_KEY = "sandbox+no/secret+Zk7vQ2mXw9Lr4TbYc1HdNp8"  # noqa: S105
ACCOUNT_ID = "123456789012"
REGION = "us-west-2"

_ROOT = Path(__file__).resolve().parent.parent


class SandboxError(Exception):
    """The sandbox could not be started, or refused a request to its control interface."""


class Sandbox:
    """A running sandbox. ``process`` is set if it was started from here."""

    def __init__(self, url: str, process: subprocess.Popen[bytes] | None = None) -> None:
        self.url = url.rstrip("/")
        self.process = process
        # Environment variables may name a proxy, which has no business between here and a loopback address.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    @classmethod
    def start(
        cls,
        *,
        port: int = 0,
        rates: bool = False,
        latency: float = 0.0,
        iam: bool = False,
        log_file: Path | None = None,
        python: str = sys.executable,
        output: Path | None = None,
        timeout: float = 20.0,
    ) -> Sandbox:
        """Start a server process and wait until it answers. ``output`` is the file for what it prints."""
        with tempfile.TemporaryDirectory(prefix="sandbox-") as folder:
            ready, said = Path(folder, "ready"), output or Path(folder, "output")
            command = [python, "-m", "sandbox", "--port", str(port), "--ready-file", str(ready)]
            command += ["--latency", str(latency)]
            command += ["--rates"] if rates else []
            command += ["--iam"] if iam else []
            command += ["--log-file", str(log_file.resolve())] if log_file else []
            with said.open("ab") as stream:
                process = subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream)
            try:
                url = _wait_for(ready, process, said, timeout)
            except BaseException:
                process.kill()
                process.wait()
                raise
        return cls(url, process)

    def stop(self, timeout: float = 10.0) -> int:
        """Stop the server that was started from here; its exit code."""
        if self.process is None:
            raise SandboxError("this sandbox was not started from here")
        self.process.terminate()
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process is not None:
            self.stop()

    def boto3_arguments(self, region: str = REGION) -> dict[str, str]:
        return {
            "endpoint_url": self.url,
            "region_name": region,
            "aws_access_key_id": ACCESS_KEY_ID,
            "aws_secret_access_key": SECRET_ACCESS_KEY,
        }

    def environment(self, region: str = REGION) -> dict[str, str]:
        """Environment variables that point every AWS SDK at the sandbox."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    # The control interface

    def health(self) -> dict[str, Any]:
        return self._request("GET", "health")

    def log(self, *, after: int = 0, service: str | None = None, operation: str | None = None) -> list[dict[str, Any]]:
        query = f"after={after}"
        query += f"&service={service}" if service else ""
        query += f"&operation={operation}" if operation else ""
        entries: list[dict[str, Any]] = self._request("GET", f"log?{query}")["entries"]
        return entries

    def clear_log(self) -> None:
        self._request("DELETE", "log")

    def settings(self) -> dict[str, Any]:
        return self._request("GET", "settings")

    def change_settings(self, **settings: Any) -> dict[str, Any]:
        """``latency_seconds``, ``rates_enabled``, ``rates`` (action: requests a second, None: no limit),
        ``iam_enforced``, ``alias_lag_seconds``, ``iam_lag_seconds``.
        """
        return self._request("PUT", "settings", settings)

    def faults(self) -> list[dict[str, Any]]:
        rules: list[dict[str, Any]] = self._request("GET", "faults")["faults"]
        return rules

    def add_fault(self, *, action: str, kind: str, **options: Any) -> int:
        """``times``, ``skip``, ``probability``, ``seed``, ``match``; ``find``, ``replace``. The fault's id."""
        return int(self._request("POST", "faults", {"action": action, "kind": kind, **options})["id"])

    def remove_faults(self, fault: int | None = None) -> None:
        self._request("DELETE", "faults" if fault is None else f"faults?id={fault}")

    def held(self) -> list[dict[str, Any]]:
        waiting: list[dict[str, Any]] = self._request("GET", "faults")["held"]
        return waiting

    def wait_held(self, count: int = 1, timeout: float = 10.0) -> list[dict[str, Any]]:
        """Wait until at least so many requests are held."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            waiting = self.held()
            if len(waiting) >= count:
                return waiting
            time.sleep(0.01)
        raise SandboxError(f"{len(self.held())} of {count} requests are held after {timeout} seconds")

    def release(self, *, request: int | None = None, fault: int | None = None) -> list[int]:
        content = {"request": request, "fault": fault}
        given = {name: value for name, value in content.items() if value is not None}
        released: list[int] = self._request("POST", "release", given)["released"]
        return released

    def reset(self) -> None:
        self._request("POST", "reset")

    def plant_alias(self, alias: str, **place: str) -> dict[str, Any]:
        """An alias without a key; ``account`` and ``region`` say where."""
        return self._request("POST", "plant/alias", {"alias": alias, **place})

    def import_key_material(self, key_id: str, **place: str) -> dict[str, Any]:
        """Enable a key of origin EXTERNAL, with a generated pair; ``account`` and ``region`` say where."""
        return self._request("POST", "plant/key-material", {"key_id": key_id, **place})

    def _request(self, method: str, path: str, content: dict[str, Any] | None = None) -> dict[str, Any]:
        body = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(f"{self.url}/sandbox/{path}", data=body, method=method)  # noqa: S310
        try:
            with self._opener.open(request, timeout=30) as answer:
                told: dict[str, Any] = json.load(answer)
                return told
        except urllib.error.HTTPError as error:
            text = error.read().decode("utf-8", "replace")
            with contextlib.suppress(ValueError, KeyError, TypeError):
                text = str(json.loads(text)["error"])
            raise SandboxError(text) from None
        except (urllib.error.URLError, OSError) as error:
            raise SandboxError(f"the sandbox at {self.url} does not answer: {error}") from None


def _wait_for(ready: Path, process: subprocess.Popen[bytes], said: Path, timeout: float) -> str:
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if ready.exists():
            return ready.read_text(encoding="utf-8").strip()
        if process.poll() is not None:
            text = said.read_text(encoding="utf-8", errors="replace").strip()
            raise SandboxError(f"the sandbox ended with code {process.returncode}: {text}")
        time.sleep(0.02)
    raise SandboxError(f"the sandbox is not ready after {timeout} seconds")


def environment_without_aws(environ: dict[str, str] | None = None) -> dict[str, str]:
    """The environment without a single AWS setting, for a process that is to have the sandbox's alone."""
    return {name: value for name, value in (environ or dict(os.environ)).items() if not name.startswith("AWS_")}
