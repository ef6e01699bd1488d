# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The requests by which a principal would use a key, and AWS's answer to them. Private to the collection.

Whoever asks may choose how: by the key's id or one of its aliases, with a digest or a message. One way that is allowed
is enough. Pure: no ansible, no AWS.
"""

from __future__ import annotations

import itertools
import typing as t
from dataclasses import dataclass

from ansible_collections.interchain.agent_ops.plugins.module_utils._access_capabilities import USE, Capability
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_found import Resource
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_subjects import Subject
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_evaluation import (
    Answer,
    Decision,
    Grant,
    Policy,
    Request,
    evaluate,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_principals import account_of

Context = dict[str, t.Any]

# Of these all that there are is known: a tag that is not named here is not there.
_COMPLETE = ("aws:ResourceTag/", "secretsmanager:ResourceTag/", "aws:PrincipalTag/")
RANK = {Answer.NO: 0, Answer.CONDITIONAL: 1, Answer.YES: 2}
_UNASKED = Decision(Answer.NO, "")


@dataclass(frozen=True)
class Asked:
    """A key, with what every request for it has in common.

    :ivar direct: its policy or its grants may let somebody in without an identity policy.
    """

    resource: Resource
    policy: Policy | None
    context: Context
    grants: tuple[Grant, ...]
    direct: bool

    @classmethod
    def of(cls, resource: Resource) -> Asked:
        grants = tuple(
            Grant(
                grantee=str(grant.get("GranteePrincipal", "")),
                operations=tuple(grant.get("Operations", ())),
                constraints=grant.get("Constraints") or {},
                name=str(grant.get("Name") or grant.get("GrantId", "")),
            )
            for grant in resource.grants
        )
        kms = resource.service == "kms"
        policy = None
        if kms or resource.policy:
            policy = Policy("the key policy" if kms else "the secret's policy", resource.policy)
        direct = bool(grants) or (policy is not None and _names_somebody(policy))
        return cls(resource, policy, _context(resource), grants, direct)


def ask(subject: Subject, capability: Capability, asked: Asked) -> Decision:
    """Return AWS's answer to the request that gets furthest."""
    resource = asked.resource
    best = _UNASKED
    for choice in _choices(capability, resource):
        context = {**asked.context, **subject.context, **choice}
        request = Request(capability.action, str(resource.arn), context, complete=_COMPLETE)
        decision = evaluate(request, subject.principal, resource_policy=asked.policy, grants=asked.grants)
        best = _better(best, decision)
        if best.answer is Answer.YES:
            break
    if capability.on_alias and best.answer is not Answer.NO:
        return _worse(best, _ask_alias(subject, capability, asked))
    return best


def assume(subject: Subject, role: Subject, trust: Policy) -> Decision:
    """Return whether a principal of the account may assume one of its roles.

    :param trust: the role's trust policy.
    """
    tags = {f"aws:ResourceTag/{name}": value for name, value in role.entry.get("tags", {}).items()}
    request = Request("sts:AssumeRole", role.arn, {**tags, **subject.context}, complete=_COMPLETE)
    return evaluate(request, subject.principal, resource_policy=trust)


def _context(resource: Resource) -> Context:
    """Return what every request for this key says of it.

    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
    """
    context: Context = {f"aws:ResourceTag/{name}": value for name, value in resource.tags.items()}
    if resource.service != "kms":
        tags = {f"secretsmanager:ResourceTag/{name}": value for name, value in resource.tags.items()}
        return {**context, **tags}
    metadata = resource.metadata
    context |= {
        "kms:ResourceAliases": list(resource.aliases),
        "kms:MultiRegion": str(bool(metadata.get("MultiRegion"))).lower(),
    }
    for key, name in (("kms:KeySpec", "KeySpec"), ("kms:KeyUsage", "KeyUsage"), ("kms:KeyOrigin", "Origin")):
        if metadata.get(name):
            context[key] = str(metadata[name])
    return context


def _choices(capability: Capability, resource: Resource) -> t.Iterator[Context]:
    """Return the ways in which a request may be made that conditions can tell apart."""
    if resource.service != "kms":
        for name in (str(resource.arn), resource.name):
            yield {"secretsmanager:SecretId": name}
        return
    if capability.kind != USE:
        yield {}
        return
    named: list[Context] = [{}, *({"kms:RequestAlias": alias} for alias in resource.aliases)]
    if capability.name != "sign":
        yield from named
        return
    for message, by in itertools.product(("DIGEST", "RAW"), named):
        yield {"kms:SigningAlgorithm": "ECDSA_SHA_256", "kms:MessageType": message, **by}


def _ask_alias(subject: Subject, capability: Capability, asked: Asked) -> Decision:
    """Return the answer for the alias: whatever alias the principal is allowed, unless only the key's own can be meant.

    https://docs.aws.amazon.com/kms/latest/developerguide/alias-access.html
    """
    place = str(asked.resource.arn).rpartition(":")[0]
    aliases = [f"{place}:{alias}" for alias in asked.resource.aliases]
    if capability.name != "delete_alias":
        aliases += [f"{place}:alias/any", *_allowed_aliases(subject, place)]
    best = Decision(Answer.NO, "the key has no alias")
    for alias in dict.fromkeys(aliases):
        request = Request(capability.action, alias, subject.context, complete=_COMPLETE)
        best = _better(best, evaluate(request, subject.principal))
        if best.answer is Answer.YES:
            break
    return best


def _allowed_aliases(subject: Subject, place: str) -> t.Iterator[str]:
    """Return an alias for each pattern of aliases that the principal's policies name."""
    for policy in subject.principal.policies:
        for statement in policy.statements("identity"):
            for pattern in statement.resources or ():
                if ":alias/" in pattern:
                    name = pattern.partition(":alias/")[2].replace("*", "any").replace("?", "a")
                    yield f"{place}:alias/{name}"


def _names_somebody(policy: Policy) -> bool:
    """Say whether a key policy allows anybody but the account, which leaves it to IAM; yes for what cannot be read."""
    for statement in policy.statements("key"):
        if statement.effect == "Deny" or statement.dead:
            continue
        if statement.not_principals or statement.principals is None:
            return True
        if any(kind != "AWS" or account_of(value) is None for kind, value in statement.principals):
            return True
    return False


def _better(one: Decision, other: Decision) -> Decision:
    return other if one is _UNASKED or RANK[other.answer] > RANK[one.answer] else one


def _worse(one: Decision, other: Decision) -> Decision:
    return other if RANK[other.answer] < RANK[one.answer] else one
