# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""agent_config.yml as a person runs it: files here, files on a host, and what restarts there."""

from __future__ import annotations

import json
import os
from pathlib import Path
from secrets import token_hex

import boto3
import yaml
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import environment_keys

from sandbox.client import Sandbox
from tests.hyperlane.install import install
from tests.hyperlane.test_agent_json import problems
from tests.module.hex_keys import contents, plant
from tests.playbooks.conftest import ROOT, Play
from tests.playbooks.test_development import forms, private_keys

STAGING = ("staging", "sandbox")
PURPOSES = {
    **{agent: ["signer", "attestation"] for agent in ("updater", "watcher")},
    **{agent: ["signer"] for agent in ("processor", "relayer", "kathy")},
}
URL = "http://127.0.0.1:8545/v3/apikey-3c0de5f1"
CHECKPOINTS = "hyperlane-testnet-checkpoints-123456789012"
BOTH_TAGS = ("--tags", "signing_keys,agent_config")


def both(folder: Path) -> str:
    """A playbook that provisions keys and configures agents with them."""
    names = ("interchain.agent_ops.provision", "interchain.agent_ops.agent_config")
    playbook = folder / "both.yml"
    playbook.write_text(yaml.safe_dump([{"ansible.builtin.import_playbook": name} for name in names]))
    return str(playbook)


