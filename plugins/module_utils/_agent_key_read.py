# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the keys that agents are configured with. Private to the collection.

Hex keys go from here into the files and nowhere else. An edge: clients are parameters, and neither ansible nor
amazon.aws is imported.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_signer import Key
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller, CallFailed, side_by_side
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import KeySpec
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_row import ABSENT_STATE, key_row
from ansible_collections.interchain.agent_ops.plugins.module_utils._kms_info import named_rows
from ansible_collections.interchain.agent_ops.plugins.module_utils._kms_read import KmsReader
from ansible_collections.interchain.agent_ops.plugins.module_utils._secret_contents import (
    check_claims,
    parse_contents,
    private_key_digits,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._secret_plan import ENABLED
from ansible_collections.interchain.agent_ops.plugins.module_utils._secret_read import ABSENT
from ansible_collections.interchain.agent_ops.plugins.module_utils._secret_rows import BACKEND


@dataclass
class Found:
    """What is known of keys by name: their rows, and of hex keys the private keys."""

    rows: dict[str, Key] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict, repr=False)


def read_kms_keys(keys: t.Sequence[Key], known: t.Mapping[str, Key], readers: t.Mapping[str, KmsReader]) -> Found:
    """Return the rows of keys in AWS KMS: those of this run, and what AWS says of the others.

    :param readers: Region -> reader, for the Region of each key.
    """
    found = Found({key["name"]: known[key["name"]] for key in keys if key["name"] in known})
    for region, reader in readers.items():
        names = [key["name"] for key in keys if key["region"] == region and key["name"] not in known]
        found.rows.update({row["name"]: row for row in named_rows(reader, names, region)})
    return found


def read_hex_keys(keys: t.Sequence[Key], clients: t.Mapping[str, t.Any], call: Caller, *, workers: int) -> Found:
    """Return the rows and private keys of hex keys, by one request each. An error on one key is in its row.

    :param clients: Region -> client of AWS Secrets Manager, for the Region of each key.
    """
    found = Found()

    def read(key: Key) -> tuple[dict[str, t.Any], str | None]:
        return _read_hex_key(key, clients[key["region"]], call)

    for row, secret in side_by_side(read, keys, workers=workers):
        found.rows[row["name"]] = row
        if secret is not None:
            found.secrets[row["name"]] = secret
    return found


def _read_hex_key(key: Key, client: t.Any, call: Caller) -> tuple[dict[str, t.Any], str | None]:
    spec = KeySpec(
        name=key["name"],
        environment=key["environment"],
        network=key["network"],
        agent=key["agent"],
        purpose=key["purpose"],
        description="",
        region=key["region"],
    )
    what = f"The secret {spec.name}"
    try:
        answer = call(client, "get_secret_value", SecretId=spec.name)
        contents = parse_contents(answer.get("SecretString"), what)
        check_claims(contents, spec, what)
        row = key_row(spec, BACKEND, alias=spec.name, arn=answer["ARN"], address=contents.address, state=ENABLED)
        return row, private_key_digits(answer.get("SecretString"), what)
    except CallFailed as exc:
        if exc.code == ABSENT:
            return key_row(spec, BACKEND, alias=spec.name, state=ABSENT_STATE), None
        return key_row(spec, BACKEND, alias=spec.name, error=str(exc)), None
    except ValueError as exc:
        return key_row(spec, BACKEND, alias=spec.name, error=str(exc)), None
