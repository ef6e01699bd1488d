# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters environment_signing_keys and environment_problems, with what an inventory may really hold."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.interchain.agent_ops.plugins.filter import environment_problems, environment_signing_keys

signing_keys = environment_signing_keys.FilterModule().filters()["environment_signing_keys"]
problems = environment_problems.FilterModule().filters()["environment_problems"]
AGENTS = {"updater": ["signer", "attestation"]}


def test_the_keys_of_an_environment() -> None:
    assert signing_keys({"kovan": {"aws_region": "eu-west-1"}}, "staging", {"updater": ["signer"]}) == [
        {
            "name": "staging-kovan-updater-signer",
            "environment": "staging",
            "network": "kovan",
            "agent": "updater",
            "purpose": "signer",
            "description": "staging kovan updater-signer",
            "region": "eu-west-1",
            "tags": {},
        }
    ]


@pytest.mark.parametrize("nothing", [None, {}, ""])
def test_a_network_without_settings(nothing: t.Any) -> None:
    found = signing_keys({"kovan": nothing}, "staging", AGENTS)
    assert [key["name"] for key in found] == ["staging-kovan-updater-signer", "staging-kovan-updater-attestation"]


def test_options_that_are_null_are_their_defaults() -> None:
    assert signing_keys({"kovan": {}}, "staging", AGENTS, additional=None, tags=None) == signing_keys(
        {"kovan": {}}, "staging", AGENTS
    )


def test_all_options() -> None:
    (found,) = signing_keys(
        {"kovan": {"excluded_keys": ["updater"]}},
        "staging",
        AGENTS,
        template="{environment}-{agent}-{purpose}-{network}",
        additional=[{"agent": "bank", "name": "{agent}-of-{environment}"}],
        tags={"team": "bridge"},
    )
    assert (found["name"], found["description"], found["tags"]) == (
        "bank-of-staging",
        "staging bank",
        {"team": "bridge"},
    )


@pytest.mark.parametrize(
    ("networks", "agents", "options", "message"),
    [
        (["kovan"], AGENTS, {}, "environment_signing_keys: the networks must be a dictionary, not list"),
        ({"kovan": {}}, ["updater"], {}, "environment_signing_keys: agents must be a dictionary, not list"),
        ({"kovan": {}}, None, {}, "environment_signing_keys: agents must be a dictionary, not NoneType"),
        (
            {"kovan": {}},
            AGENTS,
            {"template": "{environment}-{chain}"},
            "The signing keys of staging cannot be named. The naming template '{environment}-{chain}' has the field",
        ),
        ({"kovan": {}}, {"updater": ["x"]}, {}, "cannot be named. Agent updater has a key for 'x'"),
    ],
)
def test_errors_become_filter_errors(networks: t.Any, agents: t.Any, options: dict[str, t.Any], message: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        signing_keys(networks, "staging", agents, **options)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("networks", "agents", "options", "fragment"),
    [
        ({"kovan": "https://rpc.example"}, AGENTS, {}, "kovan"),
        ({"kovan": ["kathy"]}, AGENTS, {}, "kovan"),
        ({"kovan": {"excluded_keys": 5}}, AGENTS, {}, "kovan"),
        ({"kovan": {}}, {"updater": 5}, {}, "updater"),
        ({"kovan": {}}, {"updater": True}, {}, "updater"),
        ({"kovan": {}}, AGENTS, {"template": None}, "template"),
        ({"kovan": {}}, AGENTS, {"template": 5}, "template"),
        ({"kovan": {}}, AGENTS, {"additional": ["bank"]}, "bank"),
        ({"kovan": {}}, AGENTS, {"additional": {"agent": "bank"}}, "additional"),
        ({"kovan": {}}, AGENTS, {"additional": [{"agent": "bank", "name": None}]}, "bank"),
        ({"kovan": {}}, AGENTS, {"additional": [{"agent": "bank", "name": "{network}-b", "networks": 5}]}, "bank"),
        ({"kovan": {}}, AGENTS, {"tags": ["team"]}, "tags"),
    ],
)
def test_whatever_an_inventory_holds_the_error_says_where_to_look(
    networks: t.Any, agents: t.Any, options: dict[str, t.Any], fragment: str
) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        signing_keys(networks, "staging", agents, **options)
    assert fragment in str(caught.value)
    assert "object" not in str(caught.value)
    assert "dictionary update sequence" not in str(caught.value)


def test_the_problems_of_an_environment() -> None:
    options: dict[str, t.Any] = {"networks": ["kovan"], "agents": AGENTS, "protected": True}
    assert problems("staging", environments=["staging"], account_id="111122223333", **options) == []
    (found,) = problems("staging", environments=["staging"], account_id="", **options)
    assert found.startswith("The environment staging is protected, and its AWS account is not pinned.")
    (found,) = problems("staging", environments=["staging", "production"], account_id="", **options)
    assert found.endswith("given were: none")


def test_an_account_id_that_yaml_took_for_a_number_is_a_problem_and_no_crash() -> None:
    options: dict[str, t.Any] = {"environments": ["staging"], "networks": ["kovan"], "agents": {}, "protected": False}
    (found,) = problems("staging", account_id=111122223333, **options)
    assert "agent_ops_aws_account_id is 111122223333" in found
    assert "in quotes" in found
