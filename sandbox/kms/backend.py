# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""moto's KMS of one account and region, with an index of aliases and with AWS's identifiers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from moto.kms import urls
from moto.kms.models import Alias, Key, KmsBackend
from moto.kms.utils import RESERVED_ALIASES

from sandbox.kms import errors
from sandbox.kms.history import KeyHistory, RecordingTagger
from sandbox.kms.keys import SandboxKey, generate_pair

_KEY_ID = re.compile(r"(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_ARN = re.compile(r"arn:(aws[\w-]*):kms:([\w-]+):(\d{12}):(key|alias)/(.+)")


class PlantedAlias(Alias):
    """An alias that points at no key."""

    def __init__(self, account_id: str, region: str, name: str) -> None:
        self.alias_arn = f"arn:aws:kms:{region}:{account_id}:{name}"
        self.alias_name = name
        self.target_key_id = ""


class SandboxKmsBackend(KmsBackend):
    """Aliases are looked up in ``aliases``; every key's own collection is kept in step for the rest of moto."""

    def __init__(self, region_name: str, account_id: str | None = None) -> None:
        super().__init__(region_name, account_id)
        self.keys: dict[str, SandboxKey] = {}  # type: ignore[assignment]
        self.aliases: dict[str, Alias] = {}
        self.history = KeyHistory()
        self.tagger = RecordingTagger(self._note, key_name="TagKey", value_name="TagValue")

    @property
    def _url_module(self) -> ModuleType:
        return urls

    def create_key(
        self,
        policy: str | None,
        key_usage: str,
        key_spec: str,
        description: str,
        tags: list[dict[str, str]] | None,
        multi_region: bool = False,
        origin: str = "AWS_KMS",
    ) -> Key:
        """For the rest of moto (CloudFormation, default keys); the API's CreateKey makes its keys itself."""
        key = SandboxKey(  # type: ignore[abstract]
            account_id=self.account_id,
            region=self.region_name,
            spec=key_spec or "SYMMETRIC_DEFAULT",
            usage=key_usage or "ENCRYPT_DECRYPT",
            pair=generate_pair(key_spec or "SYMMETRIC_DEFAULT"),
            policy=policy,
            description=description,
            multi_region=multi_region,
            origin=origin,
        )
        self.add(key, tags)
        return key

    def add(self, key: SandboxKey, tags: list[dict[str, str]] | None) -> None:
        # Tags first: a listing by tags must not meet the key without them.
        if tags:
            self.tagger.tag_resource(key.id, tags)
        self.keys[key.id] = key
        self._note(key.id)

    # What authorisation sees

    def _note(self, key_id: str) -> None:
        key = self.keys.get(key_id)
        aliases = tuple(key.aliases) if key is not None else ()
        self.history.note(key_id, aliases, self.tagger.get_tag_dict_for_resource(key_id))

    def seen_by_authorisation(self, key: SandboxKey, lag: float) -> tuple[tuple[str, ...], dict[str, str]]:
        """A key's aliases and tags, as they were so many seconds ago."""
        if lag:
            return self.history.at(key.id, lag)
        return tuple(key.aliases), self.tagger.get_tag_dict_for_resource(key.id)

    # Aliases

    def alias_exists(self, alias_name: str) -> bool:
        return alias_name in self.aliases

    def create_alias(self, target_key_id: str, alias_name: str) -> Alias:
        key = self.keys[self.get_key_id(target_key_id)]
        place = (self.account_id, self.region_name)
        alias = Alias(*place, alias_name, key)  # type: ignore[abstract]
        key.aliases[alias_name] = alias
        self.aliases[alias_name] = alias
        self._note(key.id)
        return alias

    def update_alias(self, target_key_id: str, alias_name: str) -> Alias:
        alias = self.aliases[alias_name]
        before = alias.target_key_id
        if before in self.keys:
            self.keys[before].aliases.pop(alias_name, None)
            self._note(before)
        alias.target_key_id = self.get_key_id(target_key_id)
        self.keys[alias.target_key_id].aliases[alias_name] = alias
        self._note(alias.target_key_id)
        return alias

    def delete_alias(self, alias_name: str) -> None:
        alias = self.aliases.pop(alias_name)
        if alias.target_key_id in self.keys:
            self.keys[alias.target_key_id].aliases.pop(alias_name, None)
            self._note(alias.target_key_id)

    def plant_alias(self, alias_name: str) -> Alias:
        place = (self.account_id, self.region_name)
        alias = PlantedAlias(*place, alias_name)  # type: ignore[abstract]
        self.aliases[alias_name] = alias
        return alias

    def list_aliases(self, key_id: str | None = None) -> Iterable[Alias]:
        return [alias for alias in list(self.aliases.values()) if not key_id or alias.target_key_id == key_id]

    def get_key_id_from_alias(self, alias_name: str) -> str | None:
        alias = self.aliases.get(alias_name)
        if alias is not None:
            return alias.target_key_id or None
        if alias_name in RESERVED_ALIASES:
            return self.adopt_aws_alias(alias_name)
        return None

    def adopt_aws_alias(self, alias_name: str) -> str:
        """AWS ties a predefined alias to an AWS managed key when it is first described or used.

        https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html
        """
        service = alias_name.removeprefix("alias/aws/")
        key = SandboxKey(  # type: ignore[abstract]
            account_id=self.account_id,
            region=self.region_name,
            spec="SYMMETRIC_DEFAULT",
            usage="ENCRYPT_DECRYPT",
            pair=None,
            description=f"Default key that protects my {service} data when no other key is defined",
            manager="AWS",
        )
        self.add(key, None)
        self.create_alias(key.id, alias_name)
        return key.id

    def delete_key(self, key_id: str) -> None:
        key = self.keys.get(key_id)
        for alias_name in list(key.aliases) if key else []:
            self.delete_alias(alias_name)
        super().delete_key(key_id)

    # Identifiers

    def describe_key(self, key_id: str) -> Any:
        return self.find_key(key_id)

    def find_key(self, identifier: str, *, aliases: bool = True) -> SandboxKey:
        """The key that an id, an ARN, an alias or an alias ARN names; NotFoundException otherwise."""
        name = self._local_name(identifier)
        if name.startswith("alias/") and aliases:
            return self._find_by_alias(name)
        key = self.keys.get(name)
        if key is not None:
            return key
        if not _KEY_ID.fullmatch(name.lower()):
            raise errors.not_found(f"Invalid keyId {identifier}")
        raise errors.not_found(f"Key '{self.arn_of('key/' + name)}' does not exist")

    def _find_by_alias(self, name: str) -> SandboxKey:
        alias = self.aliases.get(name)
        key = self.keys.get(alias.target_key_id) if alias is not None else None
        if key is None:
            raise errors.not_found(f"Alias {self.arn_of(name)} is not found.")
        return key

    def _local_name(self, identifier: str) -> str:
        """Key id or alias name. What an ARN of another account or region names is not here."""
        if not identifier.startswith("arn:"):
            return identifier
        found = _ARN.fullmatch(identifier)
        if found is None:
            raise errors.not_found(f"Invalid arn {identifier}")
        _partition, region, account, kind, name = found.groups()
        if region != self.region_name:
            raise errors.not_found(f"Invalid arn {region}")
        if account != self.account_id:
            what = "Key" if kind == "key" else "Alias"
            raise errors.not_found(f"{what} '{identifier}' does not exist")
        return f"alias/{name}" if kind == "alias" else name

    def arn_of(self, name: str) -> str:
        return f"arn:{self.partition}:kms:{self.region_name}:{self.account_id}:{name}"

    def replicas(self, key: SandboxKey) -> list[str]:
        """ARNs of the replicas of a multi-Region primary key."""
        if not key.multi_region or key.multi_region_configuration["MultiRegionKeyType"] != "PRIMARY":
            return []
        return [replica["Arn"] for replica in key.multi_region_configuration["ReplicaKeys"]]
