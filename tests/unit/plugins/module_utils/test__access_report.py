# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The access matrix as people read it, at the widths that terminals and job logs have."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_capabilities import KMS, LETTERS, SECRETS
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_report import (
    Table,
    as_json,
    as_markdown,
    cell,
    legend,
    sentence,
    table_lines,
    terminal_report,
)

FACTS = {"environment": "staging", "account_id": "111122223333", "endpoint_url": "https://iam.amazonaws.com"}
AWS, SANDBOX = {**FACTS, "sandbox": False}, {**FACTS, "endpoint_url": "http://127.0.0.1:5555", "sandbox": True}
USE = ("sign", "public_key")
ADMINISTERS = ("create_alias", "update_alias", "delete_alias", "schedule_key_deletion", "disable_key", "tag_resource")
AGENTS = (("watcher", "signer"), ("watcher", "attestation"), ("updater", "signer"), ("updater", "attestation"))
AGENTS += (("processor", "signer"), ("relayer", "signer"), ("kathy", "signer"))
PEOPLE = {
    "nomad-signer-staging": ("user", "signer"),
    "nomad-keymaster-staging": ("user", "additional"),
    "kms-admin": ("user", "admin"),
    "nomad-operator-acme-staging": ("user", "operator"),
    "nomad-operator-chorus-staging": ("role", "operator"),
}


def row(principal: str, key: str, *held: str, capabilities: t.Any = KMS, **more: t.Any) -> dict[str, t.Any]:
    answers = {one.name: "yes" if one.name in held else "no" for one in capabilities}
    arn = f"arn:aws:iam::111122223333:user/{principal}"
    given = {"principal": principal, "arn": arn, "key": key, "unexpected": [], "missing": [], **more}
    return {**answers, **given}


def principal(name: str, kind: str = "user", duty: str = "other", **more: t.Any) -> dict[str, t.Any]:
    arn = f"arn:aws:iam::111122223333:user/{name}"
    given = {"name": name, "arn": arn, "kind": kind, "duty": duty, "operator": None}
    return {**given, "administrator": False, "named": False, **more}


def resource(name: str, network: str | None = None, agent: str | None = None, **more: t.Any) -> dict[str, t.Any]:
    given = {"name": name, "network": network, "agent": agent, "purpose": "signer", "environment": "staging"}
    return {**given, "wanted": True, "arn": f"arn:of:{name}", "error": None, **more}


def report(
    principals: t.Sequence[t.Any], resources: t.Sequence[t.Any], matrix: t.Sequence[t.Any], *differences: t.Any
) -> dict[str, t.Any]:
    return {
        "matrix": list(matrix),
        "principals": list(principals),
        "resources": list(resources),
        "differences": list(differences),
        "not_read": ["Service control policies."],
    }


def environment(networks: int) -> dict[str, t.Any]:
    """Five principals, and seven keys a network with the bank's: 2 networks are the documented staging."""
    keys = [
        resource(f"staging-network{number:02}-{agent}-{purpose}", f"network{number:02}", agent, purpose=purpose)
        for number in range(networks)
        for agent, purpose in AGENTS
    ]
    keys.append(resource("staging-bank", None, "bank"))
    people = [principal(name, kind, duty) for name, (kind, duty) in PEOPLE.items()]
    rows = []
    for key in keys:
        agent = key["agent"]
        rows += [
            row("nomad-signer-staging", key["name"], *(USE if agent != "bank" else ())),
            row("nomad-keymaster-staging", key["name"], *(USE if agent == "bank" else ())),
            row("kms-admin", key["name"], *ADMINISTERS),
            row("nomad-operator-acme-staging", key["name"], *(USE if agent == "watcher" else ())),
            row("nomad-operator-chorus-staging", key["name"], *(USE if key["network"] == "network00" else ())),
        ]
    return report(people, keys, rows)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (None, "-"),
        (row("p", "k"), "-"),
        (row("p", "k", *USE), "SP"),
        (row("p", "k", *ADMINISTERS, "public_key"), "PA"),
        (row("p", "k", "tag_resource"), "A"),
        (row("p", "k", "create_grant", *USE), "SPC"),
        (row("p", "k", "sign", unexpected=["sign"]), "S!"),
        (row("p", "k", *USE, "put_key_policy", unexpected=["put_key_policy"]), "SPC!"),
        (row("p", "k", missing=list(USE)), "xSxP"),
        (row("p", "k", "sign", missing=["public_key"]), "SxP"),
        ({**row("p", "k", "sign"), "sign": "conditional"}, "S?"),
        ({**row("p", "k", unexpected=["sign"]), "sign": "conditional"}, "S?!"),
        (row("p", "k", "get_secret_value", capabilities=SECRETS), "S"),
        (row("p", "k", "put_secret_value", "put_resource_policy", capabilities=SECRETS), "CA"),
    ],
)
def test_cells(given: t.Any, shown: str) -> None:
    assert cell(given) == shown


