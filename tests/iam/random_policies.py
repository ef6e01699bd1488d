# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random policies for the principals and resources of worlds.py.

Patterns and values are made from those that requests really carry, and changed a little: policies of words that never
meet would be agreed upon by all, as they allow nothing.

Left out, since AWS's documentation leaves it open, or the simulator is known to differ from it; each of these is shown
by name in test_known_differences.py:

- wildcards in the part of an ARN that names the kind of resource (key/, alias/, secret:), or in place of several parts
- other cases of letters in the first five parts of an ARN
- policy variables in a policy of version 2008-10-17, which has none, or whose key the request does not carry,
  or whose default is empty; ${*} and ${?} where wildcards are not meant anyway
- ForAnyValue with IfExists, and a key of several values without ForAnyValue or ForAllValues
- kms:ResourceAliases in a key policy, NotPrincipal, a session of the role that asks as Principal
- moments in seconds since 1970, all addresses of IPv4 as 0.0.0.0/0, values that are no number, date or address
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from tests.iam.worlds import (
    ACCOUNT,
    ALIAS_A,
    ALIAS_B,
    ATTRIBUTES,
    CIRCUMSTANCES,
    DEFAULT_KEY_POLICY,
    FOREIGNER,
    KEYS,
    OPERATOR,
    OTHER,
    PRINCIPALS,
    ROLE,
    ROOT,
    SECRETS,
    SESSION,
    USER,
    Document,
    World,
    document,
)

Condition = tuple[str, str, Any]


