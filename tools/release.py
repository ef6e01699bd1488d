# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the collection as it is published: what users need, with the changelog of this version, and nothing else.

It is built from what git sees, in a copy under .cache/release: what lies about in a checkout cannot get into it, and
the checkout stays as it is. There the changelog's fragments become the changelog, if the version has not been released
yet.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterable
from pathlib import Path

import yaml

from tools.sanity import NOT_COPIED, copy_tree, git_visible, link_dependencies

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".cache" / "release"
BIN = Path(sys.executable).parent

NEEDED = frozenset({"FILES.json", "LICENSE", "MANIFEST.json", "README.md", "meta", "playbooks", "plugins", "roles"})
# For people: what changed, how it is used, examples to copy, what pip is to install; and tests/config.yml, by which
# ansible-test knows which Pythons the installed collection is for.
WELCOME = frozenset(
    {
        "CHANGELOG.md",
        "LICENSES",
        "REUSE.toml",
        "bindep.txt",
        "changelogs",
        "docs",
        "inventories",
        "requirements.txt",
        "tests",
    }
)
FROM_TESTS = frozenset({"tests", "tests/config.yml"})
LEFTOVERS = (".pyc", ".orig", ".rej", ".swp", "~")


class ReleaseError(Exception):
    """There is nothing that could be published; the text says why."""


def problems(names: Iterable[str]) -> list[str]:
    """What is wrong with the list of a tarball's files and folders."""
    listed = set(names)
    top = {name.split("/")[0] for name in listed}
    found = [f"{name} is missing" for name in sorted(NEEDED - top)]
    found += [f"{name} does not belong into it" for name in sorted(top - NEEDED - WELCOME)]
    found += [
        f"{name} does not belong into it"
        for name in sorted(listed)
        if (name.startswith("tests/") and name not in FROM_TESTS)
        or "__pycache__" in name.split("/")
        or name.endswith(LEFTOVERS)
    ]
    return found


def tools_environment() -> dict[str, str]:
    """An environment in which Ansible's tools see this copy of the collection, and no other."""
    home = WORK / "home"
    home.mkdir(parents=True, exist_ok=True)
    return {
        "HOME": str(home),
        "PATH": os.pathsep.join((str(BIN), "/usr/local/bin", "/usr/bin", "/bin")),
        "LC_ALL": os.environ.get("LC_ALL", "C.UTF-8"),
        "ANSIBLE_HOME": str(home / ".ansible"),
        "ANSIBLE_COLLECTIONS_PATH": str(WORK),
    }


def run(*command: str, cwd: Path) -> None:
    done = subprocess.run(
        command,
        cwd=cwd,
        env=tools_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ReleaseError(f"{' '.join(command)} failed with code {done.returncode}:\n{done.stdout}")


def write_changelog(tree: Path, version: str) -> None:
    """Make the fragments the changelog of the version, as antsibull-changelog does it when a version is released."""
    released = yaml.safe_load((tree / "changelogs" / "changelog.yaml").read_text(encoding="utf-8"))["releases"]
    if version in released:
        run("antsibull-changelog", "generate", cwd=tree)
    else:
        run("antsibull-changelog", "release", cwd=tree)
    (tree / "changelogs" / ".plugin-cache.yaml").unlink(missing_ok=True)


def build(target: Path) -> Path:
    """Build the tarball into a folder, look at what it holds, and return it."""
    described = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    tree = WORK / "ansible_collections" / described["namespace"] / described["name"]
    copy_tree(ROOT, tree, [name for name in git_visible(ROOT) if not name.startswith(NOT_COPIED)])
    link_dependencies(tree.parent.parent, Path(sysconfig.get_path("purelib")))
    write_changelog(tree, described["version"])
    target.mkdir(parents=True, exist_ok=True)
    run("ansible-galaxy", "collection", "build", "--force", "--output-path", str(target), cwd=tree)
    built = target / f"{described['namespace']}-{described['name']}-{described['version']}.tar.gz"
    with tarfile.open(built) as archive:
        wrong = problems(archive.getnames())
    if wrong:
        raise ReleaseError(f"{built.name} is not fit to be published; build_ignore in galaxy.yml: {'; '.join(wrong)}")
    return built


def main(arguments: list[str]) -> int:
    built = build(Path(arguments[0]) if arguments else ROOT)
    with tarfile.open(built) as archive:
        files = sum(member.isfile() for member in archive.getmembers())
    print(f"{built}: {files} files, {built.stat().st_size // 1024} KiB")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (ReleaseError, subprocess.CalledProcessError) as problem:
        print(f"The collection could not be built: {problem}", file=sys.stderr)
        sys.exit(1)
