# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operations that differ from moto's. Each takes the request's parameters and the account's secrets."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from moto.secretsmanager.models import FakeSecret

from sandbox.errors import ServiceError
from sandbox.secretsmanager import checks
from sandbox.secretsmanager.backend import SandboxSecretsBackend, add_version, has_value, holder_of, move_stage

Params = dict[str, Any]


def _exists(message: str) -> ServiceError:
    return ServiceError("ResourceExistsException", message)


def _in_use(secret: FakeSecret, token: str) -> ServiceError:
    return _exists(
        f"You can't use ClientRequestToken {token} because that value is already in use for a version of secret "
        f"{secret.arn}."
    )


def _same(secret: FakeSecret, token: str, string: str | None, binary: str | None) -> bool:
    version = secret.versions[token]
    return version.get("secret_string") == string and version.get("secret_binary") == binary


def create_secret(params: Params, backend: SandboxSecretsBackend) -> Params:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html"""
    name = checks.secret_name(params)
    string, binary = checks.secret_value(params, needed=False)
    token = checks.request_token(params)
    tags = checks.tags_of(params)
    known = backend.secrets.get(name)
    if isinstance(known, FakeSecret):
        if known.is_deleted():
            raise ServiceError(
                "InvalidRequestException",
                "You can't create this secret because a secret with this name is already scheduled for deletion.",
            )
        if token in known.versions:
            if not _same(known, token, string, binary):
                raise _in_use(known, token)
            return {"ARN": known.arn, "Name": known.name, "VersionId": token}
    if known is not None:
        raise _exists(f"The operation failed because the secret {name} already exists.")
    answer: Params = json.loads(
        backend.create_secret(
            name=name,
            secret_string=string,
            secret_binary=binary,
            description=params.get("Description"),
            tags=tags,
            kms_key_id=params.get("KmsKeyId"),
            client_request_token=token,
            replica_regions=params.get("AddReplicaRegions") or [],
            force_overwrite=params.get("ForceOverwriteReplicaSecret") is True,
        )
    )
    return answer


def put_secret_value(params: Params, backend: SandboxSecretsBackend) -> Params:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html"""
    string, binary = checks.secret_value(params, needed=True)
    token = checks.request_token(params)
    stages = checks.stages_of(params)
    secret = backend.find_own(checks.required(params, "SecretId"))
    known = secret.versions.get(token)
    if known is not None and has_value(known):
        if not _same(secret, token, string, binary):
            raise _in_use(secret, token)
    else:
        add_version(secret, token, string, binary, stages)
    return {
        "ARN": secret.arn,
        "Name": secret.name,
        "VersionId": token,
        "VersionStages": list(secret.versions[token]["version_stages"]),
    }


def get_secret_value(params: Params, backend: SandboxSecretsBackend) -> Params:
    name = checks.required(params, "SecretId")
    return backend.get_secret_value(name, params.get("VersionId"), params.get("VersionStage"))


def update_secret(params: Params, backend: SandboxSecretsBackend) -> Params:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecret.html"""
    string, binary = checks.secret_value(params, needed=False)
    token = checks.request_token(params)
    secret = backend.find_own(checks.required(params, "SecretId"))
    answer = {"ARN": secret.arn, "Name": secret.name}
    if string is not None or binary is not None:
        if token in secret.versions:
            raise _in_use(secret, token)
        add_version(secret, token, string, binary, ["AWSCURRENT"])
        answer["VersionId"] = token
    if params.get("Description") is not None:
        secret.description = params["Description"]
    if params.get("KmsKeyId") is not None:
        secret.kms_key_id = params["KmsKeyId"]
    secret.last_changed_date = int(time.time())
    return answer


def delete_secret(params: Params, backend: SandboxSecretsBackend) -> Params:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html"""
    name = checks.required(params, "SecretId")
    days, force = params.get("RecoveryWindowInDays"), params.get("ForceDeleteWithoutRecovery") is True
    if days is not None and force:
        raise checks.invalid_parameter(
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
        )
    if days is not None and (isinstance(days, bool) or not isinstance(days, int) or not 7 <= days <= 30):
        raise checks.invalid_parameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")
    if not force:
        backend.find_own(name)
    arn, its_name, date = backend.delete_secret(name, days, force)
    return {"ARN": arn, "Name": its_name, "DeletionDate": date}


