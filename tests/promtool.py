# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prometheus's own tool for alert rules: that on PATH, or Debian's, which is unpacked into .cache/promtool once.

Nothing is installed on the machine. Where neither is to be had, the tests that need it say that they were not run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".cache" / "promtool"
_PATIENCE = 300


class PromtoolMissing(Exception):
    """There is no promtool; the text says what to do."""


def program() -> Path:
    """Return the program. :raises PromtoolMissing: if it is not there, and cannot be fetched."""
    found = shutil.which("promtool")
    if found:
        return Path(found)
    unpacked = FOLDER / "promtool"
    if not unpacked.is_file():
        _fetch(unpacked)
    return unpacked


def _fetch(unpacked: Path) -> None:
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise PromtoolMissing(
            "The alert rules were NOT checked: there is no promtool on PATH, and this is no Debian that has one."
            " Install Prometheus to have it"
        )
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        # As whoever runs this, into a folder that apt's own user cannot see.
        download = ["apt-get", "-o", "APT::Sandbox::User=root", "download", "prometheus"]
        _run(download, folder)
        package = next(Path(folder).glob("prometheus_*.deb"), None)
        if package is None:
            raise PromtoolMissing("The alert rules were NOT checked: apt-get gave no package prometheus")
        _run(["dpkg", "-x", str(package), "unpacked"], folder)
        os.replace(Path(folder, "unpacked", "usr", "bin", "promtool"), unpacked)


def _run(command: list[str], folder: str) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        said = (done.stderr or done.stdout).strip().splitlines() if done.returncode else []
        failed = done.returncode != 0
    except (OSError, subprocess.TimeoutExpired) as exc:
        said, failed = [str(exc)], True
    if failed:
        raise PromtoolMissing(
            f"The alert rules were NOT checked: there is no promtool on PATH, and {command[0]} could not fetch it"
            f" ({' '.join(said[-1:])}). Install Debian's package prometheus, or run apt-get update"
        )
