# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""moto's secrets of one account and region, found by name and by ARN as AWS finds them."""

from __future__ import annotations

import re
import time
from types import ModuleType
from typing import Any

from moto.secretsmanager import urls
from moto.secretsmanager.exceptions import (
    InvalidRequestException,
    OperationNotPermittedOnReplica,
    ResourceNotFoundException,
    SecretNotFoundException,
    SecretStageVersionMismatchException,
)
from moto.secretsmanager.models import FakeSecret, ReplicaSecret, SecretsManagerBackend, SecretsStore

AnySecret = FakeSecret | ReplicaSecret
_ARN = re.compile(r"arn:aws[\w-]*:secretsmanager:([\w-]+):(\d{12}):secret:(.+)")
DELETED = "You can't perform this operation on the secret because it was marked for deletion."


class SandboxStore(SecretsStore):
    """Secrets by name (replicas by ARN). moto looks through all of them, and overlooks whose an ARN is."""

    def __init__(self, account_id: str, region: str) -> None:
        super().__init__()
        self._place = (region, account_id)

    def find(self, identifier: str) -> AnySecret | None:
        """The secret of a name, a whole ARN, or an ARN without its last six characters."""
        found = _ARN.fullmatch(identifier)
        if found is None:
            return dict.get(self, identifier) or self._replica(identifier)
        if (found.group(1), found.group(2)) != self._place:
            return None
        rest = found.group(3)
        whole = dict.get(self, rest[:-7])
        if whole is not None and whole.arn == identifier:
            return whole
        return dict.get(self, rest) or self._replica(identifier)

    def _replica(self, identifier: str) -> AnySecret | None:
        for secret in dict.values(self):
            if isinstance(secret, ReplicaSecret) and identifier in (secret.name, secret.arn):
                return secret
        return None

    def __getitem__(self, key: str) -> AnySecret:
        secret = self.find(key)
        if secret is None:
            raise KeyError(key)
        return secret

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.find(key) is not None

    def get(self, key: str) -> AnySecret | None:  # type: ignore[override]
        return self.find(key)

    def pop(self, key: str) -> AnySecret | None:  # type: ignore[override]
        secret = self.find(key)
        if secret is None:
            return None
        dict.pop(self, secret.arn if isinstance(secret, ReplicaSecret) else secret.name)
        return secret


class SandboxSecretsBackend(SecretsManagerBackend):
    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.secrets = SandboxStore(account_id, region_name)

    @property
    def _url_module(self) -> ModuleType:
        return urls

    def find(self, identifier: str) -> AnySecret:
        secret = self.secrets.get(identifier)
        if secret is None:
            raise SecretNotFoundException()
        return secret

    def find_own(self, identifier: str) -> FakeSecret:
        """A secret that may be changed here: not a replica, and not marked for deletion."""
        secret = self.find(identifier)
        if isinstance(secret, ReplicaSecret):
            raise OperationNotPermittedOnReplica()
        if secret.is_deleted():
            raise InvalidRequestException(DELETED)
        return secret

    def was_tagged(self, arn: str) -> bool:
        secret = self.secrets.get(arn)
        return secret is not None and secret.tags is not None

    def get_secret_value(self, secret_id: str, version_id: str | None, version_stage: str | None) -> dict[str, Any]:
        """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html"""
        secret = self.find(secret_id)
        if secret.is_deleted():
            raise InvalidRequestException(DELETED)
        if version_id:
            version = secret.versions.get(version_id)
            what = f"VersionId: {version_id}"
            if version is not None and version_stage and version_stage not in version["version_stages"]:
                raise SecretStageVersionMismatchException()
        else:
            stage = version_stage or "AWSCURRENT"
            version = secret.versions.get(holder_of(secret, stage) or "")
            what = f"staging label: {stage}"
        if version is None or not has_value(version):
            raise ResourceNotFoundException(f"Secrets Manager can't find the specified secret value for {what}")
        answer = {
            "ARN": secret.arn,
            "Name": secret.name,
            "VersionId": version["version_id"],
            "VersionStages": list(version["version_stages"]),
            "CreatedDate": version["createdate"],
        }
        for ours, theirs in (("secret_string", "SecretString"), ("secret_binary", "SecretBinary")):
            if version.get(ours) is not None:
                answer[theirs] = version[ours]
        return answer


def has_value(version: dict[str, Any]) -> bool:
    return version.get("secret_string") is not None or version.get("secret_binary") is not None


def holder_of(secret: AnySecret, stage: str) -> str | None:
    """The version that a staging label is attached to; a label is on one version at most."""
    for version_id, version in secret.versions.items():
        if stage in version["version_stages"]:
            return version_id
    return None


def move_stage(secret: FakeSecret, stage: str, version_id: str) -> None:
    """Attach a label, taking it from where it was; AWSPREVIOUS follows to where AWSCURRENT came from."""
    before = holder_of(secret, stage)
    if before == version_id:
        return
    if before is not None:
        secret.versions[before]["version_stages"].remove(stage)
    secret.versions[version_id]["version_stages"].append(stage)
    if stage != "AWSCURRENT":
        return
    secret.set_default_version_id(version_id)
    if before is None:
        return
    previous = holder_of(secret, "AWSPREVIOUS")
    if previous is not None:
        secret.versions[previous]["version_stages"].remove("AWSPREVIOUS")
    secret.versions[before]["version_stages"].append("AWSPREVIOUS")


def add_version(secret: FakeSecret, version_id: str, string: str | None, binary: str | None, stages: list[str]) -> None:
    version: dict[str, Any] = {"createdate": int(time.time()), "version_id": version_id, "version_stages": []}
    # A rotation has made the version already, empty and with its label.
    version["version_stages"] = secret.versions.get(version_id, version)["version_stages"]
    if string is not None:
        version["secret_string"] = string
    if binary is not None:
        version["secret_binary"] = binary
    secret.versions[version_id] = version
    for stage in stages:
        move_stage(secret, stage, version_id)
    if holder_of(secret, "AWSCURRENT") is None:
        move_stage(secret, "AWSCURRENT", version_id)
    secret.last_changed_date = int(time.time())
