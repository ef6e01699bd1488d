# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parties that run agents, let in and out; and what the role needs to be allowed for all of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sandbox.client import ACCOUNT_ID, Sandbox
from tests.playbooks.conftest import ROOT
from tests.playbooks.iam_world import OPERATORS, SMALL_WITH_OPERATORS, account, attached, writes


def test_parties_are_let_in_and_out(permit: Any, iam: Any) -> None:
    done = permit(**SMALL_WITH_OPERATORS, agent_ops_operators=OPERATORS)
    assert done.code != 0
    assert (
        "The account has no OIDC provider arn:aws:iam::123456789012:oidc-provider/oidc.example.net/id/ABC" in done.told
    )
    iam.create_open_id_connect_provider(Url="https://oidc.example.net/id/ABC", ThumbprintList=["a" * 40])
    done = permit(**SMALL_WITH_OPERATORS, agent_ops_operators=OPERATORS)
    assert done.code == 0, done.output
    found = account(iam)
    assert attached(found["UserDetailList"]["nomad-operator-acme-staging"]) == {"staging-operator-acme"}
    assert found["UserDetailList"]["nomad-operator-acme-staging"]["GroupList"] == []
    trust = found["RoleDetailList"]["nomad-operator-beta-staging"]["AssumeRolePolicyDocument"]
    assert trust["Statement"][0]["Principal"] == {"AWS": "arn:aws:iam::444455556666:root"}
    assert len(iam.list_access_keys(UserName="nomad-operator-acme-staging")["AccessKeyMetadata"]) == 1
    assert "as wanted" in permit(**SMALL_WITH_OPERATORS, agent_ops_operators=OPERATORS).output

    forgotten = permit(**SMALL_WITH_OPERATORS, agent_ops_operators=OPERATORS[1:])
    assert "The user nomad-operator-acme-staging was made by this collection, and the inventory does not want it" in (
        forgotten.told
    )
    assert "nomad-operator-acme-staging" in account(iam)["UserDetailList"]

    removed = permit(
        **SMALL_WITH_OPERATORS, agent_ops_operators=[{"name": entry["name"], "state": "removed"} for entry in OPERATORS]
    )
    assert removed.code == 0, removed.output
    found = account(iam)
    assert set(found["UserDetailList"]) == {"nomad-signer-staging"}
    assert found["RoleDetailList"] == {}
    assert set(found["Policies"]) == {"staging-watcher-signer", "staging-updater-signer"}


@pytest.mark.parametrize(
    ("operator", "told"),
    [
        (
            {"agents": ["validator"]},
            "The operator acme names 'validator' in its agents; this environment has: watcher,",
        ),
        ({"networks": ["goerli"]}, "names 'goerli' in its networks; this environment has: moonbasealpha, kovan"),
        ({"iam_user": None, "assume_role": {"account_id": "*", "external_id": "abc"}}, "expected no wildcard"),
    ],
)
def test_an_operator_that_cannot_be_is_refused_before_any_call(
    permit: Any, aws: Sandbox, operator: dict[str, Any], told: str
) -> None:
    done = permit(agent_ops_operators=[{"name": "acme", "agents": ["watcher"], "iam_user": True, **operator}])
    assert done.code != 0
    assert told in done.told
    assert "The operators of staging (agent_ops_operators) are not in order." in done.told
    assert aws.log() == []


def test_a_role_for_the_account_itself_is_refused_without_a_pin(permit: Any, aws: Sandbox) -> None:
    way = {"account_id": ACCOUNT_ID, "external_id": "acme-7f3a"}
    operator = {"name": "acme", "agents": ["watcher"], "assume_role": way}
    done = permit(agent_ops_operators=[operator], agent_ops_sandbox_account_id="")
    assert done.code != 0
    assert f"assumes its role from the account {ACCOUNT_ID}, which is the environment's own" in done.told
    assert writes(aws) == []


def test_the_page_of_permissions_is_what_the_log_says(permit: Any, iam: Any, aws: Sandbox, tmp_path: Path) -> None:
    """Everything that the role can do, once, and what AWS was asked for meanwhile."""
    iam.create_open_id_connect_provider(Url="https://oidc.example.net/id/ABC", ThumbprintList=["a" * 40])
    aws.clear_log()

    def run(code: int = 0, **values: object) -> str:
        done = permit(**SMALL_WITH_OPERATORS, agent_ops_operators=OPERATORS, **values)
        assert done.code == code, done.output
        return done.told  # type: ignore[no-any-return]

    run()
    actions = used(aws)
    place = f"arn:aws:iam::{ACCOUNT_ID}:policy/agent_ops/staging"
    text = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]})
    # One policy has its right document as an old version still, the other has as many versions as AWS allows.
    iam.create_policy_version(PolicyArn=f"{place}/staging-watcher-signer", PolicyDocument=text, SetAsDefault=True)
    for _version in range(4):
        iam.create_policy_version(PolicyArn=f"{place}/staging-updater-signer", PolicyDocument=text, SetAsDefault=True)
    iam.delete_policy_version(PolicyArn=f"{place}/staging-updater-signer", VersionId="v1")
    iam.create_policy_version(PolicyArn=f"{place}/staging-updater-signer", PolicyDocument=text, SetAsDefault=True)
    role = "nomad-operator-beta-staging"
    trust = account(iam)["RoleDetailList"][role]["AssumeRolePolicyDocument"]
    trust["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"] = "another-one"
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trust))
    iam.untag_role(RoleName=role, TagKeys=["environment"])
    extra = iam.create_policy(PolicyName="extra", PolicyDocument=text)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=role, PolicyArn=extra)
    iam.create_user(UserName="mallory")
    iam.add_user_to_group(GroupName="staging-signer", UserName="mallory")
    iam.attach_group_policy(GroupName="staging-signer", PolicyArn=extra)
    iam.attach_user_policy(UserName="nomad-operator-acme-staging", PolicyArn=extra)
    for kind, name in (("group", "staging-signer"), ("user", "nomad-signer-staging"), ("role", role)):
        put = getattr(iam, f"put_{kind}_policy")
        put(**{f"{kind.title()}Name": name, "PolicyName": "more", "PolicyDocument": text})
    aws.clear_log()
    run(signer_iam_purge=True)
    told = run(signer_iam_rotate=["nomad-signer-staging"])
    assert re.search(
        r"made the access key AKIA\w+ of nomad-signer-staging, stored in /\S+/nomad-signer-staging\.csv", told
    )
    assert "then ask for retire_previous (-e signer_iam_retire_previous=nomad-signer-staging)" in told
    told = run(2, signer_iam_retire_previous=["nomad-signer-staging"])
    assert "or ask for force (-e signer_iam_retire_unused=true)" in told
    # The sentence, and not all that is known of all users.
    assert "access_key_id:" not in told
    told = run(signer_iam_retire_previous=["nomad-signer-staging"], signer_iam_retire_unused=True)
    assert "deleted the previous access key of nomad-signer-staging; AKIA" in told
    run(signer_iam_state="absent")
    actions |= used(aws)
    page = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8")
    section = page.split("## Permissions (`signer_iam`)")[1].split("\n## ")[0]
    # CreatePolicy with tags needs TagPolicy, which no request is called by.
    actions |= {"iam:TagPolicy"}
    assert set(re.findall(r"`((?:iam|kms|sts):[A-Z]\w+)`", section)) == actions - {"sts:GetCallerIdentity"}


def used(aws: Sandbox) -> set[str]:
    return {f"{entry['service']}:{entry['operation']}" for entry in aws.log()}
