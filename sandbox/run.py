# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the command line's options to a server, and to its end."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from pathlib import Path

from sandbox.errors import BadControlRequest
from sandbox.http_server import Server
from sandbox.server import Application


def run(options: argparse.Namespace, stop: threading.Event) -> int:
    """Serve until ``stop`` is set; the exit code."""
    try:
        log_file = options.log_file.open("a", encoding="utf-8") if options.log_file else None
    except OSError as error:
        return _fail(f"cannot write {options.log_file}: {error.strerror}")
    try:
        application = Application(rates=options.rates, latency=options.latency, iam=options.iam, log_file=log_file)
        server = Server(options.host, options.port, application)
    except (ValueError, OverflowError, BadControlRequest) as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(
            f"cannot listen on {options.host} port {options.port}: {error.strerror or error}. Another sandbox may be"
            " there. With another port (--port, make sandbox PORT=5556) tell runs of it:"
            " AGENT_OPS_SANDBOX_URL=http://127.0.0.1:5556"
        )
    # The log's file stays open: every line is flushed, and a request may still be on its way when this ends.
    _serve(server, stop, options.ready_file)
    return 0


def _serve(server: Server, stop: threading.Event, ready_file: Path | None) -> None:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    if ready_file is not None:
        _write_at_once(ready_file, server.url + "\n")
    print(f"sandbox: listening on {server.url}", flush=True)
    # In steps: a wait without an end would keep the signals' handlers from running on some platforms.
    while not stop.wait(0.2):
        pass
    server.shutdown()
    server.server_close()


def _write_at_once(path: Path, text: str) -> None:
    """Whoever waits for the file must not find half of it."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def _fail(message: str) -> int:
    print(f"sandbox: {message}", file=sys.stderr)
    return 1
