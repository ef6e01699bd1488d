# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters public_key_address and checksum_address: thin shells, whose errors are the pure functions'."""

from __future__ import annotations

import base64
import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.interchain.agent_ops.plugins.filter import checksum_address, public_key_address
from ansible_collections.interchain.agent_ops.plugins.module_utils import _address

# The unit test of nomad-xyz/keymaster, src/kms/util/aws-kms-utils.test.ts.
DER = bytes.fromhex(
    "3056301006072a8648ce3d020106052b8104000a03420004f2de8ae7a9f594fb0d399abfb58639f43fb80960a1ed7c6e257c11e764d4759e"
    "1773a2c7ec7b913bec5d0e3a12bd7acd199f62e86de3f83b35bf6749fc1144ba"
)
ADDRESS = "0xE94E130546485b928C9C9b9A5e69EB787172952e"

public_key_filter = public_key_address.FilterModule().filters()["public_key_address"]
checksum_filter = checksum_address.FilterModule().filters()["checksum_address"]


@pytest.mark.parametrize(
    "value",
    [DER, bytearray(DER), DER.hex(), base64.b64encode(DER).decode("ascii")],
    ids=["bytes", "bytearray", "hex", "base64"],
)
def test_public_key_address(value: t.Any) -> None:
    assert public_key_filter(value) == ADDRESS


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("no key", "public_key_address: The public key is neither PEM, nor hex, nor base64 text"),
        (DER[:-1], "public_key_address: The public key (87 bytes) is not a DER SubjectPublicKeyInfo"),
        (5, "public_key_address: expected bytes or text, not int"),
        (None, "public_key_address: expected bytes or text, not NoneType"),
        ([DER], "public_key_address: expected bytes or text, not list"),
    ],
)
def test_public_key_address_refuses(value: t.Any, message: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        public_key_filter(value)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("value", [ADDRESS, ADDRESS.lower(), "0x" + ADDRESS[2:].upper()])
def test_checksum_address(value: str) -> None:
    assert checksum_filter(value) == ADDRESS


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("0x12", "checksum_address: '0x12' is not an Ethereum address: expected 0x and 40 hexadecimal digits"),
        (ADDRESS.swapcase().replace("X", "x"), "wrong EIP-55 checksum: expected " + ADDRESS),
        (None, "checksum_address: None is not an Ethereum address"),
        ([ADDRESS], "is not an Ethereum address"),
    ],
)
def test_checksum_address_refuses(value: t.Any, message: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        checksum_filter(value)
    assert str(caught.value).startswith("checksum_address: ")
    assert message in str(caught.value)


def test_an_address_that_yaml_took_for_a_number_is_told_how_to_write_it() -> None:
    # `address: 0xe94e...` without quotes is an integer in YAML, which nobody recognises in decimal digits.
    with pytest.raises(AnsibleFilterError, match="quotes"):
        checksum_filter(int(ADDRESS, 16))


@pytest.mark.parametrize("run", [lambda: public_key_filter(DER), lambda: checksum_filter(ADDRESS)])
def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch, run: t.Callable[[], str]) -> None:
    monkeypatch.setattr(_address, "IMPORT_ERROR", ImportError("No module named 'eth_utils'"))
    with pytest.raises(AnsibleFilterError, match=r"needs .*eth-keys.*: No module named 'eth_utils'"):
        run()
