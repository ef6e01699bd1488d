# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads how agents are set, for their configuration. Private to the collection.

Pure: no ansible, no AWS; errors are :class:`ValueError` and name the field.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils import _agent_hyperlane, _agent_nomad, _agent_opt
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_chains import field_of, number
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_env import check_text, is_variable_name
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_model import AGENTS, FORMATS, TARGETS, Chain
from ansible_collections.interchain.agent_ops.plugins.module_utils._environment import TEST_ONLY_AGENTS

Settings: t.TypeAlias = "t.Mapping[str, t.Mapping[str, t.Any]]"

_KNOWN = {"opt": _agent_opt.SETTINGS, "nomad": _agent_nomad.SETTINGS, "hyperlane": _agent_hyperlane.SETTINGS}
_INTERVALS = {"opt": _agent_opt.INTERVALS, "nomad": _agent_nomad.INTERVALS, "hyperlane": _agent_hyperlane.INTERVALS}
_OF_ALL: t.Mapping[str, type] = {"metrics_port": int, "variables": dict}
LARGEST_PORT = 65535
_BYTES32 = re.compile(r"0x[0-9a-fA-F]{64}\Z")
_SENDERS = ("allowed", "denied")


def check_choices(values: t.Sequence[str], allowed: t.Sequence[str], field: str) -> None:
    for value in values:
        if value not in allowed:
            raise ValueError(f"{field} names {value!r}. Expected: of {', '.join(allowed)}")
    if len(set(values)) != len(values):
        raise ValueError(f"{field} names {', '.join(values)}. Expected: each once")


def check_formats(formats: t.Sequence[str], targets: t.Sequence[str]) -> None:
    check_choices(formats, FORMATS, "agent_config_formats")
    check_choices(targets, TARGETS, "agent_config_targets")
    if formats and not targets:
        raise ValueError(f"agent_config_targets is empty. Expected: some of {', '.join(TARGETS)}")


def check_agents(
    agents: t.Sequence[str], known: t.Collection[str], formats: t.Sequence[str], *, protected: bool
) -> None:
    """Refuse agents that the environment or all of the formats do not know, and those that are for tests only."""
    served = [agent for form in formats for agent in AGENTS[form]]
    for agent in agents:
        if agent not in known:
            raise ValueError(
                f"agent_config_agents names the unknown agent {agent!r}. Expected: one that has keys"
                f" (agent_ops_agents), {', '.join(known) or 'none'}"
            )
        if formats and agent not in served:
            raise ValueError(
                f"agent_config_agents names the agent {agent!r}, which is unknown to {' and '.join(formats)}. Expected:"
                f" of {', '.join(dict.fromkeys(served))}. Leave it out of agent_config_agents, or choose another of"
                " agent_config_formats"
            )
        if protected and agent in TEST_ONLY_AGENTS:
            raise ValueError(
                f"agent_config_agents names {agent}, which is for tests only, and the environment is protected."
                f" Expected: no {agent}. Remove it from agent_ops_agents"
            )


def check_settings(
    settings: Settings, chains: t.Iterable[Chain], formats: t.Sequence[str], agents: t.Collection[str]
) -> None:
    """Check what is set for agents, for all homes and for single ones."""
    chains = list(chains)
    networks = [chain.name for chain in chains]
    _check(settings, "agent_config_settings", formats, agents)
    _check_remotes(settings, "agent_config_settings", networks)
    for chain in chains:
        field = field_of("agent_settings", chain.name)
        _check(chain.agent_settings, field, formats, agents)
        _check_remotes(chain.agent_settings, field, networks)
        for agent, given in chain.agent_settings.items():
            for name in _agent_opt.FILE_ONLY:
                if name in given and "opt" in formats:
                    raise ValueError(
                        f"{field}: {agent}.{name} is in a file that all homes share in the format opt. Expected: it in"
                        " agent_config_settings"
                    )


def _check_remotes(settings: Settings, field: str, networks: t.Sequence[str]) -> None:
    for agent, given in settings.items():
        for remote in given.get("subsidized_remotes", ()):
            if remote not in networks:
                raise ValueError(
                    f"{field}: {agent}.subsidized_remotes names the unknown network {remote!r}. Expected: of"
                    f" {', '.join(networks)}"
                )


