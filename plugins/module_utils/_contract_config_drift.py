# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs between keys, deployment configurations and chains. Private to the collection.

Pure: no ansible, no AWS, no files; errors are :class:`ValueError`.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.interchain.agent_ops.plugins.module_utils._address import without_private_key
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config import (
    Owner,
    Setting,
    Wanted,
    checked_address,
    owners,
    wanted,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config_files import Document, Place
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config_plan import (
    found_problems,
    network_row,
    same_address,
    same_watchers,
    short_address,
)

# The first four bytes of the Keccak-256 hash of updater() and of watcherPermission(address,uint32).
_UPDATER_SELECTOR = "0xdf034cd0"
_WATCHER_PERMISSION_SELECTOR = "0x427ebef5"
_WORD = re.compile(r"0x([0-9a-fA-F]{64})")
_LARGEST_DOMAIN = 2**32 - 1

Difference = dict[str, t.Any]


def difference(network: str, where: str, text: str, found: t.Any = None, expected: t.Any = None) -> Difference:
    """Return one thing that is not as it is to be.

    :param where: a file, or the chain. :param text: a sentence that says it all.
    """
    return {"network": network, "where": where, "text": text, "found": found, "expected": expected}


def file_differences(
    setting: Setting, documents: t.Sequence[Document], wishes: t.Mapping[str, Wanted]
) -> list[Difference]:
    """Return how the files differ from the keys, network by network."""
    book = owners(setting)
    found: list[Difference] = []
    for network, wish in wishes.items():
        places = [(document, document.places[network]) for document in documents if network in document.places]
        if wish.error is not None:
            found.append(difference(network, "keys", wish.error))
        elif not places:
            found.append(difference(network, "files", f"No file of contract_config_files has the network {network}"))
        else:
            for document, place in places:
                found += _place_differences(document.path, place, wish, book)
    return found


def found_rows(
    documents: t.Sequence[Document], wishes: t.Mapping[str, Wanted], differences: t.Sequence[Difference]
) -> list[dict[str, t.Any]]:
    """Return a row for each file and network, as those that write it return."""
    different = {(one["network"], one["where"]) for one in differences}
    rows = []
    for document in documents:
        for network, place in document.places.items():
            if network in wishes:
                row = network_row(document, place, wishes[network])
                action = "different" if (network, document.path) in different else "unchanged"
                rows.append({**row, "action": "failed" if row["error"] else action})
    return rows


def _place_differences(path: str, place: Place, wish: Wanted, book: t.Mapping[str, Owner]) -> t.Iterator[Difference]:
    there, wanted_watchers = place.updater.value, list(wish.watchers)
    if not same_address(there, wish.updater):
        told = f"{path}, field {place.field('updater')}: {_named(there, book)}. Expected: {wish.updater}"
        yield difference(place.network, path, told, without_private_key(there), wish.updater)
    if not same_watchers(place.watchers.value, wanted_watchers):
        names = ", ".join(_named(address, book) for address in place.watchers.value) or "none"
        told = f"{path}, field {place.field('watchers')}: {names}. Expected: {', '.join(wanted_watchers)}"
        shown = [without_private_key(address) for address in place.watchers.value]
        yield difference(place.network, path, told, shown, wanted_watchers)
    for problem in found_problems(place, path):
        yield difference(place.network, path, problem)


def _named(found: t.Any, book: t.Mapping[str, Owner]) -> str:
    """Return an address and, if it is another agent's, whose: two that were swapped are seen at once."""
    for address, owner in book.items():
        if same_address(found, address):
            return f"{address} ({owner})"
    return repr(without_private_key(found))


@dataclass(frozen=True)
class Question:
    """What is asked of a contract, and the answer that is right.

    :param told: how the answer is called: ``home.updater()``.
    """

    network: str
    told: str
    to: str
    data: str
    expected: str

    def call(self) -> tuple[str, list[t.Any]]:
        return "eth_call", [{"to": self.to, "data": self.data}, "latest"]


def questions(
    setting: Setting, contracts: t.Mapping[str, t.Mapping[str, t.Any]]
) -> tuple[list[Question], list[Difference]]:
    """Return what each network's node is to be asked, and what cannot be asked.

    An agent needs: the updater that home and replicas know, and the permission of a home's watchers on each network
    that carries its replica. Which reading a deployment tool follows does not matter for that.

    :param contracts: network -> ``home``, ``replicas`` (home -> address) and ``connection_manager``.
    """
    homes = wanted(dataclasses.replace(setting, watchers_of="home", only=list(setting.networks)))
    asked: list[Question] = []
    left: list[Difference] = []
    for network in setting.only:
        there = contracts.get(network) or {}
        if not there.get("home"):
            left.append(_unknown(network, "its home"))
            continue
        for item in _questions_on(setting, network, there, homes):
            if isinstance(item, Question):
                asked.append(item)
            else:
                left.append(item)
    return asked, left


def _unknown(network: str, what: str) -> Difference:
    text = (
        f"On {network} nothing could be asked of {what}, whose address is not known. Expected: core.{network} in a"
        f" NomadConfig, or the network's entry in contract_config_contracts"
    )
    return difference(network, "chain", text)


def _questions_on(
    setting: Setting, network: str, there: t.Mapping[str, t.Any], homes: t.Mapping[str, Wanted]
) -> t.Iterator[Question | Difference]:
    yield from _updater_question(network, "home.updater()", there["home"], network, homes)
    for home, settings in setting.networks.items():
        if network not in (settings.get("replicas") or ()):
            continue
        replica = (there.get("replicas") or {}).get(home)
        if replica:
            yield from _updater_question(network, f"replicas.{home}.updater()", replica, home, homes)
        else:
            yield _unknown(network, f"the replica of {home}")
        manager = there.get("connection_manager")
        if manager:
            yield from _watcher_questions(network, manager, home, settings, homes[home])
        else:
            yield _unknown(network, "the connection manager")


def _updater_question(
    network: str, told: str, contract: t.Any, home: str, homes: t.Mapping[str, Wanted]
) -> t.Iterator[Question | Difference]:
    if homes[home].error is not None:
        yield difference(network, "keys", str(homes[home].error))
        return
    yield Question(network, told, _contract(contract, told, network), _UPDATER_SELECTOR, homes[home].updater)


def _watcher_questions(
    network: str, manager: t.Any, home: str, settings: t.Mapping[str, t.Any], wish: Wanted
) -> t.Iterator[Question | Difference]:
    if wish.error is not None:
        # Said already, where the updater is asked for.
        return
    domain = settings.get("domain")
    if not isinstance(domain, int) or not 0 <= domain <= _LARGEST_DOMAIN:
        raise ValueError(
            f"The domain of {home} is {domain!r}. Expected: a number of at most 32 bits, domain in agent_ops_network of"
            f" host_vars/{home}.yml"
        )
    for watcher in wish.watchers:
        told = f"xAppConnectionManager.watcherPermission({watcher}, {domain})"
        data = f"{_WATCHER_PERMISSION_SELECTOR}{watcher[2:].lower():0>64}{domain:064x}"
        yield Question(network, told, _contract(manager, told, network), data, "true")


def _contract(address: t.Any, told: str, network: str) -> str:
    return checked_address(short_address(address), f"The contract for {told} on {network}")


def chain_differences(asked: t.Sequence[Question], answers: t.Sequence[t.Any]) -> list[Difference]:
    """Return which answers are not the right ones.

    :param answers: the results in order; an exception in place of each that is missing.
    """
    found = []
    for question, answer in zip(asked, answers, strict=True):
        value, problem = _read_answer(question, answer)
        if problem is None and value != question.expected.lower():
            problem = (
                f"{question.told} of {question.to} on {question.network} is {value}. Expected: {question.expected}"
            )
            if question.expected != "true":
                problem += ". An updater refuses to run with another key than its home's"
        if problem is not None:
            found.append(difference(question.network, "chain", problem, value, question.expected))
    return found


def _read_answer(question: Question, answer: t.Any) -> tuple[str | None, str | None]:
    where = f"{question.told} of {question.to} on {question.network}"
    if isinstance(answer, Exception):
        return None, f"{where} was not answered: {answer}"
    if answer == "0x":
        return None, f"{where} has no answer: there is no such contract. Expected: {question.expected}"
    word = _WORD.match(answer) if isinstance(answer, str) else None
    if word is None:
        return None, f"{where} was answered with something else than a value. Expected: {question.expected}"
    number = int(word[1], 16)
    if question.expected == "true":
        return ("true" if number else "false"), None
    return f"0x{number:040x}", None


def chain_ids(networks: t.Mapping[str, t.Mapping[str, t.Any]]) -> dict[str, int]:
    """Return the number that each network's node must give, of the networks of which that is known."""
    found = {}
    for network, settings in networks.items():
        number = settings.get("chain_id")
        if number in (None, ""):
            continue
        if not str(number).isdecimal():
            raise ValueError(
                f"The chain_id of {network} is {number!r}. Expected: a number, chain_id in agent_ops_network of"
                f" host_vars/{network}.yml"
            )
        found[network] = int(number)
    return found


def contracts_of(
    documents: t.Sequence[Document], given: t.Mapping[str, t.Any], networks: t.Mapping[str, t.Any]
) -> dict[str, t.Mapping[str, t.Any]]:
    """Return the contracts' addresses on each network: those that are given, else those in a file."""
    found: dict[str, t.Mapping[str, t.Any]] = {}
    for document in documents:
        for network in document.places:
            core = document.contracts(network)
            if core:
                found[network] = {
                    "home": _proxy(core.get("home")),
                    "replicas": {home: _proxy(one) for home, one in core.get("replicas", {}).items()},
                    "connection_manager": core.get("xAppConnectionManager"),
                }
    for network, contracts in given.items():
        if network not in networks:
            raise ValueError(
                f"contracts names {network!r}, which is none of the environment's networks. Expected: one of"
                f" {', '.join(networks)}"
            )
        if not isinstance(contracts, t.Mapping):
            raise ValueError(
                f"contracts of {network} is a {type(contracts).__name__}. Expected: home, replicas, connection_manager"
            )
        strange = sorted(set(contracts) - {"home", "replicas", "connection_manager"})
        if strange:
            raise ValueError(
                f"contracts of {network} has {', '.join(map(str, strange))}. Expected: home, replicas,"
                " connection_manager"
            )
        replicas = contracts.get("replicas")
        if replicas is not None and not isinstance(replicas, t.Mapping):
            raise ValueError(
                f"replicas in contracts of {network} is a {type(replicas).__name__}. Expected: home network to address"
            )
        found[network] = contracts
    return found


def _proxy(entry: t.Any) -> t.Any:
    return entry.get("proxy") if isinstance(entry, dict) else entry
