# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service Keymaster is installed on a fresh host, changed, removed, and written for those who run containers."""

from __future__ import annotations

import getpass
import grp
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path
from typing import Any

import check_jsonschema
import jsonschema
import pytest
import yaml
from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_config import read_config

from tests import bare_library
from tests.playbooks.conftest import Play, Played

COMPOSE_SCHEMA = Path(check_jsonschema.__file__).parent / "builtin_schemas" / "vendor" / "compose-spec.json"
API_KEY = "0f7c51d2e94b4a6f8e1d"
URLS = {name: f"http://127.0.0.1:1/v3/{API_KEY}{name}" for name in ("kovan", "moonbasealpha")}
BANK = {"agent_ops_additional_keys": [{"agent": "bank"}], "wallet_funding_store": "s3://nomad-staging-funding/wallets"}

# Makes Python environments as venv does, with libraries that are linked there, and a pip that says what it is asked.
PYTHON = """#!/bin/sh
set -eu
[ "$1 $2 $3" = "-m venv --clear" ]
{python} -m venv --clear --without-pip "$4"
echo {library} > "$4"/lib/python{version}/site-packages/linked.pth
cat > "$4"/lib/python{version}/site-packages/pip.py <<'END'
import sys
open("{folder}/pip", "a").write(" ".join(sys.argv[1:]) + "\\n")
END
"""
# Says yes to everything, and writes down what it was asked.
SYSTEMCTL = """#!/bin/sh
echo "$*" >> {folder}/systemctl
case "$*" in
  "show keymaster.service") printf 'LoadState=loaded\\nActiveState=%s\\n' "$(cat {folder}/state || echo inactive)" ;;
  "is-enabled "*) [ -e {folder}/enabled ] && echo enabled || {{ echo disabled; exit 1; }} ;;
  "start "*|"restart "*) echo active > {folder}/state ;;
  "stop "*) echo inactive > {folder}/state ;;
  "enable "*) touch {folder}/enabled ;;
  "disable "*) rm -f {folder}/enabled ;;
esac
exit 0
"""


class Host:
    """A host of the group keymasters: this machine, with all that is installed below a folder."""

    def __init__(self, folder: Path, play: Play) -> None:
        self.folder = folder
        self._play = play
        tools = folder / "bin"
        tools.mkdir(parents=True)
        bare_library.make(folder / "library")
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        facts = {"folder": folder, "library": folder / "library", "python": sys.executable, "version": version}
        for name, text in (("python", PYTHON), ("systemctl", SYSTEMCTL)):
            (tools / name).write_text(text.format(**facts), encoding="utf-8")
            (tools / name).chmod(0o755)
        user = getpass.getuser()
        variables = {
            "ansible_connection": "local",
            "ansible_pipelining": True,
            "ansible_python_interpreter": sys.executable,
            "keymaster_become": False,
            "keymaster_packages": [],
            "keymaster_manage_user": False,
            "keymaster_user": user,
            "keymaster_group": grp.getgrgid(os.getgid()).gr_name,
            "keymaster_python": str(tools / "python"),
            "keymaster_directory": str(folder / "opt"),
            "keymaster_config_directory": str(folder / "etc"),
            "keymaster_state_directory": str(folder / "var"),
            "keymaster_unit_directory": str(folder / "units"),
            "keymaster_hosts_in_sandbox": True,
        }
        (folder / "units").mkdir()
        inventory = {"keymasters": {"hosts": {"vault": variables}}}
        (folder / "hosts.yml").write_text(yaml.safe_dump(inventory), encoding="utf-8")

    def play(self, *options: str, **values: Any) -> Played:
        given = json.dumps({**BANK, **values})
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        return self._play(
            "staging",
            "sandbox",
            playbook="keymaster.yml",
            options=("-i", str(self.folder / "hosts.yml"), "-e", given, *options),
            environment={"AGENT_OPS_SANDBOX_RPC_URLS": json.dumps(URLS), "PATH": path},
        )

    def asked(self, program: str) -> list[str]:
        """Return what a program was asked since the last time."""
        file = self.folder / program
        told = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return told

    def files(self) -> dict[str, str]:
        return {
            str(path.relative_to(self.folder)): oct(stat.S_IMODE(path.stat().st_mode))
            for top in ("etc", "units")
            for path in sorted((self.folder / top).rglob("*"))
        }


@pytest.fixture
def host(tmp_path: Path, play: Play) -> Host:
    return Host(tmp_path / "host", play)


def summary(played: Played, name: str) -> dict[str, int]:
    match = re.search(rf"^{name} +: (.*)$", played.output, re.MULTILINE)
    assert match, played.output
    return {word: int(number) for word, number in re.findall(r"(\w+)=(\d+)", match[1])}


