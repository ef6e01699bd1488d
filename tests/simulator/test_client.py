# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator answers what AWS documents for KMS keys, says why it does not answer, and leaves no process behind."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.simulator import Question, Refused, Simulator, SimulatorError, Verdict, client
from tests.simulator.install import FOLDER

ACCOUNT = "111122223333"
USER = f"arn:aws:iam::{ACCOUNT}:user/agent_ops/nomad-signer-staging"
KEY = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OTHER = "444455556666"
ELSEWHERE = KEY.replace(ACCOUNT, OTHER)
ALIAS = f"arn:aws:kms:us-west-2:{ACCOUNT}:alias/staging-kovan-watcher-signer"


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def aliases(wanted: str, operator: str = "ForAnyValue:StringEquals") -> dict[str, Any]:
    return {operator: {"kms:ResourceAliases": [wanted]}}


def key_policy(principal: str) -> dict[str, Any]:
    return document(allow("kms:*", Principal={"AWS": principal}))


ROOT = key_policy(f"arn:aws:iam::{ACCOUNT}:root")
SIGN = Question("kms:Sign", KEY, USER, [document(allow("kms:Sign", KEY))], resource_policy=ROOT)


def changed(**changes: Any) -> Question:
    return dataclasses.replace(SIGN, **changes)


ONLY_STAGING = [document(allow("kms:*", KEY, Condition=aliases("alias/staging-a")))]
NEVER_PRODUCTION = [
    document(
        allow("kms:*"),
        {**allow("kms:Sign"), "Effect": "Deny", "Condition": aliases("alias/prod*", "ForAnyValue:StringLike")},
    )
]


@pytest.mark.parametrize(
    ("question", "verdict"),
    [
        (SIGN, Verdict.ALLOWED),
        (changed(action="kms:GetPublicKey"), Verdict.IMPLICIT_DENY),
        (changed(resource=KEY[:-1] + "c"), Verdict.IMPLICIT_DENY),
        (changed(resource_policy=None), Verdict.IMPLICIT_DENY),
        (changed(resource_policy=key_policy(USER), policies=()), Verdict.ALLOWED),
        (changed(resource_policy=key_policy(USER + "2")), Verdict.IMPLICIT_DENY),
        (
            changed(policies=ONLY_STAGING, context={"kms:ResourceAliases": ["alias/b", "alias/staging-a"]}),
            Verdict.ALLOWED,
        ),
        (changed(policies=ONLY_STAGING, context={"kms:ResourceAliases": ["alias/b"]}), Verdict.IMPLICIT_DENY),
        (changed(policies=ONLY_STAGING, context={"kms:ResourceAliases": []}), Verdict.IMPLICIT_DENY),
        (changed(policies=NEVER_PRODUCTION, context={"kms:ResourceAliases": ["alias/staging"]}), Verdict.ALLOWED),
        (changed(policies=NEVER_PRODUCTION, context={"kms:ResourceAliases": ["alias/prod-a"]}), Verdict.EXPLICIT_DENY),
        (changed(boundary=document(allow("kms:GetPublicKey"))), Verdict.IMPLICIT_DENY),
        (changed(boundary=document(allow("kms:*"))), Verdict.ALLOWED),
        (
            changed(account=OTHER, resource=ELSEWHERE, policies=[document(allow("kms:Sign", ELSEWHERE))]),
            Verdict.ALLOWED,
        ),
        (changed(account=OTHER, resource=ELSEWHERE, resource_policy=key_policy(USER)), Verdict.IMPLICIT_DENY),
        (
            changed(action="kms:CreateAlias", resource=ALIAS, policies=[document(allow("kms:CreateAlias"))]),
            Verdict.ALLOWED,
        ),
        (changed(action="kms:ListKeys", resource="*", policies=[document(allow("kms:ListKeys"))]), Verdict.ALLOWED),
    ],
)
def test_it_answers_as_aws_documents(simulator: Simulator, question: Question, verdict: Verdict) -> None:
    assert simulator.ask(question) is verdict


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (changed(action="kms:Sgin"), "invalid.action"),
        (changed(action="kmz:Sign"), "invalid.service"),
        (changed(resource=ALIAS), "no.resource.types"),
        (changed(policies=[document({**allow("kms:Sign"), "Effect": "Perhaps"})]), "policy 0"),
        (changed(boundary=document({"Action": "kms:Sign"})), "permissionBoundaryErrors"),
        (
            changed(resource_policy=document({**allow("kms:*", Principal="*"), "Effect": "Perhaps"})),
            "resourcePolicyErrors",
        ),
    ],
)
def test_it_says_why_it_does_not_answer(simulator: Simulator, question: Question, reason: str) -> None:
    (answer,) = simulator.ask_all([question])
    assert isinstance(answer.outcome, Refused)
    assert reason in answer.outcome.reason
    with pytest.raises(SimulatorError, match="message"):
        simulator.ask(question)


def test_it_says_which_condition_keys_do_not_exist_for_an_action(simulator: Simulator) -> None:
    context = {"kms:SigningAlgorithm": "ECDSA_SHA_256", "kms:ResourceAliases": ["alias/a"], "aws:username": "a"}
    asked = [changed(action=action, context=context) for action in ("kms:Sign", "kms:GetPublicKey")]
    assert [answer.ignored for answer in simulator.ask_all(asked)] == [(), ("kms:SigningAlgorithm",)]


def test_thousands_of_answers_come_in_the_order_of_the_questions(simulator: Simulator) -> None:
    asked = [changed(resource=f"{KEY[:-1]}{number % 16:x}") for number in range(client.BATCH + 500)]
    answers = [answer.outcome is Verdict.ALLOWED for answer in simulator.ask_all(asked)]
    assert answers == [question.resource == KEY for question in asked]


def test_a_request_names_one_resource(simulator: Simulator) -> None:
    with pytest.raises(ValueError, match="a request names one resource"):
        simulator.ask(changed(resource=f"arn:aws:kms:us-west-2:{ACCOUNT}:key/*"))


def test_without_an_installation_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SimulatorError, match="run: make unit"):
        Simulator.start(tmp_path)


def test_a_broken_installation_is_told_with_what_node_says(tmp_path: Path) -> None:
    (tmp_path / ".stamp").touch()
    with Simulator.start(tmp_path) as broken, pytest.raises(SimulatorError, match="Cannot find module"):
        broken.ask(SIGN)


def test_a_simulator_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = tmp_path / "node"
    node.write_text(f"#!/bin/sh\nexec {shutil.which('sleep')} 60\n")
    node.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    begun = time.monotonic()
    with Simulator.start(patience=0.2) as hanging, pytest.raises(SimulatorError, match="in the middle of a batch"):
        hanging.ask(SIGN)
    assert time.monotonic() - begun < 30


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # In a container without an init process, what lost its parent stays as a zombie.
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] == "Z"


def test_it_ends_with_its_block() -> None:
    with Simulator.start() as started:
        assert started.ask(SIGN) is Verdict.ALLOWED
        assert not gone(started.pid)
    assert gone(started.pid)
    with pytest.raises(SimulatorError, match="has been closed"):
        started.ask(SIGN)


def test_it_ends_when_the_process_that_started_it_is_killed() -> None:
    code = "import time; from tests.simulator import Simulator as S; print(S.start().pid, flush=True); time.sleep(60)"
    root = FOLDER.parents[1]
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=root, stdout=subprocess.PIPE, text=True)
    with parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert not gone(pid)
        parent.kill()
    deadline = time.monotonic() + 20
    while not gone(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert gone(pid)
