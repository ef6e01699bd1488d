# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each principal of an account may do with each key, by what AWS holds, and by what the inventory wants.
Private to the collection. Pure: no ansible, no AWS.
"""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass, field

from ansible_collections.interchain.agent_ops.plugins.module_utils import _access_subjects as who
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_capabilities import (
    BY_NAME,
    BY_SERVICE,
    PUBLIC,
    USE,
    Capability,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_found import Found, Resource
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_requests import RANK, Asked, ask, assume
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_subjects import Access, Subject
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_evaluation import (
    Answer,
    Decision,
    Policy,
    Principal,
)


@dataclass(frozen=True)
class Cell:
    """What one principal may do with one key, of one capability. Only what is not a plain no has one.

    :ivar via: name of the role through which, if not by the principal's own rights.
    """

    answer: Answer
    reason: str
    via: str | None = None


Cells = dict[str, Cell]


@dataclass
class Matrix:
    """All cells: (ARN of the principal, index of the resource) -> capability -> cell.

    :ivar wanted: (ARN, index) -> the capabilities that the inventory wants the principal to have.
    :ivar unattainable: those of them that even the wanted policies do not give.
    """

    subjects: list[Subject]
    resources: list[Resource]
    cells: dict[tuple[str, int], Cells] = field(default_factory=dict)
    wanted: dict[tuple[str, int], frozenset[str]] = field(default_factory=dict)
    unattainable: dict[tuple[str, int], frozenset[str]] = field(default_factory=dict)

    def capabilities(self, index: int) -> tuple[Capability, ...]:
        return BY_SERVICE[self.resources[index].service]

    def held(self, subject: Subject, index: int) -> Cells:
        return self.cells.get((subject.arn, index), {})

    def expected(self, subject: Subject, index: int) -> frozenset[str]:
        return self.wanted.get((subject.arn, index), frozenset())

    def excess(self, subject: Subject, index: int) -> Cells:
        """Return what a principal may do and is not to.

        That a stranger can read a public key alone is none: it is public, and much of what AWS itself offers for
        reading (ReadOnlyAccess, SecurityAudit) allows it.
        """
        expected = self.expected(subject, index)
        more = {name: cell for name, cell in self.held(subject, index).items() if name not in expected}
        if not subject.ours and all(BY_NAME[name].kind != USE for name in more if name != PUBLIC):
            more.pop(PUBLIC, None)
        return more

    def touches(self, subject: Subject) -> bool:
        """Say whether a principal can do anything with any of the keys."""
        return any(self.held(subject, index) for index in range(len(self.resources)))


def build_matrix(found: Found, access: Access) -> Matrix:
    """Return what everybody may do, and is to do, with the keys that were read."""
    matrix = Matrix(who.subjects(found.account, access), found.resources)
    readable = {index: Asked.of(one) for index, one in enumerate(matrix.resources) if one.there and not one.error}
    for index, asked in readable.items():
        for subject in matrix.subjects:
            cells = _own_cells(subject, asked)
            if cells:
                matrix.cells[subject.arn, index] = cells
    _Roles(matrix).add()
    for subject in matrix.subjects:
        policies = who.wanted_policies(subject, access)
        for index in readable if policies else ():
            _expect(matrix, subject, index, policies)
    return matrix


def _own_cells(subject: Subject, asked: Asked) -> Cells:
    cells: Cells = {}
    for capability in BY_SERVICE[asked.resource.service]:
        # Most principals of an account have nothing to do with keys, and their policies say so at a glance.
        if not asked.direct and not subject.may_be_allowed(capability.action):
            continue
        decision = ask(subject, capability, asked)
        if decision.answer is not Answer.NO:
            cells[capability.name] = Cell(decision.answer, decision.reason)
    return cells


class _Roles:
    """What principals may do through the roles that they may assume, and through roles that these may assume."""

    def __init__(self, matrix: Matrix) -> None:
        self._matrix = matrix
        self._edges: dict[str, list[tuple[Subject, Decision]]] = {}
        self._certain = Counter(
            arn for (arn, _index), cells in matrix.cells.items() for cell in cells.values() if _certain(cell)
        )
        self._all = sum(len(BY_SERVICE[one.service]) for one in matrix.resources if one.there and not one.error)

    def add(self) -> None:
        pending = [one for one in self._matrix.subjects if one.kind == "role" and self._matrix.touches(one)]
        while pending:
            role = pending.pop(0)
            for subject, decision in self._who_may_assume(role):
                changed = self._inherit(subject, role, decision)
                if changed and subject.kind == "role" and subject not in pending:
                    pending.append(subject)

    def _who_may_assume(self, role: Subject) -> list[tuple[Subject, Decision]]:
        if role.arn not in self._edges:
            trust = Policy(f"the trust policy of the role {role.name}", role.entry.get("trust"))
            asked = [(one, assume(one, role, trust)) for one in self._matrix.subjects if one.arn != role.arn]
            self._edges[role.arn] = [(one, decision) for one, decision in asked if decision.answer is not Answer.NO]
        return self._edges[role.arn]

    def _inherit(self, subject: Subject, role: Subject, decision: Decision) -> bool:
        changed = False
        if self._certain[subject.arn] == self._all:
            # Whoever may do everything gets nothing from a role.
            return changed
        for index in range(len(self._matrix.resources)):
            own = self._matrix.held(subject, index)
            for name, cell in self._matrix.held(role, index).items():
                got = cell.answer if decision.answer is Answer.YES else decision.answer
                if name in own and RANK[own[name].answer] >= RANK[got]:
                    continue
                depends = f" (may assume it: {decision.reason})" if decision.answer is Answer.CONDITIONAL else ""
                new = Cell(got, f"through the role {role.name}{depends}: {cell.reason}", role.name)
                own = self._matrix.cells.setdefault((subject.arn, index), {})
                own[name] = new
                self._certain[subject.arn] += _certain(new)
                changed = True
        return changed


def _certain(cell: Cell) -> bool:
    return cell.answer is Answer.YES


# What the inventory wants ---------------------------------------------------------------------------------------------


def _expect(matrix: Matrix, subject: Subject, index: int, policies: tuple[Policy, ...]) -> None:
    resource = matrix.resources[index]
    administers = subject.duty == who.ADMIN or not subject.ours
    if administers:
        # What administrators may do is what their wanted policy says: with the documented form that is everything.
        names = _by_design(subject, policies, resource)
    elif resource.wanted and subject.wanted and resource.name in subject.wanted["keys"]:
        names = frozenset(one.name for one in BY_SERVICE[resource.service] if one.kind == USE)
        missed = names - _by_design(subject, policies, resource)
        if missed:
            matrix.unattainable[subject.arn, index] = missed
    elif resource.wanted and subject.wanted and resource.name in subject.wanted.get("reads", ()):
        # Whoever funds wallets sees the keys of those whom it pays.
        names = frozenset({PUBLIC})
    else:
        return
    if names:
        matrix.wanted[subject.arn, index] = names


def _by_design(subject: Subject, policies: tuple[Policy, ...], resource: Resource) -> frozenset[str]:
    """Return what the wanted policies allow with a key as the inventory wants it.

    That is a key with one alias, no grants, and a key policy that leaves it to IAM.
    """
    own = (resource.alias,) if resource.alias and resource.wanted else resource.aliases
    ideal = Resource(
        resource.name,
        resource.region,
        resource.service,
        resource.environment,
        resource.wanted,
        resource.alias,
        resource.arn,
        own,
        resource.metadata,
        plain_key_policy(subject.principal.account, str(resource.arn)) if resource.service == "kms" else None,
        (),
        resource.tags,
    )
    bare = Principal(subject.arn, subject.principal.account, policies)
    designed = Subject(subject.name, subject.kind, subject.duty, bare, subject.entry, subject.wanted)
    asked = Asked.of(ideal)
    return frozenset(
        capability.name
        for capability in BY_SERVICE[resource.service]
        if ask(designed, capability, asked).answer is not Answer.NO
    )


def plain_key_policy(account: str, arn: str) -> dict[str, t.Any]:
    """Return the key policy that leaves everything to IAM, as KMS gives it to a key that is created without one.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    root = f"arn:{arn.split(':')[1]}:iam::{account}:root"
    statement = {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}
