# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action access_matrix_report, in a real playbook: what is shown, which files are written, and errors."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest

ARN = "arn:aws:iam::111122223333:user/mallory"
AWS = {"account_id": "111122223333", "endpoint_url": "https://iam.amazonaws.com", "sandbox": False}
SANDBOX = {"account_id": "123456789012", "endpoint_url": "http://127.0.0.1:5555", "sandbox": True}
DIFFERENCE = {
    "kind": "unexpected_access",
    "principal": "mallory",
    "found": "The user mallory may sign with staging-bank",
    "expected": "only the principals that the inventory names may",
    "where_to_change": "Take the right away where it comes from",
}


def found(**changes: t.Any) -> dict[str, t.Any]:
    answers = {"sign": "yes", "public_key": "no", "create_grant": "no", "put_key_policy": "no", "tag_resource": "no"}
    row = {"principal": "mallory", "arn": ARN, "key": "staging-bank", "unexpected": ["sign"], "missing": [], **answers}
    principal = {"name": "mallory", "arn": ARN, "kind": "user", "duty": "other", "operator": None}
    resource = {"name": "staging-bank", "network": None, "agent": "bank", "purpose": "signer", "environment": "staging"}
    return {
        "changed": False,
        "matrix": [row],
        "principals": [{**principal, "administrator": False, "named": False}],
        "resources": [{**resource, "wanted": True, "arn": "arn:of:bank", "error": None}],
        "differences": [DIFFERENCE],
        "not_read": ["Service control policies."],
        **AWS,
        **changes,
    }


def task(name: str, result: t.Any, root: str, **changes: t.Any) -> dict[str, t.Any]:
    keywords: dict[str, t.Any] = {
        word: changes.pop(word) for word in ("check_mode", "ignore_errors") if word in changes
    }
    options = {"environment": "staging", "result": result, "artifacts_root": root, **changes}
    return {"name": name, "register": name, "interchain.agent_ops.access_matrix_report": options, **keywords}


class Run:
    def __init__(self, ansible_playbook: t.Callable[..., t.Any], folder: Path, tasks: list[dict[str, t.Any]]) -> None:
        names = [one["register"] for one in tasks]
        last = {"name": "results", "ansible.builtin.debug": {"msg": "{{ results }}"}}
        done = ansible_playbook(folder, [*tasks, last], results={name: f"{{{{ {name} }}}}" for name in names})
        shown = re.search(r"TASK \[results\].*?^ok: \[localhost\] => (\{.*?^\})", done.stdout, re.DOTALL | re.MULTILINE)
        assert shown, done.stdout + done.stderr
        self.results: dict[str, t.Any] = json.loads(shown[1])["msg"]
        self.output: dict[str, str] = dict(
            re.findall(r"^TASK \[(\w+)\] \**\n(.*?)(?=^TASK|\Z)", done.stdout, re.DOTALL | re.MULTILINE)
        )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("matrix")


@pytest.fixture(scope="module")
def run(folder: Path, ansible_playbook: t.Callable[..., t.Any]) -> Run:
    (folder / "file").write_text("not a folder")
    (folder / "garbage/staging").mkdir(parents=True)
    (folder / "garbage/staging/access_matrix.json").write_bytes(b"\xff{")
    incomplete = found()
    del incomplete["principals"]
    return Run(
        ansible_playbook,
        folder,
        [
            task("first", found(), "plain"),
            task("second", found(), "plain"),
            task("mended", found(differences=[]), "plain"),
            task("planned", found(), "plan", check_mode=True),
            task("sandbox", found(**SANDBOX), "artifacts"),
            task("quiet", found(), "quiet", show=False),
            task("shown", found(), "shown", write=False),
            task("garbage", found(), "garbage"),
            task("mixed", found(), "artifacts/sandbox", ignore_errors=True),
            task("file", found(), "file", ignore_errors=True),
            task("incomplete", incomplete, "x", ignore_errors=True),
        ],
    )


