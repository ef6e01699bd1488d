# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each principal may do, from what an account holds: the cases that need no server."""

from __future__ import annotations

import copy
import datetime
import typing as t

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_capabilities import KMS
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_found import Found, Resource
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_matrix import (
    Matrix,
    build_matrix,
    plain_key_policy,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_requests import Asked, ask
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_subjects import subjects
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_verdict import verdict
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_wishes import regions, wishes
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_evaluation import Answer
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.module_utils.access_world import ACCOUNT, access, account_of

USER = f"arn:aws:iam::{ACCOUNT}:user/mallory"
WATCHER = "staging-kovan-watcher-signer"
SIGNER = "nomad-signer-staging"


def statement(actions: t.Any, resource: t.Any = "*", **more: t.Any) -> dict[str, t.Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}


def document(*statements: dict[str, t.Any]) -> dict[str, t.Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def key(name: str = WATCHER, **values: t.Any) -> Resource:
    arn = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/of-{name}"
    given: dict[str, t.Any] = {
        "alias": f"alias/{name}",
        "arn": arn,
        "aliases": (f"alias/{name}",),
        "metadata": {"KeySpec": "ECC_SECG_P256K1", "KeyUsage": "SIGN_VERIFY"},
        "policy": plain_key_policy(ACCOUNT, arn),
        "tags": {"agent_ops:alias": f"alias/{name}"},
        **values,
    }
    return Resource(name, "us-west-2", "kms", "staging", True, **given)


def user(name: str, *inline: t.Any, **more: t.Any) -> dict[str, t.Any]:
    documents = {f"p{number}": one for number, one in enumerate(inline)}
    entry = {"name": name, "arn": f"arn:aws:iam::{ACCOUNT}:user/{name}", "path": "/", "tags": {}, "groups": []}
    return {**entry, "attached": [], "inline": documents, "boundary": None, **more}


def role(name: str, trust: t.Any, *inline: t.Any) -> dict[str, t.Any]:
    return {**user(name, *inline), "arn": f"arn:aws:iam::{ACCOUNT}:role/{name}", "trust": trust}


def trusting(*names: str) -> dict[str, t.Any]:
    principals = {"AWS": [f"arn:aws:iam::{ACCOUNT}:{name}" for name in names]}
    return document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principals})


def account(*users: dict[str, t.Any], roles: t.Sequence[dict[str, t.Any]] = ()) -> dict[str, t.Any]:
    return {"users": list(users), "groups": [], "roles": list(roles), "policies": []}


NOBODY: dict[str, t.Any] = {**access(), "users": [], "groups": [], "roles": [], "policies": []}


def matrix(*users: dict[str, t.Any], keys: t.Sequence[Resource] = (), roles: t.Sequence[t.Any] = ()) -> Matrix:
    return build_matrix(Found(account(*users, roles=roles), {}, list(keys or [key()])), NOBODY)


def answers(found: Matrix, name: str = "mallory") -> dict[str, str]:
    (subject,) = [one for one in found.subjects if one.name == name]
    return {capability: cell.answer.value for capability, cell in found.held(subject, 0).items()}


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ({"StringEquals": {"kms:MessageType": "RAW"}}, "yes"),
        ({"StringEquals": {"kms:MessageType": "DIGEST"}}, "yes"),
        ({"StringEquals": {"kms:SigningAlgorithm": "RSASSA_PSS_SHA_256"}}, None),
        ({"StringEquals": {"kms:RequestAlias": f"alias/{WATCHER}"}}, "yes"),
        ({"StringEquals": {"kms:RequestAlias": "alias/other"}}, None),
        ({"StringEquals": {"kms:KeySpec": "RSA_2048"}}, None),
        ({"StringEquals": {"aws:ResourceTag/environment": "staging"}}, "yes"),
        ({"StringEquals": {"aws:ResourceTag/team": "x"}}, None),
        ({"StringEquals": {"aws:PrincipalTag/team": "bridge"}}, "yes"),
        ({"StringEquals": {"aws:PrincipalTag/other": "bridge"}}, None),
        ({"StringEquals": {"kms:CallerAccount": ACCOUNT}}, "yes"),
        ({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, None),
        ({"Bool": {"aws:SecureTransport": "true"}}, "yes"),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, "conditional"),
        ({"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}, "conditional"),
        ({"StringEquals": {"kms:ViaService": "s3.us-west-2.amazonaws.com"}}, None),
        ({"Surprise": {"aws:username": "mallory"}}, "conditional"),
    ],
)
def test_conditions_on_signing(condition: dict[str, t.Any], answer: str | None) -> None:
    """Whoever asks chooses how: a message or its digest, the key's id or an alias. One way that is open is enough."""
    held = user("mallory", document(statement("kms:Sign", Condition=condition)), tags={"team": "bridge"})
    assert answers(matrix(held, keys=[key(tags={"environment": "staging"})])).get("sign") == answer


