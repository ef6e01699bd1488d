# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A threaded HTTP/1.1 server with keep-alive for one WSGI application.

Werkzeug's own server closes every connection and waits ten milliseconds before it does, which would hide what is
measured here. This one reads the whole request, writes the whole answer at once, and keeps the connection.
"""

from __future__ import annotations

import contextlib
import io
import socket
import socketserver
import sys
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, cast

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import DechunkedInput

from sandbox.address import require_loopback
from sandbox.errors import DropConnection

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class RequestHandler(MotoRequestHandler):
    """One connection. Built on moto's handler, which keeps the spelling of S3's metadata headers."""

    protocol_version = "HTTP/1.1"
    # Two small writes a request would otherwise wait for the client's delayed acknowledgement.
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        environ = self.make_environ()
        try:
            environ["wsgi.input"] = io.BytesIO(self._read_body(environ))
        except (DropConnection, OSError, ValueError):
            # ValueError: a length that is no number.
            self.close_connection = True
            return
        environ["wsgi.input_terminated"] = True
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
            started[:] = [status, headers]

        application = cast("Server", self.server).application
        try:
            chunks = application(environ, start_response)
            body = b"".join(chunks)
        except DropConnection:
            self.close_connection = True
            self._shut_down()
            return
        try:
            self.wfile.write(self._head(started[0], started[1], len(body)) + self._visible(started[0], body))
        except OSError:
            self.close_connection = True

    def _read_body(self, environ: dict[str, Any]) -> bytes:
        if environ.get("wsgi.input_terminated"):
            body = io.BufferedReader(cast(Any, DechunkedInput(cast(Any, self.rfile)))).read()
        else:
            length = int(environ.get("CONTENT_LENGTH") or 0)
            body = self.rfile.read(length)
            # The client has gone in the middle; half a request must not be done.
            if len(body) < length:
                raise DropConnection
        environ["CONTENT_LENGTH"] = str(len(body))
        return body

    def _head(self, status: str, headers: list[tuple[str, str]], length: int) -> bytes:
        lines = [f"HTTP/1.1 {status}", f"Date: {self.date_time_string()}"]
        names = set()
        for name, value in headers:
            if name.lower() in ("connection", "transfer-encoding"):
                continue
            names.add(name.lower())
            lines.append(f"{name}: {value}")
        if "content-length" not in names and status[:3] not in ("204", "304"):
            lines.append(f"Content-Length: {length}")
        lines.append(f"Connection: {'close' if self.close_connection else 'keep-alive'}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _visible(self, status: str, body: bytes) -> bytes:
        if self.command == "HEAD" or status[:3] in ("204", "304"):
            return b""
        return body

    def _shut_down(self) -> None:
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_args: Any, **_kwargs: Any) -> None:
        """Silent: the request log says more than an access log."""

    def log(self, *_args: Any, **_kwargs: Any) -> None:
        """Silent, as above; werkzeug's handler logs through this one."""


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """Listens on one loopback address and answers each connection in a thread of its own."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256
    # Read by werkzeug's request handler.
    ssl_context = None
    multithread = True
    multiprocess = False
    passthrough_errors = False
    _server_version = "sandbox"

    def __init__(self, host: str, port: int, application: WsgiApp) -> None:
        require_loopback(host)
        if ":" in host:
            self.address_family = socket.AF_INET6
        self.application = application
        super().__init__((host, port), RequestHandler)

    @property
    def url(self) -> str:
        host, port = self.server_address[0], self.server_address[1]
        name = host.decode() if isinstance(host, (bytes, bytearray)) else str(host)
        return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is nothing to report; anything else is."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


def reason(status: int) -> str:
    """The status line's text for a status code."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
