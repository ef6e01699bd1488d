# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bank's signatures: a chain takes the transactions, and cast makes the same ones with the same key."""

from __future__ import annotations

import copy
import pickle
import subprocess
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import rlp
from ansible_collections.interchain.agent_ops.plugins.module_utils._address import public_key_address
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller
from ansible_collections.interchain.agent_ops.plugins.module_utils._bank_signer import HexSigner, KmsSigner
from ansible_collections.interchain.agent_ops.plugins.module_utils._evm_fees import choose_fees, replacement_fees
from ansible_collections.interchain.agent_ops.plugins.module_utils._evm_signature import recover_address
from ansible_collections.interchain.agent_ops.plugins.module_utils._evm_transaction import Unsigned, decode
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import Fees, FeeSettings, Signer
from ansible_collections.interchain.agent_ops.plugins.module_utils._json_rpc import RpcError
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.client import Sandbox
from tests.anvil import program
from tests.chain import Chain, running
from tests.witness import Account

CHAIN_ID = 424242
TO = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
ETHER = 10**18
GWEI = 10**9
FEES = [Fees(40 * GWEI, 2 * GWEI), Fees(40 * GWEI, legacy=True)]
FORMS = ["eip1559", "legacy"]
BOTH = pytest.mark.parametrize("fees", FEES, ids=FORMS)
DIGESTS = [bytes([number]) * 32 for number in range(24)]

# Known from Anvil's documentation: its first account.
DIGITS = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
ADDRESS = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"

KmsKey = tuple[str, str]


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    with running(CHAIN_ID) as started:
        yield started


@pytest.fixture
def kms(aws: Callable[..., Any]) -> Any:
    return aws("kms")


