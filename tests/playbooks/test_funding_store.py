# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The private bucket of the records of payments, as the role makes it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from ansible_collections.interchain.agent_ops.plugins.module_utils._report_documents import REPORTS

from sandbox.client import Sandbox
from tests.chain import running
from tests.playbooks.conftest import Play, Played, Report
from tests.sandbox.s3_world import OPEN, anonymous, tls_only

BUCKET = "nomad-funds"
STORE = {"wallet_funding_store": f"s3://{BUCKET}/ledgers", "wallet_funding_store_state": "present"}
PLAY = {
    "hosts": "networks",
    "connection": "local",
    "gather_facts": False,
    "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
    "tasks": [{"ansible.builtin.import_role": {"name": "interchain.agent_ops.wallet_funding", "tasks_from": "store"}}],
}


@pytest.fixture
def s3(aws: Sandbox) -> Any:
    return boto3.client("s3", **aws.boto3_arguments())


@pytest.fixture
def provide(play: Play, tmp_path: Path) -> Callable[..., Played]:
    (tmp_path / "store.yml").write_text(yaml.safe_dump([PLAY]), encoding="utf-8")

    def run(*options: str, **variables: str) -> Played:
        given = json.dumps({**STORE, **variables})
        return play("staging", "sandbox", playbook=str(tmp_path / "store.yml"), options=(*options, "-e", given))

    return run


def changed(played: Played) -> int:
    return sum(int(number) for number in re.findall(r"changed=(\d+)", played.output))


def writes(aws: Sandbox) -> list[str]:
    return [entry["operation"] for entry in aws.log() if entry["write"]]


def assert_private(aws: Sandbox, s3: Any) -> None:
    block = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert block == dict.fromkeys(OPEN, True)
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    (rule,) = s3.get_bucket_ownership_controls(Bucket=BUCKET)["OwnershipControls"]["Rules"]
    assert rule == {"ObjectOwnership": "BucketOwnerEnforced"}
    policy = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])
    (statement,) = policy["Statement"]
    assert statement == {"Sid": "TLSOnly", "Principal": "*", **tls_only(BUCKET)}
    assert s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert anonymous(aws, "GET", f"{BUCKET}/ledgers/x").status == 403


def test_from_nothing_to_a_private_bucket(provide: Callable[..., Played], aws: Sandbox, s3: Any) -> None:
    planned = provide("--check", "--diff")
    assert planned.code == 0, planned.output
    assert changed(planned) == 1
    assert "+ versioning: true" in planned.told, planned.output
    assert writes(aws) == []

    made = provide()
    assert made.code == 0, made.output
    assert changed(made) == 1
    assert_private(aws, s3)
    s3.put_object(Bucket=BUCKET, Key="ledgers/x", Body=b"paid")
    # Tags of others stay.
    tags = s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"]
    assert tags == [{"Key": "agent_ops:store", "Value": BUCKET}]
    s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": [*tags, {"Key": "owner", "Value": "them"}]})

    for options in ((), ("--limit", "kovan"), ("--check",)):
        aws.clear_log()
        again = provide(*options)
        assert again.code == 0, again.output
        assert (changed(again), writes(aws)) == (0, [])

    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=OPEN)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    s3.delete_bucket_policy(Bucket=BUCKET)
    assert changed(provide("--check")) == 1
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Suspended"
    assert changed(provide()) == 1
    assert_private(aws, s3)
    assert len(s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"]) == 2
    assert s3.get_object(Bucket=BUCKET, Key="ledgers/x")["Body"].read() == b"paid"


@pytest.mark.parametrize("options", [(), ("--check",)])
def test_a_bucket_of_others_is_left_as_it_is(
    provide: Callable[..., Played], aws: Sandbox, s3: Any, options: tuple[str, ...]
) -> None:
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    aws.clear_log()
    played = provide(*options)
    assert played.code == 0, played.output
    assert changed(played) == 0
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=OPEN)
    aws.clear_log()
    refused = provide(*options)
    assert refused.code != 0
    assert "was not made by this collection" in refused.told
    assert writes(aws) == []


@pytest.mark.parametrize(
    "variables", [{"wallet_funding_store_state": "existing"}, {"wallet_funding_store": "/srv/funds"}]
)
def test_where_no_bucket_is_to_be_made_nothing_is_asked(
    provide: Callable[..., Played], aws: Sandbox, variables: dict[str, str]
) -> None:
    played = provide(**variables)
    assert played.code == 0, played.output
    assert aws.log() == []


def test_what_is_paid_is_written_down_in_the_bucket_that_the_run_made(
    play: Play, play_keys: Play, report: Report, aws: Sandbox, s3: Any
) -> None:
    """Also where nobody is at the terminal, and nothing that the run leaves on the disk is kept."""
    bank = ("-e", json.dumps({"agent_ops_additional_keys": [{"agent": "bank"}]}))
    assert play_keys("staging", "sandbox", options=bank).code == 0
    payer = report("staging")["staging-bank"]["address"]
    with running(42) as chain:
        chain.rpc.call("anvil_setBalance", payer, hex(4000 * 10**18))
        urls = {"AGENT_OPS_SANDBOX_RPC_URLS": json.dumps({"kovan": chain.url, "moonbasealpha": "http://127.0.0.1:1/"})}
        # Records and reports may be in one place.
        stores = {**STORE, "agent_ops_report_store": STORE["wallet_funding_store"]}
        given = (*bank, "-e", json.dumps(stores), "-e", "wallet_funding_approve=true", "--limit", "kovan")

        def fund(*options: str) -> Played:
            return play("staging", "sandbox", playbook="fund.yml", options=(*given, *options), environment=urls)

        aws.clear_log()
        planned = fund("--check")
        assert planned.code == 0, planned.output
        assert "6 transfers: 6 planned; 3000 ETH on kovan" in planned.told
        assert writes(aws) == []
        sent = fund()
        assert sent.code == 0, sent.output
        assert "6 transfers: 6 confirmed; 3000 ETH on kovan" in sent.told
        assert_private(aws, s3)
        names = [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
        ledgers, reports = f"ledgers/staging/kovan-{payer}.json", "ledgers/staging/reports/"
        assert names == [ledgers, *(f"{reports}{name}" for name in sorted(REPORTS["wallets"]))]
        ledger = json.loads(s3.get_object(Bucket=BUCKET, Key=ledgers)["Body"].read())
        # The look before it paid, and the one afterwards.
        history = s3.get_object(Bucket=BUCKET, Key=f"{reports}wallet_history.jsonl")["Body"].read()
        assert len(history.splitlines()) == 2
        assert [one["state"] for one in ledger["transfers"]] == ["confirmed"] * 6
        assert ledger["lock"] is None
        aws.clear_log()
        again = fund()
        assert again.code == 0, again.output
        # Every look at balances is another one.
        written = [str(entry["resource"]) for entry in aws.log() if entry["write"]]
        assert all(f"{reports}wallet" in resource for resource in written), written
        assert written
