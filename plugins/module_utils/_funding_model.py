# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the funding of wallets talks about. Private to the collection.

Pure: no ansible, no AWS. All amounts are integers in wei, the smallest part of a network's native unit; all times are
seconds since 1970 (UTC).
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.interchain.agent_ops.plugins.module_utils._document_place import Document

FEE_TYPES = ("auto", "eip1559", "legacy")
"""How a network's transactions pay: ``auto`` asks the latest block for a base fee (EIP-1559)."""

RECORDED, SENT, CONFIRMED, REVERTED, SUPERSEDED = "recorded", "sent", "confirmed", "reverted", "superseded"
OPEN_STATES = (RECORDED, SENT)
"""A transfer that may still pay: written down before it is sent, and not seen in a block yet."""

STATES = (*OPEN_STATES, CONFIRMED, REVERTED, SUPERSEDED)
"""``reverted``: in a block, but nothing was paid. ``superseded``: another transaction used its nonce."""


@dataclass(frozen=True)
class Amounts:
    """Below the threshold a wallet is topped up to the target. None: it is watched, and not topped up."""

    threshold: int | None = None
    target: int | None = None


@dataclass(frozen=True)
class FeeSettings:
    """Limits of what a transfer costs, in wei for each gas. None: no limit beyond what the network asks."""

    kind: str = "auto"
    max_fee_per_gas: int | None = None
    max_priority_fee_per_gas: int | None = None
    max_gas: int = 200_000


@dataclass(frozen=True)
class NetworkFunding:
    """How the wallets of one network are funded."""

    network: str
    chain_id: int | None = None
    unit: str = "ETH"
    decimals: int = 18
    explorer_url: str | None = None
    amounts: Amounts = Amounts()
    agents: t.Mapping[str, Amounts] = field(default_factory=dict)
    max_transfer: int | None = None
    max_run: int | None = None
    max_day: int | None = None
    reserve: int = 0
    min_interval_seconds: int = 0
    fees: FeeSettings = FeeSettings()
    receipt_seconds: int = 120
    stuck_seconds: int = 900
    confirmations: int = 12


@dataclass(frozen=True)
class Wallet:
    """A key that needs money on a network.

    :ivar key: name of the signing key. :ivar homes: the homes that its agent serves from there.
    :ivar problem: why it must not be paid, for instance a disabled key.
    """

    network: str
    agent: str
    key: str
    homes: tuple[str, ...] = ()
    amounts: Amounts = Amounts()
    address: str | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Account:
    """What a chain says of an address. Nonces are counts of transactions, in blocks and with those that wait."""

    balance: int
    nonce: int
    pending_nonce: int


@dataclass(frozen=True)
class ChainState:
    """What a node said at one time. :ivar base_fee: None where the chain has no EIP-1559."""

    chain_id: int
    block_number: int
    block_time: int
    base_fee: int | None
    accounts: t.Mapping[str, Account]


@dataclass(frozen=True)
class Fees:
    """What a transaction offers for each gas, in wei. A legacy one has a gas price alone."""

    max_fee_per_gas: int
    max_priority_fee_per_gas: int = 0
    legacy: bool = False


@dataclass(frozen=True)
class Attempt:
    """A signed transaction of a transfer. Further ones have the same nonce and a higher fee."""

    hash: str
    raw: str
    gas: int
    fees: Fees
    signed_at: float


@dataclass(frozen=True)
class Record:
    """A transfer in the ledger, written before it is sent.

    :ivar paid_by: hash of the attempt that is in a block.
    """

    nonce: int
    to: str
    key: str
    agent: str
    amount: int
    recorded_at: float
    run: str
    attempts: tuple[Attempt, ...] = ()
    state: str = RECORDED
    closed_at: float | None = None
    fee_paid: int | None = None
    block_number: int | None = None
    paid_by: str | None = None

    @property
    def open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def most_cost(self) -> int:
        """Amount and highest possible fee."""
        return self.amount + max((one.gas * one.fees.max_fee_per_gas for one in self.attempts), default=0)


@dataclass(frozen=True)
class Lock:
    """Who funds a network at the moment, until when at the latest."""

    holder: str
    until: float


@dataclass(frozen=True)
class Ledger:
    """All that a bank paid on one network. There is one for each environment, network and bank address."""

    environment: str
    network: str
    chain_id: int
    bank: str
    transfers: tuple[Record, ...] = ()
    lock: Lock | None = None


class Signature(t.NamedTuple):
    """ECDSA on secp256k1; s is in the lower half of the order (EIP-2). :ivar parity: 0 or 1, of the point's y."""

    r: int
    s: int
    parity: int


class Signer(t.Protocol):
    """Signs with the bank's key and no other."""

    @property
    def address(self) -> str: ...

    def sign(self, digest: bytes) -> Signature:
        """Sign 32 bytes. :raises ValueError: if the result does not recover to the address."""


class Node(t.Protocol):
    """A chain's node; :class:`_json_rpc.JsonRpc` is one."""

    def call(self, method: str, *params: t.Any) -> t.Any: ...

    def batch(self, calls: t.Sequence[tuple[str, t.Sequence[t.Any]]]) -> list[t.Any]: ...


class Store(t.Protocol):
    """Keeps documents by name. An error of the store is a :class:`ValueError` that says what to do."""

    durable: bool

    def read(self, name: str) -> Document | None: ...

    def write(self, name: str, text: str, version: str | None) -> str:
        """Write whole or not at all, and return the new version.

        :param version: what was read; None if there was nothing. :raises Conflict: if that is not so any more.
        """

    def describe(self) -> str: ...
