# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All files that an environment's agents are configured by. Private to the collection. Pure: no ansible, no AWS."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.interchain.agent_ops.plugins.module_utils import (
    _agent_documents,
    _agent_env,
    _agent_hyperlane,
    _agent_nomad,
    _agent_opt,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_compose import compose
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_model import (
    DATABASES,
    Agent,
    Comment,
    Common,
    File,
    Line,
    Variable,
)

_LINES: t.Mapping[str, t.Callable[[Agent, Common], t.Iterator[Line]]] = {
    "opt": _agent_opt.lines,
    "nomad": _agent_nomad.lines,
    "hyperlane": _agent_hyperlane.lines,
}

WRITTEN = "Written by interchain.agent_ops from the inventory and the keys. Change those, and not this file"
SANDBOX = "SANDBOX: the keys are not real ones, and nothing may be sent to their addresses"
CREDENTIALS = "No AWS credentials are here: give the agent AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY when it starts"
WRITERS = ("processor", "validator")
WEB_IDENTITY = ", or the machine's role, or a web identity"


def files(agents: t.Mapping[str, t.Sequence[Agent]], common: Common, targets: t.Sequence[str]) -> list[File]:
    """Return every file of an environment.

    :param agents: format -> its agents.
    :raises ValueError: if something cannot be written, with the name of the variable.
    """
    found: list[File] = []
    for form, members in agents.items():
        if members:
            found += _files(form, members, replace(common, db=common.db or DATABASES[form]), targets)
    return found


def _files(form: str, agents: t.Sequence[Agent], common: Common, targets: t.Sequence[str]) -> t.Iterator[File]:
    homes: dict[str, list[Agent]] = {}
    for agent in agents:
        homes.setdefault(agent.home.name, []).append(agent)
    # Services read env files, which are therefore there with the Compose file.
    if "env" in targets or "compose" in targets:
        for agent in agents:
            yield _env_file(form, agent, common)
    for target in ("json", "yaml"):
        if target in targets:
            yield from _documents(form, target, homes, common)
    if "helm" in targets:
        for home, members in homes.items():
            yield _values_file(form, home, members, common)
    if "compose" in targets:
        text = _agent_documents.to_yaml(compose(form, agents, common), _heading(common))
        yield File(f"{form}/compose.yaml", text, form, "compose", secret=False)


def _heading(common: Common) -> list[str]:
    return [*([SANDBOX] if common.sandbox else []), WRITTEN]


def environment_of(form: str, agent: Agent, common: Common) -> list[Line]:
    """Return the environment of an agent, with what the inventory adds to it."""
    lines = list(_LINES[form](agent, common))
    further = {**common.variables, **agent.settings.get("variables", {})}
    return [*lines, *(Variable(name, str(value), secret=True) for name, value in further.items())]


def _writes(form: str, agent: Agent, common: Common) -> bool:
    """Return whether an agent puts proofs or checkpoints into the bucket, with the credentials that it starts with."""
    bucket = common.bucket
    given = form == "opt" and bucket is not None and bucket.access_key_id
    return bucket is not None and agent.name in WRITERS and not given


def _env_file(form: str, agent: Agent, common: Common) -> File:
    heading = [
        Comment(f"The {agent.name} of {agent.home.name}, environment {common.environment}, format {form}"),
        *(Comment(line) for line in _heading(common)),
    ]
    if agent.regions or _writes(form, agent, common):
        heading.append(Comment(CREDENTIALS + ("" if form == "opt" else WEB_IDENTITY)))
    text = _agent_env.render([*heading, *environment_of(form, agent, common)])
    home, name = agent.home.name, agent.name
    return File(f"{form}/{home}/{name}.env", text, form, "env", home=home, agent=name)


def _documents(form: str, target: str, homes: t.Mapping[str, t.Sequence[Agent]], common: Common) -> t.Iterator[File]:
    if form == "hyperlane":
        for home, agents in homes.items():
            for agent in agents:
                text = _document(_agent_hyperlane.document(agent, common), target, common)
                yield File(f"{form}/{home}/{agent.name}.{target}", text, form, target, home=home, agent=agent.name)
        return
    if form == "opt":
        documents = _agent_opt.configuration(homes, common)
    else:
        documents = {"agent.json": _agent_nomad.configuration(homes, common)}
    for path, document in documents.items():
        text = _document(document, target, common)
        yield File(f"{form}/{path.removesuffix('.json')}.{target}", text, form, target, secret=False)


def _document(document: t.Mapping[str, t.Any], target: str, common: Common) -> str:
    if target == "json":
        return _agent_documents.to_json(document)
    return _agent_documents.to_yaml(document, _heading(common))


def _values_file(form: str, home: str, agents: t.Sequence[Agent], common: Common) -> File:
    if form == "opt":
        values = _agent_opt.values(agents, common)
    elif form == "nomad":
        environments = {agent.name: environment_of(form, agent, common) for agent in agents}
        values = _agent_nomad.values(agents, common, environments)
    else:
        values = _agent_hyperlane.values(agents, common)
    text = _agent_documents.to_yaml(values, _heading(common))
    # The other two charts take URLs and hex keys as plain values.
    return File(f"{form}/{home}/values.yaml", text, form, "helm", home=home, secret=form != "hyperlane")
