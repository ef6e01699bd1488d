#!/usr/bin/python
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# The work is done by the action plugin of the same name, on the controller; this is its documentation.

from __future__ import annotations

DOCUMENTATION = r"""
module: wallet_report
short_description: Show and write the balances of an environment's wallets
version_added: 1.0.0
description:
  - Shows what M(interchain.agent_ops.wallet_balances_info) or M(interchain.agent_ops.wallet_top_up) returned, the
    wallets with their thresholds and targets, the banks, and the transfers with hashes and links, and writes it to
    C(wallets.json), C(wallets.csv), C(wallets.md) and the picture C(wallets.svg) among the environment's artifacts.
    The files are of what the run looked at.
  - Each look adds a line to C(wallet_history.jsonl), which keeps 90 days and 2,000 lines. From it comes in how many
    days a wallet is empty, at the use that was seen in the last 14 days. The time in which money came in does not
    count.
  - What is of a sandbox is under a folder C(sandbox) only.
  - A report is never C(changed). Balances are others at every look, and a run that found nothing to do would
    otherwise never say so.
  - Where a O(store) is named, the history is that of the store and that of the disk together.
options:
  result:
    description: What one of the two modules returned.
    type: dict
    required: true
  show:
    description: What is shown, in the order of the choices.
    type: list
    elements: str
    choices:
      - transfers
      - wallets
    default:
      - wallets
  write:
    description: Whether the report is written. In check mode it is not.
    type: bool
    default: true
  remember:
    description:
      - Whether this look gets a line in the history, by default as O(write) says. In check mode it gets none.
      - The look before a payment is worth one. It has what was spent until then.
    type: bool
extends_documentation_fragment:
  - interchain.agent_ops.report
  - interchain.agent_ops.report.artifacts
  - interchain.agent_ops.report.store
attributes:
  diff_mode:
    support: none
    details: A report is not shown as a difference.
seealso:
  - module: interchain.agent_ops.wallet_balances_info
  - module: interchain.agent_ops.wallet_top_up
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Show the balances
  interchain.agent_ops.wallet_report:
    result: "{{ balances }}"
    environment: staging
"""

RETURN = r"""
files:
  description: The files of the report, as paths.
  returned: success
  type: list
  elements: str
  sample:
    - artifacts/staging/wallets.json
    - artifacts/staging/wallets.csv
    - artifacts/staging/wallets.md
    - artifacts/staging/wallets.svg
wallets:
  description: The wallets of RV(ignore:result), with C(days_left) where the history says something of their use.
  returned: success
  type: list
  elements: dict
  sample:
    - network: kovan
      agent: updater
      address: '0xE94E130546485b928C9C9b9A5e69EB787172952e'
      balance: '312.5'
      threshold: '125'
      target: '500'
      unit: ETH
      state: ok
      days_left: 12.4
"""
