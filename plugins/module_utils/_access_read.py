# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads everything that decides who may use an environment's keys: IAM, aliases, key policies, grants, tags, secrets'
policies and access keys. Private to the collection.

An edge: clients are parameters, and neither ansible nor amazon.aws is imported.
"""

from __future__ import annotations

import json
import typing as t
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.interchain.agent_ops.plugins.module_utils._access_found import Account, Aliases, Resource, Wish
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller, CallFailed, side_by_side
from ansible_collections.interchain.agent_ops.plugins.module_utils._iam_read import (
    ABSENT,
    Entity,
    read_access_keys,
    read_account,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._kms_read import KmsReader
from ansible_collections.interchain.agent_ops.plugins.module_utils._secret_read import SecretReader

AWS_ALIASES = "alias/aws/"

READ_RATES: t.Mapping[str, float] = {"ListGrants": 100}
"""The one reading request of which AWS allows so few a second that a large environment would be throttled.
https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html"""


class AccessReader:
    """Reads one account.

    :param kms: Region -> KMS client. :param secrets: Region -> Secrets Manager client.
    """

    def __init__(
        self,
        call: Caller,
        iam: t.Any,
        *,
        kms: t.Mapping[str, t.Any],
        secrets: t.Mapping[str, t.Any],
        workers: int,
    ) -> None:
        self.call = call
        self.iam = iam
        self.workers = workers
        self._kms = {region: KmsReader(client, None, call, workers=workers) for region, client in kms.items()}
        self._secrets = {region: SecretReader(client, call, workers=workers) for region, client in secrets.items()}

    def overview(self) -> tuple[Account, Aliases]:
        """Return the account's IAM, and the aliases of its Regions.

        :raises CallFailed: without them nothing can be said of anybody.
        """
        with ThreadPoolExecutor(max_workers=max(1, min(self.workers, len(self._kms) + 1))) as pool:
            account = pool.submit(read_account, self.call, self.iam)
            listed = {region: pool.submit(reader.aliases) for region, reader in self._kms.items()}
            aliases = {
                region: {alias: key for alias, key in one.result().items() if key and not alias.startswith(AWS_ALIASES)}
                for region, one in listed.items()
            }
            return account.result(), aliases

    def resources(self, wishes: t.Sequence[Wish], aliases: Aliases) -> list[Resource]:
        """Return what AWS holds of each key, side by side. An error on one key is in its entry."""

        def read(wish: Wish) -> Resource:
            if wish.region in self._kms and (wish.resource.startswith("alias/") or not self._secrets):
                return self._key(wish, aliases[wish.region])
            return self._secret(wish)

        return side_by_side(read, wishes, workers=self.workers)

    def access_keys(self, users: t.Sequence[str]) -> dict[str, list[Entity]]:
        """Return user -> access keys."""
        listed = side_by_side(
            lambda user: read_access_keys(self.call, self.iam, user), users, workers=min(8, self.workers)
        )
        return dict(zip(users, listed, strict=True))

    def passwords(self, users: t.Sequence[str]) -> frozenset[str]:
        """Return those of the users who have a password for the console."""

        def has_one(user: str) -> bool:
            try:
                self.call(self.iam, "get_login_profile", UserName=user)
            except CallFailed as exc:
                if exc.code == ABSENT:
                    return False
                raise
            return True

        held = side_by_side(has_one, users, workers=min(8, self.workers))
        return frozenset(user for user, one in zip(users, held, strict=True) if one)

    def _key(self, wish: Wish, aliases: t.Mapping[str, str]) -> Resource:
        named = wish.resource.startswith("alias/")
        key = aliases.get(wish.resource) if named else wish.resource
        found = Resource(
            wish.name, wish.region, "kms", wish.environment, wish.wanted, alias=wish.resource if named else None
        )
        if key is None:
            return found
        found.aliases = tuple(sorted(alias for alias, target in aliases.items() if target == key))
        reader = self._kms[wish.region]
        try:
            metadata = reader.describe(key)
            if metadata is None:
                found.error = f"{wish.resource} points at the key {key}, which AWS says does not exist"
                return found
            found.arn, found.metadata = str(metadata["Arn"]), metadata
            text = self.call(reader.kms, "get_key_policy", KeyId=key, PolicyName="default")["Policy"]
            found.policy = _parsed(text)
            grants = self.call.pages(reader.kms, "list_grants", "Grants", "Marker", "NextMarker", KeyId=key)
            found.grants = tuple(grants)
            found.tags = reader.key_tags(key)
        except (CallFailed, ValueError) as exc:
            found.error = str(exc)
        return found

    def _secret(self, wish: Wish) -> Resource:
        found = Resource(wish.name, wish.region, "secretsmanager", wish.environment, wish.wanted)
        reader = self._secrets[wish.region]
        try:
            metadata = reader.describe(wish.resource)
            if metadata is None:
                return found
            found.arn, found.metadata = str(metadata["ARN"]), metadata
            found.tags = {str(tag["Key"]): str(tag["Value"]) for tag in metadata.get("Tags", ())}
            text = self.call(reader.client, "get_resource_policy", SecretId=found.arn).get("ResourcePolicy")
            found.policy = _parsed(text) if text else None
        except (CallFailed, ValueError) as exc:
            found.error = str(exc)
        return found


def _parsed(text: t.Any) -> dict[str, t.Any]:
    document = json.loads(text) if isinstance(text, str) else text
    if not isinstance(document, dict):
        raise ValueError(f"Its policy is {document!r}; expected a policy document")
    return document
