#!/usr/bin/python
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# The work is done by the action plugin of the same name, on the controller; this is its documentation.

from __future__ import annotations

DOCUMENTATION = r"""
module: wallet_approval
short_description: Have somebody approve what is paid to wallets
version_added: 1.0.0
description:
  - Asks at the terminal whether what a plan of M(interchain.agent_ops.wallet_top_up) wants to pay is to be sent.
    Where nobody is at a terminal, and O(approve) does not say it either, it fails with what to set.
  - Nothing is asked where there is nothing to decide, that is in check mode, where the plan has nothing to send, and
    where a protected environment is not confirmed.
  - What it returns as RV(approved) is for the option C(approved) of M(interchain.agent_ops.wallet_top_up), so that
    nothing beyond what was shown is sent.
options:
  result:
    description: What M(interchain.agent_ops.wallet_top_up) returned in check mode.
    type: dict
    required: true
  environment:
    description: Name of the environment.
    type: str
    required: true
  approve:
    description: Whether somebody has approved it, elsewhere. Then nothing is asked.
    type: bool
    default: false
  replace_stuck:
    description: Whether stuck transactions are to be replaced at a higher fee, which is part of the question then.
    type: bool
    default: false
  attended:
    description: V(false) says that nobody is at the terminal.
    type: bool
    default: true
  wait_minutes:
    description: Minutes after which no answer is a no.
    type: int
    default: 15
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
- name: Ask
  interchain.agent_ops.wallet_approval:
    result: "{{ plan }}"
    environment: staging
  register: approval
"""

RETURN = r"""
send:
  description:
    - Whether M(interchain.agent_ops.wallet_top_up) is to run, to send what is approved or to settle what is on its way.
  returned: success
  type: bool
  sample: true
approved:
  description: The planned transfers that are approved.
  returned: success
  type: list
  elements: dict
  sample:
    - network: kovan
      agent: updater
      address: '0xE94E130546485b928C9C9b9A5e69EB787172952e'
      amount: '375'
      unit: ETH
      action: planned
"""
