# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets Manager: https://docs.aws.amazon.com/secretsmanager/latest/apireference/"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

FIRST, SECOND, THIRD = (str(uuid.UUID(int=number)) for number in (1, 2, 3))


def test_a_value_is_stored_replaced_and_the_old_one_kept(secrets: Any) -> None:
    """PutSecretValue: AWSCURRENT moves to the new version, AWSPREVIOUS to the one that it came from."""
    made = secrets.create_secret(Name="dev/kovan/updater", SecretString="one", ClientRequestToken=FIRST)
    assert made["ARN"].startswith("arn:aws:secretsmanager:us-west-2:123456789012:secret:dev/kovan/updater-")
    assert made["VersionId"] == FIRST
    put = secrets.put_secret_value(SecretId="dev/kovan/updater", SecretString="two", ClientRequestToken=SECOND)
    assert (put["VersionId"], put["VersionStages"]) == (SECOND, ["AWSCURRENT"])
    assert secrets.get_secret_value(SecretId=made["ARN"])["SecretString"] == "two"
    previous = secrets.get_secret_value(SecretId=made["ARN"], VersionStage="AWSPREVIOUS")
    assert (previous["SecretString"], previous["VersionId"], previous["VersionStages"]) == (
        "one",
        FIRST,
        ["AWSPREVIOUS"],
    )
    secrets.put_secret_value(SecretId=made["ARN"], SecretString="three", ClientRequestToken=THIRD)
    described = secrets.describe_secret(SecretId="dev/kovan/updater")
    assert described["VersionIdsToStages"] == {SECOND: ["AWSPREVIOUS"], THIRD: ["AWSCURRENT"]}
    # A version without a label is deprecated; its value can still be had by its id.
    assert secrets.get_secret_value(SecretId=made["ARN"], VersionId=FIRST)["SecretString"] == "one"
    listed = secrets.list_secret_version_ids(SecretId="dev/kovan/updater")
    assert listed["ARN"] == made["ARN"]
    assert {version["VersionId"] for version in listed["Versions"]} == {SECOND, THIRD}
    everything = secrets.list_secret_version_ids(SecretId="dev/kovan/updater", IncludeDeprecated=True)
    assert {version["VersionId"] for version in everything["Versions"]} == {FIRST, SECOND, THIRD}


def test_a_repeated_creation_is_ignored_and_another_one_refused(secrets: Any, refused: Any) -> None:
    """CreateSecret: "If a version with this value already exists and the version SecretString and SecretBinary values
    are the same as those in the request, then the request is ignored"; if different, it fails.
    """
    made = secrets.create_secret(Name="s", SecretString="one", ClientRequestToken=FIRST)
    again = secrets.create_secret(Name="s", SecretString="one", ClientRequestToken=FIRST)
    assert (again["ARN"], again["VersionId"]) == (made["ARN"], FIRST)
    with refused("ResourceExistsException", "already in use"):
        secrets.create_secret(Name="s", SecretString="two", ClientRequestToken=FIRST)
    for value in ("one", "two"):
        with refused("ResourceExistsException", "already exists"):
            secrets.create_secret(Name="s", SecretString=value, ClientRequestToken=SECOND)
    assert secrets.get_secret_value(SecretId="s")["SecretString"] == "one"


def test_a_repeated_put_is_ignored_and_another_one_refused(secrets: Any, refused: Any) -> None:
    """PutSecretValue: the same token with the same data "succeeds but does nothing"; with other data it fails."""
    secrets.create_secret(Name="s", SecretString="one", ClientRequestToken=FIRST)
    secrets.put_secret_value(SecretId="s", SecretString="two", ClientRequestToken=SECOND)
    again = secrets.put_secret_value(SecretId="s", SecretString="two", ClientRequestToken=SECOND)
    assert (again["VersionId"], again["VersionStages"]) == (SECOND, ["AWSCURRENT"])
    with refused("ResourceExistsException", "already in use"):
        secrets.put_secret_value(SecretId="s", SecretString="three", ClientRequestToken=SECOND)
    # The repetition of an old put does not bring the old value back.
    secrets.put_secret_value(SecretId="s", SecretString="one", ClientRequestToken=FIRST)
    assert secrets.get_secret_value(SecretId="s")["SecretString"] == "two"
    # UpdateSecret, unlike these: "the operation results in an error".
    with refused("ResourceExistsException", "already in use"):
        secrets.update_secret(SecretId="s", SecretString="two", ClientRequestToken=SECOND)


