# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An account in the sandbox in which everything is as an environment wants it, for tests to change by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ansible_collections.interchain.agent_ops.plugins.module_utils._access import Setting, wanted_access
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import environment_keys
from ansible_collections.interchain.agent_ops.plugins.module_utils._operators import read_operators

from sandbox.client import ACCOUNT_ID, REGION, Sandbox
from tests.module.conftest import Result, RunModule

MODULE = "access_matrix_info"
AGENTS = {"watcher": ["signer", "attestation"], "relayer": ["signer"]}
NETWORKS = ("kovan", "moonbasealpha")
SIGNER, KEYMASTER, ADMIN = "nomad-signer-staging", "nomad-keymaster-staging", "kms-admin"
ACME, CHORUS = "nomad-operator-acme-staging", "nomad-operator-chorus-staging"
WATCHER, RELAYER, BANK = "staging-kovan-watcher-signer", "staging-kovan-relayer-signer", "staging-bank"
PRODUCTION = "production-ethereum-watcher-signer"
OTHER_ACCOUNT = "999988887777"
ROOT = f"arn:aws:iam::{ACCOUNT_ID}:root"
OPERATORS = [
    {"name": "acme", "agents": ["watcher"], "networks": ["kovan"], "iam_user": True},
    {
        "name": "chorus",
        "agents": ["relayer"],
        "assume_role": {"account_id": OTHER_ACCOUNT, "external_id": "xyzzy-plugh-1976"},
    },
]


def allow(actions: str | list[str], resource: str | list[str] = "*", **more: Any) -> str:
    """A policy with one statement that allows something."""
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(*principals: str, **more: Any) -> str:
    """A trust policy for principals of AWS."""
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": list(principals)}, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def wanted(backend: str = "kms", operators: list[dict[str, Any]] | None = None, **values: Any) -> dict[str, Any]:
    specs = environment_keys(
        {network: {} for network in NETWORKS}, environment="staging", agents=AGENTS, additional=[{"agent": "bank"}]
    )
    chosen = OPERATORS if operators is None else operators
    given = {
        "foreign_keys": [
            {"name": PRODUCTION, "environment": "production", "backend": backend, "region": REGION},
            {"name": "production-never-made", "environment": "production", "backend": backend, "region": REGION},
        ],
        **values,
    }
    return wanted_access(
        Setting(
            environment="staging",
            project="nomad",
            account_id=ACCOUNT_ID,
            backend=backend,
            region=REGION,
            keys=[spec.as_dict() for spec in specs],
            agents=list(AGENTS),
            networks=list(NETWORKS),
            operators=read_operators(chosen, agents=list(AGENTS), networks=list(NETWORKS)),
            **given,
        )
    )


