# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where our own evaluation and the simulator differ, one minimal case each, and who is right by AWS's documentation.

The random policies leave these out. Where AWS's documentation leaves something open, ours is CONDITIONAL, and the
simulator decides. If a case fails after an update of the simulator, it may have been mended there, and can go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_evaluation import Answer

from tests.iam.comparison import compare
from tests.iam.worlds import (
    ACCOUNT,
    DEFAULT_KEY_POLICY,
    KEY_A,
    KEY_C,
    ROLE,
    ROOT,
    SESSION,
    USER,
    Document,
    World,
    document,
    requests_of,
)
from tests.simulator import Simulator, Verdict

IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
KMS = "https://docs.aws.amazon.com/kms/latest/"
VARIABLES = f"{IAM}reference_policies_variables.html"
OPERATORS = f"{IAM}reference_policies_elements_condition_operators.html"
SEVERAL = f"{IAM}reference_policies_condition-single-vs-multi-valued-context-keys.html"
OF_KMS = f"{KMS}developerguide/conditions-kms.html#conditions-kms-resource-aliases"

ALLOWED, DENIED, REFUSED = Verdict.ALLOWED, Verdict.IMPLICIT_DENY, Verdict.EXPLICIT_DENY


def sign(resource: Any = "*", **condition: Any) -> Document:
    """A statement that allows kms:Sign; StringEquals={"aws:username": "a"} is its condition."""
    statement: Document = {"Effect": "Allow", "Action": "kms:Sign", "Resource": resource}
    return {**statement, "Condition": condition} if condition else statement


def when(operator: str, key: str, *values: str) -> Document:
    return sign(**{operator: {key: list(values)}})


def user(*statements: Document, **more: Any) -> World:
    return World(USER, (document(statements),) if statements else (), **more)


def key_policy(*statements: Document) -> Document:
    return document(statements)


def deny_all_but(*principals: str) -> Document:
    deny = {"Effect": "Deny", "NotPrincipal": {"AWS": list(principals)}, "Action": "kms:*", "Resource": "*"}
    return key_policy(deny, DEFAULT_KEY_POLICY["Statement"])


@dataclass(frozen=True)
class Case:
    world: World
    ours: Answer
    theirs: Verdict
    why: str
    source: str
    resource: str = KEY_A
    seen: int = 0
    """Which of the CIRCUMSTANCES."""


SIMULATOR_IS_WRONG: dict[str, Case] = {
    "all addresses of IPv4": Case(
        user(when("IpAddress", "aws:SourceIp", "0.0.0.0/0")),
        Answer.YES,
        DENIED,
        "a prefix of no bits holds every address; the simulator shifts by 32 bits, which JavaScript does not",
        f"{OPERATORS}#Conditions_IPAddress",
    ),
    "variables of the older version": Case(
        World(
            USER, ({**document([when("StringEquals", "aws:username", "${aws:username}")]), "Version": "2008-10-17"},)
        ),
        Answer.NO,
        ALLOWED,
        "version 2008-10-17 has no policy variables, they are text",
        VARIABLES,
    ),
    "no version, which is the older one": Case(
        World(USER, ({"Statement": when("StringEquals", "aws:username", "${aws:username}")},)),
        Answer.NO,
        ALLOWED,
        "a policy without Version is of 2008-10-17",
        f"{IAM}reference_policies_elements_version.html",
    ),
    "a variable that the request does not carry, with a negated operator": Case(
        user(when("StringNotEquals", "aws:username", "${aws:PrincipalTag/none}")),
        Answer.YES,
        DENIED,
        "nothing is equal to it, so that negated operators match; in the simulator they do not",
        f"{VARIABLES}#policy-vars-no-value",
    ),
    "an empty default": Case(
        user(when("StringEquals", "aws:username", "nomad-signer-staging${aws:PrincipalTag/none, ''}")),
        Answer.YES,
        DENIED,
        "a default may be any text; the simulator takes an empty one for none",
        f"{VARIABLES}#policy-vars-default-values",
    ),
    "a default without a space before it": Case(
        user(when("StringEquals", "aws:username", "${aws:PrincipalTag/none,'nomad-signer-staging'}")),
        Answer.YES,
        DENIED,
        "the simulator knows the default only with a space after the comma",
        f"{VARIABLES}#policy-vars-default-values",
    ),
    "an asterisk that is meant, where none has a meaning": Case(
        user(when("StringEquals", "aws:PrincipalTag/team", "bridge${*}")),
        Answer.YES,
        DENIED,
        "${*} is an asterisk wherever variables may be; the simulator replaces it in StringLike alone",
        f"{VARIABLES}#policy-vars-specialchars",
        seen=1,
    ),
    "a Region in another case": Case(
        user(sign(KEY_A.replace("us-west", "US-West"))),
        Answer.NO,
        ALLOWED,
        "the resources of a statement are compared with regard to case",
        f"{IAM}reference_policies_elements_resource.html",
    ),
    "a moment in seconds since 1970": Case(
        user(when("DateLessThan", "aws:CurrentTime", "1893456000")),
        Answer.YES,
        DENIED,
        "that is in the year 2030; the simulator compares seconds with milliseconds",
        f"{OPERATORS}#Conditions_Date",
    ),
    "a key policy's statement without a resource": Case(
        user(key_policy=key_policy({"Effect": "Allow", "Principal": {"AWS": USER}, "Action": "kms:*"})),
        Answer.NO,
        ALLOWED,
        "AWS KMS takes such a statement, and it has no effect",
        f"{KMS}APIReference/API_PutKeyPolicy.html",
    ),
}

