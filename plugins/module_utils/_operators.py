# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contracted parties that run agents, as the inventory has them. Private to the collection.

Pure: no ansible, no AWS; errors are :class:`ValueError`.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

_FIELDS = {"name", "agents", "networks", "iam_user", "assume_role", "oidc", "state"}
_WAYS_IN = ("iam_user", "assume_role", "oidc")
_STATES = ("present", "removed")

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,30}[A-Za-z0-9])?\Z")
_ACCOUNT = re.compile(r"[0-9]{12}\Z")
# AWS STS, AssumeRole, ExternalId: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}\Z", re.ASCII)
_PROVIDER = re.compile(r"[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[A-Za-z0-9._~/-]+)?\Z")
# A policy variable, ${...:sub} for instance, stands for whatever the request says: a wildcard too.
_WILDCARDS = re.compile(r"[*?]|\$\{")
DEFAULT_AUDIENCE = "sts.amazonaws.com"


@dataclass(frozen=True)
class AccountWay:
    """A role that another AWS account may assume."""

    account_id: str
    external_id: str


@dataclass(frozen=True)
class OidcWay:
    """A role for one subject of an OIDC provider. ``provider`` is its URL without ``https://``."""

    provider: str
    subject: str
    audience: str


@dataclass(frozen=True)
class Operator:
    """A party and what it runs. ``way`` is None for an IAM user, and for a removed operator."""

    name: str
    agents: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    way: AccountWay | OidcWay | None = None
    removed: bool = False


def read_operators(
    operators: t.Any, *, agents: t.Collection[str], networks: t.Collection[str], own_account: str | None = None
) -> list[Operator]:
    """Return the operators of an inventory, checked.

    :param agents: agents of the environment. :param networks: its networks.
    :param own_account: the environment's own AWS account, which is no other party's.
    """
    if not _is_list(operators):
        raise ValueError(f"agent_ops_operators is {operators!r}; expected a list")
    found = [_read(item, agents, networks, own_account) for item in operators]
    names = [operator.name.lower() for operator in found]
    for operator in found:
        if names.count(operator.name.lower()) > 1:
            raise ValueError(f"agent_ops_operators names {operator.name} twice. Expected: one entry an operator")
    return found


def _read(item: t.Any, agents: t.Collection[str], networks: t.Collection[str], own_account: str | None) -> Operator:
    if not isinstance(item, t.Mapping) or "name" not in item:
        raise ValueError(f"agent_ops_operators has the entry {item!r}; expected a dictionary with a name")
    name = item["name"]
    if not isinstance(name, str) or not _NAME.match(name):
        raise ValueError(
            f"agent_ops_operators names {name!r}; expected up to 32 letters, digits, dashes and underscores, with a"
            " letter or digit at both ends"
        )
    owner = f"The operator {name}"
    unknown = set(map(str, item)) - _FIELDS
    if unknown:
        raise ValueError(f"{owner} has {', '.join(sorted(unknown))}; expected only {', '.join(sorted(_FIELDS))}")
    state = item.get("state", "present")
    if state not in _STATES:
        raise ValueError(f"{owner} has the state {state!r}; expected one of: {', '.join(_STATES)}")
    if state == "removed":
        return Operator(name, removed=True)
    ways = [way for way in _WAYS_IN if item.get(way)]
    if len(ways) != 1:
        raise ValueError(
            f"{owner} has {' and '.join(ways) or 'no way in'}; expected exactly one of iam_user (true), assume_role"
            " (account_id, external_id), oidc (provider, subject)"
        )
    way = {"iam_user": _user, "assume_role": _account, "oidc": _oidc}[ways[0]](owner, item[ways[0]])
    if isinstance(way, AccountWay) and way.account_id == own_account:
        raise ValueError(
            f"{owner} assumes its role from the account {own_account}, which is the environment's own."
            " Expected: the account of the other party. For a user in this account set iam_user to true"
        )
    return Operator(
        name,
        _names(owner, "agents", item.get("agents"), agents),
        _names(owner, "networks", item.get("networks", list(networks)), networks),
        way,
    )


def _is_list(value: t.Any) -> bool:
    return isinstance(value, t.Sequence) and not isinstance(value, (str, bytes))


def _names(owner: str, field: str, value: t.Any, known: t.Collection[str]) -> tuple[str, ...]:
    if not _is_list(value) or not value:
        raise ValueError(f"{owner} has the {field} {value!r}; expected a list of: {', '.join(known)}")
    for name in value:
        if name not in known:
            raise ValueError(f"{owner} names {name!r} in its {field}; this environment has: {', '.join(known)}")
    return tuple(dict.fromkeys(value))


def _user(owner: str, value: t.Any) -> None:
    if value is not True:
        raise ValueError(f"{owner} has iam_user {value!r}; expected true")


def _fields(owner: str, way: str, value: t.Any, required: set[str], optional: set[str]) -> dict[str, str]:
    if not isinstance(value, t.Mapping) or not required <= set(value) <= required | optional:
        raise ValueError(f"{owner} has {way} {value!r}; expected a dictionary with {' and '.join(sorted(required))}")
    for name, text in value.items():
        if not isinstance(text, str):
            raise ValueError(f"{owner} has {way}.{name} {text!r}; expected text, in quotes")
        if _WILDCARDS.search(text):
            raise ValueError(f"{owner} has {way}.{name} {text!r}; expected no wildcard: it would let strangers in")
    return dict(value)


def _account(owner: str, value: t.Any) -> AccountWay:
    fields = _fields(owner, "assume_role", value, {"account_id", "external_id"}, set())
    if not _ACCOUNT.match(fields["account_id"]):
        raise ValueError(f"{owner} has assume_role.account_id {fields['account_id']!r}; expected 12 digits, in quotes")
    if not _EXTERNAL_ID.match(fields["external_id"]):
        raise ValueError(
            f"{owner} has an assume_role.external_id of {len(fields['external_id'])} characters that AWS does not"
            " allow; expected 2 to 1,224 letters, digits and any of _+=,.@:/-"
        )
    return AccountWay(**fields)


def _oidc(owner: str, value: t.Any) -> OidcWay:
    fields = _fields(owner, "oidc", value, {"provider", "subject"}, {"audience"})
    provider = fields["provider"].removeprefix("https://").rstrip("/")
    if not _PROVIDER.match(provider):
        raise ValueError(
            f"{owner} has oidc.provider {fields['provider']!r}; expected the provider's URL, for instance"
            " https://oidc.eks.us-west-2.amazonaws.com/id/EXAMPLE"
        )
    if not fields["subject"]:
        raise ValueError(
            f"{owner} has an empty oidc.subject; expected one subject, for instance"
            " system:serviceaccount:NAMESPACE:NAME"
        )
    return OidcWay(provider, fields["subject"], fields.get("audience") or DEFAULT_AUDIENCE)
