# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run `ansible-test integration`: each target starts a sandbox of its own, and ends it.

As for the sanity tests, ansible-test gets an exact copy of what git sees, under .cache/integration. A node called anvil
is not in it: targets that pay wallets find it on PATH, if it is there, and leave that out otherwise.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests import anvil
from tools import sanity

WORK = sanity.ROOT / ".cache" / "integration"
TARGETS = sanity.ROOT / "tests" / "integration" / "targets"


def targets() -> list[str]:
    """The targets that are tests; those called setup_* are parts of others."""
    return sorted(path.name for path in TARGETS.iterdir() if path.is_dir() and not path.name.startswith("setup_"))


def with_anvil(path: str) -> str:
    """Add the folder of anvil to a PATH, if this machine has one."""
    try:
        return os.pathsep.join((path, os.fspath(anvil.program("anvil").parent)))
    except anvil.ChainError:
        return path


def run(work: Path, python: Path, site_packages: Path, arguments: list[str]) -> int:
    """Run the targets with the ansible-test that is installed beside a Python."""
    copy = work / "ansible_collections" / "interchain" / "agent_ops"
    sanity.place_tree(None, copy)
    sanity.link_dependencies(copy.parent.parent, site_packages)
    environment = sanity.prepare(work, python=python, site_packages=site_packages, pythons=[])
    environment["PATH"] = with_anvil(environment["PATH"])
    return sanity.run_tests(
        [str(python.parent / "ansible-test"), "integration", "--local", *arguments], copy, environment
    )


def main(arguments: list[str]) -> int:
    return run(WORK, Path(sys.executable), Path(sysconfig.get_path("purelib")), arguments)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (sanity.SanityError, subprocess.CalledProcessError) as problem:
        print(f"ansible-test integration could not be run: {problem}", file=sys.stderr)
        sys.exit(1)
