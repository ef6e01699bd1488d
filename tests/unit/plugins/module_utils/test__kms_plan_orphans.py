# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans for aliases that do not exist: which keys are taken over on the strength of a tag that anybody may plant."""

from __future__ import annotations

import datetime
import json
import typing as t

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import KeySpec
from ansible_collections.interchain.agent_ops.plugins.module_utils._kms_plan import (
    Orphan,
    Plan,
    Reading,
    Wish,
    default_policy,
    plan_present,
    same_policy,
)

ACCOUNT = "111122223333"
NAME = "staging-kovan-updater-signer"
ALIAS = f"alias/{NAME}"
SPEC = KeySpec(
    name=NAME,
    environment="staging",
    network="kovan",
    agent="updater",
    purpose="signer",
    description="staging kovan updater-signer",
    region="us-west-2",
)
OWN_TAGS = {
    "environment": "staging",
    "network": "kovan",
    "agent": "updater",
    "purpose": "signer",
    "agent_ops:alias": ALIAS,
}
WISH = Wish(ACCOUNT)
REVIVE = Wish(ACCOUNT, revive=frozenset({NAME}))
START = datetime.datetime(2026, 11, 20, 10, 0, tzinfo=datetime.UTC)

# The key policy of a key made by an API call that names none, as GetKeyPolicy returns it:
# https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
DEFAULT = """{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : { "AWS" : "arn:aws:iam::111122223333:root" },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}"""


def arn(number: int) -> str:
    return f"arn:aws:kms:us-west-2:{ACCOUNT}:key/00000000-0000-0000-0000-{number:012}"


def orphan(number: int = 1, **changes: t.Any) -> Orphan:
    parts = {name: changes.pop(name) for name in ("tags", "aliases", "grants", "policy") if name in changes}
    metadata = {
        "Arn": arn(number),
        "KeyId": arn(number).rpartition("/")[2],
        "KeyState": "Enabled",
        "KeySpec": "ECC_SECG_P256K1",
        "KeyUsage": "SIGN_VERIFY",
        "Origin": "AWS_KMS",
        "KeyManager": "CUSTOMER",
        "Description": SPEC.description,
        "MultiRegion": False,
        "CreationDate": START + datetime.timedelta(minutes=number),
    }
    return Orphan({**metadata, **changes}, **{"tags": OWN_TAGS, "policy": DEFAULT, **parts})


def plan_for(*orphans: Orphan, wish: Wish = WISH) -> Plan:
    return plan_present(SPEC, Reading(orphans=orphans), wish)


def test_nothing_there_is_created() -> None:
    plan = plan_for()
    assert (plan.action, plan.steps, plan.error, plan.warnings) == ("created", ("create", "alias"), None, ())
    assert dict(plan.missing_tags) == OWN_TAGS


def test_an_alias_without_a_target_is_an_error() -> None:
    plan = plan_present(SPEC, Reading(alias_without_target=True, orphans=[orphan()]), REVIVE)
    assert (plan.action, plan.steps, plan.orphan) == ("failed", (), None)
    assert plan.error == (
        f"{ALIAS} exists in us-west-2, but points at no key. Expected: a key, or no such alias."
        f" Delete the alias (aws kms delete-alias --alias-name {ALIAS}) and run again"
    )


@pytest.mark.parametrize(
    ("held", "wish", "steps", "missing"),
    [
        pytest.param(orphan(), WISH, ("alias",), {}, id="as a killed run left it"),
        pytest.param(orphan(), REVIVE, ("alias",), {}, id="revive what lives"),
        pytest.param(
            orphan(tags={"agent_ops:alias": ALIAS, "environment": "staging", "agent": "relayer", "purpose": "signer"}),
            WISH,
            ("alias", "tag"),
            {"agent": "updater", "network": "kovan"},
            id="of an older version",
        ),
        pytest.param(orphan(Description=""), WISH, ("alias", "describe"), {}, id="without a description"),
        pytest.param(orphan(KeyState="Disabled"), REVIVE, ("enable", "alias"), {}, id="disabled, to be revived"),
        pytest.param(
            orphan(KeyState="PendingDeletion", Description=""),
            REVIVE,
            ("cancel_deletion", "enable", "alias", "describe"),
            {},
            id="retired, to be revived",
        ),
    ],
)
def test_an_orphan_is_taken_over(held: Orphan, wish: Wish, steps: tuple[str, ...], missing: dict[str, str]) -> None:
    plan = plan_for(held, wish=wish)
    assert (plan.action, plan.steps, dict(plan.missing_tags)) == ("adopted", steps, missing)
    assert (plan.orphan, plan.error, plan.warnings) == (held, None, ())


