# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each state of a key allows.

Every row of KEY_STATE_TABLE is a row of the table in
https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html, for an asymmetric signing key. The numbers are
the table's own: 1 DisabledException "is disabled", 3 KMSInvalidStateException "is pending deletion",
4 KMSInvalidStateException "is not pending deletion", 5 KMSInvalidStateException "is pending import"; 0 succeeds.
Where the table says "[2] or [3]" for a key that is pending deletion, the sandbox answers 3.
For Sign, Verify and GetPublicKey on a key without material the table's number of the other cryptographic operations is
taken.
"""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

ERRORS = {
    1: ("DisabledException", "is disabled"),
    3: ("KMSInvalidStateException", "is pending deletion"),
    4: ("KMSInvalidStateException", "is not pending deletion"),
    5: ("KMSInvalidStateException", "is pending import"),
}
STATES = ("Enabled", "Disabled", "PendingImport", "PendingDeletion")
POLICY = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "123456789012"}, '
    '"Action": "kms:*", "Resource": "*"}]}'
)
ADMIN = "arn:aws:iam::123456789012:root"
KEY_STATE_TABLE: list[tuple[str, tuple[int, int, int, int], dict[str, Any]]] = [
    ("cancel_key_deletion", (4, 4, 4, 0), {}),
    ("create_alias", (0, 0, 0, 3), {"AliasName": "alias/new", "KeyId": None, "TargetKeyId": "KEY"}),
    ("create_grant", (0, 1, 5, 3), {"GranteePrincipal": ADMIN, "Operations": ["DescribeKey"]}),
    ("delete_alias", (0, 0, 0, 0), {"AliasName": "alias/old", "KeyId": None}),
    ("describe_key", (0, 0, 0, 0), {}),
    ("disable_key", (0, 0, 5, 3), {}),
    ("enable_key", (0, 0, 5, 3), {}),
    ("get_key_policy", (0, 0, 0, 0), {"PolicyName": "default"}),
    ("get_public_key", (0, 1, 5, 3), {}),
    ("list_aliases", (0, 0, 0, 0), {}),
    ("list_grants", (0, 0, 0, 0), {}),
    ("list_key_policies", (0, 0, 0, 0), {}),
    ("list_resource_tags", (0, 0, 0, 0), {}),
    ("put_key_policy", (0, 0, 0, 0), {"PolicyName": "default", "Policy": POLICY}),
    ("revoke_grant", (0, 0, 0, 0), {"GrantId": "GRANT"}),
    ("schedule_key_deletion", (0, 0, 0, 3), {"PendingWindowInDays": 7}),
    (
        "sign",
        (0, 1, 5, 3),
        {
            "Message": hashlib.sha256(b"update").digest(),
            "MessageType": "DIGEST",
            "SigningAlgorithm": "ECDSA_SHA_256",
        },
    ),
    ("tag_resource", (0, 0, 0, 3), {"Tags": [{"TagKey": "a", "TagValue": "b"}]}),
    ("untag_resource", (0, 0, 0, 3), {"TagKeys": ["a"]}),
    # Footnote 10: only the new key's state counts.
    ("update_alias", (0, 0, 0, 3), {"AliasName": "alias/elsewhere", "KeyId": None, "TargetKeyId": "KEY"}),
    ("update_key_description", (0, 0, 0, 3), {"Description": "new"}),
    (
        "verify",
        (0, 1, 5, 3),
        {
            "Message": hashlib.sha256(b"update").digest(),
            "MessageType": "DIGEST",
            "SigningAlgorithm": "ECDSA_SHA_256",
            "Signature": "SIGNATURE",
        },
    ),
]
CELLS = [
    pytest.param(operation, state, number, arguments, id=f"{operation}-{state}")
    for operation, numbers, arguments in KEY_STATE_TABLE
    for state, number in zip(STATES, numbers, strict=True)
]


@pytest.mark.parametrize(("operation", "state", "number", "arguments"), CELLS)
def test_key_state_table(
    kms: Any, new_key: Any, refused: Any, operation: str, state: str, number: int, arguments: dict[str, Any]
) -> None:
    key_id = new_key(Origin="EXTERNAL" if state == "PendingImport" else "AWS_KMS")
    kms.create_alias(AliasName="alias/old", TargetKeyId=key_id)
    kms.create_alias(AliasName="alias/elsewhere", TargetKeyId=new_key())
    found: dict[str, Any] = {"KEY": key_id}
    if state != "PendingImport":
        found["GRANT"] = kms.create_grant(KeyId=key_id, GranteePrincipal=ADMIN, Operations=["Sign"])["GrantId"]
        signed = {name: value for name, value in arguments.items() if name not in ("Signature", "KeyId")}
        if operation == "verify":
            found["SIGNATURE"] = kms.sign(KeyId=key_id, **signed)["Signature"]
    elif operation == "revoke_grant":
        # No grant can be made on such a key, so that the operation gets as far as to miss it.
        with refused("NotFoundException", "Grant ID"):
            kms.revoke_grant(KeyId=key_id, GrantId="0" * 64)
        return
    elif operation == "verify":
        found["SIGNATURE"] = b"any"
    if state == "Disabled":
        kms.disable_key(KeyId=key_id)
    elif state == "PendingDeletion":
        kms.schedule_key_deletion(KeyId=key_id)
    assert kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"] == state
    call = {"KeyId": key_id, **arguments}
    call = {
        name: found.get(value, value) if isinstance(value, str) else value
        for name, value in call.items()
        if value is not None
    }
    if number == 0:
        getattr(kms, operation)(**call)
        return
    code, text = ERRORS[number]
    with refused(code, f"^arn:aws:kms:us-west-2:123456789012:key/{key_id} {text}"):
        getattr(kms, operation)(**call)
    assert kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"] == state


def test_the_old_key_of_an_alias_may_be_dying(kms: Any, new_key: Any) -> None:
    """Footnote 10 of the table: "If the source KMS key is pending deletion, the command succeeds."."""
    dying, living = new_key(), new_key()
    kms.create_alias(AliasName="alias/moved", TargetKeyId=dying)
    kms.schedule_key_deletion(KeyId=dying)
    kms.update_alias(AliasName="alias/moved", TargetKeyId=living)
    assert kms.describe_key(KeyId="alias/moved")["KeyMetadata"]["KeyId"] == living


def test_external_keys_wait_for_their_material(kms: Any, sandbox: Any, new_key: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys.html"""
    key_id = new_key(Origin="EXTERNAL")
    metadata = kms.describe_key(KeyId=key_id)["KeyMetadata"]
    assert (metadata["KeyState"], metadata["Enabled"], metadata["Origin"]) == ("PendingImport", False, "EXTERNAL")
    told = sandbox.import_key_material(key_id)
    assert told == {"key_id": key_id, "arn": metadata["Arn"], "state": "Enabled"}
    metadata = kms.describe_key(KeyId=key_id)["KeyMetadata"]
    assert (metadata["KeyState"], metadata["Enabled"], metadata["Origin"]) == ("Enabled", True, "EXTERNAL")
    assert len(kms.get_public_key(KeyId=key_id)["PublicKey"]) == 88


def test_cancelled_deletion_of_a_key_without_material_goes_back_to_pending_import(kms: Any, new_key: Any) -> None:
    key_id = new_key(Origin="EXTERNAL")
    kms.schedule_key_deletion(KeyId=key_id)
    kms.cancel_key_deletion(KeyId=key_id)
    assert kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"] == "PendingImport"
