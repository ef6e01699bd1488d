# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import difflib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config import NOT_YET, Setting, wanted
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config_files import Document
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config_plan import (
    Planned,
    failures,
    plan,
    same_address,
    view,
)

from tests.contract_world import (
    NETWORKS,
    UPDATERS,
    WATCHERS,
    ZERO,
    address,
    core_config,
    document,
    nomad_config,
    rows,
    setting,
    shared_rows,
    text_of,
)

GOLDENS = Path(__file__).resolve().parents[3] / "goldens" / "contract_config"
INDENTS = [None, 2, 4, "\t"]


def planned(given: Setting, *documents: Document) -> list[Planned]:
    return plan(given, documents, wanted(given))


def configurations(text: str) -> dict[str, dict[str, Any]]:
    networks = json.loads(text)["protocol"]["networks"]
    return {name: networks[name]["configuration"] for name in networks}


@pytest.mark.parametrize("indent", INDENTS)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_updaters_and_watchers_change_and_nothing_else(indent: Any, line_end: str) -> None:
    before = text_of(nomad_config(), indent).replace("\n", line_end)
    (one,) = planned(setting(), document(before))
    wish = nomad_config()
    for name in NETWORKS:
        wish["protocol"]["networks"][name]["configuration"].update(updater=UPDATERS[name], watchers=[WATCHERS[name]])
    assert one.text == text_of(wish, indent).replace("\n", line_end)
    assert [row["action"] for row in one.rows] == ["updated"] * 3


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("nomad_config", {"additional_watchers": {"rinkeby": [address(0xEE0001)]}}),
        ("core_config", {"watchers_of": "connected_homes", "only": ["kovan"]}),
    ],
)
def test_a_reviewed_file_of_each_format(name: str, changes: dict[str, Any]) -> None:
    before, after = ((GOLDENS / f"{name}.{when}.json").read_bytes().decode() for when in ("before", "after"))
    (one,) = planned(setting(**changes), document(before))
    assert (one.document.format, one.text) == (name, after)
    (again,) = planned(setting(**changes), document(after))
    assert again.text == after


def test_a_second_run_changes_nothing() -> None:
    (first,) = planned(setting(), document(nomad_config()))
    (second,) = planned(setting(), document(first.text))
    assert second.text == first.text
    assert [row["action"] for row in second.rows] == ["unchanged"] * 3


def test_a_core_configuration_that_is_to_be_filled_in() -> None:
    (one,) = planned(setting(only=["kovan"]), document(core_config(), network="kovan"))
    changed = [
        line for line in difflib.ndiff(text_of(core_config()).splitlines(), one.text.splitlines()) if line[0] in "+-"
    ]
    assert changed == [
        f'-   "updater": "{ZERO}",',
        f'+   "updater": "{UPDATERS["kovan"]}",',
        '-   "watchers": [],',
        '+   "watchers": [',
        f'+     "{WATCHERS["kovan"]}"',
        "+   ],",
    ]


def test_the_other_reading_names_the_connected_homes_watchers() -> None:
    (one,) = planned(setting(watchers_of="connected_homes"), document(nomad_config()))
    assert {name: found["watchers"] for name, found in configurations(one.text).items()} == {
        "kovan": [WATCHERS["rinkeby"], WATCHERS["alfajores"]],
        "rinkeby": [WATCHERS["kovan"]],
        "alfajores": [WATCHERS["kovan"]],
    }
    (again,) = planned(setting(watchers_of="connected_homes", only=["rinkeby"]), document(one.text))
    assert again.text == one.text


def test_an_address_in_another_case_or_length_is_the_same_and_stays_as_it_is() -> None:
    config = nomad_config()
    for name in NETWORKS:
        config["protocol"]["networks"][name]["configuration"].update(
            updater=UPDATERS[name].lower(), watchers=["0x" + "0" * 24 + WATCHERS[name][2:].lower()]
        )
    (one,) = planned(setting(), document(config))
    assert one.text == text_of(config)
    assert not same_address(UPDATERS["kovan"][2:], UPDATERS["kovan"])


def watchers_after(before: list[str], outside: list[str]) -> list[str]:
    config = core_config(watchers=before)
    given = setting(only=["kovan"], additional_watchers={"kovan": outside})
    (one,) = planned(given, document(config, network="kovan"))
    found: list[str] = json.loads(one.text)["watchers"]
    return found


