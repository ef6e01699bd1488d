# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control interface itself, and the reset."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from sandbox.client import Sandbox, SandboxError, environment_without_aws


def ask(sandbox: Sandbox, method: str, path: str, body: bytes | None = None) -> tuple[int, str, Any]:
    request = urllib.request.Request(f"{sandbox.url}{path}", data=body, method=method)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.status, answer.headers["Content-Type"], json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], json.load(error)


@pytest.mark.parametrize(
    ("method", "path", "body", "text"),
    [
        ("GET", "/sandbox/nothing", None, "there is no /sandbox/nothing; there are faults, health,"),
        ("POST", "/sandbox/health", b"{}", "/sandbox/health takes GET, not POST"),
        ("PUT", "/sandbox/settings", b"{", "the request's body is not JSON"),
        ("PUT", "/sandbox/settings", b"[]", "must be a JSON object"),
        ("GET", "/sandbox/log?after=x", None, "'after' must be a number, not 'x'"),
        ("GET", "/sandbox/log?since=1", None, "the log takes after, service and operation, not 'since'"),
        ("DELETE", "/sandbox/faults?id=99", None, "there is no fault with id 99"),
        ("POST", "/sandbox/release", b'{"all": true}', "release takes 'request' and 'fault', not 'all'"),
        ("POST", "/sandbox/release", b'{"request": "1"}', "'request' must be a number"),
        ("POST", "/sandbox/plant/alias", b"{}", "'alias' must be given, as a string"),
        ("POST", "/sandbox/plant/alias", b'{"alias": "x"}', "must start with the prefix"),
        ("POST", "/sandbox/plant/alias", b'{"alias": "alias/x", "region": "mars"}', "There is no region mars"),
        ("POST", "/sandbox/plant/key-material", b'{"key_id": "x"}', "Invalid keyId x"),
    ],
)
def test_errors_are_json_with_a_clear_text(
    sandbox: Sandbox, method: str, path: str, body: bytes | None, text: str
) -> None:
    status, content_type, answer = ask(sandbox, method, path, body)
    assert (status, content_type) == (400, "application/json")
    assert list(answer) == ["error"]
    assert text in answer["error"]


def test_planting_says_what_cannot_be_planted(sandbox: Sandbox, new_key: Any) -> None:
    sandbox.plant_alias("alias/a", account="222222222222", region="eu-west-1")
    sandbox.plant_alias("alias/a")
    with pytest.raises(SandboxError, match="alias/a exists already"):
        sandbox.plant_alias("alias/a")
    with pytest.raises(SandboxError, match="has origin AWS_KMS, not EXTERNAL"):
        sandbox.import_key_material(new_key())
    external = new_key(Origin="EXTERNAL")
    sandbox.import_key_material(external)
    with pytest.raises(SandboxError, match="is Enabled, not PendingImport"):
        sandbox.import_key_material(external)


def test_a_reset_makes_everything_new(
    sandbox: Sandbox, kms: Any, secrets: Any, aws: Any, other_account: dict[str, str], new_key: Any
) -> None:
    kms.create_alias(AliasName="alias/a", TargetKeyId=new_key())
    aws("kms", credentials=other_account).create_key()
    secrets.create_secret(Name="s", SecretString="one")
    aws("iam").create_user(UserName="u")
    aws("s3").create_bucket(Bucket="proofs", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    sandbox.change_settings(latency_seconds=0.01, rates_enabled=True, rates={"kms:CreateKey": 1})
    sandbox.add_fault(action="kms:CreateKey", kind="throttle")
    sandbox.reset()
    settings = sandbox.settings()
    assert (settings["latency_seconds"], settings["rates_enabled"], settings["rates"]["kms:CreateKey"]) == (0, False, 5)
    assert sandbox.faults() == sandbox.log() == sandbox.held() == []
    assert kms.list_keys()["Keys"] == []
    assert all(alias["AliasName"].startswith("alias/aws/") for alias in kms.list_aliases()["Aliases"])
    assert secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"] == []
    assert aws("iam").list_users()["Users"] == []
    assert aws("s3").list_buckets()["Buckets"] == []
    new_key()


def test_the_environment_points_sdks_here_and_nowhere_else(sandbox: Sandbox) -> None:
    assert sandbox.environment("eu-west-1")["AWS_ENDPOINT_URL"] == sandbox.url
    assert sandbox.environment("eu-west-1")["AWS_REGION"] == "eu-west-1"
    assert environment_without_aws({"AWS_PROFILE": "real", "PATH": "/bin"}) == {"PATH": "/bin"}
