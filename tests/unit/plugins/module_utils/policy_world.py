# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Principals, policies and keys that the tests of the evaluation share."""

from __future__ import annotations

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_evaluation import Policy, Principal, Request

ACCOUNT, OTHER = "111122223333", "444455556666"
KEY = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
SECRET = f"arn:aws:secretsmanager:us-west-2:{ACCOUNT}:secret:development-a-AbCdEf"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
USER = f"arn:aws:iam::{ACCOUNT}:user/agent_ops/staging/nomad-signer-staging"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/agent_ops/staging/acme"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/acme/one"
ALIASES = "kms:ResourceAliases"
SIGN = Request("kms:Sign", KEY, {ALIASES: ["alias/staging-kovan-watcher-signer"]})


def document(*given: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*", **one} for one in given]}


def policy(*given: t.Mapping[str, t.Any], name: str = "p") -> Policy:
    return Policy(name, document(*given))


def principal(*policies: Policy, arn: str = USER, **other: t.Any) -> Principal:
    return Principal(arn, ACCOUNT, policies, **other)


ALL = policy({"Action": "*"}, name="everything")
NONE = policy({"Action": "s3:GetObject"}, name="else")
DENY = policy({"Effect": "Deny", "Action": "kms:*"}, name="never")
ENABLES_IAM = document({"Sid": "Root", "Principal": {"AWS": ROOT}, "Action": "kms:*"})
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def names(who: t.Any, effect: str = "Allow", **more: t.Any) -> dict[str, t.Any]:
    """Return a resource's policy that names somebody."""
    return document({"Effect": effect, "Principal": {"AWS": who}, "Action": "*", **more})


def both(*documents: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return document(*(statement for one in documents for statement in one["Statement"]))
