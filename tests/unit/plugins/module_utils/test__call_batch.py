# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a call batch does: found at whatever depth, in every shape, and never taken for harmless by mistake."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils import _call_batch_data
from ansible_collections.interchain.agent_ops.plugins.module_utils._call_batch import (
    NO_BATCH,
    OPAQUE,
    READABLE,
    UPGRADES,
    Verdict,
    examine,
    examine_argument,
    mentions_upgrade,
)
from eth_utils import function_signature_to_4byte_selector
from hypothesis import given, settings
from hypothesis import strategies as st

WORD = 32
ROUTER = "0x" + "11" * 20


def word(number: int) -> bytes:
    return number.to_bytes(WORD, "big")


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % WORD)


def tail(data: bytes) -> bytes:
    return word(len(data)) + padded(data)


def listed(parts: t.Sequence[bytes]) -> bytes:
    """A list of things of no fixed size: their number, where each begins, and they themselves."""
    offsets, at = [], len(parts) * WORD
    for part in parts:
        offsets.append(word(at))
        at += len(part)
    return word(len(parts)) + b"".join(offsets) + b"".join(parts)


def calls(*datas: bytes) -> bytes:
    return listed([bytes(12) + b"\x22" * 20 + word(2 * WORD) + tail(data) for data in datas])


def selector(signature: str) -> bytes:
    return bytes(function_signature_to_4byte_selector(signature))


def governance(local: t.Sequence[bytes], *remote: t.Sequence[bytes]) -> bytes:
    first, domains = calls(*local), word(len(remote)) + b"".join(word(1000 + n) for n in range(len(remote)))
    last = listed([calls(*one) for one in remote])
    head = word(3 * WORD) + word(3 * WORD + len(first)) + word(3 * WORD + len(first) + len(domains))
    return (
        selector("executeGovernanceActions((bytes32,bytes)[],uint32[],(bytes32,bytes)[][])")
        + head
        + first
        + domains
        + last
    )


def call_batch(*datas: bytes) -> bytes:
    return selector("executeCallBatch((bytes32,bytes)[])") + word(WORD) + calls(*datas)


def call_remote(*datas: bytes) -> bytes:
    return selector("callRemote(uint32,(bytes32,bytes)[])") + word(1000) + word(2 * WORD) + calls(*datas)


def multi_send(*datas: bytes, operation: int = 0) -> bytes:
    packed = b"".join(bytes([operation]) + b"\x33" * 20 + word(0) + word(len(data)) + data for data in datas)
    return selector("multiSend(bytes)") + word(WORD) + tail(packed)


def safe(data: bytes, operation: int = 0) -> bytes:
    signature = "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)"
    head = [word(0x44), word(0), word(10 * WORD), word(operation), *[word(0)] * 5, word(10 * WORD + len(tail(data)))]
    return selector(signature) + b"".join(head) + tail(data) + tail(b"")


UPGRADE = selector("upgrade(address,address)") + bytes(12) + b"\xaa" * 20 + bytes(12) + b"\xbb" * 20
ENROLL = selector("ownerEnrollReplica(address,uint32)") + bytes(12) + b"\xcc" * 20 + word(3000)
WATCHER = selector("setWatcherPermission(address,uint32,bool)") + bytes(12) + b"\xdd" * 20 + word(3000) + word(1)
UNKNOWN = selector("transferOwnership(address)") + bytes(12) + b"\xee" * 20


def call(data: bytes, **more: t.Any) -> dict[str, t.Any]:
    return {"to": ROUTER, "data": "0x" + data.hex(), **more}


def look(document: t.Any, *, declared: bool = True) -> Verdict:
    return examine(json.dumps(document).encode(), declared=declared)


WRAPS: dict[str, t.Callable[[bytes], bytes]] = {
    "bare": lambda data: data,
    "governance, local": lambda data: governance([ENROLL, data]),
    "governance, remote": lambda data: governance([ENROLL], [WATCHER], [ENROLL, data]),
    "batch": lambda data: call_batch(WATCHER, data),
    "remote": call_remote,
    "multiSend": lambda data: multi_send(ENROLL, data),
    "safe": safe,
    "safe that runs multiSend": lambda data: safe(multi_send(ENROLL, data), operation=1),
    "safe, multiSend, governance, batch": lambda data: safe(multi_send(governance([], [call_batch(data)])), 1),
}

SHAPES: dict[str, t.Callable[[dict[str, t.Any]], t.Any]] = {
    "one call": lambda one: one,
    "list": lambda one: [call(ENROLL), one],
    "local": lambda one: {"version": None, "networks": None, "local": [one], "remote": {}},
    "remote": lambda one: {"local": [], "remote": {"goerli": [call(ENROLL)], "1337": [one]}},
    "built": lambda one: {"local": [], "remote": {}, "built": one},
    "built by network": lambda one: {"local": [call(ENROLL)], "built": {"1337": one}},
    "transaction builder": lambda one: {"version": "1.0", "chainId": "1", "meta": {"name": "x"}, "transactions": [one]},
}


