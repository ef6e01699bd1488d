# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import Amounts, FeeSettings
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_settings import (
    read_settings,
    require_caps,
)

from tests.unit.plugins.module_utils.funding_world import ETHER, NETWORKS

GWEI = 10**9


def test_what_an_inventory_says() -> None:
    network = {
        **NETWORKS["kovan"],
        "native_unit": "KETH",
        "explorer_url": "https://kovan.etherscan.io/",
        "rpc_style": "ethereum",
    }
    funding = {
        "threshold": "125",
        "target": 500,
        "max_transfer": "500",
        "max_run": "3000",
        "max_day": "6000",
        "reserve": 0.5,
        "min_interval_seconds": "3600",
        "agents": {"watcher": {"threshold": "3"}, "kathy": {"funded": False}},
        "fee_type": "legacy",
        "max_fee_per_gas_gwei": "100",
        "max_priority_fee_per_gas_gwei": 1.5,
        "max_gas": 50000,
    }
    found = read_settings({"kovan": network}, {"kovan": funding})["kovan"]
    assert (found.chain_id, found.unit, found.explorer_url) == (42, "KETH", "https://kovan.etherscan.io")
    assert found.amounts == Amounts(125 * ETHER, 500 * ETHER)
    assert found.agents == {
        "watcher": Amounts(3 * ETHER, 500 * ETHER),
        "kathy": Amounts(125 * ETHER, 500 * ETHER),
    }
    assert (found.max_transfer, found.max_run, found.max_day) == (500 * ETHER, 3000 * ETHER, 6000 * ETHER)
    assert (found.reserve, found.min_interval_seconds) == (ETHER // 2, 3600)
    assert found.fees == FeeSettings("legacy", 100 * GWEI, 1500000000, 50000)


def test_a_network_of_which_nothing_is_said_is_watched_and_not_topped_up() -> None:
    found = read_settings(NETWORKS, {})
    assert [one.amounts for one in found.values()] == [Amounts()] * 2
    assert found["kovan"].max_transfer is None
    assert found["kovan"].reserve == 0


def test_the_units_of_other_networks_have_other_places() -> None:
    found = read_settings({"one": {"native_decimals": 6}}, {"one": {"threshold": "1", "target": "2.5"}})
    assert found["one"].amounts == Amounts(10**6, 2500000)


@pytest.mark.parametrize(
    ("network", "funding", "text"),
    [
        ({}, {"treshold": "1"}, "The funding of kovan has 'treshold'. Expected: of threshold, target, "),
        ({}, {"threshold": "1"}, "The funding of kovan has a threshold and no target. Expected: both. Correct"),
        ({}, {"target": "1"}, "The funding of kovan has a target and no threshold. Expected: both"),
        ({}, {"threshold": "2", "target": "1"}, "The funding of kovan has a threshold above its target"),
        ({}, {"threshold": "x", "target": "1"}, "threshold of kovan is 'x'. Expected: an amount of the native unit"),
        ({}, {"reserve": "-1"}, "reserve of kovan is '-1'. Expected: an amount"),
        ({}, {"fee_type": "eip-1559"}, "fee_type of kovan is 'eip-1559'. Expected: one of auto, eip1559, legacy"),
        ({}, {"max_gas": 20000}, "max_gas of kovan is 20000. Expected: a whole number from 21000 to 30000000"),
        ({}, {"min_interval_seconds": "1h"}, "min_interval_seconds of kovan is '1h'. Expected: a whole number"),
        ({}, {"confirmations": True}, "confirmations of kovan is True. Expected: a whole number from 0 to 10000"),
        ({}, {"agents": ["watcher"]}, "agents in the funding of kovan is ['watcher']. Expected: a dictionary"),
        (
            {},
            {"agents": {"watcher": {"treshold": 1}}},
            "agents.watcher in the funding of kovan has 'treshold'. Expected: of threshold, target, funded",
        ),
        ({}, {"agents": {"watcher": {"funded": "no"}}}, "is 'no'. Expected: true or false"),
        (
            {},
            {"agents": {"watcher": {"target": "1"}}},
            "The funding of kovan for watcher has a target and no threshold",
        ),
        ({"chain_id": 0}, {}, "chain_id of kovan is 0. Expected: a whole number from 1"),
        ({"native_unit": "E TH"}, {}, "native_unit of kovan is 'E TH'. Expected: letters and digits"),
        ({"native_decimals": 37}, {}, "native_decimals of kovan is 37. Expected: a whole number from 0 to 36"),
        ({"explorer_url": "etherscan.io"}, {}, "explorer_url of kovan is 'etherscan.io'. Expected: a URL"),
    ],
)
def test_what_is_refused(network: dict[str, Any], funding: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        read_settings({"kovan": network}, {"kovan": funding})


@pytest.mark.parametrize(
    "amounts", [{"threshold": 1, "target": 2}, {"agents": {"kathy": {"threshold": 1, "target": 2}}}]
)
def test_where_nothing_may_break_there_is_a_cap_on_everything(amounts: dict[str, Any]) -> None:
    text = "The funding of kovan has no max_transfer, max_day. Expected: all three caps before money is sent in"
    with pytest.raises(ValueError, match=re.escape(text)):
        require_caps(read_settings(NETWORKS, {"kovan": {**amounts, "max_run": 5}}))
    require_caps(read_settings(NETWORKS, {"kovan": {**amounts, "max_transfer": 1, "max_run": 5, "max_day": 5}}))
    require_caps(read_settings(NETWORKS, {"kovan": {"max_run": 5}}))


def test_a_network_that_is_not_there() -> None:
    with pytest.raises(ValueError, match=r"funding names the unknown network 'goerli'\. Expected: of kovan, moon"):
        read_settings(NETWORKS, {"goerli": {}})
