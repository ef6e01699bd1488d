# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading an account's IAM: what no small server shows, which is many pages, and changes while they are read."""

from __future__ import annotations

import datetime
import typing as t

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import CallFailed
from ansible_collections.interchain.agent_ops.plugins.module_utils._iam_read import read_access_keys, read_account

DOCUMENT = {"Version": "2012-10-17", "Statement": []}
PREFIX = "arn:aws:iam::111122223333"
AWS_POLICY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


class Calls:
    """Answers calls in turn, and keeps what was asked for."""

    def __init__(self, **answers: list[t.Any]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, t.Any]]] = []

    def __call__(self, _client: t.Any, method: str, **parameters: t.Any) -> t.Any:
        self.asked.append((method, parameters))
        answer = self.answers[method].pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def pages(self, client: t.Any, method: str, items: str, token_in: str, token_out: str, **more: t.Any) -> t.Any:
        while True:
            answer = self(client, method, **more)
            yield from answer[items]
            if token_out not in answer:
                return
            more[token_in] = answer[token_out]


def read(calls: Calls) -> dict[str, list[dict[str, t.Any]]]:
    return read_account(t.cast("t.Any", calls), None)


def user(name: str, **more: t.Any) -> dict[str, t.Any]:
    return {"UserName": name, "UserId": f"AIDA{name}", "Arn": f"{PREFIX}:user/{name}", "Path": "/", **more}


def attached(*arns: str) -> dict[str, t.Any]:
    return {"AttachedManagedPolicies": [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in arns]}


def policy(arn: str, *versions: tuple[bool, t.Any]) -> dict[str, t.Any]:
    name = arn.rpartition("/")[2]
    held = [{"IsDefaultVersion": default, "Document": document} for default, document in versions]
    return {"PolicyName": name, "PolicyId": "ANPA", "Arn": arn, "Path": "/", "PolicyVersionList": held}


def test_all_pages_are_read_in_order_of_names() -> None:
    first = {"UserDetailList": [user("zoe")], "IsTruncated": True, "Marker": "next"}
    second = {"UserDetailList": [user("ann")], "GroupDetailList": [], "IsTruncated": True, "Marker": "last"}
    last = {"RoleDetailList": [], "Policies": [], "IsTruncated": False}
    calls = Calls(get_account_authorization_details=[first, second, last])
    assert [one["name"] for one in read(calls)["users"]] == ["ann", "zoe"]
    assert [asked.get("Marker") for _method, asked in calls.asked] == [None, "next", "last"]
    wanted = {"User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"}
    assert {frozenset(asked["Filter"]) for _method, asked in calls.asked} == {frozenset(wanted)}


def test_what_is_kept_of_each() -> None:
    page = {
        "UserDetailList": [
            user(
                "ann",
                Tags=[{"Key": "environment", "Value": "staging"}],
                GroupList=["g2", "g1"],
                UserPolicyList=[{"PolicyName": "own", "PolicyDocument": DOCUMENT}],
                PermissionsBoundary={"PermissionsBoundaryArn": f"{PREFIX}:policy/limit"},
                **attached(AWS_POLICY),
            )
        ],
        "GroupDetailList": [
            {"GroupName": "g1", "GroupId": "AGPA", "Arn": f"{PREFIX}:group/a/g1", "Path": "/a/", "GroupPolicyList": []}
        ],
        "RoleDetailList": [
            {"RoleName": "r", "RoleId": "AROA", "Arn": f"{PREFIX}:role/r", "AssumeRolePolicyDocument": DOCUMENT}
        ],
        "Policies": [
            policy(AWS_POLICY, (True, DOCUMENT)),
            policy("arn:aws:iam::aws:policy/NobodyHasIt", (True, DOCUMENT)),
            policy(f"{PREFIX}:policy/limit", (False, {"old": True}), (True, DOCUMENT)),
        ],
    }
    account = read(Calls(get_account_authorization_details=[page]))
    assert account["users"] == [
        {
            "name": "ann",
            "arn": f"{PREFIX}:user/ann",
            "id": "AIDAann",
            "path": "/",
            "tags": {"environment": "staging"},
            "boundary": f"{PREFIX}:policy/limit",
            "attached": [AWS_POLICY],
            "inline": {"own": DOCUMENT},
            "groups": ["g1", "g2"],
        }
    ]
    assert account["groups"][0]["path"] == "/a/"
    assert account["roles"][0]["trust"] == DOCUMENT
    held = {one["name"]: (one["document"], one["versions"], one["aws_managed"]) for one in account["policies"]}
    # AWS has hundreds of its own: those that nobody of the account has say nothing of it.
    assert held == {"ReadOnlyAccess": (DOCUMENT, 1, True), "limit": (DOCUMENT, 2, False)}


