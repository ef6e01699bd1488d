# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import platform
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml
from ansible_collections.interchain.agent_ops.plugins.module_utils._json_rpc import JsonRpc

from tools import demo, demo_funding, stages

ROOT = Path(__file__).resolve().parents[2]

RECAP = """
PLAY RECAP *********************************************************************
\x1b[0;32mkovan\x1b[0m                      : \x1b[0;32mok=4   \x1b[0m changed=0    unreachable=0    failed=0
moonbasealpha              : ok=9    changed=2    unreachable=0    failed=0    skipped=1    rescued=0    ignored=0
"""


def test_the_recap_is_read_with_and_without_colours() -> None:
    assert demo.changes(RECAP) == {"kovan": 0, "moonbasealpha": 2}


@pytest.mark.parametrize("output", ["", RECAP.replace("failed=0", "failed=1"), RECAP.replace("able=0", "able=1")])
def test_a_run_without_a_recap_or_with_a_failed_host_is_no_success(output: str) -> None:
    with pytest.raises(demo.DemoError):
        demo.changes(output)


def test_a_second_run_that_changes_something_is_no_success() -> None:
    assert demo.unchanged(RECAP.replace("changed=2", "changed=0")) == "kovan, moonbasealpha"
    with pytest.raises(demo.DemoError, match=r"the second run changed something: \{'moonbasealpha': 2\}"):
        demo.unchanged(RECAP)


def test_the_chains_are_those_of_staging_and_its_bank_is_given_money(tmp_path: Path) -> None:
    said: list[str] = []
    hosts = (ROOT / "inventories" / "staging" / "host_vars").glob("*.yml")
    settings = {host.stem: yaml.safe_load(host.read_text(encoding="utf-8"))["agent_ops_network"] for host in hosts}
    bank = "0x4EE4748907ECd756d5C881DBDE32b6ec313AA2f1"
    keys = {"signing_keys": [{"name": "staging-kovan-watcher-signer"}, {"name": "staging-bank", "address": bank}]}
    (tmp_path / "signing_keys.json").write_text(json.dumps(keys), encoding="utf-8")
    with ExitStack() as stack:
        chains = demo_funding.start_chains(stack, said.append)
        assert json.loads(demo_funding.variables(chains)["AGENT_OPS_SANDBOX_RPC_URLS"]) == chains
        assert demo_funding.fill_bank(chains, tmp_path) == bank
        for name, url in chains.items():
            assert int(JsonRpc(url).call("eth_chainId"), 16) == settings[name]["chain_id"]
            assert int(JsonRpc(url).call("eth_getBalance", bank, "latest"), 16) == 4000 * 10**18
            assert f"{name}, chain {settings[name]['chain_id']}: {url}" in said
    assert chains.keys() == settings.keys()


def no_node(monkeypatch: pytest.MonkeyPatch) -> str:
    return "node 20 or later is needed, and npm 9 or later, but no usable node was found on PATH"


def no_package(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    monkeypatch.setattr(demo_funding, "install", lambda: False)
    return "There is no anvil, neither as "


@pytest.mark.parametrize("lack", [no_node, no_package])
def test_where_there_can_be_no_chain_the_funding_is_left_out(
    lack: Callable[[pytest.MonkeyPatch], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    reason = lack(monkeypatch)
    demo.fund("http://127.0.0.1:1")
    out = capsys.readouterr().out
    assert "Left out, since there is no chain on this machine" in out
    assert reason in out
    assert "fund.yml" not in out


@pytest.fixture
def make(tmp_path: Path) -> str:
    script = tmp_path / "make"
    script.write_text('#!/bin/sh\n[ "$2" != bad ]\n')
    script.chmod(0o755)
    return str(script)


def test_all_stages_run_and_the_last_line_names_those_that_failed(
    make: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stages.main([make, "bad", "good"]) == 1
    out = capsys.readouterr().out
    assert "===== make good =====" in out
    assert out.splitlines()[-1].startswith("FAILED after 0 s: bad.")


def test_the_last_line_says_that_all_passed(make: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert stages.main([make, "good", "fine"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "All of it passed in 0 s: good, fine."


def test_stages_side_by_side_are_all_run_and_heard(make: str, capfd: pytest.CaptureFixture[str]) -> None:
    Path(make).write_text('#!/bin/sh\necho "this is $2"\n[ "$2" != bad ]\n')
    assert stages.main([make, "good/bad/fine"]) == 1
    out = capfd.readouterr().out
    for stage in ("good", "bad", "fine"):
        assert f"this is {stage}" in out
    assert out.splitlines()[-1].startswith("FAILED after 0 s: bad.")
