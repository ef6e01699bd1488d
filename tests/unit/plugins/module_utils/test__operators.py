# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator's entry may be, and how a wrong one is refused."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._operators import (
    AccountWay,
    OidcWay,
    Operator,
    read_operators,
)

AGENTS = ["watcher", "updater"]
NETWORKS = ["kovan", "moonbasealpha"]


def read(*operators: Any) -> list[Operator]:
    return read_operators(list(operators), agents=AGENTS, networks=NETWORKS, own_account="111122223333")


def operator(**more: Any) -> dict[str, Any]:
    return {"name": "acme", "agents": ["watcher"], "iam_user": True, **more}


def test_a_user_for_all_networks() -> None:
    assert read(operator()) == [Operator("acme", ("watcher",), ("kovan", "moonbasealpha"))]


def test_a_role_for_another_account() -> None:
    way = {"account_id": "444455556666", "external_id": "acme-7f3a"}
    found = read(operator(iam_user=False, assume_role=way, networks=["kovan"]))
    assert found == [Operator("acme", ("watcher",), ("kovan",), AccountWay("444455556666", "acme-7f3a"))]


@pytest.mark.parametrize(
    "url", ["https://oidc.example.net/id/ABC", "oidc.example.net/id/ABC", "https://oidc.example.net/id/ABC/"]
)
def test_a_role_for_a_service_account(url: str) -> None:
    subject = "system:serviceaccount:bridge:watcher"
    found = read(operator(iam_user=None, oidc={"provider": url, "subject": subject}))
    assert found[0].way == OidcWay("oidc.example.net/id/ABC", subject, "sts.amazonaws.com")


def test_a_removed_operator_needs_a_name_only() -> None:
    assert read({"name": "acme", "state": "removed"}) == [Operator("acme", removed=True)]


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ("acme", "expected a dictionary with a name"),
        ({"agents": ["watcher"]}, "expected a dictionary with a name"),
        (operator(name="a b"), "agent_ops_operators names 'a b'; expected up to 32 letters"),
        (operator(name="x" * 33), "expected up to 32 letters"),
        (operator(agent=["watcher"]), "The operator acme has agent; expected only agents, assume_role"),
        (operator(agents=["validator"]), "names 'validator' in its agents; this environment has: watcher, updater"),
        (operator(agents="watcher"), "has the agents 'watcher'; expected a list of: watcher, updater"),
        (operator(agents=[]), "has the agents []; expected a list"),
        (operator(networks=["goerli"]), "names 'goerli' in its networks; this environment has: kovan, moonbasealpha"),
        (operator(iam_user=None), "has no way in; expected exactly one of iam_user"),
        (operator(oidc={"provider": "a", "subject": "b"}), "has iam_user and oidc; expected exactly one"),
        (operator(iam_user="yes"), "has iam_user 'yes'; expected true"),
        (operator(state="absent"), "has the state 'absent'; expected one of: present, removed"),
    ],
)
def test_a_wrong_entry_is_refused(entry: Any, text: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        read(entry)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("way", "text"),
    [
        ({"account_id": "*", "external_id": "acme-7f3a"}, "expected no wildcard: it would let strangers in"),
        ({"account_id": "444455556666"}, "expected a dictionary with account_id and external_id"),
        ({"account_id": 444455556666, "external_id": "acme-7f3a"}, "account_id 444455556666; expected text, in quotes"),
        ({"account_id": "4444", "external_id": "acme-7f3a"}, "expected 12 digits, in quotes"),
        ({"account_id": "444455556666", "external_id": "x"}, "external_id of 1 characters that AWS does not allow"),
        ({"account_id": "444455556666", "external_id": "a*b"}, "expected no wildcard"),
        ({"account_id": "111122223333", "external_id": "acme-7f3a"}, "which is the environment's own"),
        ({"account_id": "444455556666", "external_id": "ab", "arn": "x"}, "expected a dictionary with account_id"),
    ],
)
def test_another_account_is_named_exactly(way: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        read(operator(iam_user=None, assume_role=way))
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("way", "text"),
    [
        ({"provider": "https://oidc.example.net", "subject": "*"}, "expected no wildcard"),
        ({"provider": "https://oidc.example.net", "subject": "system:serviceaccount:bridge:*"}, "expected no wildcard"),
        ({"provider": "*", "subject": "system:x"}, "expected no wildcard"),
        ({"provider": "https://oidc.example.net", "subject": "${oidc.example.net:sub}"}, "expected no wildcard"),
        ({"provider": "https://oidc example", "subject": "system:x"}, "expected the provider's URL"),
        ({"provider": "https://oidc.example.net", "subject": ""}, "has an empty oidc.subject"),
        ({"provider": "https://oidc.example.net"}, "expected a dictionary with provider and subject"),
    ],
)
def test_a_subject_is_named_exactly(way: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        read(operator(iam_user=None, oidc=way))
    assert text in str(caught.value)


def test_an_operator_is_named_once() -> None:
    with pytest.raises(ValueError, match="names acme twice"):
        read(operator(), operator(name="Acme"))


def test_the_operators_are_a_list() -> None:
    with pytest.raises(ValueError, match=r"agent_ops_operators is \{\}; expected a list"):
        read_operators({}, agents=AGENTS, networks=NETWORKS)
