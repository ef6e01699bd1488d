# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deployment configurations, written and compared as a person does it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.chain import answering, running, selector
from tests.contract_world import ZERO, address, core_config, row, text_of
from tests.playbooks.conftest import ROOT, Play, Played, Report

AGENTS = {"updater": ["attestation"], "watcher": ["attestation"]}
BOTH_ROLES = """
- hosts: networks
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  roles:
    - interchain.agent_ops.signing_keys
    - interchain.agent_ops.contract_config
"""


def core_files(folder: Path, *networks: str, **changes: Any) -> list[dict[str, str]]:
    """Write a core configuration for each network, and return their entries, with paths relative to the checkout."""
    found = []
    for network in networks:
        path = folder / f"{network}.json"
        path.write_text(text_of(core_config(**changes)), encoding="utf-8")
        found.append({"path": os.path.relpath(path, ROOT), "network": network})
    return found


def recap(done: Played) -> dict[str, bool]:
    return {line.split()[0]: "failed=0" in line for line in done.output.splitlines() if "failed=" in line}


def variables(**values: object) -> tuple[str, ...]:
    return ("-e", json.dumps({"agent_ops_agents": AGENTS, **values}))


def reads(aws: Sandbox) -> int:
    return sum(entry["operation"] == "GetPublicKey" for entry in aws.log())


def test_staging_from_keys_to_files_to_a_report_that_fails_on_drift(
    play: Play, report: Report, aws: Sandbox, tmp_path: Path
) -> None:
    files = core_files(tmp_path, "kovan", "moonbasealpha")
    both = tmp_path / "both.yml"
    both.write_text(BOTH_ROLES, encoding="utf-8")
    first = play("staging", "sandbox", playbook=str(both), options=variables(contract_config_files=files))
    assert first.code == 0, first.output
    assert "SANDBOX: these keys are not real ones. The files are left alone" in first.output
    keys = {name: found["address"] for name, found in report("staging").items()}
    folder = tmp_path / "artifacts/sandbox/staging/contract_config"
    written = {name: json.loads((folder / name / f"{name}.json").read_text()) for name in ("kovan", "moonbasealpha")}
    assert {name: (found["updater"], found["watchers"]) for name, found in written.items()} == {
        name: (keys[f"staging-{name}-updater-attestation"], [keys[f"staging-{name}-watcher-attestation"]])
        for name in written
    }
    assert json.loads((tmp_path / "kovan.json").read_text())["updater"] == ZERO
    # The keys were read once, by the role that made them.
    assert "Read the keys from AWS KMS" not in first.output

    aws.clear_log()
    second = play("staging", "sandbox", playbook="contract_config.yml", options=variables(contract_config_files=files))
    assert second.code == 0, second.output
    assert "2 networks in files: 2 unchanged" in second.output
    assert "changed=1" not in second.output
    assert reads(aws) == 4
    assert [entry for entry in aws.log() if entry["write"]] == []

    # One network drifts; of the other, the chain is asked as well.
    drifted = folder / "kovan" / "kovan.json"
    drifted.write_text(drifted.read_text().replace(keys["staging-kovan-updater-attestation"], address(7)))
    contracts = {
        "moonbasealpha": {
            "home": address(0x9001),
            "replicas": {"kovan": address(0x9002)},
            "connection_manager": address(0x9003),
        },
        "kovan": {
            "home": address(0x9009),
            "replicas": {"moonbasealpha": address(0x9009)},
            "connection_manager": address(0x9009),
        },
    }
    with running() as chain:
        updater = selector("updater()")
        chain.put_code(address(0x9001), answering({updater: keys["staging-moonbasealpha-updater-attestation"]}))
        chain.put_code(address(0x9002), answering({updater: keys["staging-kovan-updater-attestation"]}))
        watcher = keys["staging-kovan-watcher-attestation"][2:].lower()
        asked = selector("watcherPermission(address,uint32)") + watcher.rjust(64, "0") + f"{3000:064x}"
        chain.put_code(address(0x9003), answering({asked: "1"}))
        third = play(
            "staging",
            "sandbox",
            playbook="contract_config.yml",
            options=(
                *("--tags", "report"),
                *variables(
                    contract_config_files=files, contract_config_chain=True, contract_config_contracts=contracts
                ),
            ),
            environment={"AGENT_OPS_SANDBOX_RPC_URL": f"{chain.url}/?key=0f7c51d2e94b4a6f"},
        )
    assert third.code != 0
    assert recap(third) == {"kovan": False, "moonbasealpha": True, "localhost": True, "staging": True}
    expected = keys["staging-kovan-updater-attestation"]
    assert f"kovan.json, field updater: '{address(7)}'. Expected: {expected}" in third.told
    assert f"home.updater() of {address(0x9009)} on kovan has no answer: there is no such contract" in third.told
    assert "0f7c51d2e94b4a6f" not in third.output
    told = json.loads((folder.parent / "contract_config.json").read_text())
    assert {one["network"] for one in told["differences"]} == {"kovan"}
    assert len(told["questions"]) == 6
    assert "| kovan |" in (folder.parent / "contract_config.md").read_text()


