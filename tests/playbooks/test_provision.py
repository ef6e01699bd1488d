# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import boto3
import pytest

from sandbox.client import ACCOUNT_ID, Sandbox, environment_without_aws
from tests.playbooks.conftest import PLAYBOOK, ROOT, Play, Report

STAGING = ("staging", "sandbox")


def writes(aws: Sandbox) -> list[str]:
    return [entry["operation"] for entry in aws.log() if entry["write"]]


@pytest.fixture
def play(play_keys: Play) -> Play:
    return play_keys


def extra(**variables: object) -> tuple[str, ...]:
    return ("-e", json.dumps(variables))


def test_an_empty_account_gets_the_keys_and_the_table_and_a_second_run_changes_nothing(
    play: Play, report: Report, aws: Sandbox
) -> None:
    first = play(*STAGING, paced=True)
    assert first.code == 0, first.output
    assert "Creating 14 signing keys in us-west-2: about 3 s at AWS's rates" in first.output
    rows = report("staging")
    assert len(rows) == 14
    for row in rows.values():
        for field in ("alias", "region", "key_id", "arn", "description", "address"):
            assert str(row[field]) in first.output
    # The table is text, not a quoted string or a list.
    assert "\\n" not in first.output
    assert f'"{rows["staging-kovan-updater-signer"]["address"]}' not in first.output
    aws.clear_log()
    second = play(*STAGING)
    assert second.code == 0
    assert "14 keys: 14 unchanged" in second.output
    assert "changed=0" in second.output
    assert "changed=1" not in second.output
    assert writes(aws) == []


def test_a_wide_terminal_gets_a_line_a_key_with_the_documented_columns(play: Play, report: Report) -> None:
    done = play(*STAGING, options=("--limit", "kovan"), environment={"COLUMNS": "300"})
    lines = done.output.splitlines()
    header = next(line for line in lines if line.startswith("Alias Name"))
    columns = ["Alias Name", "Region", "Key ID", "ARN", "Key Description", "Ethereum Address"]
    places = [header.index(column) for column in columns]
    assert places == sorted(places)
    row = report("staging")["staging-kovan-watcher-signer"]
    line = next(line for line in lines if line.startswith(row["alias"]))
    fields = ["alias", "region", "key_id", "arn", "description", "address"]
    for place, field in zip(places, fields, strict=True):
        assert line[place:].startswith(row[field])


def test_the_plan_writes_nothing_at_all(play: Play, aws: Sandbox, tmp_path: Path) -> None:
    done = play(*STAGING, options=("--check", "--diff"))
    assert done.code == 0, done.output
    assert "14 keys: 14 would be created" in done.output
    assert "+    staging-kovan-updater-signer:" in done.output
    assert writes(aws) == []
    assert list(tmp_path.rglob("*")) == []


def test_the_order_of_the_inventories_does_not_matter(play: Play, aws: Sandbox) -> None:
    assert play("sandbox", "staging", options=("--check",)).code == 0
    assert aws.log()
    assert writes(aws) == []


def test_a_limited_run_does_that_network_and_loses_no_row(play: Play, report: Report, aws: Sandbox) -> None:
    assert play(*STAGING, options=("--limit", "moonbasealpha")).code == 0
    assert {row["network"] for row in report("staging").values()} == {"moonbasealpha"}
    before = report("staging")
    aws.clear_log()
    assert play(*STAGING, options=("--limit", "kovan")).code == 0
    assert not [entry for entry in aws.log() if "moonbasealpha" in json.dumps(entry["resource"])]
    after = report("staging")
    assert len(after) == 14
    assert {name: row["address"] for name, row in before.items()}.items() <= {
        name: row["address"] for name, row in after.items()
    }.items()


