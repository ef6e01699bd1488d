# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config_files import (
    CORE_CONFIG,
    NOMAD_CONFIG,
    Expected,
    nomad_config_problems,
    read_document,
)

from tests.contract_world import NETWORKS, address, core_config, document, nomad_config


def test_both_formats_are_recognised() -> None:
    nomad = document(nomad_config())
    assert (nomad.format, list(nomad.places)) == (NOMAD_CONFIG, list(NETWORKS))
    assert nomad.places["kovan"].field("updater") == "protocol.networks.kovan.configuration.updater"
    core = document(core_config(), network="kovan")
    assert (core.format, list(core.places)) == (CORE_CONFIG, ["kovan"])
    assert core.places["kovan"].field("watchers") == "watchers"


def test_a_core_configuration_may_name_its_network_itself() -> None:
    assert list(document(core_config(name="rinkeby", domain=2000)).places) == ["rinkeby"]


@pytest.mark.parametrize("name", ["production", "prod", "prod-community", "mainnet"])
def test_deployment_tools_have_names_of_their_own_for_environments(name: str) -> None:
    expected = Expected(environment="production", networks=NETWORKS, network="kovan")
    text = f'{{"environment": "{name}", "updater": "", "watchers": []}}'
    assert read_document("c.json", text, expected).places
    with pytest.raises(
        ValueError, match=r"field environment: 'staging'. Expected: production or prod or prod-community"
    ):
        read_document("c.json", text.replace(name, "staging"), expected)


def test_a_file_may_call_the_environment_something_else_if_that_is_said() -> None:
    assert document(core_config(environment="alpha"), network="kovan", environment_name="alpha").places
    with pytest.raises(ValueError, match=r"field environment: 'staging'. Expected: alpha"):
        document(core_config(), network="kovan", environment_name="alpha")


def without(config: dict[str, Any], *path: str) -> dict[str, Any]:
    inner = config
    for part in path[:-1]:
        inner = inner[part]
    del inner[path[-1]]
    return config


PREFIX = "config.json, field protocol.networks.kovan"


