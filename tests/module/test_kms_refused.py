# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is not our key behind an alias: each error says what was found and expected, where, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.client import ACCOUNT_ID, REGION, Sandbox
from tests.module.kms_world import OWNER, World, opened, tags_of, wanted

KEY = wanted("staging-kovan-updater-signer")
NAME = KEY["name"]
OTHER = wanted("staging-kovan-updater-attestation")


@pytest.fixture
def world(sandbox: Sandbox, tmp_path: Path) -> Iterator[World]:
    yield from opened(sandbox, tmp_path)


def _ours(world: World, **parameters: Any) -> dict[str, Any]:
    return world.make(NAME, tags=tags_of(KEY), Description=KEY["description"], **parameters)


@pytest.mark.parametrize(
    ("spec", "usage"),
    [
        ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"),
        ("RSA_2048", "SIGN_VERIFY"),
        ("RSA_2048", "ENCRYPT_DECRYPT"),
        ("ECC_NIST_P256", "SIGN_VERIFY"),
        ("ECC_NIST_P256", "KEY_AGREEMENT"),
        ("HMAC_256", "GENERATE_VERIFY_MAC"),
    ],
)
def test_a_key_of_another_spec_or_usage(world: World, spec: str, usage: str) -> None:
    made = world.make(NAME, KeySpec=spec, KeyUsage=usage)
    found = ("the key spec " + spec, "the usage " + usage)
    result = world.refuse(KEY, *found, "Expected: ECC_SECG_P256K1 and SIGN_VERIFY", made["Arn"], "remove the alias")
    assert result.row["arn"] == made["Arn"]
    assert result.row["key_spec"] == spec
    assert result.row["address"] is None


def test_an_alias_without_a_target(world: World) -> None:
    world.sandbox.plant_alias(f"alias/{NAME}")
    world.refuse(KEY, f"alias/{NAME}", REGION, "points at no key", "Expected: a key", "delete-alias")


def test_a_disabled_key(world: World) -> None:
    made = _ours(world)
    world.kms.disable_key(KeyId=made["KeyId"])
    result = world.refuse(KEY, made["Arn"], "is Disabled", "Expected: Enabled", f"name {NAME} in revive")
    assert result.row["state"] == "Disabled"


def test_a_dying_key(world: World) -> None:
    made = _ours(world)
    date = world.kms.schedule_key_deletion(KeyId=made["KeyId"], PendingWindowInDays=9)["DeletionDate"]
    result = world.refuse(
        KEY, made["Arn"], "is PendingDeletion", f"{date:%Y-%m-%d}", "Expected: Enabled", f"name {NAME} in revive"
    )
    assert result.row["state"] == "PendingDeletion"
    assert result.row["tags"] == tags_of(KEY)


@pytest.mark.parametrize("imported", [True, False])
def test_a_key_with_imported_material(world: World, imported: bool) -> None:
    made = _ours(world, Origin="EXTERNAL")
    if imported:
        world.sandbox.import_key_material(made["KeyId"])
    world.refuse(KEY, made["Arn"], "origin EXTERNAL", "Expected: AWS_KMS", "emove the alias")


def test_a_multi_region_key_with_a_replica(world: World) -> None:
    """DescribeKey tells of the replica. Whoever may replicate a key gives it another policy there."""
    made = _ours(world, MultiRegion=True)
    world.kms.replicate_key(KeyId=made["KeyId"], ReplicaRegion="eu-west-1")
    world.refuse(KEY, made["Arn"], "multi-Region")


@pytest.mark.parametrize(
    ("tag", "value", "expected"),
    [("environment", "production", "'staging'"), (OWNER, "alias/staging-kovan-relayer-signer", f"'alias/{NAME}'")],
)
def test_a_key_that_was_made_for_something_else(world: World, tag: str, value: str, expected: str) -> None:
    made = world.make(NAME, tags={**tags_of(KEY), tag: value})
    world.refuse(KEY, made["Arn"], f"tag {tag} is '{value}'", f"Expected: {expected}", "point it back at its own key")


def test_one_key_behind_two_names(world: World) -> None:
    made = world.make(NAME, OTHER["name"], tags={"environment": "staging"})
    world.mark()
    result = world.fail([KEY, OTHER])
    assert result.actions == ["failed", "failed"]
    assert world.writes() == []
    for one, other in ((KEY, OTHER), (OTHER, KEY)):
        error = result.rows[one["name"]]["error"]
        assert f"{one['name']} is the same key as {other['name']}" in error
        assert made["Arn"] in error
        assert "Expected: a key of its own" in error


