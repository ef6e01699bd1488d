# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans: the same text for the same plan, another for any change; and arguments that may not be in one."""

from __future__ import annotations

import hashlib
import re
import typing as t
from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils import _deployment_plan as plans
from ansible_collections.interchain.agent_ops.plugins.module_utils._deployment_secrets import looks_like

NOW = datetime(2026, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)
BODY: dict[str, t.Any] = {
    "environment": "staging",
    "component": "contracts",
    "networks": ["kovan"],
    "command": ["deploy", "\u202egnp.exe"],
    "commit": "a" * 40,
    "inputs": [{"path": "a.json", "sha256": "1"}, {"path": "b.json", "sha256": "2"}],
}


def made(**changes: t.Any) -> str:
    options = {"now": NOW, "minutes": 60, "nonce": "n", **changes}
    return plans.plan_text(plans.complete({**BODY, **options.pop("body", {})}, **options))


def test_a_plan_is_its_text_and_its_name_the_hash_of_that() -> None:
    text = made()
    assert text == made()
    name = plans.plan_name(text)
    assert name == hashlib.sha256(text.encode()).hexdigest()
    plan = plans.parse_plan(text.encode(), name)
    assert plan["created"] == "2026-05-06T07:08:09Z"
    assert plan["expires"] == "2026-05-06T08:08:09Z"
    assert plans.lasting_minutes(plan) == 60
    assert plans.changes(plan, BODY) == []
    # What is signed is what is seen.
    assert text.isascii()
    assert "\\u202e" in text


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": "m"},
        {"minutes": 61},
        {"now": NOW + timedelta(seconds=1)},
        *({"body": {field: "x"}} for field in BODY),
    ],
)
def test_any_change_is_another_plan(change: dict[str, t.Any]) -> None:
    assert plans.plan_name(made(**change)) != plans.plan_name(made())


def test_a_file_that_was_changed_is_no_plan() -> None:
    text = made()
    name = plans.plan_name(text)
    for other in (text.replace("kovan", "goerli"), text + " ", text[:-1]):
        with pytest.raises(ValueError, match="is not the file that it was"):
            plans.parse_plan(other.encode(), name)
    old = text.replace(plans.FORMAT, "another")
    with pytest.raises(ValueError, match="has the format 'another'; expected 'interchain"):
        plans.parse_plan(old.encode(), plans.plan_name(old))


def test_what_is_not_as_the_plan_says_is_named() -> None:
    text = made()
    plan = plans.parse_plan(text.encode(), plans.plan_name(text))
    inputs = [{"path": "b.json", "sha256": "3"}, {"path": "c.json", "sha256": "4"}]
    assert plans.changes(plan, {**BODY, "inputs": inputs}) == ["input a.json", "input b.json", "input c.json"]
    assert plans.changes(plan, {**BODY, "commit": "b", "networks": []}) == ["commit", "networks"]
    assert plans.changes(plan, {**BODY, "more": 1}) == ["more"]


def test_a_plan_expires_to_the_second() -> None:
    text = made()
    plan = plans.parse_plan(text.encode(), plans.plan_name(text))
    end = datetime(2026, 5, 6, 8, 8, 9, tzinfo=UTC)
    assert not plans.expired(plan, end - timedelta(microseconds=1))
    assert plans.expired(plan, end)