@pytest.mark.parametrize(
    ("config", "expected", "told"),
    [
        ("updater: '0x'\n", {}, "config.json is not JSON that can be changed: line 1, column 1: a value is expected."),
        ("export const devConfig = {}", {}, "Other formats, such as YAML or TypeScript, are not read"),
        ('{"updater": "", "updater": ""}', {}, "line 1, column 17: the object has this name twice"),
        ([], {}, "config.json holds a list. Expected: a JSON object"),
        ({}, {}, "it has neither of protocol.networks (a NomadConfig, nomad_config) and of updater and watchers"),
        ({**nomad_config(), "updater": ""}, {}, "it has both of protocol.networks"),
        (
            core_config(),
            {"format": "yaml"},
            "The format of config.json is given as 'yaml'. Expected: one of core_config",
        ),
        (core_config(), {"format": "nomad_config"}, "is given as nomad_config, but the file is a core_config."),
        (
            core_config(),
            {},
            "Whose config.json is, is not said. Give network in its entry of contract_config_files: kovan",
        ),
        (core_config(), {"network": "ropsten"}, "config.json is of the network 'ropsten'. Expected: one of"),
        (core_config(name="rinkeby"), {"network": "kovan"}, "config.json, field name: 'rinkeby'. Expected: 'kovan'"),
        (core_config(domain=2000), {"network": "kovan"}, "config.json, field domain: 2000. Expected: 3000"),
        (core_config(environment={"key": 1}), {"network": "kovan"}, "field environment: a dict. Expected: staging"),
        (core_config(environment="x" * 65), {"network": "kovan"}, "field environment: a str. Expected: staging"),
        (core_config(environment="prod"), {"network": "kovan"}, "field environment: 'prod'. Expected: staging, since"),
        (nomad_config(), {"network": "kovan"}, "has all networks of an environment. Expected: no network ('kovan' is"),
        (
            without(core_config(), "watchers"),
            {"network": "kovan"},
            "config.json has no field watchers. Expected: a list",
        ),
        (core_config(updater=None), {"network": "kovan"}, "field updater, holds a NoneType. Expected: an address"),
        (
            core_config(watchers="0x1"),
            {"network": "kovan"},
            "field watchers, holds a str. Expected: a list of addresses",
        ),
        (core_config(watchers=[1]), {"network": "kovan"}, "field watchers, has an item that is a int."),
        (
            without(nomad_config(), "protocol", "networks", "kovan", "configuration", "updater"),
            {},
            "config.json has no field protocol.networks.kovan.configuration.updater. Expected: an address",
        ),
    ],
)
def test_what_cannot_be_changed_with_certainty_is_refused(config: Any, expected: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        document(config, **expected)


def test_a_file_of_other_networks_is_refused_with_what_it_has() -> None:
    fewer = nomad_config()
    fewer["networks"].remove("alfajores")
    for section in ("rpcs", "core", "agent", "gas"):
        del fewer[section]["alfajores"]
    del fewer["protocol"]["networks"]["alfajores"]
    fewer["protocol"]["networks"]["kovan"]["connections"] = ["rinkeby"]
    del fewer["core"]["kovan"]["replicas"]["alfajores"]
    with pytest.raises(ValueError, match=r"config.json lacks the network alfajores: it has kovan, rinkeby under"):
        document(fewer)
    swapped = nomad_config()
    swapped["protocol"]["networks"]["kovan"]["domain"] = 2000
    with pytest.raises(ValueError, match=rf"{PREFIX}.domain: 2000. Expected: 3000"):
        document(swapped)


def test_the_published_rules_hold() -> None:
    assert nomad_config_problems(nomad_config()) == []
    undeployed = nomad_config()
    undeployed["core"] = {}
    # A configuration is what is deployed from: before that it has no core.
    assert nomad_config_problems(undeployed) == []
    substrate = nomad_config()
    substrate["core"]["avail"] = {"deployHeight": 1}
    assert nomad_config_problems(substrate) == []


def test_a_connection_is_one_way() -> None:
    config = nomad_config()
    # Rinkeby carries a replica of kovan, and kovan none of rinkeby.
    config["protocol"]["networks"]["rinkeby"]["connections"] = []
    del config["core"]["kovan"]["replicas"]["rinkeby"]
    assert nomad_config_problems(config) == []
    config["protocol"]["networks"]["kovan"]["connections"] = ["alfajores"]
    assert nomad_config_problems(config) == ["core.rinkeby.replicas has kovan, whose connections do not list rinkeby"]


def setting_of(section: str, name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(config: dict[str, Any]) -> None:
        config[section][name] = value

    return change


def network(**values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda config: config["protocol"]["networks"]["kovan"].update(values)


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda config: config.update(networks="kovan"), "networks is not a list of names"),
        (lambda config: config["protocol"].update(networks=[]), "protocol.networks is not an object"),
        (lambda config: config["networks"].append("ropsten"), "protocol.networks has no ropsten, which networks lists"),
        (lambda config: config["rpcs"].pop("kovan"), "rpcs has no kovan, which networks lists"),
        (lambda config: config["agent"].pop("kovan"), "agent has no kovan, which networks lists"),
        (network(name="rinkeby"), "protocol.networks.kovan.name is not kovan"),
        (network(connections="rinkeby"), "protocol.networks.kovan.connections is not a list of names"),
        (network(configuration=None), "protocol.networks.kovan.configuration is not an object"),
        (lambda config: config["core"]["kovan"].update(replicas=["rinkeby"]), "core.kovan.replicas is not an object"),
        (
            lambda config: config["core"]["rinkeby"]["replicas"].pop("kovan"),
            "core.rinkeby.replicas has no kovan, whose connections list rinkeby",
        ),
        (
            lambda config: config["core"]["rinkeby"]["replicas"].update(alfajores={}),
            "core.rinkeby.replicas has alfajores, whose connections do not list rinkeby",
        ),
        (
            lambda config: config["core"]["rinkeby"]["replicas"].update(ropsten={}),
            "core.rinkeby.replicas has ropsten, which networks does not list",
        ),
        (setting_of("bridge", "ropsten", {}), "bridge.ropsten is of no network that networks lists"),
        (setting_of("agent", "ropsten", {}), "agent.ropsten is of no network that networks lists"),
        (setting_of("bridgeGui", "ropsten", {}), "bridgeGui.ropsten is of no network that networks lists"),
        (
            setting_of("core", "ropsten", {"home": {}, "replicas": {}}),
            "core.ropsten is of no network that networks lists",
        ),
    ],
)
def test_a_file_that_breaks_a_rule_is_refused(damage: Callable[[dict[str, Any]], Any], problem: str) -> None:
    config = nomad_config()
    damage(config)
    assert problem in nomad_config_problems(config)
    if isinstance(config["protocol"]["networks"], dict):
        with pytest.raises(ValueError, match=rf"config.json breaks the rules of a NomadConfig: .*{re.escape(problem)}"):
            document(config)


def test_contracts_come_from_the_core() -> None:
    assert document(nomad_config()).contracts("kovan")["home"]["proxy"] == address(0x340001)
    assert document(core_config(), network="kovan").contracts("kovan") == {}
