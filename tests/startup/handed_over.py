# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module's process has itself done by one that is forked from a server, where there is one (tests/module_server.py).

Ansible starts Python for each module and gives it the program on its standard input. What most of them import, boto3
above all, takes longer than what they do, and the server has it. This is imported by every Python that starts, so it
imports next to nothing itself.
"""

import marshal
import os
import sys

SERVER = "MODULE_SERVER"
"""Environment variable: the Python that the server is of, a colon, and the path of its socket."""


def _hand_over(path: str) -> None:
    """Return if there is nobody to hand it to. Whatever is done here is done before the program is read."""
    import _socket

    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        connection.connect(path)
    except OSError:
        connection.close()
        return
    umask = os.umask(0)
    os.umask(umask)
    state = marshal.dumps((dict(os.environ), os.getcwd(), umask, ["", *sys.path]))
    streams = b"".join(number.to_bytes(4, sys.byteorder) for number in (0, 1, 2))
    connection.sendmsg([len(state).to_bytes(4, "big")], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
    connection.sendall(state)
    answer = connection.recv(4)
    # Nothing comes from a server that has been ended meanwhile.
    code = int.from_bytes(answer, "big", signed=True) if answer else 1
    if code < 0:
        os.kill(os.getpid(), -code)
    os._exit(code)


_python, _colon, _path = os.environ.get(SERVER, "").partition(":")
# Only a program from the standard input: options and arguments are none of what Ansible gives a module.
if _path and _python == sys.executable and len(sys.orig_argv) == 1:
    _hand_over(_path)