def test_a_policy_that_cannot_be_read_may_allow_anything() -> None:
    found = matrix(user("mallory", None), user("oscar", attached=[f"arn:aws:iam::{ACCOUNT}:policy/gone"]))
    everything = dict.fromkeys((capability.name for capability in KMS), "conditional")
    assert answers(found) == everything
    assert answers(found, "oscar") == everything


def test_a_key_that_could_not_be_read_is_nobodys_and_everybodys() -> None:
    found = matrix(user("mallory", document(statement("*"))), keys=[key(error="denied")])
    assert found.cells == {}


def test_roles_that_assume_each_other_come_to_an_end() -> None:
    roles = [
        role("one", trusting("role/two", "user/mallory")),
        role("two", trusting("role/one"), document(statement("kms:Sign"))),
    ]
    found = matrix(user("mallory"), roles=roles)
    assert answers(found) == {"sign": "yes"}
    (subject,) = [one for one in found.subjects if one.name == "mallory"]
    cell = found.held(subject, 0)["sign"]
    assert cell.via == "one"
    assert cell.reason == "through the role one: through the role two: allowed by the inline policy p0 of the role two"


def test_a_principals_own_right_is_told_rather_than_a_roles() -> None:
    found = matrix(
        user("mallory", document(statement("kms:Sign"))),
        roles=[role("deploy", trusting("user/mallory"), document(statement("kms:Sign")))],
    )
    (subject,) = [one for one in found.subjects if one.name == "mallory"]
    assert found.held(subject, 0)["sign"].via is None


def test_a_trust_that_cannot_be_read_may_trust_anybody() -> None:
    found = matrix(user("mallory"), roles=[role("deploy", None, document(statement("kms:Sign")))])
    assert answers(found) == {"sign": "conditional"}


ACTIONS = st.sampled_from(["kms:Sign", "kms:Get*", "kms:*Alias", "kms:*", "*", "s3:*", "sts:AssumeRole", "KMS:sign"])
RESOURCES = st.sampled_from(["*", f"arn:aws:kms:*:{ACCOUNT}:key/*", f"arn:aws:kms:*:{ACCOUNT}:alias/*", key().arn])
STATEMENTS = st.one_of(
    st.builds(
        lambda effect, action, resource: {"Effect": effect, "Action": action, "Resource": resource},
        st.sampled_from(["Allow", "Deny"]),
        st.lists(ACTIONS, min_size=1, max_size=2),
        RESOURCES,
    ),
    st.builds(lambda action: {"Effect": "Allow", "NotAction": action, "Resource": "*"}, ACTIONS),
    st.sampled_from([{"Effect": "Allow"}, {"Effect": "Sometimes", "Action": "kms:Sign", "Resource": "*"}]),
)
KEY_POLICIES = st.sampled_from(
    [
        plain_key_policy(ACCOUNT, str(key().arn)),
        document(statement("kms:Sign", Principal={"AWS": USER})),
        document(statement("kms:Sign", Principal="*")),
        document(statement("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/other"})),
        document(statement("kms:*", Principal={"AWS": ACCOUNT})),
        document({"Effect": "Allow", "NotPrincipal": {"AWS": USER}, "Action": "kms:Sign", "Resource": "*"}),
    ]
)


