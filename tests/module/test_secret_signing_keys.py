# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""secret_signing_keys: what it makes, takes over, corrects, leaves alone and refuses."""

from __future__ import annotations

import datetime
import json
import secrets as randomness
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._address import public_key_address
from eth_keys import keys as eth_keys

from sandbox.client import Sandbox
from tests.module.conftest import RunModule, StartModule
from tests.module.hex_keys import (
    MODULE,
    NAME,
    OTHER,
    PLANTED,
    SECOND,
    address,
    contents,
    current,
    every_version,
    kill_at,
    last_request,
    operations,
    plant,
    stages,
    tags,
    wanted,
    writes,
)

SET = [
    wanted(f"development-{network}-{agent}-signer")
    for network in ("alfajores", "kovan")
    for agent in ("updater", "kathy")
]


# Creating ------------------------------------------------------------------------------------------------------------


def test_missing_keys_are_created(hex_keys: RunModule, secrets: Any) -> None:
    result = hex_keys(*SET)
    assert result["changed"]
    assert result.actions == ["created"] * 4
    assert list(result.rows) == [key["name"] for key in SET]
    for key in SET:
        row, held = result.rows[key["name"]], current(secrets, key["name"])
        described = secrets.describe_secret(SecretId=key["name"])
        assert list(held) == ["private_key", "address", "environment", "network", "agent", "purpose"]
        assert (
            held["address"] == address(held["private_key"]) == row["address"] == public_key_address(row["public_key"])
        )
        assert {name: held[name] for name in ("environment", "network", "agent", "purpose")} == {
            name: key[name] for name in ("environment", "network", "agent", "purpose")
        }
        assert described["Description"] == key["description"] == row["description"]
        assert described["Tags"] == [{"Key": name, "Value": value} for name, value in row["tags"].items()]
        assert row["tags"]["agent_ops:alias"] == key["name"]
        assert (row["arn"], row["alias"], row["backend"]) == (described["ARN"], key["name"], "secretsmanager")
        assert {row["key_id"]: ["AWSCURRENT"]} == described["VersionIdsToStages"]
        assert (row["state"], row["key_spec"], row["error"]) == ("Enabled", "ECC_SECG_P256K1", None)
    assert len({row["address"] for row in result.rows.values()}) == 4
    assert result["sandbox"] is True


def test_every_address_is_proven_by_a_signature(hex_keys: RunModule, secrets: Any) -> None:
    for name, row in hex_keys(*SET).rows.items():
        digest = randomness.token_bytes(32)
        private_key = eth_keys.PrivateKey(bytes.fromhex(current(secrets, name)["private_key"][2:]))
        signer = private_key.sign_msg_hash(digest).recover_public_key_from_msg_hash(digest)
        assert signer.to_checksum_address() == row["address"]


def test_a_second_run_changes_nothing_and_costs_two_calls_a_key(hex_keys: RunModule, sandbox: Sandbox) -> None:
    first = hex_keys(*SET)
    before = last_request(sandbox)
    second = hex_keys(*SET)
    assert not second["changed"]
    assert second.actions == ["unchanged"] * 4
    unchanged = {name: {**row, "action": "unchanged"} for name, row in first.rows.items()}
    assert second.rows == unchanged
    assert operations(sandbox, before) == {"GetCallerIdentity": 1, "DescribeSecret": 4, "GetSecretValue": 4}


def test_a_key_for_all_networks_has_no_network(hex_keys: RunModule, secrets: Any) -> None:
    bank = {**wanted(), "name": "development-bank", "agent": "bank", "network": None}
    assert hex_keys(bank).actions == ["created"]
    assert hex_keys(bank).actions == ["unchanged"]
    assert current(secrets, "development-bank")["network"] is None


