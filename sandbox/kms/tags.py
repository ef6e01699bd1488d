# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags: https://docs.aws.amazon.com/kms/latest/developerguide/tagging-keys.html"""

from __future__ import annotations

from typing import Any

from sandbox.errors import ServiceError
from sandbox.kms import errors
from sandbox.kms.keys import SandboxKey
from sandbox.kms.operation import KmsCall, operation
from sandbox.kms.pages import page

# https://docs.aws.amazon.com/general/latest/gr/aws_tagging.html
MOST_TAGS = 50


def checked_tags(tags: Any) -> list[dict[str, str]]:
    """The tags of a request, or what AWS answers to tags like these."""
    if tags is None:
        return []
    if not isinstance(tags, list) or not all(isinstance(tag, dict) for tag in tags):
        raise errors.validation("Tags must be a list of TagKey and TagValue")
    if len({tag.get("TagKey") for tag in tags}) < len(tags):
        raise errors.bad_tag("Duplicate tag keys")
    if len(tags) > MOST_TAGS:
        raise errors.bad_tag("Too many tags")
    for number, tag in enumerate(tags, start=1):
        _check_tag(number, tag)
    return [{"TagKey": tag["TagKey"], "TagValue": tag["TagValue"]} for tag in tags]


def _check_tag(number: int, tag: dict[str, Any]) -> None:
    key, value = tag.get("TagKey"), tag.get("TagValue")
    place = f"tags.{number}.member"
    if not isinstance(key, str) or not isinstance(value, str):
        raise errors.validation(
            f"1 validation error detected: Value null at '{place}.tagKey or tagValue' failed to satisfy constraint: "
            "Member must not be null"
        )
    if not key:
        raise errors.constraint(key, f"{place}.tagKey", "have length greater than or equal to 1")
    if len(key) > 128:
        raise errors.constraint(key, f"{place}.tagKey", "have length less than or equal to 128")
    if len(value) > 256:
        raise errors.constraint(value, f"{place}.tagValue", "have length less than or equal to 256")
    if key.lower().startswith("aws:"):
        raise errors.bad_tag("Tags beginning with aws: are reserved")


def _require_customers(key: SandboxKey) -> None:
    if key.key_manager == "AWS":
        raise ServiceError("AccessDeniedException", f"{key.arn} is an AWS managed key, whose tags cannot be changed")


@operation("TagResource")
def tag_resource(call: KmsCall) -> dict[str, Any]:
    tags = checked_tags(call.params.get("Tags"))
    key = call.key()
    _require_customers(key)
    names = set(call.backend.tagger.get_tag_dict_for_resource(key.id)) | {tag["TagKey"] for tag in tags}
    if len(names) > MOST_TAGS:
        raise errors.limit_exceeded(f"{key.arn} would have more than {MOST_TAGS} tags")
    call.backend.tagger.tag_resource(key.id, tags)
    return {}


@operation("UntagResource")
def untag_resource(call: KmsCall) -> dict[str, Any]:
    names = call.params.get("TagKeys") or []
    key = call.key()
    _require_customers(key)
    call.backend.tagger.untag_resource_using_names(key.id, names)
    return {}


@operation("ListResourceTags", locked=False)
def list_resource_tags(call: KmsCall) -> dict[str, Any]:
    key = call.key()
    tags = list(call.backend.tagger.tags.get(key.id, {}).items())
    shown, more = page(tags, call.params, name_of=lambda tag: tag[0], default=50, most=50)
    return {"Tags": [{"TagKey": name, "TagValue": value} for name, value in shown], **more}