@pytest.mark.parametrize(
    ("inventories", "options", "told"),
    [
        (("staging", "production"), (), "This run has 2 environments: staging, production. Expected: one."),
        (("staging", "development", "sandbox"), (), "This run has 2 environments: staging, development."),
        (("staging", "production"), ("--limit", "kovan"), "This run has 2 environments"),
        (("sandbox",), (), "This run has no environment"),
        ((), (), "This run has no environment"),
    ],
)
def test_a_run_on_two_environments_or_none_is_refused_before_any_call(
    play: Play, aws: Sandbox, inventories: tuple[str, ...], options: tuple[str, ...], told: str
) -> None:
    done = play(*inventories, options=options)
    assert done.code != 0
    assert told in done.told
    assert aws.log() == []


def test_production_does_not_start_without_its_account_and_says_where_to_put_it(play: Play, aws: Sandbox) -> None:
    done = play("production", environment=aws.environment())
    assert done.code != 0
    assert "inventories/production/group_vars/all/agent_ops.yml" in done.told
    assert aws.log() == []


def test_credentials_for_another_account_stop_before_a_key_is_read(play: Play, aws: Sandbox) -> None:
    done = play("production", options=extra(agent_ops_aws_account_id="999988887777"), environment=aws.environment())
    assert done.code != 0
    assert f"are for the account {ACCOUNT_ID}. Expected: 999988887777" in done.told
    assert [entry["operation"] for entry in aws.log()] == ["GetCallerIdentity"]


def test_production_is_rehearsed_without_an_account_and_has_no_kathy(play: Play, report: Report) -> None:
    done = play("production", "sandbox")
    assert done.code == 0, done.output
    rows = report("production")
    assert len(rows) == 18
    assert {row["network"] for row in rows.values()} == {"ethereum", "moonbeam", "evmos"}
    assert "kathy" not in {row["agent"] for row in rows.values()}


def test_kathy_in_production_is_refused(play: Play, aws: Sandbox) -> None:
    agents = {"updater": ["signer"], "kathy": ["signer"]}
    done = play("production", "sandbox", options=extra(agent_ops_agents=agents))
    assert done.code != 0
    assert "kathy, which is for tests only" in done.told
    assert aws.log() == []


def test_a_stray_endpoint_makes_a_sandbox_run_that_says_so(play: Play, aws: Sandbox, tmp_path: Path) -> None:
    root = tmp_path / "artifacts"
    done = play("staging", options=extra(agent_ops_artifacts_root=str(root)), environment=aws.environment())
    assert done.code == 0, done.output
    assert "SANDBOX: this is not AWS." in done.output
    assert [path.name for path in root.iterdir()] == ["sandbox"]
    assert json.loads((root / "sandbox/staging/signing_keys.json").read_text())["sandbox"] is True
    assert "Sandbox: this is not AWS" in (root / "sandbox/staging/signing_keys.md").read_text()


def test_the_users_own_profile_and_session_do_not_get_into_a_rehearsal(play: Play) -> None:
    strange = {"AWS_PROFILE": "no-such-profile", "AWS_SESSION_TOKEN": "a+session/token+of+somebody/else-7f1"}
    assert play(*STAGING, options=("--check",), environment=strange).code == 0


def test_a_sandbox_that_is_not_there_is_said_and_nothing_falls_back(play: Play) -> None:
    done = play(*STAGING, environment={"AGENT_OPS_SANDBOX_URL": "http://127.0.0.1:9"})
    assert done.code != 0
    assert "is a sandbox running there (make sandbox)?" in done.told


@pytest.mark.parametrize(
    ("template", "names", "count"),
    [
        ("{environment}-{agent}-{purpose}", ["staging-watcher-signer", "staging-kathy-signer"], 7),
        ("{environment}-{agent}-{purpose}-{network}", ["staging-watcher-signer-kovan"], 14),
    ],
)
def test_the_other_documented_names_are_a_one_line_choice(
    play: Play, report: Report, template: str, names: list[str], count: int
) -> None:
    done = play(*STAGING, options=extra(agent_ops_key_name_template=template))
    assert done.code == 0, done.output
    assert len(report("staging")) == count
    assert set(names) <= set(report("staging"))


