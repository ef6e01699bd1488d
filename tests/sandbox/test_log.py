# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of requests: what is in it, and what never is."""

from __future__ import annotations

import base64
import contextlib
import json
import time
from typing import Any

import pytest

from sandbox.client import ACCESS_KEY_ID, SECRET_ACCESS_KEY, Sandbox

PRIVATE_KEY = "0x8f2a559490d4d9fd6e6e7f8ef0c4eb2ba4b7e1d3b0a1f7c0d9e8f7a6b5c4d3e2"


def test_an_entry(sandbox: Sandbox, kms: Any, new_key: Any) -> None:
    before = time.time()
    key_id = new_key()
    kms.create_alias(AliasName="alias/staging-kovan-updater-signer", TargetKeyId=key_id)
    first, second = sandbox.log()
    assert before <= second["time"] <= time.time()
    assert 0 < second["duration"] < 5
    assert second["number"] == first["number"] + 1
    assert {name: second[name] for name in second if name not in ("time", "duration", "number")} == {
        "service": "kms",
        "operation": "CreateAlias",
        "account": "123456789012",
        "region": "us-west-2",
        "access_key_id": ACCESS_KEY_ID,
        "resource": {"AliasName": "alias/staging-kovan-updater-signer", "TargetKeyId": key_id},
        "write": True,
        "state": "done",
        "status": 200,
        "error": None,
        "fault": None,
    }


def test_errors_are_logged_by_their_code(sandbox: Sandbox, kms: Any, aws: Any) -> None:
    for client, call in ((kms, "describe_key"), (aws("iam"), "get_user")):
        with pytest.raises(client.exceptions.ClientError):
            getattr(client, call)(**({"KeyId": "alias/nobody"} if call == "describe_key" else {"UserName": "nobody"}))
    kms_entry, iam_entry = sandbox.log()
    assert (kms_entry["status"], kms_entry["error"]) == (400, "NotFoundException")
    assert (iam_entry["status"], iam_entry["error"], iam_entry["service"]) == (404, "NoSuchEntity", "iam")


def test_no_secret_is_ever_in_the_log(sandbox: Sandbox, kms: Any, secrets: Any, new_key: Any) -> None:
    value = json.dumps({"private_key": PRIVATE_KEY})
    secrets.create_secret(Name="dev-kovan-updater", SecretString=value)
    secrets.put_secret_value(SecretId="dev-kovan-updater", SecretString=value + " ")
    secrets.put_secret_value(SecretId="dev-kovan-updater", SecretBinary=PRIVATE_KEY.encode())
    secrets.update_secret(SecretId="dev-kovan-updater", SecretString=value + "  ", Description=PRIVATE_KEY)
    secrets.get_secret_value(SecretId="dev-kovan-updater")
    sealed = kms.encrypt(KeyId=kms.create_key()["KeyMetadata"]["KeyId"], Plaintext=PRIVATE_KEY.encode())
    kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"])
    signature = kms.sign(KeyId=new_key(), Message=PRIVATE_KEY.encode(), SigningAlgorithm="ECDSA_SHA_256")["Signature"]
    entries = sandbox.log()
    assert len(entries) == 10
    assert entries[0]["resource"] == {"Name": "dev-kovan-updater"}
    text = json.dumps(entries)
    for secret in (
        PRIVATE_KEY,
        base64.b64encode(PRIVATE_KEY.encode()).decode(),
        base64.b64encode(signature).decode(),
        base64.b64encode(sealed["CiphertextBlob"]).decode(),
        SECRET_ACCESS_KEY,
    ):
        assert secret not in text


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "write"),
    [
        ("kms", "create_key", {}, True),
        ("kms", "list_keys", {}, False),
        ("kms", "describe_key", {"KeyId": "alias/aws/s3"}, False),
        ("kms", "sign", {"KeyId": "x", "Message": b"m", "SigningAlgorithm": "ECDSA_SHA_256"}, False),
        ("kms", "get_public_key", {"KeyId": "x"}, False),
        ("kms", "schedule_key_deletion", {"KeyId": "x"}, True),
        ("kms", "tag_resource", {"KeyId": "x", "Tags": []}, True),
        ("kms", "cancel_key_deletion", {"KeyId": "x"}, True),
        ("secretsmanager", "get_secret_value", {"SecretId": "x"}, False),
        ("secretsmanager", "batch_get_secret_value", {"SecretIdList": ["x"]}, False),
        ("secretsmanager", "put_secret_value", {"SecretId": "x", "SecretString": "y"}, True),
        ("secretsmanager", "restore_secret", {"SecretId": "x"}, True),
        ("resourcegroupstaggingapi", "get_resources", {}, False),
        ("resourcegroupstaggingapi", "tag_resources", {"ResourceARNList": ["x" * 20], "Tags": {"a": "b"}}, True),
        ("sts", "get_caller_identity", {}, False),
        ("iam", "list_users", {}, False),
        ("iam", "create_user", {"UserName": "u"}, True),
        ("iam", "attach_user_policy", {"UserName": "u", "PolicyArn": "arn:aws:iam::aws:policy/x"}, True),
        ("s3", "list_buckets", {}, False),
        ("s3", "head_bucket", {"Bucket": "proofs"}, False),
        ("s3", "get_bucket_policy", {"Bucket": "proofs"}, False),
        ("s3", "put_object", {"Bucket": "proofs", "Key": "a/b"}, True),
        ("s3", "put_bucket_policy", {"Bucket": "proofs", "Policy": "{}"}, True),
        ("s3", "delete_bucket", {"Bucket": "proofs"}, True),
    ],
)
def test_writing_and_reading_are_told_apart(
    sandbox: Sandbox, aws: Any, service: str, operation: str, arguments: dict[str, Any], write: bool
) -> None:
    """Also of a request that fails: what counts is what it asks for."""
    client = aws(service)
    with contextlib.suppress(client.exceptions.ClientError):
        getattr(client, operation)(**arguments)
    (entry,) = sandbox.log()
    assert entry["operation"] == "".join(part.capitalize() for part in operation.split("_"))
    assert entry["write"] is write


def test_filters_and_clearing(sandbox: Sandbox, kms: Any, secrets: Any) -> None:
    kms.list_keys()
    kms.list_aliases()
    secrets.list_secrets()
    everything = sandbox.log()
    assert [entry["operation"] for entry in sandbox.log(service="kms")] == ["ListKeys", "ListAliases"]
    assert [entry["service"] for entry in sandbox.log(operation="ListSecrets")] == ["secretsmanager"]
    assert sandbox.log(after=everything[1]["number"]) == everything[2:]
    sandbox.clear_log()
    assert sandbox.log() == []
    kms.list_keys()
    # A number means one request for as long as the server lives.
    assert sandbox.log()[0]["number"] == everything[-1]["number"] + 1


def test_the_control_interface_is_not_in_the_log(sandbox: Sandbox) -> None:
    sandbox.health()
    sandbox.settings()
    assert sandbox.log() == []
