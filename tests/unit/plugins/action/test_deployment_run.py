# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deployments from plan to record, in this process: every cell with real signatures, and ways to get around one."""

from __future__ import annotations

import errno
import io
import os
import shutil
import time
import typing as t
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ansible_collections.interchain.agent_ops.plugins.action import deployment_run

from tests.unit.plugins.action.deployment_runs import (
    ABSENT,
    COMPONENTS,
    HARMLESS,
    UNKNOWN,
    UPGRADE,
    FakeTerminal,
    World,
)
from tests.unit.plugins.module_utils.deployment_world import Person, commit, needs_ssh_keygen

pytestmark = needs_ssh_keygen


class FullDisk(io.RawIOBase):
    def write(self, _data: t.Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


# environment, component, whether it takes a terminal, who has to approve
CELLS = [
    ("development", "contracts", False, ()),
    ("development", "upgrade_beacon", False, ("alice",)),
    ("development", "agents", False, ()),
    ("staging", "contracts", False, ()),
    ("staging", "upgrade_beacon", False, ("bob",)),
    ("staging", "agents", False, ("anna", "alice")),
    ("production", "contracts", True, ("alice", "bob")),
    ("production", "upgrade_beacon", True, ("bob", "alice")),
    ("production", "agents", False, ("bob", "anna")),
]


@pytest.mark.parametrize(("environment", "component", "terminal", "approvers"), CELLS)
def test_a_cell(world: World, environment: str, component: str, terminal: bool, approvers: tuple[str, ...]) -> None:
    world.environment(environment, component)
    name = world.plan()
    for person in approvers:
        # One too few, whoever has signed besides.
        world.people["mallory"].approve(world.file(name))
        world.refused(name, "unattended" if terminal else "Not approved")
        if terminal:
            with pytest.raises(ValueError, match="Not approved, and nothing was run"):
                world.run(name, absent="", wait_minutes=0)
        world.approve(name, person)
    if terminal:
        world.refused(name, "are manual: they are not run unattended, whoever approved them")
        FakeTerminal.types_right = False
        world.refused(name, "was not confirmed at the terminal", absent="")
        FakeTerminal.types_right = True
    result = world.run(name, absent="" if terminal else ABSENT)
    assert result["rc"] == 0
    assert result["changed"] is True
    assert sorted(one["name"] for one in result["approvals"]) == sorted(approvers)
    assert world.runs == 1
    assert world.events == ["planned", *["approved"] * len(approvers), "started", "ended"]
    world.refused(name, "was run at .*, and a plan runs once", absent="")


def test_the_operator_who_runs_an_agent_approves_it_and_nobody_else(world: World) -> None:
    world.environment("staging", "agents", agent="watcher")
    name = world.plan()
    world.approve(name, "alice", "bob")
    world.refused(name, r"Missing: an approval of acme \(agents: acme runs watcher on kovan\)")
    world.approve(name, "anna")
    assert world.run(name)["rc"] == 0


def test_an_approval_is_for_one_plan(world: World, people: dict[str, Person]) -> None:
    world.environment("development", "upgrade_beacon")
    first = world.plan()
    world.approve(first, "alice")
    assert world.plan() == first
    signature = world.file(first).with_name("alice.sig")
    assert world.run(first)["rc"] == 0
    # The same again is another plan, and the old signature is none of it, wherever it lies.
    second = world.plan()
    assert second != first
    shutil.copy(signature, world.file(second).with_name("alice.sig"))
    assert "alice.sig: it is no signature by alice of this plan" in world.refused(second, "Not approved")
    world.options["approvals"] = [str(signature)]
    world.refused(second, "Not approved")
    # A forged one, by somebody else under her name, and one that was made for something else.
    world.options["approvals"] = []
    plan = world.file(second)
    plan.with_name("alice.sig").write_text(people["mallory"].sign(plan))
    assert "with a key of none of" in world.refused(second, "Not approved")
    people["alice"].approve(plan, namespace="git")
    world.refused(second, "Not approved")
    # From a place of one's own it counts as much.
    elsewhere = world.checkout.parent / "signed"
    elsewhere.write_text(people["alice"].sign(plan))
    world.options["approvals"] = [str(elsewhere)]
    assert world.run(second)["rc"] == 0


def test_what_to_sign_is_said_where_a_manual_deployment_is_not_run(world: World) -> None:
    world.environment("production")
    name = world.plan()
    world.approve(name, "alice")
    said = world.refused(name, "they are not run unattended")
    assert (
        "approvals by two people of core_team (contracts of production: manual, by two people; so far: alice)" in said
    )
    assert f"ssh-keygen -Y sign -n deployment@agent_ops -f YOUR_KEY < {world.file(name)} > " in said
    world.approve(name, "bob")
    assert "ssh-keygen" not in world.refused(name, "they are not run unattended")


def test_what_is_typed_to_confirm_is_another_word_each_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.environment("production")
    name = world.plan()
    world.approve(name, "alice", "bob")
    codes: list[str] = []

    def confirm(_self: FakeTerminal, text: str, code: str, _seconds: int) -> bool:
        assert f"type {code} and [return]" in text
        codes.append(code)
        return False

    monkeypatch.setattr(FakeTerminal, "confirm", confirm)
    for _attempt in range(2):
        world.refused(name, "was not confirmed at the terminal", absent="")
    assert codes[0] != codes[1]
    assert not any(code in name for code in codes)


def test_a_log_that_cannot_be_written_stops_no_deployment(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = deployment_run._deployment_command
    monkeypatch.setattr(commands, "open", lambda *_args, **_options: FullDisk(), raising=False)
    world.options["command"] = ["sh", "-c", 'yes line | head -n 50000; echo once >> "$RAN"']
    result = world.run(world.plan())
    assert (result["rc"], world.runs) == (0, 1)
    assert result["warnings"] == [f"The log {result['log']} is not whole: No space left on device"]
    assert world.events[-1] == "ended"


def test_a_command_that_cannot_be_started_says_so_and_its_plan_is_used_up(world: World) -> None:
    (world.checkout / "broken").write_text("#!/no/such/interpreter\n")
    (world.checkout / "broken").chmod(0o755)
    commit(world.checkout)
    world.options["command"] = ["./broken"]
    name = world.plan()
    world.refused(name, "cannot be run: No such file or directory. The command was not run; its plan is used up")
    assert world.events == ["planned", "started", "ended"]
    assert world.record[-1]["rc"] is None


def test_what_a_deployment_is_is_not_left_to_the_caller(world: World) -> None:
    def found(contents: str, component: str, **options: t.Any) -> tuple[list[str], list[str]]:
        (world.checkout / "batch.json").write_text(contents)
        (world.checkout / "other.txt").write_text(contents)
        commit(world.checkout)
        world.environment("development", component, **options)
        body = world.desk.body()
        return body["components"], [one["why"] for one in body["demand"]["approvals"]]

    human = "upgrade_beacon of development: human intervention"
    doubt = "nobody can say what its call batch does"
    everything: dict[str, t.Any] = {"inputs": ["*"]}
    for component in ("contracts", "agents"):
        components, why = found(UPGRADE, component, **everything)
        assert components == [name for name in COMPONENTS if name in ("upgrade_beacon", component)]
        assert why == [human]
        assert found(UNKNOWN, component, **everything)[1] == [doubt]
        assert found(HARMLESS, component, **everything)[1] == []
    assert found(HARMLESS, "agents", **everything)[0] == ["contracts", "agents"]
    # Neither listed nor called a batch, but named by the command.
    command = {"command": ["./deploy.sh", "--batch=batch.json"], "inputs": []}
    assert found(UPGRADE, "contracts", **command)[1] == [human]
    assert found("not even JSON", "contracts", **command)[1] == []
    assert found("not even JSON", "contracts", **command, call_batches=["batch.json"])[1] == [doubt]
    assert found("", "contracts", command=["./deploy.sh", "upgrade(address,address)"], call_batches=[])[1] == [human]
    # Or an argument itself.
    assert found("", "contracts", command=["./deploy.sh", UNKNOWN])[1] == [doubt]
    assert found("", "agents", command=["./deploy.sh", HARMLESS])[0] == ["contracts", "agents"]


def test_somebody_at_the_terminal_is_told_what_to_sign_and_waited_for(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.environment("development", "upgrade_beacon")
    name = world.plan()
    FakeTerminal.on_wait = staticmethod(lambda: world.approve(name, "alice") if len(FakeTerminal.waits) == 2 else None)
    assert world.run(name, absent="")["rc"] == 0
    assert len(FakeTerminal.waits) == 2
    shown = " ".join(capsys.readouterr().out.split())
    plan = world.file(name)
    line = f"ssh-keygen -Y sign -n deployment@agent_ops -f YOUR_KEY < {plan} > {plan.parent}/YOUR_NAME.sig"
    assert shown.count(line) == 1


def test_waiting_ends(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.environment("development", "upgrade_beacon")
    name = world.plan()
    clock = iter(range(0, 100_000, 300))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    world.refused(name, r"Not approved, and nothing was run \(no approval in 15 minutes\)", absent="")
    assert 1 <= len(FakeTerminal.waits) <= 3


def test_a_rehearsal_runs_nothing_and_its_approvals_are_for_it_alone(world: World) -> None:
    world.environment("production", rehearsal=True)
    name = world.plan()
    assert "artifacts/sandbox/production/deployments" in str(world.file(name))
    world.refused(name, "are manual: they are not run unattended")
    world.approve(name, "alice", "bob")
    result = world.run(name, absent="")
    assert (result["changed"], result["rehearsal"]) == (False, True)
    assert not {"rc", "log"} & set(result)
    assert world.runs == 0
    assert [entry.get("rehearsal") for entry in world.record][-2:] == [True, True]
    world.environment(
        "production", rehearsal=False, artifacts_root=str(Path(world.options["artifacts_root"]) / "sandbox")
    )
    with pytest.raises(ValueError, match="where those of the sandbox are"):
        world.run(name)


def test_the_record_says_who_and_what(world: World) -> None:
    world.environment("development", "upgrade_beacon")
    name = world.plan()
    world.approve(name, "alice")
    world.run(name)
    planned, approved, started, ended = world.record
    assert {entry["plan"] for entry in world.record} == {name}
    assert planned["environment"] == "development"
    assert approved["approver"] == "alice"
    assert approved["signature"].startswith("-----BEGIN SSH SIGNATURE-----")
    assert approved["fingerprint"].startswith("SHA256:")
    assert started["command"] == ["./deploy.sh", "all"]
    assert len(started["commit"]) == 40
    assert ended["rc"] == 0
    assert os.stat(world.desk.record).st_mode & 0o777 == 0o600


def test_why_a_plan_that_waits_is_not_taken_up_is_said(world: World) -> None:
    world.environment("staging", "upgrade_beacon")
    first = world.plan()
    assert world.desk.passed_over(world.desk.body(), datetime.now(UTC)) == ""
    (world.checkout / "config.json").write_text("{}")
    commit(world.checkout)
    world.options["expiry_minutes"] = 90
    second = world.plan()
    assert second != first
    assert world.desk.passed_over(world.desk.body(), datetime.now(UTC)) == (
        f"The plan {first[:12]} waits as well, and is of other things (commit, input config.json,"
        " deployment_expiry_minutes): its approvals do not count for this one"
    )
    # Of another deployment nothing is said.
    world.options["networks"] = ["goerli"]
    assert world.desk.passed_over(world.desk.body(), datetime.now(UTC)) == ""
