# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run whose last report cannot be stored does all the rest, shows the keys, and fails at its end."""

from __future__ import annotations

import json
from pathlib import Path

import boto3

from sandbox.client import Sandbox
from tests.playbooks.conftest import Play

STORE = "s3://nomad-reports/agent_ops"


def test_keys_are_shown_and_what_follows_is_done(play: Play, aws: Sandbox, tmp_path: Path) -> None:
    aws.add_fault(action="s3:PutObject", kind="access_denied")
    given = json.dumps({"agent_ops_report_store": STORE, "agent_ops_agents": {"relayer": ["signer"]}})
    played = play("staging", "sandbox", options=("-e", given, "--tags", "signing_keys,agent_config"))
    assert played.code != 0
    shown, said = played.told.split("TASK [Say what is not done]")
    assert "2 keys: 2 created" in shown.split("TASK [interchain.agent_ops.signing_keys : Show the table")[1]
    assert "The report is not in its store (agent_ops_report_store)." in said
    assert "s3:PutObject" in said
    disk = tmp_path / "artifacts" / "sandbox" / "staging"
    assert (disk / "agents").is_dir()
    assert (disk / "signing_keys.json").exists()
    # The bucket that the run made is there, and private, and has nothing in it.
    s3 = boto3.client("s3", **aws.boto3_arguments())
    assert all(s3.get_public_access_block(Bucket="nomad-reports")["PublicAccessBlockConfiguration"].values())
    assert s3.list_objects_v2(Bucket="nomad-reports")["KeyCount"] == 0
