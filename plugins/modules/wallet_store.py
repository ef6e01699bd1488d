#!/usr/bin/python
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# The work is done by the action plugin of the same name, on the controller; this is its documentation.

from __future__ import annotations

DOCUMENTATION = r"""
module: wallet_store
short_description: Decide where the records of payments are kept
version_added: 1.0.0
description:
  - Returns the store that M(interchain.agent_ops.wallet_top_up) is to use, the one that the inventory names, or else
    the folder C(wallet_funding) among the environment's artifacts.
  - Without a store of the inventory's a run that may send is refused where nobody is at a terminal. The folder of a
    machine that is thrown away after the run would forget what was paid.
  - A sandbox run uses its own folder, under a folder C(sandbox), and never a folder of the environment's. Of its own
    is also the bucket of an C(s3://) store then. Nobody has to be at a terminal.
options:
  store:
    description: What the inventory names, C(s3://BUCKET/PREFIX), a folder, or nothing.
    type: str
    default: ''
  environment:
    description: Name of the environment.
    type: str
    required: true
  endpoint_url:
    description: Endpoint that is used instead of AWS's. If it is not one of AWS's the run is a sandbox's.
    type: str
    default: ''
  sends:
    description: Whether the run may send anything. In check mode it may not.
    type: bool
    required: true
  attended:
    description: V(false) says that nobody is at the terminal.
    type: bool
    default: true
  artifacts_root:
    description:
      - Folder of the artifacts. A relative path is relative to the folder in which C(ansible-playbook) was started.
    type: path
    default: artifacts
attributes:
  check_mode:
    description: Can run in C(check_mode) and return the changed status prediction without modifying the target.
    support: full
  diff_mode:
    description: Returns details on what has changed (or would change), when in diff mode.
    support: none
    details: Nothing changes.
  action:
    description: Runs on the controller.
    support: full
seealso:
  - module: interchain.agent_ops.wallet_top_up
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Decide where the records are kept
  interchain.agent_ops.wallet_store:
    store: s3://nomad-staging-funding/records
    environment: staging
    sends: true
  register: place
"""

RETURN = r"""
store:
  description: The store, C(s3://BUCKET/PREFIX) or the absolute path of a folder.
  returned: success
  type: str
  sample: s3://nomad-staging-funding/records
sandbox:
  description: Whether the run is a sandbox's, as far as O(endpoint_url) says.
  returned: success
  type: bool
  sample: false
"""
