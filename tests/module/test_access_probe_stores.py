# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""access_probe: hex keys in Secrets Manager, where the credentials may be, and options that are refused."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_probe_ask import forget_secret_values

from sandbox.client import ACCESS_KEY_ID, ACCOUNT_ID, Sandbox
from tests.module.access_probe_world import (
    BANK,
    HEX_KEY,
    KEYMASTER,
    PRODUCTION,
    SECRET_VALUE,
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


@pytest.fixture
def account(sandbox: Sandbox, aws: Callable[..., Any], run_module: RunModule, tmp_path: Path) -> Iterator[Account]:
    made = Account(sandbox, aws, run_module, tmp_path)
    yield made
    made.assert_no_secret_was_shown()


@pytest.fixture
def staging(account: Account) -> Account:
    return account.provide(setting())


class TestSecrets:
    """Hex keys in Secrets Manager."""

    @pytest.fixture
    def hex_keys(self, account: Account) -> Account:
        return account.provide(setting("secretsmanager"))

    def test_exactly_its_secrets(self, hex_keys: Account) -> None:
        result = hex_keys.succeed()
        allowed, denied = {"allowed"}, {"denied"}
        assert found(result, SIGNER, SECRET_VALUE) == {WATCHER: allowed, UPDATER: allowed, BANK: denied}
        assert found(result, KEYMASTER, SECRET_VALUE) == {WATCHER: denied, UPDATER: denied, BANK: allowed}
        # The foreign keys are in KMS.
        assert found(result, SIGNER, SIGN)[PRODUCTION] == denied
        assert Counter(hex_keys.used_by(SIGNER))["GetSecretValue"] == 3

    def test_a_secret_that_may_be_read_and_must_not(self, hex_keys: Account) -> None:
        document = {"Effect": "Allow", "Action": SECRET_VALUE, "Resource": hex_keys.arn(BANK)}
        policy = json.dumps({"Version": "2012-10-17", "Statement": document})
        hex_keys.iam.put_user_policy(UserName=SIGNER, PolicyName="by-hand", PolicyDocument=policy)
        assert bad(hex_keys.fail()) == [(SIGNER, BANK, SECRET_VALUE, "denied", "allowed")]

    def test_a_value_is_dropped_before_it_is_read(self, hex_keys: Account) -> None:
        assert HEX_KEY in hex_keys.secrets.get_secret_value(SecretId=BANK)["SecretString"]
        forget_secret_values(hex_keys.secrets)
        assert set(hex_keys.secrets.get_secret_value(SecretId=BANK)) == {"ResponseMetadata"}
        # Errors are still errors.
        with pytest.raises(hex_keys.secrets.exceptions.ResourceNotFoundException):
            hex_keys.secrets.get_secret_value(SecretId="staging-nothing")


class TestStores:
    """Where the access keys are."""

    def _move(self, account: Account, name: str = "staging/credentials/{user}") -> None:
        for user, (key_id, secret) in account.stored.items():
            contents = json.dumps({"user_name": user, "access_key_id": key_id, "secret_access_key": secret})
            account.secrets.create_secret(Name=name.format(user=user), SecretString=contents)
            (account.folder / f"{user}.csv").unlink()

    def test_secrets_manager(self, staging: Account) -> None:
        self._move(staging)
        result = staging.succeed(credentials={"store": "secretsmanager"})
        assert len(found(result, SIGNER)) == 5
        own = [entry["operation"] for entry in staging.log() if entry["access_key_id"] == ACCESS_KEY_ID]
        assert Counter(own) == {"GetCallerIdentity": 1, "GetSecretValue": 3}

    def test_another_name(self, staging: Account) -> None:
        self._move(staging, "keys/{user}/access")
        staging.succeed(credentials={"store": "secretsmanager", "secret_name": "keys/{user}/access"})

    def test_secrets_that_are_not_there(self, staging: Account) -> None:
        result = staging.fail(credentials={"store": "secretsmanager"})
        assert "there is no secret staging/credentials/nomad-signer-staging" in result["msg"]

    def test_secrets_that_may_not_be_read(self, staging: Account) -> None:
        self._move(staging)
        staging.sandbox.add_fault(action=SECRET_VALUE, kind="access_denied", match=KEYMASTER)
        result = staging.fail(credentials={"store": "secretsmanager"})
        assert f"{KEYMASTER}: the secret staging/credentials/{KEYMASTER} cannot be read" in result["msg"]
        assert found(result, SIGNER)[WATCHER] == {"allowed"}

    def test_the_account_of_whoever_runs_this(self, staging: Account) -> None:
        self._move(staging)
        staging.access["account_id"] = "999988887777"
        staging.rows = []
        result = staging.fail(credentials={"store": "secretsmanager"}, account_id="999988887777")
        assert f"are for the account {ACCOUNT_ID}. Expected: 999988887777" in result["msg"]
        assert {entry["operation"] for entry in staging.log()} == {"GetCallerIdentity"}


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"principals": ["stranger"]}, "'stranger'; the users of this environment are: nomad-signer-staging"),
        ({"wait_seconds": -1}, "wait_seconds is -1, expected 0 or more"),
        ({"account_id": "999988887777"}, f"access is of the account {ACCOUNT_ID}. Expected: 999988887777"),
        ({"access": {"environment": "staging"}}, "access lacks account_id"),
        ({"credentials": {}}, "store is csv but all of the following are missing: directory"),
        ({"credentials": {"store": "vault", "directory": "x"}}, "missing: vault_password_file"),
        ({"credentials": {"store": "secretsmanager", "secret_name": "one"}}, "secret_name is 'one'"),
        ({"credentials": {"store": "secretsmanager", "secret_name": "{who}"}}, "secret_name is '{who}'"),
    ],
)
def test_options_that_are_refused(staging: Account, arguments: dict[str, Any], problem: str) -> None:
    result = staging.fail(**arguments)
    assert problem in result["msg"]
    assert staging.log() == []
