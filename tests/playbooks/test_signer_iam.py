# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The permissions of an environment: made, left alone, planned, repaired, taken away."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from sandbox.client import ACCOUNT_ID, Sandbox
from tests.playbooks.conftest import Play
from tests.playbooks.iam_world import POLICIES, STAGING, account, attached, document, variables, writes


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


def test_a_failure_half_way_is_finished_by_the_next_run(permit_small: Any, aws: Sandbox, iam: Any) -> None:
    aws.add_fault(action="iam:CreateGroup", kind="access_denied")
    first = permit_small()
    assert first.code != 0
    assert "iam:CreateGroup" in first.told
    assert set(account(iam)["Policies"]) == {"staging-watcher-signer"}
    aws.remove_faults()
    second = permit_small()
    assert second.code == 0, second.output
    assert attached(account(iam)["GroupDetailList"]["staging-signer"]) == {"staging-watcher-signer"}


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


def test_what_belongs_to_others_is_left_as_it_was_also_by_a_removal(permit_small: Any, iam: Any) -> None:
    plant_foreign(iam, 40)
    # From here on AWS's own policies are listed with them, as AWS does it: in pages.
    assert iam.list_policies(Scope="AWS")["IsTruncated"]
    assert iam.list_policies()["IsTruncated"]
    before = foreign(iam)
    assert len(before["Policies"]) == len(before["UserDetailList"]) == 40
    assert permit_small(signer_iam_purge=True).code == 0
    assert foreign(iam) == before
    removed = permit_small(signer_iam_state="absent")
    assert removed.code == 0, removed.output
    assert account(iam) == before
    again = permit_small(signer_iam_state="absent")
    assert "as wanted" in again.output


def test_what_somebody_edited_is_put_right(permit_small: Any, iam: Any, aws: Sandbox) -> None:
    assert permit_small().code == 0
    arn = f"arn:aws:iam::{ACCOUNT_ID}:policy/agent_ops/staging/staging-watcher-signer"
    wanted = document(iam, arn)
    wide = {**wanted, "Statement": [{**wanted["Statement"][0], "Action": "kms:*"}]}
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(wide), SetAsDefault=True)
    iam.remove_user_from_group(GroupName="staging-signer", UserName="nomad-signer-staging")
    done = permit_small()
    assert done.code == 0, done.output
    assert "updates policy  staging-watcher-signer (its document)" in done.output
    assert "updates group   staging-signer (with the user nomad-signer-staging)" in done.output
    assert document(iam, arn) == wanted
    assert account(iam)["UserDetailList"]["nomad-signer-staging"]["GroupList"] == ["staging-signer"]


def test_what_somebody_added_is_warned_of_and_removed_when_asked(permit_small: Any, iam: Any) -> None:
    assert permit_small().code == 0
    iam.create_user(UserName="mallory")
    iam.add_user_to_group(GroupName="staging-signer", UserName="mallory")
    inline = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:Sign", "Resource": "*"}]}
    iam.put_group_policy(GroupName="staging-signer", PolicyName="more", PolicyDocument=json.dumps(inline))
    told = permit_small()
    assert "The group staging-signer has the user mallory, which the inventory does not want" in told.told
    assert "The group staging-signer has the inline policy more" in told.told
    assert account(iam)["UserDetailList"]["mallory"]["GroupList"] == ["staging-signer"]
    purged = permit_small(signer_iam_purge=True)
    assert purged.code == 0, purged.output
    found = account(iam)
    assert found["UserDetailList"]["mallory"]["GroupList"] == []
    assert found["GroupDetailList"]["staging-signer"]["GroupPolicyList"] == []
    assert "as wanted" in permit_small().output


def test_somebody_elses_user_of_the_name_is_not_taken(permit_small: Any, iam: Any, aws: Sandbox) -> None:
    iam.create_user(UserName="nomad-signer-staging")
    aws.clear_log()
    done = permit_small()
    assert done.code != 0
    assert "The user nomad-signer-staging exists already, at the path /" in done.told
    assert writes(aws) == []
    adopted = permit_small(signer_iam_adopt=["nomad-signer-staging"])
    assert adopted.code == 0, adopted.output
    user = account(iam)["UserDetailList"]["nomad-signer-staging"]
    assert (user["Path"], user["GroupList"]) == ("/", ["staging-signer"])
    assert permit_small(signer_iam_state="absent", signer_iam_adopt=["nomad-signer-staging"]).code == 0
    assert set(account(iam)["UserDetailList"]) == {"nomad-signer-staging"}


def test_bank_and_deployer_never_share_the_signers_group(permit_small: Any, iam: Any) -> None:
    done = permit_small(agent_ops_additional_keys=[{"agent": "bank"}, {"agent": "deployer"}])
    assert done.code == 0, done.output
    users = account(iam)["UserDetailList"]
    assert attached(users["nomad-keymaster-staging"]) == {"staging-bank-signer", "staging-keymaster"}
    assert attached(users["nomad-deployer-staging"]) == {"staging-deployer-signer"}
    assert users["nomad-keymaster-staging"]["GroupList"] == users["nomad-deployer-staging"]["GroupList"] == []


def test_a_limited_run_still_does_the_whole_environment(permit_small: Any, iam: Any) -> None:
    assert permit_small("--limit", "kovan").code == 0
    arn = f"arn:aws:iam::{ACCOUNT_ID}:policy/agent_ops/staging/staging-watcher-signer"
    condition = document(iam, arn)["Statement"][0]["Condition"]
    assert "alias/staging-moonbasealpha-watcher-signer" in condition["ForAnyValue:StringEquals"]["kms:ResourceAliases"]


def test_development_gets_the_same_for_its_hex_keys(play: Play, iam: Any) -> None:
    run = partial(
        play,
        "development",
        "sandbox",
        playbook="signer_iam.yml",
        options=variables(agent_ops_agents={"kathy": ["signer"]}),
    )
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


def test_the_main_playbook_has_it_and_tags_choose(play: Play, iam: Any, aws: Sandbox) -> None:
    assert play(*STAGING, options=("--tags", "signing_keys")).code == 0
    assert account(iam)["UserDetailList"] == {}
    aws.clear_log()
    done = play(*STAGING, options=("--tags", "signer_iam"))
    assert done.code == 0, done.output
    assert "nomad-signer-staging" in account(iam)["UserDetailList"]
    assert not [entry for entry in aws.log() if entry["operation"] in ("DescribeKey", "CreateKey")]