def test_the_legend_says_what_every_sign_means() -> None:
    assert [text[0] for text in legend()] == ["S", "P", "C", "A", "-", "?", "!", "x"]
    assert {one.letter for one in (*KMS, *SECRETS)} == set(LETTERS)


def test_five_principals_and_fifteen_keys_at_80_columns() -> None:
    lines = table_lines(Table(environment(2)), 80)
    assert max(map(len, lines)) <= 80
    assert lines[:5] == [
        "1  nomad-signer-staging (user, signer)",
        "2  nomad-keymaster-staging (user, additional)",
        "3  kms-admin (user, admin)",
        "4  nomad-operator-acme-staging (user, operator)",
        "5  nomad-operator-chorus-staging (role, operator)",
    ]
    assert lines[6].split() == ["Key", "1", "2", "3", "4", "5"]
    assert len(lines) == 5 + 1 + 2 + 15
    assert lines[8].split() == ["staging-network00-watcher-signer", "SP", "-", "A", "SP", "SP"]
    assert lines[-1].split() == ["staging-bank", "-", "SP", "A", "-", "-"]
    # One column each: what stands under a number is that principal's.
    columns = [lines[6].index(str(number)) for number in range(1, 6)]
    assert [lines[8][start : start + 2].strip() for start in columns] == ["SP", "-", "A", "SP", "SP"]


def test_five_principals_and_fifteen_keys_at_160_columns() -> None:
    lines = table_lines(Table(environment(2)), 160)
    assert lines[0].split() == ["Key", *PEOPLE]
    assert len(lines) == 2 + 15
    assert table_lines(Table(environment(2)), 140)[6].split() == ["Key", "1", "2", "3", "4", "5"]


@pytest.mark.parametrize("width", [80, 160])
def test_a_hundred_keys_are_shown_by_principal(width: int) -> None:
    found = environment(14)
    assert len(found["resources"]) == 99
    lines = table_lines(Table(found), width)
    assert max(map(len, lines)) <= width
    assert len(lines) < 40
    text = " ".join(" ".join(lines).split())
    everybody = ", ".join(f"{agent}-{purpose}" for agent, purpose in AGENTS)
    assert f"nomad-signer-staging (user, signer) SP {everybody} on all networks - staging-bank" in text
    assert "kms-admin (user, admin) A all 99 keys" in text
    assert f"nomad-operator-chorus-staging (role, operator) SP {everybody} on network00 - {everybody} on" in text


def test_keys_that_differ_from_their_like_stand_out() -> None:
    found = environment(14)
    odd = next(
        one for one in found["matrix"] if one["key"] == "staging-network07-kathy-signer" and one["sign"] == "yes"
    )
    odd.update(sign="no", missing=["sign"])
    found["principals"].append(principal("mallory"))
    found["matrix"].append(row("mallory", "staging-network07-kathy-signer", "sign", unexpected=["sign"]))
    text = " ".join(" ".join(table_lines(Table(found), 80)).split())
    assert "xSP kathy-signer on network07" in text
    # Of somebody who is none of ours, what it may not do is no news.
    assert text.endswith("mallory (user) S! kathy-signer on network07")


def test_many_principals_and_few_keys() -> None:
    people = [principal(f"stranger-{number:02}") for number in range(40)]
    rows = [row(one["name"], "staging-bank", "sign", unexpected=["sign"]) for one in people]
    lines = table_lines(Table(report(people, [resource("staging-bank")], rows)), 80)
    assert max(map(len, lines)) <= 80
    assert sum("stranger-" in line for line in lines) == 40
    assert "  S!  all 1 keys" in lines


