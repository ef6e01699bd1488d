# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the access keys that are stored for an environment's users, with their secret parts. Private to the collection.

No error shows anything of what is stored, neither in its text nor in the exceptions that it is chained to.

An edge: clients are parameters, and neither ansible nor amazon.aws is imported.
"""

from __future__ import annotations

import csv
import io
import json
import os
import stat
import typing as t
from pathlib import Path

from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller, CallFailed
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_contents import (
    HEADER,
    Credential,
    check_user_name,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_files import Seal
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_secrets import secret_name

_USER, _KEY_ID, _SECRET = HEADER[0], HEADER[2], HEADER[3]
_FIELDS = ("access_key_id", "secret_access_key")

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_LARGEST = 65536


class NotStored(Exception):
    """There are no credentials of a user. The text says where they would be."""


class Reader(t.Protocol):
    """Where credentials are read from."""

    warnings: list[str]

    def read(self, user: str) -> Credential:
        """Return what is stored of a user.

        :raises NotStored: if nothing is. :raises ValueError: if it cannot be read or is of no use.
        """


def parse_csv(data: bytes, user: str, what: str) -> Credential:
    """Return the access key in a file of the console's form.

    The console gives two forms: with a user's name for a new user, and without one for a further access key.

    :param what: names the file, at the beginning of the error.
    """
    rows: list[list[str]] = []
    try:
        rows = [row for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")) if row]
    except (UnicodeDecodeError, csv.Error):
        # Said below, and not chained: a decoder's error carries what it could not decode.
        rows = []
    fields = dict(zip(rows[0], rows[1], strict=False)) if len(rows) == 2 else {}
    named = {title.strip().lower(): value.strip() for title, value in fields.items()}
    if not {_KEY_ID.lower(), _SECRET.lower()} <= set(named):
        raise ValueError(f"{what} is not a line of titles, with {_KEY_ID!r} and {_SECRET!r}, and one access key")
    owner = named.get(_USER.lower())
    if owner and owner.lower() != user.lower():
        raise ValueError(f"{what} holds an access key of another user than {user}")
    return _credential(user, named[_KEY_ID.lower()], named[_SECRET.lower()], what)


def parse_json(text: str | None, user: str, what: str) -> Credential:
    """Return the access key in a secret."""
    try:
        fields = json.loads(text or "")
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict) or not set(_FIELDS) <= set(fields):
        raise ValueError(f"{what} is not a JSON object with {' and '.join(_FIELDS)}")
    owner = fields.get("user_name")
    if isinstance(owner, str) and owner.lower() != user.lower():
        raise ValueError(f"{what} holds an access key of another user than {user}")
    return _credential(user, fields[_FIELDS[0]], fields[_FIELDS[1]], what)


def _credential(user: str, key_id: t.Any, secret: t.Any, what: str) -> Credential:
    try:
        return Credential(user, key_id, secret)
    except ValueError as exc:
        problem = str(exc)
    raise ValueError(f"{what} holds no usable access key: {problem}")


class FileReader:
    """A file for each user."""

    def __init__(self, directory: str, seal: Seal) -> None:
        self._directory = Path(directory)
        self._seal = seal
        self.warnings: list[str] = []

    def read(self, user: str) -> Credential:
        check_user_name(user)
        path = self._directory / f"{user}{self._seal.suffix}"
        data = self._data(path)
        return parse_csv(self._seal.open(data, str(path)), user, str(path))

    def _data(self, path: Path) -> bytes:
        try:
            with path.open("rb") as stream:
                mode = stat.S_IMODE(os.fstat(stream.fileno()).st_mode)
                data = stream.read(_LARGEST)
        except FileNotFoundError:
            raise NotStored(f"there is no file {path}") from None
        except OSError as exc:
            raise ValueError(f"{path} cannot be read: {exc.strerror}") from None
        if mode & _OTHERS:
            self.warnings.append(f"{path} can be read by others than its owner (mode {mode:04o}). Expected: 0600")
        return data


class SecretReader:
    """A secret for each user, read with the caller's own credentials."""

    def __init__(self, call: Caller, client: t.Any, template: str, environment: str) -> None:
        self._call = call
        self._client = client
        self._template = template
        self._environment = environment
        self.warnings: list[str] = []

    def read(self, user: str) -> Credential:
        name = secret_name(self._template, self._environment, user)
        try:
            answer = self._call(self._client, "get_secret_value", SecretId=name)
        except CallFailed as exc:
            if exc.code == "ResourceNotFoundException":
                raise NotStored(f"there is no secret {name} with a value") from None
            raise ValueError(f"the secret {name} cannot be read. {exc}") from None
        return parse_json(answer.get("SecretString"), user, f"the secret {name}")
