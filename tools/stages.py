# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run several make targets one after the other, all of them whatever happens, and say at the end how each one went."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    stage: str
    code: int
    seconds: float


def duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def summary(outcomes: list[Outcome]) -> list[str]:
    lines = [
        f"  {outcome.stage:<10} {'passed' if outcome.code == 0 else 'FAILED'}   {duration(outcome.seconds)}"
        for outcome in outcomes
    ]
    took = duration(sum(outcome.seconds for outcome in outcomes))
    failed = [outcome.stage for outcome in outcomes if outcome.code != 0]
    if failed:
        again = " ".join(failed)
        return [*lines, f"FAILED after {took}: {', '.join(failed)}. To see only that again: make {again}"]
    return [*lines, f"All of it passed in {took}: {', '.join(outcome.stage for outcome in outcomes)}."]


def run(make: str, stage: str) -> Outcome:
    print(f"\n===== make {stage} =====", flush=True)
    start = time.monotonic()
    # --keep-going: a stage of several commands shows the findings of all of them.
    done = subprocess.run([make, "--keep-going", stage], stdin=subprocess.DEVNULL, check=False)
    return Outcome(stage, done.returncode, time.monotonic() - start)


def main(arguments: list[str]) -> int:
    make, *stages = arguments
    outcomes = [run(make, stage) for stage in stages]
    print("\n===== summary =====")
    print("\n".join(summary(outcomes)), flush=True)
    return 1 if any(outcome.code for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
