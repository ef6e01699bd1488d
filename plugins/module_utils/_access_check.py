# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Evaluates policies before they are written: each must cover exactly the keys that it is for.

Private to the collection. Pure: no ansible, no AWS.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.interchain.agent_ops.plugins.module_utils import _policy_documents as documents
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_access import check_funder
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_evaluation import (
    Answer,
    Policy,
    Request,
    evaluate_identity,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._proof_access_check import check_writer

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_LONGEST_NAMES = {"policies": 128, "groups": 128, "users": 64, "roles": 64}
_LONGEST_PATH = 512
MOST_POLICIES = 10
"""Managed policies that a group, user or role may have, unless AWS raised it."""

_KEY_ID = "00000000-0000-0000-0000-000000000000"
_SUFFIX = "-AbCdEf"

Aliases: t.TypeAlias = "t.Mapping[str, t.Mapping[str, str | None]]"
"""Region -> alias -> id of the key that it points at, of a whole account."""


@dataclass(frozen=True)
class Resource:
    """A key as a policy sees it. ``name`` is its name in this environment, None for a stranger's."""

    label: str
    name: str | None
    arn: str
    context: t.Mapping[str, t.Sequence[str]]


def check_access(access: t.Mapping[str, t.Any], aliases: Aliases) -> tuple[list[str], list[str]]:
    """Return what forbids to write these policies, and what the user should know of them, a sentence each.

    :param access: what is wanted. :param aliases: the aliases that the account has now.
    """
    problems = [*_quotas(access)]
    warnings: list[str] = []
    resources = known_keys(access, aliases)
    for policy in access["policies"]:
        if policy.get("administers"):
            warnings += _administration(policy, access)
            continue
        if policy.get("bucket"):
            forbids, tells = check_writer(policy, access, resources)
            problems += forbids
            warnings += tells
            continue
        if "reads" in policy:
            problems += check_funder(policy, access, resources)
            continue
        wanted = set(policy["keys"])
        for resource in resources:
            some, every = _covers(policy, resource, access["backend"])
            if some and resource.name not in wanted:
                problems.append(_too_many(policy, resource))
            elif not every and resource.name in wanted:
                missed = _too_few(policy, resource)
                (warnings if access["form"] == "documented" else problems).append(missed)
    return problems, warnings


def known_keys(access: t.Mapping[str, t.Any], aliases: Aliases) -> list[Resource]:
    """Return every key that a policy may meet: the environment's, other environments', and all others with an alias."""
    own = [_resource(access, key, key["name"], aliases) for key in access["keys"]]
    foreign = [
        _resource(access, {"region": access["region"], **key}, None, aliases, f"{key['name']} of {key['environment']}")
        for key in access["foreign_keys"]
    ]
    if access["backend"] != "kms":
        return own + foreign
    # An alias is a key's in its Region alone; the policies match it in every Region.
    named: dict[str, set[str]] = {}
    for key in (*access["keys"], *access["foreign_keys"]):
        named.setdefault(key.get("region") or access["region"], set()).add(key["resource"])
    others = []
    for region, pointing in aliases.items():
        for key_id, names in _by_key(pointing).items():
            if not named.get(region, set()).intersection(names):
                others.append(
                    Resource(
                        f"the key {key_id} in {region} ({', '.join(names)})",
                        None,
                        _key_arn(access, region, key_id),
                        {documents.ALIASES: names},
                    )
                )
    return own + foreign + others


def _by_key(pointing: t.Mapping[str, str | None]) -> dict[str, list[str]]:
    keys: dict[str, list[str]] = {}
    for alias, key_id in pointing.items():
        if key_id is not None:
            keys.setdefault(key_id, []).append(alias)
    return keys


def _key_arn(access: t.Mapping[str, t.Any], region: str, key_id: str) -> str:
    return f"arn:{access['partition']}:kms:{region}:{access['account_id']}:key/{key_id}"


def _resource(
    access: t.Mapping[str, t.Any],
    key: t.Mapping[str, t.Any],
    name: str | None,
    aliases: Aliases,
    label: str | None = None,
) -> Resource:
    label = label or str(key["name"])
    if not str(key["resource"]).startswith("alias/"):
        place = f"arn:{access['partition']}:secretsmanager:{key['region']}:{access['account_id']}"
        return Resource(label, name, f"{place}:secret:{key['resource']}{_SUFFIX}", {})
    pointing = aliases.get(key["region"], {})
    key_id = pointing.get(key["resource"])
    names = [alias for alias, target in pointing.items() if target == key_id] if key_id else [key["resource"]]
    return Resource(label, name, _key_arn(access, key["region"], key_id or _KEY_ID), {documents.ALIASES: names})


def _covers(policy: t.Mapping[str, t.Any], resource: Resource, backend: str) -> tuple[bool, bool]:
    """Return whether a policy allows anything that uses the key, and whether it allows all of it."""
    actions = documents.SIGNING_ACTIONS if backend == "kms" else documents.SECRET_ACTIONS
    named = [Policy(policy["name"], policy["document"])]
    answers = [evaluate_identity(Request(action, resource.arn, resource.context), named).answer for action in actions]
    return any(answer is not Answer.NO for answer in answers), all(answer is Answer.YES for answer in answers)


def _condition(policy: t.Mapping[str, t.Any]) -> str:
    found = policy["document"]["Statement"][0]
    for operator, keys in found.get("Condition", {}).items():
        values = keys[documents.ALIASES]
        if operator.endswith("StringLike"):
            return f" by its pattern {values if isinstance(values, str) else ', '.join(values)}"
    return ""


def _too_many(policy: t.Mapping[str, t.Any], resource: Resource) -> str:
    carried = resource.context.get(documents.ALIASES, ())
    names = f" (aliases: {', '.join(carried)})" if len(carried) > 1 else ""
    return (
        f"The policy {policy['name']} would let its principals use {resource.label}{names}{_condition(policy)}."
        f" Expected: exactly {', '.join(policy['keys'])}. Nothing was written. Rename the network, agent or key that"
        " the name comes from, or remove the alias that does not belong there"
    )


def _too_few(policy: t.Mapping[str, t.Any], resource: Resource) -> str:
    return (
        f"The policy {policy['name']} does not cover {resource.label}:{_condition(policy) or ' its list'} does not"
        f" match {', '.join(resource.context.get(documents.ALIASES, [resource.arn]))}. Whoever relies on it cannot sign"
        " with that key. Use the hardened form (signer_iam_form), or another pattern (signer_iam_documented_pattern)"
    )


def _administration(policy: t.Mapping[str, t.Any], access: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    arn = _key_arn(access, access["region"], _KEY_ID)
    decision = evaluate_identity(
        Request("kms:Sign", arn, {documents.ALIASES: []}), [Policy(policy["name"], policy["document"])]
    )
    if decision.answer is not Answer.NO:
        yield (
            f"The policy {policy['name']} is in the documented form, which lets the administrators sign with every key"
            " of the account, those of production too. The hardened form (signer_iam_form) does not"
        )


def _quotas(access: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    for kind, longest in _LONGEST_NAMES.items():
        for entry in access[kind]:
            if len(entry["name"]) > longest:
                yield (
                    f"The name {entry['name']} has {len(entry['name'])} characters; AWS allows {longest} for"
                    f" {kind}. Shorten the project, the environment, the agent or the operator that it comes from"
                )
            if len(entry["path"]) > _LONGEST_PATH:
                yield f"The path {entry['path']} has {len(entry['path'])} characters; AWS allows {_LONGEST_PATH}"
            if len(entry.get("policies", ())) > MOST_POLICIES:
                yield (
                    f"{entry['name']} would have {len(entry['policies'])} policies; AWS allows {MOST_POLICIES}."
                    " Give some of the agents to an operator of their own, or remove agents"
                )
    for policy in access["policies"]:
        size = documents.length(policy["document"])
        if size > documents.LONGEST_POLICY:
            yield (
                f"The policy {policy['name']} has {size} characters for {len(policy['keys'])} keys; AWS allows"
                f" {documents.LONGEST_POLICY}. Split the networks over several operators, or over several environments"
            )