@given(st.lists(STATEMENTS, max_size=3), KEY_POLICIES)
def test_what_is_skipped_would_have_been_a_no(statements: list[t.Any], policy: dict[str, t.Any]) -> None:
    """Most principals of an account are not evaluated at all. Nothing may get lost by that."""
    held, asked = user("mallory", document(*statements)), key(policy=policy)
    (subject,) = subjects(account(held), NOBODY)
    asked_all = Asked.of(asked)
    every = {one.name: ask(subject, one, asked_all).answer for one in KMS}
    expected = {name: answer.value for name, answer in every.items() if answer is not Answer.NO}
    assert answers(matrix(held, keys=[asked])) == expected


# With an environment --------------------------------------------------------------------------------------------------


def told(wanted: dict[str, t.Any], held: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    keys = more.pop("keys", [key(one["name"]) for one in wanted["keys"]])
    return verdict(
        Found(held, {"us-west-2": {}}, keys),
        wanted,
        administrators=more.pop("administrators", ()),
        caller=more.pop("caller", f"arn:aws:iam::{ACCOUNT}:root"),
        now=datetime.datetime(2026, 11, 20, tzinfo=datetime.UTC),
        max_access_key_age_days=90,
        alias_headroom=45,
    )


@pytest.mark.parametrize(
    "template", ["{environment}-{network}-{agent}-{purpose}", "{environment}-{agent}-{purpose}-{network}"]
)
def test_what_is_wanted_is_no_difference(template: str) -> None:
    wanted = access(template=template, operators=[{"name": "acme", "agents": ["watcher"], "iam_user": True}])
    assert told(wanted, account_of(wanted))["differences"] == []


def test_the_documented_form_is_told_where_its_patterns_miss_keys() -> None:
    """Its pattern has no network in it. To write the same once more would not help."""
    wanted = access(form="documented")
    differences = told(wanted, account_of(wanted))["differences"]
    assert {one["kind"] for one in differences} == {"missing_access"}
    assert {one["principal"] for one in differences} == {SIGNER}
    assert "choose the hardened form, or another pattern" in differences[0]["where_to_change"]


def test_the_documented_administrator_may_sign_because_that_form_wants_it() -> None:
    wanted = access(form="documented", template="{environment}-{agent}-{network}-{purpose}")
    found = told(wanted, account_of(wanted))
    assert found["differences"] == []
    rows = [row for row in found["matrix"] if row["principal"] == "kms-admin"]
    assert {(row["sign"], row["put_key_policy"]) for row in rows} == {("yes", "yes")}


def test_the_documented_administrator_is_a_difference_in_the_hardened_form() -> None:
    held = account_of(access(form="documented"))
    kinds = {one["kind"]: one for one in told(access(), held)["differences"] if one["principal"] == "kms-admin"}
    assert set(kinds) == {"unexpected_access", "comes_to_sign", "policy_differs"}
    assert kinds["unexpected_access"]["expected"] == "that it administers keys without being able to sign"


def test_a_boundary_and_a_group_that_nobody_knows_do_not_end_it() -> None:
    wanted = access()
    held = account_of(wanted)
    held["users"][0]["groups"].append("gone")
    held["users"][0]["boundary"] = f"arn:aws:iam::{ACCOUNT}:policy/gone"
    kinds = {one["kind"] for one in told(wanted, held)["differences"]}
    assert kinds == {"member_unexpected", "missing_access"}


def test_administrators_by_pattern() -> None:
    wanted = access()
    held = account_of(wanted)
    held["users"].append(user("mallory", document(statement("*"))))
    assert [one["kind"] for one in told(wanted, held)["differences"]] == ["administrator"]
    assert told(wanted, held, administrators=[f"arn:aws:iam::{ACCOUNT}:user/mal*"])["differences"] == []
    assert told(wanted, held, caller=USER)["differences"] == []
    held["roles"].append(role("deploy", trusting("user/other"), document(statement("*"))))
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/somebody"
    assert [one["principal"] for one in told(wanted, held, caller=session)["differences"]] == ["mallory"]


def test_the_administrators_of_other_environments_are_none_of_ours() -> None:
    """An environment of hex keys wants no kms-admin, and another one of the account has it."""
    wanted = access(backend="secretsmanager")
    held = account_of(wanted)
    shared = account_of(access(environment="production"))
    for kind in ("users", "groups", "policies"):
        held[kind] += [entry for entry in shared[kind] if entry["name"] == "kms-admin"]
    keys = [
        Resource(one["name"], "us-west-2", "secretsmanager", "staging", True, arn=_secret(one))
        for one in wanted["keys"]
    ]
    assert told(wanted, held, keys=keys)["differences"] == []


def _secret(one: dict[str, t.Any]) -> str:
    return f"arn:aws:secretsmanager:us-west-2:{ACCOUNT}:secret:{one['resource']}-AbCdEf"


def test_two_environments_of_an_account_do_not_mind_each_other() -> None:
    staging, production = access(), access(environment="production")
    held = account_of(staging)
    for kind, entries in account_of(production).items():
        held[kind] += [entry for entry in entries if entry["name"] != "kms-admin"]
    assert told(staging, held)["differences"] == []


def test_which_keys_are_looked_at() -> None:
    foreign = [
        {"name": "production-a", "environment": "production", "backend": "kms", "region": "eu-west-1"},
        {"name": "production-b", "environment": "production", "backend": "secretsmanager", "region": "ap-south-1"},
    ]
    wanted = access(foreign_keys=foreign)
    assert regions(wanted, "us-west-2") == ["us-west-2", "eu-west-1"]
    aliases: dict[str, dict[str, str]] = {"us-west-2": {"alias/other": "k1"}, "eu-west-1": {"alias/production-a": "k2"}}
    held = account_of(wanted)
    names = [wish.name for wish in wishes(wanted, held, aliases, "us-west-2")]
    assert names == [*(one["name"] for one in wanted["keys"]), "production-a"]
    # A second alias on the stranger's key, of a name that a policy of ours matches.
    aliases["us-west-2"][f"alias/{WATCHER}"] = "k3"
    aliases["eu-west-1"] |= {"alias/z": "k4", f"alias/{WATCHER}": "k4"}
    found = wishes(wanted, held, aliases, "us-west-2")
    assert [(wish.name, wish.region, wish.resource) for wish in found if wish.environment == ""] == [
        (f"{WATCHER} in eu-west-1", "eu-west-1", "k4")
    ]


def test_reading_changes_nothing_of_what_was_read() -> None:
    wanted = access()
    held = account_of(wanted)
    before = copy.deepcopy((wanted, held))
    told(wanted, held)
    assert (wanted, held) == before


def test_a_path_that_everything_has_says_nothing_of_whose_something_is() -> None:
    wanted = {**access(), "path": "/", "shared_path": "/"}
    held = account_of(wanted)
    held["users"].append(user("stranger"))
    assert told(wanted, held)["differences"] == []
    held["users"].append(user("ours", tags={"environment": "staging", "agent_ops:principal": "operator"}))
    assert [one["kind"] for one in told(wanted, held)["differences"]] == ["entity_unnamed"]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"metadata": {"KeyState": "Disabled"}}, "key_unusable"),
        ({"metadata": {"Origin": "EXTERNAL"}}, "key_unusable"),
        ({"metadata": {"KeyUsage": "ENCRYPT_DECRYPT"}}, "key_unusable"),
        ({"metadata": {"KeyState": "Enabled", "Origin": "AWS_KMS"}}, None),
        ({"tags": {"agent_ops:alias": "alias/staging-bank"}}, "alias_moved"),
        ({"tags": {}}, "alias_moved"),
    ],
)
def test_what_a_key_is(values: dict[str, t.Any], kind: str | None) -> None:
    wanted = access()
    keys = [key(one["name"], **(values if one["name"] == WATCHER else {})) for one in wanted["keys"]]
    differences = told(wanted, account_of(wanted), keys=keys)["differences"]
    assert [(one["kind"], one["key"]) for one in differences] == ([(kind, WATCHER)] if kind else [])
