# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the service says to Prometheus. Private to the collection.

Amounts are in a network's native unit (ether, not wei): Prometheus keeps 64-bit floats, which hold a balance in ether
to 16 digits and no better in wei, and asks for units without a prefix, seconds and not milliseconds. Which unit that is
says ``agent_ops_network_info``. What is known of wallets is a snapshot of the last pass: a wallet that left the
inventory leaves with its series, and one that could not be read has none, rather than the last one for ever.

Imports prometheus_client, and neither ansible nor an AWS library.
"""

from __future__ import annotations

import threading
import time
import typing as t
from dataclasses import dataclass, field

from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_failures import KINDS
from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_rpc import ERRORS

try:
    from prometheus_client import CollectorRegistry, Counter, Histogram
    from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
except ImportError:
    pass  # the service's entry reports a missing library before it comes here

PREFIX = "agent_ops"
_WALLET = ("environment", "network", "agent", "address")
_NETWORK = ("environment", "network")
_MOST_SEEN = 10_000
EVERYWHERE = ""
"""The network in a failure that belongs to none: keys that cannot be read, for instance."""
_LATENCIES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
PASS_SECONDS = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0)

Row: t.TypeAlias = "t.Mapping[str, t.Any]"

# Name without prefix, field of the wallet's row, help.
_OF_WALLETS = (
    ("wallet_balance", "balance", "Balance of a wallet, in the network's native unit."),
    ("wallet_threshold", "threshold", "Below this balance a wallet is topped up, in the network's native unit."),
    ("wallet_target", "target", "Balance that a wallet is topped up to, in the network's native unit."),
    ("wallet_nonce", "nonce", "Transactions of a wallet that are in blocks."),
    ("wallet_pending_nonce", "pending_nonce", "Transactions of a wallet with those that wait to be in a block."),
)
_OF_NETWORKS = (
    ("bank_balance", "bank_balance", "Balance of the bank, in the network's native unit."),
    ("bank_nonce", "bank_nonce", "Transactions of the bank that are in blocks."),
    ("bank_pending_nonce", "bank_pending_nonce", "Transactions of the bank with those that wait to be in a block."),
    (
        "bank_top_ups_left",
        "top_ups_left",
        "How many top-ups from threshold to target the bank can still pay, all its wallets considered.",
    ),
    ("block_height", "block_number", "Number of the latest block that the network's node knows."),
    ("block_age_seconds", "block_age_seconds", "Age of that block."),
)
_STATES = ("ok", "low", "unset", "blocked", "unknown")


class Report(t.Protocol):
    """What a pass says of a network; the engine's NetworkReport is one."""

    network: str
    row: dict[str, t.Any]
    wallets: list[dict[str, t.Any]]
    transfers: list[dict[str, t.Any]]
    error: str | None
    kind: str | None


@dataclass
class Snapshot:
    """The state of the last pass."""

    reports: t.Sequence[Report] = ()
    last_complete: float | None = None
    last_pass: float | None = None
    last_seconds: float | None = None
    passes: dict[str, int] = field(default_factory=dict)


def number(value: t.Any) -> float | None:
    """Return what a gauge shows of a row's field; an amount is a decimal text there."""
    if value is None or isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


