# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an environment's bucket of message proofs is called. Private to the collection.

The bucket, its policies and the agents' configuration take the name from here. Pure: no ansible, no AWS; errors are
:class:`ValueError`.
"""

from __future__ import annotations

import ipaddress
import re
import string

DEFAULT_TEMPLATE = "{project}-{environment}-proofs-{account_id}"
"""With the account's id, since names are global: without it, the name may be anybody's already."""

FIELDS = ("project", "environment", "account_id")

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z")
_RESERVED_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def proof_bucket_name(template: str, *, project: str, environment: str, account_id: str) -> str:
    """Return the bucket's name, which Amazon S3 allows.

    A project's capitals become small letters: its IAM users may be called by them, a bucket may not.

    :param template: naming template, with the fields ``{project}``, ``{environment}`` and ``{account_id}``.
    :raises ValueError: for another field, or a name that Amazon S3 does not allow.
    """
    _check_fields(template)
    name = template.format(project=project.lower(), environment=environment.lower(), account_id=account_id)
    problem = bucket_name_problem(name)
    if problem:
        raise ValueError(
            f"The proof bucket's name {name!r} is not allowed by Amazon S3: {problem}. It comes from the template"
            f" {template!r}: change agent_ops_proof_bucket"
        )
    return name


def _check_fields(template: str) -> None:
    allowed = ", ".join(f"{{{known}}}" for known in FIELDS)
    expected = f"expected text with no fields but {allowed}. Change agent_ops_proof_bucket"
    if not isinstance(template, str):
        raise ValueError(f"The proof bucket's naming template is {template!r}; {expected}")
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as exc:
        raise ValueError(
            f"The proof bucket's naming template {template!r} cannot be read ({exc}); {expected}"
        ) from None
    for _literal, name, spec, conversion in parts:
        if name is not None and (name not in FIELDS or spec or conversion):
            raise ValueError(f"The proof bucket's naming template {template!r} has another field, {name!r}; {expected}")


def bucket_name_problem(name: str) -> str | None:
    """Return why Amazon S3 allows no bucket of this name; None if it does."""
    if not _NAME.match(name):
        return "expected 3 to 63 small letters, digits, dots and dashes, beginning and ending with a letter or digit"
    if ".." in name:
        return "two dots side by side"
    if name.startswith(_RESERVED_STARTS) or name.endswith(_RESERVED_ENDS):
        return "this beginning or ending is reserved"
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return None
    return "it has the form of an IP address"
