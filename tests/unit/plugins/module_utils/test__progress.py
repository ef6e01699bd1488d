# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

from ansible_collections.interchain.agent_ops.plugins.module_utils._progress import (
    Progress,
    narrator,
)

AGAIN = " If this is interrupted, the next run takes up what is there"


def test_long_work_is_announced_with_its_number_and_time_and_followed() -> None:
    told: list[str] = []
    progress = Progress({"us-west-2": 45}, (5, 10), told.append)
    assert told == [f"Creating 45 signing keys in us-west-2: about 9 s at AWS's rates.{AGAIN}"]
    for _time in range(45):
        progress.created()
    assert told[1:] == ["20 of 45 signing keys created", "40 of 45 signing keys created"]


def test_regions_have_rates_of_their_own() -> None:
    told: list[str] = []
    Progress({"us-west-2": 10, "eu-west-1": 25, "eu-north-1": 0}, (5, 5), told.append)
    assert told == [f"Creating 35 signing keys in us-west-2, eu-west-1: about 5 s at AWS's rates.{AGAIN}"]


def test_a_rate_of_zero_is_none() -> None:
    told: list[str] = []
    Progress({"us-west-2": 10}, (0, 0), told.append)
    assert told == [f"Creating 10 signing keys in us-west-2: about 0 s at AWS's rates.{AGAIN}"]


def test_nothing_is_said_of_nothing() -> None:
    told: list[str] = []
    Progress({"us-west-2": 0}, (5,), told.append)
    assert told == []


def test_a_narrator_appends_lines_and_never_fails(tmp_path: Path) -> None:
    say = narrator(str(tmp_path / "progress"))
    say("one")
    say("two")
    assert (tmp_path / "progress").read_text(encoding="utf-8") == "one\ntwo\n"
    narrator(str(tmp_path / "no" / "folder"))("lost")
    narrator(None)("lost")