def test_keys_that_are_not_there_or_not_ours() -> None:
    keys = [
        resource("staging-a", arn=None),
        resource("staging-b", error="denied"),
        resource("production-c", wanted=False, environment="production"),
        resource("other in us-west-2", wanted=False, environment=""),
        resource("production-unseen", wanted=False, environment="production"),
    ]
    rows = [row("mallory", name, "sign") for name in ("production-c", "other in us-west-2")]
    lines = table_lines(Table(report([principal("mallory")], keys, rows)), 80)
    assert [line.rsplit(maxsplit=1)[0].strip() for line in lines[2:]] == [
        "staging-a (not there)",
        "staging-b (not read)",
        "production-c (production)",
        "other in us-west-2 (not in the inventory)",
    ]


def test_no_principals_and_no_keys() -> None:
    assert table_lines(Table(report([], [], [])), 80) == ["Key", "---"]
    assert "Key" in terminal_report(report([], [], []), facts=AWS, width=80)


DIFFERENCE = {"kind": "grant", "found": "This was found", "expected": "that", "where_to_change": "Change it here"}


def test_differences_are_sentences() -> None:
    assert sentence(DIFFERENCE) == "This was found. Expected: that. Change it here."
    found = report([principal("mallory")], [resource("k")], [], DIFFERENCE)
    lines = terminal_report(found, facts=AWS, width=80)
    assert "1 difference:" in lines
    assert "DIFFERENT This was found. Expected: that. Change it here." in lines
    assert lines[-2:] == ["What was not read:", "- Service control policies."]
    assert lines[0] == ("Access to the signing keys of staging, AWS account 111122223333, https://iam.amazonaws.com")
    assert "SANDBOX" not in " ".join(lines)
    assert terminal_report(found, facts=SANDBOX, width=80)[1] == "SANDBOX: this is not AWS."


def test_no_difference_is_said() -> None:
    assert "No difference from the inventory." in terminal_report(environment(2), facts=AWS, width=80)


def test_an_arn_is_never_broken() -> None:
    arn = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab-and-longer-than-the-line"
    found = report([], [], [], {**DIFFERENCE, "found": f"The key policy of {arn} is open"})
    assert any(arn in line for line in terminal_report(found, facts=AWS, width=80))


def test_administrators_are_named_beside_the_table() -> None:
    people = [
        principal("alice", administrator=True, named=True),
        principal("mallory", administrator=True),
        principal("kms-admin", duty="admin"),
    ]
    lines = terminal_report(report(people, [resource("k")], []), facts=AWS, width=160)
    told = "Administrators of the account, who may do everything with every key: alice (user), mallory (user) !"
    assert told in lines
    assert not any("alice" in line for line in lines[:5])


NASTY = "evil\x1b[2J\n| `x` [a](http://evil) <script> * _ #"


def test_names_of_other_people_move_no_cursor() -> None:
    found = report(
        [principal(NASTY)],
        [resource(NASTY)],
        [row(NASTY, NASTY, "sign")],
        {**DIFFERENCE, "found": f"The statement {NASTY}"},
    )
    for width in (40, 80, 160):
        text = "\n".join(terminal_report(found, facts=AWS, width=width))
        assert "\x1b" not in text
        assert "evil [2J" in " ".join(text.split())
    lines = as_markdown(found, AWS).splitlines()
    assert "\x1b" not in "".join(lines)
    (line,) = [line for line in lines if line.startswith("| evil")]
    assert line.replace("\\|", "").count("|") == 3
    assert "<script>" not in "".join(lines)
    assert "](http" not in "".join(lines).replace("\\]", "")


def test_markdown() -> None:
    found = environment(2)
    found["differences"].append(DIFFERENCE)
    text = as_markdown(found, SANDBOX)
    assert "**Sandbox: this is not AWS.**" in text
    assert "| Key | nomad-signer-staging (user, signer) |" in text
    assert "| staging-bank | - | SP | A | - | - |" in text
    assert "- This was found. Expected: that. Change it here." in text
    assert "Sandbox" not in as_markdown(found, AWS)
    assert "No difference from the inventory." in as_markdown(environment(2), AWS)
    assert "\n\n\n" not in text
    assert text.endswith(".\n")


def test_json_is_the_whole() -> None:
    found = environment(2)
    assert json.loads(as_json(found, SANDBOX)) == {**SANDBOX, **found}
