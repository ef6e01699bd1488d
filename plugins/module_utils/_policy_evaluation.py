# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a principal may do, by the policies and grants that AWS holds. Private to the collection.

Used before policies are written (does this document cover exactly these keys?), and to say what AWS would answer. The
answer is never NO where AWS would say yes: what cannot be known here makes it CONDITIONAL, and says on what it depends.
Service and resource control policies, session policies and VPC endpoint policies are not read: they can only take away.
Pure: no ansible, no AWS.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_conditions import NO, YES, Verdict, every
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_patterns import EVERYTHING, Context
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_principals import (
    Caller,
    Reach,
    Trust,
    account_of,
    reach,
    trusted_by,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_statements import (
    Kind,
    Statement,
    read,
    statements,
)

__all__ = [
    "EVERYTHING",
    "Answer",
    "Decision",
    "Grant",
    "Policy",
    "Principal",
    "Request",
    "Statement",
    "Trust",
    "evaluate",
    "evaluate_identity",
    "statements",
    "trusted_by",
]

_ALIASES = "kms:resourcealiases"
_REGIONAL = ("kms", "secretsmanager")


class Answer(enum.Enum):
    YES = "yes"
    NO = "no"
    CONDITIONAL = "conditional"


@dataclass(frozen=True)
class Request:
    """What a principal asks for.

    ``context``: condition keys with their values; a list is a key with several values, and an empty one a key that the
    request is known not to carry. ``complete``: beginnings of key names of which the context holds all that there are.
    ``aws:ResourceTag/`` says that the resource has no other tags; EVERYTHING that nothing is to be added to it.
    A key of which nothing is known leaves the conditions that ask for it open.
    """

    action: str
    resource: str
    context: t.Mapping[str, str | t.Sequence[str]] = field(default_factory=dict)
    complete: t.Collection[str] = ()


@dataclass(frozen=True)
class Policy:
    """A policy document, with the name that a reader knows it by."""

    name: str
    document: t.Any
    _read: dict[Kind, list[Statement]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def statements(self, kind: Kind) -> list[Statement]:
        """Return what the document says, read once however many requests it is asked about."""
        if kind not in self._read:
            self._read[kind] = read(self.document, kind)
        return self._read[kind]


@dataclass(frozen=True)
class Principal:
    """A user, a role, or the root user of an account."""

    arn: str
    account: str
    policies: t.Sequence[Policy] = ()
    """All of them: attached, inline, of its groups."""
    boundary: Policy | None = None
    unreadable: str | None = None
    """Why its policies are not all known, if they are not."""


@dataclass(frozen=True)
class Grant:
    """A grant of a KMS key, as ListGrants returns it."""

    grantee: str
    operations: t.Sequence[str]
    constraints: t.Mapping[str, t.Any] = field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True)
class Decision:
    """The answer to a request. CONDITIONAL is true as well: it is no refusal."""

    answer: Answer
    reason: str

    def __bool__(self) -> bool:
        return self.answer is not Answer.NO


@dataclass(frozen=True)
class _Said:
    """What one statement says to a request."""

    effect: str | None
    verdict: Verdict
    by: str
    reach: Reach


Path = tuple[Verdict, str]
"""One way to be allowed: whether it is open, and how to call it."""


def evaluate_identity(request: Request, policies: t.Sequence[Policy]) -> Decision:
    """Return what the policies of a user, group or role alone say to a request, whoever makes it."""
    said = list(_ask(policies, "identity", request, _context(request, None)))
    return _decide([_allowed(said)], said, "no statement allows it")


def evaluate(
    request: Request,
    principal: Principal,
    *,
    resource_policy: Policy | t.Mapping[str, t.Any] | None = None,
    grants: t.Sequence[Grant] = (),
    kms: bool | None = None,
) -> Decision:
    """Return whether a principal may do what it asks for.

    :param resource_policy: of the key, secret or bucket; for sts:AssumeRole the trust policy of the role. For a KMS key
        None means that it could not be read.
    :param kms: whether the resource is a KMS key, which by default its ARN says. An alias has no key policy.
    """
    caller = Caller.of(principal.arn, principal.account)
    context = _context(request, caller)
    kind = _kind(request, kms)
    own = list(_ask(principal.policies, "identity", request, context))
    if principal.unreadable:
        own.append(_Said(None, Verdict(None, f"({principal.unreadable})"), "policies that could not be read", Reach()))
    limits = list(_ask([principal.boundary], "identity", request, context)) if principal.boundary else []
    there = list(_ask_resource(resource_policy, kind, request, context, principal, caller))
    identity = (YES, "allowed to the root user") if caller.kind == "root" else _allowed(own)
    boundary = _allowed(limits)[0] if principal.boundary else YES
    limited = every([identity[0], boundary]), identity[1]

    paths = list(_direct(there, boundary))
    account = _reached(there, "account")
    if _account(request.resource) not in ("", principal.account):
        # "Both the resource-based policy and the identity-based policy must allow it"
        anyhow = _reached(there, "any")
        paths = [(every([limited[0], anyhow[0]]), f"{limited[1]} and {anyhow[1]}")]
    elif kind == "resource":
        paths.append(limited)
    else:
        # Of KMS keys and roles the resource's own policy is asked first: it may let the account's IAM policies allow.
        paths.append((every([limited[0], account[0]]), limited[1]))
    if kind == "key":
        paths += _granted(grants, request, caller, principal, boundary)
        if resource_policy is None:
            paths.append((Verdict(None, "(the key policy is not known)"), "allowed by the key policy"))
    refusal = _refusal(identity, boundary, principal, kind, account)
    return _decide(paths, [*own, *limits, *there], refusal)


# ---- what is known of the request -----------------------------------------------------------------------------------


def _context(request: Request, caller: Caller | None) -> Context:
    """Add what principal and resource say by themselves, unless the request says otherwise.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    derived: dict[str, str | t.Sequence[str]] = {}
    if _account(request.resource):
        derived["aws:ResourceAccount"] = _account(request.resource)
    service, region = [*request.resource.split(":"), "", "", "", ""][2:4]
    if service in _REGIONAL and region and "*" not in region:
        derived["aws:RequestedRegion"] = region
    if caller:
        derived["aws:PrincipalAccount"] = derived["kms:CallerAccount"] = caller.account
        derived["aws:username"] = caller.name if caller.kind == "user" else ()
        if caller.kind in ("user", "role", "root"):
            derived["aws:PrincipalArn"] = caller.arn
        types = {"user": "User", "role": "AssumedRole", "assumed-role": "AssumedRole", "root": "Account"}
        if caller.kind in types:
            derived["aws:PrincipalType"] = types[caller.kind]
    return Context.of(request.context, request.complete, derived)


def _account(arn: str) -> str:
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[4].isdigit() else ""


def _kind(request: Request, kms: bool | None) -> Kind:
    service, name = [*request.resource.split(":", 5), "", "", "", "", "", ""][2:6:3]
    if service == "iam" and name.startswith("role/") and request.action.lower().startswith("sts:"):
        return "trust"
    if kms is False or (service == "kms" and name.startswith("alias/")):
        return "resource"
    return "key" if kms or (service == "kms" and name.startswith("key/")) else "resource"


# ---- what the policies say ------------------------------------------------------------------------------------------


def _ask(policies: t.Iterable[Policy], kind: Kind, request: Request, context: Context) -> t.Iterator[_Said]:
    for policy in policies:
        for statement in policy.statements(kind):
            verdict = statement.applies(request.action, request.resource, context)
            if verdict.holds is not False:
                by = f"{policy.name} ({statement.sid})" if statement.sid else policy.name
                yield _Said(statement.effect, verdict, by, Reach(direct=verdict))


def _ask_resource(
    policy: Policy | t.Mapping[str, t.Any] | None,
    kind: Kind,
    request: Request,
    context: Context,
    principal: Principal,
    caller: Caller,
) -> t.Iterator[_Said]:
    if policy is None:
        return
    name = {"key": "the key policy", "trust": "the trust policy"}.get(kind, "the resource's policy")
    found = policy if isinstance(policy, Policy) else Policy(name, policy)
    if kind == "key":
        # "kms:ResourceAliases: IAM policies only"; what AWS makes of it in a key policy is not documented.
        context = replace(context, unknown=frozenset({_ALIASES}))
    for statement in found.statements(kind):
        verdict = statement.applies(request.action, request.resource, context)
        if verdict.holds is False:
            continue
        how = reach(statement, caller, principal.boundary is not None)
        how = Reach(every([how.direct, verdict]), every([how.role, verdict]), every([how.account, verdict]))
        if how.any().holds is not False:
            by = f"{found.name} ({statement.sid})" if statement.sid else found.name
            yield _Said(statement.effect, how.any(), by, how)


def _best(paths: t.Iterable[Path]) -> Path:
    best: Path = (NO, "")
    for path in paths:
        if path[0].holds:
            return path
        if path[0].holds is None and best[0].holds is False:
            best = path
    return best


def _allowed(said: t.Iterable[_Said]) -> Path:
    return _best((one.verdict, f"allowed by {one.by}") for one in said if one.effect != "Deny")


def _reached(said: t.Iterable[_Said], how: t.Literal["account", "any"]) -> Path:
    """Return whether a resource's policy allows it to the account, or to whomsoever."""
    return _best(
        (one.reach.account if how == "account" else one.verdict, f"by {one.by}") for one in said if one.effect != "Deny"
    )


def _direct(said: t.Iterable[_Said], boundary: Verdict) -> t.Iterator[Path]:
    """What a resource's policy allows by itself: without limit to everybody, a user or a session; within the
    permissions boundary to a role."""
    for one in said:
        if one.effect != "Deny":
            yield one.reach.direct, f"allowed by {one.by}"
            yield every([one.reach.role, boundary]), f"allowed by {one.by}"


def _granted(
    grants: t.Iterable[Grant],
    request: Request,
    caller: Caller,
    principal: Principal,
    boundary: Verdict,
) -> t.Iterator[Path]:
    """What grants allow: https://docs.aws.amazon.com/kms/latest/developerguide/grants.html"""
    for grant in grants:
        if request.action.lower() not in (f"kms:{operation}".lower() for operation in grant.operations):
            continue
        to = Statement("Allow", "", None, None, (("AWS", grant.grantee),), ())
        how = reach(to, caller, False)
        verdict = how.any()
        if account_of(grant.grantee) and verdict.holds and caller.kind != "root":
            verdict = Verdict(None, "(the grant is to the whole account, and AWS does not document what that means)")
        conditions = [verdict]
        if grant.constraints:
            conditions.append(Verdict(None, f"(the constraints of the grant: {', '.join(sorted(grant.constraints))})"))
        if principal.boundary and not boundary.holds:
            conditions.append(Verdict(None, f"(AWS does not document whether {principal.boundary.name} limits grants)"))
        yield every(conditions), f"allowed by the grant {grant.name}".rstrip()


def _refusal(identity: Path, boundary: Verdict, principal: Principal, kind: Kind, account: Path) -> str:
    if identity[0].holds is False:
        return "no statement allows it"
    if boundary.holds is False and principal.boundary:
        return f"{identity[1]}, but the permissions boundary {principal.boundary.name} does not allow it"
    if kind in ("key", "trust") and account[0].holds is False:
        policy = "key policy" if kind == "key" else "trust policy"
        return f"{identity[1]}, but the {policy} does not let IAM policies allow it"
    return f"{identity[1]}, but the resource's policy does not allow it to another account"


def _decide(paths: t.Sequence[Path], said: t.Iterable[_Said], refusal: str) -> Decision:
    """An explicit deny anywhere wins; one that may apply leaves at most a condition."""
    unless: list[str] = []
    for one in said:
        if one.effect == "Deny" and one.verdict.holds:
            return Decision(Answer.NO, f"explicit deny in {one.by}")
        if one.effect != "Allow" and one.verdict.holds is None:
            unless.append(f"{one.by} {one.verdict.why}")
    verdict, reason = _best(paths)
    if verdict.holds is False:
        return Decision(Answer.NO, refusal)
    if verdict.holds is None:
        reason += f" on condition that {verdict.why}"
    if unless:
        reason += f", unless denied by {'; '.join(unless)}"
    return Decision(Answer.CONDITIONAL if unless or verdict.holds is None else Answer.YES, reason)
