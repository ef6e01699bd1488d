# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be changed in deployment configurations, and what differs. Private to the collection.

Pure: no ansible, no AWS, no files; errors are :class:`ValueError`.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.interchain.agent_ops.plugins.module_utils import _json_edit
from ansible_collections.interchain.agent_ops.plugins.module_utils._address import without_private_key
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config import (
    HOME,
    NOT_YET,
    UPDATER,
    WATCHER,
    Owner,
    Setting,
    Wanted,
    checked_address,
    owners,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config_files import Document, Place

CHANGES = ("created", "updated")
_IDENTIFIER_LENGTH = 66


@dataclass(frozen=True)
class Planned:
    """A file as it is to be, and a row for each of its networks that the run does."""

    document: Document
    text: str
    rows: t.Sequence[dict[str, t.Any]]


def plan(setting: Setting, documents: t.Sequence[Document], wishes: t.Mapping[str, Wanted]) -> list[Planned]:
    """Return what each file is to hold.

    :raises ValueError: before anything is written, if a network has no file, or a file would not be in order even so.
    """
    for network in setting.only:
        if not any(network in document.places for document in documents):
            raise ValueError(
                f"No deployment configuration of the network {network} is among contract_config_files. Expected: a file"
                " of its own, or a NomadConfig. Add one, or leave the network out with --limit"
            )
    planned = [_plan_file(document, wishes) for document in documents]
    _refuse(setting, planned, wishes)
    return planned


def _plan_file(document: Document, wishes: t.Mapping[str, Wanted]) -> Planned:
    rows = []
    changes: list[tuple[_json_edit.Node, str]] = []
    for network, place in document.places.items():
        wish = wishes.get(network)
        if wish is None:
            continue
        row = network_row(document, place, wish)
        rows.append(row)
        if wish.error is None and wish.known:
            changes += _changes(document, place, wish)
        row["action"] = "failed" if wish.error else "updated" if _differs(place, wish) else "unchanged"
    return Planned(document, _json_edit.replace(document.text, changes), rows)


def network_row(document: Document, place: Place, wish: Wanted) -> dict[str, t.Any]:
    return {
        "network": place.network,
        "file": document.path,
        "source": document.path,
        "format": document.format,
        "field": place.name,
        "updater": wish.updater or None,
        "watchers": list(wish.watchers),
        "found_updater": without_private_key(place.updater.value),
        "found_watchers": [without_private_key(value) for value in place.watchers.value],
        "pending": not wish.known,
        "error": wish.error,
        "action": "",
    }


def _differs(place: Place, wish: Wanted) -> bool:
    return not (same_address(place.updater.value, wish.updater) and same_watchers(place.watchers.value, wish.watchers))


def _changes(document: Document, place: Place, wish: Wanted) -> t.Iterator[tuple[_json_edit.Node, str]]:
    if not same_address(place.updater.value, wish.updater):
        yield place.updater, _json_edit.string_text(wish.updater)
    if not same_watchers(place.watchers.value, wish.watchers):
        texts = _watcher_texts(document.text, place, wish.watchers)
        yield place.watchers, _json_edit.list_text(document.text, place.parent, place.watchers, texts)


def _watcher_texts(text: str, place: Place, watchers: t.Sequence[str]) -> list[str]:
    """Return the items of a list of watchers: those that stay where they were and as they were, then the new ones.

    A list that was in order stays in order: there are projects that sort their files, and check that.
    """
    kept: dict[str, str] = {}
    for item in place.watchers.items:
        for address in watchers:
            if same_address(item.value, address):
                kept.setdefault(address, text[item.start : item.end])
    texts = [*kept.values(), *(_json_edit.string_text(address) for address in watchers if address not in kept)]
    found = place.watchers.value
    return sorted(texts) if list(found) == sorted(found) else texts


def same_address(found: t.Any, wanted: str) -> bool:
    """Say whether a file names an address, in whatever case, or as an identifier of 32 bytes."""
    return short_address(found) == wanted.lower()


def same_watchers(found: t.Sequence[t.Any], wanted: t.Sequence[str]) -> bool:
    return sorted(short_address(address) for address in found) == sorted(address.lower() for address in wanted)


def short_address(value: t.Any) -> str:
    """Return an address in lower case, without the padding of an identifier of 32 bytes."""
    text = str(value).lower()
    if len(text) == _IDENTIFIER_LENGTH and text.startswith("0x" + "0" * 24):
        return "0x" + text[26:]
    return text


def found_problems(place: Place, path: str) -> list[str]:
    """Return what is wrong with the addresses that a file names for a network: not one, wrong checksum, zero, twice."""
    problems = []
    for field, value in _fields(place):
        try:
            _found_address(value, f"{path}, field {place.field(field)}")
        except ValueError as exc:
            problems.append(str(exc))
    watchers = [short_address(value) for value in place.watchers.value]
    for watcher in sorted({one for one in watchers if watchers.count(one) > 1}):
        shown = without_private_key(watcher)
        problems.append(f"{path}, field {place.field('watchers')}, names {shown} more than once. Expected: once")
    return problems


def _found_address(value: str, where: str) -> str:
    """Return an address that a file names. One that is padded to 32 bytes has no checksum."""
    short = short_address(value)
    return checked_address(short if len(short) < len(value) else value, where)


def _fields(place: Place) -> t.Iterator[tuple[str, str]]:
    yield "updater", place.updater.value
    for watcher in place.watchers.value:
        yield "watchers", watcher


class Use(t.NamedTuple):
    """An address that a file will name, for whom, and whether the run is about that file."""

    address: str
    owner: Owner
    where: str
    ours: bool


def _refuse(setting: Setting, planned: t.Sequence[Planned], wishes: t.Mapping[str, Wanted]) -> None:
    problems = []
    for one in planned:
        for network, place in one.document.places.items() if one.rows else ():
            wish = wishes.get(network)
            found = [] if wish and not wish.error else found_problems(place, one.document.path)
            problems += [f"{problem} ({wish.error})" if wish else problem for problem in found]
    if problems:
        raise ValueError(
            "Nothing was written, since a file would not be in order even afterwards: " + "; ".join(problems)
        )
    _refuse_shared(setting, [use for one in planned for use in _uses(one, wishes)])


def _uses(planned: Planned, wishes: t.Mapping[str, Wanted]) -> t.Iterator[Use]:
    path = planned.document.path
    for network, place in planned.document.places.items():
        wish = wishes.get(network)
        if wish is not None and wish.error is None:
            fields = [("updater", wish.updater), *(("watchers", watcher) for watcher in wish.watchers)]
        else:
            fields = [(field, _checksummed(value)) for field, value in _fields(place)]
        for field, address in fields:
            agent = UPDATER if field == "updater" else WATCHER
            if address != NOT_YET:
                yield Use(address, Owner(agent, network), f"{path}, field {place.field(field)}", bool(planned.rows))


def _checksummed(value: str) -> str:
    """Return an address as all others are compared with it; in a file that the run is not about, it may be anything."""
    try:
        return checked_address(short_address(value), "")
    except ValueError:
        return NOT_YET


def _refuse_shared(setting: Setting, uses: t.Sequence[Use]) -> None:
    """Fail if an address has two roles, or is two networks'. Whose those of the environment are is known already."""
    known = owners(setting)
    first: dict[str, Use] = {}
    for use in uses:
        owner = known.get(use.address, use.owner)
        at_home = owner.network in (None, use.owner.network) or not _one_network(setting, owner)
        if owner.agent != use.owner.agent or not at_home:
            raise ValueError(
                f"{use.where} names {use.address}, which is the address of {owner}. Expected: an address of"
                f" {use.owner}. Nothing was written"
            )
        other = first.setdefault(use.address, use._replace(owner=owner))
        if not (use.ours or other.ours):
            continue
        if other.owner.agent != owner.agent:
            raise ValueError(
                f"{use.where} names {use.address}, and so does {other.where}. Expected: one agent for an address."
                " Nothing was written"
            )
        if other.owner != owner and _one_network(setting, owner):
            raise ValueError(
                f"{use.where} names {use.address}, and so does {other.where}. Expected: an address for each network."
                " Nothing was written. If one key for all networks is meant, set"
                " contract_config_one_key_for_all_networks to true"
            )


def _one_network(setting: Setting, owner: Owner) -> bool:
    """Say whether one network alone may name an address: the watchers of a home may be those of all connected to it."""
    if setting.one_key_for_all_networks:
        return False
    return owner.agent == UPDATER or setting.watchers_of == HOME


def view(rows: t.Sequence[t.Mapping[str, t.Any]], *, before: bool) -> dict[str, t.Any]:
    """Return what changes, for ansible's diff mode: nothing else of a file, which may hold secrets."""
    prefix = "found_" if before else ""
    shown: dict[str, t.Any] = {}
    for row in rows:
        if row["action"] in CHANGES:
            fields = {name: row[prefix + name] for name in ("updater", "watchers")}
            shown.setdefault(row["file"], {})[row["network"]] = fields
    return shown


def failures(rows: t.Iterable[t.Mapping[str, t.Any]]) -> list[str]:
    """Return a line for each network that failed, and why."""
    return list(dict.fromkeys(f"{row['network']}: {row['error']}" for row in rows if row["action"] == "failed"))
