# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetch what Hyperlane publishes about its agents' configuration into .cache/hyperlane, for tests alone.

The schema is part of a package whose dependencies are hundreds of megabytes, of which it needs one. So the packages are
fetched one by one, checked against the hashes below, and nothing of them is run at installation. Safe to repeat: the
stamp file is written last.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import sys
import tarfile
from pathlib import Path
from typing import Any

from tests.simulator.install import OLDEST_NODE, OLDEST_NPM, ROOT, InstallError, npm, require

FOLDER = ROOT / ".cache" / "hyperlane"

PACKAGES = {
    "@hyperlane-xyz/sdk@34.0.0": (
        "sha512-Q09DGiu0jFTGn1T04g7pm8Wcc57iZmHtwrnF4CSJZffiggp/jJk4hCLhFZm14rrHA/9Tap3SBo1xN2OxQzMGjA=="
    ),
    "@hyperlane-xyz/utils@34.0.0": (
        "sha512-wb55zdMF41+pVA6os5NaNio9PCL15/WimzWE3OSn1if/xPF983vaLSt9EGP+M2oW/holTo00ORqp/gzS34uKvA=="
    ),
    "zod@3.25.76": "sha512-gzUt/qt81nXsFGKIFcC3YnfEAx5NkunCfnDlvuBSSFS02bcXu4Lmea0AFIUwbLWxWPx3d9p8S5QoaujKcNQxcQ==",
}
"""The package that holds the schema, and those that its file imports, each with its integrity as npm has it."""

# Python has it from 3.11.4 on. What is unpacked is what its hash says, with it or without.
SAFELY: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}


def archive_name(package: str) -> str:
    """Return what npm calls a package's archive."""
    name, _at, version = package.rpartition("@")
    return f"{name.removeprefix('@').replace('/', '-')}-{version}.tgz"


def folder_of(package: str, folder: Path = FOLDER) -> Path:
    return folder / package.rpartition("@")[0].rpartition("/")[2]


def integrity(archive: Path) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()


def install(folder: Path = FOLDER) -> bool:
    """Fetch what is missing; returns whether something was done."""
    stamp = folder / ".stamp"
    wanted = "\n".join(f"{package} {hashed}" for package, hashed in PACKAGES.items()) + "\n"
    if stamp.is_file() and stamp.read_text() == wanted:
        stamp.touch()
        return False
    require("node", OLDEST_NODE)
    require("npm", OLDEST_NPM)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for package, expected in PACKAGES.items():
        npm(folder, "pack", package)
        archive = folder / archive_name(package)
        found = integrity(archive)
        if found != expected:
            raise InstallError(f"{package} is not what it was: its integrity is {found}. Expected: {expected}")
        with tarfile.open(archive) as packed:
            packed.extractall(folder_of(package, folder), **SAFELY)  # noqa: S202
        archive.unlink()
    stamp.write_text(wanted)
    return True


def main() -> int:
    try:
        if install():
            print(f"{FOLDER} is ready (the schema of Hyperlane's agents, for tests only).")
    except InstallError as problem:
        print(f"The schema of Hyperlane's agents cannot be set up.\n{problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
