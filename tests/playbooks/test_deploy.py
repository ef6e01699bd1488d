# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""deploy.yml as people and machines start it: unattended, approved, and at a real terminal."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.client import environment_without_aws
from tests.playbooks.conftest import PLAYBOOK, ROOT, Played
from tests.playbooks.terminal import at_terminal
from tests.unit.plugins.module_utils.deployment_world import Person, checkout, commit, needs_ssh_keygen

pytestmark = needs_ssh_keygen

UPGRADE = json.dumps({"local": [], "remote": {"kovan": [{"to": "0x11", "data": "0x99a88ec4" + "00" * 64}]}})
_SIGN = re.compile(r"ssh-keygen -Y sign -n deployment@agent_ops -f YOUR_KEY < (\S+) > (\S+)/YOUR_NAME\.sig")


class Deployment:
    """A checkout, people, and an inventory of who may approve that is laid over an environment's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.checkout = checkout(folder / "checkout")
        self.people = {name: Person(name, folder) for name in ("alice", "bob")}
        self.ran = folder / "ran"
        policy = {
            "agent_ops_deployment_approvers": [person.approver() for person in self.people.values()],
            "agent_ops_aws_account_id": "111122223333",
            "agent_ops_artifacts_root": str(folder / "artifacts"),
        }
        (folder / "policy" / "group_vars").mkdir(parents=True)
        (folder / "policy" / "hosts").write_text("---\nall: {}\n")
        (folder / "policy" / "group_vars" / "all.yml").write_text(yaml.safe_dump(policy))

    def command(self, environment: str, component: str, *options: str, sandbox: bool = False, **more: Any) -> list[str]:
        inventories = [ROOT / "inventories" / environment, self._folder / "policy"]
        if sandbox:
            inventories.append(ROOT / "inventories" / "sandbox")
            more["agent_ops_sandbox_artifacts_root"] = str(self._folder / "artifacts" / "sandbox")
        variables = {
            "deployment_component": component,
            "deployment_command": ["./deploy.sh", environment],
            "deployment_directory": str(self.checkout),
            **more,
        }
        sources = [word for path in inventories for word in ("-i", str(path))]
        return [os.fspath(PLAYBOOK), "deploy.yml", *sources, "-e", json.dumps(variables), *options]

    @property
    def environment(self) -> dict[str, str]:
        clean = {name: value for name, value in environment_without_aws().items() if name != "CI"}
        return {**clean, "RAN": str(self.ran), "TERM": "dumb", "ANSIBLE_NOCOLOR": "1", "COLUMNS": "200"}

    def play(self, *arguments: Any, **options: Any) -> Played:
        done = subprocess.run(
            self.command(*arguments, **options),
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Played(done.returncode, done.stdout + done.stderr)

    def at_terminal(self, *arguments: Any, react: Callable[[str], bytes], **options: Any) -> Played:
        """Run it in a terminal. ``react`` gets all that was shown so far, and returns what is typed."""
        return at_terminal(self.command(*arguments, **options), self.environment, react)

    def approve(self, shown: str, *people: str) -> None:
        """Do what the playbook says."""
        said = _SIGN.search(shown)
        assert said, shown
        for name in people:
            Path(said[2], f"{name}.sig").write_text(self.people[name].sign(Path(said[1])))

    @property
    def runs(self) -> int:
        return len(self.ran.read_text().splitlines()) if self.ran.exists() else 0

    def record(self, environment: str) -> list[dict[str, Any]]:
        file = self._folder / "artifacts" / environment / "deployments" / "record.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    return Deployment(tmp_path)


def test_what_is_automatic_runs_and_what_is_hidden_in_it_does_not(deployment: Deployment) -> None:
    played = deployment.play("development", "contracts", "--limit", "kovan")
    assert played.code == 0, played.output
    assert "Deployment of contracts to development (kovan), plan" in played.output
    assert "deployed development" in played.output
    assert deployment.runs == 1
    assert [entry["event"] for entry in deployment.record("development")] == ["planned", "started", "ended"]
    (deployment.checkout / "batch.json").write_text(UPGRADE)
    commit(deployment.checkout)
    hidden = deployment.play("development", "agents", deployment_inputs=["*.json"])
    assert hidden.code == 2
    assert "found call batch batch.json: holds a call of upgrade(address,address)" in hidden.told
    assert "Missing: an approval of core_team (upgrade_beacon of development: human intervention)" in hidden.told
    assert deployment.runs == 1


def test_an_upgrade_waits_for_a_signature_and_runs_once(deployment: Deployment) -> None:
    first = deployment.play("staging", "upgrade_beacon")
    assert first.code == 2
    assert "Not approved, and nothing was run (there is no terminal)" in first.told
    deployment.approve(first.output, "alice")
    planned = deployment.play("staging", "upgrade_beacon", "--check")
    assert re.search(r"changed=1 ", planned.output), planned.output
    assert deployment.runs == 0
    second = deployment.play("staging", "upgrade_beacon")
    assert second.code == 0, second.output
    assert "approved by alice (SHA256:" in second.told
    assert deployment.runs == 1
    # What was approved was one run. The next is planned anew, and the signature is of another plan.
    third = deployment.play("staging", "upgrade_beacon")
    assert third.code == 2
    assert "Missing: an approval of core_team" in third.told
    events = [entry["event"] for entry in deployment.record("staging")]
    assert events == ["planned", "approved", "started", "ended", "planned"]


def test_production_takes_two_people_and_somebody_at_a_terminal(deployment: Deployment) -> None:
    checked = deployment.play("production", "contracts", "--check")
    assert checked.code == 0, checked.output
    assert (
        "approval by 2 different people of core_team (contracts of production: manual, by two people)" in checked.told
    )
    assert deployment.record("production") == []
    typed: dict[str, float] = {}

    def again(what: str) -> bool:
        """Whatever is typed before the prompt reads is thrown away, so that it is typed until it is taken."""
        late = time.monotonic() - typed.get(what, 0) > 1.5
        if late:
            typed[what] = time.monotonic()
        return late

    def react(shown: str) -> bytes:
        asked = re.search(r"To run the plan [0-9a-f]{12} now, type ([0-9a-f]{6}) and", shown)
        if asked:
            return asked[1].encode() + b"\r" if again("code") else b""
        if "Waiting for the approval" not in shown:
            return b""
        if not typed:
            deployment.approve(shown, "alice", "bob")
        return b"\r" if again("return") else b""

    played = deployment.at_terminal("production", "contracts", react=react)
    assert played.code == 0, played.output
    assert set(typed) == {"return", "code"}
    assert deployment.runs == 1
    record = deployment.record("production")
    assert [entry["event"] for entry in record] == ["planned", "approved", "approved", "started", "ended"]
    assert {entry["approver"] for entry in record if entry["event"] == "approved"} == {"alice", "bob"}
    unattended = deployment.play("production", "contracts")
    assert unattended.code == 2
    assert "are manual: they are not run unattended, whoever approved them (there is no terminal)" in unattended.told
    assert deployment.runs == 1


def test_the_command_line_does_not_set_the_policy_and_a_sandbox_runs_nothing(deployment: Deployment) -> None:
    gates = {"contracts": "automatic", "upgrade_beacon": "human", "agents": "automatic"}
    refused = deployment.play("production", "contracts", agent_ops_deployment=gates)
    assert refused.code == 2
    assert "The command line (-e) sets agent_ops_deployment. What a deployment needs is for" in refused.told
    misspelt = deployment.play("production", "agents", deployment_agents=["watcher"])
    assert misspelt.code == 2
    assert "The variable deployment_agents is set, and nothing reads it. Expected: deployment_agent" in misspelt.told
    rehearsed = deployment.play("staging", "contracts", sandbox=True)
    assert rehearsed.code == 0, rehearsed.output
    assert "SANDBOX: this is a rehearsal. The command is not run." in rehearsed.output
    assert deployment.runs == 0
    assert deployment.record("staging") == []
    assert deployment.record("sandbox/staging")[-1]["rehearsal"] is True
