# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan takes from the disk: inputs, commit, program; and the record, which survives crashes and races."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils import _deployment_command, _deployment_read
from ansible_collections.interchain.agent_ops.plugins.module_utils import _deployment_record as records

from tests.unit.plugins.module_utils.deployment_world import checkout, commit, git

NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
BATCH = json.dumps([{"to": "0x11", "data": "0x99a88ec4" + "00" * 64}])


@pytest.fixture
def there(tmp_path: Path) -> Path:
    return checkout(tmp_path / "checkout")


def paths(found: t.Iterable[_deployment_read.Found]) -> list[str]:
    return [one.path for one in found]


def test_inputs_are_what_is_named_what_matches_and_what_arguments_name(there: Path, tmp_path: Path) -> None:
    (there / "deep" / "er").mkdir(parents=True)
    for name in ("deep/a.json", "deep/er/b.json", "deep/er/.hidden.json", "c.json", "d.json", "e.json"):
        (there / name).write_text(name)
    outside = tmp_path / "outside.json"
    outside.write_text(BATCH)
    command = ["run", "c.json", "--config=d.json", "@e.json", "no-file", str(outside), "x" * 5000]
    found = _deployment_read.find_inputs(there, ["deep/**/*.json", "config.json"], ["c.json"], command)
    expected = ["c.json", "config.json", "d.json", "deep/a.json", "deep/er/.hidden.json", "deep/er/b.json", "e.json"]
    assert sorted(paths(found)) == sorted([*expected, str(outside)])
    kinds = {one.path: one.verdict.kind for one in found}
    assert kinds[str(outside)] == "upgrade"
    # Declared to be a batch, it must be one.
    assert kinds["c.json"] == "opaque"
    assert kinds["d.json"] == "none"
    before = {one.path: one.sha256 for one in found}
    (there / "d.json").write_text("other")
    after = {
        one.path: one.sha256
        for one in _deployment_read.find_inputs(there, ["deep/**/*.json", "config.json"], ["c.json"], command)
    }
    assert [path for path in before if before[path] != after[path]] == ["d.json"]


def test_words_and_folders_in_arguments_count_too(there: Path) -> None:
    (there / ".gitignore").write_text("ignored*\n")
    (there / "chart" / "templates").mkdir(parents=True)
    for name in ("chart/values.json", "chart/templates/a.json", "chart/ignored.json", "a.json", "b.json"):
        (there / name).write_text(BATCH)
    command = ["sh", "-c", "cat a.json|run --batch='b.json'; run chart/", ".", "..", "/"]
    found = _deployment_read.find_inputs(there, [], [], command)
    assert paths(found) == ["a.json", "b.json", "chart/templates/a.json", "chart/values.json"]
    assert {one.verdict.kind for one in found} == {"upgrade"}
    assert paths(_deployment_read.find_inputs(there, [], [], ["helm", str(there / "chart/templates")])) == [
        "chart/templates/a.json"
    ]


@pytest.mark.parametrize(
    "command",
    [
        ["run", "-v", "batch.json:/in:ro"],
        ["run", "file:batch.json"],
        ["run", "-fbatch.json"],
        ["./batch.json"],
        ["run", "linked"],
        ["run", "folder"],
    ],
)
def test_no_way_to_name_a_file_hides_it(there: Path, tmp_path: Path, command: list[str]) -> None:
    outside = tmp_path / "outside"
    for folder in (outside, there / "folder"):
        folder.mkdir()
    (there / "batch.json").write_text(BATCH)
    (outside / "batch.json").write_text(BATCH)
    (there / "linked").symlink_to(outside)
    (there / "folder" / "linked").symlink_to(outside)
    (found,) = _deployment_read.find_inputs(there, [], [], command)
    assert found.path.endswith("batch.json")
    assert found.verdict.kind == "upgrade"


