# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The permissions of an environment: made, left alone, planned, repaired, taken away."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest

from sandbox.client import ACCOUNT_ID, Sandbox
from tests.playbooks.conftest import ROOT, Play, Played

STAGING = ("staging", "sandbox")
AGENTS = ("watcher", "updater", "processor", "relayer", "kathy")
POLICIES = {*(f"staging-{agent}-signer" for agent in AGENTS), "kms-admin"}


def variables(**values: object) -> tuple[str, ...]:
    return ("-e", json.dumps(values))


@pytest.fixture
def permit(play: Play) -> Any:
    def run(*options: str, **values: object) -> Played:
        return play(*STAGING, playbook="signer_iam.yml", options=(*options, *variables(**values)))

    return run


@pytest.fixture
def iam(aws: Sandbox) -> Any:
    return boto3.client("iam", **aws.boto3_arguments())


def writes(aws: Sandbox) -> list[str]:
    return [entry["operation"] for entry in aws.log() if entry["write"]]


def account(iam: Any) -> dict[str, dict[str, Any]]:
    """Everything that IAM holds, by kind and name."""
    found: dict[str, dict[str, Any]] = {}
    for page in iam.get_paginator("get_account_authorization_details").paginate(
        Filter=["User", "Role", "Group", "LocalManagedPolicy"]
    ):
        for kind, name in (
            ("UserDetailList", "UserName"),
            ("GroupDetailList", "GroupName"),
            ("RoleDetailList", "RoleName"),
            ("Policies", "PolicyName"),
        ):
            found.setdefault(kind, {}).update({entry[name]: entry for entry in page.get(kind, ())})
    return found


def attached(entry: dict[str, Any]) -> set[str]:
    return {policy["PolicyName"] for policy in entry["AttachedManagedPolicies"]}


def document(iam: Any, arn: str) -> dict[str, Any]:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return dict(iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])


def test_an_empty_account_gets_the_documented_set_up_and_a_second_run_changes_nothing(
    permit: Any, aws: Sandbox, iam: Any
) -> None:
    first = permit()
    assert first.code == 0, first.output
    found = account(iam)
    assert set(found["Policies"]) == POLICIES
    assert set(found["UserDetailList"]) == {"nomad-signer-staging", "kms-admin"}
    assert attached(found["GroupDetailList"]["staging-signer"]) == POLICIES - {"kms-admin"}
    assert attached(found["GroupDetailList"]["kms-admin"]) == {"kms-admin"}
    assert found["UserDetailList"]["nomad-signer-staging"]["GroupList"] == ["staging-signer"]
    assert found["UserDetailList"]["kms-admin"]["GroupList"] == ["kms-admin"]
    assert {entry["Path"] for name, entry in found["Policies"].items() if name != "kms-admin"} == {
        "/agent_ops/staging/"
    }
    aws.clear_log()
    second = permit()
    assert second.code == 0
    assert "as wanted" in second.output
    assert "changed=1" not in second.output
    assert writes(aws) == []


def test_the_plan_names_everything_and_writes_nothing(permit: Any, aws: Sandbox, tmp_path: Path) -> None:
    done = permit("--check", "--diff")
    assert done.code == 0, done.output
    for name in POLICIES:
        assert f"would create policy  {name}" in done.output
    for name in ("nomad-signer-staging", "kms-admin"):
        assert f"would create user    {name}" in done.output
    assert "would create group   staging-signer" in done.output
    # The plan, and the access keys that users would get.
    assert "changed=2" in done.output
    # The difference holds the documents.
    assert "+    policy staging-watcher-signer:" in done.output
    assert "alias/staging-kovan-watcher-attestation" in done.output
    assert writes(aws) == []
    assert list(tmp_path.rglob("*")) == []


def test_a_failure_half_way_is_finished_by_the_next_run(permit: Any, aws: Sandbox, iam: Any) -> None:
    aws.add_fault(action="iam:CreateGroup", kind="access_denied")
    first = permit()
    assert first.code != 0
    assert "iam:CreateGroup" in first.told
    assert set(account(iam)["Policies"]) == POLICIES
    aws.remove_faults()
    second = permit()
    assert second.code == 0, second.output
    assert attached(account(iam)["GroupDetailList"]["staging-signer"]) == POLICIES - {"kms-admin"}


