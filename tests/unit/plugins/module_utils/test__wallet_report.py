# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables and files of wallets, as people and programs read them."""

from __future__ import annotations

import csv
import io
import json

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils import _wallet_files as files
from ansible_collections.interchain.agent_ops.plugins.module_utils import _wallet_report as report
from ansible_collections.interchain.agent_ops.plugins.module_utils._wallet_amount import shown, total

from tests.unit.plugins.module_utils.wallet_world import address, network, result, staging, transfer, wallet

HASH = "0x" + "ab" * 32


@pytest.mark.parametrize(
    ("exact", "down", "up"),
    [
        ("0", "0", "0"),
        ("500", "500", "500"),
        ("500.000000000000000000", "500", "500"),
        ("124.999999999999999999", "124.9999", "125"),
        ("0.5", "0.5", "0.5"),
        ("0.00004299", "0.000042", "0.000043"),
        ("0.00009999", "0.000099", "0.0001"),
        ("0.000000000000000001", "<0.000000001", "<0.000000001"),
        (
            "12345678901234567890123456789.123456789",
            "12345678901234567890123456789.1234",
            "12345678901234567890123456789.1235",
        ),
    ],
)
def test_amounts_are_short_and_never_more_than_there_is_nor_nothing(exact: str, down: str, up: str) -> None:
    assert shown(exact) == down
    assert shown(exact, up=True) == up


def test_an_amount_that_is_not_known_is_a_dash_and_sums_are_exact() -> None:
    assert shown(None) == "-"
    assert total(["0.1", "0.2", "1000000000000000000000000000000.000000000000000001"]) == (
        "1000000000000000000000000000000.300000000000000001"
    )


def test_the_table_on_a_wide_terminal() -> None:
    assert report.wallet_lines(staging(sandbox=True), environment="staging", width=160) == WIDE.splitlines()


WIDE = """\
Wallets of staging, read at 2026-03-01 12:00:00 UTC
SANDBOX: this is not AWS. These keys are not real ones; send nothing to their addresses.

Network        Agent               Address                                              Balance  Threshold   Target  State    Days left
---------------------------------------------------------------------------------------------------------------------------------------
moonbasealpha  updater             0x000000000000000000000000000000000000A84f      499.9876 DEV    125 DEV  500 DEV  ok              12
moonbasealpha  watcher             0x000000000000000000000000000000000000A848      124.9999 DEV    125 DEV  500 DEV  low            3.2
moonbasealpha  relayer of kovan    0x000000000000000000000000000000000000a84e             0 DEV    125 DEV  500 DEV  low              -
moonbasealpha  processor of kovan  0x000000000000000000000000000000000000A93a       20000.5 DEV    125 DEV  500 DEV  ok            >999
moonbasealpha  kathy               0x000000000000000000000000000000000000a77b  <0.000000001 DEV          -        -  unset            -
moonbasealpha  watcher of kovan    0x000000000000000000000000000000000000A848            80 DEV    125 DEV  500 DEV  blocked          -
kovan          updater             0x000000000000000000000000000000000000a514                 -    125 ETH  500 ETH  unknown          -
kovan          watcher             0x000000000000000000000000000000000000a50d                 -    125 ETH  500 ETH  unknown          -

moonbasealpha: bank 0x000000000000000000000000000000000000ba2c has 8999.5 DEV, enough for 23 top-ups; low: watcher, relayer of kovan
kovan: bank 0x000000000000000000000000000000000000ba2c, balance unknown

8 wallets on 2 networks: 2 ok, 2 low, 1 unset, 1 blocked, 2 unknown
FAILED kovan: the node did not answer: timed out
BLOCKED moonbasealpha watcher of kovan: key is disabled
"""  # noqa: E501


def test_the_table_at_80_columns() -> None:
    lines = report.wallet_lines(staging(), environment="staging", width=80)
    assert max(map(len, lines)) <= 80
    assert lines == NARROW.splitlines()