def test_a_link_to_everything_is_refused_and_not_walked_to_its_end(
    there: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_deployment_read, "_MOST_FILES", 3)
    outside = tmp_path / "outside"
    outside.mkdir()
    for number in range(9):
        (outside / str(number)).write_text("")
    (there / "linked").symlink_to(outside)
    with pytest.raises(ValueError, match=r"^The inputs of the deployment are 4 files; expected up to 3\. Name fewer"):
        _deployment_read.find_inputs(there, [], [], ["run", "linked"])


def test_a_name_that_is_no_text_hides_nothing(there: Path) -> None:
    folder = there / "folder"
    folder.mkdir()
    name = os.fsdecode(b"b\xff.json")
    try:
        (folder / name).write_text(BATCH)
    except OSError:
        pytest.skip("this file system takes names of text only")
    (found,) = _deployment_read.find_inputs(there, [], [], ["run", "folder"])
    assert (found.path, found.verdict.kind) == ("folder/b\\xff.json", "upgrade")
    commit(there)
    (folder / name).write_text("{}")
    with pytest.raises(ValueError, match=r"not committed: folder/b\\xff\.json\."):
        _deployment_read.find_commit(there, there / "artifacts")


@pytest.mark.parametrize(
    ("content", "kind"), [(" \n" * 40 + BATCH, "opaque"), ("\ufeff" + BATCH, "opaque"), ("xyz", "none")]
)
def test_a_file_that_is_too_large_to_look_into_is_judged_by_its_beginning(
    there: Path, monkeypatch: pytest.MonkeyPatch, content: str, kind: str
) -> None:
    monkeypatch.setattr(_deployment_read, "_LARGEST_BATCH", len(content.encode()) - 1)
    (there / "large").write_text(content)
    (found,) = _deployment_read.find_inputs(there, ["large"], [], ["run"])
    assert (found.verdict.kind, found.sha256) == (kind, hashlib.sha256(content.encode()).hexdigest())


def test_an_input_that_is_not_there_is_an_error(there: Path) -> None:
    for pattern in ("absent.json", "*.yaml", "/absent/*"):
        with pytest.raises(
            ValueError, match=re.escape(f"deployment_inputs names {pattern}, and there is no such file")
        ):
            _deployment_read.find_inputs(there, [pattern], [], ["run"])
    with pytest.raises(ValueError, match="deployment_call_batches names ''; expected a file, or a pattern"):
        _deployment_read.find_inputs(there, [], [""], ["run"])


def test_the_commit_is_what_is_deployed_and_nothing_else(there: Path) -> None:
    assert _deployment_read.find_commit(there, there / "artifacts") == git(there, "rev-parse", "HEAD").strip()
    (there / "artifacts").mkdir()
    (there / "artifacts" / "plan.json").write_text("{}")
    assert _deployment_read.find_commit(there, there / "artifacts")
    for name in ("artifacts.json", "new.json"):
        (there / name).write_text("{}")
    with pytest.raises(ValueError, match=r"has changes that are not committed: artifacts\.json, new\.json\. What is"):
        _deployment_read.find_commit(there, there / "artifacts")
    with pytest.raises(ValueError, match=r"artifacts\.json, artifacts/, new\.json\."):
        _deployment_read.find_commit(there, there.parent)
    commit(there)
    # Nobody hides a change of the checkout's own below what is called artifacts.
    (there / "artifacts" / "plan.json").write_text("{1}")
    with pytest.raises(ValueError, match=r"not committed: artifacts/plan\.json\."):
        _deployment_read.find_commit(there, there / "artifacts")
    git(there, "checkout", "--quiet", ".")
    (there / "config.json").write_text("{}")
    with pytest.raises(ValueError, match=r"not committed: config\.json\."):
        _deployment_read.find_commit(there, there / "artifacts")


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_a_change_that_git_was_told_to_overlook_is_seen(there: Path, flag: str) -> None:
    (there / "deep").mkdir()
    (there / "deep" / "a.json").write_text("{}")
    commit(there)
    git(there, "update-index", flag, "deep/a.json")
    (there / "deep" / "a.json").write_text("changed")
    with pytest.raises(ValueError, match=r"not committed: deep/a\.json \(git overlooks it\)\."):
        _deployment_read.find_commit(there / "deep", there / "artifacts")
    (there / "deep" / "a.json").unlink()
    if flag == "--skip-worktree":
        assert _deployment_read.find_commit(there, there / "artifacts")
    else:
        with pytest.raises(ValueError, match=r"not committed: deep/a\.json \(git overlooks it\)\."):
            _deployment_read.find_commit(there, there / "artifacts")


