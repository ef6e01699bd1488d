# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: network_rpc_urls
short_description: By which URL the node of each network is reached
version_added: 1.0.0
description:
  - Returns the C(rpc_url) of each network's settings, or in a sandbox what takes its place.
positional: _input
options:
  _input:
    description: Network to its settings, as C(agent_ops_network) has them.
    type: dict
    required: true
  sandbox_url:
    description: What all networks are reached by in a sandbox, one chain for all.
    type: str
    default: ''
  sandbox_urls:
    description:
      - Network to what it is reached by in a sandbox, where it has a chain of its own. It comes before O(sandbox_url).
    type: dict
    default: {}
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Ask every node for its chain
  ansible.builtin.uri:
    url: "{{ item.value }}"
    method: POST
    body_format: json
    body: {jsonrpc: "2.0", id: 1, method: eth_chainId, params: []}
  loop: "{{ networks | interchain.agent_ops.network_rpc_urls | dict2items }}"
  no_log: true
"""

RETURN = r"""
_value:
  description: Network to URL, an empty text where there is none. URLs often hold API keys.
  type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError


def network_rpc_urls(networks: t.Any, sandbox_url: str = "", sandbox_urls: t.Any = None) -> dict[str, str]:
    urls = sandbox_urls or {}
    example = """'{"kovan": "http://127.0.0.1:8545"}' in AGENT_OPS_SANDBOX_RPC_URLS"""
    for name, value, expected in (
        ("the networks", networks, "network to agent_ops_network"),
        ("agent_ops_sandbox_rpc_urls", urls, f"network to URL, for instance {example}"),
    ):
        if not isinstance(value, t.Mapping):
            # What it is instead may be a URL, which is a secret. Ansible's own types are no words for a user.
            found = "a text" if isinstance(value, str) else "a list" if isinstance(value, list) else "a value"
            raise AnsibleFilterError(
                f"network_rpc_urls: {name} must be a dictionary of networks, not {found}. Expected: {expected}"
            )
    strangers = sorted(map(str, set(urls) - set(networks)))
    if strangers and networks:
        raise AnsibleFilterError(
            f"agent_ops_sandbox_rpc_urls names {', '.join(strangers)}. Expected: networks of the environment,"
            f" {', '.join(map(str, networks))}. Its value comes from AGENT_OPS_SANDBOX_RPC_URLS"
        )
    if sandbox_url or urls:
        return {name: urls.get(name) or sandbox_url for name in networks}
    return {name: (settings or {}).get("rpc_url") or "" for name, settings in networks.items()}


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"network_rpc_urls": network_rpc_urls}
