#!/usr/bin/python
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kms_signing_keys_info
short_description: Read Ethereum signing keys in AWS KMS
version_added: 1.0.0
description:
  - Returns the rows of signing keys in AWS KMS, with their Ethereum addresses, for a set of names or a pattern.
  - What a key is for (environment, network, agent, purpose) is read from its tags.
  - Names cost three calls each and no listing; a pattern lists the aliases of the Region.
options:
  names:
    description:
      - Names of keys, the alias without C(alias/). A name that does not exist gives a row with the state V(Absent).
    type: list
    elements: str
  pattern:
    description:
      - Pattern of names, with C(*) for any characters, C(?) for one and C([...]) for one of a set.
    type: str
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - interchain.agent_ops.signing_keys.calls
  - interchain.agent_ops.attributes
attributes:
  diff_mode:
    support: none
    details: Nothing changes.
requirements:
  - cryptography
  - eth-keys
  - eth-hash[pycryptodome]
notes:
  - "Permissions: C(sts:GetCallerIdentity) (always allowed), C(kms:DescribeKey), C(kms:GetPublicKey),
    C(kms:ListResourceTags), and C(kms:ListAliases) for a pattern."
seealso:
  - module: interchain.agent_ops.kms_signing_keys
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Read the updater's keys of all networks
  interchain.agent_ops.kms_signing_keys_info:
    region: us-west-2
    pattern: staging-*-updater-*

- name: Read two keys
  interchain.agent_ops.kms_signing_keys_info:
    region: us-west-2
    names:
      - staging-kovan-updater-signer
      - staging-kovan-updater-attestation
"""

RETURN = r"""
signing_keys:
  description:
    - A row for each key, as M(interchain.agent_ops.kms_signing_keys) returns it. C(action) is V(unchanged), or
      V(failed) for a key that could not be read.
  returned: always, unless the caller or the options are refused
  type: list
  elements: dict
  sample:
    - name: staging-kovan-updater-signer
      alias: alias/staging-kovan-updater-signer
      address: '0xE94E130546485b928C9C9b9A5e69EB787172952e'
      state: Enabled
      action: unchanged
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
  description: Whether that endpoint is not AWS's.
  returned: always, unless the caller or the options are refused
  type: bool
  sample: false
"""

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._aws import AwsModule, ask_identity, endpoint
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller, CallFailed
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import check_name
from ansible_collections.interchain.agent_ops.plugins.module_utils._kms_info import matching_names, named_rows
from ansible_collections.interchain.agent_ops.plugins.module_utils._kms_session import kms_readers
from ansible_collections.interchain.agent_ops.plugins.module_utils._signing_key_options import (
    call_options,
    present,
    request_rates,
    require_libraries,
    required_region,
)


def main() -> t.NoReturn:
    module = AwsModule(
        argument_spec={
            "names": {"type": "list", "elements": "str"},
            "pattern": {"type": "str"},
            **call_options(),
        },
        required_one_of=[("names", "pattern")],
        mutually_exclusive=[("names", "pattern")],
        supports_check_mode=True,
    )
    region = required_region(module)
    names = list(dict.fromkeys(module.params["names"] or ()))
    try:
        for name in names:
            check_name(name)
    except ValueError as exc:
        module.fail_json(msg=str(exc))
    call = Caller(request_rates(module))
    answer = ask_identity(module, call, region)
    reader = kms_readers(module, call, [region], tagging=False)[region]
    require_libraries(module)
    identity = answer()
    if module.params["pattern"]:
        try:
            names = matching_names(reader, module.params["pattern"])
        except CallFailed as exc:
            module.fail_json(msg=str(exc))
    rows = named_rows(reader, names, region)
    present(module, rows, before=rows, warnings=(), **identity, **endpoint(reader.kms))


if __name__ == "__main__":
    main()
