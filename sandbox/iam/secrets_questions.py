# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a request to Secrets Manager must be allowed.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html and
https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access.html. A secret that is not there is asked
for under the ARN that its name would give it: only who may hears ResourceNotFoundException.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.iam.context import Context, Values, tags_context
from sandbox.iam.evaluation import Question
from sandbox.iam.principals import Caller
from sandbox.requests import Call
from sandbox.secretsmanager.backend import AnySecret, SandboxSecretsBackend
from sandbox.secretsmanager.checks import required

_WITHOUT_RESOURCE = frozenset({"GetRandomPassword", "ListSecrets"})
# An ARN ends in six characters that nobody chooses.
_SUFFIX = "-AAAAAA"
_CONDITION_KEYS = {
    "SecretId": "secretsmanager:SecretId",
    "VersionId": "secretsmanager:VersionId",
    "VersionStage": "secretsmanager:VersionStage",
    "Name": "secretsmanager:Name",
    "Description": "secretsmanager:Description",
    "KmsKeyId": "secretsmanager:KmsKeyId",
    "RotationLambdaARN": "secretsmanager:RotationLambdaARN",
    "RecoveryWindowInDays": "secretsmanager:RecoveryWindowInDays",
    "ForceDeleteWithoutRecovery": "secretsmanager:ForceDeleteWithoutRecovery",
    "BlockPublicPolicy": "secretsmanager:BlockPublicPolicy",
}


def secrets_questions(call: Call, backend: SandboxSecretsBackend, caller: Caller, around: Values) -> Iterator[Question]:
    action = f"secretsmanager:{call.operation}"
    base = (around, caller.context, _of_request(call.params))
    if call.operation in _WITHOUT_RESOURCE:
        yield Question(action, "*", Context(*base))
    elif call.operation == "BatchGetSecretValue":
        yield Question(action, "*", Context(*base))
        yield from _all_of_a_batch(call.params, backend, base)
    elif call.operation == "CreateSecret":
        arn = _arn_to_be(backend, required(call.params, "Name", 512))
        yield Question(action, arn, Context(*base))
        if call.params.get("Tags"):
            yield Question("secretsmanager:TagResource", arn, Context(*base))
        if call.params.get("AddReplicaRegions"):
            yield Question("secretsmanager:ReplicateSecretToRegions", arn, Context(*base))
    else:
        yield _of_secret(action, required(call.params, "SecretId"), backend, base)


def _all_of_a_batch(
    params: dict[str, Any], backend: SandboxSecretsBackend, base: tuple[Values, ...]
) -> Iterator[Question]:
    """By filters, every secret could be read: then all must be allowed."""
    names = params.get("SecretIdList")
    if not isinstance(names, list):
        yield Question("secretsmanager:ListSecrets", "*", Context(*base))
        names = [secret.arn for secret in dict.values(backend.secrets)]
    for name in names:
        yield _of_secret("secretsmanager:GetSecretValue", str(name), backend, base)


def _of_secret(action: str, identifier: str, backend: SandboxSecretsBackend, base: tuple[Values, ...]) -> Question:
    secret = backend.secrets.get(identifier)
    if secret is None:
        return Question(action, _arn_to_be(backend, identifier), Context(*base))
    return Question(action, secret.arn, Context(*base, _of(secret)), resource_policy=getattr(secret, "policy", None))


def _of(secret: AnySecret) -> Values:
    tags = {tag["Key"]: tag["Value"] for tag in secret.tags or []}
    return {
        **tags_context("aws:ResourceTag", tags),
        **tags_context("secretsmanager:ResourceTag", tags),
        "aws:ResourceAccount": secret.arn.split(":")[4],
    }


def _arn_to_be(backend: SandboxSecretsBackend, name: str) -> str:
    if name.startswith("arn:"):
        return name
    return f"arn:{backend.partition}:secretsmanager:{backend.region_name}:{backend.account_id}:secret:{name}{_SUFFIX}"


def _of_request(params: dict[str, Any]) -> Values:
    values: dict[str, Any] = {}
    for parameter, key in _CONDITION_KEYS.items():
        value = params.get(parameter)
        if value is not None:
            values[key] = str(value).lower() if isinstance(value, bool) else str(value)
    tags, names = params.get("Tags"), params.get("TagKeys")
    if isinstance(tags, list):
        given = {str(tag.get("Key")): str(tag.get("Value", "")) for tag in tags if isinstance(tag, dict)}
        values.update(tags_context("aws:RequestTag", given))
        values["aws:TagKeys"] = list(given)
    elif isinstance(names, list):
        values["aws:TagKeys"] = [str(name) for name in names]
    return values
