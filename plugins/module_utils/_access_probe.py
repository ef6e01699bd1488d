# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to ask AWS of each principal, with its own credentials, and the answers wanted. Private to the collection.

Pure: no ansible, no AWS; errors are :class:`ValueError`.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.interchain.agent_ops.plugins.module_utils._key_row import ABSENT_STATE

ALLOWED = "allowed"
DENIED = "denied"
ERROR = "error"
NOT_THERE = "not there"

IDENTITY = "sts:GetCallerIdentity"
PUBLIC_KEY = "kms:GetPublicKey"
SIGN = "kms:Sign"
SECRET_VALUE = "secretsmanager:GetSecretValue"  # noqa: S105

_ALIAS = "alias/"


@dataclass(frozen=True)
class Question:
    """One call to be made with a principal's credentials.

    :ivar key: name of the key; None where the question is who the caller is.
    :ivar resource: what the request calls the key by: its ARN, its alias, or its secret's name.
    :ivar arn: what the answer must be of: the key's ARN, or the principal's; None where it is not known.
    :ivar foreign: the key is another environment's.
    """

    principal: str
    operation: str
    expected: str
    region: str
    key: str | None = None
    environment: str | None = None
    resource: str | None = None
    arn: str | None = None
    foreign: bool = False

    @property
    def service(self) -> str:
        return self.operation.partition(":")[0]


@dataclass(frozen=True)
class Answer:
    """What AWS said.

    :ivar code: AWS's error code, if any. :ivar lasting: asking again later cannot give another answer.
    """

    found: str
    error: str | None = None
    code: str | None = None
    lasting: bool = False


@dataclass(frozen=True)
class Answered:
    """A question with its last answer, how often it was asked, and for how long."""

    question: Question
    answer: Answer
    attempts: int = 1
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return as_wanted(self.question, self.answer)


@dataclass(frozen=True)
class Suspect:
    """A principal to be probed, and what it is asked once AWS has confirmed who it is."""

    name: str
    identity: Question
    questions: tuple[Question, ...]


@dataclass
class Inquiry:
    """Everything that is asked, and what is not."""

    suspects: list[Suspect] = field(default_factory=list)
    skipped: list[dict[str, str]] = field(default_factory=list)
    not_probed: list[dict[str, str]] = field(default_factory=list)

    def leave_out(self, name: str, reason: str) -> None:
        self.suspects = [suspect for suspect in self.suspects if suspect.name != name]
        self.not_probed.append({"principal": name, "reason": reason})


def as_wanted(question: Question, answer: Answer) -> bool:
    # A foreign key that is not there cannot be used, and that is all that is wanted of it. A key of the environment
    # that is not there proves nothing.
    if question.foreign and answer.found == NOT_THERE:
        return True
    return answer.found == question.expected


def ask_again(question: Question, answer: Answer) -> bool:
    """Say whether the answer may yet become the one that is wanted."""
    return not as_wanted(question, answer) and not answer.lasting


def inquiry(
    access: t.Mapping[str, t.Any],
    rows: t.Sequence[t.Mapping[str, t.Any]],
    *,
    region: str,
    principals: t.Sequence[str] = (),
) -> Inquiry:
    """Return what is to be asked.

    :param access: the wanted access of an environment. :param rows: key rows, for the ARNs.
    :param region: of foreign keys that name none. :param principals: names; none stands for all.
    """
    _check(access, rows)
    found = {str(row["name"]): row for row in rows}
    result = Inquiry()
    keys = []
    for key in access["keys"]:
        reason = _unusable(found.get(key["name"]))
        if reason:
            result.skipped.append({"key": key["name"], "reason": reason})
        else:
            keys.append((key, found[key["name"]]))
    users = {user["name"]: user for user in access["users"]}
    _check_principals(principals, users, access)
    for name, user in users.items():
        if principals and name not in principals:
            continue
        result.suspects.append(
            Suspect(
                name,
                Question(name, IDENTITY, ALLOWED, region, arn=user["arn"]),
                (*_own_environment(access, user, keys), *_foreign(access, user, region)),
            )
        )
        if not user.get("credentials"):
            result.leave_out(name, "the inventory gives it no access key")
    for role in () if principals else access.get("roles", ()):
        result.leave_out(role["name"], "a role has no access key; who assumes it can ask AWS the same")
    return result


