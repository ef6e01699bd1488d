# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans that are not run: changed, expired, tampered with, or run before."""

from __future__ import annotations

import shutil
import typing as t
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ansible_collections.interchain.agent_ops.plugins.plugin_utils import _deployment_desk

from tests.unit.plugins.action.deployment_runs import (
    FakeTerminal,
    World,
)
from tests.unit.plugins.module_utils.deployment_world import commit, needs_ssh_keygen

pytestmark = needs_ssh_keygen


@pytest.mark.parametrize(
    "change",
    [
        "command",
        "networks",
        "inputs",
        "config.json",
        "commit",
        "environment",
        "component",
        "expiry",
        "program",
        "approvers",
    ],
)
def test_whatever_changes_needs_another_approval(world: World, change: str) -> None:
    world.environment("staging", "upgrade_beacon")
    name = world.plan()
    world.approve(name, "alice")
    (world.checkout / "other.json").write_text("{}")
    if change == "environment":
        world.environment("production", "upgrade_beacon")
        # Its plan is in the folder of another environment.
        with pytest.raises(ValueError, match="cannot be read: No such file"):
            world.run(name)
    elif change in ("config.json", "program"):
        file = world.checkout / ("deploy.sh" if change == "program" else change)
        file.write_text(file.read_text() + "\n")
    elif change == "approvers":
        world.options["approvers"] = world.options["approvers"][:1]
    elif change != "commit":
        world.options |= {
            "command": {"command": ["./deploy.sh", "more"]},
            "networks": {"networks": ["goerli"]},
            "inputs": {"inputs": ["*.json"]},
            "component": {"component": "contracts"},
            "expiry": {"expiry_minutes": 61},
        }[change]
    commit(world.checkout)
    if change not in ("environment", "expiry"):
        world.refused(name, "is not how things are any more: ")
    other = world.plan()
    assert other != name
    if change != "component":
        world.refused(other, "Not approved|unattended")


def test_a_file_that_is_not_committed_is_not_deployed(world: World) -> None:
    name = world.plan()
    (world.checkout / "new.json").write_text("{}")
    world.refused(name, r"has changes that are not committed: new\.json")
    with pytest.raises(ValueError, match="has changes that are not committed"):
        world.plan()


def test_an_expired_plan_is_not_run_and_makes_room_for_a_new_one(world: World) -> None:
    world.environment("development", "upgrade_beacon")
    old = world.plan(datetime.now(UTC) - timedelta(minutes=60))
    world.approve(old, "alice")
    world.refused(old, r"expired at 20..-.*Z\. Run deploy\.yml again for a new plan")
    new = world.plan()
    assert new != old
    assert world.plan() == new


def test_a_plan_that_was_tampered_with_is_not_run(world: World) -> None:
    world.environment("development", "upgrade_beacon")
    name = world.plan()
    file = world.file(name)
    text = file.read_text()
    file.write_text(text.replace('"people": 1', '"people": 0'))
    world.approve(name, "alice")
    world.refused(name, "is not the file that it was")
    assert world.plan() != name
    with pytest.raises(ValueError, match="is no name of a plan; expected the 64 digits"):
        world.run("../" + name)


def test_a_plan_that_the_record_does_not_know_is_not_run(world: World) -> None:
    name = world.plan()
    world.desk.record.unlink()
    world.refused(name, "is not in the record")


def test_an_approved_plan_does_not_run_again_beside_a_copy_of_its_record(world: World) -> None:
    world.environment("development", "upgrade_beacon")
    name = world.plan()
    world.approve(name, "alice")
    here = Path(world.options["artifacts_root"])
    shutil.copytree(here, here.with_name("copy"))
    assert world.run(name)["rc"] == 0
    world.options["artifacts_root"] = str(here.with_name("copy"))
    world.refused(name, "is not how things are any more: record")
    # Behind the old name it is another place still.
    here.rename(here.with_name("old"))
    here.symlink_to("copy")
    world.options["artifacts_root"] = str(here)
    world.refused(name, "is not how things are any more: record")


def test_a_plan_does_not_run_again_when_the_end_of_its_record_is_cut_off(world: World) -> None:
    name = world.plan()
    before = world.desk.record.read_bytes()
    world.run(name)
    world.desk.record.write_bytes(before)
    world.refused(name, r"was run, since .*/output\.log is its output, and the record .* has no line of it")
    assert world.plan() != name


def test_a_command_that_failed_needs_a_new_plan(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODE", "9")
    name = world.plan()
    result = world.run(name)
    assert result["failed"] is True
    assert result["msg"].startswith(f"The command ended with the exit code 9; its output is in {result['log']}. Run")
    assert Path(result["log"]).read_text() == "deployed all\n"
    assert world.record[-1]["rc"] == 9
    world.refused(name, "a plan runs once")
    monkeypatch.setenv("CODE", "0")
    assert world.run(world.plan())["rc"] == 0


def test_what_changes_while_it_waits_is_noticed(world: World) -> None:
    world.environment("development", "upgrade_beacon")
    name = world.plan()

    def meanwhile() -> None:
        (world.checkout / "config.json").write_text("{}")
        commit(world.checkout)
        world.approve(name, "alice")

    FakeTerminal.on_wait = staticmethod(meanwhile)
    world.refused(name, r"is not how things are any more: commit, input config\.json", absent="")


def test_of_two_runs_at_once_one_runs(world: World) -> None:
    world.environment("development", "upgrade_beacon")
    name = world.plan()
    results: list[dict[str, t.Any]] = []

    def the_other_is_faster() -> None:
        world.approve(name, "alice")
        FakeTerminal.on_wait = staticmethod(lambda: None)
        results.append(world.run(name))

    FakeTerminal.on_wait = staticmethod(the_other_is_faster)
    with pytest.raises(ValueError, match="a plan runs once"):
        world.run(name, absent="")
    assert [result["rc"] for result in results] == [0]
    assert world.runs == 1


def test_policy_comes_from_the_inventory() -> None:
    with pytest.raises(ValueError, match=r"\(-e\) sets agent_ops_deployment, deployment_approvers\. What a deployment"):
        _deployment_desk.refuse_overrides(
            {"agent_ops_deployment": 1, "deployment_approvers": 1, "deployment_command": 1}
        )
    _deployment_desk.refuse_overrides(["deployment_command", "deployment_attended"])


def test_a_variable_that_is_misspelt_is_not_lost() -> None:
    for name, meant in {
        "deployment_agents": "deployment_agent",
        "deployment_call_batch": "deployment_call_batches",
        "deployment_input": "deployment_inputs",
        "agent_ops_deployment_approver": "agent_ops_deployment_approvers",
        "agent_ops_operator": "agent_ops_operators",
    }.items():
        with pytest.raises(ValueError, match=rf"The variable {name} is set, and nothing reads it\. Expected: {meant}$"):
            _deployment_desk.refuse_misspelt(["deployment_command", name])
    _deployment_desk.refuse_misspelt(
        ["deployment_version", "deployment_environment", "agent_ops_agents", "agent_ops_deployment", "agent_ops_x"]
    )
