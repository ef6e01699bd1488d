# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions wallet_report, wallet_store and wallet_approval, in a real playbook: as a user meets them."""

from __future__ import annotations

import csv
import json
import typing as t
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.unit.plugins.action.action_runs import Run
from tests.unit.plugins.module_utils.wallet_world import READ_AT, network, result, staging, transfer, wallet

SENT = {"action": "confirmed", "hash": "0x" + "ab" * 32}


def report(name: str, found: dict[str, t.Any], root: str, **changes: t.Any) -> dict[str, t.Any]:
    keywords = {word: changes.pop(word) for word in ("check_mode", "ignore_errors") if word in changes}
    options = {"result": found, "environment": "staging", "artifacts_root": root, **changes}
    return {"name": name, "register": name, "interchain.agent_ops.wallet_report": options, **keywords}


def store(name: str, **changes: t.Any) -> dict[str, t.Any]:
    keywords = {word: changes.pop(word) for word in ("check_mode", "ignore_errors") if word in changes}
    options = {"environment": "staging", "artifacts_root": "artifacts", "sends": True, **changes}
    return {"name": name, "register": name, "interchain.agent_ops.wallet_store": options, **keywords}


def approval(name: str, plan: dict[str, t.Any], **changes: t.Any) -> dict[str, t.Any]:
    keywords = {word: changes.pop(word) for word in ("check_mode", "ignore_errors") if word in changes}
    options = {"environment": "staging", "result": plan, **changes}
    return {"name": name, "register": name, "interchain.agent_ops.wallet_approval": options, **keywords}


