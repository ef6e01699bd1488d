# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX 24.6 keeps, as far as awx.awx is used here: a table of resources, fields and types.

Each resource names the class of ``awx/api/serializers.py`` that its fields are from. AWX drops a field that its
serializers do not know. The fake refuses it, so that nothing misspelt goes unseen; what awx.awx sends although AWX
drops it is ``dropped`` here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Gone = Literal["cascade", "null", "protect"]


@dataclass(frozen=True)
class Field:
    """A field that may be written.

    ``to`` names the resource that a number refers to, and ``gone`` what becomes of this object when that is deleted.
    ``longest`` is a text's greatest length, ``least`` a number's least value (awx/main/models).
    """

    kind: type | tuple[type, ...]
    default: Any = None
    required: bool = False
    null: bool = False
    choices: tuple[Any, ...] = ()
    to: str = ""
    gone: Gone = "null"
    once: bool = False
    longest: int | None = None
    least: int | None = None


def text(
    default: str = "", longest: int | None = None, *, required: bool = False, null: bool = False,
    choices: tuple[str, ...] = (),
) -> Field:  # fmt: skip
    return Field(str, default=None if null else default, required=required, null=null, choices=choices, longest=longest)


def flag(default: bool = False) -> Field:
    return Field(bool, default=default)


def number(default: int = 0, *choices: int, least: int | None = 0) -> Field:
    return Field(int, default=default, choices=choices, least=least)


def maybe(kind: type, *choices: Any, longest: int | None = None, least: int | None = None) -> Field:
    """A prompt that a launch configuration may keep, or not (LaunchConfigurationBaseSerializer)."""
    return Field(kind, null=True, choices=choices, longest=longest, least=least)


def to(resource: str, *, required: bool = False, gone: Gone = "null", once: bool = False) -> Field:
    return Field(int, required=required, null=not required, to=resource, gone=gone, once=once)


@dataclass(frozen=True)
class Resource:
    type: str
    serializer: str
    fields: Mapping[str, Field]
    lists: Mapping[str, str] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    unique: tuple[str, ...] = ("name", "organization")
    survey: bool = False


NAMED = {"name": text("", 512, required=True), "description": text()}
NOTIFIED = {"notification_templates_error": "notification_templates"}
JOB_TYPES = ("run", "check")
SOURCES = (
    "file", "constructed", "scm", "ec2", "gce", "azure_rm", "vmware", "satellite6", "openstack", "rhv", "controller",
    "insights", "terraform",
)  # fmt: skip
ASKS = (
    "scm_branch diff_mode variables limit tags skip_tags job_type verbosity inventory credential execution_environment"
    " labels forks job_slice_count timeout instance_groups"
).split()
PROMPTS: dict[str, Field] = {
    "extra_data": Field(dict, default={}),
    "inventory": to("inventories"),
    "scm_branch": maybe(str, longest=1024),
    "job_type": maybe(str, *JOB_TYPES),
    "job_tags": maybe(str),
    "skip_tags": maybe(str),
    "limit": maybe(str),
    "diff_mode": maybe(bool),
    "verbosity": maybe(int, *range(6)),
    "execution_environment": to("execution_environments"),
    "forks": maybe(int, least=0),
    "job_slice_count": maybe(int, least=0),
    "timeout": maybe(int),
}
"""Prompt to the ask_..._on_launch that allows it; the others are called as they are (get_ask_mapping of the models)."""
ASKED_AS = {"job_tags": "tags", "extra_data": "variables"}

