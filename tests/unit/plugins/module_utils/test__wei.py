# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._wei import LARGEST, from_wei, to_wei
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("value", "wei"),
    [
        ("0", 0),
        ("500", 500 * 10**18),
        (500, 500 * 10**18),
        (0.15, 150000000000000000),
        (0.1, 10**17),
        (1e-7, 10**11),
        (2.5, 25 * 10**17),
        (1e21, 10**39),
        ("0.000000000000000001", 1),
        ("1.50", 15 * 10**17),
        (" 3 ", 3 * 10**18),
    ],
)
def test_amounts_as_an_inventory_writes_them(value: Any, wei: int) -> None:
    assert to_wei(value) == wei


@pytest.mark.parametrize("value", ["", "-1", "1e18", "0x10", "1,5", ".5", "5.", "half", None, True, [], {}, "٣", -0.5])
def test_what_is_no_amount(value: Any) -> None:
    with pytest.raises(ValueError, match=r"\Athreshold of kovan is .*\. Expected: an amount of the native unit"):
        to_wei(value, what="threshold of kovan")


def test_more_places_than_the_unit_has() -> None:
    with pytest.raises(ValueError, match=r"\Atarget is '0\.1234567'\. Expected: at most 6 decimal places\Z"):
        to_wei("0.1234567", 6, "target")
    assert to_wei("0.1234560000", 6) == 123456


def test_more_than_there_can_be() -> None:
    with pytest.raises(ValueError, match="an amount that a chain can hold"):
        to_wei(str(LARGEST))


@given(st.integers(0, LARGEST), st.integers(0, 36))
def test_there_and_back(wei: int, decimals: int) -> None:
    text = from_wei(wei, decimals)
    assert to_wei(text, decimals) == wei
    assert Decimal(text).as_tuple().digits == (
        Decimal(wei).as_tuple().digits if wei % 10 else Decimal(text).as_tuple().digits
    )
    assert "E" not in text


@given(st.floats(0, 1e6).filter(lambda value: len(repr(value)) < 16 and "e" not in repr(value)))
def test_a_float_is_what_stood_in_the_inventory(value: float) -> None:
    assert to_wei(value, 18) == to_wei(repr(value), 18)


def test_what_is_missing_is_negative() -> None:
    assert from_wei(-15 * 10**17) == "-1.5"