def test_keys_live_in_their_own_region(hex_keys: RunModule, aws: Callable[..., Any]) -> None:
    keys = [wanted(), wanted(OTHER, region="eu-west-1")]
    assert hex_keys(*keys).actions == ["created", "created"]
    assert hex_keys(*keys).actions == ["unchanged", "unchanged"]
    for region, name in (("us-west-2", NAME), ("eu-west-1", OTHER)):
        names = [secret["Name"] for secret in aws("secretsmanager", region=region).list_secrets()["SecretList"]]
        assert names == [name]


def test_check_mode_says_what_would_be_done_and_writes_nothing(
    hex_keys: RunModule, sandbox: Sandbox, secrets: Any
) -> None:
    adopted, updated = "development-alfajores-watcher-signer", "development-alfajores-relayer-signer"
    plant(secrets, adopted, json.dumps(contents(PLANTED, adopted)), Tags=[])
    plant(secrets, updated, json.dumps(contents(SECOND, updated)), Description="old")
    secrets.put_secret_value(SecretId=updated, SecretString=json.dumps(contents("0x" + "17" * 32, updated)))
    keys = [wanted(), wanted(adopted), wanted(updated), wanted(OTHER)]
    hex_keys(wanted(OTHER))
    before = last_request(sandbox)
    result = hex_keys(*keys, check=True, diff=True, rotate=[OTHER])
    assert result.actions == ["created", "adopted", "updated", "rotated"]
    assert result["changed"]
    assert writes(sandbox, before) == []
    assert list(result["diff"]["before"]) == [adopted, updated, OTHER]
    assert list(result["diff"]["after"]) == [NAME, adopted, updated, OTHER]
    assert result["diff"]["before"][updated]["description"] == "old"
    assert result["diff"]["after"][updated]["description"] == wanted(updated)["description"]
    assert "address" not in result["diff"]["after"][OTHER], "the address of a key that is not made yet is not known"
    assert result.rows[OTHER]["previous_address"] == result["diff"]["before"][OTHER]["address"]
    done = hex_keys(*keys, rotate=[OTHER], diff=True)
    assert done.actions == result.actions
    assert set(done["diff"]["after"]) == set(result["diff"]["after"])


def test_other_secrets_are_neither_read_nor_changed(hex_keys: RunModule, sandbox: Sandbox, secrets: Any) -> None:
    for name in (f"{NAME}-2", "development-alfajores-updater", "alfajores-updater-signer"):
        secrets.create_secret(Name=name, SecretString="of somebody else", Tags=tags())
    theirs, before = every_version(secrets), last_request(sandbox)
    hex_keys()
    hex_keys(rotate=[NAME])
    hex_keys(state="absent")
    touched = {value for entry in sandbox.log(after=before) for value in entry["resource"].values()}
    assert touched == {NAME, secrets.describe_secret(SecretId=NAME)["ARN"]}
    assert {place: text for place, text in every_version(secrets).items() if place in theirs} == theirs


# Taking over and correcting ------------------------------------------------------------------------------------------


def test_a_secret_without_the_ownership_tag_is_taken_over(hex_keys: RunModule, sandbox: Sandbox, secrets: Any) -> None:
    plant(secrets, Tags=[{"Key": "team", "Value": "bridge"}])
    before = last_request(sandbox)
    row = hex_keys().rows[NAME]
    assert (row["action"], row["address"]) == ("adopted", address(PLANTED))
    assert writes(sandbox, before) == ["TagResource"]
    held = {tag["Key"]: tag["Value"] for tag in secrets.describe_secret(SecretId=NAME)["Tags"]}
    assert held == row["tags"] == {"team": "bridge", **{tag["Key"]: tag["Value"] for tag in tags()}}
    assert hex_keys().actions == ["unchanged"]


