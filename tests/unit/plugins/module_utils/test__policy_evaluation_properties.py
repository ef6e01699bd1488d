# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds of the evaluation whatever the policies are."""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_evaluation import (
    EVERYTHING,
    Answer,
    Grant,
    Policy,
    Principal,
    Request,
    evaluate,
    evaluate_identity,
)
from hypothesis import event, given
from hypothesis import strategies as st

ACCOUNT = "111122223333"
KEY = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
USER = f"arn:aws:iam::{ACCOUNT}:user/a"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
ALIASES = "kms:ResourceAliases"

Statement = dict[str, t.Any]


def one_or_more(values: list[str]) -> st.SearchStrategy[t.Any]:
    return st.sampled_from(values) | st.lists(st.sampled_from(values), min_size=1, max_size=3)


sets = ["", "ForAnyValue:", "ForAllValues:"]
operators = ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase"]
conditions = st.one_of(
    st.builds(
        lambda over, operator, key, values: {over + operator: {key: values}},
        st.sampled_from(sets),
        st.sampled_from([*operators, "StringEqualsIfExists", "StringNotEqualsIfExists", "StringSimilar"]),
        st.sampled_from(["aws:SourceVpce", "aws:PrincipalTag/team", ALIASES]),
        one_or_more(["a", "b", "a*", "*", "${aws:PrincipalTag/team}", "${aws:SourceVpce, 'a'}"]),
    ),
    st.builds(
        lambda key, values: {"Null": {key: values}},
        st.sampled_from(["aws:SourceVpce", "aws:PrincipalTag/team"]),
        one_or_more(["true", "false"]),
    ),
)
blocks = st.lists(conditions, max_size=2).map(lambda found: {name: keys for one in found for name, keys in one.items()})


@st.composite
def statements(draw: st.DrawFn, principals: bool = False, effect: str | None = None) -> Statement:
    found: Statement = {
        "Effect": effect or draw(st.sampled_from(["Allow", "Allow", "Deny"])),
        draw(st.sampled_from(["Action", "Action", "NotAction"])): draw(one_or_more(["*", "kms:S*", "kms:Verify"])),
        draw(st.sampled_from(["Resource", "Resource", "NotResource"])): draw(
            one_or_more(["*", KEY, "arn:aws:kms:*:*:alias/*", "arn:aws:kms:*:key/*", "arn:aws:kms:*:*:key/${aws:x}*"])
        ),
    }
    if block := draw(st.just({}) | blocks):
        found["Condition"] = block
    if principals:
        element = draw(st.sampled_from(["Principal", "Principal", "Principal", "NotPrincipal"]))
        found[element] = {"AWS": draw(one_or_more(["*", ROOT, ACCOUNT, USER, ROLE, "444455556666"]))}
    return found


Documents = t.Callable[[list[Statement]], dict[str, t.Any]]


def document(found: list[Statement]) -> dict[str, t.Any]:
    return {"Version": "2012-10-17", "Statement": found}


class World(t.NamedTuple):
    """Everything that decides about a request."""

    own: list[Statement]
    boundary: list[Statement] | None
    there: list[Statement]
    who: str = USER
    grants: tuple[Grant, ...] = ()

    def answer(self, context: t.Mapping[str, t.Any], complete: t.Collection[str] = ()) -> Answer:
        boundary = None if self.boundary is None else Policy("boundary", document(self.boundary))
        principal = Principal(self.who, ACCOUNT, [Policy("own", document(self.own))], boundary)
        request = Request("kms:Sign", KEY, context, complete)
        decision = evaluate(request, principal, resource_policy=document(self.there), grants=self.grants)
        event(decision.answer.value)
        return decision.answer


