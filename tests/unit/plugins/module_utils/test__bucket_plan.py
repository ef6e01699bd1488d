# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done to a bucket, and when nothing may be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._bucket_place import place
from ansible_collections.interchain.agent_ops.plugins.module_utils._bucket_plan import (
    WANTED_BLOCK,
    Found,
    Wish,
    checked_origins,
    checked_tags,
    plan_bucket,
    plan_removal,
)

NAME = "nomad-staging-proofs-111122223333"
OFF = dict.fromkeys(WANTED_BLOCK, False)
WISH = Wish(
    name=NAME,
    region="us-west-2",
    environment="staging",
    account_id="111122223333",
    cors_origins=["https://app.example.org"],
)
RULE = {
    "AllowedOrigins": ["https://app.example.org"],
    "AllowedMethods": ["HEAD", "GET"],
    "AllowedHeaders": ["*"],
    "MaxAgeSeconds": 3600,
}


def held(**more: Any) -> Found:
    """The bucket as it is after everything was done."""
    values = {
        "exists": True,
        "owned": True,
        "region": "us-west-2",
        "policy": WISH.policy,
        "block": dict(WANTED_BLOCK),
        "account_block": OFF,
        "ownership": "BucketOwnerEnforced",
        "encryption": "AES256",
        "cors": [RULE],
        "tags": WISH.all_tags,
        **more,
    }
    return Found(**values)


def test_an_account_without_the_bucket() -> None:
    plan = plan_bucket(WISH, Found(account_block=OFF))
    assert plan.problems == []
    assert plan.buckets == [
        {
            "public_access": WANTED_BLOCK,
            "policy": WISH.policy,
            "object_ownership": "BucketOwnerEnforced",
            "encryption": "AES256",
            "tags": {"environment": "staging", "agent_ops:bucket": NAME},
        }
    ]
    assert plan.cors is not None
    assert plan.cors["state"] == "present"
    assert plan.cors["rules"][0]["allowed_methods"] == ["GET", "HEAD"]
    assert [(change["action"], change["name"]) for change in plan.changes] == [("create", NAME)]
    assert plan.before == {}
    assert plan.after[f"bucket {NAME}"]["policy"] == WISH.policy


@pytest.mark.parametrize(
    "found",
    [
        held(),
        held(versioning="Suspended"),
        held(cors=[{**RULE, "ID": "by hand"}]),
        held(tags={**WISH.all_tags, "team": "bridge"}),
        held(account_block={**OFF, "block_public_acls": True, "ignore_public_acls": True}),
        held(contents="the object home/0"),
        # Whoever is in an ACL that is off is not let in.
        held(foreign_grants=["global/AllUsers"]),
    ],
)
def test_a_bucket_that_is_as_wanted(found: Found) -> None:
    plan = plan_bucket(WISH, found)
    assert (plan.problems, plan.buckets, plan.cors, plan.changes) == ([], [], None, [])
    assert plan.before == plan.after


@pytest.mark.parametrize(
    ("drift", "arguments", "told"),
    [
        ({"block": dict.fromkeys(WANTED_BLOCK, True)}, {"public_access": WANTED_BLOCK}, "Block Public Access for ACLs"),
        ({"block": OFF}, {"public_access": WANTED_BLOCK}, "Block Public Access for ACLs"),
        ({"policy": None}, {"policy": WISH.policy}, "its policy"),
        ({"ownership": None}, {"object_ownership": "BucketOwnerEnforced"}, "without ACLs"),
        ({"encryption": "aws:kms"}, {"encryption": "AES256"}, "encrypted at rest"),
        ({"encryption": None}, {"encryption": "AES256"}, "encrypted at rest"),
        ({"versioning": "Enabled"}, {"versioning": False}, "without further versions"),
        ({"tags": {"team": "bridge"}}, {"tags": WISH.all_tags}, "with the tag environment=staging"),
        ({"tags": {"agent_ops:bucket": NAME}}, {"tags": WISH.all_tags}, "with the tag environment=staging"),
    ],
)
def test_only_what_differs_is_done(drift: dict[str, Any], arguments: dict[str, Any], told: str) -> None:
    plan = plan_bucket(WISH, held(**drift))
    assert (plan.problems, plan.buckets, plan.cors) == ([], [arguments], None)
    (change,) = plan.changes
    assert change["action"] == "update"
    assert any(one.startswith(told) for one in change["details"])
    assert plan.before != plan.after


