# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what an inventory says of its networks, for the agents' configuration. Private to the collection.

Whatever is not right is refused by the name of its field. A connection's URL is a secret, and no error shows it. Pure:
no ansible, no AWS; errors are :class:`ValueError`.
"""

from __future__ import annotations

import difflib
import re
import typing as t
from urllib.parse import urlsplit

from ansible_collections.interchain.agent_ops.plugins.module_utils._address import checksum_address
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_env import check_text, is_variable_name
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_hyperlane import ADDRESSES, CHAIN_FIELDS
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_model import FIELDS, Chain

SCHEMES = ("http", "https", "ws", "wss")
_INDEX = ("from", "chunk")
_LOWER = re.compile(r"[a-z][a-z0-9]*\Z")
_LARGEST_TIMELAG = 255
_LARGEST_DOMAIN = 2**32 - 1


def read_chains(
    networks: t.Mapping[str, t.Mapping[str, t.Any]], rpc_urls: t.Mapping[str, t.Any], formats: t.Sequence[str]
) -> dict[str, Chain]:
    """Return network -> what is known of it.

    :param networks: network -> its ``agent_ops_network``, without ``rpc_url``.
    :param rpc_urls: network -> the URL of its connection, or nothing.
    """
    for name in networks:
        for form in formats:
            check_name(name, form)
    _check_distinct(networks)
    for name, settings in networks.items():
        _check_fields(settings or {}, name)
    return {name: _chain(name, settings or {}, rpc_urls.get(name), networks) for name, settings in networks.items()}


def _check_fields(given: t.Any, network: str) -> None:
    if not isinstance(given, t.Mapping):
        raise ValueError(f"agent_ops_network of {network} is no dictionary. Expected: one")
    plain = {field.replace("_", ""): field for field in (*FIELDS, "rpc_url")}
    for field in given:
        if field in plain.values():
            continue
        meant = difflib.get_close_matches(re.sub(r"[_-]", "", str(field)).lower(), plain, n=1, cutoff=0.8)
        if meant:
            raise ValueError(f"agent_ops_network of {network} has {field!r}. Expected: {plain[meant[0]]}")


def check_name(name: str, form: str) -> None:
    """Raise ValueError unless a network's name can be part of the variables of a format."""
    advice = "Rename the host in the inventory's group networks"
    if not is_variable_name(name.upper()):
        raise ValueError(
            f"The network {name!r} cannot be part of an environment variable ({name.upper()}_…). Expected: letters,"
            f" digits and underscores, beginning with a letter. {advice}"
        )
    if form != "nomad" and not _LOWER.match(name):
        raise ValueError(
            f"The network {name!r} cannot be part of a variable of the format {form}, in which underscores separate"
            f" and capitals are lost. Expected: small letters and digits, beginning with a letter. {advice}"
        )


def _check_distinct(networks: t.Iterable[str]) -> None:
    seen: dict[str, str] = {}
    for name in networks:
        other = seen.setdefault(name.upper(), name)
        if other != name:
            raise ValueError(
                f"The networks {other!r} and {name!r} have one name in environment variables, {name.upper()}. Expected:"
                " names that differ by more than capitals. Rename one of the hosts in the inventory's group networks"
            )


def field_of(setting: str, network: str) -> str:
    return f"agent_ops_network.{setting} of {network}"


