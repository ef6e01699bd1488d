# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an argument of a command holds a secret. Private to the collection. Pure.

A command's arguments are in its plan, which others read, and in the list of processes. The environment is the place for
secrets. No error repeats what it found.
"""

from __future__ import annotations

import re
import typing as t
from urllib.parse import parse_qsl, urlsplit

# The digest of an image, and an address in a word of calldata, are as long as a key and none.
_HEX_KEY = re.compile(r"(?<![0-9a-fA-F])(?<!sha256:)(?!0{24})[0-9a-fA-F]{64}(?![0-9a-fA-F])")
_AWS_KEY = re.compile(r"(?<![A-Z0-9])A(?:K|S)IA[A-Z0-9]{16}(?![A-Z0-9])")
_MNEMONIC = re.compile(r"(?<![a-z])(?:[a-z]{3,8}\s+){11}[a-z]{3,8}(?![a-z])")
_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^\s'\"<>]+")
_TOKEN = re.compile(r"(?=[^0-9]*[0-9])[A-Za-z0-9_-]{20,}\Z")
_SECRET_NAME = re.compile(r"key|token|secret|pass|auth|sig|credential", re.IGNORECASE)


def refuse_secrets(command: t.Sequence[str]) -> None:
    """:raises ValueError: naming the argument by its place, and what it looks like."""
    for index, argument in enumerate(command):
        found = looks_like(argument)
        if found:
            raise ValueError(
                f"Argument {index} of deployment_command looks like {found}, and arguments are in the plan that others"
                " read. Expected: a name of an environment variable, or of a file, that the command takes it from"
            )


def looks_like(argument: str) -> str:
    """Return what secret an argument looks like, or an empty text."""
    if "PRIVATE KEY-----" in argument or _HEX_KEY.search(argument):
        return "a private key"
    if _AWS_KEY.search(argument):
        return "an AWS access key"
    if _MNEMONIC.search(argument):
        return "a mnemonic"
    if any(_has_credentials(url) for url in _URL.findall(argument)):
        return "a URL with credentials"
    return ""


def _has_credentials(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return True
    return (
        "@" in parts.netloc
        or any(_TOKEN.match(part) for part in parts.path.split("/"))
        or any(_SECRET_NAME.search(name) or _TOKEN.match(value) for name, value in parse_qsl(parts.query))
    )
