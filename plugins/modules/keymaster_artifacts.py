#!/usr/bin/python
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# The work is done by the action plugin of the same name, on the controller; this is its documentation.

from __future__ import annotations

DOCUMENTATION = r"""
module: keymaster_artifacts
short_description: Write what those need who run the service that funds wallets in containers
version_added: 1.0.0
description:
  - Writes the program of the service, as M(interchain.agent_ops.keymaster_program) packs it, and further files beside
    it.
  - All in one call. A file is written whole or not at all, and only if it differs.
options:
  directory:
    description: The folder, on the controller. It is the collection's own.
    type: path
    required: true
  files:
    description: Name of a file to its text.
    type: dict
    default: {}
  state:
    description: V(absent) removes the folder.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    description: Can run in C(check_mode) and return the changed status prediction without modifying the target.
    support: full
  diff_mode:
    description: Returns details on what has changed (or would change), when in diff mode.
    support: full
    details: Not of the program.
  action:
    description: Runs on the controller.
    support: full
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Write program and configuration
  interchain.agent_ops.keymaster_artifacts:
    directory: artifacts/staging/keymaster
    files:
      keymaster.json: "{{ configuration | to_nice_json }}"
"""

RETURN = r"""
files:
  description: Names of all files that are written.
  type: list
  elements: str
  returned: when O(state=present)
written:
  description: Names of those that differed.
  type: list
  elements: str
  returned: when O(state=present)
"""
