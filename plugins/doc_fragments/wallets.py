# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options in plugins/module_utils/_wallet_options.py; the two are to be kept in step."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  environment:
    description:
      - Name of the environment.
    type: str
    required: true
  networks:
    description:
      - Network to its settings, of all networks of the environment. Read are C(chain_id), C(replicas), C(native_unit)
        (V(ETH) by default), C(native_decimals) (V(18)) and C(explorer_url).
    type: dict
    required: true
  funding:
    description:
      - Network to how its wallets are funded. C(threshold), C(target), C(max_transfer), C(max_run), C(max_day) and
        C(reserve) are amounts of the native unit, as text; C(agents) has agents to their own C(threshold), C(target)
        and C(funded); C(fee_type) is V(auto), V(eip1559) or V(legacy); C(max_fee_per_gas_gwei),
        C(max_priority_fee_per_gas_gwei) and C(max_gas) bound what a transfer costs; C(min_interval_seconds) is the
        least time between two transfers to an address; C(receipt_seconds), C(stuck_seconds) and C(confirmations) say
        how long is waited.
    type: dict
    default: {}
  rpc_urls:
    description:
      - Network to the URL of its node. URLs often hold API keys, and are in no result and no error.
    type: dict
    required: true
  rpc_timeout:
    description:
      - Seconds within which a node must have answered.
    type: int
    default: 10
  check_chain_ids:
    description:
      - Whether a node must be of the chain that C(chain_id) of its network names.
    type: bool
    default: true
  only:
    description:
      - Networks that are done, all by default.
    type: list
    elements: str
  agents:
    description:
      - The agents that are run. On which networks each needs money follows from its work; C(funded) in O(funding) says
        otherwise.
    type: list
    elements: str
    required: true
  signing_keys:
    description:
      - The keys that the environment has, as the filter P(interchain.agent_ops.environment_signing_keys#filter) gives
        them. Their addresses and states are read from AWS by each run.
    type: list
    elements: dict
    required: true
  backend:
    description:
      - Where the keys live, AWS KMS or AWS Secrets Manager.
    type: str
    choices:
      - kms
      - secretsmanager
    required: true
  transaction_signer:
    description:
      - Whose key signs on a network, that of the agent's V(home) everywhere, or the V(network)'s own.
    type: str
    choices:
      - home
      - network
    default: home
  bank_key:
    description:
      - Name of the key that wallets are funded from. By default the one key of the agent C(bank).
    type: str
"""
