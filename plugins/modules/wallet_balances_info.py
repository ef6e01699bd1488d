#!/usr/bin/python
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: wallet_balances_info
short_description: Read what the wallets of an environment's agents hold
version_added: 1.0.0
description:
  - Says what each agent has on each network on which it sends transactions, and what the bank has. Changes nothing.
  - The addresses are those of the keys that AWS has now. Each network's node is asked by JSON-RPC in batches, all
    networks side by side. A network that does not answer, or is of another chain, has an error in its row.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - interchain.agent_ops.signing_keys.calls
  - interchain.agent_ops.attributes
  - interchain.agent_ops.wallets
attributes:
  diff_mode:
    support: none
    details: Nothing changes.
notes:
  - "Permissions: C(sts:GetCallerIdentity) (always allowed); of the keys that need money and the bank's
    C(kms:DescribeKey), C(kms:GetPublicKey) and C(kms:ListResourceTags), or C(secretsmanager:GetSecretValue)."
requirements:
  - cryptography
  - eth-keys
  - eth-hash[pycryptodome]
seealso:
  - module: interchain.agent_ops.wallet_top_up
  - module: interchain.agent_ops.wallet_report
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Read the balances of staging's agents
  interchain.agent_ops.wallet_balances_info:
    environment: staging
    networks:
      kovan:
        chain_id: 42
        replicas: [moonbasealpha]
      moonbasealpha:
        chain_id: 1287
        native_unit: DEV
        replicas: [kovan]
    agents: [updater, watcher, relayer, processor, kathy]
    signing_keys: "{{ keys }}"
    backend: kms
    rpc_urls:
      kovan: "{{ lookup('ansible.builtin.env', 'KOVAN_RPC_URL') }}"
      moonbasealpha: "{{ lookup('ansible.builtin.env', 'MOONBASEALPHA_RPC_URL') }}"
    region: us-west-2
    funding:
      kovan: {threshold: '125', target: '500'}
"""

RETURN = r"""
wallets:
  description:
    - A row for each wallet, a signing key on a network on which it sends transactions. Amounts are there twice, exact
      in the native unit as text, and in wei (C(*_wei)).
  returned: unless the caller or the options are refused
  type: list
  elements: dict
  contains:
    network:
      description: The network.
      type: str
      sample: kovan
    agent:
      description: The agent whose key it is.
      type: str
      sample: relayer
    key:
      description: Name of the signing key.
      type: str
      sample: staging-moonbasealpha-relayer-signer
    homes:
      description: Homes that the agent serves with this key on this network.
      type: list
      elements: str
      sample: [moonbasealpha]
    address:
      description: Its address, null where AWS has no such key.
      type: str
      sample: '0xE94E130546485b928C9C9b9A5e69EB787172952e'
    unit:
      description: The network's native unit.
      type: str
      sample: ETH
    balance:
      description: What it has, null where that is not known.
      type: str
      sample: '0.15'
    balance_wei:
      description: The same in wei.
      type: int
      sample: 150000000000000000
    nonce:
      description: How many transactions it has in blocks.
      type: int
      sample: 12
    pending_nonce:
      description: The same with those that wait.
      type: int
      sample: 12
    threshold:
      description: Below it the wallet is topped up; null if it is not.
      type: str
      sample: '125'
    threshold_wei:
      description: The same in wei.
      type: int
      sample: 125000000000000000000
    target:
      description: What it is topped up to.
      type: str
      sample: '500'
    target_wei:
      description: The same in wei.
      type: int
      sample: 500000000000000000000
    state:
      description:
        - V(ok), V(low), V(unset) (no threshold), V(blocked) (it must not be paid, see C(error)) or V(unknown) (its
          network did not answer).
      type: str
      sample: low
    days_left:
      description: Null here; M(interchain.agent_ops.wallet_report) knows it from earlier reports.
      type: float
    error:
      description: What is wrong with it, null if nothing is.
      type: str
networks:
  description: A row for each network, with the bank.
  returned: unless the caller or the options are refused
  type: list
  elements: dict
  contains:
    network:
      description: The network.
      type: str
      sample: kovan
    unit:
      description: Its native unit.
      type: str
      sample: ETH
    chain_id:
      description: The number of the chain that the node is of.
      type: int
      sample: 42
    block_number:
      description: Height of the latest block.
      type: int
      sample: 32000000
    block_age_seconds:
      description: How old that is.
      type: int
      sample: 4
    bank:
      description: The bank's address, null where the environment has none.
      type: str
      sample: '0x16b0f38BCCA1f5f88CFe1D238779a57E0Df6707d'
    bank_balance:
      description: What it has.
      type: str
      sample: '9000'
    bank_balance_wei:
      description: The same in wei.
      type: int
      sample: 9000000000000000000000
    bank_nonce:
      description: How many transactions it has in blocks.
      type: int
      sample: 30
    bank_pending_nonce:
      description: The same with those that wait.
      type: int
      sample: 30
    top_ups_left:
      description: How many of the largest usual top-ups it lasts, null where no wallet has a threshold.
      type: int
      sample: 23
    low:
      description: How many wallets are low.
      type: int
      sample: 1
    unknown:
      description: Of how many nothing is known.
      type: int
      sample: 0
    explorer_url:
      description: The network's block explorer.
      type: str
      sample: https://kovan.etherscan.io
    error:
      description: Why the network could not be read, or funded; null if it could.
      type: str
environment:
  description: Name of the environment.
  returned: unless the caller or the options are refused
  type: str
  sample: staging
read_at:
  description: When that was so, in UTC (ISO 8601).
  returned: unless the caller or the options are refused
  type: str
  sample: '2026-05-04T03:02:01+00:00'
account_id:
  description: AWS account that the keys are in.
  returned: unless the caller or the options are refused
  type: str
  sample: '111122223333'
caller_arn:
  description: ARN of the caller.
  returned: unless the caller or the options are refused
  type: str
  sample: arn:aws:iam::111122223333:user/kms-admin
endpoint_url:
  description: Endpoint that the client really used.
  returned: unless the caller or the options are refused
  type: str
  sample: https://kms.us-west-2.amazonaws.com
sandbox:
  description: Whether that endpoint is not AWS's.
  returned: unless the caller or the options are refused
  type: bool
  sample: false
"""

import time

from ansible_collections.interchain.agent_ops.plugins.module_utils._aws import AwsModule, ask_identity
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_pass import Funder
from ansible_collections.interchain.agent_ops.plugins.module_utils._signing_key_options import (
    request_rates,
    require_libraries,
    required_region,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._wallet_options import (
    as_result,
    make_jobs,
    read_accounts,
    read_options,
    wallet_options,
)


def main() -> None:
    module = AwsModule(argument_spec=wallet_options(), supports_check_mode=True)
    region = required_region(module)
    call = Caller(request_rates(module))
    wish = read_options(module, region, needs_bank=False)
    identity = ask_identity(module, call, region)
    require_libraries(module)
    accounts = read_accounts(module, wish, call, region, identity)
    jobs = make_jobs(module, wish, accounts)
    reports = Funder(environment=module.params["environment"], jobs=jobs, signer=None, store=None, run="").look()
    module.exit_json(changed=False, **as_result(module, reports, accounts, now=time.time()))


if __name__ == "__main__":
    main()
