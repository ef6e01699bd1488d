# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look for policies that our own evaluation and the simulator judge differently: sh tools/run.sh python -m tests.iam

It ends with the first one, made as small as it can be, or when it has tried as many as were wanted.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, given, seed, settings

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=2000, help="how many accounts, and as many single statements")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32), help="to repeat a search")
    wanted = parser.parse_args(arguments)
    # Where pytest finds our own evaluation; see pyproject.toml.
    sys.path.append(str(ROOT / "collections"))
    from tests.iam.comparison import compare, differences, kinds
    from tests.iam.random_policies import SMALL_WORLDS, WORLDS
    from tests.iam.worlds import World
    from tests.simulator import Simulator

    seen: Counter[str] = Counter()
    start = time.monotonic()
    with Simulator.start() as simulator:
        for worlds in (SMALL_WORLDS, WORLDS):

            @seed(wanted.seed)
            @settings(max_examples=wanted.worlds, deadline=None, database=None, suppress_health_check=list(HealthCheck))
            @given(worlds)
            def agree(world: World) -> None:
                compared = compare(simulator, world)
                seen.update(kinds(compared))
                found = differences(world, compared)
                if found:
                    raise AssertionError(found)

            try:
                agree()
            except AssertionError as found:
                print(f"{found}\n(seed {wanted.seed})")
                return 1
    took = time.monotonic() - start
    print(f"No difference in {seen.total()} answers ({dict(seen)}), seed {wanted.seed}, {took:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