def test_a_commit_that_git_was_told_to_take_for_another_is_the_one_that_it_is(there: Path) -> None:
    approved = git(there, "rev-parse", "HEAD").strip()
    (there / "config.json").write_text("changed")
    commit(there)
    other = git(there, "rev-parse", "HEAD").strip()
    git(there, "reset", "--quiet", "--soft", approved)
    git(there, "replace", approved, other)
    assert git(there, "status", "--porcelain") == ""
    with pytest.raises(ValueError, match=r"not committed: config\.json\."):
        _deployment_read.find_commit(there, there / "artifacts")


def test_a_change_that_leaves_size_and_time_as_they_were_is_seen(there: Path) -> None:
    file = there / "config.json"
    git(there, "config", "core.trustctime", "false")
    git(there, "config", "core.checkStat", "minimal")
    # Long ago: what was changed just now is looked at in any case.
    os.utime(file, (1_700_000_000, 1_700_000_000))
    git(there, "status")
    file.write_text("x" * file.stat().st_size)
    os.utime(file, (1_700_000_000, 1_700_000_000))
    assert git(there, "status", "--porcelain") == ""
    with pytest.raises(ValueError, match=r"not committed: config\.json\."):
        _deployment_read.find_commit(there, there / "artifacts")


def test_without_a_commit_there_is_no_plan(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="git knows no commit there: fatal: not a git repository"):
        _deployment_read.find_commit(tmp_path, tmp_path)


def test_programs_are_found_as_a_shell_finds_them(there: Path) -> None:
    assert _deployment_read.find_program(there, "./deploy.sh") == there / "deploy.sh"
    assert _deployment_read.find_program(there, "sh").name == "sh"
    with pytest.raises(ValueError, match=r"names the program \./config\.json, and .* is no file that can be run"):
        _deployment_read.find_program(there, "./config.json")
    with pytest.raises(ValueError, match="names the program no-such-program, which is not on PATH"):
        _deployment_read.find_program(there, "no-such-program")


