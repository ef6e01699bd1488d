#!/usr/bin/python
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: store_bucket_info
short_description: Plan the private bucket of the records of funding, or of reports
version_added: 1.0.0
description:
  - Compares the Amazon S3 bucket that ledgers of transfers, or reports, are to be kept in with what the AWS account
    has.
  - A bucket that is missing is to be made private, without ACLs, encrypted, with versions, and for TLS alone. One that
    was made here is brought back to that. Any other bucket is only checked.
  - Nothing is written. The role P(interchain.agent_ops.wallet_funding#role) carries the plan out with Amazon's module.
  - A bucket of another account or another Region, the bucket of an environment's proofs, and a bucket of others that
    may be public are errors.
options:
  store:
    description:
      - The place of the ledgers or reports, V(s3://bucket/prefix).
    type: str
    required: true
  setting:
    description:
      - Name of the variable that names the place. Messages say what to change by it.
    type: str
    default: wallet_funding_store
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - interchain.agent_ops.signing_keys.calls
  - interchain.agent_ops.attributes
attributes:
  diff_mode:
    support: full
    details: The difference is between what the account has and what the plan makes of it.
notes:
  - "Permissions: C(sts:GetCallerIdentity) (always allowed), C(s3:GetAccountPublicAccessBlock), C(s3:ListBucket),
    C(s3:GetBucketPolicy), C(s3:GetBucketPublicAccessBlock), C(s3:GetBucketOwnershipControls), C(s3:GetBucketAcl),
    C(s3:GetEncryptionConfiguration), C(s3:GetBucketCORS), C(s3:GetBucketVersioning), C(s3:GetBucketTagging);
    C(s3:ListAllMyBuckets) where the bucket may not be looked at."
seealso:
  - module: amazon.aws.s3_bucket
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Plan the bucket of the records
  interchain.agent_ops.store_bucket_info:
    store: s3://nomad-funding-111122223333/ledgers
    region: us-west-2
  register: plan
"""

RETURN = r"""
bucket:
  description: Name of the bucket.
  returned: success
  type: str
  sample: nomad-funding-111122223333
changes:
  description: What is done, each with C(kind), C(name), C(action) (C(create), C(update)) and C(details).
  returned: success
  type: list
  elements: dict
  sample:
    - kind: bucket
      name: nomad-funding-111122223333
      action: update
      details: [with versions]
buckets:
  description: Arguments of M(amazon.aws.s3_bucket), beside the bucket's name, of each of its calls in their order.
  returned: success
  type: list
  elements: dict
  sample:
    - versioning: true
account_id:
  description: AWS account of the caller.
  returned: success
  type: str
  sample: '111122223333'
caller_arn:
  description: ARN of the caller.
  returned: success
  type: str
  sample: arn:aws:iam::111122223333:user/admin
endpoint_url:
  description: Endpoint that the S3 client really used.
  returned: success
  type: str
  sample: https://s3.us-west-2.amazonaws.com
sandbox:
  description: Whether that endpoint is not AWS's.
  returned: success
  type: bool
  sample: false
"""

from ansible_collections.interchain.agent_ops.plugins.module_utils._aws import AwsModule, endpoint, identify
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller, CallFailed
from ansible_collections.interchain.agent_ops.plugins.module_utils._bucket_read import BucketReader
from ansible_collections.interchain.agent_ops.plugins.module_utils._document_bucket_plan import plan_store
from ansible_collections.interchain.agent_ops.plugins.module_utils._document_place import FUNDING, parse_bucket_place
from ansible_collections.interchain.agent_ops.plugins.module_utils._signing_key_options import (
    call_options,
    request_rates,
    required_region,
)


def main() -> None:
    module = AwsModule(
        argument_spec={
            "store": {"type": "str", "required": True},
            "setting": {"type": "str", "default": FUNDING},
            **call_options(),
        },
        supports_check_mode=True,
    )
    region = required_region(module)
    bucket, setting = _bucket(module), module.params["setting"]
    call = Caller(request_rates(module))
    identity = identify(module, call, region)
    s3, s3control = module.connect("s3", region=region), module.connect("s3control", region=region)
    reader = BucketReader(call, s3, s3control, account_id=identity["account_id"], workers=module.params["workers"])
    try:
        plan = plan_store(bucket, region, identity["caller_arn"].split(":")[1], reader.read(bucket), setting)
    except (CallFailed, ValueError) as exc:
        module.fail_json(msg=str(exc))
    module.refuse_mixed_endpoints()
    if plan.problems:
        module.fail_json(msg="\n".join(plan.problems))
    result = {"changed": False, "bucket": bucket, "changes": plan.changes, "buckets": plan.buckets}
    if module._diff:
        result["diff"] = {"before": plan.before, "after": plan.after}
    module.exit_json(**result, **identity, **endpoint(s3))


def _bucket(module: AwsModule) -> str:
    """Return the bucket of the place; fail before the first call if it is none."""
    try:
        return parse_bucket_place(module.params["store"], module.params["setting"]).bucket
    except ValueError as exc:
        module.fail_json(msg=str(exc))
        raise AssertionError("fail_json ends the process") from exc  # pragma: no cover


if __name__ == "__main__":
    main()
