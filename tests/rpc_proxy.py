# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server between a client and a chain's node: it counts requests, and spoils what a test says.

with Proxy(chain.url) as proxy:
    proxy.spoil = lambda asked: "lose" if "eth_sendRawTransaction" in asked.methods else None
"""

from __future__ import annotations

import contextlib
import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Asked(NamedTuple):
    """A request. :ivar number: from 1."""

    number: int
    methods: list[str]


class Behind(NamedTuple):
    """Answer as a node does that has the chain up to this block, of those that share a URL."""

    height: int

    def asked(self, call: dict[str, Any]) -> dict[str, Any]:
        """Ask the real node for that block instead of its latest one."""
        params = [hex(self.height) if one in ("latest", "pending") else one for one in call["params"]]
        return {**call, "params": params} if call["method"] in _OF_A_BLOCK else call

    def answer(self, call: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        result, later = answer.get("result"), False
        if isinstance(result, dict) and result.get("blockNumber"):
            later = int(result["blockNumber"], 16) > self.height
        if call["method"] == "eth_blockNumber":
            result = hex(self.height)
        elif call["method"] in _OF_A_BLOCK:
            block = call["params"][_OF_A_BLOCK[call["method"]]]
            if block.startswith("0x") and int(block, 16) > self.height:
                return {"jsonrpc": "2.0", "id": call["id"], "error": {"code": -32000, "message": "header not found"}}
        return {**answer, "result": None if later else result} if "result" in answer else answer


class Refusing(NamedTuple):
    """Answer each call with an error, and hand nothing on."""

    code: int
    message: str

    def answer(self, data: bytes) -> bytes:
        body = json.loads(data)
        told = [{"jsonrpc": "2.0", "id": call["id"], "error": self._asdict()} for call in _listed(body)]
        return json.dumps(told if isinstance(body, list) else told[0]).encode()


# Method -> which of its parameters is the block.
_OF_A_BLOCK = {"eth_getBalance": 1, "eth_getTransactionCount": 1, "eth_getBlockByNumber": 0}
Answers = list[dict[str, Any]]
Rewrite = Callable[[Answers], Any]
# drop: the node never gets the request. lose: it gets it, and its answer is lost. twice: it gets it twice, and the
# second answer is given. garbage: the answer is no JSON. busy: 503, and the node never gets it. late: the answer comes
# when nobody waits for it any more. A function is given the answers, and what it returns is sent.
KINDS = ("drop", "lose", "twice", "garbage", "busy", "late")
Spoil = str | Rewrite | Behind | Refusing | None


class Proxy:
    def __init__(self, node: str) -> None:
        self.node = node
        self.spoil: Callable[[Asked], Spoil] = lambda _asked: None
        self.before: Callable[[Asked], object] = lambda _asked: None
        self.after: Callable[[Asked], object] = lambda _asked: None
        self.seen: list[Asked] = []
        self.closed = threading.Event()
        self._lock = threading.Lock()
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self._server = _Server(self)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def methods(self) -> list[str]:
        """The methods that were asked for, those of a batch once, and forget them."""
        told = ["+".join(dict.fromkeys(asked.methods)) for asked in self.seen]
        self.seen.clear()
        return told

    def honest(self) -> None:
        """Spoil nothing from now on, and count from 1 again."""
        self.spoil, self.before, self.after = (lambda _asked: None for _turn in range(3))
        self.seen.clear()

    def asked(self, body: Any) -> Asked:
        calls = body if isinstance(body, list) else [body]
        with self._lock:
            self.seen.append(Asked(len(self.seen) + 1, [call["method"] for call in calls]))
            return self.seen[-1]

    def hand_on(self, data: bytes) -> bytes:
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.node, data, headers, method="POST")  # noqa: S310  a node of a test
        with self._opener.open(request, timeout=30) as response:
            return bytes(response.read())

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_unused: object) -> None:
        self.closed.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, proxy: Proxy) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.proxy = proxy

    def handle_error(self, *_unused: object) -> None:
        """A client that is gone is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        proxy = self.server.proxy
        data = self.rfile.read(int(self.headers["Content-Length"]))
        asked = proxy.asked(json.loads(data))
        kind = proxy.spoil(asked)
        proxy.before(asked)
        if kind == "drop":
            return
        if kind == "busy":
            self.send_error(503)
            return
        if isinstance(kind, Refusing):
            answer = kind.answer(data)
        else:
            answer = _behind(proxy, kind, data) if isinstance(kind, Behind) else proxy.hand_on(data)
        if kind == "twice":
            answer = proxy.hand_on(data)
        proxy.after(asked)
        if kind == "lose":
            return
        if kind == "late":
            proxy.closed.wait(20)
            return
        if kind == "garbage":
            answer = b"<html>" + answer
        elif callable(kind):
            answer = json.dumps(kind(_listed(json.loads(answer)))).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(answer)

    def log_message(self, *_unused: object) -> None:
        pass


def _behind(proxy: Proxy, kind: Behind, data: bytes) -> bytes:
    body = json.loads(data)
    calls = _listed(body)
    answers = _listed(json.loads(proxy.hand_on(json.dumps([kind.asked(call) for call in calls]).encode())))
    told = [kind.answer(call, answer) for call, answer in zip(calls, answers, strict=True)]
    return json.dumps(told if isinstance(body, list) else told[0]).encode()


def _listed(answer: Any) -> Answers:
    return answer if isinstance(answer, list) else [answer]


def giving(*results: Any) -> Rewrite:
    """Return what puts these in the place of all results, one after the other, the last one for all that follow."""

    def rewrite(answers: Answers) -> Any:
        told: Iterator[Any] = iter(results)
        result = None
        for answer in answers:
            result = next(told, result)
            answer.pop("error", None)
            answer["result"] = result
        return answers if len(answers) > 1 else answers[0]

    return rewrite
