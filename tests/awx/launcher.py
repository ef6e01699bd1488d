# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs of the templates and workflows that a fake AWX holds, started with what is stored there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.awx import credentials, job, surveys
from tests.awx.server import FakeAwx
from tests.awx.workflows import node

_OPTIONS = {"limit": "-l", "job_tags": "-t"}


class Launcher:
    """``prefix`` is what the environment's objects begin with; ``env`` is what the image has of its own."""

    def __init__(
        self, awx: FakeAwx, folder: Path, prefix: str, *, project: Path, script: str, env: Mapping[str, str]
    ) -> None:
        self.awx = awx
        self.done: list[job.Done] = []
        self._folder = folder
        self._prefix = prefix
        self._project = project
        self._script = script
        self._env = env

    def launch(self, name: str, *, checked: bool = True, script: str = "", **given: Any) -> job.Done:
        """Launch a template as its form does.

        :param checked: whether AWX checks the answers, as it does. :param given: prompts by name, and answers.
        """
        template = self.awx.named("job_templates", f"{self._prefix} {name}")
        spec = self._spec(template)
        prompts = {key: given.pop(key) for key in ("job_type", "diff_mode", "limit", "job_tags") if key in given}
        # A form is filled with the defaults, and has them sent.
        answers = {**surveys.variables(template, spec), **given}
        if checked:
            surveys.check_prompts({**prompts, "extra_data": answers}, template, spec, complete=True)
        return self._start(template, answers, prompts, script)

    def node(self, workflow: str, identifier: str, *, limit: str = "", **given: Any) -> job.Done:
        """Run a node as a workflow does that was launched with these answers."""
        full = f"{self._prefix} {workflow}"
        flow = self.awx.named("workflow_job_templates", full)
        spec = self._spec(flow)
        answers = {**surveys.variables(flow, spec), **given}
        surveys.check_prompts({"limit": limit, "extra_data": answers}, flow, spec, complete=True)
        config = node(self.awx, full, identifier)
        template = self.awx.store.get("job_templates", config["unified_job_template"])
        variables = surveys.variables(template, self._spec(template), config["extra_data"], answers)
        prompts = {key: value for key, value in config.items() if value is not None}
        if limit and template["ask_limit_on_launch"]:
            prompts["limit"] = limit
        return self._start(template, variables, prompts)

    def _spec(self, template: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.awx.store.surveys[template["id"]]
        return found

    def _start(
        self, template: Mapping[str, Any], variables: Mapping[str, Any], prompts: Mapping[str, Any], script: str = ""
    ) -> job.Done:
        folder = self._folder / f"{len(self.done)}"
        job.prepare(folder, self._project, script or self._script)
        env = dict(self._env)
        for number in self.awx.store.links[(template["id"], "credentials")]:
            credential = self.awx.store.get("credentials", number)
            kind = self.awx.store.get("credential_types", credential["credential_type"])
            values = {**credential["inputs"], **self.awx.store.secrets.get(number, {})}
            env |= credentials.inject(kind, values, folder / "env")
        settings = {**template, **prompts}
        options = [part for key, option in _OPTIONS.items() if settings[key] for part in (option, settings[key])]
        options += ["--check"] if settings["job_type"] == "check" else []
        options += ["--diff"] if settings["diff_mode"] else []
        self.done.append(job.run(folder, template, env=env, variables=variables, options=options))
        return self.done[-1]

    def secrets(self) -> list[str]:
        """What the credentials hold, in the forms that an output could have: as it is, in JSON, and line by line."""
        held = [text for values in self.awx.store.secrets.values() for text in values.values()]
        lines = [line.split("=", 1)[-1] for text in held for line in text.splitlines()]
        return [form for line in lines for form in (line, json.dumps(line)[1:-1])]
