# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action signing_keys_report, in a real playbook: files, warnings and errors as a user meets them."""

from __future__ import annotations

import csv
import json
import re
import typing as t
from pathlib import Path

import pytest

from tests.unit.plugins.action.action_runs import Run

ADDRESS = "0xE94E130546485b928C9C9b9A5e69EB787172952e"
OTHER_ADDRESS = "0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1"
ACCOUNT = "111122223333"
AWS = {"account_id": ACCOUNT, "endpoint_url": "https://kms.us-west-2.amazonaws.com", "sandbox": False}
SANDBOX = {"account_id": "123456789012", "endpoint_url": "http://127.0.0.1:5555", "sandbox": True}
FIELDS = (
    "name environment network agent purpose backend alias key_id arn region description address public_key key_spec"
    " state action"
).split()


def row(name: str, **changes: t.Any) -> dict[str, t.Any]:
    held: dict[str, t.Any] = dict.fromkeys(FIELDS)
    held.update(
        name=f"staging-{name}",
        environment="staging",
        alias=f"alias/staging-{name}",
        key_id=f"key-of-{name}",
        arn=f"arn:aws:kms:us-west-2:{ACCOUNT}:key/key-of-{name}",
        region="us-west-2",
        description=f"staging {name}",
        address=ADDRESS,
        state="Enabled",
        action="unchanged",
    )
    return {**held, "error": None, "tags": {}, **changes}


def task(name: str, rows: list[dict[str, t.Any]], root: str, **changes: t.Any) -> dict[str, t.Any]:
    keywords: dict[str, t.Any] = {
        word: changes.pop(word) for word in ("check_mode", "ignore_errors") if word in changes
    }
    options = {"environment": "staging", "signing_keys": rows, "artifacts_root": root, "order": [], **AWS, **changes}
    return {"name": name, "register": name, "interchain.agent_ops.signing_keys_report": options, **keywords}