def _check(access: t.Mapping[str, t.Any], rows: t.Sequence[t.Mapping[str, t.Any]]) -> None:
    for name in ("environment", "account_id", "backend", "keys", "users"):
        if name not in access:
            raise ValueError(f"access lacks {name}; expected what the filter environment_access returns")
    wanted = {key["name"] for key in access["keys"]}
    for row in rows:
        arn = row.get("arn")
        if row.get("name") not in wanted or not arn:
            continue
        # The keys of another account are denied to everybody, which would look as if all were well.
        parts = str(arn).split(":")
        if len(parts) < 6 or parts[4] != str(access["account_id"]):
            raise ValueError(
                f"The row of {row['name']} has the ARN {arn}. Expected: one of the account {access['account_id']}."
                " Read the keys again with credentials for that account"
            )


def _check_principals(principals: t.Sequence[str], users: t.Mapping[str, t.Any], access: t.Mapping[str, t.Any]) -> None:
    roles = {role["name"] for role in access.get("roles", ())}
    for name in principals:
        if name in roles:
            raise ValueError(f"principals names {name}, which is a role: it has no credentials that could be stored")
        if name not in users:
            raise ValueError(f"principals names {name!r}; the users of this environment are: {', '.join(users)}")
        if not users[name].get("credentials"):
            raise ValueError(f"principals names {name}, to which the inventory gives no access key")


def _unusable(row: t.Mapping[str, t.Any] | None) -> str | None:
    """Return why a key cannot be asked about, or None."""
    if row is None:
        return "there is no row of it"
    if row.get("state") == ABSENT_STATE:
        return "it does not exist yet"
    if not row.get("arn"):
        return f"it could not be read: {row.get('error') or 'its row has no ARN'}"
    return None


def _operations(backend: str, user: t.Mapping[str, t.Any], expected: str) -> tuple[str, ...]:
    if backend != "kms":
        return (SECRET_VALUE,)
    # Administrators read public keys, which is how addresses are reported. They must not sign.
    if user.get("kind") == "admin" and expected == DENIED:
        return (SIGN,)
    return (PUBLIC_KEY, SIGN)


def _own_environment(
    access: t.Mapping[str, t.Any],
    user: t.Mapping[str, t.Any],
    keys: t.Sequence[tuple[t.Mapping[str, t.Any], t.Mapping[str, t.Any]]],
) -> t.Iterator[Question]:
    for key, row in keys:
        expected = ALLOWED if key["name"] in user["keys"] else DENIED
        arn = str(row["arn"])
        named = [arn]
        if expected == ALLOWED and access["backend"] == "kms":
            # Agents are configured with either.
            named.append(str(key["resource"]))
        for operation in _operations(access["backend"], user, expected):
            # Whoever funds wallets sees the keys of those whom it pays.
            sees = operation == PUBLIC_KEY and key["name"] in user.get("reads", ())
            for resource in named:
                yield Question(
                    user["name"],
                    operation,
                    ALLOWED if sees else expected,
                    region=arn.split(":")[3],
                    key=key["name"],
                    environment=access["environment"],
                    resource=resource,
                    arn=arn,
                )


def _foreign(access: t.Mapping[str, t.Any], user: t.Mapping[str, t.Any], region: str) -> t.Iterator[Question]:
    if user.get("kind") == "admin" and user["keys"]:
        # The administrator of the documented form may use every key of the account; there is nothing to be refused.
        return
    for key in access.get("foreign_keys") or ():
        resource = str(key["resource"])
        backend = key.get("backend") or ("kms" if resource.startswith(_ALIAS) else "secretsmanager")
        for operation in _operations(backend, user, DENIED):
            yield Question(
                user["name"],
                operation,
                DENIED,
                region=key.get("region") or access.get("region") or region,
                key=key["name"],
                environment=key.get("environment"),
                resource=resource,
                foreign=True,
            )


def answer_row(answered: Answered) -> dict[str, t.Any]:
    """Return the row of a question, as the module returns it."""
    question, answer = answered.question, answered.answer
    return {
        "principal": question.principal,
        "key": question.key,
        "environment": question.environment,
        "operation": question.operation,
        "resource": question.resource,
        "expected": question.expected,
        "found": answer.found,
        "ok": answered.ok,
        "attempts": answered.attempts,
        "seconds": round(answered.seconds, 1),
        # The refusal that was wanted is no error.
        "error": None if answered.ok else answer.error,
    }
