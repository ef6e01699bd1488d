# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An environment whose agents are configured, for the tests of that, and its files as they were reviewed.

``sh tools/run.sh env PYTHONPATH=collections python -m tests.unit.plugins.module_utils.agent_world`` writes these files
anew. What then differs is to be read before it is committed.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from ansible_collections.interchain.agent_ops.plugins.module_utils import _agent_targets
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_build import Wish, make_agents, read_wish
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_model import Agent, Bucket, Common, File
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import environment_keys

GOLDEN = Path(__file__).parent / "agent_files"
ALL_TARGETS = ("env", "json", "yaml", "helm", "compose")
ATTESTING = ["signer", "attestation"]
BRIDGE = {
    "updater": ATTESTING,
    "watcher": ATTESTING,
    "relayer": ["signer"],
    "processor": ["signer"],
    "kathy": ["signer"],
}
HYPERLANE = {"validator": ATTESTING, "relayer": ["signer"]}
AGENTS_OF = {"opt": BRIDGE, "nomad": BRIDGE, "hyperlane": HYPERLANE}
URLS = {
    "kovan": "https://kovan.example/v3/apikey-5f0c?a=1&b=2",
    "moonbasealpha": "https://moonbase.example/apikey-77ab",
}
HEX_KEY = "8f2a559490d1c35e7b1f0ab4c2d9e6778855aa33cc0e1f7d6b5a49382716f5e4"


def contract(number: int) -> str:
    """An address without a checksum, which the files have with one."""
    return f"0x{number:040x}"


NETWORKS: dict[str, dict[str, Any]] = {
    "kovan": {
        "domain": 3000,
        "chain_id": 42,
        "replicas": ["moonbasealpha"],
        "home": contract(0xA1),
        "replica_addresses": {"moonbasealpha": contract(0xA2)},
        "connection_manager": contract(0xA3),
        "timelag": 5,
        "index": {"from": 100, "chunk": 1999},
        "hyperlane": {
            "mailbox": contract(0xB1),
            "merkleTreeHook": contract(0xB2),
            "interchainGasPaymaster": contract(0xB3),
            "validatorAnnounce": contract(0xB4),
            "blocks": {"confirmations": 1, "reorgPeriod": 14},
        },
    },
    "moonbasealpha": {
        "domain": 5000,
        "chain_id": 1287,
        "replicas": ["kovan"],
        "home": contract(0xC1),
        "replica_addresses": {"kovan": contract(0xC2)},
        "connection_manager": contract(0xC3),
        "timelag": 3,
        "hyperlane": {
            "mailbox": contract(0xD1),
            "merkleTreeHook": contract(0xD2),
            "interchainGasPaymaster": contract(0xD3),
            "validatorAnnounce": contract(0xD4),
        },
    },
}


def keys_of(
    agents: dict[str, list[str]], networks: dict[str, Any], template: str = "{environment}-{network}-{agent}-{purpose}"
) -> list[dict[str, Any]]:
    specs = environment_keys(networks, environment="staging", agents=agents, template=template)
    return [{**spec.as_dict(), "region": spec.region or "us-west-2"} for spec in specs]


def row_of(key: dict[str, Any], number: int = 1, **changes: Any) -> dict[str, Any]:
    """The row of a key, with an id and address that come from its place among the keys."""
    known = {name: key[name] for name in ("name", "environment", "network", "agent", "purpose", "region")}
    key_id = f"00000000-0000-4000-8000-{number:012x}"
    row = {
        **known,
        "backend": "kms",
        "alias": f"alias/{key['name']}",
        "key_id": key_id,
        "arn": f"arn:aws:kms:us-west-2:111122223333:key/{key_id}",
        "address": f"0x{number:040X}",
        "state": "Enabled",
        "action": "unchanged",
        "error": None,
        "tags": {name: key[name] for name in ("environment", "network", "agent", "purpose") if key[name]},
    }
    return {**row, **changes}


def rows_of(keys: list[dict[str, Any]], **changes: Any) -> dict[str, dict[str, Any]]:
    return {key["name"]: row_of(key, number, **changes) for number, key in enumerate(keys, start=1)}


def wish(form: str = "opt", **changes: Any) -> Wish:
    """What the inventory asks for, unless changed."""
    networks = changes.pop("networks", NETWORKS)
    purposes = changes.pop("purposes", AGENTS_OF[form])
    given: dict[str, Any] = {
        "networks": networks,
        "rpc_urls": URLS,
        "agents": list(purposes),
        "keys": changes["keys"] if "keys" in changes else keys_of(purposes, networks),
        "formats": [form],
        "targets": ["env"],
        "settings": {},
        "signer": "home",
        "protected": False,
        "strict": False,
    }
    return read_wish(**{**given, **changes})


def common(**changes: Any) -> Common:
    given: dict[str, Any] = {
        "environment": "staging",
        "project": "nomad",
        "db": "",
        "run_env": "staging",
        "metrics_port": 9090,
        "log_format": "json",
        "log_level": "info",
        "images": dict.fromkeys(("opt", "nomad", "hyperlane"), "registry.example/agent:1.0.0"),
        "bucket": Bucket("nomad-staging-proofs-111122223333", "us-west-2"),
    }
    return Common(**{**given, **changes})


def agents(
    form: str = "opt", *, hex_keys: bool = False, homes: tuple[str, ...] | None = None, **changes: Any
) -> dict[str, list[Agent]]:
    wanted = wish(form, **changes)
    among = list(changes.get("networks", NETWORKS)) if homes is None else list(homes)
    used = wanted.keys_of(among)
    rows = rows_of([dict(key) for key in used], **({"backend": "secretsmanager"} if hex_keys else {}))
    secrets = {key["name"]: HEX_KEY for key in used} if hex_keys else {}
    return make_agents(wanted, rows, secrets, reference="key_id", homes=among)


def files(
    form: str, targets: tuple[str, ...] = ALL_TARGETS, shared: Common | None = None, **changes: Any
) -> dict[str, File]:
    made = agents(form, targets=list(targets), **changes)
    return {file.path: file for file in _agent_targets.files(made, shared or common(), targets)}


REVIEWED = {
    "opt": (
        "opt/kovan/updater.env",
        "opt/kovan/watcher.env",
        "opt/kovan/processor.env",
        "opt/kovan/kathy.env",
        "opt/config/staging/kovan_config.json",
        "opt/config/staging/processor-partial.json",
        "opt/kovan/values.yaml",
        "opt/compose.yaml",
    ),
    "nomad": (
        "nomad/kovan/updater.env",
        "nomad/kovan/processor.env",
        "nomad/agent.json",
        "nomad/agent.yaml",
        "nomad/kovan/values.yaml",
        "nomad/compose.yaml",
    ),
    "hyperlane": (
        "hyperlane/kovan/validator.env",
        "hyperlane/kovan/relayer.env",
        "hyperlane/kovan/validator.json",
        "hyperlane/kovan/relayer.json",
        "hyperlane/kovan/validator.yaml",
        "hyperlane/kovan/values.yaml",
        "hyperlane/compose.yaml",
    ),
}
"""The files that were reviewed: of each format and target at least one."""


def main() -> None:
    shutil.rmtree(GOLDEN, ignore_errors=True)
    for form, paths in REVIEWED.items():
        made = files(form)
        for path in paths:
            place = GOLDEN / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(made[path].text, encoding="utf-8")


if __name__ == "__main__":
    main()
