# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans for keys whose alias points at something, and for keys that are to go."""

from __future__ import annotations

import datetime
import itertools
import typing as t

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import KeySpec
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_row import wanted_tags
from ansible_collections.interchain.agent_ops.plugins.module_utils._kms_plan import (
    Orphan,
    Plan,
    Reading,
    Wish,
    plan_present,
    plan_retirement,
)

ACCOUNT = "111122223333"
ARN = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
NAME = "staging-kovan-updater-signer"
SPEC = KeySpec(
    name=NAME,
    environment="staging",
    network="kovan",
    agent="updater",
    purpose="signer",
    description="staging kovan updater-signer",
    region="us-west-2",
)
WHAT = f"alias/{NAME} in us-west-2 points at {ARN}"
OWN_TAGS = {
    "environment": "staging",
    "network": "kovan",
    "agent": "updater",
    "purpose": "signer",
    "agent_ops:alias": f"alias/{NAME}",
}
WISH = Wish(ACCOUNT)
REVIVE = Wish(ACCOUNT, revive=frozenset({NAME}))
DEATH = datetime.datetime(2026, 12, 20, 10, 0, tzinfo=datetime.UTC)

# The states that KMS documents (KeyMetadata, KeyState), apart from Enabled.
OTHER_STATES = "Creating Disabled PendingDeletion PendingImport PendingReplicaDeletion Unavailable Updating".split()


def metadata(**changes: t.Any) -> dict[str, t.Any]:
    held = {
        "Arn": ARN,
        "KeyId": ARN.rpartition("/")[2],
        "KeyState": "Enabled",
        "KeySpec": "ECC_SECG_P256K1",
        "KeyUsage": "SIGN_VERIFY",
        "Origin": "AWS_KMS",
        "KeyManager": "CUSTOMER",
        "Description": SPEC.description,
        "MultiRegion": False,
        "CreationDate": datetime.datetime(2026, 11, 20, 10, 0, tzinfo=datetime.UTC),
    }
    return {**held, **changes}


def reading(tags: t.Mapping[str, str] | None = None, **changes: t.Any) -> Reading:
    return Reading(metadata=metadata(**changes), public_key=b"key", tags=OWN_TAGS if tags is None else tags)


def without(name: str) -> dict[str, str]:
    return {tag: value for tag, value in OWN_TAGS.items() if tag != name}


def failure(plan: Plan, *fragments: str) -> str:
    """Check that a plan does nothing, and that its error says what was found, what was expected, and what to do."""
    assert (plan.action, plan.steps, plan.orphan) == ("failed", (), None)
    message = plan.error or ""
    assert [fragment for fragment in (WHAT, "Expected: ", *fragments) if fragment not in message] == []
    return message


def test_the_tags_that_a_key_carries() -> None:
    assert wanted_tags(SPEC, SPEC.alias) == OWN_TAGS


@pytest.mark.parametrize(
    ("held", "wish", "action", "steps", "missing"),
    [
        pytest.param(reading(), WISH, "unchanged", (), {}, id="as wanted"),
        pytest.param(reading(), REVIVE, "unchanged", (), {}, id="revive what lives"),
        pytest.param(reading({**OWN_TAGS, "team": "x"}), WISH, "unchanged", (), {}, id="the user's own tags stay"),
        pytest.param(
            reading({"environment": "staging"}), WISH, "adopted", ("tag",), without("environment"), id="the original's"
        ),
        pytest.param(
            reading({"environment": "staging"}, Description="staging updater-signer"),
            WISH,
            "adopted",
            ("tag", "describe"),
            without("environment"),
            id="the original's, described otherwise",
        ),
        pytest.param(reading({}), WISH, "adopted", ("tag",), OWN_TAGS, id="without tags"),
        pytest.param(reading(Description="old"), WISH, "updated", ("describe",), {}, id="description drift"),
        pytest.param(reading(Description=""), WISH, "updated", ("describe",), {}, id="description gone"),
        pytest.param(
            reading({**OWN_TAGS, "agent": "relayer"}), WISH, "updated", ("tag",), {"agent": "updater"}, id="tag drift"
        ),
        pytest.param(
            reading(without("environment")), WISH, "updated", ("tag",), {"environment": "staging"}, id="tag gone"
        ),
        pytest.param(
            reading({**OWN_TAGS, "agent": "relayer"}, Description="old"),
            WISH,
            "updated",
            ("tag", "describe"),
            {"agent": "updater"},
            id="tag and description drift",
        ),
        pytest.param(reading(KeyState="Disabled"), REVIVE, "updated", ("enable",), {}, id="revive a disabled key"),
        pytest.param(
            reading(KeyState="PendingDeletion", DeletionDate=DEATH),
            REVIVE,
            "updated",
            ("cancel_deletion", "enable"),
            {},
            id="revive a dying key",
        ),
        pytest.param(
            reading({"environment": "staging"}, KeyState="PendingDeletion", Description="old"),
            REVIVE,
            "adopted",
            # Tags and descriptions of a dying key cannot be changed.
            ("cancel_deletion", "enable", "tag", "describe"),
            without("environment"),
            id="revive and take over",
        ),
    ],
)
def test_a_key_that_is_there(
    held: Reading, wish: Wish, action: str, steps: tuple[str, ...], missing: dict[str, str]
) -> None:
    plan = plan_present(SPEC, held, wish)
    assert (plan.action, plan.steps, dict(plan.missing_tags)) == (action, steps, missing)
    assert (plan.error, plan.warnings, plan.orphan) == (None, (), None)
    assert (plan.spec, plan.reading) == (SPEC, held)