def test_a_key_that_aws_manages(world: World) -> None:
    """No customer's alias can point at one; should that change, it is not ours all the same."""
    made = _ours(world)
    world.sandbox.add_fault(
        action="kms:DescribeKey", kind="rewrite", find='"KeyManager": "CUSTOMER"', replace='"KeyManager": "AWS"'
    )
    world.refuse(KEY, made["Arn"], "a key that AWS manages", "Expected: a customer managed key", "emove the alias")


def test_a_key_in_another_account(world: World) -> None:
    made = _ours(world)
    world.account_of_another(NAME)
    arn = made["Arn"].replace(ACCOUNT_ID, "999988887777")
    told = ("the account 999988887777", f"Expected: a key in the caller's account {ACCOUNT_ID}", "Use credentials for")
    world.refuse(KEY, arn, *told)
    world.refuse(KEY, arn, *told, state="absent")


def test_credentials_for_another_account_reach_no_key(world: World) -> None:
    world.mark()
    result = world.fail([KEY], account_id="111122223333")
    assert {entry["service"] for entry in world.log()} == {"sts"}
    for part in (ACCOUNT_ID, "Expected: 111122223333", "Nothing was read or written", "arn:aws"):
        assert part in result["msg"]
    info = world.fail(module="kms_signing_keys_info", names=[NAME], account_id="111122223333")
    assert {entry["service"] for entry in world.log()} == {"sts"}
    assert "Expected: 111122223333" in info["msg"]


def test_an_answer_with_a_point_that_is_not_on_the_curve(world: World) -> None:
    made = world.succeed([KEY]).row
    # A DER header in base64 whose curve is P-256 instead: the answer is of another key than it says.
    header = made["public_key"][:30]
    world.sandbox.add_fault(action="kms:GetPublicKey", kind="rewrite", find=header, replace="A" * len(header))
    result = world.refuse(KEY, made["arn"], "not a DER SubjectPublicKeyInfo")
    assert result.row["address"] is None


def test_an_error_on_one_key_does_not_lose_the_others(world: World) -> None:
    keys = [wanted(f"staging-kovan-{agent}-signer") for agent in ("one", "two", "three", "four", "five")]
    world.make(keys[1]["name"], KeySpec="ECC_NIST_P256")
    disabled = world.make(keys[3]["name"], tags=tags_of(keys[3]))
    world.kms.disable_key(KeyId=disabled["KeyId"])
    result = world.fail(keys)
    assert result.actions == ["created", "failed", "created", "failed", "created"]
    assert result["changed"]
    assert result["msg"].startswith("2 of 5 signing keys failed (3 created, 2 failed).")
    assert [row["name"] for row in result["signing_keys"]] == [key["name"] for key in keys]
    assert [bool(row["address"]) for row in result["signing_keys"]] == [True, False, True, False, True]
    for row in result["signing_keys"][::2]:
        world.prove(row)
        assert row["error"] is None
    again = world.fail(keys)
    assert again.actions == ["unchanged", "failed", "unchanged", "failed", "unchanged"]
    assert not again["changed"]


def test_an_error_while_writing_one_key_does_not_lose_the_others(world: World) -> None:
    keys = [wanted(f"staging-kovan-{agent}-signer") for agent in ("one", "two", "three")]
    world.sandbox.add_fault(action="kms:CreateAlias", kind="access_denied", match=keys[1]["name"])
    result = world.fail(keys)
    assert result.actions == ["created", "failed", "created"]
    left = result.rows[keys[1]["name"]]
    assert re.search(r"The caller lacks the permission kms:CreateAlias", left["error"])
    assert f"The key {left['arn']} was created" in left["error"]
    world.sandbox.remove_faults()
    again = world.succeed(keys)
    assert again.actions == ["unchanged", "adopted", "unchanged"]
    assert again.rows[keys[1]["name"]]["arn"] == left["arn"]
    world.assert_one_each(keys)


def test_a_failed_run_that_made_a_key_has_changed_something(world: World) -> None:
    world.sandbox.add_fault(action="kms:CreateAlias", kind="access_denied")
    result = world.fail([KEY])
    assert len(world.held_keys()) == 1
    assert result["changed"]


def test_a_warning_does_not_bring_a_deprecation(world: World) -> None:
    world.make(tags=tags_of(KEY), KeySpec="ECC_NIST_P256")
    result = world.succeed([KEY])
    assert result.warned.count("is not taken over") == 1
    assert "deprecations" not in result
