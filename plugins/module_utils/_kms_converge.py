# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brings a set of signing keys in AWS KMS into being: read, plan, apply, present. Private to the collection.

An edge: clients are parameters, and neither ansible nor amazon.aws is imported.
"""

from __future__ import annotations

import base64
import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import side_by_side
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import KeySpec
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_row import (
    ABSENT_STATE,
    Result,
    key_row,
    refuse_shared_keys,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._kms_apply import KmsWriter, Outcome
from ansible_collections.interchain.agent_ops.plugins.module_utils._kms_plan import (
    Plan,
    Reading,
    Wish,
    plan_present,
    plan_retirement,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._kms_read import KmsReader
from ansible_collections.interchain.agent_ops.plugins.module_utils._progress import Progress, Say, silence


def converge(
    specs: t.Sequence[KeySpec],
    readers: t.Mapping[str, KmsReader],
    wish: Wish,
    *,
    retire: bool = False,
    window: int = 30,
    dry_run: bool = False,
    say: Say = silence,
) -> Result:
    """Read, plan and, unless ``dry_run``, apply. An error on one key does not lose the others.

    :param readers: Region -> reader; every spec names one of these Regions.
    :param say: is told before long work begins how long it will take, and how far it has come.
    """
    result = Result()
    outcomes: dict[str, Outcome] = {}
    plans: list[tuple[KmsWriter, Plan]] = []
    for region, reader in readers.items():
        wanted = [spec for spec in specs if spec.region == region]
        readings = reader.read(wanted, other_aliases=retire)
        if not retire:
            _refuse_shared(readings)
        writer = KmsWriter(reader, wish, window=window)
        planner = plan_retirement if retire else plan_present
        plans += [(writer, planner(spec, readings[spec.name], wish)) for spec in wanted]
    before = {plan.spec.name: kms_row(plan.spec, plan.reading, "unchanged") for _writer, plan in plans}
    work = [(writer, plan) for writer, plan in plans if plan.steps and not dry_run]
    for _writer, plan in plans:
        outcomes[plan.spec.name] = Outcome(plan, plan.action, _predicted(plan), plan.error, list(plan.warnings))
    created = [plan.spec.region for _writer, plan in work if plan.action == "created"]
    counts = {region: created.count(region) for region in readers}
    rates = next(iter(readers.values())).call.rates
    progress = Progress(counts, (rates["CreateKey"], rates["CreateAlias"]), say)

    def carry_out(item: tuple[KmsWriter, Plan]) -> Outcome:
        outcome = item[0].apply(item[1])
        if outcome.action == "created":
            progress.created()
        return outcome

    workers = max((reader.workers for reader in readers.values()), default=1)
    for outcome in side_by_side(carry_out, work, workers=workers):
        outcomes[outcome.plan.spec.name] = outcome
    for spec in specs:
        outcome = outcomes[spec.name]
        result.before.append(before[spec.name])
        row = kms_row(spec, outcome.held, outcome.action, outcome.error)
        result.add(row, warnings=outcome.warnings, written=outcome.written)
    return result


def _refuse_shared(readings: t.Mapping[str, Reading]) -> None:
    owners = [(name, str(reading.metadata["Arn"]) if reading.metadata else None) for name, reading in readings.items()]
    for name, error in refuse_shared_keys(owners).items():
        readings[name].error = readings[name].error or error


def _predicted(plan: Plan) -> Reading:
    """Return what AWS would hold after a plan, as far as that is known before."""
    if plan.action == "created":
        description = {"Description": plan.spec.description}
        return Reading(metadata=None, tags=plan.missing_tags, planned=description)
    orphan = plan.orphan
    held = Reading(metadata=orphan.metadata, tags=orphan.tags) if orphan else plan.reading
    changes: dict[str, t.Any] = {}
    if "describe" in plan.steps:
        changes["Description"] = plan.spec.description
    if "enable" in plan.steps:
        changes["KeyState"] = "Enabled"
    if "schedule_deletion" in plan.steps:
        changes["KeyState"] = "PendingDeletion"
    metadata = {**held.metadata, **changes} if held.metadata else None
    return Reading(metadata=metadata, public_key=held.public_key, tags={**held.tags, **plan.missing_tags})


def kms_row(spec: KeySpec, held: Reading, action: str, error: str | None = None) -> dict[str, t.Any]:
    metadata = held.metadata
    if metadata is None:
        description = held.planned.get("Description")
        return key_row(
            spec,
            "kms",
            alias=spec.alias,
            action=action,
            # What could not be read is not known to be absent.
            state=None if held.error else ABSENT_STATE,
            error=error,
            description=description,
            tags=dict(held.tags),
        )
    address = public_key = None
    if held.public_key is not None:
        # The libraries behind it come late on purpose (require_libraries).
        from ansible_collections.interchain.agent_ops.plugins.module_utils._address import public_key_address

        try:
            address = public_key_address(held.public_key)
            public_key = base64.b64encode(held.public_key).decode("ascii")
        except ValueError as exc:
            action, error = "failed", error or f"{metadata['Arn']}: {exc}"
    return key_row(
        spec,
        "kms",
        alias=None if action == "retired" else spec.alias,
        key_id=metadata["KeyId"],
        arn=metadata["Arn"],
        description=metadata.get("Description", ""),
        address=address,
        public_key=public_key,
        key_spec=metadata.get("KeySpec"),
        state=metadata["KeyState"],
        action=action,
        error=error,
        tags=dict(held.tags),
    )
