# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils import _contract_config_converge as converging
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config import wanted
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config_options import Source, sources
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config_plan import Planned, failures, plan

from tests.contract_world import NETWORKS, core_config, setting, text_of


def entry(path: Path, network: str, **more: Any) -> dict[str, Any]:
    return {"path": str(path), "network": network, "format": None, "environment": None, **more}


def params(files: list[dict[str, Any]], *, sandbox: bool = False, root: str = "artifacts") -> dict[str, Any]:
    return {"environment": "staging", "files": files, "sandbox": sandbox, "artifacts_root": root}


@pytest.fixture
def files(tmp_path: Path) -> list[dict[str, Any]]:
    found = []
    for network in NETWORKS:
        path = tmp_path / f"{network}.json"
        path.write_text(text_of(core_config()), encoding="utf-8")
        found.append(entry(path, network))
    return found


def prepared(given: dict[str, Any]) -> tuple[list[Source], list[Planned]]:
    found = sources(given, NETWORKS)
    return found, plan(setting(), [one.document for one in found], wanted(setting()))


@pytest.mark.parametrize("sandbox", [False, True])
def test_a_file_that_cannot_be_written_fails_its_network_and_the_next_run_finishes(
    files: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: bool
) -> None:
    given = params(files, sandbox=sandbox, root=str(tmp_path / "artifacts"))
    name = "write_copy" if sandbox else "replace_text"
    write = getattr(converging, name)

    def full(file: Any, *arguments: Any) -> None:
        if "rinkeby" in str(file):
            raise ValueError("rinkeby.json cannot be written: No space left on device")
        write(file, *arguments)

    monkeypatch.setattr(converging, name, full)
    done = "created" if sandbox else "updated"
    rows = converging.converge(*prepared(given), dry_run=False)
    assert [row["action"] for row in rows] == [done, "failed", done]
    assert failures(rows) == ["rinkeby: rinkeby.json cannot be written: No space left on device"]
    monkeypatch.undo()
    rows = converging.converge(*prepared(given), dry_run=False)
    assert [row["action"] for row in rows] == ["unchanged", done, "unchanged"]
    assert all(json.loads(Path(row["file"]).read_text())["watchers"] for row in rows)


def test_two_files_with_one_copy_are_refused(tmp_path: Path) -> None:
    found = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / "core.json"
        path.write_text(text_of(core_config()), encoding="utf-8")
        found.append(entry(path, "kovan"))
    assert sources(params(found), NETWORKS)
    with pytest.raises(
        ValueError, match=r"would have the same copy in a sandbox run, kovan/core.json\. Expected: files"
    ):
        sources(params(found, sandbox=True), NETWORKS)
    other = sources(params([found[0], {**found[1], "network": "rinkeby"}], sandbox=True), NETWORKS)
    assert [str(one.copy) for one in other] == [
        "artifacts/sandbox/staging/contract_config/kovan/core.json",
        "artifacts/sandbox/staging/contract_config/rinkeby/core.json",
    ]


def test_a_users_files_are_never_where_those_of_a_sandbox_run_are_written(files: list[dict[str, Any]]) -> None:
    assert all(one.copy is None for one in sources(params(files), NETWORKS))
    assert all(one.copy is not None for one in sources(params(files, sandbox=True), NETWORKS))


def test_a_copy_that_cannot_be_read_fails_its_network_alone(files: list[dict[str, Any]], tmp_path: Path) -> None:
    given = params(files, sandbox=True, root=str(tmp_path / "artifacts"))
    found = prepared(given)
    converging.converge(*found, dry_run=False)
    broken = found[0][1].copy
    assert broken is not None
    broken.write_bytes(b"\xff")
    rows = converging.converge(*found, dry_run=False)
    assert [row["action"] for row in rows] == ["unchanged", "failed", "unchanged"]
    assert failures(rows) == [f"rinkeby: {broken} is not UTF-8 text: byte 0 cannot be read as such"]
