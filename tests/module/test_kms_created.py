# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys come into being, are proven, and stay as they are."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.client import ACCOUNT_ID, REGION, Sandbox
from tests.module.kms_world import World, opened, staging, tags_of, wanted

KEY = wanted("staging-kovan-updater-signer")


@pytest.fixture
def world(sandbox: Sandbox, tmp_path: Path) -> Iterator[World]:
    yield from opened(sandbox, tmp_path)


def test_the_keys_of_an_environment(world: World) -> None:
    keys = staging()
    result = world.succeed(keys, account_id=ACCOUNT_ID)
    assert len(keys) == 14
    assert result["changed"]
    assert result.actions == ["created"] * 14
    assert [row["name"] for row in result["signing_keys"]] == [key["name"] for key in keys]
    assert len({row["address"] for row in result["signing_keys"]}) == 14
    for key, row in zip(keys, result["signing_keys"], strict=True):
        held = world.describe(f"alias/{key['name']}")
        assert (held["KeySpec"], held["KeyUsage"], held["Origin"]) == ("ECC_SECG_P256K1", "SIGN_VERIFY", "AWS_KMS")
        assert held["MultiRegion"] is False
        assert held["Description"] == f"staging {key['network']} {key['agent']}-{key['purpose']}"
        assert world.tags(held["KeyId"]) == tags_of(key)
        public_key = world.kms.get_public_key(KeyId=held["KeyId"])["PublicKey"]
        assert row == {
            **{name: key[name] for name in ("name", "environment", "network", "agent", "purpose")},
            "backend": "kms",
            "alias": f"alias/{key['name']}",
            "key_id": held["KeyId"],
            "arn": held["Arn"],
            "region": REGION,
            "description": held["Description"],
            "address": row["address"],
            "public_key": base64.b64encode(public_key).decode(),
            "key_spec": "ECC_SECG_P256K1",
            "state": "Enabled",
            "action": "created",
            "error": None,
            "tags": tags_of(key),
        }
        world.prove(row)
    world.assert_one_each(keys)


def test_a_second_run_changes_nothing(world: World) -> None:
    first = world.succeed(staging())
    world.mark()
    second = world.succeed(staging())
    assert not second["changed"]
    assert second.actions == ["unchanged"] * 14
    assert world.writes() == []
    for before, after in zip(first["signing_keys"], second["signing_keys"], strict=True):
        assert after == {**before, "action": "unchanged"}


def test_the_result_says_where_it_comes_from(world: World) -> None:
    result = world.succeed([KEY])
    assert result["account_id"] == ACCOUNT_ID
    assert result["endpoint_url"] == world.sandbox.url
    assert result["sandbox"] is True
    assert result["caller_arn"].startswith("arn:aws:")
    assert ACCOUNT_ID in result["caller_arn"]


def test_a_stray_endpoint_in_the_environment_counts(world: World) -> None:
    result = world.succeed([KEY], endpoint_url=None, environment={"AWS_ENDPOINT_URL": world.sandbox.url})
    assert result["endpoint_url"] == world.sandbox.url
    assert result["sandbox"] is True
    info = world.succeed(
        module="kms_signing_keys_info",
        names=[KEY["name"]],
        endpoint_url=None,
        environment={"AWS_ENDPOINT_URL_KMS": world.sandbox.url, "AWS_ENDPOINT_URL_STS": world.sandbox.url},
    )
    assert info["endpoint_url"] == world.sandbox.url
    assert info["sandbox"] is True


def test_keys_outside_of_the_set_are_not_touched(world: World) -> None:
    others = [
        world.make("staging-kovan-other-signer", tags={"environment": "staging"}, Description="not ours"),
        world.make(tags={"environment": "staging"}),
        world.make("production-kovan-updater-signer", tags={"environment": "production"}),
        world.make(KeySpec="SYMMETRIC_DEFAULT", KeyUsage="ENCRYPT_DECRYPT", Description="data"),
    ]
    before = [(world.describe(key["KeyId"]), world.tags(key["KeyId"])) for key in others]
    world.mark()
    world.succeed(staging())
    written = {
        entry["resource"].get(name) for entry in world.log() if entry["write"] for name in ("KeyId", "TargetKeyId")
    }
    assert written.isdisjoint({key["KeyId"] for key in others} | {key["Arn"] for key in others})
    assert [(world.describe(key["KeyId"]), world.tags(key["KeyId"])) for key in others] == before


