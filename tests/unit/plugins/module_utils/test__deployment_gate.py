# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of environments, cell by cell, as the shipped inventories have it."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.interchain.agent_ops.plugins.module_utils._deployment_gate import (
    COMPONENTS,
    Approval,
    Demand,
    demand,
    missing,
    owners,
    read_gates,
    unattended,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._operators import Operator

INVENTORIES = Path(__file__).parents[4] / "inventories"
AGENTS, NETWORKS = ("updater", "watcher"), ("kovan", "moonbasealpha")
OPERATORS = [
    Operator("acme", ("watcher",), ("kovan",)),
    Operator("beta", ("watcher",), NETWORKS),
    Operator("gone", AGENTS, NETWORKS, removed=True),
]
ALICE, BOB = Approval("alice", ("core_team",), "key 1"), Approval("bob", ("core_team",), "key 2")
ALICE_AGAIN = Approval("alice", ("core_team",), "key 3")
ACME, BETA = Approval("anna", ("acme",)), Approval("ben", ("beta",))


def gates(environment: str) -> dict[str, str]:
    file = INVENTORIES / environment / "group_vars" / "all" / "environment.yml"
    return read_gates(yaml.safe_load(file.read_text(encoding="utf-8"))["agent_ops_deployment"], environment)


def asked(environment: str, *components: str, unreadable: bool = False, **changes: t.Any) -> Demand:
    running = owners(OPERATORS, changes.pop("agents", AGENTS), changes.pop("networks", NETWORKS))
    protected = changes.pop("protected", environment == "production")
    return demand(
        changes.pop("gates", None) or gates(environment),
        components,
        environment=environment,
        protected=protected,
        unreadable=unreadable,
        running=running if "agents" in components else {},
    )


def allowed(what: Demand, *approvals: Approval, terminal: bool = False) -> bool:
    return not missing(what, approvals) and (terminal or not what.attended)


# environment, component, does it need a terminal, approvals that are enough, approvals that are not
CELLS: list[tuple[str, str, bool, tuple[Approval, ...], list[tuple[Approval, ...]]]] = [
    ("development", "contracts", False, (), []),
    ("development", "upgrade_beacon", False, (ALICE,), [(), (ACME,)]),
    ("development", "agents", False, (), []),
    ("staging", "contracts", False, (), []),
    ("staging", "upgrade_beacon", False, (BOB,), [(), (BETA, ACME)]),
    ("staging", "agents", False, (ACME, BETA, ALICE), [(), (ALICE,), (ACME, BETA), (ACME, ALICE), (BOB, ALICE)]),
    ("production", "contracts", True, (ALICE, BOB), [(), (ALICE,), (ALICE, ALICE_AGAIN), (ALICE, ACME)]),
    ("production", "upgrade_beacon", True, (ALICE, BOB), [(), (BOB,), (BOB, BETA)]),
    ("production", "agents", False, (BETA, ACME, BOB), [(), (ALICE, BOB), (BETA, ACME)]),
]


def test_there_is_a_cell_for_everything() -> None:
    assert [(row[0], row[1]) for row in CELLS] == [
        (environment, component) for environment in ("development", "staging", "production") for component in COMPONENTS
    ]


@pytest.mark.parametrize(("environment", "component", "terminal", "enough", "short"), CELLS)
def test_a_cell(
    environment: str,
    component: str,
    terminal: bool,
    enough: tuple[Approval, ...],
    short: list[tuple[Approval, ...]],
) -> None:
    what = asked(environment, component)
    assert what.attended is terminal
    assert allowed(what, *enough, terminal=True)
    assert allowed(what, *enough, terminal=False) is not terminal
    for approvals in short:
        assert not allowed(what, *approvals, terminal=True), approvals


def test_an_operators_agent_is_approved_by_one_of_those_who_run_it_there() -> None:
    either = asked("staging", "agents", agents=["watcher"], networks=["kovan"])
    assert [one.roles for one in either.requirements] == [("acme", "beta")]
    assert allowed(either, ACME)
    assert allowed(either, BETA)
    assert not allowed(either, ALICE)
    assert allowed(asked("staging", "agents", agents=["watcher"], networks=["moonbasealpha"]), BETA)
    assert not allowed(asked("staging", "agents", agents=["watcher"], networks=["moonbasealpha"]), ACME)
    # Nobody has a contract for the updater, and whoever is gone runs nothing.
    ours = asked("staging", "agents", agents=["updater", "kathy"], networks=["kovan", "moonbasealpha"]).requirements
    assert [one.roles for one in ours] == [("core_team",)]
    assert ours[0].why == "agents: core_team runs updater, kathy on kovan, moonbasealpha"


