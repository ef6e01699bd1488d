# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys go only by name and only when asked, and come back only when asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.module.kms_world import OWNER, World, opened, tags_of, wanted

KEY = wanted("staging-kovan-kathy-signer")
NAME = KEY["name"]
STAYS = wanted("staging-kovan-updater-signer")
ONLY_NAME = {"name": NAME, "environment": "staging"}


@pytest.fixture
def world(sandbox: Sandbox, tmp_path: Path) -> Iterator[World]:
    yield from opened(sandbox, tmp_path)


def _days_left(metadata: dict[str, Any]) -> float:
    seconds = (metadata["DeletionDate"] - datetime.now(UTC)).total_seconds()
    return seconds / 86400


@pytest.mark.parametrize(("window", "days"), [(None, 30), (7, 7), (30, 30)])
def test_the_named_key_and_no_other(world: World, window: int | None, days: int) -> None:
    made = world.succeed([KEY, STAYS]).rows
    world.mark()
    result = world.succeed([ONLY_NAME], state="absent", pending_window_days=window)
    assert result["changed"]
    row = result.row
    assert (row["action"], row["state"], row["alias"]) == ("retired", "PendingDeletion", None)
    assert (row["arn"], row["address"]) == (made[NAME]["arn"], made[NAME]["address"])
    # In this order, so that a run that is killed in between leaves a key that its alias still names.
    assert world.writes() == ["ScheduleKeyDeletion", "DeleteAlias"]
    assert days - 0.1 < _days_left(world.describe(row["key_id"])) <= days
    assert world.aliases() == {STAYS["name"]: made[STAYS["name"]]["key_id"]}
    assert world.describe(made[STAYS["name"]]["key_id"])["KeyState"] == "Enabled"
    world.mark()
    again = world.succeed([ONLY_NAME], state="absent", pending_window_days=window)
    assert not again["changed"]
    assert (again.row["action"], again.row["state"]) == ("unchanged", "Absent")
    assert world.writes() == []


@pytest.mark.parametrize("window", [6, 31, 0, -7])
def test_a_window_that_kms_does_not_have(world: World, window: int) -> None:
    world.succeed([KEY])
    world.mark()
    result = world.fail([ONLY_NAME], state="absent", pending_window_days=window)
    assert f"pending_window_days is {window}, expected 7 to 30 days" in result["msg"]
    assert world.log() == []


@pytest.mark.parametrize("tags", [{"environment": "production"}, {}])
def test_a_key_of_another_environment(world: World, tags: dict[str, str]) -> None:
    made = world.make(NAME, tags=tags)
    found = repr(tags.get("environment"))
    world.refuse(
        ONLY_NAME, made["Arn"], f"tag environment is {found}", "Expected: 'staging'", "Only keys of", state="absent"
    )


def test_a_key_that_was_made_for_another_alias(world: World) -> None:
    made = world.make(NAME, tags={**tags_of(KEY), OWNER: f"alias/{STAYS['name']}"})
    world.refuse(ONLY_NAME, made["Arn"], f"tag {OWNER} is", f"Expected: 'alias/{NAME}'", state="absent")


def test_a_key_that_another_name_needs(world: World) -> None:
    """Both names belong to one key, as a mistyped create-alias leaves them: retiring one must not end the other."""
    made = world.make(NAME, STAYS["name"], tags={"environment": "staging"})
    world.refuse(ONLY_NAME, made["Arn"], STAYS["name"], state="absent")
    assert world.describe(made["KeyId"])["KeyState"] == "Enabled"


@pytest.mark.parametrize("spec", ["ECC_NIST_P256", "SYMMETRIC_DEFAULT"])
def test_a_key_that_is_no_signing_key(world: World, spec: str) -> None:
    usage = "SIGN_VERIFY" if spec == "ECC_NIST_P256" else "ENCRYPT_DECRYPT"
    made = world.make(NAME, tags={"environment": "staging"}, KeySpec=spec, KeyUsage=usage)
    world.refuse(ONLY_NAME, made["Arn"], spec, "ECC_SECG_P256K1", state="absent")


def test_an_alias_without_a_target(world: World) -> None:
    world.sandbox.plant_alias(f"alias/{NAME}")
    assert world.succeed([ONLY_NAME], state="absent").actions == ["retired"]
    assert world.aliases() == {}
    assert world.succeed([ONLY_NAME], state="absent").actions == ["unchanged"]


