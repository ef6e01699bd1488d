# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the environment of a checkout: .venv, with the locked packages and the Ansible collections they are used with.

Run by `make` with the Python that .venv is to have; needs the standard library alone. Safe to repeat, and to interrupt:
the stamp file is written last.
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
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "lock.txt"
COLLECTIONS_LOCK = ROOT / "requirements" / "collections.txt"
COLLECTIONS = (("amazon", "aws"), ("community", "aws"))
AWX_LOCK = ROOT / "requirements" / "awx.txt"
AWX_COLLECTIONS = (("awx", "awx"),)
CACHE = ROOT / ".cache"

# Settings that would send packages elsewhere than into .venv, or take modules from elsewhere. Where packages come from
# (indexes, proxies, certificates) is the user's own business and stays.
FOREIGN = frozenset(
    """
    PYTHONHOME PYTHONPATH PYTHONSTARTUP PYTHONUSERBASE VIRTUAL_ENV CONDA_PREFIX
    PIP_CONSTRAINT PIP_NO_DEPS PIP_PREFIX PIP_PYTHON PIP_REQUIRE_VIRTUALENV PIP_ROOT PIP_TARGET PIP_USER
    UV_CONSTRAINT UV_OVERRIDE UV_PROJECT_ENVIRONMENT UV_PYTHON UV_SYSTEM_PYTHON UV_TARGET
    """.split()
)


class SetUpError(Exception):
    """The environment cannot be built; the text says why and what to do."""


def stanza(lock: str, package: str) -> str:
    """The lines of a lock file that pin one package, hashes included."""
    found = re.search(rf"^{re.escape(package)}==[^\n]*(?:\n[ \t]+--hash=[^\n]+)+", lock, re.MULTILINE)
    if found is None:
        raise SetUpError(f"{package} is not pinned with hashes in the lock file; run: make lock")
    return found.group(0) + "\n"


def hashes(text: str) -> set[str]:
    """All SHA-256 digests that a lock file allows."""
    return set(re.findall(r"--hash=sha256:([0-9a-f]{64})", text))


def constraints(lock: str, *without: str) -> str:
    """The pins of a lock file alone, as constraints for other environments; packages may be left out."""
    pins = re.findall(r"^([A-Za-z0-9._-]+)(==[^\n]*?)(?: \\)?$", lock, re.MULTILINE)
    return "".join(f"{name}{pin}\n" for name, pin in pins if name not in without)


def clean_environment(cache: Path = CACHE) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    env.setdefault("PIP_CACHE_DIR", str(cache / "pip"))
    env.setdefault("UV_CACHE_DIR", str(cache / "uv"))
    env.update(PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INPUT="1", PYTHONNOUSERSITE="1", UV_PYTHON_DOWNLOADS="never")
    return env


