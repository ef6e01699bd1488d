# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users, roles and policies for the tests of IAM."""

from __future__ import annotations

import base64
import json
from typing import Any

ACCOUNT = "123456789012"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
KEYS = f"arn:aws:kms:us-west-2:{ACCOUNT}:key"
ALIASES = f"arn:aws:kms:us-west-2:{ACCOUNT}:alias"
DIGEST = bytes(range(32))
SIGNING = {"Message": DIGEST, "MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256"}


def allow(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def document(*statements: dict[str, Any], version: str = "2012-10-17") -> str:
    return json.dumps({"Version": version, "Statement": list(statements)})


def by_alias(*aliases: str, operator: str = "ForAnyValue:StringEquals") -> dict[str, Any]:
    """The form of the signers' policies."""
    return allow(
        ["kms:GetPublicKey", "kms:Sign"],
        f"arn:aws:kms:*:{ACCOUNT}:key/*",
        Condition={operator: {"kms:ResourceAliases": list(aliases)}},
    )


def token(**claims: Any) -> str:
    parts = [{"alg": "none"}, claims, {}]
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)


class Person:
    """A user with an access key; ``client("kms")`` calls as him."""

    def __init__(self, aws: Any, name: str, credentials: dict[str, str]) -> None:
        self._aws = aws
        self.name = name
        self.arn = f"arn:aws:iam::{ACCOUNT}:user/{name}"
        self.credentials = credentials

    @property
    def access_key(self) -> str:
        return self.credentials["aws_access_key_id"]

    def client(self, service: str, **options: Any) -> Any:
        return self._aws(service, credentials=self.credentials, **options)

    @property
    def kms(self) -> Any:
        return self.client("kms")


class People:
    def __init__(self, aws: Any) -> None:
        self._aws = aws
        self.iam = aws("iam")

    def user(self, name: str, *statements: dict[str, Any]) -> Person:
        """With an inline policy, if there are statements."""
        self.iam.create_user(UserName=name)
        if statements:
            self.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
        return Person(self._aws, name, self.new_key(name))

    def new_key(self, name: str) -> dict[str, str]:
        made = self.iam.create_access_key(UserName=name)["AccessKey"]
        return {"aws_access_key_id": made["AccessKeyId"], "aws_secret_access_key": made["SecretAccessKey"]}

    def policy(self, name: str, *statements: dict[str, Any]) -> str:
        made = self.iam.create_policy(PolicyName=name, PolicyDocument=document(*statements))
        return str(made["Policy"]["Arn"])

    def group(self, name: str, *members: Person) -> None:
        self.iam.create_group(GroupName=name)
        for member in members:
            self.iam.add_user_to_group(GroupName=name, UserName=member.name)

    def role(self, name: str, *statements: dict[str, Any], trust: dict[str, Any] | None = None) -> str:
        trusted = trust or {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "sts:AssumeRole"}
        made = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trusted))
        if statements:
            self.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(*statements))
        return str(made["Role"]["Arn"])

    def session(self, arn: str, name: str = "night", caller: Person | None = None, **more: Any) -> Person:
        sts = caller.client("sts") if caller else self._aws("sts")
        found = sts.assume_role(RoleArn=arn, RoleSessionName=name, **more)
        return self.holder(found)

    def holder(self, found: dict[str, Any]) -> Person:
        given = found["Credentials"]
        credentials = {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }
        person = Person(self._aws, "", credentials)
        person.arn = found["AssumedRoleUser"]["Arn"]
        return person