def test_a_disabled_key_of_the_original_script(world: World) -> None:
    made = world.make_as_the_script_did(NAME)
    world.kms.disable_key(KeyId=made["KeyId"])
    assert world.succeed([ONLY_NAME], state="absent").actions == ["retired"]
    assert world.describe(made["KeyId"])["KeyState"] == "PendingDeletion"


def test_a_name_that_never_was(world: World) -> None:
    result = world.succeed([ONLY_NAME], state="absent")
    assert (result.row["action"], result.row["state"], result["changed"]) == ("unchanged", "Absent", False)
    assert world.writes() == []


def test_an_alias_that_may_not_be_removed(world: World) -> None:
    made = world.succeed([KEY]).row
    world.sandbox.add_fault(action="kms:DeleteAlias", kind="access_denied")
    row = world.fail([ONLY_NAME], state="absent").row
    assert "lacks the permission kms:DeleteAlias" in row["error"]
    assert (row["state"], row["alias"], row["arn"]) == ("PendingDeletion", f"alias/{NAME}", made["arn"])
    world.sandbox.remove_faults()
    assert world.succeed([ONLY_NAME], state="absent").actions == ["retired"]
    assert world.aliases() == {}


# Reviving


def test_a_disabled_key_is_revived(world: World) -> None:
    made = world.succeed([KEY]).row
    world.kms.disable_key(KeyId=made["key_id"])
    world.mark()
    row = world.succeed([KEY], revive=[NAME]).row
    assert (row["action"], row["state"]) == ("updated", "Enabled")
    assert (row["arn"], row["address"]) == (made["arn"], made["address"])
    assert world.writes() == ["EnableKey"]
    world.prove(row)


def test_a_dying_key_is_revived(world: World) -> None:
    made = world.succeed([KEY]).row
    world.kms.schedule_key_deletion(KeyId=made["key_id"])
    world.mark()
    row = world.succeed([KEY], revive=[NAME]).row
    assert (row["action"], row["state"], row["address"]) == ("updated", "Enabled", made["address"])
    assert world.writes() == ["CancelKeyDeletion", "EnableKey"]
    assert "DeletionDate" not in world.describe(made["key_id"])
    assert world.succeed([KEY], revive=[NAME]).actions == ["unchanged"]


def test_a_retired_key_is_revived(world: World) -> None:
    made = world.succeed([KEY]).row
    world.succeed([ONLY_NAME], state="absent")
    world.mark()
    row = world.succeed([KEY], revive=[NAME]).row
    assert (row["action"], row["state"], row["address"]) == ("adopted", "Enabled", made["address"])
    assert world.writes() == ["CancelKeyDeletion", "EnableKey", "CreateAlias"]
    world.prove(row)
    world.assert_one_each([KEY])


def test_a_retired_key_is_not_revived_unasked(world: World) -> None:
    made = world.succeed([KEY]).row
    world.succeed([ONLY_NAME], state="absent")
    # Nor is it replaced unasked: whoever funds its address would not know.
    world.refuse(KEY, made["arn"], "pending deletion", f"Name {NAME} in revive", "or in replace")
    row = world.succeed([KEY], replace=[NAME]).row
    assert row["action"] == "created"
    assert row["address"] != made["address"]
    assert world.describe(made["key_id"])["KeyState"] == "PendingDeletion"


def test_the_retired_key_is_revived_and_not_one_that_was_given_back(world: World) -> None:
    """A key that lost a race for the alias carries the same tag and is dying too. Nobody has ever used it."""
    given_back = world.make(tags=tags_of(KEY), Description=KEY["description"])
    world.kms.schedule_key_deletion(KeyId=given_back["KeyId"], PendingWindowInDays=7)
    made = world.succeed([KEY], replace=[NAME]).row
    world.succeed([ONLY_NAME], state="absent")
    result = world.run([KEY], revive=[NAME])
    # Either the right one, or a refusal that names both.
    assert result.row["arn"] == made["arn"] or (
        result.get("failed") and given_back["Arn"] in result["msg"] and made["arn"] in result["msg"]
    )


def test_there_is_nothing_to_revive(world: World) -> None:
    world.refuse(KEY, f"alias/{NAME}", "no key that was made for it can be revived", revive=[NAME])


def test_a_key_of_the_set_is_revived_and_the_others_are_not(world: World) -> None:
    made = world.succeed([KEY, STAYS]).rows
    for row in made.values():
        world.kms.disable_key(KeyId=row["key_id"])
    result = world.fail([KEY, STAYS], revive=[NAME])
    assert result.actions == ["updated", "failed"]
    assert world.describe(made[STAYS["name"]]["key_id"])["KeyState"] == "Disabled"
