# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP as clients expect it, and the services that are left to moto."""

from __future__ import annotations

import http.client
import io
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest

from sandbox.client import Sandbox

HEADERS = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=SANDBOXKEYID7QZ4XW2V/20261120/us-west-2/kms/aws4_request, "
    "SignedHeaders=host, Signature=00",
    "X-Amz-Target": "TrentService.ListKeys",
    "Content-Type": "application/x-amz-json-1.1",
}


def address(sandbox: Sandbox) -> tuple[str, int]:
    parts = urlsplit(sandbox.url)
    return str(parts.hostname), int(parts.port or 0)


def test_connections_are_kept(sandbox: Sandbox) -> None:
    connection = http.client.HTTPConnection(*address(sandbox), timeout=10)
    connection.connect()
    first = connection.sock
    for _time in range(3):
        connection.request("POST", "/", b"{}", HEADERS)
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.getheader("Connection") == "keep-alive"
        assert b'"Keys"' in answer.read()
        assert connection.sock is first
    connection.request("POST", "/", b"{}", {**HEADERS, "Connection": "close"})
    answer = connection.getresponse()
    assert answer.getheader("Connection") == "close"
    answer.read()
    assert connection.sock is None
    connection.close()


def test_chunked_requests_are_read_to_their_end(sandbox: Sandbox) -> None:
    connection = http.client.HTTPConnection(*address(sandbox), timeout=10)
    for _time in range(2):
        chunks = iter([b'{"Description": ', b'"in chunks"}'])
        headers = {**HEADERS, "X-Amz-Target": "TrentService.CreateKey"}
        connection.request("POST", "/", chunks, headers, encode_chunked=True)
        answer = connection.getresponse()
        assert b'"Description": "in chunks"' in answer.read()
    connection.close()


def test_http_1_0_is_answered_and_closed(sandbox: Sandbox) -> None:
    with socket.create_connection(address(sandbox), timeout=10) as plain:
        plain.sendall(b"GET /sandbox/health HTTP/1.0\r\n\r\n")
        answer = b""
        while data := plain.recv(4096):
            answer += data
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"}")


def test_half_a_request_blocks_nobody_and_is_never_done(sandbox: Sandbox, kms: Any) -> None:
    head = "\r\n".join(f"{name}: {value}" for name, value in {**HEADERS, "Content-Length": "10"}.items())
    with socket.create_connection(address(sandbox), timeout=10) as plain:
        plain.sendall(f"POST / HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n{{}}".encode())
        assert kms.list_keys()["Keys"] == []
        plain.shutdown(socket.SHUT_WR)
        assert plain.recv(4096) == b""
    assert len(sandbox.log()) == 1


def test_requests_that_are_no_json_are_refused(sandbox: Sandbox) -> None:
    connection = http.client.HTTPConnection(*address(sandbox), timeout=10)
    connection.request("POST", "/", b"\xff{", {**HEADERS, "X-Amz-Target": "TrentService.DescribeKey"})
    answer = connection.getresponse()
    assert answer.status == 400
    assert b"ValidationException" in answer.read()
    connection.close()


def test_s3_goes_through_with_heads_and_odd_metadata(sandbox: Sandbox, aws: Any, refused: Any) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="proofs", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_object(Bucket="proofs", Key="a/b ä", Body=io.BytesIO(b"proof" * 1000), Metadata={"my_key": "v"})
    head = s3.head_object(Bucket="proofs", Key="a/b ä")
    assert (head["ContentLength"], head["Metadata"]) == (5000, {"my_key": "v"})
    assert s3.get_object(Bucket="proofs", Key="a/b ä")["Body"].read() == b"proof" * 1000
    with refused("404"):
        s3.head_object(Bucket="proofs", Key="missing")
    s3.delete_object(Bucket="proofs", Key="a/b ä")
    operations = [entry["operation"] for entry in sandbox.log()]
    assert operations == ["CreateBucket", "PutObject", "HeadObject", "GetObject", "HeadObject", "DeleteObject"]
    assert sandbox.log()[1]["resource"]["Path"].startswith("/proofs/a/b")


def test_a_bucket_may_have_the_name_of_the_control_interface(sandbox: Sandbox, aws: Any) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="sandbox", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_object(Bucket="sandbox", Key="log", Body=b"an object")
    assert s3.get_object(Bucket="sandbox", Key="log")["Body"].read() == b"an object"
    assert [entry["service"] for entry in sandbox.log()] == ["s3"] * 3


def test_every_answer_has_a_request_id(sandbox: Sandbox, kms: Any, secrets: Any, aws: Any) -> None:
    answers = [kms.list_keys(), secrets.list_secrets(), aws("sts").get_caller_identity(), aws("iam").list_users()]
    ids = [answer["ResponseMetadata"]["RequestId"] for answer in answers]
    assert all(ids)
    assert len(set(ids)) == len(ids)


def test_identities_and_accounts(sandbox: Sandbox, aws: Any, other_account: dict[str, str]) -> None:
    assert aws("sts").get_caller_identity()["Account"] == "123456789012"
    assert aws("sts", credentials=other_account).get_caller_identity()["Account"] == "222222222222"
    aws("kms", credentials=other_account).list_keys()
    assert sandbox.log(service="kms")[0]["account"] == "222222222222"


def test_the_last_use_of_an_access_key_is_noted(sandbox: Sandbox, aws: Any) -> None:
    iam = aws("iam")
    iam.create_user(UserName="signer")
    pair = iam.create_access_key(UserName="signer")["AccessKey"]
    credentials = {"aws_access_key_id": pair["AccessKeyId"], "aws_secret_access_key": pair["SecretAccessKey"]}
    aws("kms", credentials=credentials).list_keys()
    used = iam.get_access_key_last_used(AccessKeyId=pair["AccessKeyId"])
    assert used["AccessKeyLastUsed"]["ServiceName"] == "kms"


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("iam", "simulate_custom_policy", {"PolicyInputList": ["{}"], "ActionNames": ["kms:Sign"]}),
        ("secretsmanager", "validate_resource_policy", {"ResourcePolicy": "{}"}),
    ],
)
def test_what_moto_lacks_is_a_clear_error_that_nobody_retries(
    sandbox: Sandbox, aws: Any, refused: Any, service: str, operation: str, arguments: dict[str, Any]
) -> None:
    with refused("SandboxNotImplemented", f"The sandbox does not implement {service}:"):
        getattr(aws(service), operation)(**arguments)
    assert [entry["status"] for entry in sandbox.log()] == [400]
