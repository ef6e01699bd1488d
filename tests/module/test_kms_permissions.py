# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A missing permission is named, never leads to a creation, and the documented list is what the modules use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.interchain.agent_ops.plugins.modules import kms_signing_keys, kms_signing_keys_info

from sandbox.client import Sandbox
from tests.module.kms_world import World, opened, tags_of, wanted

KEY = wanted("staging-kovan-updater-signer")
NAME = KEY["name"]


def documented(text: str) -> set[str]:
    """The actions in a module's notes."""
    notes = " ".join(yaml.safe_load(text)["notes"])
    return set(re.findall(r"C\(((?:kms|tag|sts):\w+)\)", notes))


DOCUMENTED = documented(kms_signing_keys.DOCUMENTATION)


@pytest.fixture
def world(sandbox: Sandbox, tmp_path: Path) -> Iterator[World]:
    yield from opened(sandbox, tmp_path)


def _scenario(world: World, action: str) -> dict[str, object]:
    """Make an account in which a run needs the action; the arguments of that run."""
    name = action.split(":")[1]
    if name in ("ListGrants", "GetKeyPolicy"):
        world.make(tags=tags_of(KEY))
    elif name in ("ListResourceTags", "TagResource"):
        world.make(NAME)
    elif name == "UpdateKeyDescription":
        world.make(NAME, tags=tags_of(KEY))
    elif name in ("EnableKey", "CancelKeyDeletion", "ScheduleKeyDeletion", "DeleteAlias"):
        made = world.make(NAME, tags=tags_of(KEY), Description=KEY["description"])
        if name == "EnableKey":
            world.kms.disable_key(KeyId=made["KeyId"])
        if name == "CancelKeyDeletion":
            world.kms.schedule_key_deletion(KeyId=made["KeyId"])
    if name in ("EnableKey", "CancelKeyDeletion"):
        return {"revive": [NAME]}
    return {"state": "absent"} if name in ("ScheduleKeyDeletion", "DeleteAlias") else {}


@pytest.mark.parametrize("action", sorted(DOCUMENTED - {"sts:GetCallerIdentity"}))
def test_a_missing_permission_is_named(world: World, action: str) -> None:
    arguments = _scenario(world, action)
    keys = len(world.held_keys())
    world.mark()
    world.sandbox.add_fault(action=action, kind="access_denied")
    result = world.fail([KEY], **arguments)
    assert f"The caller lacks the permission {action}" in result.row["error"]
    assert result.row["error"] in result["msg"]
    assert result.actions == ["failed"]
    # Once: a denial does not heal by asking again. Two of a kind are two keys' or two questions.
    assert len(world.log(action.split(":")[1])) <= 2
    made = 1 if action in ("kms:CreateAlias", "kms:TagResource") and not keys else 0
    assert len(world.held_keys()) == keys + made


def test_the_denial_of_who_the_caller_is(world: World) -> None:
    world.sandbox.add_fault(action="sts:GetCallerIdentity", kind="access_denied")
    result = world.fail([KEY])
    assert "The caller lacks the permission sts:GetCallerIdentity" in result["msg"]
    assert world.actions() == {"sts:GetCallerIdentity"}


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("action", ["kms:DescribeKey", "kms:GetPublicKey", "tag:GetResources", "kms:ListAliases"])
def test_what_cannot_be_read_is_neither_created_nor_retired(world: World, action: str, state: str) -> None:
    world.sandbox.add_fault(action=action, kind="access_denied")
    result = world.fail([KEY, wanted("staging-kovan-watcher-signer")], state=state)
    assert result.actions == ["failed", "failed"]
    assert world.writes() == []


def test_create_key_without_tag_resource(world: World) -> None:
    """AWS wants kms:TagResource of whoever creates a key with tags, and its answer to CreateKey says so."""
    world.sandbox.add_fault(
        action="kms:CreateKey", kind="rewrite", find="perform: kms:CreateKey", replace="perform: kms:TagResource"
    )
    world.sandbox.add_fault(action="kms:CreateKey", kind="access_denied")
    error = world.fail([KEY]).row["error"]
    assert "permission kms:TagResource" in error
    assert "permission kms:CreateKey" not in error


def test_the_documented_permissions_are_those_that_are_used(world: World) -> None:
    """Every path that a run can take, and what the sandbox's log says of it."""
    used: set[str] = set()

    def run(keys: list[dict[str, object]], **arguments: object) -> None:
        world.mark()
        world.run(keys, **arguments)
        used.update(world.actions())

    second, third = wanted("staging-kovan-watcher-signer"), wanted("staging-kovan-relayer-signer")
    world.make(second["name"])
    run([KEY, second])
    world.make(tags=tags_of(third))
    run([KEY, second, third], check=True)
    run([KEY, second, third])
    for name in (NAME, second["name"], third["name"]):
        world.kms.disable_key(KeyId=world.aliases()[name])
    run([KEY, second, third], revive=[NAME, second["name"]])
    run([KEY, second, third], state="absent")
    run([KEY], revive=[NAME])
    # Two runs at once, of which one gives its key back.
    fourth = wanted("staging-kovan-processor-signer")
    fault = world.sandbox.add_fault(action="kms:CreateKey", kind="hold_before")
    world.mark()
    runs = [world.start([fourth]) for _number in range(2)]
    world.sandbox.wait_held(2)
    world.sandbox.remove_faults(fault)
    world.sandbox.release()
    for one in runs:
        one.wait()
    used.update(world.actions())
    fifth = wanted("staging-kovan-kathy-signer")
    world.sandbox.add_fault(action="kms:CreateKey", kind="lost_answer", times=1)
    run([fifth])
    assert used == DOCUMENTED


def test_the_documented_permissions_of_the_info_module(world: World) -> None:
    world.succeed([KEY])
    world.mark()
    for arguments in ({"names": [NAME, "staging-absent"]}, {"pattern": "*"}):
        world.succeed(module="kms_signing_keys_info", request_rates=None, **arguments)
    assert world.actions() == documented(kms_signing_keys_info.DOCUMENTATION)
