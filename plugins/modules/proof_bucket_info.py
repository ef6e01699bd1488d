#!/usr/bin/python
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: proof_bucket_info
short_description: Plan an environment's bucket of message proofs
version_added: 1.0.0
description:
  - Compares the bucket that an environment's proofs are to be in with what the AWS account has, in Amazon S3.
  - Anybody may read an object of it, by the bucket's policy and not by ACLs, and nobody may write without credentials.
  - Nothing is written. The role P(interchain.agent_ops.proof_bucket#role) carries the plan out with Amazon's modules.
  - A bucket of another account, of another Region or of another environment, a bucket with objects that was not made
    here, and an account that blocks public policies are errors, as are keys in another account than the bucket.
options:
  environment:
    description: Name of the environment.
    type: str
    required: true
  project:
    description: Name of the project.
    type: str
    required: true
  bucket:
    description:
      - Naming template of the bucket, with the fields C({project}), C({environment}) and C({account_id}). Names of
        buckets are global.
    type: str
    default: '{project}-{environment}-proofs-{account_id}'
  bucket_region:
    description: AWS Region of the bucket. The default is that of the module.
    type: str
  signing_keys:
    description:
      - The signing keys of the agents that write proofs, as the filter
        P(interchain.agent_ops.environment_signing_keys#filter) returns them. An agent has one access key for signing
        and for uploading, so that one of them at least must be in the account. In check mode with O(refuse) that is a
        warning, since the keys may be made by the same run.
    type: list
    elements: dict
    required: true
  backend:
    description: Where the keys are.
    type: str
    choices: [kms, secretsmanager]
    default: kms
  versioning:
    description: Whether former versions of an object are kept.
    type: bool
    default: false
  tls_only:
    description: Whether requests over plain HTTP are denied, to readers too.
    type: bool
    default: false
  public_list:
    description:
      - Whether anybody may list the bucket. Then a missing object is answered with 404, and not with 403, on which some
        readers depend.
    type: bool
    default: false
  cors_origins:
    description: Origins whose scripts may read the bucket in a browser, V(*) for all of them.
    type: list
    elements: str
    default: ['*']
  tags:
    description: Further tags of the bucket.
    type: dict
    default: {}
  adopt:
    description:
      - Whether a bucket of the account that was not made here is taken over although objects are in it. Everybody can
        read them afterwards.
    type: bool
    default: false
  state:
    description: Whether the bucket is to be there. V(absent) plans its removal, which needs an empty bucket.
    type: str
    choices: [present, absent]
    default: present
  removal_confirmation:
    description: The bucket's name, without which no removal is planned.
    type: str
    default: ''
  refuse:
    description:
      - Whether what forbids to carry the plan out is an error. Otherwise it is returned in RV(problems).
    type: bool
    default: true
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
    C(s3:ListAllMyBuckets) where the bucket may not be looked at; C(s3:ListBucketVersions) and
    C(s3:ListBucketMultipartUploads) to remove a bucket, or to take one over; C(kms:DescribeKey), or
    C(secretsmanager:DescribeSecret) for hex keys."
seealso:
  - module: interchain.agent_ops.proof_bucket_probe
  - module: interchain.agent_ops.signer_access_info
  - module: amazon.aws.s3_bucket
  - module: community.aws.s3_cors
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Plan the proof bucket of an environment with one network
  interchain.agent_ops.proof_bucket_info:
    environment: staging
    project: nomad
    signing_keys: >-
      {{ {'kovan': {}} | interchain.agent_ops.environment_signing_keys(
           environment='staging', agents={'processor': ['signer']}) }}
    region: us-west-2
  register: plan
"""

RETURN = r"""
bucket:
  description: The bucket, with C(name), C(region), C(arn), and the C(url) that readers append an object's key to.
  returned: success
  type: dict
  sample:
    arn: arn:aws:s3:::nomad-staging-proofs-111122223333
    name: nomad-staging-proofs-111122223333
    region: us-west-2
    url: https://nomad-staging-proofs-111122223333.s3.us-west-2.amazonaws.com/
changes:
  description: What is done, each with C(kind), C(name), C(action) (C(create), C(update), C(delete)) and C(details).
  returned: success
  type: list
  elements: dict
  sample:
    - kind: bucket
      name: nomad-staging-proofs-111122223333
      action: update
      details: [its policy]
plan:
  description:
    - What is called with which arguments. C(buckets) is a list of arguments of M(amazon.aws.s3_bucket), C(cors) those
      of M(community.aws.s3_cors), none if nothing is to be done.
  returned: success
  type: dict
  sample:
    buckets:
      - encryption: AES256
    cors: null
problems:
  description: Why the plan must not be carried out, a sentence each.
  returned: success
  type: list
  elements: str
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

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils import _bucket_plan
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws import AwsModule, endpoint, identify
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller, CallFailed
from ansible_collections.interchain.agent_ops.plugins.module_utils._bucket_place import place
from ansible_collections.interchain.agent_ops.plugins.module_utils._bucket_read import BucketReader
from ansible_collections.interchain.agent_ops.plugins.module_utils._environment import KEY_BACKENDS
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_presence import first_present, missing_keys
from ansible_collections.interchain.agent_ops.plugins.module_utils._proof_bucket_name import (
    DEFAULT_TEMPLATE,
    proof_bucket_name,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._signing_key_options import (
    call_options,
    request_rates,
    required_region,
)


def main() -> t.NoReturn:
    module = AwsModule(
        argument_spec={
            "environment": {"type": "str", "required": True},
            "project": {"type": "str", "required": True},
            "bucket": {"type": "str", "default": DEFAULT_TEMPLATE},
            "bucket_region": {"type": "str"},
            "signing_keys": {"type": "list", "elements": "dict", "required": True, "no_log": False},
            "backend": {"type": "str", "choices": list(KEY_BACKENDS), "default": KEY_BACKENDS[0]},
            "versioning": {"type": "bool", "default": False},
            "tls_only": {"type": "bool", "default": False},
            "public_list": {"type": "bool", "default": False},
            "cors_origins": {"type": "list", "elements": "str", "default": ["*"]},
            "tags": {"type": "dict", "default": {}},
            "adopt": {"type": "bool", "default": False},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "removal_confirmation": {"type": "str", "default": ""},
            "refuse": {"type": "bool", "default": True},
            **call_options(),
        },
        supports_check_mode=True,
    )
    region = required_region(module)
    call = Caller(request_rates(module))
    _check(module, "000000000000", "aws", region)
    identity = identify(module, call, region)
    partition = identity["caller_arn"].split(":")[1]
    wish = _check(module, identity["account_id"], partition, module.params["bucket_region"] or region)
    s3 = module.connect("s3", region=wish.region)
    s3control = module.connect("s3control", region=wish.region)
    reader = BucketReader(call, s3, s3control, account_id=wish.account_id, workers=module.params["workers"])
    try:
        plan = _plan(module, call, reader, wish, region)
    except (CallFailed, ValueError) as exc:
        module.fail_json(msg=str(exc))
    module.refuse_mixed_endpoints()
    if plan.problems and module.params["refuse"]:
        module.fail_json(msg="\n".join(plan.problems), changes=plan.changes)
    _finish(module, plan, wish, identity, s3)


def _check(module: AwsModule, account_id: str, partition: str, region: str) -> _bucket_plan.Wish:
    """Return what is wanted; fail before the first call if no account can have it."""
    params = module.params
    try:
        name = proof_bucket_name(
            params["bucket"], project=params["project"], environment=params["environment"], account_id=account_id
        )
        return _bucket_plan.Wish(
            name=name,
            region=region,
            account_id=account_id,
            partition=partition,
            tags=_bucket_plan.checked_tags(params["tags"]),
            cors_origins=_bucket_plan.checked_origins(params["cors_origins"]),
            **{name: params[name] for name in ("environment", "versioning", "tls_only", "public_list", "adopt")},
        )
    except ValueError as exc:
        module.fail_json(msg=str(exc))
        raise AssertionError("fail_json ends the process") from exc  # pragma: no cover


def _plan(
    module: AwsModule, call: Caller, reader: BucketReader, wish: _bucket_plan.Wish, region: str
) -> _bucket_plan.BucketPlan:
    found = reader.read(wish.name)
    removal = module.params["state"] == "absent"
    ours = found.tags.get(_bucket_plan.OWNERSHIP_TAG) == wish.name
    if found.owned and (removal or not ours):
        found.contents = reader.contents(wish.name)
    if removal:
        return _bucket_plan.plan_removal(wish.name, wish.environment, found, module.params["removal_confirmation"])
    plan = _bucket_plan.plan_bucket(wish, found)
    lacking = _keys_elsewhere(module, call, wish, region)
    # What a plan may still bring is for a verification a finding, although it runs in check mode too.
    if lacking and module.check_mode and module.params["refuse"]:
        module.warn(lacking)
    elif lacking:
        plan.problems.append(lacking)
    return plan


def _keys_elsewhere(module: AwsModule, call: Caller, wish: _bucket_plan.Wish, region: str) -> str | None:
    backend = module.params["backend"]
    keys = [{**key, "region": key.get("region") or region} for key in module.params["signing_keys"]]
    if not keys:
        module.warn(
            f"None of the agents of {wish.environment} writes proofs, so that the bucket {wish.name} stays empty. Name"
            " those that do in agent_ops_proof_agents, or want no bucket (agent_ops_proof_bucket: '')"
        )
        return None
    clients = {name: module.connect(backend, region=name) for name in dict.fromkeys(key["region"] for key in keys)}
    if first_present(call, backend, clients, keys) is None:
        return missing_keys(backend, keys, wish.account_id, wish.environment)
    return None


def _finish(
    module: AwsModule,
    plan: _bucket_plan.BucketPlan,
    wish: _bucket_plan.Wish,
    identity: dict[str, t.Any],
    s3: t.Any,
) -> t.NoReturn:
    result = {
        "changed": False,
        "bucket": place(wish.name, wish.region, wish.partition, endpoint(s3)["endpoint_url"]),
        "changes": plan.changes,
        "plan": {"buckets": plan.buckets, "cors": plan.cors},
        "problems": plan.problems,
        **identity,
        **endpoint(s3),
    }
    if module._diff:
        result["diff"] = {"before": plan.before, "after": plan.after}
    module.exit_json(**result)
    raise AssertionError("exit_json ends the process")  # pragma: no cover


if __name__ == "__main__":
    main()
