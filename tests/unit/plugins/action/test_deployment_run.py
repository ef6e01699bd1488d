# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deployments from plan to record, in this process: every cell with real signatures, and ways to get around one."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import time
import typing as t
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from ansible_collections.interchain.agent_ops.plugins.action import deployment_run
from ansible_collections.interchain.agent_ops.plugins.plugin_utils import _deployment_desk

from tests.unit.plugins.module_utils.deployment_world import Person, checkout, commit, needs_ssh_keygen

pytestmark = needs_ssh_keygen

INVENTORIES = Path(__file__).parents[4] / "inventories"
UPGRADE = json.dumps({"local": [{"to": "0x11", "data": "0x99a88ec4" + "00" * 64}]})
UNKNOWN = json.dumps({"local": [{"to": "0x11", "data": "0xf2fde38b" + "00" * 32}]})
HARMLESS = json.dumps({"local": [{"to": "0x11", "data": "0x9d54f419" + "00" * 32}]})
_COMPONENTS = ("contracts", "upgrade_beacon", "agents")
ABSENT = "there is no terminal"


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Person]:
    folder = tmp_path_factory.mktemp("keys")
    return {name: Person(name, folder) for name in ("alice", "bob", "anna", "mallory")}


class FakeTerminal:
    """Somebody at the terminal, who types a plan's name as asked, or something else."""

    types_right = True
    waits: t.ClassVar[list[str]] = []
    on_wait: t.Callable[[], None] = staticmethod(lambda: None)

    def __init__(self, absent: str) -> None:
        self.absent = absent

    def wait(self, text: str, seconds: int) -> None:
        FakeTerminal.waits.append(text)
        FakeTerminal.on_wait()

    def confirm(self, text: str, code: str, seconds: int) -> bool:
        return self.types_right


class FullDisk(io.RawIOBase):
    def write(self, _data: t.Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


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


@pytest.fixture
def world(tmp_path: Path, people: dict[str, Person], monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("RAN", str(tmp_path / "ran"))
    monkeypatch.setattr(deployment_run, "Terminal", FakeTerminal)
    monkeypatch.setattr(FakeTerminal, "types_right", True)
    monkeypatch.setattr(FakeTerminal, "waits", [])
    monkeypatch.setattr(FakeTerminal, "on_wait", staticmethod(lambda: None))
    return World(tmp_path, people)


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
        assert components == [name for name in _COMPONENTS if name in ("upgrade_beacon", component)]
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
    files = (INVENTORIES.parent / "roles" / "deployment" / "defaults").glob("*.yml")
    names = {name for file in files for name in yaml.safe_load(file.read_text(encoding="utf-8"))}
    _deployment_desk.refuse_misspelt({*names, "deployment_version", "agent_ops_agents", "agent_ops_deployment"})
    assert names | {"deployment_component", "deployment_command"} == {
        f"deployment_{name}" for name in _deployment_desk._NAMES["deployment_"]
    }
