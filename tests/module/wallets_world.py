# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of staging in a sandbox, two chains, and the modules that look at wallets and fund them."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from typing import Any

import yaml
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import environment_keys

from sandbox.client import REGION, Sandbox
from tests.chain import Chain
from tests.module.conftest import Result, RunModule
from tests.module.hex_keys import betrayed, private_keys

ETHER = 10**18
SECRET = "0f7c51d2e94b4a6f"
AGENTS = {"updater": ["signer", "attestation"], "relayer": ["signer"]}
NETWORKS: dict[str, dict[str, Any]] = {
    "kovan": {"chain_id": 42, "replicas": ["moonbasealpha"], "explorer_url": "https://kovan.example"},
    "moonbasealpha": {"chain_id": 1287, "replicas": ["kovan"], "native_unit": "DEV"},
}
AMOUNTS: dict[str, Any] = {"threshold": "1", "target": "2.5"}
CAPS = {"max_transfer": "3", "max_run": "10", "max_day": "20"}
UNPACED = dict.fromkeys(("CreateKey", "CreateAlias", "TagResource", "CreateSecret", "PutSecretValue"), 0)
MAKERS = {"kms": "kms_signing_keys", "secretsmanager": "secret_signing_keys"}


def keys(*additional: dict[str, Any]) -> list[dict[str, Any]]:
    specs = environment_keys(
        NETWORKS, environment="staging", agents=AGENTS, additional=list(additional or [{"agent": "bank"}])
    )
    return [spec.as_dict() for spec in specs]


class World:
    """What tests run and look at. No output of a module may show a URL or a private key."""

    def __init__(self, run: RunModule, sandbox: Sandbox, aws: Callable[..., Any], chains: dict[str, Chain]) -> None:
        self._run = run
        self.sandbox = sandbox
        self.aws = aws
        self.chains = chains
        self.backend = "kms"
        self.rows: dict[str, dict[str, Any]] = {}

    def make_keys(self, backend: str = "kms", bank: int = 100 * ETHER) -> None:
        self.backend = backend
        made = self._run(MAKERS[backend], signing_keys=keys(), region=REGION, request_rates=UNPACED)
        assert not made.get("failed"), made
        self.rows = made.rows
        for chain in self.chains.values():
            chain.give(self.bank, bank)
        self.sandbox.clear_log()

    @property
    def bank(self) -> str:
        return str(self.rows["staging-bank"]["address"])

    def urls(self, **others: str) -> dict[str, str]:
        return {**{name: f"{chain.url}/?key={SECRET}" for name, chain in self.chains.items()}, **others}

    def module(self, name: str, **changes: Any) -> Result:
        given: dict[str, Any] = {
            "environment": "staging",
            "networks": NETWORKS,
            "funding": dict.fromkeys(NETWORKS, AMOUNTS),
            "rpc_urls": self.urls(),
            "agents": list(AGENTS),
            "signing_keys": keys(),
            "backend": self.backend,
            "region": REGION,
        }
        result = self._run(name, **{**given, **changes})
        assert SECRET not in result.output
        assert "Traceback" not in result.output, result.output
        for key in private_keys(self.aws("secretsmanager")) if self.backend == "secretsmanager" else ():
            assert not betrayed(result.output, key)
        return result

    def refused(self, name: str, **changes: Any) -> str:
        """Run a module that must fail before any call."""
        self.sandbox.clear_log()
        result = self.module(name, **changes)
        assert result.get("failed"), result.output
        assert self.sandbox.log() == []
        return str(result["msg"])

    def balances(self, network: str) -> list[int]:
        """Of the wallets of a network, updater's and relayer's."""
        home = next(name for name in NETWORKS if name != network)
        names = (f"staging-{network}-updater-signer", f"staging-{home}-relayer-signer")
        return [self.chains[network].balance(self.rows[name]["address"]) for name in names]

    def nonces(self) -> list[int]:
        return [chain.nonce(self.bank) for chain in self.chains.values()]

    def operations(self) -> set[str]:
        return {entry["operation"] for entry in self.sandbox.log()}


def check_documented(name: str, result: Result) -> None:
    """What a module returned is what its documentation says, field by field, and type by type."""
    module = importlib.import_module(f"ansible_collections.interchain.agent_ops.plugins.modules.{name}")
    documented = yaml.safe_load(module.RETURN)
    standard = {"changed", "invocation", "diff", "failed", "msg", "warnings", "deprecations"}
    assert set(result) - standard == set(documented)
    types: dict[str, Any] = {
        "str": str, "int": int, "bool": bool, "float": (int, float), "list": list, "dict": dict,
    }  # fmt: skip
    for field, told in documented.items():
        assert isinstance(result[field], types[told["type"]]), field
        for row in result[field] if "contains" in told else ():
            assert set(row) == set(told["contains"]), field
            for name_of, one in told["contains"].items():
                assert row[name_of] is None or isinstance(row[name_of], types[one["type"]]), json.dumps(row)
