# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX 24.6 checks beyond the types of fields; each function names where AWX does it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tests.awx.resources import ASKED_AS, PROMPTS

_ANSWERS: dict[str, type] = {
    "text": str, "textarea": str, "password": str, "multiplechoice": str, "multiselect": str,
    "integer": int, "float": float,
}  # fmt: skip
_PLAYBOOK = re.compile(r"^\s*?-?\s*?(?:hosts|(ansible\.builtin\.)?import_playbook):\s*?.*?$")


class Refused(Exception):
    def __init__(self, status: int, **body: Any) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


def survey(spec: Any) -> None:
    """awx/api/views/__init__.py, JobTemplateSurveySpec._validate_spec_data."""
    for name, kind in (("name", str), ("description", str), ("spec", list)):
        if name not in spec:
            raise Refused(400, error=f"Field '{name}' is missing from survey spec.")
        if not isinstance(spec[name], kind):
            raise Refused(
                400, error=f"Expected {kind.__name__} for field '{name}', received {type(spec[name]).__name__} type."
            )
    if not spec["spec"]:
        raise Refused(400, error="'spec' doesn't contain any items.")
    seen = set()
    for place, question in enumerate(spec["spec"]):
        for name, kind in (("type", str), ("question_name", str), ("variable", str), ("required", bool)):
            if name not in question:
                raise Refused(400, error=f"'{name}' missing from survey question {place}")
            if not isinstance(question[name], kind):
                raise Refused(400, error=f"'{name}' in survey question {place} expected to be {kind.__name__}.")
        unknown = question.keys() - set(
            "type question_name question_description variable required default choices min max".split()
        )
        if unknown:
            raise Refused(400, error=f"survey question {place} has {sorted(unknown)}")
        if question["variable"] in seen:
            raise Refused(400, error=f"'variable' '{question['variable']}' duplicated in survey question {place}.")
        seen.add(question["variable"])
        _typed(place, question)


def _typed(place: int, question: Mapping[str, Any]) -> None:
    kind = question["type"]
    if kind not in _ANSWERS:
        raise Refused(400, error=f"'{kind}' in survey question {place} is not one of the allowed question types.")
    default = question.get("default", "")
    if default != "" and not isinstance(default, _ANSWERS[kind]):
        raise Refused(400, error=f"Default value {default} in survey question {place} expected to be {kind}.")
    for name in ("min", "max"):
        if question.get(name) is not None and not isinstance(question[name], int):
            raise Refused(400, error=f"The {name} limit in survey question {place} expected to be integer.")
    if kind.startswith("multi"):
        if "choices" not in question:
            raise Refused(400, error=f"Survey question {place} of type {kind} must specify choices.")
        if any(choice not in question["choices"] for choice in default.splitlines()):
            raise Refused(400, error="Default choice must be answered from the choices listed.")


def rrule(rule: str) -> None:
    """awx/api/serializers.py, SchedulePreviewSerializer.validate_rrule."""
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
    for part in re.findall(r".*?(RULE\:[^\s]*)", rule):
        if "INTERVAL=" not in part:
            errors.append(f"INTERVAL required in rrule: {part}")
        if "SECONDLY" in part:
            errors.append(f"SECONDLY is not supported: {part}")
        if not re.fullmatch(r"RULE:FREQ=(MINUTELY|HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY)(;[A-Z]+=[A-Z0-9,+-]+)*", part):
            errors.append(f"rrule parsing failed validation: {part}")
    if errors:
        raise Refused(400, rrule=errors)


def prompts(config: Mapping[str, Any], template: Mapping[str, Any], spec: Mapping[str, Any], *, complete: bool) -> None:
    """LaunchConfigurationBaseSerializer.validate: only what the template asks for, and answers that its survey takes.

    :param complete: whether required answers must be there, as they must in a schedule, and need not in a node.
    """
    for name in PROMPTS.keys() - {"extra_data"}:
        value = config.get(name)
        allowed = template.get(f"ask_{ASKED_AS.get(name, name)}_on_launch", False)
        if value not in (None, "") and not allowed and value != template.get(name):
            raise Refused(400, **{name: ["Field is not configured to prompt on launch."]})
    questions = {item["variable"]: item for item in spec.get("spec", ()) if template.get("survey_enabled")}
    answers = config.get("extra_data") or {}
    foreign = sorted(answers.keys() - questions.keys())
    if foreign and not template.get("ask_variables_on_launch"):
        raise Refused(400, extra_data=[f"Variables {', '.join(foreign)} are not allowed on launch."])
    errors = []
    for name, question in questions.items():
        if name in answers:
            errors += list(_wrong(question, answers[name]))
        elif complete and question["required"] and not question.get("default"):
            errors.append(f"'{name}' value missing")
    if errors:
        raise Refused(400, extra_data=errors)


