# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from tools import demo, stages

RECAP = """
PLAY RECAP *********************************************************************
\x1b[0;32mkovan\x1b[0m                      : \x1b[0;32mok=4   \x1b[0m changed=0    unreachable=0    failed=0
moonbasealpha              : ok=9    changed=2    unreachable=0    failed=0    skipped=1    rescued=0    ignored=0
"""


def test_the_recap_is_read_with_and_without_colours() -> None:
    assert demo.changes(RECAP) == {"kovan": 0, "moonbasealpha": 2}


@pytest.mark.parametrize("output", ["", RECAP.replace("failed=0", "failed=1"), RECAP.replace("able=0", "able=1")])
def test_a_run_without_a_recap_or_with_a_failed_host_is_no_success(output: str) -> None:
    with pytest.raises(demo.DemoError):
        demo.changes(output)


@pytest.fixture
def make(tmp_path: Path) -> str:
    script = tmp_path / "make"
    script.write_text('#!/bin/sh\n[ "$2" != bad ]\n')
    script.chmod(0o755)
    return str(script)


def test_all_stages_run_and_the_last_line_names_those_that_failed(
    make: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stages.main([make, "bad", "good"]) == 1
    out = capsys.readouterr().out
    assert "===== make good =====" in out
    assert out.splitlines()[-1].startswith("FAILED after 0 s: bad.")


def test_the_last_line_says_that_all_passed(make: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert stages.main([make, "good", "fine"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "All of it passed in 0 s: good, fine."


def test_stages_side_by_side_are_all_run_and_heard(make: str, capfd: pytest.CaptureFixture[str]) -> None:
    Path(make).write_text('#!/bin/sh\necho "this is $2"\n[ "$2" != bad ]\n')
    assert stages.main([make, "good/bad/fine"]) == 1
    out = capfd.readouterr().out
    for stage in ("good", "bad", "fine"):
        assert f"this is {stage}" in out
    assert out.splitlines()[-1].startswith("FAILED after 0 s: bad.")
