# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documentation says of the code, and what the shipped inventories say of the documentation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_settings import (
    FUNDING_FIELDS,
    read_settings,
)

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = ("development", "staging", "production")
_ACTION = re.compile(r"\b(?:kms|secretsmanager|sts|tag):[A-Z][A-Za-z]+")


def actions(text: str) -> set[str]:
    return set(_ACTION.findall(text))


def test_the_page_of_permissions_is_what_the_modules_say_which_is_what_a_request_log_says() -> None:
    page = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8")
    modules = [
        (ROOT / "plugins" / "modules" / name).read_text(encoding="utf-8")
        for name in (
            "kms_signing_keys.py",
            "kms_signing_keys_info.py",
            "secret_signing_keys.py",
            "access_matrix_info.py",
            "agent_config.py",
            "wallet_balances_info.py",
            "wallet_top_up.py",
        )
    ]
    assert actions(page) == actions("\n".join(modules))


def test_the_page_names_what_the_bucket_modules_need_and_the_policy_what_the_page_names() -> None:
    page = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8")
    section = page.split("## The proof bucket")[1].split("\n## ")[0]
    table, policy = section.split("```json")
    action = re.compile(r"\bs3:[A-Z][A-Za-z]+")
    modules = "\n".join(
        (ROOT / "plugins" / "modules" / f"proof_bucket_{name}.py").read_text(encoding="utf-8")
        for name in ("info", "probe")
    )
    assert set(action.findall(modules)) <= set(action.findall(table))
    # What of the rest is used, a run by a user who has the policy shows.
    assert set(action.findall(table)) == set(action.findall(policy))


def test_the_page_names_what_the_wallets_modules_need_of_the_records() -> None:
    page = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8")
    section = page.split("## Wallets")[1].split("\n## ")[0]
    module = (ROOT / "plugins" / "modules" / "wallet_top_up.py").read_text(encoding="utf-8")
    action = re.compile(r"\bs3:[A-Z][A-Za-z]+")
    assert set(action.findall(section)) == set(action.findall(module))


def test_the_page_names_what_the_store_of_reports_needs() -> None:
    page = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8")
    section = page.split("## The last reports")[1].split("\n## ")[0]
    module = (ROOT / "plugins" / "modules" / "report_store.py").read_text(encoding="utf-8")
    action = re.compile(r"\bs3:[A-Z][A-Za-z]+")
    assert set(action.findall(section)) == set(action.findall(module))


def settings(environment: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for file in (ROOT / "inventories" / environment / "group_vars" / "all").glob("*.yml"):
        found.update(yaml.safe_load(file.read_text(encoding="utf-8")))
    return found


def networks(environment: str) -> list[str]:
    hosts = yaml.safe_load((ROOT / "inventories" / environment / "hosts").read_text(encoding="utf-8"))
    return list(hosts["networks"]["hosts"])


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_and_the_overlay_share_no_variable(environment: str) -> None:
    # Variables of both would take the value of whichever -i comes last.
    text = "".join(
        file.read_text(encoding="utf-8") for file in (ROOT / "inventories" / environment).rglob("*") if file.is_file()
    )
    assert "agent_ops_sandbox" not in text
    assert settings("sandbox")
    assert settings("sandbox").keys().isdisjoint(settings(environment))


def test_the_documented_environments() -> None:
    assert {environment: networks(environment) for environment in ENVIRONMENTS} == {
        "development": ["alfajores", "kovan"],
        "staging": ["moonbasealpha", "kovan"],
        "production": ["ethereum", "moonbeam", "evmos"],
    }
    found = {environment: settings(environment) for environment in ENVIRONMENTS}
    assert {found[environment]["agent_ops_aws_region"] for environment in ENVIRONMENTS} == {"us-west-2"}
    backends = {environment: found[environment]["agent_ops_key_backend"] for environment in ENVIRONMENTS}
    assert backends == {"development": "secretsmanager", "staging": "kms", "production": "kms"}
    deployments = {environment: found[environment]["agent_ops_deployment"] for environment in ENVIRONMENTS}
    assert deployments == {
        "development": {"contracts": "automatic", "upgrade_beacon": "human", "agents": "automatic"},
        "staging": {"contracts": "automatic", "upgrade_beacon": "human", "agents": "operator"},
        "production": {"contracts": "manual", "upgrade_beacon": "human", "agents": "operator"},
    }
    purposes = {"watcher": ["signer", "attestation"], "updater": ["signer", "attestation"]}
    purposes |= {"processor": ["signer"], "relayer": ["signer"]}
    assert found["production"]["agent_ops_agents"] == purposes
    for environment in ("development", "staging"):
        assert found[environment]["agent_ops_agents"] == {**purposes, "kathy": ["signer"]}


def test_the_page_of_deployments_has_the_inventories_table() -> None:
    page = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+) \| `(\w+)` \| `(\w+)` \| `(\w+)` \|$", page, re.MULTILINE)
    assert {row[0]: dict(zip(("contracts", "upgrade_beacon", "agents"), row[1:], strict=True)) for row in rows} == {
        environment: settings(environment)["agent_ops_deployment"] for environment in ENVIRONMENTS
    }


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_replica_is_on_a_network_of_the_environment(environment: str) -> None:
    for network in networks(environment):
        file = ROOT / "inventories" / environment / "host_vars" / f"{network}.yml"
        described = yaml.safe_load(file.read_text(encoding="utf-8"))["agent_ops_network"]
        assert set(described["replicas"]) == set(networks(environment)) - {network}
        assert described["domain"] > 0
        assert described["chain_id"] > 0


def test_testnets_ship_with_the_documented_500_and_mainnets_with_nothing() -> None:
    shipped = {environment: settings(environment)["wallet_funding_defaults"] for environment in ENVIRONMENTS}
    assert shipped["production"] == {}
    assert shipped["staging"] == shipped["development"]
    for environment in ENVIRONMENTS:
        given = {}
        for network in networks(environment):
            file = ROOT / "inventories" / environment / "host_vars" / f"{network}.yml"
            given[network] = yaml.safe_load(file.read_text(encoding="utf-8"))["agent_ops_network"]
        found = read_settings(given, dict.fromkeys(given, shipped[environment]))
        paid = {(one.amounts.threshold, one.amounts.target) for one in found.values()}
        assert paid == ({(None, None)} if environment == "production" else {(125 * 10**18, 500 * 10**18)})
        assert all(one.explorer_url for one in found.values())


def test_the_page_of_funding_explains_every_setting() -> None:
    page = (ROOT / "docs" / "funding.md").read_text(encoding="utf-8")
    table = page.split("## What is paid")[1].split("\n## ")[0]
    assert {name for name in FUNDING_FIELDS if f"`{name}`" not in table} == set()
    shipped = settings("staging")["wallet_funding_defaults"]
    assert isinstance(shipped, dict)
    assert {name for name, value in shipped.items() if str(value) not in table} == set()
