# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The store of documents, in a bucket and in a folder: of writers at once one wins, nothing is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller
from ansible_collections.interchain.agent_ops.plugins.module_utils._document_place import Conflict
from ansible_collections.interchain.agent_ops.plugins.module_utils._document_store import (
    DirectoryStore,
    S3Store,
    open_store,
    parse_place,
)

from sandbox.client import ACCOUNT_ID, Sandbox
from tests.module.document_store_case import BUCKET, PLACE, Aws, bucket_store, make_bucket
from tests.module.funding_writer import NAME
from tests.sandbox.s3_world import make_public, s3control


@pytest.fixture
def s3(sandbox: Sandbox, aws: Aws) -> Any:
    return make_bucket(sandbox, aws)


@pytest.fixture(params=["bucket", "folder"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Both kinds of places."""
    if request.param == "folder":
        return str(tmp_path / "ledgers")
    request.getfixturevalue("s3")
    return PLACE


@pytest.fixture
def store(place: str, request: pytest.FixtureRequest) -> DirectoryStore | S3Store:
    return bucket_store(request.getfixturevalue("s3")) if place == PLACE else DirectoryStore(place)


def test_what_is_written_is_read_by_whoever_comes_next(store: DirectoryStore | S3Store) -> None:
    assert store.durable
    assert store.read(NAME) is None
    first = store.write(NAME, "one ä\r\n", None)
    assert store.read(NAME) == ("one ä\r\n", first)
    second = store.write(NAME, "two", first)
    assert store.read(NAME) == ("two", second)
    assert len({first, second}) == 2
    assert store.read("production/kovan-0xbank.json") is None


def test_only_what_was_read_is_replaced(store: DirectoryStore | S3Store) -> None:
    first = store.write(NAME, "one", None)
    store.write(NAME, "two", first)
    for version in (None, first, '"of nothing"'):
        with pytest.raises(Conflict, match=r"staging/kovan-0xbank.json was changed by somebody else since it was read"):
            store.write(NAME, "three", version)
    there = store.read(NAME)
    assert there is not None
    assert there.text == "two"
    # What is not there cannot be what was read.
    with pytest.raises(Conflict):
        store.write("staging/other.json", "one", first)


def test_a_name_cannot_lead_out_of_the_store(store: DirectoryStore | S3Store) -> None:
    for act in (lambda: store.read("../x.json"), lambda: store.write("../x.json", "", None)):
        with pytest.raises(ValueError, match=r"'../x.json' is no name of a document"):
            act()


def raced(place: str, environment: dict[str, str]) -> list[str]:
    """The versions that three processes of two threads made, six lines each thread."""
    children = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.module.funding_writer", "race", place, who],
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )
        for who in ("first", "second", "third")
    ]
    versions: list[str | None] = []
    for child in children:
        output, _unused = child.communicate(timeout=120)
        assert child.returncode == 0
        versions += json.loads(output)
    assert len(versions) == 36
    return [version for version in versions if version is not None]


LINES = sorted(f"{who}-{number}" for who in ("first", "second", "third") for number in range(12))


def test_processes_and_threads_that_write_at_once(
    place: str, store: DirectoryStore | S3Store, environment: dict[str, str]
) -> None:
    """Every version is one writer's, and every line of everybody is there once."""
    versions = raced(place, environment)
    assert len(set(versions)) == len(versions) == 36
    there = store.read(NAME)
    assert there is not None
    assert sorted(there.text.splitlines()) == LINES


def test_writers_at_once_of_whose_answers_a_third_is_lost(
    sandbox: Sandbox, s3: Any, environment: dict[str, str]
) -> None:
    sandbox.add_fault(action="s3:PutObject", kind="lost_answer", probability=0.3, seed=5)
    versions = raced(PLACE, environment)
    assert len(set(versions)) == len(versions)
    sandbox.remove_faults()
    there = bucket_store(s3).read(NAME)
    assert there is not None
    assert sorted(there.text.splitlines()) == LINES


def test_a_store_is_opened_by_its_place(sandbox: Sandbox, s3: Any, tmp_path: Path) -> None:
    def connect(service: str) -> Any:
        return s3 if service == "s3" else s3control(sandbox)

    opened = open_store(parse_place(PLACE), connect=connect, call=Caller(), account_id=lambda: ACCOUNT_ID)
    assert opened.describe() == PLACE

    def refuse(*_arguments: Any) -> Any:
        raise AssertionError("a folder needs no AWS")

    folder = open_store(parse_place(str(tmp_path / "x")), connect=refuse, call=Caller(), account_id=refuse)
    assert isinstance(folder, DirectoryStore)
    make_public(s3, BUCKET)
    with pytest.raises(ValueError, match="is public"):
        open_store(parse_place(PLACE), connect=connect, call=Caller(), account_id=lambda: ACCOUNT_ID)
