# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An environment and an account, for the tests of the permissions."""

from __future__ import annotations

from typing import Any

from ansible_collections.interchain.agent_ops.plugins.module_utils._access import Setting, wanted_access
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import environment_keys
from ansible_collections.interchain.agent_ops.plugins.module_utils._operators import read_operators

ACCOUNT = "111122223333"
AGENTS = {"watcher": ["signer", "attestation"], "updater": ["signer", "attestation"], "relayer": ["signer"]}
ADDITIONAL = [{"agent": "bank"}, {"agent": "deployer", "name": "{environment}-{network}-deployer"}]
NETWORKS = ("kovan", "moonbasealpha")


def access(
    *,
    environment: str = "staging",
    networks: tuple[str, ...] = NETWORKS,
    agents: dict[str, list[str]] | None = None,
    additional: list[dict[str, Any]] | None = None,
    template: str = "{environment}-{network}-{agent}-{purpose}",
    operators: list[dict[str, Any]] | None = None,
    backend: str = "kms",
    **more: Any,
) -> dict[str, Any]:
    agents = AGENTS if agents is None else agents
    specs = environment_keys(
        {network: {} for network in networks},
        environment=environment,
        agents=agents,
        template=template,
        additional=ADDITIONAL if additional is None else additional,
    )
    return wanted_access(
        Setting(
            environment=environment,
            project="nomad",
            account_id=ACCOUNT,
            backend=backend,
            region="us-west-2",
            keys=[spec.as_dict() for spec in specs],
            agents=list(agents),
            networks=list(networks),
            template=template,
            operators=read_operators(operators or [], agents=list(agents), networks=list(networks)),
            **more,
        )
    )


def named(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(entry for entry in entries if entry["name"] == name)


def empty_account() -> dict[str, Any]:
    return {"users": [], "groups": [], "roles": [], "policies": []}


def account_of(wanted: dict[str, Any]) -> dict[str, Any]:
    """The account as it is after everything that is wanted was written."""
    memberships = {user["name"]: user["groups"] for user in wanted["users"]}
    return {
        "users": [
            {
                **_named(user),
                "tags": dict(user["tags"]),
                "boundary": None,
                "attached": list(user["policies"]),
                "inline": {},
            }
            | {"groups": list(memberships[user["name"]])}
            for user in wanted["users"]
        ],
        "groups": [{**_named(group), "attached": list(group["policies"]), "inline": {}} for group in wanted["groups"]],
        "roles": [
            {**_named(role), "tags": dict(role["tags"]), "boundary": None, "attached": list(role["policies"])}
            | {"inline": {}, "trust": role["trust"]}
            for role in wanted["roles"]
        ],
        "policies": [
            {**_named(policy), "document": policy["document"], "versions": 1, "aws_managed": False}
            for policy in wanted["policies"]
        ],
    }


def _named(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: entry[name] for name in ("name", "arn", "path")}