def run(*command: str | Path, env: dict[str, str], quiet: bool = True) -> None:
    """Run a command; show what it printed only if it failed."""
    done = subprocess.run(
        [str(part) for part in command],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SetUpError(
            f"{done.stdout or ''}\nfailed with code {done.returncode}: {' '.join(map(str, command))}".strip()
        )


def works(python: Path) -> bool:
    """Whether a virtual environment is there that runs this very version of Python, and has pip."""
    if not python.exists():
        return False
    ask = "import sys, pip; print(sys.version_info[:3], sys.base_prefix)"
    done = subprocess.run([str(python), "-I", "-c", ask], capture_output=True, text=True, check=False)
    return done.returncode == 0 and done.stdout.strip() == f"{sys.version_info[:3]} {sys.base_prefix}"


def make_venv(venv: Path, env: dict[str, str]) -> Path:
    python = venv / "bin" / "python"
    if works(python) and home_of(venv) == str(venv):
        return python
    shutil.rmtree(venv, ignore_errors=True)
    run(sys.executable, "-m", "venv", venv, env=env)
    return python


def home_of(venv: Path) -> str:
    """Where a virtual environment was built: its scripts name that place and break, or mislead, when it was moved."""
    found = re.search(r"^command = .* -m venv (.+)$", (venv / "pyvenv.cfg").read_text(), re.MULTILINE)
    return found.group(1) if found else ""


def install_packages(python: Path, env: dict[str, str]) -> str:
    """Install exactly what the lock file names; returns the name of the installer that did it."""
    lock = LOCK.read_text()
    uv = python.parent / "uv"
    try:
        with tempfile.TemporaryDirectory() as folder:
            only_uv = Path(folder) / "uv.txt"
            only_uv.write_text(stanza(lock, "uv"))
            run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r", only_uv, env=env)
        run(uv, "pip", "sync", "--quiet", "--python", python, "--require-hashes", LOCK, env=uv_environment(python, env))
        return "uv"
    except SetUpError as problem:
        # uv is a matter of speed only, and it does not read pip's configuration of indexes and certificates.
        print(f"uv could not do it, pip takes over (slower):\n{problem}", file=sys.stderr)
    run(python, "-m", "pip", "install", "--no-deps", "--require-hashes", "-r", LOCK, env=env, quiet=False)
    return "pip"


def uv_environment(python: Path, env: dict[str, str]) -> dict[str, str]:
    """Send uv to the index that pip is configured with, which uv does not look at."""
    if {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & env.keys():
        return env
    ask = [str(python), "-m", "pip", "config", "get", "global.index-url"]
    done = subprocess.run(ask, env=env, capture_output=True, text=True, check=False)
    index = env.get("PIP_INDEX_URL") or (done.stdout.strip() if done.returncode == 0 else "")
    return {**env, "UV_DEFAULT_INDEX": index} if index else env


def fetch_wheel(python: Path, env: dict[str, str], folder: Path, lock: Path) -> Path:
    """The wheel that a lock file pins, downloaded unless a good copy is here already."""
    allowed = hashes(lock.read_text())

    def good() -> Path | None:
        found = (wheel for wheel in sorted(folder.glob("ansible-*.whl")) if sha256(wheel) in allowed)
        return next(found, None)

    wheel = good()
    if wheel is None:
        folder.mkdir(parents=True, exist_ok=True)
        # The wheel is only unpacked, so the Python that it is declared for does not matter.
        options = ["--quiet", "--no-deps", "--no-cache-dir", "--only-binary=:all:", "--python-version", "3.14"]
        run(python, "-m", "pip", "download", *options, "--require-hashes", "-r", lock, "-d", folder, env=env)
        wheel = good()
    if wheel is None:
        raise SetUpError(f"no wheel with a hash from {lock.name} was downloaded into {folder}")
    return wheel


def sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def unpack_collections(
    wheel: Path, site_packages: Path, collections: tuple[tuple[str, str], ...] = COLLECTIONS
) -> None:
    """Put the collections where Ansible looks without being told: beside its own package."""
    with tempfile.TemporaryDirectory(dir=site_packages) as folder, zipfile.ZipFile(wheel) as archive:
        for namespace, name in collections:
            inside = f"ansible_collections/{namespace}/{name}/"
            archive.extractall(folder, [entry for entry in archive.namelist() if entry.startswith(inside)])
            target = site_packages / inside
            if not (Path(folder) / inside / "MANIFEST.json").is_file():
                raise SetUpError(f"{wheel.name} does not hold the collection {namespace}.{name}")
            shutil.rmtree(target, ignore_errors=True)
            target.parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / inside).rename(target)


def set_up(venv: Path) -> None:
    env = clean_environment()
    print(
        f"Setting up {venv} with Python {'.'.join(map(str, sys.version_info[:3]))}; about a minute the first time.",
        flush=True,
    )
    python = make_venv(venv, env)
    stamp = venv / ".stamp"
    stamp.unlink(missing_ok=True)
    installer = install_packages(python, env)
    site_packages = venv / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    sources = []
    for lock, collections in ((COLLECTIONS_LOCK, COLLECTIONS), (AWX_LOCK, AWX_COLLECTIONS)):
        wheel = fetch_wheel(python, env, CACHE / "wheels", lock)
        unpack_collections(wheel, site_packages, collections)
        sources.append(f"{' and '.join('.'.join(collection) for collection in collections)} from {wheel.name}")
    stamp.write_text(f"{ROOT}\n")
    print(f"{venv} is ready (packages by {installer}, {', '.join(sources)}).")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv")
    arguments = parser.parse_args()
    try:
        set_up(arguments.venv.absolute())
    except SetUpError as problem:
        print(f"The set-up failed.\n{problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
