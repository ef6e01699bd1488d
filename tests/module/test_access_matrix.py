# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""access_matrix_info on an account that is as wanted: what it says, costs, needs and refuses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from ansible_collections.interchain.agent_ops.plugins.module_utils import _iam_read
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller
from ansible_collections.interchain.agent_ops.plugins.modules import access_matrix_info

from sandbox.client import ACCOUNT_ID, REGION, Sandbox
from tests.module.access_matrix_world import (
    ACME,
    ADMIN,
    BANK,
    CHORUS,
    KEYMASTER,
    PRODUCTION,
    RELAYER,
    SIGNER,
    WATCHER,
    Account,
    allow,
    differences,
    kinds,
    row,
    trust,
    wanted,
)
from tests.module.conftest import RunModule

READS = {"sign": "yes", "public_key": "yes"}


@pytest.fixture
def account(sandbox: Sandbox, aws: Callable[..., Any], run_module: RunModule) -> Account:
    made = Account(sandbox, aws, run_module, wanted())
    made.make()
    return made


def rights(result: Any, principal: str, key: str) -> set[str]:
    """What a principal may do with a key, surely or on a condition."""
    return set(row(result, principal, key)["reason"])


def test_an_account_as_it_is_wanted(account: Account) -> None:
    result = account.verify()
    assert result["differences"] == []
    assert [one["name"] for one in result["principals"]] == [SIGNER, KEYMASTER, ADMIN, ACME, CHORUS]
    keys = [key["name"] for key in account.access["keys"]]
    assert [one["name"] for one in result["resources"]] == [*keys, PRODUCTION]
    # Every principal of ours and every key of ours; nobody may use the other environment's.
    assert Counter(one["principal"] for one in result["matrix"]) == dict.fromkeys(
        [SIGNER, KEYMASTER, ADMIN, ACME, CHORUS], len(keys)
    )
    use = {"sign", "public_key"}
    for name in keys:
        assert rights(result, SIGNER, name) == (set() if name == BANK else use), name
        # Whoever funds wallets sees the keys that it pays, which sign transactions.
        sees = {"public_key"} if name.endswith("-signer") else set()
        assert rights(result, KEYMASTER, name) == (use if name == BANK else sees), name
        assert rights(result, ACME, name) == (use if "kovan-watcher" in name else set()), name
        assert rights(result, CHORUS, name) == (use if "relayer" in name else set()), name
        assert rights(result, ADMIN, name) == {
            "public_key",
            "create_alias",
            "update_alias",
            "delete_alias",
            "schedule_key_deletion",
            "disable_key",
            "tag_resource",
        }
    one = row(result, SIGNER, WATCHER)
    assert {name: one[name] for name in ("sign", "public_key", "create_grant")} == {**READS, "create_grant": "no"}
    assert one["reason"]["sign"] == "allowed by staging-watcher-signer of the group staging-signer (NomadStagingPolicy)"
    assert (result["account_id"], result["sandbox"]) == (ACCOUNT_ID, True)
    assert any("Service control policies" in text for text in result["not_read"])
    assert any("other Regions than us-west-2" in text for text in result["not_read"])


def test_what_it_costs(account: Account) -> None:
    """As documented: a page of the account, a page of aliases, four requests a key, two a user, one an access key."""
    for name in (SIGNER, ACME):
        account.iam.create_access_key(UserName=name)
    before = len(account.sandbox.log())
    account.verify()
    counted = Counter(entry["operation"] for entry in account.sandbox.log()[before:])
    keys = len(account.access["keys"]) + 1
    assert counted == {
        "GetCallerIdentity": 1,
        "GetAccountAuthorizationDetails": 1,
        "ListAliases": 1,
        "DescribeKey": keys,
        "GetKeyPolicy": keys,
        "ListGrants": keys,
        "ListResourceTags": keys,
        "ListAccessKeys": len(account.access["users"]),
        "GetLoginProfile": len(account.access["users"]) - 1,
        "GetAccessKeyLastUsed": 2,
    }