def plant_foreign(iam: Any, count: int) -> None:
    nothing = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}
    )
    for index in range(count):
        arn = iam.create_policy(PolicyName=f"foreign-{index}", PolicyDocument=nothing)["Policy"]["Arn"]
        iam.create_group(GroupName=f"foreign-{index}")
        iam.create_user(UserName=f"foreign-{index}", Path="/people/")
        iam.attach_group_policy(GroupName=f"foreign-{index}", PolicyArn=arn)
        iam.add_user_to_group(GroupName=f"foreign-{index}", UserName=f"foreign-{index}")


def foreign(iam: Any) -> dict[str, dict[str, Any]]:
    return {
        kind: {name: entry for name, entry in entries.items() if name.startswith("foreign-")}
        for kind, entries in account(iam).items()
    }


def test_what_belongs_to_others_is_left_as_it_was_also_by_a_removal(permit: Any, iam: Any) -> None:
    plant_foreign(iam, 40)
    before = foreign(iam)
    assert len(before["Policies"]) == len(before["UserDetailList"]) == 40
    assert permit(signer_iam_purge=True).code == 0
    assert foreign(iam) == before
    removed = permit(signer_iam_state="absent")
    assert removed.code == 0, removed.output
    assert account(iam) == before
    again = permit(signer_iam_state="absent")
    assert "as wanted" in again.output


def test_what_somebody_edited_is_put_right(permit: Any, iam: Any, aws: Sandbox) -> None:
    assert permit().code == 0
    arn = f"arn:aws:iam::{ACCOUNT_ID}:policy/agent_ops/staging/staging-watcher-signer"
    wanted = document(iam, arn)
    wide = {**wanted, "Statement": [{**wanted["Statement"][0], "Action": "kms:*"}]}
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(wide), SetAsDefault=True)
    iam.remove_user_from_group(GroupName="staging-signer", UserName="nomad-signer-staging")
    done = permit()
    assert done.code == 0, done.output
    assert "updates policy  staging-watcher-signer (its document)" in done.output
    assert "updates group   staging-signer (with the user nomad-signer-staging)" in done.output
    assert document(iam, arn) == wanted
    assert account(iam)["UserDetailList"]["nomad-signer-staging"]["GroupList"] == ["staging-signer"]


def test_what_somebody_added_is_warned_of_and_removed_when_asked(permit: Any, iam: Any) -> None:
    assert permit().code == 0
    iam.create_user(UserName="mallory")
    iam.add_user_to_group(GroupName="staging-signer", UserName="mallory")
    inline = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:Sign", "Resource": "*"}]}
    iam.put_group_policy(GroupName="staging-signer", PolicyName="more", PolicyDocument=json.dumps(inline))
    told = permit()
    assert "The group staging-signer has the user mallory, which the inventory does not want" in told.told
    assert "The group staging-signer has the inline policy more" in told.told
    assert account(iam)["UserDetailList"]["mallory"]["GroupList"] == ["staging-signer"]
    purged = permit(signer_iam_purge=True)
    assert purged.code == 0, purged.output
    found = account(iam)
    assert found["UserDetailList"]["mallory"]["GroupList"] == []
    assert found["GroupDetailList"]["staging-signer"]["GroupPolicyList"] == []
    assert "as wanted" in permit().output


def test_somebody_elses_user_of_the_name_is_not_taken(permit: Any, iam: Any, aws: Sandbox) -> None:
    iam.create_user(UserName="nomad-signer-staging")
    aws.clear_log()
    done = permit()
    assert done.code != 0
    assert "The user nomad-signer-staging exists already, at the path /" in done.told
    assert writes(aws) == []
    adopted = permit(signer_iam_adopt=["nomad-signer-staging"])
    assert adopted.code == 0, adopted.output
    user = account(iam)["UserDetailList"]["nomad-signer-staging"]
    assert (user["Path"], user["GroupList"]) == ("/", ["staging-signer"])
    assert permit(signer_iam_state="absent", signer_iam_adopt=["nomad-signer-staging"]).code == 0
    assert set(account(iam)["UserDetailList"]) == {"nomad-signer-staging"}


