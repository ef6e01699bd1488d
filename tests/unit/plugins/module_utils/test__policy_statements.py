# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Policy documents: what is refused before it is written, and what is made of any document that was found."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_patterns import EVERYTHING, Context
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_statements import Kind, read, statements
from hypothesis import given
from hypothesis import strategies as st

KEY = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
NOTHING = Context.of({}, EVERYTHING)


def document(**changes: t.Any) -> dict[str, t.Any]:
    statement = {"Effect": "Allow", "Action": "kms:Sign", "Resource": "*", **changes}
    return {
        "Version": "2012-10-17",
        "Statement": [{name: value for name, value in statement.items() if value is not None}],
    }


def applies(
    given_document: t.Any, action: str = "kms:Sign", resource: str = KEY, kind: Kind = "identity"
) -> list[t.Any]:
    return [statement.applies(action, resource, NOTHING).holds for statement in read(given_document, kind)]


def test_a_statement() -> None:
    found = statements(document(Sid="NomadStagingPolicy", Action=["kms:Sign", "kms:GetPublicKey"]), "identity")
    assert len(found) == 1
    assert found[0].effect == "Allow"
    assert found[0].sid == "NomadStagingPolicy"
    assert found[0].actions == ("kms:Sign", "kms:GetPublicKey")
    assert found[0].resources == ("*",)
    assert found[0].principals is None


@pytest.mark.parametrize(
    ("given_document", "kind", "problem"),
    [
        ("text", None, "it is 'text'; expected a mapping with Version and Statement"),
        ({"Statement": []}, None, "it has no statement"),
        ({"Statement": "x"}, None, "its Statement is 'x'; expected a list of statements"),
        (
            {**document(), "Version": "2012-10-18"},
            None,
            "its Version is '2012-10-18'; expected 2012-10-17 or 2008-10-17",
        ),
        ({**document(), "Statements": []}, None, "it has an unknown element 'Statements'; did you mean Statement?"),
        ({"Statement": ["x"]}, None, "statement 1: it is 'x'; expected a mapping with Effect, Action and Resource"),
        (document(Sid="A1", Effect=None), None, "statement 1 (A1): it has no Effect"),
        (document(Effect="allow"), None, "statement 1: its Effect is 'allow'; expected Allow or Deny"),
        (document(Action=None), None, "statement 1: it has neither Action nor NotAction"),
        (document(NotAction="kms:Sign"), None, "statement 1: it has both Action and NotAction"),
        (document(NotResource="*"), None, "statement 1: it has both Resource and NotResource"),
        (document(Resource=None), None, "statement 1: it has neither Resource nor NotResource"),
        (document(Action=[]), None, "statement 1: its Action is []; expected a text or a list of texts"),
        (document(Resource=[1]), None, "statement 1: its Resource is [1]; expected a text or a list of texts"),
        (document(Action="Sign"), None, "statement 1: 'Sign' is no action; expected \"*\" or service:Action"),
        (document(Action="kms: Sign"), None, "statement 1: 'kms: Sign' is no action; expected \"*\" or service:Action"),
        (document(Resource="alias/a"), None, "statement 1: 'alias/a' is no resource; expected \"*\" or an ARN"),
        (document(Resource="arn:aws:s3:::${x"), None, "statement 1: a policy variable has no closing brace"),
        (document(condition={}), None, "statement 1: it has an unknown element 'condition'; did you mean Condition?"),
        (document(Conditions={}), None, "statement 1: it has an unknown element 'Conditions'; did you mean Condition?"),
        (
            document(Condition=[]),
            None,
            "statement 1: its Condition is []; expected operators with their keys and values",
        ),
        (document(Condition={"StringIs": {"a": "b"}}), None, "statement 1: StringIs is no condition operator"),
        (document(Condition={"Bool": {"a": "yes"}}), None, "statement 1: Bool of a cannot be 'yes'"),
        (document(Sid="a b"), "identity", "statement 1 (a b): its Sid may hold letters and digits only"),
        (
            document(Principal="*"),
            "identity",
            "statement 1: it has a Principal; the policy of a user, group or role is about who it is attached to",
        ),
        (document(), "key", "statement 1: it has neither Principal nor NotPrincipal"),
        (
            document(Principal="*", Resource=None),
            "key",
            "statement 1: it has no Resource, and AWS KMS ignores such a statement of a key policy",
        ),
        (
            document(Principal="*"),
            "trust",
            "statement 1: it has a Resource; the trust policy of a role is about that role alone",
        ),
        (
            document(Principal="arn:aws:iam::111122223333:root"),
            None,
            "statement 1: its Principal is 'arn:aws:iam::111122223333:root'; expected \"*\" or a mapping of"
            " AWS, Service, Federated, CanonicalUser",
        ),
        (
            document(Principal={"Aws": "*"}),
            None,
            "statement 1: it has an unknown Principal element 'Aws'; did you mean AWS?",
        ),
        (
            document(Principal={"AWS": 1}),
            None,
            "statement 1: its Principal AWS is 1; expected a text or a list of texts",
        ),
        (document(Principal="*", NotPrincipal="*"), None, "statement 1: it has both Principal and NotPrincipal"),
        (
            document(NotPrincipal={"AWS": "111122223333"}),
            None,
            "statement 1: it has NotPrincipal with Allow, which AWS does not support",
        ),
    ],
)
def test_documents_that_are_refused(given_document: t.Any, kind: Kind | None, problem: str) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011
        statements(given_document, kind)
    assert str(refusal.value) == f"The policy document is wrong: {problem}"


