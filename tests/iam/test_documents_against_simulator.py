# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies for names that are easily confused: exact by the simulator too, or refused by our own check."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_check import check_access

from tests.simulator.client import Question, Simulator, Verdict
from tests.simulator.lint import findings
from tests.unit.plugins.module_utils.access_world import ACCOUNT, access

ROOT_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ],
}
CONFUSING: dict[str, dict[str, Any]] = {
    "networks with an agent's name": {
        "networks": ("processor-chain", "chain-processor", "watcher"),
        "agents": {"processor": ["signer"], "watcher": ["signer", "attestation"]},
        "additional": [{"agent": "bank"}],
    },
    "a name that another begins with": {
        "networks": ("kovan", "kovan-2", "kovan-watcher"),
        "agents": {"watcher": ["signer"], "watcher-signer": ["signer"]},
        "additional": [{"agent": "watcher-2", "name": "{environment}-kovan-watcher-signer-2"}],
    },
    "more networks than AWS allows in a list": {
        "networks": tuple(f"network{number:03}" for number in range(100)),
        "agents": {"watcher": ["signer", "attestation"], "relayer": ["signer"]},
        "additional": [{"agent": "bank"}],
    },
}


@pytest.mark.parametrize("world", CONFUSING.values(), ids=CONFUSING)
@pytest.mark.parametrize(
    "template",
    [
        "{environment}-{network}-{agent}-{purpose}",
        "{environment}-{agent}-{purpose}",
        "{environment}-{agent}-{purpose}-{network}",
    ],
)
def test_a_policy_covers_its_keys_and_no_others_or_is_refused(
    simulator: Simulator, world: dict[str, Any], template: str
) -> None:
    wanted = access(template=template, **world)
    policies = [policy for policy in wanted["policies"] if not policy.get("administers")]
    asked = [
        (policy, key, action, _question(action, policy, key))
        for policy in policies
        for key in wanted["keys"]
        for action in ("kms:Sign", "kms:GetPublicKey")
    ]
    answers = simulator.ask_all([question for *_who, question in asked])
    wrong = {
        (policy["name"], key["name"])
        for (policy, key, action, _question), answer in zip(asked, answers, strict=True)
        if (answer.outcome is Verdict.ALLOWED) is not _wanted(policy, key["name"], action)
    }
    problems, _warnings = check_access(wanted, {})
    assert {(policy, key) for policy, key in wrong if not _refused(problems, policy, key)} == set()
    assert bool(problems) is bool(wrong)
    for policy in policies:
        assert findings(policy["document"]) == []


def _wanted(policy: dict[str, Any], key: str, action: str) -> bool:
    # Whoever funds wallets sees the keys that it pays, and signs with none of them.
    return key in policy["keys"] or (action == "kms:GetPublicKey" and key in policy.get("reads", ()))


def _refused(problems: list[str], policy: str, key: str) -> bool:
    return any(policy in problem and key in problem for problem in problems)


def _question(action: str, policy: dict[str, Any], key: dict[str, Any]) -> Question:
    return Question(
        action, _arn(key), _user(), [policy["document"]], resource_policy=ROOT_POLICY, context=_context(key)
    )


def _arn(key: dict[str, Any]) -> str:
    return f"arn:aws:kms:{key['region']}:{ACCOUNT}:key/00000000-0000-0000-0000-000000000000"


def _user() -> str:
    return f"arn:aws:iam::{ACCOUNT}:user/agent_ops/staging/somebody"


def _context(key: dict[str, Any]) -> dict[str, Any]:
    return {"kms:ResourceAliases": [key["resource"]]}
