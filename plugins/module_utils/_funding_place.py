# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where ledgers are kept. Private to the collection. Pure: no ansible, no AWS; errors are :class:`ValueError`."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._proof_bucket_name import bucket_name_problem

_EXPECTED = (
    "Expected: s3://bucket/prefix for a prefix of a private bucket, or the absolute path of a folder where a single"
    " host funds. Change wallet_funding_store"
)
_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*\Z")
_LONGEST = 512
# What stands in such a bucket is read by everybody. Whether it is so, its settings say; this says it before a request.
_PUBLIC_WORDS = re.compile(r"(?<![a-z0-9])(?<!non-)(?<!not-)(?:public|proofs)(?![a-z0-9])")


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
    """Return the place that a setting names.

    :raises ValueError: if it names none, or one that is not private by its name.
    """
    if not isinstance(text, str) or not text:
        raise ValueError(f"The store of the funding is {text!r}. {_EXPECTED}")
    # Whatever is wrong with it, a place is no secret; one with credentials in it is no place.
    if any(char.isspace() or not char.isprintable() for char in text):
        raise ValueError(f"The store {text!r} has a space or a control character. {_EXPECTED}")
    if text.startswith("s3://"):
        return _s3_place(text)
    if "://" in text:
        raise ValueError(f"The store begins with {text.split('://', 1)[0]}://. {_EXPECTED}")
    return _folder_place(text)


def _s3_place(text: str) -> S3Place:
    bucket, _slash, prefix = text.removeprefix("s3://").partition("/")
    problem = bucket_name_problem(bucket)
    if problem:
        raise ValueError(
            f"The store {text!r} has the bucket {bucket!r}, which Amazon S3 does not allow: {problem}. {_EXPECTED}"
        )
    if _PUBLIC_WORDS.search(bucket):
        raise ValueError(
            f"The store {text!r} is in the bucket {bucket}, which is a public one by its name. Expected: a private"
            " bucket, and not that of the proofs, which everybody may read. Change wallet_funding_store"
        )
    prefix = prefix.removesuffix("/")
    if not prefix:
        raise ValueError(f"The store {text!r} has no prefix. {_EXPECTED}")
    if len(prefix) > _LONGEST or not all(_SEGMENT.match(part) for part in prefix.split("/")):
        raise ValueError(
            f"The store {text!r} has the prefix {prefix!r}. Expected: up to {_LONGEST} letters, digits, dots, dashes"
            " and underscores, with single slashes between. Change wallet_funding_store"
        )
    return S3Place(bucket, prefix)


def _folder_place(text: str) -> FolderPlace:
    if not text.startswith("/"):
        raise ValueError(f"The store {text!r} is no absolute path. {_EXPECTED}")
    parts = [part for part in text.split("/") if part]
    if not parts or any(part in (".", "..") for part in parts):
        raise ValueError(f"The store {text!r} is the root of the file system, or goes through . or .. . {_EXPECTED}")
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
