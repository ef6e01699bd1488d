# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an agent is configured from: networks, signers, settings. Private to the collection.

Secrets (connection URLs, hex keys, access keys) are in fields that no representation shows. Pure: no ansible, no AWS.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

FORMATS = ("opt", "nomad", "hyperlane")
TARGETS = ("env", "json", "yaml", "helm", "compose")

AGENTS: t.Mapping[str, tuple[str, ...]] = {
    "opt": ("updater", "watcher", "relayer", "processor", "kathy"),
    "nomad": ("updater", "watcher", "relayer", "processor", "kathy"),
    "hyperlane": ("validator", "relayer"),
}
"""The agents that each format knows."""

ATTESTING = ("updater", "watcher", "validator")
"""The agents that attest, and need a key for that."""

DATABASES: t.Mapping[str, str] = {
    "opt": "/usr/share/nomad/{home}/{agent}",
    "nomad": "/usr/share/nomad/{home}/{agent}",
    "hyperlane": "/usr/share/hyperlane/{home}/{agent}",
}
"""Where each format's images and charts have their databases."""

KEY_REFERENCES = ("key_id", "arn", "alias")
"""What of a key in AWS KMS stands in a file."""

FIELDS = (
    *("domain", "chain_id", "replicas", "rpc_style", "home", "replica_addresses", "connection_manager", "timelag"),
    *("index", "hyperlane", "agent_settings"),
)
"""What of a network's settings is read for this, besides ``rpc_url``. Others are read elsewhere, if not misspelt."""


@dataclass(frozen=True)
class Chain:
    """A network, as the inventory's ``agent_ops_network`` describes it."""

    name: str
    domain: int
    chain_id: int | None = None
    replicas: tuple[str, ...] = ()
    rpc_style: str = "ethereum"
    home: str | None = None
    replica_addresses: t.Mapping[str, str] = field(default_factory=dict)
    connection_manager: str | None = None
    timelag: int | None = None
    index: t.Mapping[str, int] = field(default_factory=dict)
    hyperlane: t.Mapping[str, t.Any] = field(default_factory=dict)
    agent_settings: t.Mapping[str, t.Mapping[str, t.Any]] = field(default_factory=dict)
    rpc_url: str | None = field(default=None, repr=False)

    @property
    def connection_type(self) -> str:
        """``ws`` or ``http``, by the connection's URL."""
        return "ws" if (self.rpc_url or "").lower().startswith("ws") else "http"

    @property
    def variable(self) -> str:
        """The name as part of an environment variable."""
        return self.name.upper()


@dataclass(frozen=True)
class Signer:
    """A key that signs: by its id in AWS KMS, or by itself. ``secret`` is 64 hexadecimal digits."""

    name: str
    address: str | None
    id: str | None = None
    region: str | None = None
    secret: str | None = field(default=None, repr=False)

    @property
    def aws(self) -> bool:
        return self.secret is None


@dataclass(frozen=True)
class Bucket:
    """Where proofs (or a validator's checkpoints) go."""

    name: str
    region: str
    access_key_id: str | None = field(default=None, repr=False)
    secret_access_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Agent:
    """One process: an agent of one home."""

    name: str
    home: Chain
    replicas: tuple[Chain, ...]
    signers: t.Mapping[str, Signer]
    attestation: Signer | None
    settings: t.Mapping[str, t.Any]

    @property
    def chains(self) -> tuple[Chain, ...]:
        return (self.home, *self.replicas)

    @property
    def regions(self) -> list[str]:
        """The Regions of its keys in AWS KMS."""
        keys = [*self.signers.values(), *([self.attestation] if self.attestation else [])]
        return list(dict.fromkeys(str(key.region) for key in keys if key.aws))

    @property
    def transaction_signers(self) -> list[tuple[Chain, Signer]]:
        return [(chain, self.signers[chain.name]) for chain in self.chains if chain.name in self.signers]


@dataclass(frozen=True)
class Common:
    """What all agents of an environment share."""

    environment: str
    project: str
    db: str
    run_env: str
    metrics_port: int
    log_format: str
    log_level: str
    jaeger_uri: str | None = None
    config_url: str | None = None
    config_path: str | None = None
    helm_key: str = "nomad"
    images: t.Mapping[str, str] = field(default_factory=dict)
    credentials_file: str | None = None
    bucket: Bucket | None = None
    variables: t.Mapping[str, t.Any] = field(default_factory=dict)
    sandbox: bool = False

    def db_of(self, agent: Agent) -> str:
        """Return the folder of an agent's database, which no other process may open."""
        return self.db.format(home=agent.home.name, agent=agent.name)

    @property
    def db_root(self) -> str:
        """Return the folder that all agents share, where a chart mounts a volume for each."""
        return self.db.partition("{")[0].rpartition("/")[0] or "/" if "{" in self.db else self.db

    def volume_of(self, form: str, agent: Agent) -> str:
        """Return the folder of an agent's database in a container of its own."""
        # In the format nomad a NomadConfig says where it is, once for all agents of a home.
        return self.db_root if form == "nomad" else self.db_of(agent)

    def metrics_of(self, agent: Agent) -> int:
        return int(agent.settings.get("metrics_port", self.metrics_port))


class Comment(t.NamedTuple):
    """A line for people."""

    text: str


class Variable(t.NamedTuple):
    """An environment variable. The value of a secret one is shown nowhere."""

    name: str
    value: str
    secret: bool = False


# An alias that Python evaluates may not use | between types: ansible-test looks at files with Pythons that cannot.
Line: t.TypeAlias = "Comment | Variable"


@dataclass(frozen=True)
class File:
    """A file that is to be there, by its path below the folder of the environment's agents."""

    path: str
    text: str = field(repr=False)
    format: str
    target: str
    home: str | None = None
    agent: str | None = None
    secret: bool = True

    @property
    def mode(self) -> int:
        return 0o600 if self.secret else 0o644


def without_other_values(networks: t.Any) -> t.Any:
    """Return networks with the values of what is read for this alone: another's may be a URL, by a misspelt name."""
    if not isinstance(networks, t.Mapping):
        return networks
    return {
        name: {field: value if field in FIELDS else None for field, value in settings.items()}
        if isinstance(settings, t.Mapping)
        else settings
        for name, settings in networks.items()
    }
