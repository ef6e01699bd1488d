# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""access_probe: what AWS itself says that each principal may do, in a sandbox that enforces IAM."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.client import ACCESS_KEY_ID, ACCOUNT_ID, SECRET_ACCESS_KEY, Sandbox
from tests.module.access_probe_world import (
    ADMIN,
    BANK,
    KEYMASTER,
    NEVER_MADE,
    PRODUCTION,
    PUBLIC_KEY,
    SIGN,
    SIGNER,
    UPDATER,
    WATCHER,
    Account,
    bad,
    found,
    setting,
)
from tests.module.conftest import RunModule

LAG = "AWS may need five minutes for a change"


@pytest.fixture
def account(sandbox: Sandbox, aws: Callable[..., Any], run_module: RunModule, tmp_path: Path) -> Iterator[Account]:
    made = Account(sandbox, aws, run_module, tmp_path)
    yield made
    made.assert_no_secret_was_shown()


@pytest.fixture
def staging(account: Account) -> Account:
    return account.provide(setting())


@pytest.mark.parametrize("check", [False, True])
def test_everything_is_as_wanted(staging: Account, check: bool) -> None:
    result = staging.succeed(check=check, wait_seconds=60)
    allowed, denied = {"allowed"}, {"denied"}
    foreign = {PRODUCTION: denied, NEVER_MADE: {"not there"}}
    assert found(result, SIGNER) == {WATCHER: allowed, UPDATER: allowed, BANK: denied, **foreign}
    assert found(result, KEYMASTER) == {WATCHER: denied, UPDATER: denied, BANK: allowed, **foreign}
    assert found(result, ADMIN) == {WATCHER: denied, UPDATER: denied, BANK: denied, **foreign}
    assert found(result, SIGNER, PUBLIC_KEY) == found(result, SIGNER)
    assert found(result, ADMIN, PUBLIC_KEY) == {}
    assert (result["account_id"], result["sandbox"], result["endpoint_url"]) == (ACCOUNT_ID, True, staging.sandbox.url)
    assert (result["not_asked"], result["not_probed"]) == ([], [])
    # What is as wanted is asked once, by ARN and by alias where it is to be allowed, and nobody waits.
    assert {row["attempts"] for row in result["answers"]} == {1}
    assert staging.progress.read_text(encoding="utf-8") == ""
    assert Counter(staging.used_by(SIGNER)) == {"GetCallerIdentity": 1, "GetPublicKey": 7, "Sign": 7}
    assert Counter(staging.used_by(ADMIN)) == {"GetCallerIdentity": 1, "Sign": 5}
    assert {entry["error"] for entry in staging.log("Sign")} == {
        "DryRunOperationException",
        "AccessDeniedException",
        "NotFoundException",
    }
    # Files need nothing of whoever runs this.
    assert ACCESS_KEY_ID not in {entry["access_key_id"] for entry in staging.log()}


def test_keys_are_called_by_arn_and_by_alias(staging: Account) -> None:
    result = staging.succeed(principals=[KEYMASTER])
    rows = [row for row in result["answers"] if row["key"] == BANK]
    assert {(row["operation"], row["resource"]) for row in rows} == {
        (operation, resource) for operation in (PUBLIC_KEY, SIGN) for resource in (staging.arn(BANK), f"alias/{BANK}")
    }
    assert {row["principal"] for row in result["answers"]} == {KEYMASTER}


def test_a_user_that_was_taken_out_of_its_group_by_hand(staging: Account) -> None:
    staging.iam.remove_user_from_group(GroupName="staging-signer", UserName=SIGNER)
    result = staging.fail()
    assert set(bad(result)) == {
        (SIGNER, key, operation, "allowed", "denied") for key in (WATCHER, UPDATER) for operation in (PUBLIC_KEY, SIGN)
    }
    (public_key, sign) = result["problems"]
    for part in (SIGNER, SIGN, WATCHER, UPDATER, "expected allowed, found denied", "no identity-based policy", LAG):
        assert part in sign, sign
    assert PUBLIC_KEY in public_key


