# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policy documents of an environment's signers, administrators and roles. Private to the collection.

Each exists in the documented form, to the letter, and in the hardened one. Pure: no ansible, no AWS.
"""

from __future__ import annotations

import json
import re
import typing as t

Document = dict[str, t.Any]

VERSION = "2012-10-17"
LONGEST_POLICY = 6144
"""Characters of a managed policy, white space not counted.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""

SIGNING_ACTIONS = ("kms:GetPublicKey", "kms:Sign")
SECRET_ACTIONS = ("secretsmanager:GetSecretValue",)

ALIASES = "kms:ResourceAliases"

# Secrets Manager ends a secret's ARN with a dash and six characters of its own choice.
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples.html
_NAMES_END = "-??????"

_ADMINISTERS_ACCOUNT = ("kms:CreateKey", "kms:ListAliases", "kms:ListKeys", "tag:GetResources")
_ADMINISTERS_KEYS = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:EnableKey",
    "kms:GetKeyPolicy",
    "kms:GetPublicKey",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListResourceTags",
    "kms:RetireGrant",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)
COMES_TO_SIGN = ("kms:CreateGrant", "kms:PutKeyPolicy", "kms:ReplicateKey")
"""Whoever may do one of these to a key can come to sign with it, by way of a grant, a key policy, or a replica."""

_DOCUMENTED_ADMIN = (
    "kms:DescribeCustomKeyStores",
    "kms:ListKeys",
    "kms:DeleteCustomKeyStore",
    "kms:GenerateRandom",
    "kms:UpdateCustomKeyStore",
    "kms:ListAliases",
    "kms:DisconnectCustomKeyStore",
    "kms:CreateKey",
    "kms:ConnectCustomKeyStore",
    "kms:CreateCustomKeyStore",
)


def statement_id(project: str, environment: str) -> str:
    """Return the documented Sid, NomadStagingPolicy for instance. A Sid may hold letters and digits only."""
    words = re.findall(r"[A-Za-z0-9]+", f"{project} {environment}")
    return "".join(word[:1].upper() + word[1:] for word in words) + "Policy"


def length(document: Document) -> int:
    """Return the size of a policy as AWS counts it: without white space."""
    return len(re.sub(r"\s", "", json.dumps(document, ensure_ascii=False)))


def _document(*statements: dict[str, t.Any]) -> Document:
    return {"Version": VERSION, "Statement": list(statements)}


def exact_signer(sid: str, aliases: t.Sequence[str], *, partition: str, account: str) -> Document:
    """Return the hardened policy: these aliases and no others."""
    return _signer(sid, {"ForAnyValue:StringEquals": {ALIASES: list(aliases)}}, partition, account)


def pattern_signer(sid: str, patterns: str | t.Sequence[str], *, partition: str, account: str) -> Document:
    """Return a policy for aliases by pattern. The documented form has one pattern, as text."""
    values = patterns if isinstance(patterns, str) else list(patterns)
    return _signer(sid, {"ForAnyValue:StringLike": {ALIASES: values}}, partition, account)


def _signer(sid: str, condition: dict[str, t.Any], partition: str, account: str) -> Document:
    return _document(
        {
            "Sid": sid,
            "Effect": "Allow",
            "Action": list(SIGNING_ACTIONS),
            "Resource": f"arn:{partition}:kms:*:{account}:key/*",
            "Condition": condition,
        }
    )


def secret_reader(sid: str, secrets: t.Sequence[tuple[str, str]], *, partition: str, account: str) -> Document:
    """Return the policy for hex keys: exactly these secrets, each a Region and a name."""
    return _document(
        {
            "Sid": sid,
            "Effect": "Allow",
            "Action": list(SECRET_ACTIONS),
            "Resource": [
                f"arn:{partition}:secretsmanager:{region}:{account}:secret:{name}{_NAMES_END}"
                for region, name in secrets
            ],
        }
    )


def documented_admin(*, partition: str, account: str) -> Document:
    """Return the documented policy of the administrators. It allows to sign with every key of the account."""
    return _document(
        {
            "Sid": "KMSAdminPolicy",
            "Effect": "Allow",
            "Action": list(_DOCUMENTED_ADMIN),
            "Resource": "*",
        },
        {
            "Sid": "VisualEditor1",
            "Effect": "Allow",
            "Action": "kms:*",
            "Resource": [f"arn:{partition}:kms:*:{account}:alias/*", f"arn:{partition}:kms:*:{account}:key/*"],
        },
    )


def hardened_admin(*, partition: str, account: str) -> Document:
    """Return a policy that administers keys and aliases, and can neither sign nor come to sign."""
    return _document(
        {
            "Sid": "KMSAdminPolicy",
            "Effect": "Allow",
            "Action": list(_ADMINISTERS_ACCOUNT),
            "Resource": "*",
        },
        {
            "Sid": "KMSAdminKeysAndAliases",
            "Effect": "Allow",
            "Action": list(_ADMINISTERS_KEYS),
            "Resource": [f"arn:{partition}:kms:*:{account}:alias/*", f"arn:{partition}:kms:*:{account}:key/*"],
        },
        {
            "Sid": "KMSAdminNeverSigns",
            "Effect": "Deny",
            "Action": [*COMES_TO_SIGN, "kms:Sign"],
            "Resource": "*",
        },
    )


def account_trust(account: str, external_id: str, *, partition: str) -> Document:
    """Return the trust in another AWS account, which proves by the external id that it means this role.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
    """
    return _document(
        {
            "Sid": "AssumedByOperator",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
        }
    )


def oidc_trust(provider_arn: str, provider: str, subject: str, audience: str) -> Document:
    """Return the trust in one subject of an OIDC provider, a Kubernetes service account for instance.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
    """
    return _document(
        {
            "Sid": "AssumedByOperator",
            "Effect": "Allow",
            "Principal": {"Federated": provider_arn},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{provider}:sub": subject, f"{provider}:aud": audience}},
        }
    )
