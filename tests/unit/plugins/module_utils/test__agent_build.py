# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of an inventory is refused before an agent's file is written, by the field's name; and what is warned of."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_build import (
    buckets_region_warning,
    check_common,
    make_agents,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_keys import (
    NOT_YET,
    check_keys,
    make_signer,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_model import Bucket, without_other_values
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_settings import check_variables

from tests.unit.plugins.module_utils.agent_world import (
    BRIDGE,
    HEX_KEY,
    HYPERLANE,
    NETWORKS,
    URLS,
    agents,
    common,
    contract,
    keys_of,
    row_of,
    rows_of,
    wish,
)


def kovan(**changes: Any) -> dict[str, Any]:
    return {**NETWORKS, "kovan": {**NETWORKS["kovan"], **changes}}


def renamed(name: str) -> dict[str, Any]:
    """Kovan under another name."""
    moonbase = {**NETWORKS["moonbasealpha"], "replicas": [name], "replica_addresses": {}}
    return {name: NETWORKS["kovan"], "moonbasealpha": moonbase}


REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"networks": kovan(replicas=["goerli"])},
        "agent_ops_network.replicas of kovan names the unknown network 'goerli'. Expected: one of kovan, moonbasealpha",
    ),
    ({"networks": kovan(replicas=["kovan"])}, "agent_ops_network.replicas of kovan names kovan itself."),
    ({"networks": kovan(replicas="moonbasealpha")}, "agent_ops_network.replicas of kovan is 'moonbasealpha'. Expected"),
    (
        {"networks": kovan(replica_addresses={"goerli": contract(1)})},
        "agent_ops_network.replica_addresses of kovan names the unknown network 'goerli'",
    ),
    (
        {"networks": kovan(domain=0)},
        "agent_ops_network.domain of kovan is 0. Expected: a whole number, 1 to 4294967295",
    ),
    ({"networks": kovan(domain=None)}, "agent_ops_network.domain of kovan is not set. Expected: the network's number"),
    ({"networks": kovan(domain=5000)}, "agent_ops_network.domain of moonbasealpha is 5000, as that of kovan is."),
    ({"networks": kovan(rpcUrl="https://h/secret")}, "agent_ops_network of kovan has 'rpcUrl'. Expected: rpc_url"),
    ({"networks": kovan(time_lag=3)}, "agent_ops_network of kovan has 'time_lag'. Expected: timelag"),
    ({"networks": kovan(replica=["moonbasealpha"])}, "agent_ops_network of kovan has 'replica'. Expected: replicas"),
    (
        {"networks": {**NETWORKS, "kovan": ["secret"]}, "keys": keys_of(BRIDGE, NETWORKS)},
        "agent_ops_network of kovan is no dictionary.",
    ),
    (
        {"settings": {"processor": {"subsidized_remotes": ["goerli"]}}, "formats": ["nomad"]},
        "agent_config_settings: processor.subsidized_remotes names the unknown network 'goerli'. Expected: of ko",
    ),
    (
        {"networks": kovan(agent_settings={"processor": {"subsidized_remotes": [7]}}), "formats": ["nomad"]},
        "agent_settings of kovan: processor.subsidized_remotes names the unknown network 7.",
    ),
    ({"networks": kovan(timelag=256)}, "agent_ops_network.timelag of kovan is 256. Expected: a whole number, 0 to 255"),
    ({"networks": kovan(timelag=True)}, "agent_ops_network.timelag of kovan is True."),
    ({"networks": kovan(home="0x12")}, "agent_ops_network.home of kovan is not an address: '0x12' is not"),
    ({"networks": kovan(index={"to": 1})}, "agent_ops_network.index of kovan has 'to'. Expected: from and chunk"),
    ({"networks": kovan(rpc_style="solana")}, "agent_ops_network.rpc_style of kovan is 'solana'."),
    ({"networks": kovan(hyperlane={"mail": 1})}, "agent_ops_network.hyperlane of kovan has 'mail'. Expected: one of"),
    (
        {"networks": kovan(agent_settings={"stranger": {}})},
        "agent_settings of kovan names the unknown agent 'stranger'",
    ),
    (
        {"networks": kovan(agent_settings={"processor": {"allowed": []}})},
        "agent_settings of kovan: processor.allowed is in a file that all homes share in the format opt.",
    ),
    (
        {"networks": renamed("milkomeda-c1")},
        "The network 'milkomeda-c1' cannot be part of an environment variable (MILKOMEDA-C1_…). Expected: letters",
    ),
    ({"networks": renamed("milkomedaC1")}, "of the format opt, in which underscores separate and capitals are lost"),
    ({"networks": renamed("net_1")}, "The network 'net_1' cannot be part of a variable of the format opt"),
    (
        {"networks": {**NETWORKS, "Kovan": {}}, "formats": ["nomad"], "keys": keys_of(BRIDGE, NETWORKS)},
        "The networks 'kovan' and 'Kovan' have one name in environment variables, KOVAN.",
    ),
    ({"rpc_urls": {"kovan": "https://h/secret\nX=1"}}, "agent_ops_network.rpc_url of kovan has a newline or another"),
    (
        {"rpc_urls": {"kovan": "ftp://h/secret"}},
        "agent_ops_network.rpc_url of kovan is not a URL of a connection (it is",
    ),
    ({"rpc_urls": {"kovan": "https://h/secret x"}}, "agent_ops_network.rpc_url of kovan is not a URL"),
    ({"rpc_urls": {"kovan": "https://[secret"}}, "agent_ops_network.rpc_url of kovan is not a URL"),
    ({"rpc_urls": {"kovan": ["secret"]}}, "agent_ops_network.rpc_url of kovan is not text."),
    (
        {"rpc_urls": {"kovan": URLS["kovan"]}, "strict": True},
        "rpc_url of agent_ops_network is not set for moonbasealpha, and agent_config_strict is true.",
    ),
    ({"agents": ["updater", "deployer"]}, "agent_config_agents names the unknown agent 'deployer'. Expected: one that"),
    (
        {"agents": ["bank"], "keys": keys_of({**BRIDGE, "bank": ["signer"]}, NETWORKS)},
        "agent_config_agents names the agent 'bank', which is unknown to opt. Expected: of updater, watcher, relayer,",
    ),
    (
        {"protected": True},
        "agent_config_agents names kathy, which is for tests only, and the environment is protected. Expected: no",
    ),
    ({"formats": ["gelato"]}, "agent_config_formats names 'gelato'. Expected: of opt, nomad, hyperlane"),
    ({"formats": ["opt", "opt"]}, "agent_config_formats names opt, opt. Expected: each once"),
    ({"targets": ["toml"]}, "agent_config_targets names 'toml'. Expected: of env, json, yaml, helm, compose"),
    ({"targets": []}, "agent_config_targets is empty."),
    ({"signer": "both"}, "agent_ops_transaction_signer is 'both'."),
    (
        {"settings": {"updater": {"interval": 0}}},
        "agent_config_settings: updater.interval is 0. Expected: a whole number",
    ),
    ({"settings": {"updater": {"interval": "5s"}}}, "agent_config_settings: updater.interval is '5s'."),
    (
        {"settings": {"updater": {"intervall": 5}}},
        "agent_config_settings: updater has the setting 'intervall'. Expected",
    ),
    ({"settings": {"stranger": {}}}, "agent_config_settings names the unknown agent 'stranger'."),
    (
        {"settings": {"updater": {"metrics_port": 70000}}},
        "updater.metrics_port is 70000. Expected: a whole number, 1 to",
    ),
    ({"settings": {"updater": {"variables": {"a-b": 1}}}}, "updater.variables has 'a-b'. Expected: names of capital"),
    ({"settings": {"updater": {"variables": {"A": "x\ny"}}}}, "updater.variables.A has a newline"),
    (
        {"settings": {"kathy": {"chat": {"type": "static", "message": "x\ny", "recipient": "0x"}}}},
        "chat.message has a new",
    ),
    (
        {"settings": {"kathy": {"chat": {"type": "static"}}}},
        "kathy.chat has no recipient. Expected for the type static",
    ),
    (
        {"settings": {"kathy": {"chat": {"type": "loud"}}}},
        "kathy.chat.type is 'loud'. Expected: one of static, ordered",
    ),
    (
        {"settings": {"kathy": {"chat": {"length": 1}}}},
        "kathy.chat has 'length'. Expected for the type default: nothing",
    ),
    (
        {"settings": {"processor": {"allowed": ["0x1"]}}},
        "processor.allowed has '0x1'. Expected: senders, each 0x and 64",
    ),
    (
        {"settings": {"processor": {"denied": ["0x" + "a" * 64]}}},
        "processor.denied is a list, which the format opt takes from a file alone. Expected: json among",
    ),
    (
        {"purposes": {**BRIDGE, "updater": ["signer"]}},
        "The environment has no attestation key of updater on kovan. Expected: one.",
    ),
]


