#!/usr/bin/python
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: access_probe
short_description: Ask AWS what each principal may do with signing keys, with its own credentials
version_added: 1.0.0
description:
  - Takes the access keys that are stored for an environment's users, and asks AWS itself, with them, which signing keys
    each user may use. Policies are evaluated by nobody but AWS.
  - First AWS is asked whose the credentials are. Nothing else is asked with credentials that are not the user's own.
  - Keys in AWS KMS are tried with C(GetPublicKey) and with C(Sign) as a dry run (C(DryRun)), which AWS answers as it
    would answer the real call, but without a signature. What is given to sign are 32 random bytes.
  - Hex keys in AWS Secrets Manager are tried with C(GetSecretValue), since there is no dry run of it. The value is
    dropped before it is read.
  - A user is asked about the keys that it must be able to use, by ARN and by alias, about the other keys of the
    environment, and about the keys of other environments. Administrators are asked about C(Sign) alone where they must
    not sign, since they may read public keys.
  - An answer that is not as wanted is asked for again, with growing pauses, until it is or O(wait_seconds) are over.
    An answer that is as wanted is asked for once.
  - Nothing is changed, so that this does the same in check mode.
options:
  access:
    description:
      - The wanted access of the environment, as M(interchain.agent_ops.signer_access_info) returns it. Of it
        C(environment), C(account_id), C(backend), C(region), C(keys), C(foreign_keys), C(users) and C(roles) are read.
      - Users with C(credentials) are probed.
    type: dict
    required: true
  signing_keys:
    description:
      - Rows of the environment's keys, as M(interchain.agent_ops.kms_signing_keys),
        M(interchain.agent_ops.kms_signing_keys_info) and M(interchain.agent_ops.secret_signing_keys) return them. Keys
        are asked about by the ARNs in them. Keys that do not exist are skipped.
    type: list
    elements: dict
    required: true
  credentials:
    description:
      - Where the access keys of the users are stored.
    type: dict
    required: true
    suboptions:
      store:
        description:
          - V(csv), a file C(<user>.csv) for each user, as the AWS console gives it.
          - V(vault), a file C(<user>.csv.vault), the same encrypted with Ansible Vault.
          - V(secretsmanager), a secret in AWS Secrets Manager for each user, a JSON object with C(access_key_id) and
            C(secret_access_key). It is read with the credentials of whoever runs this.
        type: str
        choices:
          - csv
          - vault
          - secretsmanager
        default: csv
      directory:
        description:
          - Folder of the files. Required for V(csv) and V(vault).
        type: path
      vault_password_file:
        description:
          - File with the password of the vault, or a program that prints it. Required for V(vault).
        type: path
      secret_name:
        description:
          - Names of the secrets, with the fields C({environment}) and C({user}).
        type: str
        default: "{environment}/credentials/{user}"
  principals:
    description:
      - Names of users that are probed. A user without stored credentials is then an error.
      - Without it all users are probed of whom credentials are stored.
    type: list
    elements: str
    default: []
  wait_seconds:
    description:
      - For how long an answer that is not as wanted is asked for again. After a change to an alias, a tag or a policy
        AWS may decide as before for up to five minutes.
    type: int
    default: 300
  show:
    description:
      - Whether the table of the answers is shown, which the action plugin of the module's name does.
    type: bool
    default: true
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
    support: none
    details: Nothing changes.
notes:
  - "Permissions of the users that are probed: none besides those that are asked about. C(sts:GetCallerIdentity) is
    always allowed. C(kms:GetPublicKey), C(kms:Sign) and C(secretsmanager:GetSecretValue) are asked about, and AWS
    CloudTrail records each question, those that are denied too."
  - "Permissions of whoever runs this: none for O(credentials.store=csv) and O(credentials.store=vault);
    C(sts:GetCallerIdentity) (always allowed) and C(secretsmanager:GetSecretValue) on the secrets with the credentials
    for O(credentials.store=secretsmanager)."
  - The request quota of AWS KMS for signing counts dry runs too.
  - Roles are not probed, since no credentials of theirs are stored.
  - What is allowed here and now need not be allowed from elsewhere, where policies look at the caller's network for
    instance.