def test_a_policy_that_was_attached_while_the_account_was_read() -> None:
    arn = f"{PREFIX}:policy/new"
    calls = Calls(
        get_account_authorization_details=[{"UserDetailList": [user("ann", **attached(arn))]}],
        get_policy=[{"Policy": {"PolicyName": "new", "Arn": arn, "Path": "/", "DefaultVersionId": "v3"}}],
        get_policy_version=[{"PolicyVersion": {"Document": DOCUMENT}}],
    )
    (found,) = read(calls)["policies"]
    assert (found["name"], found["document"]) == ("new", DOCUMENT)
    assert calls.asked[-1] == ("get_policy_version", {"PolicyArn": arn, "VersionId": "v3"})


def test_a_policy_that_went_while_the_account_was_read_is_not_taken_for_no_rights() -> None:
    arn = f"{PREFIX}:policy/gone"
    gone = CallFailed("iam:GetPolicy", "NoSuchEntity", "it is gone")
    page = {"UserDetailList": [user("ann", **attached(arn))]}
    (found,) = read(Calls(get_account_authorization_details=[page], get_policy=[gone]))["policies"]
    assert (found["name"], found["document"]) == ("gone", None)
    denied = CallFailed("iam:GetPolicy", "AccessDenied", "no")
    with pytest.raises(CallFailed, match="iam:GetPolicy"):
        read(Calls(get_account_authorization_details=[page], get_policy=[denied]))


@pytest.mark.parametrize(
    ("found", "expected"),
    [("%7B%22Version%22%3A%20%222012-10-17%22%7D", {"Version": "2012-10-17"}), ("no policy", None), ("[]", None)],
)
def test_a_document_that_was_not_parsed(found: str, expected: t.Any) -> None:
    page = {"Policies": [policy(f"{PREFIX}:policy/p", (True, found))]}
    assert read(Calls(get_account_authorization_details=[page]))["policies"][0]["document"] == expected


def test_access_keys_are_listed_by_age() -> None:
    dates = [datetime.datetime(2026, month, 1, tzinfo=datetime.UTC) for month in (3, 1)]
    listed = [
        {"AccessKeyId": f"AKIA{number}", "Status": "Active", "CreateDate": date} for number, date in enumerate(dates)
    ]
    calls = Calls(
        list_access_keys=[{"AccessKeyMetadata": listed}],
        get_access_key_last_used=[{"AccessKeyLastUsed": {"LastUsedDate": dates[0]}}, {"AccessKeyLastUsed": {}}],
    )
    found = read_access_keys(t.cast("t.Any", calls), None, "ann")
    assert [(key["id"], key["last_used"]) for key in found] == [("AKIA1", dates[0]), ("AKIA0", None)]


def test_a_user_that_is_gone_has_no_access_keys() -> None:
    gone = CallFailed("iam:ListAccessKeys", "NoSuchEntity", "no such user")
    assert read_access_keys(t.cast("t.Any", Calls(list_access_keys=[gone])), None, "ann") == []
