# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Condition keys of requests to KMS.

https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.iam.context import tags_context
from sandbox.kms.backend import SandboxKmsBackend
from sandbox.kms.keys import SandboxKey

Values = dict[str, str | Iterable[str]]

# "Effective only in IAM policies".
NOT_IN_KEY_POLICIES = frozenset({"kms:ResourceAliases"})
_DEFAULT_WINDOW = 30


def of_key(backend: SandboxKmsBackend, key: SandboxKey, lag: float) -> Values:
    """What a key is; its aliases and tags as they were ``lag`` seconds ago."""
    aliases, tags = backend.seen_by_authorisation(key, lag)
    values: Values = {
        "kms:KeySpec": key.key_spec,
        "kms:CustomerMasterKeySpec": key.key_spec,
        "kms:KeyUsage": key.key_usage,
        "kms:CustomerMasterKeyUsage": key.key_usage,
        "kms:KeyOrigin": key.origin,
        "kms:MultiRegion": str(key.multi_region).lower(),
        "kms:ResourceAliases": aliases,
        **tags_context("aws:ResourceTag", tags),
    }
    if key.multi_region:
        values["kms:MultiRegionKeyType"] = str(key.multi_region_configuration["MultiRegionKeyType"])
    return values


def of_request(operation: str, params: dict[str, Any]) -> Values:
    """What the request's parameters tell. A parameter of a wrong type tells nothing: it will be refused anyway."""
    values: Values = {}
    for parameter, name, default in _PLAIN.get(operation, ()):
        value = params.get(parameter, default)
        if value is not None:
            values[name] = str(value).lower() if isinstance(value, bool) else str(value)
    identifier = params.get("KeyId")
    if isinstance(identifier, str) and (identifier.startswith("alias/") or ":alias/" in identifier):
        values["kms:RequestAlias"] = identifier.rsplit(":", 1)[-1]
    tags = params.get("Tags")
    if isinstance(tags, list):
        given = {str(tag.get("TagKey")): str(tag.get("TagValue", "")) for tag in tags if isinstance(tag, dict)}
        values.update(tags_context("aws:RequestTag", given))
        values["aws:TagKeys"] = list(given)
    elif isinstance(params.get("TagKeys"), list):
        values["aws:TagKeys"] = [str(key) for key in params["TagKeys"]]
    encryption = params.get("EncryptionContext")
    if isinstance(encryption, dict):
        values.update({f"kms:EncryptionContext:{key}": str(value) for key, value in encryption.items()})
        values["kms:EncryptionContextKeys"] = [str(key) for key in encryption]
    if operation == "CreateGrant":
        values.update(_of_grant(params))
    return values


def _of_grant(params: dict[str, Any]) -> Values:
    operations, constraints = params.get("Operations"), params.get("Constraints")
    values: Values = {"kms:GrantIsForAWSResource": "false"}
    values["kms:GrantOperations"] = [str(one) for one in operations] if isinstance(operations, list) else []
    if isinstance(constraints, dict) and constraints:
        values["kms:GrantConstraintType"] = sorted(constraints)[0]
    return values


_SIGNING = (("SigningAlgorithm", "kms:SigningAlgorithm", None), ("MessageType", "kms:MessageType", "RAW"))
_ENCRYPTING = (("EncryptionAlgorithm", "kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT"),)
_POLICY = (("PolicyName", "kms:PolicyName", "default"),)
_LOCKOUT = ("BypassPolicyLockoutSafetyCheck", "kms:BypassPolicyLockoutSafetyCheck", False)
# operation -> parameter, condition key, and the value that counts where the parameter is not given
_PLAIN: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "Sign": _SIGNING,
    "Verify": _SIGNING,
    "GenerateMac": (("MacAlgorithm", "kms:MacAlgorithm", None),),
    "VerifyMac": (("MacAlgorithm", "kms:MacAlgorithm", None),),
    "Encrypt": _ENCRYPTING,
    "Decrypt": _ENCRYPTING,
    "ReEncrypt": _ENCRYPTING,
    "GetKeyPolicy": _POLICY,
    "PutKeyPolicy": (*_POLICY, _LOCKOUT),
    "CreateGrant": (
        ("GranteePrincipal", "kms:GranteePrincipal", None),
        ("RetiringPrincipal", "kms:RetiringPrincipal", None),
    ),
    "ScheduleKeyDeletion": (("PendingWindowInDays", "kms:ScheduleKeyDeletionPendingWindowInDays", _DEFAULT_WINDOW),),
    "ReplicateKey": (("ReplicaRegion", "kms:ReplicaRegion", None), _LOCKOUT),
    "CreateKey": (
        ("KeySpec", "kms:KeySpec", "SYMMETRIC_DEFAULT"),
        ("KeyUsage", "kms:KeyUsage", "ENCRYPT_DECRYPT"),
        ("Origin", "kms:KeyOrigin", "AWS_KMS"),
        ("MultiRegion", "kms:MultiRegion", False),
        _LOCKOUT,
    ),
}
