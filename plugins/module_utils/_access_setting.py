# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an environment is, as far as its permissions go. Private to the collection. Pure: no ansible, no AWS."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import DEFAULT_TEMPLATE
from ansible_collections.interchain.agent_ops.plugins.module_utils._operators import Operator

FORMS = ("hardened", "documented")
ROOT_PATH = "/agent_ops/"
"""IAM path of everything that is made here: what carries it is ours. https://docs.aws.amazon.com/IAM/latest/UserGuide/
reference_identifiers.html"""

DOCUMENTED_PATTERN = "alias/{environment}-{agent}*"


@dataclass(frozen=True)
class Setting:
    """What an environment is, as far as its permissions go.

    :ivar keys: every signing key of it, each with name, network, agent, purpose, region.
    :ivar agents: the agents that the signer group runs; keys of others (bank, deployer) have principals of their own.
    :ivar template: naming template of the agents' keys, which patterns are made of where a list is too long for AWS.
    :ivar pattern: alias pattern of the documented form, with the fields ``{environment}`` and ``{agent}``.
    :ivar proof_bucket: naming template of the bucket that proofs are written to, or nothing if there is to be none.
    :ivar proof_agents: the agents that write them. :ivar proof_form: form of their policy.
    :ivar funding_store: where transfers to wallets are written down, ``s3://bucket/prefix`` or a folder.
    """

    environment: str
    project: str
    account_id: str
    backend: str
    region: str
    keys: t.Sequence[t.Mapping[str, t.Any]]
    agents: t.Sequence[str]
    networks: t.Sequence[str]
    template: str = DEFAULT_TEMPLATE
    partition: str = "aws"
    form: str = FORMS[0]
    pattern: str = DOCUMENTED_PATTERN
    bank_agent: str = "bank"
    admin: bool = True
    operators: t.Sequence[Operator] = ()
    foreign_keys: t.Sequence[t.Mapping[str, t.Any]] = ()
    tags: t.Mapping[str, str] = field(default_factory=dict)
    proof_bucket: str = ""
    proof_agents: t.Sequence[str] = ("processor",)
    proof_form: str = FORMS[0]
    funding_store: str = ""

    @property
    def path(self) -> str:
        return f"{ROOT_PATH}{self.environment}/"

    def arn(self, kind: str, path: str, name: str) -> str:
        return f"arn:{self.partition}:iam::{self.account_id}:{kind}{path}{name}"

    def resource(self, name: str) -> str:
        """Return what a policy calls the key by: its alias, or its secret's name."""
        return f"alias/{name}" if self.backend == "kms" else name
