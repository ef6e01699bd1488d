# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where documents are kept, ledgers and reports. Private to the collection.

Pure: no ansible, no AWS; errors are :class:`ValueError`.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._proof_bucket_name import bucket_name_problem

FUNDING, REPORTS = "wallet_funding_store", "agent_ops_report_store"
"""The settings that name places, of what was paid and of reports."""

_BUCKET = "Expected: s3://bucket/prefix for a prefix of a private bucket"
_FOLDER = "or the absolute path of a folder where a single host funds"
_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*\Z")
_LONGEST = 512
# What stands in such a bucket is read by everybody. Whether it is so, its settings say; this says it before a request.
_PUBLIC_WORDS = re.compile(r"(?<![a-z0-9])(?<!non-)(?<!not-)(?:public|proofs)(?![a-z0-9])")


class Conflict(Exception):
    """A document of the store was changed by somebody else since it was read."""


class Document(t.NamedTuple):
    text: str
    version: str


class S3Place(t.NamedTuple):
    """A prefix in a bucket, without a slash at its end."""

    bucket: str
    prefix: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"


class FolderPlace(t.NamedTuple):
    """A folder, by its absolute path."""

    path: str

    def __str__(self) -> str:
        return self.path


def parse_place(text: str) -> S3Place | FolderPlace:
    """Return the place of ledgers that a setting names.

    :raises ValueError: if it names none, or one that is not private by its name.
    """
    expected = f"{_BUCKET}, {_FOLDER}. Change {FUNDING}"
    if _checked(text, "the funding", expected).startswith("s3://"):
        return parse_bucket_place(text, FUNDING, expected)
    return _folder_place(text, expected)


def parse_bucket_place(text: str, setting: str, expected: str = "") -> S3Place:
    """Return a place in a bucket.

    :param setting: the variable that names it. :raises ValueError: if it names none, or one that is not private by its
    name.
    """
    expected = expected or f"{_BUCKET}. Change {setting}"
    if not _checked(text, setting, expected).startswith("s3://"):
        raise ValueError(f"The store {text!r} is in no bucket. {expected}")
    bucket, _slash, prefix = text.removeprefix("s3://").partition("/")
    problem = bucket_name_problem(bucket)
    if problem:
        raise ValueError(
            f"The store {text!r} has the bucket {bucket!r}, which Amazon S3 does not allow: {problem}. {expected}"
        )
    if _PUBLIC_WORDS.search(bucket):
        raise ValueError(
            f"The store {text!r} is in the bucket {bucket}, which is a public one by its name. Expected: a private"
            f" bucket, and not that of the proofs, which everybody may read. Change {setting}"
        )
    prefix = prefix.removesuffix("/")
    if not prefix:
        raise ValueError(f"The store {text!r} has no prefix. {expected}")
    if len(prefix) > _LONGEST or not all(_SEGMENT.match(part) for part in prefix.split("/")):
        raise ValueError(
            f"The store {text!r} has the prefix {prefix!r}. Expected: up to {_LONGEST} letters, digits, dots, dashes"
            f" and underscores, with single slashes between. Change {setting}"
        )
    return S3Place(bucket, prefix)


def _checked(text: t.Any, what: str, expected: str) -> str:
    if not isinstance(text, str) or not text:
        raise ValueError(f"The store of {what} is {text!r}. {expected}")
    # Whatever is wrong with it, a place is no secret; one with credentials in it is no place.
    if any(char.isspace() or not char.isprintable() for char in text):
        raise ValueError(f"The store {text!r} has a space or a control character. {expected}")
    if "://" in text and not text.startswith("s3://"):
        raise ValueError(f"The store begins with {text.split('://', 1)[0]}://. {expected}")
    return text


def _folder_place(text: str, expected: str) -> FolderPlace:
    if not text.startswith("/"):
        raise ValueError(f"The store {text!r} is no absolute path. {expected}")
    parts = [part for part in text.split("/") if part]
    if not parts or any(part in (".", "..") for part in parts):
        raise ValueError(f"The store {text!r} is the root of the file system, or goes through . or .. . {expected}")
    return FolderPlace("/" + "/".join(parts))


_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}\Z")


def checked_name(name: str) -> str:
    """Return the name of a document, which is a path of two to four plain parts.

    :raises ValueError: for a name that could lead out of the store.
    """
    parts = name.split("/")
    if not 2 <= len(parts) <= 4 or not all(_NAME.match(part) for part in parts):
        raise ValueError(
            f"{name!r} is no name of a document. Expected: environment/network-bank.json, of letters, digits, dots,"
            " dashes and underscores"
        )
    return name
