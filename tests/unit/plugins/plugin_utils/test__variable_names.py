# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables and tags that are spelt almost like one that is read, and those that are somebody else's."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.interchain.agent_ops.plugins.plugin_utils import _variable_names

ROOT = Path(__file__).parents[4]
SPECIFICATIONS = sorted((ROOT / "roles").glob("*/meta/argument_specs.yml"))
# https://docs.ansible.com/projects/awx/en/24.6.1/userguide/job_templates.html, "Extra Variables".
GIVEN_BY_AWX = """
awx_job_id awx_job_launch_type awx_job_template_id awx_job_template_name awx_project_revision awx_project_scm_branch
awx_user_id awx_user_name awx_user_email awx_user_first_name awx_user_last_name awx_schedule_id awx_schedule_name
awx_inventory_id awx_inventory_name awx_workflow_job_id awx_workflow_job_name awx_workflow_job_launch_type
awx_workflow_job_template_id awx_workflow_job_template_name awx_parent_job_schedule_id awx_parent_job_schedule_name
awx_execution_node
""".split()


@pytest.mark.parametrize(
    ("name", "meant"),
    {
        "agent_ops_agent": "agent_ops_agents",
        "agent_ops_aws_regoin": "agent_ops_aws_region",
        "agent_ops_netwrok": "agent_ops_network",
        "signer_iam_credential_store": "signer_iam_credentials_store",
        "signing_keys_rotat": "signing_keys_rotate",
        "agent_config_restarts": "agent_config_restart",
        # A word is left out.
        "agent_ops_account_id": "agent_ops_aws_account_id",
        "agent_ops_region": "agent_ops_aws_region",
        "proof_bucket_public": "proof_bucket_public_list",
        # The role's name is the misspelt part.
        "signing_key_rotate": "signing_keys_rotate",
        "agents_ops_protected": "agent_ops_protected",
    }.items(),
)
def test_what_is_likely_meant(name: str, meant: str) -> None:
    assert _variable_names.unread({"kovan": ["groups", name]}) == [
        f"The variable {name} is set, and nothing reads it. Expected: {meant}"
    ]
    assert _variable_names.unlike_any({"kovan": [name]}) == []


def test_a_host_is_named_where_others_do_without_the_variable() -> None:
    variables = {"kovan": ["agent_ops_netwrok"], "goerli": ["agent_ops_network"], "alfajores": ["agent_ops_netwrok"]}
    assert _variable_names.unread(variables) == [
        "The variable agent_ops_netwrok is set for kovan, alfajores, and nothing reads it. Expected: agent_ops_network"
    ]


@pytest.mark.parametrize(
    "name",
    [*GIVEN_BY_AWX, "deployment_version", "environment_kind", "keymaster_team", "ansible_agent_ops_agent", "__agent"],
)
def test_variables_of_others_are_none_of_ours(name: str) -> None:
    assert _variable_names.unread({"kovan": [name]}) == _variable_names.unlike_any({"kovan": [name]}) == []


def test_a_name_of_ours_that_is_like_none_is_told() -> None:
    (told,) = _variable_names.unlike_any({"kovan": ["signing_keys_delete"], "goerli": ["signing_keys_delete"]})
    assert told.startswith("The variable signing_keys_delete is set, and nothing in this collection reads it.")
    assert "`ansible-doc -t role interchain.agent_ops.signing_keys`" in told


def test_every_variable_of_every_role_is_known() -> None:
    assert {file.parts[-3] for file in SPECIFICATIONS} == set(_variable_names._PREFIXES) - {_variable_names.SHARED}
    for file in SPECIFICATIONS:
        points: dict[str, t.Any] = yaml.safe_load(file.read_text(encoding="utf-8"))["argument_specs"]
        specified = {name for point in points.values() for name in point.get("options", {})}
        found = _variable_names._FOUND_BY_A_RUN.get(file.parts[-3], ())
        assert set(_variable_names.known_names(file.parts[-3])) == specified | set(found)


def test_every_variable_that_roles_share_is_known() -> None:
    files = [
        *(ROOT / "roles").glob("*/defaults/*.yml"),
        *(ROOT / "roles").glob("*/vars/*.yml"),
        *(ROOT / "playbooks").glob("*.yml"),
        *(ROOT / "inventories").rglob("*.yml"),
        *(ROOT / "docs" / "examples").rglob("*.yml"),
    ]
    used = {name for file in files for name in re.findall(r"\bagent_ops_[a-z_]+\b", file.read_text(encoding="utf-8"))}
    # Two profiles in a file of AWS's are called like that.
    assert used - {"agent_ops_awx", "agent_ops_source"} == set(_variable_names.SHARED_NAMES)


def test_tags() -> None:
    assert _variable_names.tag_problems(["all", "signing_keys", "never"], "--tags") == []
    assert _variable_names.tag_problems(["signing_key", "mine"], "--tags") == [
        "--tags signing_key is the tag of nothing. Expected: signing_keys"
    ]
    assert _variable_names.unknown_tags(["all", "probe"]) == []
    (told,) = _variable_names.unknown_tags(["mine", "probe"])
    assert told.startswith("No task of this collection has the tag mine, ")
    texts = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "playbooks").glob("*.yml"))
    named = {tag for tags in re.findall(r"^ *tags: (?:&\w+ )?\[?([a-z_, ]+)", texts, re.M) for tag in tags.split(", ")}
    assert named - {"always", "never", ""} == set(_variable_names.TAGS)
