# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Compose file that runs the agents of an environment. Private to the collection.

It holds nothing secret: each service reads the env file of its agent, beside it. Pure: no ansible, no AWS.
"""

from __future__ import annotations

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_model import Agent, Common

GRACE = "10s"
"""How long an agent has to end, as the charts have it."""


def service_name(agent: Agent) -> str:
    return f"{agent.home.name}-{agent.name}"


def compose(form: str, agents: t.Sequence[Agent], common: Common) -> dict[str, t.Any]:
    """Return the Compose file of a format."""
    return {
        "name": _project(f"{common.project}-{common.environment}-{form}"),
        "services": {service_name(agent): _service(form, agent, common) for agent in agents},
        "volumes": {service_name(agent): {} for agent in agents},
    }


def _project(name: str) -> str:
    """Return a project's name as Compose allows it: small letters, digits, dashes and underscores."""
    return "".join(char if char.isascii() and (char.isalnum() or char in "-_") else "-" for char in name.lower())


def _service(form: str, agent: Agent, common: Common) -> dict[str, t.Any]:
    files = [f"./{agent.home.name}/{agent.name}.env"]
    if common.credentials_file:
        # First, so that what is written for the agent wins.
        files.insert(0, common.credentials_file)
    return {
        "image": _plain(common.images[form]),
        "command": [f"./{agent.name}"],
        "env_file": [_plain(file) for file in files],
        "restart": "unless-stopped",
        "stop_grace_period": GRACE,
        "expose": [str(common.metrics_of(agent))],
        "volumes": [f"{service_name(agent)}:{_plain(common.volume_of(form, agent))}"],
    }


def _plain(text: str) -> str:
    """Return text in which Compose replaces nothing."""
    return text.replace("$", "$$")
