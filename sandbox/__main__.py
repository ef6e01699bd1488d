# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m sandbox``: start the embedded AWS and serve until it is told to stop."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from sandbox.address import require_loopback
from sandbox.moto_parts import MotoMismatch, require_moto


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    # Before moto is imported, which takes most of the time until the server is ready.
    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    # moto's own boto3 must never ask the machine's metadata service for credentials.
    os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    try:
        require_loopback(options.host)
        require_moto()
    except (ValueError, MotoMismatch) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1
    # Only now: the modules behind it are built on the parts of moto that were just looked for.
    return int(importlib.import_module("sandbox.run").run(options, stop))


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="The embedded AWS, on this machine alone.")
    parser.add_argument("--host", default="127.0.0.1", help="loopback address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port; 0 takes a free one (default: %(default)s)")
    parser.add_argument("--ready-file", type=Path, help="file that gets the URL once the server answers")
    parser.add_argument("--log-file", type=Path, help="file that gets every request as a line of JSON")
    parser.add_argument("--rates", action="store_true", help="enforce AWS's published request rates")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds that every answer takes at least")
    parser.add_argument("--iam", action="store_true", help="enforce IAM for users and roles that are made here")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
