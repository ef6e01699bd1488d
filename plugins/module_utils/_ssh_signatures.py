# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verifies SSH signatures with ssh-keygen. Private to the collection.

An edge to that program (OpenSSH 8.2 or later, ssh-keygen(1), "-Y verify") and to the file system.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import typing as t
from pathlib import Path

from ansible_collections.interchain.agent_ops.plugins.module_utils._deployment_read import read_regular_file

_LARGEST = 65536
_BEGINNING = "-----BEGIN SSH SIGNATURE-----"
_GOOD = re.compile(
    r'Good "(?P<namespace>[^"]+)" signature for (?P<name>\S+) with \S+ key (?P<fingerprint>SHA256:\S+)\s*\Z'
)


class Signed(t.NamedTuple):
    """Who signed, with which key, and the signature as the file has it."""

    name: str
    fingerprint: str
    signature: str


def verify(text: str, signature: Path, *, allowed_signers: str, namespace: str) -> Signed:
    """Return who signed a text.

    :param allowed_signers: content of the file that says whose key is whose.
    :raises ValueError: if the file is no good signature of exactly this text, for this purpose, by one of them.
    """
    data = read_regular_file(signature, _LARGEST).decode("utf-8", "replace")
    if not data.startswith(_BEGINNING):
        raise ValueError("it is no SSH signature (ssh-keygen -Y sign)")
    with tempfile.TemporaryDirectory(prefix="agent_ops_") as folder:
        # A copy, so that what is verified and what is recorded are the same whatever becomes of the file.
        copy, allowed = Path(folder) / "signature", Path(folder) / "allowed_signers"
        copy.write_text(data, encoding="utf-8")
        allowed.write_text(allowed_signers, encoding="ascii")
        found = _keygen(["-Y", "find-principals", "-s", str(copy), "-f", str(allowed)], "")
        names = found.stdout.split()
        if found.returncode or len(names) != 1:
            raise ValueError("it was made with a key of none of agent_ops_deployment_approvers")
        done = _keygen(
            ["-Y", "verify", "-f", str(allowed), "-I", names[0], "-n", namespace, "-s", str(copy)],
            text,
        )
    good = _GOOD.match(done.stdout)
    if done.returncode or not good or good["name"] != names[0] or good["namespace"] != namespace:
        said = (done.stderr or done.stdout).strip().splitlines()
        reason = f" ({said[0]})" if said else ""
        raise ValueError(f"it is no signature by {names[0]} of this plan, for {namespace}{reason}")
    return Signed(names[0], good["fingerprint"], data)


def _keygen(arguments: list[str], text: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["ssh-keygen", *arguments],
            input=text,
            env={**os.environ, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as exc:
        raise ValueError(
            f"ssh-keygen cannot be run: {exc.strerror}. Approvals are SSH signatures; install OpenSSH's client,"
            " 8.2 or later"
        ) from None
