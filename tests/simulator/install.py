# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Install the simulator's packages for Node.js into .cache/simulator, exactly as the lock file names them.

They stay there, where neither ansible-test, nor the linters, nor a build of the collection look: their licence is the
AGPL, and they are no part of the collection. Run by `make test` and `make unit`; safe to repeat, and to interrupt: the
stamp file is written last, and where it fits nothing is fetched.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = Path(__file__).resolve().parent
FOLDER = ROOT / ".cache" / "simulator"
FILES = ("package.json", "package-lock.json")
OLDEST_NODE = 20
OLDEST_NPM = 9
NEEDED_FOR = "The tests compare the evaluation of IAM policies with a simulator that runs on Node.js"

# Nothing of a package is run at installation, and the lock file names no registry: where packages come from is the
# user's own business.
OPTIONS = (
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    "--no-progress",
    "--global=false",
    "--dry-run=false",
    "--omit-lockfile-registry-resolved=true",
)

# Settings for other work: options of a Node.js process, and folders that modules would be taken from.
FOREIGN = frozenset({"NODE_OPTIONS", "NODE_PATH", "NODE_ENV"})


class InstallError(Exception):
    """The simulator cannot be installed; the text says why and what to do."""


def node_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in FOREIGN}


def version(program: str, path: str | None = None) -> str:
    """What a program says with --version, or nothing if it is not there or does not run."""
    found = shutil.which(program, path=path)
    if found is None:
        return ""
    try:
        done = subprocess.run(
            [found, "--version"],
            env=node_environment(),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def require(program: str, oldest: int, path: str | None = None, *, needed_for: str = NEEDED_FOR) -> None:
    said = version(program, path)
    numbers = re.match(r"v?(\d+)\.", said)
    if numbers is None or int(numbers[1]) < oldest:
        here = f"{program} {said.removeprefix('v')} is here" if said else f"no usable {program} was found on PATH"
        raise InstallError(
            f"{needed_for}: node {OLDEST_NODE} or later is needed, and npm {OLDEST_NPM} or later, but {here}. "
            f"Nothing else needs them: make demo and make sandbox work without."
        )


def fingerprint(source: Path = SOURCE) -> str:
    digest = hashlib.sha256()
    for name in FILES:
        digest.update((source / name).read_bytes())
    return digest.hexdigest() + "\n"


def npm(folder: Path, *arguments: str) -> None:
    environment = node_environment()
    environment.setdefault("npm_config_cache", str(ROOT / ".cache" / "npm"))
    # By the working directory, not by --prefix: that would hide npm's configuration for the whole machine.
    done = subprocess.run(
        ["npm", *arguments, *OPTIONS],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise InstallError(f"{done.stdout.strip()}\nfailed with code {done.returncode}: npm {arguments[0]}".strip())


def install(folder: Path = FOLDER, source: Path = SOURCE, *, needed_for: str = NEEDED_FOR) -> bool:
    """Install what the lock file names, unless it is there; returns whether something was done.

    :param needed_for: why, a sentence without its end, for who has no node.
    """
    require("node", OLDEST_NODE, needed_for=needed_for)
    stamp = folder / ".stamp"
    wanted = fingerprint(source)
    if stamp.is_file() and stamp.read_text() == wanted:
        # Make compares times, and a fresh checkout's files are newer than what an older one installed.
        stamp.touch()
        return False
    require("npm", OLDEST_NPM, needed_for=needed_for)
    stamp.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copyfile(source / name, folder / name)
    npm(folder, "ci")
    stamp.write_text(wanted)
    return True


def lock(source: Path = SOURCE) -> None:
    """Choose the newest versions that package.json allows again."""
    require("node", OLDEST_NODE)
    require("npm", OLDEST_NPM)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copyfile(source / FILES[0], Path(folder) / FILES[0])
        npm(Path(folder), "install", "--package-lock-only")
        shutil.copyfile(Path(folder) / FILES[1], source / FILES[1])


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lock", action="store_true", help="write package-lock.json anew, and install nothing")
    wanted = parser.parse_args(arguments)
    try:
        if wanted.lock:
            lock()
        elif install():
            print(f"{FOLDER} is ready (the simulator of IAM policies, for tests only).")
    except InstallError as problem:
        print(f"The simulator of IAM policies cannot be set up.\n{problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