def held(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_files_are_written_installed_and_agents_restarted(play: Play, tmp_path: Path) -> None:
    host, log, fails = tmp_path / "host", tmp_path / "docker.log", tmp_path / "docker.fails"
    docker = tmp_path / "docker"
    docker.write_text(f'#!/bin/sh\ntest ! -e {fails} || exit 1\necho "$@" >> {log}\n')
    docker.chmod(0o755)
    inventory = tmp_path / "machines.yml"
    inventory.write_text(
        yaml.safe_dump(
            {
                "agents": {
                    "hosts": {"runner": {"agent_config_runs": ["kovan-updater", "kovan-relayer"]}},
                    "vars": {
                        "ansible_connection": "local",
                        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
                        "agent_config_hosts_in_sandbox": True,
                        "agent_config_host_become": False,
                        "agent_config_host_owner": os.geteuid(),
                        "agent_config_host_group": os.getegid(),
                        "agent_config_host_directory": str(host),
                        "agent_config_restart": "compose",
                        "agent_config_docker": str(docker),
                    },
                }
            }
        )
    )
    outputs: list[str] = []

    def run(*options: str, playbook: str = "agent_config.yml", **more: object) -> str:
        settings = json.dumps({"agent_config_targets": ["env", "compose"], **more})
        played = play(
            *STAGING,
            playbook=playbook,
            options=("-i", str(inventory), "-e", settings, "--diff", "-vvv", *options),
            environment={"AGENT_OPS_SANDBOX_RPC_URL": URL},
        )
        outputs.append(played.output)
        return played.output

    def restarted() -> list[str]:
        return sorted(line.split()[-1] for line in log.read_text().splitlines())

    # Both in one run, so that the keys are those that the run has just made.
    run(*BOTH_TAGS, playbook=both(tmp_path))
    here = tmp_path / "artifacts/sandbox/staging/agents/opt"
    for agent in ("updater", "relayer"):
        installed = host / "opt/kovan" / f"{agent}.env"
        assert installed.read_text() == (here / "kovan" / f"{agent}.env").read_text()
        assert installed.stat().st_mode & 0o777 == 0o600
    assert not (host / "opt/kovan/watcher.env").exists()
    services = yaml.safe_load((host / "opt/compose.yaml").read_text())["services"]
    assert list(services) == ["kovan-updater", "kovan-relayer"]
    assert restarted() == ["kovan-relayer", "kovan-updater"]
    log.unlink()
    changed = {"agent_config_settings": {"relayer": {"interval": 12}}}
    before = held(here) | held(host)
    planned = run("--check", **changed)
    assert "11 files, 2 of them change" in planned
    assert "would update  opt/kovan/relayer.env (OPT_RELAYER_INTERVAL)" in planned
    assert "opt/kovan/relayer.env would be installed" in planned
    assert "opt/kovan/updater.env would be installed" not in planned
    assert before == {
        path: path.read_bytes() for folder in (here, host) for path in folder.rglob("*") if path.is_file()
    }
    # Docker does not do what it is asked for: the next run finishes that, and writes nothing.
    fails.touch()
    assert "Restart the Compose service kovan-relayer" in run(**changed)
    fails.unlink()
    again = run(**changed)
    assert restarted() == ["kovan-relayer"]
    assert "11 files as wanted" in again
    recap = {line.split()[0]: line for line in again.splitlines() if "unreachable=" in line}
    # What is to be restarted, and the restart.
    counts = {host: line.split("changed=")[1].split()[0] for host, line in recap.items()}
    assert counts == {"kovan": "0", "localhost": "0", "moonbasealpha": "0", "runner": "2", "staging": "0"}
    assert URL in (here / "kovan/updater.env").read_text()
    # Nothing but the image is another one.
    log.unlink()
    run(agent_config_images={"opt": "registry.example/agent:2"}, **changed)
    assert restarted() == ["kovan-relayer", "kovan-updater"]
    # A host whose agents are of a format that nobody wrote is told so, and not left without files.
    refused = run("--limit", "kovan,runner", agent_config_host_format="nomad", **changed)
    assert "agent_config_runs of runner names kovan-updater, kovan-relayer, for which this run wrote no env file" in (
        " ".join(refused.split())
    )
    assert not [output for output in outputs if "apikey" in output]


def test_a_hex_key_that_is_configured_is_shown_nowhere(play: Play, aws: Sandbox, tmp_path: Path) -> None:
    secrets = boto3.client("secretsmanager", **aws.boto3_arguments())
    specs = environment_keys({"kovan": {}}, environment="development", agents=PURPOSES)
    for number, spec in enumerate(specs, start=1):
        plant(secrets, spec.name, json.dumps(contents(f"0x{number:02x}{token_hex(31)}", spec.name)))
    played = play(
        *("development", "sandbox"),
        playbook="agent_config.yml",
        options=("--limit", "kovan", "-vvv", "--diff", "-e", "agent_config_targets=env,helm"),
    )
    assert played.code == 0, played.output
    files = [path for path in (tmp_path / "artifacts/sandbox/development/agents").rglob("*") if path.is_file()]
    written = "\n".join(path.read_text() for path in files)
    assert {path.parent.name for path in files} == {"kovan"}
    for key in private_keys(aws).values():
        # In the files of its agent, as plain as the agent needs it, and nowhere else.
        assert key.to_bytes(32, "big").hex() in written
        assert not [form for form in forms(key) if form in played.output]


def test_the_example_of_hyperlane_makes_keys_and_what_the_agents_read(play: Play, aws: Sandbox, tmp_path: Path) -> None:
    example = str(ROOT / "docs" / "examples" / "hyperlane")
    played = play("sandbox", options=("-i", example, "--tags", "signing_keys,proof_bucket,agent_config"))
    assert played.code == 0, played.output
    # Validators may write checkpoints, and nobody is refused who asks for one that is not there yet.
    assert "stays empty" not in played.output
    bucket = boto3.client("s3", **aws.boto3_arguments()).get_bucket_policy(Bucket=CHECKPOINTS)
    assert "s3:ListBucket" in bucket["Policy"]
    assert "6 keys: 6 created" in played.output
    folder = tmp_path / "artifacts/sandbox/testnet"
    rows = {
        row["name"]: row
        for row in json.loads((folder / "signing_keys.json").read_text(encoding="utf-8"))["signing_keys"]
    }
    files = sorted((folder / "agents/hyperlane").glob("*/*.json"))
    documents = [(path.stem, json.loads(path.read_text())) for path in files]
    assert len(documents) == 4
    validator = json.loads((folder / "agents/hyperlane/fuji/validator.json").read_text())
    assert validator["validator"]["id"] == rows["testnet-fuji-validator-attestation"]["key_id"]
    assert validator["chains"]["fuji"]["signer"]["id"] == rows["testnet-fuji-validator-signer"]["key_id"]
    assert validator["checkpointSyncer"]["bucket"] == CHECKPOINTS
    assert validator["checkpointSyncer"]["folder"] == "fuji"
    install()
    assert problems(ROOT / ".cache" / "hyperlane", documents) == [[], [], [], []]


def test_a_provisioning_that_fails_there_says_so_once(play: Play, tmp_path: Path) -> None:
    played = play(*STAGING, options=("--tags", "agent_config", "-e", "agent_config_run_env=../elsewhere"))
    assert played.code != 0
    # The task runs on one network for all, and the others have no error to tell of.
    _first, *others = [line for line in played.output.splitlines() if line.startswith("[ERROR]")]
    assert len(others) == 1
    assert 'staging is not as the inventory wants it: see the error above, of "Write what the agents read"' in others[0]
    assert not (tmp_path / "artifacts/sandbox/staging/agents").exists()
