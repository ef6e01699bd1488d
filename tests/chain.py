# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A chain for tests: anvil, a node that others wrote, which keeps its chain in memory.

It and cast, a client of it, are installed beside the simulator of IAM policies (tests/simulator/install.py) where there
are packages of them for the machine; elsewhere those on PATH are taken.
"""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ansible_collections.interchain.agent_ops.plugins.module_utils._json_rpc import JsonRpc
from eth_utils.crypto import keccak

from tests.simulator.install import FOLDER

_LISTENING = re.compile(r"Listening on 127\.0\.0\.1:(\d+)")
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
_PATIENCE = 30.0


class ChainError(Exception):
    """The chain could not be started."""


def program(name: str) -> Path:
    """Return where a program of Foundry is: ``anvil``, a node, or ``cast``, a client of nodes."""
    system, machine = platform.system().lower(), platform.machine().lower()
    package = f"{name}-{system}-{_MACHINES.get(machine, machine)}"
    installed = FOLDER / "node_modules" / "@foundry-rs" / package / "bin" / name
    found = str(installed) if installed.is_file() else shutil.which(name)
    if found is None:
        raise ChainError(f"There is no {name}, neither as {installed} nor on PATH: run make unit, or install Foundry")
    return Path(found)


class Chain:
    """A running node; what it does not check, tests may do: put code at any address."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.rpc = JsonRpc(url)

    def put_code(self, address: str, code: str) -> None:
        self.rpc.call("anvil_setCode", address, code)


@contextmanager
def running(chain_id: int = 31337) -> Iterator[Chain]:
    command = [str(program("anvil")), "--host", "127.0.0.1", "--port", "0", "--chain-id", str(chain_id)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield Chain(f"http://127.0.0.1:{_port(process)}")
    finally:
        process.terminate()
        process.communicate(timeout=_PATIENCE)


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


def selector(signature: str) -> str:
    return keccak(text=signature)[:4].hex()


def answering(answers: dict[str, Any]) -> str:
    """Return the code of a contract that answers calls: a whole call's data to the word that is returned.

    For each: PUSH the hash of the data, compare it with the hash of what came, jump to where the word is returned.
    """
    data_hash = "36600060003736600020"  # CALLDATASIZE 0 0 CALLDATACOPY, CALLDATASIZE 0 SHA3
    blocks = []
    size_of_head = len(data_hash) // 2 + len(answers) * (1 + 33 + 1 + 3 + 1) + 5
    head = data_hash
    for number, (data, word) in enumerate(answers.items()):
        place = size_of_head + number * (1 + 33 + 3 + 5)
        wanted = keccak(hexstr=data).hex()
        head += "80" + "7f" + wanted + "14" + f"61{place:04x}" + "57"  # DUP1 PUSH32 EQ PUSH2 JUMPI
        # JUMPDEST PUSH32 word, MSTORE at 0, RETURN 32 bytes
        blocks.append("5b" + "7f" + f"{int(str(word), 16):064x}" + "600052" + "60206000f3")
    head += "60006000fd"  # REVERT
    assert len(head) // 2 == size_of_head
    return "0x" + head + "".join(blocks)
