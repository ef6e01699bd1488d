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
  write:
    description: Whether the report is written.
    type: bool
    default: true
extends_documentation_fragment:
  - interchain.agent_ops.report
  - interchain.agent_ops.report.artifacts
  - interchain.agent_ops.report.store
attributes:
  diff_mode:
    support: none
    details: A report is not shown as a difference.
seealso:
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
