# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of environments as a decision: what a deployment needs before it may run. Private to the collection.

Pure: no ansible, no files; errors are :class:`ValueError`.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.interchain.agent_ops.plugins.module_utils._deployment_approvers import CORE_TEAM
from ansible_collections.interchain.agent_ops.plugins.module_utils._operators import Operator

CONTRACTS, UPGRADE_BEACON, AGENTS = "contracts", "upgrade_beacon", "agents"
COMPONENTS = (CONTRACTS, UPGRADE_BEACON, AGENTS)
AUTOMATIC, HUMAN, MANUAL, OPERATOR = "automatic", "human", "manual", "operator"
GATES: t.Mapping[str, tuple[str, ...]] = {
    CONTRACTS: (AUTOMATIC, HUMAN, MANUAL),
    UPGRADE_BEACON: (HUMAN, MANUAL),
    AGENTS: (AUTOMATIC, HUMAN, MANUAL, OPERATOR),
}
"""Component to the gates that an inventory may give it. The upgradeBeacon needs a human whatever an inventory says."""

PRODUCTION = "production"
_TWO = 2
# Some of these give what they run a terminal, which nobody sits at.
_UNATTENDED = (
    "CI",
    "AWX_ISOLATED_DATA_DIR",
    "BUILDKITE",
    "CODEBUILD_BUILD_ID",
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "JENKINS_URL",
    "TEAMCITY_VERSION",
    "TF_BUILD",
)


@dataclass(frozen=True)
class Requirement:
    """Approvals by so many different people, each of whom holds one of the roles."""

    people: int
    roles: tuple[str, ...]
    why: str

    def as_dict(self) -> dict[str, t.Any]:
        return {"people": self.people, "roles": list(self.roles), "why": self.why}


@dataclass(frozen=True)
class Demand:
    """What must be there before a deployment runs."""

    gates: tuple[str, ...]
    attended: bool
    requirements: tuple[Requirement, ...]

    def as_dict(self) -> dict[str, t.Any]:
        return {
            "gates": list(self.gates),
            "terminal": self.attended,
            "approvals": [requirement.as_dict() for requirement in self.requirements],
        }


@dataclass(frozen=True)
class Approval:
    """A signature over the plan that was verified."""

    name: str
    roles: tuple[str, ...]
    fingerprint: str = ""
    file: str = ""
    signature: str = field(default="", repr=False)


def read_gates(gates: t.Any, environment: str) -> dict[str, str]:
    """Return ``agent_ops_deployment``, checked: component to gate."""
    where = f"Change agent_ops_deployment in the inventory of {environment}"
    if not isinstance(gates, t.Mapping) or set(gates) != set(COMPONENTS):
        found = sorted(map(str, gates)) if isinstance(gates, t.Mapping) else gates
        raise ValueError(
            f"agent_ops_deployment has {found!r}; expected a gate for each of {', '.join(COMPONENTS)}. {where}"
        )
    for component, allowed in GATES.items():
        if gates[component] not in allowed:
            reason = " The upgradeBeacon needs a human in every environment." if component == UPGRADE_BEACON else ""
            raise ValueError(
                f"agent_ops_deployment says {gates[component]!r} of {component}; expected one of {', '.join(allowed)}."
                f"{reason} {where}"
            )
    return {component: str(gates[component]) for component in COMPONENTS}