OPEN_POLICY = DEFAULT.replace("111122223333:root", "444455556666:root")
SECOND_STATEMENT = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            *json.loads(DEFAULT)["Statement"],
            {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:Sign", "Resource": "*"},
        ],
    }
)

PLANTED = {
    "another account's policy": (orphan(policy=OPEN_POLICY), "its key policy is neither"),
    "a policy with a second statement": (orphan(policy=SECOND_STATEMENT), "its key policy is neither"),
    "a policy that was not read": (orphan(policy=""), "its key policy is neither"),
    "a policy that is no JSON": (orphan(policy="nope"), "its key policy is neither"),
    "a policy without statements": (orphan(policy='{"Version": "2012-10-17"}'), "its key policy is neither"),
    "a grant": (orphan(grants=1), "it has 1 grant"),
    "an alias": (orphan(aliases=["alias/mallory"]), "the alias alias/mallory points at it"),
    "imported material": (orphan(Origin="EXTERNAL"), "the origin EXTERNAL"),
    "another spec": (orphan(KeySpec="ECC_NIST_P256"), "the key spec ECC_NIST_P256"),
    "another usage": (orphan(KeyUsage="KEY_AGREEMENT"), "the usage KEY_AGREEMENT"),
    "another account": (orphan(Arn=arn(1).replace(ACCOUNT, "444455556666")), "in the account 444455556666"),
    "another environment": (
        orphan(tags={**OWN_TAGS, "environment": "production"}),
        "tag environment is 'production'",
    ),
    # It can be replicated to another Region, where the same key has a policy and grants of its own.
    "a multi-Region primary": (
        orphan(MultiRegion=True, MultiRegionConfiguration={"MultiRegionKeyType": "PRIMARY"}),
        "multi-Region",
    ),
    "a multi-Region replica": (
        orphan(MultiRegion=True, MultiRegionConfiguration={"MultiRegionKeyType": "REPLICA"}),
        "multi-Region",
    ),
}


@pytest.mark.parametrize(("held", "fragment"), PLANTED.values(), ids=PLANTED)
def test_a_planted_tag_is_not_believed(held: Orphan, fragment: str) -> None:
    plan = plan_for(held)
    assert (plan.action, plan.steps, plan.orphan) == ("created", ("create", "alias"), None)
    (warning,) = plan.warnings
    assert warning.startswith(f"{held.arn} is tagged agent_ops:alias={ALIAS}, but is not taken over: ")
    assert fragment in warning


@pytest.mark.parametrize(("held", "fragment"), PLANTED.values(), ids=PLANTED)
def test_a_planted_tag_is_not_believed_when_the_user_asks_to_revive(held: Orphan, fragment: str) -> None:
    plan = plan_for(held, wish=REVIVE)
    assert (plan.action, plan.steps, plan.orphan) == ("failed", (), None)
    assert fragment in plan.warnings[0]


@pytest.mark.parametrize("name", ["imported material", "another spec", "another account"])
def test_the_warning_gives_no_advice_that_does_not_fit(name: str) -> None:
    # Such a key has no alias that could be removed from it.
    (warning,) = plan_for(PLANTED[name][0]).warnings
    assert "emove the alias" not in warning
    assert "run again" not in warning


@pytest.mark.parametrize("state", ["Disabled", "Creating", "Unavailable", "Updating"])
def test_an_orphan_that_cannot_be_used_is_left_alone_and_named(state: str) -> None:
    plan = plan_for(orphan(KeyState=state))
    assert (plan.action, plan.orphan) == ("created", None)
    assert plan.warnings == (f"{arn(1)} is tagged agent_ops:alias={ALIAS}, but is not taken over: it is {state}",)