def test_by_choice() -> None:
    chosen = replace(WISH, versioning=True, tls_only=True, public_list=True, tags={"team": "bridge"}, cors_origins=())
    plan = plan_bucket(chosen, held())
    assert plan.buckets == [{"policy": chosen.policy, "versioning": True, "tags": chosen.all_tags}]
    assert [one["Sid"] for one in chosen.policy["Statement"]] == ["IPAllow", "PublicList", "TLSOnly"]
    assert plan.cors == {"state": "absent"}
    assert plan.changes[0]["details"] == ["its policy", "with versions", "with the tag team=bridge", "without CORS"]


def test_an_acl_that_lets_others_in_is_emptied_before_acls_are_turned_off() -> None:
    plan = plan_bucket(WISH, held(ownership="ObjectWriter", foreign_grants=["global/AllUsers"]))
    assert plan.buckets == [{"acl": "private"}, {"object_ownership": "BucketOwnerEnforced"}]
    assert plan.before[f"bucket {NAME}"]["acl"] == ["global/AllUsers"]


def test_a_policy_that_nobody_was_let_in_by_is_replaced_before_it_counts() -> None:
    shut = dict.fromkeys(WANTED_BLOCK, True)
    wide = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*Object"}]}
    first, then = plan_bucket(WISH, held(policy=wide, block=shut)).buckets
    assert first == {"policy": WISH.policy, "public_access": {**WANTED_BLOCK, "restrict_public_buckets": True}}
    assert then == {"policy": WISH.policy, "public_access": WANTED_BLOCK}
    # Whoever reads already goes on reading.
    assert len(plan_bucket(WISH, held(policy=wide, block=OFF)).buckets) == 1


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        (Found(exists=True), f"The bucket {NAME} belongs to another AWS account. Expected: none of that name"),
        (held(region="eu-west-1"), f"The bucket {NAME} is in eu-west-1. Expected: us-west-2. A bucket cannot be moved"),
        (
            held(tags={**WISH.all_tags, "environment": "production"}),
            f"The bucket {NAME} is that of the environment production, by its tag. Expected: staging.",
        ),
        (
            held(tags={}, contents="the object payroll.csv"),
            f"was not made by this collection (it has no tag agent_ops:bucket={NAME}), and holds the object"
            " payroll.csv, which anybody could read.",
        ),
        (
            held(account_block={**OFF, "restrict_public_buckets": True}),
            "The AWS account blocks public policies for all of its buckets (RestrictPublicBuckets of its Block Public",
        ),
        (
            Found(account_block={**OFF, "block_public_policy": True, "restrict_public_buckets": True}),
            "for all of its buckets (BlockPublicPolicy, RestrictPublicBuckets of its Block Public Access)",
        ),
    ],
)
def test_what_is_refused(found: Found, problem: str) -> None:
    (told,) = plan_bucket(WISH, found).problems
    assert problem in told


def test_a_bucket_of_the_account_is_taken_over_if_it_is_empty_or_that_was_asked_for() -> None:
    # A run that was interrupted between the making and the tagging leaves such a one.
    assert plan_bucket(WISH, held(tags={})).problems == []
    full = held(tags={}, contents="the object home/0")
    assert plan_bucket(replace(WISH, adopt=True), full).problems == []


def test_a_foreign_bucket_is_left_alone() -> None:
    plan = plan_bucket(WISH, Found(exists=True))
    assert (plan.buckets, plan.cors, plan.changes) == ([], None, [])


