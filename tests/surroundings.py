# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Molecule scenarios run against: the sandbox, a chain for each network, and an AWX that is made up.

Run: python -m tests.surroundings start FOLDER, and stop FOLDER when they are done. One process in the background holds
all of it, on 127.0.0.1. What it is reached by is in FOLDER/ready, its id in FOLDER/pid, what it says in FOLDER/log.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from sandbox.client import Sandbox, SandboxError
from tests import anvil
from tests.awx import project
from tests.awx.server import TOKEN, fake_awx

ROOT = Path(__file__).resolve().parents[1]
# As extensions/molecule/shared/inventory says: a node of another chain would be refused.
CHAINS = {"kovan": 42, "moonbasealpha": 1287}
_PATIENCE = 60.0


def serve(folder: Path) -> None:
    """Hold all of it until SIGTERM comes."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit())
    with contextlib.ExitStack() as stack:
        aws = stack.enter_context(Sandbox.start(iam=True, output=folder / "sandbox.log"))
        chains = {name: stack.enter_context(anvil.running(number)).url for name, number in CHAINS.items()}
        # What AWX clones is this repository, as it is. Found at once, so that every scenario shows that it can be.
        playbooks = project.playbooks(ROOT)
        awx = stack.enter_context(fake_awx(lambda _url: playbooks))
        found = {"sandbox": aws.url, "chains": chains, "awx": {"url": awx.url, "token": TOKEN}}
        # In one step: whoever sees the file sees all of it.
        unfinished = folder / "unfinished"
        unfinished.write_text(json.dumps(found), encoding="utf-8")
        unfinished.replace(folder / "ready")
        while True:
            signal.pause()


def start(folder: Path) -> str:
    """Start the process, and wait until all answers; returns what is wrong, if anything is."""
    folder.mkdir(parents=True, exist_ok=True)
    ready, log = folder / "ready", folder / "log"
    ready.unlink(missing_ok=True)
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.surroundings", "serve", os.fspath(folder)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            # It outlives whoever starts it.
            start_new_session=True,
        )
    (folder / "pid").write_text(f"{process.pid}\n", encoding="ascii")
    end = time.monotonic() + _PATIENCE
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > end:
            stop(folder)
            return f"What the scenarios run against did not start: {log.read_text(encoding='utf-8').strip()}"
        time.sleep(0.05)
    return ""


def stop(folder: Path) -> None:
    """End the process, if there is one, and wait until it is gone."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        number = int((folder / "pid").read_text(encoding="ascii"))
        os.kill(number, signal.SIGTERM)
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            # One that was started from here stays until it is waited for; another one is gone by itself.
            with contextlib.suppress(ChildProcessError):
                os.waitpid(number, os.WNOHANG)
            os.kill(number, 0)
            time.sleep(0.05)
    for name in ("pid", "ready"):
        (folder / name).unlink(missing_ok=True)


def main(arguments: list[str]) -> str:
    what, folder = arguments[0], Path(arguments[1]).resolve()
    if what == "start":
        return start(folder)
    if what == "stop":
        stop(folder)
        return ""
    try:
        serve(folder)
    except (anvil.ChainError, SandboxError) as problem:
        return str(problem)
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) or None)
