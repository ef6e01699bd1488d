#!/usr/bin/python
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: access_matrix_info
short_description: Say what each principal of an account may do with signing keys
version_added: 1.0.0
description:
  - Reads the account's IAM, and the aliases, key policies, grants and tags of the keys (or the resource policies of
    the secrets), and evaluates them for each user and role of the account, through roles that they may assume as
    well.
  - Returns what each may do with each key, and the differences from what the inventory wants. Nothing is changed, and
    a difference is no failure of this module. M(interchain.agent_ops.access_matrix_report) shows it.
  - Who is let in from outside of the account (another account, everybody, a service) by a key policy, a grant, a
    secret's policy or a role's trust is a difference as well. So is a principal that may choose whom the aliases let
    in, may come to sign by a grant, a key policy or a replica, or may change IAM to its own advantage.
  - A principal that is not the environment's, and may of uses read public keys alone, is shown and is no difference.
  - A member of the group C(kms-admin) beside the user C(kms-admin) is a difference unless O(administrators) names it.
  - A principal that may do everything with every key administers the account. It is a difference unless
    O(administrators) names it, or it is who runs this. The root user is not listed at all.
  - Costs a request for each page of the account (C(GetAccountAuthorizationDetails)) and of the aliases of each
    Region, four for each key (two for each secret), two for each user of the environment (one for C(kms-admin)) and one
    for each of its access keys.
options:
  access:
    description:
      - What is wanted, as M(interchain.agent_ops.signer_access_info) returns it.
    type: dict
    required: true
  administrators:
    description:
      - ARNs of users and roles that are meant to administer the account or its keys, beside C(kms-admin). What they may
        do is shown, and is no difference. V(*) stands for any characters, for the random end of a role of AWS IAM
        Identity Center for instance.
    type: list
    elements: str
    default: []
  max_access_key_age_days:
    description: An active access key of one of the environment's users that is older is a difference.
    type: int
    default: 90
  alias_headroom:
    description:
      - A key with this many aliases or more is a difference. Beyond 50 AWS refuses whoever is authorised by an alias.
    type: int
    default: 45
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
notes:
  - "Permissions: C(sts:GetCallerIdentity) (always allowed), C(iam:GetAccountAuthorizationDetails),
    C(iam:ListAccessKeys), C(iam:GetAccessKeyLastUsed), C(iam:GetLoginProfile). For keys in AWS KMS
    C(kms:ListAliases), C(kms:DescribeKey), C(kms:GetKeyPolicy), C(kms:ListGrants), C(kms:ListResourceTags).
    For hex keys C(secretsmanager:DescribeSecret), C(secretsmanager:GetResourcePolicy)."
  - "C(iam:GetPolicy) and C(iam:GetPolicyVersion) are needed only if a policy is attached while the account is read."
seealso:
  - module: interchain.agent_ops.access_matrix_report
  - module: interchain.agent_ops.signer_access_info
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Read who may sign
  interchain.agent_ops.access_matrix_info:
    region: us-west-2
    access: "{{ plan.access }}"
    administrators:
      - arn:aws:iam::111122223333:user/alice
  register: found

- name: Show it
  interchain.agent_ops.access_matrix_report:
    environment: staging
    result: "{{ found }}"
"""

RETURN = r"""
matrix:
  description:
    - A row for each principal and key. C(sign), C(public_key), C(create_grant), C(put_key_policy), C(replicate_key),
      C(create_alias), C(update_alias), C(delete_alias), C(schedule_key_deletion), C(disable_key) and C(tag_resource),
      or of a secret C(get_secret_value), C(put_resource_policy), C(put_secret_value), C(update_secret) and
      C(delete_secret), are V(yes), V(no), or V(conditional), which depends on what cannot be known (a source
      address, a time, MFA).
    - C(reason) says by what, C(via) through which roles, C(unexpected) and C(missing) what differs from the
      inventory.
    - Principals that the inventory does not name have rows for keys that they may do something with only.
  returned: success
  type: list
  elements: dict
  sample:
    - principal: nomad-signer-staging
      arn: arn:aws:iam::111122223333:user/agent_ops/staging/nomad-signer-staging
      kind: user
      duty: signer
      key: staging-kovan-watcher-signer
      sign: 'yes'
      public_key: 'yes'
      create_grant: 'no'
      reason:
        sign: allowed by staging-watcher-signer of the group staging-signer (NomadStagingPolicy)
      via: []
      unexpected: []
      missing: []
principals:
  description: The environment's users and roles, and all others that may do something with its keys.
  returned: success
  type: list
  elements: dict
  sample:
    - name: nomad-signer-staging
      arn: arn:aws:iam::111122223333:user/agent_ops/staging/nomad-signer-staging
      kind: user
      duty: signer
      operator:
      groups:
        - staging-signer
      boundary:
      administrator: false
      named: true
resources:
  description: The keys that were looked at, the environment's first, in the inventory's order.
  returned: success
  type: list
  elements: dict
  sample:
    - name: staging-kovan-watcher-signer
      network: kovan
      agent: watcher
      purpose: signer
      arn: arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab
      region: us-west-2
      environment: staging
      wanted: true
      aliases:
        - alias/staging-kovan-watcher-signer
      error:
