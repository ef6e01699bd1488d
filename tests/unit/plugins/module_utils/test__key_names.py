# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of signing keys: the documented ones letter by letter, and what is refused before any call."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.interchain.agent_ops.plugins.module_utils import _key_names
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import KeySpec, environment_keys
from hypothesis import given, settings
from hypothesis import strategies as st

PER_NETWORK = "{environment}-{network}-{agent}-{purpose}"
SHARED = "{environment}-{agent}-{purpose}"
NETWORK_LAST = "{environment}-{agent}-{purpose}-{network}"

# Docs, "Keys Explained": the agents' keys in the documentation's order, and each environment's networks in its order.
PRODUCTION_KEYS = (
    "watcher-signer watcher-attestation updater-signer updater-attestation processor-signer relayer-signer"
).split()
STAGING_KEYS = [*PRODUCTION_KEYS, "kathy-signer"]
DOCUMENTED = {
    "staging": (["moonbasealpha", "kovan"], STAGING_KEYS),
    "production": (["ethereum", "moonbeam", "evmos"], PRODUCTION_KEYS),
    "development": (["alfajores", "kovan"], STAGING_KEYS),
}
AGENTS = {
    "watcher": ["signer", "attestation"],
    "updater": ["signer", "attestation"],
    "processor": ["signer"],
    "relayer": ["signer"],
    "kathy": ["signer"],
}
INVENTORIES = Path(__file__).parents[4] / "inventories"


def staging(**changes: t.Any) -> list[KeySpec]:
    options: dict[str, t.Any] = {"networks": {"moonbasealpha": {}, "kovan": {}}, "agents": AGENTS, **changes}
    return environment_keys(**{"environment": "staging", **options})


def names(specs: t.Iterable[KeySpec]) -> list[str]:
    return [spec.name for spec in specs]


# The documented names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("environment", DOCUMENTED)
def test_the_shipped_inventories_have_the_documented_keys_in_the_documented_order(environment: str) -> None:
    folder = INVENTORIES / environment
    networks, keys = DOCUMENTED[environment]
    variables = yaml.safe_load((folder / "group_vars/all/agent_ops.yml").read_text(encoding="utf-8"))
    hosts = yaml.safe_load((folder / "hosts").read_text(encoding="utf-8"))["networks"]["hosts"]
    specs = environment_keys(
        {host: {} for host in hosts},
        environment=variables["agent_ops_environment"],
        agents=variables["agent_ops_agents"],
        template=variables["agent_ops_key_name_template"],
        additional=variables["agent_ops_additional_keys"],
    )
    assert names(specs) == [f"{environment}-{network}-{key}" for network in networks for key in keys]
    assert len(specs) == {"staging": 14, "production": 18, "development": 14}[environment]
    assert [spec.description for spec in specs] == [
        f"{environment} {network} {key}" for network in networks for key in keys
    ]


def test_kathy_is_never_in_production() -> None:
    variables = yaml.safe_load((INVENTORIES / "production/group_vars/all/agent_ops.yml").read_text(encoding="utf-8"))
    assert "kathy" not in variables["agent_ops_agents"]


@pytest.mark.parametrize(
    ("template", "name", "description", "count"),
    [
        (PER_NETWORK, "staging-kovan-watcher-signer", "staging kovan watcher-signer", 14),
        (SHARED, "staging-watcher-signer", "staging watcher-signer", 7),
        (NETWORK_LAST, "staging-watcher-signer-kovan", "staging kovan watcher-signer", 14),
    ],
)
def test_the_three_documented_forms(template: str, name: str, description: str, count: int) -> None:
    specs = staging(template=template)
    assert len(specs) == count
    spec = next(spec for spec in specs if spec.name == name)
    assert spec.alias == f"alias/{name}"
    assert spec.description == description
    assert spec.as_dict() == {
        "name": name,
        "environment": "staging",
        "network": None if template == SHARED else "kovan",
        "agent": "watcher",
        "purpose": "signer",
        "description": description,
        "region": None,
        "tags": {},
    }


def test_the_default_form_is_the_per_network_one() -> None:
    assert names(staging()) == names(staging(template=PER_NETWORK))


def test_shared_keys_are_documented_as_one_set_for_all_networks() -> None:
    assert names(staging(template=SHARED)) == [f"staging-{key}" for key in STAGING_KEYS]
    assert {spec.network for spec in staging(template=SHARED)} == {None}


def test_regions_and_tags_reach_the_keys() -> None:
    networks = {"moonbasealpha": {"aws_region": "eu-west-1"}, "kovan": {}}
    specs = staging(networks=networks, additional=[{"agent": "bank"}], tags={"cost-centre": "0042"})
    assert {(spec.network, spec.region) for spec in specs} == {
        (None, None),
        ("moonbasealpha", "eu-west-1"),
        ("kovan", None),
    }
    assert all(spec.tags == {"cost-centre": "0042"} for spec in specs)


