# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One request, asked of our own evaluation and of the simulator."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_evaluation import (
    EVERYTHING,
    Answer,
    Decision,
    Policy,
    Principal,
    Request,
    evaluate,
)

from tests.iam.worlds import Ask, World, requests_of
from tests.simulator import Question, Refused, Simulator, Verdict

SAME = {Answer.YES: True, Answer.NO: False}


@dataclass(frozen=True)
class Compared:
    ask: Ask
    ours: Decision
    theirs: Verdict | Refused

    @property
    def agree(self) -> bool:
        return isinstance(self.theirs, Verdict) and SAME.get(self.ours.answer) is bool(self.theirs)


def compare(
    simulator: Simulator, world: World, asked: Sequence[Ask] | None = None, *, ours: World | None = None
) -> list[Compared]:
    """Ask everything that the world's principal might ask, or what is given.

    :param ours: another world for our own evaluation, to see that a difference is noticed.
    """
    asked = requests_of(world.principal) if asked is None else asked
    ours = ours or world
    answers = simulator.ask_all(
        [
            Question(
                ask.action,
                ask.resource,
                world.principal,
                policies=world.policies,
                boundary=world.boundary,
                resource_policy=world.resource_policy(ask.resource),
                context=ask.context,
                account=ask.resource.split(":")[4] if ask.resource != "*" else "",
            )
            for ask in asked
        ]
    )
    principal = Principal(
        arn=ours.principal,
        account=ours.principal.split(":")[4],
        policies=[Policy(f"policy {number}", document) for number, document in enumerate(ours.policies)],
        boundary=Policy("boundary", ours.boundary) if ours.boundary is not None else None,
    )
    compared = []
    for ask, answer in zip(asked, answers, strict=True):
        # Both see the same: a key that AWS does not offer for an action, the simulator leaves out of the request.
        context = {key: value for key, value in ask.context.items() if key not in answer.ignored}
        request = Request(ask.action, ask.resource, context, complete=EVERYTHING)
        decision = evaluate(request, principal, resource_policy=ours.resource_policy(ask.resource))
        compared.append(Compared(ask, decision, answer.outcome))
    return compared


def differences(world: World, compared: Sequence[Compared]) -> str:
    """What they do not agree about, for a reader; nothing if they agree."""
    wrong = [one for one in compared if not one.agree]
    if not wrong:
        return ""
    first = wrong[0]
    lines = [
        f"{len(wrong)} of {len(compared)} requests are judged differently ({dict(Counter(kinds(wrong)))}), first:",
        f"  {world.principal} {first.ask.action} {first.ask.resource}",
        f"  context {json.dumps(dict(first.ask.context))}",
        f"  ours: {first.ours.answer.name} ({first.ours.reason})",
        f"  the simulator's: {first.theirs}",
        *(f"  identity policy {json.dumps(policy)}" for policy in world.policies),
        f"  boundary {json.dumps(world.boundary)}",
        f"  resource policy {json.dumps(world.resource_policy(first.ask.resource))}",
    ]
    return "\n".join(lines)


def kinds(compared: Sequence[Compared]) -> list[str]:
    return [
        f"{one.ours.answer.name}/{'REFUSED' if isinstance(one.theirs, Refused) else one.theirs.name}"
        for one in compared
    ]
