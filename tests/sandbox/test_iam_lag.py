# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes that authorisation sees later than everybody else."""

from __future__ import annotations

import time
from typing import Any

import pytest

from sandbox.client import Sandbox, SandboxError
from sandbox.kms import history
from sandbox.kms.backend import SandboxKmsBackend
from sandbox.kms.service import install
from tests.sandbox.people import SIGNING, People, allow, by_alias

LONG, SHORT = 600, 0.3


def wait_until_allowed(person: Any, key: str) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            person.kms.sign(KeyId=key, **SIGNING)
        except person.kms.exceptions.ClientError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("never allowed")


class Clock:
    """Time that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def time(self) -> float:
        return self.now


def test_an_alias_counts_later_than_it_is_seen(
    people: People, sandbox: Sandbox, kms: Any, new_key: Any, refused: Any
) -> None:
    """ "It might take up to five minutes for tag and alias changes to affect KMS key authorization. Recent changes
    might be visible in API operations before they affect authorization."

    https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
    """
    key = new_key()
    user = people.user("watcher", by_alias("alias/a"))
    sandbox.change_settings(alias_lag_seconds=LONG)
    kms.create_alias(AliasName="alias/a", TargetKeyId=key)
    assert kms.describe_key(KeyId="alias/a")["KeyMetadata"]["KeyId"] == key
    with refused("AccessDeniedException"):
        user.kms.sign(KeyId="alias/a", **SIGNING)
    sandbox.change_settings(alias_lag_seconds=SHORT)
    wait_until_allowed(user, "alias/a")
    sandbox.change_settings(alias_lag_seconds=0)
    kms.delete_alias(AliasName="alias/a")
    with refused("AccessDeniedException"):
        user.kms.sign(KeyId=key, **SIGNING)


def test_it_takes_as_long_as_it_is_told(people: People, sandbox: Sandbox, kms: Any, new_key: Any) -> None:
    key = new_key()
    user = people.user("watcher", by_alias("alias/a"))
    sandbox.change_settings(alias_lag_seconds=1)
    begun = time.monotonic()
    kms.create_alias(AliasName="alias/a", TargetKeyId=key)
    wait_until_allowed(user, key)
    # Both clocks are this machine's; one of them may be set meanwhile, by very little.
    assert time.monotonic() - begun > 0.95


def test_a_tag_counts_later_than_it_is_seen(
    people: People, sandbox: Sandbox, kms: Any, new_key: Any, refused: Any
) -> None:
    key = new_key()
    condition = {"StringEquals": {"aws:ResourceTag/environment": "staging"}}
    user = people.user("watcher", allow("kms:Sign", Condition=condition))
    sandbox.change_settings(alias_lag_seconds=LONG)
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": "environment", "TagValue": "staging"}])
    assert kms.list_resource_tags(KeyId=key)["Tags"]
    with refused("AccessDeniedException"):
        user.kms.sign(KeyId=key, **SIGNING)
    sandbox.change_settings(alias_lag_seconds=SHORT)
    wait_until_allowed(user, key)


def test_what_is_taken_away_counts_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """An alias that moves, and a tag that goes, by a clock that stands still."""
    clock = Clock()
    monkeypatch.setattr(history, "time", clock)
    install()
    backend = SandboxKmsBackend("us-west-2", "111122223333")
    one, two = (
        backend.create_key(None, "SIGN_VERIFY", "ECC_SECG_P256K1", "", [{"TagKey": "e", "TagValue": "staging"}])
        for _time in range(2)
    )
    backend.create_alias(one.id, "alias/a")
    clock.now += 100
    backend.update_alias(two.id, "alias/a")
    backend.tagger.untag_resource_using_names(one.id, ["e"])

    def seen(key: Any, lag: float) -> Any:
        return backend.seen_by_authorisation(key, lag)

    assert [seen(one, 0), seen(two, 0)] == [((), {}), (("alias/a",), {"e": "staging"})]
    assert [seen(one, 60), seen(two, 60)] == [(("alias/a",), {"e": "staging"}), ((), {"e": "staging"})]
    assert seen(one, 101) == ((), {})
    clock.now += 60
    assert [seen(one, 60), seen(two, 60)] == [((), {}), (("alias/a",), {"e": "staging"})]
    # What is older than any lag is forgotten, except for the last that was so.
    clock.now += 10_000
    backend.delete_alias("alias/a")
    assert seen(two, 600) == (("alias/a",), {"e": "staging"})
    assert seen(two, 0) == ((), {"e": "staging"})


def test_policies_and_memberships_count_later(people: People, sandbox: Sandbox, new_key: Any, refused: Any) -> None:
    """ "Changes that you make … in IAM … might not immediately be visible everywhere".

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
    """
    key, user = new_key(), people.user("watcher")
    people.group("signers")
    policy = people.policy("signer", allow("kms:Sign"))
    sandbox.change_settings(iam_lag_seconds=LONG)
    people.iam.attach_group_policy(GroupName="signers", PolicyArn=policy)
    people.iam.add_user_to_group(GroupName="signers", UserName="watcher")
    assert people.iam.list_groups_for_user(UserName="watcher")["Groups"]
    with refused("AccessDeniedException"):
        user.kms.sign(KeyId=key, **SIGNING)
    sandbox.change_settings(iam_lag_seconds=0)
    assert user.kms.sign(KeyId=key, **SIGNING)
    sandbox.change_settings(iam_lag_seconds=LONG)
    people.iam.remove_user_from_group(GroupName="signers", UserName="watcher")
    assert people.iam.list_groups_for_user(UserName="watcher")["Groups"] == []
    assert user.kms.sign(KeyId=key, **SIGNING)
    sandbox.change_settings(iam_lag_seconds=0)
    with refused("AccessDeniedException"):
        user.kms.sign(KeyId=key, **SIGNING)


def test_somebody_new_has_nothing_yet(people: People, sandbox: Sandbox, new_key: Any, refused: Any) -> None:
    sandbox.change_settings(iam_lag_seconds=LONG)
    user = people.user("watcher", allow("kms:Sign"))
    key = new_key()
    with refused("AccessDeniedException"):
        user.kms.sign(KeyId=key, **SIGNING)


def test_policies_count_when_their_time_has_come(people: People, sandbox: Sandbox, new_key: Any) -> None:
    key = new_key()
    sandbox.change_settings(iam_lag_seconds=SHORT)
    wait_until_allowed(people.user("watcher", allow("kms:Sign")), key)


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ({"alias_lag_seconds": -1}, "'alias_lag_seconds' must be a number from 0 to 600"),
        ({"alias_lag_seconds": 601}, "'alias_lag_seconds' must be a number from 0 to 600"),
        ({"iam_lag_seconds": True}, "'iam_lag_seconds' must be a number from 0 to 600"),
        ({"iam_enforced": "yes"}, "'iam_enforced' must be true or false"),
    ],
)
def test_settings_are_checked(sandbox: Sandbox, setting: dict[str, Any], text: str) -> None:
    with pytest.raises(SandboxError, match=text):
        sandbox.change_settings(**setting)


def test_settings_are_told_and_reset(sandbox: Sandbox) -> None:
    sandbox.change_settings(iam_enforced=True, alias_lag_seconds=1, iam_lag_seconds=2.5)
    names = ("iam_enforced", "alias_lag_seconds", "iam_lag_seconds")
    assert [sandbox.settings()[name] for name in names] == [True, 1, 2.5]
    sandbox.reset()
    assert [sandbox.settings()[name] for name in names] == [False, 0, 0]


def test_started_with_enforcement(tmp_path: Any) -> None:
    with Sandbox.start(iam=True, output=tmp_path / "output") as strict:
        assert strict.settings()["iam_enforced"] is True
        strict.reset()
        assert strict.settings()["iam_enforced"] is True
