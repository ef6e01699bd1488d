# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._json_rpc import JsonRpc, RpcError

API_KEY = "0f7c51d2e94b4a6f8e1d"
PASSWORD = "hunter2+odd/word"
Answer = Callable[["Node", Any], None]


class Node(BaseHTTPRequestHandler):
    """A node that is told how to answer; ``seen`` are the requests that came."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append((self.path, dict(self.headers), body))
        self.server.answer(self, body)

    def send(self, data: Any, status: int = 200, **headers: str) -> None:
        raw = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_arguments: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Node)
        self.seen: list[tuple[str, dict[str, str], Any]] = []
        self.answer: Answer = echo

    @property
    def where(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_arguments: Any) -> None:
        pass


def result(request: Any, value: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request["id"], "result": value}


def echo(node: Node, body: Any) -> None:
    if isinstance(body, list):
        # In another order than asked: the number says which answer is whose.
        node.send([result(one, one["method"]) for one in reversed(body)])
    else:
        node.send(result(body, body["params"]))


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as started:
        thread = threading.Thread(target=started.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield started
        started.shutdown()
        thread.join()


def client(server: Server, **options: Any) -> JsonRpc:
    return JsonRpc(f"http://{server.where}/v3/{API_KEY}?token={API_KEY}", sleep=lambda _seconds: None, **options)


def test_a_call_gives_its_result(server: Server) -> None:
    assert client(server).call("eth_call", {"to": "0x1"}, "latest") == [{"to": "0x1"}, "latest"]
    path, headers, body = server.seen[0]
    assert path == f"/v3/{API_KEY}?token={API_KEY}"
    assert headers["Content-Type"] == "application/json"
    assert body == {"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [{"to": "0x1"}, "latest"]}


def test_user_and_password_travel_in_a_header(server: Server) -> None:
    JsonRpc(f"http://user:{PASSWORD.replace('/', '%2F')}@{server.where}").call("x")
    path, headers, _body = server.seen[0]
    assert path == "/"
    assert headers["Authorization"] == "Basic " + base64.b64encode(f"user:{PASSWORD}".encode()).decode()


def test_a_batch_is_one_request_and_its_answers_are_in_order(server: Server) -> None:
    assert client(server).batch([("a", []), ("b", [1]), ("c", [])]) == ["a", "b", "c"]
    assert len(server.seen) == 1
    assert client(server).batch([]) == []


def test_a_call_of_a_batch_fails_alone(server: Server) -> None:
    def answer(node: Node, body: Any) -> None:
        node.send([result(body[0], 1), {"id": body[1]["id"], "error": {"code": 3, "message": "execution\nreverted"}}])

    server.answer = answer
    first, second, third = client(server).batch([("a", []), ("b", []), ("c", [])])
    assert first == 1
    assert (str(second), second.code) == ("the node says: execution reverted (3)", 3)
    assert str(third) == "the node left a call of a batch unanswered"


def test_an_answer_to_nothing_that_was_asked_is_none(server: Server) -> None:
    server.answer = lambda node, _body: node.send([{"id": [], "result": 1}, {"id": True, "result": 1}])
    (found,) = client(server).batch([("a", [])])
    assert str(found) == "the node left a call of a batch unanswered"


@pytest.mark.parametrize("status", [200, 400])
def test_a_node_that_takes_no_batches_is_asked_one_by_one(server: Server, status: int) -> None:
    def answer(node: Node, body: Any) -> None:
        if isinstance(body, list):
            node.send({"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "no batches"}}, status)
        else:
            echo(node, body)

    server.answer = answer
    assert client(server).batch([("a", [1]), ("b", [2])]) == [[1], [2]]


def test_a_busy_node_is_asked_again(server: Server) -> None:
    def answer(node: Node, body: Any) -> None:
        if len(server.seen) < 3:
            node.send(b"slow down", 429)
        else:
            echo(node, body)

    server.answer = answer
    assert client(server).call("a", 1) == [1]
    server.answer = lambda node, _body: node.send(b"", 503)
    with pytest.raises(RpcError, match=r"the node answers with HTTP status 503"):
        client(server).call("a")
    assert len(server.seen) == 6


def drip(node: Node, _body: Any) -> None:
    node.send_response(200)
    node.send_header("Content-Length", "1000")
    node.end_headers()
    for _number in range(100):
        node.wfile.write(b" ")
        node.wfile.flush()
        time.sleep(0.05)


def hang_up(node: Node, _body: Any) -> None:
    node.close_connection = True


def sleep(_node: Node, _body: Any) -> None:
    time.sleep(1)


def echo_url(node: Node, _body: Any) -> None:
    text = f"key {API_KEY.upper()} of http://{node.server.where}/v3/{API_KEY}?token={API_KEY} is over its limit"
    node.send({"id": 1, "error": {"code": -32005, "message": text}}, 403)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda node, _body: node.send(b"<html>"), "the node's answer is not JSON"),
        (lambda node, _body: node.send(b"[" * 100_000), "the node's answer is not JSON"),
        (
            lambda node, _body: node.send({"id": 1, "error": {"code": 3, "message": "\x1b[2J\nno"}}),
            "the node says:  [2J no (3)",
        ),
        (lambda node, _body: node.send([]), "the node's answer is not one of JSON-RPC"),
        (lambda node, _body: node.send({"id": 1}), "the node's answer is not one of JSON-RPC"),
        (lambda node, _body: node.send({"id": 1, "error": "no"}), "the node's answer is not one of JSON-RPC"),
        (lambda node, _body: node.send(b"no", 401), "the node answers with HTTP status 401"),
        (
            lambda node, _body: node.send(b"", 302, Location="http://127.0.0.1:9/x"),
            "the node answers with HTTP status 302",
        ),
        (hang_up, "the node cannot be reached: RemoteDisconnected"),
        (sleep, "the node did not answer within 0.3 s"),
        (drip, "the node did not answer within 0.3 s"),
        (echo_url, "the node says: key *** of ***"),
    ],
)
def test_an_error_says_why_and_nothing_of_the_url(server: Server, answer: Answer, told: str) -> None:
    server.answer = answer
    with pytest.raises(RpcError, match=re.escape(told)) as failed:
        client(server, timeout=0.3).call("eth_chainId")
    for part in (API_KEY, API_KEY.upper(), server.where):
        assert part not in str(failed.value)
    assert failed.value.__cause__ is None


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (f"http://127.0.0.1:9/{API_KEY}", "the node cannot be reached: Connection refused"),
        (f"http://{API_KEY}.invalid/", "the node cannot be reached: Name or service not known"),
        (f"htps://node.example/{API_KEY}", "the RPC URL cannot be used: it does not begin with http:// or https://"),
        (f"node.example/{API_KEY}", "it does not begin with http:// or https://"),
        (f"http:///{API_KEY}", "it has no host, or characters that a URL has not"),
        (f"http://node.example/{API_KEY} x", "it has no host, or characters that a URL has not"),
        (f"http://node.example:{API_KEY}/", "the RPC URL cannot be used: it cannot be taken apart"),
        (f"http://[{API_KEY}/", "the RPC URL cannot be used: it cannot be taken apart"),
    ],
)
def test_a_url_that_cannot_be_used_is_not_quoted(url: str, told: str) -> None:
    with pytest.raises(RpcError, match=re.escape(told).replace("Name\\ or\\ service\\ not\\ known", ".*")) as failed:
        JsonRpc(url, timeout=5).call("eth_chainId")
    assert API_KEY not in str(failed.value)
    assert failed.value.__cause__ is None


def test_an_answer_without_end_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansible_collections.interchain.agent_ops.plugins.module_utils._json_rpc._LARGEST", 100)
    server.answer = lambda node, body: node.send(result(body, "x" * 200))
    with pytest.raises(RpcError, match=r"the node's answer is too long"):
        client(server).call("a")


def test_what_opens_connections_is_a_parameter() -> None:
    opened = []

    def opener(request: Any, timeout: float) -> Any:
        opened.append((request.full_url, timeout))
        raise TimeoutError

    with pytest.raises(RpcError, match=r"did not answer within 7 s"):
        JsonRpc("https://[2001:db8::1]:8545/x", timeout=7, opener=opener).call("a")
    assert opened[0][0] == "https://[2001:db8::1]:8545/x"
    assert 6 < opened[0][1] <= 7


def test_a_proxy_of_the_users_is_not_asked_for_this_machines_own_node(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert client(server).call("a", 1) == [1]
