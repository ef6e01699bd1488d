# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a part of the tests with the oldest and the newest supported ansible-core, on every Python that is found.

For each pair an environment is made under .cache/matrix: that ansible-core, the oldest or the newest of Amazon's
collections, what requirements.txt names, and what these tests need, in the versions of the lock. No Python is
downloaded: what is missing is said, and so is what is left out.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools import bootstrap, integration, sanity
from tools.process import stream
from tools.stages import Outcome, duration

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".cache" / "matrix"
BIN = Path(sys.executable).parent

# The oldest and the newest release line of ansible-core that the README promises, and the Pythons that each runs on
# (https://docs.ansible.com/ansible/latest/reference_appendices/release_and_maintenance.html), and the lock of the wheel
# that holds the oldest and the newest collections that galaxy.yml allows.
REQUIREMENTS = ROOT / "requirements"
SUPPORTED = (
    ("2.19", ("3.11", "3.12", "3.13"), REQUIREMENTS / "oldest.txt"),
    ("2.21", ("3.12", "3.13", "3.14"), REQUIREMENTS / "newest.txt"),
)

# Neither is part of what users install: the sandbox, and what the chosen tests are written with.
FOR_TESTS = ("moto[server]", "pytest", "hypothesis", "python-dotenv", "eth-account")

LEFT_OUT = (
    "left out: tests against the simulator of IAM policies, Foundry, charts and Hyperlane's schema, molecule, linters",
    "          and the other sanity tests, which make test runs with the versions of .venv; and ansible-core 2.20",
)


@dataclass(frozen=True)
class Cell:
    core: str
    python: str
    collections: Path
    interpreter: Path | None

    @property
    def name(self) -> str:
        return f"ansible-core {self.core}, Python {self.python}"

    @property
    def work(self) -> Path:
        return WORK / f"core-{self.core}-python-{self.python}"


def interpreter(version: str) -> Path | None:
    """The interpreter of a version that is found on this machine, and runs."""
    found = WORK / "pythons"
    names = sanity.real_pythons(found, [f"python{version}"])
    return (found / names[0]).resolve() if names else None


def cells(find: Callable[[str], Path | None] = interpreter) -> list[Cell]:
    where = {python: find(python) for python in sorted({one for _core, pythons, _lock in SUPPORTED for one in pythons})}
    return [Cell(core, python, lock, where[python]) for core, pythons, lock in SUPPORTED for python in pythons]


def make_environment(cell: Cell) -> Path:
    """Make, or bring up to date, the environment of a pair; returns its site-packages."""
    env = bootstrap.uv_environment(Path(sys.executable), bootstrap.clean_environment())
    venv = cell.work / "venv"
    python = venv / "bin" / "python"
    if not python.exists():
        bootstrap.run(BIN / "uv", "venv", "--quiet", "--python", str(cell.interpreter), venv, env=env)
    pins = cell.work / "constraints.txt"
    pins.write_text(bootstrap.constraints(bootstrap.LOCK.read_text(encoding="utf-8"), "ansible-core"), encoding="utf-8")
    wanted: list[str | Path] = [f"ansible-core=={cell.core}.*", "-r", ROOT / "requirements.txt", *FOR_TESTS]
    bootstrap.run(BIN / "uv", "pip", "install", "--quiet", "--python", python, "--constraint", pins, *wanted, env=env)
    (site_packages,) = venv.glob("lib/python*/site-packages")
    wheel = bootstrap.fetch_wheel(Path(sys.executable), env, bootstrap.CACHE / "wheels", cell.collections)
    bootstrap.unpack_collections(wheel, site_packages)
    print(f"amazon.aws and community.aws from {wheel.name}")
    return site_packages


def playbook_environment(cell: Cell) -> dict[str, str]:
    home = cell.work / "home"
    home.mkdir(parents=True, exist_ok=True)
    return {
        "HOME": str(home),
        "PATH": f"{cell.work / 'venv' / 'bin'}{os.pathsep}{os.defpath}",
        "LC_ALL": os.environ.get("LC_ALL", "C.UTF-8"),
        "PYTHONNOUSERSITE": "1",
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_HOME": str(home / ".ansible"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "HYPOTHESIS_STORAGE_DIRECTORY": str(cell.work / "hypothesis"),
    }


