# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told of keys, and what moves them from state to state."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from moto.core.utils import unix_time, utcnow
from moto.kms.utils import RESERVED_ALIASES

from sandbox.kms import errors
from sandbox.kms.creation import checked_description
from sandbox.kms.keys import SandboxKey
from sandbox.kms.operation import KmsCall, operation
from sandbox.kms.pages import page
from sandbox.locks import STATE

_SHORTEST_WINDOW, _LONGEST_WINDOW = 7, 30


@operation("DescribeKey", locked=False)
def describe_key(call: KmsCall) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html"""
    name = call.text("KeyId").rsplit(":", 1)[-1]
    if name in RESERVED_ALIASES and name not in call.backend.aliases:
        with STATE:
            if name not in call.backend.aliases:
                call.backend.adopt_aws_alias(name)
    return {"KeyMetadata": call.key(aliases=True).metadata()}


@operation("ListKeys", locked=False)
def list_keys(call: KmsCall) -> dict[str, Any]:
    keys = list(call.backend.keys.values())
    shown, more = page(keys, call.params, name_of=lambda key: key.id, default=100, most=1000)
    return {"Keys": [{"KeyId": key.id, "KeyArn": key.arn} for key in shown], **more}


@operation("UpdateKeyDescription")
def update_key_description(call: KmsCall) -> None:
    description = checked_description(call)
    call.key().description = description


@operation("EnableKey")
def enable_key(call: KmsCall) -> None:
    call.key().set_state("Enabled")


@operation("DisableKey")
def disable_key(call: KmsCall) -> None:
    call.key().set_state("Disabled")


@operation("ScheduleKeyDeletion")
def schedule_key_deletion(call: KmsCall) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html"""
    days = call.params.get("PendingWindowInDays")
    if days is None:
        days = _LONGEST_WINDOW
    if isinstance(days, bool) or not isinstance(days, int) or not _SHORTEST_WINDOW <= days <= _LONGEST_WINDOW:
        raise errors.validation(
            f"PendingWindowInDays must be between {_SHORTEST_WINDOW} and {_LONGEST_WINDOW} (inclusive), not {days}"
        )
    key = call.key()
    if key.key_manager == "AWS":
        raise errors.unsupported(f"{key.arn} is an AWS managed key, which cannot be deleted.")
    key.window_in_days = days
    answer: dict[str, Any] = {"KeyId": key.arn, "PendingWindowInDays": days}
    # A primary key waits for the last of its replicas to be deleted; only then its own window begins.
    if call.backend.replicas(key):
        key.set_state("PendingReplicaDeletion")
    else:
        key.deletion_date = utcnow() + timedelta(days=days)
        key.set_state("PendingDeletion")
        answer["DeletionDate"] = unix_time(key.deletion_date)
    answer["KeyState"] = key.key_state
    return answer


@operation("CancelKeyDeletion")
def cancel_key_deletion(call: KmsCall) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_CancelKeyDeletion.html: the key is then disabled."""
    key = call.key()
    key.deletion_date = None
    key.window_in_days = None
    key.set_state("Disabled" if key.has_material else "PendingImport")
    return {"KeyId": key.arn}


# Rotation: https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html


def _require_rotatable(key: SandboxKey, operation_name: str) -> None:
    """Keys that AWS does not rotate are refused before their state is looked at."""
    if key.spec.kind != "symmetric":
        raise errors.unsupported(f"{key.arn} key spec is {key.key_spec} which is not valid for {operation_name}.")
    if key.origin != "AWS_KMS":
        raise errors.unsupported(f"{key.arn} origin is {key.origin} which is not valid for {operation_name}.")


def _rotatable(call: KmsCall) -> SandboxKey:
    key = call.backend.find_key(call.text("KeyId"), aliases=False)
    _require_rotatable(key, call.operation)
    return call.key()


@operation("EnableKeyRotation")
def enable_key_rotation(call: KmsCall) -> None:
    _rotatable(call).key_rotation_status = True


@operation("DisableKeyRotation")
def disable_key_rotation(call: KmsCall) -> None:
    _rotatable(call).key_rotation_status = False


@operation("GetKeyRotationStatus", locked=False)
def get_key_rotation_status(call: KmsCall) -> dict[str, Any]:
    """Of an asymmetric key the answer is an error too: it cannot be rotated."""
    key = _rotatable(call)
    rotates = key.key_rotation_status and key.key_state != "PendingDeletion"
    return {"KeyId": key.arn, "KeyRotationEnabled": rotates}


@operation("RotateKeyOnDemand")
def rotate_key_on_demand(call: KmsCall) -> dict[str, Any]:
    key = _rotatable(call)
    key.rotations.append({"KeyId": key.arn, "RotationDate": unix_time(), "RotationType": "ON_DEMAND"})
    return {"KeyId": key.arn}


@operation("ListKeyRotations", locked=False)
def list_key_rotations(call: KmsCall) -> dict[str, Any]:
    key = _rotatable(call)
    numbered = [(f"{number:06}", rotation) for number, rotation in enumerate(list(key.rotations))]
    shown, more = page(numbered, call.params, name_of=lambda pair: pair[0], default=100, most=1000)
    return {"Rotations": [rotation for _number, rotation in shown], **more}
