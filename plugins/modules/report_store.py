#!/usr/bin/python
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: report_store
short_description: Read and replace the last reports in a private bucket
version_added: 1.0.0
description:
  - Reads files of reports from an Amazon S3 bucket, or replaces them there. Where nothing on a disk lasts, the last
    report is in the store. The roles use it through M(interchain.agent_ops.signing_keys_report) and the other modules
    that write reports.
  - A file is replaced only if it is as it was read. Of two runs at the same time, one fails and says so. The history
    of balances is joined instead.
  - Known files of reports are stored and nothing else, no credentials, no configuration of agents, no plans or records
    of deployments.
  - The bucket must be private, in the account and in the Region of the keys.
options:
  store:
    description:
      - The place of the reports, V(s3://bucket/prefix). A report's file is C(ENVIRONMENT/reports/FILE) below it.
    type: str
    required: true
  environment:
    description: Name of the environment.
    type: str
    required: true
  files:
    description: Names of the files that are read.
    type: list
    elements: str
    default: []
  documents:
    description: Files that are replaced, in this order, after O(files) were read.
    type: list
    elements: dict
    default: []
    suboptions:
      file:
        description: Name of the file.
        type: str
        required: true
      text:
        description: What it is to hold.
        type: str
        required: true
      version:
        description: The C(version) of what was read, by RV(files). Without it there must be nothing yet.
        type: str
  sandbox:
    description:
      - Whether the reports are a sandbox's. If the endpoint says otherwise, nothing is read or stored.
    type: bool
  account_id:
    description:
      - AWS account that the bucket must belong to, by default the caller's.
    type: str
  workers:
    description: How many connections are kept at most.
    type: int
    default: 4
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - interchain.agent_ops.attributes
attributes:
  diff_mode:
    support: none
    details: A report is not shown as a difference.
notes:
  - "Permissions: C(sts:GetCallerIdentity) (always allowed) without O(account_id); to read, C(s3:GetObject) for the
    files, and for the bucket C(s3:ListBucket), C(s3:GetBucketPolicyStatus) and C(s3:GetBucketPublicAccessBlock), with
    C(s3:GetAccountPublicAccessBlock) where not all of the bucket's own Block Public Access is on; to replace,
    C(s3:PutObject)."
seealso:
  - module: interchain.agent_ops.store_bucket_info
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Read the last report of the keys
  interchain.agent_ops.report_store:
    store: s3://nomad-records-111122223333/agent_ops
    environment: staging
    files: [signing_keys.json]
    region: us-west-2
  register: last

- name: Replace a report by what was written on the disk
  interchain.agent_ops.report_store:
    store: s3://nomad-records-111122223333/agent_ops
    environment: staging
    documents:
      - file: access_matrix.md
        text: "{{ lookup('ansible.builtin.file', 'artifacts/staging/access_matrix.md', rstrip=false) }}"
    region: us-west-2
"""

RETURN = r"""
files:
  description: File to what the store has of it, as it was before O(documents) were stored. A missing one is left out.
  returned: success
  type: dict
  contains:
    text:
      description: What it holds.
      type: str
      sample: "# Signing keys of staging"
    version:
      description: Its version, by which it can be replaced.
      type: str
      sample: '"9b2cf535f27731c974343645a3985328"'
  sample: {}
stored:
  description: Files that were replaced, or would be, be it that a later one could not be.
  returned: unless the caller or the options are refused
  type: list
  elements: str
  sample:
    - signing_keys.json
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

from ansible_collections.interchain.agent_ops.plugins.module_utils._aws import AwsModule, endpoint, identify
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller
from ansible_collections.interchain.agent_ops.plugins.module_utils._document_place import (
    REPORTS,
    S3Place,
    parse_bucket_place,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._document_store import S3Store
from ansible_collections.interchain.agent_ops.plugins.module_utils._report_documents import document_name
from ansible_collections.interchain.agent_ops.plugins.module_utils._report_store import (
    Outcome,
    Wish,
    read_files,
    write_files,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._signing_key_options import required_region


def main() -> None:
    document = {"file": {"type": "str", "required": True}, "text": {"type": "str", "required": True}}
    module = AwsModule(
        argument_spec={
            "store": {"type": "str", "required": True},
            "environment": {"type": "str", "required": True},
            "files": {"type": "list", "elements": "str", "default": []},
            "documents": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {**document, "version": {"type": "str"}},
            },
            "sandbox": {"type": "bool"},
            "account_id": {"type": "str"},
            "workers": {"type": "int", "default": 4},
        },
        supports_check_mode=True,
    )
    region = required_region(module)
    environment, files = module.params["environment"], module.params["files"]
    place, wishes = _wishes(module)
    s3 = module.connect("s3", region=region)
    facts = endpoint(s3)
    _refuse_another_world(module, facts)
    call = Caller()
    account = module.params["account_id"] or identify(module, call, region)["account_id"]
    try:
        store = S3Store(s3, call, place.bucket, place.prefix, account, setting=REPORTS)
        # What is replaced was read by this caller, in a bucket that was looked at then.
        if files or any(wish.version is None for wish in wishes):
            store.check_private(module.connect("s3control", region=region))
            module.refuse_mixed_endpoints()
        found = read_files(store, environment, files)
    except ValueError as exc:
        module.fail_json(msg=str(exc))
    module.refuse_masked("".join(document.text for document in found.values()))
    told = Outcome([wish.file for wish in wishes], "")
    if not module.check_mode:
        told = write_files(store, environment, wishes)
    result = {"changed": bool(told.stored), "stored": told.stored, **facts}
    if told.problem:
        module.fail_json(msg=told.problem, **result)
    module.exit_json(files={file: one._asdict() for file, one in found.items()}, **result)


def _wishes(module: AwsModule) -> tuple[S3Place, list[Wish]]:
    """Return what is asked for; fail before the first call if something about it is wrong."""
    wishes = [Wish(one["file"], one["text"], one["version"]) for one in module.params["documents"]]
    try:
        place = parse_bucket_place(module.params["store"], REPORTS)
        for file in (*module.params["files"], *(wish.file for wish in wishes)):
            document_name(module.params["environment"], file)
    except ValueError as exc:
        module.fail_json(msg=str(exc))
    return place, wishes


def _refuse_another_world(module: AwsModule, facts: t.Mapping[str, t.Any]) -> None:
    expected = module.params["sandbox"]
    if expected is not None and expected != facts["sandbox"]:
        module.fail_json(
            msg=f"The reports are {'' if expected else 'not '}a sandbox's, and the store's endpoint,"
            f" {facts['endpoint_url']}, is {'not ' if expected else ''}one. Expected: both of AWS, or both of a"
            " sandbox. Look for AWS_ENDPOINT_URL_S3 in the environment. Nothing was read or stored"
        )


if __name__ == "__main__":
    main()