differences:
  description:
    - What differs from the inventory, each with C(found), C(expected) and C(where_to_change), and with C(kind),
      C(principal), C(arn), C(key) and C(key_names) where they apply.
    - "The kinds: V(unexpected_access), V(missing_access), V(comes_to_sign), V(manages_aliases), V(administers_keys),
      V(administrator), V(changes_iam), V(foreign_key_covered), V(key_missing), V(key_unusable), V(alias_moved),
      V(unreadable), V(additional_alias), V(alias_headroom), V(outside_principal), V(wildcard_principal),
      V(grant), V(wildcard_trust), V(trust_differs),
      V(entity_missing), V(entity_unnamed), V(operator_not_removed), V(policy_differs), V(policy_attached),
      V(policy_not_attached), V(inline_policy), V(member_missing), V(member_unexpected), V(member), V(access_key_old),
      V(access_key_second), V(access_key_missing), V(console_password)."
  returned: success
  type: list
  elements: dict
  sample:
    - kind: member_unexpected
      principal: mallory
      arn: arn:aws:iam::111122223333:group/agent_ops/staging/staging-signer
      key:
      key_names: []
      found: The user mallory is in the group staging-signer
      expected: only nomad-signer-staging
      where_to_change: Remove it in IAM, or run provision.yml with signer_iam_purge
not_read:
  description: What cannot be read from inside an account, or was not read, a sentence each.
  returned: success
  type: list
  elements: str
  sample:
    - Service control policies and resource control policies of an AWS organization, which can take rights away.
account_id:
  description: AWS account that was read.
  returned: success
  type: str
  sample: '111122223333'
caller_arn:
  description: ARN of the caller.
  returned: success
  type: str
  sample: arn:aws:iam::111122223333:user/alice
endpoint_url:
  description: Endpoint that the IAM client really used.
  returned: success
  type: str
  sample: https://iam.amazonaws.com
sandbox:
  description: Whether that endpoint is not AWS's.
  returned: success
  type: bool
  sample: false
"""

import datetime
import json
import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._access_found import Found
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_keys import ALIASES_A_KEY
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_read import READ_RATES, AccessReader
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_subjects import ADMIN, by_name
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_verdict import verdict
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_wishes import (
    check_access_option,
    regions,
    wishes,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws import AwsModule, endpoint, identify
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller, CallFailed
from ansible_collections.interchain.agent_ops.plugins.module_utils._signing_key_options import (
    call_options,
    request_rates,
    required_region,
)


def main() -> t.NoReturn:
    module = AwsModule(
        argument_spec={
            "access": {"type": "dict", "required": True},
            "administrators": {"type": "list", "elements": "str", "default": []},
            "max_access_key_age_days": {"type": "int", "default": 90, "no_log": False},
            "alias_headroom": {"type": "int", "default": 45},
            **call_options(),
        },
        supports_check_mode=True,
    )
    region = required_region(module)
    access = module.params["access"]
    _check_options(module, access)
    call = Caller({**READ_RATES, **request_rates(module)})
    identity = identify(module, call, region)
    if identity["account_id"] != access["account_id"]:
        module.fail_json(
            msg=f"The credentials ({identity['caller_arn']}) are for the account {identity['account_id']}, but access"
            f" is what is wanted of {access['account_id']}. Use credentials for that account"
        )
    iam = module.connect("iam", region=region)
    service = "kms" if access["backend"] == "kms" else "secretsmanager"
    clients = {name: module.connect(service, region=name) for name in regions(access, region)}
    module.refuse_mixed_endpoints()
    kms, secrets = (clients, {}) if service == "kms" else ({}, clients)
    reader = AccessReader(call, iam, kms=kms, secrets=secrets, workers=module.params["workers"])
    try:
        found = _read(reader, access, region)
    except CallFailed as exc:
        module.fail_json(msg=f"{exc}. Without it nothing can be said of who may use the keys")
    result = verdict(
        found,
        access,
        administrators=module.params["administrators"],
        caller=identity["caller_arn"],
        now=datetime.datetime.now(datetime.UTC),
        max_access_key_age_days=module.params["max_access_key_age_days"],
        alias_headroom=module.params["alias_headroom"],
    )
    _finish(module, {**result, **identity, **endpoint(iam)})


def _finish(module: AwsModule, result: dict[str, t.Any]) -> t.NoReturn:
    module.refuse_masked(json.dumps(result))
    module.exit_json(changed=False, **result)
    raise AssertionError("exit_json ends the process")  # pragma: no cover


def _check_options(module: AwsModule, access: dict[str, t.Any]) -> None:
    try:
        check_access_option(access)
    except ValueError as exc:
        module.fail_json(msg=str(exc))
    if not 1 <= module.params["alias_headroom"] <= ALIASES_A_KEY:
        module.fail_json(msg=f"alias_headroom is {module.params['alias_headroom']}, expected 1 to {ALIASES_A_KEY}")
    if module.params["max_access_key_age_days"] < 0:
        module.fail_json(
            msg=f"max_access_key_age_days is {module.params['max_access_key_age_days']}, expected 0 or more days"
        )


def _read(reader: AccessReader, access: dict[str, t.Any], region: str) -> Found:
    account, aliases = reader.overview()
    ours = [(wanted, by_name(account["users"], wanted["name"])) for wanted in access["users"]]
    keyed = [user["name"] for _wanted, user in ours if user]
    without_console = [user["name"] for wanted, user in ours if user and wanted["kind"] != ADMIN]
    resources = reader.resources(wishes(access, account, aliases, region), aliases)
    return Found(account, aliases, resources, reader.access_keys(keyed), reader.passwords(without_console))


if __name__ == "__main__":
    main()
