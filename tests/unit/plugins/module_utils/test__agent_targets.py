# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of each format: as they were reviewed, and what holds for all of them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_env import assignments
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_model import FORMATS, Bucket

from tests.unit.plugins.module_utils.agent_world import (
    GOLDEN,
    HEX_KEY,
    HYPERLANE,
    NETWORKS,
    REVIEWED,
    URLS,
    common,
    files,
)

PATHS = [(form, path) for form, paths in REVIEWED.items() for path in paths]


@pytest.mark.parametrize(("form", "path"), PATHS)
def test_a_file_is_as_it_was_reviewed(form: str, path: str) -> None:
    assert files(form)[path].text == (GOLDEN / path).read_text(encoding="utf-8")


def test_nothing_else_was_reviewed() -> None:
    there = {place.relative_to(GOLDEN).as_posix() for place in GOLDEN.rglob("*") if place.is_file()}
    assert there == {path for _form, path in PATHS}


@pytest.mark.parametrize("form", FORMATS)
def test_a_home_has_its_files_and_the_environment_its_own(form: str) -> None:
    paths = set(files(form))
    agents = {"opt": 5, "nomad": 5, "hyperlane": 2}[form]
    assert len([path for path in paths if path.endswith(".env")]) == 2 * agents
    assert {f"{form}/kovan/values.yaml", f"{form}/moonbasealpha/values.yaml", f"{form}/compose.yaml"} <= paths


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("hex_keys", [False, True])
def test_a_file_with_a_secret_is_for_its_owner_alone(form: str, hex_keys: bool) -> None:
    made = files(form, hex_keys=hex_keys).values()
    secrets = (HEX_KEY, *URLS.values())
    for file in made:
        if any(secret in file.text for secret in secrets):
            assert file.mode == 0o600, file.path
    # And the other way round: some hold none, and can be read.
    assert {file.mode for file in made} == {0o600, 0o644}


@pytest.mark.parametrize("form", FORMATS)
def test_no_key_is_in_a_file_of_an_environment_with_kms(form: str) -> None:
    for file in files(form).values():
        assert not re.search(r"(?<![0-9a-f])(0x)?[0-9a-fA-F]{64}(?![0-9a-f])", file.text), file.path
        assert 'hexKey: "0' not in file.text


@pytest.mark.parametrize(("form", "count"), [("opt", 3), ("nomad", 3), ("hyperlane", 2)])
def test_hex_keys_are_in_the_files_of_the_agents_that_sign_with_them(form: str, count: int) -> None:
    attesting = "validator" if form == "hyperlane" else "updater"
    text = files(form, hex_keys=True)[f"{form}/kovan/{attesting}.env"].text
    assert text.count(HEX_KEY) == count
    assert "KMS" not in text
    assert not [name for name in assignments(text) if "AWS" in name]


@pytest.mark.parametrize("form", FORMATS)
def test_a_connection_that_is_not_known_is_left_out_and_named_in_a_comment(form: str) -> None:
    made = files(form, rpc_urls={"kovan": URLS["kovan"], "moonbasealpha": ""})
    text = made[f"{form}/kovan/relayer.env"].text
    variable = {
        "opt": "OPT_BASE_REPLICAS_MOONBASEALPHA_CONNECTION_URL",
        "nomad": "MOONBASEALPHA_CONNECTION_URL",
        "hyperlane": "HYP_CHAINS_MOONBASEALPHA_CUSTOMRPCURLS",
    }[form]
    assert variable not in assignments(text)
    (comment,) = [line for line in text.splitlines() if line.startswith("#") and variable in line]
    assert "The connection of moonbasealpha has no URL: set rpc_url in its agent_ops_network" in comment


def test_a_limited_run_makes_the_files_of_the_whole_environment_from_all_of_it() -> None:
    whole, limited = files("opt"), files("opt", homes=("kovan",))
    for path in ("opt/compose.yaml", "opt/config/staging/moonbasealpha_config.json", "opt/kovan/updater.env"):
        assert limited[path].text == whole[path].text


