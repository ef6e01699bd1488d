# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every filter once in a real playbook, by its full name, and its error as a user meets it."""

from __future__ import annotations

import ast
import importlib
import json
import re
import typing as t

import pytest
import yaml

# The unit test of nomad-xyz/keymaster, src/kms/util/aws-kms-utils.test.ts.
KEY = (
    "MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAE8t6K56n1lPsNOZq/tYY59D+4CWCh7XxuJXwR52TUdZ4Xc6LH7HuRO+xdDjoSvXrNGZ9i6G3j"
    "+Ds1v2dJ/BFEug=="
)
ADDRESS = "0xE94E130546485b928C9C9b9A5e69EB787172952e"
PEM = f"-----BEGIN PUBLIC KEY-----\n{KEY[:64]}\n{KEY[64:]}\n-----END PUBLIC KEY-----\n"
VARIABLES = {
    "key": KEY,
    "pem": PEM,
    "networks": {"moonbasealpha": {}, "kovan": None},
    "agents": {"updater": ["signer", "attestation"]},
}
NAMED = "interchain.agent_ops.environment_signing_keys(environment='staging', agents=agents"
EXPRESSIONS = {
    "base64": "{{ key | interchain.agent_ops.public_key_address }}",
    "pem": "{{ pem | interchain.agent_ops.public_key_address }}",
    "der": "{{ key | b64decode(encoding='latin-1') | unit_bytes | interchain.agent_ops.public_key_address }}",
    "checksum": "{{ '0xe94e130546485b928c9c9b9a5e69eb787172952e' | interchain.agent_ops.checksum_address }}",
    "names": f"{{{{ networks | {NAMED}) | map(attribute='name') }}}}",
    "problems": "{{ 'staging' | interchain.agent_ops.environment_problems(environments=['staging'], networks=['kovan'],"
    " agents=agents, protected=true, account_id='') }}",
}
BAD = {
    "bad_key": "{{ 'no key' | interchain.agent_ops.public_key_address }}",
    "bad_address": "{{ '0x12' | interchain.agent_ops.checksum_address }}",
    "bad_template": f"{{{{ networks | {NAMED}, template='{{environment}}') }}}}",
}
ERRORS = {
    "bad_key": "public_key_address: The public key is neither PEM, nor hex, nor base64 text",
    "bad_address": "checksum_address: '0x12' is not an Ethereum address: expected 0x and 40 hexadecimal digits",
    "bad_template": "The signing keys of staging cannot be named. Two keys get the name 'staging': updater signer on"
    " all networks and updater attestation on all networks.",
}
# Ansible has no filter that makes bytes; some other collections' lookups and filters return them.
BYTES_FILTER = """\
class FilterModule:
    def filters(self):
        return {"unit_bytes": lambda text: text.encode("latin-1")}
"""


# The examples of the documentation that say what comes out of them.
DOCUMENTED = ("checksum_address", "environment_signing_keys", "public_key_address")


def example(name: str) -> tuple[dict[str, t.Any], t.Any]:
    """Return the task of a filter's first example, and the result that the documentation promises."""
    text = importlib.import_module(f"ansible_collections.interchain.agent_ops.plugins.filter.{name}").EXAMPLES
    promised = re.search(r"^ *# -> (.*)$", text, re.MULTILINE)
    assert promised, text
    value = promised[1]
    task: dict[str, t.Any] = yaml.safe_load(text)[0]
    return {**task, "name": name}, ast.literal_eval(value) if value.startswith("[") else value


@pytest.fixture(scope="module")
def shown(
    tmp_path_factory: pytest.TempPathFactory, ansible_playbook: t.Callable[..., t.Any]
) -> dict[str, dict[str, t.Any]]:
    folder = tmp_path_factory.mktemp("filters")
    (folder / "filter_plugins").mkdir()
    (folder / "filter_plugins/unit_bytes.py").write_text(BYTES_FILTER, encoding="utf-8")
    tasks: list[dict[str, t.Any]] = [
        {"name": name, "ansible.builtin.debug": {"msg": text}, "ignore_errors": name in BAD}
        for name, text in {**EXPRESSIONS, **BAD}.items()
    ]
    tasks += [example(name)[0] for name in DOCUMENTED]
    done = ansible_playbook(folder, tasks, **VARIABLES)
    found = re.findall(
        r"^TASK \[(\w+)\].*?^(?:ok|fatal): \[localhost\](?:: FAILED!)? => (\{.*?\})\n(?:\.\.\.ignoring\n)?(?:\n|\Z)",
        done.stdout,
        re.DOTALL | re.MULTILINE,
    )
    assert [name for name, _result in found] == [*EXPRESSIONS, *BAD, *DOCUMENTED], done.stdout + done.stderr
    return {name: json.loads(result) for name, result in found}


@pytest.mark.parametrize("name", ["base64", "pem", "der", "checksum"])
def test_addresses(shown: dict[str, dict[str, t.Any]], name: str) -> None:
    assert shown[name]["msg"] == ADDRESS


def test_names(shown: dict[str, dict[str, t.Any]]) -> None:
    assert shown["names"]["msg"] == [
        f"staging-{network}-updater-{purpose}"
        for network in ("moonbasealpha", "kovan")
        for purpose in ("signer", "attestation")
    ]


def test_problems(shown: dict[str, dict[str, t.Any]]) -> None:
    (problem,) = shown["problems"]["msg"]
    assert "its AWS account is not pinned" in problem


@pytest.mark.parametrize("name", BAD)
def test_errors_reach_the_user_with_their_text(shown: dict[str, dict[str, t.Any]], name: str) -> None:
    assert ERRORS[name] in shown[name]["msg"]
    assert "Traceback" not in shown[name]["msg"]


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_documented_example_gives_what_the_documentation_says(
    shown: dict[str, dict[str, t.Any]], name: str
) -> None:
    assert shown[name]["msg"] == example(name)[1]
