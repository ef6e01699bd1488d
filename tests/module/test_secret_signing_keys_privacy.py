# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""secret_signing_keys: no private key and nothing of bad contents is shown; the permissions are the documented ones."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.interchain.agent_ops.plugins.modules import secret_signing_keys

from sandbox.client import ACCOUNT_ID, Sandbox
from tests.module.conftest import ROOT, RunModule
from tests.module.hex_keys import (
    MODULE,
    NAME,
    OTHER,
    PLANTED,
    SECOND,
    address,
    betrayed,
    contents,
    every_version,
    last_request,
    plant,
    private_keys,
    traces,
    wanted,
    writes,
)

MARK = "3f1e9c0b7a5d2846"
"""Stands in bad contents for whatever somebody may have put there."""

ORDER = "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"


def without(field: str) -> str:
    return json.dumps({name: value for name, value in good().items() if name != field})


def good(**changes: Any) -> dict[str, Any]:
    """Contents for the name that the case gets, unless changed."""
    return contents(**{"network": "CASE", **changes})


BAD = {
    "not JSON": (f'{{"private_key": "{PLANTED}", {MARK}', "does not hold a JSON object"),
    "not an object": (json.dumps([MARK, PLANTED]), "does not hold a JSON object"),
    "only the key": (PLANTED, "does not hold a JSON object"),
    "too deep": ("[" * 20000 + MARK, "does not hold a JSON object"),
    "a number without end": (MARK.translate(str.maketrans("abcdef", "123456")) * 400, "does not hold a JSON object"),
    "no key": (without("private_key"), "lacks the field private_key"),
    "no address": (without("address"), "lacks the field address"),
    "no network": (without("network"), "lacks the field network"),
    "short key": (json.dumps({**good(), "private_key": PLANTED[:-1]}), "is not 0x and 64 hexadecimal digits"),
    "key without 0x": (json.dumps({**good(), "private_key": PLANTED[2:]}), "is not 0x and 64 hexadecimal digits"),
    "key with a line end": (json.dumps({**good(), "private_key": PLANTED + "\n"}), "is not 0x and 64 hexadecimal"),
    "key as a number": (json.dumps({**good(), "private_key": int(PLANTED, 16)}), "is not 0x and 64 hexadecimal"),
    "key of zero": (json.dumps({**good(), "private_key": "0x" + "0" * 64}), "from 1 to the order"),
    "key of the order": (json.dumps({**good(), "private_key": ORDER}), "from 1 to the order"),
    "address of another key": (json.dumps(good(address=address(SECOND))), "does not belong to its private key"),
    "no address at all": (json.dumps(good(address=MARK)), "is not an Ethereum address"),
    "address as a number": (json.dumps(good(address=7)), "is not an Ethereum address"),
    "another environment": (json.dumps(good(environment=MARK)), "another environment. Expected: 'development'"),
    "another network": (json.dumps(good(network=MARK)), "another network. Expected: 'case"),
    "network null": (json.dumps(good(network=None)), "another network. Expected: 'case"),
    "another agent": (json.dumps(good(agent=MARK)), "another agent. Expected: 'updater'"),
    "another purpose": (json.dumps(good(purpose=MARK)), "another purpose. Expected: 'signer'"),
}


def test_bad_contents_are_named_and_not_shown(hex_keys: RunModule, sandbox: Sandbox, secrets: Any) -> None:
    names = {case: f"development-case{index}-updater-signer" for index, case in enumerate(BAD)}
    arns = {
        case: plant(secrets, names[case], text.replace("CASE", names[case].split("-")[1]))
        for case, (text, _problem) in BAD.items()
    }
    held, before = every_version(secrets), last_request(sandbox)
    result = hex_keys(*(wanted(name) for name in names.values()), wanted(), diff=True)
    assert result.actions == ["failed"] * len(BAD) + ["created"]
    for case, (text, problem) in BAD.items():
        for part in (names[case], arns[case], problem, "Nothing of it is shown here"):
            assert part in result.rows[names[case]]["error"], case
        assert text[:40] not in result.output, case
    assert [trace for trace in (MARK, *traces(PLANTED)) if trace in result.output] == []
    assert "Traceback" not in result.output
    assert writes(sandbox, before) == ["CreateSecret"]
    assert {place: text for place, text in every_version(secrets).items() if place[0] != NAME} == held


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({}, "has no value with the label AWSCURRENT"),
        ({"SecretBinary": PLANTED.encode()}, "does not hold a JSON object"),
    ],
)
def test_secrets_without_text(value: dict[str, Any], problem: str, hex_keys: RunModule, secrets: Any) -> None:
    arn = secrets.create_secret(Name=NAME, **value)["ARN"]
    result = hex_keys()
    assert result.actions == ["failed"]
    for part in (NAME, arn, problem):
        assert part in result.rows[NAME]["error"]
    assert betrayed(result.output, PLANTED) == []


