# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which policies and principals an environment wants: the documented set-up, and what is beside it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils import _policy_documents as documents

from tests.unit.plugins.module_utils.access_world import ACCOUNT, access, named


def statement(document: dict[str, Any]) -> dict[str, Any]:
    (only,) = document["Statement"]
    return dict(only)


def test_the_documented_policy_is_reproduced_to_the_letter() -> None:
    policy = named(access(form="documented")["policies"], "staging-watcher-signer")
    assert policy["document"] == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "NomadStagingPolicy",
                "Effect": "Allow",
                "Action": ["kms:GetPublicKey", "kms:Sign"],
                "Resource": f"arn:aws:kms:*:{ACCOUNT}:key/*",
                "Condition": {"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/staging-watcher*"}},
            }
        ],
    }


def test_the_documented_administrators_may_do_everything() -> None:
    policy = named(access(form="documented")["policies"], "kms-admin")
    everything = policy["document"]["Statement"][1]
    assert everything == {
        "Sid": "VisualEditor1",
        "Effect": "Allow",
        "Action": "kms:*",
        "Resource": [f"arn:aws:kms:*:{ACCOUNT}:alias/*", f"arn:aws:kms:*:{ACCOUNT}:key/*"],
    }
    assert len(policy["document"]["Statement"][0]["Action"]) == 10


def test_the_hardened_policy_names_exact_aliases() -> None:
    condition = statement(named(access()["policies"], "staging-watcher-signer")["document"])["Condition"]
    assert condition == {
        "ForAnyValue:StringEquals": {
            "kms:ResourceAliases": [
                "alias/staging-kovan-watcher-signer",
                "alias/staging-kovan-watcher-attestation",
                "alias/staging-moonbasealpha-watcher-signer",
                "alias/staging-moonbasealpha-watcher-attestation",
            ]
        }
    }


def test_policies_are_attached_to_the_group_and_the_user_is_in_it() -> None:
    wanted = access()
    group = named(wanted["groups"], "staging-signer")
    place = f"arn:aws:iam::{ACCOUNT}:policy/agent_ops/staging"
    agents = ("watcher", "updater", "relayer")
    assert group["policies"] == [f"{place}/staging-{agent}-signer" for agent in agents]
    assert group["users"] == ["nomad-signer-staging"]
    assert named(wanted["users"], "nomad-signer-staging")["groups"] == ["staging-signer"]


def test_bank_and_deployer_are_principals_of_their_own() -> None:
    wanted = access()
    bank, deployer = named(wanted["users"], "nomad-keymaster-staging"), named(wanted["users"], "nomad-deployer-staging")
    assert (bank["groups"], bank["keys"]) == ([], ["staging-bank"])
    assert (deployer["groups"], deployer["keys"]) == ([], ["staging-kovan-deployer", "staging-moonbasealpha-deployer"])
    signer = named(wanted["users"], "nomad-signer-staging")
    assert not {*bank["keys"], *deployer["keys"]} & set(signer["keys"])


def test_kathy_has_a_policy_where_there_is_kathy() -> None:
    with_kathy = access(agents={"kathy": ["signer"]})
    assert named(with_kathy["policies"], "staging-kathy-signer")["keys"] == [
        "staging-kovan-kathy-signer",
        "staging-moonbasealpha-kathy-signer",
    ]
    assert not [policy for policy in access()["policies"] if "kathy" in policy["name"]]


@pytest.mark.parametrize(
    ("project", "environment", "sid"),
    [
        ("nomad", "staging", "NomadStagingPolicy"),
        ("optics", "production", "OpticsProductionPolicy"),
        ("my-bridge", "test_1", "MyBridgeTest1Policy"),
    ],
)
def test_the_sid_is_of_project_and_environment(project: str, environment: str, sid: str) -> None:
    assert documents.statement_id(project, environment) == sid


def test_administrators_can_neither_sign_nor_come_to_sign() -> None:
    policy = named(access()["policies"], "kms-admin")
    *allowing, denying = policy["document"]["Statement"]
    allowed = {action for one in allowing for action in one["Action"]}
    assert not allowed & {"kms:Sign", "kms:CreateGrant", "kms:PutKeyPolicy", "kms:ReplicateKey"}
    assert not [action for action in allowed if "*" in action]
    assert denying["Effect"] == "Deny"
    assert set(denying["Action"]) == {"kms:Sign", "kms:CreateGrant", "kms:PutKeyPolicy", "kms:ReplicateKey"}
    assert policy["keys"] == []


def test_hex_keys_are_named_by_their_secret_with_its_suffix() -> None:
    wanted = access(
        environment="development", networks=("kovan",), agents={"relayer": ["signer"]}, backend="secretsmanager"
    )
    document = named(wanted["policies"], "development-relayer-signer")["document"]
    assert statement(document)["Action"] == ["secretsmanager:GetSecretValue"]
    place = f"arn:aws:secretsmanager:us-west-2:{ACCOUNT}:secret"
    assert statement(document)["Resource"] == [f"{place}:development-kovan-relayer-signer-??????"]
    assert "kms-admin" not in [user["name"] for user in wanted["users"]]


