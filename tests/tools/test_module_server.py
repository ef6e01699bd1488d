# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that the server runs does what it does by itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import module_server
from tests.startup.handed_over import SERVER

WHERE = "import os; print(os.getppid())"
STATE = """
import json, os, sys
print(__name__, sys.argv, sys.path, os.getcwd(), oct(os.umask(0)), sorted(os.environ.items()), hasattr(sys, "ps1"))
print("told", file=sys.stderr)
"""
ENDS = {
    "a code": "raise SystemExit(3)",
    "a sentence": "import sys; sys.exit('no')",
    "an exception": "1 / 0",
    "a signal": "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
    "what is done at the end": "import atexit; atexit.register(print, 'the end')",
    "a thread": "import threading, time; threading.Thread(target=lambda: (time.sleep(0.1), print('late'))).start()",
}


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, str]]:
    with module_server.serving() as environment:
        yield environment


def run(
    program: str, environment: dict[str, str], *options: str, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *options],
        input=program,
        cwd=folder,
        umask=0o027,
        env={"PATH": os.environ["PATH"], "WORD": "ä", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def alone(environment: dict[str, str]) -> dict[str, str]:
    return {**environment, SERVER: ""}


def test_it_is_where_and_what_it_would_be(server: dict[str, str], tmp_path: Path) -> None:
    here = run(STATE, alone(server), folder=tmp_path)
    there = run(STATE, server, folder=tmp_path)
    assert "0o27" in here.stdout
    place = f"('{SERVER}', '{server[SERVER]}')"
    assert place in there.stdout
    assert there.stdout.replace(place, f"('{SERVER}', '')") == here.stdout
    assert there.stderr == here.stderr == "told\n"


@pytest.mark.parametrize("program", ENDS.values(), ids=ENDS)
def test_it_ends_as_it_would(server: dict[str, str], program: str) -> None:
    here, there = run(program, alone(server)), run(program, server)
    assert (there.returncode, there.stdout) == (here.returncode, here.stdout)
    assert there.stderr.splitlines()[-1:] == here.stderr.splitlines()[-1:]


def test_only_programs_without_options_are_handed_over(server: dict[str, str]) -> None:
    ours = f"{os.getpid()}\n"
    assert run(WHERE, server).stdout != ours
    assert run(WHERE, server, "-").stdout == ours
    assert run(WHERE, alone(server)).stdout == ours
    # Another Python than the server's, and a server that has ended.
    place = server[SERVER]
    for other in (f"/usr{place}", f"{place}.gone"):
        assert run(WHERE, {**server, SERVER: other}).stdout == ours


def test_it_goes_with_whoever_handed_it_over(server: dict[str, str]) -> None:
    program = "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(60)"
    process = subprocess.Popen(
        [sys.executable],
        env={"PATH": os.environ["PATH"], **server},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(program)
        process.stdin.close()
        child = int(process.stdout.readline())
        assert child != process.pid
        process.send_signal(signal.SIGKILL)
    end = time.monotonic() + 10
    while runs(child) and time.monotonic() < end:
        time.sleep(0.02)
    assert not runs(child)


def runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
