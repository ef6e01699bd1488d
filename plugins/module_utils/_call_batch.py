# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a call batch does to the upgradeBeacon, as far as its file tells. Private to the collection.

Pure: no ansible, no AWS, no chain. Two questions are answered about a file. Does it hold a call of
``upgrade(address,address)``, at whatever depth? And if not, is every call in it one that is known not to upgrade?
Whatever is neither is opaque, and somebody has to look at it.

Shapes that are read: the governance batches of the bridge (``local``, ``remote``, ``built``), those of the Safe's
transaction builder (``transactions``), a list of calls, and a single call.
"""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.interchain.agent_ops.plugins.module_utils._call_batch_data import (
    UPGRADE,
    UPGRADE_SIGNATURE,
    opaque_part,
)

UPGRADES, READABLE, OPAQUE, NO_BATCH = "upgrade", "readable", "opaque", "none"

# A call with two addresses, within any hexadecimal text. The selector alone is in every compiled controller too.
_UPGRADE_CALL = re.compile(UPGRADE.hex() + r"(?:0{24}[0-9a-f]{40}){2}")
_GOVERNANCE = {"version", "networks", "local", "remote", "built"}
_SAFE = {"version", "chainId", "createdAt", "meta", "transactions"}
_CALL = set(
    """
    to data value operation contractMethod contractInputsValues from chainId nonce type gasLimit gasPrice maxFeePerGas
    maxPriorityFeePerGas accessList customData ccipReadEnabled
    """.split()
)
_HEX = re.compile(r"0[xX](?:[0-9a-fA-F]{2})*\Z")
# Calldata by what it is called and how it looks: hexadecimal digits from a selector on, and no address or hash.
_DATA_NAMES = {"data", "input", "calldata", "payload"}
_DATA = r"0x(?!(?:[0-9a-f]{40}|[0-9a-f]{64})(?![0-9a-f]))[0-9a-f]{8}"
_DATA_TEXT = re.compile(_DATA, re.IGNORECASE)
_NAMED_DATA = re.compile(
    rf"\b(?:{'|'.join(sorted(_DATA_NAMES))})s?[\"']?\s*+[:=]\s*+(?:\[\s*+)?[\"']?{_DATA}", re.IGNORECASE
)
# As a contract's source has it, too: upgrade(address beacon, address implementation).
_UPGRADE_NAME = re.compile(r"\bupgrade\s*\(\s*address\b[^,()]*,\s*address\b[^,()]*\)")
_JSON_BEGINS = re.compile(r"[\[{]")


@dataclass(frozen=True)
class Verdict:
    """``kind`` is one of the four above, ``calls`` how many calls were read, ``reason`` why it is what it is."""

    kind: str
    calls: int = 0
    reason: str = ""


_NONE = Verdict(NO_BATCH)


def mentions_upgrade(argument: str) -> bool:
    """Return whether an argument of a command is a call of ``upgrade(address,address)``, by selector or by name."""
    return UPGRADE.hex() in argument.lower() or bool(_UPGRADE_NAME.search(argument))


def examine_argument(argument: str) -> Verdict:
    """Return what a call batch does that is an argument itself, or the value of an option."""
    begins = _JSON_BEGINS.search(argument)
    return examine(argument[begins.start() :].encode("utf-8", "replace"), declared=False) if begins else _NONE


def examine(data: bytes, *, declared: bool) -> Verdict:
    """Return what a file does.

    :param declared: whether it was given as a call batch, so that it has to be one.
    """
    try:
        # Like other readers: UTF-8, UTF-16 or UTF-32, with a mark or without.
        document = json.loads(data, object_pairs_hook=_unambiguous)
    except (ValueError, RecursionError) as exc:
        if _UPGRADE_CALL.search(data.decode("latin-1").lower()):
            return Verdict(UPGRADES, reason=f"holds a call of {UPGRADE_SIGNATURE}")
        if isinstance(exc, _AmbiguousError):
            return Verdict(OPAQUE, reason=str(exc))
        # JSON that goes beyond what is read here, in depth or digits, may be read by others.
        if declared or not isinstance(exc, (json.JSONDecodeError, UnicodeDecodeError)):
            return Verdict(OPAQUE, reason="is not JSON that can be read")
        # Calls in a script, in YAML, a line each, or with remarks.
        if _NAMED_DATA.search(data.decode("latin-1")):
            return Verdict(OPAQUE, reason="holds calldata, and is not JSON that can be read")
        return _NONE
    shaped = declared or _has_call(document)
    if _says(document, lambda text: bool(_UPGRADE_CALL.search(text.lower()))):
        return Verdict(UPGRADES, reason=f"holds a call of {UPGRADE_SIGNATURE}")
    return _read(document) if shaped else _NONE


def _read(document: t.Any) -> Verdict:
    try:
        calls = list(_calls(document))
        verdicts = [_call(call, where) for where, call in calls]
    except ValueError as exc:
        # An upgrade that is in there for certain says more than a part that cannot be read.
        if _says(document, lambda text: UPGRADE.hex() in text.lower()):
            return Verdict(UPGRADES, reason=f"holds the selector of {UPGRADE_SIGNATURE}")
        return Verdict(OPAQUE, reason=str(exc))
    for kind in (UPGRADES, OPAQUE):
        for verdict in verdicts:
            if verdict.kind == kind:
                return Verdict(kind, len(calls), verdict.reason)
    return Verdict(READABLE, len(calls), "no call upgrades")


class _AmbiguousError(ValueError):
    """What one reader takes for one thing, and another for another."""


def _unambiguous(pairs: list[tuple[str, t.Any]]) -> dict[str, t.Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _value in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise _AmbiguousError(f"has the key {json.dumps(twice[0])} twice in one object")
    return found


def _says(document: t.Any, question: t.Callable[[str], bool]) -> bool:
    """Return whether any text in a document, key or value, is one that the question is answered yes for."""
    rest = [document]
    while rest:
        item = rest.pop()
        if isinstance(item, str):
            if question(item):
                return True
        elif isinstance(item, dict):
            rest += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            rest += item
    return False


def _has_call(document: t.Any) -> bool:
    """Return whether there is something with a receiver and calldata, or what can only be calldata, anywhere in it."""
    rest = [document]
    while rest:
        item = rest.pop()
        if isinstance(item, dict):
            if "to" in item and {"data", "input", "contractMethod"} & set(item):
                return True
            if any(_is_data(value) for name, value in item.items() if name.lower().rstrip("s") in _DATA_NAMES):
                return True
            rest += item.values()
        elif isinstance(item, list):
            rest += item
    return False


def _is_data(value: t.Any) -> bool:
    values = value if isinstance(value, list) else [value]
    return any(isinstance(one, str) and _DATA_TEXT.match(one) for one in values)


def _calls(document: t.Any) -> t.Iterator[tuple[str, t.Any]]:
    """Yield the calls of a batch, each with the place that it is at."""
    if isinstance(document, list):
        yield from _listed("calls", document)
    elif not isinstance(document, dict):
        raise ValueError("is neither an object nor a list")
    elif "transactions" in document:
        _only(document, _SAFE, "the batch")
        yield from _listed("transactions", document["transactions"])
    elif set(document) & {"local", "remote", "built"}:
        _only(document, _GOVERNANCE, "the batch")
        yield from _listed("local", _given(document, "local", []))
        remote = _given(document, "remote", {})
        if not isinstance(remote, dict):
            raise ValueError("has a remote that is no object of lists")
        for network, calls in remote.items():
            yield from _listed(f"remote.{network}", calls)
        yield from _built(_given(document, "built", {}))
    else:
        yield "the call", document


def _given(document: dict[str, t.Any], name: str, otherwise: t.Any) -> t.Any:
    value = document.get(name)
    return otherwise if value is None else value


def _built(built: t.Any) -> t.Iterator[tuple[str, t.Any]]:
    if not isinstance(built, dict):
        raise ValueError("has a built that is no object")
    if "data" in built or "to" in built:
        yield "built", built
    else:
        yield from ((f"built.{network}", call) for network, call in built.items())


def _listed(name: str, calls: t.Any) -> t.Iterator[tuple[str, t.Any]]:
    if not isinstance(calls, list):
        raise ValueError(f"has {name} that is no list")
    yield from ((f"{name}[{index}]", call) for index, call in enumerate(calls))


def _only(item: dict[str, t.Any], known: set[str], where: str) -> None:
    unknown = sorted(set(item) - known)
    if unknown:
        raise ValueError(f"has in {where} the unknown key {json.dumps(unknown[0])}")


def _call(call: t.Any, where: str) -> Verdict:
    if not isinstance(call, dict):
        raise ValueError(f"has at {where} something that is no call")
    _only(call, _CALL, where)
    method, text = call.get("contractMethod"), call.get("data")
    if method is not None:
        if not isinstance(method, dict):
            raise ValueError(f"has at {where} a contractMethod that is no object")
        if method.get("name") == UPGRADE_SIGNATURE.partition("(")[0]:
            return Verdict(UPGRADES, reason=f"calls upgrade at {where}")
        if text is None:
            return Verdict(OPAQUE, reason=f"says at {where} what is called, but not with which calldata")
    if not isinstance(text, str) or not _HEX.match(text):
        raise ValueError(f"has at {where} no calldata in hexadecimal digits after 0x")
    data = bytes.fromhex(text[2:])
    # Whatever wraps a call holds the call's own bytes, so that no wrapper has to be known to find it.
    if UPGRADE in data:
        return Verdict(UPGRADES, reason=f"calls {UPGRADE_SIGNATURE} at {where}")
    # Built by a tool for a batch without receiver it is still calldata, and said to be for the governance router.
    if not where.startswith("built") and not isinstance(call.get("to"), str):
        return Verdict(OPAQUE, reason=f"has no receiver at {where}")
    operation = call.get("operation", 0)
    if operation not in (0, 1, "0", "1"):
        raise ValueError(f"has at {where} an operation that is neither 0 nor 1")
    problem = opaque_part(data, delegated=operation in (1, "1"))
    return Verdict(OPAQUE, reason=f"{problem} at {where}") if problem else Verdict(READABLE)