PLAY = [
    {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": sys.executable, "key": wanted(), "bad": wanted(OTHER)},
        "tasks": [
            {
                "name": name,
                "interchain.agent_ops.secret_signing_keys": {
                    "signing_keys": ["{{ key }}", "{{ bad }}"],
                    "debug_botocore_endpoint_logs": True,
                    **arguments,
                },
                "register": "made",
                "ignore_errors": True,
                **more,
            }
            for name, arguments, more in (
                ("Plan", {}, {"check_mode": True}),
                ("Create", {}, {}),
                ("Look again", {}, {}),
                ("Rotate", {"rotate": [NAME]}, {}),
                ("Rotate away", {"rotate": [NAME]}, {}),
            )
        ]
        + [{"name": "Show", "ansible.builtin.debug": {"var": "made", "verbosity": 0}}],
    }
]


def test_the_most_talkative_playbook_shows_no_key(
    environment: dict[str, str], sandbox: Sandbox, secrets: Any, tmp_path: Path
) -> None:
    plant(secrets, OTHER, json.dumps({**contents(SECOND, OTHER), "agent": MARK}))
    playbook = tmp_path / "play.yml"
    playbook.write_text(yaml.safe_dump(PLAY), encoding="utf-8")
    talkative = {
        **environment,
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
        "ANSIBLE_DISPLAY_TRACEBACK": "always",
        "ANSIBLE_KEEP_REMOTE_FILES": "1",
        "ANSIBLE_LOCALHOST_WARNING": "0",
        "ANSIBLE_LOG_PATH": str(tmp_path / "log"),
        "ANSIBLE_REMOTE_TMP": str(tmp_path / "remote"),
        "LC_ALL": "C.UTF-8",
    }
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-vvv", "--diff", "-i", "localhost,"]
    done = subprocess.run([*command, str(playbook)], env=talkative, cwd=tmp_path, capture_output=True, check=False)
    said = (done.stdout + done.stderr).decode()
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    texts = [said, *(content.decode("latin-1") for content in files.values())]

    held = sorted(set(private_keys(secrets)))
    assert len(held) == 4, "a created key, two that it was rotated to, and the planted one"
    for key in held:
        shown = [trace for text in texts for trace in betrayed(text, key)]
        assert shown == [], "a private key was shown"
        # The output is not just short: what may be known of the keys is in it.
        assert address(key) in said
    assert MARK not in said
    assert "was made for another agent" in said
    assert "Traceback" in said
    assert "resource_actions" in said
    assert (tmp_path / "log").stat().st_size > len(said) / 2


@pytest.mark.parametrize(
    "encode",
    [
        lambda key: key,
        lambda key: key[2:].upper(),
        lambda key: str(int(key, 16)),
        lambda key: base64.b64encode(bytes.fromhex(key[2:])).decode(),
        lambda key: base64.b64encode(key.encode()).decode(),
        lambda key: f"{key[:40]}\n{key[40:]}",
    ],
)
def test_the_search_for_keys_finds_them(encode: Any) -> None:
    assert betrayed(f"msg: {encode(PLANTED)} end", PLANTED)
    assert not betrayed(f"msg: {encode(SECOND)} end", PLANTED)


def test_the_documented_permissions_are_those_that_the_log_shows(
    hex_keys: RunModule, sandbox: Sandbox, secrets: Any
) -> None:
    plant(secrets, OTHER, json.dumps(contents(SECOND, OTHER)), Description="", Tags=[])
    start = last_request(sandbox)
    hex_keys(wanted(), wanted(OTHER), account_id=ACCOUNT_ID)
    hex_keys(rotate=[NAME])
    hex_keys(state="absent")
    hex_keys(revive=[NAME])
    used = {f"{entry['service']}:{entry['operation']}" for entry in sandbox.log(after=start)}
    notes = " ".join(yaml.safe_load(secret_signing_keys.DOCUMENTATION)["notes"])
    assert set(re.findall(r"C\((\w+:\w+)\)", notes)) == used


def test_the_module_is_documented_option_by_option() -> None:
    documented = yaml.safe_load(secret_signing_keys.DOCUMENTATION)
    assert documented["module"] == MODULE
    example = yaml.safe_load(secret_signing_keys.EXAMPLES)
    assert all("interchain.agent_ops.secret_signing_keys" in task for task in example)
