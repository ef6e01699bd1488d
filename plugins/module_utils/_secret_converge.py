# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brings a set of hex keys in AWS Secrets Manager into being: read, plan, apply, present. Private to the collection.

An edge: clients are parameters, and neither ansible nor amazon.aws is imported.
"""

from __future__ import annotations

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import side_by_side
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import KeySpec
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_row import Result, refuse_shared_keys
from ansible_collections.interchain.agent_ops.plugins.module_utils._progress import Progress, Say, silence
from ansible_collections.interchain.agent_ops.plugins.module_utils._secret_apply import Outcome, SecretWriter
from ansible_collections.interchain.agent_ops.plugins.module_utils._secret_plan import (
    Plan,
    Reading,
    Wish,
    plan_present,
    plan_retirement,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._secret_read import SecretReader
from ansible_collections.interchain.agent_ops.plugins.module_utils._secret_rows import predicted, secret_row


def converge(
    specs: t.Sequence[KeySpec],
    readers: t.Mapping[str, SecretReader],
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
    readings: dict[str, Reading] = {}
    for region, reader in readers.items():
        readings |= reader.read([spec for spec in specs if spec.region == region])
    # Whose key it is does not depend on the Region that it is kept in.
    for name, error in _shared(readings).items():
        readings[name].contents_error = readings[name].contents_error or error
    planner = plan_retirement if retire else plan_present
    plans = [planner(spec, readings[spec.name], wish) for spec in specs]
    result = Result(before=[secret_row(plan.spec, plan.reading, "unchanged") for plan in plans])
    outcomes = {
        plan.spec.name: Outcome(plan, plan.action, predicted(plan), plan.error, list(plan.warnings)) for plan in plans
    }
    if not dry_run:
        writers = {region: SecretWriter(reader, wish, window=window) for region, reader in readers.items()}
        for outcome in _apply(plans, writers, say):
            outcomes[outcome.spec.name] = outcome
        # What was restored, or made by another run, could not be compared before.
        for name, error in _shared({name: outcome.held for name, outcome in outcomes.items()}).items():
            if not retire and outcomes[name].action != "failed":
                outcomes[name].action, outcomes[name].error = "failed", error
    for spec in specs:
        outcome = outcomes[spec.name]
        row = secret_row(spec, outcome.held, outcome.action, outcome.error)
        result.add(row, warnings=outcome.warnings, written=outcome.written)
    return result


def _apply(plans: t.Sequence[Plan], writers: t.Mapping[str, SecretWriter], say: Say) -> list[Outcome]:
    work = [plan for plan in plans if plan.steps]
    created = [plan.spec.region for plan in work if plan.action == "created"]
    counts = {region: created.count(region) for region in writers}
    some = next(iter(writers.values())).reader
    progress = Progress(counts, (some.call.rates["CreateSecret"],), say)

    def carry_out(plan: Plan) -> Outcome:
        outcome = writers[plan.spec.region or ""].apply(plan)
        if outcome.action == "created":
            progress.created()
        return outcome

    return side_by_side(carry_out, work, workers=some.workers)


def _shared(readings: t.Mapping[str, Reading]) -> dict[str, str]:
    return refuse_shared_keys(
        (name, reading.current.address if reading.current else None) for name, reading in readings.items()
    )
