#!/usr/bin/python
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# The work is done by the action plugin of the same name, on the controller; this is its documentation.

from __future__ import annotations

DOCUMENTATION = r"""
module: signer_access_report
short_description: Show a plan of an environment's permissions
version_added: 1.0.0
description:
  - Shows what M(interchain.agent_ops.signer_access_info) plans, a line each, before it is carried out or in check mode.
  - Says in which folder the environment's artifacts are. What came out of an endpoint that is not AWS's is under a
    folder C(sandbox) only.
options:
  changes:
    description: The changes, as M(interchain.agent_ops.signer_access_info) returns them.
    type: list
    elements: dict
    required: true
  left:
    description: What differs and is left as it is. It is shown as warnings.
    type: list
    elements: str
    default: []
  difference:
    description:
      - The C(diff) of M(interchain.agent_ops.signer_access_info), which ansible shows in check mode with
        C(--diff).
    type: dict
    default: {}
  form:
    description: Form of the permissions.
    type: str
    required: true
  show:
    description: Whether the plan is shown.
    type: bool
    default: true
extends_documentation_fragment:
  - interchain.agent_ops.report
  - interchain.agent_ops.report.origin
  - interchain.agent_ops.report.artifacts
attributes:
  diff_mode:
    support: full
seealso:
  - module: interchain.agent_ops.signer_access_info
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Show what is to be done
  interchain.agent_ops.signer_access_report:
    changes: "{{ plan.changes }}"
    left: "{{ plan.left }}"
    environment: staging
    form: hardened
    account_id: "{{ plan.account_id }}"
    endpoint_url: "{{ plan.endpoint_url }}"
    sandbox: "{{ plan.sandbox }}"
"""

RETURN = r"""
directory:
  description: Folder of the environment's artifacts, as an absolute path.
  returned: success
  type: str
  sample: /home/user/agent_ops/artifacts/staging
"""
