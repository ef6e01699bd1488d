# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prove every address in a report: sign a random digest with the key, recover the signer, compare.

Run: python -m tests.prove_addresses REPORT, with AWS_ENDPOINT_URL and credentials in the environment. Nothing of the
collection is used, so that it cannot agree with its own errors.
"""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path
from typing import Any

import boto3
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from eth_keys import keys

CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def kms_signers(row: dict[str, Any], digest: bytes) -> set[str]:
    """Return the addresses that a signature of KMS may be of: KMS does not say which of the two parities it is."""
    kms = boto3.client("kms", region_name=row["region"])
    der = kms.sign(KeyId=row["arn"], Message=digest, MessageType="DIGEST", SigningAlgorithm="ECDSA_SHA_256")[
        "Signature"
    ]
    r, s = decode_dss_signature(der)
    s = min(s, CURVE_ORDER - s)
    signatures = [keys.Signature(vrs=(parity, r, s)) for parity in (0, 1)]
    return {signature.recover_public_key_from_msg_hash(digest).to_checksum_address() for signature in signatures}


def hex_key_signers(row: dict[str, Any], digest: bytes) -> set[str]:
    client = boto3.client("secretsmanager", region_name=row["region"])
    contents = json.loads(client.get_secret_value(SecretId=row["arn"])["SecretString"])
    signature = keys.PrivateKey(bytes.fromhex(contents["private_key"][2:])).sign_msg_hash(digest)
    return {signature.recover_public_key_from_msg_hash(digest).to_checksum_address()}


def main() -> int:
    rows = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["signing_keys"]
    for row in rows:
        signers = {"kms": kms_signers, "secretsmanager": hex_key_signers}[row["backend"]](row, secrets.token_bytes(32))
        if row["address"] not in signers:
            print(f"{row['name']}: the report says {row['address']}, a signature says {' or '.join(sorted(signers))}")
            return 1
    print(f"{len(rows)} addresses proven")
    return 0


if __name__ == "__main__":
    sys.exit(main())
