# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a transfer offers a chain for each gas. Private to the collection.

Pure: no ansible, no AWS. All numbers are wei for each gas. Every error is a :class:`ValueError` whose text can be shown
to the user.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import Fees, FeeSettings
from ansible_collections.interchain.agent_ops.plugins.module_utils._wei import GWEI_DECIMALS, from_wei

MAX_FEE = "max_fee_per_gas_gwei"
MAX_PRIORITY_FEE = "max_priority_fee_per_gas_gwei"

PRIORITY_CALL = "eth_maxPriorityFeePerGas"
PRICE_CALL = "eth_gasPrice"

_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}\Z")

# A block's base fee rises by an eighth at most: twice the present one still pays six full blocks later.
_HEADROOM = 2


class Suggestion(t.NamedTuple):
    """What a node suggests; None where it does not say."""

    priority: int | None
    gas_price: int | None


def fee_calls(kind: str) -> list[tuple[str, tuple[t.Any, ...]]]:
    """Return the calls of JSON-RPC that :func:`choose_fees` needs the answers of, beside the latest block."""
    return [(PRICE_CALL, ())] if kind == "legacy" else [(PRIORITY_CALL, ()), (PRICE_CALL, ())]


def read_suggestion(kind: str, answers: t.Sequence[t.Any]) -> Suggestion:
    """Return what a node answered to :func:`fee_calls`. An error in the place of an answer says nothing.

    :raises ValueError: if an answer is no number.
    """
    said: dict[str, int | None] = {PRIORITY_CALL: None, PRICE_CALL: None}
    for (method, _params), answer in zip(fee_calls(kind), answers, strict=True):
        silent = answer is None or isinstance(answer, Exception)
        said[method] = None if silent else quantity(answer, method)
    return Suggestion(said[PRIORITY_CALL], said[PRICE_CALL])


def quantity(answer: t.Any, what: str) -> int:
    """Return a number that a node answered: 0x and hexadecimal digits. :param what: begins the error."""
    if not isinstance(answer, str) or not _QUANTITY.match(answer):
        raise ValueError(f"{what}: the node's answer is not a number. Expected: 0x and at most 64 hexadecimal digits")
    return int(answer, 16)


def choose_fees(
    base_fee: int | None, suggested_priority: int | None, gas_price: int | None, settings: FeeSettings
) -> Fees:
    """Return what a transfer offers.

    :param base_fee: of the latest block; None where the chain has no EIP-1559.
    :param suggested_priority: the node's eth_maxPriorityFeePerGas. :param gas_price: its eth_gasPrice.
    :raises ValueError: if the network asks for more than the settings allow, or does not say what it asks.
    """
    if settings.kind == "eip1559" and base_fee is None:
        raise ValueError(
            "The network's latest block has no base fee, so that it takes no transactions of EIP-1559. "
            "Expected: fee_type legacy or auto"
        )
    if settings.kind == "legacy" or base_fee is None:
        return _legacy(gas_price, settings)
    priority = _priority(base_fee, suggested_priority, gas_price, settings)
    cap = settings.max_fee_per_gas
    if cap is not None and base_fee + priority > cap:
        raise ValueError(
            f"The network asks {_gwei(base_fee + priority)} gwei for each gas (base fee {_gwei(base_fee)}, "
            f"priority fee {_gwei(priority)}). {_at_most(MAX_FEE, cap)}"
        )
    most = _HEADROOM * base_fee + priority
    return Fees(most if cap is None else min(most, cap), priority)


def replacement_fees(previous: Fees, current: Fees, settings: FeeSettings) -> Fees:
    """Return what the replacement of a waiting transaction offers: enough for nodes to prefer it, and for the network.

    Nodes want an eighth more at most (12.5 %; go-ethereum 10 %), for both numbers. A legacy transaction's gas price
    counts as both.

    :param current: what a new transfer would offer now. :raises ValueError: if it is more than the settings allow.
    """
    tip = previous.max_fee_per_gas if previous.legacy else previous.max_priority_fee_per_gas
    most = max(_raised(previous.max_fee_per_gas), current.max_fee_per_gas)
    priority = max(_raised(tip), current.max_priority_fee_per_gas)
    most = max(most, priority)
    cap = settings.max_fee_per_gas
    if cap is not None and most > cap:
        raise ValueError(f"The replacement has to offer {_gwei(most)} gwei for each gas. {_at_most(MAX_FEE, cap)}")
    if current.legacy:
        return Fees(most, legacy=True)
    cap = settings.max_priority_fee_per_gas
    if cap is not None and priority > cap:
        raise ValueError(
            f"The replacement has to offer a priority fee of {_gwei(priority)} gwei for each gas. "
            f"{_at_most(MAX_PRIORITY_FEE, cap)}"
        )
    return Fees(most, priority)


def _legacy(gas_price: int | None, settings: FeeSettings) -> Fees:
    if gas_price is None:
        raise ValueError(f"The network suggests no gas price. Expected: an answer of its node to {PRICE_CALL}")
    cap = settings.max_fee_per_gas
    if cap is not None and gas_price > cap:
        raise ValueError(f"The network asks {_gwei(gas_price)} gwei for each gas. {_at_most(MAX_FEE, cap)}")
    return Fees(gas_price, legacy=True)


def _priority(base_fee: int, suggested: int | None, gas_price: int | None, settings: FeeSettings) -> int:
    """Return the priority fee: the node's, else what its gas price has above the base fee, else the most allowed."""
    cap = settings.max_priority_fee_per_gas
    if suggested is None and gas_price is not None:
        suggested = max(gas_price - base_fee, 0)
    if suggested is None:
        suggested = cap
    if suggested is None:
        raise ValueError(
            f"The network suggests neither a priority fee nor a gas price. Expected: an answer of its node to "
            f"{PRIORITY_CALL} or {PRICE_CALL}, or {MAX_PRIORITY_FEE}, which is offered then"
        )
    return suggested if cap is None else min(suggested, cap)


def _raised(fee: int) -> int:
    """Return an eighth more, rounded up, and something more in any case."""
    return max(-(-fee * 9 // 8), fee + 1)


def _at_most(setting: str, cap: int) -> str:
    return f"Expected: at most {_gwei(cap)} gwei, which is {setting}: wait for lower fees, or raise it"


def _gwei(wei: int) -> str:
    return from_wei(wei, GWEI_DECIMALS)
