# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: public_key_address
short_description: Ethereum address of a secp256k1 public key
version_added: 1.0.0
description:
  - Derives the EIP-55 checksummed Ethereum address from a public key, as AWS KMS returns it from C(GetPublicKey).
  - The curve and the point are checked.
positional: _input
options:
  _input:
    description: A SubjectPublicKeyInfo as DER bytes, or as PEM, hexadecimal or base64 text.
    type: raw
    required: true
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Show the address of a public key
  ansible.builtin.debug:
    msg: "{{ public_key | interchain.agent_ops.public_key_address }}"
  vars:
    public_key: >-
      3056301006072a8648ce3d020106052b8104000a03420004
      f2de8ae7a9f594fb0d399abfb58639f43fb80960a1ed7c6e257c11e764d4759e
      1773a2c7ec7b913bec5d0e3a12bd7acd199f62e86de3f83b35bf6749fc1144ba
  # -> 0xE94E130546485b928C9C9b9A5e69EB787172952e
"""

RETURN = r"""
_value:
  description: The checksummed address.
  type: str
"""

import typing as t

from ansible.errors import AnsibleFilterError


def public_key_address(value: t.Any) -> str:
    # Ansible loads all filters of a collection to find one of them, in each process anew: the libraries come later.
    from ansible_collections.interchain.agent_ops.plugins.module_utils import _address

    if _address.IMPORT_ERROR is not None:
        raise AnsibleFilterError(f"public_key_address needs cryptography and eth-keys: {_address.IMPORT_ERROR}")
    if not isinstance(value, (str, bytes, bytearray)):
        raise AnsibleFilterError(f"public_key_address: expected bytes or text, not {type(value).__name__}")
    try:
        return _address.public_key_address(value if isinstance(value, str) else bytes(value))
    except ValueError as exc:
        raise AnsibleFilterError(f"public_key_address: {exc}") from exc


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"public_key_address": public_key_address}
