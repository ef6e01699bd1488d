# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refusals of a run that is not on exactly one environment that is in order."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._environment import environment_problems
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import DEFAULT_TEMPLATE


def problems(name: str = "staging", **changes: t.Any) -> list[str]:
    options: dict[str, t.Any] = {
        "environments": [name],
        "networks": ["kovan"],
        "agents": {"updater": ["signer"], "kathy": ["signer"]},
        "protected": False,
        "account_id": "",
        "inventory_sources": ["/i/staging", "/i/sandbox"],
        **changes,
    }
    return environment_problems(name, **options)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"account_id": "111122223333"},
        {"account_id": "000000000042"},
        # An inventory without the group, as one of the user's own may be.
        {"environments": []},
        {"protected": True, "account_id": "111122223333", "agents": {"updater": ["signer"]}},
    ],
)
def test_an_environment_in_order(changes: dict[str, t.Any]) -> None:
    assert problems(**changes) == []


def test_whoever_writes_proofs_has_keys() -> None:
    bank = [{"agent": "bank"}]
    assert problems(proof_agents=["updater", "bank"], additional_keys=bank) == []
    assert problems(proof_agents=["updater", "procesor"], additional_keys=bank) == [
        "agent_ops_proof_agents has 'procesor'. Expected: a list of agents that have keys (agent_ops_agents,"
        " agent_ops_additional_keys): updater, kathy, bank"
    ]
    for wrong in ("updater", None):
        assert f"agent_ops_proof_agents has {wrong!r}. Expected: a list" in problems(proof_agents=wrong)[0]


def test_reports_are_kept_in_a_bucket_or_on_the_disk_alone() -> None:
    for place in ("", "s3://nomad-records/agent_ops"):
        assert problems(report_store=place) == []
    (told,) = problems(report_store="/srv/reports")
    assert told == (
        "agent_ops_report_store is not a place for reports. The store '/srv/reports' is in no bucket. Expected:"
        " s3://bucket/prefix for a prefix of a private bucket. Change agent_ops_report_store"
    )
    (told,) = problems(report_store={"bucket": "x"})
    assert "The store of agent_ops_report_store is {'bucket': 'x'}." in told


def test_whoever_means_another_environment_is_refused() -> None:
    assert problems(confirmation="") == problems(confirmation="staging") == []
    assert problems(confirmation="production") == [
        "environment_confirmation is 'production', and this run is on staging. Expected: staging. Whoever started it"
        " means another environment, or mistyped its name"
    ]


def test_two_environments_are_the_only_problem_that_is_told() -> None:
    assert problems(environments=["staging", "production"], networks=[], account_id="x") == [
        "This run has 2 environments: staging, production. Expected: one."
        " Give one environment's inventory (-i inventories/<environment>); given were: /i/staging, /i/sandbox"
    ]


@pytest.mark.parametrize(("sources", "told"), [([], "none"), (["/i/sandbox"], "/i/sandbox")])
def test_no_environment_is_the_only_problem_that_is_told(sources: list[str], told: str) -> None:
    assert problems("", environments=[], networks=[], inventory_sources=sources) == [
        "This run has no environment: agent_ops_environment is not set. Give an environment's inventory"
        f" (-i inventories/<environment>); given were: {told}"
    ]


def test_an_environment_by_another_name_than_its_host() -> None:
    assert problems("staging", environments=["production"]) == [
        "agent_ops_environment is 'staging', but the inventory's group environments names 'production'."
        " Expected: the same. Two environments' inventories were mixed, or one of the two names is wrong"
    ]


def test_an_environment_without_networks() -> None:
    assert problems(networks=[]) == [
        "The environment staging has no networks. Expected: hosts in its inventory's group networks"
    ]


@pytest.mark.parametrize(
    "account",
    ["11112222333", "1111222233334", "1111-2222-3333", "111122223333\n", " 111122223333", "١١١١٢٢٢٢٣٣٣٣", "production"],
)
def test_an_account_id_that_is_none(account: str) -> None:
    assert problems(account_id=account) == [
        f"agent_ops_aws_account_id is {account!r}. Expected: the 12 digits of an AWS account id, in quotes,"
        " since YAML takes digits for a number and drops leading zeros"
    ]


def test_a_protected_environment_must_be_pinned_and_the_problem_says_where() -> None:
    (problem,) = problems("production", protected=True, agents={})
    assert problem == (
        "The environment production is protected, and its AWS account is not pinned. Set agent_ops_aws_account_id to"
        " the 12-digit id of its account in inventories/production/group_vars/all/agent_ops.yml, or rehearse without"
        " AWS with -i inventories/sandbox"
    )


def test_kathy_is_refused_in_a_protected_environment() -> None:
    assert problems("production", protected=True, account_id="111122223333") == [
        "The environment production is protected, and has the agent kathy, which is for tests only."
        " Remove kathy from agent_ops_agents"
    ]


def test_all_other_problems_are_told_at_once() -> None:
    found = problems("production", protected=True, environments=["staging"], networks=[], account_id="")
    assert len(found) == 4
    for problem in found:
        assert not problem.endswith(("\n", ";", ":"))


@pytest.mark.parametrize("name", ["sandbox", "../staging", "/staging", "stag ing", "-staging"])
def test_a_name_that_would_lead_the_reports_astray(name: str) -> None:
    # The name is the folder of the environment's reports: artifacts/sandbox is where those of the sandbox are.
    (problem,) = problems(name)
    assert repr(name) in problem


def test_operators_that_cannot_be_are_told_before_any_key_is_made() -> None:
    def told(template: str = DEFAULT_TEMPLATE, **operator: object) -> list[str]:
        return environment_problems(
            "staging",
            environments=["staging"],
            networks=["kovan", "goerli"],
            agents={"watcher": ["signer"]},
            protected=False,
            account_id="",
            naming={"networks": {"kovan": {}, "goerli": {}}, "template": template},
            operators=[{"name": "acme", "iam_user": True, "agents": ["watcher"], **operator}],
        )

    assert told() == []
    assert told(networks=["kovan"]) == []
    assert "The operator acme names 'updater' in its agents" in told(agents=["updater"])[0]
    (shared,) = told(networks=["kovan"], template="{environment}-{agent}-{purpose}")
    assert "staging-watcher-signer is one key for all networks, and cannot be given for some of them" in shared
