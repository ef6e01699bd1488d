# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inventories that give no usable names: refused before any call, with what is wrong and what is expected."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import KeySpec, environment_keys

SHARED = "{environment}-{agent}-{purpose}"
AGENTS = {
    "watcher": ["signer", "attestation"],
    "updater": ["signer", "attestation"],
    "processor": ["signer"],
    "relayer": ["signer"],
    "kathy": ["signer"],
}


def staging(**changes: t.Any) -> list[KeySpec]:
    options: dict[str, t.Any] = {"networks": {"moonbasealpha": {}, "kovan": {}}, "agents": AGENTS, **changes}
    return environment_keys(**{"environment": "staging", **options})


def names(specs: t.Iterable[KeySpec]) -> list[str]:
    return [spec.name for spec in specs]


def refusal(**changes: t.Any) -> str:
    with pytest.raises(ValueError, match=r".") as caught:
        staging(**changes)
    return str(caught.value)


# What is refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "fragments"),
    [
        pytest.param(
            {"agents": {"updater": ["sign"]}},
            ["Agent updater has a key for 'sign'", "expected one of: signer, attestation"],
            id="unknown purpose",
        ),
        pytest.param(
            {"agents": {"updater": "signer"}}, ["Agent updater", "'signer'", "expected a list"], id="purposes as text"
        ),
        pytest.param({"agents": {"updater": []}}, ["Agent updater", "expected a list"], id="no purposes"),
        pytest.param({"agents": {"updater": None}}, ["Agent updater", "expected a list"], id="null purposes"),
        pytest.param({"agents": {"updater": 5}}, ["updater", "5", "expected a list"], id="purposes as a number"),
        pytest.param({"agents": {"up dater": ["signer"]}}, ["agent 'up dater'", "expected letters"], id="agent's name"),
        pytest.param({"agents": {5: ["signer"]}}, ["agent 5", "expected letters"], id="agent as a number"),
        pytest.param({"networks": {"kovan.test": {}}}, ["network 'kovan.test'", "expected letters"], id="network"),
        pytest.param({"networks": {"-kovan": {}}}, ["network '-kovan'", "beginning and ending"], id="network's dash"),
        pytest.param({"networks": {"kovan\n": {}}}, ["network 'kovan\\n'"], id="network's line end"),
        pytest.param({"networks": {"kovän": {}}}, ["network 'kovän'"], id="network's umlaut"),
        pytest.param({"networks": {"": {}}}, ["network ''"], id="empty network"),
        pytest.param({"environment": ""}, ["environment ''"], id="no environment"),
        pytest.param({"environment": "../staging"}, ["environment '../staging'"], id="environment as a path"),
        pytest.param({"additional": [{"agent": "bank", "nmae": "x"}]}, ["bank", "not understood", "nmae"], id="typo"),
        pytest.param({"additional": [{"name": "bank"}]}, ["expected a dictionary with agent"], id="no agent"),
        pytest.param({"additional": ["bank"]}, ["additional key", "bank", "not understood"], id="key as text"),
        pytest.param({"additional": [{"agent": "a b"}]}, ["agent 'a b'", "expected letters"], id="its agent"),
        pytest.param(
            {"additional": [{"agent": "bank", "purpose": "hoard"}]},
            ["The additional key bank has a key for 'hoard'", "expected one of: signer, attestation"],
            id="its purpose",
        ),
        pytest.param(
            {"additional": [{"agent": "bank", "name": "{environment}-{network}-bank", "networks": ["rinkeby"]}]},
            ["The additional key bank names the network 'rinkeby'", "this environment has: moonbasealpha, kovan"],
            id="its network",
        ),
        pytest.param(
            {"additional": [{"agent": "bank", "name": "{environment}-{network}-bank", "networks": "kovan"}]},
            ["additional key bank", "'kovan'", "list"],
            id="its networks as text",
        ),
        pytest.param(
            {"additional": [{"agent": "bank", "networks": ["kovan"]}]},
            ["The additional key bank is for some networks only", "'{environment}-{agent}' has no {network}"],
            id="networks of a shared key",
        ),
        pytest.param(
            {"additional": [{"agent": "bank", "name": None}]}, ["additional key bank", "None"], id="null name"
        ),
        pytest.param(
            {"networks": {"kovan": {"excluded_keys": "kathy"}}},
            ["kovan", "excluded_keys", "'kathy'", "list"],
            id="excluded keys as text",
        ),
        pytest.param({"template": None}, ["naming template is None"], id="null template"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_name(changes: dict[str, t.Any], fragments: list[str]) -> None:
    message = refusal(**changes)
    assert [fragment for fragment in fragments if fragment not in message] == []


@pytest.mark.parametrize(
    ("template", "fragments"),
    [
        ("{environment}-{chain}-{agent}-{purpose}", ["{chain}", "expected only {environment}, {network}, {agent}"]),
        ("{environment}-{network!r}-{agent}-{purpose}", ["{network!r}", "expected only"]),
        ("{environment}-{network:>9}-{agent}-{purpose}", ["{network:>9}", "expected only"]),
        ("{environment}-{network:{agent}}-{purpose}", ["expected only"]),
        ("{environment}-{network.real}-{agent}-{purpose}", ["{network.real}", "expected only"]),
        ("{environment.__class__.__mro__}-{network}-{agent}", ["expected only"]),
        ("{environment}-{network[0]}-{agent}-{purpose}", ["{network[0]}", "expected only"]),
        ("{}-{network}-{agent}-{purpose}", ["{}", "expected only"]),
        ("{0}-{network}-{agent}-{purpose}", ["{0}", "expected only"]),
        ("{environment}-{network-{agent}", ["{environment}-{network-{agent}", "expected"]),
        ("{environment}-{network}}-{agent}", ["cannot be read"]),
        ("{environment}{network}-{agent}-{purpose}", ["no separator before {network}"]),
        ("{environment}-{network}-{agent}{purpose}", ["no separator before {purpose}"]),
    ],
)
def test_a_template_that_cannot_be_used_is_refused(template: str, fragments: list[str]) -> None:
    message = refusal(template=template)
    assert f"The naming template {template!r}" in message
    assert [fragment for fragment in fragments if fragment not in message] == []


@pytest.mark.parametrize(
    ("template", "fragments"),
    [
        ("{environment}-{agent}", ["'staging-watcher'", "watcher signer", "watcher attestation"]),
        ("{environment}-{network}-{purpose}", ["'staging-moonbasealpha-signer'", "watcher signer on moonbasealpha"]),
        ("keys", ["'keys'", "on all networks"]),
    ],
)
def test_a_template_that_gives_two_keys_one_name_is_refused(template: str, fragments: list[str]) -> None:
    message = refusal(template=template)
    assert f"Change the naming template {template!r}" in message
    assert [fragment for fragment in ["Two keys get the name", *fragments] if fragment not in message] == []


@pytest.mark.parametrize(
    ("networks", "agents"),
    [
        (["kovan", "kovan-slow"], {"updater": ["signer"], "slow-updater": ["signer"]}),
        (["a", "a-b"], {"b-c": ["signer"], "c": ["signer"]}),
        (["kovan", "Kovan"], {"updater": ["signer"]}),
        (["kovan"], {"updater": ["signer"], "Updater": ["signer"]}),
    ],
)
def test_names_that_run_into_one_another_are_refused(networks: list[str], agents: dict[str, list[str]]) -> None:
    message = refusal(networks={network: {} for network in networks}, agents=agents)
    assert "Two keys get the name" in message
    assert all(network in message for network in networks)


def test_an_additional_key_with_an_agents_name_is_refused() -> None:
    message = refusal(additional=[{"agent": "kathy", "name": "{environment}-{network}-kathy-signer"}])
    assert "Two keys get the name 'staging-moonbasealpha-kathy-signer'" in message
    assert "the name of the additional key" in message


def test_networks_may_hold_dashes_and_the_names_of_agents() -> None:
    specs = staging(networks={"kovan": {}, "kovan-updater": {}, "updater": {}, "milkomeda-c1": {}, "polygonPOS": {}})
    assert len(specs) == len(set(names(specs))) == 35
    assert "staging-kovan-updater-updater-signer" in names(specs)
    assert "staging-polygonPOS-relayer-signer" in names(specs)


@pytest.mark.parametrize("template", ["{environment}.{network}.{agent}.{purpose}", "{environment}-{network} {agent}"])
def test_characters_that_aws_does_not_allow_are_refused(template: str) -> None:
    message = refusal(template=template)
    assert "is not allowed by AWS: expected 1 to 250 letters, digits, slashes, underscores and dashes" in message
    assert "'staging" in message


def test_slashes_and_underscores_are_allowed() -> None:
    assert "staging/kovan/kathy_signer" in names(staging(template="{environment}/{network}/{agent}_{purpose}"))


# CreateAlias: 256 characters, of which "alias/" takes 6.
@pytest.mark.parametrize(("length", "allowed"), [(249, True), (250, True), (251, False)])
def test_the_longest_name(length: int, allowed: bool) -> None:
    network = "n" * (length - len("staging--kathy-signer"))
    changes = {"networks": {network: {}}, "agents": {"kathy": ["signer"]}}
    if allowed:
        (spec,) = staging(**changes)
        assert len(spec.name) == length
        assert len(spec.alias) <= 256
    else:
        assert "expected 1 to 250" in refusal(**changes)


def test_names_reserved_for_aws_are_refused() -> None:
    message = refusal(template="aws/{environment}-{network}-{agent}-{purpose}")
    assert "'aws/staging-moonbasealpha-watcher-signer' is not allowed: alias/aws/ is reserved for AWS" in message


def test_a_template_that_writes_alias_itself_is_refused() -> None:
    # It would give alias/alias/staging-..., which nothing that names alias/staging-... ever finds.
    assert "alias/" in refusal(template="alias/{environment}-{network}-{agent}-{purpose}")


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({"networks": {"kovan": {"excluded_keys": ["updatr"]}}}, "updatr"),
        ({"networks": {"kovan": {"excluded_keys": ["kathy-attestation"]}}}, "kathy-attestation"),
        ({"networks": {"kovan": {"excluded_keys": ["kathy"]}}, "template": SHARED}, "kathy"),
        ({"networks": {"kovan": {"excluded_keys": ["bank"]}}, "additional": [{"agent": "bank"}]}, "bank"),
    ],
)
def test_leaving_out_what_is_not_there_is_refused(changes: dict[str, t.Any], label: str) -> None:
    assert refusal(**changes) == (
        f"Network kovan excludes the key '{label}', but has no such key of its own; expected AGENT or AGENT-PURPOSE"
    )
