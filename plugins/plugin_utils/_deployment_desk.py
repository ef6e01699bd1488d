# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the actions of a deployment share: their options, and what a plan is made of. Private to the collection."""

from __future__ import annotations

import os
import secrets
import typing as t
from datetime import datetime
from pathlib import Path

from ansible_collections.interchain.agent_ops.plugins.module_utils import (
    _call_batch,
    _deployment_approvers,
    _deployment_gate,
    _deployment_plan,
    _deployment_read,
    _deployment_record,
    _operators,
    _report,
    _ssh_signatures,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._deployment_report import PLAN_FILE, SIGNATURES
from ansible_collections.interchain.agent_ops.plugins.plugin_utils import _variable_names

OPTIONS: t.Mapping[str, t.Mapping[str, t.Any]] = {
    "environment": {"type": "str", "required": True},
    "protected": {"type": "bool", "required": True},
    "rehearsal": {"type": "bool", "default": False},
    "gates": {"type": "raw", "required": True},
    "approvers": {"type": "raw", "required": True},
    "operators": {"type": "raw", "default": []},
    "known_agents": {"type": "list", "elements": "str", "required": True},
    "known_networks": {"type": "list", "elements": "str", "required": True},
    "component": {"type": "str", "required": True},
    "agent": {"type": "str", "default": ""},
    "networks": {"type": "raw", "required": True},
    "command": {"type": "raw", "required": True},
    "directory": {"type": "path", "default": "."},
    "inputs": {"type": "raw", "default": []},
    "call_batches": {"type": "raw", "default": []},
    "expiry_minutes": {"type": "int", "default": 1440},
    "approvals": {"type": "list", "elements": "path", "default": []},
    "artifacts_root": {"type": "path", "default": "artifacts"},
}

POLICY = frozenset(
    """
    agent_ops_environment agent_ops_protected agent_ops_deployment agent_ops_deployment_approvers agent_ops_operators
    agent_ops_agents deployment_environment deployment_protected deployment_gates deployment_approvers
    deployment_operators deployment_known_agents deployment_known_networks deployment_rehearsal
    """.split()
)
"""Variables that say what is allowed. They are the inventory's: whoever starts a deployment does not set them."""

_MOST_SIGNATURES = 64
_LOG = "output.log"
_ONE_DEPLOYMENT = ("environment", "rehearsal", "component", "agents", "networks")
_MOST_DIFFERENCES = 5


def refuse_overrides(extra_variables: t.Collection[str]) -> None:
    found = sorted(POLICY & set(extra_variables))
    if found:
        raise ValueError(
            f"The command line (-e) sets {', '.join(found)}. What a deployment needs is for the environment's inventory"
            " to say. Change it there"
        )


def refuse_misspelt(variables: t.Collection[str]) -> None:
    """Refuse variables that nothing reads and that are spelt almost like one that is: what they say would be lost."""
    own = [name for name in variables if name.startswith(("deployment_", "agent_ops_"))]
    for problem in _variable_names.unread({"": own}):
        raise ValueError(problem)


class Desk:
    """What is to be deployed, by the inventory and the files as they are now. Errors are ValueErrors."""

    def __init__(self, options: t.Mapping[str, t.Any]) -> None:
        self._options = options
        environment = options["environment"]
        self.minutes = _deployment_plan.read_expiry(options["expiry_minutes"])
        self._gates = _deployment_gate.read_gates(options["gates"], environment)
        self._operators = _operators.read_operators(
            options["operators"], agents=options["known_agents"], networks=options["known_networks"]
        )
        self._approvers = _deployment_approvers.read_approvers(
            options["approvers"], operators=[one.name for one in self._operators if not one.removed]
        )
        self._command = _deployment_plan.read_command(options["command"])
        self._component, self._agents, self._networks = _deployment_plan.read_target(
            options["component"],
            options["agent"],
            options["networks"],
            agents=options["known_agents"],
            known=options["known_networks"],
        )
        self.directory = Path(os.path.abspath(options["directory"]))
        if not self.directory.is_dir():
            raise ValueError(f"deployment_directory is {self.directory}, which is no folder")
        self.artifacts = Path(os.path.abspath(options["artifacts_root"]))
        root = _report.report_directory(options["artifacts_root"], environment, sandbox=options["rehearsal"])
        self.folder = Path(os.path.abspath(root)) / "deployments"
        self.record = self.folder / _deployment_record.NAME

    def body(self) -> dict[str, t.Any]:
        """Return what a plan says, read anew: everything but when it was made."""
        options = self._options
        program = _deployment_read.find_program(self.directory, self._command[0])
        inputs = _deployment_read.find_inputs(
            self.directory,
            _texts(options["inputs"], "deployment_inputs"),
            _texts(options["call_batches"], "deployment_call_batches"),
            self._command,
        )
        components, unreadable, reasons = self._what(inputs)
        demand = _deployment_gate.demand(
            self._gates,
            components,
            environment=options["environment"],
            protected=options["protected"],
            unreadable=unreadable,
            running=_deployment_gate.owners(self._operators, self._agents, self._networks),
        )
        return {
            "environment": options["environment"],
            "protected": options["protected"],
            "rehearsal": options["rehearsal"],
            "component": self._component,
            "components": components,
            "reasons": reasons,
            "networks": self._networks,
            "agents": self._agents,
            "command": self._command,
            "program": {"path": str(program), "sha256": _deployment_read.digest(program)},
            "directory": str(self.directory),
            "commit": _deployment_read.find_commit(self.directory, self.artifacts),
            "inputs": [one.as_dict() for one in inputs],
            "demand": demand.as_dict(),
            # An approval is for a run that is recorded there: beside another record it would count once more.
            "record": os.path.realpath(self.record),
            "policy": {"gates": self._gates, "approvers": [one.as_dict() for one in self._approvers]},
        }

    def _what(self, inputs: t.Sequence[_deployment_read.Found]) -> tuple[list[str], bool, list[str]]:
        """Return what the deployment is, whatever it is called, whether that can be said, and why."""
        found = {self._component}
        reasons, unreadable = [], False
        for index, argument in enumerate(self._command):
            if _call_batch.mentions_upgrade(argument):
                found.add(_deployment_gate.UPGRADE_BEACON)
                reasons.append(f"argument {index} of the command calls {_call_batch.UPGRADE_SIGNATURE}")
        looked_into = [
            (f"argument {index}", _call_batch.examine_argument(text)) for index, text in enumerate(self._command)
        ]
        for where, verdict in looked_into + [(one.path, one.verdict) for one in inputs]:
            if verdict.kind == _call_batch.NO_BATCH:
                continue
            upgrades = verdict.kind == _call_batch.UPGRADES
            found.add(_deployment_gate.UPGRADE_BEACON if upgrades else _deployment_gate.CONTRACTS)
            unreadable = unreadable or verdict.kind == _call_batch.OPAQUE
            reasons.append(f"call batch {where}: {verdict.reason}")
        return [name for name in _deployment_gate.COMPONENTS if name in found], unreadable, reasons

    def pending(self, body: t.Mapping[str, t.Any], now: datetime) -> tuple[str, str] | None:
        """Return name and text of the plan that waits to be run as it is, if there is one."""
        for name, text, plan in self._waiting(now):
            if not self._differences(plan, body):
                return name, text
        return None

    def passed_over(self, body: t.Mapping[str, t.Any], now: datetime) -> str:
        """Return why the latest plan that waits is not taken up, of the same component, agents and networks."""
        for name, _text, plan in self._waiting(now):
            differences = self._differences(plan, body)
            if differences and all(plan.get(part) == body[part] for part in _ONE_DEPLOYMENT):
                told = ", ".join(differences[:_MOST_DIFFERENCES]) + (" …" if differences[_MOST_DIFFERENCES:] else "")
                return (
                    f"The plan {name[:12]} waits as well, and is of other things ({told}): its approvals do not count"
                    " for this one"
                )
        return ""

    def _differences(self, plan: t.Mapping[str, t.Any], body: t.Mapping[str, t.Any]) -> list[str]:
        expiry = [] if _deployment_plan.lasting_minutes(plan) == self.minutes else ["deployment_expiry_minutes"]
        return [*_deployment_plan.changes(plan, body), *expiry]

    def _waiting(self, now: datetime) -> t.Iterator[tuple[str, str, dict[str, t.Any]]]:
        """Return name, text and content of the plans that were not run and are not too old, the latest first."""
        entries = _deployment_record.read(self.record)
        ran = {entry["plan"] for entry in entries if entry["event"] == _deployment_record.STARTED}
        for entry in reversed(entries):
            if entry["event"] != _deployment_record.PLANNED or entry["plan"] in ran or self.has_output(entry["plan"]):
                continue
            try:
                text, plan = self.load(entry["plan"])
            except ValueError:
                # A plan that is gone or was changed is none. There will be a new one.
                continue
            if not _deployment_plan.expired(plan, now):
                yield entry["plan"], text, plan

    def draft(self, body: t.Mapping[str, t.Any], now: datetime) -> tuple[str, str]:
        """Return name and text of a new plan."""
        plan = _deployment_plan.complete(body, now=now, minutes=self.minutes, nonce=secrets.token_hex(16))
        text = _deployment_plan.plan_text(plan)
        return _deployment_plan.plan_name(text), text

    def place(self, name: str) -> Path:
        return self.folder / name

    def log(self, name: str) -> Path:
        """Return the file that gets the command's output."""
        return self.place(name) / _LOG

    def has_output(self, name: str) -> bool:
        """Return whether a plan was run whatever its record says, whose last lines nothing holds in their place."""
        return os.path.lexists(self.log(name))

    def write(self, name: str, text: str, now: datetime) -> None:
        """Put a new plan where those who approve find it, and into the record."""
        file = self.place(name) / PLAN_FILE
        try:
            file.parent.mkdir(parents=True)
            with file.open("x", encoding="ascii") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as exc:
            raise ValueError(f"The plan {file} cannot be written: {exc.strerror or exc}") from None
        with _deployment_record.locked(self.record) as record:
            record.append(_deployment_record.PLANNED, name, now, environment=self._options["environment"])

    def load(self, name: str) -> tuple[str, dict[str, t.Any]]:
        """Return text and content of a plan that was written."""
        if not _deployment_plan.is_plan_name(name):
            raise ValueError(f"{name!r} is no name of a plan; expected the 64 digits of its SHA-256")
        data = _deployment_read.read_regular_file(self.place(name) / PLAN_FILE, 1 << 26)
        plan = _deployment_plan.parse_plan(data, name)
        return data.decode("ascii"), plan

    def approvals(self, name: str, text: str) -> tuple[list[_deployment_gate.Approval], list[str]]:
        """Return who approved a plan, and which files are no approval and why."""
        files = sorted(self.place(name).glob(SIGNATURES)) + [Path(file) for file in self._options["approvals"]]
        if files and not self._approvers:
            return [], ["agent_ops_deployment_approvers names nobody who could approve"]
        roles = {approver.name: approver.roles for approver in self._approvers}
        signers = _deployment_approvers.allowed_signers(self._approvers)
        good: dict[tuple[str, str], _deployment_gate.Approval] = {}
        problems = [f"{len(files)} files, expected up to {_MOST_SIGNATURES}"] if len(files) > _MOST_SIGNATURES else []
        for file in files[:_MOST_SIGNATURES]:
            try:
                signed = _ssh_signatures.verify(
                    text, file, allowed_signers=signers, namespace=_deployment_approvers.NAMESPACE
                )
            except ValueError as exc:
                problems.append(f"{file.name}: {exc}")
                continue
            good[signed.name, signed.fingerprint] = _deployment_gate.Approval(
                signed.name, roles[signed.name], signed.fingerprint, str(file), signed.signature
            )
        return list(good.values()), problems


def demanded(plan: t.Mapping[str, t.Any]) -> _deployment_gate.Demand:
    """Return what a plan needs, as it says itself."""
    demand = plan["demand"]
    return _deployment_gate.Demand(
        tuple(demand["gates"]),
        demand["terminal"],
        tuple(
            _deployment_gate.Requirement(one["people"], tuple(one["roles"]), one["why"]) for one in demand["approvals"]
        ),
    )


def shown(approvals: t.Iterable[_deployment_gate.Approval]) -> list[dict[str, t.Any]]:
    return [{"name": one.name, "fingerprint": one.fingerprint, "roles": list(one.roles)} for one in approvals]


def _texts(value: t.Any, variable: str) -> list[str]:
    if not isinstance(value, list):
        raise ValueError(f"{variable} is {value!r}; expected a list of files or patterns")
    return value
