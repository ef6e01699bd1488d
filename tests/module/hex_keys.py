# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of secret_signing_keys share: wanted keys, contents of secrets, traces that a key may leave."""

from __future__ import annotations

import base64
import json
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from eth_keys import keys as eth_keys

MODULE = "secret_signing_keys"
NAME = "development-alfajores-updater-signer"
OTHER = "development-kovan-kathy-signer"
# Keys for secrets that a test plants.
PLANTED = "0x8f2a559490d1c35e7b1f0ab4c2d9e6778855aa33cc0e1f7d6b5a49382716f5e4"
SECOND = "0x5c0d2e917ab3f46088e1d7c2b9a605f4e3d2c1b0a99f8e7d6c5b4a3928170615"


def wanted(name: str = NAME, **changes: Any) -> dict[str, Any]:
    """A key of a set, as the module takes it."""
    environment, network, agent, purpose = name.split("-")
    described = f"{environment} {network} {agent}-{purpose}"
    key = {"name": name, "environment": environment, "network": network, "agent": agent, "purpose": purpose}
    return {**key, "description": described, **changes}


def address(private_key: str) -> str:
    return str(eth_keys.PrivateKey(bytes.fromhex(private_key[2:])).public_key.to_checksum_address())


def contents(private_key: str = PLANTED, name: str = NAME, **changes: Any) -> dict[str, Any]:
    """Good contents of a secret, unless changed."""
    environment, network, agent, purpose = name.split("-")
    fields = {"environment": environment, "network": network, "agent": agent, "purpose": purpose}
    return {"private_key": private_key, "address": address(private_key), **fields, **changes}


def tags(name: str = NAME, **changes: str) -> list[dict[str, str]]:
    environment, network, agent, purpose = name.split("-")
    all_tags = {"environment": environment, "network": network, "agent": agent, "purpose": purpose}
    all_tags = {**all_tags, "agent_ops:alias": name, **changes}
    return [{"Key": key, "Value": value} for key, value in all_tags.items()]


def plant(secrets: Any, name: str = NAME, text: str | None = None, **arguments: Any) -> str:
    """Make a secret as the module would have, unless told otherwise; its ARN."""
    environment, network, agent, purpose = name.split("-")
    given = {
        "SecretString": text or json.dumps(contents(name=name)),
        "Description": f"{environment} {network} {agent}-{purpose}",
        "Tags": tags(name),
        **arguments,
    }
    return str(secrets.create_secret(Name=name, **given)["ARN"])


def current(secrets: Any, name: str = NAME, stage: str = "AWSCURRENT") -> dict[str, Any]:
    """The contents of a secret."""
    found: dict[str, Any] = json.loads(secrets.get_secret_value(SecretId=name, VersionStage=stage)["SecretString"])
    return found


def stages(secrets: Any, name: str = NAME) -> dict[str, str]:
    """Label -> version id."""
    versions = secrets.describe_secret(SecretId=name)["VersionIdsToStages"]
    return {label: version for version, labels in versions.items() for label in labels}


def every_version(secrets: Any) -> dict[tuple[str, str], str | bytes]:
    """(name, version id) -> contents, of every version of every secret that can be read."""
    found = {}
    for secret in secrets.list_secrets()["SecretList"]:
        listed = secrets.list_secret_version_ids(SecretId=secret["ARN"], IncludeDeprecated=True)
        for version in listed["Versions"]:
            answer = secrets.get_secret_value(SecretId=secret["ARN"], VersionId=version["VersionId"])
            found[secret["Name"], version["VersionId"]] = answer.get("SecretString", answer.get("SecretBinary"))
    return found


def private_keys(secrets: Any) -> Iterator[str]:
    """The private keys of every version of every secret whose contents have one."""
    for text in every_version(secrets).values():
        try:
            key = json.loads(text)["private_key"]
        except (ValueError, TypeError, KeyError, RecursionError):
            continue
        if isinstance(key, str) and len(key) == 66 and int(key, 16):
            yield key


def traces(private_key: str) -> list[str]:
    """The texts by which a private key could be known from an output."""
    digits = private_key.removeprefix("0x").lower()
    value = bytes.fromhex(digits)
    encoded = [
        encode(data).decode().rstrip("=")
        for data in (value, digits.encode(), f"0x{digits}".encode(), digits.upper().encode())
        for encode in (base64.b64encode, base64.urlsafe_b64encode)
    ]
    # A text that was cut off or wrapped may still have one of the halves, which is as bad.
    halves = [digits[:32], digits[32:]]
    number = str(int(digits, 16))
    return [*halves, *(half.upper() for half in halves), *encoded, number, repr(value)[2:-1]]


def betrayed(text: str, private_key: str) -> list[str]:
    return [trace for trace in traces(private_key) if trace in text]


def operations(sandbox: Any, after: int = 0) -> Counter[str]:
    return Counter(entry["operation"] for entry in sandbox.log(after=after))


def writes(sandbox: Any, after: int = 0) -> list[str]:
    return [entry["operation"] for entry in sandbox.log(after=after) if entry["write"]]


def kill_at(sandbox: Any, run: Any) -> None:
    """Kill a run that waits for a held request, and wait until the sandbox has noticed."""
    sandbox.wait_held(timeout=60)
    run.kill()
    end = time.monotonic() + 10
    while sandbox.held() and time.monotonic() < end:
        time.sleep(0.02)
    assert not sandbox.held()
    sandbox.remove_faults()


def last_request(sandbox: Any) -> int:
    return max((entry["number"] for entry in sandbox.log()), default=0)
