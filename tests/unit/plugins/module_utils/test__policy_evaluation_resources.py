# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Boundaries, resource policies, key policies and grants, together with a principal's own policies."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_evaluation import (
    Answer,
    Decision,
    Grant,
    Policy,
    Principal,
    Request,
    evaluate,
)

from tests.unit.plugins.module_utils.policy_world import (
    ACCOUNT,
    ALIASES,
    ALL,
    DENY,
    ENABLES_IAM,
    KEY,
    MFA,
    NONE,
    OTHER,
    ROLE,
    ROOT,
    SECRET,
    SESSION,
    SIGN,
    USER,
    both,
    document,
    names,
    policy,
    principal,
)

YES, NO, CONDITIONAL = Answer.YES, Answer.NO, Answer.CONDITIONAL


# ---- boundaries: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html --------------------


@pytest.mark.parametrize(
    ("boundary", "answer", "reason"),
    [
        (None, YES, "allowed by everything"),
        (ALL, YES, "allowed by everything"),
        (NONE, NO, "allowed by everything, but the permissions boundary else does not allow it"),
        (DENY, NO, "explicit deny in never"),
    ],
)
@pytest.mark.parametrize("resource", [KEY, SECRET])
def test_a_boundary_limits_identity_policies(
    boundary: Policy | None, answer: Answer, reason: str, resource: str
) -> None:
    decision = evaluate(Request("kms:Sign", resource), principal(ALL, boundary=boundary), resource_policy=names([ROOT]))
    assert decision == Decision(answer, reason)


def test_a_boundary_allows_nothing() -> None:
    assert evaluate(SIGN, principal(boundary=ALL), resource_policy=ENABLES_IAM).answer is NO


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
@pytest.mark.parametrize("resource", [KEY, SECRET])
@pytest.mark.parametrize(
    ("who", "named", "limited"),
    [(USER, USER, False), (ROLE, ROLE, True), (SESSION, SESSION, False), (SESSION, ROLE, True), (USER, "*", False)],
)
def test_who_is_named_by_a_resource_needs_no_identity_policy(
    resource: str, who: str, named: str, limited: bool
) -> None:
    """A boundary limits what a resource's policy allows to a role, and not what it allows to a user or a session."""
    for boundary, answer in ((None, YES), (ALL, YES), (NONE, NO if limited else YES), (DENY, NO)):
        asked = principal(arn=who, boundary=boundary)
        request = Request("kms:Sign", resource)
        assert evaluate(request, asked, resource_policy=names(named)).answer is answer


# ---- resources other than keys --------------------------------------------------------------------------------------

READ = Request("secretsmanager:GetSecretValue", SECRET)


@pytest.mark.parametrize(
    ("own", "there", "answer"),
    [
        (ALL, None, YES),
        (NONE, None, NO),
        (NONE, names(USER), YES),
        (NONE, names(ROOT), NO),
        (ALL, names(USER + "2"), YES),
        (ALL, names("*", "Deny"), NO),
        (ALL, names(ROOT, "Deny"), NO),
        (ALL, names(USER + "2", "Deny"), YES),
        (ALL, names("*", "Deny", Condition=MFA), CONDITIONAL),
        (NONE, names("*", Condition=MFA), CONDITIONAL),
    ],
)
def test_a_secret(own: Policy, there: dict[str, t.Any] | None, answer: Answer) -> None:
    assert evaluate(READ, principal(own), resource_policy=there).answer is answer


