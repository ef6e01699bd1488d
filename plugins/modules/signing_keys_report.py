#!/usr/bin/python
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# The work is done by the action plugin of the same name, on the controller; this is its documentation.

from __future__ import annotations

DOCUMENTATION = r"""
module: signing_keys_report
short_description: Write and show the report of an environment's signing keys
version_added: 1.0.0
description:
  - Merges the rows of a run into the last report, writes it as JSON, CSV and Markdown on the controller, and shows the
    table of the keys with their Ethereum addresses.
  - Rows of the last report that this run had nothing to do with are kept. An address that differs from that in the last
    report is warned about.
  - What came out of an endpoint that is not AWS's is written under a folder C(sandbox) only, and says so.
options:
  signing_keys:
    description: Rows, as M(interchain.agent_ops.kms_signing_keys) returns them.
    type: list
    elements: dict
    required: true
  order:
    description: Names of all keys of the environment, in the order of the report.
    type: list
    elements: str
    default: []
  show:
    description: Whether the table is shown.
    type: bool
    default: true
  write:
    description: Whether the files are written, and stored.
    type: bool
    default: true
extends_documentation_fragment:
  - interchain.agent_ops.report
  - interchain.agent_ops.report.origin
  - interchain.agent_ops.report.artifacts
  - interchain.agent_ops.report.store
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
---
- name: Report the keys
  interchain.agent_ops.signing_keys_report:
    environment: staging
    signing_keys: "{{ result.signing_keys }}"
    account_id: "{{ result.account_id }}"
    endpoint_url: "{{ result.endpoint_url }}"
    sandbox: "{{ result.sandbox }}"
"""

RETURN = r"""
files:
  description: The files of the report.
  returned: success
  type: list
  elements: str
  sample:
    - artifacts/staging/signing_keys.json
    - artifacts/staging/signing_keys.csv
    - artifacts/staging/signing_keys.md
address_changes:
  description: A sentence for each key whose address is another one than in the last report.
  returned: success
  type: list
  elements: str
  sample: []
"""
