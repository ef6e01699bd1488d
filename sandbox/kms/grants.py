# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Grants: https://docs.aws.amazon.com/kms/latest/developerguide/grants.html"""

from __future__ import annotations

from typing import Any

from moto.core.utils import unix_time
from moto.kms.models import Grant
from moto.moto_api._internal import mock_random

from sandbox.errors import ServiceError
from sandbox.kms import errors
from sandbox.kms.keys import SandboxKey
from sandbox.kms.operation import KmsCall, operation
from sandbox.kms.pages import page

_ALWAYS = ("CreateGrant", "DescribeKey", "RetireGrant")
_PUBLIC = ("GetPublicKey",)
_DATA_KEYS = (
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
)
_CIPHER = ("Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo")
# (kind, usage) -> operations that a grant on such a key may allow.
# https://docs.aws.amazon.com/kms/latest/developerguide/grants.html#terms-grant-operations
_POSSIBLE: dict[tuple[str, str], tuple[str, ...]] = {
    ("symmetric", "ENCRYPT_DECRYPT"): (*_CIPHER, *_DATA_KEYS),
    ("asymmetric", "ENCRYPT_DECRYPT"): (*_CIPHER, *_PUBLIC),
    ("asymmetric", "SIGN_VERIFY"): ("Sign", "Verify", *_PUBLIC),
    ("asymmetric", "KEY_AGREEMENT"): ("DeriveSharedSecret", *_PUBLIC),
    ("hmac", "GENERATE_VERIFY_MAC"): ("GenerateMac", "VerifyMac"),
}
MOST_GRANTS_A_KEY = 50000


class SandboxGrant(Grant):
    """A grant with what AWS tells of it beyond moto's: the key's ARN, when it was made and by which account."""

    def __init__(self, key: SandboxKey, principal: str, params: dict[str, Any]) -> None:
        super().__init__(
            key.id,
            params.get("Name") or "",
            principal,
            list(params["Operations"]),
            params.get("Constraints") or {},
            params.get("RetiringPrincipal") or "",
        )
        # AWS's grant ids are 64 hexadecimal digits.
        self.id = mock_random.get_random_hex(64)
        self.token = mock_random.get_random_hex(128)
        self.key_arn = key.arn
        self.created = unix_time()
        self.issuer = f"arn:aws:iam::{key.account_id}:root"

    def to_json(self) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "KeyId": self.key_arn,
            "GrantId": self.id,
            "CreationDate": self.created,
            "GranteePrincipal": self.grantee_principal,
            "IssuingAccount": self.issuer,
            "Operations": self.operations,
        }
        if self.name:
            shown["Name"] = self.name
        if self.retiring_principal:
            shown["RetiringPrincipal"] = self.retiring_principal
        if self.constraints:
            shown["Constraints"] = self.constraints
        return shown

    def is_made_by(self, principal: str, params: dict[str, Any]) -> bool:
        """Whether a repeated CreateGrant with a name means this grant."""
        return bool(self.name) and (
            self.name == params.get("Name")
            and self.grantee_principal == principal
            and self.retiring_principal == (params.get("RetiringPrincipal") or "")
            and self.operations == params["Operations"]
            and self.constraints == (params.get("Constraints") or {})
        )


@operation("CreateGrant")
def create_grant(call: KmsCall) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html"""
    params = call.params
    principal = call.text("GranteePrincipal", longest=256)
    operations = params.get("Operations")
    if not isinstance(operations, list) or not operations:
        raise errors.validation("Operations must name at least one operation")
    key = call.key()
    possible = (*_ALWAYS, *_POSSIBLE[(key.spec.kind, key.key_usage)])
    for name in operations:
        if name not in possible:
            raise errors.validation(f"The grant operation {name} is not supported on {key.arn} ({key.key_spec})")
    if params.get("Constraints") and key.spec.kind != "symmetric":
        raise errors.validation("Encryption context constraints need a symmetric encryption key")
    if len(key.grants) >= MOST_GRANTS_A_KEY:
        raise errors.limit_exceeded(f"{key.arn} already has {MOST_GRANTS_A_KEY} grants")
    if call.dry_run:
        raise errors.dry_run()
    for known in key.grants.values():
        if isinstance(known, SandboxGrant) and known.is_made_by(principal, params):
            return {"GrantId": known.id, "GrantToken": known.token}
    grant = SandboxGrant(key, principal, params)
    key.grants[grant.id] = grant
    return {"GrantId": grant.id, "GrantToken": grant.token}


@operation("ListGrants", locked=False)
def list_grants(call: KmsCall) -> dict[str, Any]:
    key = call.key()
    grants = list(key.grants.values())
    if call.params.get("GrantId"):
        grants = [grant for grant in grants if grant.id == call.params["GrantId"]]
        if not grants:
            raise errors.not_found(f"Grant ID {call.params['GrantId']} not found")
    if call.params.get("GranteePrincipal"):
        grants = [grant for grant in grants if grant.grantee_principal == call.params["GranteePrincipal"]]
    return _listing(call, grants)


@operation("ListRetirableGrants", locked=False)
def list_retirable_grants(call: KmsCall) -> dict[str, Any]:
    principal = call.text("RetiringPrincipal", longest=256)
    keys = list(call.backend.keys.values())
    return _listing(
        call,
        [grant for key in keys for grant in list(key.grants.values()) if grant.retiring_principal == principal],
    )


def _listing(call: KmsCall, grants: list[Grant]) -> dict[str, Any]:
    shown, more = page(grants, call.params, name_of=lambda grant: str(grant.id), default=50, most=100)
    return {"Grants": [grant.to_json() for grant in shown], **more}


@operation("RevokeGrant")
def revoke_grant(call: KmsCall) -> None:
    key = call.key()
    _remove(call, key, call.text("GrantId", longest=128))


@operation("RetireGrant")
def retire_grant(call: KmsCall) -> None:
    """By its token, or by key and grant id."""
    token = call.params.get("GrantToken")
    if token is None:
        _remove(call, call.key(), call.text("GrantId", longest=128))
        return
    for key in call.backend.keys.values():
        for grant in key.grants.values():
            if grant.token == token:
                _remove(call, key, grant.id)
                return
    raise ServiceError("InvalidGrantTokenException", "The grant token is not valid")


def _remove(call: KmsCall, key: SandboxKey, grant_id: str) -> None:
    if grant_id not in key.grants:
        raise errors.not_found(f"Grant ID {grant_id} not found")
    if call.dry_run:
        raise errors.dry_run()
    del key.grants[grant_id]
