# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a deployment configuration is to hold: whose attestation addresses are its updater and its watchers.

Private to the collection. Pure: no ansible, no AWS, no files; errors are :class:`ValueError`.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.interchain.agent_ops.plugins.module_utils._address import checksum_address

UPDATER, WATCHER = "updater", "watcher"
ATTESTATION = "attestation"

HOME, CONNECTED_HOMES = "home", "connected_homes"
WATCHERS_OF = (HOME, CONNECTED_HOMES)
"""Whose watchers a network's configuration names: those of its own home, which a deployment enrols on every network
that is connected to it; or those of the homes that have a replica on it, which a deployment enrols on this network."""

ZERO = "0x" + "0" * 40
NOT_YET = "(not made yet)"

Row = t.Mapping[str, t.Any]


class Owner(t.NamedTuple):
    """Whose an address is: an agent's, of a network's home (None for one key for all networks)."""

    agent: str
    network: str | None

    def __str__(self) -> str:
        return f"the {self.agent} of {self.network or 'all networks'}"


@dataclass(frozen=True)
class Setting:
    """What an environment says of itself.

    :param networks: network -> its settings, of which ``replicas``, ``domain`` and ``chain_id`` are read.
    :param signing_keys: key rows.
    :param additional_watchers: home network -> addresses of watchers that others run.
    :param only: networks that a run does.
    :param dry_run: a key that the run would make is not missing.
    """

    environment: str
    networks: t.Mapping[str, t.Mapping[str, t.Any]]
    signing_keys: t.Sequence[Row]
    watchers_of: str = HOME
    additional_watchers: t.Mapping[str, t.Sequence[t.Any]] = field(default_factory=dict)
    one_key_for_all_networks: bool = False
    only: t.Sequence[str] = ()
    dry_run: bool = False


@dataclass(frozen=True)
class Wanted:
    """What a network's configuration is to hold, or why that is not known. Without ``known`` keys are not made yet."""

    updater: str = ""
    watchers: t.Sequence[str] = ()
    error: str | None = None
    known: bool = True


def homes_watched(setting: Setting, network: str) -> list[str]:
    """Return the homes whose watchers a network's configuration names."""
    return [network] if setting.watchers_of == HOME else connected_homes(setting.networks, network)


def connected_homes(networks: t.Mapping[str, t.Mapping[str, t.Any]], network: str) -> list[str]:
    """Return the networks whose homes have a replica on this one."""
    return [home for home, settings in networks.items() if network in (settings.get("replicas") or ())]


def wanted(setting: Setting) -> dict[str, Wanted]:
    """Return what the configuration of each network that the run does is to hold.

    :raises ValueError: for what the inventory must put right. A key that is missing or failed is an error of its
        networks alone.
    """
    _check(setting)
    book = _AddressBook(setting)
    return {network: _wanted_of(setting, book, network) for network in setting.only}


def owners(setting: Setting) -> dict[str, Owner]:
    """Return whose each address of the environment is."""
    return _AddressBook(setting).owners


def _check(setting: Setting) -> None:
    if setting.watchers_of not in WATCHERS_OF:
        raise ValueError(f"watchers_of is {setting.watchers_of!r}. Expected: one of {', '.join(WATCHERS_OF)}")
    known = ", ".join(setting.networks) or "none"
    for network in setting.only:
        if network not in setting.networks:
            raise ValueError(f"The network {network} is none of the environment's. Expected: one of {known}")
    for network, settings in setting.networks.items():
        replicas = settings.get("replicas") or ()
        if isinstance(replicas, (str, bytes)) or not isinstance(replicas, t.Sequence):
            raise ValueError(
                f"The replicas of {network} are a {type(replicas).__name__}. Expected: a list of networks. Correct"
                f" agent_ops_network in host_vars/{network}.yml"
            )
        for replica in replicas:
            if replica not in setting.networks:
                raise ValueError(
                    f"The replicas of {network} name {replica}, which is none of the environment's networks."
                    f" Expected: one of {known}. Correct agent_ops_network in host_vars/{network}.yml"
                )
    for row in setting.signing_keys:
        if row.get("environment") != setting.environment:
            raise ValueError(
                f"The key {row.get('name')} is of the environment {row.get('environment')!r}. Expected:"
                f" {setting.environment!r}, whose deployment configuration is to be written"
            )


