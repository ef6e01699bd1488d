# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules for deployment configurations, run as Ansible runs them, on real files and a real node."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chain import Chain, answering, running, selector
from tests.contract_world import (
    NETWORKS,
    UPDATERS,
    WATCHERS,
    address,
    contract,
    core_config,
    nomad_config,
    rows,
    text_of,
)
from tests.module.runs import Result, start_fork_server
from tests.module.runs import Run as Started
from tests.simulator.install import FOLDER, node_environment

API_KEY = "0f7c51d2e94b4a6f"

Run = Callable[..., Result]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "staging.json"
    path.write_text(text_of(nomad_config()), encoding="utf-8")
    path.chmod(0o640)
    return path


@pytest.fixture
def run(tmp_path: Path, config: Path) -> Run:
    """Return what runs a module on that file, in a process of its own; no AWS is needed."""
    start_fork_server()

    def module(name: str = "contract_config", *, check: bool = False, diff: bool = False, **changes: Any) -> Result:
        arguments = {
            "environment": "staging",
            "networks": NETWORKS,
            "signing_keys": rows(),
            "files": [{"path": str(config)}],
            "sandbox": False,
            "artifacts_root": str(tmp_path / "artifacts"),
            "_ansible_check_mode": check,
            "_ansible_diff": diff,
            "_ansible_remote_tmp": str(tmp_path),
            **changes,
        }
        nothing_else = {"PATH": os.environ["PATH"]}
        return Started(name, arguments, nothing_else).wait()

    return module


def configurations(path: Path) -> dict[str, tuple[str, list[str]]]:
    found = json.loads(path.read_text(encoding="utf-8"))["protocol"]["networks"]
    return {name: (one["configuration"]["updater"], one["configuration"]["watchers"]) for name, one in found.items()}


WRITTEN = {name: (UPDATERS[name], [WATCHERS[name]]) for name in NETWORKS}


def test_the_plan_is_shown_then_done_once_and_found_right(run: Run, config: Path) -> None:
    before = config.read_bytes()
    plan = run(check=True, diff=True)
    assert plan["changed"] is True
    assert config.read_bytes() == before
    assert plan["diff"]["before"][str(config)]["kovan"]["updater"] == address(0x110000).lower()
    assert plan["diff"]["after"][str(config)]["kovan"] == {
        "updater": UPDATERS["kovan"],
        "watchers": [WATCHERS["kovan"]],
    }
    # The file's RPC URLs carry API keys.
    assert API_KEY in before.decode()
    assert API_KEY not in plan.output

    assert run("contract_config_info")["differences"] != []
    first = run(diff=True)
    assert (first["changed"], first["diff"]) == (True, plan["diff"])
    assert [row["action"] for row in first["rows"]] == ["updated"] * 3
    assert configurations(config) == WRITTEN
    assert stat.S_IMODE(config.stat().st_mode) == 0o640
    changed = [
        one for one in zip(before.splitlines(), config.read_bytes().splitlines(), strict=True) if one[0] != one[1]
    ]
    assert len(changed) == 2 * len(NETWORKS)

    stamp = config.stat()
    second = run(diff=True)
    assert (second["changed"], second["diff"]) == (False, {"before": {}, "after": {}})
    assert (config.stat().st_ino, config.stat().st_mtime_ns) == (stamp.st_ino, stamp.st_mtime_ns)
    found = run("contract_config_info")
    assert (found["changed"], found["differences"], found["questions"]) == (False, [], [])
    assert [row["action"] for row in found["rows"]] == ["unchanged"] * 3


