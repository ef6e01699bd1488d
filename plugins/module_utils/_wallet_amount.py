# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How amounts of money are shown to people. Private to the collection. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, InvalidOperation

_PLACES = Decimal("0.0001")
_LEAST = Decimal("0.000000001")
_DIGITS = 2
# Enough for 2**256 in the smallest part of any unit.
_EXACT = Context(prec=160)


def shown(amount: str | None, *, up: bool = False) -> str:
    """Return an exact amount with at most four places, or two digits where it is smaller than that.

    What is shown is never more than there is, so that nothing below a threshold looks as if it were at it; and an
    amount that is not zero never looks as if it were.

    :param up: for what is the most that something may cost, which is never less than is shown.
    """
    if amount is None:
        return "-"
    try:
        exact = Decimal(amount)
    except InvalidOperation:
        return amount
    if 0 < exact < _LEAST:
        return f"<{_LEAST:f}"
    rounding = ROUND_CEILING if up else ROUND_FLOOR
    step = Decimal((0, (1,), exact.adjusted() - _DIGITS + 1)) if 0 < exact < _PLACES else _PLACES
    text = format(exact.quantize(step, rounding=rounding, context=_EXACT), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def total(amounts: Iterable[str]) -> str:
    """Return the sum of exact amounts, as exact."""
    together = Decimal(0)
    for amount in amounts:
        together = _EXACT.add(together, Decimal(amount))
    return format(together, "f")