class _AddressBook:
    """Whose each address is. No address is two agents', or two networks'."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self.owners: dict[str, Owner] = {}
        self.rows: dict[Owner, Row] = {}
        for row in setting.signing_keys:
            if row.get("purpose") == ATTESTATION and row.get("agent") in (UPDATER, WATCHER):
                owner = Owner(row["agent"], row.get("network"))
                if owner in self.rows:
                    raise ValueError(
                        f"There are two attestation keys for {owner}: {self.rows[owner]['name']} and {row['name']}."
                        " Expected: one. Correct agent_ops_additional_keys in the inventory"
                    )
                self.rows[owner] = row
                if row.get("address"):
                    self._enter(row["address"], owner, f"The address of the key {row['name']}")
        self._signers = {
            str(row["address"]).lower(): row["name"]
            for row in setting.signing_keys
            if row.get("address") and row not in self.rows.values()
        }
        self.additional = {
            network: [self._additional(network, address) for address in addresses]
            for network, addresses in self._additional_lists()
        }
        self._refuse_signers()

    def _additional_lists(self) -> t.Iterator[tuple[str, t.Sequence[t.Any]]]:
        for network, addresses in self._setting.additional_watchers.items():
            if network not in self._setting.networks:
                raise ValueError(
                    f"additional_watchers names {network!r}, which is none of the environment's networks."
                    f" Expected: one of {', '.join(self._setting.networks)}"
                )
            if isinstance(addresses, (str, bytes)) or not isinstance(addresses, t.Sequence):
                raise ValueError(
                    f"additional_watchers of {network} is a {type(addresses).__name__}. Expected: a list of addresses"
                )
            yield network, addresses

    def _additional(self, network: str, address: t.Any) -> str:
        return self._enter(address, Owner(WATCHER, network), f"additional_watchers of {network}")

    def _enter(self, address: t.Any, owner: Owner, where: str) -> str:
        checked = checked_address(address, where)
        other = self.owners.setdefault(checked, owner)
        if other.agent != owner.agent:
            raise ValueError(
                f"{where}: {checked} is the address of {other} already, and would be that of {owner}. Expected: an"
                " address for each: one key that does both can vouch for its own fraud"
            )
        if other != owner and not self._setting.one_key_for_all_networks:
            raise ValueError(
                f"{where}: {checked} is the address of {other} already, and would be that of {owner}. Expected: an"
                " address for each network. If one key for all networks is meant, set"
                " contract_config_one_key_for_all_networks to true"
            )
        return checked

    def _refuse_signers(self) -> None:
        for address, owner in self.owners.items():
            if address.lower() in self._signers:
                raise ValueError(
                    f"{address}, the address of {owner}, is also that of the key {self._signers[address.lower()]},"
                    " which has another purpose. Expected: a key that does nothing but attest"
                )

    def row(self, agent: str, network: str) -> Row | None:
        return self.rows.get(Owner(agent, network)) or self.rows.get(Owner(agent, None))


def checked_address(value: t.Any, where: str) -> str:
    """Return an address in its EIP-55 form. :raises ValueError: if it is none, has a wrong checksum, or is zero."""
    try:
        address = checksum_address(value)
    except ValueError as exc:
        raise ValueError(f"{where}: {exc}") from None
    if address == ZERO:
        raise ValueError(f"{where} is the zero address, which nobody has the key of. Expected: the address of a key")
    return address


def _wanted_of(setting: Setting, book: _AddressBook, network: str) -> Wanted:
    homes = homes_watched(setting, network)
    keys = [(UPDATER, network), *((WATCHER, home) for home in homes)]
    rows = {key: book.row(*key) for key in keys}
    additional = [address for home in homes for address in book.additional.get(home, ())]
    if rows[keys[0]] is None:
        raise ValueError(
            f"The inventory has no attestation key for the updater of {network}, which its deployment configuration"
            f" must name. Correct agent_ops_agents, or excluded_keys in host_vars/{network}.yml"
        )
    if setting.one_key_for_all_networks is False and any(row and row.get("network") is None for row in rows.values()):
        raise ValueError(
            "The naming template gives all networks the same attestation keys, so that one key's loss or fraud is"
            " every network's. If that is meant, set contract_config_one_key_for_all_networks to true; otherwise put"
            " {network} into agent_ops_key_name_template"
        )
    if not additional and not any(rows[key] for key in keys[1:]):
        whose = network if setting.watchers_of == HOME else "a home that has a replica on it"
        raise ValueError(
            f"The deployment configuration of {network} would name no watcher. Expected: an attestation key for the"
            f" watcher of {whose} in the inventory (agent_ops_agents, excluded_keys, replicas), or"
            " contract_config_additional_watchers"
        )
    problems = [problem for row in rows.values() if row for problem in _key_problems(row, setting.dry_run)]
    if problems:
        return Wanted(error=" ".join(dict.fromkeys(problems)))
    addresses = [_address(rows[key]) for key in keys if rows[key]]
    watchers = tuple(dict.fromkeys([*addresses[1:], *additional]))
    return Wanted(addresses[0], watchers, known=NOT_YET not in addresses)


def _address(row: Row | None) -> str:
    return checksum_address(row["address"]) if row and row.get("address") else NOT_YET


def _key_problems(row: Row, dry_run: bool) -> t.Iterator[str]:
    if row.get("action") == "failed":
        yield f"The key {row['name']} failed: {str(row.get('error') or 'see its row').rstrip('.')}."
    elif not row.get("address") and not dry_run:
        yield (
            f"The key {row['name']} does not exist. Make it first:"
            " ansible-playbook provision.yml -i <inventory> --tags signing_keys."
        )
