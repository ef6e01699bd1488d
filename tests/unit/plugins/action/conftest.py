# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The world that deployments are run in."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.interchain.agent_ops.plugins.action import deployment_run

from tests.unit.plugins.action.deployment_runs import FakeTerminal, World
from tests.unit.plugins.module_utils.deployment_world import Person


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Person]:
    folder = tmp_path_factory.mktemp("keys")
    return {name: Person(name, folder) for name in ("alice", "bob", "anna", "mallory")}


@pytest.fixture
def world(tmp_path: Path, people: dict[str, Person], monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("RAN", str(tmp_path / "ran"))
    monkeypatch.setattr(deployment_run, "Terminal", FakeTerminal)
    monkeypatch.setattr(FakeTerminal, "types_right", True)
    monkeypatch.setattr(FakeTerminal, "waits", [])
    monkeypatch.setattr(FakeTerminal, "on_wait", staticmethod(lambda: None))
    return World(tmp_path, people)