seealso:
  - module: interchain.agent_ops.iam_user_credentials
  - module: interchain.agent_ops.signer_access_info
  - name: Testing your permissions
    description: What a dry run of AWS KMS is.
    link: https://docs.aws.amazon.com/kms/latest/developerguide/testing-permissions.html
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Ask AWS what each user may do
  interchain.agent_ops.access_probe:
    region: us-west-2
    access: "{{ plan.access }}"
    signing_keys: "{{ signing_keys_rows }}"
    credentials:
      directory: artifacts/staging/credentials

- name: Ask for the signer alone, without waiting for AWS to notice a change
  interchain.agent_ops.access_probe:
    region: us-west-2
    access: "{{ plan.access }}"
    signing_keys: "{{ signing_keys_rows }}"
    principals:
      - nomad-signer-staging
    wait_seconds: 0
    credentials:
      store: secretsmanager
"""

RETURN = r"""
answers:
  description:
    - A row for each question, of each user the one who its credentials are of first.
  returned: always, unless the options are refused
  type: list
  elements: dict
  contains:
    principal:
      description: Name of the user.
      type: str
      sample: nomad-signer-staging
    key:
      description: Name of the key, null for the question whose the credentials are.
      type: str
      sample: staging-kovan-updater-signer
    environment:
      description: Environment that the key belongs to.
      type: str
      sample: staging
    operation:
      description: What was asked about.
      type: str
      sample: kms:Sign
    resource:
      description: What the key was called by, its ARN, its alias or its secret's name.
      type: str
      sample: alias/staging-kovan-updater-signer
    expected:
      description: The answer that is wanted, V(allowed) or V(denied).
      type: str
      sample: allowed
    found:
      description:
        - The last answer, V(allowed), V(denied), V(not there), or V(error) where AWS gave neither.
      type: str
      sample: allowed
    ok:
      description:
        - Whether that is as wanted. A key of another environment that is not there is.
      type: bool
      sample: true
    attempts:
      description: How often it was asked.
      type: int
      sample: 1
    seconds:
      description: Seconds from the first time that it was asked to the last answer.
      type: float
      sample: 0.1
    error:
      description: What AWS said, where the answer is not as wanted.
      type: str
      sample: null
probe_ok:
  description:
    - Whether something was asked and all answers are as wanted. The module fails where it is V(false).
  returned: always, unless the options are refused
  type: bool
  sample: true
problems:
  description:
    - Sentences about the answers that are not as wanted, with what was expected, what was found and what to do.
  returned: always, unless the options are refused
  type: list
  elements: str
  sample: []
not_asked:
  description: Keys of the environment that were not asked about, each with C(key) and C(reason).
  returned: always, unless the options are refused
  type: list
  elements: dict
  sample:
    - key: staging-kovan-kathy-signer
      reason: it does not exist yet
not_probed:
  description: Users and roles that were not probed, each with C(principal) and C(reason).
  returned: always, unless the options are refused
  type: list
  elements: dict
  sample:
    - principal: nomad-deployer-staging
      reason: 'no credentials of it are stored: there is no file credentials/nomad-deployer-staging.csv'
account_id:
  description: AWS account that the users are in.
  returned: always, unless the options are refused
  type: str
  sample: '111122223333'
endpoint_url:
  description: Endpoint that was asked.
  returned: always, unless the options are refused
  type: str
  sample: https://kms.us-west-2.amazonaws.com
sandbox:
  description: Whether that endpoint is not AWS's.
  returned: always, unless the options are refused
  type: bool
  sample: false
