# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real terminal, and somebody at it."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence

from tests.playbooks.conftest import ROOT, Played

INTERRUPT = b"\x03"
"""Ctrl-C, as a terminal gets it."""

_SECONDS = 110
# Ansible asks only whoever is in the foreground of a terminal.
_TAKE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


def _await_prompt(terminal: int) -> None:
    """Wait until keys are read one by one: what is typed before is thrown away by ansible when it begins to ask."""
    end = time.monotonic() + 10
    while termios.tcgetattr(terminal)[3] & termios.ICANON and time.monotonic() < end:
        time.sleep(0.05)
    # Between the two calls by which it begins.
    time.sleep(0.3)


def at_terminal(command: Sequence[str], environment: Mapping[str, str], react: Callable[[str], bytes]) -> Played:
    """Run a command in a terminal. ``react`` gets all that was shown so far, and returns what is typed."""
    terminal, inside = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _TAKE_TERMINAL, *command],
        cwd=ROOT,
        env=environment,
        stdin=inside,
        stdout=inside,
        stderr=inside,
        start_new_session=True,
    )
    os.close(inside)
    shown = b""
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end:
        ready, _writable, _other = select.select([terminal], [], [], 0.2)
        if ready:
            try:
                part = os.read(terminal, 65536)
            except OSError:
                break
            if not part:
                break
            shown += part
        typed = react(shown.decode("utf-8", "replace"))
        if typed:
            if typed != INTERRUPT:
                _await_prompt(terminal)
            os.write(terminal, typed)
    else:
        process.kill()
    os.close(terminal)
    return Played(process.wait(30), shown.decode("utf-8", "replace"))
