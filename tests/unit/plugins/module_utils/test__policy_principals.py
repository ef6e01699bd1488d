# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who a Principal element means, and whom a role trusts."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_principals import (
    Caller,
    Trust,
    account_of,
    reach,
    trusted_by,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_statements import Statement, read

ACCOUNT = "111122223333"
OTHER = "444455556666"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
USER = f"arn:aws:iam::{ACCOUNT}:user/agent_ops/staging/nomad-signer-staging"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/agent_ops/staging/acme"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/acme/session-1"

Three: t.TypeAlias = "tuple[bool | None, bool | None, bool | None]"


def statement(effect: str = "Allow", **principal: t.Any) -> Statement:
    given = {"Effect": effect, "Action": "*", "Resource": "*", **principal}
    return read({"Version": "2012-10-17", "Statement": [given]}, "resource")[0]


def reached(found: Statement, who: str, account: str = ACCOUNT, bounded: bool = False) -> Three:
    result = reach(found, Caller.of(who, account), bounded)
    return result.direct.holds, result.role.holds, result.account.holds


NOBODY: Three = (False, False, False)
DIRECTLY: Three = (True, False, False)
BY_ROLE: Three = (False, True, False)
BY_ACCOUNT: Three = (False, False, True)
PERHAPS: Three = (None, False, False)


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
@pytest.mark.parametrize(
    ("principal", "user", "role", "session", "root"),
    [
        ("*", DIRECTLY, DIRECTLY, DIRECTLY, DIRECTLY),
        ({"AWS": "*"}, DIRECTLY, DIRECTLY, DIRECTLY, DIRECTLY),
        ({"AWS": ROOT}, BY_ACCOUNT, BY_ACCOUNT, BY_ACCOUNT, (True, False, True)),
        ({"AWS": ACCOUNT}, BY_ACCOUNT, BY_ACCOUNT, BY_ACCOUNT, (True, False, True)),
        ({"AWS": OTHER}, NOBODY, NOBODY, NOBODY, NOBODY),
        ({"AWS": [OTHER, USER]}, DIRECTLY, NOBODY, NOBODY, NOBODY),
        ({"AWS": USER.upper()}, NOBODY, NOBODY, NOBODY, NOBODY),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:user/*"}, NOBODY, NOBODY, NOBODY, NOBODY),
        ({"AWS": ROLE}, NOBODY, BY_ROLE, BY_ROLE, NOBODY),
        ({"AWS": ROLE.replace(ACCOUNT, OTHER)}, NOBODY, NOBODY, NOBODY, NOBODY),
        ({"AWS": [ROLE, ROOT]}, BY_ACCOUNT, (False, True, True), (False, True, True), (True, False, True)),
        # Whoever assumes a role chooses the name of the session.
        ({"AWS": SESSION}, NOBODY, PERHAPS, DIRECTLY, NOBODY),
        ({"AWS": SESSION.replace("acme", "other")}, NOBODY, NOBODY, NOBODY, NOBODY),
        ({"AWS": f"arn:aws:sts::{ACCOUNT}:federated-user/bob"}, PERHAPS, NOBODY, NOBODY, NOBODY),
        ({"AWS": f"arn:aws:sts::{OTHER}:federated-user/bob"}, NOBODY, NOBODY, NOBODY, NOBODY),
        # What AWS shows in place of the ARN of a user or role that was deleted.
        ({"AWS": "AIDACKCEVSQ6C2EXAMPLE"}, NOBODY, NOBODY, NOBODY, NOBODY),
        ({"AWS": "AROADBQP57FF2AEXAMPLE"}, NOBODY, NOBODY, NOBODY, NOBODY),
        ({"Service": "s3.amazonaws.com"}, NOBODY, NOBODY, NOBODY, NOBODY),
        ({"Federated": "cognito-identity.amazonaws.com"}, NOBODY, PERHAPS, PERHAPS, NOBODY),
        ({"CanonicalUser": "79a59df900b949e5"}, PERHAPS, PERHAPS, PERHAPS, PERHAPS),
        ({"CanonicalUser": "79a59df900b949e5", "AWS": "*"}, DIRECTLY, DIRECTLY, DIRECTLY, DIRECTLY),
    ],
)
def test_principals(principal: t.Any, user: Three, role: Three, session: Three, root: Three) -> None:
    found = statement(Principal=principal)
    assert [reached(found, who) for who in (USER, ROLE, SESSION, ROOT)] == [user, role, session, root]


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
@pytest.mark.parametrize(
    ("listed", "user", "role", "session"),
    [
        ([USER, ROOT], NOBODY, PERHAPS, PERHAPS),
        ([USER, ACCOUNT], NOBODY, PERHAPS, PERHAPS),
        ([ROLE, ROOT], PERHAPS, NOBODY, NOBODY),
        ([SESSION, ROOT], PERHAPS, PERHAPS, PERHAPS),
        ([SESSION, ROLE, ROOT], PERHAPS, NOBODY, NOBODY),
        ([USER], PERHAPS, DIRECTLY, DIRECTLY),
        ([OTHER], DIRECTLY, DIRECTLY, DIRECTLY),
        (["*"], NOBODY, NOBODY, NOBODY),
    ],
)
def test_everybody_except(listed: list[str], user: Three, role: Three, session: Three) -> None:
    found = statement("Deny", NotPrincipal={"AWS": listed})
    assert [reached(found, who) for who in (USER, ROLE, SESSION)] == [user, role, session]


def test_everybody_except_the_root_user() -> None:
    assert reached(statement("Deny", NotPrincipal={"AWS": ROOT}), ROOT) == NOBODY
    assert reached(statement("Deny", NotPrincipal={"AWS": USER}), ROOT) == DIRECTLY


def test_not_principal_denies_everybody_who_has_a_boundary() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html"""
    found = statement("Deny", NotPrincipal={"AWS": [USER, ROOT]})
    assert reached(found, USER, bounded=True) == DIRECTLY
    assert reached(found, ROOT, bounded=True) == NOBODY


def test_not_principal_with_allow_is_not_supported() -> None:
    found = statement("Allow", NotPrincipal={"AWS": USER})
    assert reached(found, USER) == NOBODY
    assert reached(found, ROLE) == PERHAPS


def test_principals_that_cannot_be_read_may_be_anybody() -> None:
    found = statement(Principal=1)
    assert found.problems
    assert reached(found, USER) == DIRECTLY


@pytest.mark.parametrize(
    ("who", "account"),
    [(ACCOUNT, ACCOUNT), (ROOT, ACCOUNT), (f"arn:aws-cn:iam::{ACCOUNT}:root", ACCOUNT), (USER, None), ("*", None)],
)
def test_accounts(who: str, account: str | None) -> None:
    assert account_of(who) == account
    assert account_of(f"arn:aws:iam::{ACCOUNT}") is None
    assert account_of(f"{ACCOUNT}:root") is None


@pytest.mark.parametrize(
    ("arn", "kind", "name"),
    [
        (USER, "user", "nomad-signer-staging"),
        (ROLE, "role", "acme"),
        (SESSION, "assumed-role", "acme"),
        (ROOT, "root", ""),
        (f"arn:aws:iam::{ACCOUNT}:group/x", "", ""),
        ("?", "", ""),
    ],
)
def test_callers(arn: str, kind: str, name: str) -> None:
    found = Caller.of(arn, ACCOUNT)
    assert (found.kind, found.name) == (kind, name)


# ---- trust ----------------------------------------------------------------------------------------------------------

PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.example.org/id/1"


def trust(**changes: t.Any) -> dict[str, t.Any]:
    given = {"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "sts:AssumeRole", **changes}
    return {"Version": "2012-10-17", "Statement": [{name: value for name, value in given.items() if value is not None}]}


def test_another_account_with_an_external_id() -> None:
    condition = {"StringEquals": {"sts:ExternalId": "kept-between-us"}}
    assert trusted_by(trust(Sid="AssumedByOperator", Condition=condition), ACCOUNT) == [
        Trust(
            "AWS",
            OTHER,
            ("sts:AssumeRole",),
            ("StringEquals sts:ExternalId kept-between-us",),
            wildcard=False,
            own_account=False,
            sid="AssumedByOperator",
        )
    ]


def test_subjects_of_a_provider() -> None:
    condition = {"StringLike": {"oidc.example.org/id/1:sub": "system:serviceaccount:*"}}
    found = trusted_by(
        trust(Principal={"Federated": PROVIDER}, Action="sts:AssumeRoleWithWebIdentity", Condition=condition), ACCOUNT
    )
    assert [(one.kind, one.value, one.wildcard, one.own_account) for one in found] == [
        ("Federated", PROVIDER, False, True)
    ]
    assert found[0].conditions == ("StringLike oidc.example.org/id/1:sub system:serviceaccount:*",)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"Principal": "*"}, [("AWS", "*", True, False)]),
        ({"Principal": {"AWS": ["*", ROOT]}}, [("AWS", "*", True, False), ("AWS", ROOT, False, True)]),
        ({"Principal": {"AWS": USER}}, [("AWS", USER, False, True)]),
        ({"Principal": {"AWS": SESSION}}, [("AWS", SESSION, False, True)]),
        ({"Principal": {"Service": "ec2.amazonaws.com"}}, [("Service", "ec2.amazonaws.com", False, False)]),
        ({"Principal": {"AWS": "AROADBQP57FF2AEXAMPLE"}}, [("AWS", "AROADBQP57FF2AEXAMPLE", False, False)]),
        ({"Principal": None, "NotPrincipal": {"AWS": USER}}, [("AWS", f"everybody except {USER}", True, True)]),
        ({"Effect": "Deny", "Principal": "*"}, []),
        ({"Principal": {"AWS": []}}, [("unknown", "it names nobody", True, False)]),
        ({"Principal": None}, [("unknown", "it has neither Principal nor NotPrincipal", True, False)]),
    ],
)
def test_whom_a_role_trusts(changes: dict[str, t.Any], expected: list[tuple[str, str, bool, bool]]) -> None:
    found = trusted_by(trust(**changes), ACCOUNT)
    assert [(one.kind, one.value, one.wildcard, one.own_account) for one in found] == expected


def test_what_cannot_be_read_of_a_trust_policy_is_said() -> None:
    found = trusted_by(trust(Condition={"StringIs": {"a": "b"}}), ACCOUNT)
    assert [(one.kind, one.value) for one in found] == [
        ("unknown", "StringIs is no condition operator"),
        ("AWS", OTHER),
    ]
    assert trusted_by("nothing", ACCOUNT)[0].kind == "unknown"


def test_actions_that_are_excluded() -> None:
    found = trusted_by(trust(Action=None, NotAction="sts:TagSession"), ACCOUNT)
    assert found[0].actions == ("all but sts:TagSession",)
