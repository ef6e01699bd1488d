# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The register of KMS operations: the modules of this package add theirs with ``@operation``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.kms import errors
from sandbox.kms.backend import SandboxKmsBackend
from sandbox.kms.keys import SandboxKey
from sandbox.kms.states import require_state


@dataclass
class KmsCall:
    """A request to KMS."""

    operation: str
    params: dict[str, Any]
    backend: SandboxKmsBackend
    find_principal: Callable[[], str]

    @property
    def principal(self) -> str:
        """The caller's ARN; looked up only where it matters."""
        return self.find_principal()

    def text(self, name: str, *, longest: int = 2048) -> str:
        """A required string."""
        value = self.params.get(name)
        if value is None:
            lowered = name[0].lower() + name[1:]
            raise errors.validation(
                f"1 validation error detected: Value null at '{lowered}' failed to satisfy constraint: "
                "Member must not be null"
            )
        if not isinstance(value, str):
            raise errors.validation(f"{name} must be a string")
        if not 1 <= len(value) <= longest:
            raise errors.constraint(value[:64], name[0].lower() + name[1:], f"have length between 1 and {longest}")
        return value

    def key(self, name: str = "KeyId", *, aliases: bool = False) -> SandboxKey:
        """The key that the request names, in a state that allows the operation."""
        key = self.backend.find_key(self.text(name), aliases=aliases)
        require_state(key, self.operation)
        return key

    @property
    def dry_run(self) -> bool:
        return self.params.get("DryRun") is True


Function = Callable[[KmsCall], dict[str, Any] | None]


@dataclass(frozen=True)
class Operation:
    function: Function
    # An operation that only reads copies what it reads in one step, and needs no lock.
    locked: bool


OPERATIONS: dict[str, Operation] = {}


def operation(name: str, *, locked: bool = True) -> Callable[[Function], Function]:
    def add(function: Function) -> Function:
        OPERATIONS[name] = Operation(function, locked)
        return function

    return add
