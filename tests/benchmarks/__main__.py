# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast, as ratios measured in one run: `make bench`. One part alone: `make bench ARGS=funding`.

Everything is measured from the start of its process to its end, against a sandbox that takes 50 ms for an answer.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from sandbox.client import Sandbox
from tests.benchmarks import funding, provisioning
from tests.benchmarks.world import (
    ROOT,
    Measure,
    ansible,
    best,
    fill_account,
    key_specs,
    measure,
    verdict,
    write_inventory,
)

ANSWER_SECONDS = 0.05
COUNTS = (10, 40, 160, 1000)
LOOP_UP_TO = 40
REPEATED = 3
REPEATED_UP_TO = 40
CREATED = 60
RATE = 5.0
GOAL_COUNT = 40
GOALS = {"loop": 20.0, "sequential": 3.0}
CREATE_GOAL = 1.1


def existing_keys(sandbox: Sandbox, folder: Path, count: int) -> dict[str, Measure]:
    sandbox.change_settings(latency_seconds=0.0)
    fill_account(sandbox, count)
    sandbox.change_settings(latency_seconds=ANSWER_SECONDS)
    inventory = write_inventory(folder, count)
    names = folder / f"names-{count}.json"
    names.write_text(json.dumps([spec["name"] for spec in key_specs(count)]), encoding="utf-8")
    times = REPEATED if count <= REPEATED_UP_TO else 1
    measures = {"role": best(sandbox, ansible(inventory, "role.yml"), times=times)}
    if [entry for entry in sandbox.log() if entry["write"]]:
        sys.exit(f"The role has changed something:\n{measures['role'].output}")
    script = [sys.executable, "-m", "tests.benchmarks.sequential", str(names)]
    measures["sequential"] = best(sandbox, script, times=times)
    if count == GOAL_COUNT:
        measures["floor"] = best(sandbox, ansible(inventory, "floor.yml"), times=times)
    if count <= LOOP_UP_TO:
        loop = ["alias/" + spec["name"] for spec in key_specs(count)]
        names.write_text(json.dumps(loop), encoding="utf-8")
        measures["loop"] = measure(sandbox, [*ansible(inventory, "loop.yml"), "-e", f"names_file={names}"])
    return measures


def creation(sandbox: Sandbox, folder: Path) -> Measure:
    sandbox.reset()
    sandbox.change_settings(latency_seconds=ANSWER_SECONDS, rates_enabled=True)
    return measure(sandbox, ansible(write_inventory(folder, CREATED), "role.yml"))


def show_keys() -> bool:
    """Print how fast keys are read and made; whether all goals are kept to."""
    print(f"Signing keys, {ANSWER_SECONDS * 1000:.0f} ms an answer; seconds from a command's start to its end.\n")
    print(f"{'existing keys':>13} {'':12} {'seconds':>8} {'asking AWS':>11} {'requests':>9} {'of the role':>12}")
    all_reached = True
    measured: dict[int, dict[str, Measure]] = {}
    with Sandbox.start() as sandbox, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for count in COUNTS:
            measured[count] = existing_keys(sandbox, folder, count)
            role = measured[count]["role"].seconds
            for contender, done in measured[count].items():
                ratio = f"{done.seconds / role:.1f} x"
                figures = f"{done.seconds:>8.2f} {done.asking:>11.2f} {done.requests:>9} {ratio:>12}"
                print(f"{count:>13} {contender:12} {figures}", flush=True)
        created = creation(sandbox, folder)
        throttled = [entry for entry in sandbox.log() if entry["error"] == "ThrottlingException"]
    print("\nrole: interchain.agent_ops.signing_keys. loop: amazon.aws.kms_key in a loop, without addresses.")
    print("sequential: boto3, the original script's calls one after the other.")
    print("floor: ansible with one module of amazon.aws that asks one question; no play with AWS takes less.")
    print(f"Best of {REPEATED} runs for the role and for sequential up to {REPEATED_UP_TO} keys.\n")
    for contender, goal in GOALS.items():
        ratio = measured[GOAL_COUNT][contender].seconds / measured[GOAL_COUNT]["role"].seconds
        all_reached &= ratio >= goal
        reached = verdict(ratio >= goal)
        print(f"{GOAL_COUNT} keys: {ratio:.1f} times as fast as {contender}, goal {goal:.0f}: {reached}")
    floor = measured[GOAL_COUNT]["sequential"].seconds / measured[GOAL_COUNT]["floor"].seconds
    print(f"  with no keys at all, the floor, ansible is {floor:.1f} times as fast as sequential is with {GOAL_COUNT}")
    for small, large in itertools.pairwise(COUNTS):
        growth = measured[large]["role"].seconds / measured[small]["role"].seconds
        all_reached &= growth <= large / small
        print(
            f"{small} -> {large} keys: the role takes {growth:.1f} times as long,"
            f" goal at most {large / small:.1f}: {verdict(growth <= large / small)}"
        )
    dictated = CREATED / RATE
    ratio = created.asking / dictated
    all_reached &= ratio <= CREATE_GOAL
    shown = len(re.findall("throttl", created.output, re.IGNORECASE))
    took = f"{created.asking:.1f} s, {ratio:.2f} times the {dictated:.0f} s that the rate dictates"
    print(f"{CREATED} keys created at {RATE:.0f} a second: {took}, goal {CREATE_GOAL}: {verdict(ratio <= CREATE_GOAL)}")
    print(f"  the whole command took {created.seconds:.1f} s, {created.seconds / dictated:.2f} times as long;", end="")
    print(f" {len(throttled)} requests throttled, {shown} throttling errors shown")
    return all_reached


PARTS: dict[str, Callable[[Path], bool]] = {
    "keys": lambda _folder: show_keys(),
    "provisioning": provisioning.show,
    "agents": provisioning.show_agents,
    "funding": lambda folder: funding.show(folder, ANSWER_SECONDS),
}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="part", help=f"of: {', '.join(PARTS)}; all of them, if none is named"
    )
    wanted = parser.parse_args(arguments).parts or list(PARTS)
    if unknown := [part for part in wanted if part not in PARTS]:
        parser.error(f"there is no part {unknown[0]!r}. Expected: of {', '.join(PARTS)}")
    all_reached = True
    for part in wanted:
        with tempfile.TemporaryDirectory() as name:
            all_reached &= PARTS[part](Path(name))
    return 0 if all_reached else 1


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "collections"))
    sys.exit(main(sys.argv[1:]))
