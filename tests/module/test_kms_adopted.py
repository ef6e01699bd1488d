# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys that exist are taken over: those of the original script, and those that an earlier run left without alias."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.client import ACCOUNT_ID, Sandbox
from tests.module.kms_world import OWNER, World, opened, staging, tags_of, wanted

KEY = wanted("staging-kovan-updater-signer")
NAME = KEY["name"]


def _policy(*statements: dict[str, Any]) -> str:
    root = {
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Id": "x", "Statement": [root, *statements]})


STRANGER = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::999988887777:root"},
    "Action": "kms:Sign",
    "Resource": "*",
}


@pytest.fixture
def world(sandbox: Sandbox, tmp_path: Path) -> Iterator[World]:
    yield from opened(sandbox, tmp_path)


def _orphan(world: World, **parameters: Any) -> dict[str, Any]:
    return world.make(tags=tags_of(KEY), **{"Description": KEY["description"], **parameters})


def test_keys_of_the_original_script(world: World) -> None:
    keys = staging()
    old = {key["name"]: world.make_as_the_script_did(key["name"]) for key in keys}
    public = {name: world.kms.get_public_key(KeyId=key["KeyId"])["PublicKey"] for name, key in old.items()}
    world.mark()
    result = world.succeed(keys)
    assert result.actions == ["adopted"] * 14
    assert result["changed"]
    assert set(world.writes()) == {"TagResource", "UpdateKeyDescription"}
    for name, row in result.rows.items():
        assert row["arn"] == old[name]["Arn"]
        assert world.kms.get_public_key(KeyId=f"alias/{name}")["PublicKey"] == public[name]
        world.prove(row)
    for key in keys:
        assert world.tags(old[key["name"]]["KeyId"]) == tags_of(key)
    world.mark()
    again = world.succeed(keys)
    assert again.actions == ["unchanged"] * 14
    assert world.writes() == []
    assert [row["address"] for row in again["signing_keys"]] == [row["address"] for row in result["signing_keys"]]


def test_a_key_without_any_tag_behind_the_alias(world: World) -> None:
    made = world.make(NAME)
    row = world.succeed([KEY]).row
    assert (row["action"], row["arn"]) == ("adopted", made["Arn"])
    assert world.tags(made["KeyId"]) == tags_of(KEY)


def test_a_key_that_an_earlier_run_left(world: World) -> None:
    left = _orphan(world)
    world.mark()
    row = world.succeed([KEY]).row
    assert (row["action"], row["arn"], row["state"]) == ("adopted", left["Arn"], "Enabled")
    assert world.writes() == ["CreateAlias"]
    world.prove(row)
    world.assert_one_each([KEY])
    assert world.succeed([KEY]).actions == ["unchanged"]


def test_what_a_left_key_lacks_is_added(world: World) -> None:
    left = world.make(tags={"environment": "staging", OWNER: f"alias/{NAME}"}, Description="")
    row = world.succeed([KEY]).row
    assert (row["action"], row["arn"], row["description"]) == ("adopted", left["Arn"], KEY["description"])
    assert world.tags(left["KeyId"]) == tags_of(KEY) == row["tags"]


def test_the_declared_policy_is_given_and_recognised(world: World) -> None:
    auditor = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}, "Action": "kms:DescribeKey"}
    declared = _policy({**auditor, "Resource": "*"})
    other = wanted("staging-kovan-updater-attestation")
    left = _orphan(world, Policy=json.dumps(json.loads(declared), indent=3))
    result = world.succeed([KEY, other], key_policy=declared)
    assert result.actions == ["adopted", "created"]
    assert result.rows[NAME]["arn"] == left["Arn"]
    held = world.kms.get_key_policy(KeyId=result.rows[other["name"]]["key_id"])["Policy"]
    assert json.loads(held) == json.loads(declared)


def _with_policy(world: World) -> dict[str, Any]:
    return _orphan(world, Policy=_policy(STRANGER))


def _with_changed_policy(world: World) -> dict[str, Any]:
    key = _orphan(world)
    world.kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=_policy(STRANGER))
    return key


