# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The users and roles of an account with everything that gives them rights, and what each is to the environment.
Private to the collection. Pure: no ansible, no AWS.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_evaluation import (
    Policy,
    Principal,
    Statement,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_patterns import action_matches

OTHER = "other"
ADMIN = "admin"

Entry = t.Mapping[str, t.Any]
Account = t.Mapping[str, t.Sequence[Entry]]
Access = t.Mapping[str, t.Any]


@dataclass(frozen=True)
class Subject:
    """A user or role.

    :ivar kind: user or role.
    :ivar duty: what the inventory calls it for: signer, admin, additional, operator; or ``other``.
    :ivar wanted: its entry in the wanted access, if it has one.
    """

    name: str
    kind: str
    duty: str
    principal: Principal
    entry: Entry
    wanted: Entry | None = None
    _named: dict[str, bool] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def arn(self) -> str:
        return self.principal.arn

    @property
    def ours(self) -> bool:
        return self.wanted is not None

    @property
    def context(self) -> dict[str, t.Any]:
        """Return the tags by which conditions may know the principal."""
        return {f"aws:PrincipalTag/{name}": value for name, value in self.entry.get("tags", {}).items()}

    def may_be_allowed(self, action: str) -> bool:
        """Say whether any identity policy names the action in an Allow: what most principals of an account fail."""
        if action not in self._named:
            self._named[action] = any(
                statement.effect != "Deny" and names_action(statement, action)
                for policy in self.principal.policies
                for statement in policy.statements("identity")
            )
        return self._named[action]


def by_name(entries: t.Iterable[Entry], name: str) -> Entry | None:
    """Return the entry of a name. IAM takes names that differ in case only for the same."""
    return next((entry for entry in entries if str(entry["name"]).lower() == name.lower()), None)


def subjects(account: Account, access: Access) -> list[Subject]:
    """Return every user and role of the account: ours first, in the inventory's order, then the others by name."""
    documents = _Documents(account)
    found = []
    for kind, plural in (("user", "users"), ("role", "roles")):
        for entry in account[plural]:
            wanted = by_name(access[plural], entry["name"])
            if wanted is not None and wanted["arn"] != entry["arn"]:
                # Somebody else's, under a name that we want: it has nothing of what is ours.
                wanted = None
            found.append(
                Subject(
                    name=str(entry["name"]),
                    kind=kind,
                    duty=str(wanted["kind"]) if wanted else OTHER,
                    principal=Principal(
                        arn=str(entry["arn"]),
                        account=str(entry["arn"]).split(":")[4],
                        policies=documents.of(entry, kind),
                        boundary=documents.boundary(entry),
                    ),
                    entry=entry,
                    wanted=wanted,
                )
            )
    order = [entry["arn"] for plural in ("users", "roles") for entry in access[plural]]
    places = {arn: index for index, arn in enumerate(order)}
    return sorted(found, key=lambda subject: (places.get(subject.arn, len(places)), subject.kind, subject.name))


def wanted_policies(subject: Subject, access: Access) -> tuple[Policy, ...]:
    """Return the policies that the inventory wants a principal to have: its own, and those of our groups that it is in.

    Administrators are people whom only their own account knows: the group's members are those whom it lists.
    """
    arns = list(subject.wanted["policies"]) if subject.wanted else []
    mine = [name.lower() for name in (*subject.entry.get("groups", ()), *(subject.wanted or {}).get("groups", ()))]
    for group in access["groups"]:
        named = subject.name in group["users"] or (is_admin_group(group, access) and group["name"].lower() in mine)
        if named:
            arns += group["policies"]
    found = {policy["arn"]: policy for policy in access["policies"]}
    return tuple(Policy(found[arn]["name"], found[arn]["document"]) for arn in dict.fromkeys(arns) if arn in found)


def is_admin_group(group: Entry, access: Access) -> bool:
    """Say whether a wanted group is that of the administrators."""
    admins = [user["name"] for user in access["users"] if user["kind"] == ADMIN]
    return bool(admins) and set(admins) <= set(group["users"])


def names_action(statement: Statement, action: str) -> bool:
    """Say whether a statement speaks of an action; yes if that cannot be read."""
    if statement.actions is None:
        return True
    return any(action_matches(pattern, action) for pattern in statement.actions) is not statement.not_actions


class _Documents:
    """The policies of an account, each read once however many have it. What cannot be read may allow anything."""

    def __init__(self, account: Account) -> None:
        self._documents = {policy["arn"]: policy["document"] for policy in account["policies"]}
        self._groups = {group["name"]: group for group in account["groups"]}
        self._made: dict[tuple[str, str], Policy] = {}

    def of(self, entry: Entry, kind: str) -> tuple[Policy, ...]:
        found = [self._managed(arn) for arn in entry["attached"]]
        found += [_inline(name, document, f"{kind} {entry['name']}") for name, document in entry["inline"].items()]
        for name in entry.get("groups", ()):
            group = self._groups.get(name, {"attached": (), "inline": {}})
            found += [self._managed(arn, f" of the group {name}") for arn in group["attached"]]
            for inline, document in group["inline"].items():
                key = (inline, f"group {name}")
                found.append(self._made.setdefault(key, _inline(inline, document, f"group {name}")))
        return tuple(found)

    def boundary(self, entry: Entry) -> Policy | None:
        return self._managed(entry["boundary"]) if entry.get("boundary") else None

    def _managed(self, arn: str, of: str = "") -> Policy:
        if (arn, of) not in self._made:
            self._made[arn, of] = Policy(arn.rpartition("/")[2] + of, self._documents.get(arn))
        return self._made[arn, of]


def _inline(name: str, document: t.Any, owner: str) -> Policy:
    return Policy(f"the inline policy {name} of the {owner}", document)