OPERATORS: list[dict[str, Any]] = [
    {"name": "acme", "agents": ["watcher"], "networks": ["kovan"], "iam_user": True},
    {
        "name": "beta",
        "agents": ["updater"],
        "assume_role": {"account_id": "444455556666", "external_id": "beta-9c2e41d7"},
    },
    {
        "name": "gamma",
        "agents": ["relayer", "processor"],
        "oidc": {"provider": "https://oidc.example.net/id/ABC", "subject": "system:serviceaccount:bridge:relayer"},
    },
]


def test_parties_are_let_in_and_out(permit: Any, iam: Any) -> None:
    done = permit(agent_ops_operators=OPERATORS)
    assert done.code != 0
    assert (
        "The account has no OIDC provider arn:aws:iam::123456789012:oidc-provider/oidc.example.net/id/ABC" in done.told
    )
    iam.create_open_id_connect_provider(Url="https://oidc.example.net/id/ABC", ThumbprintList=["a" * 40])
    done = permit(agent_ops_operators=OPERATORS)
    assert done.code == 0, done.output
    found = account(iam)
    assert attached(found["UserDetailList"]["nomad-operator-acme-staging"]) == {"staging-operator-acme"}
    assert found["UserDetailList"]["nomad-operator-acme-staging"]["GroupList"] == []
    trust = found["RoleDetailList"]["nomad-operator-beta-staging"]["AssumeRolePolicyDocument"]
    assert trust["Statement"][0]["Principal"] == {"AWS": "arn:aws:iam::444455556666:root"}
    assert len(iam.list_access_keys(UserName="nomad-operator-acme-staging")["AccessKeyMetadata"]) == 1
    assert "as wanted" in permit(agent_ops_operators=OPERATORS).output

    forgotten = permit(agent_ops_operators=OPERATORS[1:])
    assert "The user nomad-operator-acme-staging was made by this collection, and the inventory does not want it" in (
        forgotten.told
    )
    assert "nomad-operator-acme-staging" in account(iam)["UserDetailList"]

    removed = permit(agent_ops_operators=[{"name": entry["name"], "state": "removed"} for entry in OPERATORS])
    assert removed.code == 0, removed.output
    found = account(iam)
    assert set(found["UserDetailList"]) == {"nomad-signer-staging", "kms-admin"}
    assert found["RoleDetailList"] == {}
    assert set(found["Policies"]) == POLICIES


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


def test_the_documented_form_is_written_to_the_letter_and_what_it_misses_is_said(permit: Any, iam: Any) -> None:
    done = permit(signer_iam_form="documented")
    assert done.code == 0, done.output
    arn = f"arn:aws:iam::{ACCOUNT_ID}:policy/agent_ops/staging/staging-processor-signer"
    assert document(iam, arn) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "NomadStagingPolicy",
                "Effect": "Allow",
                "Action": ["kms:GetPublicKey", "kms:Sign"],
                "Resource": f"arn:aws:kms:*:{ACCOUNT_ID}:key/*",
                "Condition": {"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/staging-processor*"}},
            }
        ],
    }
    assert "The policy staging-processor-signer does not cover staging-kovan-processor-signer" in done.told
    assert "lets the administrators sign with every key of the account" in done.told


