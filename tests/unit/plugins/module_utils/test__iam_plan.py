# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done to an account so that it holds what is wanted, what is only told, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._iam_plan import (
    IamPlan,
    plan_access,
    plan_teardown,
    same_document,
)

from tests.unit.plugins.module_utils.access_world import ACCOUNT, access, account_of, empty_account, named

FOREIGN = {"name": "backup", "arn": f"arn:aws:iam::{ACCOUNT}:policy/backup", "path": "/", "document": {}, "versions": 1}


def done(plan: IamPlan) -> list[tuple[str, str, str]]:
    return [(change["action"], change["kind"], change["name"]) for change in plan.changes]


def untouched(plan: IamPlan) -> bool:
    return not plan.changes and not any(plan.apply.values()) and not any(plan.remove.values()) and not plan.inline


def test_an_empty_account_gets_everything() -> None:
    wanted = access()
    plan = plan_access(wanted, empty_account())
    assert done(plan) == [
        *(("create", "policy", policy["name"]) for policy in wanted["policies"]),
        *(("create", "user", user["name"]) for user in wanted["users"]),
        *(("create", "group", group["name"]) for group in wanted["groups"]),
    ]
    assert [item["name"] for item in plan.apply["groups"]] == ["staging-signer", "kms-admin"]
    assert plan.problems == plan.left == []


def test_what_is_there_is_left_alone() -> None:
    wanted = access(operators=[{"name": "acme", "agents": ["watcher"], "iam_user": True}])
    plan = plan_access(wanted, account_of(wanted))
    assert untouched(plan)
    assert plan.left == plan.problems == []


def test_what_belongs_to_others_is_left_alone() -> None:
    account = account_of(access())
    account["policies"].append({**FOREIGN, "aws_managed": False})
    account["users"].append(
        {"name": "alice", "arn": "arn:alice", "path": "/", "tags": {}, "boundary": None, "attached": [], "inline": {}}
        | {"groups": ["kms-admin"]}
    )
    for purge in (False, True):
        plan = plan_access(access(), account, purge=purge)
        assert untouched(plan)
        assert plan.left == []


def test_a_policy_edited_by_hand_is_put_right() -> None:
    wanted = access()
    account = account_of(wanted)
    edited = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}
    named(account["policies"], "staging-watcher-signer")["document"] = edited
    plan = plan_access(wanted, account)
    assert done(plan) == [("update", "policy", "staging-watcher-signer")]
    assert plan.before == {"policy staging-watcher-signer": edited}
    assert plan.apply["policies"][0]["document"] == named(wanted["policies"], "staging-watcher-signer")["document"]


def test_a_detached_policy_and_a_missing_member_are_put_back() -> None:
    wanted = access()
    account = account_of(wanted)
    group = named(account["groups"], "staging-signer")
    lost = group["attached"].pop()
    named(account["users"], "nomad-signer-staging")["groups"] = []
    plan = plan_access(wanted, account)
    assert [change["details"] for change in plan.changes] == [
        [f"with the policy {lost}", "with the user nomad-signer-staging"]
    ]
    assert lost in plan.apply["groups"][0]["policies"]


def by_hand(account: dict[str, Any]) -> None:
    group = named(account["groups"], "staging-signer")
    group["attached"].append(FOREIGN["arn"])
    group["inline"]["more"] = {"Statement": []}
    named(account["users"], "nomad-keymaster-staging")["groups"].append("staging-signer")


def test_what_was_added_by_hand_is_told_and_left() -> None:
    wanted = access()
    account = account_of(wanted)
    by_hand(account)
    plan = plan_access(wanted, account)
    assert untouched(plan)
    has = "The group staging-signer has"
    assert plan.left == [
        f"{has} the policy {FOREIGN['arn']}, which the inventory does not want",
        f"{has} the user nomad-keymaster-staging, which the inventory does not want",
        f"{has} the inline policy more, which the inventory does not want",
    ]


