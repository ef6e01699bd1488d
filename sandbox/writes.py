# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which operations change state. Tests of check mode ask the request log for those that do."""

from __future__ import annotations

_READING_PREFIXES = (
    "Get",
    "List",
    "Describe",
    "Head",
    "BatchGet",
    "Lookup",
    "Simulate",
    "Validate",
    "Decode",
    "Select",
)

# Cryptographic operations use a key and leave it as it is. Exceptions to what the name says are listed as well.
_READING = frozenset(
    {
        "kms:Sign",
        "kms:Verify",
        "kms:Encrypt",
        "kms:Decrypt",
        "kms:ReEncrypt",
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:GenerateDataKeyPair",
        "kms:GenerateDataKeyPairWithoutPlaintext",
        "kms:GenerateMac",
        "kms:VerifyMac",
        "kms:GenerateRandom",
        "kms:DeriveSharedSecret",
        "sts:AssumeRole",
        "sts:AssumeRoleWithSAML",
        "sts:AssumeRoleWithWebIdentity",
    }
)
_WRITING = frozenset({"iam:GenerateCredentialReport"})


def changes_state(service: str, operation: str, method: str) -> bool:
    action = f"{service}:{operation}"
    if action in _READING:
        return False
    if action in _WRITING:
        return True
    if operation in ("GET", "HEAD", "OPTIONS"):
        return False
    if operation.startswith(_READING_PREFIXES):
        return False
    return method not in ("GET", "HEAD", "OPTIONS")
