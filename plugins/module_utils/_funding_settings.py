# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what an inventory says of the funding of each network. Private to the collection.

Whatever is not right is refused by the name of its field. Pure: no ansible, no AWS; errors are :class:`ValueError`.
"""

from __future__ import annotations

import typing as t
from urllib.parse import urlsplit

from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import (
    FEE_TYPES,
    Amounts,
    FeeSettings,
    NetworkFunding,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._wei import DECIMALS, GWEI_DECIMALS, to_wei

NETWORK_FIELDS = ("chain_id", "replicas", "native_unit", "native_decimals", "explorer_url")
"""What of ``agent_ops_network`` is read here."""

_AMOUNTS = ("threshold", "target", "max_transfer", "max_run", "max_day", "reserve")
_GWEI = ("max_fee_per_gas_gwei", "max_priority_fee_per_gas_gwei")
_NUMBERS = {
    "min_interval_seconds": (0, 0, 366 * 86400),
    "max_gas": (200_000, 21_000, 30_000_000),
    "receipt_seconds": (120, 1, 3600),
    "stuck_seconds": (900, 1, 30 * 86400),
    "confirmations": (12, 0, 10_000),
}
"""Setting -> default, smallest, largest. 21,000 gas is what a plain transfer takes."""

FUNDING_FIELDS = (*_AMOUNTS, "agents", "fee_type", *_GWEI, *_NUMBERS)
_AGENT_FIELDS = ("threshold", "target", "funded")
_LONGEST_UNIT = 12
_MOST_DECIMALS = 36
_ADVICE = "Correct wallet_funding_defaults in group_vars, or wallet_funding_network in host_vars/{}.yml"


def read_settings(
    networks: t.Mapping[str, t.Mapping[str, t.Any]], funding: t.Mapping[str, t.Mapping[str, t.Any]]
) -> dict[str, NetworkFunding]:
    """Return network -> how its wallets are funded.

    :param networks: network -> its ``agent_ops_network`` (``chain_id``, ``native_unit``, ``native_decimals``,
        ``explorer_url``).
    :param funding: network -> ``wallet_funding_defaults`` with the network's own ``wallet_funding_network`` over it.
    """
    unknown = [name for name in funding if name not in networks]
    if unknown:
        raise ValueError(f"funding names the unknown network {unknown[0]!r}. Expected: of {', '.join(networks)}")
    return {name: _network(name, settings or {}, funding.get(name) or {}) for name, settings in networks.items()}


def require_caps(settings: t.Mapping[str, NetworkFunding]) -> None:
    """Refuse to send money where nothing may break, and nobody said how much at the most.

    :raises ValueError: if a network has wallets to top up, and no ``max_transfer``, ``max_run`` or ``max_day``.
    """
    for name, one in settings.items():
        if one.amounts.target is None and all(amounts.target is None for amounts in one.agents.values()):
            continue
        missing = [cap for cap in ("max_transfer", "max_run", "max_day") if getattr(one, cap) is None]
        if missing:
            raise ValueError(
                f"The funding of {name} has no {', '.join(missing)}. Expected: all three caps before money is sent in a"
                f" protected environment. {_ADVICE.format(name)}"
            )


def funded_agents(funding: t.Mapping[str, t.Any]) -> dict[str, bool]:
    """Return agent -> whether it is funded on the network, of the agents for which an inventory says that."""
    agents = funding.get("agents") or {}
    return {name: one["funded"] for name, one in agents.items() if isinstance(one, t.Mapping) and "funded" in one}


def _network(name: str, settings: t.Mapping[str, t.Any], funding: t.Mapping[str, t.Any]) -> NetworkFunding:
    advice = _ADVICE.format(name)
    _mapping(settings, f"agent_ops_network of {name}")
    _mapping(funding, f"the funding of {name}")
    for field in funding:
        if field not in FUNDING_FIELDS:
            raise ValueError(f"The funding of {name} has {field!r}. Expected: of {', '.join(FUNDING_FIELDS)}. {advice}")
    decimals = _whole(settings.get("native_decimals"), DECIMALS, 0, _MOST_DECIMALS, f"native_decimals of {name}")
    amounts = {field: _amount(funding, field, decimals, name) for field in _AMOUNTS}
    numbers = {field: _whole(funding.get(field), *limits, f"{field} of {name}") for field, limits in _NUMBERS.items()}
    gwei = [
        None if funding.get(field) in (None, "") else to_wei(funding[field], GWEI_DECIMALS, f"{field} of {name}")
        for field in _GWEI
    ]
    fee_type = str(funding.get("fee_type") or "auto")
    if fee_type not in FEE_TYPES:
        raise ValueError(f"fee_type of {name} is {fee_type!r}. Expected: one of {', '.join(FEE_TYPES)}. {advice}")
    whole = _pair(amounts["threshold"], amounts["target"], name, advice)
    return NetworkFunding(
        network=name,
        chain_id=_chain_id(settings.get("chain_id"), name),
        unit=_unit(settings.get("native_unit"), name),
        decimals=decimals,
        explorer_url=_explorer(settings.get("explorer_url"), name),
        amounts=whole,
        agents=_agents(funding.get("agents") or {}, whole, decimals, name),
        max_transfer=amounts["max_transfer"],
        max_run=amounts["max_run"],
        max_day=amounts["max_day"],
        reserve=amounts["reserve"] or 0,
        min_interval_seconds=numbers["min_interval_seconds"],
        fees=FeeSettings(fee_type, gwei[0], gwei[1], numbers["max_gas"]),
        receipt_seconds=numbers["receipt_seconds"],
        stuck_seconds=numbers["stuck_seconds"],
        confirmations=numbers["confirmations"],
    )


def _agents(given: t.Any, whole: Amounts, decimals: int, network: str) -> dict[str, Amounts]:
    advice = _ADVICE.format(network)
    _mapping(given, f"agents in the funding of {network}")
    found = {}
    for agent, settings in given.items():
        what = f"agents.{agent} in the funding of {network}"
        _mapping(settings, what)
        for field in settings:
            if field not in _AGENT_FIELDS:
                raise ValueError(f"{what} has {field!r}. Expected: of {', '.join(_AGENT_FIELDS)}. {advice}")
        if not isinstance(settings.get("funded", True), bool):
            raise ValueError(f"funded of {what} is {settings['funded']!r}. Expected: true or false. {advice}")
        where = f"{network} for {agent}"
        threshold, target = (_amount(settings, field, decimals, where) for field in ("threshold", "target"))
        found[agent] = _pair(
            whole.threshold if threshold is None else threshold,
            whole.target if target is None else target,
            where,
            advice,
        )
    return found


def _pair(threshold: int | None, target: int | None, where: str, advice: str) -> Amounts:
    if (threshold is None) != (target is None):
        missing, there = ("threshold", "target") if threshold is None else ("target", "threshold")
        raise ValueError(f"The funding of {where} has a {there} and no {missing}. Expected: both. {advice}")
    if threshold is not None and target is not None and threshold > target:
        raise ValueError(f"The funding of {where} has a threshold above its target. Expected: at most that. {advice}")
    return Amounts(threshold, target)


def _amount(given: t.Mapping[str, t.Any], field: str, decimals: int, where: str) -> int | None:
    value = given.get(field)
    return None if value in (None, "") else to_wei(value, decimals, f"{field} of {where}")


def _whole(value: t.Any, default: int, smallest: int, largest: int, what: str) -> int:
    if value in (None, ""):
        return default
    text = str(value).strip()
    number = int(text) if text.isascii() and text.isdigit() and not isinstance(value, bool) else -1
    if not smallest <= number <= largest:
        raise ValueError(f"{what} is {value!r}. Expected: a whole number from {smallest} to {largest}")
    return number


def _chain_id(value: t.Any, network: str) -> int | None:
    # EIP-2294 bounds chain ids so that v of EIP-155 fits into 64 bits.
    largest = 2**63 - 36
    return None if value in (None, "") else _whole(value, 0, 1, largest, f"chain_id of {network}")


def _unit(value: t.Any, network: str) -> str:
    unit = "ETH" if value in (None, "") else value
    if not isinstance(unit, str) or not unit.isascii() or not unit.isalnum() or len(unit) > _LONGEST_UNIT:
        raise ValueError(
            f"native_unit of {network} is {value!r}. Expected: letters and digits, at most {_LONGEST_UNIT}, such as ETH"
        )
    return unit


def _explorer(value: t.Any, network: str) -> str | None:
    if value in (None, ""):
        return None
    parts = urlsplit(value) if isinstance(value, str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or not str(value).isprintable():
        raise ValueError(f"explorer_url of {network} is {value!r}. Expected: a URL, such as https://etherscan.io")
    return str(value).rstrip("/")


def _mapping(value: t.Any, what: str) -> None:
    if not isinstance(value, t.Mapping):
        raise ValueError(f"{what} is {value!r}. Expected: a dictionary")