def test_a_fresh_host_gets_the_service_and_loses_it_again(host: Host, tmp_path: Path) -> None:
    planned = host.play("--check", "--diff")
    assert planned.code == 0, planned.output
    assert summary(planned, "vault")["changed"] > 5
    assert not (host.folder / "opt").exists()
    assert not host.files()

    done = host.play("--diff")
    assert done.code == 0, done.output
    (venv,) = (host.folder / "opt").glob("venv-*")
    assert host.files() == {
        "etc/credentials": "0o700",
        "etc/credentials/KOVAN_RPC_URL": "0o600",
        "etc/credentials/MOONBASEALPHA_RPC_URL": "0o600",
        "etc/credentials/aws_credentials": "0o600",
        "etc/keymaster.json": "0o640",
        "units/keymaster.service": "0o644",
    }
    assert (host.folder / "etc/credentials/KOVAN_RPC_URL").read_text() == URLS["kovan"]
    config = (host.folder / "etc/keymaster.json").read_text()
    assert read_config(config).bank_key == "staging-bank"
    for text in (config, (host.folder / "units/keymaster.service").read_text(), done.output, planned.output):
        assert API_KEY not in text
        assert "embedded+aws" not in text
    assert host.asked("pip") == [
        f"install --quiet --disable-pip-version-check --requirement {venv}/wanted.txt",
    ]
    assert (venv / "requirements.txt").read_text() == bare_library.REQUIREMENTS.read_text()
    asked = host.asked("systemctl")
    assert next(line for line in asked if line.startswith(("start", "enable", "restart"))) == "enable keymaster.service"
    assert (host.folder / "state").read_text() == "active\n"

    check_unit(host.folder / "units/keymaster.service")

    # Again: nothing to do, and nothing is said to be done.
    again = host.play()
    assert summary(again, "vault")["changed"] == 0, again.output
    assert not [line for line in host.asked("systemctl") if line.startswith(("start", "stop", "restart"))]
    assert not host.asked("pip")

    # Another setting, one network less, and another list of libraries: the service begins anew, once.
    (tmp_path / "exact.txt").write_text("boto3==1.40.0\n", encoding="utf-8")
    wishes: dict[str, Any] = {
        "keymaster_interval_seconds": 30,
        "keymaster_rpc_urls": {"kovan": URLS["kovan"]},
        "keymaster_requirements": str(tmp_path / "exact.txt"),
        "keymaster_pip_arguments": ["--require-hashes"],
    }
    changed = host.play(**wishes)
    assert changed.code == 0, changed.output
    assert [line for line in host.asked("systemctl") if "restart" in line] == ["restart keymaster.service"]
    assert json.loads((host.folder / "etc/keymaster.json").read_text())["interval_seconds"] == 30
    assert not (host.folder / "etc/credentials/MOONBASEALPHA_RPC_URL").exists()
    assert "MOONBASEALPHA" not in (host.folder / "units/keymaster.service").read_text()
    assert host.asked("pip")[0].endswith("/wanted.txt --require-hashes")
    # Another list is another environment, and the former one goes when nothing runs from it any more.
    assert not venv.exists()

    removed = host.play(keymaster_state="absent")
    assert removed.code == 0, removed.output
    assert not host.files()
    assert not (host.folder / "opt").exists()
    assert (host.folder / "var").exists()
    assert (host.folder / "state").read_text() == "inactive\n"


def test_what_is_refused(host: Host) -> None:
    without = host.play(agent_ops_additional_keys=[])
    assert "The environment staging has 0 keys that could be the bank (none). Expected: one." in without.told
    agents = host.play(wallet_funding_bank_key="staging-kovan-kathy-signer")
    assert "wallet_funding_bank_key is staging-kovan-kathy-signer, which is the kathy's own key" in agents.told
    without = host.play(wallet_funding_store="")
    assert (
        "The service tops wallets up, and there is no wallet_funding_store. Expected: s3://bucket/prefix"
        in without.told
    )
    sandbox = host.play(keymaster_hosts_in_sandbox=False)
    assert "whose keys are no real ones: nothing is installed on vault (keymaster_hosts_in_sandbox)" in sandbox.told
    assert not host.files()