@pytest.mark.parametrize(("changes", "message"), REFUSED, ids=[message[:60] for _changes, message in REFUSED])
def test_what_is_wrong_is_refused_by_its_field(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        wish(**changes)
    # Nor does an exception that it is chained to show a connection's URL.
    error: BaseException | None = caught.value
    while error is not None:
        assert "secret" not in str(error)
        error = error.__cause__ or error.__context__


def test_settings_that_others_read_are_let_by_and_their_values_are_handed_on_to_nobody() -> None:
    given = kovan(aws_region="eu-west-1", excluded_keys=[], endpoint="https://h/secret", rpc_url="https://h/secret")
    wish(networks=given)
    handed = without_other_values(given)
    assert "secret" not in str(handed)
    assert list(handed["kovan"]) == list(given["kovan"])
    assert {**handed["kovan"], **NETWORKS["kovan"]} == handed["kovan"]
    assert without_other_values({"kovan": None}) == {"kovan": None}


@pytest.mark.parametrize("name", ["milkomedaC1", "net_1"])
def test_the_format_nomad_takes_names_that_opt_does_not(name: str) -> None:
    assert {place.home.name for place in wish("nomad", networks=renamed(name)).places} == {name, "moonbasealpha"}


def test_what_lacks_is_warned_of() -> None:
    (warning,) = wish(rpc_urls={"kovan": URLS["kovan"], "moonbasealpha": None}).warnings
    assert warning == (
        "rpc_url of agent_ops_network is not set for moonbasealpha: the agents' files have no connection there. Set it"
        " in the environment, and run again"
    )


def test_networks_that_are_no_home_are_left_out_and_named() -> None:
    networks: dict[str, Any] = {"kovan": {}, "moonbasealpha": {}}
    found = wish(networks=networks)
    assert found.places == ()
    (warning,) = found.warnings
    assert warning.startswith(
        "No agent of kovan, moonbasealpha is configured, since agent_ops_network names no replicas"
    )


def test_a_home_without_an_agents_keys_is_without_the_agent() -> None:
    networks = kovan(excluded_keys=["kathy"])
    assert [place.home.name for place in wish(networks=networks).places if place.agent == "kathy"] == ["moonbasealpha"]


def test_several_formats_take_the_agents_that_they_know() -> None:
    purposes = {**BRIDGE, **HYPERLANE}
    found = wish(purposes=purposes, formats=["opt", "hyperlane"], agents=["updater", "validator", "relayer"])
    assert [(place.format, place.agent) for place in found.places if place.home.name == "kovan"] == [
        ("opt", "updater"),
        ("opt", "relayer"),
        ("hyperlane", "validator"),
        ("hyperlane", "relayer"),
    ]


def test_shared_signers_are_warned_of() -> None:
    names = ("kovan", "moonbasealpha", "goerli")
    networks = {
        name: {"domain": number, "replicas": [other for other in names if other != name]}
        for number, name in enumerate(names, start=1)
    }
    urls = dict.fromkeys(names, URLS["kovan"])
    assert wish(networks=networks, rpc_urls=urls).warnings == ()
    warnings = wish(networks=networks, rpc_urls=urls, signer="network").warnings
    assert len(warnings) == 3 * 3
    assert all("the documentation advises against" in warning for warning in warnings)


KEYS = keys_of(BRIDGE, {"kovan": {}})


def test_keys_that_are_in_order_pass() -> None:
    check_keys(KEYS, rows_of(KEYS), check_mode=False)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"state": "Disabled"}, "The key staging-kovan-updater-signer is Disabled. Expected: Enabled."),
        ({"error": "it is gone"}, "The key staging-kovan-updater-signer cannot be used: it is gone"),
        (
            {"state": "Absent"},
            "The key staging-kovan-updater-signer does not exist. Expected: a key that is made already.",
        ),
        (
            {"tags": {"purpose": "attestation"}},
            "The key staging-kovan-updater-signer was made for the purpose 'attestation'. Expected: 'signer'."
            " Attestation key and transaction signer are swapped.",
        ),
        ({"purpose": "attestation"}, "Attestation key and transaction signer are swapped."),
        ({"tags": {"agent": "watcher"}}, "was made for the agent 'watcher'. Expected: 'updater'."),
        ({"network": "goerli"}, "was made for the network 'goerli'. Expected: 'kovan'."),
        ({"tags": {"environment": "production"}}, "was made for the environment 'production'. Expected: 'staging'."),
    ],
)
def test_a_key_that_is_not_what_it_is_named_for_is_refused(changes: dict[str, Any], message: str) -> None:
    rows = {**rows_of(KEYS), KEYS[0]["name"]: row_of(KEYS[0], **changes)}
    with pytest.raises(ValueError, match=re.escape(message)):
        check_keys(KEYS, rows, check_mode=False)


