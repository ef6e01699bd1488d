# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Aliases: https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"""

from __future__ import annotations

import re
from typing import Any

from moto.kms.models import Alias
from moto.kms.utils import RESERVED_ALIASES

from sandbox.errors import ServiceError
from sandbox.kms import errors
from sandbox.kms.keys import SandboxKey
from sandbox.kms.operation import KmsCall, operation
from sandbox.kms.pages import page

# https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
MOST_ALIASES_A_KEY = 50
_MODEL_PATTERN = re.compile(r"[a-zA-Z0-9:/_-]+")
_GUIDE = "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"


def require_alias_name(name: str) -> None:
    """CreateAlias's rules: the prefix, letters, digits, slash, underscore and dash, and nothing under alias/aws/."""
    if not _MODEL_PATTERN.fullmatch(name):
        raise errors.constraint(name, "aliasName", "satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$")
    if not name.startswith("alias/"):
        raise errors.validation(f'Alias must start with the prefix "alias/". Please see {_GUIDE}')
    if name.startswith("alias/aws/"):
        raise ServiceError("NotAuthorizedException", "")
    if ":" in name or name == "alias/":
        raise ServiceError("InvalidAliasNameException", f"{name} contains invalid characters for an alias")


def _target(call: KmsCall) -> SandboxKey:
    identifier = call.text("TargetKeyId")
    if identifier.startswith("alias/") or ":alias/" in identifier:
        raise errors.validation("Aliases must refer to keys. Not aliases")
    key = call.key("TargetKeyId")
    if key.key_manager == "AWS":
        raise ServiceError("NotAuthorizedException", "")
    return key


def _require_room(key: SandboxKey) -> None:
    if len(key.aliases) >= MOST_ALIASES_A_KEY:
        raise errors.limit_exceeded(f"{key.arn} already has {MOST_ALIASES_A_KEY} aliases")


@operation("CreateAlias")
def create_alias(call: KmsCall) -> None:
    name = call.text("AliasName", longest=256)
    require_alias_name(name)
    key = _target(call)
    if call.backend.alias_exists(name):
        raise errors.already_exists(f"An alias with the name {call.backend.arn_of(name)} already exists")
    _require_room(key)
    call.backend.create_alias(key.id, name)


@operation("UpdateAlias")
def update_alias(call: KmsCall) -> None:
    name = call.text("AliasName", longest=256)
    require_alias_name(name)
    alias = _existing(call, name)
    new = _target(call)
    old = call.backend.keys.get(alias.target_key_id)
    if old is not None and (old.spec.kind != new.spec.kind or old.key_usage != new.key_usage):
        raise errors.validation(
            f"Alias {alias.alias_arn} cannot be changed from {old.arn} to {new.arn}: "
            "the current and new keys must be the same type and have the same key usage"
        )
    if alias.target_key_id != new.id:
        _require_room(new)
        call.backend.update_alias(new.id, name)


@operation("DeleteAlias")
def delete_alias(call: KmsCall) -> None:
    name = call.text("AliasName", longest=256)
    require_alias_name(name)
    _existing(call, name)
    call.backend.delete_alias(name)


def _existing(call: KmsCall, name: str) -> Alias:
    alias = call.backend.aliases.get(name)
    if alias is None:
        raise errors.not_found(f"Alias {call.backend.arn_of(name)} is not found.")
    return alias


@operation("ListAliases", locked=False)
def list_aliases(call: KmsCall) -> dict[str, Any]:
    """With KeyId, of that key; without, all, and AWS's predefined aliases too, even those that no key is tied to."""
    wanted = call.key().id if call.params.get("KeyId") is not None else None
    entries = [_entry(alias) for alias in call.backend.list_aliases(wanted)]
    if wanted is None:
        present = {entry["AliasName"] for entry in entries}
        entries += [
            {"AliasName": name, "AliasArn": call.backend.arn_of(name)}
            for name in RESERVED_ALIASES
            if name not in present
        ]
    shown, more = page(entries, call.params, name_of=lambda entry: str(entry["AliasName"]), default=50, most=100)
    return {"Aliases": shown, **more}


def _entry(alias: Alias) -> dict[str, str]:
    entry = {"AliasName": alias.alias_name, "AliasArn": alias.alias_arn}
    if alias.target_key_id:
        entry["TargetKeyId"] = alias.target_key_id
    return entry
