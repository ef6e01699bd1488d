# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show the main job: staging, provisioned twice in an AWS that runs on this machine for that long, and then funded."""

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
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NoReturn

from tools import demo_funding
from tools.process import stream

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
WORK = ROOT / ".cache" / "demo"
REPORT = ROOT / "artifacts" / "sandbox" / "staging"
PROVISION = ["ansible-playbook", "provision.yml", *demo_funding.STAGING]
FUND = ["ansible-playbook", "fund.yml", *demo_funding.STAGING, "-e", "wallet_funding_approve=true"]
NOTHING_TO_SEND = "Nothing is to be sent."
SECONDS_TO_START = 30.0

RECAP = re.compile(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.MULTILINE)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")

NEXT = """
What to do next:
  make sandbox                                    keep this AWS running (port 5555), and in another terminal:
  .venv/bin/ansible-playbook provision.yml -i inventories/staging -i inventories/sandbox
  .venv/bin/ansible-playbook provision.yml -i inventories/staging --check --diff
                                                  the plan, against the AWS account of your credentials
  docs/funding.md                                 how wallets are watched and funded
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


def play(command: list[str], *, quiet: bool, **variables: str) -> str:
    """Run a playbook; returns what it printed. Quiet: prints it only if the run failed."""
    show(command, **variables)
    environment = {**os.environ, **variables, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    if sys.stdout.isatty():
        environment["ANSIBLE_FORCE_COLOR"] = "true"
    code, output = stream(command, cwd=ROOT, env=environment, echo=not quiet)
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


def unchanged(output: str) -> str:
    """Return the hosts of a run that changed nothing. :raises DemoError: if it did."""
    counts = changes(output)
    changed = {host: count for host, count in counts.items() if count}
    if changed:
        raise DemoError(f"the second run changed something: {changed}")
    return ", ".join(sorted(counts))


def fund(url: str) -> None:
    """Show the funding of the wallets, on a machine that can have chains."""
    with ExitStack() as stack:
        chains = demo_funding.start_chains(stack, say)
        if not chains:
            return
        variables = {"AGENT_OPS_SANDBOX_URL": url, **demo_funding.variables(chains)}
        bank = demo_funding.fill_bank(chains, REPORT)
        say(f"The bank of staging, {bank}, now has {demo_funding.GIVEN} of each chain's money, and the agents none.")
        say("\nFirst run: every wallet is below its threshold, and is topped up to its target.")
        changes(play(FUND, quiet=False, **variables))
        say("Second run: the same command again.")
        output = play(FUND, quiet=True, **variables)
        unchanged(output)
        if NOTHING_TO_SEND not in output:
            raise DemoError("the second run of the funding found something to send")
        say(f"{NOTHING_TO_SEND} No wallet is paid twice.")


def demonstrate() -> None:
    start = time.monotonic()
    say("The environment `staging`, made in an AWS on this machine: keys with their Ethereum addresses, permissions,")
    say("the bucket of message proofs, and what the agents read. Then its agents are given money.")
    if REPORT.exists():
        # Else the first run would warn, rightly, that all addresses differ from those in the last report.
        say(f"Removing {REPORT.relative_to(ROOT)}: the report of an earlier sandbox, whose keys are gone.")
        shutil.rmtree(REPORT)
    with sandbox() as url:
        say("\nFirst run: nothing exists yet, every key is made, and one more for the bank that pays the agents.")
        changes(play(PROVISION, quiet=False, AGENT_OPS_SANDBOX_URL=url))
        say("Second run: the same command again; it must find everything as it should be.")
        hosts = unchanged(play(PROVISION, quiet=True, AGENT_OPS_SANDBOX_URL=url))
        say(f"Nothing changed: the second run reports changed=0 for {hosts}.")
        fund(url)
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
