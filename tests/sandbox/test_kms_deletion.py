# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scheduling the deletion of keys, and taking it back.

https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html and API_CancelKeyDeletion.html
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest


@pytest.mark.parametrize("by", ["KeyId", "Arn"])
def test_schedule_and_cancel(kms: Any, new_key: Any, by: str) -> None:
    """ "Specify the key ID or key ARN"; the answers' KeyId is the ARN; cancelling leaves the key disabled."""
    metadata = kms.describe_key(KeyId=new_key())["KeyMetadata"]
    answer = kms.schedule_key_deletion(KeyId=metadata[by], PendingWindowInDays=7)
    assert (answer["KeyId"], answer["KeyState"], answer["PendingWindowInDays"]) == (
        metadata["Arn"],
        "PendingDeletion",
        7,
    )
    about = datetime.now(UTC) + timedelta(days=7)
    assert abs(answer["DeletionDate"] - about) < timedelta(minutes=1)
    told = kms.describe_key(KeyId=metadata["KeyId"])["KeyMetadata"]
    assert (told["KeyState"], told["Enabled"]) == ("PendingDeletion", False)
    assert told["DeletionDate"] == answer["DeletionDate"]
    assert kms.cancel_key_deletion(KeyId=metadata[by])["KeyId"] == metadata["Arn"]
    told = kms.describe_key(KeyId=metadata["KeyId"])["KeyMetadata"]
    assert (told["KeyState"], told["Enabled"]) == ("Disabled", False)
    assert "DeletionDate" not in told
    kms.enable_key(KeyId=metadata["KeyId"])
    assert kms.describe_key(KeyId=metadata["KeyId"])["KeyMetadata"]["KeyState"] == "Enabled"


def test_the_window_is_thirty_days_unless_told(kms: Any, new_key: Any) -> None:
    answer = kms.schedule_key_deletion(KeyId=new_key())
    assert answer["PendingWindowInDays"] == 30
    about = datetime.now(UTC) + timedelta(days=30)
    assert abs(answer["DeletionDate"] - about) < timedelta(minutes=1)


@pytest.mark.parametrize("days", [0, 1, 6, 31, 365])
def test_a_window_outside_7_to_30_days_is_refused(raw_kms: Any, new_key: Any, refused: Any, days: int) -> None:
    key_id = new_key()
    with refused("ValidationException", "between 7 and 30"):
        raw_kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=days)
    assert raw_kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"] == "Enabled"


def test_an_alias_is_no_name_of_a_key_to_delete(kms: Any, new_key: Any, refused: Any) -> None:
    key_id = new_key()
    kms.create_alias(AliasName="alias/keep", TargetKeyId=key_id)
    for name in ("alias/keep", "arn:aws:kms:us-west-2:123456789012:alias/keep"):
        with refused("NotFoundException", "Invalid keyId"):
            kms.schedule_key_deletion(KeyId=name)
    assert kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"] == "Enabled"


def test_aliases_stay_while_the_deletion_is_pending(kms: Any, new_key: Any, refused: Any) -> None:
    """Aliases go with the key at the end of the window; until then they name it, and can be deleted."""
    key_id = new_key()
    kms.create_alias(AliasName="alias/dying", TargetKeyId=key_id)
    kms.schedule_key_deletion(KeyId=key_id)
    assert kms.describe_key(KeyId="alias/dying")["KeyMetadata"]["KeyState"] == "PendingDeletion"
    with refused("KMSInvalidStateException"):
        kms.get_public_key(KeyId="alias/dying")
    kms.delete_alias(AliasName="alias/dying")
    assert kms.list_aliases(KeyId=key_id)["Aliases"] == []
