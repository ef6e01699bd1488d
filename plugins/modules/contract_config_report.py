#!/usr/bin/python
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# The work is done by the action plugin of the same name, on the controller; this is its documentation.

from __future__ import annotations

DOCUMENTATION = r"""
module: contract_config_report
short_description: Show what became of deployment configurations
version_added: 1.0.0
description:
  - Shows what M(interchain.agent_ops.contract_config) wrote or M(interchain.agent_ops.contract_config_info) found, and
    writes it to C(contract_config.json) and C(contract_config.md) among the environment's artifacts.
  - What was done with a sandbox's keys is under a folder C(sandbox) only.
options:
  result:
    description: What one of the two modules returned.
    type: dict
    required: true
  environment:
    description: Name of the environment.
    type: str
    required: true
  artifacts_root:
    description:
      - Folder of the artifacts. A relative path is relative to the folder in which C(ansible-playbook) was started.
    type: path
    default: artifacts
  write:
    description: Whether the report is written.
    type: bool
    default: true
  store:
    description:
      - Options of M(interchain.agent_ops.report_store), C(store) among them, where the last report is kept. The last
        report is read there, and not on the disk, and what has changed is stored.
      - If that is refused, or another run stored its report meanwhile, the report is shown and written to the disk all
        the same, and then the task fails.
    type: dict
    default: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return the changed status prediction without modifying the target.
    support: full
  diff_mode:
    description: Returns details on what has changed (or would change), when in diff mode.
    support: none
    details: A report is not shown as a difference.
  action:
    description: Runs on the controller.
    support: full
seealso:
  - module: interchain.agent_ops.report_store
  - module: interchain.agent_ops.contract_config
  - module: interchain.agent_ops.contract_config_info
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Show what differs
  interchain.agent_ops.contract_config_report:
    result: "{{ comparison }}"
    environment: staging
"""

RETURN = r"""
files:
  description: The files of the report, as paths.
  returned: success
  type: list
  elements: str
  sample:
    - artifacts/staging/contract_config.json
    - artifacts/staging/contract_config.md
"""
