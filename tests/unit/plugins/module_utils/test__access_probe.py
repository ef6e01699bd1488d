# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which questions are asked of whom, and what is not."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_probe import (
    ALLOWED,
    DENIED,
    ERROR,
    IDENTITY,
    NOT_THERE,
    PUBLIC_KEY,
    SECRET_VALUE,
    SIGN,
    Answer,
    Answered,
    Inquiry,
    Question,
    answer_row,
    as_wanted,
    ask_again,
    inquiry,
)

ACCOUNT = "111122223333"
WATCHER, UPDATER, BANK = "staging-kovan-watcher-signer", "staging-kovan-updater-signer", "staging-bank"
PRODUCTION = "production-ethereum-watcher-signer"


def key(name: str, **values: Any) -> dict[str, Any]:
    return {"name": name, "resource": f"alias/{name}", "region": "us-west-2", **values}


def user(name: str, *keys: str, **values: Any) -> dict[str, Any]:
    arn = f"arn:aws:iam::{ACCOUNT}:user/agent_ops/staging/{name}"
    return {"name": name, "arn": arn, "keys": list(keys), "credentials": True, "kind": "signer", **values}


def row(name: str, region: str = "us-west-2", **values: Any) -> dict[str, Any]:
    return {"name": name, "arn": f"arn:aws:kms:{region}:{ACCOUNT}:key/{name}", "state": "Enabled", **values}


def access(**values: Any) -> dict[str, Any]:
    return {
        "environment": "staging",
        "account_id": ACCOUNT,
        "backend": "kms",
        "keys": [key(WATCHER), key(UPDATER), key(BANK)],
        "foreign_keys": [{**key(PRODUCTION, region=None), "environment": "production"}],
        "users": [
            user("nomad-signer-staging", WATCHER, UPDATER),
            user("nomad-keymaster-staging", BANK, kind="additional"),
            user("kms-admin", kind="admin"),
        ],
        "roles": [],
        **values,
    }


ROWS = [row(WATCHER), row(UPDATER), row(BANK, "eu-west-1")]


def asked(found: Inquiry, principal: str) -> set[tuple[str, str, str]]:
    (suspect,) = (one for one in found.suspects if one.name == principal)
    return {(one.operation, str(one.resource), one.expected) for one in suspect.questions}


def arn(name: str) -> str:
    return str(next(one["arn"] for one in ROWS if one["name"] == name))


def test_own_keys_by_arn_and_alias_and_others_by_arn() -> None:
    found = asked(inquiry(access(), ROWS, region="us-west-2"), "nomad-keymaster-staging")
    assert found == {
        *(
            (operation, resource, ALLOWED)
            for operation in (PUBLIC_KEY, SIGN)
            for resource in (arn(BANK), f"alias/{BANK}")
        ),
        *((operation, arn(name), DENIED) for operation in (PUBLIC_KEY, SIGN) for name in (WATCHER, UPDATER)),
        *((operation, f"alias/{PRODUCTION}", DENIED) for operation in (PUBLIC_KEY, SIGN)),
    }


def test_the_administrator_must_not_sign_and_may_read_public_keys() -> None:
    found = asked(inquiry(access(), ROWS, region="us-west-2"), "kms-admin")
    assert found == {
        (SIGN, resource, DENIED) for resource in (*map(arn, (WATCHER, UPDATER, BANK)), f"alias/{PRODUCTION}")
    }


def test_the_administrator_of_the_documented_form_may_use_every_key_of_the_account() -> None:
    every = [WATCHER, UPDATER, BANK]
    found = asked(
        inquiry(access(users=[user("kms-admin", *every, kind="admin")]), ROWS, region="us-west-2"), "kms-admin"
    )
    assert len(found) == 12
    assert {expected for _operation, _resource, expected in found} == {ALLOWED}


def test_secrets_are_asked_for_by_arn() -> None:
    names = ["development-kovan-watcher-signer", "development-bank"]
    rows = [row(name, arn=f"arn:aws:secretsmanager:us-west-2:{ACCOUNT}:secret:{name}-AbCdEf") for name in names]
    wanted = access(
        backend="secretsmanager",
        keys=[key(name, resource=name) for name in names],
        foreign_keys=[{**key(PRODUCTION), "environment": "production", "backend": "kms"}],
        users=[user("nomad-signer-development", names[0]), user("kms-admin", kind="admin")],
    )
    found = inquiry(wanted, rows, region="us-west-2")
    assert asked(found, "nomad-signer-development") == {
        (SECRET_VALUE, rows[0]["arn"], ALLOWED),
        (SECRET_VALUE, rows[1]["arn"], DENIED),
        (PUBLIC_KEY, f"alias/{PRODUCTION}", DENIED),
        (SIGN, f"alias/{PRODUCTION}", DENIED),
    }
    assert {(SECRET_VALUE, one["arn"], DENIED) for one in rows} < asked(found, "kms-admin")


def test_foreign_hex_keys_are_asked_for_as_secrets() -> None:
    foreign = [{"name": "development-bank", "environment": "development", "resource": "development-bank"}]
    found = inquiry(access(foreign_keys=foreign), ROWS, region="us-west-2")
    assert (SECRET_VALUE, "development-bank", DENIED) in asked(found, "nomad-signer-staging")