def test_drift_is_corrected_and_other_tags_stay(world: World) -> None:
    made = world.succeed([KEY]).row
    world.kms.update_key_description(KeyId=made["key_id"], Description="something else")
    drift = [{"TagKey": "agent", "TagValue": "relayer"}, {"TagKey": "cost", "TagValue": "42"}]
    world.kms.tag_resource(KeyId=made["key_id"], Tags=drift)
    world.mark()
    result = world.succeed([{**KEY, "tags": {"team": "bridge"}}])
    assert result["changed"]
    assert result.actions == ["updated"]
    assert sorted(world.writes()) == ["TagResource", "UpdateKeyDescription"]
    assert world.tags(made["key_id"]) == tags_of(KEY, cost="42", team="bridge")
    assert result.row["tags"] == world.tags(made["key_id"])
    assert result.row["address"] == made["address"]
    assert result.row["description"] == world.describe(made["key_id"])["Description"] == KEY["description"]
    assert world.succeed([{**KEY, "tags": {"team": "bridge"}}]).actions == ["unchanged"]


def test_the_row_shows_what_aws_holds_and_not_what_was_wanted(world: World) -> None:
    made = world.succeed([KEY]).row
    world.kms.update_key_description(KeyId=made["key_id"], Description="changed by hand")
    world.sandbox.add_fault(action="kms:UpdateKeyDescription", kind="access_denied")
    row = world.fail([KEY]).row
    assert row["description"] == "changed by hand"
    assert (row["action"], row["address"], row["arn"]) == ("failed", made["address"], made["arn"])


def test_a_key_that_all_networks_share(world: World) -> None:
    bank = {
        "name": "staging-bank",
        "environment": "staging",
        "agent": "bank",
        "purpose": "signer",
        "description": "staging bank",
    }
    row = world.succeed([bank]).row
    assert row["network"] is None
    assert world.tags(row["key_id"]) == {
        "environment": "staging",
        "agent": "bank",
        "purpose": "signer",
        "agent_ops:alias": "alias/staging-bank",
    }
    world.prove(row)


def test_several_regions_in_one_call(world: World) -> None:
    keys = [
        KEY,
        wanted("staging-celo-updater-signer", region="eu-west-1"),
        wanted("staging-kovan-kathy-signer", region=REGION),
        wanted("staging-alfajores-updater-signer", region="ap-southeast-2"),
    ]
    result = world.succeed(keys)
    assert result.actions == ["created"] * 4
    regions = [REGION, "eu-west-1", REGION, "ap-southeast-2"]
    assert [row["region"] for row in result["signing_keys"]] == regions
    assert [row["arn"].split(":")[3] for row in result["signing_keys"]] == regions
    for row in result["signing_keys"]:
        world.prove(row)
    assert [len(world.held_keys(region)) for region in (REGION, "eu-west-1", "ap-southeast-2")] == [2, 1, 1]
    assert list(world.aliases("eu-west-1")) == ["staging-celo-updater-signer"]
    world.mark()
    assert world.succeed(keys).actions == ["unchanged"] * 4
    assert world.writes() == []


def test_an_account_with_more_aliases_than_a_page(world: World) -> None:
    world.make_foreign_aliases(300)
    old = world.make_as_the_script_did(KEY["name"])
    world.kms.create_alias(AliasName="alias/zzz-last", TargetKeyId=world.make()["KeyId"])
    keys = [KEY, wanted("staging-kovan-zulu-signer")]
    result = world.succeed(keys)
    assert result.actions == ["adopted", "created"]
    assert result.rows[KEY["name"]]["arn"] == old["Arn"]
    assert len(world.aliases()) == 303
    assert world.succeed(keys).actions == ["unchanged"] * 2


def test_an_empty_set_is_no_work(world: World) -> None:
    result = world.succeed([])
    assert result["signing_keys"] == []
    assert not result["changed"]
    assert result["account_id"] == ACCOUNT_ID
    assert world.writes() == []