A, B, C = row("a"), row("b"), row("c", network="kovan")
MOVED = row("b", address=OTHER_ADDRESS)
FAILED = row(
    "b", action="failed", arn=None, address=None, state=None, error="b: what was found. Expected: this. Do that"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("report")


@pytest.fixture(scope="module")
def run(folder: Path, ansible_playbook: t.Callable[..., t.Any]) -> Run:
    """All that succeeds, in one run of ansible-playbook; tasks that name one folder belong together."""
    order = ["staging-c", "staging-b", "staging-a"]
    return Run(
        ansible_playbook,
        folder,
        [
            task("first", [row("a", action="created"), row("b", action="created")], "plain"),
            task("second", [A, B], "plain"),
            task("planned", [row("z", action="created")], "plan", check_mode=True),
            task("whole", [A, B, C], "merged", order=order),
            task("limited", [row("c", action="updated", description="new")], "merged", order=order),
            task("then_planned", [row("a", action="updated", description="new")], "merged", check_mode=True),
            task("before", [A, B], "moved"),
            task("moved", [A, MOVED], "moved"),
            task("settled", [A, MOVED], "moved"),
            task("known", [A, B], "failing"),
            task("failing", [A, FAILED], "failing"),
            task("quiet", [A], "quiet", show=False),
            task("shown", [A], "shown", write=False),
            task("sandbox", [A], "artifacts", **SANDBOX),
            task("overlaid", [A], "artifacts/sandbox", **SANDBOX),
            task("one_account", [A, B], "accounts"),
            task("other_account", [A], "accounts", account_id="444455556666"),
        ],
    )


def report(folder: Path, root: str) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", json.loads((folder / root / "signing_keys.json").read_text(encoding="utf-8")))


def test_the_files_are_written(run: Run, folder: Path) -> None:
    assert run.results["first"]["changed"] is True
    files = [f"plain/staging/signing_keys.{kind}" for kind in ("json", "csv", "md")]
    assert [Path(file) for file in run.results["first"]["files"]] in (
        [Path(file) for file in files],
        [folder / file for file in files],
    )
    assert sorted(file.name for file in (folder / "plain/staging").iterdir()) == [
        "signing_keys.csv",
        "signing_keys.json",
        "signing_keys.md",
    ]
    assert report(folder, "plain/staging") == {"environment": "staging", **AWS, "signing_keys": [A, B]}
    with (folder / "plain/staging/signing_keys.csv").open(encoding="utf-8", newline="") as stream:
        assert [line["Ethereum Address"] for line in csv.DictReader(stream)] == [ADDRESS, ADDRESS]
    assert f"| alias/staging-b | us-west-2 | {B['key_id']} |" in (folder / "plain/staging/signing_keys.md").read_text()


def test_the_files_are_as_readable_as_the_umask_says(run: Run, folder: Path) -> None:
    assert run.results["first"]["changed"]
    assert {file.stat().st_mode & 0o777 for file in (folder / "plain/staging").iterdir()} == {0o640}


def test_a_second_run_changes_nothing(run: Run) -> None:
    assert run.results["second"]["changed"] is False
    assert run.results["second"]["address_changes"] == []


def test_the_table_is_shown_in_the_job_log(run: Run) -> None:
    lines = run.output["second"].splitlines()
    assert "Signing keys of staging, AWS account 111122223333, https://kms.us-west-2.amazonaws.com" in lines
    assert "2 keys: 2 unchanged" in lines
    assert sum(ADDRESS in line for line in lines) == 2
    assert not [line for line in lines if "\\n" in line or '"alias' in line]


def test_check_mode_writes_nothing_and_says_what_would_change(run: Run, folder: Path) -> None:
    assert run.results["planned"]["changed"] is True
    assert not (folder / "plan").exists()
    assert "1 keys: 1 would be created" in run.output["planned"]
    assert "Report: " not in run.output["planned"]
    assert run.results["then_planned"]["changed"] is True
    assert [one["description"] for one in report(folder, "merged/staging")["signing_keys"]][-1] == "staging a"


def test_a_limited_run_is_merged_into_the_last_report(run: Run, folder: Path) -> None:
    assert run.results["limited"]["changed"] is True
    rows = report(folder, "merged/staging")["signing_keys"]
    assert [one["name"] for one in rows] == ["staging-c", "staging-b", "staging-a"]
    assert (rows[0]["description"], rows[0]["action"]) == ("new", "updated")
    assert rows[1:] == [B, A]
    assert "1 keys: 1 updated" in run.output["limited"]


def test_a_changed_address_is_said_loudly_with_both_and_once(run: Run) -> None:
    (told,) = run.results["moved"]["address_changes"]
    assert told.startswith(f"The address of staging-b was {ADDRESS} in the last report, and is {OTHER_ADDRESS} now.")
    shown = " ".join((run.output["moved"] + run.stderr).split())
    assert f"[WARNING]: The address of staging-b was {ADDRESS}" in shown
    assert run.results["settled"]["address_changes"] == []
    assert run.results["settled"]["changed"] is False
    for quiet in ("first", "second", "before", "settled", "limited"):
        assert not run.results[quiet].get("warnings"), quiet


def test_a_failed_key_keeps_its_last_known_address(run: Run, folder: Path) -> None:
    rows = report(folder, "failing/staging")["signing_keys"]
    assert [(one["address"], one["action"]) for one in rows] == [(ADDRESS, "unchanged"), (ADDRESS, "failed")]
    assert "FAILED staging-b: b: what was found. Expected: this. Do that" in run.output["failing"]


def test_writing_and_showing_are_chosen_apart(run: Run, folder: Path) -> None:
    assert "Signing keys of" not in run.output["quiet"]
    assert (folder / "quiet/staging/signing_keys.json").exists()
    assert ADDRESS in run.output["shown"]
    assert run.results["shown"]["changed"] is False
    assert not (folder / "shown").exists()


def test_the_files_are_named_only_if_they_were_written(run: Run) -> None:
    assert "Report: " in run.output["first"]
    assert "Report: " not in run.output["shown"]


@pytest.mark.parametrize("name", ["sandbox", "overlaid"])
def test_a_sandboxes_reports_have_a_folder_of_their_own(run: Run, folder: Path, name: str) -> None:
    assert {str(Path(file).parent).removeprefix(f"{folder}/") for file in run.results[name]["files"]} == {
        "artifacts/sandbox/staging"
    }
    assert not (folder / "artifacts/staging").exists()
    assert "SANDBOX: this is not AWS." in run.output[name]


@pytest.mark.parametrize("kind", ["json", "csv", "md"])
def test_every_report_of_a_sandbox_says_so(run: Run, folder: Path, kind: str) -> None:
    assert run.results["sandbox"]["changed"]
    text = (folder / f"artifacts/sandbox/staging/signing_keys.{kind}").read_text(encoding="utf-8")
    assert "sandbox" in text.lower()


def test_another_account_than_in_the_last_report_is_said_loudly(run: Run) -> None:
    (told,) = run.results["other_account"]["address_changes"]
    assert told.startswith(f"The last report was of the AWS account {ACCOUNT}, ")
    assert "444455556666" in told
    assert "[WARNING]: The last report was of the AWS account" in run.output["other_account"] + run.stderr
    assert run.results["other_account"]["changed"] is True


def test_a_report_never_shows_keys_of_one_account_under_the_name_of_another(run: Run, folder: Path) -> None:
    assert run.results["other_account"]["changed"]
    found = report(folder, "accounts/staging")
    assert found["account_id"] == "444455556666"
    assert [one["name"] for one in found["signing_keys"]] == ["staging-a"]


# Errors --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory, ansible_playbook: t.Callable[..., t.Any]) -> tuple[Run, Path]:
    folder = tmp_path_factory.mktemp("broken")
    for name in ("garbage", "binary", "list", "nameless", "blocked", "half"):
        (folder / name / "staging").mkdir(parents=True)
    contents = {"garbage": b"{", "binary": b"\xff\xfe\x00", "list": b"[]", "nameless": b'{"signing_keys": [{"x": 1}]}'}
    for name, content in contents.items():
        (folder / name / "staging/signing_keys.json").write_bytes(content)
    # Root may write anywhere, so that a file or a folder in the way stands for what cannot be written.
    (folder / "file").write_text("not a folder")
    (folder / "blocked/staging/signing_keys.json").mkdir()
    (folder / "half/staging/signing_keys.csv").mkdir()
    (folder / "half/staging/signing_keys.csv/x").touch()
    names = [*contents, "file", "blocked", "half"]
    tasks = [task(name, [A], name, ignore_errors=True) for name in names]
    incomplete = task("incomplete", [A], "x", ignore_errors=True)
    del incomplete["interchain.agent_ops.signing_keys_report"]["account_id"]
    tasks += [task("mixed", [A], "artifacts/sandbox", ignore_errors=True), incomplete]
    return Run(ansible_playbook, folder, tasks), folder


@pytest.mark.parametrize("name", ["garbage", "binary", "list", "nameless"])
def test_a_last_report_that_is_none_is_an_error_that_names_the_file(broken: tuple[Run, Path], name: str) -> None:
    run, folder = broken
    result = run.results[name]
    assert result["failed"] is True
    assert f"The last report {name}/staging/signing_keys.json" in result["msg"].replace(f"{folder}/", "")
    assert "is not a report of signing keys" in result["msg"]
    assert "Move it away and run again" in result["msg"]
    # Whatever it is, it is not written over.
    assert [file.name for file in (folder / name / "staging").iterdir()] == ["signing_keys.json"]


@pytest.mark.parametrize("name", ["blocked", "file", "half"])
def test_files_that_cannot_be_read_or_written_are_an_error_that_names_them(broken: tuple[Run, Path], name: str) -> None:
    run, folder = broken
    result = run.results[name]
    assert result["failed"] is True
    told = result["msg"].replace(f"{folder}/", "")
    assert re.search(
        rf"The (last )?report in {name}/staging cannot be written: |The last report cannot be read: .*{name}/staging/",
        told,
    )
    assert not list(folder.glob("*/staging/.signing_keys*"))


@pytest.mark.parametrize("name", ["garbage", "blocked", "file", "half"])
def test_the_table_is_shown_even_if_the_files_cannot_be_written(broken: tuple[Run, Path], name: str) -> None:
    # The keys may have been created a moment ago: their addresses must not be lost with the files.
    run, _folder = broken
    assert ADDRESS in run.output[name]
    assert "alias/staging-a" in run.output[name]


def test_keys_in_aws_are_not_reported_among_those_of_the_sandbox(broken: tuple[Run, Path]) -> None:
    run, folder = broken
    assert run.results["mixed"]["failed"] is True
    assert "The run uses AWS, but its artifacts would go to artifacts/sandbox" in run.results["mixed"]["msg"]
    assert "Leave inventories/sandbox out" in run.results["mixed"]["msg"]
    assert not (folder / "artifacts").exists()


def test_a_missing_option_is_an_error_that_names_it(broken: tuple[Run, Path]) -> None:
    run, folder = broken
    assert run.results["incomplete"]["failed"] is True
    assert "account_id" in run.results["incomplete"]["msg"]
    assert not (folder / "x").exists()


# Atomicity -----------------------------------------------------------------------------------------------------------


def test_whoever_reads_a_report_while_it_is_written_sees_a_whole_one(tmp_path: Path) -> None:
    from ansible_collections.interchain.agent_ops.plugins.plugin_utils import _report_files

    file = tmp_path / "staging/signing_keys.json"
    file.parent.mkdir()
    _report_files.replace(file, "old" * 10_000)
    with file.open(encoding="utf-8") as reader:
        _report_files.replace(file, "new")
        assert reader.read() == "old" * 10_000
    assert file.read_text(encoding="utf-8") == "new"
    with pytest.raises(UnicodeEncodeError):
        _report_files.replace(file, "half" * 10_000 + "\ud800")
    assert file.read_text(encoding="utf-8") == "new"
    assert list(file.parent.iterdir()) == [file]
