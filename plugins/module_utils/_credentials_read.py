# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the access keys of IAM users. Private to the collection.

An edge: the client is a parameter, and neither ansible nor amazon.aws is imported.
"""

from __future__ import annotations

import random
import time
import typing as t
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller, CallFailed
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_files import Store, Stored
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_plan import (
    PENDING_TAG,
    STORED_TAG,
    AccessKey,
    Marker,
    Reading,
)

MISSING = "NoSuchEntity"
# Two requests that changed one user at the same moment. AWS: "submit your request again".
_COLLIDED = frozenset({"ConcurrentModification", "EntityTemporarilyUnmodifiable"})
_COLLISIONS = 8


class IamCalls:
    """Calls to IAM, repeated where another request for the same user was in the way."""

    def __init__(self, client: t.Any, call: Caller) -> None:
        self.client = client
        self.call = call

    def __call__(self, method: str, **parameters: t.Any) -> dict[str, t.Any]:
        for attempt in range(_COLLISIONS):
            try:
                return self.call(self.client, method, **parameters)
            except CallFailed as exc:
                if exc.code not in _COLLIDED or attempt + 1 == _COLLISIONS:
                    raise
            time.sleep(random.uniform(0.1, 0.5) * (attempt + 1))  # noqa: S311
        raise AssertionError("unreachable")  # pragma: no cover

    def listed(self, method: str, items: str, **parameters: t.Any) -> tuple[list[t.Any], datetime]:
        """Return the items of all pages, and the time by AWS's clock."""
        found: list[t.Any] = []
        while True:
            answer = self(method, **parameters)
            found += answer.get(items, ())
            if not answer.get("IsTruncated"):
                return found, _clock(answer)
            parameters["Marker"] = answer["Marker"]

    def done(self, method: str, **parameters: t.Any) -> None:
        """Make a call that takes something away, which may be gone already."""
        try:
            self(method, **parameters)
        except CallFailed as exc:
            if exc.code != MISSING:
                raise

    def key_ids(self, user: str) -> list[str]:
        return [key["AccessKeyId"] for key in self.listed("list_access_keys", "AccessKeyMetadata", UserName=user)[0]]


class CredentialReader:
    """Reads users, and what is stored of them."""

    def __init__(self, iam: IamCalls, store: Store) -> None:
        self.iam = iam
        self.store = store

    def read(self, user: str, *, contents: bool = True) -> Reading:
        """Return what is known of a user.

        Tags come before access keys: a run that makes one in between has its tag set all that time.

        :param contents: False where all is to be deleted, for which it need not be known what is stored.
        :raises CallFailed: when IAM could not be asked; what is wrong with the store is the reading's error.
        """
        stored, error = Stored(None), None
        occupied = False
        try:
            if contents:
                stored = self.store.stored(user)
            else:
                occupied = self.store.occupied(user)
        except (CallFailed, ValueError) as exc:
            error = str(exc)
        reading = Reading(
            user=user,
            place=self.store.place(user),
            now=datetime.now(UTC),
            stored=stored.access_key_id,
            occupied=occupied or stored.access_key_id is not None or (error is not None and not contents),
            error=error,
            warnings=(stored.warning,) if stored.warning else (),
        )
        return self._with_iam(reading)

    def _with_iam(self, reading: Reading) -> Reading:
        user = reading.user
        try:
            tag_list, now = self.iam.listed("list_user_tags", "Tags", UserName=user)
            keys, _now = self.iam.listed("list_access_keys", "AccessKeyMetadata", UserName=user)
        except CallFailed as exc:
            if exc.code == MISSING:
                return _replaced(reading, exists=False)
            raise
        tags = {tag["Key"]: tag["Value"] for tag in tag_list}
        found = [self._key(key) for key in keys]
        return _replaced(
            reading,
            now=now,
            keys=tuple(sorted((key for key in found if key), key=lambda key: (key.created, key.id))),
            marker=Marker.parse(tags[PENDING_TAG]) if PENDING_TAG in tags else None,
            recorded=tags.get(STORED_TAG),
        )

    def _key(self, listed: t.Mapping[str, t.Any]) -> AccessKey | None:
        try:
            answer = self.iam("get_access_key_last_used", AccessKeyId=listed["AccessKeyId"])
        except CallFailed as exc:
            # Deleted since it was listed.
            if exc.code == MISSING:
                return None
            raise
        used = answer.get("AccessKeyLastUsed", {}).get("LastUsedDate")
        return AccessKey(listed["AccessKeyId"], listed["Status"], listed["CreateDate"], used)


def _replaced(reading: Reading, **changes: t.Any) -> Reading:
    return Reading(**{**vars(reading), **changes})


def _clock(answer: t.Mapping[str, t.Any]) -> datetime:
    """Return when AWS answered: this machine's clock may be wrong, and IAM's times are compared with it."""
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
    try:
        moment = parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return datetime.now(UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
