# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The reports with a store, in one real playbook: each folder is the disk of another machine."""

from __future__ import annotations

import json
import threading
import typing as t
from pathlib import Path

import boto3
import pytest

from sandbox.client import ACCOUNT_ID, REGION, Sandbox
from tests.sandbox.s3_world import OPEN
from tests.unit.plugins.action import test_access_matrix_report as matrices
from tests.unit.plugins.action import test_wallet_actions as wallets
from tests.unit.plugins.action.action_runs import Run
from tests.unit.plugins.action.test_signing_keys_report import MOVED, OTHER_ADDRESS, A, B, task

BUCKET = "nomad-records"
PLACE = f"s3://{BUCKET}/agent_ops"
PREFIX = "agent_ops/staging/reports/"
SECRET = "made+up/secret-0f7c51d2e94b-reports"
KEYS = [f"{PREFIX}signing_keys.{kind}" for kind in ("csv", "json", "md")]
FAILS: dict[str, t.Any] = {"ignore_errors": True}


class World(t.NamedTuple):
    run: Run
    folder: Path
    s3: t.Any
    versions: dict[str, int]
    last: dict[str, str]


def config(name: str, root: str, **options: t.Any) -> dict[str, t.Any]:
    found = {"rows": [], "differences": [], "sandbox": True}
    given = {"result": found, "environment": "staging", "artifacts_root": root, **options}
    return {"name": name, "register": name, "interchain.agent_ops.contract_config_report": given}


def other_run(sandbox: Sandbox, s3: t.Any) -> None:
    """Store a report in the moment in which another run is about to."""
    sandbox.wait_held(timeout=150)
    s3.put_object(Bucket=BUCKET, Key=f"{PREFIX}signing_keys.json", Body=b"theirs")
    sandbox.release()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, ansible_playbook: t.Callable[..., t.Any]) -> t.Iterator[World]:
    folder = tmp_path_factory.mktemp("machines")
    (folder / "secret").write_text(SECRET, encoding="utf-8")
    with Sandbox.start() as sandbox:
        s3 = boto3.client("s3", **sandbox.boto3_arguments())
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=dict.fromkeys(OPEN, True))
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        place = {
            "region": REGION,
            "endpoint_url": sandbox.url,
            "access_key": "AKIAMADEUP",
            "secret_key": "{{ lookup('ansible.builtin.file', 'secret') }}",
        }
        store = {"store": {"store": PLACE, **place}}
        facts = {"account_id": ACCOUNT_ID, "endpoint_url": sandbox.url, "sandbox": True}
        keys = {**facts, **store}
        matrix = matrices.found(**facts)
        noon = {**wallets.look(0, "100"), **facts}
        next_day = {**wallets.look(24, "76"), **facts}
        fault = sandbox.add_fault(action="s3:PutObject", kind="hold_before", times=1, match="a-race")
        other = threading.Thread(target=other_run, args=(sandbox, s3))
        other.start()
        run = Run(
            ansible_playbook,
            folder,
            [
                task("first", [A, B], "one", **keys),
                task("again", [A, B], "two", **keys),
                task("planned", [A, MOVED], "three", check_mode=True, **keys),
                task("moved", [A, MOVED], "four", **keys),
                matrices.task("matrix", matrix, "one", **store),
                matrices.task("same_matrix", matrix, "two", **store),
                wallets.report("at_noon", noon, "one", **store),
                wallets.report("next_day", next_day, "two", check_mode=True, **store),
                task("nowhere", [A], "five", **FAILS, **{**facts, "store": {"store": "s3://nomad-none/x", **place}}),
                config("config", "six", **store),
                task("lost", [A, {**B, "description": "a-race"}], "seven", **FAILS, **keys),
            ],
        )
        other.join()
        sandbox.remove_faults(fault)
        versions: dict[str, int] = {}
        for one in s3.list_object_versions(Bucket=BUCKET)["Versions"]:
            versions[one["Key"]] = versions.get(one["Key"], 0) + 1
        last = {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode() for key in versions}
        yield World(run, folder, s3, versions, last)


def report(world: World, machine: str, name: str = "signing_keys.json") -> Path:
    return world.folder / machine / "sandbox" / "staging" / name


def test_where_nothing_lasts_the_store_has_the_last_report(world: World) -> None:
    results = world.run.results
    changed = {name: results[name]["changed"] for name in ("first", "again", "planned", "moved")}
    assert changed == {"first": True, "again": False, "planned": True, "moved": True}
    said = f"The address of staging-b was {B['address']} in the last report, and is {OTHER_ADDRESS} now."
    for name in ("planned", "moved"):
        assert [text.startswith(said) for text in results[name]["address_changes"]] == [True]
    assert results["again"]["address_changes"] == []
    assert report(world, "two").read_text(encoding="utf-8") == report(world, "one").read_text(encoding="utf-8")
    assert not report(world, "three").exists()
    assert f"signing_keys.md, {PLACE}/staging/reports/\n" in world.run.output["moved"]


def test_what_has_not_changed_is_not_stored_again(world: World) -> None:
    # The third version of the first file is another run's, and what a plan found is not there.
    assert {key: world.versions[key] for key in KEYS} == {KEYS[0]: 2, KEYS[1]: 3, KEYS[2]: 2}
    assert world.run.results["matrix"]["changed"] is True
    assert world.run.results["same_matrix"]["changed"] is False
    assert world.versions[f"{PREFIX}access_matrix.json"] == 1
    assert world.last[f"{PREFIX}access_matrix.md"] == report(world, "two", "access_matrix.md").read_text()


def test_days_left_come_from_what_was_seen_elsewhere(world: World) -> None:
    (row,) = world.run.results["next_day"]["wallets"]
    assert row["days_left"] == pytest.approx(76 / 24, abs=0.01)
    assert not report(world, "two", "wallets.json").exists()
    assert len(world.last[f"{PREFIX}wallet_history.jsonl"].splitlines()) == 1


def test_what_is_not_stored_is_shown_and_written_and_fails(world: World) -> None:
    for name, machine, said in (
        ("nowhere", "five", "s3://nomad-none/x cannot be checked: there is no bucket nomad-none."),
        (
            "lost",
            "seven",
            f"{PLACE}/staging/reports/signing_keys.json was changed by somebody else since it was read, by another run,"
            " whose report was left as it is.",
        ),
    ):
        result = world.run.results[name]
        assert result["failed"] is True
        assert result["msg"].startswith("The report is not in its store (agent_ops_report_store). ")
        assert said in result["msg"]
        assert result["msg"].endswith("The keys are as the table shows; mend this and run again")
        assert "keys: " in world.run.output[name]
        assert PLACE not in world.run.output[name].split("Report: ")[1].splitlines()[0]
        assert report(world, machine).exists()
    assert world.last[KEYS[1]] == "theirs"
    assert "a-race" not in "".join(world.last.values())


def test_no_secret_is_shown_and_reports_alone_are_stored(world: World) -> None:
    assert SECRET not in world.run.stdout + world.run.stderr + json.dumps(world.run.results)
    names = ["access_matrix.json", "access_matrix.md", "contract_config.json", "contract_config.md"]
    names += ["wallet_history.jsonl"]
    names += [f"wallets.{kind}" for kind in ("csv", "json", "md", "svg")]
    assert sorted(world.last) == sorted([*KEYS, *(f"{PREFIX}{name}" for name in names)])
