# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: schedule_answers
short_description: What schedules of AWX answer to the surveys of what they start
version_added: 1.0.0
description:
  - A schedule starts a job template or a workflow when nobody is there to fill its survey in. AWX takes no schedule
    that leaves a required question open, be it one that the form has a default for.
  - Returns the answers of each schedule with those defaults, and what is wrong with them.
  - A schedule of something that is not among O(templates) is passed over.
positional: _input
options:
  _input:
    description: Name of a schedule to its C(template), and C(answers), variable to text.
    type: dict
    required: true
  templates:
    description:
      - What can be started, each with its C(name) and C(questions), by name. Without any it asks C(environment).
    type: list
    elements: dict
    required: true
  questions:
    description:
      - Name of a question to its C(variable), C(default), and C(choices). Without choices it is the environment's name.
    type: dict
    required: true
  environment:
    description: Name of the environment.
    type: str
    required: true
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Show what a schedule answers
  ansible.builtin.debug:
    msg: "{{ (schedules | interchain.agent_ops.schedule_answers(templates, questions, 'staging')).answers }}"
  vars:
    schedules: {hourly: {template: balances, answers: {environment_confirmation: staging}}}
    templates: [{name: balances, questions: [environment, fail_when_low]}]
    questions:
      environment: {variable: environment_confirmation, default: ''}
      fail_when_low: {variable: wallet_funding_fail_when_low, default: 'false', choices: ['false', 'true']}
  # -> wallet_funding_fail_when_low: 'false'
"""

RETURN = r"""
_value:
  description: The C(answers), name of a schedule to variable to text, and the C(problems), a sentence each.
  type: dict
"""

import json
import typing as t

Question = t.Mapping[str, t.Any]


def schedule_answers(
    schedules: t.Mapping[str, t.Mapping[str, t.Any]],
    templates: t.Iterable[t.Mapping[str, t.Any]],
    questions: t.Mapping[str, Question],
    environment: str,
) -> dict[str, t.Any]:
    asked = {one["name"]: [questions[name] for name in one.get("questions", ["environment"])] for one in templates}
    answers: dict[str, dict[str, t.Any]] = {}
    problems: list[str] = []
    for name, schedule in schedules.items():
        survey = asked.get(schedule["template"])
        if survey is None:
            continue
        defaults = {one["variable"]: one["default"] for one in survey if one.get("default")}
        answers[name] = {**defaults, **schedule.get("answers", {})}
        problems += [
            f"The schedule {name} answers {told}"
            for told in _wrong(answers[name], survey, schedule["template"], environment)
        ]
    return {"answers": answers, "problems": problems}


def _wrong(
    answers: t.Mapping[str, t.Any], survey: t.Sequence[Question], template: str, environment: str
) -> t.Iterator[str]:
    for question in survey:
        variable = question["variable"]
        answer, choices = answers.get(variable, ""), question.get("choices", [environment])
        if answer not in choices:
            given = "nothing" if answer == "" else json.dumps(answer)
            yield f"{variable} with {given}, and it can be {' or '.join(map(json.dumps, choices))}"
    for variable in sorted(answers.keys() - {question["variable"] for question in survey}):
        yield f"{variable}, which {template} does not ask"


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"schedule_answers": schedule_answers}