def test_one_key_for_two_agents_is_refused() -> None:
    rows = rows_of(KEYS)
    rows["staging-kovan-relayer-signer"]["address"] = rows["staging-kovan-processor-signer"]["address"]
    with pytest.raises(
        ValueError, match=r"staging-kovan-\w+-signer is the same key as staging-kovan-\w+-signer"
    ) as caught:
        check_keys(KEYS, rows, check_mode=False)
    assert "No file was written" in str(caught.value)


def test_a_key_of_which_nothing_is_known_is_refused() -> None:
    with pytest.raises(ValueError, match="Nothing is known of the key staging-kovan-updater-signer"):
        check_keys(KEYS, {}, check_mode=False)


def test_check_mode_expects_keys_to_be_made() -> None:
    rows = rows_of(KEYS, state="Absent", key_id=None, arn=None, address=None)
    check_keys(KEYS, rows, check_mode=True)
    signer = make_signer(KEYS[0], rows[KEYS[0]["name"]], "key_id", None)
    assert (signer.id, signer.address) == (NOT_YET, None)


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("key_id", "00000000-0000-4000-8000-000000000001"),
        ("arn", "arn:aws:kms:us-west-2:111122223333:key/00000000-0000-4000-8000-000000000001"),
        ("alias", "alias/staging-kovan-updater-signer"),
    ],
)
def test_a_key_in_kms_is_named_as_is_asked_for(reference: str, found: str) -> None:
    assert make_signer(KEYS[0], row_of(KEYS[0]), reference, None).id == found


