# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that are killed wherever they are, and runs at once: everybody is paid exactly once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chain import Chain, running
from tests.module.funding_case import Case, ended
from tests.module.runs import start_fork_server
from tests.rpc_proxy import Asked, Proxy


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    start_fork_server()
    with running(42) as started:
        yield started


@pytest.fixture
def proxy(chain: Chain) -> Iterator[Proxy]:
    with Proxy(chain.url) as started:
        yield started


class Killer:
    """Ends a child at a request to its node: before the node gets it, or after."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.started = threading.Event()
        self.victim = 0

    def __call__(self, asked: Asked) -> None:
        if asked.number == self.number:
            self.started.wait(10)
            os.kill(self.victim, signal.SIGKILL)


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_each_call_to_the_node(chain: Chain, proxy: Proxy, tmp_path: Path, when: str) -> None:
    number, told = 0, []
    while True:
        number += 1
        case = Case(tmp_path / str(number))
        case.add(chain, url=proxy.url)
        killer = Killer(number)
        proxy.honest()
        setattr(proxy, when, killer)
        child = case.child()
        child.start()
        killer.victim = child.pid
        killer.started.set()
        code = ended(child)
        told = proxy.methods
        case.places["kovan"].url = chain.url
        assert case.send().errors == [None]
        case.assert_paid_once()
        # And once more: it stays so.
        assert case.send().rows == []
        case.assert_paid_once()
        if code == 0:
            break
        assert code == -signal.SIGKILL
    assert len(told) >= 8
    assert told.count("eth_sendRawTransaction") == 2


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_each_write_to_the_store(chain: Chain, tmp_path: Path, when: str) -> None:
    number = 0
    while True:
        number += 1
        case = Case(tmp_path / str(number))
        case.add(chain)
        child = case.child(kill_write=[number, when])
        child.start()
        code = ended(child)
        assert case.send().errors == [None]
        case.assert_paid_once()
        if code == 0:
            break
    # The lease, two transfers, what became of them, and the lease again.
    assert number == 6


def test_runs_at_once(chain: Chain, tmp_path: Path) -> None:
    case = Case(tmp_path)
    case.add(chain, wallets=4)
    children = [case.child() for _number in range(2)]
    errors: list[str | None] = []
    threads = [threading.Thread(target=lambda: errors.extend(case.send().errors)) for _number in range(2)]
    for one in (*children, *threads):
        one.start()
    for thread in threads:
        thread.join(60)
    assert [ended(child) for child in children] == [0, 0]
    assert errors == [None, None]
    case.assert_paid_once()
