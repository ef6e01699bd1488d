# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM policies and resource policies of Secrets Manager, the tagging API, and IAM itself.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access.html
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.people import ACCOUNT, ROOT, People, allow, deny, document

HOME = f"arn:aws:secretsmanager:us-west-2:{ACCOUNT}:secret"
NAME = "development/kovan/watcher-signer"


@pytest.fixture
def secret(secrets: Any) -> str:
    tags = [{"Key": "environment", "Value": "development"}]
    return str(secrets.create_secret(Name=NAME, SecretString="long-and-odd-text", Tags=tags)["ARN"])


@pytest.mark.parametrize(
    ("resource", "allowed"),
    [
        (f"{HOME}:{NAME}-??????", True),
        (f"{HOME}:{NAME}-*", True),
        (f"{HOME}:development/*", True),
        (f"{HOME}:development/*/watcher-signer-??????", True),
        (f"arn:aws:secretsmanager:*:{ACCOUNT}:secret:{NAME}-??????", True),
        (f"{HOME}:{NAME}", False),
        (f"{HOME}:{NAME}-?????", False),
        (f"{HOME}:development/kovan/watcher-??????", False),
        (f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:{NAME}-??????", False),
        (f"{HOME}:Development/*", False),
    ],
)
def test_a_secrets_arn_ends_in_six_characters(
    people: People, secret: str, refused: Any, resource: str, *, allowed: bool
) -> None:
    """https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples.html"""
    user = people.user("watcher", allow("secretsmanager:GetSecretValue", resource))
    client = user.client("secretsmanager")
    for identifier in (NAME, secret):
        if allowed:
            assert client.get_secret_value(SecretId=identifier)["SecretString"] == "long-and-odd-text"
            continue
        text = (
            f"^User: {user.arn} is not authorized to perform: secretsmanager:GetSecretValue on resource: {secret} "
            "because no identity-based policy allows the secretsmanager:GetSecretValue action$"
        )
        with refused("AccessDeniedException", text):
            client.get_secret_value(SecretId=identifier)


def test_the_exact_arn_and_nothing_else(people: People, secret: str, refused: Any) -> None:
    user = people.user("watcher", allow("secretsmanager:GetSecretValue", secret)).client("secretsmanager")
    assert user.get_secret_value(SecretId=NAME)["ARN"] == secret
    for call, arguments in (
        ("describe_secret", {"SecretId": NAME}),
        ("put_secret_value", {"SecretId": NAME, "SecretString": "x"}),
        ("delete_secret", {"SecretId": NAME}),
        ("put_resource_policy", {"SecretId": NAME, "ResourcePolicy": document(allow("*", Principal="*"))}),
        ("list_secrets", {}),
        ("create_secret", {"Name": "other"}),
        ("batch_get_secret_value", {"SecretIdList": [NAME]}),
    ):
        with refused("AccessDeniedException"):
            getattr(user, call)(**arguments)
    with refused("AccessDeniedException", f"on resource: {HOME}:none-"):
        user.get_secret_value(SecretId="none")
    reader = people.user(
        "reader", allow("secretsmanager:GetSecretValue", f"{HOME}:*"), allow("secretsmanager:ListSecrets")
    )
    with refused("ResourceNotFoundException"):
        reader.client("secretsmanager").get_secret_value(SecretId="none")
    assert [one["Name"] for one in reader.client("secretsmanager").list_secrets()["SecretList"]] == [NAME]


def test_tags_of_secrets(people: People, secret: str, refused: Any) -> None:
    """https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access-abac.html"""
    for number, key in enumerate(("aws:ResourceTag/environment", "secretsmanager:ResourceTag/environment")):
        condition = {"StringEquals": {key: "development"}}
        user = people.user(f"reader{number}", allow("secretsmanager:*", Condition=condition)).client("secretsmanager")
        assert user.describe_secret(SecretId=secret)["Name"] == NAME
        with refused("AccessDeniedException"):
            user.list_secrets()
    wanted = {"StringEquals": {"aws:RequestTag/environment": "development"}}
    maker = people.user(
        "maker", allow(["secretsmanager:CreateSecret", "secretsmanager:TagResource"], Condition=wanted)
    ).client("secretsmanager")
    with refused("AccessDeniedException", "secretsmanager:CreateSecret"):
        maker.create_secret(Name="other", SecretString="x")
    assert maker.create_secret(Name="other", SecretString="x", Tags=[{"Key": "environment", "Value": "development"}])


def test_a_resource_policy_is_as_good_as_an_iam_policy(people: People, secrets: Any, secret: str, refused: Any) -> None:
    """In one account either is enough; a Deny in either wins.

    https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_resource-policies.html
    """
    user = people.user("watcher")
    client = user.client("secretsmanager")

    def put(*statements: dict[str, Any]) -> None:
        secrets.put_resource_policy(SecretId=NAME, ResourcePolicy=document(*statements))

    put(allow("secretsmanager:GetSecretValue", Principal={"AWS": user.arn}))
    assert client.get_secret_value(SecretId=NAME)
    put(allow("secretsmanager:GetSecretValue", Principal={"AWS": ROOT}))
    with refused("AccessDeniedException", "no identity-based policy"):
        client.get_secret_value(SecretId=NAME)
    people.iam.put_user_policy(
        UserName="watcher", PolicyName="p", PolicyDocument=document(allow("secretsmanager:GetSecretValue"))
    )
    assert client.get_secret_value(SecretId=NAME)
    put(deny("secretsmanager:GetSecretValue", Principal="*"))
    with refused("AccessDeniedException", f"{secret} with an explicit deny in a resource-based policy$"):
        client.get_secret_value(SecretId=NAME)
    secrets.delete_resource_policy(SecretId=NAME)
    assert client.get_secret_value(SecretId=NAME)
    for text in ("nope", "[]", document({"Effect": "Allow", "Action": "*", "Resource": "*"})):
        with refused("MalformedPolicyDocumentException"):
            secrets.put_resource_policy(SecretId=NAME, ResourcePolicy=text)


def test_reading_many_secrets_needs_each(people: People, secrets: Any, secret: str, refused: Any) -> None:
    secrets.create_secret(Name="other", SecretString="y")
    batch = allow("secretsmanager:BatchGetSecretValue")
    user = people.user("reader", batch, allow("secretsmanager:GetSecretValue", secret)).client("secretsmanager")
    assert len(user.batch_get_secret_value(SecretIdList=[NAME])["SecretValues"]) == 1
    with refused("AccessDeniedException", "secretsmanager:GetSecretValue"):
        user.batch_get_secret_value(SecretIdList=[NAME, "other"])
    with refused("AccessDeniedException", "secretsmanager:ListSecrets"):
        user.batch_get_secret_value(Filters=[{"Key": "name", "Values": ["other"]}])


def test_listing_by_tags(people: People, refused: Any, new_key: Any) -> None:
    """tag:GetResources is allowed on * alone; tagging a key there needs kms:TagResource too.

    https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_TagResources.html
    """
    key = new_key(Tags=[{"TagKey": "a", "TagValue": "1"}])
    arn = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/{key}"
    user = people.user("nobody", allow("tag:TagResources")).client("resourcegroupstaggingapi")
    with refused("AccessDeniedException", r"tag:GetResources on resource: \* because no identity-based policy"):
        user.get_resources()
    with refused("AccessDeniedException", "kms:TagResource"):
        user.tag_resources(ResourceARNList=[arn], Tags={"a": "2"})
    reader = people.user("reader", allow("tag:GetResources")).client("resourcegroupstaggingapi")
    assert [one["ResourceARN"] for one in reader.get_resources()["ResourceTagMappingList"]] == [arn]


def test_iam_itself(people: People, refused: Any) -> None:
    """The query protocol's refusal: AccessDenied, 403.

    https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
    """
    home = f"arn:aws:iam::{ACCOUNT}"
    people.user("other")
    own = allow(["iam:*AccessKey*", "iam:GetUser"], f"{home}:user/${{aws:username}}")
    user = people.user(
        "watcher",
        own,
        allow("iam:CreateUser", f"{home}:user/agents/*"),
        allow(
            "iam:AttachUserPolicy", Condition={"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnlyAccess"}}
        ),
    )
    iam = user.client("iam")
    with pytest.raises(iam.exceptions.ClientError) as caught:
        iam.list_users()
    told = caught.value.response
    assert (told["Error"]["Code"], told["ResponseMetadata"]["HTTPStatusCode"]) == ("AccessDenied", 403)
    assert told["Error"]["Message"] == (
        f"User: {user.arn} is not authorized to perform: iam:ListUsers on resource: {home}:user/ "
        "because no identity-based policy allows the iam:ListUsers action"
    )
    assert iam.get_user()["User"]["UserName"] == "watcher"
    assert len(iam.list_access_keys(UserName="watcher")["AccessKeyMetadata"]) == 1
    with refused("AccessDenied", f"iam:CreateAccessKey on resource: {home}:user/other"):
        iam.create_access_key(UserName="other")
    with refused("AccessDenied", "iam:GetAccountAuthorizationDetails"):
        iam.get_account_authorization_details()
    iam.create_user(UserName="new", Path="/agents/")
    with refused("AccessDenied", f"{home}:user/new2"):
        iam.create_user(UserName="new2")
    iam.attach_user_policy(UserName="other", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    with refused("AccessDenied", "iam:AttachUserPolicy"):
        iam.attach_user_policy(UserName="other", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")


def test_s3_refuses_keys_that_do_not_count_any_more(people: People, refused: Any) -> None:
    user = people.user("nobody", allow("s3:*"))
    user.client("s3").create_bucket(Bucket="proofs", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    people.iam.update_access_key(UserName="nobody", AccessKeyId=user.access_key, Status="Inactive")
    with refused("InvalidAccessKeyId"):
        user.client("s3").list_objects_v2(Bucket="proofs")
