# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which operations a key's state allows.

Source: the table in https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html. Operations that are not
named here are allowed in every state: DeleteAlias, DescribeKey, GetKeyPolicy, ListAliases, ListGrants,
ListKeyPolicies, ListResourceTags, PutKeyPolicy, RetireGrant, RevokeGrant. UpdateAlias is judged by its new key alone.
"""

from __future__ import annotations

from sandbox.kms import errors
from sandbox.kms.keys import SandboxKey

# DisabledException on a disabled key, KMSInvalidStateException on one that is pending import or deletion.
_NEED_AN_ENABLED_KEY = frozenset(
    {
        "CreateGrant",
        "Decrypt",
        "DisableKeyRotation",
        "EnableKeyRotation",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateMac",
        "GetPublicKey",
        "ReEncrypt",
        "ReplicateKey",
        "RotateKeyOnDemand",
        "Sign",
        "Verify",
        "VerifyMac",
    }
)
_REFUSE_PENDING_IMPORT = _NEED_AN_ENABLED_KEY | {"DisableKey", "EnableKey"}
_REFUSE_PENDING_DELETION = _REFUSE_PENDING_IMPORT | {
    "CreateAlias",
    "ScheduleKeyDeletion",
    "TagResource",
    "UntagResource",
    "UpdateAlias",
    "UpdateKeyDescription",
}
_DYING = ("PendingDeletion", "PendingReplicaDeletion")


def require_state(key: SandboxKey, operation: str) -> None:
    """Raise what AWS answers when the key's state forbids the operation."""
    state = key.key_state
    if operation == "CancelKeyDeletion":
        if state not in _DYING:
            raise errors.invalid_state(key.arn, "not pending deletion")
    elif state == "Disabled" and operation in _NEED_AN_ENABLED_KEY:
        raise errors.disabled(key.arn)
    elif state == "PendingImport" and operation in _REFUSE_PENDING_IMPORT:
        raise errors.invalid_state(key.arn, "pending import")
    elif state == "PendingDeletion" and operation in _REFUSE_PENDING_DELETION:
        raise errors.invalid_state(key.arn, "pending deletion")
    elif state == "PendingReplicaDeletion" and operation in _REFUSE_PENDING_DELETION:
        raise errors.invalid_state(key.arn, "pending replica deletion")
