# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of modules in processes of their own, which can be killed.

They are forked from a server that has imported everything already, since the imports take longer than most runs.
"""

from __future__ import annotations

import json
import multiprocessing
import multiprocessing.forkserver
import os
import time
from pathlib import Path
from typing import Any

import pytest

from tests.module import child

ROOT = Path(__file__).resolve().parents[2]
_context = multiprocessing.get_context("forkserver")


def start_fork_server() -> None:
    """The server takes its import path from the environment, which is the user's again afterwards."""
    ours = {"PYTHONPATH": os.pathsep.join([str(ROOT / "collections"), str(ROOT)]), "MODULE_CHILD_WARM_UP": "1"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ours.items():
            patch.setenv(name, value)
        # There is one server for all tests of a process.
        _context.set_forkserver_preload([child.__name__, "tests.module.funding_case"])
        multiprocessing.forkserver.ensure_running()


class Result(dict[str, Any]):
    """What a module returned; ``output`` is everything that its process wrote."""

    output: str

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        return {row["name"]: row for row in self["signing_keys"]}

    @property
    def row(self) -> dict[str, Any]:
        (row,) = self["signing_keys"]
        return dict(row)

    @property
    def actions(self) -> list[str]:
        return [row["action"] for row in self["signing_keys"]]

    @property
    def warned(self) -> str:
        return json.dumps(self.get("warnings", []))


class Run:
    """A module that runs."""

    def __init__(self, module: str, arguments: dict[str, Any], environment: dict[str, str]) -> None:
        self._output, output = _context.Pipe(duplex=False)
        with output:
            self.process = _context.Process(
                target=child.run, args=(module, json.dumps(arguments), environment, output), daemon=True
            )
            self.process.start()

    def kill(self) -> None:
        """As a crash of the machine would end it."""
        self.process.kill()
        self.process.join(30)

    def close(self) -> None:
        """End it, if it runs still, and forget it."""
        if self.process.is_alive():
            self.kill()
        self.process.close()
        self._output.close()

    def wait(self, timeout: float = 120) -> Result:
        output = self._read(timeout)
        self.process.join(30)
        try:
            result = Result(json.loads(output))
        except ValueError:
            pytest.fail(f"the module returned no result, but wrote:\n{output}")
        result.output = output
        # A result that failed and says so in its exit code only, or the other way round, would be taken for a success.
        assert (self.process.exitcode != 0) == bool(result.get("failed")), output
        return result

    def _read(self, timeout: float) -> str:
        """Everything until its end."""
        end = time.monotonic() + timeout
        parts: list[bytes] = []
        while self._output.poll(max(0.0, end - time.monotonic())):
            parts.append(os.read(self._output.fileno(), 1 << 16))
            if not parts[-1]:
                return b"".join(parts).decode()
        self.kill()
        pytest.fail(f"the module runs for more than {timeout} seconds")
