# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Encrypts and decrypts with ansible-vault. Private to the collection.

Modules may not import Ansible's own vault code, which belongs to the controller and may change. ``ansible-vault``, a
child process, reads the contents from its standard input and writes to its standard output: they are in no argument,
no environment and no file.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

_PROGRAM = "ansible-vault"


class Vault:
    """Files that ``ansible-vault view`` shows.

    :param password_file: as for ``--vault-password-file``: the file that holds the password, or a program that prints
        it. None where nothing is to be encrypted or decrypted.
    """

    suffix = ".csv.vault"

    def __init__(self, password_file: str | None) -> None:
        self._password_file = password_file

    def close(self, data: bytes) -> bytes:
        return self._run("encrypt", data, "The access key cannot be encrypted")

    def open(self, data: bytes, what: str) -> bytes:
        return self._run("decrypt", data, f"{what} cannot be decrypted")

    def recognizes(self, data: bytes) -> bool:
        return data.startswith(b"$ANSIBLE_VAULT;")

    def _run(self, command: str, data: bytes, what: str) -> bytes:
        if not self._password_file:
            raise ValueError(f"{what}: no vault_password_file is given")
        password_file = os.path.abspath(self._password_file)
        if not os.path.isfile(password_file):
            raise ValueError(f"{what}: there is no file {password_file}, which vault_password_file names")
        with tempfile.TemporaryDirectory(prefix="agent_ops_vault_") as folder:
            # No other identity that a configuration names may be the one that is used.
            config = Path(folder, "ansible.cfg")
            config.touch()
            done = subprocess.run(
                [_program(), command, "--vault-password-file", password_file, "--output", "-"],
                input=data,
                env=_environment(folder, str(config)),
                capture_output=True,
                check=False,
            )
        if done.returncode or not done.stdout:
            lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"code {done.returncode}"]
            raise ValueError(f"{what}: {lines[-1].removeprefix('[ERROR]: ').removeprefix('ERROR! ')}")
        return done.stdout


def _program() -> str:
    beside = Path(sys.executable).with_name(_PROGRAM)
    found = str(beside) if beside.is_file() else shutil.which(_PROGRAM)
    if not found:
        raise ValueError(f"There is no {_PROGRAM} beside {sys.executable} or on PATH, which the store vault needs")
    return found


def _environment(folder: str, config: str) -> dict[str, str]:
    """Return the environment as it is, since a program that prints the password may need any of it, but for the vault's
    own settings."""
    kept: t.Iterable[tuple[str, str]] = (
        (name, value) for name, value in os.environ.items() if not name.startswith("ANSIBLE_VAULT_")
    )
    ours = {"ANSIBLE_CONFIG": config, "ANSIBLE_HOME": folder, "ANSIBLE_LOCAL_TEMP": folder, "ANSIBLE_NOCOLOR": "1"}
    return {**dict(kept), **ours}