OPEN: dict[str, Case] = {
    "ForAnyValue with IfExists, of a key that is absent": Case(
        user(when("ForAnyValue:StringEqualsIfExists", "kms:ResourceAliases", "alias/x")),
        Answer.CONDITIONAL,
        DENIED,
        "false by ForAnyValue, true by IfExists",
        SEVERAL,
        resource=KEY_C,
    ),
    "a key of several values without ForAnyValue": Case(
        user(when("StringLike", "kms:ResourceAliases", "alias/staging-*")),
        Answer.CONDITIONAL,
        DENIED,
        "a set operator is needed, and what happens without is not said",
        SEVERAL,
    ),
    "the same, negated": Case(
        user(when("StringNotLike", "kms:ResourceAliases", "alias/production-*")),
        Answer.CONDITIONAL,
        DENIED,
        "a set operator is needed, and what happens without is not said",
        SEVERAL,
    ),
    "a variable that the request does not carry, beside a value that matches": Case(
        user(when("StringEquals", "aws:username", "${aws:PrincipalTag/none}", "nomad-signer-staging")),
        Answer.CONDITIONAL,
        ALLOWED,
        "nothing equals the variable, and the statement does not take effect: in spite of the other value?",
        f"{VARIABLES}#policy-vars-no-value",
    ),
    "aliases in a key policy": Case(
        user(
            key_policy=key_policy(
                {**when("ForAnyValue:StringLike", "kms:ResourceAliases", "alias/*"), "Principal": {"AWS": USER}}
            )
        ),
        Answer.CONDITIONAL,
        ALLOWED,
        "the condition key is for IAM policies only",
        OF_KMS,
    ),
    "aliases in a key policy that denies": Case(
        user(
            sign(),
            key_policy=key_policy(
                {
                    **when("ForAnyValue:StringLike", "kms:ResourceAliases", "alias/*"),
                    "Principal": "*",
                    "Effect": "Deny",
                },
                DEFAULT_KEY_POLICY["Statement"],
            ),
        ),
        Answer.CONDITIONAL,
        REFUSED,
        "the condition key is for IAM policies only",
        OF_KMS,
    ),
    "a value that is no number": Case(
        user(when("NumericLessThan", "aws:MultiFactorAuthAge", "400s")),
        Answer.CONDITIONAL,
        ALLOWED,
        "what AWS makes of such a value is not said; the simulator reads the digits before it",
        f"{OPERATORS}#Conditions_Numeric",
    ),
    "an asterisk in place of several parts of an ARN": Case(
        user(sign("arn:aws:*:key/*")),
        Answer.CONDITIONAL,
        DENIED,
        "wildcards stand within a part, and one at the end of a part may stand for more",
        f"{IAM}reference_policies_elements_resource.html",
    ),
    "a wildcard in the kind of resource": Case(
        user(sign(f"arn:aws:kms:*:{ACCOUNT}:k*/1*")),
        Answer.YES,
        DENIED,
        "not to be used there, and what happens then is not said; ours takes it as it is written",
        f"{IAM}reference-arns.html",
    ),
    "NotPrincipal without the account": Case(
        user(sign(), key_policy=deny_all_but(USER)),
        Answer.CONDITIONAL,
        ALLOWED,
        "the account must be listed as well, or the user may be denied together with it",
        f"{IAM}reference_policies_elements_notprincipal.html",
    ),
    "one session of a role": Case(
        World(
            ROLE,
            key_policy=key_policy(
                {"Effect": "Allow", "Principal": {"AWS": SESSION}, "Action": "kms:*", "Resource": "*"},
            ),
        ),
        Answer.CONDITIONAL,
        DENIED,
        "who assumes a role chooses the session's name",
        f"{IAM}reference_policies_elements_principal.html",
    ),
    "a key policy that could not be read": Case(
        user(sign(), key_policy=None),
        Answer.CONDITIONAL,
        DENIED,
        "every key has one; the simulator takes none for one that allows nothing",
        f"{KMS}developerguide/key-policies.html",
    ),
}


@pytest.mark.parametrize("case", [*SIMULATOR_IS_WRONG.values(), *OPEN.values()], ids=[*SIMULATOR_IS_WRONG, *OPEN])
def test_they_differ(simulator: Simulator, case: Case) -> None:
    mine = requests_of(case.world.principal)
    asked = [ask for ask in mine if (ask.action, ask.resource) == ("kms:Sign", case.resource)][case.seen]
    (compared,) = compare(simulator, case.world, [asked])
    assert (compared.ours.answer, compared.theirs) == (case.ours, case.theirs), f"{case.why}: {compared.ours.reason}"


def test_a_user_and_his_account_are_both_left_out_of_a_denial(simulator: Simulator) -> None:
    compared = compare(simulator, user(sign(), key_policy=deny_all_but(USER, ROOT)))
    assert all(one.agree for one in compared)
    assert any(one.theirs is ALLOWED for one in compared)