class Metrics:
    """Counts what happens, and shows the last pass. Safe to use from several threads.

    :param health: says whether a pass is overdue, and whether the service is healthy.
    """

    def __init__(
        self,
        environment: str,
        networks: t.Sequence[str],
        *,
        version: str,
        sends: bool,
        health: t.Callable[[], tuple[bool, bool]] = lambda: (False, True),
        now: t.Callable[[], float] = time.time,
    ) -> None:
        self.environment = environment
        self.networks = tuple(networks)
        self._build = {"version": version}
        self._sends = sends
        self._health = health
        self._now = now
        self._lock = threading.Lock()
        self._snapshot = Snapshot()
        self._seen: dict[tuple[t.Any, ...], None] = {}
        self.registry = CollectorRegistry(auto_describe=False)
        self._counters()
        self.registry.register(t.cast(t.Any, self))

    def _counters(self) -> None:
        def counter(name: str, text: str, *labels: str) -> t.Any:
            return Counter(f"{PREFIX}_{name}", text, (*_NETWORK, *labels), registry=self.registry)

        self._transfers = counter("transfers", "Top-ups that were confirmed in a block.", "agent", "address")
        self._amounts = counter(
            "transfer_amount", "Sum of the confirmed top-ups, in the network's native unit.", "agent", "address"
        )
        self._fees = counter("transfer_fees", "Sum of the fees that they cost, in the network's native unit.")
        self._failures = counter("failures", "What went wrong, once for each pass in which it did, by kind.", "kind")
        self._requests = counter("rpc_requests", "Calls to the network's node.", "method")
        self._errors = counter("rpc_errors", "Calls that gave no result, by kind.", "method", "kind")
        self._latency = Histogram(
            f"{PREFIX}_rpc_request_duration_seconds",
            "Time until the network's node answered; many calls in one request are the method batch.",
            (*_NETWORK, "method"),
            registry=self.registry,
            buckets=_LATENCIES,
        )
        self._durations = Histogram(
            f"{PREFIX}_pass_duration_seconds",
            "How long passes over all networks took.",
            ("environment",),
            registry=self.registry,
            buckets=PASS_SECONDS,
        )
        self._passes = Counter(
            f"{PREFIX}_passes",
            "Passes by what came of them: complete, partial (some networks failed), or failed.",
            ("environment", "result"),
            registry=self.registry,
        )
        # A counter that appears with its first failure never rises for whoever asks for its rate.
        for network in self.networks:
            self._fees.labels(self.environment, network)
        for network in (*self.networks, EVERYWHERE):
            for kind in KINDS:
                self._failures.labels(self.environment, network, kind)
        for result in ("complete", "partial", "failed"):
            self._passes.labels(self.environment, result)
        self._durations.labels(self.environment)

    # What counts requests (_keymaster_rpc.Meter)

    def rpc_request(self, network: str, method: str, amount: int = 1) -> None:
        self._requests.labels(self.environment, network, method).inc(amount)
        for kind in ERRORS:
            self._errors.labels(self.environment, network, method, kind)

    def rpc_error(self, network: str, method: str, kind: str) -> None:
        self._errors.labels(self.environment, network, method, kind).inc()

    def rpc_seconds(self, network: str, method: str, seconds: float) -> None:
        self._latency.labels(self.environment, network, method).observe(seconds)

    # What counts passes

    def failure(self, network: str, kind: str) -> None:
        self._failures.labels(self.environment, network, kind).inc()

    def passed(self, reports: t.Sequence[Report], *, result: str, seconds: float) -> None:
        """Take what a pass found: ``complete``, ``partial``, or ``failed``."""
        now = self._now()
        self._passes.labels(self.environment, result).inc()
        self._durations.labels(self.environment).observe(seconds)
        for report in reports:
            for wallet in report.wallets:
                # From 0, so that the first top-up is an increase.
                labels = (self.environment, report.network, wallet["agent"], wallet["address"])
                if wallet["address"]:
                    self._transfers.labels(*labels)
                    self._amounts.labels(*labels)
            for transfer in report.transfers:
                self._count(report.network, transfer)
        with self._lock:
            before = self._snapshot
            self._snapshot = Snapshot(
                # A pass that failed before it asked a network says nothing of wallets.
                reports=tuple(reports),
                last_complete=now if result == "complete" else before.last_complete,
                last_pass=now,
                last_seconds=seconds,
            )
        self._forget(before.reports, reports)

    def _count(self, network: str, transfer: Row) -> None:
        """Count a confirmed transfer, once, however often it is told: a nonce of the bank is one transfer."""
        if transfer["action"] != "confirmed":
            return
        known = (network, transfer.get("bank"), transfer.get("nonce"))
        if known in self._seen:
            return
        self._seen[known] = None
        while len(self._seen) > _MOST_SEEN:
            del self._seen[next(iter(self._seen))]
        labels = (self.environment, network, transfer["agent"], transfer["address"])
        self._transfers.labels(*labels).inc()
        self._amounts.labels(*labels).inc(number(transfer["amount"]) or 0.0)
        self._fees.labels(self.environment, network).inc(number(transfer.get("fee")) or 0.0)

    def _forget(self, before: t.Sequence[Report], now: t.Sequence[Report]) -> None:
        """Drop the counters of wallets that the environment does not have any more."""
        there = {_identity(self.environment, report, wallet) for report in now for wallet in report.wallets}
        told = {report.network for report in now if report.wallets}
        for report in before:
            for wallet in report.wallets:
                labels = _identity(self.environment, report, wallet)
                if wallet["address"] and labels not in there and report.network in told:
                    for counter in (self._transfers, self._amounts):
                        counter.remove(*labels)

    # What Prometheus reads

    def collect(self) -> t.Iterator[t.Any]:
        with self._lock:
            shot = self._snapshot
        overdue, healthy = self._health()
        yield self._gauge("overdue", "1 while no pass ended for longer than the configuration allows.", float(overdue))
        yield self._gauge("healthy", "1 while the service is healthy, as /healthz says.", float(healthy))
        yield self._gauge("sending", "1 if transfers are sent, 0 if wallets are only watched.", float(self._sends))
        build = InfoMetricFamily(f"{PREFIX}_build", "The version that runs.", labels=("environment",))
        build.add_metric((self.environment,), self._build)
        yield build
        yield self._gauge(
            "last_complete_pass_timestamp_seconds", "When a pass last did all networks.", shot.last_complete
        )
        yield self._gauge("last_pass_timestamp_seconds", "When a pass last ended, whatever came of it.", shot.last_pass)
        yield self._gauge("last_pass_duration_seconds", "How long that pass took.", shot.last_seconds)
        yield from self._networks(shot)
        yield from self._wallets(shot)

    def _gauge(self, name: str, text: str, value: float | None) -> t.Any:
        family = GaugeMetricFamily(f"{PREFIX}_{name}", text, labels=("environment",))
        if value is not None:
            family.add_metric((self.environment,), value)
        return family

    def _networks(self, shot: Snapshot) -> t.Iterator[t.Any]:
        up = GaugeMetricFamily(f"{PREFIX}_network_up", "1 if the last pass did this network.", labels=_NETWORK)
        info = InfoMetricFamily(f"{PREFIX}_network", "A network's native unit, chain and bank.", labels=_NETWORK)
        flight = GaugeMetricFamily(
            f"{PREFIX}_transfers_in_flight", "Top-ups that are sent and not in a block yet.", labels=_NETWORK
        )
        stuck = GaugeMetricFamily(
            f"{PREFIX}_transfers_stuck", "Top-ups that have waited longer than they should.", labels=_NETWORK
        )
        for report in shot.reports:
            place = (self.environment, report.network)
            up.add_metric(place, 0.0 if report.error else 1.0)
            facts = {name: str(report.row.get(name) or "") for name in ("unit", "chain_id", "bank")}
            info.add_metric(place, facts)
            actions = [transfer["action"] for transfer in report.transfers]
            flight.add_metric(place, actions.count("sent") + actions.count("stuck"))
            stuck.add_metric(place, actions.count("stuck"))
        yield from (up, info, flight, stuck)
        for name, of, text in _OF_NETWORKS:
            family = GaugeMetricFamily(f"{PREFIX}_{name}", text, labels=_NETWORK)
            for report in shot.reports:
                value = number(report.row.get(of))
                if value is not None:
                    family.add_metric((self.environment, report.network), value)
            yield family

    def _wallets(self, shot: Snapshot) -> t.Iterator[t.Any]:
        # What has no address yet cannot be told apart, and has no balance.
        wallets = [(report, wallet) for report in shot.reports for wallet in report.wallets if wallet["address"]]
        for name, of, text in _OF_WALLETS:
            family = GaugeMetricFamily(f"{PREFIX}_{name}", text, labels=_WALLET)
            for report, wallet in wallets:
                value = number(wallet.get(of))
                if value is not None:
                    family.add_metric(_identity(self.environment, report, wallet), value)
            yield family
        states = GaugeMetricFamily(
            f"{PREFIX}_wallet_state", "1 for the state that a wallet is in.", labels=(*_WALLET, "state")
        )
        for report, wallet in wallets:
            for state in _STATES:
                labels = (*_identity(self.environment, report, wallet), state)
                states.add_metric(labels, float(wallet.get("state") == state))
        yield states


def _identity(environment: str, report: Report, wallet: Row) -> tuple[str, ...]:
    return environment, report.network, str(wallet["agent"]), str(wallet["address"])