@pytest.fixture
def make_key(kms: Any) -> Callable[[], KmsKey]:
    """``make_key()``: ARN and address of a new key."""

    def make() -> KmsKey:
        arn = kms.create_key(KeySpec="ECC_SECG_P256K1", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
        return arn, public_key_address(kms.get_public_key(KeyId=arn)["PublicKey"])

    return make


@pytest.fixture
def bank(make_key: Callable[[], KmsKey]) -> KmsKey:
    return make_key()


@pytest.fixture
def signer(kms: Any, bank: KmsKey) -> KmsSigner:
    return KmsSigner(kms, Caller(), *bank)


def transfer(fees: Fees, nonce: int = 0, value: int = ETHER) -> Unsigned:
    return Unsigned(CHAIN_ID, nonce, TO, value, 21000, fees)


def receipt(chain: Chain, transaction: str) -> dict[str, Any]:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        found = chain.rpc.call("eth_getTransactionReceipt", transaction)
        if found:
            return dict(found)
        time.sleep(0.01)
    pytest.fail(f"the chain has no receipt of {transaction}")


def balance(chain: Chain, address: str) -> int:
    return int(chain.rpc.call("eth_getBalance", address, "latest"), 16)


def sent(chain: Chain, signer: Signer, fees: Fees) -> dict[str, Any]:
    """Give the bank money, pay a transfer with it, and return what the chain says of the transaction."""
    chain.rpc.call("anvil_setBalance", signer.address, hex(2 * ETHER))
    nonce = int(chain.rpc.call("eth_getTransactionCount", signer.address, "pending"), 16)
    before = balance(chain, TO)
    unsigned = transfer(fees, nonce)
    signed = unsigned.signed(signer.sign(unsigned.digest()))
    assert chain.rpc.call("eth_sendRawTransaction", signed.raw) == signed.hash
    got = receipt(chain, signed.hash)
    assert got["status"] == "0x1"
    assert balance(chain, TO) - before == ETHER
    cost = int(got["gasUsed"], 16) * int(got["effectiveGasPrice"], 16)
    assert balance(chain, signer.address) == ETHER - cost
    return dict(chain.rpc.call("eth_getTransactionByHash", signed.hash))


def check_sent(found: dict[str, Any], signer: Signer, fees: Fees) -> None:
    assert found["from"] == signer.address.lower()
    assert found["type"] == ("0x0" if fees.legacy else "0x2")
    assert int(found["chainId"], 16) == CHAIN_ID
    if fees.legacy:
        assert int(found["gasPrice"], 16) == fees.max_fee_per_gas
    else:
        assert int(found["maxFeePerGas"], 16) == fees.max_fee_per_gas
        assert int(found["maxPriorityFeePerGas"], 16) == fees.max_priority_fee_per_gas


@BOTH
def test_a_chain_takes_what_aws_kms_signed(chain: Chain, signer: KmsSigner, fees: Fees) -> None:
    check_sent(sent(chain, signer, fees), signer, fees)


@BOTH
def test_a_chain_takes_what_a_private_key_signed(chain: Chain, fees: Fees) -> None:
    signer = HexSigner(DIGITS, ADDRESS)
    check_sent(sent(chain, signer, fees), signer, fees)


@pytest.mark.parametrize("kind", ["auto", "eip1559", "legacy"])
def test_a_chain_takes_the_fees_that_are_chosen_from_its_own_words(chain: Chain, signer: KmsSigner, kind: str) -> None:
    block = chain.rpc.call("eth_getBlockByNumber", "latest", False)
    priority = int(chain.rpc.call("eth_maxPriorityFeePerGas"), 16)
    price = int(chain.rpc.call("eth_gasPrice"), 16)
    fees = choose_fees(int(block["baseFeePerGas"], 16), priority, price, FeeSettings(kind))
    check_sent(sent(chain, signer, fees), signer, fees)


@pytest.fixture
def waiting(chain: Chain) -> Iterator[Chain]:
    """The chain, with transactions that wait until they are mined by ``evm_mine``."""
    chain.rpc.call("evm_setAutomine", False)
    yield chain
    chain.rpc.call("evm_mine")
    chain.rpc.call("evm_setAutomine", True)


@pytest.mark.parametrize("current", FEES, ids=[f"by_{form}" for form in FORMS])
@pytest.mark.parametrize("previous", FEES, ids=FORMS)
def test_a_chain_prefers_the_replacement(waiting: Chain, previous: Fees, current: Fees) -> None:
    signer = HexSigner(DIGITS, ADDRESS)
    waiting.rpc.call("anvil_setBalance", ADDRESS, hex(3 * ETHER))
    nonce = int(waiting.rpc.call("eth_getTransactionCount", ADDRESS, "latest"), 16)
    hashes = []

    def send(fees: Fees, value: int = ETHER) -> None:
        unsigned = transfer(fees, nonce, value)
        signed = unsigned.signed(signer.sign(unsigned.digest()))
        waiting.rpc.call("eth_sendRawTransaction", signed.raw)
        hashes.append(signed.hash)

    before = balance(waiting, TO)
    send(previous)
    with pytest.raises(RpcError, match="replacement transaction underpriced"):
        send(previous, ETHER + 1)
    send(replacement_fees(previous, current, FeeSettings()))
    waiting.rpc.call("evm_mine")
    assert receipt(waiting, hashes[-1])["status"] == "0x1"
    assert waiting.rpc.call("eth_getTransactionReceipt", hashes[0]) is None
    assert balance(waiting, TO) - before == ETHER


def cast(chain: Chain, environment: dict[str, str], key: str, unsigned: Unsigned) -> str:
    """Return the transaction that cast makes and signs with a key in AWS KMS."""
    fees = unsigned.fees
    price = ["--gas-price", str(fees.max_fee_per_gas)]
    price += ["--legacy"] if fees.legacy else ["--priority-gas-price", str(fees.max_priority_fee_per_gas)]
    numbers = ["--value", unsigned.value, "--nonce", unsigned.nonce, "--gas-limit", unsigned.gas]
    numbers += ["--chain", unsigned.chain_id]
    done = subprocess.run(
        [str(program("cast")), "mktx", unsigned.to, *map(str, numbers), *price, "--rpc-url", chain.url, "--aws"],
        env={**environment, "AWS_KMS_KEY_ID": key},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@BOTH
@pytest.mark.parametrize("nonce", [0, 128])
def test_cast_makes_the_same_transaction_with_the_same_key(
    chain: Chain, environment: dict[str, str], bank: KmsKey, signer: KmsSigner, fees: Fees, nonce: int
) -> None:
    unsigned = transfer(fees, nonce)
    theirs = cast(chain, environment, bank[0], unsigned)
    ours = unsigned.signed(signer.sign(unsigned.digest())).raw
    # All fields but the signature, which KMS makes anew each time; its r, s and parity are the last three.
    assert fields(theirs)[:-3] == fields(ours)[:-3]
    assert decode(theirs) == decode(ours) == (unsigned, bank[1])
    assert Account.recover_transaction(theirs) == Account.recover_transaction(ours) == bank[1]
    assert decode(theirs)[0].digest() == unsigned.digest()


def fields(raw: str) -> list[Any]:
    """The type of a transaction, and its fields as they are encoded."""
    data = bytes.fromhex(raw[2:])
    return [data[0], *rlp.decode(data[1:])] if data[0] == 2 else [None, *rlp.decode(data)]


def test_cast_and_we_ask_aws_kms_for_the_same(
    chain: Chain, environment: dict[str, str], sandbox: Sandbox, bank: KmsKey, signer: KmsSigner
) -> None:
    sandbox.clear_log()
    signer.sign(DIGESTS[0])
    assert [entry["operation"] for entry in sandbox.log(service="kms")] == ["Sign"]
    cast(chain, environment, bank[0], transfer(FEES[0]))
    asked = [entry for entry in sandbox.log(service="kms") if entry["operation"] == "Sign"]
    assert len(asked) == 2
    assert asked[0]["resource"] == asked[1]["resource"] == {"KeyId": bank[0]}


def test_every_signature_of_aws_kms_is_brought_into_the_form_of_a_chain(signer: KmsSigner) -> None:
    # About half of what KMS makes has a high s, and half an odd point: with so many, all four cases come up.
    signatures = [(digest, signer.sign(digest)) for digest in DIGESTS]
    assert all(recover_address(digest, signature) == signer.address for digest, signature in signatures)
    assert {signature.parity for _digest, signature in signatures} == {0, 1}


@pytest.mark.parametrize("part", ["arn", "id"])
def test_a_key_is_named_by_its_arn_or_its_id(kms: Any, bank: KmsKey, part: str) -> None:
    arn, address = bank
    signer = KmsSigner(kms, Caller(), arn if part == "arn" else arn.rpartition("/")[2], address)
    assert recover_address(DIGESTS[1], signer.sign(DIGESTS[1])) == signer.address == address


@pytest.mark.parametrize(
    "name", ["alias/staging-bank", "arn:aws:kms:us-west-2:123456789012:alias/staging-bank", "", "x"]
)
def test_an_alias_is_no_key(kms: Any, name: str) -> None:
    with pytest.raises(ValueError, match="does not name the bank's key") as caught:
        KmsSigner(kms, Caller(), name, ADDRESS)
    text = f"{name!r} does not name the bank's key. Expected: id or ARN of a key in AWS KMS, no alias"
    assert str(caught.value) == text


@pytest.mark.parametrize("name", [DIGITS, f"0x{DIGITS}"])
def test_a_private_key_in_the_place_of_a_key_is_not_shown(kms: Any, name: str) -> None:
    with pytest.raises(ValueError, match="not shown since they may be a private key") as caught:
        KmsSigner(kms, Caller(), name, ADDRESS)
    assert DIGITS not in str(caught.value)


def test_the_signature_of_another_key_than_the_address_has_is_refused(kms: Any, make_key: Callable[[], KmsKey]) -> None:
    (_arn, expected), (other, address) = make_key(), make_key()
    with pytest.raises(ValueError, match="signed wrongly") as caught:
        KmsSigner(kms, Caller(), other, expected).sign(DIGESTS[0])
    text = str(caught.value)
    assert text.startswith(f"The bank's key {other} signed wrongly. The signature is that of 0x")
    assert text.endswith(f". Expected: {expected}. Nothing is sent")
    assert address in text


def test_an_answer_of_another_key_is_refused(
    kms: Any, sandbox: Sandbox, bank: KmsKey, make_key: Callable[[], KmsKey], signer: KmsSigner
) -> None:
    other = make_key()[0]
    sandbox.add_fault(action="kms:Sign", kind="rewrite", find=bank[0], replace=other)
    with pytest.raises(ValueError, match="AWS KMS signed with") as caught:
        signer.sign(DIGESTS[0])
    assert str(caught.value) == f"AWS KMS signed with {other}. Expected: {bank[0]}. Nothing is sent"


def test_an_answer_without_a_signature_is_refused(sandbox: Sandbox, bank: KmsKey, signer: KmsSigner) -> None:
    sandbox.add_fault(action="kms:Sign", kind="rewrite", find='"Signature"', replace='"Other"')
    with pytest.raises(ValueError, match="without a signature") as caught:
        signer.sign(DIGESTS[0])
    assert str(caught.value) == f"AWS KMS answered without a signature. Expected: one by {bank[0]}. Nothing is sent"


def test_what_aws_refuses_is_told_with_the_permission_that_lacks(
    sandbox: Sandbox, bank: KmsKey, signer: KmsSigner
) -> None:
    sandbox.add_fault(action="kms:Sign", kind="access_denied")
    with pytest.raises(ValueError, match="does not sign") as caught:
        signer.sign(DIGESTS[0])
    text = str(caught.value)
    assert text.startswith(f"The bank's key {bank[0]} does not sign. The caller lacks the permission kms:Sign: ")
    assert text.endswith(". Nothing is sent")


def test_a_disabled_key_does_not_sign(kms: Any, bank: KmsKey, signer: KmsSigner) -> None:
    kms.disable_key(KeyId=bank[0])
    with pytest.raises(ValueError, match=r"does not sign\. kms:Sign failed: DisabledException: .*Nothing is sent$"):
        signer.sign(DIGESTS[0])


@pytest.mark.parametrize("kind", ["throttle", "server_error", "broken_connection", "lost_answer"])
def test_a_lost_answer_is_asked_for_again(sandbox: Sandbox, signer: KmsSigner, kind: str) -> None:
    sandbox.add_fault(action="kms:Sign", kind=kind, times=1)
    assert recover_address(DIGESTS[0], signer.sign(DIGESTS[0])) == signer.address


def test_only_a_digest_is_signed(sandbox: Sandbox, signer: KmsSigner) -> None:
    sandbox.clear_log()
    for one in (signer, HexSigner(DIGITS, ADDRESS)):
        with pytest.raises(ValueError, match="has 31 bytes") as caught:
            one.sign(bytes(31))
        assert str(caught.value) == "What is to be signed has 31 bytes. Expected: a digest of 32 bytes"
    assert sandbox.log() == []


@settings(max_examples=40, deadline=None)
@given(st.binary(min_size=32, max_size=32))
def test_a_private_key_signs_as_eth_account_does(digest: bytes) -> None:
    theirs = Account.unsafe_sign_hash(digest, DIGITS)
    ours = HexSigner(DIGITS, ADDRESS).sign(digest)
    assert (ours.r, ours.s, ours.parity + 27) == (theirs.r, theirs.s, theirs.v)


def test_a_private_key_of_another_address_is_refused() -> None:
    with pytest.raises(ValueError, match="private key is that of") as caught:
        HexSigner(DIGITS, TO)
    assert str(caught.value) == f"The bank's private key is that of {ADDRESS}. Expected: {TO}"


UNUSABLE = {
    "0x": ("0x" + DIGITS, "not 64 hexadecimal digits"),
    "short": (DIGITS[1:], "not 64 hexadecimal digits"),
    "line": (DIGITS + "\n", "not 64 hexadecimal digits"),
    "letters": ("z" * 64, "not 64 hexadecimal digits"),
    "nothing": (None, "not 64 hexadecimal digits"),
    "zero": ("0" * 64, "not a number from 1 to the order"),
    "large": ("f" * 64, "not a number from 1 to the order"),
}


@pytest.mark.parametrize(("digits", "text"), UNUSABLE.values(), ids=UNUSABLE)
def test_an_unusable_private_key_is_refused_and_not_shown(digits: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text) as caught:
        HexSigner(digits, ADDRESS)
    shown = "".join(traceback.format_exception(caught.value))
    assert not digits or digits.strip() not in shown


def test_a_private_key_is_not_shown() -> None:
    signer = HexSigner(DIGITS, ADDRESS)
    shown = [repr(signer), f"{signer}", repr([signer]), str({"signer": signer})]
    shown += [repr(getattr(signer, name)) for name in HexSigner.__slots__]
    assert not any(DIGITS in text or str(int(DIGITS, 16)) in text for text in shown)
    assert repr(signer) == f"<signer of {ADDRESS} with a private key>"
    assert not hasattr(signer, "__dict__")


def test_a_private_key_is_not_copied() -> None:
    signer = HexSigner(DIGITS, ADDRESS)
    for attempt in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="a private key is not to be pickled or copied"):
            attempt(signer)


def test_a_signer_in_aws_kms_shows_its_address_alone(signer: KmsSigner) -> None:
    assert repr(signer) == f"<signer of {signer.address} in AWS KMS>"