def test_settings_are_in_env_and_files() -> None:
    sender = "0x" + "ab" * 32
    settings: dict[str, Any] = {
        "updater": {"interval": "7", "pause": 0, "metrics_port": 9191, "variables": {"RUST_LOG": "info,h2=off"}},
        "processor": {"allowed": [sender], "denied": [], "index_only": True},
        "kathy": {"interval": 60, "chat": {"type": "static", "recipient": "0x1", "message": "hi there"}},
    }
    made = files("opt", settings=settings)
    updater = assignments(made["opt/kovan/updater.env"].text)
    assert updater["OPT_UPDATER_INTERVAL"] == "7"
    assert updater["OPT_UPDATER_PAUSE"] == "0"
    assert updater["OPT_BASE_METRICS"] == "9191"
    assert updater["RUST_LOG"] == "info,h2=off"
    assert assignments(made["opt/kovan/processor.env"].text)["OPT_PROCESSOR_INDEXON"] == "true"
    kathy = assignments(made["opt/kovan/kathy.env"].text)
    assert (kathy["OPT_KATHY_CHAT_TYPE"], kathy["OPT_KATHY_CHAT_MESSAGE"]) == ("static", "'hi there'")
    partial = json.loads(made["opt/config/staging/processor-partial.json"].text)
    assert partial == {"interval": "10", "allowed": [sender], "indexon": "true"}
    nomad = files("nomad", settings={"processor": {"allowed": [sender, sender], "subsidized_remotes": ["kovan"]}})
    processor = assignments(nomad["nomad/kovan/processor.env"].text)
    assert processor["PROCESSOR_ALLOWED"] == f"{sender},{sender}"
    assert processor["PROCESSOR_SUBSIDIZED_REMOTES"] == "kovan"


def test_access_keys_for_proofs_are_written_only_if_they_are_given() -> None:
    names = {"OPT_PROCESSOR_S3_ACCESS_KEY_ID", "OPT_PROCESSOR_S3_SECRET_ACCESS_KEY"}
    text = files("opt")["opt/kovan/processor.env"].text
    assert not names & set(assignments(text))
    assert all(name in text for name in names)
    bucket = Bucket("proofs", "eu-west-1", "the-id-4711", "the-secret-0815")
    found = assignments(files("opt", shared=common(bucket=bucket))["opt/kovan/processor.env"].text)
    assert [found[name] for name in sorted(names)] == ["the-id-4711", "the-secret-0815"]
    other = files("opt", shared=common(bucket=bucket))["opt/kovan/relayer.env"].text
    assert "the-secret-0815" not in other


@pytest.mark.parametrize(("form", "writer"), [("opt", "processor"), ("nomad", "processor"), ("hyperlane", "validator")])
def test_whoever_writes_to_the_bucket_is_told_of_credentials_even_with_a_hex_key(form: str, writer: str) -> None:
    made = files(form, hex_keys=True)
    assert "give the agent AWS_ACCESS_KEY_ID" in made[f"{form}/kovan/{writer}.env"].text
    assert "AWS_ACCESS_KEY_ID" not in made[f"{form}/kovan/relayer.env"].text
    # The agents of this format use this Region for the bucket, and not the bucket's own variable.
    region = assignments(made[f"{form}/kovan/{writer}.env"].text).get("AWS_REGION")
    assert region == ("us-west-2" if form == "nomad" else None)
    given = common(bucket=Bucket("proofs", "eu-west-1", "the-id", "the-secret"))
    assert "AWS_ACCESS_KEY_ID" not in files("opt", shared=given, hex_keys=True)["opt/kovan/processor.env"].text


def test_a_nomad_config_has_its_part_for_agents_that_do_not_run() -> None:
    section = json.loads(files("nomad", agents=["updater"])["nomad/agent.json"].text)["kovan"]
    assert set(section) >= {"updater", "watcher", "relayer", "processor", "kathy"}
    assert (section["kathy"]["interval"], section["kathy"]["chat"]) == (100, {"type": "default"})
    assert section["processor"]["subsidizedRemotes"] == ["moonbasealpha"]


