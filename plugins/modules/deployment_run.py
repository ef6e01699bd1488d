#!/usr/bin/python
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# The work is done by the action plugin of the same name, on the controller; this is its documentation.

from __future__ import annotations

DOCUMENTATION = r"""
module: deployment_run
short_description: Run the command of a deployment once its plan is approved
version_added: 1.0.0
description:
  - Runs the command of a plan that M(interchain.agent_ops.deployment_plan) made, if the plan's gate allows it and
    everything is still as the plan says.
  - An approval is an SSH signature of the plan's file (C(ssh-keygen -Y sign -n deployment@agent_ops)) by one of
    O(approvers), in a file C(*.sig) in the plan's folder or named in O(approvals).
  - At a terminal it says what is missing and waits. Otherwise it fails with that text.
  - A plan runs once, whatever becomes of the command. Each approval that it ran with, the start and the end are
    appended to the record C(deployments/record.jsonl), a JSON line each, the start before the command is started.
  - The command's output goes to the terminal and to C(output.log) in the plan's folder, which its owner alone can
    read, and not into the result.
extends_documentation_fragment:
  - interchain.agent_ops.deployment
options:
  name:
    description: Name of the plan, as M(interchain.agent_ops.deployment_plan) returns it. All other options must be the
      same as there.
    type: str
    required: true
  attended:
    description:
      - V(false) says that nobody is at the terminal. V(true) says nothing, since that is for the terminal to show. A
        run is unattended without a terminal, with environment variables of well-known CI systems (C(CI) for instance),
        and in AWX.
    type: bool
    default: true
  wait_minutes:
    description: For how long it waits at a terminal, in minutes.
    type: int
    default: 15
  show_output:
    description: Whether the command's output is shown.
    type: bool
    default: true
attributes:
  check_mode:
    description: Can run in C(check_mode) and return the changed status prediction without modifying the target.
    support: none
  diff_mode:
    description: Returns details on what has changed (or would change), when in diff mode.
    support: none
  action:
    description: Runs on the controller.
    support: full
seealso:
  - module: interchain.agent_ops.deployment_plan
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Plan a deployment, and run it
  module_defaults:
    interchain.agent_ops.deployment_plan: &deployment
      environment: development
      protected: false
      gates: {contracts: automatic, upgrade_beacon: human, agents: automatic}
      approvers: []
      known_agents: [updater, watcher]
      known_networks: [kovan]
      component: agents
      networks: [kovan]
      command: [helm, upgrade, updater, charts/updater]
    interchain.agent_ops.deployment_run: *deployment
  block:
    - name: Plan it
      interchain.agent_ops.deployment_plan:
      register: planned

    - name: Run it
      interchain.agent_ops.deployment_run:
        name: "{{ planned.name }}"
      when: not ansible_check_mode
"""

RETURN = r"""
name:
  description: The plan's name.
  returned: when the command was run, or rehearsed
  type: str
rc:
  description: Exit code of the command.
  returned: when the command was run
  type: int
seconds:
  description: How long the command took.
  returned: when the command was run, or rehearsed
  type: float
rehearsal:
  description: Whether this was a rehearsal.
  returned: when the command was run, or rehearsed
  type: bool
log:
  description: File with the command's output.
  returned: when the command was run
  type: str
approvals:
  description: The approvals that it ran with, each with C(name), C(fingerprint) and C(roles).
  returned: when the command was run, or rehearsed
  type: list
  elements: dict
record:
  description: File of the record.
  returned: when the command was run, or rehearsed
  type: str
"""
