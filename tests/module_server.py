# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that the processes of playbooks' modules are forked from, with what they import in it already.

``python -m tests.module_server COMMAND...`` runs a command with it. The modules are sent, unpacked, run and ended as
Ansible does it, in a process each; only Python's start and the imports of libraries are done once for all of them.
Ansible's own code and this collection's come with each module still, since what is sent is what is tested.

A module's process is the server's child and in no terminal: whoever tests Ctrl-C does without.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import marshal
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.startup.handed_over import SERVER

ROOT = Path(__file__).resolve().parents[1]
STARTUP = ROOT / "tests" / "startup"

_LIBRARIES = (
    "__future__ ast base64 configparser datetime difflib fcntl glob grp hashlib ipaddress json logging.handlers"
    " platform pwd runpy shlex shutil tarfile typing unicodedata uuid zipfile zipimport"
    " boto3 botocore.config botocore.exceptions eth_hash.auto eth_keys rlp yaml"
).split()
_SERVICES = ("iam", "kms", "resourcegroupstaggingapi", "s3", "secretsmanager", "sts")


def warm_up() -> None:
    """Load what each process would load again: libraries, the services' descriptions, what is behind the hash."""
    for name in _LIBRARIES:
        importlib.import_module(name)
    import boto3
    import botocore.session
    from eth_hash.auto import keccak

    botocore.session.create_loader = functools.cache(botocore.session.create_loader)
    for service in _SERVICES:
        place = {"region_name": "us-west-2", "endpoint_url": "http://127.0.0.1:9"}
        boto3.session.Session().client(service, aws_access_key_id="none", aws_secret_access_key="none", **place)
    keccak(b"")


@dataclass(frozen=True)
class _Process:
    """What a process was when it was handed over."""

    streams: list[int]
    environment: dict[str, str]
    folder: str
    umask: int
    path: list[str]

    @classmethod
    def received(cls, connection: socket.socket) -> _Process:
        """:raises EOFError, ValueError, TypeError: if it has been killed meanwhile."""
        length, streams, _flags, _address = socket.recv_fds(connection, 4, 3)
        with connection.makefile("rb") as rest:
            state = rest.read(int.from_bytes(length, "big"))
        return cls(streams, *marshal.loads(state))  # noqa: S302 - from a process of the same user's

    def close(self) -> None:
        for stream in self.streams:
            os.close(stream)

    def run(self) -> None:
        """Be it, and run the program that is on its standard input."""
        for number, stream in enumerate(self.streams):
            os.dup2(stream, number)
        self.close()
        os.environ.clear()
        os.environ.update(self.environment)
        time.tzset()
        os.chdir(self.folder)
        os.umask(self.umask)
        sys.path[:] = self.path
        sys.argv[:] = [""]
        main = sys.modules["__main__"] = types.ModuleType("__main__")
        exec(compile(sys.stdin.buffer.read(), "<stdin>", "exec"), main.__dict__)  # noqa: S102 - as Python does


class _Server:
    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._clients: dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()

    def serve(self) -> _Process | None:
        """Serve until the standard input is closed. What it returns is for the child that it returns in to run."""
        woken, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for what in (self._listener, woken, 0):
            self._selector.register(what, selectors.EVENT_READ)
        while True:
            for key, _events in self._selector.select():
                if key.fileobj == 0:
                    return None
                if key.fileobj == woken:
                    os.read(woken, 4096)
                    self._reap()
                elif key.fileobj is self._listener:
                    process = self._accept()
                    if process:
                        return process
                elif key.data in self._clients:
                    # Whoever handed it over has been killed.
                    self._selector.unregister(key.fileobj)
                    os.kill(key.data, signal.SIGKILL)

    def _accept(self) -> _Process | None:
        connection, _address = self._listener.accept()
        try:
            process = _Process.received(connection)
        except (EOFError, ValueError, TypeError):
            connection.close()
            return None
        child = os.fork()
        if child == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._selector.close()
            for other in (self._listener, connection, *self._clients.values()):
                other.close()
            return process
        process.close()
        self._clients[child] = connection
        self._selector.register(connection, selectors.EVENT_READ, child)
        return None

    def _reap(self) -> None:
        for child in list(self._clients):
            done, status = os.waitpid(child, os.WNOHANG)
            if not done:
                continue
            with self._clients.pop(child) as connection:
                with contextlib.suppress(KeyError):
                    self._selector.unregister(connection)
                with contextlib.suppress(OSError):
                    connection.sendall(os.waitstatus_to_exitcode(status).to_bytes(4, "big", signed=True))


def _serve(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        warm_up()
        # What is there now stays: the children need not look at it.
        gc.freeze()
        process = _Server(listener).serve()
    if process:
        process.run()


@contextmanager
def serving() -> Iterator[dict[str, str]]:
    """Return what the environment of a playbook needs for its modules to come from the server."""
    with tempfile.TemporaryDirectory(prefix="modules-") as folder:
        path = f"{folder}/socket"
        command = [sys.executable, "-m", "tests.module_server", "--serve", path]
        # What its children import from zips is compiled once as well.
        startup = {"PYTHONPATH": os.fspath(STARTUP)}
        server = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **startup}, stdin=subprocess.PIPE)
        with server:
            try:
                yield {**startup, SERVER: f"{sys.executable}:{path}"}
            finally:
                # Which is what it ends by.
                assert server.stdin
                server.stdin.close()


if __name__ == "__main__":
    if sys.argv[1] == "--serve":
        _serve(sys.argv[2])
    else:
        with serving() as more:
            sys.exit(subprocess.run(sys.argv[1:], env={**os.environ, **more}, check=False).returncode)