def look(hours: int, balance: str, *paid: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return what a run some hours later sees, of one wallet."""
    at = datetime.fromisoformat(READ_AT) + timedelta(hours=hours)
    seen = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return result([network("kovan")], [wallet("kovan", "updater", balance)], read_at=seen, transfers=list(paid))


ROW = wallet("kovan", "updater", "1")
PLANNED, HELD = transfer(ROW, "499", "8501"), transfer(ROW, "499", "8501", action="held", reason="not now")
PLAN = result([network("kovan")], [ROW], transfers=[PLANNED, HELD], confirmed=True)
ON_ITS_WAY = {**PLAN, "transfers": [transfer(ROW, "499", "8501", action="sent")]}
FAILS: dict[str, t.Any] = {"ignore_errors": True}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wallets")
    torn = folder / "torn" / "staging"
    torn.mkdir(parents=True)
    (torn / "wallet_history.jsonl").write_text('{"at": 1, "bal\n', encoding="utf-8")
    alien = folder / "alien" / "staging"
    alien.mkdir(parents=True)
    (alien / "wallet_history.jsonl").write_bytes(b"\xff\xfe\xff")
    (folder / "blocked").mkdir()
    (folder / "blocked" / "staging").symlink_to("nowhere")
    return folder


@pytest.fixture(scope="module")
def run(folder: Path, ansible_playbook: t.Callable[..., t.Any]) -> Run:
    """Everything in one run of ansible-playbook; tasks that name one folder belong together."""
    paid = transfer(wallet("kovan", "updater", "88"), "412", "8588", **SENT)
    return Run(
        ansible_playbook,
        folder,
        [
            report("first", staging(), "plain"),
            report("planned", staging(), "plan", check_mode=True),
            report("shown", staging(), "shown", write=False),
            report("rehearsed", staging(sandbox=True), "artifacts"),
            report("at_noon", look(0, "100"), "history"),
            report("an_hour_later", look(1, "94"), "history"),
            report("before_paying", look(2, "88"), "history", write=False, remember=True),
            report("paid", look(2, "500", paid), "history", show=["transfers", "wallets"]),
            report("shown_again", look(2, "500"), "history"),
            report("only_looked", look(3, "494"), "history", check_mode=True),
            report("torn", look(0, "100"), "torn"),
            report("alien", look(0, "100"), "alien"),
            report("incomplete", {"wallets": []}, "none", show=["transfers"], **FAILS),
            report("misplaced", staging(), "artifacts/sandbox", **FAILS),
            report("no_room", look(0, "100"), "blocked", write=False, remember=True, **FAILS),
            report("no_room_after", look(0, "100"), "blocked", **FAILS),
            store("named", store="s3://bucket/prefix"),
            store("folder", store="funding"),
            store("lost", **FAILS),
            store("lost_by_choice", attended=False, **FAILS),
            store("only_planned", sends=False),
            store("checked", check_mode=True),
            store("rehearsal", store="/var/lib/funding", endpoint_url="http://127.0.0.1:5555"),
            store("at_aws", endpoint_url="https://kms.us-west-2.amazonaws.com", **FAILS),
            store("elsewhere", store="gs://bucket", **FAILS),
            approval("by_variable", PLAN, approve=True),
            approval("by_nobody", PLAN, **FAILS),
            approval("in_check_mode", PLAN, check_mode=True),
            approval("unconfirmed", {**PLAN, "confirmed": False}),
            approval("nothing", {**PLAN, "transfers": [HELD]}),
            approval("settled", ON_ITS_WAY),
            approval("replaced", {**PLAN, "transfers": [{**PLANNED, "action": "stuck"}]}, replace_stuck=True, **FAILS),
            approval("no_plan", {"transfers": []}, **FAILS),
        ],
    )


def test_the_files_are_written(run: Run, folder: Path) -> None:
    found = run.results["first"]
    names = [f"wallets.{kind}" for kind in ("json", "csv", "md", "svg")]
    assert [Path(file).name for file in found["files"]] == names
    place = folder / "plain/staging"
    assert sorted(file.name for file in place.iterdir()) == sorted([*names, "wallet_history.jsonl"])
    assert json.loads((place / "wallets.json").read_text())["wallets"][0]["balance"] == "499.987654321"
    with (place / "wallets.csv").open(encoding="utf-8", newline="") as stream:
        assert [line["state"] for line in csv.DictReader(stream)].count("low") == 2
    assert "(wallets.svg)" in (place / "wallets.md").read_text()
    assert ET.parse(place / "wallets.svg").getroot().get("role") == "img"  # noqa: S314
    # Balances are others at every look: that is no change of anything.
    assert found["changed"] is False


def test_the_table_is_shown_in_the_job_log(run: Run) -> None:
    lines = run.output["first"].splitlines()
    assert "Wallets of staging, read at 2026-03-01 12:00:00 UTC" in lines
    assert "8 wallets on 2 networks: 2 ok, 2 low, 1 unset, 1 blocked, 2 unknown" in lines
    assert "FAILED kovan: the node did not answer: timed out" in lines
    assert not [line for line in lines if "SANDBOX" in line]


def test_check_mode_and_a_report_that_is_only_shown_write_nothing(run: Run, folder: Path) -> None:
    assert len(run.results["planned"]["files"]) == 4
    assert run.results["shown"]["files"] == []
    assert not (folder / "plan").exists()
    assert not (folder / "shown").exists()
    assert "8 wallets on 2 networks" in run.output["planned"]


def test_a_sandboxs_report_is_in_the_sandboxs_folder_and_says_so(run: Run, folder: Path) -> None:
    assert "SANDBOX: this is not AWS. These keys are not real ones; send nothing" in run.output["rehearsed"]
    assert (folder / "artifacts/sandbox/staging/wallets.svg").is_file()
    assert not (folder / "artifacts/staging").exists()
    assert "The run uses AWS, but its artifacts would go to" in run.results["misplaced"]["msg"]


def test_days_left_come_from_earlier_looks_and_from_what_was_paid(run: Run, folder: Path) -> None:
    left = {name: run.results[name]["wallets"][0]["days_left"] for name in ("at_noon", "an_hour_later", "paid")}
    # 6 ETH an hour: in the second hour, too, since that was seen before 412 were paid.
    assert left == {"at_noon": None, "an_hour_later": 0.65, "paid": 3.47}
    assert run.results["only_looked"]["wallets"][0]["days_left"] == 3.43
    # The same look is remembered once.
    assert len((folder / "history/staging/wallet_history.jsonl").read_text().splitlines()) == 4
    assert json.loads((folder / "history/staging/wallets.json").read_text())["wallets"][0]["days_left"] == 3.47


def test_files_that_cannot_be_written_and_what_was_paid(run: Run) -> None:
    told = "The report in blocked/staging cannot be written: File exists. "
    assert run.results["no_room"]["msg"] == told + "Nothing was sent in this run; mend this and start it again"
    assert run.results["no_room_after"]["msg"].startswith(told + "What was paid is in the records of payments")


def test_transfers_come_before_the_balances_that_they_led_to(run: Run) -> None:
    text = run.output["paid"]
    places = [text.index(one) for one in ("Top-ups of", "https://kovan.example.org/tx/0xabab", "Wallets of")]
    assert places == sorted(places)


def test_a_history_that_is_torn_loses_a_line_and_one_that_is_none_is_left_alone(run: Run, folder: Path) -> None:
    (warning,) = run.results["torn"]["warnings"]
    assert (
        warning
        == "The history torn/staging/wallet_history.jsonl has lines that say nothing (1). They are left out of it"
    )
    assert len((folder / "torn/staging/wallet_history.jsonl").read_text().splitlines()) == 1
    (warning,) = run.results["alien"]["warnings"]
    assert warning.endswith("How long balances last is not known")
    assert (folder / "alien/staging/wallet_history.jsonl").read_bytes() == b"\xff\xfe\xff"
    assert (folder / "alien/staging/wallets.json").is_file()


def test_what_is_no_result_is_refused(run: Run) -> None:
    assert run.results["incomplete"]["msg"] == (
        "result has no networks, sandbox, read_at, transfers. Expected: what interchain.agent_ops.wallet_balances_info"
        " or wallet_top_up returned"
    )
    assert run.results["no_plan"]["msg"] == (
        "result has no confirmed. Expected: what interchain.agent_ops.wallet_top_up returned in check mode"
    )


def test_the_store_is_what_is_named_or_the_sandboxs_own_folder(run: Run, folder: Path) -> None:
    names = ("named", "folder", "rehearsal", "only_planned", "checked")
    found = {name: run.results[name].get("store") for name in names}
    assert found == {
        "named": "s3://bucket/prefix",
        "folder": str(folder / "funding"),
        "rehearsal": str(folder / "artifacts/sandbox/staging/wallet_funding"),
        "only_planned": str(folder / "artifacts/staging/wallet_funding"),
        "checked": str(folder / "artifacts/staging/wallet_funding"),
    }
    assert {name for name in found if run.results[name]["sandbox"]} == {"rehearsal"}
    assert not (folder / "funding").exists()


def test_nothing_is_sent_unattended_without_a_store(run: Run) -> None:
    for name, absent in (
        ("lost", "there is no terminal"),
        ("lost_by_choice", "wallet_funding_attended is false"),
        ("at_aws", "there is no terminal"),
    ):
        assert run.results[name]["msg"] == (
            "wallet_funding_store of staging is not set, and nobody is there to look after a folder of this machine"
            f" ({absent}). What an earlier run paid would not be known, and might be paid twice. Expected:"
            " s3://BUCKET/PREFIX, or a folder that lasts and that all runs share, in"
            " group_vars/all/wallet_funding.yml. Nothing was sent"
        )
    assert "wallet_funding_store is 'gs://bucket'" in run.results["elsewhere"]["msg"]


def test_approved_is_what_was_planned_and_nothing_where_nobody_approved(run: Run) -> None:
    assert run.results["by_variable"]["approved"] == [PLANNED]
    assert run.results["by_variable"]["send"] is True
    assert run.results["by_nobody"]["msg"] == (
        "Not approved, and nothing was sent (there is no terminal). Run fund.yml at a terminal, or approve what is"
        " shown above: -e wallet_funding_approve=true"
    )
    assert "approved" not in run.results["by_nobody"]


def test_nothing_is_asked_where_there_is_nothing_to_decide(run: Run) -> None:
    for name in ("in_check_mode", "unconfirmed", "nothing"):
        assert (run.results[name]["send"], run.results[name]["approved"]) == (False, [])
    # What is on its way is settled without a question; replacing it takes one.
    assert (run.results["settled"]["send"], run.results["settled"]["approved"]) == (True, [])
    assert run.results["replaced"]["msg"].startswith("Not approved, and nothing was sent")
