# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of a probe: who may use what, at a glance."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_probe_report import lines

P, S, V = "kms:GetPublicKey", "kms:Sign", "secretsmanager:GetSecretValue"
SIGNER, KEYMASTER, ADMIN = "nomad-signer-staging", "nomad-keymaster-staging", "kms-admin"


def row(principal: str, key: str, operation: str, expected: str, found: str, **values: Any) -> dict[str, Any]:
    ok = found == expected
    names = {"principal": principal, "key": key, "operation": operation, "environment": "staging"}
    return {**names, "expected": expected, "found": found, "ok": ok, "error": None, **values}


def identity(principal: str, **values: Any) -> dict[str, Any]:
    made = row(principal, "", "sts:GetCallerIdentity", "allowed", "allowed")
    return {**made, "key": None, "environment": None, **values}


def both(principal: str, key: str, expected: str, found: str, **values: Any) -> list[dict[str, Any]]:
    return [row(principal, key, operation, expected, found, **values) for operation in (P, S)]


def cells(told: list[str], key: str) -> list[str]:
    (line,) = (line for line in told if line.startswith(key + " "))
    return line.removeprefix(key).split()


def test_the_whole() -> None:
    rows = [
        identity(SIGNER),
        *both(SIGNER, "staging-watcher", "allowed", "allowed"),
        *both(SIGNER, "staging-bank", "denied", "denied"),
        *both(SIGNER, "production-watcher", "denied", "denied", environment="production"),
        *both(SIGNER, "production-bank", "denied", "not there", ok=True, environment="production"),
        identity(ADMIN),
        row(ADMIN, "staging-watcher", S, "denied", "denied"),
        row(ADMIN, "staging-bank", S, "denied", "allowed"),
        row(ADMIN, "production-watcher", S, "denied", "denied", environment="production"),
        row(ADMIN, "production-bank", S, "denied", "not there", ok=True, environment="production"),
    ]
    assert lines(
        rows,
        90,
        skipped=[{"key": "staging-kathy", "reason": "it does not exist yet"}],
        not_probed=[{"principal": KEYMASTER, "reason": "no credentials of it are stored: there is no file x.csv"}],
    ) == [
        "Key                         nomad-signer-staging  kms-admin",
        "--------------------------  --------------------  ---------",
        "staging-watcher             PS                    -",
        "staging-bank                -                     S!",
        "2 other keys of production  -.                    -.",
        "",
        "P public key, S sign (dry run), - denied, . not there, ! allowed, but must not be",
        "",
        "Not probed: nomad-keymaster-staging, no credentials of it are stored: there is no file x.csv",
        "Skipped: staging-kathy: it does not exist yet",
        "12 questions, 11 answered as wanted, 1 not",
    ]


@pytest.mark.parametrize(
    ("expected", "public_key", "sign", "cell"),
    [
        ("allowed", "allowed", "allowed", "PS"),
        ("allowed", "allowed", "denied", "Px"),
        ("allowed", "denied", "denied", "x"),
        ("allowed", "allowed", "error", "P?"),
        ("allowed", "not there", "not there", "?"),
        ("denied", "denied", "denied", "-"),
        ("denied", "allowed", "denied", "P!-"),
        ("denied", "allowed", "allowed", "P!S!"),
        ("denied", "not there", "not there", "?"),
    ],
)
def test_cells(expected: str, public_key: str, sign: str, cell: str) -> None:
    # The other key is there so that the line is not folded.
    rows = [row(SIGNER, "a", P, expected, public_key), row(SIGNER, "a", S, expected, sign)]
    told = lines([*rows, row(ADMIN, "a", S, "allowed", "allowed")], 80)
    assert cells(told, "a") == [cell, "S"]


def test_an_alias_that_is_refused_where_the_arn_is_not() -> None:
    for order in (1, -1):
        rows = [row(SIGNER, "a", S, "allowed", "allowed"), row(SIGNER, "a", S, "allowed", "denied")][::order]
        assert cells(lines(rows, 80), "a") == ["x"]


def test_a_secret() -> None:
    rows = [row(SIGNER, "a", V, "allowed", "allowed"), row(SIGNER, "b", V, "denied", "allowed")]
    told = lines(rows, 80)
    assert (cells(told, "a"), cells(told, "b")) == (["V"], ["V!"])


def test_a_foreign_key_that_may_be_used_has_a_line_of_its_own() -> None:
    rows = [row(SIGNER, f"production-{n}", S, "denied", "denied", environment="production") for n in range(30)]
    rows[7].update(found="allowed", ok=False)
    told = lines(rows, 80)
    assert cells(told, "production-7") == ["S!"]
    assert cells(told, "29 other keys of production") == ["-"]
    assert len(told) == 8


@pytest.mark.parametrize("width", [80, 160])
def test_five_principals_and_fourteen_keys_fit(width: int) -> None:
    principals = [SIGNER, KEYMASTER, ADMIN, "nomad-deployer-staging", "nomad-operator-acme-staging"]
    keys = [f"staging-moonbasealpha-updater-attestation{n}" for n in range(14)]
    rows = [one for who in principals for key in keys for one in both(who, key, "allowed", "allowed")]
    told = lines(rows, width)
    assert max(map(len, told)) <= width
    assert all(cells(told, key) == ["PS"] * 5 for key in keys)
    for who in principals:
        assert any(who in line for line in told)


def test_who_could_not_be_asked() -> None:
    rows = [identity(SIGNER, ok=False, found="error", error="these are the credentials of somebody")]
    assert lines(rows, 80) == [
        "Not asked: nomad-signer-staging, these are the credentials of somebody",
        "0 questions, 0 answered as wanted",
    ]


def test_no_answers_at_all() -> None:
    assert lines([], 80, not_probed=[{"principal": SIGNER, "reason": "no"}]) == [
        "Not probed: nomad-signer-staging, no",
        "0 questions, 0 answered as wanted",
    ]


def test_names_cannot_move_the_cursor() -> None:
    told = lines(
        [row("one\x1b[2J", "a\nb\x1b", S, "allowed", "allowed")],
        80,
        skipped=[{"key": "k\r", "reason": "r\x1b"}],
        not_probed=[{"principal": "p\x07", "reason": "s\n"}],
    )
    assert all(line.isprintable() for line in told)
