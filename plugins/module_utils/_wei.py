# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Amounts of a network's native unit, exact in both directions. Private to the collection.

Pure: no ansible, no AWS. Wei stands for the smallest part of any native unit, whatever a network calls it.
"""

from __future__ import annotations

import re
import typing as t
from decimal import Decimal

DECIMALS = 18
GWEI_DECIMALS = 9
LARGEST = 2**256 - 1
"""The largest balance that a chain can hold."""

_AMOUNT = re.compile(r"(\d+)(?:\.(\d+))?\Z", re.ASCII)


def to_wei(value: t.Any, decimals: int = DECIMALS, what: str = "the amount") -> int:
    """Return an amount of the native unit in wei.

    :param value: a decimal number without sign, as text or as YAML reads it (an int or a float).
    :param decimals: how many decimal places the native unit has.
    :param what: names the setting, at the beginning of an error.
    :raises ValueError: for anything else, and for more decimal places than the unit has.
    """
    text = _text(value)
    match = _AMOUNT.match(text)
    if match is None:
        raise ValueError(f"{what} is {value!r}. Expected: an amount of the native unit, for instance '0.5'")
    whole, part = match[1], (match[2] or "").rstrip("0")
    if len(part) > decimals:
        raise ValueError(f"{what} is {text!r}. Expected: at most {decimals} decimal places")
    wei = int(whole + part.ljust(decimals, "0"))
    if wei > LARGEST:
        raise ValueError(f"{what} is {text!r}. Expected: an amount that a chain can hold")
    return wei


def _text(value: t.Any) -> str:
    if isinstance(value, bool):
        return ""
    if isinstance(value, float):
        # The shortest text that gives this float is what stood in the inventory, if that had up to 15 digits.
        return format(Decimal(repr(value)), "f")
    return str(value).strip() if isinstance(value, (int, str)) else ""


def from_wei(wei: int, decimals: int = DECIMALS) -> str:
    """Return an amount in wei as an exact decimal number of the native unit, without trailing zeros."""
    sign = "-" if wei < 0 else ""
    digits = str(abs(wei)).rjust(decimals + 1, "0")
    whole, part = (digits[:-decimals], digits[-decimals:]) if decimals else (digits, "")
    part = part.rstrip("0")
    return f"{sign}{whole}.{part}" if part else f"{sign}{whole}"
