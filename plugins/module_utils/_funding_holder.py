# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who holds a lease, and whether that process is gone. Private to the collection.

An edge to the system. A lease that a killed run left is broken at once where that is certain, which takes the same
kernel since the same start, and the same namespaces: elsewhere process numbers mean something else.
"""

from __future__ import annotations

import os
import platform
import re
import secrets
from pathlib import Path

_PROC = Path("/proc")
_HOLDER = re.compile(
    r"process (?P<pid>[1-9][0-9]{0,9}) on \S+, started (?P<started>[0-9]+) after boot (?P<boot>[0-9a-f-]{36})"
    r" in (?P<spaces>pid:\[[0-9]+\] time:\[[0-9]*\]), session [0-9a-f]+\Z"
)
# Zombies and the dead do nothing any more, although they still have their number.
_ENDED = ("Z", "X", "x")


def holder() -> str:
    """Return a text for this process, of which no two are the same."""
    pid = os.getpid()
    host = re.sub(r"[^A-Za-z0-9._-]", "-", platform.node()) or "unknown"
    boot, spaces, process = _boot(), _spaces(), _process(pid)
    what = f"process {pid} on {host}"
    if boot and spaces and process:
        what += f", started {process[1]} after boot {boot} in {spaces}"
    return f"{what}, session {secrets.token_hex(6)}"


def is_dead(text: str) -> bool | None:
    """Say whether a holder's process is gone for certain; None where that cannot be known from here."""
    said = _HOLDER.match(text)
    boot, spaces = _boot(), _spaces()
    if said is None or boot is None or spaces is None or (said["boot"], said["spaces"]) != (boot, spaces):
        return None
    pid = int(said["pid"])
    try:
        # Other than /proc, which may hide the processes of others, this always says whether there is one.
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        pass
    process = _process(pid)
    if process is None:
        return None
    return process[0] in _ENDED or process[1] != said["started"]


def _boot() -> str | None:
    return _read(_PROC / "sys/kernel/random/boot_id")


def _spaces() -> str | None:
    """Return the namespaces that a process's number and its start are told in. Old kernels have none of time."""
    try:
        pid = os.readlink(_PROC / "self/ns/pid")
    except OSError:
        return None
    try:
        time = os.readlink(_PROC / "self/ns/time")
    except OSError:
        time = "time:[]"
    return f"{pid} {time}"


def _process(pid: int) -> tuple[str, str] | None:
    """Return a process's state and when it was started, in ticks since the start of the system."""
    text = _read(_PROC / str(pid) / "stat")
    # The program's name is in brackets, and may have spaces and brackets.
    fields = text[text.rfind(")") + 1 :].split() if text else []
    # https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: the third field is the state, the 22nd the start.
    return (fields[0], fields[19]) if len(fields) > 19 else None


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None