def test_the_tags_of_a_key_are_its_own() -> None:
    tags = {"team": "bridge"}
    first, second, *_others = staging(tags=tags)
    assert first.tags is not second.tags
    assert first.tags is not tags


# Additional and excluded keys ----------------------------------------------------------------------------------------


def test_the_bank_is_one_key_for_all_networks_and_comes_first() -> None:
    specs = staging(additional=[{"agent": "bank"}])
    assert names(specs)[0] == "staging-bank"
    assert specs[0].description == "staging bank"
    assert (specs[0].network, specs[0].agent, specs[0].purpose) == (None, "bank", "signer")
    assert names(specs)[1:] == names(staging())


def test_a_deployer_for_each_network_comes_after_the_networks_agents() -> None:
    specs = staging(additional=[{"agent": "deployer", "name": "{environment}-{network}-deployer"}])
    assert len(specs) == 16
    assert [name for name in names(specs) if "deployer" in name] == [
        "staging-moonbasealpha-deployer",
        "staging-kovan-deployer",
    ]
    assert [spec.network for spec in specs] == ["moonbasealpha"] * 8 + ["kovan"] * 8
    assert specs[-1].description == "staging kovan deployer"


def test_a_key_for_some_networks_only() -> None:
    item = {"agent": "deployer", "name": "{environment}-{network}-{agent}", "networks": ["kovan"]}
    assert names(staging(agents={}, additional=[item])) == ["staging-kovan-deployer"]


def test_an_additional_key_may_attest() -> None:
    (spec,) = staging(agents={}, additional=[{"agent": "guardian", "purpose": "attestation"}])
    assert (spec.name, spec.purpose) == ("staging-guardian", "attestation")


@pytest.mark.parametrize(
    ("excluded", "gone"),
    [
        (["kathy"], ["kathy-signer"]),
        (["watcher-attestation"], ["watcher-attestation"]),
        (["watcher"], ["watcher-signer", "watcher-attestation"]),
        (["kathy", "relayer-signer"], ["kathy-signer", "relayer-signer"]),
        ([], []),
        (None, []),
    ],
)
def test_a_network_leaves_keys_out(excluded: list[str] | None, gone: list[str]) -> None:
    specs = staging(networks={"moonbasealpha": {}, "kovan": {"excluded_keys": excluded}})
    assert set(names(staging())) - set(names(specs)) == {f"staging-kovan-{key}" for key in gone}


# Properties ----------------------------------------------------------------------------------------------------------

words = st.from_regex(r"[a-cA-C][a-c_-]{0,3}", fullmatch=True)
parts = st.sampled_from(["{environment}", "{network}", "{agent}", "{purpose}", "-", "/", "_", "-x-", ".", "{", "}", ""])
templates = st.one_of(st.sampled_from([PER_NETWORK, SHARED, NETWORK_LAST]), st.lists(parts, max_size=8).map("".join))
purposes = st.lists(st.sampled_from(["signer", "attestation"]), min_size=1, max_size=2)
networks_of: st.SearchStrategy[dict[str, t.Any]] = st.lists(words, max_size=4).map(
    lambda found: {network: {} for network in found}
)


@settings(max_examples=150, deadline=None)
@given(networks_of, st.dictionaries(words, purposes, max_size=3), words, templates)
def test_names_are_distinct_and_allowed_or_refused(
    networks: dict[str, t.Any], agents: dict[str, list[str]], environment: str, template: str
) -> None:
    options: dict[str, t.Any] = {"environment": environment, "agents": agents, "template": template}
    try:
        specs = environment_keys(networks, **options)
    except ValueError as exc:
        message = str(exc)
    else:
        message = ""
    if message:
        with pytest.raises(ValueError, match=re.escape(message)):
            environment_keys(networks, **options)
        return
    found = names(specs)
    assert len({name.lower() for name in found}) == len(found)
    # https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html, AliasName.
    assert all(re.fullmatch(r"alias/[a-zA-Z0-9/_-]+", spec.alias) for spec in specs)
    assert all(len(spec.alias) <= 256 and not spec.alias.startswith("alias/aws/") for spec in specs)
    assert environment_keys(networks, **options) == specs
    places = 1 if "{network}" not in template else len(networks)
    assert len(specs) == places * sum(len(list(purposes)) for purposes in agents.values())


@settings(max_examples=60, deadline=None)
@given(networks_of, st.dictionaries(words, purposes, min_size=1, max_size=3))
def test_one_networks_keys_do_not_depend_on_the_other_networks(
    networks: dict[str, t.Any], agents: dict[str, list[str]]
) -> None:
    try:
        whole = environment_keys(networks, environment="staging", agents=agents)
    except ValueError:
        return
    for network in networks:
        alone = environment_keys({network: {}}, environment="staging", agents=agents)
        assert alone == [spec for spec in whole if spec.network == network]


def test_template_fields() -> None:
    assert _key_names.template_fields(PER_NETWORK) == {"environment", "network", "agent", "purpose"}
    assert _key_names.template_fields("bank") == set()
