# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that cannot be right are refused before any key is touched, and say why."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.client import SECRET_ACCESS_KEY, Sandbox
from tests.module.kms_world import World, opened, wanted

KEY = wanted("staging-kovan-updater-signer")
NAME = KEY["name"]


def _without(field: str) -> dict[str, Any]:
    return {name: value for name, value in KEY.items() if name != field}


BAD_KEYS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "empty name": ([{**KEY, "name": ""}], "The key name '' is not allowed"),
    "space": ([{**KEY, "name": "staging kovan"}], "'staging kovan' is not allowed by AWS"),
    "colon": ([{**KEY, "name": "staging:kovan"}], "'staging:kovan' is not allowed by AWS"),
    "newline": ([{**KEY, "name": NAME + "\n"}], "is not allowed by AWS"),
    "umlaut": ([{**KEY, "name": "st\u00e4ging"}], "is not allowed by AWS"),
    "too long": ([{**KEY, "name": "s" * 251}], "expected 1 to 250"),
    "reserved": ([{**KEY, "name": "aws/s3"}], "alias/aws/ is reserved for AWS"),
    "twice": ([KEY, wanted("staging-kovan-relayer-signer"), KEY], f"The key {NAME} is in the set twice"),
    "no name": ([_without("name")], "name"),
    "no environment": ([_without("environment")], "environment"),
    "empty environment": ([{**KEY, "environment": ""}], "environment"),
    "no agent": ([_without("agent")], f"The key {NAME} has no agent"),
    "no purpose": ([_without("purpose")], f"The key {NAME} has no purpose"),
    "no description": ([_without("description")], f"The key {NAME} has no description"),
    "purpose": ([{**KEY, "purpose": "signing"}], "signer, attestation"),
}
BAD_OPTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "revive": (
        {"revive": ["staging-kovan-relayer-signer"]},
        "revive names 'staging-kovan-relayer-signer', which is not",
    ),
    "rate of nothing": ({"request_rates": {"CreateKeys": 5}}, "expected 0 or more requests a second for one of"),
    "rate of text": ({"request_rates": {"CreateKey": "fast"}}, "CreateKey is 'fast', expected a number"),
    "negative rate": ({"request_rates": {"CreateKey": -1}}, "CreateKey is -1; expected 0 or more"),
    "rate of nan": ({"request_rates": {"CreateKey": "nan"}}, "CreateKey is 'nan'"),
    "rate of infinity": ({"request_rates": {"CreateKey": "inf"}}, "CreateKey is 'inf'"),
    "state": ({"state": "gone"}, "present, absent"),
    "no region": ({"region": None}, "No AWS Region is given"),
}


@pytest.fixture
def world(sandbox: Sandbox, tmp_path: Path) -> Iterator[World]:
    yield from opened(sandbox, tmp_path)


@pytest.mark.parametrize("kind", BAD_KEYS)
def test_a_bad_key(world: World, kind: str) -> None:
    keys, told = BAD_KEYS[kind]
    result = world.fail(keys)
    assert told in result["msg"]
    assert world.log() == []


@pytest.mark.parametrize("kind", BAD_OPTIONS)
def test_a_bad_option(world: World, kind: str) -> None:
    arguments, told = BAD_OPTIONS[kind]
    result = world.fail([KEY], **arguments)
    assert told in result["msg"]
    assert world.writes() == []
    assert world.held_keys() == []


@pytest.mark.parametrize("policy", ["not json", "[]", '{"Version": "2012-10-17"}'])
def test_a_policy_that_kms_refuses(world: World, policy: str) -> None:
    result = world.fail([KEY], key_policy=policy)
    assert "MalformedPolicyDocumentException" in result["msg"]
    assert world.held_keys() == []


def test_no_credentials(world: World) -> None:
    begun = time.monotonic()
    result = world.fail([KEY], access_key=None, secret_key=None)
    assert "Unable to locate credentials. Nothing was read or written. Credentials are taken from" in result["msg"]
    assert time.monotonic() - begun < 15
    assert world.log() == []


def test_a_profile_that_is_not_there(world: World) -> None:
    result = world.fail([KEY], access_key=None, secret_key=None, environment={"AWS_PROFILE": "stagin"})
    assert "The config profile (stagin) could not be found. Expected: in AWS_PROFILE, the name of" in result["msg"]


def test_no_network(world: World) -> None:
    environment = {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": ""}
    result = world.fail([KEY], endpoint_url=None, environment=environment)
    assert "Nothing was read or written. Is this machine connected to the Internet" in result["msg"]


def test_an_endpoint_where_nothing_listens(world: World) -> None:
    begun = time.monotonic()
    result = world.fail([KEY], endpoint_url="http://127.0.0.1:9")
    assert "http://127.0.0.1:9" in result["msg"]
    assert "does not say who the caller is" in result["msg"]
    assert "Nothing was read or written. That is not AWS: is a sandbox running there" in result["msg"]
    assert time.monotonic() - begun < 15


def test_an_endpoint_that_speaks_no_tls(world: World) -> None:
    begun = time.monotonic()
    result = world.fail([KEY], endpoint_url=world.sandbox.url.replace("http:", "https:"))
    assert "SSL" in result["msg"]
    assert time.monotonic() - begun < 15


@pytest.mark.parametrize("secret", ["kovan", "staging-kovan-updater-signer", "updater"])
def test_a_secret_that_is_part_of_a_name(world: World, secret: str) -> None:
    result = world.fail([KEY], secret_key=secret)
    assert "The value of secret_key is part of" in result["msg"]
    assert world.log() == []


@pytest.mark.parametrize("secret", ["kms", "Enabled"])
def test_a_secret_that_is_part_of_what_every_row_says(world: World, secret: str) -> None:
    """Whatever is returned must be what AWS said, or nothing may be done at all."""
    result = world.run([KEY], secret_key=secret)
    rows = str(result.get("signing_keys"))
    assert result.get("failed") or ("***" not in rows and "NO_LOG" not in rows)


def test_the_secret_key_is_nowhere_in_the_output(world: World) -> None:
    for keys in ([KEY], [{**KEY, "name": ""}]):
        output = world.run(keys, diff=True).output
        assert SECRET_ACCESS_KEY not in output
    world.sandbox.add_fault(action="kms:*", kind="access_denied")
    assert SECRET_ACCESS_KEY not in world.fail([KEY]).output


def test_progress_that_cannot_be_told_does_not_stop_the_work(world: World, tmp_path: Path) -> None:
    result = world.run([KEY], progress_file=str(tmp_path / "no-such-folder" / "progress"))
    assert "Traceback" not in result.output
    assert result.actions == ["created"]


def test_long_work_is_announced(world: World, tmp_path: Path) -> None:
    progress = tmp_path / "progress"
    keys = [wanted(f"staging-kovan-agent{number}-signer") for number in range(41)]
    rates = {"CreateKey": 100, "CreateAlias": 200}
    world.succeed(keys, progress_file=str(progress), request_rates=rates)
    lines = progress.read_text(encoding="utf-8").splitlines()
    assert lines[0] == (
        "Creating 41 signing keys in us-west-2: about 1 s at AWS's rates. If this is interrupted, the next run takes up"
        " what is there"
    )
    assert lines[1:] == ["20 of 41 signing keys created", "40 of 41 signing keys created"]
    world.succeed(keys, progress_file=str(progress), request_rates=rates)
    assert progress.read_text(encoding="utf-8").splitlines() == lines