def test_watchers_that_stay_keep_their_places_and_sorted_lists_stay_sorted() -> None:
    key, low, high, gone = WATCHERS["kovan"], address(0x10), address(0xFF0000), address(0x220000)
    assert watchers_after([high, gone, key], [high, low]) == [high, key, low]
    assert watchers_after([gone, high], [high, low]) == sorted([key, high, low])
    assert watchers_after([high, key, low], [low, high]) == [high, key, low]
    assert watchers_after([key, key.lower()], []) == [key]


def test_a_limited_run_leaves_the_other_networks_alone() -> None:
    (one,) = planned(setting(only=["rinkeby"]), document(nomad_config()))
    before = configurations(text_of(nomad_config()))
    after = configurations(one.text)
    assert {name for name in NETWORKS if after[name] != before[name]} == {"rinkeby"}
    assert [row["network"] for row in one.rows] == ["rinkeby"]


def failing(name: str) -> list[dict[str, Any]]:
    broken = {"action": "failed", "address": None, "error": "AccessDenied"}
    return [{**one, **broken} if one["name"] == name else one for one in rows()]


def test_a_network_whose_key_failed_is_left_alone_and_the_others_are_done() -> None:
    (one,) = planned(setting(signing_keys=failing("staging-kovan-updater-attestation")), document(nomad_config()))
    actions = {row["network"]: row["action"] for row in one.rows}
    assert actions == {"kovan": "failed", "rinkeby": "updated", "alfajores": "updated"}
    assert configurations(one.text)["kovan"] == configurations(text_of(nomad_config()))["kovan"]
    assert failures(one.rows) == ["kovan: The key staging-kovan-updater-attestation failed: AccessDenied."]


def test_a_plan_with_keys_that_are_not_made_yet_says_so_and_has_no_such_text() -> None:
    keys = [
        {**one, "address": None, "action": "created"} if one["name"] == "staging-kovan-updater-attestation" else one
        for one in rows()
    ]
    (one,) = planned(setting(signing_keys=keys, dry_run=True, only=["kovan"]), document(core_config(), network="kovan"))
    assert one.rows[0]["action"] == "updated"
    assert one.rows[0]["updater"] == NOT_YET
    assert NOT_YET not in one.text


def test_a_difference_shows_updaters_and_watchers_and_none_of_the_files_secrets() -> None:
    config = core_config(deployerKey="4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318")
    (one,) = planned(setting(only=["kovan"]), document(config, network="kovan", indent=None))
    shown = {"before": view(one.rows, before=True), "after": view(one.rows, before=False)}
    assert shown == {
        "before": {"config.json": {"kovan": {"updater": ZERO, "watchers": []}}},
        "after": {"config.json": {"kovan": {"updater": UPDATERS["kovan"], "watchers": [WATCHERS["kovan"]]}}},
    }
    (again,) = planned(setting(only=["kovan"]), document(one.text, network="kovan"))
    assert view(again.rows, before=True) == view(again.rows, before=False) == {}


def test_one_key_for_all_networks_is_written_to_all_of_them() -> None:
    given = setting(signing_keys=shared_rows(), one_key_for_all_networks=True)
    (one,) = planned(given, document(nomad_config()))
    assert {found["updater"] for found in configurations(one.text).values()} == {address(0xAA0000)}


def test_a_network_may_have_both_kinds_of_file() -> None:
    core = document(core_config(), "core.json", network="kovan")
    found = planned(setting(), core, document(nomad_config(), "nomad.json"))
    assert [len(one.rows) for one in found] == [1, 3]


def limited(network: str, **values: Any) -> Document:
    config = nomad_config()
    config["protocol"]["networks"][network]["configuration"].update(values)
    return document(config)


FIELD = "config.json, field protocol.networks"
LIMITED: dict[str, Any] = {"only": ["kovan"]}


