# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a request is allowed, for principals and resources of one account.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html and
https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html. The phrases are those of
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.iam.context import Context
from sandbox.iam.documents import statements_of
from sandbox.iam.principals import Caller, Match


@dataclass(frozen=True)
class Question:
    """One action on one resource."""

    action: str
    resource: str
    context: Context = field(default_factory=Context)
    # The policy of the resource itself; empty for a resource that can have one and has none.
    resource_policy: str | None = None
    # A key: without leave of its policy no IAM policy counts.
    by_leave_of_the_resource: bool = False
    # Condition keys that have no effect in the resource's policy.
    hidden_from_resource: frozenset[str] = frozenset()
    # A grant allows it.
    granted: bool = False
    # Policies cannot allow it, only deny.
    by_grant_alone: bool = False
    # What is answered instead of a refusal.
    instead: Exception | None = None


def refusal(question: Question, caller: Caller) -> str | None:
    """Why it is refused, in AWS's words; None if it is allowed."""
    identity = _judge(caller.policies, question)
    boundary = _judge([caller.boundary] if caller.boundary is not None else [], question)
    session = _judge([caller.session_policy] if caller.session_policy is not None else [], question)
    denied, named = _judge_resource(question, caller)
    for kind, is_denied in (
        ("an identity-based", identity.denies),
        ("a resource-based", denied),
        ("a permissions boundary", boundary.denies),
        ("a session", session.denies),
    ):
        if is_denied:
            return f"with an explicit deny in {kind}" + ("" if kind.endswith("boundary") else " policy")
    if question.granted:
        return None
    if question.by_grant_alone:
        return _unallowed("resource-based policy", question)
    # What names a user, or a session, is not limited by his boundary; what names a role is.
    if named is Match.SELF:
        return None
    if named is not Match.ROLE:
        if question.by_leave_of_the_resource and named is Match.NONE:
            return _unallowed("resource-based policy", question)
        if not identity.allows:
            return _unallowed("identity-based policy", question)
    if caller.boundary is not None and not boundary.allows:
        return _unallowed("permissions boundary", question)
    if caller.session_policy is not None and not session.allows:
        return _unallowed("session policy", question)
    return None


@dataclass
class _Judgement:
    allows: bool = False
    denies: bool = False


def _judge(documents: tuple[str, ...] | list[str], question: Question) -> _Judgement:
    judgement = _Judgement()
    for document in documents:
        for statement in statements_of(document):
            if statement.covers(question.action, question.resource, question.context):
                judgement.denies = judgement.denies or statement.denies
                judgement.allows = judgement.allows or not statement.denies
    return judgement


def _judge_resource(question: Question, caller: Caller) -> tuple[bool, Match]:
    """Whether the resource's policy denies, and how closely what it allows names the caller."""
    if not question.resource_policy:
        return False, Match.NONE
    context = question.context.without(question.hidden_from_resource)
    denied, best = False, Match.NONE
    for statement in statements_of(question.resource_policy):
        match = caller.is_meant_by(statement)
        if match and statement.covers(question.action, question.resource, context):
            denied = denied or statement.denies
            best = best if statement.denies else max(best, match)
    return denied, best


def _unallowed(kind: str, question: Question) -> str:
    return f"because no {kind} allows the {question.action} action"
