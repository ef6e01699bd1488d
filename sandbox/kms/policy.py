# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key policies: what AWS accepts as one, and the check that nobody locks himself out.

Sources: the Policy parameter of https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html,
https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html and key-policy-default.html,
https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html (32 KB)
"""

from __future__ import annotations

import fnmatch
import json
import re
from typing import Any

from moto.iam.models import iam_backends

from sandbox.errors import ServiceError
from sandbox.iam.conditions import is_well_formed
from sandbox.kms import errors

MOST_BYTES = 32768
_VERSIONS = ("2012-10-17", "2008-10-17")
_STATEMENT_FIELDS = {
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
}
_IDENTITY = re.compile(r"arn:aws[\w-]*:iam::(\d{12}):(root|(user|role)/(.+))")
_SESSION = re.compile(r"arn:(aws[\w-]*):sts::(\d{12}):(assumed-role|federated-user)/.+")
_UNIQUE_ID = re.compile(r"(AIDA|AROA)[A-Z0-9]{12,}")


def require_policy(text: Any, *, account: str, partition: str, caller: str, bypass: bool) -> str:
    """The policy as given, or the error that AWS answers: MalformedPolicyDocumentException, LimitExceededException."""
    if not isinstance(text, str) or not text:
        raise errors.validation("Policy must be a string of at least one character")
    if len(text.encode()) > MOST_BYTES:
        raise errors.limit_exceeded(f"The key policy is longer than {MOST_BYTES} bytes")
    statements = _statements(text)
    for statement in statements:
        _check_statement(statement, account, partition)
    if not bypass and not _lets_administer(statements, account, caller):
        raise locked_out()
    return text


def locked_out() -> ServiceError:
    return errors.malformed_policy("The new key policy will not allow you to update the key policy in the future.")


def _statements(text: str) -> list[dict[str, Any]]:
    try:
        document = json.loads(text)
    except ValueError:
        raise errors.malformed_policy("The policy is not valid JSON") from None
    if not isinstance(document, dict) or set(document) - {"Version", "Id", "Statement"}:
        raise errors.malformed_policy("A policy has Version, Id and Statement, and no other element")
    if document.get("Version", _VERSIONS[1]) not in _VERSIONS:
        raise errors.malformed_policy(f"Version must be one of {', '.join(_VERSIONS)}")
    statements = document.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements or not all(isinstance(one, dict) for one in statements):
        raise errors.malformed_policy("The policy has no statement")
    return statements


def _check_statement(statement: dict[str, Any], account: str, partition: str) -> None:
    unknown = set(statement) - _STATEMENT_FIELDS
    if unknown:
        raise errors.malformed_policy(f"A statement has no element {sorted(unknown)[0]}")
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise errors.malformed_policy("The Effect of a statement must be Allow or Deny")
    if ("Principal" in statement) == ("NotPrincipal" in statement):
        raise errors.malformed_policy("A statement of a key policy must have one or more principals")
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        values = _listed(statement.get(name, []))
        if not all(isinstance(value, str) for value in values):
            raise errors.malformed_policy(f"{name} must be a string or a list of strings")
    if not is_well_formed(statement.get("Condition", {})):
        raise errors.malformed_policy("Condition must be an object of operators, condition keys and values")
    for principal in _principals(statement):
        if not principal_exists(principal, account, partition):
            raise errors.malformed_policy("Policy contains a statement with one or more invalid principals.")


def _principals(statement: dict[str, Any]) -> list[str]:
    """The AWS principals of a statement; services and federations are not looked at."""
    named = statement.get("Principal", statement.get("NotPrincipal"))
    if named == "*":
        return ["*"]
    if not isinstance(named, dict) or not named or set(named) - {"AWS", "Service", "Federated", "CanonicalUser"}:
        raise errors.malformed_policy("Policy contains a statement with one or more invalid principals.")
    principals = _listed(named.get("AWS", []))
    if not all(isinstance(principal, str) for principal in principals):
        raise errors.malformed_policy("Policy contains a statement with one or more invalid principals.")
    return principals


def principal_exists(principal: str, account: str, partition: str) -> bool:
    """Principals must exist. Those of other accounts cannot be seen from here, and pass."""
    if principal == "*" or re.fullmatch(r"\d{12}", principal) or _SESSION.fullmatch(principal):
        return True
    if _UNIQUE_ID.fullmatch(principal):
        return False
    identity = _IDENTITY.fullmatch(principal)
    if identity is None:
        return False
    if identity.group(1) != account or identity.group(2) == "root":
        return True
    backend = iam_backends[account][partition]
    known = backend.users.values() if identity.group(3) == "user" else backend.roles.values()
    return any(getattr(one, "arn", None) == principal for one in list(known))


def _lets_administer(statements: list[dict[str, Any]], account: str, caller: str) -> bool:
    """Whether the caller, or the account and through it the caller's IAM policies, may put a policy afterwards.

    Conditions are not evaluated: a statement with one neither allows nor denies here.
    """
    allowed = False
    for statement in statements:
        if statement.get("Condition") or not _is_about_the_policy(statement):
            continue
        if "NotPrincipal" in statement:
            concerned = not any(_is_caller(principal, account, caller) for principal in _principals(statement))
        else:
            concerned = any(_is_caller(principal, account, caller) for principal in _principals(statement))
        if concerned and statement["Effect"] == "Deny":
            return False
        allowed = allowed or concerned
    return allowed


def _is_about_the_policy(statement: dict[str, Any]) -> bool:
    # A statement without Resource or Action is accepted and has no effect.
    if "Resource" not in statement and "NotResource" not in statement:
        return False
    if "*" not in _listed(statement.get("Resource", [])) and not any(
        ":key/" in resource for resource in _listed(statement.get("Resource", []))
    ):
        return False
    if "NotAction" in statement:
        return not any(_covers(pattern) for pattern in _listed(statement["NotAction"]))
    return any(_covers(pattern) for pattern in _listed(statement.get("Action", [])))


def _covers(pattern: str) -> bool:
    return fnmatch.fnmatchcase("kms:putkeypolicy", pattern.lower())


def _is_caller(principal: str, account: str, caller: str) -> bool:
    if principal in ("*", account, caller):
        return True
    if principal.endswith(":root") and f"::{account}:" in principal:
        return True
    session = re.fullmatch(r"arn:aws[\w-]*:sts::(\d{12}):assumed-role/([^/]+)/.+", caller)
    role = _IDENTITY.fullmatch(principal)
    return bool(
        session
        and role
        and role.group(3) == "role"
        and role.group(1) == session.group(1)
        and role.group(4).rsplit("/", 1)[-1] == session.group(2)
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