def _with_grant(world: World) -> dict[str, Any]:
    key = _orphan(world)
    world.kms.create_grant(
        KeyId=key["KeyId"], GranteePrincipal=f"arn:aws:iam::{ACCOUNT_ID}:user/mallory", Operations=["Sign"]
    )
    return key


def _with_alias(world: World) -> dict[str, Any]:
    key = _orphan(world)
    world.kms.create_alias(AliasName="alias/mallory", TargetKeyId=key["KeyId"])
    return key


def _with_imported_material(world: World) -> dict[str, Any]:
    key = _orphan(world, Origin="EXTERNAL")
    world.sandbox.import_key_material(key["KeyId"])
    return key


def _of_another_curve(world: World) -> dict[str, Any]:
    return _orphan(world, KeySpec="ECC_NIST_P256")


def _that_is_disabled(world: World) -> dict[str, Any]:
    key = _orphan(world)
    world.kms.disable_key(KeyId=key["KeyId"])
    return key


PLANTED = {
    "policy": (_with_policy, "its key policy is neither the default one nor the declared one"),
    "changed policy": (_with_changed_policy, "its key policy is neither the default one nor the declared one"),
    "grant": (_with_grant, "1 grants"),
    "alias": (_with_alias, "alias/mallory"),
    "imported": (_with_imported_material, "EXTERNAL"),
    "curve": (_of_another_curve, "ECC_NIST_P256"),
    "disabled": (_that_is_disabled, "Disabled"),
}


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_tag_is_not_believed(world: World, kind: str) -> None:
    plant, told = PLANTED[kind]
    planted = plant(world)
    state = world.describe(planted["KeyId"])["KeyState"]
    world.mark()
    result = world.succeed([KEY])
    assert result.actions == ["created"]
    assert result.row["arn"] != planted["Arn"]
    assert planted["Arn"] in result.warned
    assert told in result.warned
    # The advice for a key behind the alias would mislead here: no alias points at this one.
    assert "remove the alias" not in result.warned.lower()
    assert "run again, and a key is created" not in result.warned
    assert world.aliases()[NAME] == result.row["key_id"]
    assert sorted(world.writes()) == ["CreateAlias", "CreateKey"]
    assert world.describe(planted["KeyId"])["KeyState"] == state


def test_a_planted_multi_region_key_is_not_believed(world: World) -> None:
    """Its replica in another Region has a key policy of its own, under which somebody else may sign."""
    planted = _orphan(world, MultiRegion=True)
    world.kms.replicate_key(KeyId=planted["KeyId"], ReplicaRegion="eu-west-1", Policy=_policy(STRANGER))
    result = world.run([KEY])
    assert (result.row["arn"], result.row["action"]) != (planted["Arn"], "adopted")
    assert world.aliases().get(NAME) != planted["KeyId"]


def test_a_tag_for_another_environment_is_not_believed(world: World) -> None:
    planted = world.make(tags={**tags_of(KEY), "environment": "production"})
    result = world.succeed([KEY])
    assert result.actions == ["created"]
    assert result.row["arn"] != planted["Arn"]


def test_of_two_left_keys_one_is_taken_and_the_other_reported(world: World) -> None:
    first, second = _orphan(world), _orphan(world)
    result = world.succeed([KEY])
    assert result.actions == ["adopted"]
    assert result.row["arn"] in (first["Arn"], second["Arn"])
    other = second if result.row["arn"] == first["Arn"] else first
    # Named, so that somebody can look at it.
    assert other["Arn"] in result.warned


@pytest.mark.parametrize("policy", ['{"Version": "2012-10-17"}', "[]", "not json"])
def test_a_policy_that_is_no_policy_does_not_break_the_run(world: World, policy: str) -> None:
    left = _orphan(world)
    row = world.succeed([KEY], key_policy=policy).row
    assert (row["action"], row["arn"]) == ("adopted", left["Arn"])


def test_the_default_policy_is_believed_beside_a_declared_one(world: World) -> None:
    left = _orphan(world)
    assert world.succeed([KEY], key_policy=_policy(STRANGER)).row["arn"] == left["Arn"]
