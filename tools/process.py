# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a program, show what it prints while it prints it, and keep it."""

from __future__ import annotations

import subprocess
from pathlib import Path


def stream(command: list[str], *, cwd: Path, env: dict[str, str], echo: bool = True) -> tuple[int, str]:
    """Returns the code that the program ended with, and all that it wrote to standard output and standard error."""
    output = []
    with subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            output.append(line)
            if echo:
                print(line, end="", flush=True)
    return process.returncode, "".join(output)