def test_another_account_needs_both() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html"""
    foreign = f"arn:aws:iam::{OTHER}:user/a"
    for own, there, answer in (
        (ALL, names(OTHER), YES),
        (ALL, names(foreign), YES),
        (ALL, names("*"), YES),
        (NONE, names(foreign), NO),
        (ALL, names(ROOT), NO),
        (ALL, None, NO),
    ):
        for request in (READ, SIGN):
            decision = evaluate(request, Principal(foreign, OTHER, [own]), resource_policy=there or document())
            assert decision.answer is answer, (own, there, request)


# ---- keys: https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html -----------------------------------


@pytest.mark.parametrize(
    ("own", "there", "answer", "reason"),
    [
        (ALL, ENABLES_IAM, YES, "allowed by everything"),
        (NONE, ENABLES_IAM, NO, "no statement allows it"),
        (ALL, names(ACCOUNT), YES, "allowed by everything"),
        (
            ALL,
            names(USER + "2"),
            NO,
            "allowed by everything, but the key policy does not let IAM policies allow it",
        ),
        (NONE, names(USER, Sid="Signers"), YES, "allowed by the key policy (Signers)"),
        (NONE, names("*"), YES, "allowed by the key policy"),
        (ALL, both(ENABLES_IAM, names(USER, "Deny", Sid="Not")), NO, "explicit deny in the key policy (Not)"),
        # An account stands for everybody in it.
        (ALL, both(ENABLES_IAM, names(ACCOUNT, "Deny")), NO, "explicit deny in the key policy"),
        (ALL, both(names(USER), names(ROOT, "Deny")), NO, "explicit deny in the key policy"),
        (DENY, names(USER), NO, "explicit deny in never"),
        (
            ALL,
            names(ROOT, Condition=MFA),
            CONDITIONAL,
            "allowed by everything on condition that (Bool aws:MultiFactorAuthPresent true)",
        ),
        (ALL, names(ROOT, Action="kms:Describe*"), NO, None),
        (ALL, names(ROOT, Resource=KEY), YES, None),
        (ALL, names(ROOT, Resource=KEY.replace("1234abcd", "aaaaaaaa")), NO, None),
        (ALL, names("AIDACKCEVSQ6C2EXAMPLE"), NO, None),
        (ALL, "nonsense", CONDITIONAL, None),
    ],
)
def test_a_key(own: Policy, there: t.Any, answer: Answer, reason: str | None) -> None:
    for asked in (there, Policy("the key policy", there)):
        decision = evaluate(SIGN, principal(own), resource_policy=asked)
        assert decision.answer is answer
        assert reason is None or decision.reason == reason


def test_one_document_may_be_asked_as_policies_of_two_kinds() -> None:
    """With a principal it makes no sense as an identity policy, and without one none as a key policy."""
    key_policy, own = Policy("k", names(USER)), Policy("own", ALL.document)
    assert evaluate(SIGN, principal(), resource_policy=key_policy).answer is YES
    assert evaluate(SIGN, principal(key_policy), resource_policy=ENABLES_IAM).answer is CONDITIONAL
    assert evaluate(SIGN, principal(own), resource_policy=ENABLES_IAM).answer is YES
    assert evaluate(SIGN, principal(), resource_policy=own).answer is CONDITIONAL


def test_a_key_policy_that_could_not_be_read() -> None:
    for own in (ALL, NONE):
        assert evaluate(SIGN, principal(own)) == Decision(
            CONDITIONAL, "allowed by the key policy on condition that (the key policy is not known)"
        )
    assert evaluate(SIGN, principal(DENY)).answer is NO


def test_aliases_are_for_identity_policies() -> None:
    """https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-resource-aliases"""
    condition = {"ForAnyValue:StringLike": {ALIASES: "alias/*"}}
    there = names(USER, Condition=condition)
    assert evaluate(SIGN, principal(), resource_policy=there).answer is CONDITIONAL
    own = policy({"Action": "kms:Sign", "Condition": condition})
    assert evaluate(SIGN, principal(own), resource_policy=ENABLES_IAM).answer is YES


def test_an_alias_has_no_key_policy() -> None:
    request = Request("kms:CreateAlias", f"arn:aws:kms:us-west-2:{ACCOUNT}:alias/staging-a")
    for kms in (None, True, False):
        assert evaluate(request, principal(ALL), kms=kms).answer is YES
        assert evaluate(request, principal(NONE), kms=kms).answer is NO


def test_the_root_user() -> None:
    root = principal(arn=ROOT)
    assert evaluate(SIGN, root, resource_policy=ENABLES_IAM).answer is YES
    assert evaluate(SIGN, root, resource_policy=names(USER)).answer is NO
    assert evaluate(READ, root).answer is YES
    assert evaluate(READ, root, resource_policy=names("*", "Deny")).answer is NO


def test_a_session_is_its_name() -> None:
    """Whoever assumes the role chooses the name of the session: not only he who calls it that may use the key."""
    for effect, answer in (("Allow", CONDITIONAL), ("Deny", CONDITIONAL)):
        there = both(names(SESSION, effect), ENABLES_IAM if effect == "Deny" else document())
        decision = evaluate(SIGN, principal(*([ALL] if effect == "Deny" else []), arn=ROLE), resource_policy=there)
        assert decision.answer is answer
        assert "(in the session one)" in decision.reason


# ---- grants: https://docs.aws.amazon.com/kms/latest/developerguide/grants.html ---------------------------------------


@pytest.mark.parametrize(
    ("who", "grant", "answer"),
    [
        (USER, Grant(USER, ["Sign"]), YES),
        (USER, Grant(USER, ["GetPublicKey", "Verify"]), NO),
        (USER, Grant(USER + "2", ["Sign"]), NO),
        (USER, Grant("s3.us-west-2.amazonaws.com", ["Sign"]), NO),
        (USER, Grant(ROLE, ["Sign"]), NO),
        (ROLE, Grant(ROLE, ["Sign"]), YES),
        (ROLE, Grant(SESSION, ["Sign"]), CONDITIONAL),
        (SESSION, Grant(SESSION, ["Sign"]), YES),
        (USER, Grant(ROOT, ["Sign"]), CONDITIONAL),
        (ROOT, Grant(ROOT, ["Sign"]), YES),
        (USER, Grant(USER, ["Sign"], {"EncryptionContextSubset": {"a": "b"}}), CONDITIONAL),
    ],
)
def test_grants(who: str, grant: Grant, answer: Answer) -> None:
    somebody = names(f"arn:aws:iam::{ACCOUNT}:user/else")
    assert evaluate(SIGN, principal(arn=who), resource_policy=somebody, grants=[grant]).answer is answer


def test_grants_are_named() -> None:
    grant = Grant(USER, ["Sign"], name="by-hand")
    there = names(OTHER)
    assert evaluate(SIGN, principal(), resource_policy=there, grants=[grant]).reason == "allowed by the grant by-hand"


def test_a_deny_wins_over_a_grant() -> None:
    grant = Grant(USER, ["Sign"])
    assert evaluate(SIGN, principal(DENY), resource_policy=ENABLES_IAM, grants=[grant]).answer is NO
    there = names(USER, "Deny")
    assert evaluate(SIGN, principal(), resource_policy=there, grants=[grant]).answer is NO


def test_whether_a_boundary_limits_a_grant_is_not_documented() -> None:
    grant = Grant(USER, ["Sign"])
    for boundary, answer in ((ALL, YES), (NONE, CONDITIONAL), (DENY, NO)):
        asked = principal(boundary=boundary)
        assert evaluate(SIGN, asked, resource_policy=ENABLES_IAM, grants=[grant]).answer is answer


def test_grants_are_for_keys_alone() -> None:
    assert evaluate(READ, principal(), grants=[Grant(USER, ["GetSecretValue"])]).answer is NO


# ---- roles ----------------------------------------------------------------------------------------------------------


def trust(who: t.Any, **more: t.Any) -> dict[str, t.Any]:
    given = {"Effect": "Allow", "Principal": {"AWS": who}, "Action": "sts:AssumeRole", **more}
    return {"Version": "2012-10-17", "Statement": [given]}


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html:
# trust policies, as key policies, "must explicitly allow access for principals".
@pytest.mark.parametrize(
    ("own", "there", "answer"),
    [
        (NONE, trust(USER), YES),
        (NONE, trust(ROOT), NO),
        (ALL, trust(ROOT), YES),
        (ALL, trust(OTHER), NO),
        (ALL, trust(ROOT, Condition={"StringEquals": {"sts:ExternalId": "x"}}), CONDITIONAL),
        (ALL, trust(ROOT, Action="sts:TagSession"), NO),
    ],
)
def test_assuming_a_role(own: Policy, there: dict[str, t.Any], answer: Answer) -> None:
    assert evaluate(Request("sts:AssumeRole", ROLE), principal(own), resource_policy=there).answer is answer
