# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GetResources.

https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
"""

from __future__ import annotations

from typing import Any

import pytest


def arns(answer: dict[str, Any]) -> set[str]:
    return {entry["ResourceARN"] for entry in answer["ResourceTagMappingList"]}


def tags(**values: str) -> list[dict[str, str]]:
    return [{"TagKey": key, "TagValue": value} for key, value in values.items()]


@pytest.fixture
def keys(kms: Any, new_key: Any) -> dict[str, str]:
    """Name -> ARN of keys with tags that differ."""
    made = {
        "kovan": new_key(Tags=tags(environment="staging", network="kovan")),
        "alfajores": new_key(Tags=tags(environment="staging", network="alfajores")),
        "ethereum": new_key(Tags=tags(environment="production", network="ethereum")),
        "untagged": new_key(),
    }
    return {name: kms.describe_key(KeyId=key_id)["KeyMetadata"]["Arn"] for name, key_id in made.items()}


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ([], {"kovan", "alfajores", "ethereum"}),
        ([{"Key": "environment"}], {"kovan", "alfajores", "ethereum"}),
        ([{"Key": "environment", "Values": ["staging"]}], {"kovan", "alfajores"}),
        ([{"Key": "network", "Values": ["kovan", "ethereum"]}], {"kovan", "ethereum"}),
        (
            [{"Key": "environment", "Values": ["staging"]}, {"Key": "network", "Values": ["kovan", "ethereum"]}],
            {"kovan"},
        ),
        ([{"Key": "Environment", "Values": ["staging"]}], set()),
        ([{"Key": "environment", "Values": ["stag"]}], set()),
    ],
)
def test_filters_are_all_met_by_any_of_their_values(
    tagging: Any, keys: dict[str, str], filters: list[dict[str, Any]], found: set[str]
) -> None:
    assert arns(tagging.get_resources(TagFilters=filters)) == {keys[name] for name in found}


def test_the_answer_shows_all_tags_of_a_resource(tagging: Any, keys: dict[str, str]) -> None:
    (only,) = tagging.get_resources(TagFilters=[{"Key": "network", "Values": ["kovan"]}])["ResourceTagMappingList"]
    assert only == {
        "ResourceARN": keys["kovan"],
        "Tags": [{"Key": "environment", "Value": "staging"}, {"Key": "network", "Value": "kovan"}],
    }


@pytest.mark.parametrize(
    ("types", "kinds"),
    [
        (["kms"], {"key"}),
        (["kms:key"], {"key"}),
        (["secretsmanager"], {"secret"}),
        (["secretsmanager:secret"], {"secret"}),
        (["kms:key", "secretsmanager:secret"], {"key", "secret"}),
        (["kms:alias"], set()),
        (["s3"], set()),
        ([], {"key", "secret"}),
    ],
)
def test_types(tagging: Any, secrets: Any, keys: dict[str, str], types: list[str], kinds: set[str]) -> None:
    secret = secrets.create_secret(Name="dev", SecretString="{}", Tags=[{"Key": "environment", "Value": "staging"}])
    found = arns(
        tagging.get_resources(ResourceTypeFilters=types, TagFilters=[{"Key": "environment", "Values": ["staging"]}])
    )
    expected = {keys["kovan"], keys["alfajores"]} if "key" in kinds else set()
    assert found == expected | ({secret["ARN"]} if "secret" in kinds else set())


def test_disabled_and_dying_keys_are_there(tagging: Any, kms: Any, keys: dict[str, str]) -> None:
    kms.disable_key(KeyId=keys["kovan"])
    kms.schedule_key_deletion(KeyId=keys["alfajores"])
    found = arns(tagging.get_resources(TagFilters=[{"Key": "environment", "Values": ["staging"]}]))
    assert found == {keys["kovan"], keys["alfajores"]}


def test_other_accounts_and_regions_are_not(
    tagging: Any, aws: Any, keys: dict[str, str], other_account: dict[str, str]
) -> None:
    assert len(arns(tagging.get_resources())) == 3
    for elsewhere in (
        aws("resourcegroupstaggingapi", region="eu-west-1"),
        aws("resourcegroupstaggingapi", credentials=other_account),
    ):
        assert arns(elsewhere.get_resources()) == set()
        assert arns(elsewhere.get_resources(ResourceARNList=[keys["kovan"]])) == set()


def test_what_once_had_a_tag_is_shown_without_one(tagging: Any, kms: Any, keys: dict[str, str]) -> None:
    """ "Resources that were previously tagged, but do not currently have tags, are shown with an empty tag set"."""
    kms.untag_resource(KeyId=keys["kovan"], TagKeys=["environment", "network"])
    shown = {entry["ResourceARN"]: entry["Tags"] for entry in tagging.get_resources()["ResourceTagMappingList"]}
    assert shown[keys["kovan"]] == []
    assert keys["untagged"] not in shown
    assert keys["kovan"] not in arns(tagging.get_resources(TagFilters=[{"Key": "environment"}]))


def test_pages(tagging: Any, new_key: Any, refused: Any) -> None:
    made = {new_key(Tags=tags(environment="staging")) for _time in range(120)}
    wanted = [{"Key": "environment"}]
    assert len(tagging.get_resources(TagFilters=wanted)["ResourceTagMappingList"]) == 50
    pages = list(tagging.get_paginator("get_resources").paginate(TagFilters=wanted, PaginationConfig={"PageSize": 100}))
    assert [len(page["ResourceTagMappingList"]) for page in pages] == [100, 20]
    assert {arn.rsplit("/", 1)[1] for page in pages for arn in arns(page)} == made
    assert pages[-1]["PaginationToken"] == ""
    for size in (0, 101):
        with refused("InvalidParameterException", "between 1 and 100"):
            tagging.get_resources(ResourcesPerPage=size)
    with refused("InvalidParameterException", "other filters"):
        tagging.get_resources(PaginationToken=pages[0]["PaginationToken"])
    with refused("PaginationTokenExpiredException"):
        tagging.get_resources(PaginationToken="no-token")


def test_a_page_does_not_split_the_tags_of_a_resource(tagging: Any, new_key: Any) -> None:
    """The example in the description of TagsPerPage: 22 resources with 10 tags each, 100 tags a page: 10, 10, 2."""
    for _time in range(22):
        new_key(Tags=tags(**{f"t{number}": "v" for number in range(10)}))
    pages = list(tagging.get_paginator("get_resources").paginate(TagsPerPage=100))
    assert [len(page["ResourceTagMappingList"]) for page in pages] == [10, 10, 2]


def test_arns_stand_alone(tagging: Any, keys: dict[str, str], refused: Any) -> None:
    """ "You can't specify both this parameter and …": filters and paging are refused beside ResourceARNList."""
    nobody = keys["kovan"].replace("key/", "key/0")
    assert arns(tagging.get_resources(ResourceARNList=[keys["kovan"], nobody])) == {keys["kovan"]}
    for other in (
        {"TagFilters": [{"Key": "environment"}]},
        {"ResourceTypeFilters": ["kms"]},
        {"ResourcesPerPage": 10},
        {"TagsPerPage": 100},
    ):
        with refused("InvalidParameterException", "can't specify both"):
            tagging.get_resources(ResourceARNList=[keys["kovan"]], **other)
    with refused("InvalidParameterException", "1 to 100"):
        tagging.get_resources(ResourceARNList=[f"{keys['kovan']}{number}" for number in range(101)])