def test_description_and_tags_are_corrected_and_the_value_is_not_written(
    hex_keys: RunModule, sandbox: Sandbox, secrets: Any
) -> None:
    plant(secrets, Description="something else", Tags=tags(agent="watcher"))
    value, before = every_version(secrets), last_request(sandbox)
    row = hex_keys(wanted(tags={"cost": "7"})).rows[NAME]
    assert row["action"] == "updated"
    assert row["description"] == secrets.describe_secret(SecretId=NAME)["Description"] == wanted()["description"]
    assert (row["tags"]["agent"], row["tags"]["cost"]) == ("updater", "7")
    assert writes(sandbox, before) == ["TagResource", "UpdateSecret"]
    assert every_version(secrets) == value
    assert hex_keys(wanted(tags={"cost": "7"})).actions == ["unchanged"]


# Refusing ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "value"), [("environment", "staging"), ("agent_ops:alias", "development-kovan-x-signer")]
)
def test_a_secret_that_was_made_for_something_else_is_refused(
    tag: str, value: str, hex_keys: RunModule, sandbox: Sandbox, secrets: Any
) -> None:
    arn = plant(secrets, Tags=tags(**{tag: value}))
    before = last_request(sandbox)
    for state in ("present", "absent"):
        row = hex_keys(state=state).rows[NAME]
        assert row["action"] == "failed"
        for part in (NAME, arn, tag, repr(value), "Expected"):
            assert part in row["error"]
    assert writes(sandbox, before) == []


def test_two_names_with_one_key_both_fail(hex_keys: RunModule, sandbox: Sandbox, aws: Callable[..., Any]) -> None:
    plant(aws("secretsmanager"))
    plant(aws("secretsmanager", region="eu-west-1"), OTHER, json.dumps(contents(name=OTHER)))
    before = last_request(sandbox)
    keys = [wanted(), wanted(OTHER, region="eu-west-1"), wanted("development-kovan-watcher-signer")]
    result = hex_keys(*keys, rotate=[NAME])
    assert result.actions == ["failed", "failed", "created"]
    assert f"is the same key as {OTHER} ({address(PLANTED)})" in result.rows[NAME]["error"]
    assert f"is the same key as {NAME} ({address(PLANTED)})" in result.rows[OTHER]["error"]
    assert writes(sandbox, before) == ["CreateSecret"]
    # One of the two is to go, and nothing else would help.
    assert hex_keys(keys[0], state="absent").actions == ["retired"]


def test_a_shared_key_that_only_restoring_shows_is_refused(hex_keys: RunModule, secrets: Any) -> None:
    plant(secrets)
    secrets.delete_secret(SecretId=NAME, RecoveryWindowInDays=7)
    plant(secrets, OTHER, json.dumps(contents(name=OTHER)))
    result = hex_keys(wanted(), wanted(OTHER), revive=[NAME])
    assert result.actions == ["failed", "failed"]


@pytest.mark.parametrize("operation", ["DescribeSecret", "GetSecretValue", "CreateSecret"])
def test_a_missing_permission_is_named_and_never_taken_for_an_absence(
    operation: str, hex_keys: RunModule, sandbox: Sandbox
) -> None:
    sandbox.add_fault(action=f"secretsmanager:{operation}", kind="access_denied", match=NAME)
    result = hex_keys(wanted(), wanted(OTHER))
    assert result["failed"]
    assert result.actions == ["failed", "created"]
    row = result.rows[NAME]
    assert f"lacks the permission secretsmanager:{operation}" in row["error"]
    assert row["state"] == ("Absent" if operation == "CreateSecret" else None)
    created = [entry["resource"]["Name"] for entry in sandbox.log(operation="CreateSecret") if entry["status"] == 200]
    assert created == [OTHER]


