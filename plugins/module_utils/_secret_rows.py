# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How hex keys in AWS Secrets Manager are shown: as rows, before and after. Private to the collection.

Pure: no ansible, no AWS.
"""

from __future__ import annotations

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import KeySpec
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_row import ABSENT_STATE, key_row
from ansible_collections.interchain.agent_ops.plugins.module_utils._secret_plan import ENABLED, Plan, Reading, tag_list

BACKEND = "secretsmanager"
KEY_SPEC = "ECC_SECG_P256K1"
"""AWS KMS's name of the curve, so that the rows of both backends say the same."""
DYING = "PendingDeletion"


def predicted(plan: Plan) -> Reading:
    """Return what Secrets Manager would hold after a plan, as far as that is known before."""
    held = plan.reading
    if plan.action == "created":
        return Reading(planned={"Description": plan.spec.description, "Tags": tag_list(plan.missing_tags)})
    if not plan.steps or held.metadata is None:
        return held
    metadata = {**held.metadata, "Tags": tag_list({**held.tags, **plan.missing_tags})}
    if "describe" in plan.steps:
        metadata["Description"] = plan.spec.description
    if "restore" in plan.steps:
        metadata["DeletedDate"] = None
    if "delete" in plan.steps:
        metadata["DeletedDate"] = "scheduled"
    if "rotate" in plan.steps:
        return Reading(metadata, previous=held.current)
    return Reading(metadata, held.current, held.previous)


def secret_row(spec: KeySpec, held: Reading, action: str, error: str | None = None) -> dict[str, t.Any]:
    if held.metadata is None:
        return key_row(
            spec,
            BACKEND,
            alias=spec.name,
            description=held.planned.get("Description"),
            # What could not be read may be there or not.
            state=None if held.error else ABSENT_STATE,
            action=action,
            error=error,
            tags=held.tags,
        )
    values: dict[str, t.Any] = {}
    if held.current is not None:
        values.update(
            key_id=held.current.id,
            address=held.current.address,
            public_key=held.current.public_key,
            key_spec=KEY_SPEC,
        )
    if held.previous is not None:
        values["previous_address"] = held.previous.address
    return key_row(
        spec,
        BACKEND,
        alias=spec.name,
        arn=held.metadata["ARN"],
        description=held.metadata.get("Description", ""),
        state=DYING if held.dying else ENABLED,
        action=action,
        error=error,
        tags=held.tags,
        **values,
    )
