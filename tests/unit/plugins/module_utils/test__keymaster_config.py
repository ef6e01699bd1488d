# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service's configuration: what is right is read, and what is wrong is refused by the name of its field."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_config import (
    read_config,
    rpc_urls,
    rpc_variable,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_wallets import watched

from tests.unit.plugins.module_utils.keymaster_world import RELAYER, key, text, values


def test_a_whole_configuration() -> None:
    config = read_config(text(interval_seconds=30, port=0, only=["kovan"]))
    assert (config.environment, config.only, config.interval_seconds, config.port) == ("staging", ["kovan"], 30.0, 0)
    assert (config.listen_address, config.sends, config.why_not_sending()) == ("127.0.0.1", True, None)


def test_what_has_a_default() -> None:
    config = read_config(text())
    assert (config.port, config.interval_seconds, config.overdue_seconds) == (9090, 60.0, 600.0)
    assert config.only == ["kovan", "moonbasealpha"]


def test_production_only_plans_until_it_is_confirmed() -> None:
    config = read_config(text(environment="production"))
    assert config.protected
    assert not config.sends
    assert config.why_not_sending() == (
        "production is protected, and confirmed is false: transfers are planned, none is sent"
    )
    assert read_config(text(environment="production", confirmed=True)).sends


def test_without_top_ups_no_store_is_needed() -> None:
    config = read_config(text(top_ups=False, store=None))
    assert not config.sends
    assert config.why_not_sending() == "top_ups is false: wallets are watched, and nothing is sent"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"enviroment": "x"}, "c: there is no field enviroment. Expected: fields of account_id, agents, "),
        ({"environment": 5}, "c: environment is 5. Expected: a text"),
        ({"environment": ""}, "c: environment is ''. Expected: a text that is not empty"),
        (
            {"environment": "a b"},
            "c: environment is 'a b'. Expected: a name of letters, digits, dashes and underscores",
        ),
        ({"region": None}, "c: region is None. Expected: a text"),
        ({"networks": {}}, "c: networks is a mapping. Expected: at least one network"),
        (
            {"networks": {"kovan": 42}},
            "c: networks.kovan is 42. Expected: a mapping, agent_ops_network of",
        ),
        (
            {"networks": {"a-b": {}, "a_b": {}}},
            "c: the networks a-b and a_b would both be reached by A_B_RPC_URL."
            " Expected: names that differ in more than case and punctuation",
        ),
        ({"only": ["rinkeby"]}, "c: only is 'rinkeby'. Expected: networks of kovan, moonbasealpha"),
        ({"only": "kovan"}, "c: only is 'kovan'. Expected: a list of texts"),
        ({"account_id": "1234"}, "c: account_id is '1234'. Expected: 12 digits"),
        ({"backend": "vault"}, "c: backend is 'vault'. Expected: one of kms, secretsmanager"),
        ({"top_ups": "yes"}, "c: top_ups is 'yes'. Expected: true or false"),
        ({"confirmed": 1}, "c: confirmed is 1. Expected: true or false"),
        ({"interval_seconds": True}, "c: interval_seconds is True. Expected: a number of seconds, 1 or more"),
        ({"interval_seconds": 0}, "c: interval_seconds is 0. Expected: a number of seconds from 1 to 86400"),
        ({"overdue_seconds": 30}, "c: overdue_seconds is 30, less than interval_seconds, 60. Expected: at least twice"),
        ({"port": 70000}, "c: port is 70000. Expected: a port from 0 to 65535"),
        ({"port": "9090"}, "c: port is '9090'. Expected: a port, 0 for any that is free"),
        ({"listen_address": "localhost"}, "c: listen_address is 'localhost'. Expected: an IP address, 127.0"),
        ({"store": None}, "c: store is missing, and top_ups is true. Expected: s3://bucket/prefix or a folder"),
        (
            {"bank_key": "staging-teller"},
            "c: bank_key is 'staging-teller', which is none of signing_keys. Expect",
        ),
        ({"funding": {"rinkeby": {}}}, "c: funding is 'one of rinkeby'. Expected: networks of kovan, moonbasealpha"),
        ({"signing_keys": [{"name": "x"}]}, "c: signing_keys[0] is a mapping. Expected: a mapping with name,"),
        (
            {"signing_keys": [{**key("bank", None), "address": RELAYER}]},
            "c: signing_keys[0] is 'one with address'. Expected: only agent, name, network, purpose, region",
        ),
        (
            {"signing_keys": [key("bank", "rinkeby")]},
            "c: signing_keys[0].network is 'rinkeby'. Expected: one of kovan,",
        ),
        ({"log_level": "loud"}, "c: log_level is 'loud'. Expected: one of debug, info, warning, error"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], error: str) -> None:
    with pytest.raises(ValueError, match=r"\Ac[: ]") as refused:
        read_config(text(**changes), "c")
    assert str(refused.value).startswith(error)