def test_a_pattern_that_covers_a_strangers_key_stops_before_anything_is_written(
    permit: Any, aws: Sandbox, one_server: Sandbox
) -> None:
    kms = boto3.client("kms", **one_server.boto3_arguments())
    key = kms.create_key(KeySpec="ECC_SECG_P256K1", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/staging-processor-of-somebody", TargetKeyId=key)
    aws.clear_log()
    done = permit(signer_iam_form="documented")
    assert done.code != 0
    assert f"The policy staging-processor-signer would let its principals use the key {key} in us-west-2" in done.told
    assert writes(aws) == []


def test_an_alias_that_opens_a_key_of_production_stops_before_anything_is_written(permit: Any, aws: Sandbox) -> None:
    kms = boto3.client("kms", **aws.boto3_arguments())
    key = kms.create_key(KeySpec="ECC_SECG_P256K1", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    for alias in ("production-ethereum-watcher-signer", "staging-kovan-watcher-signer"):
        kms.create_alias(AliasName=f"alias/{alias}", TargetKeyId=key)
    aws.clear_log()
    done = permit()
    assert done.code != 0
    assert "would let its principals use production-ethereum-watcher-signer of production" in done.told
    assert writes(aws) == []


def test_bank_and_deployer_never_share_the_signers_group(permit: Any, iam: Any) -> None:
    done = permit(agent_ops_additional_keys=[{"agent": "bank"}, {"agent": "deployer"}])
    assert done.code == 0, done.output
    users = account(iam)["UserDetailList"]
    assert attached(users["nomad-keymaster-staging"]) == {"staging-bank-signer"}
    assert attached(users["nomad-deployer-staging"]) == {"staging-deployer-signer"}
    assert users["nomad-keymaster-staging"]["GroupList"] == users["nomad-deployer-staging"]["GroupList"] == []


def test_a_limited_run_still_does_the_whole_environment(permit: Any, iam: Any) -> None:
    assert permit("--limit", "kovan").code == 0
    arn = f"arn:aws:iam::{ACCOUNT_ID}:policy/agent_ops/staging/staging-watcher-signer"
    condition = document(iam, arn)["Statement"][0]["Condition"]
    assert "alias/staging-moonbasealpha-watcher-signer" in condition["ForAnyValue:StringEquals"]["kms:ResourceAliases"]


def test_development_gets_the_same_for_its_hex_keys(play: Play, iam: Any) -> None:
    run = partial(play, "development", "sandbox", playbook="signer_iam.yml")
    done = run()
    assert done.code == 0, done.output
    found = account(iam)
    assert set(found["UserDetailList"]) == {"nomad-signer-development"}
    arn = f"arn:aws:iam::{ACCOUNT_ID}:policy/agent_ops/development/development-kathy-signer"
    (statement,) = document(iam, arn)["Statement"]
    assert statement["Action"] == ["secretsmanager:GetSecretValue"]
    place = f"arn:aws:secretsmanager:us-west-2:{ACCOUNT_ID}:secret:development"
    assert statement["Resource"] == [f"{place}-{network}-kathy-signer-??????" for network in ("alfajores", "kovan")]
    assert "as wanted" in run().output


def test_a_protected_environment_keeps_its_permissions_unless_it_is_named(play: Play, iam: Any, aws: Sandbox) -> None:
    run = partial(play, "production", "sandbox", playbook="signer_iam.yml")
    assert run().code == 0
    aws.clear_log()
    refused = run(options=variables(signer_iam_state="absent"))
    assert refused.code != 0
    assert "set signer_iam_removal_confirmation to production. Nothing was changed" in refused.told
    assert aws.log() == []
    assert run(options=variables(signer_iam_state="absent", signer_iam_removal_confirmation="production")).code == 0
    assert account(iam)["UserDetailList"] == {}


def test_the_main_playbook_has_it_and_tags_choose(play: Play, iam: Any, aws: Sandbox) -> None:
    assert play(*STAGING, options=("--tags", "signing_keys")).code == 0
    assert account(iam)["UserDetailList"] == {}
    aws.clear_log()
    done = play(*STAGING, options=("--tags", "signer_iam"))
    assert done.code == 0, done.output
    assert "nomad-signer-staging" in account(iam)["UserDetailList"]
    assert not [entry for entry in aws.log() if entry["operation"] in ("DescribeKey", "CreateKey")]


def test_the_page_of_permissions_is_what_the_log_says(permit: Any, iam: Any, aws: Sandbox, tmp_path: Path) -> None:
    """Everything that the role can do, once, and what AWS was asked for meanwhile."""
    iam.create_open_id_connect_provider(Url="https://oidc.example.net/id/ABC", ThumbprintList=["a" * 40])
    aws.clear_log()

    def run(**values: object) -> None:
        done = permit(agent_ops_operators=OPERATORS, **values)
        assert done.code == 0, done.output

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
    run(signer_iam_rotate=["nomad-signer-staging"])
    run(signer_iam_retire_previous=["nomad-signer-staging"], signer_iam_retire_unused=True)
    run(signer_iam_state="absent")
    actions |= used(aws)
    page = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8")
    section = page.split("## Permissions (`signer_iam`)")[1].split("\n## ")[0]
    # CreatePolicy with tags needs TagPolicy, which no request is called by.
    actions |= {"iam:TagPolicy"}
    assert set(re.findall(r"`((?:iam|kms|sts):[A-Z]\w+)`", section)) == actions - {"sts:GetCallerIdentity"}


def used(aws: Sandbox) -> set[str]:
    return {f"{entry['service']}:{entry['operation']}" for entry in aws.log()}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (
            {"signer_iam_rotate": "nomad-signer-stagin"},
            "names nomad-signer-stagin. Expected: one of nomad-signer-staging, kms-admin. Nothing was written",
        ),
        (
            {"signer_iam_credentials_store": "vault"},
            "signer_iam_credentials_store is vault, and signer_iam_vault_password_file is not set.",
        ),
    ],
)
def test_what_cannot_be_done_to_credentials_is_told_first(
    permit: Any, aws: Sandbox, values: dict[str, str], told: str
) -> None:
    done = permit(**values)
    assert done.code != 0
    assert told in done.told
    assert writes(aws) == []