def test_the_region_is_that_of_the_key() -> None:
    (suspect, *_others) = inquiry(access(region="ap-south-1"), ROWS, region="us-east-1").suspects
    regions = {(one.key, one.region) for one in suspect.questions}
    assert regions == {
        (WATCHER, "us-west-2"),
        (UPDATER, "us-west-2"),
        (BANK, "eu-west-1"),
        (PRODUCTION, "ap-south-1"),
    }
    assert suspect.identity.region == "us-east-1"
    assert suspect.identity.arn == f"arn:aws:iam::{ACCOUNT}:user/agent_ops/staging/nomad-signer-staging"


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "there is no row of it"),
        ([row(BANK, state="Absent", arn=None)], "it does not exist yet"),
        ([row(BANK, arn=None, state=None, error="The caller lacks …")], "it could not be read: The caller lacks …"),
        ([row(BANK, arn="", state=None)], "it could not be read: its row has no ARN"),
    ],
)
def test_keys_without_arn_are_skipped_and_said(rows: list[dict[str, Any]], reason: str) -> None:
    found = inquiry(access(), [*ROWS[:2], *rows], region="us-west-2")
    assert found.skipped == [{"key": BANK, "reason": reason}]
    assert all(one.key != BANK for suspect in found.suspects for one in suspect.questions)


def test_who_cannot_be_probed_is_said() -> None:
    users = [user("one", WATCHER), user("two", credentials=False)]
    found = inquiry(access(users=users, roles=[{"name": "three"}]), ROWS, region="us-west-2")
    assert [suspect.name for suspect in found.suspects] == ["one"]
    assert [one["principal"] for one in found.not_probed] == ["two", "three"]


def test_only_the_principals_that_are_named() -> None:
    found = inquiry(access(roles=[{"name": "acme"}]), ROWS, region="us-west-2", principals=["kms-admin"])
    assert [suspect.name for suspect in found.suspects] == ["kms-admin"]
    assert found.not_probed == []


@pytest.mark.parametrize(
    ("name", "problem"),
    [("stranger", "'stranger'; the users of this environment are: one"), ("acme", "a role"), ("two", "no access key")],
)
def test_a_named_principal_that_cannot_be_probed(name: str, problem: str) -> None:
    wanted = access(users=[user("one"), user("two", credentials=False)], roles=[{"name": "acme"}])
    with pytest.raises(ValueError, match=problem):
        inquiry(wanted, ROWS, region="us-west-2", principals=["one", name])


def test_keys_of_another_account_would_be_denied_to_everybody() -> None:
    with pytest.raises(ValueError, match=r"444455556666:key/x\. Expected: one of the account 111122223333"):
        inquiry(access(), [row(BANK, arn="arn:aws:kms:us-west-2:444455556666:key/x")], region="us-west-2")


@pytest.mark.parametrize("field", ["environment", "account_id", "backend", "keys", "users"])
def test_an_access_that_lacks_something(field: str) -> None:
    wanted = access()
    del wanted[field]
    with pytest.raises(ValueError, match=f"access lacks {field}"):
        inquiry(wanted, ROWS, region="us-west-2")


def question(expected: str, *, foreign: bool = False) -> Question:
    return Question("one", SIGN, expected, "us-west-2", key=BANK, environment="staging", resource="x", foreign=foreign)


@pytest.mark.parametrize(
    ("expected", "found", "foreign", "good"),
    [
        (ALLOWED, ALLOWED, False, True),
        (ALLOWED, DENIED, False, False),
        (ALLOWED, NOT_THERE, False, False),
        (ALLOWED, ERROR, False, False),
        (DENIED, DENIED, False, True),
        (DENIED, ALLOWED, False, False),
        (DENIED, NOT_THERE, False, False),
        (DENIED, ERROR, False, False),
        (DENIED, NOT_THERE, True, True),
        (DENIED, ALLOWED, True, False),
        (DENIED, ERROR, True, False),
    ],
)
def test_what_is_as_wanted(expected: str, found: str, foreign: bool, good: bool) -> None:
    asked_for = question(expected, foreign=foreign)
    assert as_wanted(asked_for, Answer(found)) is good
    assert ask_again(asked_for, Answer(found)) is not good
    assert ask_again(asked_for, Answer(found, lasting=True)) is False


def test_a_row() -> None:
    answered = Answered(question(ALLOWED), Answer(DENIED, "no policy allows it"), 3, 12.345)
    assert answer_row(answered) == {
        "principal": "one",
        "key": BANK,
        "environment": "staging",
        "operation": SIGN,
        "resource": "x",
        "expected": ALLOWED,
        "found": DENIED,
        "ok": False,
        "attempts": 3,
        "seconds": 12.3,
        "error": "no policy allows it",
    }
    assert answer_row(Answered(question(DENIED), Answer(DENIED, "no policy allows it")))["error"] is None


def test_the_first_question_is_who_the_caller_is() -> None:
    for suspect in inquiry(access(), ROWS, region="us-west-2").suspects:
        assert (suspect.identity.operation, suspect.identity.key, suspect.identity.service) == (IDENTITY, None, "sts")
