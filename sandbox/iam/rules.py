# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM's quotas, and its rules for names and documents.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from moto.iam.exceptions import (
    EntityAlreadyExists,
    LimitExceededException,
    MalformedPolicyDocument,
    NoSuchEntity,
    ValidationError,
)
from moto.iam.policy_validation import IAMPolicyDocumentValidator, IAMTrustPolicyDocumentValidator

from sandbox.kms.policy import principal_exists

POLICY_SIZE = 6144
TRUST_POLICY_SIZE = 2048
INLINE_SIZES = {"user": 2048, "group": 5120, "role": 10240}
ATTACHED = {"User": 10, "Group": 10, "Role": 10}
GROUPS_A_USER = 10
_LONGEST_NAMES = {"user": 64, "role": 64, "group": 128, "policy": 128}
_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)
_PATH = re.compile(r"/|/[\x21-\x7e]+/")
_LONGEST_PATH = 512
_SID = re.compile(r"[0-9A-Za-z]*")


def size_of(document: str) -> int:
    """White space does not count."""
    return len("".join(document.split()))


def exceeded(quota: str, most: int) -> LimitExceededException:
    return LimitExceededException(f"Cannot exceed quota for {quota}: {most}")


def require_policy_size(document: str) -> None:
    if size_of(document) > POLICY_SIZE:
        raise exceeded("PolicySize", POLICY_SIZE)


def require_inline_size(kind: str, name: str, documents: Iterable[str]) -> None:
    """All inline policies of an identity together."""
    if sum(size_of(document) for document in documents) > INLINE_SIZES[kind]:
        raise LimitExceededException(f"Maximum policy size of {INLINE_SIZES[kind]} bytes exceeded for {kind} {name}")


def require_name(kind: str, name: str, taken: Iterable[str] = ()) -> None:
    """Names are not distinguished by case."""
    parameter, most = f"{kind}Name", _LONGEST_NAMES[kind]
    if len(name) > most:
        raise ValidationError(
            f"1 validation error detected: Value '{name}' at '{parameter}' failed to satisfy constraint: "
            f"Member must have length less than or equal to {most}"
        )
    if not _NAME.fullmatch(name):
        raise ValidationError(
            f"The specified value for {parameter} is invalid. It must contain only alphanumeric characters and/or the "
            "following: +=,.@_-"
        )
    if name.lower() in {other.lower() for other in taken}:
        raise EntityAlreadyExists(f"{kind.capitalize()} with name {name} already exists.")


def require_path(path: str | None) -> None:
    if path is not None and (len(path) > _LONGEST_PATH or not _PATH.fullmatch(path)):
        raise ValidationError(
            "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric "
            "characters and/or / characters."
        )


def not_attachable(arn: str) -> NoSuchEntity:
    return NoSuchEntity(f"Policy {arn} does not exist or is not attachable.")


def require_identity_policy(document: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html"""
    IAMPolicyDocumentValidator(document).validate()
    for statement in _statements(document):
        if "Principal" in statement or "NotPrincipal" in statement:
            raise MalformedPolicyDocument("Policy document should not specify a principal.")
    _require_sids(document)


def require_trust_policy(document: str, account: str, partition: str) -> None:
    """Principals must be there; those of other accounts cannot be seen from here, and pass."""
    IAMTrustPolicyDocumentValidator(document).validate()
    for statement in _statements(document):
        named = statement.get("Principal", statement.get("NotPrincipal"))
        if named is None:
            raise MalformedPolicyDocument("Missing required field Principal")
        principals = named.get("AWS", []) if isinstance(named, dict) else []
        for principal in principals if isinstance(principals, list) else [principals]:
            if not principal_exists(str(principal), account, partition):
                raise MalformedPolicyDocument(f'Invalid principal in policy: "AWS":"{principal}"')
    if size_of(document) > TRUST_POLICY_SIZE:
        raise exceeded("ACLSizePerRole", TRUST_POLICY_SIZE)
    _require_sids(document)


def _require_sids(document: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html: letters and digits."""
    for statement in _statements(document):
        if not _SID.fullmatch(str(statement.get("Sid", ""))):
            raise MalformedPolicyDocument(
                "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression "
                "[0-9A-Za-z]*"
            )


def _statements(document: str) -> list[dict[str, Any]]:
    found = json.loads(document)["Statement"]
    return found if isinstance(found, list) else [found]