@pytest.mark.parametrize("state", ["PendingDeletion", "PendingReplicaDeletion"])
def test_a_key_that_was_retired_is_replaced_only_when_asked(state: str) -> None:
    plan = plan_for(orphan(KeyState=state))
    assert (plan.action, plan.steps) == ("failed", ())
    for fragment in (arn(1), "pending deletion", f"Name {NAME} in revive", "or in replace"):
        assert fragment in (plan.error or "")
    plan = plan_for(orphan(KeyState=state), wish=Wish(ACCOUNT, replace=frozenset({NAME})))
    assert (plan.action, plan.orphan, plan.warnings) == ("created", None, ())


def test_reviving_what_is_not_there_creates_nothing() -> None:
    for orphans in ((), (orphan(KeyState="Unavailable"),), (orphan(KeyState="PendingReplicaDeletion"),)):
        plan = plan_for(*orphans, wish=REVIVE)
        assert (plan.action, plan.steps, plan.orphan) == ("failed", (), None)
        assert plan.error == (
            f"{ALIAS} does not exist in us-west-2, and no key that was made for it can be revived."
            " Leave it out of the keys to revive, and it is created"
        )


# Several orphans -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_of_several_orphans_every_run_takes_the_oldest(order: tuple[int, ...]) -> None:
    plan = plan_for(*(orphan(number) for number in order))
    assert plan.action == "adopted"
    assert plan.orphan is not None
    assert plan.orphan.arn == arn(1)


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_orphans_of_one_moment_are_told_apart_by_their_ids(order: tuple[int, ...]) -> None:
    plan = plan_for(*(orphan(number, CreationDate=START) for number in order))
    assert plan.orphan is not None
    assert plan.orphan.arn == arn(1)


def test_the_oldest_is_the_oldest_wherever_the_clock_stands() -> None:
    # botocore gives local times. At the end of summer time 02:10 comes after 02:50.
    summer, winter = (datetime.timezone(datetime.timedelta(hours=hours)) for hours in (2, 1))
    older = orphan(2, CreationDate=datetime.datetime(2026, 10, 25, 2, 50, tzinfo=summer))
    newer = orphan(1, CreationDate=datetime.datetime(2026, 10, 25, 2, 10, tzinfo=winter))
    assert plan_for(newer, older).orphan is older


def test_a_planted_orphan_does_not_hide_the_good_one() -> None:
    plan = plan_for(orphan(1, grants=3), orphan(2))
    assert plan.orphan is not None
    assert plan.orphan.arn == arn(2)
    assert arn(1) in plan.warnings[0]
    assert "it has 3 grants" in plan.warnings[0]


def test_the_orphans_that_are_left_over_are_named() -> None:
    # Each costs money until somebody deletes it, who has to know which.
    plan = plan_for(orphan(1), orphan(2), orphan(3))
    text = " ".join(plan.warnings)
    assert arn(2) in text
    assert arn(3) in text
    assert arn(1) not in text


def test_an_orphan_is_warned_about_once() -> None:
    plan = plan_for(orphan(1, grants=3), orphan(2))
    assert len(plan.warnings) == 1


def test_dying_orphans_are_no_leftovers() -> None:
    plan = plan_for(orphan(1), orphan(2, KeyState="PendingDeletion"))
    assert (plan.action, plan.warnings) == ("adopted", ())


# Key policies --------------------------------------------------------------------------------------------------------


def test_the_default_policy_is_the_documented_one() -> None:
    assert same_policy(default_policy(arn(1)), DEFAULT)
    china = "arn:aws-cn:kms:cn-north-1:111122223333:key/1"
    assert same_policy(default_policy(china), DEFAULT.replace("arn:aws:", "arn:aws-cn:"))
    assert not same_policy(default_policy(china), DEFAULT)


DECLARED = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Admin",
                "Effect": "Allow",
                "Principal": {"AWS": ["arn:aws:iam::111122223333:role/b", "arn:aws:iam::111122223333:role/a"]},
                "Action": ["kms:Describe*", "kms:PutKeyPolicy"],
                "Resource": "*",
            },
            {
                "Sid": "Signer",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::111122223333:role/c"},
                "Action": ["kms:Sign"],
                "Resource": ["*"],
                "Condition": {"StringEquals": {"aws:PrincipalTag/Sid": ["x", "y"], "Sid": "s"}},
            },
        ],
    }
)
ADMIN, SIGNER = json.loads(DECLARED)["Statement"]