enabling = st.just([{"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "*", "Resource": "*"}])
worlds = st.builds(
    World,
    st.lists(statements(), max_size=3),
    st.none() | st.lists(statements(), min_size=1, max_size=2),
    enabling | st.lists(statements(principals=True), max_size=3),
    st.sampled_from([USER, ROLE]),
    st.sampled_from([(), (), (Grant(USER, ["Sign"]),)]),
)
contexts = st.fixed_dictionaries(
    {},
    optional={
        "aws:SourceVpce": st.sampled_from(["a", "b"]),
        "aws:PrincipalTag/team": st.sampled_from(["a", "A", "c"]),
        ALIASES: st.lists(st.sampled_from("abc"), max_size=2),
    },
)


@given(worlds, contexts, statements(effect="Deny"), statements(principals=True, effect="Deny"))
def test_another_deny_never_opens_anything(world: World, context: t.Any, own: Statement, there: Statement) -> None:
    before = world.answer(context)
    for after in (
        world._replace(own=[*world.own, own]),
        world._replace(there=[there, *world.there]),
        world._replace(boundary=[*(world.boundary or []), own]),
    ):
        answer = after.answer(context)
        if before is Answer.NO:
            assert answer is Answer.NO
        assert answer is not Answer.YES or before is Answer.YES


@given(worlds, contexts, statements(effect="Allow"), statements(principals=True, effect="Allow"))
def test_another_allow_never_closes_anything(world: World, context: t.Any, own: Statement, there: Statement) -> None:
    before = world.answer(context)
    afters = [
        world._replace(own=[own, *world.own]),
        world._replace(there=[*world.there, there]),
        world._replace(grants=(*world.grants, Grant(world.who, ["Sign"]))),
    ]
    if world.boundary is not None:
        afters.append(world._replace(boundary=[*world.boundary, own]))
    for after in afters:
        answer = after.answer(context)
        if before is Answer.YES:
            assert answer is Answer.YES
        assert answer is not Answer.NO or before is Answer.NO


@given(worlds, contexts)
def test_a_boundary_never_opens_anything(world: World, context: t.Any) -> None:
    before, after = world._replace(boundary=None).answer(context), world.answer(context)
    assert after is not Answer.YES or before is Answer.YES
    assert before is not Answer.NO or after is Answer.NO


def listed(value: t.Any) -> t.Any:
    """Return the same with a list in the place of every single text."""
    if isinstance(value, dict):
        return {name: listed(inner) if name not in ("Effect", "Version") else inner for name, inner in value.items()}
    return [value] if isinstance(value, str) else value


@given(worlds, contexts)
def test_the_form_of_a_document_does_not_matter(world: World, context: t.Any) -> None:
    """Neither the order of statements, nor whether one value stands in a list or not, nor the case of names."""
    before = world.answer(context)
    turned = World(*(part[::-1] if isinstance(part, list) else part for part in world))
    assert turned.answer(context) is before
    lists = World(*([listed(one) for one in part] if isinstance(part, list) else part for part in world))
    assert lists.answer(context) is before
    assert world.answer({name.upper(): value for name, value in context.items()}) is before


possible: dict[str, list[t.Any]] = {
    "aws:SourceVpce": [[], "a", "b"],
    "aws:PrincipalTag/team": [[], "a", "A", "c"],
    "aws:x": [[], "1234abcd"],
}


@given(worlds, contexts)
def test_knowing_more_never_contradicts_an_answer(world: World, context: t.Any) -> None:
    """Yes and no are said only where they hold whatever else may be true of the request."""
    answer = world.answer(context)
    if answer is Answer.CONDITIONAL:
        return
    unknown = [key for key in possible if key not in context]
    for values in itertools.product(*(possible[key] for key in unknown)):
        told = {**context, **dict(zip(unknown, values, strict=True))}
        assert world.answer(told) in (answer, Answer.CONDITIONAL)


@given(st.lists(statements(), max_size=4), contexts)
def test_how_statements_are_spread_over_policies_does_not_matter(found: list[Statement], context: t.Any) -> None:
    request = Request("kms:Sign", KEY, context, EVERYTHING)
    together = evaluate_identity(request, [Policy("p", document(found))])
    apart = evaluate_identity(request, [Policy("p", document([one])) for one in found])
    assert together == apart
