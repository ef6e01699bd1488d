# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Install anvil, a chain on this machine, into .cache/foundry, exactly as the lock file names it.

Apart from the packages of the tests, so that `make demo` fetches this and nothing else. There are packages for Linux
and macOS; npm takes the machine's own, and none on others. Safe to repeat, and to interrupt.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.simulator import install as packages

FOLDER = packages.ROOT / ".cache" / "foundry"
SOURCE = Path(__file__).resolve().parent
NEEDED_FOR = "A chain on this machine is a package of npm"


def install(folder: Path = FOLDER) -> bool:
    """Install what the lock file names, unless it is there; returns whether something was done."""
    return packages.install(folder, SOURCE, needed_for=NEEDED_FOR)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lock", action="store_true", help="write package-lock.json anew, and install nothing")
    wanted = parser.parse_args(arguments)
    try:
        if wanted.lock:
            packages.lock(SOURCE)
        elif install():
            print(f"{FOLDER} is ready (anvil, a chain on this machine).")
    except packages.InstallError as problem:
        print(f"A chain on this machine cannot be set up.\n{problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
