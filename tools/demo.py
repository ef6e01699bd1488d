# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show the main job: staging, provisioned twice in an AWS that runs on this machine for that long."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from tools.process import stream

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
WORK = ROOT / ".cache" / "demo"
REPORT = ROOT / "artifacts" / "sandbox" / "staging"
PLAYBOOK = ["ansible-playbook", "provision.yml", "-i", "inventories/staging", "-i", "inventories/sandbox"]
SECONDS_TO_START = 30.0

RECAP = re.compile(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.MULTILINE)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")

NEXT = """
What to do next:
  make sandbox                                    keep this AWS running (port 5555), and in another terminal:
  .venv/bin/ansible-playbook provision.yml -i inventories/staging -i inventories/sandbox
  .venv/bin/ansible-playbook provision.yml -i inventories/staging --check --diff
                                                  the plan, against the AWS account of your credentials
  README.md                                       everything else
"""


class DemoError(Exception):
    """The demo did not show what it is to show."""


def say(text: str) -> None:
    print(text, flush=True)


def show(command: list[str], **environment: str) -> None:
    settings = [f"{name}={shlex.quote(value)}" for name, value in environment.items()]
    say(f"\n$ {' '.join([*settings, shlex.join(command)])}")


@contextmanager
def sandbox() -> Iterator[str]:
    """Start the embedded AWS on a free port of 127.0.0.1; yields its URL, and ends it whatever happens."""
    WORK.mkdir(parents=True, exist_ok=True)
    ready = WORK / "ready"
    ready.unlink(missing_ok=True)
    log = WORK / "sandbox.log"
    command = [sys.executable, "-m", "sandbox", "--iam", "--port", "0", "--ready-file", str(ready)]
    show(["python", *command[1:-1], str(ready.relative_to(ROOT))])
    with log.open("wb") as stream:
        # In a session of its own: Ctrl-C is for the playbook, the server is ended here and only here.
        server = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True
        )
    try:
        url = wait_for(server, ready, log)
        say(f"The embedded AWS answers at {url} (process {server.pid}, log in {log.relative_to(ROOT)}).")
        yield url
    finally:
        stop(server)
        say(f"\nThe embedded AWS (process {server.pid}) is stopped; its keys are gone with it.")


def wait_for(server: subprocess.Popen[bytes], ready: Path, log: Path) -> str:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        if ready.exists() and (url := ready.read_text().strip()):
            return url
        if server.poll() is not None:
            raise DemoError(f"the sandbox ended at once with code {server.returncode}:\n{log.read_text()}")
        time.sleep(0.05)
    raise DemoError(f"the sandbox was not ready after {SECONDS_TO_START:.0f} s:\n{log.read_text()}")


def stop(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is None:
        server.terminate()
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def play(url: str, *, quiet: bool) -> str:
    """Run the main job; returns what it printed. Quiet: prints it only if the run failed."""
    show(PLAYBOOK, AGENT_OPS_SANDBOX_URL=url)
    environment = {**os.environ, "AGENT_OPS_SANDBOX_URL": url, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    if sys.stdout.isatty():
        environment["ANSIBLE_FORCE_COLOR"] = "true"
    code, output = stream(PLAYBOOK, cwd=ROOT, env=environment, echo=not quiet)
    if code != 0:
        if quiet:
            print(output, flush=True)
        raise DemoError(f"the playbook failed with code {code}; the reason is printed above")
    return output


def changes(output: str) -> dict[str, int]:
    """How many tasks changed something on each host, according to the recap; a failed host is an error."""
    found: dict[str, int] = {}
    for host, changed, unreachable, failed in RECAP.findall(COLOUR.sub("", output)):
        if int(unreachable) or int(failed):
            raise DemoError(f"{host} failed, says the recap")
        found[host] = int(changed)
    if not found:
        raise DemoError("the run printed no recap")
    return found


def demonstrate() -> None:
    start = time.monotonic()
    say("The environment `staging`, made in an AWS on this machine: keys with their Ethereum addresses, permissions,")
    say("the bucket of message proofs, and what the agents read.")
    if REPORT.exists():
        # Else the first run would warn, rightly, that all addresses differ from those in the last report.
        say(f"Removing {REPORT.relative_to(ROOT)}: the report of an earlier sandbox, whose keys are gone.")
        shutil.rmtree(REPORT)
    with sandbox() as url:
        say("\nFirst run: nothing exists yet, every key is made.")
        changes(play(url, quiet=False))
        say("Second run: the same command again; it must find everything as it should be.")
        second = changes(play(url, quiet=True))
        changed = {host: count for host, count in second.items() if count}
        if changed:
            raise DemoError(f"the second run changed something: {changed}")
        say(f"Nothing changed: the second run reports changed=0 for {', '.join(sorted(second))}.")
    say(f"Done in {time.monotonic() - start:.0f} s.")
    say(NEXT)


def on_terminate(_signum: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def main() -> int:
    signal.signal(signal.SIGTERM, on_terminate)
    try:
        demonstrate()
    except KeyboardInterrupt:
        say("\nInterrupted.")
        return 130
    except DemoError as problem:
        print(f"\nThe demo failed: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
