# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module agent_config, against keys in a sandbox: what it reads, writes, shows and refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import environment_keys
from ansible_collections.interchain.agent_ops.plugins.modules import agent_config

from sandbox.client import REGION, Sandbox
from tests.module.conftest import Result, RunModule
from tests.module.hex_keys import betrayed, contents, last_request, operations, plant, private_keys

AGENTS = {"updater": ["signer", "attestation"], "relayer": ["signer"]}
URLS = {"kovan": "https://kovan.example/apikey-9a41f00d", "moonbasealpha": "https://moonbase.example/apikey-77ab"}
NETWORKS: dict[str, Any] = {
    "kovan": {"domain": 3000, "chain_id": 42, "replicas": ["moonbasealpha"]},
    "moonbasealpha": {"domain": 5000, "chain_id": 1287, "replicas": ["kovan"]},
}
UNPACED = {"CreateKey": 0, "CreateAlias": 0}
Configure = Callable[..., Result]


def keys(environment: str = "staging") -> list[dict[str, Any]]:
    return [key.as_dict() for key in environment_keys(NETWORKS, environment=environment, agents=AGENTS)]


@pytest.fixture
def configure(run_module: RunModule, tmp_path: Path) -> Configure:
    """``configure(**changes)``: run the module for staging, into the test's folder."""

    def run(environment: str = "staging", **changes: Any) -> Result:
        given: dict[str, Any] = {
            "environment": environment,
            "project": "nomad",
            "backend": "kms",
            "networks": NETWORKS,
            "rpc_urls": URLS,
            "agents": list(AGENTS),
            "signing_keys": keys(environment),
            "artifacts_root": str(tmp_path / "artifacts"),
            "region": REGION,
        }
        result = run_module("agent_config", **{**given, **changes})
        assert not [url for url in URLS.values() if url in result.output], "a connection's URL was shown"
        return result

    return run


@pytest.fixture
def rows(run_module: RunModule) -> list[dict[str, Any]]:
    made = run_module("kms_signing_keys", signing_keys=keys(), region=REGION, request_rates=UNPACED)
    assert not made.get("failed"), made
    return list(made["signing_keys"])


def actions(result: Result) -> dict[str, str]:
    return {row["name"]: row["action"] for row in result["files"]}


def everything(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()}


