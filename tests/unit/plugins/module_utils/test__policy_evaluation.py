# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a principal's own policies say, and what of a request is known."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_evaluation import (
    EVERYTHING,
    Answer,
    Decision,
    Request,
    evaluate,
    evaluate_identity,
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
    SIGN,
    USER,
    policy,
    principal,
)

YES, NO, CONDITIONAL = Answer.YES, Answer.NO, Answer.CONDITIONAL


# ---- identity policies alone ----------------------------------------------------------------------------------------


def test_nothing_is_allowed_by_default() -> None:
    assert evaluate_identity(SIGN, []) == Decision(NO, "no statement allows it")
    assert evaluate_identity(SIGN, [NONE]) == Decision(NO, "no statement allows it")


def test_what_allows_it_is_named() -> None:
    found = policy({"Sid": "NomadStagingPolicy", "Action": "kms:Sign"}, name="staging-watcher-signer")
    assert evaluate_identity(SIGN, [NONE, found]) == Decision(
        YES, "allowed by staging-watcher-signer (NomadStagingPolicy)"
    )


def test_an_explicit_deny_wins() -> None:
    for order in ([ALL, DENY], [DENY, ALL]):
        assert evaluate_identity(SIGN, order) == Decision(NO, "explicit deny in never")


def test_only_no_is_false() -> None:
    assert [bool(Decision(answer, "")) for answer in (YES, CONDITIONAL, NO)] == [True, True, False]


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
CARLOS = policy(
    {
        "Sid": "AllowS3ListRead",
        "Action": [
            "s3:GetBucketLocation",
            "s3:GetAccountPublicAccessBlock",
            "s3:ListAccessPoints",
            "s3:ListAllMyBuckets",
        ],
        "Resource": "arn:aws:s3:::*",
    },
    {
        "Sid": "AllowS3Self",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::carlossalazar/*", "arn:aws:s3:::carlossalazar"],
    },
    {"Sid": "DenyS3Logs", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::*log*"},
)


@pytest.mark.parametrize(
    ("action", "resource", "answer"),
    [
        ("s3:PutObject", "arn:aws:s3:::carlossalazar/a", YES),
        ("s3:PutObject", "arn:aws:s3:::carlossalazar-logs/a", NO),
        ("s3:GetObject", "arn:aws:s3:::carlossalazar/log.txt", NO),
        ("s3:GetBucketLocation", "arn:aws:s3:::other", YES),
        ("s3:GetObject", "arn:aws:s3:::other/a", NO),
    ],
)
def test_the_example_of_the_documentation(action: str, resource: str, answer: Answer) -> None:
    assert evaluate_identity(Request(action, resource), [CARLOS]).answer is answer


@pytest.mark.parametrize(
    ("action", "answer"), [("iam:GetUser", YES), ("iam:CreatePolicy", NO), ("iam:GetOrganizationsAccessReport", NO)]
)
def test_explicit_and_implicit_denials(action: str, answer: Answer) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_AccessPolicyLanguage_Interplay.html"""
    found = policy(
        {"Sid": "AllowGetList", "Action": ["iam:Get*", "iam:List*"]},
        {"Sid": "DenyReports", "Effect": "Deny", "Action": "iam:*Report"},
    )
    assert evaluate_identity(Request(action, "*"), [found]).answer is answer


# https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
@pytest.mark.parametrize(
    ("condition", "aliases", "answer"),
    [
        ({"ForAnyValue:StringEquals": {ALIASES: ["alias/a", "alias/b"]}}, ["alias/b"], YES),
        ({"ForAnyValue:StringEquals": {ALIASES: "alias/a"}}, ["alias/other", "alias/a"], YES),
        ({"ForAnyValue:StringEquals": {ALIASES: "alias/a"}}, ["alias/ab"], NO),
        ({"ForAnyValue:StringEquals": {ALIASES: "alias/*"}}, ["alias/a"], NO),
        ({"ForAnyValue:StringLike": {ALIASES: "alias/staging-*-signer"}}, ["alias/staging-a-signer"], YES),
        # The documentation's own pattern of signer policies misses its own names of keys.
        (
            {"ForAnyValue:StringLike": {ALIASES: "alias/staging-processor*"}},
            ["alias/staging-kovan-processor-signer"],
            NO,
        ),
        ({"ForAnyValue:StringEquals": {ALIASES: "alias/a"}}, [], NO),
        ({"ForAllValues:StringEquals": {ALIASES: "alias/a"}}, [], YES),
        ({"ForAllValues:StringEquals": {ALIASES: "alias/a"}, "Null": {ALIASES: "false"}}, [], NO),
        (
            {"ForAllValues:StringLike": {ALIASES: "alias/*Test*"}, "ForAnyValue:StringLike": {ALIASES: "*Test*"}},
            ["x"],
            NO,
        ),
        ({"StringEquals": {"kms:RequestAlias": "alias/a"}}, ["alias/a"], NO),
    ],
)
def test_aliases(condition: dict[str, t.Any], aliases: list[str], answer: Answer) -> None:
    found = policy({"Action": "kms:Sign", "Resource": f"arn:aws:kms:*:{ACCOUNT}:key/*", "Condition": condition})
    assert evaluate_identity(Request("kms:Sign", KEY, {ALIASES: aliases}), [found]).answer is answer


def test_the_alias_of_the_request() -> None:
    found = policy({"Action": "kms:Sign", "Condition": {"StringEquals": {"kms:RequestAlias": "alias/a"}}})
    assert evaluate_identity(Request("kms:Sign", KEY, {"kms:RequestAlias": "alias/a"}), [found]).answer is YES
    assert evaluate_identity(Request("kms:Sign", KEY), [found]).answer is NO


# ---- what nobody can know -------------------------------------------------------------------------------------------


def test_a_condition_that_nobody_can_know() -> None:
    condition = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}, **MFA}
    assert evaluate_identity(SIGN, [policy({"Action": "kms:Sign", "Condition": condition})]) == Decision(
        CONDITIONAL,
        "allowed by p on condition that (IpAddress aws:SourceIp 203.0.113.0/24) and"
        " (Bool aws:MultiFactorAuthPresent true)",
    )


def test_a_condition_that_is_known_not_to_hold_decides() -> None:
    condition = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}, "ForAnyValue:StringEquals": {ALIASES: "alias/x"}}
    assert evaluate_identity(SIGN, [policy({"Action": "kms:Sign", "Condition": condition})]).answer is NO


def test_a_denial_that_nobody_can_know_is_no_denial() -> None:
    deny = policy(
        {"Effect": "Deny", "Action": "*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}
    )
    assert evaluate_identity(SIGN, [deny]) == Decision(NO, "no statement allows it")
    assert evaluate_identity(SIGN, [ALL, deny]) == Decision(
        CONDITIONAL, "allowed by everything, unless denied by p (BoolIfExists aws:MultiFactorAuthPresent false)"
    )


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value
@pytest.mark.parametrize(
    ("tags", "answer"),
    [
        ({"s3:ExistingObjectTag/Team": "red", "aws:PrincipalTag/Team": "red"}, YES),
        ({"s3:ExistingObjectTag/Team": "red", "aws:PrincipalTag/Team": "blue"}, NO),
        ({"s3:ExistingObjectTag/Team": "red"}, NO),
    ],
)
def test_access_is_denied_if_the_tag_of_the_principal_is_not_set(tags: dict[str, str], answer: Answer) -> None:
    same = {"StringNotEquals": {"s3:ExistingObjectTag/Team": "${aws:PrincipalTag/Team}"}}
    deny = policy({"Effect": "Deny", "Action": "s3:GetObject", "Condition": same})
    request = Request("s3:GetObject", "arn:aws:s3:::amzn-s3-demo-bucket/a", tags, ("aws:PrincipalTag/",))
    assert evaluate_identity(request, [ALL, deny]).answer is answer


def test_a_certain_denial_wins_over_an_uncertain_one() -> None:
    uncertain = policy({"Effect": "Deny", "Action": "*", "Condition": MFA})
    assert evaluate_identity(SIGN, [ALL, uncertain, DENY]).reason == "explicit deny in never"


def test_a_certain_allow_wins_over_an_uncertain_one() -> None:
    assert evaluate_identity(SIGN, [policy({"Action": "*", "Condition": MFA}), ALL]).answer is YES


@pytest.mark.parametrize("effect", ["Allow", "Deny", "allow"])
def test_what_cannot_be_read_is_no_error(effect: str) -> None:
    strange = policy({"Effect": effect, "Action": "*", "Condition": {"StringSimilar": {"a": "b"}}}, name="strange")
    decision = evaluate_identity(SIGN, [ALL, strange])
    if effect == "Allow":
        assert decision.answer is YES
    else:
        assert decision.answer is CONDITIONAL
        assert "unless denied by strange (not evaluated: " in decision.reason
        assert "StringSimilar is no condition operator" in decision.reason
    alone = evaluate_identity(SIGN, [strange])
    assert alone.answer is (NO if effect == "Deny" else CONDITIONAL)


def test_a_direct_call_is_over_tls_and_made_by_no_service() -> None:
    insecure = policy({"Effect": "Deny", "Action": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}})
    assert evaluate_identity(SIGN, [ALL, insecure]).answer is YES
    service = policy(
        {"Action": "kms:*", "Condition": {"StringEquals": {"kms:ViaService": "s3.us-west-2.amazonaws.com"}}}
    )
    assert evaluate_identity(SIGN, [service]).answer is NO


def test_the_region_of_the_request_is_that_of_the_key() -> None:
    elsewhere = policy(
        {"Effect": "Deny", "Action": "*", "Condition": {"StringNotEquals": {"aws:RequestedRegion": "us-west-2"}}}
    )
    assert evaluate_identity(SIGN, [ALL, elsewhere]).answer is YES
    assert evaluate_identity(Request("kms:Sign", KEY.replace("us-west", "us-east")), [ALL, elsewhere]).answer is NO
    assert evaluate_identity(Request("iam:GetUser", USER), [ALL, elsewhere]).answer is CONDITIONAL


def test_tags_of_the_resource_may_be_known_as_a_whole() -> None:
    tagged = policy({"Action": "*", "Condition": {"StringEquals": {"aws:ResourceTag/environment": "staging"}}})
    for tags, complete, answer in (
        ({"aws:ResourceTag/environment": "staging"}, (), YES),
        ({"aws:ResourceTag/environment": "production"}, (), NO),
        ({}, (), CONDITIONAL),
        ({"aws:ResourceTag/network": "kovan"}, ("aws:ResourceTag/",), NO),
    ):
        assert evaluate_identity(Request("kms:Sign", KEY, tags, complete), [tagged]).answer is answer


def test_who_asks_is_known() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"""
    for condition, user, role in (
        ({"StringEquals": {"aws:username": "nomad-signer-staging"}}, YES, NO),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/agent_ops/*"}}, NO, YES),
        ({"StringEquals": {"aws:PrincipalAccount": ACCOUNT, "kms:CallerAccount": ACCOUNT}}, YES, YES),
        ({"StringEquals": {"aws:ResourceAccount": OTHER}}, NO, NO),
        ({"StringEquals": {"aws:PrincipalType": "User"}}, YES, NO),
        ({"Null": {"aws:username": "true"}}, NO, YES),
        ({"StringEquals": {"aws:PrincipalTag/a": "b"}}, CONDITIONAL, CONDITIONAL),
    ):
        found = policy({"Action": "kms:Sign", "Condition": condition})
        for arn, answer in ((USER, user), (ROLE, role)):
            assert evaluate(SIGN, principal(found, arn=arn), resource_policy=ENABLES_IAM).answer is answer


def test_a_whole_context_is_taken_as_it_is() -> None:
    found = policy({"Action": "kms:Sign", "Condition": {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}})
    request = Request("kms:Sign", KEY, {}, EVERYTHING)
    assert evaluate(request, principal(found), resource_policy=ENABLES_IAM).answer is NO


def test_policies_that_could_not_be_read() -> None:
    unreadable = principal(unreadable="iam:GetPolicyVersion was denied")
    assert evaluate(SIGN, unreadable, resource_policy=ENABLES_IAM) == Decision(
        CONDITIONAL,
        "allowed by policies that could not be read on condition that (iam:GetPolicyVersion was denied),"
        " unless denied by policies that could not be read (iam:GetPolicyVersion was denied)",
    )
    assert evaluate(SIGN, principal(DENY, unreadable="x"), resource_policy=ENABLES_IAM).answer is NO
