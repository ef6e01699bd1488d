# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that writes to a store of ledgers while others do: each line that it adds must stay."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller
from ansible_collections.interchain.agent_ops.plugins.module_utils._document_place import Conflict
from ansible_collections.interchain.agent_ops.plugins.module_utils._document_store import (
    DirectoryStore,
    S3Place,
    S3Store,
    parse_place,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_ledger_session import LedgerSession
from botocore.config import Config

from sandbox.client import ACCOUNT_ID

NAME = "staging/kovan-0xbank.json"


def store_at(text: str) -> DirectoryStore | S3Store:
    place = parse_place(text)
    if not isinstance(place, S3Place):
        return DirectoryStore(place.path)
    client = boto3.client("s3", config=Config(retries={"total_max_attempts": 1}))
    return S3Store(client, Caller(), place.bucket, place.prefix, ACCOUNT_ID, sleep=lambda _seconds: None)


def append(store: Any, line: str) -> str | None:
    """Add a line to whatever is there, and return the version that this made; None if others were told of it first.

    An answer may be lost, and another line added meanwhile: then a conflict is reported for a line that is there.
    """
    while True:
        there = store.read(NAME)
        if there and line in there.text.splitlines():
            return None
        try:
            return str(store.write(NAME, (there.text if there else "") + line + "\n", there.version if there else None))
        except Conflict:
            continue


def race(store: Any, who: str, threads: int, lines: int) -> list[str | None]:
    wanted = [f"{who}-{number}" for number in range(threads * lines)]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda line: append(store, line), wanted))


def main() -> None:
    what, place, who = sys.argv[1:4]
    store = store_at(place)
    if what == "race":
        print(json.dumps(race(store, who, threads=2, lines=6)), flush=True)
        return
    session = LedgerSession(store, environment="staging", network="kovan", chain_id=42, bank="0x" + "a" * 40)
    session.acquire(seconds=3600)
    print(session.holder, flush=True)
    # Until it is killed.
    sys.stdin.read()


if __name__ == "__main__":
    main()
