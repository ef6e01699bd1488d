# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that the modules for signing keys share, and their shells' common part. Private to the collection.

The argument specifications are documented in the doc fragment ``signing_keys``; the two are to be kept in step.
"""

from __future__ import annotations

import json
import math
import traceback
import typing as t

from ansible.module_utils.basic import missing_required_lib
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws import AwsModule
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import PUBLISHED_RATES
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import PURPOSES, KeySpec, check_name
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_row import (
    changed,
    diff,
    failed_rows,
    failures,
    key_row,
    summary,
)

WINDOW_DAYS = (7, 30)
"""Shortest and longest time between a deletion's scheduling and the deletion, in days: the same in KMS
(PendingWindowInDays of ScheduleKeyDeletion) and in Secrets Manager (RecoveryWindowInDays of DeleteSecret)."""


def call_options() -> dict[str, t.Any]:
    return {
        "account_id": {"type": "str"},
        "request_rates": {"type": "dict"},
        "workers": {"type": "int", "default": 48},
    }


def signing_key_options() -> dict[str, t.Any]:
    return {
        "signing_keys": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "no_log": False,
            "options": {
                "name": {"type": "str", "required": True},
                "environment": {"type": "str", "required": True},
                "network": {"type": "str"},
                "agent": {"type": "str"},
                "purpose": {"type": "str", "choices": list(PURPOSES)},
                "description": {"type": "str"},
                "region": {"type": "str"},
                "tags": {"type": "dict", "default": {}},
            },
        },
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "revive": {"type": "list", "elements": "str", "default": []},
        "pending_window_days": {"type": "int", "default": WINDOW_DAYS[1]},
        "progress_file": {"type": "path"},
        **call_options(),
    }


def require_libraries(module: AwsModule) -> None:
    """Load the libraries behind addresses, which takes longer than everything else that is imported."""
    from ansible_collections.interchain.agent_ops.plugins.module_utils import _address

    if _address.IMPORT_ERROR is not None:
        module.fail_json(
            msg=missing_required_lib("cryptography, eth-keys and eth-hash[pycryptodome]"),
            exception="".join(traceback.format_exception(_address.IMPORT_ERROR)),
        )


def request_rates(module: AwsModule) -> dict[str, float]:
    """Return the rates that the user changed. 0 means unlimited."""
    rates = {}
    for operation, rate in (module.params["request_rates"] or {}).items():
        try:
            rates[operation] = float(rate)
        except (TypeError, ValueError):
            module.fail_json(msg=f"request_rates: {operation} is {rate!r}, expected a number of requests a second")
        if operation not in PUBLISHED_RATES or not 0 <= rates[operation] < math.inf:
            module.fail_json(
                msg=f"request_rates: {operation} is {rate!r}; expected 0 or more requests a second for one of:"
                f" {', '.join(sorted(PUBLISHED_RATES))}"
            )
    return rates


# What every row says, whatever key it is of.
_CERTAIN = {"arn": "arn:aws:kms:key/ arn:aws:secretsmanager:secret:", "key_spec": "ECC_SECG_P256K1", "state": "Enabled"}


def key_specs(module: AwsModule, default_region: str, backend: str) -> list[KeySpec]:
    """Return the wanted keys, checked; fail before any call if a name is not allowed or wanted twice."""
    try:
        specs = [_key_spec(item, default_region, module.params["state"]) for item in module.params["signing_keys"]]
        names = [spec.name for spec in specs]
        window = module.params["pending_window_days"]
        for spec in specs:
            check_name(spec.name)
            if names.count(spec.name) > 1:
                raise ValueError(f"The key {spec.name} is in the set twice")
        for name in module.params["revive"]:
            if name not in names:
                raise ValueError(f"revive names {name!r}, which is not in the set of keys")
        if not WINDOW_DAYS[0] <= window <= WINDOW_DAYS[1]:
            raise ValueError(f"pending_window_days is {window}, expected {WINDOW_DAYS[0]} to {WINDOW_DAYS[1]} days")
    except ValueError as exc:
        module.fail_json(msg=str(exc))
    module.refuse_masked(json.dumps([key_row(spec, backend, **_CERTAIN) for spec in specs], default=str))
    return specs


def _key_spec(item: t.Mapping[str, t.Any], default_region: str, state: str) -> KeySpec:
    if not item["environment"]:
        raise ValueError(f"The key {item['name']} has no environment, to which every key belongs")
    for name in ("agent", "purpose", "description"):
        if state == "present" and not item[name]:
            raise ValueError(f"The key {item['name']} has no {name}, which a key that is to be there needs")
    return KeySpec(
        name=item["name"],
        environment=item["environment"],
        network=item["network"],
        agent=item["agent"] or "",
        purpose=item["purpose"] or "",
        description=item["description"] or "",
        region=item["region"] or default_region,
        tags={name: str(value) for name, value in (item["tags"] or {}).items()},
    )


def required_region(module: AwsModule) -> str:
    region = module.region
    if not region:
        module.fail_json(msg="No AWS Region is given. Set region, or AWS_REGION in the environment")
    return t.cast(str, region)


def present(
    module: AwsModule,
    rows: list[dict[str, t.Any]],
    *,
    before: list[dict[str, t.Any]],
    warnings: t.Iterable[str],
    written: bool = False,
    **facts: t.Any,
) -> t.NoReturn:
    """Return every row, of the keys that failed too; the task fails at the end if one did.

    :param written: something was written, be it for keys that failed in the end.
    """
    module.refuse_masked(json.dumps(rows, default=str))
    for warning in warnings:
        module.warn(warning)
    result = {"changed": written or changed(rows), "signing_keys": rows, **facts}
    if module._diff:
        result["diff"] = diff(before, rows)
    failed = failed_rows(rows)
    if failed:
        counts = ", ".join(f"{count} {action}" for action, count in summary(rows).items())
        errors = "\n".join(failures(rows))
        module.fail_json(msg=f"{len(failed)} of {len(rows)} signing keys failed ({counts}).\n{errors}", **result)
    module.exit_json(**result)
    raise AssertionError("exit_json ends the process")  # pragma: no cover
