# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run `ansible-test sanity`: every test, no ignore file, and no test left out for a reason that can be mended.

ansible-test wants a checkout inside .../ansible_collections/<namespace>/<name>, so it gets an exact copy of what git
sees, under .cache/sanity, with the collections that this one depends on beside it. With `--artifact FILE` it gets what
a built tarball holds instead.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import stat
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tools.process import stream

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".cache" / "sanity"
COPY = WORK / "ansible_collections" / "interchain" / "agent_ops"
# The link in here leads back to the checkout, which is nothing to test.
NOT_COPIED = "collections/ansible_collections/"

STAND_IN = """\
# Does what the get-pip script of the same version does, with the wheel beside it.
import os
import sys

wheel = os.path.join(os.path.dirname(os.path.abspath(__file__)), {wheel!r})
sys.path.insert(0, wheel)
arguments = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]

from pip._internal.cli.main import main

sys.exit(main(["install", "--upgrade", "--force-reinstall"] + arguments + [wheel]))
"""

# What may be left out: it takes programs that no package index has.
UNAVOIDABLE = (
    re.compile(r'Required program "pwsh" not found'),
    re.compile(r'Skipping sanity test "[a-z-]+" on Python [0-9.]+ because it could not be found'),
)
LEFT_OUT = re.compile(r"Skipping (sanity test|tests|\S+ collection)|targets skipped|Required program")

# The settings of pip that decide whether and where it finds a package.
HANDED_ON = frozenset(
    """
    cert client-cert extra-index-url find-links index-url no-index proxy retries timeout trusted-host
    """.split()
)


class SanityError(Exception):
    """The tests cannot be run, or their outcome is worth nothing."""


def git_visible(root: Path) -> list[str]:
    """What git tracks or would track; in a tree without a repository, what a fresh repository would track."""
    listing = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    with tempfile.TemporaryDirectory() as folder:
        where = ["-C", str(root)]
        if not (root / ".git").exists():
            subprocess.run(["git", "init", "--quiet", "--bare", folder], check=True, stdin=subprocess.DEVNULL)
            where = [f"--git-dir={folder}", f"--work-tree={root}"]
        # A checkout that belongs to somebody else (as in many CI systems) is still the one to test.
        command = ["git", "-c", "safe.directory=*", *where, *listing]
        done = subprocess.run(command, cwd=root, check=True, stdin=subprocess.DEVNULL, capture_output=True)
    return sorted({name for name in os.fsdecode(done.stdout).split("\0") if name and os.path.lexists(root / name)})


def copy_tree(root: Path, target: Path, names: Iterable[str]) -> None:
    shutil.rmtree(target, ignore_errors=True)
    for name in names:
        destination = target / name
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / name, destination, follow_symlinks=False)
    make_repository(target)


