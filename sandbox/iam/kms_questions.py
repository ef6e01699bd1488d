# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a request to KMS must be allowed: actions on keys, on aliases, or on no resource in particular.

https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html. A key identifier that names
nothing in this account and region is answered as follows. An alias: NotFoundException for everybody, since there is
no key whose policies could be asked. A key id or ARN: the caller's IAM policies decide about the ARN; who is allowed
hears NotFoundException, who is not AccessDeniedException.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

from sandbox.errors import ServiceError
from sandbox.iam.context import Context, Values
from sandbox.iam.evaluation import Question
from sandbox.iam.kms_context import NOT_IN_KEY_POLICIES, of_key, of_request
from sandbox.iam.principals import Caller, Match
from sandbox.kms.ciphers import key_of_ciphertext
from sandbox.kms.keys import SandboxKey
from sandbox.kms.operation import KmsCall
from sandbox.kms.policy import locked_out, require_policy

_WITHOUT_RESOURCE = frozenset({"GenerateRandom", "ListAliases", "ListKeys", "ListRetirableGrants"})
_BY_ALIAS_TOO = frozenset(
    {
        "Decrypt",
        "DescribeKey",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateMac",
        "GetPublicKey",
        "ReEncrypt",
        "Sign",
        "Verify",
        "VerifyMac",
    }
)


