# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GetResources of the Resource Groups Tagging API.

Source: https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import Any

from moto.core.resource_tagging import iter_taggable_backends, make_tag_matcher, match_resource_type

from sandbox.errors import Answer, ServiceError, json_answer
from sandbox.kms.backend import SandboxKmsBackend
from sandbox.kms.service import backend_of
from sandbox.locks import STATE
from sandbox.requests import Call
from sandbox.secretsmanager.backend import SandboxSecretsBackend

Resource = tuple[str, dict[str, str]]
_DEFAULT_PAGE, _LARGEST_PAGE = 50, 100
_MOST_ARNS = 100
_FILTERS = ("TagFilters", "ResourceTypeFilters")
_PAGING = ("PaginationToken", "ResourcesPerPage", "TagsPerPage")


def _invalid(message: str) -> ServiceError:
    return ServiceError("InvalidParameterException", message)


def answer(call: Call) -> Answer:
    params = call.params
    _check(params)
    with STATE:
        resources = _resources(call)
    wanted = set(params.get("ResourceARNList") or [])
    matches = make_tag_matcher(params.get("TagFilters"))
    chosen = [(arn, tags) for arn, tags in resources if (not wanted or arn in wanted) and matches(tags)]
    page, token = _page(sorted(chosen, key=lambda resource: resource[0]), params)
    return json_answer(
        200,
        {
            "PaginationToken": token,
            "ResourceTagMappingList": [
                {"ResourceARN": arn, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
                for arn, tags in page
            ],
        },
    )


def _check(params: dict[str, Any]) -> None:
    arns = params.get("ResourceARNList")
    if arns is not None:
        if not isinstance(arns, list) or not 1 <= len(arns) <= _MOST_ARNS:
            raise _invalid(f"ResourceARNList must have 1 to {_MOST_ARNS} items")
        for name in (*_FILTERS, *_PAGING):
            if params.get(name):
                raise _invalid(f"You can't specify both ResourceARNList and {name} in the same request")
    if len(params.get("TagFilters") or []) > 50:
        raise _invalid("TagFilters must have at most 50 items")
    for one in params.get("TagFilters") or []:
        if not isinstance(one, dict) or not one.get("Key"):
            raise _invalid("A TagFilter must have a Key")
        if len(one.get("Values") or []) > 20:
            raise _invalid("A TagFilter must have at most 20 Values")
    if len(params.get("ResourceTypeFilters") or []) > 100:
        raise _invalid("ResourceTypeFilters must have at most 100 items")
    per_page = params.get("ResourcesPerPage")
    if per_page is not None and not 1 <= per_page <= _LARGEST_PAGE:
        raise _invalid(f"ResourcesPerPage must be between 1 and {_LARGEST_PAGE}")
    tags_per_page = params.get("TagsPerPage")
    if tags_per_page is not None and not 100 <= tags_per_page <= 500:
        raise _invalid("TagsPerPage must be between 100 and 500")


def _resources(call: Call) -> list[Resource]:
    """What is tagged or once was, of the types asked for, in the caller's account and region."""
    types = call.params.get("ResourceTypeFilters") or []
    # moto passes over services that nobody has used yet; KMS must exist for the loop below to meet it.
    backend_of(call.account, call.region)
    found: list[Resource] = []
    for backend in iter_taggable_backends(call.account, call.region):
        if isinstance(backend, SandboxKmsBackend):
            if match_resource_type("kms:key", types):
                found += [
                    (key.arn, backend.tagger.get_tag_dict_for_resource(key.id))
                    for key in backend.keys.values()
                    if backend.tagger.has_tags(key.id)
                ]
            continue
        for resource in backend.iter_tagged_resources():
            once_tagged = isinstance(backend, SandboxSecretsBackend) and backend.was_tagged(resource.arn)
            if (resource.tags or once_tagged) and match_resource_type(resource.resource_type, types):
                found.append((resource.arn, resource.tags))
    return found


def _page(resources: list[Resource], params: dict[str, Any]) -> tuple[list[Resource], str]:
    """A page and the token of the next one. The token holds the last ARN, and a digest of the filters."""
    query = hashlib.sha256(json.dumps([params.get(name) for name in _FILTERS]).encode()).hexdigest()[:16]
    token = params.get("PaginationToken")
    if token:
        after = _after(token, query)
        resources = [resource for resource in resources if resource[0] > after]
    if params.get("ResourceARNList"):
        return resources, ""
    most_resources = params.get("ResourcesPerPage") or _DEFAULT_PAGE
    most_tags = params.get("TagsPerPage")
    page: list[Resource] = []
    tags = 0
    for resource in resources:
        tags += max(1, len(resource[1]))
        if len(page) == most_resources or (most_tags is not None and page and tags > most_tags):
            last = json.dumps([page[-1][0], query])
            return page, base64.urlsafe_b64encode(last.encode()).decode()
        page.append(resource)
    return page, ""


def _after(token: str, query: str) -> str:
    try:
        last, its_query = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (binascii.Error, ValueError, TypeError):
        raise ServiceError("PaginationTokenExpiredException", "The pagination token is not valid any more") from None
    if its_query != query:
        raise _invalid("The pagination token belongs to a request with other filters")
    return str(last)