NARROW = """\
Wallets of staging, read at 2026-03-01 12:00:00 UTC

Network        Agent               State    Days left
  Address
           Balance  Threshold   Target
-----------------------------------------------------
moonbasealpha  updater             ok              12
  0x000000000000000000000000000000000000A84f
      499.9876 DEV    125 DEV  500 DEV
moonbasealpha  watcher             low            3.2
  0x000000000000000000000000000000000000A848
      124.9999 DEV    125 DEV  500 DEV
moonbasealpha  relayer of kovan    low              -
  0x000000000000000000000000000000000000a84e
             0 DEV    125 DEV  500 DEV
moonbasealpha  processor of kovan  ok            >999
  0x000000000000000000000000000000000000A93a
       20000.5 DEV    125 DEV  500 DEV
moonbasealpha  kathy               unset            -
  0x000000000000000000000000000000000000a77b
  <0.000000001 DEV          -        -
moonbasealpha  watcher of kovan    blocked          -
  0x000000000000000000000000000000000000A848
            80 DEV    125 DEV  500 DEV
kovan          updater             unknown          -
  0x000000000000000000000000000000000000a514
                 -    125 ETH  500 ETH
kovan          watcher             unknown          -
  0x000000000000000000000000000000000000a50d
                 -    125 ETH  500 ETH

moonbasealpha: bank 0x000000000000000000000000000000000000ba2c has 8999.5 DEV,
  enough for 23 top-ups; low: watcher, relayer of kovan
kovan: bank 0x000000000000000000000000000000000000ba2c, balance unknown

8 wallets on 2 networks: 2 ok, 2 low, 1 unset, 1 blocked, 2 unknown
FAILED kovan: the node did not answer: timed out
BLOCKED moonbasealpha watcher of kovan: key is disabled
"""


def test_a_table_of_usual_amounts_takes_two_lines_a_wallet_at_80_columns() -> None:
    rows = [wallet("kovan", agent, "499.1234") for agent in ("updater", "processor")]
    lines = report.wallet_lines(result([network("kovan")], rows), environment="staging", width=80)
    assert lines[2:9] == TWO_LINES.splitlines()


TWO_LINES = """\
Network  Agent      State  Days left
  Address                                          Balance  Threshold   Target
------------------------------------------------------------------------------
kovan    updater    ok             -
  0x000000000000000000000000000000000000a514  499.1234 ETH    125 ETH  500 ETH
kovan    processor  ok             -
  0x000000000000000000000000000000000000a5fF  499.1234 ETH    125 ETH  500 ETH
"""


def test_nothing_of_others_moves_the_cursor() -> None:
    evil = wallet("kovan\x1b[2J", "upd\rater", "1", unit="E\x1bTH", state="blocked", error="no\n\x1b[1mFAILED kovan: x")
    broken = network("kovan\x1b[2J", error="a\r\nb", bank=None)
    found = result([broken], [evil], transfers=[transfer(evil, "1", "2", reason="x\x1b]0;y\x07", hash="0x\x1b[A")])
    text = [
        *report.wallet_lines(found, environment="sta\x1bging", width=80),
        *report.transfer_lines(found, environment="sta\x1bging", width=80),
        files.as_markdown(found, "sta\x1bging").replace("\n", ""),
    ]
    assert all(line.isprintable() for line in text)


def plan() -> dict[str, object]:
    rows = [wallet("kovan", "updater", "1"), wallet("kovan", "relayer", "0", homes=["moonbasealpha"])]
    rows += [wallet("moonbasealpha", "kathy", "2", unit="DEV")]
    held = "paid 5 minutes ago, and two transfers to a wallet are to be 3600 s apart (min_interval_seconds)"
    return result(
        [network("kovan"), network("moonbasealpha", unit="DEV")],
        rows,
        confirmed=True,
        transfers=[
            transfer(rows[0], "499", "8500.9999"),
            transfer(rows[1], "500", "8000.9999"),
            transfer(rows[2], "498", "8502", action="held", reason=held),
        ],
    )


def test_a_plan_at_80_columns() -> None:
    lines = report.transfer_lines(plan(), environment="staging", width=80)
    assert max(map(len, lines)) <= 80
    assert lines == PLAN.splitlines()


PLAN = """\
Top-ups of staging, read at 2026-03-01 12:00:00 UTC

To                          Address
   Amount   Fee at most      Bank left  Action
----------------------------------------------------------------------
kovan, from the bank 0x000000000000000000000000000000000000ba2c
  updater                   0x000000000000000000000000000000000000a514
  499 ETH  0.000042 ETH  8500.9999 ETH  planned
  relayer of moonbasealpha  0x000000000000000000000000000000000000A513
  500 ETH  0.000042 ETH  8000.9999 ETH  planned
moonbasealpha, from the bank 0x000000000000000000000000000000000000ba2c
  kathy                     0x000000000000000000000000000000000000a77b
  498 DEV  0.000042 DEV       8502 DEV  held
    paid 5 minutes ago, and two transfers to a wallet are to be 3600 s apart
      (min_interval_seconds)

3 transfers: 2 planned, 1 held; 999 ETH on kovan
"""


def test_what_was_sent_has_hash_and_link_whole() -> None:
    found = plan()
    found["transfers"] = [
        {**row, "action": "confirmed", "bank_left": None, "hash": HASH, "link": f"https://kovan.example.org/tx/{HASH}"}
        for row in found["transfers"][:1]  # type: ignore[index]
    ]
    assert report.transfer_lines(found, environment="staging", width=120) == SENT.splitlines()