def check_unit(unit: Path) -> None:
    """What systemd itself says of the unit: whether it is right, and how little it may do."""
    lines = unit.read_text().splitlines()
    assert f"LoadCredential=KOVAN_RPC_URL:{unit.parents[1]}/etc/credentials/KOVAN_RPC_URL" in lines
    assert "TimeoutStopSec=240" in lines
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        warnings.warn("The unit was NOT analysed: there is no systemd-analyze on PATH", stacklevel=1)
        return
    command = [analyze, "security", "--offline=yes", "--threshold=30", "--no-pager", str(unit)]
    score = subprocess.run(command, capture_output=True, text=True, check=False)
    told = re.search(r"Overall exposure level for keymaster.service: ([0-9.]+)", score.stdout)
    assert told, score.stdout + score.stderr
    assert score.returncode == 0
    assert float(told[1]) < 3.0
    verified = subprocess.run([analyze, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")


def documents(folder: Path) -> dict[str, dict[str, Any]]:
    text = (folder / "kubernetes.yaml").read_text(encoding="utf-8")
    return {document["kind"]: document for document in yaml.safe_load_all(text)}


def test_what_containers_run(play: Play, tmp_path: Path) -> None:
    def write(**values: Any) -> Played:
        given = ("-e", json.dumps({**BANK, **values}))
        return play("staging", "sandbox", playbook="keymaster.yml", options=given)

    done = write()
    assert done.code == 0, done.output
    folder = tmp_path / "artifacts/sandbox/staging/keymaster"
    names = {"Containerfile", "alerts.yml", "compose.yaml", "dashboard.json", "keymaster.json", "keymaster.pyz"}
    assert {path.name for path in folder.iterdir()} == {*names, "kubernetes.yaml", "requirements.txt"}
    again = write()
    assert summary(again, "kovan")["changed"] + summary(again, "moonbasealpha")["changed"] == 0
    assert "_keymaster.py" in " ".join(zipfile.ZipFile(folder / "keymaster.pyz").namelist())
    assert read_config((folder / "keymaster.json").read_text()).listen_address == "0.0.0.0"  # noqa: S104
    for path in folder.iterdir():
        assert b"SANDBOX0ACCESS0KEY0" not in path.read_bytes()
        assert b"embedded+aws" not in path.read_bytes()

    compose = yaml.safe_load((folder / "compose.yaml").read_text())
    jsonschema.validate(compose, json.loads(COMPOSE_SCHEMA.read_text()))
    service = compose["services"]["keymaster"]
    assert service["ports"] == ["127.0.0.1:9090:9090"]
    assert service["environment"][:2] == ["MOONBASEALPHA_RPC_URL", "KOVAN_RPC_URL"]
    assert (service["read_only"], service["cap_drop"], service["stop_grace_period"]) == (True, ["ALL"], "240s")

    found = documents(folder)
    assert set(found) == {"ServiceAccount", "ConfigMap", "Deployment"}
    check_deployment(found["Deployment"], found["ConfigMap"])
    assert json.loads(found["ConfigMap"]["data"]["keymaster.json"]) == json.loads(
        (folder / "keymaster.json").read_text()
    )

    assert write(wallet_funding_store="/var/lib/keymaster", keymaster_port=9100).code == 0
    found = documents(folder)
    assert set(found) == {"ServiceAccount", "ConfigMap", "PersistentVolumeClaim", "Deployment"}
    check_deployment(found["Deployment"], found["ConfigMap"])
    compose = yaml.safe_load((folder / "compose.yaml").read_text())
    jsonschema.validate(compose, json.loads(COMPOSE_SCHEMA.read_text()))
    assert "keymaster:/var/lib/keymaster" in compose["services"]["keymaster"]["volumes"]
    assert write(keymaster_state="absent").code == 0
    assert not folder.exists()


def check_deployment(deployment: dict[str, Any], config: dict[str, Any]) -> None:
    """What a cluster would refuse, and what Pod Security's level restricted asks for."""
    assert deployment["apiVersion"] == "apps/v1"
    spec = deployment["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    template = spec["template"]
    assert spec["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    pod = template["spec"]
    assert all(isinstance(text, str) for text in template["metadata"]["annotations"].values())
    assert set(pod) == {
        *("serviceAccountName", "automountServiceAccountToken", "enableServiceLinks", "securityContext", "volumes"),
        *("terminationGracePeriodSeconds", "containers"),
    }
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    (container,) = pod["containers"]
    assert set(container) == {
        *("name", "image", "securityContext", "envFrom", "ports", "livenessProbe", "readinessProbe", "resources"),
        "volumeMounts",
    }
    context = container["securityContext"]
    assert (context["allowPrivilegeEscalation"], context["capabilities"]) == (False, {"drop": ["ALL"]})
    assert container["envFrom"] == [{"secretRef": {"name": "keymaster-staging"}}]
    names = {port["name"] for port in container["ports"]}
    for probe in ("livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["port"] in names
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    assert config["metadata"]["name"] == pod["volumes"][0]["configMap"]["name"]
