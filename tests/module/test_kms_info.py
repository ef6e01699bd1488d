# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kms_signing_keys_info: the same rows, and nothing changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.module.kms_world import World, opened, staging, wanted
from tests.module.runs import Result

KEY = wanted("staging-kovan-updater-signer")
NAME = KEY["name"]


@pytest.fixture
def world(sandbox: Sandbox, tmp_path: Path) -> Iterator[World]:
    yield from opened(sandbox, tmp_path)


def _info(world: World, **arguments: Any) -> Result:
    world.mark()
    result = world.run(module="kms_signing_keys_info", request_rates=None, **arguments)
    assert world.writes() == []
    assert not result.get("changed", False)
    return result


def test_names(world: World) -> None:
    made = world.succeed(staging())
    names = [NAME, "staging-moonbasealpha-kathy-signer"]
    result = _info(world, names=names)
    assert not result.get("failed")
    assert result["signing_keys"] == [{**made.rows[name], "action": "unchanged"} for name in names]
    assert result["sandbox"] is True
    assert not any(entry["operation"].startswith("ListA") for entry in world.log())


def test_three_calls_a_key_as_documented(world: World) -> None:
    world.succeed(staging())
    _info(world, names=[key["name"] for key in staging()])
    operations = [entry["operation"] for entry in world.log() if entry["service"] == "kms"]
    assert len(operations) == 3 * 14


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("staging-*-updater-signer", ["staging-kovan-updater-signer", "staging-moonbasealpha-updater-signer"]),
        ("staging-kovan-kathy-signe?", ["staging-kovan-kathy-signer"]),
        ("staging-kovan-[kp]*", ["staging-kovan-kathy-signer", "staging-kovan-processor-signer"]),
        ("STAGING-*", []),
        ("production-*", []),
    ],
)
def test_a_pattern(world: World, pattern: str, names: list[str]) -> None:
    made = world.succeed(staging())
    result = _info(world, pattern=pattern)
    assert [row["name"] for row in result["signing_keys"]] == names
    assert result["signing_keys"] == [{**made.rows[name], "action": "unchanged"} for name in names]


def test_a_pattern_among_many_aliases(world: World) -> None:
    world.make_foreign_aliases(120)
    world.succeed([KEY])
    assert [row["name"] for row in _info(world, pattern="staging-*")["signing_keys"]] == [NAME]


def test_a_pattern_is_not_for_the_aliases_of_aws(world: World) -> None:
    world.succeed([KEY])
    assert [row["name"] for row in _info(world, pattern="*")["signing_keys"]] == [NAME]


def test_a_name_that_does_not_exist(world: World) -> None:
    result = _info(world, names=[NAME])
    assert not result.get("failed")
    row = result.row
    assert (row["name"], row["state"], row["action"], row["arn"]) == (NAME, "Absent", "unchanged", None)


def test_a_name_twice_is_one_row(world: World) -> None:
    world.succeed([KEY])
    assert len(_info(world, names=[NAME, NAME])["signing_keys"]) == 1


def test_a_key_of_the_original_script(world: World) -> None:
    made = world.make_as_the_script_did(NAME)
    row = _info(world, names=[NAME]).row
    assert (row["arn"], row["environment"], row["tags"]) == (made["Arn"], "staging", {"environment": "staging"})
    world.prove(row)


@pytest.mark.parametrize(
    ("operation", "state"), [("disable_key", "Disabled"), ("schedule_key_deletion", "PendingDeletion")]
)
def test_a_key_that_cannot_be_used(world: World, operation: str, state: str) -> None:
    made = world.succeed([KEY]).row
    getattr(world.kms, operation)(KeyId=made["key_id"])
    result = _info(world, names=[NAME])
    assert not result.get("failed")
    assert (result.row["state"], result.row["arn"], result.row["address"]) == (state, made["arn"], None)


@pytest.mark.parametrize("spec", ["SYMMETRIC_DEFAULT", "ECC_NIST_P256"])
def test_a_key_of_another_spec(world: World, spec: str) -> None:
    usage = "SIGN_VERIFY" if spec == "ECC_NIST_P256" else "ENCRYPT_DECRYPT"
    made = world.make("staging-data", KeySpec=spec, KeyUsage=usage)
    world.succeed([KEY])
    result = _info(world, names=[NAME, "staging-data"])
    assert result["failed"]
    assert result.actions == ["unchanged", "failed"]
    row = result.rows["staging-data"]
    assert (row["arn"], row["key_spec"], row["address"]) == (made["Arn"], spec, None)
    assert made["Arn"] in row["error"]
    world.prove(result.rows[NAME])


@pytest.mark.parametrize("action", ["kms:DescribeKey", "kms:GetPublicKey", "kms:ListResourceTags", "kms:ListAliases"])
def test_a_missing_permission_is_named(world: World, action: str) -> None:
    world.succeed([KEY])
    world.sandbox.add_fault(action=action, kind="access_denied")
    result = _info(world, pattern="staging-*")
    assert result["failed"]
    assert f"The caller lacks the permission {action}" in result["msg"]


def test_an_alias_that_is_moved_while_it_is_read(world: World) -> None:
    """The address of one key beside the ARN of another would be a wrong report of the worst kind."""
    world.succeed([KEY])
    other = world.make(tags={"environment": "staging"})
    world.sandbox.add_fault(action="kms:GetPublicKey", kind="hold_before", times=1)
    run = world.start(module="kms_signing_keys_info", names=[NAME])
    world.sandbox.wait_held()
    world.kms.update_alias(AliasName=f"alias/{NAME}", TargetKeyId=other["KeyId"])
    world.sandbox.release()
    row = run.wait().row
    assert row["action"] == "failed" or row["address"] is not None
    if row["address"] is not None:
        world.prove(row)


@pytest.mark.parametrize(
    "arguments",
    [{}, {"names": [NAME], "pattern": "*"}, {"names": ["alias/" + NAME + " "]}, {"names": [""]}, {"names": ["aws/s3"]}],
)
def test_bad_input(world: World, arguments: dict[str, Any]) -> None:
    result = _info(world, **arguments)
    assert result["failed"]
    assert "Traceback" not in result.output
    assert world.log() == []


def test_a_secret_that_is_part_of_a_name(world: World) -> None:
    """Masked rows look like rows, and their names and ARNs are lost."""
    world.succeed([KEY])
    result = world.run(module="kms_signing_keys_info", names=[NAME], secret_key="kovan")
    assert result.get("failed")
    assert "secret_key is part of" in result["msg"]
