# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The AWX of the tests refuses what AWX refuses: otherwise that awx.yml gets through would show nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.awx.checks import Refused
from tests.awx.server import FakeAwx

QUESTION = {"type": "text", "question_name": "Which?", "variable": "which", "required": True, "default": "this"}
CHOICE = {**QUESTION, "type": "multiplechoice", "choices": ["this", "that"]}
RULE = "DTSTART;TZID=Etc/UTC:20260101T050000 RRULE:FREQ=DAILY;INTERVAL=1"
FIELDS = {"fields": [{"id": "url", "label": "URL", "type": "string"}]}


@pytest.fixture
def awx() -> FakeAwx:
    """An AWX with a template that has a survey."""
    awx = FakeAwx(lambda _url: ["play.yml"])
    post(awx, "organizations", name="org")
    post(awx, "projects", name="files", organization=number(awx, "organizations"), scm_type="git", scm_url="https://x")
    post(awx, "inventories", name="hosts", organization=number(awx, "organizations"))
    post(awx, "job_templates", **template(awx))
    post(awx, f"job_templates/{number(awx, 'job_templates')}/survey_spec", name="", description="", spec=[QUESTION])
    post(awx, "workflow_job_templates", name="flow", organization=number(awx, "organizations"))
    return awx


def number(awx: FakeAwx, resource: str) -> int:
    return min(awx.store.objects[resource])


def template(awx: FakeAwx, **changes: Any) -> dict[str, Any]:
    places = {"project": number(awx, "projects"), "inventory": number(awx, "inventories")}
    return {"name": "play", "playbook": "play.yml", "survey_enabled": True, **places, **changes}


def post(awx: FakeAwx, path: str, **data: Any) -> Any:
    return awx.answer("POST", f"/api/v2/{path}/", data)[1]


def refusal(awx: FakeAwx, path: str, **data: Any) -> str:
    with pytest.raises(Refused) as refused:
        post(awx, path, **data)
    return str(refused.value)


def test_fields_are_known_of_their_type_and_not_too_long(awx: FakeAwx) -> None:
    assert "no such field" in refusal(awx, "organizations", name="b", colour="red")
    assert "is no" in refusal(awx, "organizations", name="b", max_hosts="3")
    assert "no more than 512" in refusal(awx, "organizations", name="b" * 513)
    assert "already exists" in refusal(awx, "organizations", name="org")
    assert "not a valid choice" in refusal(awx, "execution_environments", name="e", image="i", pull="daily")
    assert "object does not exist" in refusal(awx, "projects", name="p", organization=99)
    assert "greater than or equal to 0" in refusal(awx, "job_templates", **template(awx, name="b", forks=-1))


def test_templates_and_sources_fit_their_project(awx: FakeAwx) -> None:
    assert "Playbook not found" in refusal(awx, "job_templates", **template(awx, name="b", playbook="other.yml"))
    assert "set a default value" in refusal(awx, "job_templates", **template(awx, name="b", inventory=None))
    assert "not allow overriding branch" in refusal(
        awx, "job_templates", **template(awx, name="b", ask_scm_branch_on_launch=True)
    )
    assert "is not a dictionary" in refusal(awx, "job_templates", **template(awx, name="b", extra_vars="[1]"))
    place = {"name": "s", "inventory": number(awx, "inventories")}
    assert "Project required" in refusal(awx, "inventory_sources", source="scm", **place)
    assert "if not SCM type" in refusal(awx, "inventory_sources", source="ec2", source_path="hosts", **place)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({**QUESTION, "required": "yes"}, "expected to be bool"),
        ({**QUESTION, "type": "word"}, "not one of"),
        ({**QUESTION, "min": "1"}, "expected to be integer"),
        ({**QUESTION, "type": "integer"}, "expected to be integer"),
        ({**CHOICE, "default": "neither"}, "from the choices listed"),
        ({**CHOICE, "default": "this\nthat"}, "only have one default"),
        ({**QUESTION, "type": "multiplechoice"}, "must specify choices"),
        ({**QUESTION, "chioces": []}, "chioces"),
    ],
)
def test_surveys(awx: FakeAwx, question: dict[str, Any], said: str) -> None:
    path = f"job_templates/{number(awx, 'job_templates')}/survey_spec"
    assert said in refusal(awx, path, name="", description="", spec=[question])
    assert "duplicated" in refusal(awx, path, name="", description="", spec=[QUESTION, QUESTION])


def test_schedules_answer_all_and_nodes_what_they_like(awx: FakeAwx) -> None:
    started = {"name": "s", "unified_job_template": number(awx, "job_templates"), "rrule": RULE}
    # The default is for forms.
    assert "'which' value missing" in refusal(awx, "schedules", **started)
    answered = {**started, "extra_data": {"which": "this"}}
    assert "not allowed on launch" in refusal(awx, "schedules", **started, extra_data={"which": "x", "colour": "red"})
    assert "not configured to prompt" in refusal(awx, "schedules", **answered, limit="kovan")
    for rule, said in {
        "RRULE:FREQ=DAILY;INTERVAL=1": "Valid DTSTART required",
        "DTSTART:20260101T050000Z RRULE:FREQ=DAILY": "INTERVAL required",
        "DTSTART:20260101T050000 RRULE:FREQ=DAILY;INTERVAL=1": "naive datetime",
        "DTSTART:20260101T050000Z RRULE:FREQ=SECONDLY;INTERVAL=1": "SECONDLY is not supported",
        "DTSTART:20260101T050000Z RRULE:FREQ=OFTEN;INTERVAL=1": "parsing failed",
    }.items():
        assert said in refusal(awx, "schedules", **{**answered, "rrule": rule})
    assert post(awx, "schedules", **answered)["enabled"]
    place = {"workflow_job_template": number(awx, "workflow_job_templates"), "identifier": "n"}
    assert post(awx, "workflow_job_template_nodes", unified_job_template=started["unified_job_template"], **place)


def test_credentials(awx: FakeAwx) -> None:
    kind = {"name": "k", "kind": "cloud", "inputs": FIELDS}
    for injectors, said in (
        ({"env": {"ANSIBLE_CONFIG": "{{ url }}"}}, "not allowed to be used"),
        ({"env": {"PYTHONPATH": "{{ url }}"}}, "not allowed to be used"),
        ({"env": {"URL": "{{ uri }}"}}, "undefined field"),
        ({"env": {"URL": "{{ tower.filename.config }}"}}, "undefined field"),
        ({"file": {"config": "{{ url }}"}}, "Schema validation error"),
        ({"argv": {}}, "were unexpected"),
    ):
        assert said in refusal(awx, "credential_types", **kind, injectors=injectors)
    assert "not a field" in refusal(
        awx, "credential_types", **{**kind, "inputs": {"fields": [{"id": "url", "label": "URL", "type": "text"}]}}
    )
    made = post(awx, "credential_types", **kind, injectors={"env": {"URL": "{{ url }}"}})
    given = {"name": "c", "credential_type": made["id"]}
    assert "Missing 'user', 'team', or 'organization'" in refusal(awx, "credentials", **given, inputs={"url": "x"})
    owned = {**given, "organization": number(awx, "organizations")}
    assert "were unexpected" in refusal(awx, "credentials", **owned, inputs={"uri": "x"})
    assert "of another type" in refusal(awx, "credentials", **owned, inputs={"url": 1})
    credential = post(awx, "credentials", **owned, inputs={"url": "x"})
    assert "must be 'scm'" in refusal(
        awx, "projects", name="p", organization=owned["organization"], credential=credential["id"]
    )
