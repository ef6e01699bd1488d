# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on demand: each kind, and which requests a rule strikes."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError

from sandbox.client import Sandbox, SandboxError


def outcomes(call: Any, count: int) -> list[str]:
    """What each of so many calls led to: ok, or the error's code."""
    found = []
    for _time in range(count):
        try:
            call()
            found.append("ok")
        except ConnectionClosedError:
            found.append("closed")
        except Exception as error:
            found.append(getattr(error, "response", {}).get("Error", {}).get("Code", type(error).__name__))
    return found


@pytest.mark.parametrize(
    ("kind", "service", "code", "status"),
    [
        # https://docs.aws.amazon.com/kms/latest/developerguide/throttling.html: ThrottlingException, status 400.
        ("throttle", "kms", "ThrottlingException", 400),
        ("throttle", "secretsmanager", "ThrottlingException", 400),
        ("throttle", "resourcegroupstaggingapi", "ThrottledException", 400),
        ("throttle", "iam", "Throttling", 400),
        ("server_error", "kms", "KMSInternalException", 500),
        ("server_error", "secretsmanager", "InternalServiceError", 500),
        ("server_error", "resourcegroupstaggingapi", "InternalServiceException", 500),
        ("server_error", "iam", "ServiceFailure", 500),
        ("access_denied", "kms", "AccessDeniedException", 400),
        ("access_denied", "secretsmanager", "AccessDeniedException", 400),
        ("access_denied", "iam", "AccessDenied", 403),
        ("access_denied", "s3", "AccessDenied", 403),
    ],
)
def test_errors_are_those_of_the_service(
    sandbox: Sandbox, aws: Any, refused: Any, kind: str, service: str, code: str, status: int
) -> None:
    operation = {
        "kms": "list_keys",
        "secretsmanager": "list_secrets",
        "resourcegroupstaggingapi": "get_resources",
        "iam": "list_users",
        "s3": "list_buckets",
    }[service]
    sandbox.add_fault(action="*", kind=kind, times=1)
    client = aws(service)
    with refused(code):
        getattr(client, operation)()
    (entry,) = sandbox.log()
    assert (entry["status"], entry["error"], entry["fault"]) == (status, code, kind)
    getattr(client, operation)()
    assert sandbox.log()[1]["fault"] is None


def test_botocore_retries_a_throttle_and_gives_up_an_access_denied(sandbox: Sandbox) -> None:
    client = boto3.client("kms", config=Config(retries={"mode": "standard"}), **sandbox.boto3_arguments())
    sandbox.add_fault(action="kms:ListKeys", kind="throttle", times=2)
    assert client.list_keys()["ResponseMetadata"]["RetryAttempts"] == 2
    sandbox.add_fault(action="kms:ListKeys", kind="access_denied")
    with pytest.raises(client.exceptions.ClientError) as caught:
        client.list_keys()
    assert caught.value.response["ResponseMetadata"].get("RetryAttempts", 0) == 0
    client.close()


def test_access_denied_names_principal_action_and_resource(
    sandbox: Sandbox, kms: Any, secrets: Any, refused: Any
) -> None:
    sandbox.add_fault(action="*", kind="access_denied")
    who = r"^User: arn:aws:sts::123456789012:user/moto is not authorized to perform: "
    with refused("AccessDeniedException", who + r"kms:CreateKey on resource: \* because"):
        kms.create_key()
    with refused(
        "AccessDeniedException", who + "kms:GetPublicKey on resource: arn:aws:kms:us-west-2:123456789012:alias/a "
    ):
        kms.get_public_key(KeyId="alias/a")
    with refused(
        "AccessDeniedException",
        who + "secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:us-west-2:123456789012:secret:s ",
    ):
        secrets.get_secret_value(SecretId="s")


def test_a_refused_request_does_nothing(sandbox: Sandbox, kms: Any) -> None:
    for kind in ("throttle", "server_error", "access_denied", "broken_connection"):
        sandbox.add_fault(action="kms:CreateKey", kind=kind, times=1)
    assert outcomes(kms.create_key, 5) == [
        "ThrottlingException",
        "KMSInternalException",
        "AccessDeniedException",
        "closed",
        "ok",
    ]
    assert len(kms.list_keys()["Keys"]) == 1