def test_credentials_for_another_account_stop_before_any_secret(hex_keys: RunModule, sandbox: Sandbox) -> None:
    result = hex_keys(account_id="999999999999")
    assert "Expected: 999999999999" in result["msg"]
    assert operations(sandbox) == {"GetCallerIdentity": 1}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rotate": [OTHER]}, f"rotate names '{OTHER}', which is not in the set"),
        ({"revive": [OTHER]}, f"revive names '{OTHER}', which is not in the set"),
        ({"rotate": [NAME], "state": "absent"}, "state=absent"),
        ({"rotate": [NAME], "rotation_id": " "}, "rotation_id is empty"),
        ({"pending_window_days": 6}, "expected 7 to 30 days"),
    ],
)
def test_options_that_make_no_sense_are_refused_before_any_call(
    arguments: dict[str, Any], message: str, hex_keys: RunModule, sandbox: Sandbox
) -> None:
    assert message in hex_keys(**arguments)["msg"]
    assert sandbox.log() == []


# Retiring and reviving -----------------------------------------------------------------------------------------------


def test_a_retired_key_can_be_revived_within_the_window(hex_keys: RunModule, sandbox: Sandbox, secrets: Any) -> None:
    created = hex_keys().rows[NAME]
    before = last_request(sandbox)
    assert hex_keys(state="absent", check=True).actions == ["retired"]
    assert writes(sandbox, before) == []
    retired = hex_keys({"name": NAME, "environment": "development"}, state="absent", pending_window_days=9).rows[NAME]
    assert (retired["action"], retired["state"]) == ("retired", "PendingDeletion")
    assert retired["address"] == created["address"], "who retires a key wants to know what may still own something"
    left = secrets.describe_secret(SecretId=NAME)["DeletedDate"] - datetime.datetime.now(datetime.UTC)
    assert datetime.timedelta(days=8, hours=23) < left <= datetime.timedelta(days=9)

    before = last_request(sandbox)
    assert hex_keys(state="absent").actions == ["unchanged"]
    row = hex_keys().rows[NAME]
    assert (row["action"], row["state"]) == ("failed", "PendingDeletion")
    for part in (NAME, created["arn"], "scheduled for deletion", "in revive"):
        assert part in row["error"]
    assert hex_keys(revive=[NAME], check=True).actions == ["updated"]
    assert "Restore it first" in hex_keys(revive=[NAME], rotate=[NAME]).rows[NAME]["error"]
    assert writes(sandbox, before) == []

    revived = hex_keys(revive=[NAME]).rows[NAME]
    assert (revived["action"], revived["state"], revived["address"]) == ("updated", "Enabled", created["address"])
    assert hex_keys(revive=[NAME]).actions == ["unchanged"]


def test_an_absent_key_is_retired_already_and_cannot_be_revived(hex_keys: RunModule, sandbox: Sandbox) -> None:
    row = hex_keys(state="absent").rows[NAME]
    assert (row["action"], row["state"]) == ("unchanged", "Absent")
    assert "does not exist" in hex_keys(revive=[NAME]).rows[NAME]["error"]
    assert writes(sandbox) == []


def test_only_secrets_of_the_environment_are_retired(hex_keys: RunModule, sandbox: Sandbox, secrets: Any) -> None:
    plant(secrets, Tags=[])
    before = last_request(sandbox)
    assert "Only keys of the environment are retired" in hex_keys(state="absent").rows[NAME]["error"]
    assert writes(sandbox, before) == []


def test_bad_contents_do_not_keep_a_secret_from_being_retired_but_from_being_used(
    hex_keys: RunModule, secrets: Any
) -> None:
    plant(secrets, text="no key at all")
    assert hex_keys(state="absent").actions == ["retired"]
    row = hex_keys(revive=[NAME]).rows[NAME]
    assert row["action"] == "failed"
    assert "was restored" in row["error"]
    assert "does not hold a JSON object" in row["error"]


