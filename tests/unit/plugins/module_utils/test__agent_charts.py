# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made for others' programs holds what they know: Compose by its schema, charts by the keys that they read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import check_jsonschema
import jsonschema
import pytest
import yaml
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_documents import leaves, to_yaml
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_env import assignments
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_model import FORMATS, Bucket
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.module_utils.agent_world import common, files

SCHEMA = Path(check_jsonschema.__file__).parent / "builtin_schemas" / "vendor" / "compose-spec.json"
"""The schema of the Compose specification, as others publish it with a tool for such schemas."""

SIGNER = {"hexKey", "aws.keyId", "aws.region"}
CHAIN = {"name", "address", "domain", "rpcStyle", "connectionType", "connectionUrl"}
ROLE = {"enabled", *(f"transactionSigners[].{name}" for name in ("name", *SIGNER))}
ATTESTING = {f"attestationSigner.{name}" for name in SIGNER}
NOMAD_AGENT = {
    *("runEnv", "baseConfig", "dbPath", "rustBacktrace", "tracing.format", "tracing.level", "tracing.uri"),
    *("metrics.port", "kathy.messageInterval", "updater.updatePause", "processor.indexOnly"),
    *(f"homeChain.{name}" for name in CHAIN),
    *(f"replicaChains[].{name}" for name in CHAIN),
    *(f"{agent}.{name}" for agent in ("updater", "watcher", "relayer", "processor", "kathy") for name in ROLE),
    *(f"{agent}.{name}" for agent in ("updater", "watcher") for name in ATTESTING),
    *(f"{agent}.pollingInterval" for agent in ("updater", "watcher", "relayer", "processor")),
    *(f"processor.s3Proofs.{name}" for name in ("bucket", "region", "accessKeyId", "secretAccessKey")),
}
"""What the chart nomad-agent reads, below nomad (or optics)."""

AGENT = {"enabled", "replicas", "envVars[].name", "envVars[].value"}
NOMAD_BRIDGE = {
    *("storage.mountPath", "metrics.port"),
    *(f"{agent}.{name}" for agent in ("processor", "relayer", "updater", "kathy", "watcher") for name in AGENT),
}
"""What the chart nomad-bridge reads."""

AWS_SIGNER = {"type", "id", "region"}
HYPERLANE_CHAIN = {
    *("name", "domainId", "chainId", "protocol", "mailbox", "merkleTreeHook", "interchainGasPaymaster"),
    *("validatorAnnounce", "interchainSecurityModule", "rpcConsensusType", "isTestnet", "signer.type"),
    *("blocks.confirmations", "blocks.reorgPeriod", "blocks.estimateBlockTime", "index.from", "index.chunk"),
}
HYPERLANE_AGENT = {
    *("runEnv", "context", "dbPath", "rustBacktrace", "tracing.format", "tracing.level", "metrics.port", "aws"),
    *(f"chains[].{name}" for name in HYPERLANE_CHAIN),
    *("validator.enabled", "validator.configs[].originChainName", "validator.configs[].interval"),
    *(f"validator.configs[].checkpointSyncer.{name}" for name in ("type", "bucket", "region", "folder", "path")),
    *(f"validator.configs[].{key}.{name}" for key in ("validator", "chainSigner") for name in AWS_SIGNER),
    *("relayer.enabled", "relayer.aws", "relayer.envConfig.relayChains", "relayer.usingDefaultSignerKey"),
    *(f"relayer.configMapConfig.{name}" for name in ("whitelist", "blacklist", "gasPaymentEnforcement")),
    "relayerChains[].name",
    *(f"relayerChains[].signer.{name}" for name in AWS_SIGNER),
}
"""What the chart hyperlane-agent reads, below hyperlane."""


def keys(document: Any) -> set[str]:
    return {re.sub(r"\[\d+\]", "[]", path) for path, _value in leaves(document)}


@pytest.mark.parametrize(
    ("form", "top", "known"),
    [("opt", "nomad", NOMAD_AGENT), ("nomad", None, NOMAD_BRIDGE), ("hyperlane", "hyperlane", HYPERLANE_AGENT)],
)
@pytest.mark.parametrize("hex_keys", [False, True])
def test_values_hold_exactly_keys_that_the_chart_reads(
    form: str, top: str | None, known: set[str], hex_keys: bool
) -> None:
    settings = {"opt": {"updater": {"pause": 1}}, "nomad": {}, "hyperlane": {"relayer": {"blacklist": [{}]}}}[form]
    bucket = Bucket("proofs", "us-west-2", "the-id", "the-secret")
    for shared in (common(), common(bucket=bucket), common(bucket=None)):
        made = files(form, ("helm",), shared, hex_keys=hex_keys, settings=settings)
        assert len(made) == 2
        for file in made.values():
            values = yaml.safe_load(file.text)
            if top:
                assert list(values) == [top]
                values = values[top]
            assert keys(values) <= known
            assert {"metrics.port"} < keys(values)