def test_a_purge_removes_what_was_added_by_hand() -> None:
    wanted = access()
    account = account_of(wanted)
    by_hand(account)
    plan = plan_access(wanted, account, purge=True)
    assert plan.left == []
    (group,) = plan.apply["groups"]
    assert (group["purge"], group["purge_users"]) == (True, True)
    assert group["users"] == ["nomad-signer-staging"]
    assert plan.inline == [{"iam_type": "group", "iam_name": "staging-signer", "policy_name": "more"}]


def test_who_administers_keys_is_never_purged() -> None:
    account = account_of(access())
    named(account["groups"], "kms-admin")["attached"] = []
    plan = plan_access(access(), account, purge=True)
    (group,) = plan.apply["groups"]
    assert (group["purge"], group["purge_users"]) == (True, False)


OPERATOR = {"name": "acme", "agents": ["watcher"], "iam_user": True}
ROLE = {"name": "acme", "agents": ["watcher"], "assume_role": {"account_id": "444455556666", "external_id": "acme-7f"}}


def test_an_operator_named_as_removed_loses_everything() -> None:
    account = account_of(access(operators=[OPERATOR]))
    plan = plan_access(access(operators=[{"name": "acme", "state": "removed"}]), account)
    assert done(plan) == [
        ("delete", "user", "nomad-operator-acme-staging"),
        ("delete", "policy", "staging-operator-acme"),
    ]
    assert plan.remove["users"] == ["nomad-operator-acme-staging"]
    assert plan.remove["policies"] == ["staging-operator-acme"]


def test_a_removed_operators_role_goes_too() -> None:
    account = account_of(access(operators=[ROLE]))
    plan = plan_access(access(operators=[{"name": "acme", "state": "removed"}]), account)
    assert plan.remove["roles"] == ["nomad-operator-acme-staging"]


def test_an_operator_that_is_gone_from_the_inventory_is_a_difference() -> None:
    account = account_of(access(operators=[OPERATOR]))
    plan = plan_access(access(), account)
    assert untouched(plan)
    assert [text.split(" was made")[0] for text in plan.left] == [
        "The policy staging-operator-acme",
        "The user nomad-operator-acme-staging",
    ]
    purged = plan_access(access(), account, purge=True)
    assert purged.remove["users"] == ["nomad-operator-acme-staging"]


@pytest.mark.parametrize(("before", "after", "gone"), [(ROLE, OPERATOR, "roles"), (OPERATOR, ROLE, "users")])
def test_an_operator_that_comes_in_otherwise_loses_the_former_way(
    before: dict[str, Any], after: dict[str, Any], gone: str
) -> None:
    plan = plan_access(access(operators=[after]), account_of(access(operators=[before])))
    assert plan.remove[gone] == ["nomad-operator-acme-staging"]
    assert [change["action"] for change in plan.changes] == ["create", "delete"]
    assert plan.left == plan.problems == []


def test_a_changed_trust_is_put_right() -> None:
    account = account_of(access(operators=[ROLE]))
    account["roles"][0]["trust"]["Statement"][0]["Principal"] = {"AWS": "*"}
    wanted = access(operators=[ROLE])
    plan = plan_access(wanted, account)
    assert [change["details"] for change in plan.changes] == [["with another trust"]]
    assert plan.apply["roles"][0]["trust"] == wanted["roles"][0]["trust"]


def test_a_lost_tag_is_put_back() -> None:
    account = account_of(access())
    named(account["users"], "nomad-signer-staging")["tags"] = {"team": "bridge", "environment": "other"}
    plan = plan_access(access(), account)
    assert [change["details"] for change in plan.changes] == [
        ["with the tag environment=staging", "with the tag agent_ops:principal=signer"]
    ]


def by_somebody_else(account: dict[str, Any], kind: str, name: str) -> None:
    entry = named(account[kind], name)
    entry.update(path="/", arn=f"arn:aws:iam::{ACCOUNT}:{kind}/{name}")


