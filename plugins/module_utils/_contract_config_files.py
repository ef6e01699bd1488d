# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a deployment configuration names updater and watchers, and by which rules it is in order. Private to the
collection.

Pure: no ansible, no AWS, no files; errors are :class:`ValueError` and quote nothing of a file but names and addresses.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.interchain.agent_ops.plugins.module_utils import _json_edit

CORE_CONFIG, NOMAD_CONFIG = "core_config", "nomad_config"
_LONGEST_NAME = 64
FORMATS = (CORE_CONFIG, NOMAD_CONFIG)

ENVIRONMENT_NAMES: t.Mapping[str, t.Sequence[str]] = {
    "development": ("development", "dev"),
    "staging": ("staging",),
    "production": ("production", "prod", "prod-community", "mainnet"),
}
"""What deployment tools call the documented environments. Any other environment goes by its own name."""


@dataclass(frozen=True)
class Place:
    """Where a file has what it says of one network."""

    network: str
    name: str
    parent: _json_edit.Node

    @property
    def updater(self) -> _json_edit.Node:
        return self.parent.members["updater"]

    @property
    def watchers(self) -> _json_edit.Node:
        return self.parent.members["watchers"]

    def field(self, name: str) -> str:
        return f"{self.name}.{name}" if self.name else name


@dataclass(frozen=True)
class Document:
    """A deployment configuration that was read, with a place for each network that it has."""

    path: str
    text: str
    format: str
    root: _json_edit.Node
    places: t.Mapping[str, Place]

    def contracts(self, network: str) -> t.Mapping[str, t.Any]:
        """Return the addresses of the contracts on a network, as far as the file has them."""
        return _mapping(_mapping(self.root.value.get("core")).get(network)) if self.format == NOMAD_CONFIG else {}


@dataclass(frozen=True)
class Expected:
    """What the inventory says of a file.

    :param format: the file's, or "" to be recognised. :param network: whose the file is, if it is of one network.
    :param environment_name: what the file calls the environment, or "" for its usual names.
    """

    environment: str
    networks: t.Mapping[str, t.Mapping[str, t.Any]]
    format: str = ""
    network: str = ""
    environment_name: str = ""


def read_document(path: str, text: str, expected: Expected) -> Document:
    """Return a file's contents as a document that has been checked as far as that concerns its form.

    :raises ValueError: with the file and the field.
    """
    try:
        root = _json_edit.parse(text)
    except ValueError as exc:
        raise ValueError(
            f"{path} is not JSON that can be changed: {exc}. Expected: a JSON file. Other formats, such as YAML or"
            " TypeScript, are not read: let them import a JSON file"
        ) from None
    if not isinstance(root.value, dict):
        raise ValueError(f"{path} holds a {type(root.value).__name__}. Expected: a JSON object")
    form = _format(path, root, expected.format)
    _check_environment(path, root.value.get("environment"), expected)
    if form == CORE_CONFIG:
        return Document(path, text, form, root, _core_place(path, root, expected))
    if expected.network:
        raise ValueError(
            f"{path} is a NomadConfig, which has all networks of an environment. Expected: no network"
            f" ({expected.network!r} is given) in its entry of contract_config_files"
        )
    return Document(path, text, form, root, _nomad_places(path, root, expected))


def _format(path: str, root: _json_edit.Node, wish: str) -> str:
    is_nomad = isinstance(root.value.get("protocol"), dict) and "networks" in root.value["protocol"]
    is_core = "updater" in root.value or "watchers" in root.value
    if wish and wish not in FORMATS:
        raise ValueError(f"The format of {path} is given as {wish!r}. Expected: one of {', '.join(FORMATS)}")
    found = NOMAD_CONFIG if is_nomad and not is_core else CORE_CONFIG if is_core and not is_nomad else ""
    if wish and found and wish != found:
        raise ValueError(
            f"The format of {path} is given as {wish}, but the file is a {found}. Correct the entry's format"
        )
    if not wish and not found:
        has = "both" if is_nomad else "neither"
        raise ValueError(
            f"What {path} is cannot be told: it has {has} of protocol.networks (a NomadConfig, {NOMAD_CONFIG}) and of"
            f" updater and watchers (a network's core configuration, {CORE_CONFIG}). Give the entry's format"
        )
    return wish or found


def _check_environment(path: str, found: t.Any, expected: Expected) -> None:
    names = ENVIRONMENT_NAMES.get(expected.environment, (expected.environment,))
    if expected.environment_name:
        names = (expected.environment_name,)
    if found is not None and found not in names:
        raise ValueError(
            f"{path}, field environment: {_shown(found)}. Expected: {' or '.join(names)}, since this run is on"
            f" {expected.environment}. If the file is the right one, give that name as environment in its entry of"
            " contract_config_files"
        )


def _core_place(path: str, root: _json_edit.Node, expected: Expected) -> dict[str, Place]:
    named = root.value.get("name")
    network = expected.network or (named if isinstance(named, str) else "")
    known = ", ".join(expected.networks)
    if not network:
        raise ValueError(f"Whose {path} is, is not said. Give network in its entry of contract_config_files: {known}")
    if network not in expected.networks:
        raise ValueError(f"{path} is of the network {network!r}. Expected: one of the environment's, {known}")
    if named not in (None, network):
        raise ValueError(f"{path}, field name: {_shown(named)}. Expected: {network!r}, whose file it is to be")
    _check_domain(path, "domain", root.value.get("domain"), expected.networks[network])
    return {network: _place(path, network, "", root)}