@pytest.mark.parametrize(("state", "operation"), [("absent", "DeleteSecret"), ("present", "RestoreSecret")])
def test_a_lost_answer_of_a_deletion_or_restoration_is_settled(
    state: str, operation: str, hex_keys: RunModule, sandbox: Sandbox, secrets: Any
) -> None:
    plant(secrets)
    revive = []
    if state == "present":
        secrets.delete_secret(SecretId=NAME, RecoveryWindowInDays=7)
        revive = [NAME]
    sandbox.add_fault(action=f"secretsmanager:{operation}", kind="lost_answer", times=1)
    assert hex_keys(state=state, revive=revive).actions == ["retired" if state == "absent" else "updated"]
    assert operations(sandbox)[operation] == 2


# What goes wrong on the way -------------------------------------------------------------------------------------------


def test_half_of_the_requests_throttled(hex_keys: RunModule, sandbox: Sandbox, secrets: Any) -> None:
    sandbox.add_fault(action="*", kind="throttle", probability=0.5, seed=11)
    result = hex_keys(*SET)
    sandbox.remove_faults()
    assert result.actions == ["created"] * 4
    assert sum(entry["fault"] == "throttle" for entry in sandbox.log()) > 4
    assert len(every_version(secrets)) == 4


def test_a_lost_answer_of_a_creation_makes_no_second_key(hex_keys: RunModule, sandbox: Sandbox, secrets: Any) -> None:
    sandbox.add_fault(action="secretsmanager:CreateSecret", kind="lost_answer", times=1)
    row = hex_keys().rows[NAME]
    requests = operations(sandbox)
    assert row["action"] == "created"
    assert row["address"] == current(secrets)["address"]
    # The same request again is an answer; nothing has to be read to find out whose secret it is.
    assert requests == {
        "GetCallerIdentity": 1,
        "DescribeSecret": 1,
        "GetSecretValue": 1,
        "CreateSecret": 2,
    }
    assert stages(secrets) == {"AWSCURRENT": row["key_id"]}


@pytest.mark.parametrize(("phase", "action"), [("hold_before", "created"), ("hold_after", "unchanged")])
def test_a_run_that_was_killed_at_a_creation_is_finished_by_the_next(
    phase: str, action: str, start_module: StartModule, hex_keys: RunModule, sandbox: Sandbox, secrets: Any
) -> None:
    sandbox.add_fault(action="secretsmanager:CreateSecret", kind=phase, times=1)
    run = start_module(MODULE, signing_keys=[wanted()])
    kill_at(sandbox, run)
    row = hex_keys().rows[NAME]
    assert row["action"] == action
    assert row["address"] == current(secrets)["address"]
    assert len(every_version(secrets)) == 1


def test_two_runs_at_once_have_one_key(start_module: StartModule, sandbox: Sandbox, secrets: Any) -> None:
    sandbox.add_fault(action="secretsmanager:CreateSecret", kind="hold_before", times=2)
    runs = [start_module(MODULE, signing_keys=[wanted()]) for _run in range(2)]
    sandbox.wait_held(2, timeout=60)
    sandbox.release()
    rows = [run.wait().rows[NAME] for run in runs]
    assert sorted(row["action"] for row in rows) == ["adopted", "created"]
    assert {row["address"] for row in rows} == {current(secrets)["address"]}
    assert len(every_version(secrets)) == 1


def test_a_secret_that_changes_while_it_is_read_is_read_again(
    start_module: StartModule, sandbox: Sandbox, secrets: Any
) -> None:
    plant(secrets)
    sandbox.add_fault(action="secretsmanager:GetSecretValue", kind="hold_before", times=1)
    run = start_module(MODULE, signing_keys=[wanted()])
    sandbox.wait_held(timeout=60)
    while "DescribeSecret" not in [entry["operation"] for entry in sandbox.log() if entry["status"]]:
        pass
    secrets.put_secret_value(SecretId=NAME, SecretString=json.dumps(contents(SECOND)))
    sandbox.release()
    row = run.wait().rows[NAME]
    assert (row["action"], row["address"], row["previous_address"]) == ("unchanged", address(SECOND), address(PLANTED))
    assert row["key_id"] == stages(secrets)["AWSCURRENT"]
