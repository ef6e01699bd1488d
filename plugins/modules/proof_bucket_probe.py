#!/usr/bin/python
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: proof_bucket_probe
short_description: Ask a proof bucket what anybody may do with it
version_added: 1.0.0
description:
  - Puts a small object with the caller's credentials, asks over HTTP without any, and deletes the object again.
  - Anybody must be able to get it, and nobody to put or delete. What is asked beside that is whether the bucket can be
    listed, and whether scripts of the GUI's origins may read it in a browser.
  - In check mode nothing is put and nothing asked.
options:
  bucket:
    description: The bucket, as M(interchain.agent_ops.proof_bucket_info) returns it.
    type: dict
    required: true
    suboptions:
      name:
        description: Its name.
        type: str
        required: true
      region:
        description: Its AWS Region.
        type: str
        required: true
      url:
        description: URL that readers append an object's key to.
        type: str
        required: true
      arn:
        description: Its ARN.
        type: str
  public_list:
    description: Whether anybody is to be able to list the bucket.
    type: bool
    default: false
  tls_only:
    description: Whether requests over plain HTTP are to be denied, which is asked where the URL is one of HTTPS.
    type: bool
    default: false
  cors_origins:
    description: Origins whose scripts are to be able to read the bucket in a browser.
    type: list
    elements: str
    default: ['*']
  wait_seconds:
    description: For how long it asks again before an unexpected answer counts.
    type: int
    default: 60
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - interchain.agent_ops.signing_keys.calls
  - interchain.agent_ops.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
    details: Nothing is left changed.
notes:
  - "Permissions: C(sts:GetCallerIdentity) (always allowed), C(s3:PutObject), C(s3:DeleteObject), and
    C(s3:DeleteObjectVersion) where versions are kept."
seealso:
  - module: interchain.agent_ops.proof_bucket_info
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Ask what anybody may do
  interchain.agent_ops.proof_bucket_probe:
    bucket: "{{ plan.bucket }}"
    cors_origins:
      - https://app.example.org
    region: us-west-2
"""

RETURN = r"""
answers:
  description: What was C(asked), which status was C(expected), which was C(found), and whether that is C(ok).
  returned: always, empty in check mode
  type: list
  elements: dict
  sample:
    - asked: get an object
      expected: '200'
      found: '200'
      ok: true
probe_ok:
  description: Whether every answer is the expected one. The task fails if not.
  returned: always
  type: bool
  sample: true
"""

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._aws import AwsModule, identify
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller, CallFailed
from ansible_collections.interchain.agent_ops.plugins.module_utils._bucket_probe import Wanted, failures, probe
from ansible_collections.interchain.agent_ops.plugins.module_utils._signing_key_options import (
    call_options,
    request_rates,
    required_region,
)


def main() -> t.NoReturn:
    module = AwsModule(
        argument_spec={
            "bucket": {
                "type": "dict",
                "required": True,
                "options": {
                    "name": {"type": "str", "required": True},
                    "region": {"type": "str", "required": True},
                    "url": {"type": "str", "required": True},
                    "arn": {"type": "str"},
                },
            },
            "public_list": {"type": "bool", "default": False},
            "tls_only": {"type": "bool", "default": False},
            "cors_origins": {"type": "list", "elements": "str", "default": ["*"]},
            "wait_seconds": {"type": "int", "default": 60},
            **call_options(),
        },
        supports_check_mode=True,
    )
    region = required_region(module)
    call = Caller(request_rates(module))
    identity = identify(module, call, region)
    answers = [] if module.check_mode else _answers(module, call, identity["account_id"])
    _finish(module, answers)


def _answers(module: AwsModule, call: Caller, account_id: str) -> list[dict[str, t.Any]]:
    bucket = module.params["bucket"]
    s3 = module.connect("s3", region=bucket["region"])
    module.refuse_mixed_endpoints()
    wanted = Wanted(
        bucket=bucket["name"],
        account_id=account_id,
        url=bucket["url"],
        **{name: module.params[name] for name in ("public_list", "tls_only", "cors_origins")},
    )
    try:
        answers = probe(call, s3, wanted, wait_seconds=module.params["wait_seconds"])
    except CallFailed as exc:
        module.fail_json(msg=str(exc), answers=[], probe_ok=False)
    return answers


def _finish(module: AwsModule, answers: list[dict[str, t.Any]]) -> t.NoReturn:
    wrong = failures(answers, module.params["bucket"]["name"])
    result = {"changed": False, "answers": answers, "probe_ok": not wrong}
    if wrong:
        module.fail_json(msg="\n".join(wrong), **result)
    module.exit_json(**result)
    raise AssertionError("exit_json ends the process")  # pragma: no cover


if __name__ == "__main__":
    main()