def test_labels_move_one_by_one(secrets: Any, refused: Any) -> None:
    """UpdateSecretVersionStage: a label is on one version; moving AWSCURRENT moves AWSPREVIOUS after it."""
    secrets.create_secret(Name="s", SecretString="one", ClientRequestToken=FIRST)
    secrets.put_secret_value(
        SecretId="s", SecretString="two", ClientRequestToken=SECOND, VersionStages=["AWSPENDING", "mine"]
    )
    assert secrets.get_secret_value(SecretId="s")["SecretString"] == "one"
    assert secrets.get_secret_value(SecretId="s", VersionStage="AWSPENDING")["SecretString"] == "two"
    with refused("InvalidParameterException", "explicitly reference"):
        secrets.update_secret_version_stage(SecretId="s", VersionStage="AWSCURRENT", MoveToVersionId=SECOND)
    secrets.update_secret_version_stage(
        SecretId="s", VersionStage="AWSCURRENT", RemoveFromVersionId=FIRST, MoveToVersionId=SECOND
    )
    assert secrets.get_secret_value(SecretId="s")["SecretString"] == "two"
    assert secrets.describe_secret(SecretId="s")["VersionIdsToStages"] == {
        FIRST: ["AWSPREVIOUS"],
        SECOND: ["AWSPENDING", "mine", "AWSCURRENT"],
    }
    secrets.put_secret_value(SecretId="s", SecretString="three", ClientRequestToken=THIRD)
    # Labels of one's own stay where they are.
    assert secrets.describe_secret(SecretId="s")["VersionIdsToStages"] == {
        SECOND: ["AWSPENDING", "mine", "AWSPREVIOUS"],
        THIRD: ["AWSCURRENT"],
    }
    with refused("InvalidParameterException", "only move"):
        secrets.update_secret_version_stage(SecretId="s", VersionStage="AWSCURRENT", RemoveFromVersionId=THIRD)
    with refused("InvalidParameterException", "not attached"):
        secrets.update_secret_version_stage(SecretId="s", VersionStage="mine", RemoveFromVersionId=THIRD)


def test_the_first_version_is_always_the_current_one(secrets: Any) -> None:
    secrets.create_secret(Name="s")
    put = secrets.put_secret_value(SecretId="s", SecretString="one", VersionStages=["mine"])
    assert set(put["VersionStages"]) == {"mine", "AWSCURRENT"}


def test_what_is_not_there_is_not_found(secrets: Any, refused: Any) -> None:
    for operation in (secrets.get_secret_value, secrets.describe_secret, secrets.list_secret_version_ids):
        with refused("ResourceNotFoundException", "can't find the specified secret"):
            operation(SecretId="nobody")
    secrets.create_secret(Name="empty")
    with refused("ResourceNotFoundException", "value for staging label: AWSCURRENT"):
        secrets.get_secret_value(SecretId="empty")
    secrets.create_secret(Name="s", SecretString="one", ClientRequestToken=FIRST)
    with refused("ResourceNotFoundException", "value for staging label: AWSPREVIOUS"):
        secrets.get_secret_value(SecretId="s", VersionStage="AWSPREVIOUS")
    with refused("ResourceNotFoundException", "value for VersionId"):
        secrets.get_secret_value(SecretId="s", VersionId=SECOND)
    with refused("InvalidRequestException", "not associated"):
        secrets.get_secret_value(SecretId="s", VersionId=FIRST, VersionStage="AWSPREVIOUS")


def test_a_secret_is_found_by_its_own_arn_alone(
    secrets: Any, aws: Any, other_account: dict[str, str], refused: Any
) -> None:
    arn = secrets.create_secret(Name="s", SecretString="one")["ARN"]
    assert secrets.get_secret_value(SecretId=arn[:-7])["SecretString"] == "one"
    with refused("ResourceNotFoundException"):
        secrets.get_secret_value(SecretId=arn[:-6] + "AbCdEf")
    with refused("ResourceNotFoundException"):
        secrets.get_secret_value(SecretId=arn.replace("us-west-2", "eu-west-1"))
    theirs = aws("secretsmanager", credentials=other_account)
    theirs.create_secret(Name="s", SecretString="theirs")
    for name in (arn, arn[:-7]):
        with refused("ResourceNotFoundException"):
            theirs.get_secret_value(SecretId=name)


