# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A checkout that is deployed from, people who approve, and whoever sits at the terminal."""

from __future__ import annotations

import json
import typing as t
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from ansible_collections.interchain.agent_ops.plugins.action import deployment_run
from ansible_collections.interchain.agent_ops.plugins.plugin_utils import _deployment_desk

from tests.unit.plugins.module_utils.deployment_world import Person, checkout

INVENTORIES = Path(__file__).parents[4] / "inventories"
UPGRADE = json.dumps({"local": [{"to": "0x11", "data": "0x99a88ec4" + "00" * 64}]})
UNKNOWN = json.dumps({"local": [{"to": "0x11", "data": "0xf2fde38b" + "00" * 32}]})
HARMLESS = json.dumps({"local": [{"to": "0x11", "data": "0x9d54f419" + "00" * 32}]})
COMPONENTS = ("contracts", "upgrade_beacon", "agents")
ABSENT = "there is no terminal"


class FakeTerminal:
    """Somebody at the terminal, who types a plan's name as asked, or something else."""

    types_right = True
    waits: t.ClassVar[list[str]] = []
    on_wait: t.Callable[[], None] = staticmethod(lambda: None)

    def __init__(self, absent: str, given_up: str) -> None:
        self.absent, self.given_up = absent, given_up

    def wait(self, text: str, seconds: int) -> None:
        FakeTerminal.waits.append(text)
        FakeTerminal.on_wait()

    def confirm(self, text: str, code: str, seconds: int) -> bool:
        return self.types_right


class World:
    def __init__(self, folder: Path, people: dict[str, Person]) -> None:
        self.people = people
        self.checkout = checkout(folder / "checkout")
        self.ran = folder / "ran"
        self.options: dict[str, t.Any] = {
            "rehearsal": False,
            "known_agents": ["updater", "watcher"],
            "known_networks": ["kovan", "goerli"],
            "networks": ["kovan"],
            "agent": "",
            "command": ["./deploy.sh", "all"],
            "directory": str(self.checkout),
            "inputs": ["config.json"],
            "call_batches": [],
            "expiry_minutes": 60,
            "approvals": [],
            "artifacts_root": str(folder / "artifacts"),
            "operators": [{"name": "acme", "agents": ["watcher"], "networks": ["kovan"], "iam_user": True}],
            "approvers": [people[name].approver() for name in ("alice", "bob")] + [people["anna"].approver("acme")],
        }
        self.environment("development")

    def environment(self, name: str, component: str = "contracts", **changes: t.Any) -> World:
        file = INVENTORIES / name / "group_vars" / "all" / "environment.yml"
        gates = yaml.safe_load(file.read_text(encoding="utf-8"))["agent_ops_deployment"]
        self.options |= {"environment": name, "protected": name == "production", "gates": gates, **changes}
        self.options["component"] = component
        return self

    @property
    def desk(self) -> _deployment_desk.Desk:
        return _deployment_desk.Desk(self.options)

    def plan(self, now: datetime | None = None) -> str:
        """Do what the action deployment_plan does, and return the plan's name."""
        desk, moment = self.desk, now or datetime.now(UTC)
        body = desk.body()
        waiting = desk.pending(body, moment)
        name, text = waiting or desk.draft(body, moment)
        if not waiting:
            desk.write(name, text, moment)
        return name

    def file(self, name: str) -> Path:
        return self.desk.place(name) / "plan.json"

    def approve(self, name: str, *people: str) -> None:
        for person in people:
            self.people[person].approve(self.file(name))

    def run(self, name: str, absent: str = ABSENT, wait_minutes: int = 15) -> dict[str, t.Any]:
        options = {**self.options, "name": name, "wait_minutes": wait_minutes, "show_output": False}
        return deployment_run._Run(self.desk, options, absent).run()

    def refused(self, name: str, message: str, absent: str = ABSENT) -> str:
        runs = self.runs
        with pytest.raises(ValueError, match=message) as caught:
            self.run(name, absent)
        assert self.runs == runs
        return str(caught.value)

    @property
    def runs(self) -> int:
        return len(self.ran.read_text().splitlines()) if self.ran.exists() else 0

    @property
    def record(self) -> list[dict[str, t.Any]]:
        return [json.loads(line) for line in self.desk.record.read_text().splitlines()]

    @property
    def events(self) -> list[str]:
        return [entry["event"] for entry in self.record]
