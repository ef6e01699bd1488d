# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import (
    CONFIRMED,
    REVERTED,
    SENT,
    SUPERSEDED,
    Account,
    Amounts,
    Attempt,
    Fees,
    Ledger,
    Wallet,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_plan import (
    Plan,
    low_addresses,
    make_plan,
    wallet_state,
)
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.unit.plugins.module_utils.funding_world import BANK, ETHER, NOW, address, ledger, record, settings, wallet

FEE = 21_000 * 10**9


def accounts(*balances: int, bank: int = 10_000 * ETHER) -> dict[str, Account]:
    found = {address(number + 1): Account(balance, 0, 0) for number, balance in enumerate(balances)}
    return {**found, BANK: Account(bank, 0, 0)}


def plan(
    *balances: int,
    held: Ledger | None = None,
    bank: int = 10_000 * ETHER,
    wallets: list[Wallet] | None = None,
    approved: dict[str, int] | None = None,
    fees: dict[str, int | str] | None = None,
    **values: Any,
) -> Plan:
    wallets = wallets or [wallet(number + 1) for number in range(len(balances))]
    costs: dict[str, int | str] = {address(number + 1): FEE for number in range(len(balances))}
    return make_plan(
        settings(**values),
        wallets,
        accounts(*balances, bank=bank),
        held or ledger(),
        fees={**costs, **(fees or {})},
        now=NOW,
        approved=approved,
    )


def paid(found: Plan) -> dict[str, int]:
    return {str(one.wallet.address): one.amount for one in found.transfers}


def reasons(found: Plan) -> list[tuple[str, str]]:
    return [(one.kind, one.reason) for one in found.held]


def test_below_the_threshold_a_wallet_is_brought_to_its_target() -> None:
    found = plan(125 * ETHER - 1, 125 * ETHER, 0)
    assert paid(found) == {address(3): 500 * ETHER, address(1): 375 * ETHER + 1}
    # The neediest comes first: if the money does not last, it goes where it is needed most.
    assert [one.wallet.address for one in found.transfers] == [address(3), address(1)]


def test_a_wallet_without_a_threshold_is_left_alone() -> None:
    assert plan(0, wallets=[wallet(1, amounts=Amounts())]) == Plan()


def test_nobody_is_paid_whose_key_is_not_right() -> None:
    assert plan(0, wallets=[wallet(1, problem="it is disabled")]) == Plan()


def test_the_bank_does_not_pay_itself() -> None:
    one = wallet(11)
    assert one.address == BANK
    assert make_plan(settings(), [one], accounts(), ledger(), fees={BANK: FEE}, now=NOW) == Plan()


def test_an_address_is_paid_once() -> None:
    assert len(plan(0, wallets=[wallet(1), wallet(1, "processor")]).transfers) == 1


def test_what_is_under_way_counts_as_arrived_and_is_not_paid_again() -> None:
    assert plan(0, held=ledger(record(5, 1, 500 * ETHER, state=SENT))) == Plan()
    assert plan(0, held=ledger(record(5, 1, ETHER, state=SENT))) == Plan()
    assert paid(plan(0, held=ledger(record(5, 1, ETHER, state=CONFIRMED)))) == {address(1): 500 * ETHER}


def test_a_transfer_has_a_cap() -> None:
    found = plan(0, max_transfer=200 * ETHER)
    assert paid(found) == {address(1): 200 * ETHER}
    assert found.transfers[0].note == "500 ETH are missing; max_transfer is 200 ETH"
    assert reasons(plan(0, max_transfer=0)) == [("cap", "max_transfer is 0")]


def test_a_run_above_its_cap_is_refused_whole() -> None:
    found = plan(0, 0, max_run=999 * ETHER)
    assert found.problem == (
        "On kovan this run would pay 1000 ETH to 2 wallets, which is more than max_run, 999 ETH. Nothing is sent on any"
        " network. Look at the plan; if it is right, raise max_run in wallet_funding_defaults, or in"
        " wallet_funding_network of host_vars/kovan.yml"
    )
    assert plan(0, 0, max_run=1000 * ETHER).problem is None


