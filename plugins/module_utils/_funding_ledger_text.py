# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A ledger of transfers as the text of a document, and back. Private to the collection.

Pure: no ansible, no AWS; errors are :class:`ValueError`. Amounts of wei are text, since many readers of JSON keep a
number to 53 bits alone. What is read must be whole and in order: money is sent on the strength of it.
"""

from __future__ import annotations

import json
import math
import re
import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import (
    OPEN_STATES,
    STATES,
    SUPERSEDED,
    Attempt,
    Fees,
    Ledger,
    Lock,
    Record,
)

VERSION = 1

_WEI = re.compile(r"(?:0|[1-9][0-9]{0,77})\Z")
_HASH = re.compile(r"0x[0-9a-f]{64}\Z")
_RAW = re.compile(r"0x(?:[0-9a-f]{2})+\Z")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}\Z")
_REPAIR = "Nothing is sent on the strength of it. Find out who changed it, and put a former version back"

_OTHER_CHAIN = (
    "Nothing is sent on the strength of it. Correct the network's RPC URL. If it is of that chain from now on, such as"
    " a sandbox's, move the document away"
)

Entry: t.TypeAlias = "dict[str, t.Any]"


def as_text(ledger: Ledger) -> str:
    """Return a ledger as indented JSON, the same for the same ledger.

    :raises ValueError: for what :func:`parse` would not take back as it is, so that no such document is ever written.
    """
    text = json.dumps(_entry(ledger), indent=1, ensure_ascii=True, allow_nan=False) + "\n"
    whose = {name: getattr(ledger, name) for name in ("environment", "network", "chain_id", "bank")}
    if parse(text, document="that is to be written", **whose) != ledger:
        raise ValueError(
            f"The ledger of {ledger.network} holds values of other types than its own. Nothing was written"
        )
    return text


def parse(
    text: str, *, environment: str, network: str, chain_id: int, bank: str, document: str | None = None
) -> Ledger:
    """Return the ledger that a document holds.

    :param document: what it is called in errors. :raises ValueError: if it is another one's, or not what was written.
    """
    name, advice = document or f"{environment}/{network}", _REPAIR
    try:
        held = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
        fields = _Fields(held, "the document")
        version = fields.take("version", _whole)
        if version != VERSION:
            raise ValueError(f"it has the version {version}. Expected: {VERSION}, which this release reads")
        for field, wanted in (("environment", environment), ("network", network), ("bank", bank)):
            _belongs(field, fields.take(field, _text), wanted)
        found = fields.take("chain_id", _whole)
        if found != chain_id:
            advice = _OTHER_CHAIN
        _belongs("chain_id", found, chain_id)
        lock = fields.take("lock", _optional(_lock))
        transfers = fields.take("transfers", _list_of(_record))
        fields.end()
        _check_nonces(transfers)
    except RecursionError:
        raise ValueError(f"The ledger {name} is not what was written: it is nested too deeply. {advice}") from None
    except ValueError as exc:
        raise ValueError(f"The ledger {name} is not what was written: {exc}. {advice}") from None
    return Ledger(environment, network, chain_id, bank, transfers, lock)


def _belongs(field: str, found: t.Any, wanted: t.Any) -> None:
    if found != wanted:
        raise ValueError(f"its {field} is {found!r}. Expected: {wanted!r}")


def _check_nonces(transfers: t.Iterable[Record]) -> None:
    """One nonce, one transfer: a second one is what money was paid twice by."""
    seen = set()
    for record in transfers:
        if record.state != SUPERSEDED:
            if record.nonce in seen:
                raise ValueError(f"two transfers have the nonce {record.nonce}")
            seen.add(record.nonce)


def _entry(ledger: Ledger) -> Entry:
    return {
        "version": VERSION,
        "environment": ledger.environment,
        "network": ledger.network,
        "chain_id": ledger.chain_id,
        "bank": ledger.bank,
        "lock": {"holder": ledger.lock.holder, "until": ledger.lock.until} if ledger.lock else None,
        "transfers": [_record_entry(record) for record in ledger.transfers],
    }


def _record_entry(record: Record) -> Entry:
    return {
        "nonce": record.nonce,
        "to": record.to,
        "key": record.key,
        "agent": record.agent,
        "amount": str(record.amount),
        "recorded_at": record.recorded_at,
        "run": record.run,
        "state": record.state,
        "closed_at": record.closed_at,
        "fee_paid": None if record.fee_paid is None else str(record.fee_paid),
        "block_number": record.block_number,
        "paid_by": record.paid_by,
        "attempts": [
            {
                "hash": attempt.hash,
                "raw": attempt.raw,
                "gas": attempt.gas,
                "max_fee_per_gas": str(attempt.fees.max_fee_per_gas),
                "max_priority_fee_per_gas": str(attempt.fees.max_priority_fee_per_gas),
                "legacy": attempt.fees.legacy,
                "signed_at": attempt.signed_at,
            }
            for attempt in record.attempts
        ],
    }


class _Fields:
    """The fields of an object, each of which is taken once, and none is left over."""

    def __init__(self, held: t.Any, what: str) -> None:
        if not isinstance(held, dict):
            raise ValueError(f"{what} is {_shown(held)}. Expected: an object")
        self._held = dict(held)
        self._what = what

    def take(self, name: str, read: t.Callable[[t.Any], t.Any]) -> t.Any:
        if name not in self._held:
            raise ValueError(f"{self._what} has no field {name}")
        try:
            return read(self._held.pop(name))
        except _Unfit as exc:
            raise ValueError(f"{self._what} has the {name} {exc}") from None

    def end(self) -> None:
        if self._held:
            raise ValueError(f"{self._what} has the unknown field {_shown(min(self._held))}")


class _Unfit(Exception):
    """A value that does not fit its field."""


def _shown(value: t.Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _fits(expected: str, check: t.Callable[[t.Any], bool]) -> t.Callable[[t.Any], t.Any]:
    def read(value: t.Any) -> t.Any:
        if not check(value):
            raise _Unfit(f"{_shown(value)}. Expected: {expected}")
        return value

    return read


def _like(pattern: re.Pattern[str], expected: str) -> t.Callable[[t.Any], t.Any]:
    return _fits(expected, lambda value: isinstance(value, str) and pattern.match(value) is not None)


def _optional(read: t.Callable[[t.Any], t.Any]) -> t.Callable[[t.Any], t.Any]:
    return lambda value: None if value is None else read(value)


def _list_of(read: t.Callable[[t.Any, str], t.Any]) -> t.Callable[[t.Any], t.Any]:
    def read_all(value: t.Any) -> t.Any:
        if not isinstance(value, list):
            raise _Unfit(f"{_shown(value)}. Expected: a list")
        return tuple(read(item, f"number {number}") for number, item in enumerate(value, 1))

    return read_all


_text = _fits("text", lambda value: isinstance(value, str) and value != "")
_flag = _fits("true or false", lambda value: isinstance(value, bool))
_whole = _fits(
    "a whole number from 0",
    lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 0,
)
_time = _fits(
    "seconds since 1970",
    lambda value: isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < math.inf,
)
_state = _fits(f"one of {', '.join(STATES)}", lambda value: value in STATES)
_address = _like(_ADDRESS, "an address, 0x and 40 hexadecimal digits")
_hash = _like(_HASH, "0x and 64 hexadecimal digits")
_raw = _like(_RAW, "0x and bytes in hexadecimal digits")
_wei_text = _like(_WEI, "wei as decimal digits in quotes")


def _wei(value: t.Any) -> int:
    return int(_wei_text(value))


def _seconds(value: t.Any) -> float:
    return float(_time(value))


def _lock(held: t.Any) -> Lock:
    fields = _Fields(held, "its lock")
    lock = Lock(fields.take("holder", _text), fields.take("until", _seconds))
    fields.end()
    return lock


def _record(held: t.Any, number: str) -> Record:
    fields = _Fields(held, f"transfer {number}")
    record = Record(
        nonce=fields.take("nonce", _whole),
        to=fields.take("to", _address),
        key=fields.take("key", _text),
        agent=fields.take("agent", _text),
        amount=fields.take("amount", _wei),
        recorded_at=fields.take("recorded_at", _seconds),
        run=fields.take("run", _text),
        attempts=fields.take("attempts", _list_of(lambda item, one: _attempt(item, f"attempt {one} of {number}"))),
        state=fields.take("state", _state),
        closed_at=fields.take("closed_at", _optional(_seconds)),
        fee_paid=fields.take("fee_paid", _optional(_wei)),
        block_number=fields.take("block_number", _optional(_whole)),
        paid_by=fields.take("paid_by", _optional(_hash)),
    )
    fields.end()
    if (record.closed_at is None) != (record.state in OPEN_STATES):
        raise ValueError(f"transfer {number} is {record.state} and has the closed_at {record.closed_at}")
    return record


def _attempt(held: t.Any, what: str) -> Attempt:
    fields = _Fields(held, what)
    attempt = Attempt(
        hash=fields.take("hash", _hash),
        raw=fields.take("raw", _raw),
        gas=fields.take("gas", _whole),
        fees=Fees(
            fields.take("max_fee_per_gas", _wei),
            fields.take("max_priority_fee_per_gas", _wei),
            fields.take("legacy", _flag),
        ),
        signed_at=fields.take("signed_at", _seconds),
    )
    fields.end()
    return attempt


def _once(pairs: list[tuple[str, t.Any]]) -> Entry:
    held = dict(pairs)
    if len(held) < len(pairs):
        names = [name for name, _value in pairs]
        raise ValueError(f"the field {_shown(next(name for name in names if names.count(name) > 1))} is there twice")
    return held


def _no_number(text: str) -> t.NoReturn:
    raise ValueError(f"{text} is no number")