def test_an_alias_on_a_foreign_key(staging: Account) -> None:
    """The policy names the alias, so that whoever puts it on another key lets the signer use that."""
    key = staging.kms.describe_key(KeyId=f"alias/{PRODUCTION}")["KeyMetadata"]["KeyId"]
    staging.kms.update_alias(AliasName=f"alias/{WATCHER}", TargetKeyId=key)
    result = staging.fail(principals=[SIGNER])
    expected = {(SIGNER, PRODUCTION, operation, "denied", "allowed") for operation in (PUBLIC_KEY, SIGN)}
    expected |= {(SIGNER, WATCHER, operation, "allowed", "denied") for operation in (PUBLIC_KEY, SIGN)}
    # By its alias, the watcher's key is another key now, and that is an error although AWS allows it.
    expected |= {(SIGNER, WATCHER, PUBLIC_KEY, "allowed", "error")}
    assert set(bad(result)) == expected
    (sentence,) = (one for one in result["problems"] if f"{SIGN} with {PRODUCTION}" in one)
    assert "expected denied, found allowed. Take the right away before anything else" in sentence
    assert any(f"alias/{WATCHER} leads to" in one for one in result["problems"])


def test_an_administrator_that_may_sign(staging: Account) -> None:
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}}
    arn = staging.iam.create_policy(PolicyName="by-hand", PolicyDocument=json.dumps(document))["Policy"]["Arn"]
    staging.iam.attach_user_policy(UserName=KEYMASTER, PolicyArn=arn)
    staging.iam.attach_user_policy(UserName=ADMIN, PolicyArn=arn)
    result = staging.fail()
    wrong = {(who, key) for who, key, operation, _expected, got in bad(result) if (operation, got) == (SIGN, "allowed")}
    # The administrator's own policy denies it whatever else allows it.
    assert wrong == {(KEYMASTER, key) for key in (WATCHER, UPDATER, PRODUCTION)}


def test_the_documented_administrator_may_sign_with_everything(account: Account) -> None:
    account.provide(setting(form="documented", pattern="alias/{environment}-*{agent}*"))
    result = account.succeed(principals=[ADMIN])
    assert found(result, ADMIN) == {WATCHER: {"allowed"}, UPDATER: {"allowed"}, BANK: {"allowed"}}


def test_a_lag_that_is_shorter_than_the_wait(staging: Account) -> None:
    staging.enforce(alias_lag_seconds=6)
    result = staging.succeed(wait_seconds=60)
    waited = [row for row in result["answers"] if row["attempts"] > 1]
    assert {row["key"] for row in waited} == {WATCHER, UPDATER, BANK}
    assert all(row["expected"] == "allowed" and row["seconds"] >= 1 for row in waited)
    said = staging.progress.read_text(encoding="utf-8").splitlines()
    assert len(said) == 1
    assert "14 answers are not as wanted yet" in said[0]
    assert "for up to " in said[0]


def test_a_lag_that_is_longer_than_the_wait(staging: Account) -> None:
    staging.enforce(alias_lag_seconds=300)
    result = staging.fail(wait_seconds=2, principals=[KEYMASTER])
    # The bank, which it signs with, and the keys of the wallets that it pays, which it sees.
    asked = [(BANK, SIGN), *((key, PUBLIC_KEY) for key in (BANK, WATCHER, UPDATER))]
    assert set(bad(result)) == {(KEYMASTER, key, operation, "allowed", "denied") for key, operation in asked}
    late = [row for row in result["answers"] if not row["ok"]]
    assert all(1.5 <= row["seconds"] < 10 and 2 <= row["attempts"] <= 4 for row in late)
    assert all(re.search(r"found denied after [234] times in \d s \(User: ", one) for one in result["problems"])
    assert LAG in result["msg"]


def test_a_right_that_aws_still_grants_for_a_while(staging: Account) -> None:
    key = staging.kms.describe_key(KeyId=f"alias/{PRODUCTION}")["KeyMetadata"]["KeyId"]
    staging.kms.create_alias(AliasName="alias/staging-bank-old", TargetKeyId=key)
    created = time.monotonic()
    document = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Action": ["kms:Sign"],
                "Resource": "*",
                "Condition": {"ForAnyValue:StringEquals": {"kms:ResourceAliases": ["alias/staging-bank-old"]}},
            },
        }
    )
    staging.iam.put_user_policy(UserName=KEYMASTER, PolicyName="old", PolicyDocument=document)
    assert bad(staging.fail(principals=[KEYMASTER])) == [(KEYMASTER, PRODUCTION, SIGN, "denied", "allowed")]
    # So long ago that it was there already, as far back as authorisation sees.
    lag = 5
    time.sleep(max(0.0, created + lag - time.monotonic()))
    staging.kms.delete_alias(AliasName="alias/staging-bank-old")
    staging.enforce(alias_lag_seconds=lag)
    result = staging.succeed(principals=[KEYMASTER], wait_seconds=60)
    assert max(row["attempts"] for row in result["answers"] if row["key"] == PRODUCTION) > 1


