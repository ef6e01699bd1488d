# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX 24.6 checks beyond the types of fields; each function names where AWX does it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml
from dateutil.rrule import rrulestr

_NUMBERED_DAY = re.compile(r".*?BYDAY[\:\=][0-9]+[a-zA-Z]{2}")


class Refused(Exception):
    def __init__(self, status: int, **body: Any) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


def rrule(rule: str) -> None:
    """SchedulePreviewSerializer.validate_rrule; awx/main/models/schedules.py, Schedule.rrulestr."""
    errors = []
    starts = re.findall(r".*?(DTSTART(;[^:]+)?\:[0-9]+T[0-9]+Z?)", rule)
    if not starts:
        errors.append("Valid DTSTART required in rrule. Value should start with: DTSTART:YYYYMMDDTHHMMSSZ")
    if re.findall(r".*?(DTSTART:[0-9]+T[0-9]+) ", rule):
        errors.append("DTSTART cannot be a naive datetime.  Specify ;TZINFO= or YYYYMMDDTHHMMSSZZ.")
    if len(starts) > 1:
        errors.append("Multiple DTSTART is not supported.")
    if "rrule:" not in rule.lower():
        errors.append("One or more rule required in rrule.")
    for name in ("exdate", "rdate"):
        if f"{name}:" in rule.lower():
            raise Refused(400, rrule=[f"{name.upper()} not allowed in rrule."])
    for part in re.findall(r".*?(RULE\:[^\s]*)", rule):
        errors += _wrong_part(part)
    try:
        found = rrulestr(rule, forceset=True)
        if any(one._dtstart and one._dtstart.tzinfo is None for one in found._rrule):
            raise ValueError("A valid TZID must be provided (e.g., America/New_York)")
    except Exception as exc:
        errors.append(f"rrule parsing failed validation: {exc}")
    if errors:
        raise Refused(400, rrule=errors)


def _wrong_part(part: str) -> list[str]:
    errors = []
    if "interval" not in part.lower():
        errors.append(f"INTERVAL required in rrule: {part}")
    elif "secondly" in part.lower():
        errors.append(f"SECONDLY is not supported: {part}")
    if _NUMBERED_DAY.match(part):
        errors.append(f"BYDAY with numeric prefix not supported: {part}")
    if "COUNT" in part and "UNTIL" in part:
        errors.append(f"RRULE may not contain both COUNT and UNTIL: {part}")
    count = re.match(r".*?COUNT\=([0-9]+)", part)
    if count and int(count[1]) > 999:
        errors.append(f"COUNT > 999 is unsupported: {part}")
    return errors


def variables(name: str, value: str) -> None:
    """awx/main/validators.py, vars_validate_or_raise: variables are a text, JSON or YAML of a dictionary."""
    try:
        found = json.loads(value) if value.strip() else {}
    except ValueError:
        try:
            found = yaml.safe_load(value)
        except yaml.YAMLError as exc:
            raise Refused(400, **{name: [f"Cannot parse as JSON or YAML: {exc}"]}) from exc
    if found is not None and not isinstance(found, dict):
        raise Refused(400, **{name: [f"Input type `{type(found).__name__}` is not a dictionary"]})


def inventory_source(item: Mapping[str, Any]) -> None:
    """InventorySourceSerializer.validate."""
    if item["source"] == "constructed":
        raise Refused(400, error="constructed not a valid source for inventory")
    if item["source"] == "scm":
        if item["source_project"] is None:
            raise Refused(400, source_project=["Project required for scm type sources."])
        return
    redundant = [name for name in ("source_project", "source_path", "scm_branch") if item[name]]
    if redundant:
        raise Refused(400, detail=[f"Cannot set {' '.join(redundant)} if not SCM type."])


def project(item: Mapping[str, Any]) -> None:
    """ProjectOptionsSerializer.validate and ProjectSerializer.validate."""
    options = ("scm_update_on_launch", "scm_delete_on_update", "scm_track_submodules", "scm_clean")
    wrong = [name for name in options if item[name] and not item["scm_type"]]
    if wrong:
        raise Refused(400, **{wrong[0]: ["Update options must be set to false for manual projects."]})
    if item["scm_branch"] and item["scm_type"] == "archive":
        raise Refused(400, scm_branch=["SCM branch cannot be used with archive projects."])
    if item["scm_refspec"] and item["scm_type"] != "git":
        raise Refused(400, scm_refspec=["SCM refspec can only be used with git projects."])


def job_template(item: Mapping[str, Any], of: Mapping[str, Any] | None) -> None:
    """JobTemplateSerializer.validate and JobOptionsSerializer.validate. :param of: the project."""
    if of is None:
        raise Refused(400, project=["Job Templates must have a project assigned."])
    if item["inventory"] is None and not item["ask_inventory_on_launch"]:
        raise Refused(400, inventory=["You must either set a default value or ask to prompt on launch."])
    if not item["playbook"]:
        raise Refused(400, playbook=["Must select playbook for project."])
    if item["playbook"] not in of["playbooks"] and not of["allow_override"]:
        raise Refused(400, playbook=["Playbook not found for project."])
    for name in ("scm_branch", "ask_scm_branch_on_launch"):
        if item[name] and not of["allow_override"]:
            raise Refused(400, **{name: ["Project does not allow overriding branch."]})
    variables("extra_vars", item["extra_vars"])