def _check(settings: t.Any, field: str, formats: t.Sequence[str], agents: t.Collection[str]) -> None:
    if not isinstance(settings, t.Mapping):
        raise ValueError(f"{field} is {settings!r}. Expected: a dictionary of agents")
    for agent, given in settings.items():
        if agent not in agents:
            raise ValueError(f"{field} names the unknown agent {agent!r}. Expected: one of {', '.join(agents)}")
        if not isinstance(given, t.Mapping):
            raise ValueError(f"{field}: {agent} is {given!r}. Expected: a dictionary")
        known: dict[str, type] = dict(_OF_ALL)
        for form in formats:
            known.update(_KNOWN[form].get(agent, {}))
        for name, value in given.items():
            if name not in known:
                raise ValueError(f"{field}: {agent} has the setting {name!r}. Expected: one of {', '.join(known)}")
            _check_value(f"{field}: {agent}.{name}", name, value, known[name], formats)


def _check_value(field: str, name: str, value: t.Any, kind: type, formats: t.Sequence[str]) -> None:
    if kind is int:
        number(value, field, 0 if name == "pause" else 1, LARGEST_PORT if name == "metrics_port" else None)
    elif not isinstance(value, kind):
        words = {list: "a list", dict: "a dictionary", bool: "true or false", str: "text"}
        raise ValueError(f"{field} is {value!r}. Expected: {words[kind]}")
    check_texts(field, value)
    if name == "chat":
        _check_chat(field, value)
    if name == "variables":
        check_variables(field, value)
    if name in _SENDERS:
        for sender in value:
            if not isinstance(sender, str) or not _BYTES32.match(sender):
                raise ValueError(f"{field} has {sender!r}. Expected: senders, each 0x and 64 hexadecimal digits")


def check_texts(field: str, value: t.Any) -> None:
    """Refuse a newline or another control character anywhere in a value."""
    if isinstance(value, str):
        check_text(field, value)
    elif isinstance(value, t.Mapping):
        for name, item in value.items():
            check_texts(f"{field}.{name}", item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            check_texts(field, item)


def check_variables(field: str, value: t.Any) -> None:
    if not isinstance(value, t.Mapping):
        raise ValueError(f"{field} is {value!r}. Expected: a dictionary of variables")
    for name, item in value.items():
        if not isinstance(name, str) or not is_variable_name(name):
            raise ValueError(f"{field} has {name!r}. Expected: names of capital letters, digits and underscores")
        if not isinstance(item, (str, int, float)) or isinstance(item, bool):
            raise ValueError(
                f"{field}: {name} is no text. Expected: text, in quotes where YAML takes it for something else"
            )
        check_texts(f"{field}: {name}", item)


def _check_chat(field: str, chat: t.Mapping[str, t.Any]) -> None:
    kind = chat.get("type", "default")
    if kind not in _agent_opt.CHAT:
        raise ValueError(f"{field}.type is {kind!r}. Expected: one of {', '.join(_agent_opt.CHAT)}")
    wanted = _agent_opt.CHAT[kind]
    for name in wanted:
        if name not in chat:
            raise ValueError(f"{field} has no {name}. Expected for the type {kind}: {', '.join(wanted)}")
    for name in set(chat) - {"type", *wanted}:
        raise ValueError(f"{field} has {name!r}. Expected for the type {kind}: {', '.join(wanted) or 'nothing'}")


def check_targets(settings: Settings, formats: t.Sequence[str], targets: t.Sequence[str]) -> None:
    """Refuse settings that would be nowhere: in the format opt, variables hold no lists."""
    if "opt" not in formats or "json" in targets:
        return
    for agent, given in settings.items():
        lists = [name for name in _agent_opt.FILE_ONLY if given.get(name)]
        if given.get("chat", {}).get("messages"):
            lists.append("chat.messages")
        if lists:
            raise ValueError(
                f"agent_config_settings: {agent}.{lists[0]} is a list, which the format opt takes from a file alone."
                " Expected: json among agent_config_targets"
            )


def settings_of(agent: str, chain: Chain, settings: Settings, form: str) -> dict[str, t.Any]:
    """Return how an agent of a home is set in a format: its own settings, then those for all homes, then the usual."""
    known = {**_OF_ALL, **_KNOWN[form][agent]}
    usual = {"interval": _INTERVALS[form][agent]} if agent in _INTERVALS[form] else {}
    merged = {**usual, **settings.get(agent, {}), **chain.agent_settings.get(agent, {})}
    return {name: int(value) if known[name] is int else value for name, value in merged.items() if name in known}
