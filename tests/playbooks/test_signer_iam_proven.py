# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was written is read back and evaluated by a simulator that others wrote: each principal, each key, each action.

What is expected is said here anew, from the names alone: nothing of what computed the policies is used.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils import _policy_evaluation as ours

from sandbox.client import ACCOUNT_ID, Sandbox
from tests.module.access_matrix_world import Account
from tests.playbooks.conftest import Play, Played
from tests.playbooks.iam_world import STAGING
from tests.simulator.client import Question, Refused, Simulator, Verdict
from tests.simulator.lint import findings

SIGNING = ("kms:Sign", "kms:GetPublicKey")
ADMINISTERING = ("kms:CreateAlias", "kms:UpdateAlias", "kms:TagResource", "kms:ScheduleKeyDeletion")
COMING_TO_SIGN = ("kms:CreateGrant", "kms:PutKeyPolicy", "kms:ReplicateKey")
READING_SECRETS = ("secretsmanager:GetSecretValue",)
ALL_OF_KMS = (*SIGNING, *ADMINISTERING, *COMING_TO_SIGN)

LOOKING = ("kms:DescribeKey", "kms:GetPublicKey", "kms:ListResourceTags")

AGENTS = ("watcher", "updater", "processor", "relayer", "kathy")
TEMPLATES = {
    "per network": "{environment}-{network}-{agent}-{purpose}",
    "shared": "{environment}-{agent}-{purpose}",
    "network last": "{environment}-{agent}-{purpose}-{network}",
}
FOREIGN = ("production-ethereum-watcher-signer", "production-bank", "somebody-else")
OPERATORS = [
    {"name": "acme", "agents": ["watcher", "relayer"], "iam_user": True},
    {
        "name": "beta",
        "agents": ["updater"],
        "assume_role": {"account_id": "444455556666", "external_id": "beta-9c2e41"},
    },
]
OWNERS = {
    "nomad-signer-staging": AGENTS,
    "nomad-keymaster-staging": ("bank",),
    "nomad-deployer-staging": ("deployer",),
    "nomad-operator-acme-staging": ("watcher", "relayer"),
    "nomad-operator-beta-staging": ("updater",),
}

# Keys and permissions: the rest of the main job writes none.
PARTS = ("--tags", "signing_keys,signer_iam")
# So that results are shown, in a form that can be read.
SHOWN = ("-v",)
AS_JSON = {"ANSIBLE_CALLBACK_RESULT_FORMAT": "json"}

# kms:* on keys and aliases holds actions that no key or alias has, s3:*Object* those that no object has: true, without
# effect, and documented to the letter.
WILDCARD = "RESOURCE_MISMATCH"


@dataclass
class Holder:
    """A principal as the server has it."""

    name: str
    arn: str
    policies: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def documents(self) -> list[dict[str, Any]]:
        return [document for _name, document in self.policies]


@dataclass
class Key:
    name: str
    arn: str
    resource_policy: dict[str, Any] | None
    context: dict[str, Any]


def in_order(found: list[Holder]) -> list[tuple[str, str, list[tuple[str, dict[str, Any]]]]]:
    """For a comparison: in which order something was attached is nothing that IAM knows."""
    return sorted((one.name, one.arn, sorted(one.policies, key=lambda policy: policy[0])) for one in found)


