# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the files of reports from a store, and replaces them there. Private to the collection.

An edge: the store is a parameter, and neither ansible nor amazon.aws is imported.
"""

from __future__ import annotations

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._document_place import Conflict, Document
from ansible_collections.interchain.agent_ops.plugins.module_utils._document_store import S3Store
from ansible_collections.interchain.agent_ops.plugins.module_utils._report_documents import document_name, merged

# Each of them means that somebody else wrote in the moment between reading and writing.
_CONFLICTS = 10


class Wish(t.NamedTuple):
    """What a file is to hold. :ivar version: what was read of it; None if there was nothing."""

    file: str
    text: str
    version: str | None


class Outcome(t.NamedTuple):
    """:ivar stored: files that are there now. :ivar problem: why the next one is not; an empty text if all are."""

    stored: list[str]
    problem: str


def read_files(store: S3Store, environment: str, files: t.Iterable[str]) -> dict[str, Document]:
    """Return what the store has of some files. :raises ValueError: if that cannot be known."""
    found = {file: store.read(document_name(environment, file)) for file in files}
    return {file: document for file, document in found.items() if document is not None}


def write_files(store: S3Store, environment: str, wishes: t.Sequence[Wish]) -> Outcome:
    """Replace files in their order, each only if it is as it was read. The first that cannot be ends it."""
    stored: list[str] = []
    for wish in wishes:
        try:
            _write(store, environment, wish)
        except Conflict as exc:
            return Outcome(stored, f"{exc}, by another run, whose report was left as it is")
        except ValueError as exc:
            return Outcome(stored, str(exc))
        stored.append(wish.file)
    return Outcome(stored, "")


def _write(store: S3Store, environment: str, wish: Wish) -> None:
    name = document_name(environment, wish.file)
    text, version = wish.text, wish.version
    for left in reversed(range(_CONFLICTS)):
        try:
            store.write(name, text, version)
        except Conflict:
            there = store.read(name)
            both = merged(wish.file, text, there.text if there else "")
            if both is None or not left:
                raise
            text, version = both, there.version if there else None
        else:
            return