def _nomad_places(path: str, root: _json_edit.Node, expected: Expected) -> dict[str, Place]:
    problems = nomad_config_problems(root.value)
    if problems:
        raise ValueError(f"{path} breaks the rules of a NomadConfig: {'; '.join(problems)}")
    networks = root.members["protocol"].members["networks"]
    for network, settings in expected.networks.items():
        if network not in networks.members:
            raise ValueError(
                f"{path} lacks the network {network}: it has {', '.join(networks.members) or 'none'} under"
                " protocol.networks. Add the network there, or take it out of the inventory"
            )
        where = f"protocol.networks.{network}.domain"
        _check_domain(path, where, networks.members[network].value.get("domain"), settings)
    return {
        network: _place(path, network, f"protocol.networks.{network}.configuration", node.members["configuration"])
        for network, node in networks.members.items()
    }


def _check_domain(path: str, where: str, found: t.Any, settings: t.Mapping[str, t.Any]) -> None:
    domain = settings.get("domain")
    if None not in (found, domain) and str(found) != str(domain):
        raise ValueError(
            f"{path}, field {where}: {_shown(found)}. Expected: {domain}, the domain that agent_ops_network gives. One"
            " of the two is another network's"
        )


def _place(path: str, network: str, name: str, parent: _json_edit.Node) -> Place:
    place = Place(network, name, parent)
    for field, kind, told in (("updater", str, "an address"), ("watchers", list, "a list of addresses")):
        if field not in parent.members:
            raise ValueError(
                f"{path} has no field {place.field(field)}. Expected: {told}, or an empty one to be filled in"
            )
        value = parent.members[field].value
        if not isinstance(value, kind):
            raise ValueError(f"{path}, field {place.field(field)}, holds a {type(value).__name__}. Expected: {told}")
    for watcher in parent.members["watchers"].value:
        if not isinstance(watcher, str):
            raise ValueError(
                f"{path}, field {place.field('watchers')}, has an item that is a {type(watcher).__name__}. Expected:"
                " addresses"
            )
    return place


def nomad_config_problems(config: t.Mapping[str, t.Any]) -> list[str]:
    """Return by which of NomadConfig's own rules a configuration is not in order.

    The rules are those of NomadConfig::validate in nomad-xyz/rust (configuration/src/lib.rs), but a network that
    is yet to be deployed has no core, since this configuration is what it is deployed from.
    """
    protocol = _mapping(config.get("protocol"))
    names, networks = config.get("networks"), protocol.get("networks")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return ["networks is not a list of names"]
    if not isinstance(networks, dict):
        return ["protocol.networks is not an object"]
    problems = [*_network_problems(config, names, networks)]
    if problems:
        return problems
    problems += _replica_problems(_mapping(config.get("core")), names, networks)
    for section in ("core", "bridge", "agent", "bridgeGui"):
        problems += [
            f"{section}.{name} is of no network that networks lists"
            for name, entry in _mapping(config.get(section)).items()
            if name not in names and not (section == "core" and _is_substrate(entry))
        ]
    return problems


def _network_problems(
    config: t.Mapping[str, t.Any], names: t.Sequence[str], networks: t.Mapping[str, t.Any]
) -> t.Iterator[str]:
    for name in names:
        network = networks.get(name)
        if network is None:
            yield f"protocol.networks has no {name}, which networks lists"
            continue
        if _mapping(network).get("name") != name:
            yield f"protocol.networks.{name}.name is not {name}"
        for section in ("rpcs", "agent"):
            if name not in _mapping(config.get(section)):
                yield f"{section} has no {name}, which networks lists"
    for name, network in networks.items():
        connections = _mapping(network).get("connections")
        if not isinstance(connections, list) or not all(isinstance(one, str) for one in connections):
            yield f"protocol.networks.{name}.connections is not a list of names"
        if not isinstance(_mapping(network).get("configuration"), dict):
            yield f"protocol.networks.{name}.configuration is not an object"


def _replica_problems(
    core: t.Mapping[str, t.Any], names: t.Sequence[str], networks: t.Mapping[str, t.Any]
) -> t.Iterator[str]:
    for name in names:
        for connection in networks[name]["connections"]:
            there = core.get(connection)
            if there is not None and not _is_substrate(there) and name not in _mapping(there.get("replicas")):
                yield f"core.{connection}.replicas has no {name}, whose connections list {connection}"
    for name, entry in core.items():
        if not isinstance(_mapping(entry).get("replicas", {}), dict):
            yield f"core.{name}.replicas is not an object"
        for home in _mapping(_mapping(entry).get("replicas")):
            if home not in names:
                yield f"core.{name}.replicas has {home}, which networks does not list"
            elif name not in networks[home]["connections"]:
                yield f"core.{name}.replicas has {home}, whose connections do not list {name}"


def _is_substrate(core: t.Any) -> bool:
    """Say whether a core is a Substrate chain's, of which the rules ask nothing: it has no contracts."""
    return "home" not in _mapping(core)


def _shown(value: t.Any) -> str:
    """Return a name or a number; anything else of a file is not quoted."""
    known = isinstance(value, (str, int)) and len(str(value)) <= _LONGEST_NAME
    return repr(value) if known else f"a {type(value).__name__}"


def _mapping(value: t.Any) -> t.Mapping[str, t.Any]:
    return value if isinstance(value, dict) else {}