@pytest.mark.parametrize("minutes", [0, -1, 10_081, "60", True, None])
def test_how_long_a_plan_holds_has_bounds(minutes: t.Any) -> None:
    with pytest.raises(ValueError, match=r"deployment_expiry_minutes is .*; expected 1 to 10080 \(a week\)"):
        plans.read_expiry(minutes)
    assert plans.read_expiry(1) == 1


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (None, "deployment_command is not set; expected a list, the program and each of its arguments"),
        ("deploy --all", "deployment_command is a text that is not right here; expected a list"),
        ([], "expected a list"),
        (["deploy", 3000], "Argument 1 of deployment_command is neither text nor list; expected text, in quotes"),
        ([""], "Argument 0 of deployment_command is a text that is not right here"),
        (["a", "b\0c"], "Argument 1 of deployment_command is a text that is not right here"),
    ],
)
def test_a_command_is_a_list_of_texts(command: t.Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        plans.read_command(command)


KEY = "c0ffee" * 10 + "abcd"


@pytest.mark.parametrize(
    ("argument", "what"),
    [
        (KEY, "a private key"),
        (f"--private-key=0x{KEY.upper()}", "a private key"),
        ("-----BEGIN EC PRIVATE KEY-----\nMHc", "a private key"),
        ("AKIA" + "Q7" * 8, "an AWS access key"),
        ("abandon " * 11 + "about", "a mnemonic"),
        ("--mnemonic=" + "abandon " * 23 + "art", "a mnemonic"),
        ("cast send --mnemonic '" + "abandon  " * 11 + "about' 0x11", "a mnemonic"),
        ("registry/agent@sha256:" + KEY, ""),
        (f"--key=sha256:x,{KEY}", "a private key"),
        ("0x" + "00" * 12 + "11" * 20, ""),
        ("deploy the new contracts to the test network, and say what it did then", ""),
        ("https://user:pass@rpc.example.org", "a URL with credentials"),
        ("--rpc=wss://kovan.infura.io/ws/v3/0123456789abcdef0123456789abcdef", "a URL with credentials"),
        ("https://rpc.example.org/?apikey=x", "a URL with credentials"),
        ("https://rpc.example.org/?x=0123456789abcdef0123", "a URL with credentials"),
        ("http://[broken", "a URL with credentials"),
        ("https://rpc.example.org:8545/kovan", ""),
        ("http://127.0.0.1:8545", ""),
        ("0x" + "11" * 20, ""),
        ("0x99a88ec4" + "00" * 64, ""),
        ("a" * 40, ""),
        ("--network", ""),
    ],
)
def test_a_secret_is_no_argument_and_is_not_repeated(argument: str, what: str) -> None:
    assert looks_like(argument) == what
    if not what:
        assert plans.read_command(["deploy", argument]) == ["deploy", argument]
        return
    with pytest.raises(ValueError, match=f"Argument 1 of deployment_command looks like {what}, and") as caught:
        plans.read_command(["deploy", argument])
    assert argument not in str(caught.value)


@pytest.mark.parametrize(
    ("component", "agent", "networks", "message"),
    [
        (
            "bridge",
            "",
            ["kovan"],
            "deployment_component is 'bridge'; expected one of: contracts, upgrade_beacon, agents",
        ),
        (
            "",
            "",
            ["kovan"],
            "deployment_component is not set; expected one of: contracts, upgrade_beacon, agents. What",
        ),
        ("contracts", "updater", ["kovan"], "deployment_agent is 'updater', and deployment_component contracts"),
        ("agents", "kathy", ["kovan"], "deployment_agent is 'kathy'; this environment has: updater, watcher"),
        ("agents", "", [], "deployment_networks is []; expected a list of: kovan, goerli"),
        ("agents", "", "kovan", "deployment_networks is 'kovan'; expected a list"),
        ("agents", "", ["mainnet"], "deployment_networks names 'mainnet'; this environment has: kovan, goerli"),
    ],
)
def test_a_target_that_is_not_there_is_refused(component: str, agent: str, networks: t.Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        plans.read_target(component, agent, networks, agents=["updater", "watcher"], known=["kovan", "goerli"])


def test_a_target() -> None:
    known: dict[str, t.Any] = {"agents": ["updater", "watcher"], "known": ["kovan", "goerli"]}
    assert plans.read_target("agents", "", ["kovan", "kovan"], **known) == ("agents", ["updater", "watcher"], ["kovan"])
    assert plans.read_target("agents", "watcher", ["goerli"], **known) == ("agents", ["watcher"], ["goerli"])
    assert plans.read_target("contracts", "", ["kovan"], **known) == ("contracts", [], ["kovan"])