def test_a_network_that_is_limited_to_has_the_keys_that_it_shares(play: Play, report: Report) -> None:
    template = {"agent_ops_key_name_template": "{environment}-{agent}-{purpose}"}
    assert play(*STAGING, options=(*extra(**template), "--limit", "kovan")).code == 0
    assert len(report("staging")) == 7


def test_a_template_that_gives_two_keys_one_name_is_refused_before_any_call(play: Play, aws: Sandbox) -> None:
    done = play(*STAGING, options=extra(agent_ops_key_name_template="{environment}-{network}-{agent}"))
    assert done.code != 0
    assert "Two keys get the name 'staging-moonbasealpha-watcher'" in done.told
    assert aws.log() == []


def test_keys_are_added_and_left_out(play: Play, report: Report) -> None:
    additional = [
        {"agent": "bank"},
        {"agent": "deployer", "name": "{environment}-{network}-deployer", "networks": ["kovan"]},
    ]
    network = {"excluded_keys": ["kathy", "watcher-attestation"]}
    done = play(*STAGING, options=extra(agent_ops_additional_keys=additional, agent_ops_network=network))
    assert done.code == 0, done.output
    rows = report("staging")
    assert len(rows) == 2 * 5 + 2
    assert rows["staging-bank"]["network"] is None
    assert rows["staging-bank"]["description"] == "staging bank"
    assert rows["staging-kovan-deployer"]["description"] == "staging kovan deployer"
    assert "staging-kovan-kathy-signer" not in rows


def test_a_network_fails_by_its_own_keys_and_the_others_are_done(play: Play, report: Report, aws: Sandbox) -> None:
    aws.add_fault(action="kms:CreateKey", kind="access_denied", match="kovan")
    done = play(*STAGING)
    assert done.code != 0
    assert "The caller lacks the permission kms:CreateKey" in done.told
    recap = {line.split()[0]: line for line in done.output.splitlines() if "failed=" in line}
    assert "failed=1" in recap["kovan"]
    assert "failed=0" in recap["moonbasealpha"]
    assert "14 keys: 7 created, 7 failed" in done.output
    assert [row["network"] for row in report("staging").values() if row["address"]] == ["moonbasealpha"] * 7
    aws.remove_faults()
    assert "14 keys: 7 created, 7 unchanged" in play(*STAGING).output


def test_the_table_is_shown_when_every_network_fails(play: Play, aws: Sandbox) -> None:
    aws.add_fault(action="kms:CreateAlias", kind="access_denied")
    done = play(*STAGING)
    assert done.code != 0
    assert "14 keys: 14 failed" in done.output
    assert "the next run takes it over" in done.told
    aws.remove_faults()
    assert "14 keys: 14 adopted" in play(*STAGING).output


def test_an_address_that_changed_is_said_loudly(play: Play, report: Report, aws: Sandbox) -> None:
    assert play(*STAGING).code == 0
    old = report("staging")["staging-kovan-updater-signer"]["address"]
    kms = boto3.client("kms", **aws.boto3_arguments())
    kms.delete_alias(AliasName="alias/staging-kovan-updater-signer")
    key = report("staging")["staging-kovan-updater-signer"]["key_id"]
    kms.schedule_key_deletion(KeyId=key)
    done = play(*STAGING, options=extra(signing_keys_replace=["staging-kovan-updater-signer"]))
    new = report("staging")["staging-kovan-updater-signer"]["address"]
    assert new != old
    assert "[WARNING]" in done.output
    assert f"The address of staging-kovan-updater-signer was {old} in the last report, and is {new} now." in done.told


