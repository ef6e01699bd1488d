# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fees: what the network asks, within what the settings allow."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._evm_fees import (
    Suggestion,
    choose_fees,
    fee_calls,
    quantity,
    read_suggestion,
    replacement_fees,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._evm_transaction import Unsigned
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import Fees, FeeSettings
from hypothesis import given, settings
from hypothesis import strategies as st

GWEI = 10**9
AUTO = FeeSettings()

amounts = st.integers(0, 10**13)
caps = st.none() | amounts
kinds = st.sampled_from(["auto", "eip1559", "legacy"])
all_settings = st.builds(FeeSettings, kind=kinds, max_fee_per_gas=caps, max_priority_fee_per_gas=caps)
modern = st.tuples(amounts, amounts).map(lambda pair: Fees(max(pair), min(pair)))
legacy = amounts.map(lambda price: Fees(price, legacy=True))


def test_a_base_fee_leaves_room_for_twice_as_much() -> None:
    assert choose_fees(30 * GWEI, 2 * GWEI, 31 * GWEI, AUTO) == Fees(62 * GWEI, 2 * GWEI)


def test_the_cap_cuts_the_room_and_not_what_the_network_asks() -> None:
    assert choose_fees(30, 2, None, FeeSettings(max_fee_per_gas=40)) == Fees(40, 2)
    assert choose_fees(30, 2, None, FeeSettings(max_fee_per_gas=32)) == Fees(32, 2)


def test_more_than_the_cap_is_refused() -> None:
    with pytest.raises(ValueError, match="The network asks") as caught:
        choose_fees(30 * GWEI, 2 * GWEI + 1, None, FeeSettings(max_fee_per_gas=32 * GWEI))
    assert str(caught.value) == (
        "The network asks 32.000000001 gwei for each gas (base fee 30, priority fee 2.000000001). "
        "Expected: at most 32 gwei, which is max_fee_per_gas_gwei: wait for lower fees, or raise it"
    )


def test_the_suggested_priority_is_cut_by_its_own_cap() -> None:
    assert choose_fees(30, 9, None, FeeSettings(max_priority_fee_per_gas=3)) == Fees(63, 3)
    # And counts as it was cut where the other cap is asked.
    assert choose_fees(30, 9, None, FeeSettings(max_fee_per_gas=33, max_priority_fee_per_gas=3)) == Fees(33, 3)


def test_without_a_suggested_priority_the_gas_price_says_it_or_the_cap() -> None:
    assert choose_fees(30, None, 35, AUTO) == Fees(65, 5)
    assert choose_fees(30, None, 20, AUTO) == Fees(60, 0)
    assert choose_fees(30, None, None, FeeSettings(max_priority_fee_per_gas=4)) == Fees(64, 4)
    with pytest.raises(ValueError, match="neither a priority fee nor a gas price") as caught:
        choose_fees(30, None, None, AUTO)
    assert "eth_maxPriorityFeePerGas or eth_gasPrice, or max_priority_fee_per_gas_gwei" in str(caught.value)


def test_without_a_base_fee_it_is_legacy() -> None:
    assert choose_fees(None, None, 7, AUTO) == Fees(7, legacy=True)
    assert choose_fees(None, 3, 7, AUTO) == Fees(7, legacy=True)


def test_legacy_can_be_wanted() -> None:
    assert choose_fees(30, 2, 33, FeeSettings(kind="legacy")) == Fees(33, legacy=True)


def test_a_gas_price_above_the_cap_is_refused() -> None:
    settings = FeeSettings(kind="legacy", max_fee_per_gas=32 * GWEI)
    assert choose_fees(None, None, 32 * GWEI, settings) == Fees(32 * GWEI, legacy=True)
    with pytest.raises(ValueError, match="The network asks") as caught:
        choose_fees(None, None, 32_500_000_000, settings)
    assert str(caught.value) == (
        "The network asks 32.5 gwei for each gas. "
        "Expected: at most 32 gwei, which is max_fee_per_gas_gwei: wait for lower fees, or raise it"
    )


def test_a_network_without_a_gas_price_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"^The network suggests no gas price. Expected: an answer .* to eth_gasPrice$"
    ):
        choose_fees(None, 5, None, AUTO)


def test_eip_1559_on_a_chain_without_it_is_refused() -> None:
    with pytest.raises(ValueError, match=r"has no base fee, .* Expected: fee_type legacy or auto$"):
        choose_fees(None, 2, 30, FeeSettings(kind="eip1559"))


def test_a_chain_that_is_free_of_charge() -> None:
    assert choose_fees(0, 0, 0, FeeSettings(max_fee_per_gas=0, max_priority_fee_per_gas=0)) == Fees(0, 0)
    assert choose_fees(None, None, 0, AUTO) == Fees(0, legacy=True)


@settings(max_examples=300, deadline=None)
@given(caps, caps, caps, all_settings)
def test_fees_are_within_the_caps_and_enough_or_refused(
    base: int | None, priority: int | None, price: int | None, settings: FeeSettings
) -> None:
    try:
        fees = choose_fees(base, priority, price, settings)
    except ValueError as exc:
        assert "Expected: " in str(exc)  # noqa: PT017
        return
    Unsigned(1, 0, "0x" + "35" * 20, 1, 21000, fees)  # which refuses what no chain takes
    assert fees.legacy == (settings.kind == "legacy" or base is None)
    assert settings.max_fee_per_gas is None or fees.max_fee_per_gas <= settings.max_fee_per_gas
    assert (
        settings.max_priority_fee_per_gas is None or fees.max_priority_fee_per_gas <= settings.max_priority_fee_per_gas
    )
    if fees.legacy:
        assert fees.max_fee_per_gas == price
    else:
        assert base is not None
        assert base + fees.max_priority_fee_per_gas <= fees.max_fee_per_gas