def holders(aws: Sandbox) -> list[Holder]:
    """Users and roles with everything that they have, by themselves and by their groups."""
    iam = boto3.client("iam", **aws.boto3_arguments())
    details = iam.get_account_authorization_details()
    held = {
        policy["Arn"]: next(
            version["Document"] for version in policy["PolicyVersionList"] if version["IsDefaultVersion"]
        )
        for policy in details["Policies"]
    }

    def of(entry: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        return [(policy["PolicyName"], held[policy["PolicyArn"]]) for policy in entry["AttachedManagedPolicies"]]

    groups = {group["GroupName"]: of(group) for group in details["GroupDetailList"]}
    users = [
        Holder(
            user["UserName"], user["Arn"], of(user) + [policy for name in user["GroupList"] for policy in groups[name]]
        )
        for user in details["UserDetailList"]
    ]
    return users + [Holder(role["RoleName"], role["Arn"], of(role)) for role in details["RoleDetailList"]]


def kms_keys(aws: Sandbox) -> list[Key]:
    kms = boto3.client("kms", **aws.boto3_arguments())
    for name in FOREIGN:
        key = kms.create_key(KeySpec="ECC_SECG_P256K1", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=key)
    aliases = [
        alias
        for page in kms.get_paginator("list_aliases").paginate()
        for alias in page["Aliases"]
        if not alias["AliasName"].startswith("alias/aws/")
    ]
    return [
        Key(
            alias["AliasName"].removeprefix("alias/"),
            f"arn:aws:kms:us-west-2:{ACCOUNT_ID}:key/{alias['TargetKeyId']}",
            json.loads(kms.get_key_policy(KeyId=alias["TargetKeyId"], PolicyName="default")["Policy"]),
            {"kms:ResourceAliases": [alias["AliasName"]]},
        )
        for alias in aliases
    ]


def agent_of(name: str) -> str:
    """The agent of a key, by its name: the templates put no other word of these into one."""
    return next((word for word in name.split("-") if word in (*AGENTS, "bank", "deployer")), "")


def wanted(holder: str, key: str, action: str, form: str) -> bool:
    if holder == "kms-admin":
        if form == "documented":
            return action.startswith("kms:")
        return action in (*ADMINISTERING, "kms:GetPublicKey")
    if holder == "nomad-keymaster-staging" and action in LOOKING:
        # Whoever funds wallets sees the keys that it pays, which sign transactions, and its own.
        return key.startswith("staging-") and agent_of(key) in ("bank", *AGENTS) and "attestation" not in key
    if action not in SIGNING:
        return False
    if form == "documented" and holder == "nomad-signer-staging":
        return any(fnmatch.fnmatchcase(key, f"staging-{agent}*") for agent in AGENTS)
    return key.startswith("staging-") and agent_of(key) in OWNERS[holder]


def questions(holder: Holder, key: Key, action: str) -> Iterator[Question]:
    """One for the key, and for what creates or moves an alias one for the alias, which must be allowed too."""
    yield Question(
        action, key.arn, holder.arn, holder.documents, resource_policy=key.resource_policy, context=key.context
    )
    if action in ("kms:CreateAlias", "kms:UpdateAlias"):
        alias = f"arn:aws:kms:us-west-2:{ACCOUNT_ID}:alias/{key.name}-more"
        yield Question(action, alias, holder.arn, holder.documents)


def our_answer(holder: Holder, question: Question) -> bool:
    principal = ours.Principal(
        holder.arn, ACCOUNT_ID, [ours.Policy(name, document) for name, document in holder.policies]
    )
    decision = ours.evaluate(
        ours.Request(question.action, question.resource, question.context),
        principal,
        resource_policy=question.resource_policy,
        kms=question.resource_policy is not None,
    )
    assert decision.answer is not ours.Answer.CONDITIONAL, decision.reason
    return decision.answer is ours.Answer.YES


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator.start() as started:
        yield started


def prove(simulator: Simulator, found: list[Holder], keys: list[Key], actions: tuple[str, ...], form: str) -> int:
    """Ask everything, and compare inventory, simulator and our own evaluation. Returns how many were compared."""
    cases = [
        (holder, key, action, list(questions(holder, key, action)))
        for holder in found
        for key in keys
        for action in actions
    ]
    answers = iter(simulator.ask_all([question for *_case, asked in cases for question in asked]))
    differences = []
    for holder, key, action, asked in cases:
        told = [next(answers).outcome for _question in asked]
        assert not [outcome for outcome in told if isinstance(outcome, Refused)], told
        theirs = all(outcome is Verdict.ALLOWED for outcome in told)
        mine = all(our_answer(holder, question) for question in asked)
        expected = wanted(holder.name, key.name, action, form)
        if not theirs == mine == expected:
            differences.append((holder.name, key.name, action, {"wanted": expected, "simulator": theirs, "ours": mine}))
    assert differences == []
    return len(cases)


def planned(played: Played) -> dict[str, Any]:
    """What a run that shows its results computed that the inventory wants."""
    text = played.output.split("Compare what is wanted with what the account has]")[1].split("=> ", 1)[1]
    result, _end = json.JSONDecoder().raw_decode(text)
    return dict(result["access"])


def write(aws: Sandbox, access: dict[str, Any]) -> None:
    """Write what the inventory wants without the role, which takes a fifth of the time."""

    def client(service: str, **_unused: str) -> Any:
        return boto3.client(service, **aws.boto3_arguments())

    def nothing(*_names: str, **_arguments: Any) -> Any:
        raise AssertionError("no module is run here")

    Account(aws, client, nothing, access).make_permissions()


def values(template: str, form: str) -> str:
    return json.dumps(
        {
            "agent_ops_key_name_template": template,
            "agent_ops_additional_keys": [{"agent": "bank"}, {"agent": "deployer"}],
            "agent_ops_operators": OPERATORS,
            "signer_iam_form": form,
            "signer_iam_credentials_store": "none",
        }
    )


def prove_all(aws: Sandbox, simulator: Simulator, template: str, form: str) -> list[Holder]:
    found, keys = holders(aws), kms_keys(aws)
    assert {holder.name for holder in found} == {*OWNERS, "kms-admin"}
    # Two networks, or one set for both; and the bank, the deployer, and the strangers'.
    assert len(keys) == (7 if "{network}" not in template else 14) + 2 + len(FOREIGN)
    compared = prove(simulator, found, keys, ALL_OF_KMS, form)
    assert compared == len(found) * len(keys) * len(ALL_OF_KMS)
    secret = Key("staging-bank", f"arn:aws:secretsmanager:us-west-2:{ACCOUNT_ID}:secret:staging-bank-AbCdEf", None, {})
    prove(simulator, found, [secret], READING_SECRETS, form)
    for holder in found:
        for name, document in holder.policies:
            documented = form == "documented" and name in ("kms-admin", "staging-proof-writer")
            assert [text for text in findings(document) if not (documented and text.startswith(WILDCARD))] == [], name
    return found


def test_each_principal_may_do_what_the_inventory_says_and_nothing_else(
    play: Play, aws: Sandbox, simulator: Simulator
) -> None:
    template = TEMPLATES["per network"]
    done = play(*STAGING, options=(*PARTS, *SHOWN, "-e", values(template, "hardened")), environment=AS_JSON)
    assert done.code == 0, done.output
    found = prove_all(aws, simulator, template, "hardened")
    # The role writes what was computed, and nothing else: with the other forms below, that need not be shown again.
    aws.reset()
    write(aws, planned(done))
    assert in_order(holders(aws)) == in_order(found)


# Each other form of names, and of policies: what is computed of them. That the role writes it is shown above, and of
# the documented policies in test_signer_iam_refused.py.
@pytest.mark.parametrize(
    ("template", "form"),
    [
        (TEMPLATES["shared"], "hardened"),
        (TEMPLATES["network last"], "hardened"),
        (TEMPLATES["per network"], "documented"),
    ],
    ids=["shared", "network last", "documented"],
)
def test_so_it_is_with_other_names_and_policies(
    play: Play, aws: Sandbox, simulator: Simulator, template: str, form: str
) -> None:
    given = ("-e", values(template, form))
    made = play(*STAGING, options=("--tags", "signing_keys", *given))
    assert made.code == 0, made.output
    done = play(*STAGING, options=("--check", *SHOWN, *given), environment=AS_JSON, playbook="signer_iam.yml")
    assert done.code == 0, done.output
    assert holders(aws) == []
    write(aws, planned(done))
    prove_all(aws, simulator, template, form)


def test_hex_keys_are_read_by_who_may_and_nobody_else(play: Play, aws: Sandbox, simulator: Simulator) -> None:
    none = json.dumps({"signer_iam_credentials_store": "none"})
    done = play("development", "sandbox", options=(*PARTS, "-e", none))
    assert done.code == 0, done.output
    client = boto3.client("secretsmanager", **aws.boto3_arguments())
    client.create_secret(Name="production-bank", SecretString="nothing to see")
    client.create_secret(Name="development-kovan-watcher-signer-2", SecretString="nothing to see")
    secrets = [
        Key(secret["Name"], secret["ARN"], None, {})
        for page in client.get_paginator("list_secrets").paginate()
        for secret in page["SecretList"]
    ]
    assert len(secrets) == 14 + 2
    (holder,) = holders(aws)
    asked = [
        Question(action, secret.arn, holder.arn, holder.documents)
        for secret in secrets
        for action in ("secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:DeleteSecret")
    ]
    for question, answer in zip(asked, simulator.ask_all(asked), strict=True):
        strangers = ":production-" in question.resource or ":development-kovan-watcher-signer-2-" in question.resource
        expected = question.action == "secretsmanager:GetSecretValue" and not strangers
        assert (answer.outcome is Verdict.ALLOWED) is expected, question
        assert our_answer(holder, question) is expected, question
    for name, document in holder.policies:
        assert findings(document) == [], name
