#!/usr/bin/python
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kms_signing_keys
short_description: Converge a set of Ethereum signing keys in AWS KMS
version_added: 1.0.0
description:
  - Makes sure that every key of a set exists in AWS KMS as a secp256k1 key (C(ECC_SECG_P256K1), C(SIGN_VERIFY)) under
    its alias, with its description and tags, and returns its Ethereum address.
  - What exists is never created again, and keys outside the set are never touched. Tags and descriptions are added or
    corrected; other tags of a key stay.
  - A key that is disabled, pending deletion, of another spec, usage, origin or account, or made for another alias, is
    an error that names what was found and what was expected.
  - A key that an earlier run created without coming to its alias is found by its tag C(agent_ops:alias) and taken over,
    if KMS generated it, its key policy is the default one or that in O(key_policy), and it has neither grants nor
    aliases.
  - Reading costs two calls a key, side by side; tags come in bulk from the Resource Groups Tagging API.
options:
  signing_keys:
    description:
      - The set of keys.
      - The filter P(interchain.agent_ops.environment_signing_keys#filter) makes it from an inventory.
  state:
    description:
      - V(absent) retires exactly the keys named in O(signing_keys). Their deletion is scheduled and their aliases are
        removed.
  replace:
    description:
      - Names of keys that are created anew although a key that was made for the same alias is pending deletion. The new
        key has another address. Without it such a key is an error, since it may have been retired by mistake.
    type: list
    elements: str
    default: []
  key_policy:
    description:
      - Key policy of keys that are created, as a JSON document. Without it KMS gives its default key policy, under
        which IAM policies decide.
      - Keys that exist keep their policy.
    type: json
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - interchain.agent_ops.signing_keys
  - interchain.agent_ops.signing_keys.calls
  - interchain.agent_ops.attributes
requirements:
  - cryptography
  - eth-keys
  - eth-hash[pycryptodome]
notes:
  - "Permissions: C(sts:GetCallerIdentity) (always allowed), C(kms:DescribeKey), C(kms:GetPublicKey) and
    C(tag:GetResources) for reading; C(kms:ListResourceTags) for keys that the tagging API does not list yet;
    C(kms:ListAliases), C(kms:ListGrants) and C(kms:GetKeyPolicy) before a key is created or taken over;
    C(kms:CreateKey), C(kms:TagResource) and C(kms:CreateAlias) for creating; C(kms:UpdateKeyDescription) for
    correcting; C(kms:EnableKey) and C(kms:CancelKeyDeletion) for reviving; C(kms:ScheduleKeyDeletion) and
    C(kms:DeleteAlias) for retiring. C(kms:ScheduleKeyDeletion) also gives back a key that lost a race for its alias."
seealso:
  - module: interchain.agent_ops.kms_signing_keys_info
  - module: interchain.agent_ops.secret_signing_keys
  - module: amazon.aws.kms_key
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Create the keys of the updater on kovan
  interchain.agent_ops.kms_signing_keys:
    region: us-west-2
    signing_keys:
      - name: staging-kovan-updater-signer
        environment: staging
        network: kovan
        agent: updater
        purpose: signer
        description: staging kovan updater-signer
      - name: staging-kovan-updater-attestation
        environment: staging
        network: kovan
        agent: updater
        purpose: attestation
        description: staging kovan updater-attestation

- name: Retire kathy's key on kovan
  interchain.agent_ops.kms_signing_keys:
    region: us-west-2
    state: absent
    pending_window_days: 30
    signing_keys:
      - name: staging-kovan-kathy-signer
        environment: staging
"""

RETURN = r"""
signing_keys:
  description:
    - A row for each key of the set, in the order of the set, of those that failed too. It shows what AWS holds.
  returned: always, unless the caller or the options are refused
  type: list
  elements: dict
  contains:
    name:
      description: Name of the key.
      type: str
      sample: staging-kovan-updater-signer
    environment:
      description: Environment that the key belongs to.
      type: str
      sample: staging
    network:
      description: Network that the key belongs to, null for a key that all networks share.
      type: str
      sample: kovan
    agent:
      description: Agent that uses the key.
      type: str
      sample: updater
    purpose:
      description: V(signer) signs transactions, V(attestation) signs updates or fraud proofs.
      type: str
      sample: signer
    backend:
      description: Where the key lives.
      type: str
      sample: kms
    alias:
      description: Alias of the key in KMS.
      type: str
      sample: alias/staging-kovan-updater-signer
    key_id:
      description: Id of the key, null if there is none.
      type: str
      sample: 1234abcd-12ab-34cd-56ef-1234567890ab
    arn:
      description: ARN of the key, null if there is none.
      type: str
      sample: arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab
    region:
      description: AWS Region of the key.
      type: str
      sample: us-west-2
    description:
      description: Description of the key in KMS.
      type: str
      sample: staging kovan updater-signer
    address:
      description: EIP-55 checksummed Ethereum address. Null where KMS gives no public key.
      type: str
      sample: '0xE94E130546485b928C9C9b9A5e69EB787172952e'
    public_key:
      description: Public key as DER SubjectPublicKeyInfo in base64.
      type: str
      sample: MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAE8t6K56n1lPsNOavPtYY59D+4CWCh7XxuJXwR52TUdZ4Xc6LH7HuRO...
    key_spec:
      description: Key spec in KMS.
      type: str
      sample: ECC_SECG_P256K1
    state:
      description: State of the key in KMS, or V(Absent).
      type: str
      sample: Enabled
    action:
      description:
        - What was done, or would be done in check mode. One of V(created), V(adopted), V(updated), V(unchanged),
          V(retired) and V(failed).
      type: str
      sample: created
    error:
      description: Why the key failed, else null.
      type: str
    tags:
      description: Tags of the key.
      type: dict
account_id:
  description: AWS account that the keys are in.
  returned: always, unless the caller or the options are refused
  type: str
  sample: '111122223333'
caller_arn:
  description: ARN of the caller.
  returned: always, unless the caller or the options are refused
  type: str
  sample: arn:aws:iam::111122223333:user/kms-admin
endpoint_url:
  description: Endpoint that the KMS client really used.
  returned: always, unless the caller or the options are refused
  type: str
  sample: https://kms.us-west-2.amazonaws.com
sandbox:
  description: Whether that endpoint is not AWS's. Such keys are not real ones.
  returned: always, unless the caller or the options are refused
  type: bool
  sample: false
"""

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._aws import AwsModule, ask_identity, endpoint
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller
from ansible_collections.interchain.agent_ops.plugins.module_utils._kms_converge import converge
from ansible_collections.interchain.agent_ops.plugins.module_utils._kms_plan import Wish
from ansible_collections.interchain.agent_ops.plugins.module_utils._kms_session import kms_readers
from ansible_collections.interchain.agent_ops.plugins.module_utils._progress import narrator
from ansible_collections.interchain.agent_ops.plugins.module_utils._signing_key_options import (
    key_specs,
    present,
    request_rates,
    require_libraries,
    required_region,
    signing_key_options,
)


def main() -> t.NoReturn:
    module = AwsModule(
        argument_spec={
            **signing_key_options(),
            "key_policy": {"type": "json", "no_log": False},
            "replace": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    region = required_region(module)
    specs = key_specs(module, region, "kms")
    call = Caller(request_rates(module))
    answer = ask_identity(module, call, region)
    readers = kms_readers(module, call, [spec.region or region for spec in specs] or [region])
    require_libraries(module)
    identity = answer()
    wish = Wish(
        account_id=identity["account_id"],
        revive=frozenset(module.params["revive"]),
        replace=frozenset(module.params["replace"]),
        key_policy=module.params["key_policy"],
    )
    result = converge(
        specs,
        readers,
        wish,
        retire=module.params["state"] == "absent",
        window=module.params["pending_window_days"],
        dry_run=module.check_mode,
        say=narrator(module.params["progress_file"]),
    )
    facts = {**identity, **endpoint(next(iter(readers.values())).kms)}
    present(module, result.rows, before=result.before, warnings=result.warnings, written=result.changed, **facts)


if __name__ == "__main__":
    main()