def test_a_lost_answer_is_of_work_that_was_done(sandbox: Sandbox, kms: Any) -> None:
    sandbox.add_fault(action="kms:CreateKey", kind="lost_answer", times=1)
    assert outcomes(kms.create_key, 1) == ["closed"]
    assert len(kms.list_keys()["Keys"]) == 1
    entry = sandbox.log()[0]
    assert (entry["status"], entry["error"], entry["fault"], entry["state"]) == (None, None, "lost_answer", "done")


def test_a_broken_connection_is_of_work_that_was_not(sandbox: Sandbox, kms: Any) -> None:
    sandbox.add_fault(action="kms:CreateKey", kind="broken_connection", times=1)
    assert outcomes(kms.create_key, 1) == ["closed"]
    assert kms.list_keys()["Keys"] == []
    entry = sandbox.log()[0]
    assert (entry["status"], entry["fault"]) == (None, "broken_connection")


def test_an_answer_is_rewritten(sandbox: Sandbox, kms: Any, new_key: Any) -> None:
    key_id = new_key()
    sandbox.add_fault(action="kms:DescribeKey", kind="rewrite", find='"Enabled"', replace='"Updating"', times=1)
    assert kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"] == "Updating"
    assert kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"] == "Enabled"


def test_actions_are_patterns(sandbox: Sandbox, kms: Any, secrets: Any) -> None:
    sandbox.add_fault(action="kms:List*", kind="throttle")
    assert outcomes(kms.list_keys, 1) == outcomes(kms.list_aliases, 1) == ["ThrottlingException"]
    assert outcomes(kms.create_key, 1) == outcomes(secrets.list_secrets, 1) == ["ok"]


def test_skip_and_times(sandbox: Sandbox, kms: Any) -> None:
    sandbox.add_fault(action="kms:ListKeys", kind="throttle", skip=2, times=2)
    assert outcomes(kms.list_keys, 6) == ["ok", "ok", "ThrottlingException", "ThrottlingException", "ok", "ok"]
    (rule,) = sandbox.faults()
    assert (rule["seen"], rule["applied"]) == (6, 2)


def test_match_looks_into_the_request(sandbox: Sandbox, kms: Any) -> None:
    sandbox.add_fault(action="kms:CreateKey", kind="server_error", match="kovan-updater")
    assert outcomes(lambda: kms.create_key(Description="staging kovan-watcher"), 1) == ["ok"]
    assert outcomes(lambda: kms.create_key(Description="staging kovan-updater"), 1) == ["KMSInternalException"]


def test_probability_repeats_itself(sandbox: Sandbox, kms: Any) -> None:
    seen = []
    for seed in (7, 7, 8):
        sandbox.remove_faults()
        sandbox.add_fault(action="kms:ListKeys", kind="throttle", probability=0.5, seed=seed)
        seen.append(outcomes(kms.list_keys, 60))
    assert seen[0] == seen[1] != seen[2]
    assert 15 <= seen[0].count("ThrottlingException") <= 45


def test_a_fault_can_be_taken_back(sandbox: Sandbox, kms: Any) -> None:
    first = sandbox.add_fault(action="kms:ListKeys", kind="throttle")
    sandbox.add_fault(action="kms:ListAliases", kind="throttle")
    sandbox.remove_faults(first)
    assert outcomes(kms.list_keys, 1) + outcomes(kms.list_aliases, 1) == ["ok", "ThrottlingException"]
    sandbox.remove_faults()
    assert outcomes(kms.list_aliases, 1) == ["ok"]
    with pytest.raises(SandboxError, match="no fault with id"):
        sandbox.remove_faults(first)


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ({"action": "CreateKey", "kind": "throttle"}, "'action' must be like"),
        ({"action": "kms:CreateKey", "kind": "explode"}, "'kind' must be one of throttle"),
        ({"action": "*", "kind": "throttle", "times": 0}, "'times' must be a whole number, 1 or more"),
        ({"action": "*", "kind": "throttle", "skip": -1}, "'skip' must be a whole number, 0 or more"),
        ({"action": "*", "kind": "throttle", "probability": 2}, "'probability' must be a number from 0 to 1"),
        ({"action": "*", "kind": "throttle", "match": 1}, "'match' must be a string"),
        ({"action": "*", "kind": "rewrite"}, "needs 'find'"),
        ({"action": "*", "kind": "throttle", "when": "now"}, "unknown field 'when'"),
    ],
)
def test_wrong_faults_are_refused(sandbox: Sandbox, fault: dict[str, Any], text: str) -> None:
    with pytest.raises(SandboxError, match=text):
        sandbox.add_fault(**fault)
    assert sandbox.faults() == []
