# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies are evaluated before they are written: one key too many or too few, and nothing is."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_check import check_access

from tests.unit.plugins.module_utils.access_world import access, named

TEMPLATES = (
    "{environment}-{network}-{agent}-{purpose}",
    "{environment}-{agent}-{purpose}",
    "{environment}-{agent}-{purpose}-{network}",
)
PRODUCTION = [
    {
        "name": f"production-{network}-{agent}-signer",
        "environment": "production",
        "backend": "kms",
        "region": "us-west-2",
    }
    for network in ("ethereum", "moonbeam")
    for agent in ("watcher", "updater", "relayer")
]


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("backend", ["kms", "secretsmanager"])
def test_hardened_policies_cover_exactly_their_keys(template: str, backend: str) -> None:
    wanted = access(template=template, backend=backend, foreign_keys=PRODUCTION)
    assert check_access(wanted, {}) == ([], [])


def test_the_documented_pattern_misses_keys_that_have_a_network_in_their_name() -> None:
    problems, warnings = check_access(access(form="documented", additional=[]), {})
    assert problems == []
    missed = [text for text in warnings if "does not cover" in text]
    assert len(missed) == 10
    assert missed[0].startswith(
        "The policy staging-watcher-signer does not cover staging-kovan-watcher-signer: by its pattern"
        " alias/staging-watcher* does not match alias/staging-kovan-watcher-signer"
    )
    assert any("lets the administrators sign with every key of the account" in text for text in warnings)


@pytest.mark.parametrize("template", TEMPLATES[1:])
def test_the_documented_pattern_fits_where_the_agent_comes_first(template: str) -> None:
    problems, warnings = check_access(access(form="documented", template=template, additional=[]), {})
    assert problems == []
    assert [text for text in warnings if "does not cover" in text] == []


def test_a_documented_pattern_that_covers_a_strangers_key_is_refused() -> None:
    """A network named processor-chain makes alias/staging-processor* match every agent's keys there."""
    wanted = access(
        form="documented",
        networks=("processor-chain", "kovan"),
        agents={"processor": ["signer"], "watcher": ["signer"]},
        additional=[],
    )
    problems, _warnings = check_access(wanted, {})
    assert [text.split(". Expected")[0] for text in problems] == [
        "The policy staging-processor-signer would let its principals use staging-processor-chain-watcher-signer by its"
        " pattern alias/staging-processor*"
    ]
    assert "Nothing was written" in problems[0]


def test_exact_aliases_are_not_confused_by_such_names() -> None:
    wanted = access(
        networks=("processor-chain", "kovan", "kovan-processor"),
        agents={"processor": ["signer"], "watcher": ["signer"]},
        additional=[{"agent": "bank"}, {"agent": "bank2", "name": "{environment}-bank-2"}],
    )
    assert check_access(wanted, {}) == ([], [])


def test_a_pattern_for_many_networks_is_proven_or_refused() -> None:
    many = tuple(f"network{index:03}" for index in range(100))
    assert check_access(access(networks=many, additional=[]), {}) == ([], [])
    shadowed = access(
        networks=(*many, "watcher-signer"),
        additional=[{"agent": "spy", "name": "{environment}-{network}-spy-watcher-signer"}],
    )
    problems, _warnings = check_access(shadowed, {})
    assert any(
        "staging-watcher-signer would let its principals use staging-network000-spy-watcher-signer" in text
        for text in problems
    )


def test_a_key_of_another_environment_is_never_covered() -> None:
    foreign = [{**PRODUCTION[0], "name": "staging-watcher-of-production", "environment": "production"}]
    wanted = access(form="documented", template=TEMPLATES[1], additional=[], foreign_keys=foreign)
    problems, _warnings = check_access(wanted, {})
    assert [text.split(" by its")[0] for text in problems] == [
        "The policy staging-watcher-signer would let its principals use staging-watcher-of-production of production"
    ]


