# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wallets are funded by nobody but the keymaster, with its own access key, in an AWS that enforces IAM."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.client import REGION, Sandbox
from tests.chain import Chain, running
from tests.playbooks.conftest import Play, Played

ETHER = 10**18
CHAINS = {"kovan": 42, "moonbasealpha": 1287}
KEYMASTER = "nomad-keymaster-staging"
BUCKET = "nomad-staging-funding"
AGENTS_KEY, ATTESTATION = "staging-kovan-watcher-signer", "staging-kovan-watcher-attestation"
INVENTORY = {
    "agent_ops_agents": {"watcher": ["signer", "attestation"]},
    "agent_ops_additional_keys": [{"agent": "bank"}],
    "agent_ops_proof_bucket": "",
    "signer_iam_admin": False,
    "wallet_funding_store": f"s3://{BUCKET}/records",
}


@pytest.fixture
def chains() -> Iterator[dict[str, Chain]]:
    with running(CHAINS["kovan"]) as kovan, running(CHAINS["moonbasealpha"]) as moonbasealpha:
        yield {"kovan": kovan, "moonbasealpha": moonbasealpha}


@pytest.fixture
def bucket(aws: Sandbox) -> Any:
    s3 = boto3.client("s3", **aws.boto3_arguments())
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    everything = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=dict.fromkeys(everything, True))
    return s3


def access_key(folder: Path) -> tuple[str, str]:
    """Return the access key that the role stored for the keymaster."""
    file = folder / "staging" / "credentials" / f"{KEYMASTER}.csv"
    with file.open(encoding="utf-8-sig", newline="") as stream:
        row = next(csv.DictReader(stream))
    return row["Access key ID"], row["Secret access key"]


def refused(ask: Callable[..., Any], **arguments: Any) -> bool:
    try:
        ask(**arguments)
    except ClientError as exc:
        return "AccessDenied" in str(exc.response["Error"]["Code"])
    return False


def test_the_keymaster_funds_wallets_and_signs_with_the_banks_key_alone(
    play: Play, aws: Sandbox, chains: dict[str, Chain], bucket: Any, tmp_path: Path
) -> None:
    aws.change_settings(iam_enforced=True)
    folder = tmp_path / "artifacts" / "sandbox"
    urls = {"AGENT_OPS_SANDBOX_RPC_URLS": json.dumps({name: chain.url for name, chain in chains.items()})}

    def run(playbook: str, *options: str, **values: object) -> Played:
        given = ("-e", json.dumps({**INVENTORY, **values}), *options)
        return play("staging", "sandbox", playbook=playbook, options=given, environment=urls)

    made = run("provision.yml", "--tags", "signing_keys,signer_iam")
    assert made.code == 0, made.output
    rows = json.loads((folder / "staging" / "signing_keys.json").read_text(encoding="utf-8"))["signing_keys"]
    address = {row["name"]: row["address"] for row in rows}
    for chain in chains.values():
        chain.rpc.call("anvil_setBalance", address["staging-bank"], hex(4000 * ETHER))

    # The matrix, by what AWS holds: it uses the bank, and sees the keys that it pays.
    verified = run("verify.yml", "--tags", "matrix")
    assert verified.code == 0, verified.output

    # From here on everything is the keymaster's doing. Its access key is in a file, not in an argument.
    access, secret = access_key(folder)
    credentials = tmp_path / "keymaster.json"
    credentials.touch(mode=0o600)
    credentials.write_text(
        json.dumps({"wallet_funding_aws_access_key": access, "wallet_funding_aws_secret_key": secret}),
        encoding="utf-8",
    )
    mine = ("-e", f"@{os.fspath(credentials)}", "-e", "wallet_funding_approve=true")
    aws.clear_log()
    planned = run("fund.yml", "--check", *mine)
    assert planned.code == 0, planned.output
    assert "4 transfers: 4 planned; 1000 DEV on moonbasealpha and 1000 ETH on kovan" in planned.told
    assert "Sign" not in {entry["operation"] for entry in aws.log()}
    sent = run("fund.yml", *mine)
    assert sent.code == 0, sent.output
    assert secret not in planned.output + sent.output
    assert "4 transfers: 4 confirmed; 1000 DEV on moonbasealpha and 1000 ETH on kovan" in sent.told
    for name, chain in chains.items():
        balance = chain.rpc.call("eth_getBalance", address[f"staging-{name}-watcher-signer"], "latest")
        assert int(balance, 16) == 500 * ETHER
    records = [entry["Key"] for entry in bucket.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert len(records) == 2
    assert all(key.startswith("records/") for key in records)
    assert not [entry for entry in aws.log() if entry["error"] in ("AccessDenied", "AccessDeniedException")]

    # An agent's key in the bank's place is refused before AWS is asked for anything.
    aws.clear_log()
    other = run("fund.yml", *mine, wallet_funding_bank_key=AGENTS_KEY)
    assert other.code != 0, other.output
    assert f"wallet_funding_bank_key is '{AGENTS_KEY}', which is the watcher's own key" in other.told
    assert not [entry for entry in aws.log() if entry["service"] == "kms"]

    # Whatever is asked of it: AWS lets the keymaster sign with the bank's key, and with nothing of an agent's.
    keymaster = {**aws.boto3_arguments(), "aws_access_key_id": access, "aws_secret_access_key": secret}
    kms, s3 = boto3.client("kms", **keymaster), boto3.client("s3", **keymaster)
    digest = {"Message": bytes(32), "MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256"}
    assert kms.sign(KeyId="alias/staging-bank", **digest)["Signature"]
    assert kms.describe_key(KeyId=f"alias/{AGENTS_KEY}")["KeyMetadata"]["Enabled"]
    for name in (AGENTS_KEY, ATTESTATION):
        assert refused(kms.sign, KeyId=f"alias/{name}", **digest)
    assert refused(kms.get_public_key, KeyId=f"alias/{ATTESTATION}")
    assert refused(s3.delete_object, Bucket=BUCKET, Key=records[0])