def test_the_credentials_of_another_user(staging: Account) -> None:
    staging.store(KEYMASTER, *staging.stored[SIGNER])
    result = staging.fail(principals=[KEYMASTER], wait_seconds=60)
    (row,) = result["answers"]
    assert (row["key"], row["operation"], row["found"], row["attempts"]) == (None, "sts:GetCallerIdentity", "error", 1)
    for part in (KEYMASTER, f"these are the credentials of arn:aws:iam::{ACCOUNT_ID}:user/agent_ops/staging/{SIGNER}"):
        assert part in result["msg"]
    # Nothing else is asked with them, which would answer for somebody else.
    assert [entry["operation"] for entry in staging.log()] == ["GetCallerIdentity"]


def test_the_administrators_credentials_by_mistake(staging: Account) -> None:
    staging.store(SIGNER, ACCESS_KEY_ID, SECRET_ACCESS_KEY)
    result = staging.fail(wait_seconds=60)
    assert [row["principal"] for row in result["answers"] if not row["ok"]] == [SIGNER]
    assert f"{SIGNER}: these are the credentials of arn:aws:" in result["msg"]
    assert "Its 14 questions were not asked" in result["msg"]
    assert staging.used_by(SIGNER) == ["GetCallerIdentity"]
    # The others are probed all the same.
    assert found(result, KEYMASTER)[BANK] == {"allowed"}


def test_an_inactive_access_key(staging: Account) -> None:
    staging.iam.update_access_key(UserName=SIGNER, AccessKeyId=staging.stored[SIGNER][0], Status="Inactive")
    result = staging.fail(wait_seconds=2)
    (row,) = (row for row in result["answers"] if row["principal"] == SIGNER)
    # It may be one that AWS does not know yet, so it is asked again.
    assert (row["key"], row["found"], row["ok"]) == (None, "error", False)
    assert row["attempts"] > 1
    assert "Store this user's own access key, an active one" in result["msg"]
    assert set(staging.used_by(SIGNER)) == {"GetCallerIdentity"}


def test_a_deleted_user(staging: Account) -> None:
    staging.iam.remove_user_from_group(GroupName="staging-signer", UserName=SIGNER)
    staging.iam.delete_access_key(UserName=SIGNER, AccessKeyId=staging.stored[SIGNER][0])
    staging.iam.delete_user(UserName=SIGNER)
    result = staging.fail(principals=[SIGNER])
    assert [(row["key"], row["found"]) for row in result["answers"]] == [(None, "error")]


def test_a_key_that_does_not_exist_yet(staging: Account) -> None:
    staging.rows[0].update(arn=None, state="Absent")
    result = staging.succeed()
    assert result["not_asked"] == [{"key": WATCHER, "reason": "it does not exist yet"}]
    assert WATCHER not in found(result, SIGNER)


def test_an_alias_that_is_gone(staging: Account) -> None:
    staging.kms.delete_alias(AliasName=f"alias/{BANK}")
    result = staging.fail(principals=[KEYMASTER])
    assert set(bad(result)) == {
        (KEYMASTER, BANK, operation, "allowed", got)
        for operation in (PUBLIC_KEY, SIGN)
        for got in ("denied", "not there")
    }
    assert "Provision the keys again" in result["msg"]


def test_a_key_that_cannot_sign(staging: Account) -> None:
    staging.kms.disable_key(KeyId=staging.arn(BANK))
    result = staging.fail(principals=[KEYMASTER], wait_seconds=60)
    assert {(key, got) for _who, key, _operation, _expected, got in bad(result)} == {(BANK, "error")}
    assert "DisabledException" in result["msg"]
    # No waiting for what time does not heal.
    assert {row["attempts"] for row in result["answers"]} == {1}


