# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a run is on exactly one environment that is in order. Private to the collection. Pure: no ansible, no AWS."""

from __future__ import annotations

import re
import typing as t

# The name is also the folder of the environment's reports, and "sandbox" that of the sandbox's.
_NAME = re.compile(r"(?!sandbox\Z)[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?\Z")
_ACCOUNT_ID = re.compile(r"[0-9]{12}\Z")
KEY_BACKENDS = ("kms", "secretsmanager")
REQUIRED = ("agent_ops_project", "agent_ops_aws_region", "agent_ops_key_backend", "agent_ops_agents")
# Whether operators can be given what they are to have does not depend on these.
_ANY_PROJECT, _ANY_ACCOUNT = "project", "000000000000"
TEST_ONLY_AGENTS = ("kathy",)
"""Agents that spend money to make traffic, and that the documentation keeps out of production."""


def environment_problems(
    name: str,
    *,
    environments: t.Sequence[str],
    networks: t.Sequence[str],
    agents: t.Mapping[str, t.Any],
    protected: bool,
    account_id: t.Any,
    additional_keys: t.Sequence[t.Any] = (),
    inventory_sources: t.Sequence[str] = (),
    variables: t.Sequence[str] | None = None,
    key_backend: str | None = None,
    limit: str | None = None,
    limited: t.Sequence[str] = (),
    naming: t.Mapping[str, t.Any] | None = None,
    operators: t.Any = (),
    proof_agents: t.Any = (),
    confirmation: str = "",
    report_store: t.Any = "",
) -> list[str]:
    """Return what is wrong with the environment of a run, a sentence or two each; nothing if it is in order.

    :param environments: hosts of the group ``environments``, in which each environment's inventory names itself.
    :param networks: hosts of the group ``networks``.
    :param account_id: the pinned account, or "".
    :param variables: names of the variables that are set, or None where that is not known.
    :param limit: what the run is limited to, and ``limited`` the hosts that this means.
    :param naming: ``networks`` (network -> settings) and ``template``, to check that all keys can be named.
    :param operators: parties that run agents, as the inventory has them; checked if the keys can be named.
    :param additional_keys: keys beyond those of the agents, each with its ``agent``.
    :param proof_agents: the agents that write proofs, as far as the inventory names them.
    :param confirmation: which environment whoever started the run means, or "" if nobody was asked.
    :param report_store: where the last reports are kept, ``s3://bucket/prefix``, or "".
    """
    sources = ", ".join(inventory_sources) or "none"
    if len(environments) > 1:
        return [
            f"This run has {len(environments)} environments: {', '.join(environments)}. Expected: one."
            f" Give one environment's inventory (-i inventories/<environment>); given were: {sources}"
        ]
    if not name:
        return [
            "This run has no environment: agent_ops_environment is not set. Give an environment's inventory"
            f" (-i inventories/<environment>); given were: {sources}"
        ]
    problems = []
    if not _NAME.match(name):
        problems.append(
            f"agent_ops_environment is {name!r}. Expected: letters, digits, dashes and underscores, with a letter or"
            " digit at both ends, and not sandbox"
        )
    if environments and environments[0] != name:
        problems.append(
            f"agent_ops_environment is {name!r}, but the inventory's group environments names {environments[0]!r}."
            " Expected: the same. Two environments' inventories were mixed, or one of the two names is wrong"
        )
    problems += [
        f"{variable} is not set. Set it in the inventory of {name}, for instance in its group_vars/all"
        for variable in REQUIRED
        if variables is not None and variable not in variables
    ]
    if key_backend not in (None, *KEY_BACKENDS):
        problems.append(f"agent_ops_key_backend is {key_backend!r}. Expected: one of {', '.join(KEY_BACKENDS)}")
    if limit is not None and networks and not set(limited) & set(networks):
        problems.append(f"--limit {limit} leaves no network of {name}. Expected: one of {', '.join(networks)}")
    if confirmation and confirmation != name:
        problems.append(
            f"environment_confirmation is {confirmation!r}, and this run is on {name}. Expected: {name}."
            " Whoever started it means another environment, or mistyped its name"
        )
    if not networks:
        problems.append(f"The environment {name} has no networks. Expected: hosts in its inventory's group networks")
    if account_id and not (isinstance(account_id, str) and _ACCOUNT_ID.match(account_id)):
        problems.append(
            f"agent_ops_aws_account_id is {account_id!r}. Expected: the 12 digits of an AWS account id, in quotes,"
            " since YAML takes digits for a number and drops leading zeros"
        )
    owners: dict[str, t.Sequence[t.Any]] = {
        "agent_ops_agents": list(agents),
        "agent_ops_additional_keys": [item.get("agent") for item in additional_keys if isinstance(item, t.Mapping)],
    }
    problems += _store_problems(report_store)
    problems += _proof_problems(proof_agents, [agent for named in owners.values() for agent in named])
    if protected:
        problems += _protected_problems(name, owners, account_id)
    if naming is not None and not problems:
        problems += _naming_problems(name, agents, additional_keys, naming, operators)
    return problems