SENT = """\
Top-ups of staging, read at 2026-03-01 12:00:00 UTC

To         Address                                      Amount      Fee paid  Action
---------------------------------------------------------------------------------------
kovan, from the bank 0x000000000000000000000000000000000000ba2c
  updater  0x000000000000000000000000000000000000a514  499 ETH  0.000042 ETH  confirmed
    0xabababababababababababababababababababababababababababababababab
    https://kovan.example.org/tx/0xabababababababababababababababababababababababababababababababab

1 transfer: 1 confirmed; 499 ETH on kovan
"""


def test_a_plan_that_sends_nothing_says_why() -> None:
    unconfirmed = report.transfer_lines({**plan(), "confirmed": False}, environment="production", width=200)
    assert unconfirmed[-1] == (
        "Nothing was sent: production is protected, and its wallets are only planned for unless"
        " wallet_funding_confirmed is true."
    )
    checked = report.transfer_lines(plan(), environment="staging", width=80, check_mode=True)
    assert checked[-1] == "Nothing was sent: this is check mode."
    nothing = {**plan(), "transfers": [], "networks": [network("kovan", error="the node is of chain 5")]}
    assert report.transfer_lines(nothing, environment="staging", width=80)[2:] == [
        "FAILED kovan: the node is of chain 5",
    ]
    nothing["networks"].append(network("moonbasealpha"))
    assert report.transfer_lines(nothing, environment="staging", width=80)[2:] == [
        "Nothing is to be sent on the other networks.",
        "FAILED kovan: the node is of chain 5",
    ]


def test_what_an_earlier_run_began_is_told_apart() -> None:
    result = {**plan()}
    result["transfers"] = [{**row, "earlier": number == 0} for number, row in enumerate(plan()["transfers"])]
    lines = report.transfer_lines(result, environment="staging", width=200)
    assert [" (earlier run)" in line for line in lines].count(True) == 1
    assert (
        "1 transfer was begun by an earlier run, which did not see the end. What became of it is looked up" in lines[-1]
    )


def test_of_a_bank_is_said_what_it_lasts_and_whether_its_node_is_up_to_date() -> None:
    assert report.bank_text(network("kovan", bank=None), []) == "kovan: no bank"
    old = network("kovan", "375", block_age_seconds=1500.5)
    assert report.bank_text(old, []) == (
        f"kovan: bank {address(0xBA2C)} has 375 ETH, enough for 1 top-up; the node's latest block is 25 minutes old"
    )


@pytest.mark.parametrize(
    ("homes", "told"),
    [
        ([], "relayer"),
        (["kovan"], "relayer"),
        (["evmos"], "relayer of evmos"),
        (["evmos", "kovan"], "relayer of evmos, kovan"),
        (["a", "b", "c"], "relayer of 3 homes"),
    ],
)
def test_a_wallet_is_called_by_its_agent_and_the_homes_that_it_serves(homes: list[str], told: str) -> None:
    assert report.who(wallet("kovan", "relayer", "1", homes=homes)) == told


@pytest.mark.parametrize(("left", "told"), [(None, "-"), (0.0, "0.0"), (9.96, "10.0"), (31.9, "31"), (1e9, ">999")])
def test_days_left(left: float | None, told: str) -> None:
    assert report.days(left) == told


def test_json_and_csv_are_exact() -> None:
    found = staging(sandbox=True, transfers=[])
    held = json.loads(files.as_json(found, "staging"))
    assert held == {"environment": "staging", **{name: found[name] for name in held if name != "environment"}}
    assert held["wallets"][4]["balance_wei"] == 1
    lines = list(csv.DictReader(io.StringIO(files.as_csv(found, "staging"))))
    assert [line["balance"] for line in lines] == [row["balance"] or "" for row in found["wallets"]]
    assert lines[2]["homes"] == "kovan"
    assert {line["sandbox"] for line in lines} == {"true"}
    assert set(files.WALLET_FIELDS) == set(found["wallets"][0])


def test_markdown_has_the_picture_the_table_the_banks_and_what_is_wrong() -> None:
    found = {**plan(), "sandbox": True, "networks": [network("kovan"), network("moonbasealpha", error="a|b")]}
    page = files.as_markdown(found, "staging", "wallets.svg")
    assert page.startswith("# Wallets of staging\n\nRead at 2026-03-01 12:00:00 UTC.\n\n**Sandbox: this is not AWS.")
    assert "![Balances against thresholds and targets](wallets.svg)" in page
    assert "| kovan | relayer of moonbasealpha |" in page
    assert "| 499 ETH | 0.000042 ETH | 8500.9999 ETH | planned | - |" in page
    assert page.endswith("## Problems\n\n- FAILED moonbasealpha: a\\|b\n")
