#!/usr/bin/python
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: iam_user_credentials
short_description: Give IAM users access keys, stored where they are never shown
version_added: 1.0.0
description:
  - Makes sure that every IAM user of a set has an access key, and stores a new one in a file or in AWS Secrets Manager.
  - The secret part of an access key goes from AWS's answer to where it is stored inside one process. It is never
    returned, logged or shown in a diff, and stands in no argument, no environment and no other file.
  - A user who has no access key gets one. One who has an access key that is stored here is left alone, as is one whose
    access key is not stored here, which is said in its row.
  - What cannot be stored is deleted again. Whether it can be stored is found out before anything is made, as far as
    that is possible.
  - A run that was killed between the making of an access key and its storing is finished by the next one, which
    deletes the access key whose secret part was lost. The user is tagged for that, with
    C(agent_ops:access_key_pending) while an access key is being made, and C(agent_ops:access_key) names the one that
    was stored last. A tag that is younger than 60 seconds may be that of another run, and is waited for.
  - Access keys are rotated in two steps, so that nobody is without a valid one. O(rotate) makes and stores a second
    one, and the first stays valid. O(retire_previous) deletes the first once the second is in use.
options:
  users:
    description:
      - Names of the IAM users, who must exist unless O(state=absent).
    type: list
    elements: str
    required: true
  environment:
    description:
      - Environment that the users belong to. A secret is tagged with it.
    type: str
    required: true
  state:
    description:
      - Whether the users are to have access keys. V(absent) deletes B(all) access keys of the users, whoever made them,
        and what is stored of them here.
    type: str
    choices:
      - present
      - absent
    default: present
  store:
    description:
      - Where new access keys are stored.
      - V(csv) is a file C(<user>.csv) in O(directory), of the form that the IAM console offers for a new user, and that
        C(aws configure import) reads.
      - V(vault) is the same, encrypted by C(ansible-vault), in a file C(<user>.csv.vault).
      - V(secretsmanager) is a secret in AWS Secrets Manager, a JSON object with the fields C(user_name),
        C(access_key_id) and C(secret_access_key).
    type: str
    choices:
      - csv
      - vault
      - secretsmanager
    default: csv
  directory:
    description:
      - Directory of the files. Required unless O(store=secretsmanager).
      - It is made if it is missing. Nobody but its owner may be allowed to enter it, and git must ignore it if it is in
        a work tree.
    type: path
  vault_password_file:
    description:
      - File with the vault's password, or a program that prints it, as for C(--vault-password-file). Required for
        O(store=vault) unless O(state=absent).
    type: path
  secret_name:
    description:
      - Template of the secrets' names, in which C({environment}) and C({user}) are replaced.
    type: str
    default: '{environment}/credentials/{user}'
  rotate:
    description:
      - Names of users of the set who get a second access key, which takes the place of the first where it is stored.
        The first stays valid until it is retired with O(retire_previous).
      - It is an error for a user who has two access keys, which is all that AWS allows.
      - A user who has no access key gets the first one.
    type: list
    elements: str
    default: []
  retire_previous:
    description:
      - Names of users of the set whose access keys are deactivated and deleted, but for the one that is stored here.
      - It is an error if the one that is stored here was not used yet. AWS may know of a use only some minutes later.
    type: list
    elements: str
    default: []
  force:
    description:
      - Retire the previous access keys even if the one that is stored was never used or is inactive.
    type: bool
    default: false
  progress_file:
    description:
      - A file that says what is being done while the module runs, a line for each step. It is set by the action plugin
        of the module's name, which shows these lines.
    type: path
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - interchain.agent_ops.signing_keys.calls
  - interchain.agent_ops.attributes
attributes:
  diff_mode:
    details: Names of users and ids of access keys alone.
notes:
  - "Permissions: C(sts:GetCallerIdentity) (always allowed); C(iam:ListUserTags), C(iam:ListAccessKeys) and
    C(iam:GetAccessKeyLastUsed) for reading; C(iam:TagUser), C(iam:UntagUser), C(iam:CreateAccessKey) and
    C(iam:DeleteAccessKey) for making an access key; C(iam:UpdateAccessKey) and C(iam:DeleteAccessKey) for retiring
    one; C(iam:DeleteAccessKey) and C(iam:UntagUser) for O(state=absent)."
  - "Permissions for O(store=secretsmanager): C(secretsmanager:DescribeSecret) for reading;
    C(secretsmanager:CreateSecret) and, since that sets tags, C(secretsmanager:TagResource), and
    C(secretsmanager:PutSecretValue) for storing; C(secretsmanager:DeleteSecret) for O(state=absent). The contents of a
    secret are never read."
  - Of two runs at once for the same user one makes the access key, and the other takes note of it.
  - In check mode a user who does not exist is expected to be made by what comes before, and is no error.
  - The store V(vault) runs C(ansible-vault), which must be beside the Python that runs the module, or on C(PATH).