def test_the_second_statement_is_named_as_such() -> None:
    with pytest.raises(ValueError, match=r"statement 2 \(Second\): it has no Effect"):
        statements({"Statement": [*document()["Statement"], {"Sid": "Second", "Action": "*", "Resource": "*"}]})


def test_long_values_are_shown_in_part() -> None:
    with pytest.raises(ValueError, match=r"xxx\.\.\.; expected Allow or Deny") as refusal:
        statements(document(Effect="x" * 500))
    assert len(str(refusal.value)) < 200


def test_documents_of_each_kind_are_accepted() -> None:
    root = {"AWS": "arn:aws:iam::111122223333:root"}
    assert statements(document(Sid="Enable IAM User Permissions", Principal=root), "key")
    assert statements(document(Principal=root, Action="sts:AssumeRole", Resource=None), "trust")
    assert statements(document(Principal=root, Action="sts:AssumeRole", Resource=None))
    assert statements(document(Principal={"Service": ["s3.amazonaws.com"], "AWS": ["*"]}), "resource")
    assert statements({**document(NotAction="iam:*", Action=None, Effect="Deny"), "Id": "x"}, "identity")


def test_one_statement_may_stand_without_a_list() -> None:
    single = {**document(), "Statement": document()["Statement"][0]}
    assert statements(single) == statements(document())


# ---- what a statement speaks of -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "result"),
    [
        ({}, True),
        ({"Action": ["kms:Verify", "kms:S*"]}, True),
        ({"Action": "kms:Verify"}, False),
        ({"Action": None, "NotAction": ["iam:*", "kms:Sign"]}, False),
        ({"Action": None, "NotAction": "iam:*"}, True),
        ({"Resource": KEY}, True),
        ({"Resource": ["arn:aws:s3:::b", "arn:aws:kms:*:*:key/*"]}, True),
        ({"Resource": "arn:aws:kms:*:*:alias/*"}, False),
        ({"Resource": None, "NotResource": KEY}, False),
        ({"Resource": None, "NotResource": "arn:aws:kms:*:*:alias/*"}, True),
        # An asterisk for several segments: neither yes nor no, however it is asked.
        ({"Resource": "arn:aws:kms:*:key/*"}, None),
        ({"Resource": None, "NotResource": "arn:aws:kms:*:key/*"}, None),
        ({"Resource": ["arn:aws:kms:*:key/*", KEY]}, True),
        ({"Resource": "arn:aws:kms:*:*:key/${aws:username}"}, False),
        ({"Resource": ["arn:aws:kms:*:*:key/${aws:username}", KEY]}, True),
        ({"Resource": None, "NotResource": "arn:aws:kms:*:*:key/${aws:username}"}, True),
        ({"Resource": "arn:aws:kms:*:*:key/${aws:username, '1234abcd-12ab-34cd-56ef-1234567890ab'}"}, True),
    ],
)
def test_actions_and_resources(changes: dict[str, t.Any], result: bool | None) -> None:
    assert applies(document(**changes)) == [result]


