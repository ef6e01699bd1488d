# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a deployment's command. Private to the collection. An edge to the processes and the file system."""

from __future__ import annotations

import os
import subprocess
import typing as t
from pathlib import Path

_LONGEST = 65536


class Ended(t.NamedTuple):
    """A command's exit code, and why its log is not whole, or an empty text."""

    code: int
    unlogged: str


def run(command: t.Sequence[str], *, program: Path, directory: Path, log: Path, show: t.Callable[[str], None]) -> Ended:
    """Run a command to its end, with this process's environment and nothing to read from.

    :param log: file that gets the output, for its owner alone. :param show: gets it too, a line at a time.
    :raises ValueError: if it could not be started.
    """
    try:
        handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as exc:
        raise ValueError(f"The log {log} cannot be written: {exc.strerror or exc}") from None
    unlogged = ""
    with open(handle, "wb", buffering=0) as stream:
        try:
            process = subprocess.Popen(
                list(command),
                executable=str(program),
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        except OSError as exc:
            raise ValueError(f"{program} cannot be run: {exc.strerror or exc}") from None
        with process:
            output = t.cast("t.IO[bytes]", process.stdout)
            while line := output.readline(_LONGEST):
                try:
                    stream.write(line)
                except OSError as exc:
                    # A full disk is no reason to break off a deployment in the middle.
                    unlogged = f"The log {log} is not whole: {exc.strerror or exc}"
                show(line.decode("utf-8", "replace").rstrip("\r\n"))
    return Ended(process.returncode, unlogged)