def test_files_are_written_once_from_rows_of_the_run_or_from_aws(
    configure: Configure, rows: list[dict[str, Any]], sandbox: Sandbox, tmp_path: Path
) -> None:
    planned = configure(known_keys=rows, check=True, diff=True)
    folder = tmp_path / "artifacts" / "sandbox" / "staging" / "agents"
    assert planned["changed"]
    assert not folder.exists()
    before = last_request(sandbox)
    made = configure(known_keys=rows, diff=True, proof_bucket="{project}-{environment}-proofs-{account_id}")
    assert operations(sandbox, before) == {"GetCallerIdentity": 1}
    assert actions(made) == actions(planned)
    assert set(actions(made).values()) == {"created"}
    assert (made["directory"], made["sandbox"], made["bucket"]) == (
        str(folder),
        True,
        "nomad-staging-proofs-123456789012",
    )
    text = (folder / "opt/kovan/updater.env").read_text(encoding="utf-8")
    row = next(row for row in rows if row["name"] == "staging-kovan-updater-attestation")
    assert f"\nOPT_UPDATER_UPDATER_ID={row['key_id']}\n" in text
    assert f"attestations as {row['address']}" in text
    assert "OPT_BASE_HOME_CONNECTION_URL=" + URLS["kovan"] in text
    times = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    before = last_request(sandbox)
    again = configure(diff=True, proof_bucket="{project}-{environment}-proofs-{account_id}")
    # Three requests for each of six keys, and nothing is listed.
    assert operations(sandbox, before) == {
        "GetCallerIdentity": 1,
        "DescribeKey": 6,
        "GetPublicKey": 6,
        "ListResourceTags": 6,
    }
    assert not again["changed"]
    assert again["diff"] == []
    assert times == {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_what_changes_is_told_as_it_is(configure: Configure, rows: list[dict[str, Any]], tmp_path: Path) -> None:
    targets = ["env", "json"]
    configure(known_keys=rows, targets=targets)
    changed = {"settings": {"updater": {"interval": 8}}, "rpc_urls": {"kovan": URLS["kovan"]}, "targets": targets}
    planned = configure(known_keys=rows, check=True, diff=True, **changed)
    updated = {name: row for row in planned["files"] if row["action"] != "unchanged" for name in [row["name"]]}
    assert updated["opt/kovan/updater.env"]["changes"] == [
        "OPT_BASE_REPLICAS_MOONBASEALPHA_CONNECTION_TYPE",
        "OPT_BASE_REPLICAS_MOONBASEALPHA_CONNECTION_URL",
        "OPT_UPDATER_INTERVAL",
    ]
    assert "kovan.example" not in str(planned["diff"])
    partial = [diff for diff in planned["diff"] if "updater-partial.json" in diff.get("before_header", "")]
    assert '"interval": "8"' in partial[0]["after"]
    assert "rpc_url of agent_ops_network is not set for moonbasealpha" in planned["warned"][0]
    made = configure(known_keys=rows, **changed)
    assert actions(made) == actions(planned)
    fewer = configure(known_keys=rows, agents=["relayer"], targets=targets)
    gone = ["opt/config/staging/updater-partial.json", "opt/kovan/updater.env", "opt/moonbasealpha/updater.env"]
    assert fewer["left"] == gone
    purged = configure(known_keys=rows, agents=["relayer"], targets=targets, purge=True)
    assert [row["name"] for row in purged["files"] if row["action"] == "removed"] == gone
    assert not (tmp_path / "artifacts/sandbox/staging/agents" / gone[0]).exists()


def test_a_limited_run_reads_the_keys_of_its_homes_alone(configure: Configure, sandbox: Sandbox) -> None:
    # Of the other network there are no keys yet.
    kovan = [key for key in keys() if key["network"] == "kovan"]
    failed = configure(homes=["kovan"])
    assert "The key staging-kovan-updater-signer does not exist. Expected: a key that is made already." in failed["msg"]
    expected = configure(check=True)
    assert set(actions(expected).values()) == {"created"}
    before = last_request(sandbox)
    configure(homes=["kovan"], check=True)
    assert operations(sandbox, before)["DescribeKey"] == len(kovan)


def test_swapped_keys_are_refused_before_a_file_is_written(
    configure: Configure, rows: list[dict[str, Any]], aws: Callable[..., Any], tmp_path: Path
) -> None:
    ids = {row["name"]: row["key_id"] for row in rows}
    signer, attestation = "staging-kovan-updater-signer", "staging-kovan-updater-attestation"
    kms = aws("kms")
    kms.update_alias(AliasName=f"alias/{signer}", TargetKeyId=ids[attestation])
    shared = configure()
    assert "Attestation key and transaction signer are swapped." in shared["msg"]
    kms.update_alias(AliasName=f"alias/{attestation}", TargetKeyId=ids[signer])
    swapped = configure()
    assert f"The key {signer} was made for the purpose 'attestation'. Expected: 'signer'." in swapped["msg"]
    kms.untag_resource(KeyId=ids[signer], TagKeys=["purpose", "agent"])
    kms.untag_resource(KeyId=ids[attestation], TagKeys=["purpose", "agent"])
    kms.update_alias(AliasName=f"alias/{signer}", TargetKeyId=ids[attestation])
    kms.update_alias(AliasName=f"alias/{attestation}", TargetKeyId=ids[attestation])
    assert re.search(r"staging-kovan-updater-\w+ is the same key as staging-kovan-updater-", configure()["msg"])
    assert not (tmp_path / "artifacts").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"homes": ["goerli"]}, "homes names the unknown network 'goerli'. Expected: of kovan, moonbasealpha"),
        ({"rpc_urls": {"kovan": "https://h/apikey\nX=y"}}, "agent_ops_network.rpc_url of kovan has a newline"),
        ({"s3_access_key_id": "the-id"}, "One of agent_config_s3_access_key_id and agent_config_s3_secret_access_key"),
    ],
)
def test_what_is_wrong_is_said_before_anybody_is_asked(
    configure: Configure, sandbox: Sandbox, changes: dict[str, Any], message: str
) -> None:
    before = last_request(sandbox)
    assert message in configure(**changes)["msg"]
    assert operations(sandbox, before) == {}