RESOURCES: dict[str, Resource] = {
    "organizations": Resource(
        "organization",
        "OrganizationSerializer",
        {**NAMED, "max_hosts": number(), "default_environment": to("execution_environments")},
        {"galaxy_credentials": "credentials", "instance_groups": "instance_groups", **NOTIFIED},
        unique=("name",),
    ),
    "execution_environments": Resource(
        "execution_environment",
        "ExecutionEnvironmentSerializer",
        {
            **NAMED,
            "organization": to("organizations", gone="cascade"),
            "image": text("", 1024, required=True),
            "pull": text(choices=("", "always", "missing", "never")),
            "credential": to("credentials"),
        },
        unique=("name",),
    ),
    "projects": Resource(
        "project",
        "ProjectSerializer",
        {
            **NAMED,
            "organization": to("organizations"),
            "scm_type": text(choices=("", "git", "svn", "insights", "archive")),
            "scm_url": text("", 1024),
            "scm_branch": text("", 256),
            "scm_refspec": text("", 1024),
            "scm_clean": flag(),
            "scm_track_submodules": flag(),
            "scm_delete_on_update": flag(),
            "scm_update_on_launch": flag(),
            "scm_update_cache_timeout": number(),
            "allow_override": flag(),
            "timeout": number(least=None),
            "credential": to("credentials"),
            "default_environment": to("execution_environments"),
        },
        NOTIFIED,
    ),
    "inventories": Resource(
        "inventory",
        "InventorySerializer",
        {
            **NAMED,
            "organization": to("organizations", required=True),
            "kind": text(choices=("", "smart", "constructed")),
            "host_filter": text(null=True),
            "variables": text(),
            "prevent_instance_group_fallback": flag(),
        },
        {"instance_groups": "instance_groups"},
    ),
    "inventory_sources": Resource(
        "inventory_source",
        "InventorySourceSerializer",
        {
            **NAMED,
            "inventory": to("inventories", required=True, gone="cascade"),
            "source": text("", 32, required=True, choices=SOURCES),
            "source_path": text("", 1024),
            "scm_branch": text("", 1024),
            "limit": text(),
            "source_vars": text(),
            "source_project": to("projects", gone="cascade"),
            "credential": to("credentials"),
            "execution_environment": to("execution_environments"),
            "overwrite": flag(),
            "overwrite_vars": flag(),
            "update_on_launch": flag(),
            "update_cache_timeout": number(),
            "timeout": number(least=None),
            "verbosity": number(1, 0, 1, 2),
        },
        NOTIFIED,
        unique=("name", "inventory"),
    ),
    "credential_types": Resource(
        "credential_type",
        "CredentialTypeSerializer",
        {
            **NAMED,
            "kind": text(required=True, choices=("cloud", "net")),
            "inputs": Field(dict, default={}),
            "injectors": Field(dict, default={}),
        },
        dropped=("managed",),
        unique=("name", "kind"),
    ),
    "credentials": Resource(
        "credential",
        "CredentialSerializer",
        {
            **NAMED,
            "organization": to("organizations", gone="cascade"),
            "credential_type": to("credential_types", required=True, gone="protect"),
            "inputs": Field(dict, default={}),
        },
        unique=("name", "organization", "credential_type"),
    ),
    "job_templates": Resource(
        "job_template",
        "JobTemplateSerializer, JobOptionsSerializer",
        {
            **NAMED,
            "job_type": text("run", choices=JOB_TYPES),
            "inventory": to("inventories"),
            "project": to("projects"),
            "playbook": text("", 1024),
            "scm_branch": text("", 1024),
            "forks": number(),
            "limit": text(),
            "verbosity": number(0, *range(6)),
            "extra_vars": text(),
            "job_tags": text(),
            "skip_tags": text(),
            "start_at_task": text("", 1024),
            "force_handlers": flag(),
            "prevent_instance_group_fallback": flag(),
            "timeout": number(least=None),
            "use_fact_cache": flag(),
            "execution_environment": to("execution_environments"),
            "survey_enabled": flag(),
            "become_enabled": flag(),
            "diff_mode": flag(),
            "allow_simultaneous": flag(),
            "job_slice_count": number(1),
            **{f"ask_{name}_on_launch": flag() for name in ASKS},
        },
        {"credentials": "credentials", "instance_groups": "instance_groups", **NOTIFIED},
        # The organization of a job template is its project's (JobTemplateSerializer: read-only).
        dropped=("organization",),
        survey=True,
    ),
    "workflow_job_templates": Resource(
        "workflow_job_template",
        "WorkflowJobTemplateSerializer",
        {
            **NAMED,
            "organization": to("organizations"),
            "extra_vars": text(),
            "survey_enabled": flag(),
            "allow_simultaneous": flag(),
            "inventory": to("inventories"),
            "limit": text(null=True),
            "scm_branch": text("", 1024, null=True),
            "job_tags": text(null=True),
            "skip_tags": text(null=True),
            **{
                f"ask_{name}_on_launch": flag()
                for name in ("variables", "inventory", "scm_branch", "limit", "labels", "tags", "skip_tags")
            },
        },
        NOTIFIED,
        survey=True,
    ),
    "workflow_job_template_nodes": Resource(
        "workflow_job_template_node",
        "WorkflowJobTemplateNodeSerializer",
        {
            "identifier": text("", 512, required=True),
            "workflow_job_template": to("workflow_job_templates", required=True, gone="cascade", once=True),
            "unified_job_template": to("unified_job_templates"),
            "all_parents_must_converge": flag(),
            **PROMPTS,
        },
        dict.fromkeys(("success_nodes", "failure_nodes", "always_nodes"), "workflow_job_template_nodes"),
        dropped=("type",),
        unique=("identifier", "workflow_job_template"),
    ),
    "workflow_approval_templates": Resource(
        "workflow_approval_template",
        "WorkflowApprovalTemplateSerializer, WorkflowJobTemplateNodeCreateApprovalSerializer",
        {**NAMED, "timeout": number(least=None)},
        unique=(),
    ),
    "schedules": Resource(
        "schedule",
        "ScheduleSerializer",
        {
            **NAMED,
            "unified_job_template": to("unified_job_templates", required=True, gone="cascade"),
            "rrule": text(required=True),
            "enabled": flag(True),
            **PROMPTS,
        },
        unique=("unified_job_template", "name"),
    ),
    "notification_templates": Resource(
        "notification_template", "NotificationTemplateSerializer", {**NAMED, "organization": to("organizations")}
    ),
    "instance_groups": Resource(
        "instance_group", "InstanceGroupSerializer", {"name": text("", 250, required=True)}, unique=("name",)
    ),
}

UNIFIED = ("job_templates", "workflow_job_templates", "projects", "inventory_sources", "workflow_approval_templates")
"""What the one view of all templates, unified_job_templates, is made of."""