def test_what_was_written_is_read_by_the_library_that_defines_the_format(
    run: Run, config: Path, tmp_path: Path
) -> None:
    assert not run(additional_watchers={"kovan": [address(0xEE0001)]}).get("failed")
    script = (
        "const c = require('@nomad-xyz/configuration'); const fs = require('node:fs');"
        "const file = JSON.parse(fs.readFileSync(process.argv[1])); c.validateConfig(file);"
        "const read = c.configFromString(JSON.stringify(file)).protocol.networks.kovan.configuration;"
        "console.log(JSON.stringify([read.updater, read.watchers]))"
    )

    def read(path: Path) -> subprocess.CompletedProcess[str]:
        command = ["node", "-e", script, str(path)]
        return subprocess.run(command, cwd=FOLDER, env=node_environment(), capture_output=True, text=True, check=False)

    done = read(config)
    assert done.returncode == 0, done.stderr
    updater, watchers = json.loads(done.stdout)
    assert updater == UPDATERS["kovan"].lower()
    assert sorted(watchers) == sorted([WATCHERS["kovan"].lower(), address(0xEE0001).lower()])
    damaged = tmp_path / "damaged.json"
    damaged.write_text(config.read_text().replace(UPDATERS["kovan"], UPDATERS["kovan"][:-2]))
    assert "Unable to parse" in read(damaged).stderr


def test_one_bad_file_keeps_all_from_being_written(run: Run, config: Path, tmp_path: Path) -> None:
    before = config.read_bytes()
    core = tmp_path / "kovan.json"
    core.write_text(text_of(core_config(environment="prod")), encoding="utf-8")
    done = run(files=[{"path": str(config)}, {"path": str(core), "network": "kovan"}])
    assert done["failed"]
    assert done["msg"].startswith(f"{core}, field environment: 'prod'. Expected: staging")
    assert "rows" not in done
    assert config.read_bytes() == before
    link = tmp_path / "link.json"
    link.symlink_to(config)
    twice = run(files=[{"path": str(config)}, {"path": str(link)}])
    assert "are one file" in twice["msg"]
    assert run(files=[])["msg"].startswith("There is no deployment configuration to look at")


def test_a_network_whose_key_failed_fails_alone_and_the_next_run_finishes(run: Run, config: Path) -> None:
    keys = [
        {**one, "action": "failed", "address": None, "error": "AccessDenied"} if one["network"] == "rinkeby" else one
        for one in rows()
    ]
    half = run(signing_keys=keys)
    assert half["failed"]
    assert half["changed"] is True
    assert "rinkeby: The key staging-rinkeby-updater-attestation failed: AccessDenied." in half["msg"]
    assert {name for name, found in configurations(config).items() if found == WRITTEN[name]} == {"kovan", "alfajores"}
    assert run()["changed"] is True
    assert configurations(config) == WRITTEN


def test_keys_of_a_sandbox_are_written_to_a_copy_and_the_file_is_left_alone(
    run: Run, config: Path, tmp_path: Path
) -> None:
    before = config.read_bytes()
    core = tmp_path / "core.json"
    core.write_text(text_of(core_config()), encoding="utf-8")
    files = [{"path": str(config)}, {"path": str(core), "network": "kovan"}]
    folder = tmp_path / "artifacts" / "sandbox" / "staging" / "contract_config"
    missing = run("contract_config_info", files=files, sandbox=True)
    assert f"{folder}/staging.json is not there yet" in missing["differences"][0]["text"]
    plan = run(files=files, sandbox=True, check=True)
    assert [row["action"] for row in plan["rows"]] == ["created"] * 4
    assert not folder.exists()
    assert [row["action"] for row in run(files=files, sandbox=True)["rows"]] == ["created"] * 4
    assert config.read_bytes() == before
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*.json")) == [
        "kovan/core.json",
        "staging.json",
    ]
    assert configurations(folder / "staging.json") == WRITTEN
    assert stat.S_IMODE((folder / "staging.json").stat().st_mode) == 0o640
    assert run(files=files, sandbox=True)["changed"] is False
    assert run("contract_config_info", files=files, sandbox=True)["differences"] == []
    (folder / "staging.json").write_text("{}")
    assert run("contract_config_info", files=files, sandbox=True)["failed"]
    again = run(files=files, sandbox=True)
    assert [row["action"] for row in again["rows"]] == ["updated"] * 3 + ["unchanged"]


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    with running(chain_id=42) as started:
        yield started


