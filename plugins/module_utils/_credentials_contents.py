# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An access key with its secret part, and the forms that it is stored in. Private to the collection.

Pure: no ansible, no AWS. Every error is a :class:`ValueError` that shows nothing of what was read, neither in its text
nor in the exceptions that it is chained to.
"""

from __future__ import annotations

import csv
import io
import json
import re
import typing as t

HEADER = ("User name", "Password", "Access key ID", "Secret access key", "Console login link")
"""The first line of the file that the IAM console offers for a new user, which "aws configure import" reads."""

USER_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]{1,64}\Z")
"""https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html"""

_ACCESS_KEY_ID = re.compile(r"[A-Za-z0-9_]{16,128}\Z")
# AWS documents no form. What cannot stand in a file's line or an environment variable is certainly none.
_SECRET = re.compile(r"[A-Za-z0-9/+=_-]{16,256}\Z")
_ADVICE = "Nothing of it is shown here. Correct it, or move it away and ask for rotate to get a new access key"


class Credential:
    """An access key whose secret part only :meth:`reveal` shows."""

    __slots__ = ("_secret", "access_key_id", "user")

    def __init__(self, user: str, access_key_id: t.Any, secret: t.Any) -> None:
        if not isinstance(access_key_id, str) or not _ACCESS_KEY_ID.match(access_key_id):
            raise ValueError("its access key id is not one")
        if not isinstance(secret, str) or not _SECRET.match(secret):
            raise ValueError("its secret access key is not one")
        self.user = user
        self.access_key_id = access_key_id
        self._secret = secret

    def reveal(self) -> str:
        """Return the secret part. For the place where it is stored, and for nothing else."""
        return self._secret

    def __repr__(self) -> str:
        return f"<access key {self.access_key_id} of {self.user}>"

    def __reduce__(self) -> t.NoReturn:
        raise TypeError("a credential is not to be pickled or copied")


SAMPLE = Credential("user", "A" * 20, "A" * 40)
"""As long as a real one, to find out beforehand whether one can be stored."""


def check_user_name(name: str) -> None:
    if not USER_NAME.match(name):
        raise ValueError(f"{name!r} is not an IAM user's name: 1 to 64 letters, digits and +=,.@_- are expected")


def to_csv(credential: Credential) -> bytes:
    stream = io.StringIO()
    # Without CRLF: a shell that splits the line would keep the CR.
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerow((credential.user, "", credential.access_key_id, credential.reveal(), ""))
    return stream.getvalue().encode()


def from_csv(data: bytes, user: str, what: str) -> str:
    """Return the access key id in a file of the console's form, after checking whose it is.

    :param what: names the file, at the beginning of the error.
    """
    rows = _rows(data)
    if rows is None or len(rows) != 2:
        raise ValueError(f"{what} is not a line of titles and one access key. {_ADVICE}")
    titles = [title.strip().lower() for title in rows[0]]
    fields = dict(zip(titles, (value.strip() for value in rows[1]), strict=False))
    for name in (HEADER[0], HEADER[2], HEADER[3]):
        if not fields.get(name.lower()):
            raise ValueError(f"{what} lacks the field {name!r}. {_ADVICE}")
    # IAM's names differ by more than the case of their letters.
    if fields[HEADER[0].lower()].lower() != user.lower():
        raise ValueError(f"{what} holds an access key of another user than {user}. {_ADVICE}")
    problem = ""
    try:
        return Credential(user, fields[HEADER[2].lower()], fields[HEADER[3].lower()]).access_key_id
    except ValueError as exc:
        problem = str(exc)
    raise ValueError(f"{what} holds no usable access key: {problem}. {_ADVICE}")


def to_json(credential: Credential) -> str:
    """Return the contents of a secret: the fields are named as in AWS's answer to CreateAccessKey, in snake case."""
    return json.dumps(
        {
            "user_name": credential.user,
            "access_key_id": credential.access_key_id,
            "secret_access_key": credential.reveal(),
        }
    )


def _rows(data: bytes) -> list[list[str]] | None:
    try:
        text = data.decode("utf-8-sig")
        return [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    except (UnicodeDecodeError, csv.Error):
        return None
