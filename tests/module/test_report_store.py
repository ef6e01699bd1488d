# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""report_store: reports in a private bucket, of which no run replaces one that it has not read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.modules import report_store

from sandbox.client import ACCOUNT_ID, REGION, Sandbox
from tests.module.conftest import Result, RunModule, StartModule
from tests.sandbox.people import allow, document
from tests.sandbox.s3_world import OPEN, make_public

BUCKET = "nomad-records"
PLACE = f"s3://{BUCKET}/agent_ops"
REPORT = "signing_keys.json"
KEY = f"agent_ops/staging/reports/{REPORT}"
OPTIONS = {"store": PLACE, "environment": "staging", "region": REGION, "account_id": ACCOUNT_ID}
LOOKS = [json.dumps({"at": at, "balances": {"kovan/0xab": 5}}, separators=(",", ":")) + "\n" for at in (1.0, 2.0, 3.0)]


@pytest.fixture
def s3(sandbox: Sandbox, aws: Callable[..., Any]) -> Any:
    client = aws("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    client.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=dict.fromkeys(OPEN, True))
    sandbox.clear_log()
    return client


@pytest.fixture
def run(run_module: RunModule) -> RunModule:
    return lambda **arguments: run_module("report_store", **{**OPTIONS, **arguments})


def wish(text: str, version: str | None = None, file: str = REPORT) -> dict[str, Any]:
    return {"file": file, "text": text, **({"version": version} if version else {})}


def held(s3: Any, key: str = KEY) -> str:
    return str(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode())


def operations(sandbox: Sandbox) -> list[str]:
    return [entry["operation"] for entry in sandbox.log()]


def test_what_is_stored_is_read_and_replaced(sandbox: Sandbox, s3: Any, run: RunModule) -> None:
    planned = run(documents=[wish("one")], check=True)
    assert (planned["changed"], planned["stored"]) == (True, [REPORT])
    assert not [entry for entry in sandbox.log() if entry["write"]]
    first = run(files=[REPORT], documents=[wish("one ä"), wish("# one", file="signing_keys.md")])
    assert (first["changed"], first["files"]) == (True, {})
    assert first["stored"] == [REPORT, "signing_keys.md"]
    assert s3.head_object(Bucket=BUCKET, Key=KEY)["ContentType"] == "application/json"
    sandbox.clear_log()
    read = run(files=[REPORT, "access_matrix.json"])
    assert (read["changed"], read["stored"]) == (False, [])
    assert {file: one["text"] for file, one in read["files"].items()} == {REPORT: "one ä"}
    assert operations(sandbox) == ["GetPublicAccessBlock", "GetBucketPolicyStatus", "GetObject", "GetObject"]
    sandbox.clear_log()
    assert run(documents=[wish("two", read["files"][REPORT]["version"])])["stored"] == [REPORT]
    assert operations(sandbox) == ["PutObject"]
    assert held(s3) == "two"


def test_of_two_writers_one_is_told(sandbox: Sandbox, s3: Any, run: RunModule, start_module: StartModule) -> None:
    version = s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"last")["ETag"]
    sandbox.add_fault(action="s3:PutObject", kind="hold_before", times=1)
    slow = start_module(
        "report_store", **OPTIONS, documents=[wish("ours", version), wish("# ours", file="signing_keys.md")]
    )
    sandbox.wait_held()
    assert run(documents=[wish("theirs", version)])["stored"] == [REPORT]
    sandbox.release()
    lost = slow.wait()
    assert lost["msg"] == (
        f"{PLACE}/staging/reports/{REPORT} was changed by somebody else since it was read, by another run, whose report"
        " was left as it is"
    )
    assert (lost["changed"], lost["stored"]) == (False, [])
    # Nor is a part of it there.
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == [KEY]
    assert held(s3) == "theirs"
    # Who found nothing replaces nothing.
    assert "changed by somebody else" in run(documents=[wish("ours")])["msg"]


def test_histories_of_two_writers_are_joined(s3: Any, run: RunModule) -> None:
    file = "wallet_history.jsonl"
    run(documents=[wish(LOOKS[0], file=file)])
    (read,) = run(files=[file])["files"].values()
    run(documents=[wish(LOOKS[0] + LOOKS[2], read["version"], file)])
    late = run(documents=[wish(LOOKS[0] + LOOKS[1], read["version"], file)])
    assert late["stored"] == [file]
    assert held(s3, f"agent_ops/staging/reports/{file}") == "".join(LOOKS)


