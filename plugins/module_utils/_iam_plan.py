# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be done to an account's IAM so that it holds what an environment wants. Private to the collection.

Pure: no ansible, no AWS. The plan is data: roles loop over it with Amazon's modules, check mode and diff mode show it.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field

from ansible_collections.interchain.agent_ops.plugins.module_utils._access import ADMIN, ROOT_PATH

Entry = dict[str, t.Any]
KINDS = ("policies", "users", "groups", "roles")
_SINGULAR = {"policies": "policy", "users": "user", "groups": "group", "roles": "role"}


@dataclass
class IamPlan:
    """What is done, and what is only told.

    :ivar apply: kind -> the arguments of Amazon's modules, in the order of creation.
    :ivar remove: kind -> names, in the order of removal.
    :ivar inline: inline policies that are removed: iam_type, iam_name, policy_name.
    :ivar changes: kind, name, action and details of each, for people.
    :ivar left: differences that stay unless the user asks for a purge, a sentence each.
    :ivar problems: why nothing may be done, a sentence each.
    """

    access: dict[str, t.Any]
    apply: dict[str, list[Entry]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    remove: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    inline: list[Entry] = field(default_factory=list)
    changes: list[Entry] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    before: dict[str, t.Any] = field(default_factory=dict)
    after: dict[str, t.Any] = field(default_factory=dict)

    def change(self, kind: str, name: str, action: str, details: t.Iterable[str], before: t.Any, after: t.Any) -> None:
        what = _SINGULAR[kind]
        self.changes.append({"kind": what, "name": name, "action": action, "details": list(details)})
        if before is not None:
            self.before[f"{what} {name}"] = before
        if after is not None:
            self.after[f"{what} {name}"] = after


def plan_access(
    access: t.Mapping[str, t.Any], account: t.Mapping[str, t.Any], *, purge: bool = False, adopt: t.Collection[str] = ()
) -> IamPlan:
    """Return what brings the account to what is wanted.

    :param account: what :func:`_iam_read.read_account` returned.
    :param purge: also remove what is ours, or in ours, and not wanted. Without it that is told, and left.
    :param adopt: names of entities that others made and that are to be taken over; they keep their path.
    """
    account = _without(_known(account), access["removed"].get("policies", ()), access["path"])
    plan = IamPlan(_adopted(access, account, adopt))
    _refuse_foreign(plan, account, adopt)
    _plan_policies(plan, account)
    for kind, planner in (("users", _user_changes), ("groups", _group_changes), ("roles", _role_changes)):
        for wanted in plan.access[kind]:
            _plan_entity(plan, kind, wanted, _find(account[kind], wanted["name"]), planner, purge=purge)
    _plan_removed_operators(plan, account)
    _plan_former_ways_in(plan, account)
    _plan_stale(plan, account, purge=purge)
    return plan


def plan_teardown(access: t.Mapping[str, t.Any], account: t.Mapping[str, t.Any]) -> IamPlan:
    """Return what removes all that was made here for the environment, known by its path, and nothing else.

    The administrators go with the last environment of the account.
    """
    account = _known(account)
    plan = IamPlan(dict(access))
    others = {
        entry["path"]
        for kind in KINDS
        for entry in account[kind]
        if entry["path"].startswith(ROOT_PATH) and entry["path"] not in (ROOT_PATH, access["path"])
    }
    for kind in KINDS:
        for entry in account[kind]:
            shared = entry["path"] == ROOT_PATH and entry["name"] == ADMIN and not others
            if entry["path"] == access["path"] or shared:
                _remove(plan, kind, entry)
    if others and any(_find(account[kind], ADMIN) for kind in KINDS):
        plan.left.append(f"{ADMIN} stays: it is shared with what is at {', '.join(sorted(others))}")
    return plan


def _known(account: t.Mapping[str, t.Any]) -> dict[str, list[Entry]]:
    """Return the account without AWS's own policies, and with the members of its groups, which it lists as users'."""
    groups = [
        {**group, "members": sorted(user["name"] for user in account["users"] if group["name"] in user["groups"])}
        for group in account["groups"]
    ]
    policies = [policy for policy in account["policies"] if not policy["aws_managed"]]
    return {"users": list(account["users"]), "groups": groups, "roles": list(account["roles"]), "policies": policies}


def _without(account: dict[str, list[Entry]], removed: t.Collection[str], path: str) -> dict[str, list[Entry]]:
    """Return the account as if nobody had the policies that are deleted: with them go their attachments."""
    gone = {policy["arn"] for policy in account["policies"] if policy["name"] in removed and policy["path"] == path}
    holders = {
        kind: [{**entry, "attached": [arn for arn in entry["attached"] if arn not in gone]} for entry in account[kind]]
        for kind in ("users", "groups", "roles")
    }
    return {**account, **holders} if gone else account


def same_document(one: t.Any, other: t.Any) -> bool:
    """Whether two policy documents say the same: a list of one is its element, and order does not matter."""
    return _normal(one) == _normal(other)


def _normal(value: t.Any) -> t.Any:
    if isinstance(value, t.Mapping):
        return {key: _normal(item) for key, item in value.items()}
    if isinstance(value, list):
        items = sorted((_normal(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
        return items[0] if len(items) == 1 else items
    return value


def _find(entries: t.Iterable[Entry], name: str) -> Entry | None:
    # IAM takes names that differ in case only for the same.
    return next((entry for entry in entries if entry["name"].lower() == name.lower()), None)


def _adopted(
    access: t.Mapping[str, t.Any], account: t.Mapping[str, t.Any], adopt: t.Collection[str]
) -> dict[str, t.Any]:
    """Return what is wanted, with the paths and ARNs that adopted entities have."""
    arns: dict[str, str] = {}
    result = dict(access)
    for kind in KINDS:
        result[kind] = []
        for wanted in access[kind]:
            entry = dict(wanted)
            there = _find(account[kind], wanted["name"])
            if there is not None and wanted["name"] in adopt:
                arns[wanted["arn"]] = there["arn"]
                entry.update(path=there["path"], arn=there["arn"], name=there["name"])
            result[kind].append(entry)
    for kind in ("users", "groups", "roles"):
        for entry in result[kind]:
            entry["policies"] = [arns.get(arn, arn) for arn in entry["policies"]]
    return result


def _refuse_foreign(plan: IamPlan, account: t.Mapping[str, t.Any], adopt: t.Collection[str]) -> None:
    for kind in KINDS:
        for wanted in plan.access[kind]:
            there = _find(account[kind], wanted["name"])
            if there is not None and there["path"] != wanted["path"]:
                plan.problems.append(
                    f"The {_SINGULAR[kind]} {there['name']} exists already, at the path {there['path']}, where it was"
                    f" not made by this collection ({wanted['path']}). Expected: none, or one that is to be taken over."
                    f" To take it over as it is and bring it to what the inventory wants, name it in signer_iam_adopt"
                )
    for name in adopt:
        if not any(_find(plan.access[kind], name) for kind in KINDS):
            plan.problems.append(
                f"signer_iam_adopt names {name}, which is none of the names that this environment wants"
            )


def _plan_policies(plan: IamPlan, account: t.Mapping[str, t.Any]) -> None:
    for wanted in plan.access["policies"]:
        there = _find(account["policies"], wanted["name"])
        item = {name: wanted[name] for name in ("name", "path", "document", "tags")}
        if there is None:
            plan.apply["policies"].append({**item, "description": wanted["description"]})
            plan.change("policies", wanted["name"], "create", (), None, wanted["document"])
        elif not same_document(there["document"], wanted["document"]):
            # A description cannot be changed.
            plan.apply["policies"].append({**item, "description": None})
            plan.change("policies", wanted["name"], "update", ["its document"], there["document"], wanted["document"])


_Changes = t.Callable[..., tuple[list[str], list[str], Entry]]


def _plan_entity(
    plan: IamPlan, kind: str, wanted: Entry, there: Entry | None, planner: _Changes, *, purge: bool
) -> None:
    name = wanted["name"]
    details, extra, view = planner(wanted, there or {})
    inline = sorted((there or {}).get("inline", {}))
    extra += [f"the inline policy {policy}" for policy in inline]
    if purge:
        details += [f"without {thing}" for thing in extra]
        plan.inline += [_inline(kind, name, policy) for policy in inline]
    else:
        plan.left += [f"The {_SINGULAR[kind]} {name} has {thing}, which the inventory does not want" for thing in extra]
    if there is None or details:
        plan.apply[kind].append(_arguments(kind, wanted, purge=purge))
        before = _view(kind, there) if there else None
        plan.change(kind, name, "update" if there else "create", details if there else (), before, view)


def _inline(kind: str, name: str, policy: str) -> Entry:
    return {"iam_type": _SINGULAR[kind], "iam_name": name, "policy_name": policy}


def _arguments(kind: str, wanted: Entry, *, purge: bool) -> Entry:
    names = {
        "users": ("name", "path", "policies", "tags"),
        "groups": ("name", "path", "policies", "users"),
        "roles": ("name", "path", "policies", "tags", "trust", "description"),
    }[kind]
    # Who else administers keys is not for the inventory of one environment to say.
    members = {"purge_users": purge and wanted["name"] != ADMIN} if kind == "groups" else {}
    return {**{name: wanted[name] for name in names}, "purge": purge, **members}


def _view(kind: str, entry: Entry) -> Entry:
    """Return what is shown of an entity, be it one that is wanted or one that is there."""
    view = {"policies": sorted(entry["attached"] if "attached" in entry else entry["policies"])}
    if kind == "groups":
        view["users"] = sorted(entry["members"] if "members" in entry else entry["users"])
    if kind == "roles":
        view["trust"] = entry["trust"]
    if entry.get("inline"):
        view["inline"] = sorted(entry["inline"])
    return view


def _attached(wanted: Entry, there: Entry) -> tuple[list[str], list[str]]:
    held = there.get("attached", ())
    details = [f"with the policy {arn}" for arn in wanted["policies"] if arn not in held]
    return details, [f"the policy {arn}" for arn in held if arn not in wanted["policies"]]


def _tagged(wanted: Entry, there: Entry) -> list[str]:
    tags = there.get("tags", {})
    return [f"with the tag {name}={value}" for name, value in wanted["tags"].items() if tags.get(name) != value]


def _user_changes(wanted: Entry, there: Entry) -> tuple[list[str], list[str], Entry]:
    details, extra = _attached(wanted, there)
    return details + _tagged(wanted, there), extra, _view("users", wanted)


def _group_changes(wanted: Entry, there: Entry) -> tuple[list[str], list[str], Entry]:
    details, extra = _attached(wanted, there)
    members = there.get("members", ())
    details += [f"with the user {user}" for user in wanted["users"] if user not in members]
    # Administrators are people, whom nobody but their own account knows.
    if wanted["name"] != ADMIN:
        extra += [f"the user {user}" for user in members if user not in wanted["users"]]
    return details, extra, _view("groups", wanted)


def _role_changes(wanted: Entry, there: Entry) -> tuple[list[str], list[str], Entry]:
    details, extra = _attached(wanted, there)
    if there and not same_document(there["trust"], wanted["trust"]):
        details.append("with another trust")
    return details + _tagged(wanted, there), extra, _view("roles", wanted)


def _plan_removed_operators(plan: IamPlan, account: t.Mapping[str, t.Any]) -> None:
    for kind, names in plan.access["removed"].items():
        for name in names:
            there = _find(account[kind], name)
            if there is not None and there["path"] == plan.access["path"]:
                _remove(plan, kind, there)
            elif there is not None:
                plan.left.append(
                    f"The {_SINGULAR[kind]} {name} is at the path {there['path']}, where it was not made by this"
                    " collection; it stays, although the inventory wants it removed"
                )


def _plan_former_ways_in(plan: IamPlan, account: t.Mapping[str, t.Any]) -> None:
    """An operator has one way in. The user or role that it came in by before would keep its rights."""
    for kind, other in (("users", "roles"), ("roles", "users")):
        for wanted in plan.access[kind]:
            former = _find(account[other], wanted["name"]) if wanted["kind"] == "operator" else None
            if former is not None and former["path"] == plan.access["path"]:
                _remove(plan, other, former)


def _plan_stale(plan: IamPlan, account: t.Mapping[str, t.Any], *, purge: bool) -> None:
    for kind in KINDS:
        removed = plan.remove[kind]
        for there in account[kind]:
            ours = there["path"] == plan.access["path"]
            if not ours or there["name"] in removed or _find(plan.access[kind], there["name"]):
                continue
            if purge:
                _remove(plan, kind, there)
            else:
                plan.left.append(
                    f"The {_SINGULAR[kind]} {there['name']} was made by this collection, and the inventory does not"
                    " want it any more. An operator is removed by its entry's state: removed; anything else by"
                    " signer_iam_purge"
                )


def _remove(plan: IamPlan, kind: str, there: Entry) -> None:
    plan.remove[kind].append(there["name"])
    if kind == "groups":
        # Amazon's module deletes the inline policies of users and roles, not those of groups.
        plan.inline += [_inline(kind, there["name"], policy) for policy in there["inline"]]
    before = there["document"] if kind == "policies" else _view(kind, there)
    plan.change(kind, there["name"], "delete", (), before, None)
