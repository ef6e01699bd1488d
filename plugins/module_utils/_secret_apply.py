# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries out the plans for hex keys in AWS Secrets Manager. Private to the collection.

The id of a version is chosen by the caller. A request that is repeated with the same id and the same contents changes
nothing more, and one with other contents is refused: that makes every write safe to repeat, and is the guard against a
second key. https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html

An edge: the client is a parameter, and neither ansible nor amazon.aws is imported.
"""

from __future__ import annotations

import typing as t
import uuid
from dataclasses import dataclass, field, replace

from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import CallFailed
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import KeySpec
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_row import OWNERSHIP_TAG
from ansible_collections.interchain.agent_ops.plugins.module_utils._secret_contents import (
    PrivateKey,
    make_contents,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._secret_plan import (
    CURRENT,
    PREVIOUS,
    Plan,
    Reading,
    Version,
    Wish,
    describe,
    lost_version,
    plan_present,
    tag_list,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._secret_read import WRONG_STATE, SecretReader

TAKEN = "ResourceExistsException"


@dataclass
class Outcome:
    """What came of a plan: the action that is reported, and what Secrets Manager holds."""

    plan: Plan
    action: str
    held: Reading
    error: str | None = None
    warnings: list[str] = field(default_factory=list)
    written: bool = False

    @property
    def spec(self) -> KeySpec:
        return self.plan.spec

    @property
    def arn(self) -> str:
        return str((self.held.metadata or {})["ARN"])

    def set(self, **metadata: t.Any) -> None:
        self.held = replace(self.held, metadata={**(self.held.metadata or {}), **metadata})


class SecretWriter:
    """Carries out plans in one account and Region.

    :param wish: what the user asked for; the plans were made with it.
    :param window: recovery window in days, for keys that are retired.
    """

    def __init__(self, reader: SecretReader, wish: Wish, *, window: int = 30) -> None:
        self.reader = reader
        self.call = reader.call
        self.client = reader.client
        self.wish = wish
        self.window = window

    def apply(self, plan: Plan) -> Outcome:
        outcome = Outcome(plan, plan.action, plan.reading, plan.error, list(plan.warnings))
        try:
            self._carry_out(outcome, plan.steps)
        except (CallFailed, ValueError) as exc:
            outcome.action = "failed"
            outcome.error = str(exc)
        return outcome

    def _carry_out(self, outcome: Outcome, names: t.Iterable[str]) -> None:
        steps = {
            "create": self._create,
            "restore": self._restore,
            "tag": self._tag,
            "describe": self._describe,
            "rotate": self._rotate,
            "delete": self._delete,
        }
        for name in names:
            steps[name](outcome)
            outcome.written |= outcome.action != "unchanged"

    # The steps ------------------------------------------------------------------------------------------------------

    def _create(self, outcome: Outcome) -> None:
        spec, key = outcome.spec, PrivateKey.generate()
        tags = tag_list(outcome.plan.missing_tags)
        try:
            answer = self.call(
                self.client,
                "create_secret",
                Name=spec.name,
                ClientRequestToken=outcome.plan.token or str(uuid.uuid4()),
                SecretString=make_contents(key, spec),
                Description=spec.description,
                Tags=tags,
            )
        except CallFailed as exc:
            if exc.code == TAKEN:
                self._take_winner(outcome, key)
                return
            if exc.unknown:
                raise ValueError(f"{exc}. If the secret was made all the same, the next run takes it over") from None
            raise
        version = _version(str(answer["VersionId"]), key)
        metadata = {"ARN": answer["ARN"], "Description": spec.description, "Tags": tags}
        outcome.held = Reading({**metadata, "VersionIdsToStages": {version.id: [CURRENT]}}, current=version)

    def _take_winner(self, outcome: Outcome, key: PrivateKey) -> None:
        """Another run made the secret, or this one did, whose answer was lost. Only the key in it tells."""
        spec = outcome.spec
        reading = self.reader.await_reading(spec, lambda found: found.metadata is not None)
        if reading.current is not None and reading.current.address == key.address:
            outcome.held = reading
            return
        if reading.metadata is None and not reading.error:
            raise ValueError(f"{describe(spec)} was made and removed again by another run. Run again")
        # The winner's key is as new as one that this run would rotate to.
        plan = plan_present(spec, reading, replace(self.wish, rotate=frozenset()))
        outcome.held = reading
        if plan.error:
            raise ValueError(plan.error)
        outcome.plan = plan
        outcome.action = "adopted"
        self._carry_out(outcome, plan.steps)

    def _restore(self, outcome: Outcome) -> None:
        self._settle(outcome, "restore_secret", dying=False)
        outcome.held = self.reader.await_reading(outcome.spec, lambda found: bool(found.metadata) and not found.dying)
        problem = outcome.held.error or outcome.held.contents_error
        if problem or outcome.held.current is None:
            what = describe(outcome.spec, outcome.plan.reading.metadata)
            raise ValueError(f"{what} was restored. {problem or 'AWS does not show its value yet. Run again'}")

    def _tag(self, outcome: Outcome) -> None:
        missing = outcome.plan.missing_tags
        self.call(self.client, "tag_resource", SecretId=outcome.arn, Tags=tag_list(missing))
        outcome.set(Tags=tag_list({**outcome.held.tags, **missing}))

    def _describe(self, outcome: Outcome) -> None:
        # Without contents in the request, UpdateSecret leaves the versions as they are.
        text = outcome.spec.description
        self.call(self.client, "update_secret", SecretId=outcome.arn, Description=text)
        outcome.set(Description=text)

    def _rotate(self, outcome: Outcome) -> None:
        spec, key, old = outcome.spec, PrivateKey.generate(), outcome.held.current
        token = outcome.plan.token or str(uuid.uuid4())
        contents = make_contents(key, spec)
        try:
            self.call(
                self.client, "put_secret_value", SecretId=outcome.arn, ClientRequestToken=token, SecretString=contents
            )
        except CallFailed as exc:
            if exc.code == TAKEN:
                self._already_rotated(outcome, token, key)
                return
            if exc.unknown:
                raise ValueError(f"{exc}. {_unknown_rotation(token, self.wish)}") from None
            raise
        new = _version(token, key)
        outcome.held = replace(outcome.held, current=new, previous=old)
        self._check_previous(outcome, old, new)

    def _already_rotated(self, outcome: Outcome, token: str, key: PrivateKey) -> None:
        """The version of this rotation exists: another run made it, or this one did, whose answer was lost."""
        before = outcome.held
        outcome.held = self.reader.await_reading(outcome.spec, lambda found: token in found.stages)
        if outcome.held.error or outcome.held.contents_error:
            raise ValueError(outcome.held.error or outcome.held.contents_error)
        if outcome.held.current is not None and outcome.held.current.address == key.address:
            return
        rest = [step for step in outcome.plan.steps if step != "rotate"]
        outcome.action = "unchanged" if not rest else "updated" if OWNERSHIP_TAG in before.tags else "adopted"
        outcome.warnings = []
        if token not in outcome.held.stages:
            outcome.warnings.append(
                f"{describe(outcome.spec, outcome.held.metadata)}: the rotation {self.wish.rotation_id!r} was done"
                " before, and its key has been rotated away since. It is not done again: choose another rotation_id"
            )

    def _check_previous(self, outcome: Outcome, old: Version | None, new: Version) -> None:
        """Two rotations at once put a key out of reach that neither run's plan could know of: say whose."""
        what = describe(outcome.spec, outcome.held.metadata)
        try:
            seen = Reading(self.reader.describe(outcome.arn))
        except CallFailed as exc:
            outcome.warnings.append(f"{what} was rotated, but whether another run rotated it too is unknown: {exc}")
            return
        # An answer from before the rotation says nothing.
        if old is None or new.id not in seen.stages:
            return
        outcome.held = replace(outcome.held, metadata=seen.metadata)
        if seen.version_with(PREVIOUS) == old.id and seen.version_with(CURRENT) == new.id:
            return
        outcome.held = self.reader.await_reading(outcome.spec, lambda found: True)
        if old.id not in seen.stages:
            lost = lost_version(seen, old.id, old.address)
            outcome.warnings.append(f"{what}: another run's rotation at the same time took the last label from {lost}")

    def _delete(self, outcome: Outcome) -> None:
        answer = self._settle(outcome, "delete_secret", dying=True, RecoveryWindowInDays=self.window)
        outcome.set(DeletedDate=answer.get("DeletionDate") or answer.get("DeletedDate"))

    def _settle(self, outcome: Outcome, method: str, *, dying: bool, **parameters: t.Any) -> dict[str, t.Any]:
        """Make a call that changes a secret's state, and take the state for success if an earlier answer was lost."""
        try:
            return self.call(self.client, method, SecretId=outcome.arn, **parameters)
        except CallFailed as exc:
            if exc.code != WRONG_STATE:
                raise
            metadata = self.reader.describe(outcome.arn)
            if metadata is None or Reading(metadata).dying is not dying:
                raise
            return metadata


def _version(version: str, key: PrivateKey) -> Version:
    return Version(version, key.address, key.public_key)


def _unknown_rotation(token: str, wish: Wish) -> str:
    if wish.rotation_id:
        return "Run again with the same rotation_id, which does the rotation unless it was done"
    return (
        f"Whether the key was rotated is unknown: it was if the secret has a version {token}. Look before running again"
    )
