# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes one access key and stores it, so that no run can lose it for good. Private to the collection.

An edge: the clients are parameters, and neither ansible nor amazon.aws is imported.

Of two runs at once one makes the access key. IAM has nothing that only one of them can do, so it is decided by time:
each writes its marker, waits for longer than lies between another run's look and its writing, and looks again. Whose
marker is still there goes on. Whoever is late in spite of that finds the other's access key in the list, before or
after it made its own, and withdraws.
"""

from __future__ import annotations

import random
import secrets
import time
import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime

from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import CallFailed
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_contents import Credential
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_files import Reservation
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_plan import (
    PENDING_TAG,
    STORED_TAG,
    AccessKey,
    Marker,
    Reading,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_read import CredentialReader

SETTLE_SECONDS = 1.0
"""Longer than it takes from the last look at the marker until an access key is made and IAM shows it to others."""

_MARK_SECONDS = 30
"""For so long a run may rely on its marker, which others respect for 60 seconds."""

_ATTEMPTS = 3
_LIMIT_REACHED = "LimitExceeded"


@dataclass(frozen=True)
class Made:
    key: AccessKey
    problem: str | None = None


class Creator:
    """Makes access keys.

    :param conceal: is told the secret part of each, so that it can be taken out of whatever is said later.
    """

    def __init__(self, reader: CredentialReader, conceal: t.Callable[[str], None]) -> None:
        self.reader = reader
        self.iam = reader.iam
        self._conceal = conceal

    def create(self, reading: Reading) -> Made | None:
        """Make and store an access key for the user, who has none that was lost.

        :return: None if another run came first: look again.
        :raises ValueError: if there is none, with the reason. So does :class:`CallFailed`.
        """
        with self.reader.store.reserve(reading.user) as place:
            return self._create(reading, place)

    def _create(self, reading: Reading, place: Reservation) -> Made | None:
        user = reading.user
        marker = Marker(reading.now.replace(microsecond=0), secrets.token_hex(8), reading.ids)
        start = time.monotonic()
        self._tag(user, PENDING_TAG, marker.text)
        time.sleep(SETTLE_SECONDS)
        # The marker last: what comes after it has to be quick.
        same = set(self.iam.key_ids(user)) == set(reading.ids)
        mine = self._is_marked(user, marker)
        if not same or not mine or _late(start):
            if mine:
                self.unmark(user)
            return None
        asked = self._ask(user, marker)
        if asked is None:
            self._unmark_mine(user, marker)
            return None
        credential, created = asked
        self._conceal(credential.reveal())
        try:
            if not self._is_alone(user, marker, credential, _late(start)):
                self._discard(credential, marker)
                return None
            place.keep(credential)
        except BaseException as exc:
            problem = self._give_back(credential)
            # What is no failure of the store, an interrupt for one, goes on as what it is.
            if problem is None and not isinstance(exc, (CallFailed, ValueError, OSError)):
                raise
            failure = f"{exc}. {problem or f'The new access key {credential.access_key_id} was deleted again'}"
        else:
            if _late(start) and credential.access_key_id not in self.iam.key_ids(user):
                # Storing took so long that another run took this one for dead. What there is now, it has to say.
                return None
            return self._recorded(user, credential, created)
        raise ValueError(failure)

    def _recorded(self, user: str, credential: Credential, created: datetime) -> Made:
        key = AccessKey(credential.access_key_id, "Active", created)
        try:
            self.record(user, key.id)
        except CallFailed as exc:
            return Made(
                key, f"The access key {key.id} is stored, but the tags that say so could not be set. {exc}. Run again"
            )
        return Made(key)

    # The tags -------------------------------------------------------------------------------------------------------

    def _tag(self, user: str, name: str, value: str) -> None:
        self.iam("tag_user", UserName=user, Tags=[{"Key": name, "Value": value}])

    def record(self, user: str, access_key_id: str) -> None:
        """Say at the user which access key is stored, and that none is being made any more."""
        self._tag(user, STORED_TAG, access_key_id)
        self.unmark(user)

    def unmark(self, user: str, *names: str) -> None:
        self.iam("untag_user", UserName=user, TagKeys=[PENDING_TAG, *names])

    # The access key -------------------------------------------------------------------------------------------------

    def _ask(self, user: str, marker: Marker) -> tuple[Credential, datetime] | None:
        """Return the new access key. None if the user has as many as AWS allows, by another run or by hand."""
        for attempt in range(_ATTEMPTS):
            answer, failure = self._request(user)
            if answer:
                return answer
            if failure and failure.code == _LIMIT_REACHED:
                return None
            if failure:
                self._unmark_quietly(user)
                raise failure
            # Nobody else makes one while the marker is there: what is new was made by the request.
            self._delete_new(user, marker, patient=attempt + 1 < _ATTEMPTS)
        raise ValueError(
            f"No usable answer came to iam:CreateAccessKey for {user}, {_ATTEMPTS} times. If an access key was made all"
            " the same, the next run deletes it"
        )

    def _request(self, user: str) -> tuple[tuple[Credential, datetime] | None, CallFailed | None]:
        """Return the new access key, or AWS's refusal, or neither if nothing is known.

        An answer that cannot be read is quoted by the library that cannot read it, with the secret part. So nothing of
        such a failure leaves this function, not as the cause of another one either.
        """
        try:
            answer = self.iam("create_access_key", repeatable=False, UserName=user)
        except CallFailed as exc:
            if exc.unknown or not exc.code:
                return None, None
            return None, CallFailed(exc.action, exc.code, exc.message)
        made = answer.get("AccessKey") or {}
        try:
            credential = Credential(user, made.get("AccessKeyId"), made.get("SecretAccessKey"))
        except ValueError:
            return None, None
        created = made.get("CreateDate")
        return (credential, created if isinstance(created, datetime) else datetime.now(UTC)), None

    def _delete_new(self, user: str, marker: Marker, *, patient: bool) -> None:
        # A request whose answer was lost may still be on its way.
        for wait in (0.5, 1.0, 2.0) if patient else (0.5,):
            time.sleep(wait)
            new = [key for key in self.iam.key_ids(user) if key not in marker.before]
            for key in new:
                self.iam.done("delete_access_key", UserName=user, AccessKeyId=key)
            if new:
                return

    def _is_alone(self, user: str, marker: Marker, credential: Credential, late: bool) -> bool:
        """Return whether the new access key is the only new one, and still there."""
        ids = self.iam.key_ids(user)
        others = set(ids) - {*marker.before, credential.access_key_id}
        # A list may lag behind; but whoever was away for long may have been taken for dead.
        return not others and not (late and credential.access_key_id not in ids)

    def _unmark_mine(self, user: str, marker: Marker) -> None:
        """Remove the marker unless it is another run's by now, which relies on it."""
        if self._is_marked(user, marker):
            self.unmark(user)

    def _is_marked(self, user: str, marker: Marker) -> bool:
        tags, _now = self.iam.listed("list_user_tags", "Tags", UserName=user)
        return {"Key": PENDING_TAG, "Value": marker.text} in tags

    def _discard(self, credential: Credential, marker: Marker) -> None:
        self.iam.done("delete_access_key", UserName=credential.user, AccessKeyId=credential.access_key_id)
        self._unmark_mine(credential.user, marker)
        # Runs that withdrew from each other must not meet again.
        time.sleep(random.uniform(0.2, 2.0))  # noqa: S311

    def _give_back(self, credential: Credential) -> str | None:
        """Delete an access key that could not be stored. The error if that fails: somebody else has to do it."""
        try:
            self.iam.done("delete_access_key", UserName=credential.user, AccessKeyId=credential.access_key_id)
        except CallFailed as exc:
            return (
                f"The new access key {credential.access_key_id} of {credential.user} could not be deleted again either."
                f" {exc}. Nobody knows its secret part. Delete it, or run again, which does that"
            )
        self._unmark_quietly(credential.user)
        return None

    def _unmark_quietly(self, user: str) -> None:
        """Remove the marker; if that fails, the next run sees that it is old."""
        try:
            self.unmark(user)
        except CallFailed:
            return


def _late(start: float) -> bool:
    return time.monotonic() - start > _MARK_SECONDS
