# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A made-up account: who is in it, what is in it, and every request that somebody might make, with all its context."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ACCOUNT = "111122223333"
OTHER = "444455556666"
USER = f"arn:aws:iam::{ACCOUNT}:user/agent_ops/nomad-signer-staging"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/agent_ops/acme"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/acme/relayer"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
FOREIGNER = f"arn:aws:iam::{OTHER}:user/nomad-signer-staging"
PRINCIPALS = (USER, USER, ROLE, SESSION, FOREIGNER)

KEY_A = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/11111111-12ab-34cd-56ef-1234567890ab"
KEY_B = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/mrk-2222222212ab34cd56ef1234567890ab"
KEY_C = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/33333333-12ab-34cd-56ef-1234567890ab"
ALIAS_A = f"arn:aws:kms:us-west-2:{ACCOUNT}:alias/staging-kovan-watcher-signer"
ALIAS_B = f"arn:aws:kms:us-west-2:{ACCOUNT}:alias/production-kovan-watcher-signer"
SECRET_A = f"arn:aws:secretsmanager:us-west-2:{ACCOUNT}:secret:development/kovan/watcher-AbCd12"
SECRET_B = f"arn:aws:secretsmanager:us-west-2:{ACCOUNT}:secret:development/kovan/watcher2-eFgH34"
OPERATOR = f"arn:aws:iam::{ACCOUNT}:role/agent_ops/staging/operator"

Values = str | tuple[str, ...]
Document = dict[str, Any]

# What belongs to a resource, and so to every request for it.
ATTRIBUTES: Mapping[str, Mapping[str, Values]] = {
    KEY_A: {
        "kms:ResourceAliases": ("alias/staging-kovan-watcher-signer",),
        "aws:ResourceTag/environment": "staging",
        "kms:KeySpec": "ECC_SECG_P256K1",
    },
    KEY_B: {
        "kms:ResourceAliases": ("alias/Staging-kovan-processor-signer", "alias/production-kovan-watcher-signer"),
        "aws:ResourceTag/environment": "production",
        "kms:KeySpec": "RSA_4096",
    },
    KEY_C: {"kms:ResourceAliases": (), "kms:KeySpec": "ECC_SECG_P256K1"},
    ALIAS_A: {},
    ALIAS_B: {},
    SECRET_A: {"aws:ResourceTag/environment": "development"},
    SECRET_B: {},
    OPERATOR: {"aws:ResourceTag/environment": "staging"},
    "*": {},
}
KEYS = (KEY_A, KEY_B, KEY_C)
SECRETS = (SECRET_A, SECRET_B)
ACTIONS: Mapping[str, Sequence[str]] = {
    "kms:Sign": KEYS,
    "kms:GetPublicKey": KEYS,
    "kms:CreateGrant": KEYS,
    "kms:PutKeyPolicy": KEYS[:2],
    "kms:ScheduleKeyDeletion": KEYS[1:],
    "kms:CreateAlias": (KEY_A, KEY_B, ALIAS_A, ALIAS_B),
    "kms:CreateKey": ("*",),
    "secretsmanager:GetSecretValue": (SECRET_A, SECRET_B),
    "secretsmanager:ListSecrets": ("*",),
    "sts:AssumeRole": (OPERATOR,),
}

# What a caller brings along, in the two ways that it is seen by conditions.
CIRCUMSTANCES: Sequence[Mapping[str, Values]] = (
    {
        "kms:RequestAlias": "alias/staging-kovan-watcher-signer",
        "kms:SigningAlgorithm": "ECDSA_SHA_256",
        "kms:MessageType": "DIGEST",
        "aws:PrincipalTag/environment": "staging",
        "aws:SecureTransport": "true",
        "aws:MultiFactorAuthPresent": "true",
        "aws:MultiFactorAuthAge": "300",
        "aws:SourceIp": "203.0.113.7",
        "aws:CurrentTime": "2026-03-01T12:00:00Z",
        "sts:ExternalId": "staging",
    },
    {
        "kms:SigningAlgorithm": "RSASSA_PSS_SHA_256",
        "kms:MessageType": "RAW",
        "aws:PrincipalTag/environment": "production",
        "aws:PrincipalTag/team": "bridge*",
        "aws:SecureTransport": "false",
        "aws:SourceIp": "198.51.100.20",
        "aws:CurrentTime": "2026-09-01T12:00:00Z",
        "kms:ViaService": "secretsmanager.us-west-2.amazonaws.com",
        "aws:SourceArn": SECRET_A,
    },
)


def document(found: Sequence[Document]) -> Document:
    return {"Version": "2012-10-17", "Statement": found[0] if len(found) == 1 else list(found)}


# The policy that AWS KMS gives a key by default, and a role that its account alone decides about.
DEFAULT_KEY_POLICY = document([{"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"}])
DEFAULT_TRUST_POLICY = document([{"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "sts:AssumeRole"}])


@dataclass(frozen=True)
class Ask:
    """One request, with every condition key that it carries; a key that is not there does not exist."""

    action: str
    resource: str
    context: Mapping[str, Values]


def requests_of(principal: str) -> list[Ask]:
    # A session's requests carry the ARN of its role.
    arn = ROLE if principal == SESSION else principal
    own: dict[str, Values] = {"aws:PrincipalArn": arn, "aws:PrincipalAccount": principal.split(":")[4]}
    if ":user/" in principal:
        own["aws:username"] = principal.rpartition("/")[2]
    return [
        Ask(action, resource, {**own, "kms:CallerAccount": own["aws:PrincipalAccount"], **ATTRIBUTES[resource], **seen})
        for action, resources in ACTIONS.items()
        for resource in resources
        for seen in CIRCUMSTANCES
    ]


@dataclass(frozen=True)
class World:
    principal: str
    policies: tuple[Document, ...] = ()
    boundary: Document | None = None
    key_policy: Document | None = field(default_factory=lambda: DEFAULT_KEY_POLICY)
    secret_policy: Document | None = None
    trust_policy: Document | None = field(default_factory=lambda: DEFAULT_TRUST_POLICY)

    def resource_policy(self, resource: str) -> Document | None:
        if resource in KEYS:
            return self.key_policy
        if resource == OPERATOR:
            return self.trust_policy
        return self.secret_policy if resource in SECRETS else None
