# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of the signing keys: its texts to the letter, and what a merge keeps."""

from __future__ import annotations

import csv
import io
import json
import typing as t
from pathlib import PurePath

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils import _report
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import KeySpec
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_row import ROW_FIELDS
from ansible_collections.interchain.agent_ops.plugins.module_utils._kms_converge import kms_row
from ansible_collections.interchain.agent_ops.plugins.module_utils._kms_plan import Reading

# The columns of the original's table, in its order.
DOCUMENTED_COLUMNS = ["Alias Name", "Region", "Key ID", "ARN", "Key Description", "Ethereum Address"]
ADDRESS = "0xE94E130546485b928C9C9b9A5e69EB787172952e"
OTHER_ADDRESS = "0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1"
FACTS = {
    "environment": "staging",
    "account_id": "111122223333",
    "endpoint_url": "https://kms.us-west-2.amazonaws.com",
    "sandbox": False,
}
SANDBOX = {**FACTS, "endpoint_url": "http://127.0.0.1:5555", "sandbox": True}


def row(name: str, **changes: t.Any) -> dict[str, t.Any]:
    key_id = "1234abcd-12ab-34cd-56ef-1234567890ab"
    held = dict.fromkeys(ROW_FIELDS)
    held.update(
        name=name,
        alias=f"alias/{name}",
        key_id=key_id,
        arn=f"arn:aws:kms:us-west-2:111122223333:key/{key_id}",
        region="us-west-2",
        description=name.replace("staging-kovan-", "staging kovan "),
        address=ADDRESS,
        state="Enabled",
        action="unchanged",
    )
    return {**held, "error": None, "tags": {"environment": "staging"}, **changes}


def planned(name: str, **changes: t.Any) -> dict[str, t.Any]:
    return row(
        name, **{"key_id": None, "arn": None, "address": None, "state": "Absent", "action": "created", **changes}
    )


TWO_ROWS = [row("staging-kovan-kathy-signer"), planned("staging-kovan-updater-attestation")]


# Where it goes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("root", "sandbox", "folder"),
    [
        ("artifacts", False, "artifacts/staging"),
        ("artifacts", True, "artifacts/sandbox/staging"),
        ("artifacts/sandbox", True, "artifacts/sandbox/staging"),
        ("artifacts/sandbox/", True, "artifacts/sandbox/staging"),
        ("/srv/reports", False, "/srv/reports/staging"),
        ("/srv/reports", True, "/srv/reports/sandbox/staging"),
    ],
)
def test_reports_of_the_sandbox_and_of_aws_never_meet(root: str, sandbox: bool, folder: str) -> None:
    assert _report.report_directory(root, "staging", sandbox=sandbox) == PurePath(folder)


@pytest.mark.parametrize("root", ["artifacts/sandbox", "artifacts/sandbox/", "sandbox", "artifacts/sandbox/mine"])
def test_a_run_on_aws_does_not_write_where_the_sandboxes_reports_are(root: str) -> None:
    with pytest.raises(ValueError, match="uses AWS") as caught:
        _report.report_directory(root, "staging", sandbox=False)
    assert str(PurePath(root)) in str(caught.value)
    assert "Leave inventories/sandbox out, or remove what overrides its endpoint" in str(caught.value)


@pytest.mark.parametrize("environment", ["../staging", "/staging", "..", "", "a/b"])
def test_an_environment_is_one_folder(environment: str) -> None:
    # With "../staging" a rehearsal would write over the report of the real keys.
    for sandbox in (True, False):
        with pytest.raises(ValueError, match="environment"):
            _report.report_directory("artifacts", environment, sandbox=sandbox)


def test_an_environment_called_sandbox_does_not_get_the_sandboxes_folder() -> None:
    with pytest.raises(ValueError, match="sandbox"):
        _report.report_directory("artifacts", "sandbox", sandbox=False)


# The table -----------------------------------------------------------------------------------------------------------


def test_the_documented_columns() -> None:
    assert list(_report.COLUMNS) == DOCUMENTED_COLUMNS


