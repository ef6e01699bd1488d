# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries out what is to be done about the access keys of users. Private to the collection.

An edge: the clients are parameters, and neither ansible nor amazon.aws is imported.
"""

from __future__ import annotations

import math
import time
import typing as t
from dataclasses import dataclass, field, replace
from datetime import timedelta

from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import CallFailed, side_by_side
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_create import Creator
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_plan import (
    PATIENCE,
    STORED_TAG,
    Plan,
    Reading,
    Wish,
    make_plan,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_read import CredentialReader
from ansible_collections.interchain.agent_ops.plugins.module_utils._progress import Say, silence

_ROUNDS = 12
_LOOK_SECONDS = 1.0


@dataclass
class Outcome:
    """What came of a user: the action that is reported, and what there is before and after."""

    user: str
    place: str
    before: Reading | None = None
    after: Reading | None = None
    action: str = "unchanged"
    error: str | None = None
    hint: str | None = None
    warnings: list[str] = field(default_factory=list)
    written: bool = False

    def fail(self, error: str) -> Outcome:
        self.action, self.error = "failed", error
        return self


class CredentialWriter:
    """Reads, plans and, unless the wish is tentative, applies, user by user."""

    def __init__(self, reader: CredentialReader, *, conceal: t.Callable[[str], None], say: Say = silence) -> None:
        self.reader = reader
        self.iam = reader.iam
        self.creator = Creator(reader, conceal)
        self._say = say

    def converge(self, user: str, wish: Wish) -> Outcome:
        outcome = Outcome(user, self.reader.store.place(user))
        try:
            self._converge(outcome, wish)
        except (CallFailed, ValueError, OSError) as exc:
            outcome.fail(str(exc))
        return outcome

    def _read(self, outcome: Outcome, wish: Wish) -> Reading:
        outcome.after = self.reader.read(outcome.user, contents=not wish.absent)
        outcome.before = outcome.before or outcome.after
        return outcome.after

    def _converge(self, outcome: Outcome, wish: Wish) -> None:
        reading = self._read(outcome, wish)
        for _round in range(_ROUNDS):
            if not wish.tentative and reading.patience:
                reading = self._await(outcome, wish, reading)
            plan = make_plan(reading, self._still_wished(outcome, wish, reading))
            self._take(outcome, plan)
            if wish.tentative:
                if reading.patience:
                    outcome.warnings.append(f"{reading.user}: another run seems to be making an access key just now")
                return
            if plan.lost:
                self._delete(outcome, plan.lost)
                if plan.steps or plan.error:
                    # An error may be one of the past: there is room for another access key now.
                    reading = self._read(outcome, wish)
                    continue
            # A plan has one step, or none.
            if all(self._step(outcome, plan, step) for step in plan.steps):
                return
            reading = self._read(outcome, wish)
        outcome.fail(f"Other runs make access keys for {outcome.user} at the same time, over and over. Run again")

    def _take(self, outcome: Outcome, plan: Plan) -> None:
        outcome.action, outcome.error = plan.action, plan.error
        outcome.hint, outcome.warnings = plan.hint, list(plan.warnings)

    def _still_wished(self, outcome: Outcome, wish: Wish, reading: Reading) -> Wish:
        """A rotation that another run did since this one began is done."""
        if wish.rotate and outcome.before and reading.stored_key and reading.stored != outcome.before.stored:
            return replace(wish, rotate=False)
        return wish

    def _await(self, outcome: Outcome, wish: Wish, reading: Reading) -> Reading:
        """Wait until another run has stored its access key, or its marker is so old that it never will."""
        marker, end = reading.marker, time.monotonic() + reading.patience.total_seconds()
        seconds = math.ceil(reading.patience.total_seconds())
        self._say(
            f"{reading.user}: an access key is being made by another run, or was by one that was killed."
            f" Waiting for at most {seconds} s"
        )
        while reading.marker and reading.patience:
            time.sleep(min(_LOOK_SECONDS, max(0.0, end - time.monotonic())) or 0.01)
            reading = self._read(outcome, wish)
            if reading.marker != marker and reading.marker and reading.patience:
                marker, end = reading.marker, time.monotonic() + reading.patience.total_seconds()
            elif reading.marker == marker and time.monotonic() >= end:
                return _aged(reading)
        return reading

    # The steps ------------------------------------------------------------------------------------------------------

    def _step(self, outcome: Outcome, plan: Plan, name: str) -> bool:
        """Carry out a step. False if another run was faster, so that all is to be looked at again."""
        steps = {"create": self._create, "record": self._record, "retire": self._retire, "delete": self._delete_all}
        return steps[name](outcome, plan)

    def _create(self, outcome: Outcome, plan: Plan) -> bool:
        made = self.creator.create(plan.reading)
        if made is None:
            return False
        outcome.written = True
        outcome.after = replace(
            plan.reading,
            keys=(*plan.reading.keys, made.key),
            stored=made.key.id,
            recorded=made.key.id,
            occupied=True,
            marker=None,
        )
        if made.problem:
            outcome.fail(made.problem)
        return True

    def _record(self, outcome: Outcome, plan: Plan) -> bool:
        self.creator.record(outcome.user, str(plan.reading.stored))
        outcome.written = True
        return True

    def _delete(self, outcome: Outcome, ids: t.Iterable[str]) -> None:
        for key in ids:
            self.iam.done("delete_access_key", UserName=outcome.user, AccessKeyId=key)
            outcome.written = True
            self._without(outcome, key)

    def _without(self, outcome: Outcome, key: str) -> None:
        if outcome.after:
            outcome.after = replace(outcome.after, keys=tuple(one for one in outcome.after.keys if one.id != key))

    def _retire(self, outcome: Outcome, plan: Plan) -> bool:
        for key in plan.reading.keys:
            if key.id in plan.remove and key.active:
                # Deleted is for ever: should the deletion fail, the access key at least works no more.
                self.iam.done("update_access_key", UserName=outcome.user, AccessKeyId=key.id, Status="Inactive")
                outcome.written = True
        self._delete(outcome, plan.remove)
        if plan.reading.marker:
            self.creator.unmark(outcome.user)
            outcome.written = True
        return True

    def _delete_all(self, outcome: Outcome, plan: Plan) -> bool:
        # First what works, then the copies; an error about a copy must not keep an access key alive.
        self._delete(outcome, plan.remove)
        if plan.reading.occupied:
            self.reader.store.remove(outcome.user)
            outcome.written = True
        if plan.reading.marker or plan.reading.recorded:
            self.creator.unmark(outcome.user, STORED_TAG)
            outcome.written = True
        if outcome.after:
            outcome.after = replace(outcome.after, occupied=False, stored=None, recorded=None, marker=None)
        if plan.error:
            outcome.fail(plan.error)
        return True


def _aged(reading: Reading) -> Reading:
    """Return the reading with its marker as old as it was seen to be, whatever it says of itself."""
    marker = reading.marker
    if marker is None or marker.since is None or not reading.patience:
        return reading
    since = min(marker.since, reading.now - PATIENCE - timedelta(seconds=1))
    return replace(reading, marker=replace(marker, since=since))


def converge(
    writer: CredentialWriter, users: t.Sequence[str], wish_of: t.Callable[[str], Wish], *, workers: int
) -> list[Outcome]:
    """Return what came of each user. An error on one of them does not lose the others."""
    return side_by_side(lambda user: writer.converge(user, wish_of(user)), users, workers=workers)