def test_a_command_gets_no_shell_and_its_output_is_for_its_owner(
    there: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAN", str(tmp_path / "ran"))
    monkeypatch.setenv("CODE", "3")
    seen: list[str] = []
    log = tmp_path / "output.log"
    options: dict[str, t.Any] = {"program": there / "deploy.sh", "directory": there, "log": log, "show": seen.append}
    assert _deployment_command.run(["./deploy.sh", "$HOME; ls", "*"], **options) == (3, "")
    assert seen == ["deployed $HOME; ls *"]
    assert log.read_text() == "deployed $HOME; ls *\n"
    assert log.stat().st_mode & 0o777 == 0o600
    with pytest.raises(ValueError, match="cannot be written: File exists"):
        _deployment_command.run(["./deploy.sh"], **options)
    options |= {"log": tmp_path / "second.log", "program": there / "config.json"}
    with pytest.raises(ValueError, match="cannot be run: Permission denied"):
        _deployment_command.run(["./config.json"], **options)


def test_the_record_only_grows(tmp_path: Path) -> None:
    path = tmp_path / "a" / "record.jsonl"
    assert records.read(path) == []
    with records.locked(path) as record:
        record.append("planned", "p", NOW, environment="staging")
        first = path.read_bytes()
    with records.locked(path) as record:
        record.append("started", "p", NOW)
        assert [entry["event"] for entry in record.of("p", "started")] == ["started"]
        assert record.of("q", "started") == []
    assert path.read_bytes().startswith(first)
    assert path.stat().st_mode & 0o777 == 0o600
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [entry["event"] for entry in lines] == ["planned", "started"]
    assert lines[0]["at"] == "2026-05-06T07:08:09Z"
    assert records.read(path) == lines


def test_a_line_is_on_the_disk_before_anything_is_done_on_the_strength_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "record.jsonl"
    synced: list[bytes] = []
    monkeypatch.setattr(records.os, "fsync", lambda _handle: synced.append(path.read_bytes()))
    with records.locked(path) as record:
        record.append("started", "p", NOW)
        assert synced == [path.read_bytes()]


def test_a_run_without_an_end_is_found(tmp_path: Path) -> None:
    path = tmp_path / "record.jsonl"
    with records.locked(path) as record:
        for event, plan in (("started", "p"), ("started", "q"), ("ended", "p"), ("planned", "r")):
            record.append(event, plan, NOW)
    assert [entry["plan"] for entry in records.unfinished(records.read(path))] == ["q"]
    with records.locked(path) as record:
        record.append("started", "s", NOW)
        assert [entry["plan"] for entry in records.unfinished(record.entries)] == ["q", "s"]
        record.append("ended", "s", NOW)
    assert records.unfinished(records.read(path)) == []


def test_a_line_that_was_not_finished_is_none_and_the_next_takes_its_place(tmp_path: Path) -> None:
    path = tmp_path / "record.jsonl"
    with records.locked(path) as record:
        record.append("planned", "p", NOW)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"at": "2026-05-06T07:0')
    assert len(records.read(path)) == 1
    with records.locked(path) as record:
        record.append("started", "p", NOW)
    assert [entry["event"] for entry in records.read(path)] == ["planned", "started"]
    assert path.read_bytes().startswith(whole)


@pytest.mark.parametrize("tamper", ["remove the first", "remove the second", "change", "no JSON", "not an entry"])
def test_a_record_that_was_changed_is_not_relied_upon(tmp_path: Path, tamper: str) -> None:
    path = tmp_path / "record.jsonl"
    with records.locked(path) as record:
        for event in ("planned", "started", "ended"):
            record.append(event, "p", NOW)
    first, second, third = path.read_bytes().splitlines(keepends=True)
    contents = {
        "remove the first": second + third,
        "remove the second": first + third,
        "change": first + second.replace(b"started", b"rumours") + third,
        "no JSON": first + b"\n" + second + third,
        "not an entry": first + b"[]\n" + second,
    }
    path.write_bytes(contents[tamper])
    for look in (lambda: records.read(path), lambda: records.locked(path).__enter__()):
        with pytest.raises(ValueError, match=r"is not what was written: line \d does not follow the one before it"):
            look()


def _claim(path: Path, number: int) -> bool:
    with records.locked(path) as record:
        if record.of("p", "started"):
            return False
        time.sleep(0.01)
        record.append("started", "p", NOW, number=number)
        return True


def test_of_many_that_claim_a_plan_at_once_one_gets_it(tmp_path: Path) -> None:
    # Each opens the file itself, so that the lock is between them as it is between processes.
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda number: _claim(tmp_path / "r", number), range(8)))
    (entry,) = records.read(tmp_path / "r")
    assert [number for number, one in enumerate(got) if one] == [entry["number"]]


def test_a_record_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="cannot be opened: File exists"), records.locked(tmp_path / "file" / "r"):
        pass
    (tmp_path / "link").symlink_to(tmp_path / "file")
    with pytest.raises(ValueError, match="cannot be opened: Too many levels"), records.locked(tmp_path / "link"):
        pass