def _wrong(question: Mapping[str, Any], answer: Any) -> Iterator[str]:
    """awx/main/models/mixins.py, SurveyJobTemplateMixin._survey_element_validation."""
    name = question["variable"]
    if not isinstance(answer, _ANSWERS[question["type"]]):
        yield f"Value {answer} for '{name}' expected to be a {question['type']}."
    elif question["type"] == "multiplechoice" and answer not in question["choices"]:
        yield f"Value {answer} for '{name}' expected to be one of {question['choices']}."


def injectors(kind: Mapping[str, Any]) -> None:
    """awx/main/fields.py, CredentialTypeInputField and CredentialTypeInjectorField."""
    fields = kind["inputs"].get("fields", [])
    for item in fields:
        if (
            not {"id", "label", "type"}
            <= item.keys()
            <= {"id", "label", "type", "secret", "multiline", "help_text", "default"}
        ):
            raise Refused(400, inputs=[f"{item} is not a field of a credential type"])
    if set(kind["inputs"].get("required", [])) - {item["id"] for item in fields}:
        raise Refused(400, inputs=["'required' names what is no field"])
    unknown = kind["injectors"].keys() - {"file", "env", "extra_vars"}
    if unknown:
        raise Refused(400, injectors=[f"Additional properties are not allowed ({sorted(unknown)} were unexpected)"])
    names = {item["id"]: "EXAMPLE" for item in fields}
    inject(kind["injectors"], names, dict.fromkeys(kind["injectors"].get("file", {}), "EXAMPLE"), strict=True)


def inject(
    rules: Mapping[str, Any], values: Mapping[str, str], files: Mapping[str, str], *, strict: bool = False
) -> dict[str, dict[str, str]]:
    """Return what a credential puts into a job's files and environment (awx/main/models/credential, inject_credential).

    :param files: name of each file in the type (template.config) to the path that it has in the job.
    """
    environment = (
        ImmutableSandboxedEnvironment(undefined=StrictUndefined) if strict else ImmutableSandboxedEnvironment()
    )
    named = {name.removeprefix("template."): path for name, path in files.items()}
    space = {**values, "tower": {"filename": named}}
    found: dict[str, dict[str, str]] = {}
    for where in ("file", "env"):
        for name, template in rules.get(where, {}).items():
            if where == "env" and (
                not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name) or name.startswith("ANSIBLE_") or name == "PATH"
            ):
                raise Refused(400, injectors=[f"Environment variable {name} is not allowed to be used in credentials."])
            try:
                found.setdefault(where, {})[name] = environment.from_string(template).render(**space)
            except TemplateError as exc:
                raise Refused(400, injectors=[f"Syntax error rendering template for {name}: {exc}"]) from exc
    return found


def playbooks(root: Path) -> list[str]:
    """awx/main/utils/ansible.py, could_be_playbook and skip_directory."""
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".") and name not in ("roles", "tasks", "group_vars", "host_vars")
        ]
        for name in files:
            path = Path(folder, name)
            if path.suffix in (".yml", ".yaml") and any(
                _PLAYBOOK.match(line) for line in path.read_text(encoding="utf-8").splitlines()
            ):
                found.append(str(path.relative_to(root)))
    return sorted(found)


def inventories(root: Path) -> list[str]:
    """The files that the drop-down of an inventory source offers: could_be_inventory goes by these names."""
    found = (path for name in ("hosts", "inventory") for path in root.rglob(name) if path.is_file())
    parts = (path.relative_to(root) for path in found)
    return sorted(
        str(path)
        for path in parts
        if not any(part.startswith(".") or part in ("roles", "tasks") for part in path.parts)
    )
