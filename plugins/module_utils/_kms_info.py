# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads rows of keys in AWS KMS by name, without a plan. Private to the collection.

An edge: clients are parameters, and neither ansible nor amazon.aws is imported.
"""

from __future__ import annotations

import fnmatch
import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import CallFailed, side_by_side
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import KeySpec
from ansible_collections.interchain.agent_ops.plugins.module_utils._kms_converge import kms_row
from ansible_collections.interchain.agent_ops.plugins.module_utils._kms_plan import Reading, no_signing_key
from ansible_collections.interchain.agent_ops.plugins.module_utils._kms_read import KmsReader

_PREFIX = "alias/"


def matching_names(reader: KmsReader, pattern: str) -> list[str]:
    """Return the names of all aliases in the Region that match a pattern, in order, without those of AWS."""
    names = [alias.removeprefix(_PREFIX) for alias in reader.aliases() if not alias.startswith("alias/aws/")]
    return sorted(name for name in names if fnmatch.fnmatchcase(name, pattern))


def named_rows(reader: KmsReader, names: t.Sequence[str], region: str) -> list[dict[str, t.Any]]:
    """Return a row for each name, from what AWS holds. An error on one key is in its row."""

    def look(name: str) -> dict[str, t.Any]:
        reading = Reading()
        try:
            reading.metadata = reader.describe(_PREFIX + name)
            if reading.metadata is not None:
                # By ARN: the alias may move in between, and another key's address must not stand beside this ARN.
                arn = str(reading.metadata["Arn"])
                public_key = reader.public_key(arn)
                reading.public_key = public_key.der if public_key else None
                reading.tags = reader.key_tags(arn)
                defect = no_signing_key(reading.metadata)
                if defect:
                    reading.error = f"{_PREFIX}{name} points at {arn}, {defect.found}. Expected: {defect.expected}"
        except CallFailed as exc:
            reading.error = str(exc)
        action = "failed" if reading.error else "unchanged"
        return kms_row(_found(name, reading, region), reading, action, reading.error)

    return side_by_side(look, names, workers=reader.workers)


def _found(name: str, reading: Reading, region: str) -> KeySpec:
    tags = reading.tags
    return KeySpec(
        name=name,
        environment=tags.get("environment", ""),
        network=tags.get("network"),
        agent=tags.get("agent", ""),
        purpose=tags.get("purpose", ""),
        description="",
        region=region,
    )
