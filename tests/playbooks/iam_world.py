# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the permissions share: an inventory's names, and what IAM holds."""

from __future__ import annotations

import json
from typing import Any

from sandbox.client import Sandbox

STAGING = ("staging", "sandbox")
AGENTS = ("watcher", "updater", "processor", "relayer", "kathy")
POLICIES = {*(f"staging-{agent}-signer" for agent in AGENTS), "staging-proof-writer", "kms-admin"}

# Whatever does not depend on how many there are is shown with one policy, one group and one user: each takes its time.
SMALL: dict[str, Any] = {
    "agent_ops_agents": {"watcher": ["signer", "attestation"]},
    "agent_ops_proof_bucket": "",
    "signer_iam_admin": False,
}

# The same with the agents that the operators below run.
SMALL_WITH_OPERATORS = {
    **SMALL,
    "agent_ops_agents": {"watcher": ["signer", "attestation"], "updater": ["signer", "attestation"]},
}


def variables(**values: object) -> tuple[str, ...]:
    return ("-e", json.dumps(values))


def writes(aws: Sandbox) -> list[str]:
    return [entry["operation"] for entry in aws.log() if entry["write"]]


def account(iam: Any) -> dict[str, dict[str, Any]]:
    """Everything that IAM holds, by kind and name."""
    found: dict[str, dict[str, Any]] = {}
    for page in iam.get_paginator("get_account_authorization_details").paginate(
        Filter=["User", "Role", "Group", "LocalManagedPolicy"]
    ):
        for kind, name in (
            ("UserDetailList", "UserName"),
            ("GroupDetailList", "GroupName"),
            ("RoleDetailList", "RoleName"),
            ("Policies", "PolicyName"),
        ):
            found.setdefault(kind, {}).update({entry[name]: entry for entry in page.get(kind, ())})
    return found


def attached(entry: dict[str, Any]) -> set[str]:
    return {policy["PolicyName"] for policy in entry["AttachedManagedPolicies"]}


def document(iam: Any, arn: str) -> dict[str, Any]:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return dict(iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])


OPERATORS: list[dict[str, Any]] = [
    {"name": "acme", "agents": ["watcher"], "networks": ["kovan"], "iam_user": True},
    {
        "name": "beta",
        "agents": ["updater"],
        "assume_role": {"account_id": "444455556666", "external_id": "beta-9c2e41d7"},
    },
    {
        "name": "gamma",
        "agents": ["updater", "watcher"],
        "oidc": {"provider": "https://oidc.example.net/id/ABC", "subject": "system:serviceaccount:bridge:relayer"},
    },
]