def test_an_answer_that_is_lost(sandbox: Sandbox, s3: Any, run: RunModule) -> None:
    sandbox.add_fault(action="s3:PutObject", kind="lost_answer", times=1)
    assert run(documents=[wish("one")])["stored"] == [REPORT]
    assert operations(sandbox).count("PutObject") == 1
    sandbox.add_fault(action="s3:PutObject", kind="broken_connection")
    told = run(documents=[wish("two", s3.head_object(Bucket=BUCKET, Key=KEY)["ETag"])])["msg"]
    assert told.startswith(f"Whether {PLACE}/staging/reports/{REPORT} was written is not known: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"files": ["credentials/alice.csv"]}, "'credentials/alice.csv' is no file of a report, and is not stored."),
        ({"documents": [wish("KEY=1", file="agents.env")]}, "'agents.env' is no file of a report, and is not stored."),
        ({"files": [REPORT], "environment": ".."}, "'../reports/signing_keys.json' is no name of a document."),
        ({"store": "/srv/reports"}, "The store '/srv/reports' is in no bucket. Expected: s3://bucket/prefix"),
        ({"store": "s3://nomad-proofs/x"}, "The store 's3://nomad-proofs/x' is in the bucket nomad-proofs, which is a"),
        ({"files": [REPORT], "sandbox": False}, "The reports are not a sandbox's, and the store's endpoint,"),
    ],
)
def test_what_is_refused_before_any_request(
    sandbox: Sandbox, run: RunModule, arguments: dict[str, Any], said: str
) -> None:
    told = run(**arguments)["msg"]
    assert told.startswith(said)
    assert "wallet_funding_store" not in told
    assert sandbox.log() == []


def test_a_bucket_that_others_may_read(sandbox: Sandbox, s3: Any, run: RunModule) -> None:
    make_public(s3, BUCKET)
    sandbox.clear_log()
    told = run(files=[REPORT], documents=[wish("one")])["msg"]
    assert told.startswith(f"The store's bucket {BUCKET} is public: its policy lets everybody in.")
    assert told.endswith("choose another bucket (agent_ops_report_store). Nothing was read or written there")
    assert not {"GetObject", "PutObject"} & set(operations(sandbox))


def test_a_bucket_that_is_not_there(run: RunModule, sandbox: Sandbox) -> None:
    told = run(files=[REPORT])["msg"]
    assert told.endswith("Make it (agent_ops_report_store_state: present), or correct agent_ops_report_store")


def test_a_caller_who_may_do_what_is_documented_and_one_who_may_not(
    sandbox: Sandbox, s3: Any, aws: Callable[..., Any], run: RunModule
) -> None:
    iam = aws("iam")
    iam.create_user(UserName="reporter")
    made = iam.create_access_key(UserName="reporter")["AccessKey"]
    who = {"access_key": made["AccessKeyId"], "secret_key": made["SecretAccessKey"], "account_id": None}
    sandbox.change_settings(iam_enforced=True)

    def given(*actions: str) -> Result:
        policy = document(allow(list(actions)))
        iam.put_user_policy(UserName="reporter", PolicyName="reports", PolicyDocument=policy)
        return run(files=[REPORT], documents=[wish("one")], **who)

    named = set(re.findall(r"\bs3:[A-Z]\w+", report_store.DOCUMENTATION))
    for action in sorted(named - {"s3:ListBucket", "s3:GetAccountPublicAccessBlock"}):
        told = given(*(named - {action}))["msg"]
        assert f"The caller lacks the permission {action}" in told
    assert "Nothing is taken for absent" in given(*(named - {"s3:ListBucket"}))["msg"]
    assert given(*named)["stored"] == [REPORT]
    # The account's own switches count where a bucket has none.
    s3.delete_public_access_block(Bucket=BUCKET)
    assert "s3:GetAccountPublicAccessBlock" in given(*(named - {"s3:GetAccountPublicAccessBlock"}))["msg"]
    assert "may be public" in given(*named)["msg"]
