# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the keys that agents are to sign with are what they are named for. Private to the collection.

Two keys that were swapped, or one key under two names, would be found by nobody before an agent attests with the wrong
one. Pure: no ansible, no AWS; errors are :class:`ValueError`.
"""

from __future__ import annotations

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_model import Signer
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_signer import Key
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_row import ABSENT_STATE, refuse_shared_keys

ENABLED = "Enabled"
NOT_YET = "(made by this run)"
"""Stands where check mode does not know what it would write."""

_PLACEHOLDER_KEY = "0" * 64
_IDENTITY = ("environment", "network", "agent", "purpose")


def check_keys(wanted: t.Sequence[Key], rows: t.Mapping[str, Key], *, check_mode: bool) -> None:
    """Refuse keys that cannot be used, are another's, or belong to two names.

    :param rows: name -> row, of this run or read from AWS a moment ago.
    :param check_mode: keys that are absent would be made by what comes before.
    """
    for key in wanted:
        row = rows.get(key["name"])
        if row is None:
            raise ValueError(f"Nothing is known of the key {key['name']}. Expected: its row, from this run or from AWS")
        _check_usable(row, check_mode)
        _check_purpose(key, row)
    shared = refuse_shared_keys((key["name"], rows[key["name"]]["address"]) for key in wanted)
    for error in shared.values():
        raise ValueError(f"{error}. Agents with one key use up each other's nonces. No file was written")


def _check_usable(row: Key, check_mode: bool) -> None:
    name = row["name"]
    if row.get("error"):
        raise ValueError(f"The key {name} cannot be used: {row['error']}")
    if row["state"] == ABSENT_STATE and check_mode:
        return
    if row["state"] == ABSENT_STATE:
        raise ValueError(
            f"The key {name} does not exist. Expected: a key that is made already. Provision the signing keys first"
            " (provision.yml, or --tags signing_keys)"
        )
    if row["state"] != ENABLED:
        raise ValueError(
            f"The key {name} is {row['state']}. Expected: {ENABLED}. Look at the report of the signing keys"
        )


def _check_purpose(key: Key, row: Key) -> None:
    tags = row.get("tags") or {}
    for name in _IDENTITY:
        for found in (row.get(name), tags.get(name)):
            if found and key[name] and found != key[name]:
                raise ValueError(_mistaken(key, name, found))


def _mistaken(key: Key, field: str, found: t.Any) -> str:
    text = f"The key {key['name']} was made for the {field} {found!r}. Expected: {key[field]!r}."
    if field == "purpose":
        text += " Attestation key and transaction signer are swapped."
    return f"{text} Find out which alias or secret was given to the wrong key. No file was written"


def make_signer(key: Key, row: Key, reference: str, secret: str | None) -> Signer:
    """Return a key as a file names it.

    :param reference: ``key_id``, ``arn`` or ``alias``.
    :param secret: the private key of a key that is not in AWS KMS.
    """
    if row["backend"] != "kms":
        return Signer(key["name"], row["address"], secret=secret or _PLACEHOLDER_KEY)
    region = row["region"] or key["region"]
    named = f"alias/{key['name']}" if reference == "alias" else row[reference]
    return Signer(key["name"], row["address"], id=named or NOT_YET, region=region)
