# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Surveys, what is answered to them, and what a schedule or a node may say: as AWX 24.6 checks it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.awx.checks import Refused
from tests.awx.resources import ASKED_AS, PROMPTS

# SURVEY_TYPE_MAPPING of awx/api/views/__init__.py: what a default is.
_DEFAULTS: dict[str, Any] = {
    "text": str, "textarea": str, "password": str, "multiplechoice": str, "multiselect": str,
    "integer": int, "float": (int, float),
}  # fmt: skip
# AWX takes any further key. What none of its parts reads is misspelt.
_KEYS = frozenset("type question_name question_description variable required default choices min max".split())


def check(spec: Any) -> None:
    """awx/api/views/__init__.py, JobTemplateSurveySpec._validate_spec_data."""
    for name, kind, label in (("name", str, "string"), ("description", str, "string"), ("spec", list, "list of items")):
        if name not in spec:
            raise Refused(400, error=f"Field '{name}' is missing from survey spec.")
        if not isinstance(spec[name], kind):
            raise Refused(400, error=f"Expected {label} for field '{name}', received {type(spec[name]).__name__} type.")
    if not spec["spec"]:
        raise Refused(400, error="'spec' doesn't contain any items.")
    seen = set()
    for place, question in enumerate(spec["spec"]):
        if not isinstance(question, dict):
            raise Refused(400, error=f"Survey question {place} is not a json object.")
        for name, kind in (("type", str), ("question_name", str), ("variable", str), ("required", bool)):
            if name not in question:
                raise Refused(400, error=f"'{name}' missing from survey question {place}")
            if not isinstance(question[name], kind):
                raise Refused(400, error=f"'{name}' in survey question {place} expected to be {kind.__name__}.")
        if question.keys() - _KEYS:
            raise Refused(400, error=f"survey question {place} has {sorted(question.keys() - _KEYS)}")
        if question["variable"] in seen:
            raise Refused(400, error=f"'variable' '{question['variable']}' duplicated in survey question {place}.")
        seen.add(question["variable"])
        _check_type(place, question)


def _check_type(place: int, question: dict[str, Any]) -> None:
    kind = question["type"]
    if kind not in _DEFAULTS:
        allowed = ", ".join(_DEFAULTS)
        raise Refused(
            400, error=f"'{kind}' in survey question {place} is not one of '{allowed}' allowed question types."
        )
    default = question.get("default", "")
    if default != "" and not isinstance(default, _DEFAULTS[kind]):
        raise Refused(400, error=f"Default value {default} in survey question {place} expected to be {kind}.")
    for name in ("min", "max"):
        if question.get(name) is not None and not isinstance(question[name], int):
            raise Refused(400, error=f"The {name} limit in survey question {place} expected to be integer.")
    if kind in ("multiplechoice", "multiselect"):
        if "choices" not in question:
            raise Refused(400, error=f"Survey question {place} of type {kind} must specify choices.")
        defaults = default.splitlines()
        if kind == "multiplechoice" and len(defaults) > 1:
            raise Refused(400, error="Multiple Choice (Single Select) can only have one default value.")
        if any(item not in question["choices"] for item in defaults):
            raise Refused(400, error="Default choice must be answered from the choices listed.")
    if isinstance(default, str) and default.startswith("$encrypted$") and kind != "password":
        raise Refused(400, error="$encrypted$ is a reserved keyword for password question defaults")


def wrong(question: Mapping[str, Any], answers: Mapping[str, Any], *, complete: bool = True) -> Iterator[str]:
    """awx/main/models/mixins.py, SurveyJobTemplateMixin._survey_element_validation.

    What is required has to be answered, a default or not: forms are filled with it, and what the API gets is not.

    :param complete: whether what is required and not there is wrong (validate_required).
    """
    name, kind = question["variable"], question["type"]
    if name not in answers:
        if question["required"] and complete:
            yield f"'{name}' value missing"
        return
    answer = answers[name]
    if kind in ("text", "textarea", "password"):
        if not isinstance(answer, str):
            yield f"Value {answer} for '{name}' expected to be a string."
        else:
            yield from _out_of_range(question, answer, len(answer))
    elif kind in ("integer", "float"):
        if type(answer) not in ((int,) if kind == "integer" else (int, float)):
            yield f"Value {answer} for '{name}' expected to be a number."
        else:
            yield from _out_of_range(question, answer, answer)
    else:
        choices = question["choices"]
        choices = choices.splitlines() if isinstance(choices, str) else choices
        if kind == "multiselect" and not isinstance(answer, list):
            yield f"'{name}' value is expected to be a list."
            return
        for one in answer if kind == "multiselect" else [answer]:
            if one not in choices:
                yield f"Value {one} for '{name}' expected to be one of {choices}."


def _out_of_range(question: Mapping[str, Any], answer: Any, size: float) -> Iterator[str]:
    if question.get("min") is not None and size < question["min"]:
        yield f"'{question['variable']}' value {answer} is too small (must be at least {question['min']})."
    if question.get("max") is not None and size > question["max"]:
        yield f"'{question['variable']}' value {answer} is too large (must be no more than {question['max']})."


def check_prompts(
    config: Mapping[str, Any], template: Mapping[str, Any], spec: Mapping[str, Any], *, complete: bool
) -> None:
    """LaunchConfigurationBaseSerializer.validate: only what the template asks for, and answers that its survey takes.

    awx/main/models/jobs.py, _accept_or_ignore_job_kwargs, and awx/main/models/mixins.py, _accept_or_ignore_variables.

    :param complete: whether required answers must be there. A node gets them from its workflow (exclude_errors).
    """
    for name in PROMPTS.keys() - {"extra_data"}:
        value = config.get(name)
        allowed = template.get(f"ask_{ASKED_AS.get(name, name)}_on_launch", False)
        if value not in (None, "") and not allowed and value != template.get(name):
            raise Refused(400, **{name: ["Field is not configured to prompt on launch."]})
    answers = config.get("extra_data") or {}
    asked = questions(template, spec)
    errors = [error for question in asked for error in wrong(question, answers, complete=complete)]
    if errors:
        raise Refused(400, variables_needed_to_start=errors)
    foreign = sorted(answers.keys() - {question["variable"] for question in asked})
    if foreign and not template.get("ask_variables_on_launch"):
        raise Refused(400, extra_data=[f"Variables {', '.join(foreign)} are not allowed on launch."])


def questions(template: Mapping[str, Any], spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list(spec.get("spec", ())) if template.get("survey_enabled") else []


def variables(template: Mapping[str, Any], spec: Mapping[str, Any], *answers: Mapping[str, Any]) -> dict[str, Any]:
    """The variables of a job beside its template's: SurveyJobTemplateMixin._update_unified_job_kwargs.

    :param answers: what a node says, and what the workflow was answered, which wins (WorkflowJobNode.get_job_kwargs).
    """
    found: dict[str, Any] = {}
    for question in questions(template, spec):
        default = {question["variable"]: question["default"]} if question.get("default") is not None else {}
        if default and not list(wrong(question, default)):
            found |= default
    for given in answers:
        found |= given
    return found
