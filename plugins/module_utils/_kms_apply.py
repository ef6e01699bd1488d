# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries out the plans for keys in AWS KMS. Private to the collection.

``CreateKey`` knows no idempotency token, so that ``CreateAlias`` is the only atomic guard against a second key:
whoever loses it takes the winner's key. An edge: neither ansible nor amazon.aws is imported.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import TRANSIENT, CallFailed
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_row import OWNERSHIP_TAG, wanted_tags
from ansible_collections.interchain.agent_ops.plugins.module_utils._kms_plan import (
    DISABLED,
    DYING,
    ENABLED,
    KEY_SPEC,
    KEY_USAGE,
    ORIGIN,
    Plan,
    Reading,
    Wish,
    plan_present,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._kms_read import ABSENT, KmsReader

SHORTEST_WINDOW = 7
"""Days. The shortest deletion window of KMS, for a key of this run that never had an alias and that nobody has seen."""

ALIAS_TAKEN = "AlreadyExistsException"
WRONG_STATE = "KMSInvalidStateException"
REVIVED = (ENABLED, DISABLED)


@dataclass
class Outcome:
    """What came of a plan: the action that is reported, and what AWS holds."""

    plan: Plan
    action: str
    held: Reading
    error: str | None = None
    warnings: list[str] = field(default_factory=list)
    written: bool = False


class KmsWriter:
    """Carries out plans in one account and Region.

    :param wish: what the user asked for; the plans were made with it.
    :param window: deletion window in days, for keys that are retired.
    """

    def __init__(self, reader: KmsReader, wish: Wish, *, window: int = 30) -> None:
        self.reader = reader
        self.call = reader.call
        self.kms = reader.kms
        self.wish = wish
        self.window = window
        self._made: set[str] = set()

    def apply(self, plan: Plan) -> Outcome:
        outcome = Outcome(plan, plan.action, plan.reading, plan.error, list(plan.warnings))
        if plan.orphan is not None:
            outcome.held = Reading(metadata=plan.orphan.metadata, tags=plan.orphan.tags)
        steps = {
            "create": self._create,
            "alias": self._alias,
            "cancel_deletion": self._cancel_deletion,
            "enable": self._enable,
            "tag": self._tag,
            "describe": self._describe,
            "schedule_deletion": self._schedule_deletion,
            "unalias": self._unalias,
        }
        try:
            for step in plan.steps:
                steps[step](outcome)
                outcome.written = True
            if outcome.action not in ("failed", "unchanged", "retired") and outcome.held.public_key is None:
                outcome.held.public_key = self._public_key(outcome)
        except (CallFailed, ValueError) as exc:
            outcome.action = "failed"
            outcome.error = str(exc) + self._what_remains(outcome)
        return outcome

    # The steps ------------------------------------------------------------------------------------------------------

    def _create(self, outcome: Outcome) -> None:
        spec = outcome.plan.spec
        tags = wanted_tags(spec, spec.alias)
        parameters: dict[str, t.Any] = {
            "KeySpec": KEY_SPEC,
            "KeyUsage": KEY_USAGE,
            "Origin": ORIGIN,
            "Description": spec.description,
            "Tags": [{"TagKey": name, "TagValue": value} for name, value in tags.items()],
        }
        if self.wish.key_policy:
            parameters["Policy"] = self.wish.key_policy
        try:
            metadata = self._create_once(outcome, parameters) or self._create_once(outcome, parameters, last=True)
        except CallFailed as exc:
            if not exc.unknown:
                raise
            raise ValueError(f"{exc}. If KMS made a key all the same, the next run takes it over") from exc
        outcome.held = Reading(metadata=metadata, tags=tags)

    def _create_once(
        self, outcome: Outcome, parameters: dict[str, t.Any], *, last: bool = False
    ) -> t.Mapping[str, t.Any] | None:
        """Create a key, or find the one that was made although no answer came. None: try once more."""
        try:
            answer = self.call(self.kms, "create_key", repeatable=False, **parameters)
        except CallFailed as exc:
            if not exc.unknown:
                raise
            # Another run may have made what is found here, so that it does not count as made by this one.
            found = self._find_unanswered(outcome)
            if found is not None:
                return found
            # KMS answers its own errors when it made no key. A connection that broke, or the error of something on the
            # way to KMS, says nothing: do not try again.
            if exc.code not in TRANSIENT or last:
                raise
            return None
        metadata: t.Mapping[str, t.Any] = answer["KeyMetadata"]
        self._made.add(str(metadata["KeyId"]))
        return metadata

    def _find_unanswered(self, outcome: Outcome) -> t.Mapping[str, t.Any] | None:
        spec = outcome.plan.spec

        def look() -> t.Mapping[str, t.Any] | None:
            tagged = self.reader.tagged(OWNERSHIP_TAG, [spec.alias])
            orphans = [self.reader.orphan(arn, tags) for arn, tags in tagged.items()]
            reading = Reading(orphans=[orphan for orphan in orphans if orphan is not None])
            orphan = plan_present(spec, reading, self.wish).orphan
            return orphan.metadata if orphan else None

        return t.cast("t.Mapping[str, t.Any] | None", self.reader.await_new(look, tries=4))

    def _alias(self, outcome: Outcome) -> None:
        spec = outcome.plan.spec
        key = _key_id(outcome)
        taken = self.reader.await_new(lambda: self._try_alias(spec.alias, key))
        if taken is True:
            return
        if taken is None:
            raise ValueError(f"KMS does not know the key {key} yet. Run again")
        # Another run was faster, or this one was, and its first answer was lost: only what the alias points at tells.
        winner = self.reader.await_new(lambda: self.reader.describe(spec.alias))
        if winner is None:
            raise taken
        if winner["KeyId"] == key:
            return
        self._give_back(outcome, key)
        self._take_winner(outcome)

    def _try_alias(self, alias: str, key: str) -> bool | CallFailed | None:
        """Return True if the key has the alias, the error if the alias is taken, None if the key is not known yet."""
        try:
            self.call(self.kms, "create_alias", AliasName=alias, TargetKeyId=key)
        except CallFailed as exc:
            if exc.code == ALIAS_TAKEN:
                return exc
            if exc.code == ABSENT and key in self._made:
                return None
            raise
        return True

    def _take_winner(self, outcome: Outcome) -> None:
        spec = outcome.plan.spec
        reading = self.reader.read([spec])[spec.name]
        plan = plan_present(spec, reading, self.wish)
        if plan.reading.metadata is None:
            gone = f"{spec.alias} was made and removed again by another run. Run again"
            plan = replace(plan, error=plan.error or gone)
        outcome.held = reading
        if plan.error:
            raise ValueError(plan.error)
        outcome.plan = replace(plan, action="adopted")
        outcome.warnings += plan.warnings
        outcome.action = "adopted"
        if "tag" in plan.steps:
            self._tag(outcome)
        if "describe" in plan.steps:
            self._describe(outcome)

    def _give_back(self, outcome: Outcome, key: str) -> None:
        """Schedule the deletion of a key that lost the race for its alias, only if nobody can have come to use it."""
        if key not in self._made:
            return
        try:
            if self.reader.aliases(key):
                return
            self._settle(outcome, "schedule_key_deletion", DYING, PendingWindowInDays=SHORTEST_WINDOW)
            came = f"is scheduled for deletion in {SHORTEST_WINDOW} days"
        except CallFailed as exc:
            came = f"could not be given back: {exc}. Schedule its deletion"
        arn = (outcome.held.metadata or {})["Arn"]
        outcome.warnings.append(
            f"Another run was faster for {outcome.plan.spec.alias}. The key that this run made, {arn}, has no alias and"
            f" is not needed; it {came}"
        )

    def _settle(self, outcome: Outcome, method: str, states: tuple[str, ...], **parameters: t.Any) -> dict[str, t.Any]:
        """Make a call that changes a key's state, and take the state for success if an earlier answer was lost."""
        key = _key_id(outcome)
        try:
            return self.call(self.kms, method, KeyId=key, **parameters)
        except CallFailed as exc:
            if exc.code != WRONG_STATE:
                raise
            metadata = self.reader.describe(key)
            if metadata is None or metadata["KeyState"] not in states:
                raise
            return metadata

    def _cancel_deletion(self, outcome: Outcome) -> None:
        self._settle(outcome, "cancel_key_deletion", REVIVED)
        _set(outcome, KeyState="Disabled", DeletionDate=None)

    def _enable(self, outcome: Outcome) -> None:
        self._settle(outcome, "enable_key", (ENABLED,))
        _set(outcome, KeyState="Enabled")

    def _tag(self, outcome: Outcome) -> None:
        missing = outcome.plan.missing_tags
        tags = [{"TagKey": name, "TagValue": value} for name, value in missing.items()]
        self.call(self.kms, "tag_resource", KeyId=_key_id(outcome), Tags=tags)
        outcome.held.tags = {**outcome.held.tags, **missing}

    def _describe(self, outcome: Outcome) -> None:
        text = outcome.plan.spec.description
        self.call(self.kms, "update_key_description", KeyId=_key_id(outcome), Description=text)
        _set(outcome, Description=text)

    def _schedule_deletion(self, outcome: Outcome) -> None:
        answer = self._settle(outcome, "schedule_key_deletion", DYING, PendingWindowInDays=self.window)
        _set(outcome, KeyState="PendingDeletion", DeletionDate=answer.get("DeletionDate"))

    def _unalias(self, outcome: Outcome) -> None:
        try:
            self.call(self.kms, "delete_alias", AliasName=outcome.plan.spec.alias)
        except CallFailed as exc:
            # Removed already: by another run, or by this one, whose first answer was lost.
            if exc.code != ABSENT:
                raise

    def _public_key(self, outcome: Outcome) -> bytes:
        key = _key_id(outcome)
        found = self.reader.await_new(lambda: self.reader.public_key(key))
        if found is None:
            raise ValueError(f"KMS does not give the public key of {key} yet. Run again")
        return t.cast(bytes, found.der)

    def _what_remains(self, outcome: Outcome) -> str:
        """Say what a failed plan leaves behind in AWS, so that nothing is lost and nobody makes it twice."""
        metadata = outcome.held.metadata
        if metadata is None or str(metadata["KeyId"]) not in self._made:
            return ""
        return f". The key {metadata['Arn']} was created; the next run takes it over by its tag {OWNERSHIP_TAG}"


def _key_id(outcome: Outcome) -> str:
    return str(t.cast("t.Mapping[str, t.Any]", outcome.held.metadata)["KeyId"])


def _set(outcome: Outcome, **metadata: t.Any) -> None:
    outcome.held.metadata = {**(outcome.held.metadata or {}), **metadata}
