# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contents of secrets: what is made is accepted, everything else is refused without a word of it."""

from __future__ import annotations

import base64
import copy
import json
import pickle
import traceback
import typing as t

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._address import ORDER
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import KeySpec
from ansible_collections.interchain.agent_ops.plugins.module_utils._secret_contents import (
    FIELDS,
    PrivateKey,
    check_claims,
    make_contents,
    parse_contents,
)
from hypothesis import given
from hypothesis import strategies as st

SPEC = KeySpec("development-kovan-updater-signer", "development", "kovan", "updater", "signer", "")
WHAT = "The secret x"

# The first account of the mnemonic "test test test test test test test test test test test junk", known from the
# documentation of Hardhat and Anvil; and the generator's own point.
VECTORS = [
    (0xAC0974BEC39A17E36BA4A6B4D238FF944BACB478CBED5EFCAE784D7BF4F2FF80, "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
    (1, "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"),
]


def complain(text: str | None, spec: KeySpec = SPEC) -> ValueError:
    with pytest.raises(ValueError, match="The secret x") as caught:
        check_claims(parse_contents(text, WHAT), spec, WHAT)
    # A chained exception may hold the whole document, and whoever logs exceptions may log chains.
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return caught.value


@pytest.mark.parametrize(("value", "address"), VECTORS)
def test_the_address_of_a_known_key(value: int, address: str) -> None:
    assert PrivateKey(value).address == address


@given(st.integers(1, ORDER - 1), st.sampled_from(["kovan", None]))
def test_what_is_made_is_accepted(value: int, network: str | None) -> None:
    spec = KeySpec("n", "development", network, "updater", "signer", "")
    key = PrivateKey(value)
    text = make_contents(key, spec)
    contents = parse_contents(text, WHAT)
    check_claims(contents, spec, WHAT)
    assert (contents.address, contents.public_key) == (key.address, key.public_key)
    held = json.loads(text)
    assert tuple(held) == FIELDS
    assert int(held["private_key"], 16) == value
    assert len(held["private_key"]) == 66


@pytest.mark.parametrize("value", [0, -1, ORDER, ORDER + 1, 2**256 - 1])
def test_numbers_that_are_no_key(value: int) -> None:
    with pytest.raises(ValueError, match="from 1 to the order"):
        PrivateKey(value)


def test_the_largest_number_is_a_key() -> None:
    # n - 1 is the negative of 1: its point has the same x.
    first, last = (base64.b64decode(PrivateKey(value).public_key) for value in (1, ORDER - 1))
    assert first[:-32] == last[:-32]
    assert first != last


def test_generated_keys_differ() -> None:
    assert len({PrivateKey.generate().address for _key in range(50)}) == 50


def test_a_key_shows_and_copies_nothing_of_itself() -> None:
    key = PrivateKey(VECTORS[0][0])
    digits = key.reveal()[2:]
    for shown in (repr(key), str(key), f"{key}", f"{[key]}"):
        assert digits not in shown
        assert VECTORS[0][1] in shown
    assert not hasattr(key, "__dict__")
    for duplicate in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            duplicate(key)


def test_what_is_known_of_contents_shows_no_claims() -> None:
    contents = parse_contents(make_contents(PrivateKey(7), SPEC), WHAT)
    assert "updater" not in repr(contents)


Mutation = t.Callable[[dict[str, t.Any]], t.Any]
DIGITS = PrivateKey(VECTORS[0][0]).reveal()[2:]

MUTATIONS: dict[str, Mutation] = {
    "a list": lambda held: [held],
    "a string": lambda held: held["private_key"],
    "a number": lambda held: 5,
    "null": lambda held: None,
    **{f"no {name}": (lambda held, name=name: held.pop(name) and held) for name in FIELDS},
    "a short key": lambda held: {**held, "private_key": held["private_key"][:-2]},
    "a long key": lambda held: {**held, "private_key": held["private_key"] + "00"},
    "a key without 0x": lambda held: {**held, "private_key": DIGITS},
    "a key with 0X": lambda held: {**held, "private_key": "0X" + DIGITS},
    "a key with a space": lambda held: {**held, "private_key": held["private_key"] + " "},
    "a key with other digits": lambda held: {**held, "private_key": "0x" + "\u0663" * 64},
    "a key as a list": lambda held: {**held, "private_key": [held["private_key"]]},
    "the order": lambda held: {**held, "private_key": f"0x{ORDER:064x}"},
    "address without 0x": lambda held: {**held, "address": held["address"][2:]},
    "address with a wrong checksum": lambda held: {**held, "address": held["address"].replace("f39F", "F39f")},
    "address of another key": lambda held: {**held, "address": VECTORS[1][1]},
    "address null": lambda held: {**held, "address": None},
    **{f"another {name}": (lambda held, name=name: {**held, name: "other"}) for name in FIELDS[2:]},
    **{f"{name} null": (lambda held, name=name: {**held, name: None}) for name in FIELDS[2:]},
}


@pytest.mark.parametrize("case", MUTATIONS)
def test_contents_that_are_not_right(case: str) -> None:
    held = json.loads(make_contents(PrivateKey(VECTORS[0][0]), SPEC))
    text = json.dumps(MUTATIONS[case](held), ensure_ascii=False)
    error = complain(text)
    told = "".join(traceback.format_exception(error))
    assert DIGITS not in told
    assert DIGITS[:32] not in told
    assert "other" not in str(error).replace("another", "")


@given(st.text())
def test_any_text_is_refused_without_being_shown(text: str) -> None:
    marked = f"{text}zq9-{text}"
    assert "zq9" not in "".join(traceback.format_exception(complain(marked)))


@pytest.mark.parametrize("text", [None, "", "{", "[" * 100_000, "1" * 5000, '{"private_key": NaN}'])
def test_texts_that_parsers_stumble_over(text: str | None) -> None:
    complain(text)


def test_an_address_without_checksum_is_accepted() -> None:
    held = json.loads(make_contents(PrivateKey(VECTORS[0][0]), SPEC))
    text = json.dumps({**held, "address": held["address"].lower()})
    assert parse_contents(text, WHAT).address == VECTORS[0][1]


def test_a_key_for_all_networks_is_not_a_key_for_one() -> None:
    shared = KeySpec("n", "development", None, "updater", "signer", "")
    assert "another network" in str(complain(make_contents(PrivateKey(9), SPEC), shared))
