# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys of the environments beside a run's own, as a template asks for them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[4]
ADHOC = Path(sys.executable).parent / "ansible"
QUERY = "{{ query('interchain.agent_ops.sibling_environments'%s) | to_json }}"


def ask(inventory: Path, *folders: str, extra: str = "{}") -> tuple[int, str]:
    expression = QUERY % "".join(f", {folder!r}" for folder in folders)
    done = subprocess.run(
        [str(ADHOC), "localhost", "-i", str(inventory), "-m", "debug", "-a", f"msg={expression}", "-e", extra],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(inventory.parent), "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def found(output: str) -> list[dict[str, Any]]:
    told = json.loads(output[output.index("{") :])["msg"]
    return list(json.loads(told) if isinstance(told, str) else told)


def environment(root: Path, name: str, *, networks: str = "kovan: {}", more: str = "") -> Path:
    folder = root / name
    (folder / "group_vars").mkdir(parents=True)
    (folder / "hosts").write_text(f"networks:\n  hosts:\n    {networks}\n", encoding="utf-8")
    text = f"agent_ops_environment: {name}\nagent_ops_agents: {{relayer: [signer]}}\nagent_ops_aws_region: eu-west-1\n"
    (folder / "group_vars" / "all.yml").write_text(text + more, encoding="utf-8")
    return folder


def test_the_shipped_environments_beside_staging() -> None:
    code, output = ask(ROOT / "inventories" / "staging")
    assert code == 0, output
    environments = {entry["environment"]: entry for entry in found(output)}
    assert set(environments) == {"development", "production"}
    production = environments["production"]
    assert production["backend"] == "kms"
    assert len(production["signing_keys"]) == 18
    assert production["signing_keys"][0] == {
        "name": "production-ethereum-watcher-signer",
        "environment": "production",
        "backend": "kms",
        "network": "ethereum",
        "agent": "watcher",
        "purpose": "signer",
        "region": "us-west-2",
    }
    assert environments["development"]["backend"] == "secretsmanager"


def test_templates_excluded_keys_and_regions_are_read_and_an_rpc_url_is_not(tmp_path: Path) -> None:
    own = environment(tmp_path, "mine")
    other = environment(
        tmp_path,
        "other",
        more="agent_ops_key_name_template: '{{ \"{environment}\" }}/{network}/{agent}-{purpose}'\n"
        "agent_ops_additional_keys: [{agent: bank}]\n"
        "agent_ops_network:\n  aws_region: us-east-1\n  rpc_url: \"{{ lookup('file', '/nowhere/a/secret') }}\"\n",
    )
    (tmp_path / "notes").mkdir()
    code, output = ask(own)
    assert code == 0, output
    (entry,) = found(output)
    assert entry["source"] == str(other)
    keys = {key["name"]: key["region"] for key in entry["signing_keys"]}
    assert keys == {"other-bank": "eu-west-1", "other/kovan/relayer-signer": "us-east-1"}


def test_what_the_command_line_says_is_about_the_runs_own_environment(tmp_path: Path) -> None:
    own = environment(tmp_path, "mine")
    environment(tmp_path, "other")
    extra = {"agent_ops_environment": "mine", "agent_ops_agents": {"watcher": ["signer"]}}
    code, output = ask(own, extra=json.dumps(extra))
    assert code == 0, output
    assert [key["name"] for key in found(output)[0]["signing_keys"]] == ["other-kovan-relayer-signer"]


def test_named_inventories_are_taken_instead_and_the_same_environment_is_left_out(tmp_path: Path) -> None:
    own = environment(tmp_path / "a", "mine")
    again = environment(tmp_path / "b", "mine")
    other = environment(tmp_path / "c", "other")
    assert found(ask(own, str(again), str(other))[1])[0]["environment"] == "other"
    assert len(found(ask(own, str(again), str(other))[1])) == 1


@pytest.mark.parametrize("more", ["agent_ops_key_name_template: '{chain}'\n", "agent_ops_agents: nonsense\n"])
def test_an_environment_that_cannot_be_read_is_an_error(tmp_path: Path, more: str) -> None:
    own = environment(tmp_path, "mine")
    environment(tmp_path, "other", networks="{kovan: {}, goerli: {}}", more=more)
    code, output = ask(own)
    assert code != 0
    told = " ".join(output.split())
    assert f"The environment beside this one in {tmp_path}/other cannot be read" in told
    assert "name the right ones in signer_iam_other_inventories" in told


@pytest.mark.parametrize("term", ["nowhere", "{root}/notes"])
def test_an_inventory_that_is_named_and_is_not_there_is_an_error(tmp_path: Path, term: str) -> None:
    own = environment(tmp_path, "mine")
    (tmp_path / "notes").mkdir()
    code, output = ask(own, term.format(root=tmp_path))
    assert code != 0
    assert "there is no folder with a file called hosts" in " ".join(output.split())


def test_an_inventory_may_be_named_by_its_file(tmp_path: Path) -> None:
    own, other = environment(tmp_path, "mine"), environment(tmp_path, "other")
    for folder in (own, other):
        (folder / "hosts").rename(folder / "hosts.yml")
    assert [entry["source"] for entry in found(ask(own / "hosts.yml")[1])] == [str(other)]
    assert [entry["source"] for entry in found(ask(own, str(other / "hosts.yml"))[1])] == [str(other)]
