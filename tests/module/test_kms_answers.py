# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lost answers and broken connections: nothing is made twice, and a second run finishes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.module.kms_world import World, opened, tags_of, wanted

KEY = wanted("staging-kovan-updater-signer")
NAME = KEY["name"]
KEYS = [KEY, wanted("staging-kovan-watcher-signer")]
KINDS = ["lost_answer", "broken_connection", "server_error"]


@pytest.fixture
def world(sandbox: Sandbox, tmp_path: Path) -> Iterator[World]:
    yield from opened(sandbox, tmp_path)


def _finish(world: World, keys: list[dict[str, Any]], **arguments: Any) -> list[str]:
    """Run, and run again if the first run says that it failed. The actions of the last run."""
    result = world.run(keys, **arguments)
    assert "Traceback" not in result.output
    if result.get("failed"):
        result = world.succeed(keys, **arguments)
    return result.actions


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("action", ["kms:CreateKey", "kms:CreateAlias", "kms:GetPublicKey", "kms:DescribeKey"])
def test_while_creating(world: World, action: str, kind: str) -> None:
    world.sandbox.add_fault(action=action, kind=kind, times=1)
    _finish(world, KEYS)
    world.assert_one_each(KEYS)
    result = world.succeed(KEYS)
    assert result.actions == ["unchanged"] * 2
    for row in result["signing_keys"]:
        world.prove(row)


def test_a_lost_answer_to_create_key_is_found_again_in_the_same_run(world: World) -> None:
    world.sandbox.add_fault(action="kms:CreateKey", kind="lost_answer", times=1)
    row = world.succeed([KEY]).row
    assert row["action"] == "created"
    assert len(world.log("CreateKey")) == 1
    world.assert_one_each([KEY])


def test_a_broken_connection_at_create_key_is_not_tried_again(world: World) -> None:
    """Nothing says whether KMS will come to make the key yet."""
    world.sandbox.add_fault(action="kms:CreateKey", kind="broken_connection", times=1)
    result = world.fail([KEY])
    assert len(world.log("CreateKey")) == 1
    assert "kms:CreateKey failed: the connection broke" in result.row["error"]
    assert "the next run takes it over" in result.row["error"]
    assert world.succeed([KEY]).actions == ["created"]


def test_what_kms_says_it_did_not_make_is_made_again(world: World) -> None:
    world.sandbox.add_fault(action="kms:CreateKey", kind="server_error", times=1)
    assert world.succeed([KEY]).actions == ["created"]
    world.assert_one_each([KEY])


def test_a_planted_key_is_not_taken_for_the_one_whose_answer_was_lost(world: World) -> None:
    """It is older, carries the tag, and another alias points at it: two names would share a key."""
    planted = world.make("mallory", tags=tags_of(KEY), Description=KEY["description"])
    world.sandbox.add_fault(action="kms:CreateKey", kind="lost_answer", times=1)
    world.run([KEY])
    world.sandbox.remove_faults()
    assert world.aliases().get(NAME) != planted["KeyId"]
    row = world.succeed([KEY]).row
    assert row["arn"] != planted["Arn"]
    assert world.states() == {"Enabled": 2}


def test_every_answer_to_create_key_is_lost(world: World) -> None:
    world.sandbox.add_fault(action="kms:CreateKey", kind="lost_answer")
    world.run(KEYS)
    world.sandbox.remove_faults()
    world.succeed(KEYS)
    world.assert_one_each(KEYS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("action", ["kms:TagResource", "kms:UpdateKeyDescription"])
def test_while_taking_over(world: World, action: str, kind: str) -> None:
    old = [world.make_as_the_script_did(key["name"])["Arn"] for key in KEYS]
    world.sandbox.add_fault(action=action, kind=kind, times=1)
    _finish(world, KEYS)
    result = world.succeed(KEYS)
    assert result.actions == ["unchanged"] * 2
    assert [row["arn"] for row in result["signing_keys"]] == old
    assert [row["tags"] for row in result["signing_keys"]] == [tags_of(key) for key in KEYS]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("action", ["kms:ScheduleKeyDeletion", "kms:DeleteAlias"])
def test_while_retiring(world: World, action: str, kind: str) -> None:
    world.succeed(KEYS)
    world.sandbox.add_fault(action=action, kind=kind, times=1)
    assert _finish(world, KEYS, state="absent") == ["retired"] * 2
    assert world.aliases() == {}
    assert world.states() == {"PendingDeletion": 2}
    assert world.succeed(KEYS, state="absent").actions == ["unchanged"] * 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("action", ["kms:CancelKeyDeletion", "kms:EnableKey", "kms:CreateAlias"])
def test_while_reviving(world: World, action: str, kind: str) -> None:
    made = world.succeed([KEY]).row
    world.succeed([KEY], state="absent")
    world.sandbox.add_fault(action=action, kind=kind, times=1)
    _finish(world, [KEY], revive=[NAME])
    row = world.succeed([KEY]).row
    assert (row["action"], row["arn"], row["address"]) == ("unchanged", made["arn"], made["address"])
    world.assert_one_each([KEY])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "action",
    ["sts:GetCallerIdentity", "tag:GetResources", "kms:DescribeKey", "kms:GetPublicKey", "kms:ListResourceTags"],
)
def test_reading_is_tried_again(world: World, action: str, kind: str) -> None:
    world.make(NAME)
    world.sandbox.add_fault(action=action, kind=kind, times=2)
    assert world.succeed([KEY]).actions == ["adopted"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("action", ["kms:ListAliases", "kms:ListGrants", "kms:GetKeyPolicy"])
def test_looking_for_left_keys_is_tried_again(world: World, action: str, kind: str) -> None:
    left = world.make(tags=tags_of(KEY))
    world.sandbox.add_fault(action=action, kind=kind, times=2)
    row = world.succeed([KEY]).row
    assert (row["action"], row["arn"]) == ("adopted", left["Arn"])


def test_kms_does_not_know_the_new_key_everywhere_yet(world: World) -> None:
    """KMS is eventually consistent: CreateAlias may for a moment not find the key that CreateKey has just made."""
    unknown = {"action": "kms:CreateAlias", "times": 1}
    world.sandbox.add_fault(kind="rewrite", find="AccessDeniedException", replace="NotFoundException", **unknown)
    world.sandbox.add_fault(kind="access_denied", **unknown)
    assert world.succeed([KEY]).actions == ["created"]