def test_deletion_and_restoration(secrets: Any, refused: Any) -> None:
    """DeleteSecret: 7 to 30 days, default 30; until then the value cannot be had, and the name is taken."""
    secrets.create_secret(Name="s", SecretString="one", ClientRequestToken=FIRST)
    date = secrets.delete_secret(SecretId="s", RecoveryWindowInDays=7)["DeletionDate"]
    assert abs(date - datetime.now(UTC) - timedelta(days=7)) < timedelta(minutes=1)
    marked = "marked for deletion"
    for operation, arguments in (
        ("get_secret_value", {}),
        ("put_secret_value", {"SecretString": "two"}),
        ("update_secret", {"SecretString": "two"}),
        ("update_secret", {"Description": "two"}),
        ("tag_resource", {"Tags": [{"Key": "a", "Value": "b"}]}),
        ("untag_resource", {"TagKeys": ["a"]}),
        ("delete_secret", {}),
        ("rotate_secret", {}),
    ):
        with refused("InvalidRequestException", marked):
            getattr(secrets, operation)(SecretId="s", **arguments)
    with refused("InvalidRequestException", "already scheduled for deletion"):
        secrets.create_secret(Name="s", SecretString="one", ClientRequestToken=FIRST)
    assert secrets.describe_secret(SecretId="s")["DeletedDate"] == date
    assert secrets.list_secrets()["SecretList"] == []
    assert len(secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"]) == 1
    secrets.restore_secret(SecretId="s")
    assert secrets.get_secret_value(SecretId="s")["SecretString"] == "one"
    date = secrets.delete_secret(SecretId="s")["DeletionDate"]
    assert abs(date - datetime.now(UTC) - timedelta(days=30)) < timedelta(minutes=1)


def test_deletion_at_once(secrets: Any, refused: Any) -> None:
    secrets.create_secret(Name="s", SecretString="one")
    with refused("InvalidParameterException", "in conjunction"):
        secrets.delete_secret(SecretId="s", RecoveryWindowInDays=7, ForceDeleteWithoutRecovery=True)
    for days in (0, 6, 31):
        with refused("InvalidParameterException", "between 7 and 30"):
            secrets.delete_secret(SecretId="s", RecoveryWindowInDays=days)
    secrets.delete_secret(SecretId="s", ForceDeleteWithoutRecovery=True)
    with refused("ResourceNotFoundException"):
        secrets.describe_secret(SecretId="s")
    # "If you forcibly delete an already deleted or nonexistent secret, the operation does not return" an error.
    secrets.delete_secret(SecretId="s", ForceDeleteWithoutRecovery=True)
    secrets.create_secret(Name="s", SecretString="two")


def test_rotation_needs_a_function(secrets: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html"""
    secrets.create_secret(Name="s", SecretString="one", ClientRequestToken=FIRST)
    with refused("InvalidRequestException", "No Lambda rotation function ARN"):
        secrets.rotate_secret(SecretId="s")
    assert secrets.describe_secret(SecretId="s")["VersionIdsToStages"] == {FIRST: ["AWSCURRENT"]}


@pytest.mark.parametrize("name", ["a b", "a:b", "a*", "ä", "a?b", ""])
def test_names_that_aws_refuses(sandbox: Any, aws: Any, refused: Any, name: str) -> None:
    """CreateSecret: "ASCII letters, numbers, and the following characters: /_+=.@-"."""
    with refused("ValidationException"):
        aws("secretsmanager", checked=False).create_secret(Name=name, SecretString="one")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"SecretString": "one", "SecretBinary": b"one"}, "InvalidParameterException"),
        ({"SecretString": ""}, "ValidationException"),
        ({"SecretString": "x" * 65537}, "ValidationException"),
        ({"SecretString": "one", "ClientRequestToken": "short"}, "InvalidParameterException"),
        ({"Tags": [{"Key": "aws:a", "Value": "b"}]}, "InvalidParameterException"),
        ({"Tags": [{"Key": "a", "Value": "b"}, {"Key": "a", "Value": "c"}]}, "InvalidParameterException"),
        ({"Tags": [{"Key": str(number), "Value": ""} for number in range(51)]}, "InvalidParameterException"),
    ],
)
def test_requests_that_aws_refuses(sandbox: Any, aws: Any, refused: Any, arguments: dict[str, Any], code: str) -> None:
    client = aws("secretsmanager", checked=False)
    with refused(code):
        client.create_secret(Name="s", **arguments)
    with refused("ResourceNotFoundException"):
        client.describe_secret(SecretId="s")


def test_binary_values_descriptions_and_tags(secrets: Any) -> None:
    secrets.create_secret(Name="b", SecretBinary=b"\x00\xff", Description="first", Tags=[{"Key": "a", "Value": "b"}])
    assert secrets.get_secret_value(SecretId="b")["SecretBinary"] == b"\x00\xff"
    secrets.update_secret(SecretId="b", Description="second")
    secrets.tag_resource(SecretId="b", Tags=[{"Key": "c", "Value": "d"}])
    secrets.untag_resource(SecretId="b", TagKeys=["a"])
    described = secrets.describe_secret(SecretId="b")
    assert (described["Description"], described["Tags"]) == ("second", [{"Key": "c", "Value": "d"}])
    assert secrets.get_secret_value(SecretId="b")["SecretBinary"] == b"\x00\xff"


def test_batch_and_listing_by_name(secrets: Any) -> None:
    for name in ("dev-kovan-updater", "dev-kovan-watcher", "prod"):
        secrets.create_secret(Name=name, SecretString=name.upper())
    values = secrets.batch_get_secret_value(SecretIdList=["dev-kovan-updater", "nobody"])
    assert [value["SecretString"] for value in values["SecretValues"]] == ["DEV-KOVAN-UPDATER"]
    assert [error["ErrorCode"] for error in values["Errors"]] == ["ResourceNotFoundException"]
    listed = secrets.list_secrets(Filters=[{"Key": "name", "Values": ["dev-"]}])["SecretList"]
    assert {secret["Name"] for secret in listed} == {"dev-kovan-updater", "dev-kovan-watcher"}