seealso:
  - module: amazon.aws.iam_user
  - module: amazon.aws.iam_access_key
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Give the users of staging their access keys
  interchain.agent_ops.iam_user_credentials:
    region: us-west-2
    environment: staging
    directory: artifacts/staging/credentials
    users:
      - nomad-signer-staging
      - kms-admin

- name: Store them in AWS Secrets Manager instead
  interchain.agent_ops.iam_user_credentials:
    region: us-west-2
    environment: staging
    store: secretsmanager
    secret_name: '{environment}/credentials/{user}'
    users:
      - nomad-signer-staging

- name: Rotate, first step (the old access key stays valid)
  interchain.agent_ops.iam_user_credentials:
    region: us-west-2
    environment: staging
    directory: artifacts/staging/credentials
    users:
      - nomad-signer-staging
    rotate:
      - nomad-signer-staging

- name: Rotate, second step (once the agents use the new one)
  interchain.agent_ops.iam_user_credentials:
    region: us-west-2
    environment: staging
    directory: artifacts/staging/credentials
    users:
      - nomad-signer-staging
    retire_previous:
      - nomad-signer-staging

- name: Take every access key away
  interchain.agent_ops.iam_user_credentials:
    region: us-west-2
    environment: staging
    directory: artifacts/staging/credentials
    state: absent
    users:
      - nomad-operator-acme-staging
"""

RETURN = r"""
credentials:
  description: A row for each user, in the order of the set, of those that failed too.
  returned: always, unless the caller or the options are refused
  type: list
  elements: dict
  contains:
    user:
      description: Name of the user.
      type: str
      sample: nomad-signer-staging
    state:
      description:
        - V(stored) if one of the user's access keys is stored here, V(not_stored_here) if there are only others,
          V(absent) if there are none. Null where that could not be read.
      type: str
      sample: stored
    action:
      description:
        - What was done, or would be done in check mode. One of V(created), V(rotated), V(retired), V(deleted),
          V(unchanged) and V(failed).
      type: str
      sample: created
    access_key_id:
      description: Id of the access key that is stored here, null if none is.
      type: str
      sample: AKIAIOSFODNN7EXAMPLE
    stored_in:
      description: File or name of the secret that it is stored in, null if none is.
      type: str
      sample: /srv/agent_ops/artifacts/staging/credentials/nomad-signer-staging.csv
    access_keys:
      description: All access keys of the user, oldest first.
      type: list
      elements: dict
      contains:
        access_key_id:
          description: Id of the access key.
          type: str
          sample: AKIAIOSFODNN7EXAMPLE
        status:
          description: V(Active) or V(Inactive).
          type: str
          sample: Active
        created:
          description: When it was made.
          type: str
          sample: '2026-11-20T12:00:00Z'
        last_used:
          description: When it was last used, as far as AWS knows; null if never.
          type: str
          sample: '2026-11-21T12:00:00Z'
        age_days:
          description: Its age in whole days.
          type: int
          sample: 12
        stored:
          description: Whether it is the one that is stored here.
          type: bool
          sample: true
    hint:
      description: What can be done where none of the user's access keys is stored here, else null.
      type: str
    error:
      description: Why the user failed, else null.
      type: str
account_id:
  description: AWS account that the users are in.
  returned: always, unless the caller or the options are refused
  type: str
  sample: '111122223333'
caller_arn:
  description: ARN of the caller.
  returned: always, unless the caller or the options are refused
  type: str
  sample: arn:aws:iam::111122223333:user/administrator
endpoint_url:
  description: Endpoint that the IAM client really used.
  returned: always, unless the caller or the options are refused
  type: str
  sample: https://iam.amazonaws.com
sandbox:
  description: Whether that endpoint is not AWS's.
  returned: always, unless the caller or the options are refused
  type: bool
  sample: false
"""

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._aws import AwsModule, endpoint, identify
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_apply import CredentialWriter, converge
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_options import (
    credential_options,
    make_store,
    present_credentials,
    user_names,
    wishes,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_read import CredentialReader, IamCalls
from ansible_collections.interchain.agent_ops.plugins.module_utils._progress import narrator
from ansible_collections.interchain.agent_ops.plugins.module_utils._signing_key_options import (
    request_rates,
    required_region,
)


def main() -> t.NoReturn:
    module = AwsModule(argument_spec=credential_options(), supports_check_mode=True)
    region = required_region(module)
    users = user_names(module)
    wish_of = wishes(module, users)
    call = Caller(request_rates(module))
    identity = identify(module, call, region)
    store = make_store(module, call, region, users)
    iam = IamCalls(module.connect("iam", region=region), call)
    module.refuse_mixed_endpoints()
    writer = CredentialWriter(
        CredentialReader(iam, store),
        # Nothing here says a secret part. Should a library do so, ansible takes it out.
        conceal=module._module.no_log_values.add,
        say=narrator(module.params["progress_file"]),
    )
    outcomes = converge(writer, users, wish_of, workers=module.params["workers"])
    present_credentials(module, outcomes, **identity, **endpoint(iam.client))


if __name__ == "__main__":
    main()