def test_who_has_no_stored_credentials(staging: Account) -> None:
    (staging.folder / f"{ADMIN}.csv").unlink()
    result = staging.succeed()
    (one,) = result["not_probed"]
    assert one["principal"] == ADMIN
    assert "no credentials of it are stored: there is no file" in one["reason"]
    assert found(result, ADMIN) == {}
    named = staging.fail(principals=[ADMIN])
    assert f"{ADMIN}: there is no file" in named["msg"]


def test_no_credentials_at_all_prove_nothing(staging: Account) -> None:
    for file in staging.folder.iterdir():
        file.unlink()
    result = staging.fail()
    assert "Nothing was asked, so that nothing is known of what AWS allows" in result["msg"]
    assert [one["principal"] for one in result["not_probed"]] == [SIGNER, KEYMASTER, ADMIN]
    assert staging.log() == []


def test_no_keys_at_all_prove_nothing(staging: Account) -> None:
    staging.access["foreign_keys"] = []
    result = staging.fail(signing_keys=[])
    assert "Nothing was asked" in result["msg"]
    assert [one["key"] for one in result["not_asked"]] == [WATCHER, UPDATER, BANK]


def test_a_file_of_no_use_spoils_one_principal(staging: Account) -> None:
    file = staging.folder / f"{SIGNER}.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("Secret access key", "Anything"), encoding="utf-8")
    result = staging.fail(wait_seconds=60)
    assert f"{SIGNER}: {file} is not a line of titles" in result["msg"]
    assert staging.used_by(SIGNER) == []
    assert found(result, KEYMASTER)[BANK] == {"allowed"}


def test_a_name_in_place_of_the_secret_does_not_mask_the_names(staging: Account) -> None:
    key_id, secret = staging.stored[SIGNER]
    staging.store(SIGNER, key_id, SIGNER)
    staging.stored[SIGNER] = (key_id, secret)
    result = staging.fail()
    assert f"{SIGNER}: what is stored as its secret access key is part of the inventory" in result["msg"]
    assert staging.used_by(SIGNER) == []
    assert [row["principal"] for row in result["answers"] if row["key"] is None] == [SIGNER, KEYMASTER, ADMIN]


def test_a_file_that_others_can_read(staging: Account) -> None:
    (staging.folder / f"{SIGNER}.csv").chmod(0o644)
    assert "can be read by others than its owner (mode 0644)" in json.dumps(staging.succeed()["warnings"])


def test_a_wrong_secret_is_neither_shown_nor_waited_for(staging: Account) -> None:
    """The sandbox believes every signature; AWS answers as this fault does."""
    staging.sandbox.add_fault(
        action="sts:GetCallerIdentity", kind="rewrite", find="AccessDenied", replace="SignatureDoesNotMatch"
    )
    staging.sandbox.add_fault(action="sts:GetCallerIdentity", kind="access_denied")
    result = staging.fail(principals=[SIGNER], wait_seconds=60)
    (row,) = result["answers"]
    assert (row["found"], row["attempts"], row["ok"]) == ("error", 1, False)


def test_an_answer_that_quotes_a_secret_is_masked(staging: Account) -> None:
    """AWS does not; what stands between it and this module might."""
    staging.iam.remove_user_from_group(GroupName="staging-signer", UserName=SIGNER)
    _key_id, secret = staging.stored[SIGNER]
    staging.sandbox.add_fault(
        action="kms:Sign",
        kind="rewrite",
        find="is not authorized",
        replace=f"with the secret {secret} is not authorized",
    )
    assert "with the secret ***" in staging.fail(principals=[SIGNER])["msg"]


def test_a_profile_of_whoever_runs_this(staging: Account, environment: dict[str, str]) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        environment.pop(name)
    config = Path(environment["HOME"], ".aws", "config")
    config.parent.mkdir()
    config.write_text("[profile operator]\noutput = json\n", encoding="utf-8")
    staging.succeed(profile="operator")
    environment["AWS_PROFILE"] = "operator"
    staging.succeed()


def test_throttling_and_broken_connections_do_not_change_the_answers(staging: Account) -> None:
    staging.sandbox.add_fault(action="kms:Sign", kind="throttle", probability=0.3, seed=3)
    staging.sandbox.add_fault(action="kms:GetPublicKey", kind="broken_connection", times=3)
    staging.sandbox.add_fault(action="kms:*", kind="server_error", probability=0.2, seed=5)
    staging.succeed()
