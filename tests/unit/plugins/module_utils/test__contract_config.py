# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config import (
    NOT_YET,
    Wanted,
    connected_homes,
    wanted,
)

from tests.contract_world import NETWORKS, UPDATERS, WATCHERS, ZERO, address, row, rows, setting, shared_rows


def without(name: str) -> list[dict[str, Any]]:
    return [one for one in rows() if one["name"] != name]


def with_row(name: str, **changes: Any) -> list[dict[str, Any]]:
    return [{**one, **changes} if one["name"] == name else one for one in rows()]


def test_a_network_names_its_own_homes_watcher_by_default() -> None:
    assert wanted(setting()) == {name: Wanted(UPDATERS[name], (WATCHERS[name],)) for name in NETWORKS}


def test_or_the_watchers_of_the_homes_that_have_a_replica_on_it() -> None:
    found = wanted(setting(watchers_of="connected_homes"))
    assert {name: one.updater for name, one in found.items()} == UPDATERS
    assert {name: list(one.watchers) for name, one in found.items()} == {
        "kovan": [WATCHERS["rinkeby"], WATCHERS["alfajores"]],
        "rinkeby": [WATCHERS["kovan"]],
        "alfajores": [WATCHERS["kovan"]],
    }


def test_a_replica_is_one_way() -> None:
    networks = {"a": {"replicas": ["b"]}, "b": {"replicas": []}, "c": {}}
    assert [connected_homes(networks, name) for name in networks] == [[], ["a"], []]


def test_a_run_does_the_networks_that_it_is_limited_to() -> None:
    assert list(wanted(setting(only=["rinkeby"]))) == ["rinkeby"]


def test_watchers_that_others_run_go_where_their_homes_watchers_go() -> None:
    outside = {"rinkeby": [address(0xEE0001).lower()]}
    at_home = wanted(setting(additional_watchers=outside))
    assert list(at_home["rinkeby"].watchers) == [WATCHERS["rinkeby"], address(0xEE0001)]
    assert list(at_home["kovan"].watchers) == [WATCHERS["kovan"]]
    remote = wanted(setting(additional_watchers=outside, watchers_of="connected_homes"))
    assert list(remote["kovan"].watchers) == [WATCHERS["rinkeby"], WATCHERS["alfajores"], address(0xEE0001)]


def test_others_may_run_all_watchers() -> None:
    outside = {name: [address(0xEE0000 + number)] for number, name in enumerate(NETWORKS)}
    keys = [one for one in rows() if one["agent"] != "watcher"]
    assert list(wanted(setting(signing_keys=keys, additional_watchers=outside))["kovan"].watchers) == outside["kovan"]


def test_one_key_for_all_networks_must_be_meant() -> None:
    with pytest.raises(ValueError, match=r"contract_config_one_key_for_all_networks to true; otherwise"):
        wanted(setting(signing_keys=shared_rows()))
    found = wanted(setting(signing_keys=shared_rows(), one_key_for_all_networks=True))
    assert set(found.values()) == {Wanted(address(0xAA0000), (address(0xBB0000),))}
    remote = wanted(setting(signing_keys=shared_rows(), one_key_for_all_networks=True, watchers_of="connected_homes"))
    assert list(remote["kovan"].watchers) == [address(0xBB0000)]


def test_a_key_that_failed_is_the_error_of_its_networks_alone() -> None:
    keys = with_row("staging-kovan-watcher-attestation", action="failed", address=None, error="AccessDenied.")
    at_home = wanted(setting(signing_keys=keys))
    assert at_home["kovan"].error == "The key staging-kovan-watcher-attestation failed: AccessDenied."
    assert {name for name, one in at_home.items() if one.error} == {"kovan"}
    remote = wanted(setting(signing_keys=keys, watchers_of="connected_homes"))
    assert {name for name, one in remote.items() if one.error} == {"rinkeby", "alfajores"}


def test_a_key_that_is_not_there_is_an_error_unless_this_is_a_plan() -> None:
    keys = with_row("staging-kovan-updater-attestation", action="created", address=None, state="Absent")
    error = wanted(setting(signing_keys=keys))["kovan"].error
    assert error is not None
    assert error.startswith("The key staging-kovan-updater-attestation does not exist. Make it first:")
    planned = wanted(setting(signing_keys=keys, dry_run=True))["kovan"]
    assert planned == Wanted(NOT_YET, (WATCHERS["kovan"],), known=False)


