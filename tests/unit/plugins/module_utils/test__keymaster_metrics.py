# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Prometheus reads of the service."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._json_rpc import RpcError
from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_http import Pages
from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_rpc import MeteredNode
from prometheus_client.parser import text_string_to_metric_families

from tests.unit.plugins.module_utils.keymaster_world import (
    BANK,
    RELAYER,
    UPDATER,
    Engine,
    Report,
    Service,
    dead,
    transfer,
    wallet,
)

KOVAN = {"network": "kovan"}
WALLET = {"network": "kovan", "agent": "relayer", "address": RELAYER}


def test_a_wallet_and_its_network() -> None:
    service = Service(Engine([Report(transfers=[transfer("sent", nonce=9)])]))
    service.keymaster.once()
    shown = {name: service.value(f"agent_ops_wallet_{name}", **WALLET) for name in ("balance", "threshold", "target")}
    assert shown == {"balance": 1.5, "threshold": 1, "target": 2}
    assert service.value("agent_ops_wallet_nonce", **WALLET) == 4
    assert service.value("agent_ops_wallet_pending_nonce", **WALLET) == 5
    assert service.value("agent_ops_wallet_state", **WALLET, state="ok") == 1
    assert service.value("agent_ops_wallet_state", **WALLET, state="low") == 0
    assert service.value("agent_ops_network_up", **KOVAN) == 1
    assert service.value("agent_ops_network_info", **KOVAN, unit="ETH", chain_id="42", bank=BANK) == 1
    assert service.value("agent_ops_bank_balance", **KOVAN) == 40.25
    assert service.value("agent_ops_bank_top_ups_left", **KOVAN) == 38
    assert service.value("agent_ops_block_height", **KOVAN) == 1000
    assert service.value("agent_ops_block_age_seconds", **KOVAN) == 12
    assert service.value("agent_ops_transfers_in_flight", **KOVAN) == 1
    assert service.value("agent_ops_last_complete_pass_timestamp_seconds") == 1_800_000_000
    assert service.value("agent_ops_build_info", version="1.2.3") == 1


def test_a_transfer_is_counted_once_however_often_it_is_told() -> None:
    both = [Report(transfers=[transfer()]), Report(transfers=[transfer(), transfer(nonce=8, amount="0.25")])]
    service = Service(Engine([both[0]], [both[1]]))
    service.keymaster.once()
    service.keymaster.once()
    assert service.value("agent_ops_transfers_total", **WALLET) == 2
    assert service.value("agent_ops_transfer_amount_total", **WALLET) == 0.75
    assert service.value("agent_ops_transfer_fees_total", **KOVAN) == 0.002


def test_what_was_not_confirmed_is_not_counted() -> None:
    actions = ("planned", "sent", "stuck", "failed", "held")
    transfers = [transfer(action, nonce=number) for number, action in enumerate(actions)]
    service = Service(Engine([Report(transfers=transfers)]))
    service.keymaster.once()
    assert service.value("agent_ops_transfers_total", **WALLET) == 0


def test_a_wallet_that_left_leaves_with_its_series() -> None:
    two = Report(wallets=[wallet(), wallet("updater", UPDATER)])
    service = Service(Engine([two], [Report()]))
    updater = {"network": "kovan", "agent": "updater", "address": UPDATER}
    service.keymaster.once()
    assert service.value("agent_ops_wallet_balance", **updater) == 1.5
    assert service.value("agent_ops_transfers_total", **updater) == 0
    service.keymaster.once()
    assert UPDATER not in shown(service)
    assert service.value("agent_ops_wallet_balance", **WALLET) == 1.5


def test_what_is_not_known_is_not_shown() -> None:
    unknown = wallet(balance=None, nonce=None, pending_nonce=None, state="unknown", threshold=None)
    late = Report(wallets=[unknown], error="the node did not answer within 10 s")
    service = Service(Engine([Report()], [late, dead()]))
    service.keymaster.once()
    service.keymaster.once()
    assert service.value("agent_ops_wallet_balance", **WALLET) is None
    assert service.value("agent_ops_wallet_threshold", **WALLET) is None
    assert service.value("agent_ops_wallet_target", **WALLET) == 2
    assert service.value("agent_ops_wallet_state", **WALLET, state="unknown") == 1
    assert service.value("agent_ops_network_up", **KOVAN) == 0
    # A node that is down for a while does not begin the counters anew.
    assert service.value("agent_ops_transfers_total", **WALLET) == 0
    assert service.value("agent_ops_last_complete_pass_timestamp_seconds") == 1_800_000_000


