# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options in plugins/module_utils/_signing_key_options.py; the two are to be kept in step."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  signing_keys:
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the key, 1 to 250 letters, digits, slashes, underscores and dashes.
        type: str
        required: true
      environment:
        description:
          - Environment that the key belongs to.
        type: str
        required: true
      network:
        description:
          - Network that the key belongs to. Leave it out for a key that all networks share.
        type: str
      agent:
        description:
          - Agent that uses the key. Required unless O(state=absent).
        type: str
      purpose:
        description:
          - What the key signs, transactions (V(signer)), or updates and fraud proofs (V(attestation)). Required unless
            O(state=absent).
        type: str
        choices:
          - signer
          - attestation
      description:
        description:
          - Description of the key. Required unless O(state=absent).
        type: str
      region:
        description:
          - AWS Region of this key. The default is that of the module.
        type: str
      tags:
        description:
          - Further tags. Those named C(environment), C(network), C(agent), C(purpose) and C(agent_ops:alias) are set by
            the module.
        type: dict
        default: {}
  state:
    description:
      - Whether the keys are to be there.
    type: str
    choices:
      - present
      - absent
    default: present
  revive:
    description:
      - Names of keys that are used again although they are disabled or scheduled for deletion. A key is never revived
        unasked.
    type: list
    elements: str
    default: []
  pending_window_days:
    description:
      - Days between the scheduling of a deletion and the deletion itself, 7 to 30.
    type: int
    default: 30
  progress_file:
    description:
      - A file that says what is being done while the module runs, a line for each step. It is set by the action plugin
        of the module's name, which shows these lines.
    type: path
"""

    CALLS = r"""
options:
  account_id:
    description:
      - AWS account that the credentials must be for. With credentials for another one the module fails before it reads
        or writes a key.
    type: str
  request_rates:
    description:
      - Requests a second that writing operations are paced to, by the operation's name, for instance C(CreateKey). V(0)
        means without limit.
      - The defaults are AWS's published quotas, C(CreateKey) 5 and C(CreateAlias) 5 for instance.
    type: dict
  workers:
    description:
      - How many requests are made side by side.
    type: int
    default: 48
"""