def owners(
    operators: t.Iterable[Operator], agents: t.Iterable[str], networks: t.Iterable[str]
) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return who runs each agent on each network: (agent, network) -> operators, or the core team if there is none."""
    running = [operator for operator in operators if not operator.removed]
    return {
        (agent, network): tuple(
            operator.name for operator in running if agent in operator.agents and network in operator.networks
        )
        or (CORE_TEAM,)
        for agent in agents
        for network in networks
    }


def demand(
    gates: t.Mapping[str, str],
    components: t.Collection[str],
    *,
    environment: str,
    protected: bool,
    unreadable: bool,
    running: t.Mapping[tuple[str, str], tuple[str, ...]],
) -> Demand:
    """Return what a deployment needs.

    An update of the upgradeBeacon is a deployment of contracts too, and what is several things at once must pass the
    gate of each: by giving a deployment another name nobody gets around one.

    :param gates: as :func:`read_gates` returns them. :param components: what the deployment is.
    :param unreadable: whether it has a call batch of which nobody can say what it does.
    :param running: who runs what is deployed, as :func:`owners` returns it.
    """
    parts = {CONTRACTS, *components} if UPGRADE_BEACON in components else set(components)
    found = {part: gates[part] for part in COMPONENTS if part in parts}
    needed: list[Requirement] = []
    for part, gate in found.items():
        if gate == HUMAN:
            needed.append(Requirement(1, (CORE_TEAM,), f"{part} of {environment}: human intervention"))
        elif gate == MANUAL and (protected or environment == PRODUCTION):
            needed.append(Requirement(_TWO, (CORE_TEAM,), f"{part} of {environment}: manual, by two people"))
        elif gate == OPERATOR:
            if not running:
                raise ValueError("The deployment is of no agent on no network; expected one of each at least")
            needed += _operators_requirements(part, running)
    if unreadable:
        needed.append(Requirement(1, (CORE_TEAM,), "nobody can say what its call batch does"))
    return Demand(tuple(dict.fromkeys(found.values())), MANUAL in found.values(), _strictest(needed))


def _operators_requirements(part: str, running: t.Mapping[tuple[str, str], tuple[str, ...]]) -> t.Iterator[Requirement]:
    what: dict[tuple[str, ...], dict[str, list[str]]] = {}
    for (agent, network), roles in running.items():
        what.setdefault(roles, {}).setdefault(agent, []).append(network)
    for roles, places in what.items():
        # Agents that are run on the same networks are named together: an environment has dozens of pairs.
        alike: dict[tuple[str, ...], list[str]] = {}
        for agent, networks in places.items():
            alike.setdefault(tuple(networks), []).append(agent)
        told = [f"{', '.join(agents)} on {', '.join(networks)}" for networks, agents in alike.items()]
        yield Requirement(1, roles, f"{part}: {' or '.join(roles)} runs {'; '.join(told)}")


def _strictest(requirements: t.Iterable[Requirement]) -> tuple[Requirement, ...]:
    """Return, of those that ask the same roles, the one that asks most people."""
    found: dict[tuple[str, ...], Requirement] = {}
    for requirement in requirements:
        known = found.get(requirement.roles)
        if known is None or requirement.people > known.people:
            found[requirement.roles] = requirement
    return tuple(found.values())


def missing(asked: Demand, approvals: t.Iterable[Approval]) -> list[str]:
    """Return what approvals are still missing, a sentence each. One person counts once, with however many keys."""
    given = list(approvals)
    sentences = []
    for requirement in asked.requirements:
        people = {approval.name for approval in given if set(approval.roles) & set(requirement.roles)}
        if len(people) < requirement.people:
            so_far = f"; so far: {', '.join(sorted(people))}" if people else ""
            number = "approvals by two people" if requirement.people == _TWO else "an approval"
            sentences.append(f"{number} of {' or '.join(requirement.roles)} ({requirement.why}{so_far})")
    return sentences


def unattended(
    environment: t.Mapping[str, str],
    variables: t.Collection[str],
    attended: bool,
    setting: str = "deployment_attended",
) -> str:
    """Return what says that nobody is there, or an empty text.

    It can only be said that nobody is there. That somebody is, is for the terminal to show.

    :param environment: environment variables. :param variables: names of ansible's variables.
    :param setting: the variable that ``attended`` is the value of.
    """
    if not attended:
        return f"{setting} is false"
    for name in _UNATTENDED:
        if environment.get(name, "").lower() not in ("", "0", "false", "no"):
            return f"the environment variable {name} is set"
    for name in ("awx_job_id", "tower_job_id"):
        if name in variables:
            return f"the variable {name} is set"
    return ""