@pytest.mark.parametrize(
    ("changes", "found", "told"),
    [
        (LIMITED, limited("rinkeby", updater=ZERO), f"{FIELD}.rinkeby.configuration.updater is the zero address"),
        (
            LIMITED,
            limited("rinkeby", updater=""),
            f"{FIELD}.rinkeby.configuration.updater: '' is not an Ethereum address",
        ),
        (
            LIMITED,
            limited("rinkeby", watchers=["0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed"]),
            f"{FIELD}.rinkeby.configuration.watchers: 0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed has a wrong EIP-55",
        ),
        (
            LIMITED,
            limited("rinkeby", watchers=[address(7), address(7).lower()]),
            f"{FIELD}.rinkeby.configuration.watchers, names {address(7)} more than once",
        ),
        (
            LIMITED,
            limited("rinkeby", updater=UPDATERS["kovan"]),
            f"{FIELD}.rinkeby.configuration.updater names {UPDATERS['kovan']}, which is the address of the updater"
            " of kovan. Expected: an address of the updater of rinkeby. Nothing was written",
        ),
        (
            LIMITED,
            limited("rinkeby", watchers=[WATCHERS["kovan"]]),
            f"{FIELD}.rinkeby.configuration.watchers names {WATCHERS['kovan']}, which is the address of the watcher"
            " of kovan",
        ),
        (
            LIMITED,
            limited("rinkeby", watchers=[UPDATERS["kovan"]]),
            f"{FIELD}.rinkeby.configuration.watchers names {UPDATERS['kovan']}, which is the address of the updater"
            " of kovan. Expected: an address of the watcher of rinkeby",
        ),
        (
            LIMITED,
            limited("rinkeby", updater=address(7), watchers=[address(7)]),
            f"{FIELD}.rinkeby.configuration.watchers names {address(7)}, and so does"
            f" {FIELD}.rinkeby.configuration.updater. Expected: one agent for an address",
        ),
        (
            LIMITED,
            limited("rinkeby", updater=address(0x110002)),
            f"{FIELD}.alfajores.configuration.updater names {address(0x110002)}, and so does"
            f" {FIELD}.rinkeby.configuration.updater. Expected: an address for each network",
        ),
        (
            {"signing_keys": failing("staging-kovan-updater-attestation")},
            limited("kovan", updater=ZERO),
            f"{FIELD}.kovan.configuration.updater is the zero address, which nobody has the key of. Expected: the"
            " address of a key (The key staging-kovan-updater-attestation failed: AccessDenied.)",
        ),
        (
            {},
            document(core_config(), network="kovan"),
            "No deployment configuration of the network rinkeby is among contract_config_files",
        ),
    ],
)
def test_a_file_that_would_not_be_in_order_afterwards_is_refused(
    changes: dict[str, Any], found: Document, told: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        planned(setting(**changes), found)


def test_another_networks_file_that_is_yet_to_be_filled_in_is_no_hindrance() -> None:
    given = setting(only=["kovan"])
    mine = document(core_config(), "kovan.json", network="kovan")
    empty = document(core_config(updater="", watchers=["tbd"]), "rinkeby.json", network="rinkeby")
    assert [len(one.rows) for one in planned(given, mine, empty)] == [1, 0]
    pasted = document(core_config(updater=UPDATERS["kovan"].lower()), "rinkeby.json", network="rinkeby")
    with pytest.raises(
        ValueError, match=r"rinkeby.json, field updater names .* is the address of the updater of kovan"
    ):
        planned(given, mine, pasted)
    twins = [
        document(core_config(updater=address(7)), f"{name}.json", network=name) for name in ("rinkeby", "alfajores")
    ]
    assert planned(given, mine, *twins)


def test_sharing_over_networks_is_let_pass_where_it_is_meant() -> None:
    found = limited("rinkeby", updater=address(0x110002), watchers=[address(0x220002)])
    given = setting(only=["kovan"], one_key_for_all_networks=True)
    (one,) = planned(given, found)
    assert [row["action"] for row in one.rows] == ["updated"]


def test_what_the_run_overwrites_may_be_a_placeholder_or_wrong() -> None:
    config = nomad_config()
    for name in NETWORKS:
        config["protocol"]["networks"][name]["configuration"].update(updater="", watchers=["tbd", ZERO])
    (one,) = planned(setting(), document(config))
    assert {name: found["watchers"] for name, found in configurations(one.text).items()} == {
        name: [watcher] for name, watcher in WATCHERS.items()
    }