def check_sanity(cell: Cell, site_packages: Path) -> int:
    """Whether everything compiles and every module can be imported, by this core's own ansible-test."""
    copy = cell.work / "ansible_collections" / "interchain" / "agent_ops"
    sanity.place_tree(None, copy)
    sanity.link_dependencies(copy.parent.parent, site_packages)
    python = cell.work / "venv" / "bin" / "python"
    name = f"python{cell.python}"
    environment = sanity.prepare(cell.work, python=python, site_packages=site_packages, pythons=[name])
    chosen = ["--test", "compile", "--test", "import", "--python", cell.python]
    return sanity.run_tests([str(python.parent / "ansible-test"), "sanity", "--local", *chosen], copy, environment)


def check_units(cell: Cell) -> int:
    """The tests of the pure parts and of the filters."""
    command = [
        str(cell.work / "venv" / "bin" / "python"),
        "-m",
        "pytest",
        "--quiet",
        "-o",
        f"cache_dir={cell.work}/pytest",
    ]
    charts = "--ignore=tests/unit/plugins/module_utils/test__agent_charts.py"
    code, _output = stream([*command, charts, "tests/unit/plugins"], cwd=ROOT, env=playbook_environment(cell))
    return code


def check_provision(cell: Cell) -> int:
    """All of staging, twice, in a sandbox: the second run changes nothing."""
    from sandbox.client import Sandbox

    command = [str(cell.work / "venv" / "bin" / "ansible-playbook"), str(ROOT / "provision.yml")]
    for name in ("staging", "sandbox"):
        command += ["-i", str(ROOT / "inventories" / name)]
    with Sandbox.start() as server:
        environment = {**playbook_environment(cell), "AGENT_OPS_SANDBOX_URL": server.url}
        shutil.rmtree(cell.work / "artifacts", ignore_errors=True)
        for _turn in range(2):
            code, output = stream(command, cwd=cell.work, env=environment, echo=False)
            if code != 0:
                print(output)
                return code
    changed = [line for line in output.splitlines() if "changed=" in line and "changed=0" not in line]
    print("provision.yml, run a second time:", *(changed or ["changed nothing"]), sep="\n  ")
    return 1 if changed else 0


def check(cell: Cell) -> list[Outcome]:
    print(f"\n===== {cell.name} =====", flush=True)
    site_packages = make_environment(cell)
    python = cell.work / "venv" / "bin" / "python"
    steps: tuple[tuple[str, Callable[[], int]], ...] = (
        ("sanity: compile, import", lambda: check_sanity(cell, site_packages)),
        ("unit tests of tests/unit/plugins", lambda: check_units(cell)),
        ("provision.yml twice", lambda: check_provision(cell)),
        ("integration targets", lambda: integration.run(cell.work, python, site_packages, [])),
    )
    outcomes = []
    for name, step in steps:
        start = time.monotonic()
        code = step()
        outcomes.append(Outcome(name, code, time.monotonic() - start))
    return outcomes


def summary(results: dict[str, list[Outcome]], missing: list[Cell]) -> list[str]:
    lines = []
    for name, outcomes in results.items():
        lines.append(name)
        lines += [
            f"  {one.stage:<34} {'passed' if one.code == 0 else 'FAILED'}   {duration(one.seconds)}" for one in outcomes
        ]
    lines += [f"{cell.name}: not run, there is no python{cell.python} on this machine" for cell in missing]
    return [*lines, *LEFT_OUT]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make matrix", description=__doc__)
    parser.add_argument("--core", help="one release line alone, 2.21 for instance")
    parser.add_argument("--python", help="one version alone, 3.12 for instance")
    options = parser.parse_args(arguments)
    WORK.mkdir(parents=True, exist_ok=True)
    chosen = [cell for cell in cells() if options.core in (None, cell.core) and options.python in (None, cell.python)]
    results = {cell.name: check(cell) for cell in chosen if cell.interpreter is not None}
    print("\n===== matrix =====")
    print("\n".join(summary(results, [cell for cell in chosen if cell.interpreter is None])), flush=True)
    failed = any(one.code for outcomes in results.values() for one in outcomes)
    return 1 if failed or not results else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (sanity.SanityError, bootstrap.SetUpError, subprocess.CalledProcessError) as problem:
        print(f"The matrix could not be run: {problem}", file=sys.stderr)
        sys.exit(1)
