#!/usr/bin/python
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# The work is done by the action plugin of the same name, on the controller; this is its documentation.

from __future__ import annotations

DOCUMENTATION = r"""
module: proof_bucket_report
short_description: Show a plan of an environment's proof bucket
version_added: 1.0.0
description:
  - Shows what M(interchain.agent_ops.proof_bucket_info) plans before it is carried out or in check mode, and where
    proofs are read.
options:
  changes:
    description: The changes, as M(interchain.agent_ops.proof_bucket_info) returns them.
    type: list
    elements: dict
    required: true
  problems:
    description: Why the plan must not be carried out, as M(interchain.agent_ops.proof_bucket_info) returns it.
    type: list
    elements: str
    default: []
  difference:
    description:
      - The C(diff) of M(interchain.agent_ops.proof_bucket_info), which ansible shows in check mode with C(--diff).
    type: dict
    default: {}
  url:
    description: URL that readers append an object's key to, or an empty string where the bucket is removed.
    type: str
    required: true
extends_documentation_fragment:
  - interchain.agent_ops.report
  - interchain.agent_ops.report.origin
attributes:
  diff_mode:
    support: full
seealso:
  - module: interchain.agent_ops.proof_bucket_info
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Show what is to be done
  interchain.agent_ops.proof_bucket_report:
    changes: "{{ plan.changes }}"
    environment: staging
    url: "{{ plan.bucket.url }}"
    account_id: "{{ plan.account_id }}"
    endpoint_url: "{{ plan.endpoint_url }}"
    sandbox: "{{ plan.sandbox }}"
"""

RETURN = r"""
"""