"""

import json
import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._access_probe import (
    Answered,
    Inquiry,
    answer_row,
    inquiry,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_probe_ask import Asker, Probe
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_probe_session import (
    STORES,
    clients_of,
    open_store,
    read_credentials,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_probe_verdict import problems
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws import AwsModule, endpoint
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller
from ansible_collections.interchain.agent_ops.plugins.module_utils._progress import narrator
from ansible_collections.interchain.agent_ops.plugins.module_utils._signing_key_options import (
    call_options,
    request_rates,
    required_region,
)

_NOTHING = "Nothing was asked, so that nothing is known of what AWS allows"


def _module() -> AwsModule:
    return AwsModule(
        argument_spec={
            "access": {"type": "dict", "required": True},
            "signing_keys": {"type": "list", "elements": "dict", "required": True, "no_log": False},
            "credentials": {
                "type": "dict",
                "required": True,
                "no_log": False,
                "options": {
                    "store": {"type": "str", "choices": list(STORES), "default": "csv"},
                    "directory": {"type": "path"},
                    "vault_password_file": {"type": "path", "no_log": False},
                    "secret_name": {"type": "str", "default": "{environment}/credentials/{user}", "no_log": False},
                },
                "required_if": [
                    ("store", "csv", ["directory"]),
                    ("store", "vault", ["directory", "vault_password_file"]),
                ],
            },
            "principals": {"type": "list", "elements": "str", "default": []},
            "wait_seconds": {"type": "int", "default": 300},
            "show": {"type": "bool", "default": True},
            "progress_file": {"type": "path"},
            **call_options(),
        },
        supports_check_mode=True,
    )


def _asked(module: AwsModule, region: str) -> Inquiry:
    """Return what is to be asked; raises ValueError for options that do not fit."""
    access, pin = module.params["access"], module.params["account_id"]
    if module.params["wait_seconds"] < 0:
        raise ValueError(f"wait_seconds is {module.params['wait_seconds']}, expected 0 or more")
    asked = inquiry(access, module.params["signing_keys"], region=region, principals=module.params["principals"])
    if pin and pin != str(access["account_id"]):
        raise ValueError(f"access is of the account {access['account_id']}. Expected: {pin}. Nothing was asked")
    return asked


def main() -> t.NoReturn:
    module = _module()
    region = required_region(module)
    call = Caller(request_rates(module))
    try:
        asked = _asked(module, region)
        store = open_store(module, call, region, str(module.params["access"]["environment"]))
    except ValueError as exc:
        module.fail_json(msg=str(exc))
    keys, unread = read_credentials(module, store, asked, module.params["principals"])
    for warning in store.warnings:
        module.warn(warning)
    own = module.connect("sts", region=region)
    probe = Probe(
        Asker(call, clients_of(module, asked, keys), unread),
        wait=module.params["wait_seconds"],
        workers=module.params["workers"],
        say=narrator(module.params["progress_file"]),
    )
    _present(module, asked, probe.run(asked), endpoint(own))


def _present(module: AwsModule, asked: Inquiry, answers: list[Answered], facts: dict[str, t.Any]) -> t.NoReturn:
    rows = [answer_row(answered) for answered in answers]
    found = problems(answers, asked)
    if not any(row["key"] for row in rows) and not found:
        reasons = [f"{one['principal']}: {one['reason']}" for one in asked.not_probed]
        reasons += [f"{one['key']}: {one['reason']}" for one in asked.skipped]
        found = ["; ".join([_NOTHING, *reasons])]
    result = {
        "changed": False,
        "answers": rows,
        "probe_ok": not found,
        "problems": found,
        # Not "skipped": ansible takes a result with that key for one of a task that did not run.
        "not_asked": asked.skipped,
        "not_probed": asked.not_probed,
        "account_id": str(module.params["access"]["account_id"]),
        **facts,
    }
    module.refuse_masked(json.dumps(result, default=str))
    if found:
        module.fail_json(msg="What AWS allows is not what is wanted.\n" + "\n".join(found), **result)
    module.exit_json(**result)
    raise AssertionError("exit_json ends the process")  # pragma: no cover


if __name__ == "__main__":
    main()
