# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node of many chains that takes its time: an answer, of one call or of a batch, comes so many seconds after it is
asked for. A network's path is its chain id. Every account has the same money. Run: python -m tests.benchmarks.node
SECONDS; the first line that it prints is its URL."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

BALANCE = 500 * 10**18
GWEI = 10**9
ROOT = Path(__file__).resolve().parents[2]


def result(chain_id: int, method: str, params: list[Any]) -> Any:
    now = int(time.time())
    if method == "eth_getTransactionCount":
        return hex(int(params[0], 16) % 1000)
    return {
        "eth_chainId": hex(chain_id),
        "eth_getBlockByNumber": {"number": hex(now), "timestamp": hex(now), "baseFeePerGas": hex(GWEI)},
        "eth_getBalance": hex(BALANCE),
        "eth_gasPrice": hex(2 * GWEI),
        "eth_maxPriorityFeePerGas": hex(GWEI),
        "eth_estimateGas": hex(21_000),
    }[method]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer leaves in one piece and at once: what is measured is the time that it takes, not that of TCP.
    wbufsize = -1
    disable_nagle_algorithm = True
    seconds = 0.0

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        chain_id = int(self.path.strip("/"))
        answers = [
            {"jsonrpc": "2.0", "id": one["id"], "result": result(chain_id, one["method"], one["params"])}
            for one in (asked if isinstance(asked, list) else [asked])
        ]
        time.sleep(self.seconds)
        body = json.dumps(answers if isinstance(asked, list) else answers[0]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """A line for each request is of no use to anybody."""


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


@contextmanager
def running(seconds: float) -> Iterator[str]:
    """Run a node, in a process of its own; yields its URL."""
    command = [sys.executable, "-m", "tests.benchmarks.node", str(seconds)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        try:
            url = process.stdout.readline().strip() if process.stdout else ""
            if not url:
                sys.exit("The node of the benchmark does not start")
            yield url
        finally:
            process.terminate()


if __name__ == "__main__":
    Handler.seconds = float(sys.argv[1])
    with Server(("127.0.0.1", 0), Handler) as server:
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()