@pytest.mark.parametrize("environment", ["development", "staging", "production"])
def test_a_call_batch_that_nobody_can_read_needs_a_human(environment: str) -> None:
    what = asked(environment, "contracts", unreadable=True)
    assert not allowed(what, terminal=True)
    assert not allowed(what, ACME, BETA, terminal=True)
    assert allowed(what, ALICE, BOB, terminal=True)


def test_another_name_does_not_get_a_deployment_around_a_gate() -> None:
    # Called an upgrade it is still a deployment of contracts; found to be several things, it is each of them.
    assert asked("production", "upgrade_beacon").attended
    both = asked("production", "agents", "contracts")
    assert both.attended
    assert not allowed(both, ACME, BETA, ALICE, terminal=True)
    assert allowed(both, ACME, BETA, ALICE, BOB, terminal=True)
    assert not allowed(asked("development", "agents", "upgrade_beacon"), terminal=True)


def test_production_is_protected_whatever_its_inventory_says() -> None:
    assert not allowed(asked("production", "contracts", protected=False), ALICE, terminal=True)
    mainnet = asked("mainnet", "contracts", protected=True, gates=gates("production"))
    assert not allowed(mainnet, ALICE, terminal=True)
    trial = asked("trial", "contracts", protected=False, gates=gates("production"))
    assert allowed(trial, terminal=True)
    assert not allowed(trial)


def test_a_deployment_of_no_agent_is_refused() -> None:
    with pytest.raises(ValueError, match="of no agent on no network"):
        asked("staging", "agents", networks=[])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"upgrade_beacon": "automatic"},
            "agent_ops_deployment says 'automatic' of upgrade_beacon; expected one of human, manual. The upgradeBeacon"
            " needs a human in every environment. Change agent_ops_deployment in the inventory of staging",
        ),
        ({"upgrade_beacon": "operator"}, "expected one of human, manual"),
        ({"contracts": "operator"}, "says 'operator' of contracts; expected one of automatic, human, manual."),
        ({"agents": None}, "says None of agents; expected one of automatic, human, manual, operator."),
        ({"bridge": "human"}, "has ['agents', 'bridge', 'contracts', 'upgrade_beacon']; expected a gate for each of"),
    ],
)
def test_a_table_that_is_not_in_order_is_refused(changes: dict[str, t.Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        read_gates({**gates("staging"), **changes}, "staging")


@pytest.mark.parametrize("gates_", [None, {}, "automatic", {"contracts": "automatic"}])
def test_a_table_that_is_not_there_is_refused(gates_: t.Any) -> None:
    with pytest.raises(ValueError, match="expected a gate for each of contracts, upgrade_beacon, agents"):
        read_gates(gates_, "staging")


@pytest.mark.parametrize(
    ("environment", "variables", "attended", "reason"),
    [
        ({}, (), True, ""),
        ({"CI": "false"}, ("inventory_hostname",), True, ""),
        ({}, (), False, "deployment_attended is false"),
        ({"CI": "true"}, (), True, "the environment variable CI is set"),
        ({"AWX_ISOLATED_DATA_DIR": "/runner"}, (), True, "the environment variable AWX_ISOLATED_DATA_DIR is set"),
        ({}, ("awx_job_id",), True, "the variable awx_job_id is set"),
    ],
)
def test_what_says_that_nobody_is_there(
    environment: dict[str, str], variables: tuple[str, ...], attended: bool, reason: str
) -> None:
    assert unattended(environment, variables, attended) == reason


def test_what_is_missing_is_said() -> None:
    assert missing(asked("production", "contracts"), [ALICE, ALICE_AGAIN]) == [
        "approvals by two people of core_team (contracts of production: manual, by two people; so far: alice)"
    ]
    assert missing(asked("staging", "agents", agents=["watcher"], networks=["kovan"]), [ALICE]) == [
        "an approval of acme or beta (agents: acme or beta runs watcher on kovan)"
    ]