def test_a_watcher_connects_to_managers_that_its_image_knows() -> None:
    networks = {**NETWORKS, "moonbasealpha": {**NETWORKS["moonbasealpha"], "connection_manager": None}}
    found = assignments(files("opt", networks=networks)["opt/kovan/watcher.env"].text)
    managers = [name for name in found if "MANAGERS" in name]
    assert managers == [f"OPT_WATCHER_MANAGERS_MOONBASEALPHA_CONNECTION_{name}" for name in ("TYPE", "URL")]


def test_capitals_do_not_hide_a_web_socket() -> None:
    made = files("opt", rpc_urls={"kovan": "WSS://kovan.example/apikey"})
    assert assignments(made["opt/kovan/relayer.env"].text)["OPT_BASE_HOME_CONNECTION_TYPE"] == "ws"


def test_without_a_bucket_there_are_no_proofs_and_checkpoints_are_local() -> None:
    none = common(bucket=None)
    assert "S3" not in files("opt", shared=none)["opt/kovan/processor.env"].text
    assert "S3" not in files("nomad", shared=none)["nomad/kovan/processor.env"].text
    found = json.loads(files("hyperlane", shared=none)["hyperlane/kovan/validator.json"].text)
    assert found["checkpointSyncer"] == {
        "type": "localStorage",
        "path": "/usr/share/hyperlane/kovan/validator/checkpoints",
    }


def test_a_validator_with_one_key_announces_with_it() -> None:
    purposes = {**HYPERLANE, "validator": ["attestation"]}
    found = json.loads(files("hyperlane", purposes=purposes)["hyperlane/kovan/validator.json"].text)
    assert found["validator"]["id"] == found["chains"]["kovan"]["signer"]["id"]


def test_a_relayer_delivers_what_leaves_its_own_home() -> None:
    found = json.loads(files("hyperlane")["hyperlane/moonbasealpha/relayer.json"].text)
    assert found["whitelist"] == [{"originDomain": 5000}]
    assert found["relayChains"] == "moonbasealpha,kovan"


def test_where_the_nomad_config_is() -> None:
    def head(**changes: Any) -> dict[str, str]:
        return assignments(files("nomad", shared=common(**changes))["nomad/kovan/updater.env"].text)

    assert head()["RUN_ENV"] == "staging"
    both = head(config_url="https://config.example/staging.json", config_path="/config.json")
    assert both["CONFIG_URL"] == "https://config.example/staging.json"
    assert not {"CONFIG_PATH", "RUN_ENV"} & set(both)
    assert head(config_path="/config.json")["CONFIG_PATH"] == "/config.json"


def test_keys_of_the_networks_sign_by_choice() -> None:
    own = assignments(files("nomad")["nomad/kovan/relayer.env"].text)
    assert own["KOVAN_TXSIGNER_ID"] == own["MOONBASEALPHA_TXSIGNER_ID"]
    others = assignments(files("nomad", signer="network")["nomad/kovan/relayer.env"].text)
    assert others["KOVAN_TXSIGNER_ID"] != others["MOONBASEALPHA_TXSIGNER_ID"]


def test_a_sandboxs_files_say_so() -> None:
    for path, file in files("opt", shared=common(sandbox=True)).items():
        # JSON has no comments.
        assert ("SANDBOX" in file.text) == (not path.endswith(".json"))


@pytest.mark.parametrize("form", FORMATS)
def test_yaml_and_json_are_the_same_documents(form: str) -> None:
    made = files(form)
    documents = [path for path in made if path.endswith(".json")]
    assert documents
    for path in documents:
        assert yaml.safe_load(made[path.removesuffix("json") + "yaml"].text) == json.loads(made[path].text)


def test_twenty_networks_are_made_in_a_moment() -> None:
    import time

    names = [f"net{number}" for number in range(20)]
    networks = {
        name: {**NETWORKS["kovan"], "domain": number, "replicas": [other for other in names if other != name]}
        | {"replica_addresses": {}}
        for number, name in enumerate(names, start=1)
    }
    started = time.process_time()
    made = files("opt", ("env", "helm"), networks=networks, rpc_urls=dict.fromkeys(names, URLS["kovan"]))
    assert len(made) == 20 * 5 + 20
    assert time.process_time() - started < 4
