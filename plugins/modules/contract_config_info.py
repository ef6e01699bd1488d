#!/usr/bin/python
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: contract_config_info
short_description: Compare deployment configurations, and chains, with keys
version_added: 1.0.0
description:
  - Says where deployment configurations differ from the attestation keys of updaters and watchers. Changes nothing.
  - On request the contracts on the chains are asked as well, by JSON-RPC; each network's home and replicas for their
    updater (an updater refuses to run with another key), and its connection manager for the permission of the watchers.
  - A network whose node does not answer is a difference of that network.
extends_documentation_fragment:
  - interchain.agent_ops.contract_config
options:
  chain:
    description:
      - Whether the contracts are asked.
    type: bool
    default: false
  rpc_urls:
    description:
      - Network to the URL of its node. URLs often hold API keys, and are in no result and no error.
    type: dict
    default: {}
  contracts:
    description:
      - Network to the addresses of its contracts, C(home), C(replicas) (home network to address) and
        C(connection_manager). Those that a NomadConfig has under C(core) need not be given.
    type: dict
    default: {}
  check_chain_ids:
    description:
      - Whether a node must be of the chain that C(chain_id) of its network names.
    type: bool
    default: true
  rpc_timeout:
    description:
      - Seconds within which a node must have answered.
    type: int
    default: 10
attributes:
  check_mode:
    description: Can run in C(check_mode) and return the changed status prediction without modifying the target.
    support: full
  diff_mode:
    description: Returns details on what has changed (or would change), when in diff mode.
    support: none
    details: Nothing changes.
requirements:
  - cryptography
  - eth-keys
  - eth-hash[pycryptodome]
seealso:
  - module: interchain.agent_ops.contract_config
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Compare files, keys and chains
  interchain.agent_ops.contract_config_info:
    environment: staging
    networks:
      kovan:
        domain: 3000
        chain_id: 42
        replicas: [moonbasealpha]
      moonbasealpha:
        domain: 5000
        chain_id: 1287
        replicas: [kovan]
    signing_keys: "{{ signing_keys_rows }}"
    files:
      - path: /home/user/config/staging.json
    chain: true
    rpc_urls:
      kovan: "{{ lookup('ansible.builtin.env', 'KOVAN_RPC_URL') }}"
      moonbasealpha: "{{ lookup('ansible.builtin.env', 'MOONBASEALPHA_RPC_URL') }}"
    sandbox: false
"""

RETURN = r"""
rows:
  description:
    - A row for each file and network, as M(interchain.agent_ops.contract_config) returns it. C(action) is V(unchanged),
      V(different) or V(failed).
  returned: unless the input is refused
  type: list
  elements: dict
differences:
  description:
    - What is not as it is to be. C(where) is a file, V(keys), V(files) or V(chain); C(text) says it all; C(found) and
      C(expected) may be null.
  returned: unless the input is refused
  type: list
  elements: dict
  sample:
    - network: kovan
      where: /home/user/config/staging.json
      text: >-
        /home/user/config/staging.json, field protocol.networks.kovan.configuration.updater:
        '0x0000000000000000000000000000000000000000'. Expected: 0xE94E130546485b928C9C9b9A5e69EB787172952e
      found: '0x0000000000000000000000000000000000000000'
      expected: '0xE94E130546485b928C9C9b9A5e69EB787172952e'
questions:
  description: What the chains were asked, with the answers that are right.
  returned: unless the input is refused
  type: list
  elements: dict
  sample:
    - network: kovan
      question: home.updater()
      contract: '0x16b0f38BCCA1f5f88CFe1D238779a57E0Df6707d'
      expected: '0xE94E130546485b928C9C9b9A5e69EB787172952e'
sandbox:
  description: Whether the keys are a sandbox's.
  returned: unless the input is refused
  type: bool
  sample: false
"""

import traceback
import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.interchain.agent_ops.plugins.module_utils import _address
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config import Setting, wanted
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config_ask import Node, ask
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config_drift import (
    Difference,
    chain_ids,
    contracts_of,
    difference,
    file_differences,
    found_rows,
    questions,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config_files import Document
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config_options import (
    contract_config_options,
    setting,
    sources,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._json_rpc import network_node


def _chain(
    params: t.Mapping[str, t.Any], given: Setting, documents: t.Sequence[Document]
) -> tuple[list[dict[str, t.Any]], list[Difference]]:
    """Ask the chains; return what was asked, and what differs."""
    timeout = params["rpc_timeout"]
    asked, left = questions(given, contracts_of(documents, params["contracts"], given.networks))

    def connect(network: str) -> Node:
        return network_node(network, params["rpc_urls"], timeout=timeout)

    numbers = chain_ids(given.networks) if params["check_chain_ids"] else {}
    # A node that is slow may take its time for a batch and, once more, for what it was asked again one by one.
    left += ask(asked, connect, numbers, 2.0 * timeout + 1)
    told = [
        {"network": one.network, "question": one.told, "contract": one.to, "expected": one.expected} for one in asked
    ]
    return told, left


def _run(params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    given = setting(params, dry_run=False)
    found = sources(params, given.networks)
    wishes = wanted(given)
    documents = []
    differences = []
    for source in found:
        document = source.result()
        if document is not None:
            documents.append(document)
        else:
            text = f"{source.copy} is not there yet: run contract_config.yml first"
            networks = [network for network in source.document.places if network in given.only]
            differences += [difference(network, str(source.copy), text) for network in networks]
    missing = {one["network"] for one in differences}
    present = {network: wish for network, wish in wishes.items() if network not in missing}
    differences += file_differences(given, documents, present)
    rows = found_rows(documents, wishes, differences)
    asked: list[dict[str, t.Any]] = []
    if params["chain"]:
        asked, more = _chain(params, given, [source.document for source in found])
        differences += [one for one in more if one not in differences]
    return {"rows": rows, "differences": differences, "questions": asked, "sandbox": params["sandbox"]}


def main() -> t.NoReturn:
    module = AnsibleModule(
        argument_spec={
            **contract_config_options(),
            "chain": {"type": "bool", "default": False},
            "rpc_urls": {"type": "dict", "default": {}, "no_log": True},
            "contracts": {"type": "dict", "default": {}},
            "check_chain_ids": {"type": "bool", "default": True},
            "rpc_timeout": {"type": "int", "default": 10},
        },
        supports_check_mode=True,
    )
    if _address.IMPORT_ERROR is not None:
        module.fail_json(
            msg=missing_required_lib("cryptography, eth-keys and eth-hash[pycryptodome]"),
            exception="".join(traceback.format_exception(_address.IMPORT_ERROR)),
        )
    try:
        result = _run(module.params)
    except ValueError as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(changed=False, **result)
    raise AssertionError("exit_json ends the process")  # pragma: no cover


if __name__ == "__main__":
    main()