def test_somebody_elses_entity_of_the_name_is_refused() -> None:
    wanted = access()
    account = account_of(wanted)
    by_somebody_else(account, "users", "nomad-signer-staging")
    plan = plan_access(wanted, account)
    assert len(plan.problems) == 1
    assert plan.problems[0].startswith(
        "The user nomad-signer-staging exists already, at the path /, where it was not made"
    )
    assert "name it in signer_iam_adopt" in plan.problems[0]


def test_an_adopted_policy_keeps_its_path_and_is_attached_by_its_own_arn() -> None:
    wanted = access()
    account = account_of(wanted)
    by_somebody_else(account, "policies", "staging-watcher-signer")
    arn = named(account["policies"], "staging-watcher-signer")["arn"]
    plan = plan_access(wanted, account, adopt=["staging-watcher-signer"])
    assert plan.problems == []
    assert arn in named(plan.access["groups"], "staging-signer")["policies"]
    assert [change["details"] for change in plan.changes] == [[f"with the policy {arn}"]]


def test_to_adopt_what_nobody_wants_is_an_error() -> None:
    plan = plan_access(access(), empty_account(), adopt=["staging-watchr-signer"])
    assert plan.problems == [
        "signer_iam_adopt names staging-watchr-signer, which is none of the names that this environment wants"
    ]


def test_names_that_differ_in_case_are_the_same_to_iam() -> None:
    account = account_of(access())
    named(account["groups"], "staging-signer")["name"] = "Staging-Signer"
    for user in account["users"]:
        user["groups"] = ["Staging-Signer" if name == "staging-signer" else name for name in user["groups"]]
    assert untouched(plan_access(access(), account))


def test_a_teardown_removes_what_is_ours_and_nothing_else() -> None:
    wanted = access(operators=[OPERATOR])
    account = account_of(wanted)
    account["policies"].append({**FOREIGN, "aws_managed": False})
    by_somebody_else(account, "policies", "staging-relayer-signer")
    plan = plan_teardown(wanted, account)
    assert "staging-relayer-signer" not in plan.remove["policies"]
    assert "backup" not in plan.remove["policies"]
    assert {"nomad-signer-staging", "kms-admin"} <= set(plan.remove["users"])
    assert plan.remove["groups"] == ["staging-signer", "kms-admin"]


def test_the_administrators_stay_while_another_environment_has_them() -> None:
    account = account_of(access())
    production = account_of(access(environment="production"))
    for kind in account:
        account[kind] += [entry for entry in production[kind] if entry["name"] != "kms-admin"]
    plan = plan_teardown(access(), account)
    assert not [name for names in plan.remove.values() for name in names if "kms-admin" in name or "production" in name]
    assert plan.left == ["kms-admin stays: it is shared with what is at /agent_ops/production/"]


def test_inline_policies_of_a_group_that_goes_are_deleted_first() -> None:
    account = account_of(access())
    named(account["groups"], "staging-signer")["inline"] = {"more": {}}
    plan = plan_teardown(access(), account)
    assert plan.inline == [{"iam_type": "group", "iam_name": "staging-signer", "policy_name": "more"}]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"Action": "kms:Sign"}, {"Action": ["kms:Sign"]}, True),
        ({"Action": ["a", "b"]}, {"Action": ["b", "a"]}, True),
        ({"Action": ["a", "b"]}, {"Action": ["a"]}, False),
        ({"Statement": [{"Sid": "a"}, {"Sid": "b"}]}, {"Statement": [{"Sid": "b"}, {"Sid": "a"}]}, True),
        ({"Statement": [{"Sid": "a"}]}, {"Statement": {"Sid": "a"}}, True),
        ({"Statement": [{"Sid": "a"}]}, None, False),
    ],
)
def test_documents_that_say_the_same(one: Any, other: Any, same: bool) -> None:
    assert same_document(one, other) is same
