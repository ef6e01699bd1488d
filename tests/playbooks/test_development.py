# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Development keeps hex keys in Secrets Manager. Nothing that a run prints or writes may hold one."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import boto3

from sandbox.client import Sandbox
from tests.playbooks.conftest import Play, Report

DEVELOPMENT = ("development", "sandbox")


def private_keys(aws: Sandbox) -> dict[str, int]:
    client = boto3.client("secretsmanager", **aws.boto3_arguments())
    names = [secret["Name"] for secret in client.list_secrets(MaxResults=100)["SecretList"]]
    contents = {name: json.loads(client.get_secret_value(SecretId=name)["SecretString"]) for name in names}
    return {name: int(content["private_key"], 16) for name, content in contents.items()}


def forms(key: int) -> set[str]:
    raw = key.to_bytes(32, "big")
    return {
        raw.hex(),
        raw.hex().upper(),
        str(key),
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
    }


def test_hex_keys_are_made_and_are_nowhere_but_in_their_secrets(
    play_keys: Play, report: Report, aws: Sandbox, tmp_path: Path
) -> None:
    loud = ("-vvv", "--diff")
    outputs = [play_keys(*DEVELOPMENT, options=loud, paced=True).output, play_keys(*DEVELOPMENT, options=loud).output]
    rotated = json.dumps({"signing_keys_rotate": "all", "signing_keys_rotation_id": "spring"})
    before = private_keys(aws)
    outputs.append(play_keys(*DEVELOPMENT, options=(*loud, "-e", rotated)).output)
    assert "Creating 14 signing keys in us-west-2: about 1 s at AWS's rates" in outputs[0]
    assert "14 keys: 14 created" in outputs[0]
    assert "14 keys: 14 unchanged" in outputs[1]
    assert "14 keys: 14 rotated" in outputs[2]
    after = private_keys(aws)
    assert len(before) == len(after) == 14
    assert set(before.values()).isdisjoint(after.values())
    assert set(report("development")) == set(after)
    written = [path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file()]
    assert written
    everything = "\n".join((*outputs, *written, json.dumps(aws.log())))
    for key in (*before.values(), *after.values()):
        assert not [form for form in forms(key) if form in everything]


def test_the_same_rotation_is_never_done_twice(play_keys: Play, aws: Sandbox) -> None:
    assert play_keys(*DEVELOPMENT, options=("--limit", "kovan")).code == 0
    name = "development-kovan-relayer-signer"
    rotate = (
        "--limit",
        "kovan",
        "-e",
        json.dumps({"signing_keys_rotate": [name], "signing_keys_rotation_id": "spring"}),
    )
    first = play_keys(*DEVELOPMENT, options=rotate)
    assert "7 keys: 6 unchanged, 1 rotated" in first.output
    assert f"The address of {name} was" in first.told
    key = private_keys(aws)[name]
    assert "7 keys: 7 unchanged" in play_keys(*DEVELOPMENT, options=rotate).output
    assert private_keys(aws)[name] == key
