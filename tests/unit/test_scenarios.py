# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each role and each root playbook has a Molecule scenario, which is found by its name or in the scenarios' README."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = ROOT / "extensions" / "molecule"
PLAYBOOKS = {path.stem for path in (ROOT / "playbooks").glob("*.yml")}
ROLES = {path.name for path in (ROOT / "roles").iterdir() if path.is_dir()}
_ROW = re.compile(r"^\| `(?P<scenario>\w+)` \|(?P<playbooks>[^|]*)\|(?P<roles>[^|]*)\|", re.MULTILINE)


def rows(text: str) -> dict[str, tuple[set[str], set[str]]]:
    """Scenario to the root playbooks and the roles that it is for, as the README's table has them."""
    found = {}
    for row in _ROW.finditer(text):
        names = [set(re.findall(r"`(\w+)(?:\.yml)?`", row[column])) for column in ("playbooks", "roles")]
        found[row["scenario"]] = (names[0], names[1])
    return found


def problems(table: dict[str, tuple[set[str], set[str]]], scenarios: set[str]) -> list[str]:
    playbooks = {name for names, _roles in table.values() for name in names}
    roles = {name for _playbooks, names in table.values() for name in names}
    return [
        *(f"the playbook {name} has no scenario" for name in sorted(PLAYBOOKS - playbooks)),
        *(f"the role {name} has no scenario" for name in sorted(ROLES - roles)),
        *(f"there is no {name}" for name in sorted((playbooks - PLAYBOOKS) | (roles - ROLES))),
        *(f"there is no scenario {name}" for name in sorted(table.keys() - scenarios)),
        *(f"the README has no scenario {name}" for name in sorted(scenarios - table.keys() - {"default"})),
    ]


TABLE = rows((SCENARIOS / "README.md").read_text(encoding="utf-8"))
FOLDERS = {path.parent.name for path in SCENARIOS.glob("*/molecule.yml")}


def test_every_role_and_every_root_playbook_has_a_scenario() -> None:
    assert {name for name in PLAYBOOKS if (ROOT / f"{name}.yml").is_file()} == PLAYBOOKS
    assert problems(TABLE, FOLDERS) == []


def test_one_that_is_missing_is_found() -> None:
    without = {name: row for name, row in TABLE.items() if name not in ("awx", "environment")}
    assert problems(without, FOLDERS - {"fund"}) == [
        "the playbook awx has no scenario",
        "the role awx has no scenario",
        "the role environment has no scenario",
        "there is no scenario fund",
        "the README has no scenario awx",
        "the README has no scenario environment",
    ]


def playbook(scenario: str, action: str) -> Path:
    settings: Any = yaml.safe_load((SCENARIOS / scenario / "molecule.yml").read_text(encoding="utf-8"))
    named = ((settings.get("ansible") or {}).get("playbooks") or {}).get(action, f"{action}.yml")
    return (SCENARIOS / scenario / named).resolve()


def sequence(scenario: str) -> list[str]:
    for file in (SCENARIOS / scenario / "molecule.yml", SCENARIOS / "config.yml"):
        settings: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
        if "scenario" in settings:
            return list(settings["scenario"]["test_sequence"])
    raise AssertionError(scenario)


@pytest.mark.parametrize("scenario", sorted(TABLE))
def test_a_scenario_runs_what_it_is_for_and_looks_at_the_outcome(scenario: str) -> None:
    playbooks, roles = TABLE[scenario]
    steps = sequence(scenario)
    assert steps[0] == "converge" or steps[:2] == ["prepare", "converge"]
    assert "idempotence" in steps or steps.count("converge") == 2
    assert steps[-2:] == ["verify", "cleanup"]
    assert all(playbook(scenario, step).is_file() for step in {*steps} - {"idempotence"})
    converge = playbook(scenario, "converge").read_text(encoding="utf-8")
    for name in playbooks:
        assert f"import_playbook: ../../../{name}.yml\n" in converge
    if not playbooks:
        assert any(f"role: interchain.agent_ops.{name}\n" in converge for name in roles)