WIDE = [
    "Alias Name                               Region     Key ID                                ARN"
    "                                                                          Key Description"
    "                    Ethereum Address",
    "---------------------------------------  ---------  ------------------------------------  "
    "---------------------------------------------------------------------------  "
    "---------------------------------  ------------------------------------------",
    "alias/staging-kovan-kathy-signer         us-west-2  1234abcd-12ab-34cd-56ef-1234567890ab  "
    "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab  "
    "staging kovan kathy-signer         0xE94E130546485b928C9C9b9A5e69EB787172952e",
    "alias/staging-kovan-updater-attestation  us-west-2  (not yet)                             (not yet)"
    "                                                                    staging kovan updater-attestation  (not yet)",
]
NARROW = """\
Alias Name                               Ethereum Address                            Region
  Key Description                        Key ID
  ARN
----------------------------------------------------------------------------------------------
alias/staging-kovan-kathy-signer         0xE94E130546485b928C9C9b9A5e69EB787172952e  us-west-2
  staging kovan kathy-signer             1234abcd-12ab-34cd-56ef-1234567890ab
  arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab
alias/staging-kovan-updater-attestation  (not yet)                                   us-west-2
  staging kovan updater-attestation      (not yet)
  (not yet)
""".splitlines()
NARROWEST = """\
Alias Name
  Ethereum Address  Region
  Key Description
  Key ID
  ARN
-----------------------------------------------------------------------------
alias/staging-kovan-kathy-signer
  0xE94E130546485b928C9C9b9A5e69EB787172952e  us-west-2
  staging kovan kathy-signer
  1234abcd-12ab-34cd-56ef-1234567890ab
  arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab
alias/staging-kovan-updater-attestation
  (not yet)  us-west-2
  staging kovan updater-attestation
  (not yet)
  (not yet)
""".splitlines()


def test_the_wide_table() -> None:
    assert _report.table(TWO_ROWS, len(WIDE[1])) == WIDE


@pytest.mark.parametrize("width", [len(NARROW[3]), len(WIDE[1]) - 1])
def test_the_narrow_table(width: int) -> None:
    assert _report.table(TWO_ROWS, width) == NARROW


@pytest.mark.parametrize("width", [0, 79, len(NARROW[3]) - 1])
def test_the_table_of_a_terminal_where_no_more_than_an_address_fits(width: int) -> None:
    assert _report.table(TWO_ROWS, width) == NARROWEST
    assert max(map(len, NARROWEST)) < 79


def test_a_table_without_keys() -> None:
    assert _report.table([], 200)[0].split() == " ".join(DOCUMENTED_COLUMNS).split()
    assert len(_report.table([], 200)) == 2
    assert len(_report.table([], 20)) == 6


def test_what_is_unknown_of_a_key_that_is_there_is_not_promised() -> None:
    dying = row("staging-kovan-kathy-signer", address=None, state="PendingDeletion")
    assert "(not yet)" not in "\n".join(_report.table([dying], 300))
    assert _report.table([dying], 300)[2].endswith("staging kovan kathy-signer  -")


def test_a_key_that_could_not_be_read_is_not_reported_as_absent() -> None:
    spec = KeySpec("staging-bank", "staging", None, "bank", "signer", "staging bank", "us-west-2")
    failed = kms_row(spec, Reading(error="kms:DescribeKey is not allowed"), "failed", "kms:DescribeKey is not allowed")
    assert failed["state"] != "Absent"
    assert "(not yet)" not in "\n".join(_report.table([failed], 300))


@pytest.mark.parametrize("width", [300, 79])
def test_a_description_that_somebody_made_up_does_not_break_the_table(width: int) -> None:
    # Whoever may call UpdateKeyDescription chooses it.
    bad = row("staging-kovan-kathy-signer", description="x\nalias/fake\x1b[2J\r\u2028y")
    lines = _report.table([bad], width)
    assert len(lines) == (3 if width == 300 else 11)
    assert all(line.isprintable() for line in lines)


# What a person sees --------------------------------------------------------------------------------------------------


def test_the_terminal_report() -> None:
    lines = _report.terminal_report(TWO_ROWS, facts=FACTS, check_mode=False, width=79)
    assert lines == [
        "Signing keys of staging, AWS account 111122223333, https://kms.us-west-2.amazonaws.com",
        "",
        *NARROWEST,
        "",
        "2 keys: 1 created, 1 unchanged",
    ]


def test_the_terminal_report_of_a_plan() -> None:
    rows = [*TWO_ROWS, row("c", action="failed", error="no"), row("d", action="updated")]
    lines = _report.terminal_report(rows, facts=FACTS, check_mode=True, width=79)
    assert "4 keys: 1 would be created, 1 would be updated, 1 unchanged, 1 failed" in lines


