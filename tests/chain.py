# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A chain for tests (``tests.anvil``), and contracts on it that answer what a test wants."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.interchain.agent_ops.plugins.module_utils._json_rpc import JsonRpc
from eth_utils.crypto import keccak

from tests import anvil


class Chain:
    """A running node; what it does not check, tests may do: put code at any address."""

    def __init__(self, url: str, process: subprocess.Popen[str] | None = None) -> None:
        self.url = url
        self.rpc = JsonRpc(url)
        self._process = process

    def hang(self, hangs: bool = True) -> None:
        """Let the node take requests and answer none, or let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP if hangs else signal.SIGCONT)

    def put_code(self, address: str, code: str) -> None:
        self.rpc.call("anvil_setCode", address, code)

    def give(self, address: str, wei: int) -> None:
        self.rpc.call("anvil_setBalance", address, hex(wei))

    def balance(self, address: str) -> int:
        return int(self.rpc.call("eth_getBalance", address, "latest"), 16)

    def nonce(self, address: str) -> int:
        return int(self.rpc.call("eth_getTransactionCount", address, "latest"), 16)

    def mine(self, blocks: int = 1) -> None:
        self.rpc.call("anvil_mine", hex(blocks))

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Let transactions wait: no block is made by itself, until this ends and one is made."""
        self.rpc.call("evm_setAutomine", False)
        try:
            yield
        finally:
            self.rpc.call("evm_setAutomine", True)
            self.mine()


@contextmanager
def running(chain_id: int = 31337, *, hardfork: str | None = None) -> Iterator[Chain]:
    """Start a node. :param hardfork: the rules of its chain, ``berlin`` for one without EIP-1559."""
    with anvil.running(chain_id, hardfork=hardfork) as node:
        yield Chain(node.url, node.process)


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