def permission(watcher: str, domain: int) -> str:
    return selector("watcherPermission(address,uint32)") + watcher[2:].lower().rjust(64, "0") + f"{domain:064x}"


def deploy(chain: Chain) -> None:
    """Put contracts where the configuration of kovan has them, which carries replicas of rinkeby and of alfajores."""
    updater = selector("updater()")
    chain.put_code(address(0x340001), answering({updater: UPDATERS["kovan"]}))
    chain.put_code(address(0x350011), answering({updater: UPDATERS["rinkeby"]}))
    chain.put_code(address(0x350021), answering({updater: UPDATERS["alfajores"]}))
    allowed = {permission(WATCHERS["rinkeby"], 2000): "1", permission(WATCHERS["alfajores"], 1000): "1"}
    chain.put_code(address(0x310000), answering(allowed))


def test_a_chain_that_is_as_the_keys_are(run: Run, chain: Chain) -> None:
    deploy(chain)
    assert contract(0x340000)["proxy"] == address(0x340001)
    run()
    asking = {"chain": True, "only": ["kovan"], "rpc_urls": {"kovan": f"{chain.url}/?key={API_KEY}"}}
    found = run("contract_config_info", **asking)
    assert found["differences"] == []
    assert [one["question"] for one in found["questions"]] == [
        "home.updater()",
        "replicas.rinkeby.updater()",
        f"xAppConnectionManager.watcherPermission({WATCHERS['rinkeby']}, 2000)",
        "replicas.alfajores.updater()",
        f"xAppConnectionManager.watcherPermission({WATCHERS['alfajores']}, 1000)",
    ]
    assert API_KEY not in found.output


def test_a_chain_that_is_otherwise_and_networks_that_do_not_answer(run: Run, chain: Chain) -> None:
    deploy(chain)
    run()
    chain.put_code(address(0x340001), answering({selector("updater()"): UPDATERS["rinkeby"]}))
    chain.put_code(address(0x350011), "0x")
    chain.put_code(address(0x310000), answering({permission(WATCHERS["rinkeby"], 2000): "0"}))
    urls = {"kovan": chain.url, "rinkeby": f"http://127.0.0.1:9/{API_KEY}"}
    found = run("contract_config_info", chain=True, rpc_urls=urls)
    assert [
        (one["network"], one["text"].partition(" of 0x")[0]) for one in found["differences"] if "0x" in one["text"]
    ] == [
        ("kovan", "home.updater()"),
        ("kovan", "replicas.rinkeby.updater()"),
        ("kovan", f"xAppConnectionManager.watcherPermission({WATCHERS['rinkeby']}, 2000)"),
        ("kovan", f"xAppConnectionManager.watcherPermission({WATCHERS['alfajores']}, 1000)"),
    ]
    told = "\n".join(one["text"] for one in found["differences"])
    assert f"is {UPDATERS['rinkeby'].lower()}. Expected: {UPDATERS['kovan']}. An updater refuses to run" in told
    assert "there is no such contract" in told
    assert "is false. Expected: true" in told
    assert "was not answered: the node says: execution reverted (3)" in told
    assert "The chain of rinkeby could not be asked: the node cannot be reached: Connection refused" in told
    assert (
        "The chain of alfajores could not be asked: there is no RPC URL. Expected: rpc_url in agent_ops_network" in told
    )
    assert API_KEY not in found.output

    strange = run("contract_config_info", chain=True, only=["rinkeby"], rpc_urls={"rinkeby": chain.url})
    assert [one["text"].partition(",")[0] for one in strange["differences"]] == [
        "The node of rinkeby is of the chain 42. Expected: 4"
    ]
