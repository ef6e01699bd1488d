#!/usr/bin/python
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# The work is done by the action plugin of the same name; this is its documentation.

from __future__ import annotations

DOCUMENTATION = r"""
module: keymaster_program
short_description: Install the program of the service that funds wallets
version_added: 1.0.0
description:
  - Packs the files of this collection that the service Keymaster needs, which it finds by what they import, into one
    file, and copies that to the host. Python 3.11 or later runs it, or imports from it.
  - Neither ansible nor this collection is needed there. The same version of the collection gives the same file, byte
    for byte.
options:
  dest:
    description: The file on the host. It is written whole or not at all.
    type: path
    required: true
  owner:
    description: Whose it is.
    type: str
  group:
    description: Its group.
    type: str
  mode:
    description: Its permissions.
    type: raw
attributes:
  check_mode:
    description: Can run in C(check_mode) and return the changed status prediction without modifying the target.
    support: full
  diff_mode:
    description: Says that the program differs, and not in what.
    support: none
  action:
    description: Packs on the controller.
    support: full
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Install the program
  interchain.agent_ops.keymaster_program:
    dest: /opt/keymaster/keymaster.pyz
    owner: root
    group: root
    mode: "0644"
"""

RETURN = r"""
dest:
  description: The file on the host.
  type: str
  returned: success
checksum:
  description: SHA-1 of the file.
  type: str
  returned: success
"""
