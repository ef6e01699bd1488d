# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many requests at once: what AWS does atomically is atomic here."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sandbox.errors import ServiceError
from sandbox.kms import service
from sandbox.kms.backend import SandboxKmsBackend
from sandbox.requests import Call
from tests.sandbox.people import SIGNING, People, allow, by_alias, document

THREADS = 20


def at_once(work: Any, count: int = THREADS) -> list[str]:
    """Run ``work(0)`` … at the same moment; ok or the error's code for each."""
    barrier = threading.Barrier(count)

    def one(number: int) -> str:
        barrier.wait(10)
        try:
            work(number)
        except ServiceError as error:
            return error.code
        except Exception as error:
            return str(getattr(error, "response", {}).get("Error", {}).get("Code", repr(error)))
        return "ok"

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_one_of_many_gets_the_alias(kms: Any, new_key: Any) -> None:
    key_ids = [new_key() for _time in range(THREADS)]
    for turn in range(5):
        name = f"alias/race-{turn}"
        found = at_once(lambda number, name=name: kms.create_alias(AliasName=name, TargetKeyId=key_ids[number]))
        assert sorted(found) == ["AlreadyExistsException"] * (THREADS - 1) + ["ok"]
        winner = key_ids[found.index("ok")]
        assert kms.describe_key(KeyId=name)["KeyMetadata"]["KeyId"] == winner
        listed = [one for key_id in key_ids for one in kms.list_aliases(KeyId=key_id)["Aliases"]]
        assert [one["TargetKeyId"] for one in listed if one["AliasName"] == name] == [winner]


def test_looking_for_an_alias_and_making_it_is_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process, with a look-up that takes so long that every thread would find the name free."""
    look = SandboxKmsBackend.alias_exists

    def look_slowly(backend: SandboxKmsBackend, alias_name: str) -> bool:
        found = look(backend, alias_name)
        time.sleep(0.01)
        return found

    def ask(operation: str, **params: str) -> dict[str, Any]:
        call = Call({}, b"", "kms", operation, "us-west-2", "SANDBOXKEYID7QZ4XW2V", account="333333333333")
        call.params = params
        return dict(json.loads(service.answer(call).body or b"{}") or {})

    service.install()
    monkeypatch.setattr(SandboxKmsBackend, "alias_exists", look_slowly)
    key_ids = [ask("CreateKey")["KeyMetadata"]["KeyId"] for _time in range(4)]
    found = at_once(lambda number: ask("CreateAlias", AliasName="alias/race", TargetKeyId=key_ids[number]), 4)
    assert sorted(found) == ["AlreadyExistsException"] * 3 + ["ok"]


def test_the_limit_of_aliases_holds(kms: Any, new_key: Any) -> None:
    key_id = new_key()
    for number in range(40):
        kms.create_alias(AliasName=f"alias/{number}", TargetKeyId=key_id)
    found = at_once(lambda number: kms.create_alias(AliasName=f"alias/more-{number}", TargetKeyId=key_id))
    assert sorted(found) == ["LimitExceededException"] * 10 + ["ok"] * 10


def test_one_of_many_gets_the_secret_name(secrets: Any) -> None:
    found = at_once(lambda number: secrets.create_secret(Name="race", SecretString=f"value {number}"))
    assert sorted(found) == ["ResourceExistsException"] * (THREADS - 1) + ["ok"]
    assert secrets.get_secret_value(SecretId="race")["SecretString"] == f"value {found.index('ok')}"


def test_one_of_many_gets_the_user_name(aws: Any, sandbox: Any) -> None:
    found = at_once(lambda _number: aws("iam").create_user(UserName="race"))
    assert sorted(found) == ["EntityAlreadyExists"] * (THREADS - 1) + ["ok"]


def test_readers_and_writers_do_not_disturb_each_other(kms: Any, tagging: Any, new_key: Any) -> None:
    key_id = new_key(Tags=[{"TagKey": "environment", "TagValue": "staging"}])
    kms.create_alias(AliasName="alias/a", TargetKeyId=key_id)

    def work(number: int) -> None:
        for turn in range(6):
            kind = number % 5
            if kind == 0:
                other = new_key(Tags=[{"TagKey": "environment", "TagValue": "staging"}])
                kms.create_alias(AliasName=f"alias/{number}-{turn}", TargetKeyId=other)
            elif kind == 1:
                kms.list_aliases(Limit=100)
                kms.list_keys()
            elif kind == 2:
                kms.tag_resource(KeyId=key_id, Tags=[{"TagKey": f"t{number}", "TagValue": str(turn)}])
                kms.list_resource_tags(KeyId=key_id)
            elif kind == 3:
                tagging.get_resources(TagFilters=[{"Key": "environment", "Values": ["staging"]}])
            else:
                kms.get_public_key(KeyId="alias/a")
                kms.describe_key(KeyId="alias/a")

    assert at_once(work) == ["ok"] * THREADS
    assert len(tagging.get_resources(TagFilters=[{"Key": "environment"}])["ResourceTagMappingList"]) == 25


def test_permissions_are_decided_while_they_change(people: People, kms: Any, new_key: Any) -> None:
    """Aliases, policies and memberships come and go: an answer is a yes or a no, and never a failure."""
    key = new_key()
    user = people.user("watcher", by_alias("alias/race-*", operator="ForAnyValue:StringLike"))
    people.group("signers", user)

    def work(number: int) -> None:
        for turn in range(5):
            name = f"{number}-{turn}"
            if number % 4 == 0:
                kms.create_alias(AliasName=f"alias/race-{name}", TargetKeyId=key)
                kms.delete_alias(AliasName=f"alias/race-{name}")
            elif number % 4 == 1:
                people.iam.put_group_policy(
                    GroupName="signers", PolicyName=name, PolicyDocument=document(allow("kms:List*"))
                )
                people.iam.create_user(UserName=name)
                people.iam.add_user_to_group(GroupName="signers", UserName=name)
            else:
                try:
                    user.kms.sign(KeyId=key, **SIGNING)
                except user.kms.exceptions.ClientError as error:
                    if error.response["Error"]["Code"] != "AccessDeniedException":
                        raise

    assert at_once(work) == ["ok"] * THREADS
    with pytest.raises(user.kms.exceptions.ClientError, match="not authorized to perform: kms:Sign"):
        user.kms.sign(KeyId=key, **SIGNING)
    assert user.kms.list_keys()["Keys"]
