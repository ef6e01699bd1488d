# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An account with an environment's keys, users and policies, as they are wanted, in a sandbox that enforces IAM."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.interchain.agent_ops.plugins.module_utils._access import Setting, wanted_access

from sandbox.client import ACCOUNT_ID, REGION, Sandbox
from tests.module.conftest import Result, RunModule

MODULE = "access_probe"
SIGNER, KEYMASTER, ADMIN = "nomad-signer-staging", "nomad-keymaster-staging", "kms-admin"
WATCHER, UPDATER, BANK = "staging-kovan-watcher-signer", "staging-kovan-updater-signer", "staging-bank"
PRODUCTION, NEVER_MADE = "production-ethereum-watcher-signer", "production-ethereum-updater-signer"
PUBLIC_KEY, SIGN, SECRET_VALUE = "kms:GetPublicKey", "kms:Sign", "secretsmanager:GetSecretValue"
HEADER = ("User name", "Password", "Access key ID", "Secret access key", "Console login link")
HEX_KEY = "0x7d1f0c5be94a83627d1f0c5be94a83627d1f0c5be94a83627d1f0c5be94a8362"


def setting(backend: str = "kms", **values: Any) -> Setting:
    agents = {WATCHER: "watcher", UPDATER: "updater", BANK: "bank"}
    given = {
        "keys": [
            {"name": name, "network": None if agent == "bank" else "kovan", "agent": agent, "purpose": "signer"}
            for name, agent in agents.items()
        ],
        "foreign_keys": [{"name": name, "environment": "production"} for name in (PRODUCTION, NEVER_MADE)],
        **values,
    }
    return Setting(
        environment="staging",
        project="nomad",
        account_id=ACCOUNT_ID,
        backend=backend,
        region=REGION,
        agents=["watcher", "updater"],
        networks=["kovan"],
        **given,
    )


class Account:
    """What is wanted, made by hand; the access keys are stored as the console gives them."""

    def __init__(self, sandbox: Sandbox, aws: Callable[..., Any], run: RunModule, folder: Path) -> None:
        self.sandbox = sandbox
        self.kms, self.iam, self.secrets = aws("kms"), aws("iam"), aws("secretsmanager")
        self.folder = folder / "credentials"
        self.folder.mkdir(mode=0o700)
        self.progress = folder / "progress"
        self.rows: list[dict[str, Any]] = []
        self.stored: dict[str, tuple[str, str]] = {}
        self.outputs: list[str] = []
        self._run = run
        self.access: dict[str, Any] = {}
        self._mark = 0

    def provide(self, of: Setting) -> Account:
        self.access = wanted_access(of)
        self.rows = [self.make_key(key["name"]) for key in self.access["keys"]]
        self.make_foreign(PRODUCTION)
        for policy in self.access["policies"]:
            document = json.dumps(policy["document"])
            self.iam.create_policy(PolicyName=policy["name"], Path=policy["path"], PolicyDocument=document)
        for group in self.access["groups"]:
            self.iam.create_group(GroupName=group["name"], Path=group["path"])
            for arn in group["policies"]:
                self.iam.attach_group_policy(GroupName=group["name"], PolicyArn=arn)
        for user in self.access["users"]:
            self.iam.create_user(UserName=user["name"], Path=user["path"])
            for arn in user["policies"]:
                self.iam.attach_user_policy(UserName=user["name"], PolicyArn=arn)
            for group in user["groups"]:
                self.iam.add_user_to_group(GroupName=group, UserName=user["name"])
            made = self.iam.create_access_key(UserName=user["name"])["AccessKey"]
            self.store(user["name"], made["AccessKeyId"], made["SecretAccessKey"])
        self.enforce()
        return self

    def enforce(self, **settings: Any) -> None:
        self.sandbox.change_settings(iam_enforced=True, **settings)
        self.mark()

    def make_key(self, name: str) -> dict[str, Any]:
        if self.access["backend"] != "kms":
            arn = self.secrets.create_secret(Name=name, SecretString=json.dumps({"private_key": HEX_KEY}))["ARN"]
            return {"name": name, "arn": arn, "state": "Enabled", "backend": "secretsmanager"}
        made = self.kms.create_key(KeySpec="ECC_SECG_P256K1", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
        self.kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=made["KeyId"])
        return {"name": name, "arn": made["Arn"], "state": "Enabled", "backend": "kms"}

    def make_foreign(self, name: str) -> str:
        made = self.kms.create_key(KeySpec="ECC_SECG_P256K1", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
        self.kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=made["KeyId"])
        return str(made["KeyId"])

    def store(self, user: str, key_id: str, secret: str) -> None:
        self.stored[user] = (key_id, secret)
        file = self.folder / f"{user}.csv"
        with file.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([HEADER, (user, "", key_id, secret, "")])
        file.chmod(0o600)

    def arn(self, name: str) -> str:
        return str(next(row["arn"] for row in self.rows if row["name"] == name))

    # Asking

    def ask(self, **arguments: Any) -> Result:
        given = {
            "access": self.access,
            "signing_keys": self.rows,
            "credentials": {"directory": str(self.folder)},
            "wait_seconds": 0,
            "progress_file": str(self.progress),
            **arguments,
        }
        self.progress.write_text("", encoding="utf-8")
        self.mark()
        result = self._run(MODULE, **given)
        self.outputs.append(result.output)
        assert "Traceback" not in result.output, result.output
        assert result.get("changed", False) is False
        self.assert_nothing_was_signed()
        return result

    def succeed(self, **arguments: Any) -> Result:
        result = self.ask(**arguments)
        assert not result.get("failed"), result["msg"]
        assert (result["probe_ok"], result["problems"]) == (True, [])
        return result

    def fail(self, **arguments: Any) -> Result:
        result = self.ask(**arguments)
        assert result.get("failed"), result.output
        assert result.get("probe_ok", False) is False
        for problem in result.get("problems", []):
            assert problem in result["msg"]
        return result

    # Looking

    def mark(self) -> None:
        entries = self.sandbox.log(after=self._mark)
        self._mark = max((entry["number"] for entry in entries), default=self._mark)

    def log(self, operation: str | None = None) -> list[dict[str, Any]]:
        return self.sandbox.log(after=self._mark, operation=operation)

    def used_by(self, user: str) -> list[str]:
        key_id = self.stored[user][0]
        return [entry["operation"] for entry in self.log() if entry["access_key_id"] == key_id]

    def assert_nothing_was_signed(self) -> None:
        """A real signature is answered with 200; a dry run never is. And nothing else is changed either."""
        statuses = {(entry["status"], entry["error"]) for entry in self.log("Sign")}
        assert all(status is not None and status >= 400 for status, _error in statuses), statuses
        assert [entry["operation"] for entry in self.log() if entry["write"]] == []

    def assert_no_secret_was_shown(self) -> None:
        secrets = [HEX_KEY, HEX_KEY[2:], *(secret for _key_id, secret in self.stored.values())]
        for output in self.outputs:
            for secret in secrets:
                assert secret not in output
                assert secret[4:20] not in output


def found(result: Result, principal: str, operation: str = SIGN) -> dict[str, set[str]]:
    """Key -> what was found, by ARN and by alias."""
    told: dict[str, set[str]] = {}
    for row in result["answers"]:
        if row["principal"] == principal and row["operation"] == operation and row["key"]:
            told.setdefault(row["key"], set()).add(row["found"])
    return told


def bad(result: Result) -> list[tuple[str, str | None, str, str, str]]:
    return [
        (row["principal"], row["key"], row["operation"], row["expected"], row["found"])
        for row in result["answers"]
        if not row["ok"]
    ]
