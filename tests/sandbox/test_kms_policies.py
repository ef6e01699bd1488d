# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key policies.

https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html, key-policy-default.html and the Policy
parameter of https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
"""

from __future__ import annotations

import json
from typing import Any

import pytest

ROOT = "arn:aws:iam::123456789012:root"


def statement(**changes: Any) -> dict[str, Any]:
    whole = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*", **changes}
    return {name: value for name, value in whole.items() if value is not None}


def policy(*statements: dict[str, Any], **changes: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **changes})


def test_the_default_policy_gives_the_account_everything(kms: Any, new_key: Any, refused: Any) -> None:
    key_id = new_key()
    answer = kms.get_key_policy(KeyId=key_id, PolicyName="default")
    (only,) = json.loads(answer["Policy"])["Statement"]
    assert (only["Principal"], only["Action"], only["Resource"]) == ({"AWS": ROOT}, "kms:*", "*")
    assert answer["PolicyName"] == "default"
    assert kms.list_key_policies(KeyId=key_id)["PolicyNames"] == ["default"]
    with refused("NotFoundException", "No such policy"):
        kms.get_key_policy(KeyId=key_id, PolicyName="other")


def test_a_policy_is_kept_as_it_is_given(kms: Any, new_key: Any) -> None:
    text = policy(statement(), statement(Sid="signers", Action=["kms:Sign"], Principal={"AWS": "210987654321"}))
    key_id = new_key(Policy=text)
    assert kms.get_key_policy(KeyId=key_id)["Policy"] == text
    other = policy(statement(Sid="only"))
    kms.put_key_policy(KeyId=key_id, Policy=other)
    assert kms.get_key_policy(KeyId=key_id)["Policy"] == other


@pytest.mark.parametrize(
    "text",
    [
        "nope",
        "[]",
        '{"x": 1}',
        policy(),
        policy(statement(), Version="2021-01-01"),
        policy(statement(), Extra=1),
        policy(statement(Effect="Maybe")),
        policy(statement(Principal=None)),
        policy(statement(Principal={})),
        policy(statement(Principal="somebody")),
        policy(statement(), statement(Principal={"AWS": "nobody"})),
        policy(statement(), statement(Action=[1])),
        policy(statement(), statement(Conditions={})),
        policy(statement(), statement(Condition={"StringEquals": "x"})),
        policy(statement(), statement(Condition={"StringIs": {"kms:KeySpec": "x"}})),
        policy(statement(), statement(Condition={"ForSome:StringEquals": {"kms:KeySpec": "x"}})),
        policy(statement(), statement(Condition={"StringEquals": {"kms:KeySpec": {"x": 1}}})),
        # "The principals in the key policy must exist and be visible to KMS."
        policy(statement(), statement(Principal={"AWS": "arn:aws:iam::123456789012:user/nobody"})),
        policy(statement(), statement(Principal={"AWS": "arn:aws:iam::123456789012:role/nobody"})),
        policy(statement(), statement(Principal={"AWS": "arn:aws:iam::123456789012:group/kms-admin"})),
    ],
)
def test_malformed_policies_are_refused(kms: Any, new_key: Any, refused: Any, text: str) -> None:
    key_id = new_key()
    before = kms.get_key_policy(KeyId=key_id)["Policy"]
    with refused("MalformedPolicyDocumentException"):
        kms.put_key_policy(KeyId=key_id, Policy=text)
    with refused("MalformedPolicyDocumentException"):
        new_key(Policy=text)
    assert kms.get_key_policy(KeyId=key_id)["Policy"] == before
    assert len(kms.list_keys()["Keys"]) == 1


LOCKED_OUT = [
    policy(statement(Principal={"AWS": "arn:aws:iam::210987654321:root"})),
    policy(statement(Action=["kms:Sign", "kms:DescribeKey"])),
    policy(statement(Resource=None)),
    policy(statement(Action=None)),
    policy(statement(), statement(Effect="Deny", Action="kms:Put*", Principal="*")),
    policy(statement(Action=None, NotAction="kms:PutKeyPolicy")),
    policy(statement(Condition={"StringEquals": {"aws:PrincipalTag/team": "keys"}})),
]


@pytest.mark.parametrize("text", LOCKED_OUT)
def test_nobody_locks_himself_out_unless_he_says_so(kms: Any, new_key: Any, refused: Any, text: str) -> None:
    """ "The key policy must allow the calling principal to make a subsequent PutKeyPolicy request"; a statement
    without Resource or Action "has no effect".
    """
    key_id = new_key()
    with refused("MalformedPolicyDocumentException", "will not allow you to update the key policy"):
        kms.put_key_policy(KeyId=key_id, Policy=text)
    with refused("MalformedPolicyDocumentException", "will not allow you to update the key policy"):
        new_key(Policy=text)
    kms.put_key_policy(KeyId=key_id, Policy=text, BypassPolicyLockoutSafetyCheck=True)
    assert kms.get_key_policy(KeyId=key_id)["Policy"] == text


@pytest.mark.parametrize(
    "one",
    [
        statement(Principal={"AWS": "123456789012"}),
        statement(Principal={"AWS": ["arn:aws:iam::210987654321:root", ROOT]}),
        statement(Principal="*"),
        statement(Action=["kms:Describe*", "kms:Put*"]),
        statement(Action="kms:PutKeyPolicy"),
        statement(Action="*"),
        statement(Action=None, NotAction=["kms:Sign"]),
    ],
)
def test_policies_that_let_the_account_administer(new_key: Any, one: dict[str, Any]) -> None:
    assert new_key(Policy=policy(one))


def test_a_user_may_be_the_one_who_administers(kms: Any, aws: Any, new_key: Any, refused: Any) -> None:
    iam = aws("iam")
    user = iam.create_user(UserName="keeper")["User"]["Arn"]
    pair = iam.create_access_key(UserName="keeper")["AccessKey"]
    keeper = aws(
        "kms",
        credentials={"aws_access_key_id": pair["AccessKeyId"], "aws_secret_access_key": pair["SecretAccessKey"]},
    )
    text = policy(statement(Principal={"AWS": user}))
    with refused("MalformedPolicyDocumentException", "will not allow you"):
        new_key(Policy=text)
    assert keeper.create_key(Policy=text)["KeyMetadata"]["AWSAccountId"] == "123456789012"


def test_a_policy_has_32_kilobytes_at_most(kms: Any, new_key: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html"""
    key_id = new_key()
    filler = 32768 - len(policy(statement(Sid="")))
    kms.put_key_policy(KeyId=key_id, Policy=policy(statement(Sid="x" * filler)))
    with refused("LimitExceededException", "32768 bytes"):
        kms.put_key_policy(KeyId=key_id, Policy=policy(statement(Sid="x" * (filler + 1))))
