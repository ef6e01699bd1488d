# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clients for AWS KMS in each Region that a set of keys needs. Private to the collection."""

from __future__ import annotations

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._aws import AwsModule
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller
from ansible_collections.interchain.agent_ops.plugins.module_utils._kms_read import KmsReader


def kms_readers(
    module: AwsModule, call: Caller, regions: t.Iterable[str], *, tagging: bool = True
) -> dict[str, KmsReader]:
    """Return Region -> reader. Clients of one module share credentials, endpoint and configuration.

    :param tagging: whether the Resource Groups Tagging API is needed, which reading by name alone does without.
    """
    readers = {
        region: KmsReader(
            module.connect("kms", region=region),
            module.connect("resourcegroupstaggingapi", region=region) if tagging else None,
            call,
            workers=module.params["workers"],
        )
        for region in dict.fromkeys(regions)
    }
    module.refuse_mixed_endpoints()
    return readers
