# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An environment of three networks, its keys, and the deployment configurations that a project would have for it."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.interchain.agent_ops.plugins.module_utils._address import checksum_address
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config import Setting
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config_files import (
    Document,
    Expected,
    read_document,
)

ZERO = "0x" + "0" * 40
# A hub and two spokes: kovan carries replicas of both others, each of which carries one of kovan.
NETWORKS: dict[str, dict[str, Any]] = {
    "kovan": {"domain": 3000, "chain_id": 42, "replicas": ["rinkeby", "alfajores"]},
    "rinkeby": {"domain": 2000, "chain_id": 4, "replicas": ["kovan"]},
    "alfajores": {"domain": 1000, "chain_id": 44787, "replicas": ["kovan"]},
}
ENVIRONMENT = "staging"


def address(number: int) -> str:
    return checksum_address(f"0x{number:040x}")


def row(agent: str, network: str | None, number: int, *, purpose: str = "attestation", **more: Any) -> dict[str, Any]:
    name = "-".join(part for part in (ENVIRONMENT, network, agent, purpose) if part)
    return {
        "name": name,
        "environment": ENVIRONMENT,
        "network": network,
        "agent": agent,
        "purpose": purpose,
        "address": address(number),
        "action": "unchanged",
        "state": "Enabled",
        "error": None,
        **more,
    }


UPDATERS = {name: address(0xAA0000 + number) for number, name in enumerate(NETWORKS)}
WATCHERS = {name: address(0xBB0000 + number) for number, name in enumerate(NETWORKS)}


def rows() -> list[dict[str, Any]]:
    found = []
    for number, network in enumerate(NETWORKS):
        found.append(row("updater", network, 0xAA0000 + number))
        found.append(row("watcher", network, 0xBB0000 + number))
        found.append(row("updater", network, 0xCC0000 + number, purpose="signer"))
        found.append(row("relayer", network, 0xDD0000 + number, purpose="signer"))
    return found


def shared_rows() -> list[dict[str, Any]]:
    return [row("updater", None, 0xAA0000), row("watcher", None, 0xBB0000)]


def setting(**changes: Any) -> Setting:
    values: dict[str, Any] = {
        "environment": ENVIRONMENT,
        "networks": NETWORKS,
        "signing_keys": rows(),
        "only": list(NETWORKS),
        **changes,
    }
    return Setting(**values)


def contract(number: int) -> dict[str, str]:
    return {part: address(number + place) for place, part in enumerate(("implementation", "proxy", "beacon"))}


def nomad_config() -> dict[str, Any]:
    """Return a NomadConfig with a deployed core, in the order that published files have, and addresses of others."""
    names = list(NETWORKS)
    agent = {
        "rpcStyle": "ethereum",
        "db": "/usr/share/nomad",
        "metrics": 9090,
        "logging": {"fmt": "json", "level": "info"},
        "updater": {"interval": 5},
        "relayer": {"interval": 10},
        "processor": {"interval": 5, "allowed": None, "denied": None, "subsidizedRemotes": []},
        "watcher": {"interval": 5},
        "kathy": {"interval": 2000, "chat": {"type": "default"}},
    }
    config: dict[str, Any] = {
        "version": 0,
        "environment": ENVIRONMENT,
        "networks": names,
        "rpcs": {name: [f"https://{name}.example/v3/0f7c51d2e94b4a6f-private"] for name in names},
        "protocol": {"governor": {"domain": 3000, "id": address(0x990000)}, "networks": {}},
        "core": {},
        "bridge": {},
        "agent": dict.fromkeys(names, agent),
        "gas": dict.fromkeys(names, "evmDefault"),
        "bridgeGui": {},
    }
    for number, (name, settings) in enumerate(NETWORKS.items()):
        config["protocol"]["networks"][name] = {
            "name": name,
            "domain": settings["domain"],
            "connections": settings["replicas"],
            "configuration": {
                "optimisticSeconds": 1800,
                "updater": address(0x110000 + number).lower(),
                "watchers": [address(0x220000 + number).lower()],
                "governance": {"recoveryManager": address(0x990000), "recoveryTimelock": 180},
            },
            "specs": {
                "chainId": settings["chain_id"],
                "blockTime": 5,
                "finalizationBlocks": 10,
                "supports1559": True,
                "confirmations": 6,
                "blockExplorer": "https://example.org/",
                "indexPageSize": 2000,
            },
            "bridgeConfiguration": {"weth": address(0x990001), "customs": []},
        }
        config["core"][name] = {
            "deployHeight": 998766 + number,
            "upgradeBeaconController": address(0x300000 + number),
            "xAppConnectionManager": address(0x310000 + number),
            "updaterManager": address(0x320000 + number),
            "governanceRouter": contract(0x330000 + 16 * number),
            "home": contract(0x340000 + 16 * number),
            "replicas": {
                home: contract(0x350000 + 256 * number + 16 * place)
                for place, (home, other) in enumerate(NETWORKS.items())
                if name in other["replicas"]
            },
        }
    return config


def core_config(**changes: Any) -> dict[str, Any]:
    """Return the core configuration of one network, as a deployment tool of the first generation reads it."""
    return {
        "environment": ENVIRONMENT,
        "updater": ZERO,
        "recoveryTimelock": 180,
        "recoveryManager": address(0x990000),
        "optimisticSeconds": 10,
        "watchers": [],
        "governor": {"domain": 3000, "address": address(0x990000)},
        "processGas": 850_000,
        "reserveGas": 15_000,
        **changes,
    }


def text_of(config: Any, indent: Any = 2) -> str:
    return json.dumps(config, indent=indent) + "\n"


def document(config: Any, path: str = "config.json", *, indent: Any = 2, **expected: Any) -> Document:
    wish = Expected(environment=ENVIRONMENT, networks=NETWORKS, **expected)
    return read_document(path, config if isinstance(config, str) else text_of(config, indent), wish)
