# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run several make targets, all of them whatever happens, and say at the end how each one went.

Targets that are joined by a slash run side by side: what the first of them says is seen at once, what the others say
when they end.
"""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    stage: str
    code: int
    seconds: float
    output: str = ""


def duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def summary(outcomes: list[Outcome], seconds: float) -> list[str]:
    width = max(10, *(len(outcome.stage) for outcome in outcomes))
    lines = [
        f"  {outcome.stage:<{width}} {'passed' if outcome.code == 0 else 'FAILED'}   {duration(outcome.seconds)}"
        for outcome in outcomes
    ]
    took = duration(seconds)
    failed = [outcome.stage for outcome in outcomes if outcome.code != 0]
    if failed:
        again = " ".join(failed)
        return [*lines, f"FAILED after {took}: {', '.join(failed)}. To see only that again: make {again}"]
    return [*lines, f"All of it passed in {took}: {', '.join(outcome.stage for outcome in outcomes)}."]


def run(make: str, stage: str, *, quiet: bool = False) -> Outcome:
    """Run a stage; a quiet one is heard when it has ended."""
    if not quiet:
        print(f"\n===== make {stage} =====", flush=True)
    start = time.monotonic()
    # --keep-going: a stage of several commands shows the findings of all of them.
    done = subprocess.run(
        [make, "--keep-going", stage],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
        text=True,
        check=False,
    )
    return Outcome(stage, done.returncode, time.monotonic() - start, done.stdout or "")


def side_by_side(make: str, stages: list[str]) -> list[Outcome]:
    first, *others = stages
    with ThreadPoolExecutor(max(1, len(others))) as pool:
        pending = [pool.submit(run, make, stage, quiet=True) for stage in others]
        outcomes = [run(make, first)]
        for task in pending:
            outcome = task.result()
            print(f"\n===== make {outcome.stage} =====\n{outcome.output}", end="", flush=True)
            outcomes.append(outcome)
    return outcomes


def main(arguments: list[str]) -> int:
    make, *stages = arguments
    start = time.monotonic()
    outcomes = [outcome for group in stages for outcome in side_by_side(make, group.split("/"))]
    print("\n===== summary =====")
    print("\n".join(summary(outcomes, time.monotonic() - start)), flush=True)
    return 1 if any(outcome.code for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