def test_failures_are_told_after_the_table() -> None:
    rows = [row("a", action="failed", error="what, expected, do this"), row("b", action="failed", error="other")]
    lines = _report.terminal_report(rows, facts=FACTS, check_mode=False, width=300)
    assert lines[-3:] == ["2 keys: 2 failed", "FAILED a: what, expected, do this", "FAILED b: other"]


def test_a_report_of_nothing() -> None:
    assert _report.terminal_report([], facts=FACTS, check_mode=False, width=79)[-1] == "0 keys: none"


def test_every_report_of_a_sandbox_says_so() -> None:
    terminal = _report.terminal_report(TWO_ROWS, facts=SANDBOX, check_mode=False, width=79)
    assert terminal[1] == "SANDBOX: this is not AWS. These keys are not real ones; send nothing to their addresses."
    assert "**Sandbox: this is not AWS." in _report.as_markdown(TWO_ROWS, SANDBOX)
    assert json.loads(_report.as_json(TWO_ROWS, SANDBOX))["sandbox"] is True


def test_a_report_of_aws_does_not_speak_of_a_sandbox() -> None:
    terminal = _report.terminal_report(TWO_ROWS, facts=FACTS, check_mode=False, width=79)
    assert "sandbox" not in "\n".join(terminal).lower()
    assert "sandbox" not in _report.as_markdown(TWO_ROWS, FACTS).lower()
    assert json.loads(_report.as_json(TWO_ROWS, FACTS))["sandbox"] is False


# Files ---------------------------------------------------------------------------------------------------------------


def test_markdown() -> None:
    assert _report.as_markdown(TWO_ROWS, FACTS) == (
        "# Signing keys of staging\n"
        "\n"
        "AWS account 111122223333, https://kms.us-west-2.amazonaws.com\n"
        "\n"
        "| Alias Name | Region | Key ID | ARN | Key Description | Ethereum Address |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
        "| alias/staging-kovan-kathy-signer | us-west-2 | 1234abcd-12ab-34cd-56ef-1234567890ab |"
        " arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab |"
        f" staging kovan kathy-signer | {ADDRESS} |\n"
        "| alias/staging-kovan-updater-attestation | us-west-2 | (not yet) | (not yet) |"
        " staging kovan updater-attestation | (not yet) |\n"
    )


@pytest.mark.parametrize(("description", "cell"), [("a|b", r"a\|b"), ("a\nb", "a b"), ("a\r\nb | c", r"a b \| c")])
def test_a_description_does_not_break_the_markdown_table(description: str, cell: str) -> None:
    lines = _report.as_markdown([row("staging-bank", description=description)], FACTS).splitlines()
    assert len(lines) == 7
    assert f"| {cell} |" in lines[-1]


def test_csv_parses_back() -> None:
    rows = [*TWO_ROWS, row("staging-bank", description='a "quoted", one\nin two lines', network=None)]
    parsed = list(csv.DictReader(io.StringIO(_report.as_csv(rows, SANDBOX))))
    assert list(parsed[0])[:6] == DOCUMENTED_COLUMNS
    assert len(parsed) == len(rows)
    for found, wanted in zip(parsed, rows, strict=True):
        for title, field in _report.COLUMNS.items():
            assert found.pop(title) == (wanted[field] or "")
        assert found.pop("sandbox") == "true"
        assert found == {name: wanted[name] or "" for name in ROW_FIELDS if name not in _report.COLUMNS.values()}


def test_csv_of_no_keys_has_its_columns() -> None:
    assert _report.as_csv([], FACTS).startswith("Alias Name,Region,Key ID,ARN,Key Description,Ethereum Address,name,")


def test_json_holds_the_facts_and_the_rows() -> None:
    text = _report.as_json(TWO_ROWS, FACTS)
    assert text.endswith("}\n")
    assert json.loads(text) == {**FACTS, "signing_keys": TWO_ROWS}


def test_same_but_action() -> None:
    first = _report.as_json(TWO_ROWS, FACTS)
    assert _report.same_but_action(first, first)
    assert _report.same_but_action(first, _report.as_json([{**one, "action": "unchanged"} for one in TWO_ROWS], FACTS))
    for other in (
        _report.as_json(TWO_ROWS[:1], FACTS),
        _report.as_json(TWO_ROWS[::-1], FACTS),
        _report.as_json([{**one, "address": OTHER_ADDRESS} for one in TWO_ROWS], FACTS),
        _report.as_json(TWO_ROWS, {**FACTS, "account_id": "444455556666"}),
        _report.as_json(TWO_ROWS, SANDBOX),
    ):
        assert not _report.same_but_action(first, other)
