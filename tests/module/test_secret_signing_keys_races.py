# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hex keys, without the module around them: many races, and answers that only a service in trouble gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils import _aws_calls, _secret_read
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller, CallFailed
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import KeySpec
from ansible_collections.interchain.agent_ops.plugins.module_utils._secret_converge import converge
from ansible_collections.interchain.agent_ops.plugins.module_utils._secret_plan import Wish
from ansible_collections.interchain.agent_ops.plugins.module_utils._secret_read import SecretReader

from sandbox.client import REGION, Sandbox
from tests.module.hex_keys import NAME, current, every_version, operations, plant, wanted

Run = Callable[..., dict[str, Any]]
ROTATE = {"rotate": frozenset([NAME])}


class Forgetful(Caller):
    """Answers for a service that did its work, and then refuses the same request as if another run had been faster."""

    def __call__(self, client: Any, method: str, *, repeatable: bool = True, **parameters: Any) -> dict[str, Any]:
        answer = super().__call__(client, method, repeatable=repeatable, **parameters)
        if method in ("create_secret", "put_secret_value"):
            raise CallFailed(f"secretsmanager:{method}", "ResourceExistsException", "in use")
        return answer


@pytest.fixture
def run(aws: Callable[..., Any]) -> Run:
    """``run(name, call=Caller(), **wish)``: one key brought into being by a client of its own; its row."""

    def once(name: str = NAME, call: Caller | None = None, **wish: Any) -> dict[str, Any]:
        reader = SecretReader(aws("secretsmanager"), call or Caller(), workers=2)
        result = converge([KeySpec(**wanted(name, region=REGION))], {REGION: reader}, Wish(**wish))
        return {**result.rows[0], "warnings": result.warnings}

    return once


@pytest.fixture
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_aws_calls, "_FIRST_WAIT", 0.0)
    monkeypatch.setattr(_secret_read, "_FIRST_WAIT", 0.0)


def test_twenty_pairs_of_runs_at_once_make_twenty_keys(run: Run, sandbox: Sandbox, secrets: Any) -> None:
    names = [f"development-net{index}-updater-signer" for index in range(20)]
    for name in names:
        rule = sandbox.add_fault(action="secretsmanager:CreateSecret", kind="hold_before", times=2)
        with ThreadPoolExecutor(2) as pool:
            pair = [pool.submit(run, name) for _run in range(2)]
            sandbox.wait_held(2)
            sandbox.release()
            rows = [future.result() for future in pair]
        sandbox.remove_faults(rule)
        assert sorted(row["action"] for row in rows) == ["adopted", "created"]
        assert rows[0]["address"] == rows[1]["address"] == current(secrets, name)["address"]
    assert sorted(name for name, _version in every_version(secrets)) == sorted(names)


def test_twenty_pairs_of_runs_at_once_rotate_once(run: Run, sandbox: Sandbox, secrets: Any) -> None:
    run()
    for index in range(20):
        before = current(secrets)["address"]
        rule = sandbox.add_fault(action="secretsmanager:PutSecretValue", kind="hold_before", times=2)
        with ThreadPoolExecutor(2) as pool:
            pair = [pool.submit(run, rotation_id=str(index), **ROTATE) for _run in range(2)]
            sandbox.wait_held(2)
            sandbox.release()
            rows = [future.result() for future in pair]
        sandbox.remove_faults(rule)
        assert sorted(row["action"] for row in rows) == ["rotated", "unchanged"]
        assert {row["previous_address"] for row in rows} == {before}
        assert {row["address"] for row in rows} == {current(secrets)["address"]}
    assert len(every_version(secrets)) == 21


def test_a_key_of_ones_own_is_not_taken_for_another_runs(run: Run, secrets: Any) -> None:
    created = run(call=Forgetful())
    assert (created["action"], created["address"]) == ("created", current(secrets)["address"])
    rotated = run(call=Forgetful(), rotation_id="1", **ROTATE)
    assert (rotated["action"], rotated["address"]) == ("rotated", current(secrets)["address"])
    assert rotated["previous_address"] == created["address"]


def test_the_loser_of_a_creation_checks_what_the_winner_made(run: Run, sandbox: Sandbox, secrets: Any) -> None:
    sandbox.add_fault(action="secretsmanager:CreateSecret", kind="hold_before", times=1)
    with ThreadPoolExecutor(1) as pool:
        loser = pool.submit(run)
        held = sandbox.wait_held()
        plant(secrets, text="no key at all")
        sandbox.release(request=held[0]["request"])
        row = loser.result()
    assert row["action"] == "failed"
    assert "does not hold a JSON object" in row["error"]
    assert every_version(secrets).keys() == {(NAME, next(iter(every_version(secrets)))[1])}


@pytest.mark.usefixtures("no_patience")
def test_a_creation_without_any_answer_is_taken_over_by_the_next_run(run: Run, sandbox: Sandbox, secrets: Any) -> None:
    sandbox.add_fault(action="secretsmanager:CreateSecret", kind="lost_answer")
    row = run()
    assert row["action"] == "failed"
    assert "the next run takes it over" in row["error"]
    sandbox.remove_faults()
    assert run()["action"] == "unchanged"
    assert len(every_version(secrets)) == 1


@pytest.mark.usefixtures("no_patience")
@pytest.mark.parametrize(
    ("rotation_id", "advice", "next_action"),
    [("2026-11", "Run again with the same rotation_id", "unchanged"), (None, "Look before running again", "rotated")],
)
def test_a_rotation_without_any_answer_says_what_is_unknown(
    rotation_id: str | None, advice: str, next_action: str, run: Run, sandbox: Sandbox
) -> None:
    run()
    sandbox.add_fault(action="secretsmanager:PutSecretValue", kind="lost_answer")
    row = run(rotation_id=rotation_id, **ROTATE)
    assert row["action"] == "failed"
    assert advice in row["error"]
    sandbox.remove_faults()
    assert run(rotation_id=rotation_id, **ROTATE)["action"] == next_action


@pytest.mark.usefixtures("no_patience")
def test_a_rotation_that_cannot_be_looked_at_afterwards_is_a_rotation_all_the_same(
    run: Run, sandbox: Sandbox, secrets: Any
) -> None:
    run()
    sandbox.add_fault(action="secretsmanager:DescribeSecret", kind="access_denied", skip=1)
    row = run(**ROTATE)
    assert (row["action"], row["address"]) == ("rotated", current(secrets)["address"])
    assert "whether another run rotated it too is unknown" in json.dumps(row["warnings"])


@pytest.mark.usefixtures("no_patience")
def test_a_value_that_is_refused_without_a_deletion_is_an_error(run: Run, sandbox: Sandbox, secrets: Any) -> None:
    """DescribeSecret that shows no deletion and GetSecretValue that speaks of one never agree."""
    plant(secrets)
    secrets.delete_secret(SecretId=NAME, RecoveryWindowInDays=7)
    sandbox.add_fault(action="secretsmanager:DescribeSecret", kind="rewrite", find="DeletedDate", replace="Ignored")
    row = run()
    assert (row["action"], row["state"]) == ("failed", None)
    assert "marked for deletion" in row["error"]
    assert operations(sandbox)["CreateSecret"] == 1