@pytest.mark.parametrize("wrap", WRAPS)
@pytest.mark.parametrize(("data", "kind"), [(UPGRADE, UPGRADES), (ENROLL, READABLE), (UNKNOWN, OPAQUE)])
def test_wrappers_are_looked_into(wrap: str, data: bytes, kind: str) -> None:
    # What the code at another address does with the calls that it is given, nobody can say.
    foreign = wrap in ("safe that runs multiSend", "safe, multiSend, governance, batch")
    assert look([call(WRAPS[wrap](data))]).kind == (OPAQUE if foreign and kind == READABLE else kind)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize(("data", "kind"), [(UPGRADE, UPGRADES), (WATCHER, READABLE), (UNKNOWN, OPAQUE)])
def test_shapes_are_known_whatever_the_caller_says(shape: str, declared: bool, data: bytes, kind: str) -> None:
    assert look(SHAPES[shape](call(data)), declared=declared).kind == kind


def test_what_is_in_the_tables_is_what_the_contracts_hash() -> None:
    assert selector(_call_batch_data.UPGRADE_SIGNATURE) == _call_batch_data.UPGRADE
    named = dict(_call_batch_data.HARMLESS)
    named |= {known: name for known, (name, _unwrap) in _call_batch_data.WRAPPERS.items()}
    assert {known: selector(name) for known, name in named.items()} == {known: known for known in named}


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([call(b"")], "calls something without saying which function at calls[0]"),
        ([call(UNKNOWN)], "calls the unknown function 0xf2fde38b at calls[0]"),
        ([call(ENROLL, operation=1)], "runs the foreign code 0xf31faefb as its own (delegatecall) at calls[0]"),
        ([call(safe(ENROLL, operation=1))], "runs the foreign code 0xf31faefb as its own (delegatecall) at calls[0]"),
        (
            [call(multi_send(ENROLL, operation=1))],
            "runs the foreign code 0xf31faefb as its own (delegatecall) at calls[0]",
        ),
        ([call(multi_send(ENROLL), operation=1)], "runs the foreign code 0x8d80ff0a as its own (delegatecall)"),
        ([call(ENROLL, operation=2)], "has at calls[0] an operation that is neither 0 nor 1"),
        (
            [call(call_batch(ENROLL)[:-64])],
            "calls executeCallBatch with arguments that cannot be read (they end too early)",
        ),
        ([{"to": None, "data": "0x" + ENROLL.hex()}], "has no receiver at calls[0]"),
        ([{"to": ROUTER, "data": "0xabc"}], "has at calls[0] no calldata in hexadecimal digits after 0x"),
        ([{"to": ROUTER}], "has at calls[0] no calldata in hexadecimal digits after 0x"),
        ([call(ENROLL, raw="0x00")], 'has in calls[0] the unknown key "raw"'),
        ({"local": [], "later": []}, 'has in the batch the unknown key "later"'),
        ({"remote": []}, "has a remote that is no object of lists"),
        ({"local": {}}, "has local that is no list"),
        ({"remote": {"kovan": 1}}, "has remote.kovan that is no list"),
        ({"built": [1]}, "has a built that is no object"),
        (["0x"], "has at calls[0] something that is no call"),
        (7, "is neither an object nor a list"),
        (
            {"transactions": [{"to": ROUTER, "data": None, "contractMethod": {"name": "setUpdater"}}]},
            "says at transactions[0] what is called, but not with which calldata",
        ),
    ],
)
def test_what_cannot_be_read_is_opaque_and_says_where(document: t.Any, reason: str) -> None:
    verdict = look(document)
    assert verdict.kind == OPAQUE
    assert verdict.reason.startswith(reason)


def test_the_method_of_the_transaction_builder_counts_even_if_its_calldata_says_otherwise() -> None:
    method = {"name": "upgrade", "inputs": []}
    assert look({"transactions": [call(ENROLL, contractMethod=method)]}).kind == UPGRADES
    assert look({"transactions": [{"to": ROUTER, "data": None, "contractMethod": method}]}).kind == UPGRADES


@pytest.mark.parametrize(
    "text",
    [
        '[{"to": "0x11", "data": "0x99\\u0061' + UPGRADE.hex()[3:] + '"}]',
        '{"unknown": {"shape": [{"raw": "0x02f8' + UPGRADE.hex().upper() + '"}]}}',
        "batch:\n  - " + UPGRADE.hex().upper(),
        '{"to": "0x11", "data": {"hex": "0x' + UPGRADE.hex() + '"}}',
        "\ufeff[" + json.dumps(call(governance([UPGRADE]))) + "]",
    ],
)
@pytest.mark.parametrize("declared", [True, False])
def test_an_upgrade_in_disguise_is_found(text: str, declared: bool) -> None:
    assert examine(text.encode(), declared=declared).kind == UPGRADES


