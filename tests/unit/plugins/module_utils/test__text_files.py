# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils import _text_files
from ansible_collections.interchain.agent_ops.plugins.module_utils._text_files import (
    read_text,
    replace_text,
    write_copy,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.json"
    path.write_bytes(b'{"a": 1}\r\n\xc3\xa4')
    path.chmod(0o640)
    return path


def test_a_text_is_replaced_and_line_ends_and_mode_stay(file: Path) -> None:
    there = read_text(str(file))
    assert there.text == '{"a": 1}\r\nä'
    replace_text(there, there.text.replace("1", "2"))
    assert file.read_bytes() == b'{"a": 2}\r\n\xc3\xa4'
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert os.listdir(file.parent) == ["config.json"]


def test_a_link_stays_a_link_and_what_it_points_at_is_written(file: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.json"
    link.symlink_to("../config.json")
    there = read_text(str(link))
    replace_text(there, "new")
    assert link.is_symlink()
    assert file.read_text() == "new"
    assert os.listdir(tmp_path / "elsewhere") == ["link.json"]


def test_a_reader_sees_the_old_text_or_the_new_one(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    there = read_text(str(file))
    monkeypatch.setattr(_text_files.os, "replace", crash)
    with pytest.raises(ValueError, match=r"config.json cannot be written: No space left on device"):
        replace_text(there, "new")
    assert file.read_bytes() == b'{"a": 1}\r\n\xc3\xa4'
    assert os.listdir(file.parent) == ["config.json"]


def test_what_somebody_else_changed_meanwhile_is_left_alone(file: Path) -> None:
    there = read_text(str(file))
    file.write_text("theirs")
    with pytest.raises(ValueError, match=r"config.json was changed by somebody else meanwhile, and was left alone"):
        replace_text(there, "ours")
    assert file.read_text() == "theirs"


def test_an_owner_that_cannot_be_kept_is_said_before_anything_is_replaced(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    there = read_text(str(file))
    seen = file.stat()
    theirs = os.stat_result((*seen[:4], seen.st_uid + 1, *seen[5:]))
    monkeypatch.setattr(_text_files.os, "fchown", refuse)
    monkeypatch.setattr(Path, "stat", lambda _self, **_options: theirs)
    with pytest.raises(
        ValueError, match=rf"belongs to user {seen.st_uid + 1} and group {seen.st_gid}, which it could not"
    ):
        replace_text(there, "new")
    monkeypatch.undo()
    assert file.read_bytes() == b'{"a": 1}\r\n\xc3\xa4'


def test_a_file_that_may_not_be_written_is_left_alone(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Asked of the system, since its folder may be open to writing all the same; root may write everything.
    asked = []
    monkeypatch.setattr(_text_files.os, "access", lambda *arguments: asked.append(arguments))
    there = read_text(str(file))
    with pytest.raises(ValueError, match=r"config.json may not be written. Expected: write permission"):
        replace_text(there, "new")
    assert asked == [(file, os.W_OK)]
    assert file.read_bytes() == b'{"a": 1}\r\n\xc3\xa4'


def test_what_is_no_text_file_is_refused(file: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"missing.json cannot be read: No such file or directory"):
        read_text(str(tmp_path / "missing.json"))
    with pytest.raises(ValueError, match=r"cannot be read: Is a directory"):
        read_text(str(tmp_path))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match=r"pipe is not a file. Expected: a file"):
        read_text(str(tmp_path / "pipe"))
    file.write_bytes(b'{"a": "\xe4"}')
    with pytest.raises(ValueError, match=r"config.json is not UTF-8 text: byte 7 cannot be read as such"):
        read_text(str(file))
    (tmp_path / "dangling").symlink_to("nowhere")
    with pytest.raises(ValueError, match=r"dangling cannot be read: No such file"):
        read_text(str(tmp_path / "dangling"))


def test_a_file_beyond_all_measure_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_text_files, "_LARGEST", 4)
    with pytest.raises(ValueError, match=r"is larger than 0 MB"):
        read_text(str(file))


def test_a_copy_gets_the_mode_of_what_it_is_a_copy_of(tmp_path: Path) -> None:
    place = tmp_path / "new" / "folder" / "copy.json"
    write_copy(place, "text", 0o600)
    assert place.read_text() == "text"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    write_copy(place, "later", 0o644)
    assert (place.read_text(), stat.S_IMODE(place.stat().st_mode)) == ("later", 0o644)
