#!/usr/bin/python
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# The work is done by the action plugin of the same name, on the controller; this is its documentation.

from __future__ import annotations

DOCUMENTATION = r"""
module: access_matrix_report
short_description: Write and show who may do what with an environment's signing keys
version_added: 1.0.0
description:
  - Shows the table of principals and keys, the differences from what the inventory wants, a sentence each, and what
    could not be read; and writes all of it as JSON and Markdown on the controller.
  - In the table V(S) means to sign, V(P) to read the public key, V(C) to come to sign (by a grant, a policy or a
    replica) and V(A) to administer. V(?) is for what depends on a condition that cannot be known, V(!) for what is
    not wanted and V(x) for what is wanted and missing.
  - A few keys get a line each, with a column for each principal. Many are shown by principal, with agents and
    networks.
  - A difference is no failure of this module. RV(different) says whether there is one.
  - What came out of an endpoint that is not AWS's is written under a folder C(sandbox) only, and says so.
options:
  result:
    description: What M(interchain.agent_ops.access_matrix_info) returned.
    type: dict
    required: true
  show:
    description: Whether the table is shown.
    type: bool
    default: true
  write:
    description: Whether the files are written.
    type: bool
    default: true
extends_documentation_fragment:
  - interchain.agent_ops.report
  - interchain.agent_ops.report.artifacts
  - interchain.agent_ops.report.store
seealso:
  - module: interchain.agent_ops.access_matrix_info
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
---
- name: Read who may sign
  interchain.agent_ops.access_matrix_info:
    region: us-west-2
    access: "{{ plan.access }}"
  register: found

- name: Show it
  interchain.agent_ops.access_matrix_report:
    environment: staging
    result: "{{ found }}"
  register: report
  failed_when: report is failed or report.different
"""

RETURN = r"""
files:
  description: The files of the report.
  returned: success
  type: list
  elements: str
  sample:
    - artifacts/staging/access_matrix.json
    - artifacts/staging/access_matrix.md
directory:
  description: The folder of the report.
  returned: success
  type: str
  sample: artifacts/staging
different:
  description: Whether there is a difference from what the inventory wants.
  returned: success
  type: bool
  sample: false
"""
