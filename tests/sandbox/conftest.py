# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One sandbox for all of these tests, as new before each of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.client import REGION, Sandbox
from tests.sandbox.people import People

Aws = Callable[..., Any]
Refused = Callable[..., AbstractContextManager[None]]


@pytest.fixture(scope="session")
def server() -> Iterator[Sandbox]:
    with Sandbox.start() as started:
        yield started


@pytest.fixture(scope="session")
def aws(server: Sandbox) -> Iterator[Aws]:
    """Clients that try once: ``aws("kms")``, ``aws("kms", region="eu-west-1", credentials=..., checked=False)``."""
    session = boto3.session.Session()
    clients: dict[tuple[object, ...], Any] = {}

    def client(
        service: str, *, region: str = REGION, credentials: dict[str, str] | None = None, checked: bool = True
    ) -> Any:
        place = (service, region, checked, *(credentials or {}).values())
        if place not in clients:
            config = Config(
                retries={"total_max_attempts": 1, "mode": "standard"},
                parameter_validation=checked,
                max_pool_connections=40,
                read_timeout=20,
            )
            arguments = {**server.boto3_arguments(region), **(credentials or {})}
            clients[place] = session.client(service, config=config, **arguments)
        return clients[place]

    yield client
    for one in clients.values():
        one.close()


@pytest.fixture
def sandbox(server: Sandbox) -> Sandbox:
    server.reset()
    return server


@pytest.fixture
def kms(sandbox: Sandbox, aws: Aws) -> Any:
    return aws("kms")


@pytest.fixture
def raw_kms(sandbox: Sandbox, aws: Aws) -> Any:
    """A client that sends what it is told: what is wrong must be found by the server."""
    return aws("kms", checked=False)


@pytest.fixture
def secrets(sandbox: Sandbox, aws: Aws) -> Any:
    return aws("secretsmanager")


@pytest.fixture
def tagging(sandbox: Sandbox, aws: Aws) -> Any:
    return aws("resourcegroupstaggingapi")


@pytest.fixture
def new_key(kms: Any) -> Callable[..., str]:
    """Makes a key, by default one of the kind that signs for Ethereum; its id."""

    def make(**arguments: Any) -> str:
        wanted = {"KeySpec": "ECC_SECG_P256K1", "KeyUsage": "SIGN_VERIFY", **arguments}
        given = {name: value for name, value in wanted.items() if value is not None}
        return str(kms.create_key(**given)["KeyMetadata"]["KeyId"])

    return make


@pytest.fixture
def people(sandbox: Sandbox, aws: Aws) -> People:
    """With IAM enforced for them. Whoever is not one of them is the administrator."""
    sandbox.change_settings(iam_enforced=True)
    return People(aws)


@pytest.fixture
def other_account(sandbox: Sandbox, aws: Aws) -> dict[str, str]:
    """Credentials of account 222222222222."""
    answer = aws("sts").assume_role(RoleArn="arn:aws:iam::222222222222:role/visitor", RoleSessionName="visitor")
    found = answer["Credentials"]
    return {
        "aws_access_key_id": found["AccessKeyId"],
        "aws_secret_access_key": found["SecretAccessKey"],
        "aws_session_token": found["SessionToken"],
    }


@pytest.fixture
def refused() -> Refused:
    """``with refused("NotFoundException", "is not found"):`` what is in it must fail with this code and text."""

    @contextmanager
    def expect(code: str, text: str = "") -> Iterator[None]:
        with pytest.raises(ClientError) as caught:
            yield
        error = caught.value.response["Error"]
        assert error["Code"] == code, error
        assert re.search(text, error["Message"]), error

    return expect
