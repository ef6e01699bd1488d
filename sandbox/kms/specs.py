# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key specs: what a key of each may be used for, and with which algorithms.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html and the KeyUsage
parameter of https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html
"""

from __future__ import annotations

from dataclasses import dataclass

_RSA_SIGNING = tuple(f"RSASSA_{scheme}_SHA_{bits}" for scheme in ("PKCS1_V1_5", "PSS") for bits in (256, 384, 512))
_RSA_ENCRYPTION = ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256")


@dataclass(frozen=True)
class Spec:
    """``kind`` is symmetric, asymmetric or hmac: what UpdateAlias wants to be the same."""

    kind: str
    usages: tuple[str, ...]
    signing: tuple[str, ...] = ()
    encryption: tuple[str, ...] = ()
    mac: tuple[str, ...] = ()
    agreement: tuple[str, ...] = ()


def _ecc(signing: str, *usages: str) -> Spec:
    return Spec("asymmetric", usages, signing=(signing,), agreement=("ECDH",))


def _rsa() -> Spec:
    return Spec("asymmetric", ("ENCRYPT_DECRYPT", "SIGN_VERIFY"), signing=_RSA_SIGNING, encryption=_RSA_ENCRYPTION)


SPECS: dict[str, Spec] = {
    "SYMMETRIC_DEFAULT": Spec("symmetric", ("ENCRYPT_DECRYPT",), encryption=("SYMMETRIC_DEFAULT",)),
    "RSA_2048": _rsa(),
    "RSA_3072": _rsa(),
    "RSA_4096": _rsa(),
    "ECC_NIST_P256": _ecc("ECDSA_SHA_256", "SIGN_VERIFY", "KEY_AGREEMENT"),
    "ECC_NIST_P384": _ecc("ECDSA_SHA_384", "SIGN_VERIFY", "KEY_AGREEMENT"),
    "ECC_NIST_P521": _ecc("ECDSA_SHA_512", "SIGN_VERIFY", "KEY_AGREEMENT"),
    "ECC_SECG_P256K1": _ecc("ECDSA_SHA_256", "SIGN_VERIFY"),
    **{
        f"HMAC_{bits}": Spec("hmac", ("GENERATE_VERIFY_MAC",), mac=(f"HMAC_SHA_{bits}",))
        for bits in (224, 256, 384, 512)
    },
}
# AWS has these and the sandbox has not. SM2 exists in the China Regions only.
NOT_HERE = (
    "SM2",
    "ML_DSA_44",
    "ML_DSA_65",
    "ML_DSA_87",
    "ECC_NIST_EDWARDS25519",
    "ML_KEM_512",
    "ML_KEM_768",
    "ML_KEM_1024",
)
USAGES = ("SIGN_VERIFY", "ENCRYPT_DECRYPT", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT", "ENCAPSULATE_DECAPSULATE")
