# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stores access keys in AWS Secrets Manager. Private to the collection.

Which access key a secret holds is told by the id of its version, which the caller chooses. So nothing needs to read a
secret's contents, and a request that is repeated changes nothing more.
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html

An edge: the client is a parameter, and neither ansible nor amazon.aws is imported.
"""

from __future__ import annotations

import contextlib
import re
import string
import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller, CallFailed
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_contents import Credential, to_json
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_files import Reservation, Stored

USER_TAG = "agent_ops:user"

_CURRENT = "AWSCURRENT"
_VERSION = "agent-ops-access-key-"
_MISSING = "ResourceNotFoundException"
_TAKEN = "ResourceExistsException"
# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
_NAME = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}\Z")


def secret_name(template: str, environment: str, user: str) -> str:
    """Return the name of a user's secret. ValueError if the template does not give one for each user."""
    fields: set[str] = set()
    name = ""
    with contextlib.suppress(KeyError, IndexError, AttributeError, ValueError):
        fields = {field for _text, field, _spec, _conversion in string.Formatter().parse(template) if field is not None}
        name = template.format(environment=environment, user=user)
    if not name or "user" not in fields or not fields <= {"environment", "user"}:
        raise ValueError(f"secret_name is {template!r}. Expected: a name with {{user}} and, at will, {{environment}}")
    if not _NAME.match(name):
        raise ValueError(f"secret_name gives {name!r} for the user {user}, which Secrets Manager does not allow")
    return name


class SecretStore:
    """A secret for each user."""

    def __init__(self, client: t.Any, call: Caller, *, template: str, environment: str) -> None:
        self._client = client
        self._call = call
        self._template = template
        self._environment = environment

    def place(self, user: str) -> str:
        return secret_name(self._template, self._environment, user)

    def occupied(self, user: str) -> bool:
        return self._describe(user) is not None

    def stored(self, user: str) -> Stored:
        metadata = self._describe(user)
        if metadata is None:
            return Stored(None)
        self._check(user, metadata)
        for version, labels in metadata.get("VersionIdsToStages", {}).items():
            if _CURRENT in labels and version.startswith(_VERSION):
                return Stored(version.removeprefix(_VERSION))
        return Stored(None)

    @contextlib.contextmanager
    def reserve(self, user: str) -> t.Iterator[Reservation]:
        metadata = self._describe(user)
        if metadata is None:
            # Without a value: whoever may not create it finds out before there is anything to be stored.
            self._create(user)
        else:
            self._check(user, metadata)
        yield _Secret(self._client, self._call, self.place(user))

    def remove(self, user: str) -> None:
        metadata = self._describe(user)
        if metadata is None:
            return
        if not metadata.get("DeletedDate"):
            self._check(user, metadata)
            # Its access keys are deleted: there is nothing that a recovery window could bring back.
            self._call(self._client, "delete_secret", SecretId=metadata["ARN"], ForceDeleteWithoutRecovery=True)

    def _describe(self, user: str) -> dict[str, t.Any] | None:
        try:
            return self._call(self._client, "describe_secret", SecretId=self.place(user))
        except CallFailed as exc:
            if exc.code == _MISSING:
                return None
            raise

    def _tags(self, user: str) -> dict[str, str]:
        return {"environment": self._environment, USER_TAG: user}

    def _create(self, user: str) -> None:
        tags = [{"Key": name, "Value": value} for name, value in self._tags(user).items()]
        about = f"Access key of the IAM user {user}"
        try:
            self._call(self._client, "create_secret", Name=self.place(user), Description=about, Tags=tags)
        except CallFailed as exc:
            # Another run made it, or this one did, whose answer was lost.
            if exc.code != _TAKEN:
                raise
            metadata = self._describe(user)
            if metadata is not None:
                self._check(user, metadata)

    def _check(self, user: str, metadata: t.Mapping[str, t.Any]) -> None:
        what = f"The secret {self.place(user)} ({metadata['ARN']})"
        if metadata.get("DeletedDate"):
            raise ValueError(f"{what} is scheduled for deletion. Restore it, or wait until it is gone")
        found = {tag["Key"]: tag["Value"] for tag in metadata.get("Tags", ())}
        for name, value in self._tags(user).items():
            if found.get(name) != value:
                raise ValueError(
                    f"{what} was not made for this access key: its tag {name} is {found.get(name)!r}. Expected:"
                    f" {value!r}. Nothing in it was changed. Choose another secret_name, or remove the secret"
                )


class _Secret:
    def __init__(self, client: t.Any, call: Caller, name: str) -> None:
        self._client = client
        self._call = call
        self._name = name

    def keep(self, credential: Credential) -> None:
        problem: str
        try:
            self._call(
                self._client,
                "put_secret_value",
                SecretId=self._name,
                ClientRequestToken=f"{_VERSION}{credential.access_key_id}",
                SecretString=to_json(credential),
            )
            return
        except CallFailed as exc:
            # Without an answer from AWS the text may be anything that a library says of a request.
            problem = str(exc) if exc.code else "secretsmanager:PutSecretValue got no usable answer"
        raise ValueError(f"The access key cannot be stored in the secret {self._name}. {problem}")
