# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate before the services: who comes, and is he allowed to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox import errors
from sandbox.errors import ServiceError
from sandbox.iam.account_questions import iam_questions, tagging_questions
from sandbox.iam.context import Context
from sandbox.iam.evaluation import Question, refusal
from sandbox.iam.identities import caller_of, iam_backend, surroundings
from sandbox.iam.kms_questions import KmsQuestions
from sandbox.iam.principals import Caller
from sandbox.iam.secrets_questions import secrets_questions
from sandbox.iam.trust import may_assume, require_web_identity, role_of
from sandbox.kms.operation import OPERATIONS as KMS_OPERATIONS
from sandbox.kms.operation import KmsCall
from sandbox.kms.service import backend_of
from sandbox.locks import STATE
from sandbox.requests import Call
from sandbox.secretsmanager.service import backend_of as secrets_of
from sandbox.secretsmanager.service import implements as secrets_implement

# Who may call at all may ask who he is, whatever his policies say.
_ALWAYS = frozenset({"GetCallerIdentity"})
# moto answers these with credentials that belong to nobody, and would be an administrator's.
_WITHOUT_OWNER = frozenset({"AssumeRoleWithSAML", "GetFederationToken", "GetSessionToken"})
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
_OF_ACCOUNT = {
    "DeletePublicAccessBlock": "s3:PutAccountPublicAccessBlock",
    "GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock",
    "PutPublicAccessBlock": "s3:PutAccountPublicAccessBlock",
}


@dataclass(frozen=True)
class Lags:
    """How many seconds ago authorisation sees keys' aliases and tags, and identities' policies."""

    alias: float = 0.0
    iam: float = 0.0


def identify(call: Call, lags: Lags) -> Caller | None:
    """The caller, None for an administrator; an error for credentials that do not count any more."""
    with STATE:
        return caller_of(call, lags.iam)


def authorise(call: Call, caller: Caller | None, lags: Lags) -> None:
    """Nothing if the request may go on; otherwise what AWS answers."""
    if call.action == "sts:AssumeRoleWithWebIdentity":
        with STATE:
            _web_identity(call)
    elif caller is not None and call.service == "sts":
        with STATE:
            _sts(call, caller)
    elif caller is not None:
        with STATE:
            for question in _questions(call, caller, lags):
                reason = refusal(question, caller)
                if reason is not None:
                    raise question.instead or _denied(call, caller, question, reason)


def _questions(call: Call, caller: Caller, lags: Lags) -> Iterable[Question]:
    around = surroundings(call)
    if call.service == "kms" and call.operation in KMS_OPERATIONS:
        kms_call = KmsCall(call.operation, call.params, backend_of(call.account, call.region), lambda: caller.arn)
        return KmsQuestions(kms_call, caller, around, lags.alias)
    if call.service == "secretsmanager" and secrets_implement(call.operation):
        return secrets_questions(call, secrets_of(call.account, call.region), caller, around)
    if call.service == "tag":
        return tagging_questions(call, caller, around)
    if call.service == "s3control":
        # Of buckets and objects sandbox.s3 asks itself.
        return [Question(_OF_ACCOUNT.get(call.operation, f"s3:{call.operation}"), "*", Context(around, caller.context))]
    if call.service == "iam":
        return iam_questions(call, iam_backend(call.account, call.region), caller, around)
    return ()


def _denied(call: Call, caller: Caller, question: Question, reason: str) -> ServiceError:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"""
    return errors.access_denied(call.service, caller.arn, question.action, question.resource, reason)


def _sts(call: Call, caller: Caller) -> None:
    if call.operation in _ALWAYS:
        return
    if call.operation in _WITHOUT_OWNER:
        raise errors.not_implemented(f"{call.action} while IAM is enforced")
    arn = str(call.params.get("RoleArn", "*"))
    if call.operation == "AssumeRole":
        role = role_of(call.params, iam_backend(_account_of(arn, call.account), call.region))
        if role is not None and may_assume(call.params, role, caller, surroundings(call)):
            return
    elif refusal(Question(call.action, "*"), caller) is None:
        return
    text = f"User: {caller.arn} is not authorized to perform: {call.action} on resource: {arn}"
    raise ServiceError("AccessDenied", text, 403)


def _web_identity(call: Call) -> None:
    backend = iam_backend(_account_of(str(call.params.get("RoleArn")), call.account), call.region)
    require_web_identity(call.params, role_of(call.params, backend), backend, surroundings(call))


def _account_of(arn: str, default: str) -> str:
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 and parts[4].isdecimal() else default
