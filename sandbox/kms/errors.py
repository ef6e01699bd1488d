# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""KMS's errors. Codes are those of the API reference's error lists."""

from __future__ import annotations

from sandbox.errors import ServiceError


def validation(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)


def constraint(value: object, name: str, rule: str) -> ServiceError:
    """The text with which AWS refuses a parameter that its model forbids."""
    return validation(
        f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: Member must {rule}"
    )


def not_found(message: str) -> ServiceError:
    return ServiceError("NotFoundException", message)


def disabled(arn: str) -> ServiceError:
    return ServiceError("DisabledException", f"{arn} is disabled.")


def invalid_state(arn: str, what: str) -> ServiceError:
    return ServiceError("KMSInvalidStateException", f"{arn} is {what}.")


def unsupported(message: str) -> ServiceError:
    return ServiceError("UnsupportedOperationException", message)


def invalid_usage(message: str) -> ServiceError:
    return ServiceError("InvalidKeyUsageException", message)


def already_exists(message: str) -> ServiceError:
    return ServiceError("AlreadyExistsException", message)


def limit_exceeded(message: str) -> ServiceError:
    return ServiceError("LimitExceededException", message)


def bad_tag(message: str) -> ServiceError:
    return ServiceError("TagException", message)


def malformed_policy(message: str) -> ServiceError:
    return ServiceError("MalformedPolicyDocumentException", message)


def invalid_marker(marker: str) -> ServiceError:
    return ServiceError("InvalidMarkerException", f"Could not deserialize marker '{marker[:64]}'")


def dry_run() -> ServiceError:
    text = "The request would have succeeded, but the DryRun option is set."
    return ServiceError("DryRunOperationException", text, 412)
