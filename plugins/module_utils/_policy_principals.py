# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who the Principal element of a policy means. Private to the collection.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
Pure: no ansible, no AWS.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_conditions import NO, YES, Verdict
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_statements import Statement, read

_ACCOUNT = re.compile(r"(?:(?P<id>\d{12})|arn:[^:]+:iam::(?P<root>\d{12}):root)")
_ENTITY = re.compile(r"arn:[^:]+:(?:iam|sts)::(\d{12}):(root|user|role|assumed-role|federated-user)(?:/(.+))?")


def account_of(who: str) -> str | None:
    """Return the account that a principal stands for: its id or the ARN of its root user; None for all others."""
    found = _ACCOUNT.fullmatch(who)
    return found["id"] or found["root"] if found else None


@dataclass(frozen=True)
class Caller:
    """Who makes a request, taken apart."""

    arn: str
    account: str
    kind: str
    """root, user, role, assumed-role, federated-user, or nothing for what this is not."""
    name: str
    """Without the path; of a session the name of its role."""

    @classmethod
    def of(cls, arn: str, account: str) -> Caller:
        found = _ENTITY.fullmatch(arn)
        kind, rest = (found[2], found[3] or "") if found else ("", "")
        name = rest.split("/")[0] if kind == "assumed-role" else rest.rpartition("/")[2]
        return cls(arn, account, kind, name)


@dataclass(frozen=True)
class Reach:
    """How a statement reaches a caller, which decides what else limits it.

    ``direct``: everybody, the user or the session itself; nothing but a deny limits that. ``role``: the role behind the
    session; its permissions boundary limits it. ``account``: the whole account, whose IAM policies decide further.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
    """

    direct: Verdict = NO
    role: Verdict = NO
    account: Verdict = NO

    def any(self) -> Verdict:
        verdicts = (self.direct, self.role, self.account)
        return next((one for truth in (True, None) for one in verdicts if one.holds is truth), NO)


def reach(statement: Statement, caller: Caller, bounded: bool) -> Reach:
    """Return how the Principal or NotPrincipal of a statement reaches a caller.

    :param bounded: whether the caller has a permissions boundary.
    """
    if statement.principals is None:
        # Either the document is not of the kind that names principals, or that element could not be read, which is
        # among the statement's problems and leaves the whole of it open.
        return Reach(direct=YES)
    named = _named(statement.principals, caller)
    return named if not statement.not_principals else _others(statement, named, caller, bounded)


def _named(principals: t.Iterable[tuple[str, str]], caller: Caller) -> Reach:
    direct, role, account = NO, NO, NO
    for kind, who in principals:
        if kind == "AWS":
            if account_of(who) is not None:
                if account_of(who) == caller.account:
                    direct, account = (YES, YES) if caller.kind == "root" else (direct, YES)
            elif who == "*" or (who == caller.arn and caller.kind != "role"):
                direct = YES
            elif _is_role(who, caller):
                role = YES
            elif direct.holds is False and (session := _session(who, caller)):
                direct = Verdict(None, session)
        elif direct.holds is False and (
            (kind == "Federated" and caller.kind in ("role", "assumed-role")) or kind == "CanonicalUser"
        ):
            direct = Verdict(None, f"(as {kind} {who})")
    return Reach(direct, role, account)


def _is_role(who: str, caller: Caller) -> bool:
    if caller.kind == "role":
        return who == caller.arn
    # The ARN of a session has no path, that of its role may have one; names are unique in an account.
    other = Caller.of(who, "")
    return (
        caller.kind == "assumed-role"
        and other.kind == "role"
        and other.name == caller.name
        and f"::{caller.account}:" in who
    )


def _session(who: str, caller: Caller) -> str:
    """Return which session a caller would have to be in: whoever opens one may choose its name."""
    other = Caller.of(who, "")
    if f"::{caller.account}:" not in who:
        return ""
    if caller.kind == "role" and other.kind == "assumed-role" and other.name == caller.name:
        return f"(in the session {who.rpartition('/')[2]})"
    if caller.kind == "user" and other.kind == "federated-user":
        return f"(as the federated user {other.name})"
    return ""


def _others(statement: Statement, named: Reach, caller: Caller, bounded: bool) -> Reach:
    """NotPrincipal: who is not listed, together with the account that he is of.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html and, for principals
    with a boundary, https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
    """
    himself = any(verdict.holds for verdict in (named.direct, named.role))
    if statement.effect == "Allow":
        return Reach() if himself else Reach(Verdict(None, "(AWS does not support NotPrincipal with Allow)"))
    if bounded and caller.kind != "root":
        return Reach(direct=YES)
    if caller.kind == "root" or ("AWS", "*") in (statement.principals or ()):
        return Reach() if himself else Reach(direct=YES)
    if himself and named.account.holds and (caller.kind != "assumed-role" or named.role.holds):
        return Reach()
    if himself or named.account.holds or named.any().holds is None:
        return Reach(Verdict(None, "(NotPrincipal lists not all of the principal, its role and its account)"))
    return Reach(direct=YES)


# ---- who may assume a role ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trust:
    """One principal that the trust policy of a role lets assume it."""

    kind: str
    """AWS, Federated, Service, CanonicalUser; ``unknown`` for a statement that cannot be read."""
    value: str
    actions: tuple[str, ...]
    conditions: tuple[str, ...]
    """As text; all of them must hold."""
    wildcard: bool
    """Not somebody in particular: everybody, everybody except some, or nobody knows whom."""
    own_account: bool
    """The role's own account, or somebody of it."""
    sid: str = ""


def trusted_by(trust_policy: t.Any, account: str) -> list[Trust]:
    """Return whom a role's trust policy lets assume it. Statements that deny can only take from that, and are left out.

    :param account: the role's own account.
    """
    found: list[Trust] = []
    for statement in read(trust_policy, "trust"):
        if statement.effect == "Deny" or statement.dead:
            continue
        actions = statement.actions or ()
        if statement.not_actions:
            actions = tuple(f"all but {action}" for action in actions)
        conditions = tuple(str(condition) for condition in statement.conditions)
        if statement.problems or not statement.principals:
            why = "; ".join(statement.problems) or "it names nobody"
            found.append(Trust("unknown", why, actions, conditions, True, False, statement.sid))
        for kind, who in statement.principals or ():
            shown = f"everybody except {who}" if statement.not_principals else who
            own = account in (who, [*who.split(":"), "", "", "", ""][4])
            wildcard = statement.not_principals or "*" in who
            found.append(Trust(kind, shown, actions, conditions, wildcard, own, statement.sid))
    return found