def one_or_more(values: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[Any]:
    """A text, or a list of texts: IAM takes both everywhere."""
    return values | st.lists(values, min_size=1, max_size=most, unique=True)


@st.composite
def changed(draw: st.DrawFn, values: Sequence[str], literals: bool = True) -> str:
    """One of the values: as it is, with wildcards, in another case, with a policy variable, or another text.

    :param literals: whether it may hold ``${*}`` and ``${?}``.
    """
    value = draw(st.sampled_from(values))
    start = draw(st.integers(0, len(value)))
    end = draw(st.integers(start, len(value)))
    ways = [
        value,
        value,
        f"{value[:start]}*{value[end:]}",
        f"{value[:start]}*",
        f"{value[:start]}?{value[start + 1 :]}",
        f"{value[:start]}*{value[start:end]}*",
        value.swapcase(),
        f"{value[:start]}x{value[start:]}",
    ]
    mine = "${aws:PrincipalTag/environment}"
    ways += [
        value.replace("staging", mine).replace("production", mine),
        f"{value[:start]}${{aws:PrincipalTag/team, '{value[start:] or 'x'}'}}",
    ]
    if literals:
        ways += [
            value.replace("*", "${*}"),
            f"{value[:start]}${{*}}{value[start + 1 :]}",
            f"{value[:start]}${{?}}{value[start + 1 :]}",
        ]
    return draw(st.sampled_from(ways))


# ---- actions and resources ------------------------------------------------------------------------------------------

ACTION_PATTERNS = st.sampled_from(
    """
    * kms:* kms:Sign kms:GetPublicKey KMS:sign kms:S* kms:*Key kms:Get*Key kms:?ign kms:Create* kms:CreateAlias
    kms:*Grant kms:ScheduleKeyDeletion kms:PutKeyPolicy secretsmanager:* secretsmanager:GetSecretValue
    secretsmanager:Get* s3:* sts:AssumeRole sts:Assume* sts:*
    """.split()
)


@st.composite
def resource_patterns(draw: st.DrawFn) -> str:
    arn = draw(st.sampled_from([*KEYS, ALIAS_A, ALIAS_B, *SECRETS, OPERATOR]))
    start, partition, service, region, account, rest = arn.split(":", 5)
    separator = "/" if "/" in rest.split(":")[0] else ":"
    kind, separator, name = rest.partition(separator)
    # "*" more often than the account of somebody else, so that something is left to be decided by the rest.
    region = draw(st.sampled_from([region, region, "*", region.replace("us", "??"), "eu-*"] if region else [""]))
    account = draw(st.sampled_from([account, account, account, "*", OTHER]))
    partition = draw(st.sampled_from([partition, partition, "*"]))
    name = draw(changed([name]) | st.just("*"))
    head = ":".join((start, partition, service, region, account))
    return draw(st.sampled_from([f"{head}:{kind}{separator}{name}"] * 4 + [f"{head}:*", "*"]))


# ---- conditions -----------------------------------------------------------------------------------------------------


def carried(key: str) -> list[str]:
    """All values that requests carry for a key."""
    found: list[str] = []
    for context in (*ATTRIBUTES.values(), *CIRCUMSTANCES):
        value = context.get(key, ())
        found += [value] if isinstance(value, str) else value
    return found


TEXT_VALUES = {
    "aws:username": ["nomad-signer-staging"],
    "aws:PrincipalAccount": [ACCOUNT, OTHER],
    "kms:CallerAccount": [ACCOUNT, OTHER],
    **{
        key: carried(key)
        for key in """
            kms:RequestAlias kms:SigningAlgorithm kms:MessageType kms:KeySpec kms:ViaService sts:ExternalId
            aws:PrincipalTag/environment aws:PrincipalTag/team aws:ResourceTag/environment
            """.split()
    },
}
TEXT_OPERATORS = """
    StringEquals StringNotEquals StringEqualsIgnoreCase StringNotEqualsIgnoreCase StringLike StringNotLike stringlike
    """.split()
IF_EXISTS = ("", "", "IfExists")
OVER = ("ForAnyValue:", "ForAllValues:")
ARN_VALUES = [
    USER,
    ROLE,
    f"arn:aws:iam::{ACCOUNT}:user/*",
    f"arn:aws:iam::{ACCOUNT}:*/agent_ops/*",
    f"arn:*:iam::{OTHER[:6]}*:user/nomad-*",
    SECRETS[0],
    f"arn:aws:secretsmanager:*:{ACCOUNT}:secret:development/*",
    f"arn:aws:secretsmanager:us-?est-2:{ACCOUNT}:secret:${{aws:ResourceTag/environment, 'development'}}/*",
]
FLAGS = ["true", "false"]
SCALARS = (
    ("ArnEquals ArnLike ArnNotEquals ArnNotLike", "aws:PrincipalArn aws:SourceArn", ARN_VALUES),
    ("Bool", "aws:SecureTransport aws:MultiFactorAuthPresent", FLAGS),
    (
        "NumericEquals NumericNotEquals NumericLessThan NumericLessThanEquals NumericGreaterThan"
        " NumericGreaterThanEquals",
        "aws:MultiFactorAuthAge",
        ["299", "300", "300.0", "301", "-1"],
    ),
    (
        "DateEquals DateNotEquals DateLessThan DateLessThanEquals DateGreaterThan DateGreaterThanEquals",
        "aws:CurrentTime",
        ["2026-03-01T12:00:00Z", "2026-03-01", "2026-06-01T00:00:00Z", "2026-03-01T13:00:00+01:00"],
    ),
    (
        "IpAddress NotIpAddress",
        "aws:SourceIp",
        ["203.0.113.0/24", "198.51.100.20", "198.51.100.20/32", "198.51.100.0/28", "0.0.0.0/1", "2001:db8::/32"],
    ),
)


@st.composite
def named(draw: st.DrawFn, operators: Sequence[str]) -> str:
    """An operator; those for sets of values are allowed for keys of one value as well."""
    over = draw(st.sampled_from(("", "", *OVER)))
    return (
        over + draw(st.sampled_from(operators)) + ("" if over == "ForAnyValue:" else draw(st.sampled_from(IF_EXISTS)))
    )


@st.composite
def text_conditions(draw: st.DrawFn) -> Condition:
    key = draw(st.sampled_from(sorted(TEXT_VALUES)))
    operator = draw(named(TEXT_OPERATORS))
    values = draw(one_or_more(changed(TEXT_VALUES[key], "like" in operator.lower())))
    return operator, draw(st.sampled_from([key, key.swapcase()])), values


@st.composite
def alias_conditions(draw: st.DrawFn) -> Condition:
    operator = draw(st.sampled_from(OVER)) + draw(st.sampled_from(TEXT_OPERATORS))
    values = draw(one_or_more(changed(carried("kms:ResourceAliases"), "like" in operator.lower())))
    if operator.startswith("ForAllValues"):
        operator += draw(st.sampled_from(IF_EXISTS))
    return operator, "kms:ResourceAliases", values


@st.composite
def other_conditions(draw: st.DrawFn) -> Condition:
    operators, keys, values = draw(st.sampled_from(SCALARS))
    key = draw(st.sampled_from(keys.split()))
    return draw(named(operators.split())), key, draw(one_or_more(st.sampled_from(values)))


NULL_CONDITIONS = st.tuples(
    st.just("Null"),
    st.sampled_from([*sorted(TEXT_VALUES), "kms:ResourceAliases", "aws:MultiFactorAuthAge", "aws:SourceArn"]),
    one_or_more(st.sampled_from(FLAGS)),
)
RESOURCE_CONDITIONS = st.one_of(
    text_conditions(), NULL_CONDITIONS.filter(lambda one: "Aliases" not in one[1]), other_conditions()
)
IDENTITY_CONDITIONS = st.one_of(alias_conditions(), text_conditions(), NULL_CONDITIONS, other_conditions())


def block(conditions: Sequence[Condition]) -> Document:
    """The Condition element of some conditions."""
    found: Document = {}
    for operator, key, values in conditions:
        # The same key twice in one operator, in whatever case, is a mistake that AWS refuses.
        if key.lower() not in (other.lower() for other in found.get(operator, {})):
            found.setdefault(operator, {})[key] = values
    return found


# ---- policies -------------------------------------------------------------------------------------------------------


@st.composite
def statements(draw: st.DrawFn, conditions: st.SearchStrategy[Condition]) -> Document:
    statement: Document = {"Effect": draw(st.sampled_from(["Allow"] * 4 + ["Deny"]))}
    action = draw(st.sampled_from(["Action", "Action", "Action", "NotAction"]))
    statement[action] = draw(one_or_more(ACTION_PATTERNS))
    resource = draw(st.sampled_from(["Resource", "Resource", "Resource", "NotResource"]))
    statement[resource] = draw(one_or_more(resource_patterns()))
    wanted = block(draw(st.just([]) | st.lists(conditions, max_size=2)))
    if wanted:
        statement["Condition"] = wanted
    return statement


WHO = st.sampled_from([USER, ROLE, SESSION, FOREIGNER, ROOT, ROOT, ACCOUNT, f"arn:aws:iam::{OTHER}:root", OTHER])


@st.composite
def resource_statements(draw: st.DrawFn) -> Document:
    statement: Document = draw(statements(RESOURCE_CONDITIONS))
    # The policy of a resource speaks of that resource alone, however it writes that.
    statement.pop("NotResource", None)
    who = draw(st.just("*") | st.fixed_dictionaries({"AWS": one_or_more(WHO)}) | st.just({"AWS": "*"}))
    return {**statement, "Resource": "*", "Principal": who}


@st.composite
def trust_statements(draw: st.DrawFn) -> Document:
    statement: Document = draw(resource_statements())
    # The trust policy of a role has no resource: it is about that role.
    del statement["Resource"]
    return statement


IDENTITY_POLICIES = st.lists(statements(IDENTITY_CONDITIONS), min_size=1, max_size=3).map(document)
RESOURCE_POLICIES = st.lists(resource_statements(), min_size=1, max_size=2).map(document)


def one_per_session(world: World) -> bool:
    """A role is whoever is in one of its sessions: a policy that names one of them leaves the answer open."""
    return world.principal != ROLE or SESSION not in repr((world.key_policy, world.secret_policy, world.trust_policy))


WORLDS = st.builds(
    World,
    principal=st.sampled_from(PRINCIPALS),
    policies=st.lists(IDENTITY_POLICIES, max_size=2).map(tuple),
    boundary=st.none() | st.none() | IDENTITY_POLICIES,
    key_policy=st.one_of(st.just(DEFAULT_KEY_POLICY), st.just(DEFAULT_KEY_POLICY), RESOURCE_POLICIES),
    secret_policy=st.none() | RESOURCE_POLICIES,
    trust_policy=st.lists(trust_statements(), min_size=1, max_size=2).map(document),
).filter(one_per_session)
"""Whole accounts: what decides is how policies work together."""


@st.composite
def single_statements(draw: st.DrawFn) -> Document:
    """A statement that nothing hides: if a pattern or a condition is read differently, an answer differs."""
    conditions = draw(st.lists(IDENTITY_CONDITIONS, min_size=1, max_size=1) | st.just([]))
    resource = "*" if conditions else draw(one_or_more(resource_patterns()))
    statement: Document = {"Effect": "Allow", "Action": "*", "Resource": resource}
    return {**statement, "Condition": block(conditions)} if conditions else statement


SMALL_WORLDS = st.builds(
    lambda principal, statement: World(principal, (document([statement]),)),
    principal=st.sampled_from((USER, USER, ROLE)),
    statement=single_statements(),
)
"""One statement that allows everything but for one condition, or one list of resources."""