def test_development_has_a_plan_before_there_are_keys_and_reads_hex_keys(
    play: Play, report: Report, tmp_path: Path
) -> None:
    files = core_files(tmp_path, "kovan", "alfajores", environment="dev")
    both = tmp_path / "both.yml"
    both.write_text(BOTH_ROLES, encoding="utf-8")
    agents = {**AGENTS, "relayer": ["signer"]}
    options = variables(contract_config_files=files, agent_ops_agents=agents)
    plan = play("development", "sandbox", playbook="contract_config.yml", options=("--check", "--diff", *options))
    assert plan.code == 0, plan.output
    assert "2 networks in files: 2 would be created" in plan.output
    assert "(not made yet)" in plan.output
    assert not (tmp_path / "artifacts").exists()
    assert play("development", "sandbox", playbook=str(both), options=options).code == 0
    done = play("development", "sandbox", playbook="contract_config.yml", options=("--tags", "report", *options))
    assert done.code == 0, done.output
    assert "2 networks in files: 2 unchanged" in done.output
    copy = tmp_path / "artifacts/sandbox/development/contract_config/kovan/kovan.json"
    assert json.loads(copy.read_text())["updater"] != ZERO

    # Also where the keys are read anew, an address that signs transactions is no watcher's.
    relayer = report("development")["development-alfajores-relayer-signer"]["address"]
    more = variables(
        contract_config_files=files, agent_ops_agents=agents, contract_config_additional_watchers={"kovan": [relayer]}
    )
    refused = play("development", "sandbox", playbook="contract_config.yml", options=more)
    assert refused.code != 0
    assert "is also that of the key development-alfajores-relayer-signer" in refused.told


def test_keys_that_cannot_be_read_end_the_run_for_all_networks(play: Play, tmp_path: Path) -> None:
    files = core_files(tmp_path, "kovan", "moonbasealpha")
    options = variables(contract_config_files=files, contract_config_aws_account_id="999999999999")
    done = play("staging", "sandbox", playbook="contract_config.yml", options=options)
    assert done.code != 0
    assert "Expected: 999999999999" in done.told
    assert "Read the keys from AWS KMS" in done.told
    assert "Write updaters and watchers into the deployment configurations" not in done.told


@pytest.fixture
def real(play: Play) -> Any:
    """Return what runs the playbook with keys that a role is said to have found in AWS: nothing reads AWS then."""
    keys = [
        {**row(agent, network, 0xAA00 + 2 * number + place), "name": f"staging-{network}-{agent}-attestation"}
        for number, network in enumerate(("kovan", "moonbasealpha"))
        for place, agent in enumerate(("updater", "watcher"))
    ]
    origin = {"account_id": "111122223333", "endpoint_url": "https://kms.us-west-2.amazonaws.com", "sandbox": False}

    def run(*options: str, **values: object) -> Played:
        given = variables(signing_keys_rows=keys, signing_keys_origin=origin, **values)
        return play("staging", playbook="contract_config.yml", options=(*options, *given))

    return run


def test_with_real_keys_the_files_themselves_are_written(real: Any, aws: Sandbox, tmp_path: Path) -> None:
    files = core_files(tmp_path, "kovan", "moonbasealpha")
    bad = real(contract_config_files=[*files, {"path": str(tmp_path / "missing.json")}])
    assert bad.code != 0
    assert "missing.json cannot be read: No such file or directory" in bad.told
    assert json.loads((tmp_path / "kovan.json").read_text())["updater"] == ZERO
    limited = real("--limit", "kovan", contract_config_files=files[:1], contract_config_watchers_of="connected_homes")
    assert limited.code == 0, limited.output
    found = json.loads((tmp_path / "kovan.json").read_text())
    # The watcher of the other network, whose home has a replica here.
    assert (found["updater"], found["watchers"]) == (address(0xAA00), [address(0xAA03)])
    assert aws.log() == []
    assert not (tmp_path / "artifacts").exists()
