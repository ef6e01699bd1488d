# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PutKeyPolicy, GetKeyPolicy and ListKeyPolicies."""

from __future__ import annotations

from typing import Any

from sandbox.kms import errors
from sandbox.kms.operation import KmsCall, operation
from sandbox.kms.pages import page
from sandbox.kms.policy import require_policy


def _require_default(call: KmsCall) -> None:
    if call.params.get("PolicyName", "default") != "default":
        raise errors.not_found("No such policy exists")


def policy_of(call: KmsCall) -> str | None:
    """The policy of a request that makes a key; None for the default one."""
    text = call.params.get("Policy")
    if text is None:
        return None
    return require_policy(
        text,
        account=call.backend.account_id,
        partition=call.backend.partition,
        caller=call.principal,
        bypass=call.params.get("BypassPolicyLockoutSafetyCheck") is True,
    )


@operation("PutKeyPolicy")
def put_key_policy(call: KmsCall) -> None:
    key = call.key()
    _require_default(call)
    call.text("Policy", longest=131072)
    policy = policy_of(call)
    if policy is not None:
        key.policy = policy


@operation("GetKeyPolicy", locked=False)
def get_key_policy(call: KmsCall) -> dict[str, Any]:
    key = call.key()
    _require_default(call)
    return {"Policy": key.policy, "PolicyName": "default"}


@operation("ListKeyPolicies", locked=False)
def list_key_policies(call: KmsCall) -> dict[str, Any]:
    call.key()
    names, more = page(["default"], call.params, name_of=str, default=100, most=1000)
    return {"PolicyNames": names, **more}
