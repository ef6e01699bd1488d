#!/usr/bin/python
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: wallet_top_up
short_description: Top up the wallets of an environment's agents from its bank
version_added: 1.0.0
description:
  - Brings each wallet that is below its threshold up to its target, by a transfer from the environment's bank, a key
    in AWS KMS or a hex key in AWS Secrets Manager.
  - A transfer is written down in a store before it is sent, and there is one for each nonce of the bank. So nobody is
    paid twice, whenever a run is killed and however many run at once; the next run looks up what became of it by its
    hash.
  - Only addresses of the environment's keys are paid, as AWS has them now, and none whose key is disabled or pending
    deletion.
  - A run of which one network's total is above C(max_run) sends nothing at all. Otherwise a network that fails fails
    alone; its row in RV(networks) has the error, and the caller decides what follows.
  - In check mode, and in a protected environment that is not O(confirmed), nothing is sent, and the plan is returned.
options:
  protected:
    description:
      - Whether nothing may break in this environment. It is planned only, unless O(confirmed).
    type: bool
    required: true
  confirmed:
    description:
      - Whether money may be sent in a protected environment.
    type: bool
    default: false
  store:
    description:
      - Where transfers are written down, C(s3://bucket/prefix) or a folder. All that funds from one bank must name
        the same one. A folder is enough where a single host does that.
      - Required if anything is to be sent. A plan without it is that of a store which holds nothing yet.
    type: str
  approved:
    description:
      - Transfers that were approved, rows of RV(transfers) of a run in check mode. Nothing else is begun, and no more
        is paid. By default all that is planned is sent.
    type: list
    elements: dict
  replace_stuck:
    description:
      - Whether a transfer that is in no block after C(stuck_seconds) is signed again with the same nonce and a higher
        fee.
    type: bool
    default: false
  lock_wait_seconds:
    description:
      - For how long is waited for another run that funds the same network.
    type: int
    default: 60
  progress_file:
    description:
      - A file to which lines are appended that say what is sent while the module runs. The action of the same name
        shows them.
    type: path
  caller_file:
    description:
      - A file that is locked as long as somebody waits for the module, which the action of the same name sees to. When
        the lock is gone, because the run was interrupted, no further transfer is begun and none is waited for; the next
        run looks up what became of those that were sent.
    type: path
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - interchain.agent_ops.signing_keys.calls
  - interchain.agent_ops.attributes
  - interchain.agent_ops.wallets
notes:
  - "Permissions: those of M(interchain.agent_ops.wallet_balances_info); of the bank's key C(kms:Sign), unless it is a
    hex key. For records in S3 C(s3:ListBucket), C(s3:GetBucketPolicyStatus), C(s3:GetBucketPublicAccessBlock) and
    C(s3:GetAccountPublicAccessBlock) of the bucket; C(s3:GetObject) and C(s3:PutObject) of what is below the prefix."
requirements:
  - cryptography
  - eth-keys
  - eth-hash[pycryptodome]
  - rlp
seealso:
  - module: interchain.agent_ops.wallet_balances_info
  - module: interchain.agent_ops.wallet_report
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Top up staging's agents
  interchain.agent_ops.wallet_top_up:
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
      kovan: {threshold: '125', target: '500', max_run: '3000', max_day: '6000', reserve: '1'}
    protected: false
    store: s3://nomad-staging-funding-111122223333/funding
"""

RETURN = r"""
transfers:
  description:
    - A row for each transfer that is planned, made or under way, and for each wallet that is low and not paid now.
  returned: unless the caller or the options are refused
  type: list
  elements: dict
  contains:
    network:
      description: The network.
      type: str
      sample: kovan
    agent:
      description: The agent that is paid.
      type: str
      sample: relayer
    key:
      description: Name of its signing key.
      type: str
      sample: staging-moonbasealpha-relayer-signer
    address:
      description: Its address.
      type: str
      sample: '0xE94E130546485b928C9C9b9A5e69EB787172952e'
    bank:
      description: Who pays.
      type: str
      sample: '0x16b0f38BCCA1f5f88CFe1D238779a57E0Df6707d'
    unit:
      description: The network's native unit.
      type: str
      sample: ETH
    amount:
      description: What is paid.
      type: str
      sample: '500'
    amount_wei:
      description: The same in wei.
      type: int
      sample: 500000000000000000000
    fee:
      description: The most that the transfer costs, or what it did cost.
      type: str
      sample: '0.000042'
    fee_wei:
      description: The same in wei.
      type: int
      sample: 42000000000000
    nonce:
      description: The bank's nonce, null while it is planned.
      type: int
      sample: 30
    hash:
      description: Hash of the transaction, null while it is planned.
      type: str
      sample: '0x4f5f2cbbc1a4b2b26a3f3a4ee9c9e0f4f8f2d4f07c9f4d4f7cf6e5b0a3b8f9aa'
    link:
      description: Where the network's block explorer shows it, null if there is none.
      type: str
      sample: https://kovan.etherscan.io/tx/0x4f5f2cbbc1a4b2b26a3f3a4ee9c9e0f4f8f2d4f07c9f4d4f7cf6e5b0a3b8f9aa
    action:
      description:
        - V(planned), V(confirmed) (in a block), V(sent) (under way), V(stuck) (for too long), V(failed) or V(held)
          (low, and not paid now).
      type: str
      sample: confirmed
    kind:
      description: Why it failed or is held, in one word, null otherwise.
      type: str
      sample: bank_low
    reason:
      description: The same in a sentence.
      type: str
    earlier:
      description: Whether an earlier run began it, which did not see what became of it. It is not paid again.
      type: bool
      sample: false
    bank_left:
      description: What the bank would have left after it, of planned ones.
      type: str
      sample: '8499.999958'
    bank_left_wei:
      description: The same in wei.
      type: int
      sample: 8499999958000000000000
confirmed:
  description: Whether money was allowed to be sent. In check mode, whether it would be.
  returned: unless the caller or the options are refused
  type: bool
  sample: true
store:
  description: The store, null where a plan was made without one.
  returned: unless the caller or the options are refused
  type: str
  sample: s3://nomad-staging-funding-111122223333/funding
wallets:
  description:
    - A row for each wallet, as M(interchain.agent_ops.wallet_balances_info) returns it. If something was sent, it is
      read again afterwards.
  returned: unless the caller or the options are refused
  type: list
  elements: dict
networks:
  description:
    - A row for each network, as M(interchain.agent_ops.wallet_balances_info) returns it. C(error) says as well why the
      network could not be funded.
  returned: unless the caller or the options are refused
  type: list
  elements: dict
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

import os
import socket
import time

from ansible_collections.interchain.agent_ops.plugins.module_utils._aws import AwsModule, ask_identity
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller
from ansible_collections.interchain.agent_ops.plugins.module_utils._caller import abandoned
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_pass import Funder
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_rows import PLANNED
from ansible_collections.interchain.agent_ops.plugins.module_utils._progress import narrator
from ansible_collections.interchain.agent_ops.plugins.module_utils._signing_key_options import (
    request_rates,
    require_libraries,
    required_region,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._wallet_options import (
    as_result,
    bank_problem,
    bank_signer,
    make_jobs,
    private_store,
    read_accounts,
    read_approved,
    read_options,
    read_store,
    refuse_without_caps,
    require_transactions,
    transfer_diff,
    wallet_options,
)


def main() -> None:
    module = AwsModule(
        argument_spec={
            **wallet_options(),
            "protected": {"type": "bool", "required": True},
            "confirmed": {"type": "bool", "default": False},
            "store": {"type": "str"},
            "approved": {"type": "list", "elements": "dict"},
            "replace_stuck": {"type": "bool", "default": False},
            "lock_wait_seconds": {"type": "int", "default": 60},
            "progress_file": {"type": "path"},
            "caller_file": {"type": "path"},
        },
        supports_check_mode=True,
    )
    given = module.params
    region = required_region(module)
    call = Caller(request_rates(module))
    wish = read_options(module, region, needs_bank=True)
    protected = given["protected"] or given["environment"] == "production"
    confirmed = given["confirmed"] or not protected
    if protected and confirmed:
        refuse_without_caps(module, wish)
    approved = read_approved(module)
    place = read_store(module, needed=confirmed and not module.check_mode)
    identity = ask_identity(module, call, region)
    require_libraries(module)
    require_transactions(module)
    accounts = read_accounts(module, wish, call, region, identity)
    problem = bank_problem(wish, accounts)
    if problem:
        module.fail_json(msg=f"Nothing can be paid. {problem}", **accounts.facts)
    funder = Funder(
        environment=given["environment"],
        jobs=make_jobs(module, wish, accounts),
        signer=bank_signer(module, wish, accounts, call),
        store=private_store(module, place, accounts, call, region),
        run=f"{socket.gethostname()}:{os.getpid()}:{int(time.time())}",
        say=narrator(given["progress_file"]),
        abandoned=abandoned(given["caller_file"]),
        lock_wait_seconds=given["lock_wait_seconds"],
    )
    sending = confirmed and not module.check_mode
    act = funder.send if sending else funder.plan
    reports = act(approved, replace_stuck=given["replace_stuck"])
    result = as_result(module, reports, accounts, now=time.time())
    transfers = [row for report in reports for row in report.transfers]
    begun = any(report.sent for report in reports)
    planned = confirmed and (begun or any(row["action"] == PLANNED for row in transfers))
    if module._diff:
        result["diff"] = transfer_diff(transfers)
    module.exit_json(
        changed=begun if sending else planned,
        transfers=transfers,
        confirmed=confirmed,
        store=given["store"],
        **result,
    )


if __name__ == "__main__":
    main()