def test_the_files_are_written_and_named(run: Run, folder: Path) -> None:
    result = run.results["first"]
    assert result["changed"] is True
    assert Path(result["directory"]) in (Path("plain/staging"), folder / "plain/staging")
    assert [Path(file).name for file in result["files"]] == ["access_matrix.json", "access_matrix.md"]
    held = json.loads((folder / "quiet/staging/access_matrix.json").read_text(encoding="utf-8"))
    expected = found()
    del expected["changed"]
    assert held == {"environment": "staging", **expected}
    assert {file.stat().st_mode & 0o777 for file in (folder / "plain/staging").iterdir()} == {0o640}
    assert sorted(file.name for file in (folder / "plain/staging").iterdir()) == [
        "access_matrix.json",
        "access_matrix.md",
    ]
    assert "Report: " in run.output["first"]


def test_a_difference_is_no_failure_and_is_said(run: Run) -> None:
    assert run.results["first"]["different"] is True
    assert run.results["mended"]["different"] is False
    lines = " ".join(run.output["first"].split())
    assert "DIFFERENT The user mallory may sign with staging-bank. Expected: only the principals" in lines
    assert "What was not read: - Service control policies." in lines
    assert "staging-bank S!" in lines
    assert "No difference from the inventory." in run.output["mended"]


def test_a_second_run_changes_nothing_and_a_mended_account_does(run: Run) -> None:
    assert run.results["second"]["changed"] is False
    assert run.results["mended"]["changed"] is True


def test_check_mode_writes_nothing(run: Run, folder: Path) -> None:
    assert run.results["planned"]["changed"] is True
    assert not (folder / "plan").exists()
    assert "staging-bank" in run.output["planned"]
    assert "Report: " not in run.output["planned"]


def test_a_sandboxes_report_has_a_folder_of_its_own_and_says_so(run: Run, folder: Path) -> None:
    assert run.results["sandbox"]["directory"].endswith("artifacts/sandbox/staging")
    assert not (folder / "artifacts/staging").exists()
    assert "SANDBOX: this is not AWS." in run.output["sandbox"]
    for kind in ("json", "md"):
        text = (folder / f"artifacts/sandbox/staging/access_matrix.{kind}").read_text(encoding="utf-8")
        assert "sandbox" in text.lower()


def test_an_account_in_aws_is_not_reported_among_those_of_the_sandbox(run: Run) -> None:
    assert run.results["mixed"]["failed"] is True
    assert "The run uses AWS, but its artifacts would go to artifacts/sandbox" in run.results["mixed"]["msg"]


def test_showing_and_writing_are_chosen_apart(run: Run, folder: Path) -> None:
    assert "mallory" not in run.output["quiet"]
    assert (folder / "quiet/staging/access_matrix.md").exists()
    assert "mallory" in run.output["shown"]
    assert not (folder / "shown").exists()
    assert run.results["shown"]["changed"] is False


def test_whatever_was_there_is_written_over(run: Run, folder: Path) -> None:
    """Unlike a report of keys, nothing of the last one is needed."""
    assert run.results["garbage"]["changed"] is True
    assert json.loads((folder / "garbage/staging/access_matrix.json").read_text(encoding="utf-8"))["matrix"]


def test_the_differences_are_seen_even_if_the_files_cannot_be_written(run: Run) -> None:
    assert run.results["file"]["failed"] is True
    assert "The report in file/staging cannot be written: Not a directory." in run.results["file"]["msg"]
    assert "DIFFERENT" in run.output["file"]


def test_what_is_no_result_of_the_module_is_an_error(run: Run, folder: Path) -> None:
    assert run.results["incomplete"]["failed"] is True
    assert (
        "result has no principals. Expected: what interchain.agent_ops.access_matrix_info returned"
        in (run.results["incomplete"]["msg"])
    )
    assert not (folder / "x").exists()
