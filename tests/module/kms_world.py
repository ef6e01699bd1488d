# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An account in the sandbox for the tests of the KMS modules: what they prepare, run and look at."""

from __future__ import annotations

import os
import secrets
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from eth_keys import keys as eth_keys

from sandbox.client import ACCESS_KEY_ID, ACCOUNT_ID, REGION, SECRET_ACCESS_KEY, Sandbox, environment_without_aws
from tests.module.runs import Result, Run, start_fork_server

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
AGENTS = {"watcher": ("signer", "attestation"), "updater": ("signer", "attestation")}
AGENTS |= dict.fromkeys(("processor", "relayer", "kathy"), ("signer",))
# What paces a run is tested where pacing is the subject; elsewhere it would only cost time.
UNPACED = dict.fromkeys(
    "CancelKeyDeletion CreateAlias CreateKey DeleteAlias EnableKey ScheduleKeyDeletion TagResource"
    " UpdateKeyDescription".split(),
    0,
)
OWNER = "agent_ops:alias"


def opened(sandbox: Sandbox, folder: Path) -> Iterator[World]:
    """The body of the fixture ``world``."""
    start_fork_server()
    world = World(sandbox, folder)
    yield world
    world.close()


def wanted(name: str, **values: Any) -> dict[str, Any]:
    """A key as ``environment-network-agent-purpose`` names it."""
    environment, network, agent, purpose = name.split("-")
    key = {"name": name, "environment": environment, "network": network, "agent": agent, "purpose": purpose}
    return {**key, "description": f"{environment} {network} {agent}-{purpose}", **values}


def staging() -> list[dict[str, Any]]:
    return [
        wanted(f"staging-{network}-{agent}-{purpose}")
        for network in ("moonbasealpha", "kovan")
        for agent, purposes in AGENTS.items()
        for purpose in purposes
    ]


def tags_of(key: dict[str, Any], **more: str) -> dict[str, str]:
    named = {name: key[name] for name in ("environment", "network", "agent", "purpose")}
    return {**named, OWNER: f"alias/{key['name']}", **more}