def test_the_partition_is_the_callers() -> None:
    text = str(access(partition="aws-cn"))
    assert "arn:aws-cn:kms:" in text
    assert "arn:aws:" not in text


def operator(**more: Any) -> dict[str, Any]:
    return {"name": "acme", "agents": ["watcher"], "networks": ["kovan"], **more}


def test_an_operator_gets_its_agents_on_its_networks() -> None:
    wanted = access(operators=[operator(iam_user=True)])
    user = named(wanted["users"], "nomad-operator-acme-staging")
    assert user["keys"] == ["staging-kovan-watcher-signer", "staging-kovan-watcher-attestation"]
    assert user["groups"] == []
    assert user["tags"]["agent_ops:operator"] == "acme"
    assert user["policies"] == [f"arn:aws:iam::{ACCOUNT}:policy/agent_ops/staging/staging-operator-acme"]


def test_an_operator_of_another_account_assumes_a_role_with_its_external_id() -> None:
    way = {"account_id": "444455556666", "external_id": "acme-7f3a"}
    role = named(access(operators=[operator(assume_role=way)])["roles"], "nomad-operator-acme-staging")
    trust = statement(role["trust"])
    assert trust["Principal"] == {"AWS": "arn:aws:iam::444455556666:root"}
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": "acme-7f3a"}}
    assert role["keys"] == ["staging-kovan-watcher-signer", "staging-kovan-watcher-attestation"]


def test_an_operator_of_a_cluster_is_one_subject_for_one_audience() -> None:
    way = {"provider": "https://oidc.example.net/id/ABC", "subject": "system:serviceaccount:bridge:watcher"}
    role = named(access(operators=[operator(oidc=way)])["roles"], "nomad-operator-acme-staging")
    trust = statement(role["trust"])
    assert trust["Principal"] == {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.example.net/id/ABC"}
    assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert trust["Condition"] == {
        "StringEquals": {
            "oidc.example.net/id/ABC:sub": "system:serviceaccount:bridge:watcher",
            "oidc.example.net/id/ABC:aud": "sts.amazonaws.com",
        }
    }


def test_a_removed_operator_leaves_names_only() -> None:
    wanted = access(operators=[{"name": "acme", "state": "removed"}])
    assert wanted["removed"] == {
        "users": ["nomad-operator-acme-staging"],
        "roles": ["nomad-operator-acme-staging"],
        # There is no proof bucket either.
        "policies": ["staging-operator-acme", "staging-proof-writer"],
    }
    assert "nomad-operator-acme-staging" not in [user["name"] for user in wanted["users"]]


def test_one_key_for_all_networks_is_not_given_for_some() -> None:
    template = "{environment}-{agent}-{purpose}"
    everywhere = access(
        template=template, additional=[], operators=[operator(iam_user=True, networks=["kovan", "moonbasealpha"])]
    )
    assert named(everywhere["users"], "nomad-operator-acme-staging")["keys"] == [
        "staging-watcher-signer",
        "staging-watcher-attestation",
    ]
    with pytest.raises(
        ValueError, match="staging-watcher-signer is one key for all networks, and cannot be given for some"
    ):
        access(template=template, additional=[], operators=[operator(iam_user=True)])


def test_a_list_that_is_too_long_becomes_a_pattern_a_purpose() -> None:
    networks = tuple(f"network{index:03}" for index in range(100))
    wanted = access(networks=networks, additional=[])
    condition = statement(named(wanted["policies"], "staging-watcher-signer")["document"])["Condition"]
    assert condition == {
        "ForAnyValue:StringLike": {
            "kms:ResourceAliases": ["alias/staging-*-watcher-signer", "alias/staging-*-watcher-attestation"]
        }
    }
    exact = statement(named(wanted["policies"], "staging-relayer-signer")["document"])["Condition"]
    assert len(exact["ForAnyValue:StringEquals"]["kms:ResourceAliases"]) == 100


def test_two_principals_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="get one user, nomad-signer-staging"):
        access(additional=[{"agent": "signer"}])


def test_the_size_is_counted_without_white_space() -> None:
    assert documents.length({"Version": "2012-10-17"}) == len('{"Version":"2012-10-17"}')


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(
        ValueError, match="The form of the permissions is 'strict'; expected one of: hardened, documented"
    ):
        access(form="strict")


def test_everything_of_ours_carries_path_and_tag() -> None:
    wanted = access(operators=[operator(iam_user=True)])
    for kind in ("policies", "groups", "users", "roles"):
        for entry in wanted[kind]:
            shared = entry["name"] == "kms-admin"
            assert entry["path"] == ("/agent_ops/" if shared else "/agent_ops/staging/")
            if kind != "groups":
                assert "agent_ops:principal" in entry["tags"]
                assert ("environment" in entry["tags"]) is not shared
