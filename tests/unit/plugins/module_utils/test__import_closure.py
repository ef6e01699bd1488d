# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service's program: found by its imports, the same every time, and run where there is no ansible."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from ansible_collections.interchain.agent_ops.plugins.module_utils import _keymaster
from ansible_collections.interchain.agent_ops.plugins.module_utils._import_closure import PACKAGE, archive, closure
from ansible_collections.interchain.agent_ops.plugins.plugin_utils._keymaster_program import program

from tests import bare_library
from tests.unit.plugins.module_utils.keymaster_world import text

ROOT = Path(__file__).resolve().parents[4]


def named(**files: str) -> dict[str, str]:
    return {f"_{name}": f"{content}\n" for name, content in files.items()}


def test_all_ways_of_importing_are_followed() -> None:
    files = named(
        a=f"import os\nfrom {PACKAGE}._b import x\nfrom {PACKAGE} import _c, _d",
        b=f"def f():\n    import {PACKAGE}._e",
        c="from datetime import UTC",
        d=f"from {PACKAGE}._a import y",
        e="",
        f="raise RuntimeError",
    )
    assert closure("_a", files.get) == ["_a", "_b", "_c", "_d", "_e"]


@pytest.mark.parametrize(
    ("source", "error"),
    [
        (
            "from ansible.module_utils.basic import AnsibleModule",
            "_a.py imports ansible.module_utils.basic. Expected: nothing of ansible, where a service runs without it",
        ),
        (
            "import ansible_collections.amazon.aws",
            "_a.py imports ansible_collections.amazon.aws. Expected: nothing of ansible, where a service runs without"
            " it",
        ),
        ("from . import _b", "_a.py imports .. Expected: imports by their whole names"),
        (f"from {PACKAGE}._z import x", "there is no _z.py in module_utils. Expected: all that _a.py imports"),
    ],
)
def test_what_would_not_be_there_is_refused(source: str, error: str) -> None:
    with pytest.raises(ValueError, match="Expected: ") as refused:
        closure("_a", named(a=source).get)
    assert str(refused.value) == error


def test_the_same_files_are_the_same_archive() -> None:
    files = named(a=f"from {PACKAGE}._b import main", b="def main(): return 7")
    first = archive("_a", files.get)
    assert first == archive("_a", dict(reversed(files.items())).get)
    assert zipfile.ZipFile(io.BytesIO(first)).testzip() is None


def run(*command: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_the_service_runs_without_ansible(tmp_path: Path) -> None:
    names = bare_library.make(tmp_path / "library")
    assert {"boto3", "prometheus-client", "rlp", "eth-hash"} <= names
    assert not {"ansible-core", "pyyaml", "jinja2"} & names
    (tmp_path / "keymaster.pyz").write_bytes(program())
    (tmp_path / "keymaster.json").write_text(text(), encoding="utf-8")
    environment = {"PYTHONPATH": f"{tmp_path}/keymaster.pyz:{tmp_path}/library", "PYTHONDONTWRITEBYTECODE": "1"}
    # -S: without what else is installed for this Python.
    python = (sys.executable, "-S")
    ansible = run(*python, "-c", "import ansible", folder=tmp_path, environment=environment)
    assert "No module named 'ansible'" in ansible.stderr
    told = f"{tmp_path}/keymaster.json is right: 4 wallets on 2 networks\n"
    for how in ((f"{tmp_path}/keymaster.pyz",), ("-m", f"{PACKAGE}._keymaster")):
        arguments = ("--check-config", "--config", f"{tmp_path}/keymaster.json")
        done = run(*python, *how, *arguments, folder=tmp_path, environment=environment)
        assert (done.returncode, done.stdout, done.stderr) == (0, told, "")


def test_a_wrong_configuration_is_told_and_ends_the_service(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "keymaster.json"
    for content, error in (
        (json.dumps([]), f"{file} is not a mapping. Expected: the file that the role keymaster writes\n"),
        (
            text(funding={"kovan": {"threshold": "2", "target": "1"}}),
            "The funding of kovan has a threshold above its t",
        ),
        (
            text(agents=["updater", "relayer"], networks={"kovan": {"replicas": ["x"]}}, funding={}),
            f"{file}: signing_k",
        ),
    ):
        file.write_text(content, encoding="utf-8")
        assert _keymaster.main(["--config", str(file)]) == 2
        assert capsys.readouterr().err.startswith(error)
    assert _keymaster.main(["--config", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err == f"{tmp_path}/none cannot be read: No such file or directory\n"
    file.write_bytes(b"\xff")
    assert _keymaster.main(["--config", str(file)]) == 2


def test_the_version_is_the_collections() -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    assert galaxy["version"] == _keymaster.VERSION
    role = yaml.safe_load((ROOT / "roles/keymaster/vars/main.yml").read_text(encoding="utf-8"))
    assert role["__keymaster_version"] == galaxy["version"]
