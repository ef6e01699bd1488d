# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask the simulator of IAM policies: ``with Simulator.start() as simulator: simulator.ask(Question(...))``.

The simulator is iam-simulate, which others wrote; this file only carries questions to it. What it does with them:

- It refuses policies, actions, resources and resource types that AWS does not have, and says why.
- A condition key that AWS does not offer for the action and the kind of resource is left out of the request.
- KMS: the key policy is the resource policy. A principal of the key's own account is allowed by it directly, or the
  key policy allows the account and an identity policy allows the rest; with no key policy nothing is allowed. An alias
  has no policy of its own: identity policies decide.
- Other services in one account: an identity policy or the resource policy allows.
"""

from __future__ import annotations

import enum
import json
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from tests.simulator.install import FOLDER, node_environment

Document = Mapping[str, Any]
SCRIPT = Path(__file__).resolve().parent / "serve.cjs"
BATCH = 2000
PATIENCE = 120.0


class SimulatorError(Exception):
    """The simulator cannot be asked, or refused a question."""


class Verdict(enum.Enum):
    ALLOWED = "Allowed"
    IMPLICIT_DENY = "ImplicitlyDenied"
    EXPLICIT_DENY = "ExplicitlyDenied"

    def __bool__(self) -> bool:
        return self is Verdict.ALLOWED


@dataclass(frozen=True)
class Question:
    """May this principal do this? A context value that is a list is one of a key with several values.

    A key with an empty list is not sent: AWS has no such thing, a key without values is absent. Without a principal it
    is an anonymous request, for which the resource's account must be said.
    """

    action: str
    resource: str
    principal: str
    policies: Sequence[Document] = ()
    boundary: Document | None = None
    resource_policy: Document | None = None
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    account: str = ""
    """The account of the resource, unless it is the principal's own."""
    blocks_public_access: bool = False
    """S3: whether RestrictPublicBuckets of Block Public Access is on, by the bucket or its account."""

    def simulation(self) -> dict[str, Any]:
        """The question as iam-simulate's type Simulation."""
        if self.resource != "*" and ("*" in self.resource or "?" in self.resource):
            raise ValueError(f"a request names one resource, or * for an action that has none: {self.resource}")
        asked: dict[str, Any] = {
            "request": {
                "principal": self.principal or {"type": "Anonymous"},
                "action": self.action,
                "resource": {"resource": self.resource, "accountId": self.account or self.principal.split(":")[4]},
                "contextVariables": {
                    key: value if isinstance(value, str) else list(value)
                    for key, value in self.context.items()
                    if isinstance(value, str) or value
                },
            },
            "identityPolicies": [
                {"name": f"policy {number}", "policy": document} for number, document in enumerate(self.policies)
            ],
            # No policy of an organization is an organization that allows everything.
            "serviceControlPolicies": [],
            "resourceControlPolicies": [],
        }
        if self.resource_policy is not None:
            asked["resourcePolicy"] = self.resource_policy
        if self.resource.startswith("arn:aws:s3:"):
            asked["additionalSettings"] = {"s3": {"blockPublicAccess": self.blocks_public_access}}
        if self.boundary is not None:
            asked["permissionBoundaryPolicies"] = [{"name": "boundary", "policy": self.boundary}]
        return asked


@dataclass(frozen=True)
class Refused:
    """Why the simulator did not answer: a policy that AWS would not accept, an action that it does not have …"""

    reason: str


@dataclass(frozen=True)
class Answer:
    outcome: Verdict | Refused
    ignored: tuple[str, ...] = ()
    """Condition keys of the context that AWS does not offer for this action and kind of resource."""


class Simulator:
    """One process of Node.js, which ends with the ``with`` block, and with this process at the latest."""

    def __init__(self, process: subprocess.Popen[str], errors: IO[str], patience: float) -> None:
        self._process = process
        self._errors = errors
        self._patience = patience
        self._lock = threading.Lock()

    @classmethod
    def start(cls, folder: Path = FOLDER, patience: float = PATIENCE) -> Self:
        """Start it. A batch that takes longer than ``patience`` seconds ends it."""
        if not (folder / ".stamp").is_file():
            raise SimulatorError(f"the simulator is not installed in {folder}; run: make unit")
        errors = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115  (closed with the process)
        try:
            process = subprocess.Popen(
                ["node", str(SCRIPT), str(folder)],
                env=node_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                encoding="utf-8",
            )
        except OSError as problem:
            errors.close()
            raise SimulatorError(f"node does not start: {problem}") from problem
        return cls(process, errors, patience)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def close(self) -> None:
        """End the process. Its standard input ends, so that it ends by itself; if it does not, it is killed."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    pass
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()

    def ask(self, question: Question) -> Verdict:
        """Ask one question; a question that is refused is an error."""
        outcome = self.ask_all([question])[0].outcome
        if isinstance(outcome, Refused):
            raise SimulatorError(outcome.reason)
        return outcome

    def ask_all(self, questions: Sequence[Question]) -> list[Answer]:
        """Ask many questions, thousands in one go; the answers come in the same order."""
        answers: list[Answer] = []
        for start in range(0, len(questions), BATCH):
            part = [question.simulation() for question in questions[start : start + BATCH]]
            answered = [_answer(raw) for raw in self._exchange(part)]
            if len(answered) != len(part):
                raise SimulatorError(f"{len(answered)} answers to {len(part)} questions")
            answers += answered
        return answers

    def _exchange(self, batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
        to, back = self._process.stdin, self._process.stdout
        if to is None or back is None or to.closed:
            raise SimulatorError("the simulator has been closed")
        with self._lock:
            watch = threading.Timer(self._patience, self._process.kill)
            watch.start()
            try:
                to.write(json.dumps(batch) + "\n")
                to.flush()
                line = back.readline()
            except OSError:
                line = ""
            finally:
                watch.cancel()
        if not line.endswith("\n"):
            self._process.kill()
            self._process.wait()
            self._errors.seek(0)
            raise SimulatorError(f"the simulator ended in the middle of a batch:\n{self._errors.read()}".strip())
        answers: list[dict[str, Any]] = json.loads(line)
        return answers


def _answer(raw: Mapping[str, Any]) -> Answer:
    if "error" in raw:
        return Answer(Refused(json.dumps(raw["error"], sort_keys=True)))
    return Answer(Verdict(raw["result"]), tuple(raw["ignored"]))
