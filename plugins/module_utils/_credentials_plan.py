# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides what is to be done about the access keys of a user. Private to the collection.

Pure: no ansible, no AWS.

CreateAccessKey knows no idempotency token, and its answer is the only time that the secret part is ever shown. So the
user is tagged before the call, with the time and the access keys that it had; the tag is removed once the new access
key is stored. An access key that is none of those, is stored nowhere and was never used is one whose secret part was
lost with the run that asked for it.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

LIMIT = 2
"""Access keys a user, not adjustable. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""

PENDING_TAG = "agent_ops:access_key_pending"
STORED_TAG = "agent_ops:access_key"

PATIENCE = timedelta(seconds=60)
"""For so long a marker may be that of another run, which has not stored its access key yet."""

# What was made long after its marker was made by somebody else. AWS's clock sets both times, to the second.
_LATEST = timedelta(minutes=15)
_EARLIEST = timedelta(seconds=-60)

_TIME = "%Y-%m-%dT%H:%M:%SZ"

# The names of this module's options, and how the role signer_iam is asked for the same.
ROTATE = "rotate (-e signer_iam_rotate=USER)"
RETIRE_PREVIOUS = "retire_previous (-e signer_iam_retire_previous=USER)"
_FORCE = "force (-e signer_iam_retire_unused=true)"

ROTATE_HINT = f"AWS shows the secret part of an access key only once. To get one that is stored here, ask for {ROTATE}"


def time_text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(_TIME)


@dataclass(frozen=True)
class AccessKey:
    """What may be known of an access key. ``last_used`` is None if AWS knows of no use."""

    id: str
    status: str
    created: datetime
    last_used: datetime | None = None

    @property
    def active(self) -> bool:
        return self.status == "Active"

    def age_days(self, now: datetime) -> int:
        return max(0, (now - self.created).days)

    def described(self, now: datetime) -> str:
        use = f"last used {time_text(self.last_used)}" if self.last_used else "never used"
        return f"{self.id} ({self.status}, {self.age_days(now)} days old, {use})"


@dataclass(frozen=True)
class Marker:
    """The tag of a user for whom an access key is being made. Without ``since`` it is nothing that a run wrote."""

    since: datetime | None
    run: str
    before: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return " ".join((time_text(self.since) if self.since else "", self.run, *self.before))

    @classmethod
    def parse(cls, text: str) -> Marker:
        since, *rest = text.split(" ")
        try:
            moment = datetime.strptime(since, _TIME).replace(tzinfo=UTC)
            return cls(moment, rest[0], tuple(rest[1:]))
        except (ValueError, IndexError):
            return cls(None, text)


@dataclass(frozen=True)
class Reading:
    """What AWS and the store know of a user.

    :ivar stored: id of the access key that is stored here.
    :ivar recorded: id of the access key that was stored last, wherever that was.
    :ivar occupied: there is something at ``place``, be it what it may.
    :ivar now: by AWS's clock.
    """

    user: str
    place: str
    now: datetime
    exists: bool = True
    keys: tuple[AccessKey, ...] = ()
    marker: Marker | None = None
    recorded: str | None = None
    stored: str | None = None
    occupied: bool = False
    error: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(key.id for key in self.keys)

    @property
    def stored_key(self) -> AccessKey | None:
        return next((key for key in self.keys if key.id == self.stored), None)

    @property
    def state(self) -> str:
        if self.stored_key:
            return "stored"
        return "not_stored_here" if self.keys else "absent"

    @property
    def patience(self) -> timedelta:
        """How much longer the marker may be another run's."""
        if self.marker is None or self.marker.since is None:
            return timedelta(0)
        # A marker from the future is no reason to wait for ever.
        return min(PATIENCE, max(timedelta(0), PATIENCE - (self.now - self.marker.since)))


@dataclass(frozen=True)
class Wish:
    """What is asked for beyond an access key for each user.

    :ivar tentative: nothing will be done, and users may be missing because what makes them was not done either.
    """

    rotate: bool = False
    retire: bool = False
    force: bool = False
    absent: bool = False
    tentative: bool = False


@dataclass(frozen=True)
class Plan:
    """What is to be done. ``lost`` are deleted before anything else; ``remove`` is what the steps delete."""

    reading: Reading
    action: str
    steps: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    error: str | None = None
    hint: str | None = None
    warnings: list[str] = field(default_factory=list)


def lost_keys(reading: Reading) -> tuple[AccessKey, ...]:
    """Return the access keys whose secret part was lost with the run that left the marker."""
    marker = reading.marker
    if marker is None or marker.since is None:
        return ()
    known = {*marker.before, reading.stored, reading.recorded}
    first, last = marker.since + _EARLIEST, marker.since + _LATEST
    return tuple(
        key for key in reading.keys if key.id not in known and not key.last_used and first <= key.created <= last
    )