def test_strangers_without_access_are_no_noise(account: Account) -> None:
    for number in range(40):
        name = f"stranger-{number}"
        policy = account.iam.create_policy(PolicyName=name, PolicyDocument=allow("s3:*", f"arn:aws:s3:::{name}/*"))
        account.make_user(name, allow(["ec2:*", "sts:AssumeRole"]))
        account.iam.create_group(GroupName=name)
        account.iam.attach_group_policy(GroupName=name, PolicyArn=policy["Policy"]["Arn"])
        account.iam.add_user_to_group(GroupName=name, UserName=name)
        account.make_role(name, trust(ACCOUNT_ID), allow("logs:*"))
        if number < 10:
            account.make_key(f"alias/other-{number}")
    before = len(account.sandbox.log())
    result = account.verify()
    assert result["differences"] == []
    assert [one["name"] for one in result["principals"]] == [SIGNER, KEYMASTER, ADMIN, ACME, CHORUS]
    operations = Counter(entry["operation"] for entry in account.sandbox.log()[before:])
    assert operations["DescribeKey"] == len(account.access["keys"]) + 1
    assert operations["ListAccessKeys"] == len(account.access["users"])


def test_an_account_of_many_pages(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server pages as AWS does. Pages of 1,000 entities need an account that is too large for a test."""
    for number in range(9):
        account.make_user(f"stranger-{number}", allow("s3:*"))
    whole = _iam_read.read_account(Caller(), account.iam)
    monkeypatch.setattr(_iam_read, "_PAGE", 4)
    before = len(account.sandbox.log())
    assert _iam_read.read_account(Caller(), account.iam) == whole
    pages = [entry["operation"] for entry in account.sandbox.log()[before:]]
    assert len(pages) == -(-sum(map(len, whole.values())) // 4)
    assert set(pages) == {"GetAccountAuthorizationDetails"}


def test_check_mode_says_the_same(account: Account) -> None:
    account.make_user("mallory", allow("kms:Sign"))
    plain, checked = account.verify(), account.verify(check=True)
    assert plain["differences"] == checked["differences"] != []
    assert plain["matrix"] == checked["matrix"]


def test_an_account_in_which_nothing_is_made(sandbox: Sandbox, aws: Callable[..., Any], run_module: RunModule) -> None:
    empty = Account(sandbox, aws, run_module, wanted())
    result = empty.verify()
    assert kinds(result) == ["entity_missing", "key_missing"]
    missing = {one["found"] for one in differences(result, "key_missing")}
    assert f"There is no alias/{WATCHER} in us-west-2" in missing
    assert len(missing) == len(empty.access["keys"])
    entities = [one["principal"] for one in differences(result, "entity_missing")]
    assert sorted(entities) == sorted(
        entry["name"] for kind in ("policies", "groups", "users", "roles") for entry in empty.access[kind]
    )


def test_hex_keys(sandbox: Sandbox, aws: Callable[..., Any], run_module: RunModule) -> None:
    """Of secrets: who may read one holds the private key; its resource policy counts beside IAM."""
    account = Account(sandbox, aws, run_module, wanted("secretsmanager"))
    account.make()
    before = len(sandbox.log())
    result = account.verify()
    assert result["differences"] == []
    assert rights(result, SIGNER, WATCHER) == {"get_secret_value"}
    assert rights(result, SIGNER, BANK) == set()
    counted = Counter(entry["operation"] for entry in sandbox.log()[before:])
    assert counted["DescribeSecret"] == len(account.access["keys"]) + 2
    assert counted["GetResourcePolicy"] == len(account.access["keys"]) + 1
    assert not [entry for entry in sandbox.log()[before:] if entry["service"] == "kms"]
    account.make_user("mallory", allow("secretsmanager:Get*"))
    account.make_user("oscar")
    account.secrets.put_resource_policy(
        SecretId=BANK,
        ResourcePolicy=allow(
            "secretsmanager:GetSecretValue",
            Principal={"AWS": [f"arn:aws:iam::{ACCOUNT_ID}:user/oscar", "arn:aws:iam::999988887777:root"]},
        ),
    )
    result = account.verify()
    assert kinds(result) == ["outside_principal", "unexpected_access"]
    told = {one["principal"]: one["found"] for one in differences(result, "unexpected_access")}
    assert told["mallory"].startswith(
        "The user mallory may read the private key of all 7 keys: allowed by the inline policy by-hand of the user"
    )
    assert told["oscar"].startswith(
        f"The user oscar may read the private key of {BANK}: allowed by the secret's policy"
    )
    assert "The resource policy of staging-bank" in differences(result, "outside_principal")[0]["found"]


# Permissions ----------------------------------------------------------------------------------------------------------


def documented() -> set[str]:
    notes = " ".join(yaml.safe_load(access_matrix_info.DOCUMENTATION)["notes"])
    return set(re.findall(r"C\(((?:kms|secretsmanager|iam|sts):\w+)\)", notes))


def test_the_documented_permissions_are_those_that_are_used(
    account: Account, aws: Callable[..., Any], run_module: RunModule
) -> None:
    account.iam.create_access_key(UserName=SIGNER)
    before = len(account.sandbox.log())
    account.verify()
    used = {f"{entry['service']}:{entry['operation']}" for entry in account.sandbox.log()[before:]}
    hex_keys = Account(account.sandbox, aws, run_module, wanted("secretsmanager"))
    hex_keys.make_key(WATCHER)
    before = len(account.sandbox.log())
    hex_keys.verify()
    used |= {f"{entry['service']}:{entry['operation']}" for entry in account.sandbox.log()[before:]}
    assert used == documented() - {"iam:GetPolicy", "iam:GetPolicyVersion"}


@pytest.mark.parametrize(
    "action", ["iam:GetAccountAuthorizationDetails", "kms:ListAliases", "iam:ListAccessKeys", "iam:GetLoginProfile"]
)
def test_without_these_permissions_nothing_can_be_said(account: Account, action: str) -> None:
    account.sandbox.add_fault(action=action, kind="access_denied")
    result = account.ask()
    assert result["failed"]
    assert f"The caller lacks the permission {action}" in result["msg"]
    assert "nothing can be said of who may use the keys" in result["msg"]
    assert "matrix" not in result


@pytest.mark.parametrize("action", ["kms:DescribeKey", "kms:GetKeyPolicy", "kms:ListGrants", "kms:ListResourceTags"])
def test_a_key_that_cannot_be_read_is_a_difference_and_never_nobodys(account: Account, action: str) -> None:
    account.sandbox.add_fault(action=action, kind="access_denied", match=account.key_id(WATCHER))
    result = account.verify()
    (told,) = result["differences"]
    assert told["kind"] == "unreadable"
    assert told["key"] == WATCHER
    assert told["found"].startswith(
        f"Who may use the key {WATCHER} cannot be said: The caller lacks the permission {action}"
    )
    # Nothing is said of it, while the other keys are as ever.
    assert row(result, SIGNER, WATCHER)["missing"] == []
    assert rights(result, SIGNER, RELAYER) == {"sign", "public_key"}
    (resource,) = [one for one in result["resources"] if one["name"] == WATCHER]
    assert action in resource["error"]


# Input ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"access": {}}, "access has no environment, account_id"),
        ({"access": {**wanted(), "keys": "all"}}, "access has no keys, or not in the form that is expected"),
        ({"access": {**wanted(), "account_id": "111122223333"}}, "but access is what is wanted of 111122223333"),
        ({"alias_headroom": 51}, "alias_headroom is 51, expected 1 to 50"),
        ({"max_access_key_age_days": -1}, "max_access_key_age_days is -1"),
        ({"account_id": "111122223333"}, "Expected: 111122223333"),
    ],
)
def test_bad_input(
    sandbox: Sandbox, aws: Callable[..., Any], run_module: RunModule, arguments: dict[str, Any], told: str
) -> None:
    result = Account(sandbox, aws, run_module, wanted()).ask(**arguments)
    assert result["failed"]
    assert told in result["msg"]
    assert "Traceback" not in result.output
    assert {entry["operation"] for entry in sandbox.log()} <= {"GetCallerIdentity"}


def test_a_secret_that_is_part_of_a_name(account: Account) -> None:
    """Masked rows look like rows, and their names and ARNs are lost."""
    result = account.ask(access_key="AKIDSANDBOX77Q", secret_key="kovan", endpoint_url=account.sandbox.url)
    assert result["failed"]
    assert "secret_key is part of" in result["msg"]


def test_keys_in_two_regions(sandbox: Sandbox, aws: Callable[..., Any], run_module: RunModule) -> None:
    """A policy matches aliases of every Region: an alias of ours in the other Region lets our signers into its key."""
    access = wanted()
    for key in access["keys"]:
        if key["network"] == "moonbasealpha":
            key["region"] = "eu-west-1"
    account = Account(sandbox, aws, run_module, access)
    for key in access["keys"]:
        account.make_key(key["resource"], key["region"])
    account.make_permissions()
    assert account.verify()["differences"] == []
    account.make_key(f"alias/{WATCHER}", "eu-west-1")
    (told,) = account.verify()["differences"]
    assert told["kind"] == "foreign_key_covered"
    assert told["key"] == f"{WATCHER} in eu-west-1"
    assert told["principal"] == f"{SIGNER}, {KEYMASTER}, {ACME}"
    assert REGION != "eu-west-1"