def test_old_policies_have_no_variables() -> None:
    resource = "arn:aws:sqs:us-east-2:111122223333:${aws:username}"
    for version, result in (("2012-10-17", False), ("2008-10-17", True)):
        found = {**document(Resource=resource, Action="*"), "Version": version}
        assert applies(found, resource=resource) == [result]
    assert applies({"Statement": document(Resource=resource, Action="*")["Statement"]}, resource=resource) == [True]


@pytest.mark.parametrize(
    ("changes", "result"),
    [
        ({"Effect": "allow"}, None),
        ({"Action": 1}, None),
        ({"Action": None}, None),
        ({"Resource": 1}, None),
        ({"Extra": 1}, None),
        ({"Condition": {"StringSimilar": {"a": "b"}}}, None),
        ({"Condition": 1}, None),
        ({"Principal": 1}, None),
        # What can be read may still say that it does not matter.
        ({"Extra": 1, "Action": "kms:Verify"}, False),
        ({"Condition": {"StringSimilar": {"a": "b"}, "StringEquals": {"a": "b"}}}, False),
    ],
)
def test_what_makes_no_sense_leaves_the_answer_open(changes: dict[str, t.Any], result: bool | None) -> None:
    assert applies(document(**changes)) == [result]


@pytest.mark.parametrize("found", [None, "x", 1, [], {"Statement": 1}, {"Version": "3", "Statement": []}, {"S": []}])
def test_a_document_that_makes_no_sense_leaves_the_answer_open(found: t.Any) -> None:
    assert applies(found) == [None]


def test_the_reason_says_what_made_no_sense() -> None:
    found = read(document(Condition={"StringSimilar": {"a": "b"}}), "identity")[0]
    assert found.applies("kms:Sign", KEY, NOTHING).why == "(not evaluated: StringSimilar is no condition operator)"


def test_a_statement_of_a_key_policy_without_resource_has_no_effect() -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html"""
    found = document(Principal="*", Resource=None)
    assert applies(found, kind="key") == [False]
    assert applies(found, kind="resource") == [None]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["*", "Allow", "kms:Sign", "${", "AWS", KEY]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["AWS", "StringLike", "a"]), inner),
    max_leaves=6,
)
elements = "Sid Effect Principal NotPrincipal Action NotAction Resource NotResource Condition Extra".split()
anything = st.dictionaries(st.sampled_from(["Version", "Id", "Statement", "Else"]), values) | st.builds(
    lambda statement: {"Version": "2012-10-17", "Statement": [statement]},
    st.dictionaries(st.sampled_from(elements), values, max_size=6),
)


@given(anything | values, st.sampled_from(["identity", "resource", "key", "trust"]))
def test_no_document_is_too_strange(found: t.Any, kind: Kind) -> None:
    """What was found is always read, and what is to be written is either read the same way or refused."""
    read_anyway = read(found, kind)
    for statement in read_anyway:
        assert statement.applies("kms:Sign", KEY, NOTHING).holds in (True, False, None)
    refusal = ""
    try:
        strict = statements(found, kind)
    except ValueError as exc:
        refusal = str(exc)
    else:
        assert strict == read_anyway
        assert all(not statement.problems for statement in strict)
    assert not refusal or refusal.startswith("The policy document is wrong: ")