class TestRetirement:
    KEY = "staging-kovan-kathy-signer"

    def test_only_what_the_inventory_does_not_ask_for_is_retired(self, play: Play, aws: Sandbox) -> None:
        assert play(*STAGING).code == 0
        aws.clear_log()
        done = play(*STAGING, options=extra(signing_keys_retire=[self.KEY]))
        assert done.code != 0
        assert f"signing_keys_retire names {self.KEY}, which the inventory still asks for" in done.told
        assert writes(aws) == []

    def test_a_key_is_retired_by_name(self, play: Play, aws: Sandbox) -> None:
        assert play(*STAGING).code == 0
        kms = boto3.client("kms", **aws.boto3_arguments())
        key = kms.describe_key(KeyId=f"alias/{self.KEY}")["KeyMetadata"]["KeyId"]
        aws.clear_log()
        variables = {"signing_keys_retire": [self.KEY], "agent_ops_network": {"excluded_keys": ["kathy"]}}
        done = play(*STAGING, options=extra(**variables))
        assert done.code == 0, done.output
        assert writes(aws) == ["ScheduleKeyDeletion", "DeleteAlias"]
        assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"

    def test_production_takes_a_confirmation(self, play: Play, aws: Sandbox) -> None:
        old = {"agent_ops_agents": {"updater": ["signer"], "relayer": ["signer"]}}
        assert play("production", "sandbox", options=extra(**old)).code == 0
        aws.clear_log()
        new = {"agent_ops_agents": {"updater": ["signer"]}, "signing_keys_retire": ["production-evmos-relayer-signer"]}
        refused = play("production", "sandbox", options=extra(**new))
        assert refused.code != 0
        assert "set signing_keys_retire_confirmation to production" in refused.told
        assert writes(aws) == []
        done = play("production", "sandbox", options=extra(**new, signing_keys_retire_confirmation="production"))
        assert done.code == 0, done.output
        assert writes(aws) == ["ScheduleKeyDeletion", "DeleteAlias"]


def test_half_of_all_requests_are_throttled_and_it_finishes(play: Play, report: Report, aws: Sandbox) -> None:
    aws.add_fault(action="*", kind="throttle", probability=0.5)
    done = play(*STAGING)
    assert done.code == 0, done.output
    assert "hrottl" not in done.output
    aws.remove_faults()
    kms = boto3.client("kms", **aws.boto3_arguments())
    keys = [key["KeyId"] for page in kms.get_paginator("list_keys").paginate() for key in page["Keys"]]
    assert sorted(keys) == sorted(row["key_id"] for row in report("staging").values())


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"agent_ops_key_backend": "kmss"}, "agent_ops_key_backend is 'kmss'. Expected: one of kms, secretsmanager"),
        ({"agent_ops_agents": {}}, "so that there is no key to make"),
        ({"agent_ops_network": {"excluded_key": ["kathy"]}}, "has the setting 'excluded_key'; expected excluded_keys"),
        (
            {
                "signing_keys_rotate": ["staging-kovan-relayer-signer"],
                "signing_keys_replace": "staging-kovan-relay-signer",
            },
            "in AWS KMS and cannot be rotated. A new key there is another key: retire the old one, and name it in"
            " signing_keys_replace signing_keys_revive, signing_keys_replace or signing_keys_rotate names"
            " staging-kovan-relay-signer, which is no key of this run. Expected: of staging-moonbasealpha-",
        ),
    ],
)
def test_a_mistake_is_told_with_its_name_before_any_call(
    play: Play, aws: Sandbox, variables: dict[str, object], told: str
) -> None:
    done = play(*STAGING, options=extra(**variables))
    assert done.code != 0
    assert told in done.told
    assert aws.log() == []


def test_a_limit_that_leaves_no_network_is_refused_and_so_is_what_is_misspelt(play: Play, aws: Sandbox) -> None:
    misspelt = extra(agent_ops_account_id="111122223333", signing_keys_delete="staging-kovan-kathy-signer")
    done = play(*STAGING, options=("--limit", "staging", *misspelt, "--tags", "signing_key", "--skip-tags", "prob"))
    assert done.code != 0
    assert (
        "The variable agent_ops_account_id is set, and nothing reads it. Expected: agent_ops_aws_account_id"
        in done.told
    )
    assert "The variable signing_keys_delete is set, and nothing in this collection reads it." in done.told
    assert "--tags signing_key is the tag of nothing. Expected: signing_keys" in done.told
    assert "--skip-tags prob is the tag of nothing. Expected: probe" in done.told
    # The sentences alone, not what is asserted.
    assert "__" not in done.told
    assert "--limit staging leaves no network of staging. Expected: one of moonbasealpha, kovan" in done.told
    assert aws.log() == []


