# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service's page for Prometheus, and its answers to those who watch over it. Private to the collection.

``/metrics``; ``/healthz``: 503 when a pass is overdue, or the last one failed on every network; ``/livez``: 503 only
when a pass is overdue, which a restart may help against; ``/readyz``: 503 until the first pass ended.

An edge. Reading is all that can be done here, and nothing that is read is a secret.
"""

from __future__ import annotations

import json
import socket
import threading
import typing as t
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_health import Health

try:
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
except ImportError:
    pass  # the service's entry reports a missing library before it comes here

_PATIENCE = 10.0
_MOST_AT_ONCE = 16


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # What still answers a slow client must not keep the service from ending.
    block_on_close = False
    health: Health
    registry: t.Any

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._places = threading.BoundedSemaphore(_MOST_AT_ONCE)
        super().__init__(address, handler)

    def process_request(self, request: t.Any, client_address: t.Any) -> None:
        # More clients at once than anybody needs are turned away, so that they cannot use up threads.
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: t.Any, client_address: t.Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: t.Any, client_address: t.Any) -> None:
        """A client that goes away in the middle is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "keymaster"
    sys_version = ""
    protocol_version = "HTTP/1.1"
    timeout = _PATIENCE

    def do_GET(self) -> None:
        path = self.path.split("?", 1)[0]
        health = self.server.health
        if path == "/metrics":
            self._answer(200, CONTENT_TYPE_LATEST, generate_latest(self.server.registry))
        elif path == "/healthz":
            self._say(health.healthy(), health.told())
        elif path == "/livez":
            overdue = health.overdue()
            self._say(not overdue, {"alive": not overdue})
        elif path == "/readyz":
            ready = health.ready()
            self._say(ready, {"ready": ready})
        else:
            self._answer(404, "text/plain; charset=utf-8", b"There are /metrics, /healthz, /livez and /readyz.\n")

    do_HEAD = do_GET

    def _say(self, good: bool, content: dict[str, t.Any]) -> None:
        self._answer(200 if good else 503, "application/json", json.dumps(content).encode() + b"\n")

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: t.Any) -> None:  # noqa: A002  the base class calls it so
        """A line for each scrape would hide all others."""


class Pages:
    """Serves until it is closed. :raises OSError: if the address cannot be listened on."""

    def __init__(self, address: str, port: int, registry: t.Any, health: Health) -> None:
        self._server = _Server((address, port), _Handler)
        self._server.registry = registry
        self._server.health = health
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="pages", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