def test_a_failure_says_what_is_done_and_the_next_run_does_the_rest(
    configure: Configure, rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    blocked = tmp_path / "artifacts/sandbox/staging/agents/opt/moonbasealpha"
    blocked.parent.mkdir(parents=True)
    blocked.touch()
    failed = configure(known_keys=rows)
    assert "2 of 4 files are done, and the next run does the rest" in failed["msg"]
    assert failed["changed"]
    assert list(actions(failed)) == ["opt/kovan/updater.env", "opt/kovan/relayer.env"]
    blocked.unlink()
    rest = configure(known_keys=rows)
    assert [name for name, action in actions(rest).items() if action == "created"] == [
        "opt/moonbasealpha/updater.env",
        "opt/moonbasealpha/relayer.env",
    ]


def test_hex_keys_are_in_the_files_and_nowhere_else(
    configure: Configure, hex_keys: RunModule, secrets: Any, sandbox: Sandbox, tmp_path: Path
) -> None:
    wanted = keys("development")
    hex_keys(*wanted, region=REGION)
    arguments = {"environment": "development", "backend": "secretsmanager", "targets": ["env", "helm"], "diff": True}
    before = last_request(sandbox)
    made = configure(**arguments)
    assert operations(sandbox, before) == {"GetCallerIdentity": 1, "GetSecretValue": 6}
    folder = Path(made["directory"])
    stored = {
        name: json.loads(secrets.get_secret_value(SecretId=name)["SecretString"])["private_key"]
        for name in [key["name"] for key in wanted]
    }
    updater = (folder / "opt/kovan/updater.env").read_text(encoding="utf-8")
    attestation = stored["development-kovan-updater-attestation"].removeprefix("0x")
    assert f"\nOPT_UPDATER_UPDATER_TYPE=hexKey\nOPT_UPDATER_UPDATER_KEY={attestation}\n" in updater
    relayer = (folder / "opt/kovan/relayer.env").read_text(encoding="utf-8")
    assert attestation not in relayer
    again = configure(**arguments, check=True)
    assert not again["changed"]
    for key in private_keys(secrets):
        assert not betrayed(made.output + again.output + json.dumps(sandbox.log()), key)
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()} == {0o600}


def test_contents_that_are_not_right_are_refused_without_being_shown(configure: Configure, secrets: Any) -> None:
    for key in keys("development"):
        plant(secrets, key["name"])
    name = "development-kovan-relayer-signer"
    other = json.dumps(contents(name="development-kovan-updater-signer"))
    secrets.put_secret_value(SecretId=name, SecretString=other)
    failed = configure(environment="development", backend="secretsmanager")
    assert f"The secret {name} holds a key that was made for another agent. Expected: 'relayer'" in failed["msg"]
    secrets.put_secret_value(SecretId=name, SecretString=json.dumps(contents(name=name)))
    shared = configure(environment="development", backend="secretsmanager")
    assert "is the same key as" in shared["msg"]
    assert not betrayed(failed.output + shared.output, contents()["private_key"])


def test_the_documented_permissions_are_those_that_are_used(
    configure: Configure, rows: list[dict[str, Any]], sandbox: Sandbox
) -> None:
    documented = set(re.findall(r"C\((\w+:\w+)\)", " ".join(yaml.safe_load(agent_config.DOCUMENTATION)["notes"])))
    before = last_request(sandbox)
    configure()
    configure(environment="development", backend="secretsmanager")
    used = {f"{entry['service']}:{entry['operation']}" for entry in sandbox.log(after=before)}
    assert used == documented


def test_one_call_writes_the_files_of_twenty_networks(configure: Configure, sandbox: Sandbox) -> None:
    agents = {**AGENTS, "watcher": ["signer", "attestation"], "processor": ["signer"], "kathy": ["signer"]}
    names = [f"net{number}" for number in range(20)]
    networks = {
        name: {"domain": number, "replicas": [other for other in names if other != name]}
        for number, name in enumerate(names, start=1)
    }
    wanted = [key.as_dict() for key in environment_keys(networks, environment="staging", agents=agents)]
    known = [
        {
            **key,
            "backend": "kms",
            "state": "Enabled",
            "error": None,
            "tags": {},
            "region": REGION,
            "key_id": f"id-{number}",
            "arn": f"arn-{number}",
            "address": f"0x{number:040x}",
        }
        for number, key in enumerate(wanted, start=1)
    ]
    before = last_request(sandbox)
    made = configure(
        agents=list(agents),
        networks=networks,
        rpc_urls=dict.fromkeys(names, URLS["kovan"]),
        signing_keys=wanted,
        known_keys=known,
    )
    assert list(actions(made).values()) == ["created"] * 100
    # Of keys that the run knows already nothing is asked again.
    assert operations(sandbox, before) == {"GetCallerIdentity": 1}