class World:
    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = str(folder)
        self.clients: dict[tuple[str, str], Any] = {}
        self._runs: list[Run] = []
        self._mark = 0

    def close(self) -> None:
        for run in self._runs:
            run.close()
        for client in self.clients.values():
            client.close()

    # Running

    def start(
        self,
        keys: list[dict[str, Any]] | None = None,
        *,
        module: str = "kms_signing_keys",
        check: bool = False,
        diff: bool = False,
        environment: dict[str, str] | None = None,
        **arguments: Any,
    ) -> Run:
        """Start a module. An argument that is None is left out, among them those that are given here by default."""
        given = {
            "endpoint_url": self.sandbox.url,
            "region": REGION,
            "access_key": ACCESS_KEY_ID,
            "secret_key": SECRET_ACCESS_KEY,
            "request_rates": UNPACED,
            "signing_keys": keys,
            **arguments,
        }
        given = {name: value for name, value in given.items() if value is not None}
        given |= {"_ansible_check_mode": check, "_ansible_diff": diff, "_ansible_remote_tmp": self.folder}
        variables = {
            **environment_without_aws(dict(os.environ)),
            "HOME": self.folder,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
            **(environment or {}),
        }
        self._runs.append(Run(module, given, variables))
        return self._runs[-1]

    def run(self, keys: list[dict[str, Any]] | None = None, **arguments: Any) -> Result:
        return self.start(keys, **arguments).wait()

    def succeed(self, keys: list[dict[str, Any]] | None = None, **arguments: Any) -> Result:
        result = self.run(keys, **arguments)
        assert not result.get("failed"), result["msg"]
        return result

    def fail(self, keys: list[dict[str, Any]] | None = None, **arguments: Any) -> Result:
        result = self.run(keys, **arguments)
        assert result.get("failed"), result.output
        assert "Traceback" not in result.output, result.output
        return result

    def refuse(self, key: dict[str, Any], *parts: str, **arguments: Any) -> Result:
        """The one key fails, its error says all of this, and nothing is written."""
        self.mark()
        result = self.fail([key], **arguments)
        assert result.actions == ["failed"], result.actions
        for part in parts:
            assert part in result.row["error"], result.row["error"]
            assert part in result["msg"], result["msg"]
        assert self.writes() == [], self.writes()
        return result

    # Preparing

    def client(self, service: str, region: str = REGION) -> Any:
        if (service, region) not in self.clients:
            config = Config(retries={"total_max_attempts": 1}, max_pool_connections=50)
            arguments = self.sandbox.boto3_arguments(region)
            self.clients[service, region] = boto3.client(service, config=config, **arguments)
        return self.clients[service, region]

    @property
    def kms(self) -> Any:
        return self.client("kms")

    def make(self, *aliases: str, tags: dict[str, str] | None = None, **parameters: Any) -> dict[str, Any]:
        """Make a key by hand."""
        given = {"KeySpec": "ECC_SECG_P256K1", "KeyUsage": "SIGN_VERIFY", **parameters}
        given["Tags"] = [{"TagKey": name, "TagValue": value} for name, value in (tags or {}).items()]
        metadata: dict[str, Any] = self.kms.create_key(**given)["KeyMetadata"]
        for alias in aliases:
            self.kms.create_alias(AliasName=f"alias/{alias}", TargetKeyId=metadata["KeyId"])
        return metadata

    def make_as_the_script_did(self, name: str) -> dict[str, Any]:
        return self.make(name, tags={"environment": name.partition("-")[0]}, Description=name)

    def make_foreign_aliases(self, count: int) -> None:
        keys = [self.make()["KeyId"] for _number in range(-(-count // 50))]
        for number in range(count):
            self.kms.create_alias(AliasName=f"alias/other-{number:04}", TargetKeyId=keys[number // 50])

    # Looking

    def describe(self, key: str) -> dict[str, Any]:
        metadata: dict[str, Any] = self.kms.describe_key(KeyId=key)["KeyMetadata"]
        return metadata

    def tags(self, key: str) -> dict[str, str]:
        return {tag["TagKey"]: tag["TagValue"] for tag in self.kms.list_resource_tags(KeyId=key)["Tags"]}

    def held_keys(self, region: str = REGION) -> list[dict[str, Any]]:
        kms = self.client("kms", region)
        pages = kms.get_paginator("list_keys").paginate()
        ids = [key["KeyId"] for page in pages for key in page["Keys"]]
        return [kms.describe_key(KeyId=key)["KeyMetadata"] for key in ids]

    def states(self, region: str = REGION) -> Counter[str]:
        return Counter(key["KeyState"] for key in self.held_keys(region))

    def aliases(self, region: str = REGION) -> dict[str, str | None]:
        pages = self.client("kms", region).get_paginator("list_aliases").paginate()
        entries = [entry for page in pages for entry in page["Aliases"]]
        found = {entry["AliasName"].removeprefix("alias/"): entry.get("TargetKeyId") for entry in entries}
        return {name: key for name, key in found.items() if not name.startswith("aws/")}

    def assert_one_each(self, keys: list[dict[str, Any]], *, dying: int | None = 0) -> None:
        """A key of its own for each name, and no usable key besides. ``dying``: how many were given back."""
        aliases = self.aliases()
        assert set(aliases) == {key["name"] for key in keys}
        by_state = {key["KeyId"]: key["KeyState"] for key in self.held_keys()}
        assert {key for key, state in by_state.items() if state == "Enabled"} == set(aliases.values())
        assert len(set(aliases.values())) == len(keys)
        if dying is not None:
            assert Counter(by_state.values())["PendingDeletion"] == dying

    def prove(self, row: dict[str, Any]) -> None:
        """Sign a random digest with the row's key and recover the signer: it is the row's address."""
        digest = secrets.token_bytes(32)
        kms = self.client("kms", row["region"])
        answer = kms.sign(KeyId=row["arn"], Message=digest, MessageType="DIGEST", SigningAlgorithm="ECDSA_SHA_256")
        r, s = decode_dss_signature(answer["Signature"])
        signers = set()
        for v in (0, 1):
            signature = eth_keys.Signature(vrs=(v, r, min(s, ORDER - s)))
            signers.add(signature.recover_public_key_from_msg_hash(digest).to_checksum_address())
        assert row["address"] in signers, f"{row['arn']} signs as one of {signers}, the row says {row['address']}"

    def mark(self) -> None:
        """What is asked of the log afterwards begins here."""
        entries = self.sandbox.log(after=self._mark)
        self._mark = max((entry["number"] for entry in entries), default=self._mark)

    def log(self, operation: str | None = None) -> list[dict[str, Any]]:
        return self.sandbox.log(after=self._mark, operation=operation)

    def writes(self) -> list[str]:
        return [entry["operation"] for entry in self.log() if entry["write"]]

    def actions(self) -> set[str]:
        return {f"{entry['service']}:{entry['operation']}" for entry in self.log()}

    def account_of_another(self, name: str) -> None:
        """DescribeKey of this alias answers as if its key belonged to another account."""
        self.sandbox.add_fault(
            action="kms:DescribeKey", kind="rewrite", match=name, find=ACCOUNT_ID, replace="999988887777"
        )