def test_a_retired_key_is_neither_forgotten_nor_replaced(play: Play, report: Report, aws: Sandbox) -> None:
    assert play(*STAGING, options=("--limit", "kovan")).code == 0
    name = "staging-kovan-kathy-signer"
    address = report("staging")[name]["address"]
    retire = (*extra(agent_ops_network={"excluded_keys": ["kathy"]}), "-e", f"signing_keys_retire={name}")
    for again in (False, True):
        done = play(*STAGING, options=("--limit", "kovan", *retire))
        assert done.code == 0, done.output
        assert ("it was retired before, or the name is mistyped" in done.told) == again
        row = report("staging")[name]
        assert (row["address"], row["state"], row["network"], row["agent"]) == (
            address,
            "PendingDeletion",
            "kovan",
            "kathy",
        )
        assert f"The report also has keys that the inventory does not ask for: {name}" in done.output
    refused = play(*STAGING, options=("--limit", "kovan"))
    assert refused.code != 0
    assert f"Name {name} in revive to use that key again, or in replace" in refused.told
    revived = play(*STAGING, options=("--limit", "kovan", "-e", f"signing_keys_revive={name}"))
    assert revived.code == 0, revived.output
    assert report("staging")[name]["address"] == address


def test_a_sandbox_that_was_started_anew_is_told_in_one_line(play: Play, aws: Sandbox) -> None:
    assert play(*STAGING).code == 0
    aws.reset()
    done = play(*STAGING)
    assert "14 addresses are others than in the last report: a sandbox forgets its keys at its end." in done.told
    assert done.output.count("[WARNING]: 14 addresses") == 1


def test_an_interrupted_run_is_finished_by_the_next(aws: Sandbox, play: Play, report: Report, tmp_path: Path) -> None:
    sources = [option for name in STAGING for option in ("-i", str(ROOT / "inventories" / name))]
    command = [str(PLAYBOOK), "provision.yml", *sources, "-e", f"agent_ops_sandbox_artifacts_root={tmp_path}/sandbox"]
    environment = {**environment_without_aws(), "AGENT_OPS_SANDBOX_URL": aws.url}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
    )
    deadline = time.monotonic() + 60
    while not aws.log(operation="CreateKey") and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=60)
    assert process.returncode != 0
    # The module may still be at work: the two are then two runs at once.
    assert play(*STAGING).code == 0
    time.sleep(4)
    kms = boto3.client("kms", **aws.boto3_arguments())
    keys = [key["KeyId"] for page in kms.get_paginator("list_keys").paginate() for key in page["Keys"]]
    states = {key: kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] for key in keys}
    enabled = [key for key, state in states.items() if state == "Enabled"]
    assert sorted(enabled) == sorted(row["key_id"] for row in report("staging").values())


def test_the_table_still_says_the_address_of_a_key_that_cannot_be_read(
    play: Play, report: Report, aws: Sandbox
) -> None:
    assert play(*STAGING, options=("--limit", "kovan")).code == 0
    row = report("staging")["staging-kovan-relayer-signer"]
    boto3.client("kms", **aws.boto3_arguments()).disable_key(KeyId=row["key_id"])
    done = play(*STAGING, options=("--limit", "kovan"))
    assert done.code != 0
    assert "which is Disabled. Expected: Enabled." in done.told
    assert row["address"] in done.output
    assert report("staging")["staging-kovan-relayer-signer"]["address"] == row["address"]