def test_a_strangers_key_in_the_account_is_never_covered() -> None:
    wanted = access(form="documented", template=TEMPLATES[1], additional=[])
    problems, _warnings = check_access(wanted, {"us-west-2": {"alias/staging-watcher-of-bob": "1234"}})
    assert [text.split(" by its")[0] for text in problems] == [
        "The policy staging-watcher-signer would let its principals use the key 1234 in us-west-2"
        " (alias/staging-watcher-of-bob)"
    ]


def test_an_alias_on_a_key_of_production_opens_it_and_is_refused() -> None:
    """The exact alias is right, and points at the wrong key."""
    aliases = {
        "us-west-2": {"alias/production-ethereum-watcher-signer": "9", "alias/staging-kovan-watcher-signer": "9"}
    }
    problems, _warnings = check_access(access(foreign_keys=PRODUCTION), aliases)
    assert [text.split(". Expected")[0] for text in problems] == [
        "The policy staging-watcher-signer would let its principals use production-ethereum-watcher-signer of"
        " production"
        " (aliases: alias/production-ethereum-watcher-signer, alias/staging-kovan-watcher-signer)",
        "The policy staging-keymaster would allow kms:DescribeKey, kms:GetPublicKey, kms:ListResourceTags on"
        " production-ethereum-watcher-signer of production",
    ]


def test_a_key_under_two_names_of_the_environment_is_refused() -> None:
    aliases = {"us-west-2": {"alias/staging-kovan-watcher-signer": "9", "alias/staging-kovan-updater-signer": "9"}}
    problems, _warnings = check_access(access(), aliases)
    assert len(problems) == 2
    assert all("(aliases: " in text for text in problems)


def hand_made(wanted: dict[str, Any], **changes: Any) -> dict[str, Any]:
    named(wanted["policies"], "staging-watcher-signer")["document"]["Statement"][0].update(changes)
    return wanted


def test_a_policy_that_misses_a_key_stops_the_run() -> None:
    condition = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": ["alias/staging-kovan-watcher-signer"]}}
    problems, _warnings = check_access(hand_made(access(), Condition=condition), {})
    assert len(problems) == 3
    assert all(text.startswith("The policy staging-watcher-signer does not cover") for text in problems)


def test_a_policy_that_allows_half_of_it_does_not_cover() -> None:
    problems, _warnings = check_access(hand_made(access(), Action=["kms:Sign"]), {})
    assert len(problems) == 4


def test_names_and_sizes_that_aws_does_not_allow_are_refused() -> None:
    wanted = access(environment="s" * 60, additional=[])
    problems, _warnings = check_access(wanted, {})
    assert any("has 73 characters; AWS allows 64 for users" in text for text in problems)
    crowded = access(agents={f"agent{index}": ["signer"] for index in range(11)}, additional=[])
    problems, _warnings = check_access(crowded, {})
    assert any("staging-signer would have 11 policies; AWS allows 10" in text for text in problems)
    many = tuple(f"network{index:03}" for index in range(200))
    large = access(
        networks=many,
        operators=[{"name": "acme", "agents": ["watcher"], "networks": list(many[:199]), "iam_user": True}],
    )
    problems, _warnings = check_access(large, {})
    assert any("staging-operator-acme has" in text and "AWS allows 6144" in text for text in problems)


def test_an_alias_in_another_region_is_another_key() -> None:
    """The policies match an alias in every Region."""
    aliases = {"us-west-2": {}, "eu-west-1": {"alias/staging-kovan-watcher-signer": "77"}}
    problems, _warnings = check_access(access(), aliases)
    assert [text.split(". Expected")[0] for text in problems] == [
        "The policy staging-watcher-signer would let its principals use the key 77 in eu-west-1"
        " (alias/staging-kovan-watcher-signer)",
        "The policy staging-keymaster would allow kms:DescribeKey, kms:GetPublicKey, kms:ListResourceTags on"
        " the key 77 in eu-west-1 (alias/staging-kovan-watcher-signer)",
    ]
