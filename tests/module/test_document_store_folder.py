# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The store of documents in a folder: its owner's alone, and whole at any time."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._document_store import DirectoryStore

from tests.module.funding_writer import NAME


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "ledgers"


def test_files_are_their_owners_alone(folder: Path) -> None:
    store = DirectoryStore(str(folder))
    store.check_private()
    store.write(NAME, "one", None)
    assert {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in (folder, *folder.rglob("*"))} == {
        "ledgers": "0o700",
        ".lock": "0o600",
        "staging": "0o700",
        "kovan-0xbank.json": "0o600",
    }
    assert store.describe() == f"the folder {folder}"


def test_reading_makes_nothing(folder: Path) -> None:
    assert DirectoryStore(str(folder)).read(NAME) is None
    assert not folder.exists()


@pytest.mark.parametrize("act", ["check_private", "read", "write"])
def test_a_folder_that_others_may_read_is_refused(folder: Path, act: str) -> None:
    folder.mkdir(mode=0o750)
    store = DirectoryStore(str(folder))
    acts: dict[str, Callable[[], object]] = {
        "check_private": store.check_private,
        "read": lambda: store.read(NAME),
        "write": lambda: store.write(NAME, "one", None),
    }
    with pytest.raises(ValueError, match="folder") as caught:
        acts[act]()
    assert str(caught.value) == (
        f"The folder {folder} is open to others than its owner (mode 0750), who could change what was paid. Expected:"
        f" 0700. Look that what is in it is right, then: chmod 700 {folder}"
    )
    assert list(folder.iterdir()) == []


def test_a_folder_of_somebody_else_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir(mode=0o700)
    owner = folder.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with pytest.raises(ValueError, match="belongs") as caught:
        DirectoryStore(str(folder)).check_private()
    assert str(caught.value) == (
        f"The folder {folder} belongs to the user {owner}, and this runs as {owner + 1}. Expected: a folder of whoever"
        " funds. Run as that user, or change wallet_funding_store"
    )


def test_links(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    folder.symlink_to("real")
    store = DirectoryStore(str(folder))
    version = store.write(NAME, "one", None)
    assert (tmp_path / "real" / NAME).read_text() == "one"
    # In the folder, nothing is followed.
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "real" / "production").symlink_to(tmp_path / "elsewhere")
    production = tmp_path / "real" / "production"
    with pytest.raises(ValueError, match=f"{production} is not a folder. Expected: a folder, or nothing. Look what it"):
        store.write("production/kovan-0xbank.json", "one", None)
    document_file = tmp_path / "real" / NAME
    document_file.rename(tmp_path / "moved.json")
    document_file.symlink_to(tmp_path / "moved.json")
    with pytest.raises(ValueError, match=f"{document_file} cannot be written: Too many levels of symbolic links"):
        store.write(NAME, "two", version)
    with pytest.raises(ValueError, match=f"{document_file} cannot be read: Too many levels of symbolic links"):
        store.read(NAME)
    assert (tmp_path / "moved.json").read_text() == "one"


def test_what_a_killed_writer_left_is_removed(folder: Path) -> None:
    store = DirectoryStore(str(folder))
    version = store.write(NAME, "one", None)
    left = folder / "staging" / ".kovan-0xbank.json.0123456789abcdef"
    left.write_text("half")
    store.write(NAME, "two", version)
    assert sorted(path.name for path in (folder / "staging").iterdir()) == ["kovan-0xbank.json"]


def test_what_is_no_document(folder: Path) -> None:
    store = DirectoryStore(str(folder))
    store.write(NAME, "one", None)
    file = folder / NAME
    file.write_bytes(b"one\xff")
    with pytest.raises(ValueError, match=f"{file} is not UTF-8 text: byte 3 cannot be read as such. Find out who"):
        store.read(NAME)
    file.unlink()
    file.mkdir()
    with pytest.raises(ValueError, match=f"{file} is not a file. Expected: a file, or nothing. Look what it is"):
        store.read(NAME)
    plain = folder.parent / "plain"
    plain.write_text("")
    with pytest.raises(ValueError, match=f"{plain} is not a folder. Expected: a folder, or nothing. Look what it is"):
        DirectoryStore(str(plain)).check_private()