def make_plan(reading: Reading, wish: Wish) -> Plan:
    if wish.absent:
        return _absent(reading)
    if reading.error:
        return Plan(reading, "failed", error=reading.error)
    if not reading.exists:
        return _missing(reading, wish)
    return _retire(reading, wish) if wish.retire else _present(reading, wish)


def _missing(reading: Reading, wish: Wish) -> Plan:
    if wish.tentative:
        # Whoever plans on an empty account plans the users as well.
        hint = "The user does not exist yet"
        return Plan(reading, "unchanged" if wish.retire else "created", hint=hint)
    return Plan(
        reading,
        "failed",
        error=f"There is no IAM user {reading.user} in this account. Expected: one that exists. Create it first",
    )


def _present(reading: Reading, wish: Wish) -> Plan:
    marker, stored = reading.marker, reading.stored_key
    interrupted = marker is not None and marker.since is not None
    before = marker.before if marker else ()
    warnings = _warnings(reading)
    if interrupted and stored and stored.id not in before:
        # It was stored, and only the tags are missing. That is the new access key, if one is asked for.
        return Plan(reading, "rotated" if before else "created", ("record",), warnings=warnings)
    lost = tuple(key.id for key in lost_keys(reading))
    rest = [key for key in reading.keys if key.id not in lost]
    if not rest:
        return Plan(reading, "created", ("create",), lost, warnings=warnings)
    resumed = interrupted and any(key.id in before for key in rest)
    if wish.rotate and len(rest) >= LIMIT:
        return Plan(reading, "failed", error=_limit(reading, rest), lost=lost, warnings=warnings)
    if (wish.rotate or resumed) and len(rest) < LIMIT:
        return Plan(reading, "rotated", ("create",), lost, warnings=warnings)
    hint = None if stored else ROTATE_HINT
    return Plan(reading, "retired" if lost else "unchanged", lost=lost, hint=hint, warnings=warnings)


def _warnings(reading: Reading) -> list[str]:
    warnings = list(reading.warnings)
    stored = reading.stored_key
    if reading.stored and not stored:
        warnings.append(
            f"{reading.place} holds the access key {reading.stored}, which {reading.user} does not have (any more)"
        )
    if stored and not stored.active:
        warnings.append(f"{reading.user}: the access key that is stored here, {stored.id}, is {stored.status}")
    return warnings


def _limit(reading: Reading, keys: t.Sequence[AccessKey]) -> str:
    listed = ", ".join(
        key.described(reading.now) + (" which is stored here" if key.id == reading.stored else "") for key in keys
    )
    if reading.stored_key:
        advice = (
            f"If the agents use the one that is stored here, ask for {RETIRE_PREVIOUS}, which deletes the other one"
        )
    else:
        advice = "Neither is stored here. Find out which one nobody uses, and delete that one by hand"
    return f"{reading.user} has {len(keys)} access keys, AWS's limit, so that none can be added: {listed}. {advice}"


def _retire(reading: Reading, wish: Wish) -> Plan:
    stored, now = reading.stored_key, reading.now
    warnings = _warnings(reading)
    if stored is None:
        listed = ", ".join(key.described(now) for key in reading.keys) or "none"
        return Plan(
            reading,
            "failed",
            error=f"None of the access keys of {reading.user} ({listed}) is stored in {reading.place}, so which one is"
            f" to stay is not known. Nothing was deleted. Ask for {ROTATE} first",
            warnings=warnings,
        )
    others = [key for key in reading.keys if key.id != stored.id]
    steps = ("retire",) if others or reading.marker else ()
    if not others:
        return Plan(reading, "retired" if steps else "unchanged", steps, warnings=warnings)
    problem = None
    if not stored.active:
        problem = f"is {stored.status}"
    elif not stored.last_used:
        problem = "was never used, as far as AWS knows, which may be some minutes behind"
    if problem and not wish.force:
        return Plan(
            reading,
            "failed",
            error=f"The access key of {reading.user} that is stored here, {stored.id}, {problem}. Whoever uses"
            f" {', '.join(key.described(now) for key in others)} would be left without one. Nothing was deleted. Give"
            f" the new one to the agents first, or ask for {_FORCE}",
            warnings=warnings,
        )
    return Plan(reading, "retired", steps, remove=tuple(key.id for key in others), warnings=warnings)


def _absent(reading: Reading) -> Plan:
    there = reading.keys or reading.occupied or reading.marker or reading.recorded
    steps = ("delete",) if there else ()
    return Plan(reading, "deleted" if steps else "unchanged", steps, remove=reading.ids, error=reading.error)