@pytest.mark.parametrize("name", ["environment", "region", "networks", "signing_keys", "bank_key"])
def test_what_is_missing_is_named(name: str) -> None:
    given = values()
    del given[name]
    with pytest.raises(ValueError, match=rf"\Ac: {name} is missing\. Expected: "):
        read_config(json.dumps(given), "c")


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ("{", "c is not JSON (line 1, column 2). Expected: the file that the role keymaster writes"),
        ("[" * 100_000, "c is not JSON. Expected: the file that the role keymaster writes"),
        ("[]", "c is not a mapping. Expected: the file that the role keymaster writes"),
    ],
)
def test_what_is_no_configuration_at_all(given: str, error: str) -> None:
    with pytest.raises(ValueError, match=r"\Ac is not") as refused:
        read_config(given, "c")
    assert str(refused.value) == error


@pytest.mark.parametrize(
    "changes",
    [
        {"networks": {"kovan": {"rpc_url": "https://kovan.example/v3/0f7c51d2e94b"}}},
        {"networks": {"kovan": {"rpc": {"private_key": "0f7c51d2e94b"}}}},
        {"funding": {"kovan": {"bank_secret": "0f7c51d2e94b"}}},
        {"bank_key": "https://kovan.example/v3/0f7c51d2e94b"},
        {"store": {"url": "https://kovan.example/v3/0f7c51d2e94b"}},
        {"port": "https://kovan.example/v3/0f7c51d2e94b"},
    ],
)
def test_a_secret_that_strays_here_is_refused_and_not_repeated(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Expected: ") as refused:
        read_config(text(**changes), "c")
    assert "0f7c51d2e94b" not in str(refused.value)


def test_urls_come_from_credential_files_first_and_then_from_variables() -> None:
    config = read_config(text())
    files = {"KOVAN_RPC_URL": "https://file.example/k\n"}
    environ = {"KOVAN_RPC_URL": "https://variable.example/k", "MOONBASEALPHA_RPC_URL": "https://variable.example/m"}
    assert rpc_urls(config, environ, files.get) == {
        "kovan": "https://file.example/k",
        "moonbasealpha": "https://variable.example/m",
    }
    assert rpc_urls(config, {}, {"KOVAN_RPC_URL": " \n"}.get) == {"kovan": None, "moonbasealpha": None}


def test_the_variable_of_a_network_is_that_of_the_inventories() -> None:
    assert rpc_variable("kovan") == "KOVAN_RPC_URL"
    assert rpc_variable("milkomeda-c1") == "MILKOMEDA_C1_RPC_URL"


def test_who_is_watched_follows_from_the_agents_work() -> None:
    what = watched(read_config(text()))
    assert [(one.network, one.agent, one.key) for one in what.wallets] == [
        ("kovan", "updater", "staging-kovan-updater-signer"),
        ("kovan", "relayer", "staging-moonbasealpha-relayer-signer"),
        ("moonbasealpha", "updater", "staging-moonbasealpha-updater-signer"),
        ("moonbasealpha", "relayer", "staging-kovan-relayer-signer"),
    ]
    assert what.settings["moonbasealpha"].unit == "DEV"
    assert what.bank["name"] == "staging-bank"


def test_only_some_networks_need_only_their_keys() -> None:
    what = watched(read_config(text(only=["kovan"])))
    assert {wallet.network for wallet in what.wallets} == {"kovan"}
    assert [one["name"] for one in what.needed] == [
        "staging-kovan-updater-signer",
        "staging-moonbasealpha-relayer-signer",
        "staging-bank",
    ]


def test_a_chain_without_a_number_is_not_paid_on() -> None:
    networks = {"kovan": {"replicas": ["moonbasealpha"]}, "moonbasealpha": {"chain_id": 1287}}
    with pytest.raises(ValueError, match=r"\Anetworks\.kovan has no chain_id\. Expected: the chain's number"):
        watched(read_config(text(networks=networks)))
    assert watched(read_config(text(networks=networks, top_ups=False))).wallets


def test_a_key_that_is_disabled_now_is_not_paid() -> None:
    what = watched(read_config(text(only=["kovan"])))
    rows = {
        "staging-kovan-updater-signer": {"state": "Disabled", "address": RELAYER},
        "staging-bank": {"state": "Enabled", "address": RELAYER},
    }
    updater, relayer = what.with_addresses(rows)
    assert updater.problem == "The key staging-kovan-updater-signer is Disabled. Expected: Enabled"
    assert "does not exist" in str(relayer.problem)
    assert what.bank_problem(rows) is None
    assert "does not exist" in str(what.bank_problem({}))