def test_who_may_do_keys_alone_sees_them_and_is_told_how(play: Play, aws: Sandbox) -> None:
    aws.add_fault(action="iam:*", kind="access_denied")
    done = play(*STAGING)
    assert done.code != 0
    assert "iam:GetAccountAuthorizationDetails" in done.told
    assert (
        "The signing keys are done. Whoever is to provision keys alone runs this with --tags signing_keys" in done.told
    )
    # After the error, where it is seen.
    assert done.output.rindex("14 keys: 14 created") > done.output.index("iam:GetAccountAuthorizationDetails")
    assert play(*STAGING, options=("--tags", "signing_keys")).code == 0


def test_a_role_for_the_account_itself_is_refused_without_a_pin(permit: Any, aws: Sandbox) -> None:
    way = {"account_id": ACCOUNT_ID, "external_id": "acme-7f3a"}
    operator = {"name": "acme", "agents": ["watcher"], "assume_role": way}
    done = permit(agent_ops_operators=[operator], agent_ops_sandbox_account_id="")
    assert done.code != 0
    assert f"assumes its role from the account {ACCOUNT_ID}, which is the environment's own" in done.told
    assert writes(aws) == []


def test_a_key_of_production_in_its_own_region_is_looked_at(permit: Any, aws: Sandbox, tmp_path: Path) -> None:
    inventory = tmp_path / "far"
    (inventory / "group_vars").mkdir(parents=True)
    (inventory / "hosts").write_text("networks: {hosts: {ethereum: {}}}\n", encoding="utf-8")
    values = {
        "agent_ops_environment": "far",
        "agent_ops_aws_region": "eu-west-1",
        "agent_ops_agents": {"relayer": ["signer"]},
    }
    (inventory / "group_vars" / "all.yml").write_text(json.dumps(values), encoding="utf-8")
    kms = boto3.client("kms", **aws.boto3_arguments(region="eu-west-1"))
    key = kms.create_key(KeySpec="ECC_SECG_P256K1", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    for alias in ("far-ethereum-relayer-signer", "staging-kovan-watcher-signer"):
        kms.create_alias(AliasName=f"alias/{alias}", TargetKeyId=key)
    done = permit(signer_iam_other_inventories=str(inventory))
    assert done.code != 0
    assert "would let its principals use far-ethereum-relayer-signer of far" in done.told
