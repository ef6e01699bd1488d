# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Anvil, a node that others wrote, which keeps its chain in memory.

It is installed by tests/foundry/install.py, and cast, a client of it, beside the simulator of IAM policies
(tests/simulator/install.py), where there are packages of them for the machine; elsewhere those on PATH are taken.
"""

from __future__ import annotations

import platform
import re
import shutil
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.foundry.install import FOLDER as FOUNDRY
from tests.simulator.install import FOLDER as SIMULATOR

_LISTENING = re.compile(r"Listening on 127\.0\.0\.1:(\d+)")
_FOLDERS = {"anvil": FOUNDRY, "cast": SIMULATOR}
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
_PATIENCE = 30.0


class ChainError(Exception):
    """The chain could not be started."""


class Anvil(NamedTuple):
    """A running node."""

    url: str
    process: subprocess.Popen[str]


def program(name: str) -> Path:
    """Return where a program of Foundry is: ``anvil``, a node, or ``cast``, a client of nodes."""
    system, machine = platform.system().lower(), platform.machine().lower()
    package = f"{name}-{system}-{_MACHINES.get(machine, machine)}"
    installed = _FOLDERS[name] / "node_modules" / "@foundry-rs" / package / "bin" / name
    found = str(installed) if installed.is_file() else shutil.which(name)
    if found is None:
        raise ChainError(f"There is no {name}, neither as {installed} nor on PATH: run make unit, or install Foundry")
    return Path(found)


@contextmanager
def running(chain_id: int, *, hardfork: str | None = None) -> Iterator[Anvil]:
    """Run a node of a chain.

    :param hardfork: the rules of the chain, by default anvil's. :raises ChainError: if it cannot be started.
    """
    command = [str(program("anvil")), "--host", "127.0.0.1", "--port", "0", "--chain-id", str(chain_id)]
    command += ["--hardfork", hardfork] if hardfork else []
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
    except OSError as exc:
        raise ChainError(f"{command[0]} cannot be run: {exc.strerror}") from exc
    # It writes a line for each call, and stands still once nobody reads them.
    reader = threading.Thread(target=deque, args=(process.stdout, 0), daemon=True)
    try:
        url = f"http://127.0.0.1:{_port(process)}"
        reader.start()
        yield Anvil(url, process)
    finally:
        # One that hangs does not end before it goes on.
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(timeout=_PATIENCE)
        if reader.is_alive():
            reader.join(_PATIENCE)
        if process.stdout:
            process.stdout.close()


def _port(process: subprocess.Popen[str]) -> str:
    told = ""
    end = time.monotonic() + _PATIENCE
    assert process.stdout is not None
    for line in process.stdout:
        told += line
        match = _LISTENING.search(line)
        if match:
            return match[1]
        if time.monotonic() > end:
            break
    raise ChainError(f"anvil does not listen:\n{told}")
