# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: collection_version
short_description: The versions of collections that are installed where the playbook runs
version_added: 1.0.0
description:
  - Says of each collection which version ansible finds. With it a role that needs a collection which this one does not
    depend on says so before it is loaded.
options:
  _terms:
    description:
      - Names of collections, as C(namespace.name).
    type: list
    elements: str
    required: true
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Refuse to go on without awx.awx
  ansible.builtin.assert:
    that: lookup('interchain.agent_ops.collection_version', 'awx.awx') is truthy
    fail_msg: awx.awx is not installed

- name: Show which one is installed
  ansible.builtin.debug:
    msg: "{{ lookup('interchain.agent_ops.collection_version', 'awx.awx') }}"
  # -> 24.6.1
"""

RETURN = r"""
_list:
  description:
    - For each collection its version. An empty string if it is not found, V(*) if it is a checkout that says no
      version.
  type: list
  elements: str
"""

import json
import os
import typing as t
from importlib import import_module

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible.utils.collection_loader import AnsibleCollectionRef


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: dict[str, t.Any] | None = None, **kwargs: t.Any) -> list[str]:
        self.set_options(var_options=variables, direct=kwargs)
        for term in terms:
            if not AnsibleCollectionRef.is_valid_collection_name(term):
                raise AnsibleLookupError(f"{term!r} is not a collection's name. Expected: namespace.name")
        return [_version(term) for term in terms]


def _version(name: str) -> str:
    try:
        # Ansible's own loader finds it, wherever it looks for collections.
        found = import_module(f"ansible_collections.{name}")
    except ImportError:
        return ""
    for folder in found.__path__:
        try:
            with open(os.path.join(folder, "MANIFEST.json"), encoding="utf-8") as stream:
                return str(json.load(stream)["collection_info"]["version"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return "*"
