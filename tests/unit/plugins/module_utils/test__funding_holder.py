# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils import _funding_holder
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_holder import holder, is_dead

COLLECTIONS = Path(__file__).parents[4] / "collections"
_CHILD = (
    "from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_holder import holder\n"
    "print(holder(), flush=True)\ninput()"
)


@pytest.fixture
def child() -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(COLLECTIONS)}
    return subprocess.Popen(
        [sys.executable, "-c", _CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
    )


def test_two_sessions_of_a_process_are_not_the_same_holder() -> None:
    assert holder() != holder()
    assert f"process {os.getpid()} on " in holder()


def test_a_process_that_lives_is_not_dead() -> None:
    assert is_dead(holder()) is False


def test_a_killed_process_is_dead_before_and_after_its_parent_took_notice(child: subprocess.Popen[str]) -> None:
    assert child.stdout is not None
    assert child.stdin is not None
    told = child.stdout.readline().strip()
    assert is_dead(told) is False
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert is_dead(told) is True
    child.communicate()
    assert is_dead(told) is True


def test_a_number_that_another_process_has_by_now() -> None:
    assert is_dead(re.sub(r"started [0-9]+", "started 1", holder())) is True


@pytest.mark.parametrize(
    ("pattern", "other"),
    [
        (r"boot [0-9a-f-]+", "boot 00000000-0000-0000-0000-000000000000"),
        (r"pid:\[[0-9]+\]", "pid:[1]"),
        (r"time:\[[0-9]*\]", "time:[1]"),
        (r", started .* in .*\]", ""),
        (r".*", "somebody"),
    ],
)
def test_of_another_host_or_namespace_nothing_is_known(pattern: str, other: str) -> None:
    changed = re.sub(pattern, other, holder(), count=1)
    # Even if there is no such process here.
    assert is_dead(re.sub(r"process [0-9]+", "process 4194305", changed)) is None


def test_a_system_that_does_not_tell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here = holder()
    monkeypatch.setattr(_funding_holder, "_PROC", tmp_path)
    assert re.fullmatch(rf"process {os.getpid()} on \S+, session [0-9a-f]{{12}}", holder())
    assert is_dead(here) is None