def test_further_tags_are_added_and_never_win() -> None:
    spec = KeySpec(**{**SPEC.as_dict(), "tags": {"team": "bridge", "agent": "mallory"}})
    plan = plan_present(spec, reading(), WISH)
    assert (plan.action, plan.steps, dict(plan.missing_tags)) == ("updated", ("tag",), {"team": "bridge"})


@pytest.mark.parametrize("state", OTHER_STATES)
def test_a_key_that_is_not_enabled_is_an_error(state: str) -> None:
    failure(plan_present(SPEC, reading(KeyState=state), WISH), f"which is {state}", "Expected: Enabled")


@pytest.mark.parametrize("state", sorted({*OTHER_STATES} - {"Disabled", "PendingDeletion"}))
def test_what_cannot_be_revived_is_an_error_even_when_asked(state: str) -> None:
    message = failure(plan_present(SPEC, reading(KeyState=state), REVIVE), f"which is {state}")
    assert "Wait for that to end, or remove the alias, and run again" in message


@pytest.mark.parametrize("state", ["Disabled", "PendingDeletion"])
def test_the_error_says_how_a_key_is_revived(state: str) -> None:
    other = Wish(ACCOUNT, revive=frozenset({"staging-kovan-updater-attestation"}))
    message = failure(plan_present(SPEC, reading(KeyState=state), other), f"name {NAME} in revive to use it again")
    assert "never revived unasked" in message


def test_the_error_says_when_a_dying_key_dies() -> None:
    held = reading(KeyState="PendingDeletion", DeletionDate=DEATH)
    failure(plan_present(SPEC, held, WISH), "which is PendingDeletion (deletion on 2026-12-20 10:00:00+00:00)")


FOREIGN: dict[str, tuple[dict[str, t.Any], list[str]]] = {
    "a symmetric key": (
        {"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT"},
        ["key spec SYMMETRIC_DEFAULT and the usage ENCRYPT_DECRYPT", "Expected: ECC_SECG_P256K1 and SIGN_VERIFY"],
    ),
    "another curve": (
        {"KeySpec": "ECC_NIST_P256"},
        ["key spec ECC_NIST_P256 and the usage SIGN_VERIFY", "Expected: ECC_SECG_P256K1 and SIGN_VERIFY"],
    ),
    "another usage": (
        {"KeyUsage": "KEY_AGREEMENT"},
        ["key spec ECC_SECG_P256K1 and the usage KEY_AGREEMENT", "remove the alias from that key and run again"],
    ),
    "imported material": (
        {"Origin": "EXTERNAL"},
        ["the origin EXTERNAL", "Expected: AWS_KMS", "remove the alias from that key and run again"],
    ),
    "a custom key store": ({"Origin": "AWS_CLOUDHSM"}, ["the origin AWS_CLOUDHSM", "Expected: AWS_KMS"]),
    "an external key store": ({"Origin": "EXTERNAL_KEY_STORE"}, ["the origin EXTERNAL_KEY_STORE"]),
    "no origin": ({"Origin": None}, ["the origin None", "Expected: AWS_KMS"]),
    "a key of AWS": (
        {"KeyManager": "AWS"},
        ["a key that AWS manages", "Expected: a customer managed key", "remove the alias"],
    ),
}


@pytest.mark.parametrize("wish", [WISH, REVIVE], ids=["present", "revive"])
@pytest.mark.parametrize(("changes", "fragments"), FOREIGN.values(), ids=FOREIGN)
def test_a_key_that_we_would_not_have_made_is_an_error(
    changes: dict[str, t.Any], fragments: list[str], wish: Wish
) -> None:
    failure(plan_present(SPEC, reading(**changes), wish), *fragments)


def test_a_key_in_another_account_is_an_error() -> None:
    there = ARN.replace(ACCOUNT, "444455556666")
    plan = plan_present(SPEC, reading(Arn=there), WISH)
    assert (plan.action, plan.steps) == ("failed", ())
    assert plan.error == (
        f"alias/{NAME} in us-west-2 points at {there}, a key in the account 444455556666."
        f" Expected: a key in the caller's account {ACCOUNT}. Use credentials for the account that the keys are in"
    )


