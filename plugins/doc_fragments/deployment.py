# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  environment:
    description: Name of the environment.
    type: str
    required: true
  protected:
    description: Whether nothing may break in this environment. Production is protected whatever this says.
    type: bool
    required: true
  rehearsal:
    description:
      - Whether the run is a rehearsal in a sandbox. Everything is decided and recorded as otherwise, under a folder
        C(sandbox), and the command is not run. An approval of a rehearsal is for the rehearsal alone.
    type: bool
    default: false
  gates:
    description:
      - Component to its gate, for each of V(contracts), V(upgrade_beacon) and V(agents). A gate is V(automatic),
        V(human) (one approval), V(manual) (at a terminal, and in a protected environment two approvals by two people)
        or, for agents, V(operator) (an approval by whoever runs them).
      - V(upgrade_beacon) can be V(human) or V(manual) only.
    type: raw
    required: true
  approvers:
    description:
      - People who may approve, each a dictionary with C(name), C(public_keys) (lines of C(.pub) files) and C(roles), a
        list of V(core_team) and names of operators, V([core_team]) unless given.
    type: raw
    required: true
  operators:
    description: Parties that run agents, as the inventory's C(agent_ops_operators) has them.
    type: raw
    default: []
  known_agents:
    description: Agents of the environment.
    type: list
    elements: str
    required: true
  known_networks:
    description: Networks of the environment.
    type: list
    elements: str
    required: true
  component:
    description:
      - What is deployed, V(contracts), V(upgrade_beacon) or V(agents). What the command and its files are found to do
        counts besides.
    type: str
    required: true
  agent:
    description: The agent that is deployed, with O(component=agents). All agents, if it is empty.
    type: str
    default: ''
  networks:
    description: Networks that are deployed to, a list.
    type: raw
    required: true
  command:
    description:
      - The program and its arguments, a list. No shell takes it apart. Arguments that look like secrets are refused;
        the program gets the environment variables of C(ansible-playbook).
    type: raw
    required: true
  directory:
    description:
      - Folder that the command runs in, in a git work tree without changes. A relative path is relative to the folder
        in which C(ansible-playbook) was started.
    type: path
    default: .
  inputs:
    description:
      - Files, or patterns of files, that the command reads, relative to O(directory), a list. Files and folders below
        O(directory) that its arguments name are among them anyway.
    type: raw
    default: []
  call_batches:
    description:
      - Files among the inputs that are call batches, a list. One that cannot be read needs a human. Other inputs are
        looked into too, and what looks like a call batch is treated as one.
    type: raw
    default: []
  expiry_minutes:
    description: For how long a plan can be approved and run, in minutes, up to a week.
    type: int
    default: 1440
  approvals:
    description: Signatures besides those in the plan's own folder.
    type: list
    elements: path
    default: []
  artifacts_root:
    description:
      - Folder of the artifacts. A relative path is relative to the folder in which C(ansible-playbook) was started.
    type: path
    default: artifacts
"""