@pytest.mark.parametrize(
    ("values", "left"),
    [
        ({"state": CONFIRMED, "recorded_at": NOW - 86399}, False),
        ({"state": CONFIRMED, "recorded_at": NOW - 86401}, True),
        ({"state": REVERTED, "recorded_at": NOW - 10}, True),
        ({"state": SUPERSEDED, "recorded_at": NOW - 10}, True),
        ({"state": SENT, "recorded_at": NOW - 90000}, False),
    ],
)
def test_a_day_has_a_cap(values: dict[str, Any], left: bool) -> None:
    found = plan(0, held=ledger(record(4, 2, 501 * ETHER, **values)), max_day=1000 * ETHER)
    if left:
        assert paid(found) == {address(1): 500 * ETHER}
    else:
        assert reasons(found) == [("cap", "max_day is 1000 ETH, of which 501 ETH are paid or planned within 24 hours")]


def test_the_least_time_between_two_transfers() -> None:
    before = ledger(record(4, 1, ETHER, state=CONFIRMED, recorded_at=NOW - 100))
    assert reasons(plan(0, held=before, min_interval_seconds=101)) == [
        ("interval", "it was paid 100 s ago; min_interval_seconds is 101")
    ]
    assert paid(plan(0, held=before, min_interval_seconds=100)) == {address(1): 500 * ETHER}


def test_the_bank_keeps_its_reserve() -> None:
    enough = 500 * ETHER + FEE + 7
    assert paid(plan(0, bank=enough, reserve=7)) == {address(1): 500 * ETHER}
    assert reasons(plan(0, bank=enough - 1, reserve=7)) == [
        (
            "bank_low",
            "the bank has 500.000021000000000006 ETH left, of which 0.000000000000000007 ETH are its reserve; this"
            " takes 500 ETH and up to 0.000021 ETH for gas. Send money to the bank",
        )
    ]


def test_what_is_under_way_is_no_longer_the_banks() -> None:
    fees = Fees(10**9)
    open_one = record(4, 2, 100 * ETHER, state=SENT, attempts=(Attempt("0x", "0x", 21_000, fees, NOW),))
    bank = 600 * ETHER + 2 * FEE
    assert paid(plan(0, bank=bank, held=ledger(open_one))) == {address(1): 500 * ETHER}
    assert [kind for kind, _text in reasons(plan(0, bank=bank - 1, held=ledger(open_one)))] == ["bank_low"]


def test_the_money_goes_as_far_as_it_goes() -> None:
    found = plan(0, 10 * ETHER, 20 * ETHER, bank=1000 * ETHER)
    assert [one.wallet.address for one in found.transfers] == [address(1), address(2)]
    assert [one.wallet.address for one in found.held] == [address(3)]


def test_only_what_was_approved_is_paid_and_no_more() -> None:
    found = plan(0, 0, 124 * ETHER, approved={address(1): 100 * ETHER, address(3): 900 * ETHER})
    assert paid(found) == {address(1): 100 * ETHER, address(3): 376 * ETHER}
    assert reasons(found) == [
        ("unapproved", "it is not among the transfers that were approved: the next run asks for it")
    ]
    assert paid(plan(0, approved={})) == {}


def test_a_transfer_whose_cost_is_not_known_is_held() -> None:
    found = plan(0, fees={address(1): "it takes 90000 gas; max_gas is 50000"})
    assert reasons(found) == [("gas", "it takes 90000 gas; max_gas is 50000")]


def test_whose_costs_must_be_known() -> None:
    wallets = [wallet(1), wallet(2), wallet(3, problem="no")]
    assert low_addresses(settings(), wallets, accounts(0, 500 * ETHER, 0), ledger(), now=NOW) == [address(1)]