def test_two_readers_cannot_see_different_things() -> None:
    harmless = json.dumps(call(ENROLL))[:-1]
    verdict = examine(f'[{harmless}, "data": "0x{ENROLL.hex()}"}}]'.encode(), declared=False)
    assert verdict == Verdict(OPAQUE, 0, 'has the key "data" twice in one object')


UNREADABLE = {
    "a line each": "{0}\n{0}",
    "with a remark": "{0} // reviewed",
    "with a comma too many": "[{0},]",
    "YAML": "- to: '0x11'\n  data: '{1}'",
    "a script": "#!/bin/sh\ncast send --json 'data={1}'",
    "no receiver": '{{"built": {{"1337": {{"data": "{1}"}}}}}}',
    "a timelock's": '[{{"target": "0x11", "callData": "{1}"}}]',
    "a timelock's lists": '{{"targets": ["0x11"], "payloads": ["{1}"]}}',
}


@pytest.mark.parametrize("shape", UNREADABLE)
def test_calls_in_another_form_are_not_taken_for_no_calls(shape: str) -> None:
    text = UNREADABLE[shape].format(json.dumps(call(UNKNOWN)), "0x" + UNKNOWN.hex())
    assert examine(text.encode(), declared=False).kind == OPAQUE


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32-be"])
def test_the_encoding_does_not_hide_a_call(encoding: str) -> None:
    text = json.dumps([call(UPGRADE)])
    assert examine(text.encode(encoding), declared=False).kind == UPGRADES


def test_a_batch_that_is_an_argument_is_looked_into() -> None:
    assert examine_argument("--batch=" + json.dumps([call(UNKNOWN)])).kind == OPAQUE
    assert examine_argument(json.dumps(call(ENROLL))).kind == READABLE
    for argument in ("--set=a={b}", "${HOME}", "[", "plain", '{"data": "\udcff"}'):
        assert examine_argument(argument).kind == NO_BATCH


def test_a_declared_batch_must_be_one() -> None:
    assert examine(b"\xff\xfe", declared=True) == Verdict(OPAQUE, reason="is not JSON that can be read")


@pytest.mark.parametrize("data", [b"[" * 100_000, b"[" + b"1" * 5000 + b"]"])
@pytest.mark.parametrize("declared", [True, False])
def test_what_others_may_be_able_to_read_is_opaque(data: bytes, declared: bool) -> None:
    assert examine(data, declared=declared).kind == OPAQUE


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe",
        b"",
        b"echo deploy",
        b"data: 0x" + b"11" * 20 + b"\ninput: 0x" + b"22" * 32,
        json.dumps({"data": "0x" + "11" * 20, "input": ["0x" + "22" * 32, 7], "payload": {"a": "0x"}}).encode(),
        json.dumps({"networks": ["kovan"], "rpcs": {}, "core": {"kovan": {"home": {"proxy": ROUTER}}}}).encode(),
        # A compiled controller knows its own function, and calls nobody.
        json.dumps(
            {"methodIdentifiers": {"upgrade(address,address)": "99a88ec4"}, "bytecode": "0x6399a88ec414"}
        ).encode(),
    ],
)
def test_other_files_are_none(data: bytes) -> None:
    assert examine(data, declared=False).kind == NO_BATCH


def test_depth_has_an_end() -> None:
    data = ENROLL
    for _level in range(12):
        data = call_batch(data)
    assert look([call(data)]).reason == "wraps calls more than 8 deep at calls[0]"


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(WRAPS)), st.binary(max_size=300), st.integers(0, 2000))
def test_no_calldata_breaks_the_reader_and_no_upgrade_is_lost(wrap: str, noise: bytes, at: int) -> None:
    data = WRAPS[wrap](ENROLL)
    broken = data[: at % len(data)] + noise
    assert look([call(broken)]).kind in (READABLE, OPAQUE, UPGRADES)
    assert look([call(broken + UPGRADE + noise)]).kind == UPGRADES


@pytest.mark.parametrize(
    ("argument", "found"),
    [
        ("upgrade(address,address)", True),
        ("upgrade( address , address )", True),
        ("upgrade(address beacon, address implementation)", True),
        ("function upgrade (address _beacon,address _implementation) external", True),
        ("upgrade(address)", False),
        ("upgrade(address,uint256,address)", False),
        ("--data=0x99A88EC4" + "00" * 64, True),
        ("upgrade", False),
        ("config/upgrade.json", False),
    ],
)
def test_an_argument_that_upgrades(argument: str, found: bool) -> None:
    assert mentions_upgrade(argument) is found


@pytest.mark.parametrize("wrap", WRAPS)
def test_an_upgrade_whose_addresses_are_not_padded_as_they_should_be_is_one(wrap: str) -> None:
    dirty = UPGRADE[:4] + b"\xff" * 64
    assert look([call(WRAPS[wrap](dirty))], declared=False).kind == UPGRADES
    assert look([call(WRAPS[wrap](UPGRADE[:4]))], declared=False).kind == UPGRADES