def test_a_removal() -> None:
    plan = plan_removal(NAME, "staging", held(), NAME)
    assert (plan.problems, plan.buckets) == ([], [{"state": "absent"}])
    assert plan.changes[0]["action"] == "delete"
    assert plan_removal(NAME, "staging", Found(), "").changes == []


@pytest.mark.parametrize(
    ("found", "confirmation", "problem"),
    [
        (held(), "", "and proof_bucket_removal_confirmation is ''. Expected: the bucket's name. Nothing was removed"),
        (held(), "staging", "and proof_bucket_removal_confirmation is 'staging'. Expected: the bucket's name."),
        (held(contents="the delete marker of home/0"), NAME, "is not empty: it holds the delete marker of home/0."),
        (
            held(tags={**WISH.all_tags, "environment": "production"}),
            NAME,
            f"The bucket {NAME} is that of the environment production, by its tag. Expected: staging.",
        ),
        (held(tags={}), NAME, f"was not made by this collection: it has no tag agent_ops:bucket={NAME}."),
        (Found(exists=True), NAME, "belongs to another AWS account"),
    ],
)
def test_a_removal_that_is_refused(found: Found, confirmation: str, problem: str) -> None:
    (told,) = plan_removal(NAME, "staging", found, confirmation).problems
    assert problem in told


def test_origins() -> None:
    good = ["*", "https://app.example.org", "http://localhost:3000", "http://[::1]:80", "https://*.example.org"]
    assert checked_origins([*good, "*"]) == good
    urls = ("https://", "https://app.example.org/", "https://a.org https://b.org", "https://*.*.org", "https://a.org?b")
    for bad in (
        "",
        "app.example.org",
        *urls,
        "https://App.example.org",
        "https://b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.example",
    ):
        with pytest.raises(ValueError, match=r"proof_bucket_cors_origins has .* Expected: \*, or scheme and host"):
            checked_origins([bad])


def test_tags() -> None:
    assert checked_tags({"team": "bridge", "cost": 7}) == {"team": "bridge", "cost": "7"}
    long = "a" * 129
    for bad in (
        {"aws:x": "1"},
        {"AWS:x": ""},
        {"": "x"},
        {"a,b": ""},
        {"a\n": ""},
        {"a": "<b>"},
        {long: ""},
        {"a": long * 2},
    ):
        with pytest.raises(ValueError, match=r"proof_bucket_tags has the tag .* Expected: up to 128 letters"):
            checked_tags(bad)
    for ours in WISH.all_tags:
        with pytest.raises(ValueError, match="neither environment nor agent_ops:bucket"):
            checked_tags({ours: "development"})
    with pytest.raises(ValueError, match=r"proof_bucket_tags has 49 tags\. Expected: at most 48"):
        checked_tags({str(number): "" for number in range(49)})


@pytest.mark.parametrize(
    ("name", "partition", "endpoint", "url"),
    [
        (NAME, "aws", "https://s3.us-west-2.amazonaws.com", f"https://{NAME}.s3.us-west-2.amazonaws.com/"),
        (
            "a.dotted.name",
            "aws",
            "https://s3.us-west-2.amazonaws.com",
            "https://s3.us-west-2.amazonaws.com/a.dotted.name/",
        ),
        (NAME, "aws-cn", "https://s3.cn-north-1.amazonaws.com.cn", f"https://{NAME}.s3.us-west-2.amazonaws.com.cn/"),
        (NAME, "aws", "http://127.0.0.1:5555", f"http://127.0.0.1:5555/{NAME}/"),
    ],
)
def test_where_proofs_are_read(name: str, partition: str, endpoint: str, url: str) -> None:
    told = place(name, "us-west-2", partition, endpoint)
    assert told == {"name": name, "region": "us-west-2", "arn": f"arn:{partition}:s3:::{name}", "url": url}
