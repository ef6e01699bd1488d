# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: checksum_address
short_description: EIP-55 checksummed form of an Ethereum address
version_added: 1.0.0
description:
  - Returns an Ethereum address in its EIP-55 form.
  - An address in mixed case must carry the right checksum; one in lower or upper case carries none.
positional: _input
options:
  _input:
    description: The address, C(0x) and 40 hexadecimal digits.
    type: str
    required: true
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Show an address with its checksum
  ansible.builtin.debug:
    msg: "{{ '0xe94e130546485b928c9c9b9a5e69eb787172952e' | interchain.agent_ops.checksum_address }}"
  # -> 0xE94E130546485b928C9C9b9A5e69EB787172952e
"""

RETURN = r"""
_value:
  description: The checksummed address.
  type: str
"""

import typing as t

from ansible.errors import AnsibleFilterError


def checksum_address(value: t.Any) -> str:
    # Ansible loads all filters of a collection to find one of them, in each process anew: the libraries come later.
    from ansible_collections.interchain.agent_ops.plugins.module_utils import _address

    if _address.IMPORT_ERROR is not None:
        raise AnsibleFilterError(f"checksum_address needs eth-keys: {_address.IMPORT_ERROR}")
    try:
        return _address.checksum_address(value)
    except ValueError as exc:
        raise AnsibleFilterError(f"checksum_address: {exc}") from exc


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"checksum_address": checksum_address}
