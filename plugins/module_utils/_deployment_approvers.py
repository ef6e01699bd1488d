# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may approve deployments, as the inventory has it. Private to the collection.

Pure: no ansible, no files; errors are :class:`ValueError`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import typing as t
from dataclasses import dataclass

NAMESPACE = "deployment@agent_ops"
"""What a signature is for. One that was made for anything else, a commit or a file, is no approval."""

CORE_TEAM = "core_team"
"""The role of whoever owns the contracts, and runs the agents that no operator runs."""

KEY_TYPES = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "ssh-rsa",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
)

_FIELDS = {"name", "public_keys", "roles"}
# Patterns and lists, which a line of allowed signers may have, are not among the characters.
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.@-]{0,62}[A-Za-z0-9])?\Z")


@dataclass(frozen=True)
class Key:
    """A public key as OpenSSH writes it."""

    kind: str
    blob: str

    @property
    def fingerprint(self) -> str:
        digest = hashlib.sha256(base64.b64decode(self.blob)).digest()
        return "SHA256:" + base64.b64encode(digest).decode("ascii").rstrip("=")


@dataclass(frozen=True)
class Approver:
    """A person. However many keys there are, it is one person."""

    name: str
    keys: tuple[Key, ...]
    roles: tuple[str, ...]

    def as_dict(self) -> dict[str, t.Any]:
        return {"name": self.name, "keys": [key.fingerprint for key in self.keys], "roles": list(self.roles)}


def read_approvers(approvers: t.Any, *, operators: t.Collection[str]) -> list[Approver]:
    """Return the people of ``agent_ops_deployment_approvers``, checked.

    :param operators: names of the operators, which are roles beside ``core_team``.
    """
    if CORE_TEAM in operators:
        raise ValueError(
            f"agent_ops_operators names an operator {CORE_TEAM}, which is what the approvers' role of the core team is"
            " called. Expected: another name"
        )
    if not isinstance(approvers, t.Sequence) or isinstance(approvers, (str, bytes)):
        raise ValueError(f"agent_ops_deployment_approvers is {_shown(approvers)}; expected a list")
    found = [_read(item, (CORE_TEAM, *operators)) for item in approvers]
    names = [approver.name.lower() for approver in found]
    keys: dict[str, str] = {}
    for approver in found:
        if names.count(approver.name.lower()) > 1:
            raise ValueError(
                f"agent_ops_deployment_approvers names {approver.name} twice. Expected: one entry a person, with all of"
                " that person's keys"
            )
        for key in approver.keys:
            owner = keys.setdefault(key.blob, approver.name)
            if owner != approver.name:
                raise ValueError(
                    f"agent_ops_deployment_approvers gives {owner} and {approver.name} the same key {key.fingerprint}."
                    " Expected: a key of each person's own"
                )
    return found


def allowed_signers(approvers: t.Iterable[Approver]) -> str:
    """Return the file that ``ssh-keygen -Y verify`` takes (ssh-keygen(1), ALLOWED SIGNERS)."""
    return "".join(
        f'{approver.name} namespaces="{NAMESPACE}" {key.kind} {key.blob}\n'
        for approver in approvers
        for key in approver.keys
    )


def _read(item: t.Any, roles: tuple[str, ...]) -> Approver:
    if not isinstance(item, t.Mapping) or "name" not in item:
        raise ValueError(
            f"agent_ops_deployment_approvers has the entry {_shown(item)}; expected a dictionary with a name"
        )
    name = item["name"]
    if not isinstance(name, str) or not _NAME.match(name):
        raise ValueError(
            f"agent_ops_deployment_approvers names {name!r}; expected up to 64 letters, digits and any of _.@-, with a"
            " letter or digit at both ends"
        )
    owner = f"The approver {name} (agent_ops_deployment_approvers)"
    unknown = sorted(set(map(str, item)) - _FIELDS)
    if unknown:
        raise ValueError(f"{owner} has {', '.join(unknown)}; expected only {', '.join(sorted(_FIELDS))}")
    keys = _texts(owner, "public_keys", item.get("public_keys"))
    held = _texts(owner, "roles", item.get("roles", [CORE_TEAM]))
    for role in held:
        if role not in roles:
            raise ValueError(f"{owner} has the role {role!r}; expected one of: {', '.join(roles)}")
    return Approver(name, tuple(dict.fromkeys(_key(owner, key) for key in keys)), tuple(dict.fromkeys(held)))


def _shown(value: t.Any) -> str:
    """Return a value as an error may have it: somebody may have put the wrong file's content there."""
    return "(a private key)" if "PRIVATE KEY" in repr(value) else repr(value)


def _texts(owner: str, field: str, value: t.Any) -> list[str]:
    if not isinstance(value, list) or not value or not all(isinstance(text, str) for text in value):
        raise ValueError(f"{owner} has the {field} {_shown(value)}; expected a list of texts")
    return [str(text) for text in value]


def _key(owner: str, line: str) -> Key:
    parts = line.split()
    expected = "expected a line of a .pub file: the type, the key, and by choice a comment"
    if "PRIVATE KEY" in line:
        raise ValueError(f"{owner} has a private key in public_keys. Remove it, make a new one, and give its .pub file")
    if len(parts) < 2 or parts[0] not in KEY_TYPES:
        raise ValueError(
            f"{owner} has a public key of the type {parts[0] if parts else ''!r}; {expected}. Types:"
            f" {', '.join(KEY_TYPES)}"
        )
    try:
        blob = base64.b64decode(parts[1], validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"{owner} has a public key of the type {parts[0]} that is not base64; {expected}") from None
    kind = parts[0].encode("ascii")
    if blob[: 4 + len(kind)] != len(kind).to_bytes(4, "big") + kind:
        raise ValueError(f"{owner} has a public key that says {parts[0]} and is something else; {expected}")
    return Key(parts[0], base64.b64encode(blob).decode("ascii"))
