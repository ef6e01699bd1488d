# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What parliament, a linter that others wrote, finds in a policy: unknown actions, wrong kinds of resources …"""

from __future__ import annotations

import functools
import importlib
import json
import re
import sys
import types
import warnings
from collections.abc import Mapping
from importlib import resources
from typing import Any

UNKNOWN_CONDITION = re.compile(r"Unknown condition (?P<key>\S+) for action (?P<service>[a-z0-9-]+):(?P<action>\w+)")


@functools.cache
def parliament() -> types.ModuleType:
    """The linter's package. It finds two files of its own by way of setuptools, which no longer has what it needs."""
    stand_in = types.ModuleType("pkg_resources")
    stand_in.resource_filename = lambda package, name: str(resources.files(package) / name)  # type: ignore[attr-defined]
    before = sys.modules.get("pkg_resources")
    sys.modules["pkg_resources"] = stand_in
    try:
        with warnings.catch_warnings():
            # It leaves those files to the garbage collector to close, and spells patterns as Python did once.
            warnings.simplefilter("ignore")
            package = importlib.import_module("parliament")
    finally:
        if before is None:
            del sys.modules["pkg_resources"]
        else:
            sys.modules["pkg_resources"] = before
    return package


def findings(document: Mapping[str, Any]) -> list[str]:
    """Everything that the linter finds in an identity policy and that is true, as text; nothing is what is wanted."""
    policy = parliament().analyze_policy_string(json.dumps(document))
    found = ((str(finding.issue), str(finding.detail)) for finding in policy.findings)
    return sorted(f"{issue}: {detail}" for issue, detail in found if not known_to_be_wrong(issue, detail))


def known_to_be_wrong(issue: str, detail: str) -> bool:
    """Whether a finding is not true. There is one such kind.

    "Unknown condition kms:ResourceAliases for action kms:Sign": AWS lists condition keys with actions and with kinds of
    resources, and an action has those of the resources that it is for. kms:ResourceAliases is one of the resource
    "key", hence of all operations that are authorised for a certain key. The linter knows that list, but looks at
    the action's own keys alone. An action without such a resource (kms:ListKeys) does not have the key, and there the
    finding stays.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-resource-aliases
    """
    said = UNKNOWN_CONDITION.fullmatch(detail)
    if issue != "UNKNOWN_CONDITION_FOR_ACTION" or said is None:
        return False
    service = next(entry for entry in parliament().iam_definition if entry["prefix"] == said["service"])
    action = next(entry for entry in service["privileges"] if entry["privilege"] == said["action"])
    kinds = {entry["resource_type"].removesuffix("*") for entry in action["resource_types"]}
    return any(said["key"] in kind["condition_keys"] for kind in service["resources"] if kind["resource"] in kinds)
