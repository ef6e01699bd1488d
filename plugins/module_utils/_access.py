# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is to sign with what: the policies and principals that an environment wants. Private to the collection.

One pure function, from the inventory's keys, agents and operators to the whole of it, from which permissions are
written, evaluated and verified. Pure: no ansible, no AWS; errors are :class:`ValueError`.
"""

from __future__ import annotations

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils import _funding_access as funding
from ansible_collections.interchain.agent_ops.plugins.module_utils import _policy_documents as documents
from ansible_collections.interchain.agent_ops.plugins.module_utils import _proof_documents as proofs
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_setting import FORMS, ROOT_PATH, Setting
from ansible_collections.interchain.agent_ops.plugins.module_utils._operators import AccountWay, OidcWay, Operator
from ansible_collections.interchain.agent_ops.plugins.module_utils._proof_bucket_name import proof_bucket_name

ADMIN = "kms-admin"
PRINCIPAL_TAG = "agent_ops:principal"

Entry = dict[str, t.Any]


def wanted_access(setting: Setting) -> dict[str, t.Any]:
    """Return everything that is to be there, as plain data.

    ``keys`` and ``foreign_keys``, ``policies`` (each with the keys that it must cover, exactly), ``groups``, ``users``,
    ``roles``, and under ``removed`` the names that removed operators had.
    """
    for form in (setting.form, setting.proof_form):
        if form not in FORMS:
            raise ValueError(f"The form of the permissions is {form!r}; expected one of: {', '.join(FORMS)}")
    builder = _Builder(setting)
    return {
        "environment": setting.environment,
        "project": setting.project,
        "account_id": setting.account_id,
        "partition": setting.partition,
        "backend": setting.backend,
        "region": setting.region,
        "form": setting.form,
        "path": setting.path,
        "shared_path": ROOT_PATH,
        "keys": builder.keys,
        "foreign_keys": [dict(key, resource=_foreign_resource(key)) for key in setting.foreign_keys],
        **builder.build(),
    }


def _foreign_resource(key: t.Mapping[str, t.Any]) -> str:
    return f"alias/{key['name']}" if key.get("backend", "kms") == "kms" else str(key["name"])


class _Builder:
    def __init__(self, setting: Setting) -> None:
        self._of = setting
        self._sid = documents.statement_id(setting.project, setting.environment)
        self.keys: list[Entry] = [
            {
                "name": key["name"],
                "resource": setting.resource(key["name"]),
                "network": key.get("network"),
                "agent": key["agent"],
                "purpose": key["purpose"],
                "region": key.get("region") or setting.region,
            }
            for key in setting.keys
        ]
        self._policies: list[Entry] = []
        self._proof_writer: Entry | None = None
        self._groups: list[Entry] = []
        self._users: list[Entry] = []
        self._roles: list[Entry] = []

    def build(self) -> dict[str, t.Any]:
        of = self._of
        owners = list(dict.fromkeys(key["agent"] for key in self.keys))
        signers = [agent for agent in of.agents if agent in owners]
        policies = [self._agent_policy(agent) for agent in signers]
        self._proof_writer = self._writer_policy(owners)
        self._signer_group([*policies, *self._writes_proofs(signers)])
        for agent in owners:
            if agent not in of.agents:
                self._own_principal(agent)
        if of.admin and of.backend == "kms":
            self._administrators()
        for operator in of.operators:
            if not operator.removed:
                self._operator(operator)
        self._check_distinct()
        return {
            "policies": self._policies,
            "groups": self._groups,
            "users": self._users,
            "roles": self._roles,
            "removed": self._removed(),
        }

    def _agent_policy(self, agent: str) -> Entry:
        of = self._of
        keys = [key for key in self.keys if key["agent"] == agent]
        if of.form == "documented" and of.backend == "kms":
            pattern = of.pattern.format(environment=of.environment, agent=agent)
            document = documents.pattern_signer(self._sid, pattern, partition=of.partition, account=of.account_id)
        else:
            document = self._fitting(keys, of.networks)
        name = f"{of.environment}-{agent}-signer"
        return self._policy(name, f"Signing with the {agent}'s keys of {of.environment}", document, keys)

    def _writer_policy(self, owners: t.Sequence[str]) -> Entry | None:
        """Return the policy of whoever writes proofs, who signs and uploads by one access key.

        It belongs to the environment's permissions, with which it is written, verified and removed: the bucket need
        not be there, and nothing else writes policies that a purge would take away again.
        """
        of = self._of
        if not of.proof_bucket or not set(of.proof_agents) & set(owners):
            return None
        bucket = proof_bucket_name(
            of.proof_bucket, project=of.project, environment=of.environment, account_id=of.account_id
        )
        if of.proof_form == "documented":
            document = proofs.documented_writer(bucket, partition=of.partition)
        else:
            document = proofs.hardened_writer(bucket, partition=of.partition, account=of.account_id)
        policy = self._policy(self._writer_name(), f"Writing the proofs of {of.environment}", document, [])
        policy["bucket"] = bucket
        return policy

    def _writer_name(self) -> str:
        return f"{self._of.environment}-proof-writer"

    def _writes_proofs(self, agents: t.Iterable[str]) -> list[Entry]:
        """Return the writer's policy, if one of the agents writes proofs."""
        wanted = self._proof_writer is not None and not set(self._of.proof_agents).isdisjoint(agents)
        return [self._proof_writer] if self._proof_writer is not None and wanted else []

    def _exact(self, keys: t.Sequence[Entry]) -> documents.Document:
        of = self._of
        if of.backend != "kms":
            secrets = [(key["region"], key["resource"]) for key in keys]
            return documents.secret_reader(self._sid, secrets, partition=of.partition, account=of.account_id)
        aliases = [key["resource"] for key in keys]
        return documents.exact_signer(self._sid, aliases, partition=of.partition, account=of.account_id)

    def _fitting(self, keys: t.Sequence[Entry], networks: t.Collection[str]) -> documents.Document:
        """Return the exact policy, or one by pattern where AWS allows no policy of that length.

        Whether the patterns cover nothing else is for the evaluation to say, before anything is written.
        """
        of = self._of
        exact = self._exact(keys)
        if documents.length(exact) <= documents.LONGEST_POLICY or not set(of.networks) <= set(networks):
            return exact
        patterns = list(dict.fromkeys((key["region"], self._pattern(key)) for key in keys))
        if of.backend != "kms":
            return documents.secret_reader(self._sid, patterns, partition=of.partition, account=of.account_id)
        aliases = list(dict.fromkeys(pattern for _region, pattern in patterns))
        return documents.pattern_signer(self._sid, aliases, partition=of.partition, account=of.account_id)

    def _pattern(self, key: Entry) -> str:
        values = {"environment": self._of.environment, "agent": key["agent"], "purpose": key["purpose"]}
        return self._of.resource(self._of.template.format(**values, network="*"))

    def _policy(
        self,
        name: str,
        description: str,
        document: documents.Document,
        keys: t.Sequence[Entry],
        path: str | None = None,
    ) -> Entry:
        of = self._of
        path = path or of.path
        policy = {
            "name": name,
            "path": path,
            "arn": of.arn("policy", path, name),
            "description": description,
            "document": document,
            "keys": [key["name"] for key in keys],
            "tags": self._tags("policy", shared=path == ROOT_PATH),
        }
        self._policies.append(policy)
        return policy

    def _tags(self, kind: str, operator: str | None = None, *, shared: bool = False) -> dict[str, str]:
        own = {} if shared else {"environment": self._of.environment}
        return {**self._of.tags, **own, PRINCIPAL_TAG: kind, **({"agent_ops:operator": operator} if operator else {})}

    def _group(self, name: str, policies: t.Sequence[Entry], users: t.Sequence[str], path: str | None = None) -> None:
        path = path or self._of.path
        self._groups.append(
            {
                "name": name,
                "path": path,
                "arn": self._of.arn("group", path, name),
                "policies": [policy["arn"] for policy in policies],
                "users": list(users),
            }
        )

    def _user(
        self,
        name: str,
        kind: str,
        keys: t.Sequence[Entry],
        *,
        policies: t.Sequence[Entry] = (),
        groups: t.Sequence[str] = (),
        operator: str | None = None,
        path: str | None = None,
        reads: t.Sequence[str] = (),
    ) -> None:
        path = path or self._of.path
        self._users.append(
            {
                "name": name,
                "path": path,
                "arn": self._of.arn("user", path, name),
                "policies": [policy["arn"] for policy in policies],
                "groups": list(groups),
                "tags": self._tags(kind, operator, shared=path == ROOT_PATH),
                "credentials": True,
                "keys": [key["name"] for key in keys],
                "reads": list(reads),
                "kind": kind,
                "operator": operator,
            }
        )

    def _signer_group(self, policies: t.Sequence[Entry]) -> None:
        of = self._of
        group, user = f"{of.environment}-signer", f"{of.project}-signer-{of.environment}"
        self._group(group, policies, [user])
        self._user(user, "signer", [key for key in self.keys if key["agent"] in of.agents], groups=[group])

    def _own_principal(self, agent: str) -> None:
        """Whoever holds the bank or deploys is not one of those who run agents: never in the signer group."""
        of = self._of
        role = "keymaster" if agent == of.bank_agent else agent
        keys = [key for key in self.keys if key["agent"] == agent]
        name = f"{of.environment}-{agent}-signer"
        policy = self._policy(name, f"Signing as the {agent} of {of.environment}", self._exact(keys), keys)
        funds = self._funder_policy() if agent == of.bank_agent else None
        self._user(
            f"{of.project}-{role}-{of.environment}",
            "additional",
            keys,
            policies=[policy, *self._writes_proofs([agent]), *([funds] if funds else [])],
            reads=funds["reads"] if funds else (),
        )

    def _funder_policy(self) -> Entry | None:
        """Return what the bank's holder may do beside signing with it, if there is anything."""
        of = self._of
        wish = funding.wanted(
            self.keys if of.backend == "kms" else (),
            bank=of.bank_agent,
            agents=of.agents,
            pattern=self._pattern,
            store=of.funding_store,
            partition=of.partition,
            account=of.account_id,
        )
        if wish is None:
            return None
        policy = self._policy(funding.name(of.environment), f"Funding wallets of {of.environment}", wish.document, [])
        policy.update(reads=wish.reads, place=list(wish.place) if wish.place else None)
        return policy

    def _administrators(self) -> None:
        of = self._of
        form = documents.documented_admin if of.form == "documented" else documents.hardened_admin
        document = form(partition=of.partition, account=of.account_id)
        keys = self.keys if of.form == "documented" else []
        policy = self._policy(ADMIN, "Administering signing keys and their aliases", document, keys, ROOT_PATH)
        policy["administers"] = True
        self._group(ADMIN, [policy], [ADMIN], ROOT_PATH)
        self._user(ADMIN, "admin", keys, groups=[ADMIN], path=ROOT_PATH)

    def _operator(self, operator: Operator) -> None:
        of = self._of
        keys = [key for key in self.keys if key["agent"] in operator.agents and self._on(key, operator)]
        if not keys:
            raise ValueError(
                f"The operator {operator.name} has no key: there is none of {', '.join(operator.agents)} on"
                f" {', '.join(operator.networks)}"
            )
        policy = self._policy(
            self._operator_policy(operator),
            f"The operator {operator.name} of {of.environment}",
            self._fitting(keys, operator.networks),
            keys,
        )
        policies = [policy, *self._writes_proofs(operator.agents)]
        name = self._operator_principal(operator)
        if operator.way is None:
            self._user(name, "operator", keys, policies=policies, operator=operator.name)
            return
        trust, assumed_by = self._trust(operator.way)
        self._roles.append(
            {
                "name": name,
                "path": of.path,
                "arn": of.arn("role", of.path, name),
                "description": f"The operator {operator.name} of {of.environment}",
                "policies": [one["arn"] for one in policies],
                "tags": self._tags("operator", operator.name),
                "trust": trust,
                "assumed_by": assumed_by,
                "keys": [key["name"] for key in keys],
                "kind": "operator",
                "operator": operator.name,
            }
        )

    def _on(self, key: Entry, operator: Operator) -> bool:
        if key["network"] is not None:
            return key["network"] in operator.networks
        if not set(self._of.networks) <= set(operator.networks):
            raise ValueError(
                f"The operator {operator.name} is for {', '.join(operator.networks)}, but {key['name']} is one key for"
                " all networks, and cannot be given for some of them. Give the operator all networks, or each network a"
                " key of its own ({network} in agent_ops_key_name_template)"
            )
        return True

    def _operator_policy(self, operator: Operator) -> str:
        return f"{self._of.environment}-operator-{operator.name}"

    def _operator_principal(self, operator: Operator) -> str:
        return f"{self._of.project}-operator-{operator.name}-{self._of.environment}"

    def _trust(self, way: AccountWay | OidcWay) -> tuple[documents.Document, Entry]:
        of = self._of
        if isinstance(way, AccountWay):
            trust = documents.account_trust(way.account_id, way.external_id, partition=of.partition)
            return trust, {"account_id": way.account_id}
        provider_arn = f"arn:{of.partition}:iam::{of.account_id}:oidc-provider/{way.provider}"
        trust = documents.oidc_trust(provider_arn, way.provider, way.subject, way.audience)
        return trust, {"oidc_provider": provider_arn, "subject": way.subject}

    def _removed(self) -> dict[str, list[str]]:
        removed = [operator for operator in self._of.operators if operator.removed]
        principals = [self._operator_principal(operator) for operator in removed]
        policies = [self._operator_policy(operator) for operator in removed]
        if self._proof_writer is None:
            policies.append(self._writer_name())
        if not any("reads" in policy for policy in self._policies):
            policies.append(funding.name(self._of.environment))
        return {"users": principals, "roles": principals, "policies": policies}

    def _check_distinct(self) -> None:
        # IAM takes names that differ in case only for the same.
        for kind, entries in (("policy", self._policies), ("user", self._users), ("role", self._roles)):
            names = [entry["name"].lower() for entry in entries]
            for entry in entries:
                if names.count(entry["name"].lower()) > 1:
                    raise ValueError(
                        f"Two of the permissions of {self._of.environment} get one {kind}, {entry['name']}."
                        " Rename the agent, the additional key or the operator that the name comes from"
                    )