def _store_problems(place: t.Any) -> t.Iterator[str]:
    if not place:
        return
    from ansible_collections.interchain.agent_ops.plugins.module_utils._document_place import (
        REPORTS,
        parse_bucket_place,
    )

    try:
        parse_bucket_place(place, REPORTS)
    except ValueError as exc:
        yield f"{REPORTS} is not a place for reports. {exc}"


def _proof_problems(agents: t.Any, known: t.Sequence[t.Any]) -> t.Iterator[str]:
    """Whoever writes proofs would lose the right to, if the name of an agent were only not found."""
    listed = isinstance(agents, t.Sequence) and not isinstance(agents, str)
    unknown = [agent for agent in agents if agent not in known] if listed else [agents]
    if unknown:
        yield (
            f"agent_ops_proof_agents has {', '.join(map(repr, unknown))}. Expected: a list of agents that have keys"
            f" (agent_ops_agents, agent_ops_additional_keys): {', '.join(map(str, known))}"
        )


def _naming_problems(
    name: str, agents: t.Any, additional_keys: t.Sequence[t.Any], naming: t.Mapping[str, t.Any], operators: t.Any
) -> t.Iterator[str]:
    # Ansible loads every filter of a collection to find one: what a filter alone needs is loaded when it is used.
    from ansible_collections.interchain.agent_ops.plugins.module_utils._access import Setting, wanted_access
    from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import environment_keys
    from ansible_collections.interchain.agent_ops.plugins.module_utils._operators import read_operators

    try:
        keys = environment_keys(
            naming["networks"],
            environment=name,
            agents=agents,
            template=naming["template"],
            additional=additional_keys,
        )
    except ValueError as exc:
        yield f"The signing keys of {name} cannot be named. {exc}"
        return
    try:
        wanted_access(
            Setting(
                environment=name,
                project=_ANY_PROJECT,
                account_id=_ANY_ACCOUNT,
                backend=KEY_BACKENDS[0],
                region="",
                keys=[key.as_dict() for key in keys],
                agents=list(agents),
                networks=list(naming["networks"]),
                operators=read_operators(operators, agents=list(agents), networks=list(naming["networks"])),
            )
        )
    except ValueError as exc:
        yield f"The operators of {name} (agent_ops_operators) are not in order. {exc}"


def _protected_problems(name: str, owners: t.Mapping[str, t.Sequence[t.Any]], account_id: t.Any) -> t.Iterator[str]:
    if not account_id:
        yield (
            f"The environment {name} is protected, and its AWS account is not pinned. Set agent_ops_aws_account_id to"
            f" the 12-digit id of its account in inventories/{name}/group_vars/all/agent_ops.yml, or rehearse without"
            " AWS with -i inventories/sandbox"
        )
    for variable, agents in owners.items():
        for agent in TEST_ONLY_AGENTS:
            if agent in agents:
                yield (
                    f"The environment {name} is protected, and has the agent {agent}, which is for tests only."
                    f" Remove {agent} from {variable}"
                )