def test_a_private_key_is_in_no_representation() -> None:
    (made,) = agents("opt", hex_keys=True).values()
    assert HEX_KEY not in repr(made)
    assert URLS["kovan"] not in repr(made)


def test_keys_in_two_regions_are_refused_where_an_agent_has_one_client() -> None:
    networks = {**NETWORKS, "moonbasealpha": {**NETWORKS["moonbasealpha"], "aws_region": "eu-west-1"}}
    assert agents("hyperlane", networks=networks, signer="network")
    with pytest.raises(ValueError, match=r"signs with keys in us-west-2 and eu-west-1\. Expected: one Region"):
        agents("opt", networks=networks, signer="network")
    assert agents("opt", networks=networks, signer="home")


def test_a_bucket_in_another_region_is_warned_of_where_it_matters() -> None:
    elsewhere = common(bucket=Bucket("proofs", "eu-west-1"))
    (warning,) = buckets_region_warning(agents("nomad"), elsewhere)
    assert warning.startswith(
        "The processor of kovan, moonbasealpha looks for the bucket proofs in the Region of its keys"
    )
    assert buckets_region_warning(agents("opt"), elsewhere) == []
    assert buckets_region_warning(agents("nomad"), common()) == []
    assert buckets_region_warning(agents("nomad"), common(bucket=None)) == []


@pytest.mark.parametrize("db", ["relative", "/x/{network}", "/x/{", "/x/{0}", "/{home}"])
def test_a_databases_folder_that_cannot_be_made_is_refused(db: str) -> None:
    with pytest.raises(ValueError, match="agent_config_db is"):
        check_common(common(db=db))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"run_env": "../../elsewhere"}, "agent_config_run_env is '../../elsewhere'. Expected: a folder's name"),
        ({"run_env": ".."}, "agent_config_run_env is '..'."),
        ({"metrics_port": 70000}, "agent_config_metrics_port is 70000. Expected: a whole number, 1 to 65535"),
        ({"images": {"optics": "x"}}, "agent_config_images has 'optics': 'x'. Expected: text for opt, nomad, hyper"),
        ({"images": {"opt": 5}}, "agent_config_images has 'opt': 5."),
    ],
)
def test_what_all_agents_share_is_refused_by_its_name(changes: dict[str, Any], message: str) -> None:
    check_common(common())
    with pytest.raises(ValueError, match=re.escape(message)):
        check_common(common(**changes))


@pytest.mark.parametrize("value", [["A"], {"A": ["x"]}, {"A": True}, {"lower": "x"}])
def test_variables_that_are_none_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="agent_config_variables"):
        check_variables("agent_config_variables", value)


def test_of_homes_that_the_run_leaves_out_no_key_is_needed() -> None:
    wanted = wish()
    used = wanted.keys_of(["kovan"])
    assert {key["network"] for key in used} == {"kovan"}
    rows = rows_of([dict(key) for key in used])
    (made,) = make_agents(wanted, rows, {}, reference="key_id", homes=["kovan"]).values()
    assert {agent.home.name: bool(agent.signers) for agent in made} == {"kovan": True, "moonbasealpha": False}