class Account:
    """The account: what is wanted, made by hand."""

    def __init__(self, sandbox: Sandbox, aws: Callable[..., Any], run: RunModule, access: dict[str, Any]) -> None:
        self.sandbox = sandbox
        self.aws = aws
        self.kms, self.iam, self.secrets = aws("kms"), aws("iam"), aws("secretsmanager")
        self._run = run
        self.access = access

    # Making

    def make(self) -> None:
        for key in [*self.access["keys"], self.access["foreign_keys"][0]]:
            self.make_key(key["resource"])
        self.make_permissions()

    def make_key(self, resource: str, region: str = REGION) -> str:
        if resource.startswith("alias/"):
            kms = self.aws("kms", region=region)
            made = kms.create_key(
                KeySpec="ECC_SECG_P256K1",
                KeyUsage="SIGN_VERIFY",
                Tags=[{"TagKey": "agent_ops:alias", "TagValue": resource}],
            )
            key = made["KeyMetadata"]["KeyId"]
            kms.create_alias(AliasName=resource, TargetKeyId=key)
            return str(key)
        return str(self.secrets.create_secret(Name=resource, SecretString='{"made": "for a test"}')["ARN"])

    def make_permissions(self) -> None:
        for policy in self.access["policies"]:
            document = json.dumps(policy["document"])
            self.iam.create_policy(PolicyName=policy["name"], Path=policy["path"], PolicyDocument=document)
        for user in self.access["users"]:
            self.iam.create_user(UserName=user["name"], Path=user["path"], Tags=_tags(user))
            for arn in user["policies"]:
                self.iam.attach_user_policy(UserName=user["name"], PolicyArn=arn)
        for group in self.access["groups"]:
            self.iam.create_group(GroupName=group["name"], Path=group["path"])
            for arn in group["policies"]:
                self.iam.attach_group_policy(GroupName=group["name"], PolicyArn=arn)
            for user in group["users"]:
                self.iam.add_user_to_group(GroupName=group["name"], UserName=user)
        for role in self.access["roles"]:
            document = json.dumps(role["trust"])
            self.iam.create_role(
                RoleName=role["name"], Path=role["path"], AssumeRolePolicyDocument=document, Tags=_tags(role)
            )
            for arn in role["policies"]:
                self.iam.attach_role_policy(RoleName=role["name"], PolicyArn=arn)

    def make_user(self, name: str, document: str | None = None) -> None:
        """Somebody of the account who has nothing to do with the environment, and perhaps an inline policy."""
        self.iam.create_user(UserName=name)
        if document:
            self.iam.put_user_policy(UserName=name, PolicyName="by-hand", PolicyDocument=document)

    def make_role(self, name: str, trusted: str, document: str | None = None) -> None:
        self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted)
        if document:
            self.iam.put_role_policy(RoleName=name, PolicyName="by-hand", PolicyDocument=document)

    def key_id(self, name: str) -> str:
        return str(self.kms.describe_key(KeyId=f"alias/{name}")["KeyMetadata"]["KeyId"])

    def key_arn(self, name: str) -> str:
        return str(self.kms.describe_key(KeyId=f"alias/{name}")["KeyMetadata"]["Arn"])

    def put_key_policy(self, name: str, *statements: dict[str, Any], root: bool = True) -> None:
        """Set a key's policy: the account, which leaves it to IAM, and these statements."""
        account = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"}
        policy = {"Version": "2012-10-17", "Statement": [*([account] if root else []), *statements]}
        self.kms.put_key_policy(
            KeyId=self.key_id(name),
            PolicyName="default",
            Policy=json.dumps(policy),
            BypassPolicyLockoutSafetyCheck=True,
        )

    # Asking

    def ask(self, **arguments: Any) -> Result:
        given = {"access": self.access, "region": REGION, **arguments}
        return self._run(MODULE, **given)

    def verify(self, **arguments: Any) -> Result:
        """Ask, and see that nothing was written."""
        before = len(self.sandbox.log())
        result = self.ask(**arguments)
        assert not result.get("failed"), result["msg"]
        assert result["changed"] is False
        assert [entry for entry in self.sandbox.log()[before:] if entry["write"]] == []
        return result


def _tags(entry: dict[str, Any]) -> list[dict[str, str]]:
    return [{"Key": name, "Value": value} for name, value in entry["tags"].items()]


def differences(result: Result, kind: str | None = None) -> list[dict[str, Any]]:
    return [one for one in result["differences"] if kind in (None, one["kind"])]


def only(result: Result, kind: str, *parts: str) -> dict[str, Any]:
    """The one difference of a kind. Together with where to change it, it says all of this."""
    found = differences(result, kind)
    assert len(found) == 1, result["differences"]
    for part in parts:
        assert part in f"{found[0]['found']}. Expected: {found[0]['expected']}. {found[0]['where_to_change']}", found[0]
    return found[0]


def kinds(result: Result) -> list[str]:
    return sorted({one["kind"] for one in result["differences"]})


def row(result: Result, principal: str, key: str) -> dict[str, Any]:
    (found,) = [one for one in result["matrix"] if (one["principal"], one["key"]) == (principal, key)]
    return dict(found)
