#!/usr/bin/python
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: signer_access_info
short_description: Plan who may sign with which keys
version_added: 1.0.0
description:
  - Computes the IAM policies, groups, users and roles that let an environment's agents sign with their own keys and no
    others, evaluates every policy against every key, and compares the whole with what the AWS account has.
  - Nothing is written. The role P(interchain.agent_ops.signer_iam#role) carries the plan out with Amazon's modules.
  - A policy that covers a key too many or too few, a name that AWS does not allow, or an entity of somebody else's
    under a name that is wanted is an error, which names policy and key.
options:
  signing_keys:
    description:
      - All signing keys of the environment, as the filter P(interchain.agent_ops.environment_signing_keys#filter)
        returns them. O(agents) are those of the signer group; keys of others (the bank, a deployer) get a principal of
        their own.
    type: list
    elements: dict
    required: true
  foreign_keys:
    description:
      - Keys of other environments, which no policy may cover, as the lookup
        P(interchain.agent_ops.sibling_environments#lookup) returns them.
    type: list
    elements: dict
    default: []
  environment:
    description: Name of the environment.
    type: str
    required: true
  project:
    description: Name of the project, which users' names begin with.
    type: str
    required: true
  networks:
    description: Names of all networks of the environment.
    type: list
    elements: str
    required: true
  agents:
    description: Names of the agents whose keys the environment's signer group may use.
    type: list
    elements: str
    required: true
  backend:
    description: Where the keys are.
    type: str
    choices: [kms, secretsmanager]
    default: kms
  name_template:
    description:
      - Naming template of the agents' keys, from which a pattern is made where a list of names is too long for AWS.
    type: str
    default: '{environment}-{network}-{agent}-{purpose}'
  form:
    description:
      - V(hardened) names exact aliases, and an administrator who cannot sign.
      - V(documented) is the original documentation to the letter, with a pattern for each agent and an administrator
        who may do everything. Keys that its patterns miss are warned of, and a key that does not belong to them is
        refused.
    type: str
    choices: [hardened, documented]
    default: hardened
  documented_pattern:
    description: Pattern of aliases in the documented form, with the fields C({environment}) and C({agent}).
    type: str
    default: alias/{environment}-{agent}*
  bank_agent:
    description: The agent whose keys hold the money, and whose principal is called keymaster.
    type: str
    default: bank
  admin:
    description: Whether the administrators of the keys (C(kms-admin)) are wanted. They exist in AWS KMS only.
    type: bool
    default: true
  operators:
    description:
      - Parties that run agents, each with C(name), C(agents), C(networks) (default all), and one way in. The ways are
        C(iam_user) (true), C(assume_role) (C(account_id), C(external_id)) and C(oidc) (C(provider), C(subject),
        C(audience)).
      - C(state=removed) takes all rights of an operator away.
    type: list
    elements: dict
    default: []
  adopt:
    description: Names of entities of somebody else's that are taken over. They keep their path, and survive a removal.
    type: list
    elements: str
    default: []
  purge:
    description:
      - Also remove from our entities what the inventory does not want, and entities of ours that it does not name.
        Without it that is reported in RV(left).
    type: bool
    default: false
  refuse:
    description:
      - Whether a policy that covers a key too many or too few, and whatever else forbids to carry the plan out, is an
        error. Otherwise it is returned in RV(problems).
    type: bool
    default: true
  state:
    description: V(absent) plans the removal of all that was made for the environment.
    type: str
    choices: [present, absent]
    default: present
  proof_bucket:
    description:
      - Naming template of the bucket that proofs are written to (C({project}), C({environment}), C({account_id})).
        Whoever runs one of O(proof_agents) may write to it alone. Without it nobody may, also who might before.
    type: str
    default: ''
  proof_agents:
    description: Names of the agents that write proofs.
    type: list
    elements: str
    default: [processor]
  proof_writer_form:
    description: V(hardened) allows to list, get and put. V(documented) has C(s3:*Object*), which deletes as well.
    type: str
    choices: [hardened, documented]
    default: hardened
  funding_store:
    description:
      - Where transfers to wallets are written down. Whoever has the bank's key may write there if that is in S3
        (C(s3://bucket/prefix)), and see the keys of the wallets that it pays in any case.
    type: str
    default: ''
  tags:
    description: Further tags of policies, users and roles.
    type: dict
    default: {}
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
  - "Permissions: C(sts:GetCallerIdentity) (always allowed), C(iam:GetAccountAuthorizationDetails),
    C(kms:ListAliases) where the keys are in AWS KMS, C(iam:ListOpenIDConnectProviders) for an operator with C(oidc)."
seealso:
  - module: interchain.agent_ops.access_matrix_info
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Plan the permissions of an environment with one network
  interchain.agent_ops.signer_access_info:
    environment: staging
    project: nomad
    networks:
      - kovan
    agents:
      - watcher
    signing_keys: >-
      {{ {'kovan': {}} | interchain.agent_ops.environment_signing_keys(
           environment='staging', agents={'watcher': ['signer', 'attestation']}) }}
    region: us-west-2
  register: plan
"""

RETURN = r"""
access:
  description:
    - "Everything that is wanted: C(keys), C(policies) with their documents and the keys that each must cover,
      C(groups),
      C(users), C(roles), and C(removed), the names of what is not to be there any more."
  returned: success
  type: dict
changes:
  description: What is done, each with C(kind), C(name), C(action) (C(create), C(update), C(delete)) and C(details).
  returned: success
  type: list
  elements: dict
  sample:
    - kind: policy
      name: staging-watcher-signer
      action: create
      details: []
apply:
  description: What is created or updated, by C(policies), C(users), C(groups), C(roles), for the modules of amazon.aws.
  returned: success
  type: dict
remove:
  description: Names of what is deleted, by C(policies), C(users), C(groups), C(roles).
  returned: success
  type: dict
inline:
  description: Inline policies that are removed, each with C(iam_type), C(iam_name) and C(policy_name).
  returned: success
  type: list
  elements: dict
left:
  description: What differs from the inventory and is left as it is, a sentence each.
  returned: success
  type: list
  elements: str
problems:
  description: Why the plan must not be carried out, a sentence each.
  returned: success
  type: list
  elements: str
account_id:
  description: AWS account of the caller.
  returned: success
  type: str
caller_arn:
  description: ARN of the caller.
  returned: success
  type: str
endpoint_url:
  description: Endpoint that the IAM client really used.
  returned: success
  type: str
sandbox:
  description: Whether that endpoint is not AWS's.
  returned: success
  type: bool
"""

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils import _iam_plan
from ansible_collections.interchain.agent_ops.plugins.module_utils._access import FORMS, Setting, wanted_access
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_check import check_access
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_setting import DOCUMENTED_PATTERN
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws import AwsModule, endpoint, identify
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller, CallFailed
from ansible_collections.interchain.agent_ops.plugins.module_utils._environment import KEY_BACKENDS
from ansible_collections.interchain.agent_ops.plugins.module_utils._iam_read import read_account
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import DEFAULT_TEMPLATE
from ansible_collections.interchain.agent_ops.plugins.module_utils._kms_read import KmsReader
from ansible_collections.interchain.agent_ops.plugins.module_utils._operators import OidcWay, Operator, read_operators
from ansible_collections.interchain.agent_ops.plugins.module_utils._signing_key_options import (
    call_options,
    request_rates,
    required_region,
)


def main() -> t.NoReturn:
    module = AwsModule(
        argument_spec={
            "signing_keys": {"type": "list", "elements": "dict", "required": True, "no_log": False},
            "foreign_keys": {"type": "list", "elements": "dict", "default": [], "no_log": False},
            "environment": {"type": "str", "required": True},
            "project": {"type": "str", "required": True},
            "networks": {"type": "list", "elements": "str", "required": True},
            "agents": {"type": "list", "elements": "str", "required": True},
            "backend": {"type": "str", "choices": list(KEY_BACKENDS), "default": KEY_BACKENDS[0]},
            "name_template": {"type": "str", "default": DEFAULT_TEMPLATE},
            "form": {"type": "str", "choices": list(FORMS), "default": FORMS[0]},
            "documented_pattern": {"type": "str", "default": DOCUMENTED_PATTERN},
            "bank_agent": {"type": "str", "default": "bank"},
            "admin": {"type": "bool", "default": True},
            "operators": {"type": "list", "elements": "dict", "default": []},
            "adopt": {"type": "list", "elements": "str", "default": []},
            "purge": {"type": "bool", "default": False},
            "refuse": {"type": "bool", "default": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "proof_bucket": {"type": "str", "default": ""},
            "funding_store": {"type": "str", "default": ""},
            "proof_agents": {"type": "list", "elements": "str", "default": ["processor"]},
            "proof_writer_form": {"type": "str", "choices": list(FORMS), "default": FORMS[0]},
            "tags": {"type": "dict", "default": {}},
            **call_options(),
        },
        supports_check_mode=True,
    )
    region = required_region(module)
    # Mistakes in the inventory are told before the first call.
    operators = _operators(module, module.params["account_id"])
    call = Caller(request_rates(module))
    identity = identify(module, call, region)
    if not module.params["account_id"]:
        operators = _operators(module, identity["account_id"])
    iam = module.connect("iam", region=region)
    access = _wanted(module, identity, operators)
    try:
        account = read_account(call, iam)
        if module.params["state"] == "absent":
            plan = _iam_plan.plan_teardown(access, account)
        else:
            plan = _plan(module, call, iam, access, account, operators)
    except CallFailed as exc:
        module.fail_json(msg=str(exc))
    module.refuse_mixed_endpoints()
    _finish(module, plan, identity, iam)


def _finish(module: AwsModule, plan: _iam_plan.IamPlan, identity: dict[str, t.Any], iam: t.Any) -> t.NoReturn:
    result = {
        "changed": False,
        "access": plan.access,
        "changes": plan.changes,
        "apply": plan.apply,
        "remove": plan.remove,
        "inline": plan.inline,
        "left": plan.left,
        "problems": plan.problems,
        **identity,
        **endpoint(iam),
    }
    if module._diff:
        result["diff"] = {"before": plan.before, "after": plan.after}
    module.exit_json(**result)
    raise AssertionError("exit_json ends the process")  # pragma: no cover


def _operators(module: AwsModule, own_account: str | None) -> list[Operator]:
    try:
        operators = read_operators(
            module.params["operators"],
            agents=module.params["agents"],
            networks=module.params["networks"],
            own_account=own_account,
        )
    except ValueError as exc:
        module.fail_json(msg=f"{exc}. Correct agent_ops_operators in the inventory of {module.params['environment']}")
    return operators


def _wanted(module: AwsModule, identity: t.Mapping[str, str], operators: list[Operator]) -> dict[str, t.Any]:
    params = module.params
    names = ("environment", "project", "backend", "networks", "agents", "form", "bank_agent", "admin", "foreign_keys")
    setting = Setting(
        account_id=identity["account_id"],
        partition=identity["caller_arn"].split(":")[1],
        region=module.region,
        keys=params["signing_keys"],
        template=params["name_template"],
        pattern=params["documented_pattern"],
        operators=operators,
        tags={name: str(value) for name, value in params["tags"].items()},
        proof_bucket=params["proof_bucket"],
        proof_agents=params["proof_agents"],
        proof_form=params["proof_writer_form"],
        funding_store=params["funding_store"],
        **{name: params[name] for name in names},
    )
    try:
        access = wanted_access(setting)
    except ValueError as exc:
        module.fail_json(msg=str(exc))
    return access


def _plan(
    module: AwsModule,
    call: Caller,
    iam: t.Any,
    access: dict[str, t.Any],
    account: dict[str, t.Any],
    operators: list[Operator],
) -> _iam_plan.IamPlan:
    plan = _iam_plan.plan_access(access, account, purge=module.params["purge"], adopt=module.params["adopt"])
    problems, warnings = check_access(plan.access, _aliases(module, call, access))
    plan.problems += problems
    providers = [role["assumed_by"].get("oidc_provider") for role in access["roles"]]
    if any(isinstance(operator.way, OidcWay) for operator in operators):
        answer = call(iam, "list_open_id_connect_providers")
        there = [provider["Arn"] for provider in answer["OpenIDConnectProviderList"]]
        plan.problems += [
            f"The account has no OIDC provider {provider}, which an operator comes from. Create it first (iam:"
            "CreateOpenIDConnectProvider), or correct oidc.provider in agent_ops_operators"
            for provider in dict.fromkeys(providers)
            if provider and provider not in there
        ]
    if plan.problems and module.params["refuse"]:
        module.fail_json(msg="\n".join(plan.problems), changes=plan.changes)
    for warning in warnings:
        module.warn(warning)
    return plan


def _aliases(module: AwsModule, call: Caller, access: dict[str, t.Any]) -> dict[str, dict[str, t.Any]]:
    """Return the aliases of every Region that has keys: keys of strangers, which no policy may cover."""
    if access["backend"] != "kms":
        return {}
    kms_keys = [key for key in (*access["keys"], *access["foreign_keys"]) if key["resource"].startswith("alias/")]
    regions = sorted({key.get("region") or access["region"] for key in kms_keys})
    found = {}
    for region in regions:
        reader = KmsReader(module.connect("kms", region=region), None, call, workers=1)
        # AWS's own keys cannot be used to sign.
        found[region] = {alias: key for alias, key in reader.aliases().items() if not alias.startswith("alias/aws/")}
    return found


if __name__ == "__main__":
    main()