def test_the_documented_values_of_proofs() -> None:
    values = yaml.safe_load(files("opt", ("helm",))["opt/kovan/values.yaml"].text)
    assert values["nomad"]["processor"]["s3Proofs"] == {
        "bucket": "nomad-staging-proofs-111122223333",
        "region": "us-west-2",
    }
    optics = yaml.safe_load(files("opt", ("helm",), common(helm_key="optics"))["opt/kovan/values.yaml"].text)
    assert list(optics) == ["optics"]


def test_the_chart_starts_no_agent_that_is_not_there() -> None:
    # By itself it would start the updater, the relayer and the processor.
    values = yaml.safe_load(files("nomad", ("helm",), agents=["watcher"])["nomad/kovan/values.yaml"].text)
    assert {agent: values[agent]["enabled"] for agent in ("updater", "relayer", "processor", "kathy", "watcher")} == {
        "updater": False,
        "relayer": False,
        "processor": False,
        "kathy": False,
        "watcher": True,
    }


def test_no_chart_is_given_a_type_with_a_blank_id() -> None:
    for hex_keys in (False, True):
        values = yaml.safe_load(files("opt", ("helm",), hex_keys=hex_keys)["opt/kovan/values.yaml"].text)["nomad"]
        for agent in ("updater", "watcher", "relayer", "processor", "kathy"):
            for signer in values[agent]["transactionSigners"]:
                assert bool(signer["hexKey"]) != bool(signer["aws"]["keyId"] and signer["aws"]["region"])


@pytest.mark.parametrize("form", FORMATS)
def test_a_compose_file_is_what_the_schema_asks_for(form: str) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    for shared in (common(credentials_file="../aws.env", project="No Mad.$"), common()):
        made = files(form, ("compose",), shared)
        document = yaml.safe_load(made[f"{form}/compose.yaml"].text)
        validator.validate(document)
        for service in document["services"].values():
            # What a service reads is there.
            assert f"{form}/{service['env_file'][-1].removeprefix('./')}" in made
            assert service["volumes"][0].split(":")[0] in document["volumes"]
    broken = {**document, "services": {"one": {"image": 1}}}
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(broken)


def test_a_compose_file_starts_each_agent_with_its_own_file() -> None:
    document = yaml.safe_load(
        files("opt", ("compose",), common(credentials_file="../aws.env"))["opt/compose.yaml"].text
    )
    service = document["services"]["kovan-updater"]
    assert service["command"] == ["./updater"]
    assert service["env_file"] == ["../aws.env", "./kovan/updater.env"]
    assert service["volumes"] == ["kovan-updater:/usr/share/nomad/kovan/updater"]
    assert document["name"] == "nomad-staging-opt"
    assert len(document["services"]) == 10


@pytest.mark.parametrize(
    ("form", "db", "folder"),
    [
        ("opt", "", "/usr/share/nomad"),
        ("nomad", "", "/usr/share/nomad"),
        ("hyperlane", "", "/usr/share/hyperlane"),
        ("nomad", "/data/agent-{home}/{agent}", "/data"),
        ("opt", "/data/db", "/data/db"),
    ],
)
def test_a_volume_is_where_the_database_is(form: str, db: str, folder: str) -> None:
    made = files(form, shared=common(db=db))
    mounted = yaml.safe_load(made[f"{form}/compose.yaml"].text)["services"]["kovan-relayer"]["volumes"]
    values = yaml.safe_load(made[f"{form}/kovan/values.yaml"].text)
    if form == "nomad":
        # Of this format the database is told by a file alone.
        assert values["storage"]["mountPath"] == json.loads(made["nomad/agent.json"].text)["kovan"]["db"] == folder
        assert mounted == [f"kovan-relayer:{folder}"]
    else:
        variable = {"opt": "OPT_BASE_DB", "hyperlane": "HYP_DB"}[form]
        assert mounted == ["kovan-relayer:" + assignments(made[f"{form}/kovan/relayer.env"].text)[variable]]
        assert values[{"opt": "nomad"}.get(form, form)]["dbPath"] == folder


SCALARS = st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
TREES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["a", "on", "x-1", "é", "", "null", "a: b"]), TREES, min_size=1, max_size=4))
def test_yaml_comes_back_as_it_was(document: dict[str, Any]) -> None:
    assert yaml.safe_load(to_yaml(document, ["some", "comments"])) == document