def _chain(name: str, given: t.Mapping[str, t.Any], url: t.Any, networks: t.Collection[str]) -> Chain:
    replicas = _names(given.get("replicas") or (), "replicas", name, networks)
    if name in replicas:
        raise ValueError(f"{field_of('replicas', name)} names {name} itself. Expected: other networks")
    addresses = _mapping(given.get("replica_addresses"), "replica_addresses", name)
    _names(list(addresses), "replica_addresses", name, replicas)
    rpc_style = str(given.get("rpc_style") or "ethereum")
    if rpc_style not in ("ethereum", "substrate"):
        raise ValueError(f"{field_of('rpc_style', name)} is {rpc_style!r}. Expected: ethereum or substrate")
    index = _mapping(given.get("index"), "index", name)
    for part in index:
        if part not in _INDEX:
            raise ValueError(f"{field_of('index', name)} has {part!r}. Expected: {' and '.join(_INDEX)}")
    settings = _mapping(given.get("agent_settings"), "agent_settings", name)
    return Chain(
        name=name,
        domain=_number(given.get("domain"), "domain", name, 1, _LARGEST_DOMAIN) or 0,
        chain_id=_number(given.get("chain_id"), "chain_id", name, 1),
        replicas=tuple(replicas),
        rpc_style=rpc_style,
        home=_address(given.get("home"), "home", name),
        replica_addresses={
            network: str(_address(address, f"replica_addresses.{network}", name))
            for network, address in addresses.items()
        },
        connection_manager=_address(given.get("connection_manager"), "connection_manager", name),
        timelag=_number(given.get("timelag"), "timelag", name, 0, _LARGEST_TIMELAG),
        index={part: int(_number(value, f"index.{part}", name, 0) or 0) for part, value in index.items()},
        hyperlane=_hyperlane(given.get("hyperlane"), name),
        agent_settings={agent: _mapping(one, f"agent_settings.{agent}", name) for agent, one in settings.items()},
        rpc_url=read_url(url, field_of("rpc_url", name)),
    )


def read_url(url: t.Any, field: str) -> str | None:
    """Return the URL of a connection, or None where there is none. An error shows nothing of it."""
    if url in (None, ""):
        return None
    if not isinstance(url, str):
        raise ValueError(f"{field} is not text. Expected: a URL, or nothing")
    check_text(field, url)
    scheme, host, problem = _parts(url)
    if scheme not in SCHEMES or not host or problem or any(char.isspace() for char in url):
        raise ValueError(
            f"{field} is not a URL of a connection (it is not shown, since it may hold an API key). Expected:"
            f" {', '.join(f'{one}://' for one in SCHEMES)} and a host, without blanks"
        )
    return url


def _parts(url: str) -> tuple[str, str, bool]:
    try:
        parts = urlsplit(url)
        return parts.scheme.lower(), parts.hostname or "", False
    except ValueError:
        # Raised outside: the chain of exceptions would hold the URL.
        return "", "", True


def _names(value: t.Any, setting: str, network: str, known: t.Collection[str]) -> list[str]:
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"{field_of(setting, network)} is {value!r}. Expected: a list of networks")
    for name in value:
        if name not in known:
            raise ValueError(
                f"{field_of(setting, network)} names the unknown network {name!r}. Expected: one of"
                f" {', '.join(known) or 'none'}"
            )
        if list(value).count(name) > 1:
            raise ValueError(f"{field_of(setting, network)} names {name} twice. Expected: once")
    return list(value)


def _mapping(value: t.Any, setting: str, network: str) -> t.Mapping[str, t.Any]:
    if value is None:
        return {}
    if not isinstance(value, t.Mapping):
        raise ValueError(f"{field_of(setting, network)} is {value!r}. Expected: a dictionary")
    return value


def number(value: t.Any, field: str, least: int, most: int | None = None) -> int:
    """Return a whole number, given as one or by its digits."""
    digits = str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    bounds = f"{least} to {most}" if most is not None else f"{least} or more"
    if (
        not digits.isdecimal()
        or not digits.isascii()
        or int(digits) < least
        or (most is not None and int(digits) > most)
    ):
        raise ValueError(f"{field} is {value!r}. Expected: a whole number, {bounds}")
    return int(digits)


def _number(value: t.Any, setting: str, network: str, least: int, most: int | None = None) -> int | None:
    return None if value is None else number(value, field_of(setting, network), least, most)


def _address(value: t.Any, setting: str, network: str) -> str | None:
    if value in (None, ""):
        return None
    try:
        return checksum_address(value)
    except ValueError as exc:
        raise ValueError(f"{field_of(setting, network)} is not an address: {exc}") from None


def _hyperlane(value: t.Any, network: str) -> dict[str, t.Any]:
    given = dict(_mapping(value, "hyperlane", network))
    for name in given:
        if name not in CHAIN_FIELDS:
            raise ValueError(
                f"{field_of('hyperlane', network)} has {name!r}. Expected: one of {', '.join(CHAIN_FIELDS)}"
            )
    for name in (*ADDRESSES, "interchainSecurityModule"):
        if given.get(name) is not None:
            given[name] = _address(given[name], f"hyperlane.{name}", network)
    return {name: item for name, item in given.items() if item is not None}
