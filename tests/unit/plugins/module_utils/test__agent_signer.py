# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which key signs for an agent on a network."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_signer import (
    attestation_key_for,
    has_key,
    shared_signers,
    signing_key_for,
    transacts_on,
)

from tests.unit.plugins.module_utils.agent_world import BRIDGE, keys_of

NETWORKS: dict[str, Any] = {"kovan": {}, "moonbasealpha": {}, "goerli": {}}
HOMES = {home: [other for other in NETWORKS if other != home] for home in NETWORKS}
KEYS = keys_of(BRIDGE, NETWORKS)
SHARED = keys_of(BRIDGE, NETWORKS, "{environment}-{agent}-{purpose}")


@pytest.mark.parametrize(
    ("signer", "network", "name"),
    [
        ("home", "kovan", "staging-kovan-relayer-signer"),
        ("home", "goerli", "staging-kovan-relayer-signer"),
        ("network", "kovan", "staging-kovan-relayer-signer"),
        ("network", "goerli", "staging-goerli-relayer-signer"),
    ],
)
def test_the_key_of_the_home_signs_everywhere_or_by_choice_the_networks_own(
    signer: str, network: str, name: str
) -> None:
    assert signing_key_for("relayer", "kovan", network, keys=KEYS, signer=signer)["name"] == name


def test_by_default_the_home_decides() -> None:
    assert signing_key_for("relayer", "kovan", "goerli", keys=KEYS)["network"] == "kovan"


@pytest.mark.parametrize("signer", ["home", "network"])
def test_a_key_that_all_networks_share_signs_on_all(signer: str) -> None:
    key = signing_key_for("watcher", "kovan", "goerli", keys=SHARED, signer=signer)
    assert key["name"] == "staging-watcher-signer"


def test_attestations_are_always_signed_with_the_homes_key() -> None:
    assert attestation_key_for("watcher", "goerli", keys=KEYS)["name"] == "staging-goerli-watcher-attestation"


def test_a_key_that_is_not_there_is_an_error_that_says_where_to_change_it() -> None:
    with pytest.raises(ValueError, match=r"no attestation key of relayer on kovan\. Expected: one\. Give relayer the"):
        attestation_key_for("relayer", "kovan", keys=KEYS)
    with pytest.raises(ValueError, match=r"agent_ops_transaction_signer is 'both'\. Expected: one of home, network"):
        signing_key_for("relayer", "kovan", "kovan", keys=KEYS, signer="both")


def test_a_network_can_do_without_an_agent() -> None:
    fewer = keys_of(BRIDGE, {"kovan": {"excluded_keys": ["kathy"]}, "goerli": {}})
    assert not has_key("kathy", "kovan", keys=fewer)
    assert has_key("kathy", "goerli", keys=fewer)
    assert has_key("kathy", "kovan", keys=SHARED)


@pytest.mark.parametrize(
    ("agent", "networks"),
    [
        ("updater", ["kovan"]),
        ("watcher", ["kovan", "goerli"]),
        ("relayer", ["goerli"]),
        ("processor", ["goerli"]),
        ("kathy", ["kovan"]),
        ("validator", ["kovan"]),
        ("stranger", ["kovan", "goerli"]),
    ],
)
def test_where_an_agent_needs_money(agent: str, networks: list[str]) -> None:
    assert transacts_on(agent, "kovan", ["goerli"]) == networks


def test_keys_of_the_homes_are_shared_by_none() -> None:
    assert shared_signers(HOMES, list(BRIDGE), keys=KEYS) == []


def test_two_homes_that_share_a_signer_on_a_network_are_warned_of_with_the_reason() -> None:
    found = shared_signers(HOMES, ["updater", "relayer"], keys=KEYS, signer="network")
    # Updaters send on their homes alone. On each of three networks the relayers of the other two homes meet.
    assert found == [
        f"On {network} the key staging-{network}-relayer-signer signs for the relayer of {one} and the relayer of"
        f" {other}, which use up each other's nonces: the documentation advises against running several agents with the"
        " same transaction signers"
        for network, one, other in (
            ("moonbasealpha", "kovan", "goerli"),
            ("goerli", "kovan", "moonbasealpha"),
            ("kovan", "moonbasealpha", "goerli"),
        )
    ]


def test_two_networks_share_nothing_even_with_keys_of_the_networks() -> None:
    homes = {"kovan": ["goerli"], "goerli": ["kovan"]}
    assert shared_signers(homes, ["relayer", "processor"], keys=KEYS, signer="network") == []


def test_a_key_for_all_networks_is_warned_of() -> None:
    homes = {"kovan": ["goerli"], "moonbasealpha": ["goerli"]}
    (found,) = shared_signers(homes, ["processor"], keys=SHARED)
    assert found.startswith("On goerli the key staging-processor-signer signs for the processor of kovan and the")
