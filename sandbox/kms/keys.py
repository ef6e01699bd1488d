# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A KMS key: moto's, with the state, the metadata and the key pair that AWS's has."""

from __future__ import annotations

import hashlib
import uuid
from functools import cached_property
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from moto.core.utils import unix_time
from moto.kms.models import Key

from sandbox.kms.specs import SPECS, Spec

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_CURVES: dict[str, type[ec.EllipticCurve]] = {
    "ECC_NIST_P256": ec.SECP256R1,
    "ECC_NIST_P384": ec.SECP384R1,
    "ECC_NIST_P521": ec.SECP521R1,
    "ECC_SECG_P256K1": ec.SECP256K1,
}
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}


def generate_pair(spec: str) -> PrivateKey | None:
    """A new key pair, or None for a symmetric spec. Takes long for RSA: not to be called with a lock held."""
    if spec in _CURVES:
        return ec.generate_private_key(_CURVES[spec]())
    if spec.startswith("RSA_"):
        return rsa.generate_private_key(public_exponent=65537, key_size=int(spec.removeprefix("RSA_")))
    return None


class SandboxKey(Key):
    """``pair`` is None for a symmetric key, and for one whose material has not been imported yet."""

    def __init__(
        self,
        *,
        account_id: str,
        region: str,
        spec: str,
        usage: str,
        pair: PrivateKey | None,
        policy: str | None = None,
        description: str = "",
        multi_region: bool = False,
        origin: str = "AWS_KMS",
        manager: str = "CUSTOMER",
    ) -> None:
        # moto makes a key pair for whatever spec it is told, an RSA one even for symmetric keys; this spec costs
        # nothing, and the real one is set below.
        super().__init__(policy, usage, "ECC_SECG_P256K1", description, account_id, region, False, origin)
        self.key_spec = spec
        self.key_manager = manager
        self.pair = pair
        self.window_in_days: int | None = None
        self.was_tagged = False
        if multi_region:
            self._make_primary()
        if origin == "EXTERNAL":
            self.set_state("PendingImport")

    def _make_primary(self) -> None:
        # https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html
        self.id = f"mrk-{uuid.uuid4().hex}"
        self.arn = f"{self.arn.rsplit('/', 1)[0]}/{self.id}"
        self.multi_region = True
        self.multi_region_configuration: dict[str, Any] = {
            "MultiRegionKeyType": "PRIMARY",
            "PrimaryKey": {"Arn": self.arn, "Region": self.region},
            "ReplicaKeys": [],
        }

    @property
    def spec(self) -> Spec:
        return SPECS[self.key_spec]

    @property
    def has_material(self) -> bool:
        return self.origin != "EXTERNAL" or self.pair is not None

    def set_state(self, state: str) -> None:
        self.key_state = state
        self.enabled = state == "Enabled"

    @property
    def signing_algorithms(self) -> list[str]:
        return list(self.spec.signing) if self.key_usage == "SIGN_VERIFY" else []

    @property
    def encryption_algorithms(self) -> list[str] | None:
        return list(self.spec.encryption) if self.key_usage == "ENCRYPT_DECRYPT" else None

    def import_material(self, pair: PrivateKey) -> None:
        self.pair = pair
        self.__dict__.pop("public_key", None)
        self.set_state("Enabled")

    @cached_property
    def public_key(self) -> bytes:
        """The DER-encoded SubjectPublicKeyInfo; derived once, since a key pair never changes."""
        if self.pair is None:
            raise ValueError(f"{self.arn} has no key pair")
        return self.pair.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def sign_digest(self, digest: bytes, algorithm: str) -> bytes:
        chosen = Prehashed(hash_of(algorithm))
        if isinstance(self.pair, ec.EllipticCurvePrivateKey):
            return self.pair.sign(digest, ec.ECDSA(chosen))
        if isinstance(self.pair, rsa.RSAPrivateKey):
            return self.pair.sign(digest, _padding(algorithm), chosen)
        raise ValueError(f"{self.arn} has no key pair")

    def verifies(self, digest: bytes, signature: bytes, algorithm: str) -> bool:
        chosen = Prehashed(hash_of(algorithm))
        try:
            if isinstance(self.pair, ec.EllipticCurvePrivateKey):
                self.pair.public_key().verify(signature, digest, ec.ECDSA(chosen))
            elif isinstance(self.pair, rsa.RSAPrivateKey):
                self.pair.public_key().verify(signature, digest, _padding(algorithm), chosen)
            else:
                raise ValueError(f"{self.arn} has no key pair")
        except InvalidSignature:
            return False
        return True

    def metadata(self) -> dict[str, Any]:
        """https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html: absent fields are left out."""
        shown: dict[str, Any] = {
            "AWSAccountId": self.account_id,
            "Arn": self.arn,
            "CreationDate": self.creation_date,
            "CustomerMasterKeySpec": self.key_spec,
            "Description": self.description,
            "Enabled": self.enabled,
            "KeyId": self.id,
            "KeyManager": self.key_manager,
            "KeySpec": self.key_spec,
            "KeyState": self.key_state,
            "KeyUsage": self.key_usage,
            "MultiRegion": self.multi_region,
            "Origin": self.origin,
        }
        if self.key_usage == "SIGN_VERIFY":
            shown["SigningAlgorithms"] = self.signing_algorithms
        elif self.key_usage == "ENCRYPT_DECRYPT":
            shown["EncryptionAlgorithms"] = self.encryption_algorithms
        elif self.key_usage == "GENERATE_VERIFY_MAC":
            shown["MacAlgorithms"] = list(self.spec.mac)
        elif self.key_usage == "KEY_AGREEMENT":
            shown["KeyAgreementAlgorithms"] = list(self.spec.agreement)
        if self.multi_region:
            shown["MultiRegionConfiguration"] = self.multi_region_configuration
        if self.key_state == "PendingDeletion" and self.deletion_date is not None:
            shown["DeletionDate"] = unix_time(self.deletion_date)
        if self.key_state == "PendingReplicaDeletion":
            shown["PendingDeletionWindowInDays"] = self.window_in_days
        if self.origin == "EXTERNAL" and self.has_material:
            shown["ExpirationModel"] = "KEY_MATERIAL_DOES_NOT_EXPIRE"
        return shown

    def to_dict(self) -> dict[str, Any]:
        return {"KeyMetadata": self.metadata()}


def hash_of(algorithm: str) -> hashes.HashAlgorithm:
    return _HASHES[algorithm.rsplit("_", 1)[1]]()


def digest_of(message: bytes, algorithm: str) -> bytes:
    return hashlib.new(f"sha{algorithm.rsplit('_', 1)[1]}", message).digest()


def _padding(algorithm: str) -> padding.PSS | padding.PKCS1v15:
    if "_PSS_" in algorithm:
        return padding.PSS(mgf=padding.MGF1(hash_of(algorithm)), salt_length=padding.PSS.DIGEST_LENGTH)
    return padding.PKCS1v15()