@pytest.mark.parametrize(
    ("one", "account", "state"),
    [
        (wallet(1), Account(125 * ETHER, 0, 0), "ok"),
        (wallet(1), Account(0, 0, 0), "low"),
        (wallet(1, amounts=Amounts()), Account(0, 0, 0), "unset"),
        (wallet(1, problem="no"), Account(0, 0, 0), "blocked"),
        (wallet(1), None, "unknown"),
    ],
)
def test_how_a_wallet_is_off(one: Wallet, account: Account | None, state: str) -> None:
    assert wallet_state(one, account) == state


small = st.integers(0, 50)
records = st.builds(
    lambda nonce, to, amount, state, ago: record(nonce, to, amount, state=state, recorded_at=NOW - ago),
    st.integers(0, 1000),
    st.integers(1, 6),
    small,
    st.sampled_from([SENT, CONFIRMED, REVERTED, SUPERSEDED]),
    st.integers(0, 200_000),
)


@hypothesis_settings(max_examples=1000)
@given(data=st.data())
def test_never_above_a_cap_never_below_the_reserve_never_to_a_stranger(data: st.DataObject) -> None:
    count = data.draw(st.integers(0, 5))
    wallets = []
    for number in range(1, count + 1):
        threshold = data.draw(small)
        amounts = data.draw(st.sampled_from([Amounts(), Amounts(threshold, threshold + data.draw(small))]))
        problem = data.draw(st.sampled_from([None, None, None, "no"]))
        wallets.append(wallet(data.draw(st.integers(1, number)), amounts=amounts, problem=problem))
    caps = {name: data.draw(st.none() | st.integers(0, 120)) for name in ("max_transfer", "max_run", "max_day")}
    reserve, interval = data.draw(small), data.draw(st.sampled_from([0, 100, 100_000]))
    held = ledger(*data.draw(st.lists(records, max_size=5, unique_by=lambda one: one.nonce)))
    found_accounts = accounts(*data.draw(st.lists(small, min_size=5, max_size=5)), bank=data.draw(st.integers(0, 300)))
    fees = {address(number): data.draw(st.integers(0, 5)) for number in range(1, 6)}
    approved = data.draw(st.none() | st.dictionaries(st.sampled_from(sorted(fees)), small))
    config = settings(threshold=None, target=None, reserve=reserve, min_interval_seconds=interval, **caps)
    found = make_plan(config, wallets, found_accounts, held, fees=fees, now=NOW, approved=approved)
    sums = [one.amount for one in found.transfers]
    to = [str(one.wallet.address) for one in found.transfers]
    assert len(set(to)) == len(to)
    payable = {str(one.address): one for one in wallets if not one.problem}
    assert set(to) <= set(payable) - {BANK}
    assert all(amount > 0 for amount in sums)
    if caps["max_transfer"] is not None:
        assert all(amount <= caps["max_transfer"] for amount in sums)
    if caps["max_run"] is not None and sum(sums) > caps["max_run"]:
        assert found.problem
    if caps["max_day"] is not None and sums:
        day = [one for one in held.transfers if one.state in (SENT, CONFIRMED)]
        spent = sum(one.amount for one in day if one.open or one.recorded_at >= NOW - 86400)
        assert spent + sum(sums) <= caps["max_day"]
    if sums:
        out = sum(one.most_cost for one in held.transfers if one.open)
        assert found_accounts[BANK].balance - out - sum(sums) - sum(fees[one] for one in to) >= reserve
    for one in found.transfers:
        target = one.wallet.amounts.target
        assert target is not None
        assert found_accounts[str(one.wallet.address)].balance + one.amount <= target
        if approved is not None:
            assert one.amount <= approved[str(one.wallet.address)]
        recent = [paid for paid in held.transfers if paid.to == one.wallet.address and paid.state != SUPERSEDED]
        assert all(NOW - paid.recorded_at >= interval for paid in recent)