KOVAN_WATCHER = "the watcher of kovan"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"watchers_of": "me"}, "watchers_of is 'me'. Expected: one of home, connected_homes"),
        ({"only": ["ropsten"]}, "The network ropsten is none of the environment's. Expected: one of kovan, rinkeby"),
        (
            {"networks": {"kovan": {"replicas": ["ropsten"]}}, "only": ["kovan"]},
            "The replicas of kovan name ropsten, which is none of the environment's networks. Expected: one of kovan."
            " Correct agent_ops_network in host_vars/kovan.yml",
        ),
        (
            {"networks": {"kovan": {"replicas": "kovan"}}, "only": ["kovan"]},
            "The replicas of kovan are a str. Expected: a list of networks. Correct agent_ops_network",
        ),
        (
            {"signing_keys": with_row("staging-kovan-updater-signer", environment="production")},
            "The key staging-kovan-updater-signer is of the environment 'production'. Expected: 'staging'",
        ),
        (
            {"signing_keys": without("staging-kovan-updater-attestation")},
            "no attestation key for the updater of kovan",
        ),
        (
            {"signing_keys": without("staging-kovan-watcher-attestation")},
            "The deployment configuration of kovan would name no watcher. Expected: an attestation key for the watcher"
            " of kovan",
        ),
        (
            {"networks": {**NETWORKS, "kovan": {}}, "watchers_of": "connected_homes"},
            "The deployment configuration of rinkeby would name no watcher. Expected: an attestation key for the"
            " watcher of a home that has a replica on it",
        ),
        (
            {"signing_keys": with_row("staging-kovan-watcher-attestation", address=UPDATERS["kovan"])},
            f"The address of the key staging-kovan-watcher-attestation: {UPDATERS['kovan']} is the address of the"
            f" updater of kovan already, and would be that of {KOVAN_WATCHER}.",
        ),
        (
            {"signing_keys": with_row("staging-rinkeby-watcher-attestation", address=WATCHERS["kovan"])},
            f"{WATCHERS['kovan']} is the address of {KOVAN_WATCHER} already, and would be that of the watcher of"
            " rinkeby. Expected: an address for each network.",
        ),
        (
            {"signing_keys": with_row("staging-kovan-updater-attestation", address=ZERO)},
            "The address of the key staging-kovan-updater-attestation is the zero address",
        ),
        (
            {"signing_keys": with_row("staging-kovan-relayer-signer", address=UPDATERS["kovan"])},
            f"{UPDATERS['kovan']}, the address of the updater of kovan, is also that of the key"
            " staging-kovan-relayer-signer, which has another purpose",
        ),
        (
            {"signing_keys": [*rows(), row("updater", "kovan", 0xAB0000, name="staging-kovan-second")]},
            "There are two attestation keys for the updater of kovan: staging-kovan-updater-attestation and"
            " staging-kovan-second",
        ),
        ({"additional_watchers": {"ropsten": []}}, "additional_watchers names 'ropsten', which is none of the"),
        ({"additional_watchers": {"kovan": address(1)}}, "additional_watchers of kovan is a str. Expected: a list"),
        ({"additional_watchers": {"kovan": [ZERO]}}, "additional_watchers of kovan is the zero address"),
        (
            {"additional_watchers": {"kovan": ["0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD".replace("A", "a", 1)]}},
            "has a wrong EIP-55 checksum: expected 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        ),
        ({"additional_watchers": {"kovan": [5]}}, "additional_watchers of kovan: 5 is not an Ethereum address"),
        (
            {"additional_watchers": {"kovan": [UPDATERS["rinkeby"]]}},
            f"additional_watchers of kovan: {UPDATERS['rinkeby']} is the address of the updater of rinkeby already",
        ),
        (
            {"additional_watchers": {"kovan": [address(0xEE0000)], "rinkeby": [address(0xEE0000)]}},
            f"additional_watchers of rinkeby: {address(0xEE0000)} is the address of {KOVAN_WATCHER} already",
        ),
        (
            {"additional_watchers": {"kovan": [address(0xDD0000)]}},
            "is also that of the key staging-kovan-relayer-signer",
        ),
    ],
)
def test_what_the_inventory_must_put_right_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        wanted(setting(**changes))


def test_even_with_one_key_for_all_networks_no_address_has_two_roles() -> None:
    keys = [row("updater", None, 0xAA0000), row("watcher", None, 0xAA0000)]
    with pytest.raises(ValueError, match=r"one key that does both can vouch for its own fraud"):
        wanted(setting(signing_keys=keys, one_key_for_all_networks=True))