def unpack(artifact: Path, target: Path) -> list[str]:
    """Put what a built collection holds where ansible-test wants it; returns the names of its files."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    with tarfile.open(artifact) as archive:
        archive.extractall(target, filter="data")
        names = sorted(member.name for member in archive.getmembers() if not member.isdir())
    make_repository(target)
    return names


def make_repository(target: Path) -> None:
    # ansible-test asks git for the files, and would find the checkout's repository, which ignores .cache.
    for command in (["init", "--quiet"], ["add", "--all", "--force"]):
        subprocess.run(["git", *command], cwd=target, check=True, stdin=subprocess.DEVNULL)


def link_dependencies(collections: Path, site_packages: Path) -> None:
    for namespace in ("amazon", "community"):
        source = site_packages / "ansible_collections" / namespace
        if not source.is_dir():
            raise SanityError(f"{source} is missing; run: make setup")
        link = collections / namespace
        link.unlink(missing_ok=True)
        link.symlink_to(source)


def real_pythons(folder: Path, names: Iterable[str]) -> list[str]:
    """Link the interpreters that run, and are no shims of a version manager, into one folder; returns their names."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    found = []
    for name in names:
        for candidate in candidates(name):
            done = subprocess.run(
                [
                    str(candidate),
                    "-I",
                    "-c",
                    "import sys, venv; print(getattr(sys, '_base_executable', sys.executable))",
                ],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode == 0:
                (folder / name).symlink_to(done.stdout.strip())
                found.append(name)
                break
    return found


def candidates(name: str) -> list[Path]:
    folders = [Path(folder) for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if folder]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders += sorted((pyenv / "versions").glob("*/bin"), reverse=True)
    return [folder / name for folder in folders if os.access(folder / name, os.X_OK)]


def wanted_pip(site_packages: Path | None = None) -> str:
    """The version of pip that this release of ansible-test starts its virtual environments with."""
    folder = site_packages or Path(sysconfig.get_path("purelib"))
    tree = ast.parse((folder / "ansible_test" / "_internal" / "python_requirements.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "dict":
            for keyword in node.keywords:
                if keyword.arg == "pip" and isinstance(keyword.value, ast.Constant):
                    return str(keyword.value.value)
    raise SanityError("cannot tell which pip ansible-test wants: its source has changed")


def provide_get_pip(home: Path, version: str) -> None:
    """Put the script in place that ansible-test would download from a site other than the package index."""
    cache = home / ".ansible" / "test" / "cache"
    script = cache / f"get_pip_{version.replace('.', '_')}.py"
    wheel = f"pip-{version}-py3-none-any.whl"
    if script.exists() and (cache / wheel).exists():
        return
    cache.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir", "--dest", str(cache)]
    subprocess.run([*command, f"pip=={version}"], check=True, stdin=subprocess.DEVNULL)
    script.write_text(STAND_IN.format(wheel=wheel))


def pip_configuration(home: Path) -> None:
    """Hand on where packages come from: ansible-test keeps the environment, and the user's home, from its pip."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    settings = {"quiet": "1"}
    for line in done.stdout.splitlines():
        found = re.fullmatch(r"(?:global|install|download|:env:)\.(?:default-)?([a-z-]+)='(.*)'", line)
        if found is not None and found[1] in HANDED_ON:
            settings[found[1]] = " ".join(found[2].replace("\\n", " ").split())
    proxy = os.environ.get("https_proxy") or os.environ.get("HTTPS_PROXY")
    if proxy:
        settings.setdefault("proxy", proxy)
    target = home / ".config" / "pip" / "pip.conf"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.touch(mode=stat.S_IRUSR | stat.S_IWUSR)
    lines = [f"{name} = {value}" for name, value in settings.items()]
    target.write_text("\n".join(["[global]", *lines, ""]))


def judge(output: Iterable[str]) -> list[str]:
    """The lines that say that a test was left out although it need not be."""
    warnings = [line.strip() for line in output if "WARNING" in line and LEFT_OUT.search(line)]
    return [line for line in warnings if not any(reason.search(line) for reason in UNAVOIDABLE)]


def run_tests(command: list[str], copy: Path, environment: dict[str, str]) -> int:
    code, output = stream(command, cwd=copy, env=environment)
    left_out = judge(output.splitlines())
    for line in left_out:
        print(f"Left out, which counts as a failure here: {line}", file=sys.stderr)
    return code or (1 if left_out else 0)


def place_tree(artifact: Path | None, copy: Path) -> list[str]:
    """Put the collection where ansible-test wants it; returns the names of its files."""
    if artifact is not None:
        names = unpack(artifact, copy)
    else:
        names = [name for name in git_visible(ROOT) if not name.startswith(NOT_COPIED)]
        copy_tree(ROOT, copy, names)
    ignored = [name for name in names if name.startswith("tests/sanity/ignore")]
    if ignored:
        raise SanityError(f"ignore files are not allowed: {', '.join(ignored)}")
    return names


def prepare(work: Path, *, python: Path, site_packages: Path, pythons: Iterable[str]) -> dict[str, str]:
    """Make what ansible-test needs besides the collection; returns its environment.

    ``python`` is the one of the environment that holds ansible-test, ``site_packages`` what that environment holds.
    """
    home = work / "home"
    home.mkdir(parents=True, exist_ok=True)
    pip_configuration(home)
    provide_get_pip(home, wanted_pip(site_packages))
    real_pythons(work / "bin", pythons)
    git = Path(shutil.which("git") or "/usr/bin/git").parent
    folders = [work / "bin", python.parent, git, "/usr/local/bin", "/usr/bin", "/bin"]
    return {
        "HOME": str(home),
        "PATH": os.pathsep.join(map(str, folders)),
        "LC_ALL": os.environ.get("LC_ALL", "C.UTF-8"),
        "ANSIBLE_HOME": str(home / ".ansible"),
    }


def main(arguments: list[str]) -> int:
    artifact = None
    if arguments[:1] == ["--artifact"]:
        artifact, arguments = Path(arguments[1]), arguments[2:]
    site_packages = Path(sysconfig.get_path("purelib"))
    names = place_tree(artifact, COPY)
    link_dependencies(COPY.parent.parent, site_packages)
    python = Path(sys.executable)
    every = [f"python3.{minor}" for minor in range(9, 20)]
    environment = prepare(WORK, python=python, site_packages=site_packages, pythons=every)
    found = sorted(path.name for path in (WORK / "bin").iterdir())
    print(f"{len(names)} files; {', '.join(found)}; not run: pslint (needs PowerShell).", flush=True)
    return run_tests([str(python.parent / "ansible-test"), "sanity", "--local", *arguments], COPY, environment)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (SanityError, subprocess.CalledProcessError) as problem:
        print(f"ansible-test sanity could not be run: {problem}", file=sys.stderr)
        sys.exit(1)