def policy(*statements: dict[str, t.Any], **parts: t.Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **parts})


SAME = {
    "an Id": policy(ADMIN, SIGNER, Id="key-policy-1"),
    "statements in another order": policy(SIGNER, ADMIN),
    "no Sids": policy(*({k: v for k, v in part.items() if k != "Sid"} for part in (ADMIN, SIGNER))),
    "actions in another order": policy({**ADMIN, "Action": ADMIN["Action"][::-1]}, SIGNER),
    "one action without a list": policy(ADMIN, {**SIGNER, "Action": "kms:Sign", "Resource": "*"}),
    "one principal in a list": policy(ADMIN, {**SIGNER, "Principal": {"AWS": [SIGNER["Principal"]["AWS"]]}}),
    "principals in another order": policy({**ADMIN, "Principal": {"AWS": ADMIN["Principal"]["AWS"][::-1]}}, SIGNER),
    "white space": json.dumps(json.loads(DECLARED), indent=4),
}
OTHER = {
    "one statement more": policy(ADMIN, SIGNER, {**SIGNER, "Action": "kms:*"}),
    "one statement less": policy(ADMIN),
    "one statement twice less": policy(ADMIN, ADMIN),
    "one action more": policy({**ADMIN, "Action": [*ADMIN["Action"], "kms:Sign"]}, SIGNER),
    "another effect": policy(ADMIN, {**SIGNER, "Effect": "Deny"}),
    "no condition": policy(ADMIN, {k: v for k, v in SIGNER.items() if k != "Condition"}),
    "a condition on another tag called Sid": DECLARED.replace("aws:PrincipalTag/Sid", "aws:PrincipalTag/Id"),
    "another value of what only looks like a Sid": DECLARED.replace('"s"', '"t"'),
    "another value": DECLARED.replace('"y"', '"z"'),
    "another principal": DECLARED.replace("role/c", "role/d"),
    "NotAction": DECLARED.replace('"Action": ["kms:Sign"]', '"NotAction": ["kms:Sign"]'),
    "nothing": "",
    "no JSON": "{",
    "a list": "[]",
    "null": "null",
    "no statements": '{"Version": "2012-10-17"}',
    "statements that are none": policy("x"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("other", SAME.values(), ids=SAME)
def test_policies_that_allow_the_same(other: str) -> None:
    assert same_policy(DECLARED, other)
    assert same_policy(other, DECLARED)


@pytest.mark.parametrize("other", OTHER.values(), ids=OTHER)
def test_policies_that_do_not(other: str) -> None:
    assert not same_policy(DECLARED, other)
    assert not same_policy(other, DECLARED)


def test_a_policy_of_the_other_version_does_not_know_variables() -> None:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
    condition = {"StringEquals": {"aws:username": "${aws:PrincipalTag/owner}"}}
    new = policy({**SIGNER, "Condition": condition})
    assert not same_policy(new, new.replace("2012-10-17", "2008-10-17"))


def test_an_account_is_the_same_principal_by_its_number_and_by_its_arn() -> None:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts
    assert same_policy(DEFAULT.replace("arn:aws:iam::111122223333:root", ACCOUNT), DEFAULT)


@pytest.mark.parametrize(
    ("declared", "held", "adopted"),
    [
        (None, DEFAULT, True),
        (DECLARED, SAME["no Sids"], True),
        # "The default or the declared key policy": the run that was killed may have been one before the declaration.
        (DECLARED, DEFAULT, True),
        (None, DECLARED, False),
        (DECLARED, OTHER["one action more"], False),
        ('{"Version": "2012-10-17"}', OTHER["one action more"], False),
    ],
)
def test_an_orphan_has_the_default_policy_or_the_declared_one(declared: str | None, held: str, adopted: bool) -> None:
    plan = plan_for(orphan(policy=held), wish=Wish(ACCOUNT, key_policy=declared))
    assert plan.action == ("adopted" if adopted else "created")