def test_a_wallet_without_an_address_has_no_series() -> None:
    service = Service(Engine([Report(wallets=[wallet(address=None)])]))
    service.keymaster.once()
    assert "agent_ops_wallet_balance{" not in shown(service)


def test_failures_are_there_before_the_first_one() -> None:
    assert Service(Engine([])).value("agent_ops_failures_total", **KOVAN, kind="reverted") == 0


class Node:
    def call(self, method: str, *params: object) -> object:
        if method == "eth_call":
            raise RpcError("the node says: no (3)", 3)
        if method == "eth_gasPrice":
            raise RpcError("the node did not answer within 10 s")
        return "0x1"

    def batch(self, calls: list[tuple[str, list[object]]]) -> list[object]:
        if not calls:
            return []
        if calls[0][0] == "eth_chainId":
            raise RpcError("the node cannot be reached: refused")
        return ["0x1", RpcError("the node says: limit (-32005)", -32005)]


def test_requests_errors_and_times_of_a_node() -> None:
    service = Service(Engine([]))
    times = iter([1.0, 1.25] * 10)
    node = MeteredNode(Node(), "kovan", service.metrics, clock=lambda: next(times))
    assert node.call("eth_blockNumber") == "0x1"
    for method in ("eth_call", "eth_gasPrice"):
        with pytest.raises(RpcError):
            node.call(method)
    assert node.batch([("eth_getBalance", []), ("eth_getBalance", [])])[0] == "0x1"
    with pytest.raises(RpcError):
        node.batch([("eth_chainId", [])])
    assert node.batch([]) == []

    def value(name: str, **labels: str) -> float | None:
        return service.value(f"agent_ops_rpc_{name}", network="kovan", **labels)

    assert value("requests_total", method="eth_getBalance") == 2
    assert value("errors_total", method="eth_getBalance", kind="refused") == 1
    assert value("errors_total", method="eth_call", kind="refused") == 1
    assert value("errors_total", method="eth_gasPrice", kind="unanswered") == 1
    assert value("errors_total", method="eth_blockNumber", kind="unanswered") == 0
    assert value("errors_total", method="batch", kind="unanswered") == 1
    assert value("request_duration_seconds_sum", method="batch") == 0.5
    assert value("request_duration_seconds_count", method="eth_blockNumber") == 1


def shown(service: Service) -> str:
    from prometheus_client import generate_latest

    return generate_latest(service.metrics.registry).decode()


@pytest.fixture
def served() -> Iterator[tuple[Service, Pages]]:
    service = Service(Engine([Report(transfers=[transfer()])], [dead("kovan"), dead()]))
    pages = Pages("127.0.0.1", 0, service.metrics.registry, service.health)
    yield service, pages
    pages.close()


def ask(pages: Pages, path: str, method: str = "GET") -> tuple[int, str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", pages.port, timeout=30)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, str(answer.headers["Content-Type"]), answer.read().decode()
    finally:
        connection.close()


def test_the_pages(served: tuple[Service, Pages]) -> None:
    service, pages = served
    assert ask(pages, "/readyz")[0] == 503
    assert ask(pages, "/healthz")[0] == 200
    service.keymaster.once()
    assert ask(pages, "/readyz") == (200, "application/json", '{"ready": true}\n')
    status, kind, body = ask(pages, "/metrics?name=x")
    assert status == 200
    assert kind.startswith("text/plain; version=")
    families = {family.name: family for family in text_string_to_metric_families(body)}
    assert families["agent_ops_wallet_balance"].samples[0].labels == {"environment": "staging", **WALLET}
    assert all(name.startswith("agent_ops_") and family.documentation for name, family in families.items())
    assert ask(pages, "/metrics", "HEAD")[2] == ""
    assert ask(pages, "/")[0] == 404
    assert ask(pages, "/metrics", "POST")[0] == 501


def test_health_is_lost_with_all_networks_and_with_time(served: tuple[Service, Pages]) -> None:
    service, pages = served
    service.keymaster.once()
    service.keymaster.once()
    status, _kind, body = ask(pages, "/healthz")
    assert status == 503
    told = json.loads(body)
    assert (told["last_pass"], told["failed_networks"]) == ("failed", {"kovan": "rpc", "moonbasealpha": "rpc"})
    # A restart does not help a node that is down.
    assert ask(pages, "/livez")[0] == 200
    assert service.value("agent_ops_healthy") == 0
    service.time += 10_000
    assert ask(pages, "/livez")[0] == 503
    assert service.value("agent_ops_overdue") == 1
