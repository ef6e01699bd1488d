# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads signing keys from AWS KMS: two calls a key, side by side, and no listing. Private to the collection.

An edge: clients are parameters, and neither ansible nor amazon.aws is imported.
"""

from __future__ import annotations

import time
import typing as t
from concurrent.futures import Future, ThreadPoolExecutor

from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller, CallFailed
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import KeySpec
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_row import ENVIRONMENT_TAG, OWNERSHIP_TAG
from ansible_collections.interchain.agent_ops.plugins.module_utils._kms_plan import (
    DYING,
    ENABLED,
    KEY_SPEC,
    REVIVABLE,
    Orphan,
    Reading,
)

ABSENT = "NotFoundException"
# GetPublicKey refuses these, DescribeKey does not: what it says of the key's state is the better error.
_NO_PUBLIC_KEY = ("DisabledException", "KMSInvalidStateException", "UnsupportedOperationException")
_TAGGING_VALUES = 20
"""TagFilters take at most 20 values a key (GetResources)."""


class PublicKey(t.NamedTuple):
    """A public key, and the ARN of the key that it belongs to."""

    arn: str
    der: bytes


class KmsReader:
    """Reads one account's keys in one Region.

    :param kms: KMS client. :param tagging: Resource Groups Tagging API client.
    """

    def __init__(self, kms: t.Any, tagging: t.Any, call: Caller, *, workers: int) -> None:
        self.kms = kms
        self.tagging = tagging
        self.call = call
        self.workers = workers

    def describe(self, key: str) -> dict[str, t.Any] | None:
        """Return a key's metadata, by id, ARN or alias; None where AWS says that there is no such key."""
        try:
            return t.cast("dict[str, t.Any]", self.call(self.kms, "describe_key", KeyId=key)["KeyMetadata"])
        except CallFailed as exc:
            if exc.code == ABSENT:
                return None
            raise

    def public_key(self, key: str) -> PublicKey | None:
        """Return the public key of a key; None where there is no such key, or it may not be used, or has none."""
        try:
            answer = self.call(self.kms, "get_public_key", KeyId=key)
        except CallFailed as exc:
            if exc.code == ABSENT or exc.code in _NO_PUBLIC_KEY:
                return None
            raise
        return PublicKey(str(answer["KeyId"]), t.cast(bytes, answer["PublicKey"]))

    def key_tags(self, key: str) -> dict[str, str]:
        pages = self.call.pages(self.kms, "list_resource_tags", "Tags", "Marker", "NextMarker", KeyId=key)
        return {tag["TagKey"]: tag["TagValue"] for tag in pages}

    def tagged(self, name: str, values: t.Sequence[str]) -> dict[str, dict[str, str]]:
        """Return ARN -> tags of the keys with one of these values of a tag. The index may lag behind KMS."""
        found = {}
        for start in range(0, len(values), _TAGGING_VALUES):
            resources = self.call.pages(
                self.tagging,
                "get_resources",
                "ResourceTagMappingList",
                "PaginationToken",
                "PaginationToken",
                ResourceTypeFilters=["kms:key"],
                TagFilters=[{"Key": name, "Values": list(values[start : start + _TAGGING_VALUES])}],
                ResourcesPerPage=100,
            )
            for resource in resources:
                found[resource["ResourceARN"]] = {tag["Key"]: tag["Value"] for tag in resource["Tags"]}
        return found

    def read(self, specs: t.Sequence[KeySpec], *, other_aliases: bool = False) -> dict[str, Reading]:
        """Return name -> what AWS holds. An error on one key is in that key's reading.

        :param other_aliases: also read which other aliases point at each key, a call a key more.
        """
        environments = sorted({spec.environment for spec in specs})
        with ThreadPoolExecutor(max_workers=max(1, self.workers)) as pool:
            tagged = pool.submit(self.tagged, ENVIRONMENT_TAG, environments)
            pairs = [
                (spec, pool.submit(self.describe, spec.alias), pool.submit(self.public_key, spec.alias))
                for spec in specs
            ]
            try:
                tags = tagged.result()
            except CallFailed as exc:
                return {spec.name: Reading(error=str(exc)) for spec in specs}
            marked: dict[str, list[str]] = {}
            for arn, held in tags.items():
                marked.setdefault(held.get(OWNERSHIP_TAG, ""), []).append(arn)
            readings = {}

            def settle(pair: tuple[KeySpec, Future[t.Any], Future[t.Any]]) -> None:
                spec, description, public_key = pair
                reading = readings[spec.name] = Reading()
                try:
                    self._settle(spec, reading, description.result(), public_key.result())
                    self._complete(reading, tags, marked.get(spec.alias, ()), other_aliases=other_aliases)
                except CallFailed as exc:
                    reading.error = str(exc)

            list(pool.map(settle, pairs))
        absent = [spec for spec in specs if readings[spec.name].metadata is None and not readings[spec.name].error]
        if absent:
            self._look_behind(absent, readings, tags, marked)
        return {spec.name: readings[spec.name] for spec in specs}

    def _settle(
        self, spec: KeySpec, reading: Reading, metadata: dict[str, t.Any] | None, public_key: PublicKey | None
    ) -> None:
        """Join the answers to two calls that were made side by side. In between the alias may have come, or moved."""
        if metadata is None and public_key is not None:
            metadata = self.describe(public_key.arn)
        reading.metadata = metadata
        if metadata is None:
            return
        if public_key is None or public_key.arn != metadata["Arn"]:
            signs = metadata["KeyState"] == ENABLED and metadata.get("KeySpec") == KEY_SPEC
            public_key = self.public_key(str(metadata["KeyId"])) if signs else None
            if signs and public_key is None:
                reading.error = f"{spec.alias} has changed while it was read. Run again"
        reading.public_key = public_key.der if public_key else None

    def _complete(
        self,
        reading: Reading,
        tags: t.Mapping[str, t.Mapping[str, str]],
        marked: t.Sequence[str],
        *,
        other_aliases: bool,
    ) -> None:
        """Add a key's tags, and what else is marked as made for its alias."""
        if reading.metadata is None:
            return
        arn = str(reading.metadata["Arn"])
        key = str(reading.metadata["KeyId"])
        reading.tags = tags[arn] if arn in tags else self.key_tags(key)
        if other_aliases:
            reading.aliases = sorted(self.aliases(key))
        for other in marked:
            if other != arn:
                metadata = self.describe(other)
                if metadata and metadata["KeyState"] not in DYING:
                    reading.leftovers = (*reading.leftovers, other)

    def _look_behind(
        self,
        specs: t.Sequence[KeySpec],
        readings: dict[str, Reading],
        tags: t.Mapping[str, t.Mapping[str, str]],
        marked: t.Mapping[str, t.Sequence[str]],
    ) -> None:
        """For aliases that do not exist: find those without a target, and keys that an earlier run left without one."""
        try:
            aliases = self.aliases()
        except CallFailed as exc:
            for spec in specs:
                readings[spec.name].error = str(exc)
            return
        pointing: dict[str, list[str]] = {}
        for alias, key in aliases.items():
            if key:
                pointing.setdefault(key, []).append(alias)
        for spec in specs:
            reading = readings[spec.name]
            try:
                if aliases.get(spec.alias):
                    # It came while the account was read.
                    self._settle(spec, reading, self.describe(spec.alias), None)
                    self._complete(reading, tags, marked.get(spec.alias, ()), other_aliases=False)
                    continue
                reading.alias_without_target = spec.alias in aliases
                arns = marked.get(spec.alias, ())
                orphans = [self.orphan(arn, tags[arn], pointing) for arn in arns]
                reading.orphans = [orphan for orphan in orphans if orphan is not None]
            except CallFailed as exc:
                reading.error = str(exc)

    def orphan(
        self, arn: str, tags: t.Mapping[str, str], pointing: t.Mapping[str, t.Sequence[str]] | None = None
    ) -> Orphan | None:
        """Return what must be known of a key before it may be taken over.

        :param pointing: key id -> aliases of the whole Region, where they were listed already.
        """
        metadata = self.describe(arn)
        if metadata is None:
            return None
        key = str(metadata["KeyId"])
        orphan = Orphan(metadata, tags, list(self.aliases(key)) if pointing is None else pointing.get(key, ()))
        if metadata["KeyState"] in (ENABLED, *REVIVABLE) and not orphan.aliases:
            grants = self.call.pages(self.kms, "list_grants", "Grants", "Marker", "NextMarker", KeyId=arn)
            orphan.grants = len(list(grants))
            orphan.policy = self.call(self.kms, "get_key_policy", KeyId=arn, PolicyName="default")["Policy"]
        return orphan

    def aliases(self, key: str | None = None) -> dict[str, str | None]:
        """Return alias -> key id, of one key or of the whole Region. An alias may have no target."""
        parameters = {"KeyId": key} if key else {"Limit": 100}
        pages = self.call.pages(self.kms, "list_aliases", "Aliases", "Marker", "NextMarker", **parameters)
        return {alias["AliasName"]: alias.get("TargetKeyId") for alias in pages}

    def await_new(self, look: t.Callable[[], t.Any], *, tries: int = 6) -> t.Any:
        """Return what ``look`` finds, which may come a moment after the write (KMS is eventually consistent)."""
        for attempt in range(tries):
            if attempt:
                time.sleep(0.1 * 2**attempt)
            found = look()
            if found is not None:
                return found
        return None