def rotate_without_lambda(params: Params, backend: SandboxSecretsBackend) -> None:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html: a function is needed."""
    secret = backend.find_own(checks.required(params, "SecretId"))
    if not params.get("RotationLambdaARN") and not secret.rotation_lambda_arn:
        raise ServiceError("InvalidRequestException", "No Lambda rotation function ARN is associated with this secret.")


def tag_resource(params: Params, backend: SandboxSecretsBackend) -> None:
    tags = checks.tags_of(params)
    secret = backend.find_own(checks.required(params, "SecretId"))
    names = {tag["Key"] for tag in secret.tags or []} | {tag["Key"] for tag in tags}
    checks.tags_of({"Tags": [{"Key": name} for name in names if not name.lower().startswith("aws:")]})
    backend.tag_resource(secret.arn, {tag["Key"]: tag["Value"] for tag in tags})


def untag_resource(params: Params, backend: SandboxSecretsBackend) -> None:
    secret = backend.find_own(checks.required(params, "SecretId"))
    backend.untag_resource(secret.arn, params.get("TagKeys") or [])


def update_secret_version_stage(params: Params, backend: SandboxSecretsBackend) -> Params:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html"""
    stage = checks.required(params, "VersionStage", 256)
    secret = backend.find_own(checks.required(params, "SecretId"))
    source, target = params.get("RemoveFromVersionId"), params.get("MoveToVersionId")
    for version_id in (source, target):
        if version_id is not None and version_id not in secret.versions:
            raise checks.invalid_parameter(f"Not a valid version: {version_id}")
    holder = holder_of(secret, stage)
    if source is not None and source != holder:
        raise checks.invalid_parameter(f"Staging label {stage} is not attached to version {source}")
    if target is None:
        if source is None:
            raise checks.invalid_parameter("You must give RemoveFromVersionId, MoveToVersionId, or both.")
        if stage == "AWSCURRENT":
            raise checks.invalid_parameter("You can't remove the staging label AWSCURRENT, only move it.")
        secret.versions[source]["version_stages"].remove(stage)
    else:
        if holder is not None and source is None and holder != target:
            raise checks.invalid_parameter(
                f"The parameter RemoveFromVersionId can't be empty. Staging label {stage} is currently attached to "
                f"version {holder}, so you must explicitly reference that version in RemoveFromVersionId."
            )
        move_stage(secret, stage, target)
    return {"ARN": secret.arn, "Name": secret.name}


def list_secret_version_ids(params: Params, backend: SandboxSecretsBackend) -> Params:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecretVersionIds.html"""
    secret = backend.find(checks.required(params, "SecretId"))
    most = params.get("MaxResults", 100)
    if isinstance(most, bool) or not isinstance(most, int) or not 1 <= most <= 100:
        raise checks.invalid_parameter("MaxResults must be between 1 and 100.")
    token = str(params.get("NextToken") or "0")
    if not token.isdecimal():
        raise ServiceError("InvalidNextTokenException", "The NextToken value is invalid.")
    versions = [
        {
            "VersionId": version_id,
            "VersionStages": list(version["version_stages"]),
            "CreatedDate": version["createdate"],
        }
        for version_id, version in secret.versions.items()
        if has_value(version) and (version["version_stages"] or params.get("IncludeDeprecated") is True)
    ]
    end = int(token) + most
    answer: Params = {"ARN": secret.arn, "Name": secret.name, "Versions": versions[int(token) : end]}
    if end < len(versions):
        answer["NextToken"] = str(end)
    return answer


Function = Callable[[Params, SandboxSecretsBackend], Params | None]

OPERATIONS: dict[str, Function] = {
    "CreateSecret": create_secret,
    "DeleteSecret": delete_secret,
    "GetSecretValue": get_secret_value,
    "ListSecretVersionIds": list_secret_version_ids,
    "PutSecretValue": put_secret_value,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "UpdateSecret": update_secret,
    "UpdateSecretVersionStage": update_secret_version_stage,
}
