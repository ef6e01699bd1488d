# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: environment_problems
short_description: What is wrong with the environment that a run is on
version_added: 1.0.0
description:
  - Returns sentences that say what is wrong, and what to do about it. An empty list means that the run is on exactly
    one environment, and that it is in order.
positional: _input
options:
  _input:
    description: Name of the environment.
    type: str
    required: true
  environments:
    description: Hosts of the inventory group C(environments), in which each environment's inventory names itself.
    type: list
    elements: str
    required: true
  networks:
    description: Hosts of the inventory group C(networks).
    type: list
    elements: str
    required: true
  agents:
    description: Agents of the environment.
    type: dict
    required: true
  protected:
    description: Whether nothing may break in this environment.
    type: bool
    required: true
  account_id:
    description: The AWS account that the environment is pinned to, or an empty string.
    type: str
    required: true
  additional_keys:
    description: Further keys of the environment, each with its C(agent).
    type: list
    elements: dict
    default: []
  variables:
    description: Names of the variables that are set. Those that are required and are not among them are a problem.
    type: list
    elements: str
  key_backend:
    description: Where the environment's keys live.
    type: str
  limit:
    description: What the run is limited to, for the message.
    type: str
  limited:
    description: The hosts that the limit means.
    type: list
    elements: str
    default: []
  naming:
    description: >-
      C(networks) (network to its settings) and C(template), to check that all keys of the environment can be named.
    type: dict
  operators:
    description: Parties that run agents, checked if O(naming) is given.
    type: list
    elements: dict
    default: []
  proof_agents:
    description: Agents that write proofs, as far as the inventory names them. One that has no keys is a problem.
    type: list
    elements: str
    default: []
  confirmation:
    description: The environment that whoever started the run says it is for. Another one is a problem.
    type: str
    default: ""
  host_variables:
    description:
      - Host to the names of the variables that are set for it. A name that nothing of this collection reads, and that
        is spelt almost like one that is read, is a problem.
    type: dict
    default: {}
  run_tags:
    description: The tags that the run is for. One that nothing has, and that is spelt almost like one, is a problem.
    type: list
    elements: str
    default: []
  skip_tags:
    description: The tags that the run leaves out, likewise.
    type: list
    elements: str
    default: []
  report_store:
    description: Where the last reports are kept, V(s3://bucket/prefix), or an empty string. No such place is a problem.
    type: raw
    default: ""
  inventory_sources:
    description: Inventories that the run was given, for the message.
    type: list
    elements: str
    default: []
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Refuse an environment that is not in order
  ansible.builtin.assert:
    that: problems | length == 0
    fail_msg: "{{ problems | join('\n') }}"
  vars:
    problems: >-
      {{ agent_ops_environment | interchain.agent_ops.environment_problems(
           environments=groups['environments'], networks=groups['networks'], agents=agent_ops_agents,
           protected=true, account_id='111122223333') }}
"""

RETURN = r"""
_value:
  description: The problems.
  type: list
  elements: str
"""

import typing as t

from ansible.utils.display import Display
from ansible_collections.interchain.agent_ops.plugins.module_utils import _environment


def environment_problems(
    name: str,
    *,
    environments: t.Sequence[str],
    host_variables: t.Mapping[str, t.Iterable[str]] | None = None,
    run_tags: t.Iterable[str] = (),
    skip_tags: t.Iterable[str] = (),
    **options: t.Any,
) -> list[str]:
    # Ansible loads every filter of a collection to find one.
    from ansible_collections.interchain.agent_ops.plugins.plugin_utils import _variable_names

    problems = _environment.environment_problems(name, environments=environments, **options)
    if len(environments) > 1:
        return problems
    for warning in (*_variable_names.unlike_any(host_variables or {}), *_variable_names.unknown_tags(run_tags)):
        Display().warning(warning)
    return [
        # First, since they are often the reason of what follows.
        *_variable_names.unread(host_variables or {}),
        *_variable_names.tag_problems(run_tags, "--tags"),
        *_variable_names.tag_problems(skip_tags, "--skip-tags"),
        *problems,
    ]


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"environment_problems": environment_problems}
