# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Block Public Access calls public.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
"""

from __future__ import annotations

import json
from typing import Any

from moto.s3.models import FakeAcl

from sandbox.iam.documents import statements_of
from sandbox.iam.principals import aws_principals

# A condition on one of these, with values that hold no wildcard, makes a statement for everybody one for few.
_LIMITS = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourceorgid",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
    }
)
_GROUPS = (
    "http://acs.amazonaws.com/groups/global/AllUsers",
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
)


def is_public(policy: bytes | str | None) -> bool:
    """Whether one of its statements lets everybody do something."""
    if not policy:
        return False
    text = policy.decode() if isinstance(policy, bytes) else policy
    return any(
        not statement.denies
        and (statement.all_principals_but or "*" in aws_principals(statement))
        and not _is_limited(statement.condition)
        for statement in statements_of(text)
    )


def is_public_acl(acl: FakeAcl | None) -> bool:
    return acl is not None and any(grantee.uri in _GROUPS for grant in acl.grants for grantee in grant.grantees)


def _is_limited(condition: Any) -> bool:
    for operator, keys in dict(condition).items():
        if "not" in operator.lower() or operator.lower().endswith("ifexists"):
            continue
        for key, values in keys.items():
            listed = values if isinstance(values, list) else [values]
            fixed = all("*" not in str(value) and str(value) != "0.0.0.0/0" for value in listed)
            if key.lower() in _LIMITS and fixed:
                return True
    return False


def require_policy(text: bytes, bucket: str) -> None:
    """As far as AWS refuses what moto takes: it must be a policy, and of this bucket.

    :raises ValueError: with AWS's text.
    """
    try:
        document = json.loads(text)
        found = statements_of(text.decode())
    except (ValueError, TypeError, AttributeError):
        raise ValueError("Policies must be valid JSON and the first byte must be '{'") from None
    if not isinstance(document, dict) or not found:
        raise ValueError("Missing required field Statement")
    arn = f"arn:aws:s3:::{bucket}"
    for statement in found:
        if statement.principal is None:
            raise ValueError("Missing required field Principal")
        if not statement.actions:
            raise ValueError("Missing required field Action")
        for resource in statement.resources or ("",):
            if resource != arn and not resource.startswith((f"{arn}/", f"{arn}*")):
                raise ValueError("Policy has invalid resource")