class KmsQuestions:
    """The questions of one request; each is put only when those before it were answered with yes."""

    def __init__(self, call: KmsCall, caller: Caller, around: Values, lag: float) -> None:
        self._call = call
        self._caller = caller
        self._lag = lag
        self._backend = call.backend
        self._around = (around, caller.context, {"kms:CallerAccount": caller.account})
        self._request = of_request(call.operation, call.params)

    def __iter__(self) -> Iterator[Question]:
        operation = self._call.operation
        if operation in _WITHOUT_RESOURCE:
            yield self._general(f"kms:{operation}", "*")
        elif operation in _SPECIAL:
            yield from _SPECIAL[operation](self)
        else:
            yield self._named("KeyId")

    # Questions

    def _general(self, action: str, resource: str) -> Question:
        """What IAM policies alone decide."""
        return Question(action, resource, Context(*self._around, self._request))

    def _named(self, parameter: str, action: str | None = None) -> Question:
        action = action or f"kms:{self._call.operation}"
        identifier = self._call.text(parameter)
        if self._call.operation == "DescribeKey":
            # Describing one of AWS's aliases gives it its key.
            self._backend.get_key_id_from_alias(identifier.rsplit(":", 1)[-1])
        try:
            aliases = self._call.operation in _BY_ALIAS_TOO
            return self._of_key(self._backend.find_key(identifier, aliases=aliases), action)
        except ServiceError:
            if identifier.startswith("alias/") or ":alias/" in identifier:
                raise
        arn = identifier if identifier.startswith("arn:") else self._backend.arn_of(f"key/{identifier}")
        return self._general(action, arn)

    def _of_key(self, key: SandboxKey, action: str) -> Question:
        values = of_key(self._backend, key, self._lag)
        return Question(
            action,
            key.arn,
            Context(*self._around, values, {"aws:ResourceAccount": key.account_id}, self._request),
            resource_policy=key.policy,
            by_leave_of_the_resource=True,
            hidden_from_resource=NOT_IN_KEY_POLICIES,
            granted=self._granted(key, action.removeprefix("kms:")),
        )

    def _granted(self, key: SandboxKey, operation: str) -> bool:
        """Encryption context constraints cannot be on asymmetric keys; on others they must be met."""
        return any(
            operation in grant.operations
            and self._caller.is_named(grant.grantee_principal) >= Match.ROLE
            and self._meets(grant.constraints)
            for grant in list(key.grants.values())
        )

    def _meets(self, constraints: dict[str, Any]) -> bool:
        given = self._call.params.get("EncryptionContext")
        given = given if isinstance(given, dict) else {}
        exact, part = constraints.get("EncryptionContextEquals"), constraints.get("EncryptionContextSubset")
        return (exact is None or exact == given) and (part is None or part.items() <= given.items())

    # Operations of their own kind

    def _create_key(self) -> Iterator[Question]:
        """https://docs.aws.amazon.com/kms/latest/developerguide/create-keys.html#create-key-permissions"""
        yield self._general("kms:CreateKey", "*")
        # No policy can name the key that is not there yet.
        arn = self._backend.arn_of(f"key/{uuid.uuid4()}")
        if self._call.params.get("Tags"):
            yield self._general("kms:TagResource", arn)
        yield from self._afterwards(arn)

    def _put_key_policy(self) -> Iterator[Question]:
        now = self._named("KeyId")
        yield now
        yield from self._afterwards(now.resource)

    def _afterwards(self, arn: str) -> Iterator[Question]:
        """A new policy must let the caller put another one, be it through his IAM policies."""
        params = self._call.params
        if params.get("Policy") is None or params.get("BypassPolicyLockoutSafetyCheck") is True:
            return
        place = {"account": self._backend.account_id, "partition": self._backend.partition}
        policy = require_policy(params["Policy"], caller=self._caller.arn, bypass=True, **place)
        yield Question(
            "kms:PutKeyPolicy",
            arn,
            Context(*self._around, self._request),
            resource_policy=policy,
            by_leave_of_the_resource=True,
            hidden_from_resource=NOT_IN_KEY_POLICIES,
            instead=locked_out(),
        )

    def _replicate_key(self) -> Iterator[Question]:
        yield self._named("KeyId")
        there = {"aws:RequestedRegion": self._call.text("ReplicaRegion", longest=32)}
        yield Question("kms:CreateKey", "*", Context(*self._around, self._request, there))
        if self._call.params.get("Tags"):
            yield Question("kms:TagResource", self._call.key().arn, Context(*self._around, self._request, there))

    def _alias(self) -> Question:
        name = self._call.text("AliasName", longest=256)
        return self._general(f"kms:{self._call.operation}", self._backend.arn_of(name))

    def _create_alias(self) -> Iterator[Question]:
        yield self._alias()
        yield self._named("TargetKeyId")

    def _update_alias(self) -> Iterator[Question]:
        yield self._alias()
        yield from self._behind_the_alias()
        yield self._named("TargetKeyId")

    def _delete_alias(self) -> Iterator[Question]:
        yield self._alias()
        yield from self._behind_the_alias()

    def _behind_the_alias(self) -> Iterator[Question]:
        alias = self._backend.aliases.get(str(self._call.params.get("AliasName")))
        key = self._backend.keys.get(alias.target_key_id) if alias is not None else None
        if key is not None:
            yield self._of_key(key, f"kms:{self._call.operation}")

    def _decrypt(self) -> Iterator[Question]:
        if self._call.params.get("KeyId"):
            yield self._named("KeyId")
        yield self._ciphertext("kms:Decrypt")

    def _re_encrypt(self) -> Iterator[Question]:
        yield self._ciphertext("kms:ReEncryptFrom")
        yield self._named("DestinationKeyId", "kms:ReEncryptTo")

    def _ciphertext(self, action: str) -> Question:
        """The key is told by the ciphertext; one that tells none is left to the operation to refuse."""
        key_id = key_of_ciphertext(self._call.params.get("CiphertextBlob"))
        key = self._backend.keys.get(key_id) if key_id else None
        return self._of_key(key, action) if key is not None else self._general(action, "*")

    def _retire_grant(self) -> Iterator[Question]:
        """The grant says who may retire it; policies can only deny it.

        https://docs.aws.amazon.com/kms/latest/developerguide/grant-delete.html
        """
        token, grant_id = self._call.params.get("GrantToken"), self._call.params.get("GrantId")
        keys = list(self._backend.keys.values()) if token else [self._call.backend.find_key(self._call.text("KeyId"))]
        for key in keys:
            for grant in list(key.grants.values()):
                if grant.token == token if token else grant.id == grant_id:
                    retires = self._caller.is_named(grant.retiring_principal or "-") >= Match.ROLE
                    own = self._caller.is_named(grant.grantee_principal) >= Match.ROLE
                    question = self._of_key(key, "kms:RetireGrant")
                    yield Question(
                        question.action,
                        question.resource,
                        question.context,
                        resource_policy=question.resource_policy,
                        hidden_from_resource=NOT_IN_KEY_POLICIES,
                        granted=retires or (own and "RetireGrant" in grant.operations),
                        by_grant_alone=True,
                    )
                    return
        # Which grants there are is nobody's business who may not list them.
        yield Question("kms:RetireGrant", "*", Context(*self._around), by_grant_alone=True)


_SPECIAL: dict[str, Callable[[KmsQuestions], Iterator[Question]]] = {
    "CreateAlias": KmsQuestions._create_alias,
    "CreateKey": KmsQuestions._create_key,
    "Decrypt": KmsQuestions._decrypt,
    "DeleteAlias": KmsQuestions._delete_alias,
    "PutKeyPolicy": KmsQuestions._put_key_policy,
    "ReEncrypt": KmsQuestions._re_encrypt,
    "ReplicateKey": KmsQuestions._replicate_key,
    "RetireGrant": KmsQuestions._retire_grant,
    "UpdateAlias": KmsQuestions._update_alias,
}