def test_a_replacement_offers_an_eighth_more() -> None:
    assert replacement_fees(Fees(800, 80), Fees(10, 1), AUTO) == Fees(900, 90)
    assert replacement_fees(Fees(801, 81), Fees(10, 1), AUTO) == Fees(902, 92)  # rounded up
    assert replacement_fees(Fees(800, legacy=True), Fees(10, legacy=True), AUTO) == Fees(900, legacy=True)


def test_a_replacement_offers_what_the_network_asks_by_now() -> None:
    assert replacement_fees(Fees(800, 80), Fees(2000, 85), AUTO) == Fees(2000, 90)
    assert replacement_fees(Fees(800, 80), Fees(810, 200), AUTO) == Fees(900, 200)


def test_a_replacement_of_nothing_offers_something() -> None:
    assert replacement_fees(Fees(0, 0), Fees(0, 0), AUTO) == Fees(1, 1)
    assert replacement_fees(Fees(8, 0), Fees(8, 0), AUTO) == Fees(9, 1)


def test_a_gas_price_counts_as_both_numbers() -> None:
    assert replacement_fees(Fees(800, legacy=True), Fees(500, 5), AUTO) == Fees(900, 900)
    assert replacement_fees(Fees(800, 80), Fees(500, legacy=True), AUTO) == Fees(900, legacy=True)


def test_a_replacement_above_a_cap_is_refused() -> None:
    with pytest.raises(ValueError, match="The replacement") as caught:
        replacement_fees(Fees(80 * GWEI, 8 * GWEI), Fees(1, 1), FeeSettings(max_fee_per_gas=90 * GWEI - 1))
    assert str(caught.value) == (
        "The replacement has to offer 90 gwei for each gas. "
        "Expected: at most 89.999999999 gwei, which is max_fee_per_gas_gwei: wait for lower fees, or raise it"
    )
    with pytest.raises(ValueError, match="The replacement") as caught:
        replacement_fees(Fees(80 * GWEI, 8 * GWEI), Fees(1, 1), FeeSettings(max_priority_fee_per_gas=8 * GWEI))
    assert str(caught.value) == (
        "The replacement has to offer a priority fee of 9 gwei for each gas. "
        "Expected: at most 8 gwei, which is max_priority_fee_per_gas_gwei: wait for lower fees, or raise it"
    )


@settings(max_examples=300, deadline=None)
@given(modern | legacy, modern | legacy, all_settings)
def test_nodes_prefer_the_replacement_or_it_is_refused(previous: Fees, current: Fees, settings: FeeSettings) -> None:
    try:
        fees = replacement_fees(previous, current, settings)
    except ValueError as exc:
        assert "Expected: at most" in str(exc)  # noqa: PT017
        return
    Unsigned(1, 0, "0x" + "35" * 20, 1, 21000, fees)
    assert fees.legacy == current.legacy
    assert fees.max_fee_per_gas >= current.max_fee_per_gas
    assert fees.max_priority_fee_per_gas >= current.max_priority_fee_per_gas
    assert settings.max_fee_per_gas is None or fees.max_fee_per_gas <= settings.max_fee_per_gas
    for before, after in zip(offers(previous), offers(fees), strict=True):
        assert after >= before * Fraction(9, 8)
        assert after > before


def offers(fees: Fees) -> tuple[int, int]:
    """What nodes compare: the highest fee and the priority fee, which a gas price both is."""
    return fees.max_fee_per_gas, fees.max_fee_per_gas if fees.legacy else fees.max_priority_fee_per_gas


@pytest.mark.parametrize("kind", ["auto", "eip1559", "legacy"])
def test_the_answers_to_what_is_asked_suffice(kind: str) -> None:
    answers = {"eth_maxPriorityFeePerGas": "0x2", "eth_gasPrice": "0x21"}
    calls = fee_calls(kind)
    suggestion = read_suggestion(kind, [answers[method] for method, _params in calls])
    assert suggestion == Suggestion(None if kind == "legacy" else 2, 33)
    for base in (30, None):
        if kind != "eip1559" or base:
            assert choose_fees(base, suggestion.priority, suggestion.gas_price, FeeSettings(kind))


def test_an_error_says_nothing() -> None:
    assert read_suggestion("auto", [RuntimeError("the method does not exist"), "0x21"]) == (None, 33)
    assert read_suggestion("auto", [None, RuntimeError()]) == (None, None)


@pytest.mark.parametrize("answer", [True, 5, "5", "0x", "0xg", "-0x1", {}, "0x1\n", "0x" + "f" * 65])
def test_what_is_no_number_is_refused(answer: Any) -> None:
    text = "^eth_gasPrice: the node's answer is not a number. Expected: 0x and at most 64 hexadecimal digits$"
    with pytest.raises(ValueError, match=text):
        read_suggestion("legacy", [answer])


def test_numbers_as_nodes_write_them() -> None:
    assert [quantity(text, "x") for text in ("0x0", "0x41", "0x0400", "0xFf")] == [0, 65, 1024, 255]
