#!/usr/bin/python
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# The work is done by the action plugin of the same name, on the controller; this is its documentation.

from __future__ import annotations

DOCUMENTATION = r"""
module: deployment_plan
short_description: Plan a deployment, and say what it needs
version_added: 1.0.0
description:
  - Makes the plan of a deployment, a JSON file that says what is run (command, program, git commit, input files by
    their SHA-256), on what (environment, component, networks), what that needs, and until when. Its SHA-256 is its
    name.
  - What a deployment is, is not left to the caller. A call of C(upgrade(address,address)) (selector C(0x99a88ec4)) in
    an argument or in a call batch, at whatever depth, makes it an update of the upgradeBeacon; a call batch of which
    nobody can say what it does needs a human.
  - A plan that is the same and still waits is taken again, with the approvals that it has. Any other gets a name of
    its own, and needs approvals of its own.
  - Refuses what is not in order before anything is written. Shows the plan.
extends_documentation_fragment:
  - interchain.agent_ops.deployment
attributes:
  check_mode:
    description: Can run in C(check_mode) and return the changed status prediction without modifying the target.
    support: full
  diff_mode:
    description: Returns details on what has changed (or would change), when in diff mode.
    support: none
  action:
    description: Runs on the controller.
    support: full
seealso:
  - module: interchain.agent_ops.deployment_run
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Plan a deployment of contracts
  interchain.agent_ops.deployment_plan:
    environment: production
    protected: true
    gates:
      contracts: manual
      upgrade_beacon: human
      agents: operator
    approvers:
      - name: alice
        public_keys:
          - ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJd2Vy5kTZ4rdyTqx0iRTwE2C1WOn4ZK4iAtg2uU6Yq3 alice@example.org
    known_agents: [updater, watcher, relayer, processor]
    known_networks: [ethereum, moonbeam]
    component: contracts
    networks: [ethereum]
    command: [npx, ts-node, scripts/deploy.ts, config.json, overrides.json]
  register: planned
"""

RETURN = r"""
name:
  description: The plan's name, the SHA-256 of its file in 64 hexadecimal digits.
  returned: success
  type: str
  sample: 6f2b1c9d1d1f4c1d9d9c52a7c5f7f5c4a5a7a5e33d2ad0b7c0f5d0d0cf4f3c21
file:
  description: The plan's file, as an absolute path. In check mode there may be none.
  returned: success
  type: str
  sample: /srv/ops/production/deployments/6f2b1c9d1d1f4c1d9d9c52a7c5f7f5c4a5a7a5e33d2ad0b7c0f5d0d0cf4f3c21/plan.json
plan:
  description: The plan.
  returned: success
  type: dict
  contains:
    components:
      description: What the deployment is, of V(contracts), V(upgrade_beacon) and V(agents).
      type: list
      elements: str
    reasons:
      description: What was found in arguments and call batches, a sentence each.
      type: list
      elements: str
    demand:
      description:
        - What it needs. C(gates) that it passes, C(terminal) (whether only at one), and C(approvals), each with the
          number of C(people), their C(roles) and C(why).
      type: dict
    inputs:
      description: Input files, each with C(path) and C(sha256).
      type: list
      elements: dict
    commit:
      description: The git commit.
      type: str
    created:
      description: When it was made, UTC, as C(YYYY-MM-DDTHH:MM:SSZ).
      type: str
    expires:
      description: When it expires, likewise.
      type: str
approvals:
  description: The approvals that are there, each with C(name), C(fingerprint) and C(roles).
  returned: success
  type: list
  elements: dict
missing:
  description: The approvals that are not, a sentence each.
  returned: success
  type: list
  elements: str
"""
