# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The durable store of documents, by the place that a setting names. Private to the collection.

An edge: clients are parameters, and neither ansible nor amazon.aws is imported.
"""

from __future__ import annotations

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller
from ansible_collections.interchain.agent_ops.plugins.module_utils._document_place import (
    Document,
    FolderPlace,
    S3Place,
    parse_place,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._document_store_bucket import S3Store
from ansible_collections.interchain.agent_ops.plugins.module_utils._document_store_folder import DirectoryStore

__all__ = ["DirectoryStore", "EmptyStore", "FolderPlace", "S3Place", "S3Store", "open_store", "parse_place"]


class EmptyStore:
    """A store that is not there yet, to plan with: nothing was paid, and nothing can be written down."""

    durable = False

    def read(self, _name: str) -> Document | None:
        return None

    def write(self, name: str, _text: str, _version: str | None) -> str:
        raise ValueError(f"{name} cannot be written: there is no store. Expected: wallet_funding_store")

    def describe(self) -> str:
        return "a store that is not there yet"


def open_store(
    place: S3Place | FolderPlace,
    *,
    connect: t.Callable[[str], t.Any],
    call: Caller,
    account_id: t.Callable[[], str],
) -> DirectoryStore | S3Store:
    """Return the store at a place, once it is known to be private.

    :param connect: returns a client by the name of its service, ``s3`` and ``s3control``; for a folder none is made.
    :param account_id: returns the account that the bucket must be of. :raises ValueError: if others may get there.
    """
    if isinstance(place, FolderPlace):
        folder = DirectoryStore(place.path)
        folder.check_private()
        return folder
    store = S3Store(connect("s3"), call, place.bucket, place.prefix, account_id())
    store.check_private(connect("s3control"))
    return store