TAGGED_FOR_ANOTHER = [
    ({**OWN_TAGS, "environment": "production"}, ["tag environment is 'production'", "Expected: 'staging'"]),
    ({"environment": "Staging"}, ["tag environment is 'Staging'", "Expected: 'staging'"]),
    (
        {**OWN_TAGS, "agent_ops:alias": "alias/staging-kovan-updater-attestation"},
        [
            "tag agent_ops:alias is 'alias/staging-kovan-updater-attestation'",
            f"Expected: 'alias/{NAME}'",
            "point it back at its own key",
        ],
    ),
]


@pytest.mark.parametrize(("tags", "fragments"), TAGGED_FOR_ANOTHER)
def test_an_alias_that_was_moved_is_an_error(tags: dict[str, str], fragments: list[str]) -> None:
    failure(plan_present(SPEC, reading(tags), WISH), *fragments)


def test_a_key_that_cannot_be_read_is_neither_made_nor_changed() -> None:
    held = Reading(error="kms:DescribeKey is not allowed", orphans=[Orphan(metadata(), OWN_TAGS)])
    for planner in (plan_present, plan_retirement):
        plan = planner(SPEC, held, REVIVE)
        assert (plan.action, plan.steps, plan.orphan) == ("failed", (), None)
        assert plan.error == "kms:DescribeKey is not allowed"


def test_no_plan_revives_or_touches_what_it_may_not() -> None:
    """Every state, spec, usage, origin, owner and wish: steps only on a key of ours, usable or to be revived."""
    states = ["Enabled", *OTHER_STATES]
    kinds = itertools.product(
        states,
        ["ECC_SECG_P256K1", "ECC_NIST_P256"],
        ["SIGN_VERIFY", "ENCRYPT_DECRYPT"],
        ["AWS_KMS", "EXTERNAL"],
        [ACCOUNT, "444455556666"],
        ["staging", "production", None],
        [WISH, REVIVE],
    )
    for state, spec, usage, origin, account, environment, wish in kinds:
        tags = {} if environment is None else {"environment": environment}
        changes = {"KeyState": state, "KeySpec": spec, "KeyUsage": usage, "Origin": origin}
        plan = plan_present(SPEC, reading(tags, **changes, Arn=ARN.replace(ACCOUNT, account)), wish)
        ours = (spec, usage, origin, account) == ("ECC_SECG_P256K1", "SIGN_VERIFY", "AWS_KMS", ACCOUNT)
        usable = state == "Enabled" or (wish is REVIVE and state in ("Disabled", "PendingDeletion"))
        assert bool(plan.steps) == (ours and usable and environment != "production"), changes
        assert ("enable" in plan.steps) == (bool(plan.steps) and state != "Enabled")
        assert (plan.error is None) == bool(plan.steps)


# Retirement ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "action", "steps"),
    [
        pytest.param(reading(), "retired", ("schedule_deletion", "unalias"), id="ours"),
        pytest.param(reading({"environment": "staging"}), "retired", ("schedule_deletion", "unalias"), id="original's"),
        pytest.param(reading(KeyState="Disabled"), "retired", ("schedule_deletion", "unalias"), id="disabled"),
        # A run that was killed between the two steps.
        pytest.param(reading(KeyState="PendingDeletion"), "retired", ("unalias",), id="dying"),
        pytest.param(reading(KeyState="PendingReplicaDeletion"), "retired", ("unalias",), id="dying with replicas"),
        pytest.param(Reading(), "unchanged", (), id="gone"),
        pytest.param(Reading(alias_without_target=True), "retired", ("unalias",), id="alias without a target"),
    ],
)
def test_retirement(held: Reading, action: str, steps: tuple[str, ...]) -> None:
    plan = plan_retirement(SPEC, held, WISH)
    assert (plan.action, plan.steps, plan.error) == (action, steps, None)


@pytest.mark.parametrize(
    ("tags", "fragments"),
    [
        *TAGGED_FOR_ANOTHER,
        ({}, ["tag environment", "Expected: 'staging'", "Only keys of the environment are retired"]),
        (without("environment"), ["tag environment", "Expected: 'staging'"]),
    ],
)
def test_what_is_not_known_to_be_the_environments_is_not_retired(tags: dict[str, str], fragments: list[str]) -> None:
    failure(plan_retirement(SPEC, reading(tags), WISH), *fragments)


def test_a_key_in_another_account_is_not_retired() -> None:
    plan = plan_retirement(SPEC, reading(Arn=ARN.replace(ACCOUNT, "444455556666")), WISH)
    assert (plan.action, plan.steps) == ("failed", ())
    assert "444455556666. Expected: a key in the caller's account 111122223333" in str(plan.error)


@pytest.mark.parametrize("name", ["a symmetric key", "another curve", "another usage", "a key of AWS"])
def test_a_key_that_is_no_signing_key_is_not_retired(name: str) -> None:
    # The tag `environment` is what many other keys carry too: whoever retires the wrong name must not lose a database.
    changes, fragments = FOREIGN[name]
    failure(plan_retirement(SPEC, reading({"environment": "staging"}, **changes), WISH), *fragments[:1])
